//! `[console]`: the address and sessions of the console.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use url::Url;

use crate::config::localized::localized;
use crate::config::reader::{Section, Spanned};
use crate::model::WebUrl;

/// Session length: default, least and most.
const DEFAULT_SESSION: Duration = Duration::from_hours(12);
const SESSION_BOUNDS: Range<Duration> = Duration::from_secs(10)..Duration::from_hours(24 * 31);

/// Settings of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSettings {
    /// `None`: no console.
    pub listen: Option<SocketAddr>,
    /// Prefix under which a proxy serves it, without a slash at its end: `/qingbao`.
    pub base_path: String,
    /// Browsers reach it by https: cookies are sent over https only.
    pub https: bool,
    /// Names under which browsers reach it, in lower case and without port: that of `public_url`, and `hosts`.
    pub hosts: Vec<String>,
    /// A session ends after this long without activity.
    pub session: Duration,
    /// Scheme, host and port of `public_url`: `https://qingbao.example.cn`.
    pub origin: Option<String>,
    /// Every page says that this is a demo. `qingbao demo --serve` sets it, no key of the file.
    pub is_demo: bool,
}

impl ConsoleSettings {
    /// Returns the address of the console for links in mail: `https://qingbao.example.cn/qb`. `None` without `public_url`, and if a reader's
    /// answer would travel in plain text.
    pub fn address_for_mail(&self) -> Option<String> {
        let origin = self.origin.as_deref()?;
        let host = Url::parse(origin).ok()?.host().map(|h| h.to_owned())?;
        let is_loopback = match host {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(ip) => ip.is_loopback(),
            url::Host::Ipv6(ip) => ip.is_loopback(),
        };
        (origin.starts_with("https://") || is_loopback).then(|| format!("{origin}{}", self.base_path))
    }

    /// Returns the public address of a page, given its path below the console's; `None` without `public_url`.
    pub fn page(&self, path: &str) -> Option<WebUrl> {
        WebUrl::parse(&format!("{}{}{path}", self.origin.as_ref()?, self.base_path)).ok()
    }
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8320)),
            base_path: String::new(),
            https: false,
            hosts: Vec::new(),
            session: DEFAULT_SESSION,
            origin: None,
            is_demo: false,
        }
    }
}

pub(super) fn read(s: &Section<'_>, c: &mut ConsoleSettings) {
    s.deny_unknown_keys(&["listen", "public_url", "hosts", "base_path", "https", "session"]);
    if let Some(t) = s.text("listen") {
        match t.value.parse() {
            Ok(address) => c.listen = Some(address),
            Err(_) if t.value == "off" => c.listen = None,
            Err(_) => {
                let english = format!("listen {:?} is no address; write \"127.0.0.1:8320\" or \"off\"", t.value);
                s.error(t.span, localized(english, format!("listen 的“{}”不是地址，请写 \"127.0.0.1:8320\" 或 \"off\"", t.value)));
            }
        }
    }
    if let Some(t) = s.text("public_url") {
        read_public_url(s, t, c);
    }
    for t in s.texts("hosts").unwrap_or_default() {
        if let Ok(host) = url::Host::parse(t.value) {
            c.hosts.push(host.to_string());
        } else {
            let english = format!("hosts: {:?} is no host name; write \"qingbao.example.cn\", without scheme and port", t.value);
            s.error(t.span, localized(english, format!("hosts 里的“{}”不是主机名，请写 \"qingbao.example.cn\"，不带 http:// 和端口", t.value)));
        }
    }
    if let Some(t) = s.text("base_path") {
        if is_prefix(t.value) {
            t.value.clone_into(&mut c.base_path);
        } else {
            let chinese = format!("base_path 的“{}”不是路径前缀，请写 \"/qingbao\" 这样的", t.value);
            s.error(t.span, localized(format!("base_path {:?} is no prefix; write \"/qingbao\"", t.value), chinese));
        }
    }
    if let Some(https) = s.bool("https") {
        c.https = https;
    }
    if let Some(session) = s.duration("session", SESSION_BOUNDS) {
        c.session = session;
    }
}

fn is_prefix(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'));
    text.is_empty() || (text.starts_with('/') && !text.ends_with('/') && !text.contains("//") && plain)
}

/// Reads host name, prefix and https from the address that browsers type; `base_path` and `https` override it.
fn read_public_url(s: &Section<'_>, t: Spanned<&str>, c: &mut ConsoleSettings) {
    let url = Url::parse(t.value).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.query().is_none() && u.username().is_empty());
    let parts = url.as_ref().and_then(|u| Some((u, u.host_str()?, u.path().trim_end_matches('/'))));
    let Some((url, host, path)) = parts.filter(|(_, _, path)| is_prefix(path)) else {
        let english = format!("public_url {:?} is no address; write \"https://qingbao.example.cn\"", t.value);
        return s.error(t.span, localized(english, format!("public_url 的“{}”不是网址，请写 \"https://qingbao.example.cn\"", t.value)));
    };
    c.https = url.scheme() == "https";
    path.clone_into(&mut c.base_path);
    c.hosts.push(host.to_owned());
    c.origin = Some(url.origin().ascii_serialization());
}
