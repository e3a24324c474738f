//! Builds a message: plain text and HTML as alternatives, the .docx attached.

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::dkim::{DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey};
use lettre::message::header::{ContentDisposition, ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use xxhash_rust::xxh3::xxh3_64;

use crate::config::settings::MailSettings;
use crate::model::MailAddress;
use crate::model::{Edition, Layout, Series};
use crate::render::RenderedIssue;
use crate::store::OutgoingMessage;
use crate::text::normalize::collapse_whitespace;

/// Why a message cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("the message cannot be built: {0}")]
    Library(#[from] lettre::error::Error),
    /// The signing key's file is unreadable.
    #[error("signing key {path} cannot be read: {source}; check path, owner and mode")]
    KeyFile { path: String, source: std::io::Error },
    #[error("signing key {path}: {cause}; make one with `openssl genrsa -traditional -out key.pem 2048`")]
    Key { path: String, cause: String },
    /// An invalid content type in this program.
    #[error("the attachment's type cannot be named")]
    Type,
}

/// Builds the message for one recipient. The same edition, recipient, moment and salt give the same bytes, except for a DKIM
/// signature, which contains its own time. The salt is the database's
/// ([`Store::message_salt`](crate::store::Store::message_salt)).
///
/// # Errors
/// The library cannot build it, or a signing key is unreadable.
pub fn compose(
    edition: &Edition,
    parts: &RenderedIssue,
    settings: &MailSettings,
    to: &MailAddress,
    date: DateTime<Utc>,
    salt: &str,
) -> Result<OutgoingMessage, ComposeError> {
    let recipient = to.bare();
    let round = match (edition.is_final, edition.signing.round) {
        (false, _) => String::new(),
        (true, 0 | 1) => "\nfinal".to_owned(),
        (true, round) => format!("\nfinal{round}"),
    };
    // several issues beside the calendar may have the same day
    let which = if edition.series == Series::Extra || edition.layout == Layout::Report { format!("\n{}", edition.id) } else { String::new() };
    let key = xxh3_64(format!("{salt}\n{}\n{}\n{recipient}{round}{which}", edition.publication, edition.date).as_bytes());
    let id = message_id(&format!("issue.{}-{}.{key:016x}", edition.year, edition.number_in_year), settings);
    compose_parts(parts, key, id, settings, to, date)
}

/// Builds 一周综述 for one recipient. The same publication, week, recipient and salt give the same Message-ID.
///
/// # Errors
/// Those of [`compose`].
pub fn compose_review(
    parts: &RenderedIssue,
    publication: &str,
    week: &str,
    settings: &MailSettings,
    to: &MailAddress,
    date: DateTime<Utc>,
    salt: &str,
) -> Result<OutgoingMessage, ComposeError> {
    let key = xxh3_64(format!("{salt}\nreview\n{publication}\n{week}\n{}", to.bare()).as_bytes());
    compose_parts(parts, key, message_id(&format!("review.{week}.{key:016x}"), settings), settings, to, date)
}

fn compose_parts(
    parts: &RenderedIssue,
    key: u64,
    id: String,
    settings: &MailSettings,
    to: &MailAddress,
    date: DateTime<Utc>,
) -> Result<OutgoingMessage, ComposeError> {
    let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).header(ContentTransferEncoding::Base64).body(body.to_owned());
    let multi = |kind: MultiPartKind, n: u8| MultiPart::builder().kind(kind).boundary(format!("=_{key:016x}_{n}"));
    let html = part(ContentType::TEXT_HTML, &parts.html);
    let alternative = multi(MultiPartKind::Alternative, 2).singlepart(part(ContentType::TEXT_PLAIN, &parts.text));
    let alternative = if parts.pictures.is_empty() {
        alternative.singlepart(html)
    } else {
        let mut related = multi(MultiPartKind::Related, 3).singlepart(html);
        for picture in &parts.pictures {
            let name = picture.id.split('@').next().unwrap_or_default();
            let disposition = ContentDisposition::inline_with_name(&format!("{name}.png"));
            let id = ContentId::from(format!("<{}>", picture.id));
            related = related.singlepart(file("image/png", disposition)?.header(id).body(picture.bytes.clone()));
        }
        alternative.multipart(related)
    };
    let mut body = multi(MultiPartKind::Mixed, 1).multipart(alternative);
    for f in &parts.attachments {
        body = body.singlepart(file(&f.media_type, ContentDisposition::attachment(&safe_name(&f.name)))?.body(f.bytes.clone()));
    }
    finish(head(&parts.subject, &id, settings, to, date).multipart(body)?, id, settings, to)
}

fn file(media_type: &str, disposition: ContentDisposition) -> Result<lettre::message::SinglePartBuilder, ComposeError> {
    let kind = ContentType::parse(media_type).map_err(|_| ComposeError::Type)?;
    Ok(SinglePart::builder().header(kind).header(disposition).header(ContentTransferEncoding::Base64))
}

/// Builds a plain-text message.
///
/// # Errors
/// Those of [`compose`].
pub fn compose_text(
    subject: &str,
    text: &str,
    id: String,
    settings: &MailSettings,
    to: &MailAddress,
    date: DateTime<Utc>,
) -> Result<OutgoingMessage, ComposeError> {
    let body = SinglePart::builder().header(ContentType::TEXT_PLAIN).header(ContentTransferEncoding::Base64).body(text.to_owned());
    finish(head(subject, &id, settings, to, date).singlepart(body)?, id, settings, to)
}

/// Returns a Message-ID at the sender's domain.
pub(super) fn message_id(local: &str, settings: &MailSettings) -> String {
    format!("<{local}@{}>", settings.from.domain())
}

/// Converts an address; `MailAddress` has checked both parts by lettre's rules.
pub(super) fn address(of: &MailAddress) -> Address {
    Address::new_dangerous(of.local_part(), of.domain())
}

fn mailbox(of: &MailAddress) -> Mailbox {
    Mailbox::new(of.name().map(str::to_owned), address(of))
}

fn head(subject: &str, id: &str, settings: &MailSettings, to: &MailAddress, date: DateTime<Utc>) -> MessageBuilder {
    let raw = |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    let builder = Message::builder()
        .from(mailbox(&settings.from))
        .to(mailbox(to))
        .subject(collapse_whitespace(subject))
        .date(date.into())
        .message_id(Some(id.to_owned()))
        .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(raw("List-Id", format!("<qingbao.{}>", settings.from.domain())));
    match &settings.reply_to {
        Some(r) => builder.reply_to(mailbox(r)),
        None => builder,
    }
}

/// Signed headers (RFC 6376 §5.4.1).
const SIGNED: [&str; 6] = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"];

fn finish(mut message: Message, message_id: String, settings: &MailSettings, to: &MailAddress) -> Result<OutgoingMessage, ComposeError> {
    if let Some(d) = &settings.dkim {
        let path = d.key_file.display().to_string();
        let pem = std::fs::read_to_string(&d.key_file).map_err(|source| ComposeError::KeyFile { path: path.clone(), source })?;
        let key = DkimSigningKey::new(&pem, DkimSigningAlgorithm::Rsa).map_err(|e| ComposeError::Key { path, cause: e.to_string() })?;
        let headers = SIGNED.iter().map(|name| HeaderName::new_from_ascii_str(name)).collect();
        // relays fold and re-wrap headers; relaxed canonicalization tolerates that
        let relaxed = DkimCanonicalization { header: DkimCanonicalizationType::Relaxed, body: DkimCanonicalizationType::Relaxed };
        message.sign(&DkimConfig::new(d.selector.clone(), d.domain.clone(), key, headers, relaxed));
    }
    Ok(OutgoingMessage { recipient: to.bare(), message_id, message: message.formatted() })
}

/// Removes what file systems and headers do not accept.
fn safe_name(name: &str) -> String {
    collapse_whitespace(name).chars().map(|c| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::{article, build_with, now};
    use crate::render::{AttachedFile, CHART, DOCX, InlinePicture};

    fn letter(subject: &str) -> String {
        let mut edition = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 2)], &[]).edition;
        (edition.year, edition.number_in_year, edition.cumulative_number) = (2026, 3, 3);
        let parts = RenderedIssue {
            subject: subject.into(),
            text: "正文\r\n.\r\nQUIT".into(),
            html: "<p>正文</p>".into(),
            pictures: vec![InlinePicture { id: CHART.into(), bytes: vec![1, 2, 3] }],
            attachments: vec![AttachedFile { name: "快递/第3期.docx".into(), media_type: DOCX.into(), bytes: vec![1, 2, 3] }],
        };
        let to = MailAddress::parse("编辑部 <a@b.cn>").unwrap();
        String::from_utf8(compose(&edition, &parts, &MailSettings::default(), &to, now(), "salt").unwrap().message).unwrap()
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
    fn another_parser_reads_what_was_meant() {
        let text = letter("【草稿】许昌竞争情报快递 2026年第3期(总第3期) 2026-11-24，一个长得必须折行的标题：发制品、超硬材料、电力装备𠮷");
        let m = mail_parser::MessageParser::default().parse(&text).unwrap();
        assert_eq!(
            m.subject(),
            Some("【草稿】许昌竞争情报快递 2026年第3期(总第3期) 2026-11-24，一个长得必须折行的标题：发制品、超硬材料、电力装备𠮷")
        );
        assert_eq!(m.to().and_then(|t| t.first()).and_then(|a| a.name()), Some("编辑部"));
        assert_eq!(m.from().and_then(|t| t.first()).and_then(|a| a.name()), Some("许昌竞争情报快递"));
        let names: Vec<_> = m.attachments().filter_map(mail_parser::MimeHeaders::attachment_name).collect();
        assert_eq!(names, ["chart.png", "快递-第3期.docx"]);
        assert_eq!(m.body_text(0).as_deref(), Some("正文\r\n.\r\nQUIT"));
        assert!(m.body_html(0).is_some_and(|h| h.contains("<p>正文</p>")));
    }

    #[test]
    fn the_same_letter_has_the_same_bytes() {
        assert_eq!(letter("甲"), letter("甲"));
    }
}
