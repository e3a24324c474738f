//! `[console]`: where the web pages are served.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::config::localized::localized;
use crate::config::reader::Section;

/// How the console is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSettings {
    /// `None`: not at all.
    pub listen: Option<SocketAddr>,
    /// Prefix under which a proxy serves it, without a slash at its end: `/qingbao`.
    pub base_path: String,
    /// Whether browsers reach it by https: cookies are kept to that.
    pub https: bool,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8320)), base_path: String::new(), https: false }
    }
}

pub(super) fn read(s: &Section<'_>, c: &mut ConsoleSettings) {
    s.deny_unknown_keys(&["listen", "base_path", "https"]);
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
    if let Some(t) = s.text("base_path") {
        let plain = t.value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'));
        if t.value.is_empty() || (t.value.starts_with('/') && !t.value.ends_with('/') && !t.value.contains("//") && plain) {
            t.value.clone_into(&mut c.base_path);
        } else {
            let chinese = format!("base_path 的“{}”不是路径前缀，请写 \"/qingbao\" 这样的", t.value);
            s.error(t.span, localized(format!("base_path {:?} is no prefix; write \"/qingbao\"", t.value), chinese));
        }
    }
    if let Some(https) = s.bool("https") {
        c.https = https;
    }
}
