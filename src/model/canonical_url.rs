//! Canonical URLs: one form for all spellings of an address. Use them only to compare pages; requests use the address as found.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::WebUrl;

/// Query parameters that never identify a page, and what sets them. `utm_…` (Google Analytics campaigns) are dropped too.
const TRACKERS: [(&str, &str); 9] = [
    ("spm", "position of a link, counted by Alibaba"),
    ("fbclid", "click id of Facebook"),
    ("gclid", "click id of Google Ads"),
    ("wfr", "search engine, named by Baidu"),
    ("share_token", "who shared a page of Toutiao"),
    ("isappinstalled", "whether the reader has WeChat"),
    ("nsukey", "signature of WeChat"),
    ("jsessionid", "session of Java servers"),
    ("phpsessid", "session of PHP"),
];

/// Query parameters that are trackers on some sites and identify the article on others. They count until a site has served one
/// article with and without them, or with two values. Release 1.0 always dropped them; [`strip_doubtful`] returns the form that it
/// stored.
const DOUBTFUL: [&str; 13] =
    ["from", "source", "share", "scene", "sid", "sessionid", "ref", "referer", "referrer", "channel", "timestamp", "_t", "_r"];

/// Index documents, equivalent to their folder.
const INDEX: [&str; 6] = ["index.html", "index.htm", "index.shtml", "index.php", "index.jsp", "default.htm"];

/// An address without scheme, tracking parameters and other irrelevant parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Learned doubtful parameters that do not identify pages: host and name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredParameters(Vec<(String, String)>);

impl IgnoredParameters {
    pub fn new(learned: Vec<(String, String)>) -> Self {
        Self(learned)
    }

    /// Returns the canonical form, also without the parameters learned for this site.
    pub fn canonicalise(&self, url: &WebUrl) -> CanonicalUrl {
        without(url, |name| self.0.iter().any(|(host, ignored)| host == url.host() && ignored == name))
    }
}

/// Returns the canonical form: without scheme, default port, index document and trackers, and with the other parameters sorted.
pub fn canonicalise(url: &WebUrl) -> CanonicalUrl {
    without(url, |_| false)
}

/// Returns the canonical form without any doubtful parameter.
pub fn strip_doubtful(url: &WebUrl) -> CanonicalUrl {
    without(url, |name| DOUBTFUL.contains(&name))
}

/// Returns the doubtful parameters of an address.
pub fn doubtful(url: &WebUrl) -> Vec<String> {
    url.as_url().query_pairs().map(|(k, _)| k.to_ascii_lowercase()).filter(|k| DOUBTFUL.contains(&k.as_str())).collect()
}

/// Returns the doubtful parameters in which two addresses differ, or none if they differ in anything else.
pub fn differing(one: &WebUrl, other: &WebUrl) -> Vec<&'static str> {
    if strip_doubtful(one) != strip_doubtful(other) {
        return Vec::new();
    }
    let values = |url: &WebUrl, name: &str| -> Vec<String> {
        url.as_url().query_pairs().filter(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.into_owned()).collect()
    };
    DOUBTFUL.into_iter().filter(|name| values(one, name) != values(other, name)).collect()
}

fn without(url: &WebUrl, ignored: impl Fn(&str) -> bool) -> CanonicalUrl {
    let u = url.as_url();
    let mut out = url.host().trim_end_matches('.').to_owned();
    if let Some(port) = u.port() {
        out.push(':');
        out.push_str(&port.to_string());
    }
    let path = u.path();
    let path = INDEX.iter().find_map(|i| path.strip_suffix(i).filter(|p| p.ends_with('/'))).unwrap_or(path);
    out.push_str(path.split(";jsessionid=").next().unwrap_or(path));
    let mut pairs: Vec<(String, String)> = u
        .query_pairs()
        .filter(|(k, _)| {
            let k = k.to_ascii_lowercase();
            !k.starts_with("utm_") && !TRACKERS.iter().any(|(name, _)| *name == k) && !ignored(&k)
        })
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    pairs.sort();
    if !pairs.is_empty() {
        out.push('?');
        out.push_str(&url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    }
    if let Some(route) = u.fragment() {
        out.push('#');
        out.push_str(route);
    }
    CanonicalUrl(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    fn canonical(text: &str) -> String {
        canonicalise(&url(text)).to_string()
    }

    #[test]
    fn spellings_of_one_page_fall_together() {
        let table = [
            ("http://A.cn:80/x", "https://a.cn/x"),
            ("https://a.cn/x/index.html", "https://a.cn/x/"),
            ("https://a.cn/x?utm_source=wx&id=3", "https://a.cn/x?id=3"),
            ("https://a.cn/x?b=2&a=1#top", "https://a.cn/x?a=1&b=2"),
            ("https://a.cn/x;jsessionid=9F", "https://a.cn/x"),
        ];
        for (a, b) in table {
            assert_eq!(canonical(a), canonical(b), "{a}");
        }
        for (tracker, _) in TRACKERS {
            assert_eq!(canonical(&format!("https://a.cn/x?{tracker}=1")), "a.cn/x", "{tracker}");
        }
    }

    #[test]
    fn different_pages_stay_apart() {
        let table = [
            ("https://a.cn/x?id=3", "https://a.cn/x?id=4"),
            ("https://a.cn:8080/x", "https://a.cn/x"),
            ("https://a.cn/X", "https://a.cn/x"),
            ("https://a.cn/x#/news/1", "https://a.cn/x#/news/2"),
        ];
        for (a, b) in table {
            assert_ne!(canonical(a), canonical(b), "{a}");
        }
        for name in DOUBTFUL {
            assert_ne!(canonical(&format!("https://a.cn/x?{name}=1")), canonical(&format!("https://a.cn/x?{name}=2")), "{name}");
        }
    }

    #[test]
    fn a_doubtful_parameter_is_ignored_at_the_sites_where_it_was_learned() {
        let learned = IgnoredParameters::new(vec![("a.cn".to_owned(), "from".to_owned())]);
        let at = |u: &str| learned.canonicalise(&url(u)).to_string();
        assert_eq!(at("https://a.cn/x?From=rss&sid=1"), "a.cn/x?sid=1");
        assert_eq!(at("https://b.cn/x?from=rss"), "b.cn/x?from=rss");
    }

    #[test]
    fn what_differs_between_two_addresses_is_named_only_if_it_is_all_that_differs() {
        let table: [(&str, &str, &[&str]); 5] = [
            ("https://a.cn/x?sid=1", "https://a.cn/x?sid=2", &["sid"]),
            ("https://a.cn/x?id=1&from=rss", "https://a.cn/x?id=1", &["from"]),
            ("https://a.cn/x?ref=a&sid=1", "https://a.cn/x?ref=b&sid=2", &["sid", "ref"]),
            ("https://a.cn/x?id=1&from=rss", "https://a.cn/x?id=2", &[]),
            ("https://a.cn/x", "https://a.cn/x", &[]),
        ];
        for (a, b, expected) in table {
            assert_eq!(differing(&url(a), &url(b)), expected, "{a} {b}");
        }
    }

    proptest::proptest! {
        #[test]
        fn canonicalising_twice_changes_nothing(path in "[a-z0-9/._-]{0,20}", query in "[a-z=&0-9%]{0,20}") {
            let once = canonical(&format!("https://a.cn/{path}?{query}"));
            proptest::prop_assert_eq!(canonical(&format!("https://{once}")), once);
        }
    }
}
