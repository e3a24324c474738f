//! Feeds: RSS, RDF, Atom, JSON Feed, parsed by feed-rs after a repair pass and with panics caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, FixedOffset, Offset, Utc};
use feed_rs::model as rs;
use serde::Serialize;

use crate::discover::limits::{self, LimitReached, MAX_CONTENT, MAX_DEPTH, MAX_ENTRIES, MAX_ID, MAX_TITLE};
use crate::discover::repair::{Repaired, repair};
use crate::discover::salvage::{self, Item};
use crate::discover::{DiscoverError, json_feed, prefix};
use crate::model::{Entry, WebUrl};
use crate::text::dates::{self, Clock};
use crate::text::markup::strip_tags;
use crate::text::normalize::{collapse_whitespace, truncate};

const MAX_SUMMARY: usize = 2_000;
/// How far into a feed to search for its language.
const HEAD: usize = 16 << 10;
/// Most characters of the text that replace a missing title.
const MAX_WORDS: usize = 40;

/// A parsed feed.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    pub title: Option<String>,
    /// Includes entries without a usable link.
    pub entries: Vec<FeedEntry>,
    /// Repairs made before parsing.
    pub repaired: Vec<String>,
    /// Parts skipped because the feed contains too much.
    pub limits: Vec<LimitReached>,
}

/// A parsed entry.
#[derive(Debug, Clone, Serialize)]
pub struct FeedEntry {
    /// The feed's id, or one made from link and title.
    pub id: String,
    /// Absolute link, or `None` if the feed gives no usable one.
    pub url: Option<WebUrl>,
    /// Plain text.
    pub title: String,
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Plain text.
    pub summary: Option<String>,
    /// Unsanitised HTML.
    pub content_html: Option<String>,
}

impl FeedEntry {
    fn lacks_something(&self) -> bool {
        self.title.is_empty() || self.url.is_none() || self.published_at.is_none() || self.content_html.is_none()
    }

    /// Sets a missing title to the first words of the text.
    fn name(&mut self) {
        if self.title.is_empty() {
            let text = self.summary.clone().or_else(|| self.content_html.as_deref().map(strip_tags)).unwrap_or_default();
            let sentence = text.split_inclusive(['。', '！', '？', '\n']).next().unwrap_or_default().trim_end_matches(['。', '\n']);
            self.title = truncate(sentence, MAX_WORDS);
        }
    }

    /// Converts the entry. Returns `None` if it has no link.
    pub fn into_entry(self) -> Option<Entry> {
        Some(Entry {
            id: Some(self.id),
            url: self.url?,
            title: self.title,
            published_at: self.published_at,
            summary: self.summary,
            content_html: self.content_html,
        })
    }
}

/// Parses a feed from decoded text.
pub fn read(text: &str, url: Option<&WebUrl>, clock: &Clock) -> Result<Feed, DiscoverError> {
    let trimmed = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_json = trimmed.starts_with('{');
    let Repaired { text, notes: mut repaired, too_deep } =
        if is_json { Repaired { text: json_feed::sound(trimmed), notes: Vec::new(), too_deep: false } } else { repair(trimmed) };
    let clock = &clock.in_language(language(&text, is_json).as_deref());
    let parsed = if too_deep {
        Err(DiscoverError::Broken { kind: "feed".into(), cause: format!("its elements are nested deeper than {MAX_DEPTH}") })
    } else {
        parse(&text, url, clock)
    };
    let seen = parsed.as_ref().map_or(0, |f| f.entries.len());
    let mut limits: Vec<LimitReached> = too_deep.then_some(LimitReached::Depth).into_iter().collect();
    // if the parser fails, or silently stops half-way, keep the readable items
    if !is_json && salvage::count(&text) > seen {
        let items = salvage::items(&text, MAX_ENTRIES);
        if items.len() > seen {
            repaired.push(format!("{} items saved one by one", items.len()));
            limits.extend(limits::entries(salvage::count(&text), MAX_ENTRIES));
            let mut entries: Vec<FeedEntry> = items.into_iter().map(|i| saved(i, url, clock)).collect();
            entries.iter_mut().for_each(FeedEntry::name);
            limits.extend(cut(&mut entries));
            return Ok(Feed { title: parsed.ok().and_then(|f| f.title).map(|t| strip_tags(&t.content)), entries, repaired, limits });
        }
    }
    let parsed = parsed?;
    limits.extend(limits::entries(seen, MAX_ENTRIES));
    let taken = if seen > MAX_ENTRIES { limits::newest(parsed.entries, MAX_ENTRIES, |e| e.published.or(e.updated)) } else { parsed.entries };
    let kind = parsed.feed_type;
    let mut entries: Vec<FeedEntry> = taken.into_iter().map(|e| convert(e, &kind, url, clock)).collect();
    if !is_json && seen <= MAX_ENTRIES && entries.iter().any(FeedEntry::lacks_something) {
        complete(&mut entries, salvage::items(&text, MAX_ENTRIES), url, clock);
    }
    entries.iter_mut().for_each(FeedEntry::name);
    entries.dedup_by(|a, b| a.id == b.id && a.url == b.url);
    limits.extend(cut(&mut entries));
    Ok(Feed { title: parsed.title.map(|t| strip_tags(&t.content)), entries, repaired, limits })
}

/// Returns the language that a feed declares.
fn language(text: &str, is_json: bool) -> Option<String> {
    let head = text.get(..text.floor_char_boundary(HEAD))?;
    let mark = ["<language>", "<dc:language>", "xml:lang=\"", "xml:lang='"].into_iter().find_map(|mark| Some(head.find(mark)? + mark.len()));
    let value = head.get(mark.filter(|_| !is_json)?..)?.trim_start();
    Some(value.split(['<', '"', '\'']).next()?.trim().to_owned())
}

/// Truncates fields that are too long and reports it.
fn cut(entries: &mut [FeedEntry]) -> Vec<LimitReached> {
    let (mut titles, mut texts) = (0, 0);
    for e in entries {
        if e.title.chars().nth(MAX_TITLE).is_some() {
            e.title = truncate(&e.title, MAX_TITLE);
            titles += 1;
        }
        if e.id.chars().nth(MAX_ID).is_some() {
            e.id = truncate(&e.id, MAX_ID);
        }
        if let Some(content) = e.content_html.as_mut().filter(|c| c.len() > MAX_CONTENT) {
            content.truncate(content.floor_char_boundary(MAX_CONTENT));
            texts += 1;
        }
    }
    let of = |n: usize, limit: fn(usize) -> LimitReached| (n > 0).then(|| limit(n));
    of(titles, LimitReached::Titles).into_iter().chain(of(texts, LimitReached::Texts)).collect()
}

fn saved(item: Item, base: Option<&WebUrl>, clock: &Clock) -> FeedEntry {
    let id_address = || item.id.as_ref().filter(|i| i.starts_with("http"));
    let url = item.link.as_ref().or_else(id_address).and_then(|l| address(l, base));
    let content = item.content.or_else(|| item.summary.clone().filter(|s| s.chars().count() > 400));
    FeedEntry {
        id: item.id.or_else(|| item.link.clone()).unwrap_or_else(|| item.title.clone()),
        url,
        title: strip_tags(&item.title),
        published_at: item.date.and_then(|d| dates::parse(&d, clock)).map(|d| d.at),
        summary: item.summary.map(|s| truncate(&strip_tags(&s), MAX_SUMMARY)).filter(|s| !s.is_empty()),
        content_html: content.filter(|c| !c.trim().is_empty()),
    }
}

/// Fills fields that the feed parser ignores: `<published>` in RSS, `content:encoded` without a declared namespace.
fn complete(entries: &mut [FeedEntry], items: Vec<Item>, base: Option<&WebUrl>, clock: &Clock) {
    if items.len() != entries.len() {
        return;
    }
    for (entry, item) in entries.iter_mut().zip(items) {
        let found = saved(item, base, clock);
        if entry.title.is_empty() {
            entry.title = found.title;
        }
        entry.url = entry.url.take().or(found.url);
        entry.published_at = entry.published_at.or(found.published_at);
        entry.summary = entry.summary.take().or(found.summary);
        entry.content_html = entry.content_html.take().or(found.content_html);
    }
}

/// Returns the address of a link. Some feeds write `&amp;` inside CDATA.
fn address(link: &str, base: Option<&WebUrl>) -> Option<WebUrl> {
    let link = link.trim().replace("&amp;", "&");
    base.map_or_else(|| WebUrl::parse(&link).ok(), |b| b.join(&link).ok())
}

fn parse(text: &str, url: Option<&WebUrl>, clock: &Clock) -> Result<rs::Feed, DiscoverError> {
    let clock = *clock;
    let parser = feed_rs::parser::Builder::new()
        .base_uri(url.map(WebUrl::as_str))
        .timestamp_parser(move |t| dates::parse(t, &clock).map(|d| d.at.with_timezone(&Utc)))
        .build();
    // feed-rs and its XML parser can panic on damaged input; a feed must not abort the crawl
    match catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes()))) {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(_)) if crate::discover::sniff(text) != crate::model::SourceKind::Feed => Err(DiscoverError::WrongKind {
            expected: "feed".into(),
            beginning: prefix(text.trim_start_matches("<?xml version=\"1.0\" encoding=\"utf-8\"?>")),
        }),
        Ok(Err(e)) => Err(DiscoverError::Broken { kind: "feed".into(), cause: e.to_string() }),
        Err(_) => Err(DiscoverError::Broken { kind: "feed".into(), cause: "the feed parser gave up".to_owned() }),
    }
}

fn convert(e: rs::Entry, kind: &rs::FeedType, base: Option<&WebUrl>, clock: &Clock) -> FeedEntry {
    let link = e
        .links
        .iter()
        .find(|l| l.rel.as_deref().is_none_or(|r| r == "alternate"))
        .or_else(|| e.links.first())
        .map(|l| l.href.clone())
        .or_else(|| e.id.starts_with("http").then(|| e.id.clone()));
    let url = link.and_then(|l| address(&l, base));
    // Atom marks plain text (RFC 4287 §3.1.1.1)
    let is_plain = |t: &rs::Text| *kind == rs::FeedType::Atom && t.content_type.subty() == "plain";
    let plain = |t: rs::Text| if is_plain(&t) { collapse_whitespace(&t.content) } else { strip_tags(&t.content) };
    let summary = e.summary.map(|t| t.content);
    let content = e.content.and_then(|c| c.body).or_else(|| summary.clone().filter(|s| s.chars().count() > 400));
    FeedEntry {
        url,
        title: e.title.map(plain).unwrap_or_default(),
        published_at: e.published.or(e.updated).map(|t| {
            let local = t.with_timezone(&clock.zone);
            local.with_timezone(&local.offset().fix())
        }),
        summary: summary.map(|s| truncate(&strip_tags(&s), MAX_SUMMARY)).filter(|s| !s.is_empty()),
        content_html: content.filter(|c| !c.trim().is_empty()),
        id: e.id,
    }
}

#[cfg(test)]
mod tests;
