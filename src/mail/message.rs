//! One message: alternative of plain text and HTML, the .docx attached.

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, SinglePart};
use xxhash_rust::xxh3::xxh3_64;

use super::MailAddress;
use crate::config::settings::MailSettings;
use crate::model::Edition;
use crate::store::Letter;
use crate::text::chars::line;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// A file that goes with a message.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// File name; may be Chinese.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a message is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// The .docx.
    pub docx: Attachment,
}

/// A message that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Library's words.
    #[error("the message cannot be built: {0}")]
    Library(#[from] lettre::error::Error),
    /// A content type of ours.
    #[error("the attachment's type cannot be named")]
    Type,
}

/// Builds the letter for one recipient. The same edition and recipient give the same Message-ID.
pub fn compose(edition: &Edition, parts: &Parts, settings: &MailSettings, to: &MailAddress, date: DateTime<Utc>) -> Result<Letter, ComposeError> {
    let recipient = to.address().to_string();
    let key = xxh3_64(format!("{}\n{}\n{recipient}", edition.publication, edition.date).as_bytes());
    let message_id = format!("<issue.{}-{}.{key:016x}@{}>", edition.year, edition.number, settings.from.address().domain());
    let mut builder = Message::builder()
        .from(settings.from.mailbox())
        .to(to.mailbox())
        .subject(line(&parts.subject))
        .date(date.into())
        .message_id(Some(message_id.clone()))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("List-Id"), format!("<qingbao.{}>", settings.from.address().domain())));
    if let Some(r) = &settings.reply_to {
        builder = builder.reply_to(r.mailbox());
    }
    let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).header(ContentTransferEncoding::Base64).body(body.to_owned());
    let alternative =
        MultiPart::alternative().singlepart(part(ContentType::TEXT_PLAIN, &parts.text)).singlepart(part(ContentType::TEXT_HTML, &parts.html));
    let docx = SinglePart::builder()
        .header(ContentType::parse(DOCX).map_err(|_| ComposeError::Type)?)
        .header(ContentDisposition::attachment(&safe_name(&parts.docx.name)))
        .header(ContentTransferEncoding::Base64)
        .body(parts.docx.bytes.clone());
    let message = builder.multipart(MultiPart::mixed().multipart(alternative).singlepart(docx))?;
    Ok(Letter { recipient, message_id, message: message.formatted() })
}

/// A file name without what file systems and headers choke on.
fn safe_name(name: &str) -> String {
    line(name).chars().map(|c| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::tests::{article, build_with, now};

    fn letter(subject: &str) -> String {
        let mut edition = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 2)], &[]).edition;
        (edition.year, edition.number, edition.total) = (2026, 3, 3);
        let parts = Parts {
            subject: subject.into(),
            text: "正文\r\n.\r\nQUIT".into(),
            html: "<p>正文</p>".into(),
            docx: Attachment { name: "快递/第3期.docx".into(), bytes: vec![1, 2, 3] },
        };
        let to = MailAddress::parse("编辑部 <a@b.cn>").unwrap();
        String::from_utf8(compose(&edition, &parts, &MailSettings::default(), &to, now()).unwrap().message).unwrap()
    }

    #[test]
    fn headers_hold_whatever_the_subject_says() {
        let text = letter("题目\r\nBcc: victim@e.cn\r\n\r\n<b>");
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|l| l.to_ascii_lowercase().starts_with("bcc:")), "{head}");
        assert!(head.contains("Message-ID: <issue.2026-3."));
        assert!(text.lines().all(|l| l.len() <= 998));
    }

    #[test]
    fn the_same_letter_has_the_same_id_and_bytes_but_for_its_boundaries() {
        let id = |t: String| t.lines().find(|l| l.starts_with("Message-ID")).unwrap().to_owned();
        assert_eq!(id(letter("甲")), id(letter("甲")));
    }
}
