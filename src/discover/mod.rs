//! A document of a source → entries.
//!
//! The kind of document is detected from its first bytes, not from the server's content type.

pub mod autodiscovery;
pub mod feed;
mod identity;
mod json;
mod json_columns;
mod json_feed;
mod limits;
pub mod list;
mod pager;
mod raw_markup;
mod refresh_hints;
mod repair;
mod salvage;
mod script;
mod sitemap;
mod sniff;

use std::borrow::Cow;
use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::fetch::charset;
use crate::model::canonical_url::canonicalise;
use crate::model::{Entry, Identity, Source, SourceKind, WebUrl};
use crate::schedule::poll_interval::RefreshHints;
use crate::text::dates::Clock;
use crate::text::normalize::truncate;
use crate::wall::Wall;

pub use identity::{KnownEntries, identity};
pub use limits::LimitReached;
pub use list::NoEntries;
pub use sniff::sniff;

/// Most links without a date on a captcha or sign-in page.
const WALL_LINKS: usize = 6;

/// Reason why a document has no entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum DiscoverError {
    /// The document is not of the expected kind.
    #[error("is no {expected} but begins with {beginning:?}")]
    WrongKind {
        expected: Cow<'static, str>,
        /// The first characters of the document.
        beginning: String,
    },
    /// Damaged beyond repair.
    #[error("cannot be read as {kind}: {cause}")]
    Broken {
        /// The kind it was parsed as.
        kind: Cow<'static, str>,
        /// The parser's message.
        cause: String,
    },
    /// Readable, but empty.
    #[error("holds no entries: {0}")]
    NoEntries(NoEntries),
    /// A captcha, a sign-in form or similar.
    #[error(transparent)]
    Wall(Wall),
}

impl DiscoverError {
    /// Returns a stable code for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKind { .. } => "wrong-kind",
            Self::Broken { .. } => "broken",
            Self::NoEntries(_) => "no-entries",
            Self::Wall(wall) => wall.code(),
        }
    }

    /// Returns the reason in Chinese, for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::WrongKind { expected, .. } if expected == "feed" => "不是订阅源".to_owned(),
            Self::WrongKind { .. } => "内容类型不对".to_owned(),
            Self::Broken { .. } => "内容损坏，无法读取".to_owned(),
            Self::NoEntries(cause) => cause.chinese(),
            Self::Wall(wall) => wall.chinese(),
        }
    }
}

/// Entries, and observations about the document.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Discovered {
    /// The detected kind.
    pub kind: Option<SourceKind>,
    /// In document order, without duplicate identities.
    pub entries: Vec<Entry>,
    /// Layout of a list page.
    #[serde(rename = "layout")]
    pub selector_path: Option<String>,
    /// Documents that contain the entries instead: the parts of a sitemap index.
    #[serde(rename = "parts")]
    pub sub_sitemaps: Vec<WebUrl>,
    /// The next page of a list.
    pub next: Option<WebUrl>,
    /// A further page failed for a temporary reason, so entries between these and the known ones may be missing.
    #[serde(default)]
    pub incomplete: bool,
    /// Repairs and oddities.
    pub notes: Vec<String>,
    /// Parts of the document that are skipped or out of reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitReached>,
    /// When the document asks to be polled again.
    #[serde(rename = "wishes")]
    pub refresh_hints: RefreshHints,
}

/// Parses a document of a source. `previous_selector` is the list's layout at the previous poll. It wins among similar layouts, so that
/// a busy day in a side column does not displace the list.
pub fn discover(
    body: &[u8],
    content_type: Option<&str>,
    url: &WebUrl,
    source: &Source,
    previous_selector: Option<&str>,
    clock: &Clock,
) -> Result<Discovered, DiscoverError> {
    let decoded = charset::decode(body, content_type, source.charset);
    let kind = source.kind.unwrap_or_else(|| sniff(&decoded.text));
    let read = match kind {
        SourceKind::Feed => from_feed(&decoded.text, url, clock),
        SourceKind::Sitemap => sitemap::read(&decoded.text, url, clock),
        SourceKind::Json => json::read(&decoded.text, url, &source.list, clock),
        // a watched page is read by `page_watch`, figures by `series`; this is what they would bring as a list
        SourceKind::List | SourceKind::Page | SourceKind::Imap | SourceKind::Series => {
            list::read(&decoded.text, url, &source.list, previous_selector, clock)
        }
    };
    if read.as_ref().map_or(true, Discovered::may_be_wall)
        && let Some(wall) = Wall::of_page(&decoded.text)
    {
        return Err(DiscoverError::Wall(wall));
    }
    let mut found = read?;
    if decoded.garbled {
        found.notes.push(format!("many characters cannot be read as {}; set charset for this source", decoded.charset));
    }
    found.kind = Some(kind);
    found.entries.retain(|e| e.url != *url);
    if source.identity == Identity::Guid {
        tell_shared_links_by_their_summaries(&mut found.entries);
    }
    found.keep_first_of_each(source.identity);
    let routed = found.entries.iter().filter(|e| e.url.is_routed()).count();
    if routed > 0 && !source.render {
        found.limits.push(LimitReached::ScriptRoutes(routed));
    }
    found.validate()
}

/// A page that several items link to is the article of none of them, so their summaries from the feed have to suffice.
fn tell_shared_links_by_their_summaries(entries: &mut [Entry]) {
    let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
    for e in entries.iter() {
        if !seen.insert(e.url.clone()) {
            shared.insert(e.url.clone());
        }
    }
    for e in entries.iter_mut().filter(|e| e.content_html.is_none() && shared.contains(&e.url)) {
        e.content_html = e.summary.as_deref().map(ammonia::clean_text);
    }
}

impl Discovered {
    /// Adds the entries of another document of the same source. Returns the number of new ones.
    pub fn merge(&mut self, other: Self, kind: Identity) -> usize {
        let before = self.entries.len();
        self.entries.extend(other.entries);
        self.keep_first_of_each(kind);
        self.notes.extend(other.notes);
        self.limits.extend(other.limits);
        self.entries.len() - before
    }

    /// Keeps the first entry of each identity. Reports lost feed items, those whose titles differ.
    fn keep_first_of_each(&mut self, kind: Identity) {
        let mut titles: HashMap<String, String> = HashMap::new();
        let mut shared = 0;
        self.entries.retain(|e| match titles.entry(identity(e, kind, &canonicalise(&e.url))) {
            Slot::Vacant(slot) => {
                slot.insert(e.title.clone());
                true
            }
            Slot::Occupied(first) => {
                shared += usize::from(kind == Identity::Url && *first.get() != e.title);
                false
            }
        });
        if shared > 0 && self.kind == Some(SourceKind::Feed) {
            self.limits.push(LimitReached::SharedAddresses(shared));
        }
    }

    /// Returns whether there are only a few links without a date, as on a sign-in page.
    fn may_be_wall(&self) -> bool {
        self.entries.len() <= WALL_LINKS && self.sub_sitemaps.is_empty() && self.entries.iter().all(|e| e.published_at.is_none())
    }

    /// Returns an error if there are no entries and no further documents to read.
    fn validate(self) -> Result<Self, DiscoverError> {
        if self.entries.is_empty() && self.sub_sitemaps.is_empty() { Err(DiscoverError::NoEntries(NoEntries::Unknown)) } else { Ok(self) }
    }

    /// Adds the entries of the sitemap's parts that could be read.
    ///
    /// # Errors
    /// No part contains an entry.
    pub fn with_sub_sitemaps(mut self, parts: Vec<Self>, kind: Identity) -> Result<Self, DiscoverError> {
        self.sub_sitemaps.clear();
        for p in parts {
            self.merge(p, kind);
        }
        self.validate()
    }
}

/// Returns the newest entries, at most `most`, newest first. Lists usually start with the newest, but some feeds with the oldest. An
/// entry without a date stays behind the entry before it.
pub fn newest(entries: &[Entry], most: usize) -> Vec<&Entry> {
    limits::newest(entries.iter().collect(), most, |e| e.published_at)
}

fn from_feed(text: &str, url: &WebUrl, clock: &Clock) -> Result<Discovered, DiscoverError> {
    let feed = feed::read(text, Some(url), clock)?;
    let entries = feed.entries.into_iter().filter_map(feed::FeedEntry::into_entry).collect();
    Ok(Discovered { entries, notes: feed.repaired, limits: feed.limits, refresh_hints: refresh_hints::read(text), ..Discovered::default() })
}

fn prefix(text: &str) -> String {
    truncate(&crate::text::normalize::collapse_whitespace(&text.chars().take(400).collect::<String>()), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovered(body: &str, settings: impl Fn(&mut Source)) -> Discovered {
        let url = WebUrl::parse("http://a.cn/news/").unwrap();
        let mut source = Source::plain(crate::model::SourceId::parse("s").unwrap(), "s".to_owned(), url.clone());
        settings(&mut source);
        discover(body.as_bytes(), None, &url, &source, None, &Clock::new(source.timezone, chrono::Utc::now())).unwrap()
    }

    #[test]
    fn items_of_one_link_are_told_apart_by_their_ids_or_it_is_told() {
        let item = |n: u32| {
            format!("<item><title>更新第{n}条</title><link>http://a.cn/s</link><guid>s{n}</guid><description>恢复运行第{n}日</description></item>")
        };
        let feed = format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", (1..=3).map(item).collect::<String>());
        let by_url = discovered(&feed, |_| {});
        assert_eq!((by_url.entries.len(), by_url.limits), (1, vec![LimitReached::SharedAddresses(2)]));
        let by_id = discovered(&feed, |s| s.identity = Identity::Guid);
        assert_eq!((by_id.entries.len(), by_id.limits.len()), (3, 0));
        assert_eq!(by_id.entries[2].content_html.as_deref(), Some("恢复运行第3日"), "its page tells of all three");
    }

    #[test]
    fn links_to_what_a_script_makes_ask_for_a_browser() {
        let row = |n: u32| format!("<li><a href='/#/news/{n}'>许昌市发布第{n}条产业消息</a><i>2026-11-0{n}</i></li>");
        let page = format!("<html><ul>{}</ul></html>", (1..=4).map(row).collect::<String>());
        let found = discovered(&page, |_| {});
        assert_eq!((found.entries.len(), found.limits), (4, vec![LimitReached::ScriptRoutes(4)]));
        assert_eq!(discovered(&page, |s| s.render = true).limits, []);
    }
}
