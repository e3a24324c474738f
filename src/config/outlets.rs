//! `[[outlet]]`: chat robots, webhooks and addresses that receive notifications. Addresses of robots hold a key, so they are in files.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::localized::localized;
use crate::config::mail::read_addresses;
use crate::config::reader::{Section, Spanned};
use crate::model::{MailAddress, NotificationKind, WebUrl};

const KEYS: [&str; 9] = ["name", "kind", "url_file", "secret_file", "keyword", "to", "takes", "allow_hosts", "timeout"];
/// Longest name and keyword, in characters.
const MAX_NAME: usize = 40;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Who receives the messages of an outlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutletKind {
    /// 企业微信 群机器人.
    Wecom,
    /// 钉钉 自定义机器人.
    Dingtalk,
    /// 飞书 自定义机器人.
    Feishu,
    /// Any program that takes signed JSON.
    Webhook,
    Ntfy,
    /// Mail, through the outbox.
    Mail,
}

impl OutletKind {
    pub const ALL: [Self; 6] = [Self::Wecom, Self::Dingtalk, Self::Feishu, Self::Webhook, Self::Ntfy, Self::Mail];

    /// Returns the word in `qingbao.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wecom => "wecom",
            Self::Dingtalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::Webhook => "webhook",
            Self::Ntfy => "ntfy",
            Self::Mail => "mail",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }

    /// Returns the name that people read.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Wecom => "企业微信群机器人",
            Self::Dingtalk => "钉钉群机器人",
            Self::Feishu => "飞书群机器人",
            Self::Webhook => "webhook",
            Self::Ntfy => "ntfy",
            Self::Mail => "邮件",
        }
    }

    fn signs(self) -> bool {
        !matches!(self, Self::Wecom | Self::Mail)
    }

    fn asks_for_keyword(self) -> bool {
        matches!(self, Self::Dingtalk | Self::Feishu)
    }
}

/// A host, or one port of it, that may have a private address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: String,
    port: Option<u16>,
}

impl AllowedHost {
    /// Parses `ntfy.example.lan`, `10.0.0.5:8080` or `[fd00::5]:8080`.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = !text.is_empty() && !text.contains(['/', '?', '#', '@', '*']);
        let url = bare.then(|| url::Url::parse(&format!("http://{text}/")).ok()).flatten()?;
        // the address parser drops the port that it takes for granted
        let port = if text.ends_with(":80") { Some(80) } else { url.port() };
        Some(Self { host: url.host_str()?.to_owned(), port })
    }

    /// Returns host and port of an address.
    pub fn of(url: &WebUrl) -> Self {
        Self { host: url.host().to_owned(), port: url.as_url().port_or_known_default() }
    }

    pub fn covers(&self, url: &WebUrl) -> bool {
        self.host == url.host() && self.port.is_none_or(|p| url.as_url().port_or_known_default() == Some(p))
    }
}

/// One `[[outlet]]`. It names the files with the secrets, not the secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletSettings {
    /// Unique.
    pub name: String,
    pub kind: OutletKind,
    /// File with the address; `None` only for mail.
    pub url_file: Option<PathBuf>,
    /// File with the key that signs messages, or the access token of ntfy.
    pub secret_file: Option<PathBuf>,
    /// A word that the robot asks for; each message contains it.
    pub keyword: Option<String>,
    /// Recipients, for mail.
    pub to: Vec<MailAddress>,
    /// The kinds of notifications that it gets.
    pub takes: Vec<NotificationKind>,
    /// Hosts of the own network that it may reach.
    pub allow_hosts: Vec<AllowedHost>,
    /// Longest time for a whole request.
    pub timeout: Duration,
}

pub(super) fn read(sections: &[Section<'_>]) -> Vec<OutletSettings> {
    let mut out: Vec<OutletSettings> = Vec::new();
    for s in sections {
        let Some(outlet) = read_one(s) else { continue };
        if out.iter().any(|o| o.name == outlet.name) {
            let english = format!("two outlets have the name {:?}; messages are counted by name", outlet.name);
            let chinese = format!("有两个推送渠道都叫“{}”；推送按名称记录，请改一个", outlet.name);
            s.error(s.text("name").and_then(|t| t.span), localized(english, chinese));
        }
        out.push(outlet);
    }
    out
}

fn read_one(s: &Section<'_>) -> Option<OutletSettings> {
    s.deny_unknown_keys(&KEYS);
    let (name, kind) = (read_name(s), read_kind(s));
    let takes = read_takes(s);
    let allow_hosts = s.texts("allow_hosts").unwrap_or_default().into_iter().filter_map(|t| read_host(s, &t)).collect();
    let to = read_addresses(s, "to").unwrap_or_default();
    let timeout = s.duration("timeout", Duration::from_secs(2)..Duration::from_mins(5)).unwrap_or(DEFAULT_TIMEOUT);
    let file = |key| s.string(key).filter(|f| !f.is_empty()).map(PathBuf::from);
    let (url_file, secret_file) = (file("url_file"), file("secret_file"));
    let keyword = s.string("keyword").filter(|k| !k.is_empty());
    if keyword.as_ref().is_some_and(|k| k.chars().count() > MAX_NAME) {
        let english = format!("keyword has at most {MAX_NAME} characters");
        s.error(s.text("keyword").and_then(|t| t.span), localized(english, format!("keyword 最多 {MAX_NAME} 个字")));
    }
    let kind = kind?;
    let word = kind.as_str();
    let refuse = |key: &str, why: (&str, &str)| {
        let span = s.text(key).and_then(|t| t.span);
        s.error(span, localized(format!("{key} means nothing for kind = {word:?}: {}", why.0), format!("kind = \"{word}\" 用不到 {key}：{}", why.1)));
    };
    if kind == OutletKind::Mail {
        if to.is_empty() {
            let chinese = "kind = \"mail\" 要写收件人 to = [\"…\"]";
            s.error(None, localized("kind = \"mail\" needs recipients: to = [\"…\"]", chinese));
        }
        if url_file.is_some() {
            refuse("url_file", ("mail goes to the addresses in to", "邮件发给 to 里的地址"));
        }
    } else {
        if url_file.is_none() {
            let english = format!("kind = {word:?} needs url_file: a file that holds the address");
            s.error(None, localized(english, format!("kind = \"{word}\" 要写 url_file，即存放地址的文件")));
        }
        if !to.is_empty() {
            let span = s.texts("to").and_then(|t| t.first().and_then(|t| t.span.clone()));
            s.error(span, localized("to is for kind = \"mail\" only", "to 只用于 kind = \"mail\""));
        }
    }
    if secret_file.is_some() && !kind.signs() {
        refuse("secret_file", ("its messages are not signed", "它的消息不签名"));
    }
    if keyword.is_some() && !kind.asks_for_keyword() {
        refuse("keyword", ("only dingtalk and feishu ask for a word", "只有 dingtalk 和 feishu 会要求关键词"));
    }
    Some(OutletSettings { name: name?, kind, url_file, secret_file, keyword, to, takes, allow_hosts, timeout })
}

fn read_name(s: &Section<'_>) -> Option<String> {
    let Some(name) = s.string("name").filter(|n| !n.is_empty()) else {
        s.error(None, localized("an outlet needs a name", "推送渠道要写名称 name"));
        return None;
    };
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let english = format!("the name of an outlet has at most {MAX_NAME} characters and no control characters");
        s.error(s.text("name").and_then(|t| t.span), localized(english, format!("推送渠道的名称最多 {MAX_NAME} 个字，不能有控制字符")));
        return None;
    }
    Some(name)
}

fn read_kind(s: &Section<'_>) -> Option<OutletKind> {
    let known = OutletKind::ALL.map(OutletKind::as_str);
    let Some(t) = s.text("kind") else {
        let english = format!("an outlet needs a kind: {}", known.join(", "));
        s.error(None, localized(english, format!("推送渠道要写种类 kind：{}", known.join("、"))));
        return None;
    };
    let kind = OutletKind::parse(t.value);
    if kind.is_none() {
        s.invalid_value("kind", t, &known);
    }
    kind
}

fn read_takes(s: &Section<'_>) -> Vec<NotificationKind> {
    let Some(words) = s.texts("takes") else { return vec![NotificationKind::Alert] };
    let mut takes = Vec::new();
    for t in words {
        match NotificationKind::parse(t.value) {
            Some(kind) if takes.contains(&kind) => {}
            Some(kind) => takes.push(kind),
            None => s.invalid_value("takes", t, &NotificationKind::ALL.map(|k| k.1)),
        }
    }
    takes
}

fn read_host(s: &Section<'_>, t: &Spanned<&str>) -> Option<AllowedHost> {
    let host = AllowedHost::parse(t.value);
    if host.is_none() {
        let english = format!("allow_hosts: {:?} is no host; write \"ntfy.example.lan\" or \"10.0.0.5:8080\", without scheme and path", t.value);
        let chinese = format!("allow_hosts 里的“{}”不是主机，请写 \"ntfy.example.lan\" 或 \"10.0.0.5:8080\"，不带 http:// 和路径", t.value);
        s.error(t.span.clone(), localized(english, chinese));
    }
    host
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn read(text: &str) -> Vec<OutletSettings> {
        Settings::parse("qingbao.toml", text).unwrap().outlets
    }

    #[test]
    fn outlets_are_read_with_their_defaults() {
        let text = "[[outlet]]\nname = \"值班群\"\nkind = \"dingtalk\"\nurl_file = \"u\"\nsecret_file = \"s\"\nkeyword = \"情报\"\n\
                    [[outlet]]\nname = \"领导\"\nkind = \"mail\"\nto = [\"a@b.cn\"]\ntakes = [\"issue\", \"notice\"]\n";
        let [robot, mail] = &read(text)[..] else { panic!() };
        assert_eq!((robot.name.as_str(), robot.kind, robot.timeout), ("值班群", OutletKind::Dingtalk, Duration::from_secs(30)));
        assert_eq!((robot.takes.as_slice(), robot.keyword.as_deref()), (&[NotificationKind::Alert][..], Some("情报")));
        assert_eq!((mail.takes.len(), mail.to.len(), mail.url_file.is_none()), (2, 1, true));
    }

    #[test]
    fn every_mistake_has_its_place_in_both_languages() {
        let table = [
            ("kind = \"wecom\"\nurl_file = \"u\"", "qingbao.toml:1:1: an outlet needs a name"),
            ("name = \"甲\"", "an outlet needs a kind: wecom"),
            ("name = \"甲\"\nkind = \"wechat\"\nurl_file = \"u\"", "qingbao.toml:3:8: kind \"wechat\" is not one of"),
            ("name = \"甲\"\nkind = \"wecom\"", "needs url_file"),
            ("name = \"甲\"\nkind = \"wecom\"\nurl = \"https://x\"", "unknown key \"url\""),
            ("name = \"甲\"\nkind = \"wecom\"\nurl_file = \"u\"\nsecret_file = \"s\"", "secret_file means nothing for kind = \"wecom\""),
            ("name = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"\nkeyword = \"词\"", "keyword means nothing"),
            ("name = \"甲\"\nkind = \"mail\"", "needs recipients"),
            ("name = \"甲\"\nkind = \"mail\"\nto = [\"编辑\"]", "qingbao.toml:4:7"),
            ("name = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"\nto = [\"a@b.cn\"]", "to is for kind = \"mail\" only"),
            ("name = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"\ntakes = [\"alarm\"]", "takes \"alarm\" is not one of alert, draft, issue, notice"),
            ("name = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"\nallow_hosts = [\"http://x\"]", "is no host"),
            ("name = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"\ntimeout = \"1h\"", "\"timeout\" must be from"),
            (
                "name = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"\n[[outlet]]\nname = \"甲\"\nkind = \"ntfy\"\nurl_file = \"u\"",
                "two outlets have the name",
            ),
        ];
        for (text, expected) in table {
            let e = Settings::parse("qingbao.toml", &format!("[[outlet]]\n{text}")).unwrap_err();
            e.problems.iter().for_each(|p| p.words.check());
            assert!(e.to_string().contains(expected), "{text}: {e}");
        }
    }

    #[test]
    fn an_allowed_host_covers_its_port_only() {
        let covers = |host: &str, url: &str| AllowedHost::parse(host).unwrap().covers(&WebUrl::parse(url).unwrap());
        assert!(covers("ntfy.lan", "http://ntfy.lan:8080/a") && covers("NTFY.lan:8080", "http://ntfy.lan:8080/a"));
        assert!(covers("10.0.0.5:80", "http://10.0.0.5/") && covers("[fd00::5]:8080", "http://[fd00::5]:8080/"));
        assert!(!covers("ntfy.lan:80", "http://ntfy.lan:8080/a") && !covers("ntfy.lan", "http://evil-ntfy.lan/"));
        assert!(!covers("10.0.0.5:80", "https://10.0.0.5/"));
        for bad in ["", "http://a", "a/b", "*.lan", "u@a", "a b"] {
            assert_eq!(AllowedHost::parse(bad), None, "{bad}");
        }
    }
}
