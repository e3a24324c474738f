//! A document a source's address leads to → entries.
//!
//! What kind of document it is, is told by its own first bytes rather than by what the server calls it.

pub mod autodiscovery;
pub mod feed;
mod json;
mod limits;
pub mod list;
mod refresh_hints;
mod repair;
mod salvage;
mod sitemap;

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::fetch::charset;
use crate::model::{Entry, Source, SourceKind, WebUrl};
use crate::schedule::poll_interval::RefreshHints;
use crate::text::dates::Clock;
use crate::text::normalize::truncate;
use crate::wall::Wall;

pub use limits::LimitReached;

/// Links without a date that a captcha or sign-in page may have.
const WALL_LINKS: usize = 6;

/// Why a document brought no entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum DiscoverError {
    /// Something else than expected.
    #[error("is no {expected} but begins with {beginning:?}")]
    WrongKind {
        /// What was expected.
        expected: Cow<'static, str>,
        /// First characters.
        beginning: String,
    },
    /// Broken beyond repair.
    #[error("cannot be read as {kind}: {cause}")]
    Broken {
        /// What it was read as.
        kind: Cow<'static, str>,
        /// Parser's words.
        cause: String,
    },
    /// Readable, but nothing in it.
    #[error("holds no entries; if the page shows some in a browser, give selectors: list = {{ item = …, link = … }}")]
    NoEntries,
    /// A captcha, a sign-in form or the like.
    #[error(transparent)]
    Wall(Wall),
}

impl DiscoverError {
    /// A stable word for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKind { .. } => "wrong-kind",
            Self::Broken { .. } => "broken",
            Self::NoEntries => "no-entries",
            Self::Wall(wall) => wall.code(),
        }
    }

    /// The reason as an editor reads it.
    pub fn chinese(&self) -> String {
        match self {
            Self::WrongKind { expected, .. } if expected == "feed" => "不是订阅源".to_owned(),
            Self::WrongKind { .. } => "内容类型不对".to_owned(),
            Self::Broken { .. } => "内容损坏，无法读取".to_owned(),
            Self::NoEntries => "没有找到任何条目，版式可能已变".to_owned(),
            Self::Wall(wall) => wall.chinese(),
        }
    }
}

/// Entries with what was noticed on the way.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Discovered {
    /// What the document was.
    pub kind: Option<SourceKind>,
    /// In the document's order, each address once.
    pub entries: Vec<Entry>,
    /// How a list page is laid out.
    #[serde(rename = "layout")]
    pub selector_path: Option<String>,
    /// Documents that hold the entries in place of this one: the parts of a sitemap's index.
    #[serde(rename = "parts")]
    pub sub_sitemaps: Vec<WebUrl>,
    /// Where a list goes on.
    pub next: Option<WebUrl>,
    /// What had to be repaired or was odd.
    pub notes: Vec<String>,
    /// What of the document is not read, for it holds too much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitReached>,
    /// What the document says of when to come again.
    #[serde(rename = "wishes")]
    pub refresh_hints: RefreshHints,
}

/// Reads a document of a source. `previous_selector` is the layout its list had before, which is preferred among those that look
/// alike, so that a busy day in a side column does not win over the list.
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
        SourceKind::Sitemap => sitemap::read(&decoded.text, clock),
        SourceKind::Json => json::read(&decoded.text, url, &source.list, clock),
        SourceKind::List => list::read(&decoded.text, url, &source.list, previous_selector, clock),
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
    let mut seen = HashSet::new();
    found.entries.retain(|e| e.url != *url && seen.insert(e.url.clone()));
    found.validate()
}

impl Discovered {
    /// Takes in the entries of another document of the same source.
    pub fn merge(&mut self, other: Self) {
        let known: HashSet<WebUrl> = self.entries.iter().map(|e| e.url.clone()).collect();
        self.entries.extend(other.entries.into_iter().filter(|e| !known.contains(&e.url)));
        self.notes.extend(other.notes);
        self.limits.extend(other.limits);
    }

    /// A few links without a date, as a sign-in page has them.
    fn may_be_wall(&self) -> bool {
        self.entries.len() <= WALL_LINKS && self.sub_sitemaps.is_empty() && self.entries.iter().all(|e| e.published_at.is_none())
    }

    /// Whether nothing was found, nor where to look on.
    fn validate(self) -> Result<Self, DiscoverError> {
        if self.entries.is_empty() && self.sub_sitemaps.is_empty() { Err(DiscoverError::NoEntries) } else { Ok(self) }
    }

    /// With the entries of its parts, as far as they could be read.
    ///
    /// # Errors
    /// No part holds an entry.
    pub fn with_sub_sitemaps(mut self, parts: Vec<Self>) -> Result<Self, DiscoverError> {
        self.sub_sitemaps.clear();
        for p in parts {
            self.merge(p);
        }
        self.validate()
    }
}

/// What kind of document a text is.
pub fn sniff(text: &str) -> SourceKind {
    let head: String =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').chars().take(4000).collect::<String>().to_ascii_lowercase();
    if head.starts_with('{') || head.starts_with('[') {
        return if head.contains("jsonfeed.org") { SourceKind::Feed } else { SourceKind::Json };
    }
    let earliest = [
        ("<html", SourceKind::List),
        ("<!doctype html", SourceKind::List),
        ("<rss", SourceKind::Feed),
        ("<rdf", SourceKind::Feed),
        ("<feed", SourceKind::Feed),
        ("<urlset", SourceKind::Sitemap),
        ("<sitemapindex", SourceKind::Sitemap),
    ]
    .into_iter()
    .filter_map(|(mark, kind)| head.find(mark).map(|at| (at, kind)))
    .min_by_key(|(at, _)| *at);
    earliest.map_or(SourceKind::List, |(_, kind)| kind)
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

    #[test]
    fn kinds_are_told_by_the_first_bytes() {
        let table = [
            ("\u{feff}<?xml version='1.0'?><rss version='2.0'>", SourceKind::Feed),
            ("<!-- x --><feed xmlns='http://www.w3.org/2005/Atom'>", SourceKind::Feed),
            ("<rdf:RDF>", SourceKind::Feed),
            ("<!DOCTYPE html><html>", SourceKind::List),
            ("<?xml version='1.0'?><urlset>", SourceKind::Sitemap),
            (" {\"data\":[]}", SourceKind::Json),
            ("{\"version\":\"https://jsonfeed.org/version/1.1\"}", SourceKind::Feed),
        ];
        for (text, kind) in table {
            assert_eq!(sniff(text), kind, "{text}");
        }
    }
}
