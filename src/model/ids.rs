//! Identifiers and addresses, valid by construction.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use url::Url;

/// Longest accepted address, in bytes.
pub const MAX_URL_BYTES: usize = 4096;

/// Host of stand-in addresses. There is no such host, and never will be (RFC 2606).
const STAND_IN_HOST: &str = "mail.invalid";

/// Stable key of a source: one or more of `[a-z0-9-]`, at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SourceId(String);

impl SourceId {
    /// Parses an id; `None` unless it is 1–64 characters of `[a-z0-9-]`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SourceId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a source id is 1 to 64 of a-z, 0-9 and -")
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An absolute `http` or `https` address with a host, at most [`MAX_URL_BYTES`] long, without credentials. Fragments are dropped
/// unless a script of the page routes by them (`#/news/1`, `#!/news/1`): those identify articles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebUrl(Url);

/// Why a text is not a usable web address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Invalid by the WHATWG rules.
    #[error("not a web address ({0}); write it as https://host/path")]
    Syntax(String),
    /// A scheme other than http or https.
    #[error("scheme {0:?} is not supported; only http and https are")]
    Scheme(String),
    /// Longer than [`MAX_URL_BYTES`].
    #[error("address is {0} bytes long; at most {MAX_URL_BYTES} are accepted")]
    TooLong(usize),
    /// `user:password@host`.
    #[error("address carries a user name or password; remove it")]
    Credentials,
}

impl UrlError {
    /// Returns the message for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::Syntax(_) => "不是网址，请写成 https://host/path 的样子".to_owned(),
            Self::Scheme(scheme) => format!("不支持 {scheme}，只能是 http 或 https"),
            Self::TooLong(n) => format!("网址有 {n} 字节，最多 {MAX_URL_BYTES}"),
            Self::Credentials => "网址里带有用户名或密码，请去掉".to_owned(),
        }
    }
}

impl WebUrl {
    /// Parses an address as a person types it; https if the scheme is missing.
    ///
    /// # Errors
    /// As of [`WebUrl::parse`].
    pub fn typed(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        let host = text.split(['/', '?', '#']).next().unwrap_or_default();
        let (name, port) = host.split_once(':').unwrap_or((host, ""));
        let is_host = port.bytes().all(|b| b.is_ascii_digit()) && !name.contains('@') && (name.contains('.') || !port.is_empty());
        let bare = !text.contains("://") && is_host;
        if bare { Self::parse(&format!("https://{text}")) } else { Self::parse(text) }
    }

    /// Returns the http form of an address typed without a scheme, for sites without https.
    pub fn typed_plain(text: &str) -> Option<Self> {
        if text.contains("://") { None } else { Self::parse(&format!("http://{}", text.trim())).ok() }
    }

    /// Parses an absolute address.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.len() > MAX_URL_BYTES {
            return Err(UrlError::TooLong(text.len()));
        }
        Url::parse(text).map_err(|e| UrlError::Syntax(e.to_string())).and_then(Self::from_url)
    }

    /// Resolves a reference found on this page.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.trim();
        if reference.len() > MAX_URL_BYTES {
            return Err(UrlError::TooLong(reference.len()));
        }
        self.0.join(reference).map_err(|e| UrlError::Syntax(e.to_string())).and_then(Self::from_url)
    }

    /// Returns an address for what is on no web page: a mailbox, a mail. It is never fetched, linked or printed.
    pub fn stand_in(parts: &[&str]) -> Result<Self, UrlError> {
        let path: Vec<String> = parts.iter().map(|p| utf8_percent_encode(p, NON_ALPHANUMERIC).to_string()).collect();
        Self::parse(&format!("https://{STAND_IN_HOST}/{}", path.join("/")))
    }

    /// Whether this stands for something that is on no web page.
    pub fn is_stand_in(&self) -> bool {
        self.host() == STAND_IN_HOST
    }

    fn from_url(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(UrlError::Syntax("no host".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if !url.fragment().is_some_and(is_route) {
            url.set_fragment(None);
        }
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Returns the host, in lower case; IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether a script of the page selects the content by the fragment.
    pub fn is_routed(&self) -> bool {
        self.0.fragment().is_some()
    }

    /// Whether both addresses differ in the fragment only.
    pub fn is_route_of(&self, page: &Self) -> bool {
        let bare = |u: &Self| u.as_str().len() - u.0.fragment().map_or(0, |f| f.len() + 1);
        self != page && self.is_routed() && self.as_str().get(..bare(self)) == page.as_str().get(..bare(page))
    }

    /// Returns scheme, host and port: the scope of one robots.txt and of secret headers.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.0.scheme(), self.authority())
    }

    /// Returns host and port: the unit of rate limiting.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host(), self.0.port_or_known_default().unwrap_or(0))
    }
}

/// Whether a fragment is a path within the page (`/news/1`, `!/news/1`, `!news`, `news/1`) and not an anchor.
fn is_route(fragment: &str) -> bool {
    let path = fragment.strip_prefix('!').unwrap_or(fragment);
    let named = path.chars().any(char::is_alphanumeric);
    named && !fragment.starts_with(':') && (path.len() < fragment.len() || path.split('?').next().is_some_and(|p| p.contains('/')))
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Serialize for WebUrl {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for WebUrl {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// Id of an entry.
    EntryId
);
row_id!(
    /// Id of an article.
    ArticleId
);
row_id!(
    /// A story: the id of the first article that told it.
    StoryId
);
row_id!(
    /// An event: the id of the first article that reported it.
    EventId
);
row_id!(
    /// Id of a subscriber that the console keeps.
    SubscriberId
);
row_id!(
    /// Id of an edition.
    EditionId
);
row_id!(
    /// Id of a file attached to an item.
    FileId
);
row_id!(
    /// Id of an outbox row.
    OutboxId
);
row_id!(
    /// Id of a topic (关注课题).
    TopicId
);
row_id!(
    /// Id of a rule (不再报道).
    RuleId
);
row_id!(
    /// Id of an alert rule (提醒).
    AlertRuleId
);
row_id!(
    /// Id of something that alert rules found.
    AlertHitId
);
row_id!(
    /// Id of a notification.
    NotificationId
);
row_id!(
    /// Id of a notification's delivery to an outlet.
    DeliveryId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_ids_are_lower_case_words() {
        assert!(SourceId::parse("henan-kjt").is_some());
        for bad in ["", "Henan", "a b", "a/b", "河南", &"x".repeat(65)] {
            assert!(SourceId::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn web_urls_refuse_what_must_not_be_fetched() {
        for bad in ["ftp://a.cn/", "javascript:alert(1)", "/x", "http://", "http://u:p@a.cn/", "http://a.cn:99999/"] {
            assert!(WebUrl::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(WebUrl::parse(&format!("http://a.cn/{}", "x".repeat(5000))), Err(UrlError::TooLong(5012)));
        assert_eq!(WebUrl::parse("HTTP://A.cn/x#y").unwrap().as_str(), "http://a.cn/x");
    }

    #[test]
    fn a_stand_in_is_no_address_of_a_page() {
        let url = WebUrl::stand_in(&["imap.a.cn:993", "甲@a.cn", "收件箱/../x"]).unwrap();
        assert_eq!(url.as_str(), "https://mail.invalid/imap%2Ea%2Ecn%3A993/%E7%94%B2%40a%2Ecn/%E6%94%B6%E4%BB%B6%E7%AE%B1%2F%2E%2E%2Fx");
        assert!(url.is_stand_in() && !WebUrl::parse("https://a.cn/").unwrap().is_stand_in());
    }

    #[test]
    fn a_route_is_a_part_of_its_page() {
        let url = |text: &str| WebUrl::parse(text).unwrap();
        for (part, page, expected) in [
            ("https://a.cn/#/news/1", "https://a.cn/", true),
            ("https://a.cn/#/news/1", "https://a.cn/#/news", true),
            ("https://a.cn/?x=1#!/news/1", "https://a.cn/?x=1", true),
            ("https://a.cn/#/news/1", "https://a.cn/#/news/1", false),
            ("https://a.cn/show.html#/news/1", "https://a.cn/", false),
            ("https://a.cn/news/1", "https://a.cn/", false),
            ("https://a.cn/", "https://a.cn/#/news", false),
        ] {
            assert_eq!(url(part).is_route_of(&url(page)), expected, "{part} {page}");
        }
    }

    #[test]
    fn fragments_are_kept_only_where_they_route() {
        let table = [
            ("http://a.cn/d#/news/1", Some("/news/1")),
            ("http://a.cn/d#!/news/1", Some("!/news/1")),
            ("http://a.cn/d#!news", Some("!news")),
            ("http://a.cn/d#news/1", Some("news/1")),
            ("http://a.cn/d#/detail?id=3", Some("/detail?id=3")),
            ("http://a.cn/d#top", None),
            ("http://a.cn/d#", None),
            ("http://a.cn/d#/", None),
            ("http://a.cn/d#!", None),
            ("http://a.cn/d#comment-3", None),
            ("http://a.cn/d#wechat_redirect?a=b/c", None),
            ("http://a.cn/d#:~:text=a/b", None),
        ];
        for (text, expected) in table {
            assert_eq!(WebUrl::parse(text).unwrap().as_url().fragment(), expected, "{text}");
        }
    }

    #[test]
    fn joining_resolves_relative_links() {
        let base = WebUrl::parse("https://a.gov.cn/x/index.html").unwrap();
        assert_eq!(base.join("./t1.html").unwrap().as_str(), "https://a.gov.cn/x/t1.html");
        assert_eq!(base.join("//b.cn/y").unwrap().host(), "b.cn");
        assert!(base.join("javascript:void(0)").is_err());
    }
}
