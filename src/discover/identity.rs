//! Identity of entries: recognises an entry that was seen before.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::canonical_url::{CanonicalUrl, IgnoredParameters};
use crate::model::{Entry, Identity};
use crate::text::normalize::normalized_key;

/// Returns the identity of an entry; `address` is its canonical address.
pub fn identity(entry: &Entry, kind: Identity, address: &CanonicalUrl) -> String {
    let url = || address.to_string();
    match kind {
        Identity::Url => url(),
        Identity::Guid => entry.id.clone().unwrap_or_else(url),
        Identity::Title => {
            let title = normalized_key(&entry.title);
            if title.is_empty() { url() } else { title }
        }
    }
}

/// The newest stored entries of a source. If a list page reaches one of them, later pages contain nothing new.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KnownEntries {
    /// Hashes of identities.
    hashes: HashSet<u64>,
    /// Query parameters to ignore in addresses.
    ignored: IgnoredParameters,
}

impl KnownEntries {
    /// Takes the identities of the known entries.
    pub fn new(identities: impl IntoIterator<Item = String>, ignored: IgnoredParameters) -> Self {
        Self { hashes: identities.into_iter().map(|i| xxh3_64(i.as_bytes())).collect(), ignored }
    }

    /// Returns whether no entry is known.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    fn is_known(&self, entry: &Entry, kind: Identity) -> bool {
        let address = self.ignored.canonicalise(&entry.url);
        self.hashes.contains(&xxh3_64(identity(entry, kind, &address).as_bytes()))
    }

    /// Returns whether one page of a list reaches a known entry. A known entry above a newer unknown one is pinned (置顶) and does not
    /// count.
    pub fn reached_by(&self, page: &[Entry], kind: Identity) -> bool {
        let mut newest_unknown = None;
        for entry in page.iter().rev() {
            if !self.is_known(entry, kind) {
                newest_unknown = newest_unknown.max(entry.published_at);
            } else if entry.published_at.is_none() || entry.published_at >= newest_unknown {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WebUrl;
    use crate::model::canonical_url::canonicalise;

    fn entry(address: &str, id: Option<&str>, title: &str, day: Option<u32>) -> Entry {
        let at = day.map(|d| chrono::DateTime::parse_from_rfc3339(&format!("2026-11-{d:02}T00:00:00+08:00")).unwrap());
        let url = WebUrl::parse(address).unwrap();
        Entry { id: id.map(str::to_owned), url, title: title.to_owned(), published_at: at, summary: None, content_html: None }
    }

    #[test]
    fn each_kind_of_identity_falls_back_to_the_address() {
        let of = |e: &Entry, kind| identity(e, kind, &canonicalise(&e.url));
        let full = entry("https://a.cn/x?utm_source=rss", Some("g1"), "许昌 新闻", None);
        assert_eq!((of(&full, Identity::Url).as_str(), of(&full, Identity::Guid).as_str()), ("a.cn/x", "g1"));
        assert_eq!(of(&full, Identity::Title), normalized_key("许昌新闻"));
        let bare = entry("https://a.cn/x", None, "", None);
        assert!([Identity::Guid, Identity::Title].iter().all(|k| of(&bare, *k) == "a.cn/x"));
    }

    #[test]
    fn a_page_reaches_what_is_known_unless_that_is_pinned() {
        let known = KnownEntries::new(["a.cn/5".to_owned(), "a.cn/1".to_owned()], IgnoredParameters::default());
        let page = |rows: &[(u32, Option<u32>)]| -> bool {
            let rows: Vec<Entry> = rows.iter().map(|(n, day)| entry(&format!("https://a.cn/{n}"), None, "题", *day)).collect();
            known.reached_by(&rows, Identity::Url)
        };
        assert!(page(&[(7, Some(27)), (6, Some(26)), (5, Some(25))]));
        assert!(page(&[(5, Some(25)), (4, Some(24))]), "older ones that were never taken");
        assert!(page(&[(7, None), (5, None), (6, None)]), "without dates");
        assert!(!page(&[(7, Some(27)), (6, Some(26))]));
        assert!(!page(&[(1, Some(2)), (7, Some(27)), (6, Some(26))]), "pinned");
    }
}
