//! Reads a mail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders as _};

use crate::documents::Format;
use crate::html::Tree;
use crate::inbox::body::Body;
use crate::inbox::{MAX_FILES, Mail, MailFile, MailHeader, MailSender, MailSkip, kind, links};
use crate::model::WebUrl;
use crate::text::normalize::{collapse_whitespace, truncate};

/// Longest subject and name, in characters.
const MAX_SUBJECT: usize = 200;
const MAX_NAME: usize = 80;
/// Headers that tell what the server checked.
const MAX_RESULTS: usize = 8;
const MAX_RESULT: usize = 4000;
/// Parts looked at for files.
const MAX_PARTS: usize = 200;

/// Reads a whole mail; `None` if it is none.
pub fn read(raw: &[u8]) -> Option<Mail> {
    let message = MessageParser::default().parse(raw)?;
    let header = header(&message);
    let nothing = |header, skip| Mail { header, skip: Some(skip), html: None, page: None, links: Vec::new(), files: Vec::new(), notes: Vec::new() };
    if let Some(skip) = kind::skip(&message, &header) {
        return Some(nothing(header, skip));
    }
    let body = Body::of(&message);
    let tree = body.html.as_deref().map(Tree::parse);
    let mut notes = Vec::new();
    let files = files(&message, &mut notes);
    let html = body.article(tree.as_ref());
    let empty = Tree::parse("");
    let links = links::articles(tree.as_ref().unwrap_or(&empty), body.plain.as_deref().unwrap_or_default());
    if html.is_none() && files.is_empty() {
        return Some(Mail { notes, ..nothing(header, MailSkip::Empty) });
    }
    let page = archived_at(&message).or_else(|| tree.as_ref().and_then(links::page));
    Some(Mail { header, skip: None, html, page, links, files, notes })
}

/// Reads the header of a mail.
pub fn read_head(raw: &[u8]) -> MailHeader {
    MessageParser::default().parse_headers(raw).map(|m| header(&m)).unwrap_or_default()
}

fn header(message: &Message<'_>) -> MailHeader {
    let subject = clean(message.subject().unwrap_or_default(), MAX_SUBJECT);
    // mail-parser's own conversion gives what chrono reads
    let sent = message.date().and_then(|d| DateTime::parse_from_rfc3339(&d.to_rfc3339()).ok());
    MailHeader { subject, sender: sender(message), sent }
}

fn sender(message: &Message<'_>) -> MailSender {
    let all: Vec<&HeaderValue<'_>> = message.header_values("From").take(2).collect();
    let from = all.first().and_then(|f| f.as_address());
    let first = from.and_then(|f| f.first());
    let results = message.header_values("Authentication-Results").take(MAX_RESULTS).filter_map(|v| v.as_text()).map(|t| clean(t, MAX_RESULT));
    MailSender {
        name: first.and_then(|a| a.name.as_deref()).map(|n| clean(n, MAX_NAME)).filter(|n| !n.is_empty()),
        address: first.and_then(|a| a.address.as_deref()).map(|a| clean(a, 320).to_ascii_lowercase()),
        is_single: all.len() == 1 && from.is_some_and(|f| f.iter().count() == 1),
        results: results.collect(),
    }
}

/// Returns the address of the letter in a public archive (RFC 5064).
fn archived_at(message: &Message<'_>) -> Option<WebUrl> {
    let text = message.header_raw("Archived-At")?.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    WebUrl::parse(&text).ok().filter(links::is_for_everybody)
}

fn files(message: &Message<'_>, notes: &mut Vec<String>) -> Vec<MailFile> {
    let mut out = Vec::new();
    for part in message.attachments().take(MAX_PARTS) {
        let bytes = part.contents();
        let name = file_name(part.attachment_name().unwrap_or_default());
        match Format::of(bytes).filter(|f| f.is_document()) {
            Some(_) if out.len() >= MAX_FILES => notes.push(format!("file {name:?} is left out: a mail has at most {MAX_FILES}")),
            Some(_) => out.push(MailFile { name, content: STANDARD.encode(bytes) }),
            None if part.is_message() => {}
            None => notes.push(format!("file {name:?} is of no kind that can be read")),
        }
    }
    notes.truncate(MAX_FILES);
    out
}

/// Returns the last part of a file's name, without its ending.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    clean(stem, MAX_NAME)
}

/// Returns a text on one line, without control characters and marks that turn the direction of writing.
fn clean(text: &str, most: usize) -> String {
    let is_odd = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let text: String = text.chars().take(most.saturating_mul(4)).map(|c| if is_odd(c) { ' ' } else { c }).collect();
    truncate(&collapse_whitespace(&text), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(head: &str, body: &str) -> Mail {
        read(format!("From: =?UTF-8?B?55Sy5Lmm?= <News@A.cn>\r\nDate: Mon, 30 Nov 2026 08:00:00 +0800\r\n{head}\r\n\r\n{body}").as_bytes()).unwrap()
    }

    #[test]
    fn a_letter_has_subject_sender_and_text() {
        let m = mail(
            "Subject: =?gb2312?B?0O2y/de9tbzM2A==?=\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: quoted-printable",
            "=D0=ED=B2=FD",
        );
        assert_eq!((m.header.sender.name.as_deref(), m.header.sender.address.as_deref()), (Some("甲书"), Some("news@a.cn")));
        assert!(m.header.sender.is_single && m.header.sent.unwrap().to_rfc3339() == "2026-11-30T08:00:00+08:00");
        assert_eq!((m.html.as_deref(), m.skip), (Some("<p>许昌"), None));
    }

    #[test]
    fn mails_that_are_no_news_say_why() {
        let table = [
            ("Subject: x\r\nList-Id: <qingbao.a.cn>\r\nAuto-Submitted: auto-generated", MailSkip::Own),
            ("Subject: 自动回复：出差", MailSkip::AutoReply),
            ("Subject: x\r\nAuto-Submitted: auto-replied", MailSkip::AutoReply),
            ("Subject: x\r\nContent-Type: multipart/report; boundary=b", MailSkip::Bounce),
            ("Subject: Undelivered Mail Returned to Sender", MailSkip::Bounce),
            ("Subject: x\r\nContent-Type: text/calendar; method=REQUEST", MailSkip::Invitation),
        ];
        for (head, expected) in table {
            assert_eq!(mail(head, "x").skip, Some(expected), "{head}");
        }
        assert_eq!(mail("Subject: x", "").skip, Some(MailSkip::Empty));
    }

    #[test]
    fn names_stay_on_one_line() {
        assert_eq!(file_name("..\\..\\etc/通知\r\nX-A: b\u{202e}fdp.pdf"), "通知 X-A: b fdp");
        let m = mail("Subject: =?utf-8?Q?a=0D=0ABcc:_b?=", "正文");
        assert_eq!(m.header.subject, "a Bcc: b");
    }

    #[test]
    fn a_file_is_known_by_its_bytes() {
        let head = "Subject: x\r\nContent-Type: multipart/mixed; boundary=b";
        let part = |name: &str, body: &str| {
            format!("--b\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment\r\n\r\n{body}\r\n")
        };
        let m = mail(head, &format!("{}{}--b--\r\n", part("a.doc", "%PDF-1.4 x"), part("b.pdf", "MZ")));
        assert_eq!(m.files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(m.notes.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_mail_makes_it_panic(raw in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
            let _ = read(&raw);
        }
    }

    #[test]
    fn hostile_mails_are_read_within_bounds() {
        let deep: String = (0..3000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        let wide = format!(
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(10_000)
        );
        let nested: String = "Content-Type: message/rfc822\r\n\r\n".repeat(2000);
        let header = format!("Subject: {}\r\n{}\r\nx", "a".repeat(1 << 20), "X-A: b\r\n".repeat(100_000));
        for raw in [deep, wide, nested, header] {
            let m = read(raw.as_bytes());
            assert!(m.is_none_or(|m| m.header.subject.chars().count() <= MAX_SUBJECT + 1));
        }
    }
}
