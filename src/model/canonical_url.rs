//! One form for all spellings of an address. It is for telling pages apart only; requests use the address as found.

use std::fmt;

use crate::model::WebUrl;

/// Query parameters that say where a visitor came from, not which page it is.
const TRACKING: [&str; 22] = [
    "spm",
    "from",
    "source",
    "share",
    "share_token",
    "scene",
    "wfr",
    "isappinstalled",
    "nsukey",
    "sessionid",
    "jsessionid",
    "phpsessid",
    "sid",
    "fbclid",
    "gclid",
    "ref",
    "referer",
    "referrer",
    "timestamp",
    "_t",
    "_r",
    "channel",
];

/// Documents a folder's address stands for.
const INDEX: [&str; 6] = ["index.html", "index.htm", "index.shtml", "index.php", "index.jsp", "default.htm"];

/// An address without scheme, tracking parameters and other accidents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalUrl(String);

impl CanonicalUrl {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The canonical form: scheme and default port dropped, index documents folded into their folder, tracking parameters
/// removed, the others sorted.
pub fn canonicalise(url: &WebUrl) -> CanonicalUrl {
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
            !k.starts_with("utm_") && !TRACKING.contains(&k.as_str())
        })
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    pairs.sort();
    if !pairs.is_empty() {
        out.push('?');
        out.push_str(&url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish());
    }
    CanonicalUrl(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        canonicalise(&WebUrl::parse(text).unwrap()).to_string()
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
    }

    #[test]
    fn different_pages_stay_apart() {
        for (a, b) in
            [("https://a.cn/x?id=3", "https://a.cn/x?id=4"), ("https://a.cn:8080/x", "https://a.cn/x"), ("https://a.cn/X", "https://a.cn/x")]
        {
            assert_ne!(canonical(a), canonical(b), "{a}");
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
