//! What a mail brings: fetches it, has it read, and makes articles of its text and files.

use chrono::{DateTime, TimeDelta, Utc};

use crate::crawl::reader::Reader;
use crate::extract::ExtractError;
use crate::fetch::imap::{ImapError, MailHead, Session};
use crate::inbox::{self, Mail, MailSkip};
use crate::model::Mailbox;
use crate::store::MailArticle;

/// Why a round ended early.
pub(super) enum RoundError {
    Mailbox(ImapError),
    /// The parser was killed from outside; the mail is read again.
    Interrupted(String),
    Crawl(crate::crawl::CrawlError),
}

impl From<ImapError> for RoundError {
    fn from(e: ImapError) -> Self {
        Self::Mailbox(e)
    }
}

impl From<crate::store::StoreError> for RoundError {
    fn from(e: crate::store::StoreError) -> Self {
        Self::Crawl(e.into())
    }
}

/// Fetches a mail and has it read; `None` if it is gone.
pub(super) async fn fetched(
    reader: &Reader<'_>,
    mailbox: &Mailbox,
    session: &mut Session,
    head: &MailHead,
) -> std::result::Result<Option<(Mail, usize)>, RoundError> {
    let most = mailbox.max_message as usize;
    let nothing = |skip| Mail {
        header: inbox::read_head(&head.header),
        skip: Some(skip),
        html: None,
        page: None,
        links: Vec::new(),
        files: Vec::new(),
        notes: Vec::new(),
    };
    if head.size as usize > most {
        return Ok(Some((nothing(MailSkip::TooLarge), 0)));
    }
    // servers may say a wrong size
    let Some(raw) = session.mail(head.uid, most + 1).await? else { return Ok(None) };
    let bytes = raw.len();
    if bytes > most {
        return Ok(Some((nothing(MailSkip::TooLarge), bytes)));
    }
    match reader.mail(raw).await {
        Ok(mail) => Ok(Some((mail.unwrap_or_else(|| nothing(MailSkip::Unreadable)), bytes))),
        Err(e) => Err(RoundError::Interrupted(e.to_string())),
    }
}

/// Returns the articles of a mail, and what was left out.
pub(super) async fn articles_of(
    reader: &Reader<'_>,
    mail: &Mail,
    at: DateTime<Utc>,
) -> std::result::Result<(Vec<MailArticle>, Vec<String>), RoundError> {
    let (mut out, mut notes) = (Vec::new(), mail.notes.clone());
    if mail.skip.is_some() {
        return Ok((out, notes));
    }
    let sent = mail.header.sent.filter(|t| t.to_utc() <= at + TimeDelta::days(1));
    let publisher = mail.header.sender.name.clone();
    let title = |given: &str| if given.is_empty() { "（无标题）".to_owned() } else { given.to_owned() };
    if let Some(html) = &mail.html {
        let (title, page) = (title(&mail.header.subject), mail.page.clone());
        out.push(MailArticle { number: 0, title, published_at: sent, html: html.clone(), page, publisher: publisher.clone() });
    }
    for (number, file) in (1..).zip(&mail.files) {
        match reader.mail_file(file, at).await {
            Ok(read) => out.push(MailArticle {
                number,
                title: read.title.unwrap_or_else(|| title(if file.name.is_empty() { &mail.header.subject } else { &file.name })),
                published_at: read.published_at.or(sent),
                html: inbox::paragraphs_of_lines(&read.text),
                page: None,
                publisher: publisher.clone(),
            }),
            Err(ExtractError::Interrupted(reason)) => return Err(RoundError::Interrupted(reason)),
            Err(e) => notes.push(format!("file {:?} cannot be read: {e}", file.name)),
        }
    }
    Ok((out, notes))
}
