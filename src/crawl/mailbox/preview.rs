//! Shows what a mailbox would bring.

use chrono::Utc;

use crate::config::LocalizedMessage;
use crate::crawl::mailbox::FIRST_DAYS;
use crate::crawl::mailbox::contents::{RoundError, articles_of, fetched};
use crate::crawl::reader::Reader;
use crate::fetch::imap;
use crate::inbox::{MailHeader, MailSkip, is_from_editor, names_editor};
use crate::model::Mailbox;

/// Mails that are shown, the newest.
const PREVIEW: usize = 10;

/// A mail as `sources test` shows it.
#[derive(Debug)]
pub struct MailPreview {
    pub header: MailHeader,
    pub skip: Option<MailSkip>,
    /// Titles of the articles that it would become.
    pub articles: Vec<String>,
    /// Pages that would be fetched.
    pub links: Vec<String>,
    pub notes: Vec<String>,
}

/// Shows what the newest mails of a mailbox would bring, and changes nothing.
///
/// # Errors
/// The mailbox or a mail cannot be read: English and Chinese reason.
pub async fn preview_mailbox(reader: &Reader<'_>) -> std::result::Result<Vec<MailPreview>, LocalizedMessage> {
    let Some(mailbox) = &reader.source().mailbox else { return Ok(Vec::new()) };
    let words = |e: RoundError| match e {
        RoundError::Mailbox(e) => LocalizedMessage { english: e.to_string(), chinese: e.chinese() },
        RoundError::Interrupted(reason) => LocalizedMessage { english: reason, chinese: "解析被外部中断".to_owned() },
        RoundError::Crawl(e) => LocalizedMessage { english: e.to_string(), chinese: "程序出错".to_owned() },
    };
    read_preview(reader, mailbox).await.map_err(words)
}

async fn read_preview(reader: &Reader<'_>, mailbox: &Mailbox) -> std::result::Result<Vec<MailPreview>, RoundError> {
    let mut session = imap::connect(mailbox, reader.source().allow_private).await?;
    session.open(&mailbox.folder, true).await?;
    let mut uids = session.after(0, Some(Utc::now() - FIRST_DAYS)).await?;
    uids.drain(..uids.len().saturating_sub(PREVIEW));
    let mut out = Vec::new();
    for head in session.heads(&uids).await? {
        let Some((mail, _)) = fetched(reader, mailbox, &mut session, &head).await? else { continue };
        let (articles, notes) = articles_of(reader, &mail, Utc::now()).await?;
        let is_editor = is_from_editor(&mail.header.sender, mailbox) && !mail.links.is_empty();
        let mut notes = notes;
        if !is_editor && names_editor(&mail.header.sender, mailbox) && !mail.links.is_empty() {
            notes.push("its sender is in editors, but trusted_authserv does not authenticate it: the links are not fetched".to_owned());
        }
        let links = if is_editor { mail.links.iter().map(ToString::to_string).collect() } else { Vec::new() };
        let articles = articles.into_iter().filter(|a| !is_editor || a.number > 0).map(|a| a.title).collect();
        out.push(MailPreview { header: mail.header, skip: mail.skip, articles, links, notes });
    }
    session.logout().await;
    Ok(out)
}
