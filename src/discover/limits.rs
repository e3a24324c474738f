//! Limits on how much of a document is read, and the notes about skipped parts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most entries taken from one document. The pipeline fetches a page for each; at one page every two seconds, 2,000 pages take a host
/// an hour. No site publishes that many between two polls.
pub(super) const MAX_ENTRIES: usize = 2_000;
/// Most addresses of a sitemap examined to find the newest: the limit of sitemaps.org for one file.
pub(super) const MAX_SITEMAP_URLS: usize = 50_000;
/// Deepest nesting of a feed's elements; XHTML in an entry needs about thirty. The feed parser keeps an address for each open element
/// with an `xml:base`, and each may be longer than the one before.
pub(super) const MAX_DEPTH: usize = 128;
/// Longest title, in characters.
pub(super) const MAX_TITLE: usize = 500;
/// Longest id, in characters.
pub(super) const MAX_ID: usize = 2_000;
/// Longest text of an entry, in bytes of HTML: more than the 200,000 characters kept of an article.
pub(super) const MAX_CONTENT: usize = 1 << 20;

/// A part of a document that is skipped, or that the source's settings cannot reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitReached {
    /// It lists more entries than the limit.
    Entries { found: usize, taken: usize },
    /// Number of truncated titles.
    Titles(usize),
    /// Number of truncated texts.
    Texts(usize),
    /// The elements are nested too deep for the feed parser.
    Depth,
    /// Number of items that share their address with another item.
    SharedAddresses(usize),
    /// Number of entries that lead to parts of a page rendered by its script (`#/news/1`).
    ScriptRoutes(usize),
    /// Number of links in a larger list that was left out.
    LargerList(usize),
    /// The transfer ended early, but after the end of the document.
    TransferCut,
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entries { found, taken } => write!(f, "it lists {found} entries, of which {taken} are read"),
            Self::Titles(n) => write!(f, "{n} titles are longer than {MAX_TITLE} characters and are cut"),
            Self::Texts(n) => write!(f, "{n} texts are longer than {} MB and are cut", MAX_CONTENT >> 20),
            Self::Depth => write!(f, "its elements are nested deeper than {MAX_DEPTH}, so its items are read one by one"),
            Self::SharedAddresses(n) => {
                write!(f, "{n} items share their link with an item before them and are left out; set identity = \"guid\" for this source")
            }
            Self::ScriptRoutes(n) => write!(f, "{n} entries lead to pages that a script makes (#/…); set render = true for this source"),
            Self::TransferCut => f.write_str("the transfer ended early; the document is whole"),
            Self::LargerList(n) => {
                write!(f, "a larger list of {n} links stands on the page and is left out; if that one is meant, set list = {{ item = … }}")
            }
        }
    }
}

impl LimitReached {
    /// Returns whether a different setting of the source would fix it.
    pub fn needs_setting(&self) -> bool {
        matches!(self, Self::SharedAddresses(_) | Self::ScriptRoutes(_))
    }

    /// Returns the Chinese text for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Entries { found, taken } => format!("共列出 {found} 条，只读取 {taken} 条"),
            Self::Titles(n) => format!("{n} 条标题超过 {MAX_TITLE} 字，已截短"),
            Self::Texts(n) => format!("{n} 条正文超过 {} MB，已截短", MAX_CONTENT >> 20),
            Self::Depth => format!("元素嵌套超过 {MAX_DEPTH} 层，已改为逐条读取"),
            Self::SharedAddresses(n) => format!("{n} 条与前面的条目链接相同，未收入；请为该来源设置 identity = \"guid\""),
            Self::ScriptRoutes(n) => format!("{n} 条的链接（#/…）由脚本生成页面；请为该来源设置 render = true"),
            Self::TransferCut => "传输提前中断，但内容完整".to_owned(),
            Self::LargerList(n) => format!("页面上另有一个 {n} 条链接的列表未采用；如应采用，请设置 list = {{ item = … }}"),
        }
    }
}

/// Returns the limit if fewer entries are taken than found.
pub(super) fn entries(found: usize, taken: usize) -> Option<LimitReached> {
    (found > taken).then_some(LimitReached::Entries { found, taken })
}

/// Returns the newest items, at most `most`, newest first. An item without a date stays behind the item before it. Items with equal
/// dates keep the document's order, reversed if the document lists the oldest first.
pub(super) fn newest<T, D: Ord + Copy>(items: Vec<T>, most: usize, date: impl Fn(&T) -> Option<D>) -> Vec<T> {
    let first = items.iter().find_map(&date);
    let mut last = first;
    let mut dated: Vec<(Option<D>, T)> = Vec::with_capacity(items.len());
    for item in items {
        last = date(&item).or(last);
        dated.push((last, item));
    }
    if first < last {
        dated.reverse();
    }
    dated.sort_by_key(|(date, _)| std::cmp::Reverse(*date));
    dated.into_iter().map(|(_, item)| item).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::newest;

    #[test]
    fn the_newest_are_taken_whatever_the_order() {
        let of = |items: &[(char, Option<u32>)], most| newest(items.to_vec(), most, |(_, d)| *d).into_iter().map(|(c, _)| c).collect::<String>();
        assert_eq!(of(&[('a', Some(1)), ('b', Some(2)), ('c', Some(3))], 2), "cb");
        assert_eq!(of(&[('a', Some(3)), ('b', Some(2)), ('c', Some(1))], 2), "ab");
        assert_eq!(of(&[('a', None), ('b', None), ('c', None)], 2), "ab");
        assert_eq!(of(&[('a', None), ('b', Some(3)), ('c', None), ('d', Some(2))], 9), "abcd");
        assert_eq!(of(&[('a', Some(1)), ('b', Some(2)), ('c', Some(2)), ('d', Some(2))], 2), "dc");
    }
}
