//! Feeds: RSS, RDF, Atom, JSON Feed by feed-rs, with repair in front and panics kept in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, FixedOffset, Offset, Utc};
use feed_rs::model as rs;
use serde::Serialize;

use crate::discover::repair::repair;
use crate::discover::salvage::{self, Item};
use crate::discover::{DiscoverError, prefix};
use crate::model::{Entry, WebUrl};
use crate::text::dates::{self, Clock};
use crate::text::markup::strip_tags;
use crate::text::normalize::truncate;

/// Most entries read from one feed.
const MAX_ENTRIES: usize = 2_000;
const MAX_SUMMARY: usize = 2_000;

/// A feed as read.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    /// Its title.
    pub title: Option<String>,
    /// Its entries, those without a usable link included.
    pub entries: Vec<FeedEntry>,
    /// What had to be repaired.
    pub repaired: Vec<String>,
}

/// One entry as read.
#[derive(Debug, Clone, Serialize)]
pub struct FeedEntry {
    /// The feed's id, or one made from link and title.
    pub id: String,
    /// Link, absolute; none where the feed gives none that can be used.
    pub url: Option<WebUrl>,
    /// Title, plain.
    pub title: String,
    /// Publication time.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Short text, plain.
    pub summary: Option<String>,
    /// Full text as HTML, raw.
    pub content_html: Option<String>,
}

impl FeedEntry {
    /// The entry, if it leads anywhere.
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

/// Reads a feed's text (already decoded).
pub fn read(text: &str, url: Option<&WebUrl>, clock: &Clock) -> Result<Feed, DiscoverError> {
    let trimmed = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_json = trimmed.starts_with('{');
    let (text, mut repaired) = if is_json {
        (trimmed.to_owned(), Vec::new())
    } else {
        let r = repair(trimmed);
        (r.text, r.notes)
    };
    let parsed = parse(&text, url, clock);
    let seen = parsed.as_ref().map_or(0, |f| f.entries.len());
    // a reader that fails, or stops half-way without a word, must not cost the items that can be read
    if !is_json && salvage::count(&text) > seen {
        let items = salvage::items(&text, MAX_ENTRIES);
        if items.len() > seen {
            repaired.push(format!("{} items saved one by one", items.len()));
            let entries = items.into_iter().map(|i| saved(i, url, clock)).collect();
            return Ok(Feed { title: parsed.ok().and_then(|f| f.title).map(|t| strip_tags(&t.content)), entries, repaired });
        }
    }
    let parsed = parsed?;
    let mut entries: Vec<FeedEntry> = parsed.entries.into_iter().take(MAX_ENTRIES).map(|e| convert(e, url, clock)).collect();
    entries.dedup_by(|a, b| a.id == b.id && a.url == b.url);
    Ok(Feed { title: parsed.title.map(|t| strip_tags(&t.content)), entries, repaired })
}

fn saved(item: Item, base: Option<&WebUrl>, clock: &Clock) -> FeedEntry {
    let address = |l: &String| base.map_or_else(|| WebUrl::parse(l).ok(), |b| b.join(l).ok());
    let url = item.link.as_ref().and_then(address).or_else(|| item.id.as_ref().filter(|i| i.starts_with("http")).and_then(address));
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

fn parse(text: &str, url: Option<&WebUrl>, clock: &Clock) -> Result<rs::Feed, DiscoverError> {
    let clock = *clock;
    let parser = feed_rs::parser::Builder::new()
        .base_uri(url.map(WebUrl::as_str))
        .timestamp_parser(move |t| dates::parse(t, &clock).map(|d| d.at.with_timezone(&Utc)))
        .build();
    // feed-rs and the XML reader below it can panic on damaged input; a feed must not take the crawl with it
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

fn convert(e: rs::Entry, base: Option<&WebUrl>, clock: &Clock) -> FeedEntry {
    let link = e
        .links
        .iter()
        .find(|l| l.rel.as_deref().is_none_or(|r| r == "alternate"))
        .or_else(|| e.links.first())
        .map(|l| l.href.clone())
        .or_else(|| e.id.starts_with("http").then(|| e.id.clone()));
    let url = link.and_then(|l| base.map_or_else(|| WebUrl::parse(&l).ok(), |b| b.join(&l).ok()));
    let summary = e.summary.map(|t| t.content);
    let content = e.content.and_then(|c| c.body).or_else(|| summary.clone().filter(|s| s.chars().count() > 400));
    FeedEntry {
        url,
        title: e.title.map(|t| strip_tags(&t.content)).unwrap_or_default(),
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
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn clock() -> Clock {
        Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap())
    }

    fn rss(items: &str) -> String {
        format!(
            "<?xml version='1.0' encoding='gb2312'?><rss version='2.0'><channel><title>许昌网</title><link>http://a.cn/</link>{items}</channel></rss>"
        )
    }

    #[test]
    fn a_chinese_feed_with_every_common_fault_is_read() {
        let text = rss(
            "<item><title>一 & 二&nbsp;三</title><link>/x.html?a=1&b=2</link><pubDate>2026-11-24 08:00</pubDate><description>&lt;p&gt;摘要&lt;/p&gt;</description></item>",
        );
        let url = WebUrl::parse("http://a.cn/rss.xml").unwrap();
        let feed = read(&text, Some(&url), &clock()).unwrap();
        let e = &feed.entries[0];
        assert_eq!(e.title, "一 & 二 三");
        assert_eq!(e.url.as_ref().unwrap().as_str(), "http://a.cn/x.html?a=1&b=2");
        assert_eq!(e.published_at.unwrap().to_rfc3339(), "2026-11-24T08:00:00+08:00");
        assert_eq!(e.summary.as_deref(), Some("摘要"));
        assert_eq!(feed.repaired, ["bare &", "undefined entities"]);
    }

    #[test]
    fn entities_are_never_expanded_and_files_never_opened() {
        let bomb = format!(
            "<!DOCTYPE r [<!ENTITY a \"{}\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>{}",
            "x".repeat(1000),
            rss("<item><title>&a;&b;</title><link>http://a.cn/1</link></item>").replace("<?xml version='1.0' encoding='gb2312'?>", "")
        );
        if let Ok(feed) = read(&bomb, None, &clock()) {
            assert!(feed.entries.iter().all(|e| e.title.len() < 100 && !e.title.contains("root:")));
        }
    }

    #[test]
    fn a_page_instead_of_a_feed_is_named() {
        let got = read("<html><title>请开启JavaScript</title></html>", None, &clock()).unwrap_err();
        assert!(matches!(got, DiscoverError::WrongKind { .. }), "{got}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<(item|title|link|/item|rss|feed|entry|!\\[CDATA\\[)>|[a-z&; 中]){0,40}") {
            let _ = read(&rss(&text), None, &clock());
        }
    }
}
