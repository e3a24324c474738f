//! `[source.mailbox]`: the mailbox of a source with `kind = "imap"`.

use std::net::IpAddr;
use std::ops::Range;
use std::path::PathBuf;

use crate::config::localized::localized;
use crate::config::reader::Section;
use crate::model::{MailAddress, Mailbox, MailboxTls, SourceKind, WebUrl};

const KEYS: [&str; 13] = [
    "server",
    "port",
    "tls",
    "ca_file",
    "user",
    "password_file",
    "folder",
    "move_to",
    "editors",
    "trusted_authserv",
    "trust_from",
    "max_message_mb",
    "note",
];
/// Keys of a source that mean nothing for a mailbox.
const FOREIGN_KEYS: [&str; 16] = [
    "url",
    "render",
    "ports",
    "charset",
    "identity",
    "rate_key",
    "tls",
    "cookies",
    "headers",
    "proxy",
    "robots_exempt",
    "list",
    "article",
    "select",
    "ignore",
    "min_change",
];
const MEGABYTES: Range<i64> = 1..51;
const DEFAULT_MEGABYTES: i64 = 20;
/// Longest name of a server, user or folder, in bytes.
const MAX_NAME: usize = 200;

/// Reads the mailbox; refuses it for other kinds, and keys of web pages beside it.
pub(super) fn read_mailbox(s: &Section<'_>, kind: Option<SourceKind>, allow_private: bool) -> Option<Mailbox> {
    if kind != Some(SourceKind::Imap) {
        if let Some(span) = s.key_span("mailbox") {
            s.error(Some(span), localized("\"mailbox\" is a key only of kind = \"imap\"", "“mailbox”只用于 kind = \"imap\" 的来源"));
        }
        return None;
    }
    for key in s.keys().into_iter().filter(|k| FOREIGN_KEYS.contains(k)) {
        let english = format!("{key:?} is no key of kind = \"imap\"; what belongs to the mailbox stands in [source.mailbox]");
        s.error(s.key_span(key), localized(english, format!("“{key}”不能用于 kind = \"imap\" 的来源；邮箱的设置写在 [source.mailbox] 里")));
    }
    let Some(m) = s.section("mailbox") else {
        let english = "kind = \"imap\" needs [source.mailbox] with server and user";
        s.error(None, localized(english, "kind = \"imap\" 的来源要有 [source.mailbox]，写上 server 和 user"));
        return None;
    };
    m.deny_unknown_keys(&KEYS);
    let (server, user) = (name(&m, "server"), name(&m, "user"));
    for (key, value) in [("server", &server), ("user", &user)] {
        if value.is_none() {
            m.error(m.key_span(key), localized(format!("[source.mailbox] needs {key}"), format!("[source.mailbox] 要写 {key}")));
        }
    }
    let (server, user) = (server?, user?);
    let tls = read_tls(&m, &server, allow_private);
    let usual = if tls == MailboxTls::Implicit { 993 } else { 143 };
    let mailbox = Mailbox {
        port: m.integer("port", 1..65_536).and_then(|n| u16::try_from(n).ok()).unwrap_or(usual),
        tls,
        ca_file: m.string("ca_file").map(PathBuf::from),
        password_file: m.string("password_file").map(PathBuf::from),
        folder: name(&m, "folder").unwrap_or_else(|| "INBOX".to_owned()),
        move_to: name(&m, "move_to"),
        editors: read_editors(&m),
        trusted_authserv: name(&m, "trusted_authserv"),
        trust_from: m.bool("trust_from").unwrap_or(false),
        max_message: u32::try_from(m.integer("max_message_mb", MEGABYTES).unwrap_or(DEFAULT_MEGABYTES) << 20).unwrap_or(u32::MAX),
        server,
        user,
    };
    check(&m, &mailbox);
    Some(mailbox)
}

/// Returns the address that stands for a mailbox.
pub(super) fn stand_in(m: &Mailbox) -> Option<WebUrl> {
    WebUrl::stand_in(&[&format!("{}:{}", m.server, m.port), &m.user, &m.folder]).ok()
}

/// Reads a name that travels in a command: one line, not empty.
fn name(m: &Section<'_>, key: &str) -> Option<String> {
    let text = m.text(key)?;
    let value = text.value.trim();
    if value.is_empty() || value.len() > MAX_NAME || value.chars().any(char::is_control) {
        let english = format!("{key:?} must be one line of 1 to {MAX_NAME} bytes");
        m.error(text.span, localized(english, format!("{key} 要写成一行，1 到 {MAX_NAME} 字节")));
        return None;
    }
    Some(value.to_owned())
}

fn read_tls(m: &Section<'_>, server: &str, allow_private: bool) -> MailboxTls {
    let Some(text) = m.text("tls") else { return MailboxTls::Implicit };
    match text.value {
        "implicit" => MailboxTls::Implicit,
        "starttls" => MailboxTls::Starttls,
        "none" if allow_private && is_loopback(server) => MailboxTls::None,
        "none" => {
            let english =
                "tls = \"none\" would send the password in plain text; it is accepted only for 127.0.0.1, ::1 or localhost with allow_private = true";
            let chinese = "tls = \"none\" 会让密码以明文传送，只允许用于本机（127.0.0.1、::1、localhost），并且要写 allow_private = true";
            m.error(text.span, localized(english, chinese));
            MailboxTls::Implicit
        }
        _ => {
            m.invalid_value("tls", text, &["implicit", "starttls"]);
            MailboxTls::Implicit
        }
    }
}

fn is_loopback(server: &str) -> bool {
    server.eq_ignore_ascii_case("localhost") || server.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn read_editors(m: &Section<'_>) -> Vec<MailAddress> {
    let mut out = Vec::new();
    for text in m.texts("editors").unwrap_or_default() {
        match MailAddress::parse(text.value) {
            Ok(address) => out.push(address),
            Err(e) => {
                let english = format!("editors: {:?}: {e}", text.value);
                m.error(text.span.clone(), localized(english, format!("editors 里的“{}”：{}", text.value, e.chinese())));
            }
        }
    }
    out
}

/// Checks what must go together.
fn check(m: &Section<'_>, mailbox: &Mailbox) {
    if mailbox.move_to.as_ref() == Some(&mailbox.folder) {
        m.error(m.key_span("move_to"), localized("move_to is the folder itself; name another one", "move_to 和 folder 相同，请写另一个文件夹"));
    }
    if !mailbox.editors.is_empty() && mailbox.trusted_authserv.is_none() && !mailbox.trust_from {
        let english =
            "editors need trusted_authserv, the name in the server's Authentication-Results, or trust_from = true: a sender is easily forged";
        let chinese =
            "写了 editors 就要写 trusted_authserv（邮件服务器在 Authentication-Results 里的名字），或者 trust_from = true：发件人很容易伪造";
        m.error(m.key_span("editors"), localized(english, chinese));
    }
}
