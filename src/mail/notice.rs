//! Notices to operators about undelivered mail, and to readers about an issue.

use chrono::{DateTime, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::config::settings::MailSettings;
use crate::issue::notice::Notice;
use crate::mail::message::{ComposeError, compose_text, message_id};
use crate::mail::words::delivery_state;
use crate::model::{Edition, MailAddress, NotificationText, Paragraph};
use crate::render::{notice_letter, notice_subject};
use crate::store::{DeliveryState, OperatorReport, OutboxMessage, OutgoingMessage};

/// Returns what operators are told of a letter. There are no reports about reports.
pub(super) fn about(letter: &OutboxMessage, state: DeliveryState, reply: &str) -> Option<OperatorReport> {
    letter.edition?;
    let subject = format!("【情报快递】发给 {} 的邮件{}", letter.recipient, delivery_state(state));
    let what = match state {
        DeliveryState::Queued => "已按设置用同一 Message-ID 重发；收件人可能收到两封相同的邮件，一般会被邮箱合并。",
        DeliveryState::Uncertain => "请向收件人确认是否收到，然后运行 qingbao outbox retry 编号（重发）或 qingbao outbox done 编号（视为已发）。",
        DeliveryState::Cancelled => "这一期已经撤回，这封邮件不再发送；可能已经送达。",
        _ => "处理好原因以后，运行 qingbao outbox retry 编号 重发，或 qingbao outbox cancel 编号 取消。",
    };
    let hint = crate::mail::reply_hint::hint(reply).map(|h| format!("可能的原因：{h}。\n")).unwrap_or_default();
    let text = format!(
        "收件人：{}\n编号：{}\n状态：{}\nMessage-ID：{}\n服务器答复：{reply}\n{hint}\n{what}\n查看全部：qingbao outbox list\n",
        letter.recipient,
        letter.id,
        delivery_state(state),
        letter.message_id
    );
    let text = NotificationText { title: subject, paragraphs: text.lines().map(Paragraph::plain).collect(), url: None };
    Some(OperatorReport { key: format!("{} {} {}", letter.message_id, state.as_str(), letter.attempts), text })
}

/// Builds the mail of a notification that belongs to no issue. The same key and recipient give the same Message-ID, so that nobody
/// gets it twice.
///
/// # Errors
/// Those of [`compose_text`].
pub fn notification(
    text: &NotificationText,
    key: &str,
    to: &MailAddress,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<OutgoingMessage, ComposeError> {
    let key = xxh3_64(format!("{key}\n{to}").as_bytes());
    let id = message_id(&format!("notice.{key:016x}"), settings);
    compose_text(&text.title, &text.plain_text(), id, settings, to, now)
}

/// Builds a notice about an issue for one of its readers; the same notice and recipient give the same Message-ID.
///
/// # Errors
/// Those of [`compose_text`].
pub fn notice_to_reader(
    notice: &Notice,
    edition: &Edition,
    settings: &MailSettings,
    to: &MailAddress,
    now: DateTime<Utc>,
    salt: &str,
) -> Result<OutgoingMessage, ComposeError> {
    let key = xxh3_64(format!("{salt}\n{}\n{}\n{}", edition.publication, notice.label(), to.bare()).as_bytes());
    let id = message_id(&format!("{}.{}-{}.{key:016x}", notice.text.kind(), edition.year, edition.number_in_year), settings);
    compose_text(&notice_subject(notice, edition), &notice_letter(notice, edition), id, settings, to, now)
}
