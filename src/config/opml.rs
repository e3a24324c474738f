//! OPML 2.0: the format in which feed readers exchange their lists of sources.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use crate::config::SourceList;
use crate::config::edit_sources::{NewSource, free_id};
use crate::model::canonical_url::{CanonicalUrl, canonicalise};
use crate::model::{SourceId, SourceKind, UrlError, WebUrl};
use crate::text::normalize::truncate;

/// Most sources read from one file: far more than a feed reader holds.
pub const MAX_OUTLINES: usize = 20_000;
/// Longest name, in characters.
const MAX_NAME: usize = 200;

/// A source as another program lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// Its feed, or its page where it has none.
    pub url: WebUrl,
    /// Whether the address is a feed.
    pub is_feed: bool,
}

/// An address of a list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Line of the file, from 1.
    pub line: usize,
    /// As it is written.
    pub address: String,
    /// Why.
    pub reason: UrlError,
}

/// A list as read.
#[derive(Debug, Default)]
pub struct OutlineList {
    /// Its sources.
    pub outlines: Vec<Outline>,
    /// Addresses that cannot be used.
    pub refused: Vec<Refused>,
    /// How many sources it holds beyond [`MAX_OUTLINES`].
    pub left_out: usize,
}

/// Reads a list. Outlines without an address (folders) are passed through; what was read before damage is kept.
pub fn read(text: &str) -> OutlineList {
    let mut reader = Reader::from_str(text);
    let mut list = OutlineList::default();
    let (mut line, mut counted) = (1, 0);
    loop {
        match reader.read_event() {
            Ok(Event::Start(e) | Event::Empty(e)) if e.local_name().as_ref().eq_ignore_ascii_case("outline") => {
                let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
                line += text.get(counted..at).unwrap_or_default().matches('\n').count();
                counted = at;
                match outline(&e) {
                    None => {}
                    Some(_) if list.outlines.len() >= MAX_OUTLINES => list.left_out += 1,
                    Some(Ok(outline)) => list.outlines.push(outline),
                    Some(Err((address, reason))) => list.refused.push(Refused { line, address, reason }),
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    list
}

/// The source of an outline, or its address that cannot be used; `None` for a folder.
fn outline(e: &BytesStart<'_>) -> Option<Result<Outline, (String, UrlError)>> {
    let attribute = |wanted: &str| {
        // names that come twice are not looked for: that compares each with all before it
        let found = e.attributes().with_checks(false).flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case(wanted))?;
        let raw = found.value.to_string();
        let text = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
        Some(text.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let feed = attribute("xmlUrl");
    let address = feed.clone().or_else(|| attribute("url")).or_else(|| attribute("htmlUrl"))?;
    let url = match WebUrl::parse(&without_feed_scheme(&address)) {
        Ok(url) => url,
        Err(reason) => return Some(Err((address, reason))),
    };
    let name = attribute("title").or_else(|| attribute("text")).unwrap_or_else(|| url.host().to_owned());
    Some(Ok(Outline { name: truncate(&name, MAX_NAME), url, is_feed: feed.is_some() }))
}

/// `feed://a.cn/rss` and `feed:https://a.cn/rss` as web addresses.
fn without_feed_scheme(address: &str) -> Cow<'_, str> {
    let Some(rest) = address.get(..5).filter(|s| s.eq_ignore_ascii_case("feed:")).and_then(|_| address.get(5..)) else {
        return Cow::Borrowed(address);
    };
    match rest.strip_prefix("//") {
        Some(rest) => Cow::Owned(format!("http://{rest}")),
        None => Cow::Borrowed(rest),
    }
}

/// What a list of another program brings.
#[derive(Debug)]
pub struct Import {
    /// Sources that are not listed yet, each with an id of its own.
    pub new: Vec<NewSource>,
    /// How many are listed already.
    pub known: usize,
    /// Addresses that cannot be used.
    pub refused: Vec<Refused>,
    /// How many the file holds beyond [`MAX_OUTLINES`].
    pub left_out: usize,
}

/// Which sources of an OPML file are not in a list yet.
pub fn news(text: &str, list: &SourceList) -> Import {
    // http and https of one address are one source
    let mut urls: HashSet<CanonicalUrl> = list.sources.iter().map(|s| canonicalise(&s.url)).collect();
    let mut ids: HashSet<SourceId> = list.sources.iter().map(|s| s.id.clone()).collect();
    let mut numbers = HashMap::new();
    let OutlineList { outlines, refused, left_out } = read(text);
    let (mut new, mut known) = (Vec::new(), 0);
    for outline in outlines {
        if !urls.insert(canonicalise(&outline.url)) {
            known += 1;
            continue;
        }
        let Some(id) = next_id(&outline.url, &ids, &mut numbers) else { continue };
        ids.insert(id.clone());
        let kind = outline.is_feed.then_some(SourceKind::Feed);
        new.push(NewSource { id, name: outline.name, url: outline.url, kind, region: None, allow_private: false, render: false });
    }
    Import { new, known, refused, left_out }
}

/// An id as [`free_id`] gives it. Keeps the number where each host's ids go on: thousands of one host are not counted through each time.
fn next_id(url: &WebUrl, taken: &HashSet<SourceId>, numbers: &mut HashMap<SourceId, u32>) -> Option<SourceId> {
    let first = free_id(url, &HashSet::<SourceId>::new())?;
    if !taken.contains(&first) {
        return Some(first);
    }
    let number = numbers.entry(first.clone()).or_insert(1);
    loop {
        *number += 1;
        let id = SourceId::parse(&format!("{first}-{number}"))?;
        if !taken.contains(&id) {
            return Some(id);
        }
    }
}

/// Writes a list, without watched pages. Other programs read `xmlUrl` of feeds; of pages they take `htmlUrl` or `url`, or leave them out.
pub fn write(list: &SourceList) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head><title>qingbao</title></head>\n<body>\n");
    // other programs would take a watched page for a list
    for s in list.sources.iter().filter(|s| !s.tells_itself() && s.mailbox.is_none()) {
        let (name, url) = (escape(&s.name), escape(s.url.as_str()));
        let is_feed = s.kind.map_or_else(|| looks_like_feed(&s.url), |kind| kind == SourceKind::Feed);
        let address = if is_feed { format!("type=\"rss\" xmlUrl=\"{url}\"") } else { format!("type=\"link\" url=\"{url}\" htmlUrl=\"{url}\"") };
        out.push_str(&format!("  <outline text=\"{name}\" title=\"{name}\" {address}/>\n"));
    }
    out + "</body>\n</opml>\n"
}

/// Whether an address is named as feeds are: `/feed`, `/rss.xml`, `/atom/`.
fn looks_like_feed(url: &WebUrl) -> bool {
    let path = url.as_url().path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let words = last.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| matches!(w, "rss" | "feed" | "feeds" | "atom" | "rdf" | "rss2"));
    words || last.rsplit_once('.').is_some_and(|(stem, end)| end == "xml" && !stem.contains("sitemap"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_passed_through_and_damage_costs_only_what_follows() {
        let text = r#"<opml version="1.0"><body><outline text="财经"><outline text="甲 &amp; 乙" xmlUrl="https://a.cn/rss?x=1&amp;y=2"/>
            <outline title="丙" text="x" type="link" url="https://c.cn/"/><outline text="坏" xmlUrl="javascript:alert(1)"/></outline><outline text="丁" htmlUrl="https://d.cn/"></outline><outl"#;
        let found: Vec<(String, String, bool)> = read(text).outlines.into_iter().map(|o| (o.name, o.url.to_string(), o.is_feed)).collect();
        let expected = [("甲 & 乙", "https://a.cn/rss?x=1&y=2", true), ("丙", "https://c.cn/", false), ("丁", "https://d.cn/", false)];
        assert_eq!(found, expected.map(|(n, u, f)| (n.to_owned(), u.to_owned(), f)));
    }

    #[test]
    fn one_feed_under_two_schemes_is_one_and_refused_addresses_are_named() {
        let text = "<opml><body>\n<outline text='a' xmlUrl='http://a.cn/rss'/><outline text='b' xmlUrl='https://a.cn/rss'/>\n\
            <outline text='c' xmlUrl='feed://c.cn/rss'/><outline text='d' xmlUrl='feed:https://d.cn/rss'/>\n<outline text='e' xmlUrl='ftp://e.cn/rss'/></body></opml>";
        let got = news(text, &SourceList::default());
        let urls: Vec<&str> = got.new.iter().map(|n| n.url.as_str()).collect();
        assert_eq!((urls, got.known), (vec!["http://a.cn/rss", "http://c.cn/rss", "https://d.cn/rss"], 1));
        assert_eq!(got.refused.iter().map(|r| (r.line, r.address.as_str())).collect::<Vec<_>>(), [(4, "ftp://e.cn/rss")]);
    }

    #[test]
    fn what_is_named_like_a_feed_is_written_as_one() {
        let feed = |address: &str| looks_like_feed(&WebUrl::parse(address).unwrap());
        assert!(["http://a.cn/rss.xml?a=1", "http://a.cn/feed/", "http://a.cn/news/atom", "http://a.cn/index.xml"].iter().all(|a| feed(a)));
        assert!(!["http://a.cn/", "http://a.cn/news/index.html", "http://a.cn/sitemap.xml", "http://a.cn/feedback/"].iter().any(|a| feed(a)));
    }

    #[test]
    fn very_many_sources_of_one_host_and_deep_folders_are_read_in_one_pass() {
        let outline = |n: usize| format!("<outline text='{}' xmlUrl='https://a.cn/{n}'/>", "名".repeat(300));
        let text = format!("{}{}", "<outline text='x'>".repeat(100_000), (0..MAX_OUTLINES + 3).map(outline).collect::<String>());
        let got = news(&text, &SourceList::default());
        assert_eq!((got.new.len(), got.known, got.left_out), (MAX_OUTLINES, 0, 3));
        assert_eq!((got.new[0].id.as_str(), got.new[1].id.as_str(), got.new[19_999].id.as_str()), ("a-cn", "a-cn-2", "a-cn-20000"));
        assert_eq!(got.new[0].name.chars().count(), MAX_NAME);
        let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
        assert_eq!(read(&format!("<outline{attributes} xmlUrl='https://a.cn/'/>")).outlines.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<outline |xmlUrl=|text=|[<>&;\"'/a-c中 ]|https://a.cn/){0,40}") {
            let _ = read(&text);
        }
    }
}
