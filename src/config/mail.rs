//! `[mail]`: sender, server, signing, and what happens to undelivered mail.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::localized::localized;
use crate::config::reader::{Section, Spanned};
use crate::knowledge::HOME;
use crate::model::MailAddress;

/// TLS with the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte, port 465.
    Implicit,
    /// Upgraded by STARTTLS, port 587; never falls back to plain text.
    Starttls,
    /// None; only for relays in the own network.
    None,
}

/// An SMTP server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    /// Root certificate of a private authority, PEM.
    pub ca_file: Option<PathBuf>,
    pub user: Option<String>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// Timeout of each step of the dialogue, if `mail/step.rs` has no shorter one; RFC 5321 §4.5.3.2.6 asks for 10 minutes after
    /// the final dot.
    pub timeout: Duration,
    /// Between two messages, because providers count them.
    pub pause: Duration,
}

/// What happens to a message that may have been accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmbiguousDeliveryPolicy {
    /// It is sent again with the same Message-ID.
    Resend,
    /// It waits for an operator's decision.
    Hold,
}

/// DKIM (RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimSettings {
    /// The signing domain.
    pub domain: String,
    /// Selector of the public key's DNS record.
    pub selector: String,
    /// RSA private key, PEM.
    pub key_file: PathBuf,
}

/// Settings of mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    pub from: MailAddress,
    /// For replies.
    pub reply_to: Option<MailAddress>,
    /// They are told of undelivered mail.
    pub operators: Vec<MailAddress>,
    /// For messages of unknown fate.
    pub on_uncertain: AmbiguousDeliveryPolicy,
    /// A message is given up after this long.
    pub expire: Duration,
    pub dkim: Option<DkimSettings>,
    /// `None`: `.eml` files in the outbox folder.
    pub smtp: Option<SmtpSettings>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            from: MailAddress::fallback_sender(&HOME.publication),
            reply_to: None,
            operators: Vec::new(),
            on_uncertain: AmbiguousDeliveryPolicy::Resend,
            expire: Duration::from_hours(72),
            dkim: None,
            smtp: None,
        }
    }
}

impl MailSettings {
    /// Returns when a message queued now expires.
    pub fn expires(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::from_std(self.expire).unwrap_or(TimeDelta::days(3))
    }
}

/// Reads `[mail]`.
pub(super) fn read(s: &Section<'_>, m: &mut MailSettings) {
    s.deny_unknown_keys(&["from", "reply_to", "operators", "on_uncertain", "expire", "smtp", "dkim"]);
    if let Some(from) = s.text("from").and_then(|t| read_address(s, &t)) {
        m.from = from;
    }
    m.reply_to = s.text("reply_to").and_then(|t| read_address(s, &t));
    m.operators = read_addresses(s, "operators").unwrap_or_default();
    if let Some(t) = s.text("on_uncertain") {
        match t.value {
            "resend" => m.on_uncertain = AmbiguousDeliveryPolicy::Resend,
            "hold" => m.on_uncertain = AmbiguousDeliveryPolicy::Hold,
            _ => s.invalid_value("on_uncertain", t, &["resend", "hold"]),
        }
    }
    if let Some(d) = s.duration("expire", Duration::from_hours(1)..Duration::from_hours(24 * 31)) {
        m.expire = d;
    }
    m.smtp = s.section("smtp").and_then(|s| read_smtp(&s));
    m.dkim = s.section("dkim").and_then(|s| read_dkim(&s));
}

pub(super) fn read_address(s: &Section<'_>, text: &Spanned<&str>) -> Option<MailAddress> {
    MailAddress::parse(text.value).map_err(|e| s.error(text.span.clone(), localized(e.to_string(), e.chinese()))).ok()
}

/// Reads a list of addresses; `None` if the key is missing.
pub(super) fn read_addresses(s: &Section<'_>, key: &str) -> Option<Vec<MailAddress>> {
    Some(s.texts(key)?.iter().filter_map(|t| read_address(s, t)).collect())
}

fn read_dkim(s: &Section<'_>) -> Option<DkimSettings> {
    s.deny_unknown_keys(&["domain", "selector", "key_file"]);
    let host = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let (domain, selector) = (s.string("domain").filter(|d| host(d)), s.string("selector").filter(|d| host(d)));
    let key_file = s.string("key_file").map(PathBuf::from);
    let (Some(domain), Some(selector), Some(key_file)) = (domain, selector, key_file) else {
        s.error(None, localized("[mail.dkim] needs domain, selector and key_file", "[mail.dkim] 要写 domain、selector 和 key_file"));
        return None;
    };
    Some(DkimSettings { domain, selector, key_file })
}

fn read_smtp(s: &Section<'_>) -> Option<SmtpSettings> {
    s.deny_unknown_keys(&["host", "port", "tls", "ca_file", "user", "password_file", "timeout", "pause"]);
    let host = s.string("host").filter(|h| !h.is_empty());
    if host.is_none() {
        s.error(None, localized("[mail.smtp] needs a host, for example smtp.exmail.qq.com", "[mail.smtp] 要写 host，例如 smtp.exmail.qq.com"));
    }
    let tls = match s.text("tls") {
        None => MailTls::Implicit,
        Some(t) => match t.value {
            "implicit" => MailTls::Implicit,
            "starttls" => MailTls::Starttls,
            "none" => MailTls::None,
            _ => {
                s.invalid_value("tls", t, &["implicit", "starttls", "none"]);
                MailTls::Implicit
            }
        },
    };
    let usual = match tls {
        MailTls::Implicit => 465,
        MailTls::Starttls => 587,
        MailTls::None => 25,
    };
    Some(SmtpSettings {
        host: host?,
        port: s.integer("port", 1..65_536).and_then(|n| u16::try_from(n).ok()).unwrap_or(usual),
        tls,
        ca_file: s.string("ca_file").map(PathBuf::from),
        user: s.string("user"),
        password_file: s.string("password_file").map(PathBuf::from),
        timeout: s.duration("timeout", Duration::from_secs(1)..Duration::from_secs(1801)).unwrap_or(Duration::from_mins(10)),
        pause: s.duration("pause", Duration::ZERO..Duration::from_mins(10)).unwrap_or(Duration::from_secs(1)),
    })
}
