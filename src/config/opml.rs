//! OPML 2.0: the format in which feed readers exchange their lists of sources.

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use crate::config::SourceList;
use crate::config::edit_sources::{NewSource, free_id};
use crate::model::{SourceId, SourceKind, WebUrl};
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

/// Reads a list, and tells how many sources it holds beyond [`MAX_OUTLINES`]. Outlines without an address (folders) and those
/// whose address cannot be used are left out; what was read before damage is kept.
pub fn read(text: &str) -> (Vec<Outline>, usize) {
    let mut reader = Reader::from_str(text);
    let (mut out, mut left_out) = (Vec::new(), 0);
    loop {
        match reader.read_event() {
            Ok(Event::Start(e) | Event::Empty(e)) if e.local_name().as_ref().eq_ignore_ascii_case("outline") => match outline(&e) {
                Some(_) if out.len() >= MAX_OUTLINES => left_out += 1,
                found => out.extend(found),
            },
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    (out, left_out)
}

fn outline(e: &BytesStart<'_>) -> Option<Outline> {
    let attribute = |wanted: &str| {
        // names that come twice are not looked for: that compares each with all before it
        let found = e.attributes().with_checks(false).flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case(wanted))?;
        let raw = found.value.to_string();
        let text = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
        Some(text.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let feed = attribute("xmlUrl");
    let address = feed.clone().or_else(|| attribute("url")).or_else(|| attribute("htmlUrl"))?;
    let url = WebUrl::parse(&address).ok()?;
    let name = attribute("title").or_else(|| attribute("text")).unwrap_or_else(|| url.host().to_owned());
    Some(Outline { name: truncate(&name, MAX_NAME), url, is_feed: feed.is_some() })
}

/// What a list of another program brings.
#[derive(Debug)]
pub struct Import {
    /// Sources that are not listed yet, each with an id of its own.
    pub new: Vec<NewSource>,
    /// How many are listed already.
    pub known: usize,
    /// How many the file holds beyond [`MAX_OUTLINES`].
    pub left_out: usize,
}

/// Which sources of an OPML file are not in a list yet.
pub fn news(text: &str, list: &SourceList) -> Import {
    let mut urls: HashSet<WebUrl> = list.sources.iter().map(|s| s.url.clone()).collect();
    let mut ids: HashSet<SourceId> = list.sources.iter().map(|s| s.id.clone()).collect();
    let mut numbers = HashMap::new();
    let (outlines, left_out) = read(text);
    let (mut new, mut known) = (Vec::new(), 0);
    for outline in outlines {
        if !urls.insert(outline.url.clone()) {
            known += 1;
            continue;
        }
        let Some(id) = next_id(&outline.url, &ids, &mut numbers) else { continue };
        ids.insert(id.clone());
        let kind = outline.is_feed.then_some(SourceKind::Feed);
        new.push(NewSource { id, name: outline.name, url: outline.url, kind, region: None, allow_private: false, render: false });
    }
    Import { new, known, left_out }
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

/// Writes a list; sources that are no feeds are links.
pub fn write(list: &SourceList) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head><title>qingbao</title></head>\n<body>\n");
    for s in &list.sources {
        let (name, url) = (escape(&s.name), escape(s.url.as_str()));
        let address =
            if s.kind == Some(SourceKind::Feed) { format!("type=\"rss\" xmlUrl=\"{url}\"") } else { format!("type=\"link\" url=\"{url}\"") };
        out.push_str(&format!("  <outline text=\"{name}\" title=\"{name}\" {address}/>\n"));
    }
    out + "</body>\n</opml>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_passed_through_and_damage_costs_only_what_follows() {
        let text = r#"<opml version="1.0"><body><outline text="财经"><outline text="甲 &amp; 乙" xmlUrl="https://a.cn/rss?x=1&amp;y=2"/>
            <outline title="丙" text="x" type="link" url="https://c.cn/"/><outline text="坏" xmlUrl="javascript:alert(1)"/></outline><outline text="丁" htmlUrl="https://d.cn/"></outline><outl"#;
        let found: Vec<(String, String, bool)> = read(text).0.into_iter().map(|o| (o.name, o.url.to_string(), o.is_feed)).collect();
        let expected = [("甲 & 乙", "https://a.cn/rss?x=1&y=2", true), ("丙", "https://c.cn/", false), ("丁", "https://d.cn/", false)];
        assert_eq!(found, expected.map(|(n, u, f)| (n.to_owned(), u.to_owned(), f)));
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
        assert_eq!(read(&format!("<outline{attributes} xmlUrl='https://a.cn/'/>")).0.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<outline |xmlUrl=|text=|[<>&;\"'/a-c中 ]|https://a.cn/){0,40}") {
            let _ = read(&text);
        }
    }
}
