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

/// A limit that a document reached: what of it is not read.
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
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entries { found, taken } => write!(f, "it lists {found} entries, of which {taken} are read"),
            Self::Titles(n) => write!(f, "{n} titles are longer than {MAX_TITLE} characters and are cut"),
            Self::Texts(n) => write!(f, "{n} texts are longer than {} MB and are cut", MAX_CONTENT >> 20),
            Self::Depth => write!(f, "its elements are nested deeper than {MAX_DEPTH}, so its items are read one by one"),
        }
    }
}

impl LimitReached {
    /// The same as an editor reads it.
    pub fn chinese(&self) -> String {
        match self {
            Self::Entries { found, taken } => format!("共列出 {found} 条，只读取 {taken} 条"),
            Self::Titles(n) => format!("{n} 条标题超过 {MAX_TITLE} 字，已截短"),
            Self::Texts(n) => format!("{n} 条正文超过 {} MB，已截短", MAX_CONTENT >> 20),
            Self::Depth => format!("元素嵌套超过 {MAX_DEPTH} 层，已改为逐条读取"),
        }
    }
}

/// The limit reached where not all of so many entries are taken.
pub(super) fn entries(found: usize, taken: usize) -> Option<LimitReached> {
    (found > taken).then_some(LimitReached::Entries { found, taken })
}
