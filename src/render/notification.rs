//! Issues and notices as outlets tell them: a few lines, without markup.

use crate::issue::notice::Notice;
use crate::model::{Edition, NotificationText, Paragraph, WebUrl};
use crate::render::{notice_letter, notice_subject, subject};

/// Headlines in a message.
const MAX_HEADLINES: usize = 15;

/// Returns the headlines of an issue, with the console's page.
pub fn issue_notification(edition: &Edition, page: Option<WebUrl>) -> NotificationText {
    let mut paragraphs: Vec<Paragraph> =
        edition.items().take(MAX_HEADLINES).enumerate().map(|(i, item)| Paragraph::plain(format!("{}. {}", i + 1, item.title))).collect();
    match edition.item_count() {
        0 => paragraphs.push(Paragraph::plain("没有条目")),
        n if n > MAX_HEADLINES => paragraphs.push(Paragraph::plain(format!("另有 {} 条", n - MAX_HEADLINES))),
        _ => {}
    }
    NotificationText { title: subject(edition), paragraphs, url: page }
}

/// Returns a notice about an issue.
pub fn notice_notification(notice: &Notice, edition: &Edition) -> NotificationText {
    let letter = notice_letter(notice, edition);
    let paragraphs = letter.lines().filter(|l| !l.trim().is_empty()).map(Paragraph::plain).collect();
    NotificationText { title: notice_subject(notice, edition), paragraphs, url: None }
}
