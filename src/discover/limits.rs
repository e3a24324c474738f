//! How much of one document is read, and what is said where it holds more.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most entries taken from one document. Each becomes a page that is fetched, and at one page every two seconds 2,000 take a host an
/// hour; between two polls no site publishes that many.
pub(super) const MAX_ENTRIES: usize = 2_000;
/// Most addresses of a sitemap that are looked at, to find its newest: what sitemaps.org allows in one file.
pub(super) const MAX_SITEMAP_URLS: usize = 50_000;
/// Deepest nesting of a feed's elements: XHTML in an entry needs some thirty. The feed reader keeps an address for each open element
/// that has an `xml:base`, and each may be longer than the one before.
pub(super) const MAX_DEPTH: usize = 128;
/// Longest title, in characters.
pub(super) const MAX_TITLE: usize = 500;
/// Longest id, in characters.
pub(super) const MAX_ID: usize = 2_000;
/// Longest text of an entry, in bytes of HTML: more than the 200,000 characters that are kept of an article.
pub(super) const MAX_CONTENT: usize = 1 << 20;

/// What of a document is not read, or cannot be with the settings of its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitReached {
    /// It lists more entries than are taken.
    Entries {
        /// How many it lists.
        found: usize,
        /// How many are taken.
        taken: usize,
    },
    /// So many titles are cut.
    Titles(usize),
    /// So many texts are cut.
    Texts(usize),
    /// Its elements are nested too deep for the feed reader.
    Depth,
    /// So many items lead to an address that another item leads to.
    SharedAddresses(usize),
    /// So many entries lead to parts of a page that its script makes (`#/news/1`).
    ScriptRoutes(usize),
    /// A list of so many links was left out.
    LargerList(usize),
    /// The transfer ended early, behind the end of the document.
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
    /// Whether another setting of the source would mend it.
    pub fn needs_setting(&self) -> bool {
        matches!(self, Self::SharedAddresses(_) | Self::ScriptRoutes(_))
    }

    /// The same as an editor reads it.
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

/// The limit reached where not all of so many entries are taken.
pub(super) fn entries(found: usize, taken: usize) -> Option<LimitReached> {
    (found > taken).then_some(LimitReached::Entries { found, taken })
}

/// Returns the newest items, at most `most`, newest first. An item without a date stays behind the item before it. Items of one date
/// stay in the document's order, reversed if the document lists the oldest first.
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
