//! OPML 2.0: the format in which feed readers exchange their lists of sources.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use crate::config::SourceList;
use crate::config::edit_sources::{NewSource, free_id};
use crate::model::{SourceId, SourceKind, WebUrl};

/// Most outlines read from one file.
const MAX_OUTLINES: usize = 20_000;

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

/// Reads a list. Outlines without an address (folders) and those whose address cannot be used are left out; what was read
/// before damage is kept.
pub fn read(text: &str) -> Vec<Outline> {
    let mut reader = Reader::from_str(text);
    let mut out = Vec::new();
    while out.len() < MAX_OUTLINES {
        match reader.read_event() {
            Ok(Event::Start(e) | Event::Empty(e)) if e.local_name().as_ref().eq_ignore_ascii_case("outline") => out.extend(outline(&e)),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    out
}

fn outline(e: &BytesStart<'_>) -> Option<Outline> {
    let attribute = |wanted: &str| {
        let found = e.attributes().flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case(wanted))?;
        let raw = found.value.to_string();
        let text = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
        Some(text.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let feed = attribute("xmlUrl");
    let address = feed.clone().or_else(|| attribute("url")).or_else(|| attribute("htmlUrl"))?;
    let url = WebUrl::parse(&address).ok()?;
    let name = attribute("title").or_else(|| attribute("text")).unwrap_or_else(|| url.host().to_owned());
    Some(Outline { name, url, is_feed: feed.is_some() })
}

/// Which sources of an OPML file are not in a list yet, each with an id of its own, and how many are.
pub fn news(text: &str, list: &SourceList) -> (Vec<NewSource>, usize) {
    let mut urls: HashSet<WebUrl> = list.sources.iter().map(|s| s.url.clone()).collect();
    let mut ids: HashSet<SourceId> = list.sources.iter().map(|s| s.id.clone()).collect();
    let (mut new, mut known) = (Vec::new(), 0);
    for outline in read(text) {
        if !urls.insert(outline.url.clone()) {
            known += 1;
            continue;
        }
        let Some(id) = free_id(&outline.url, &ids) else { continue };
        ids.insert(id.clone());
        let kind = outline.is_feed.then_some(SourceKind::Feed);
        new.push(NewSource { id, name: outline.name, url: outline.url, kind, region: None, allow_private: false, render: false });
    }
    (new, known)
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
        let found: Vec<(String, String, bool)> = read(text).into_iter().map(|o| (o.name, o.url.to_string(), o.is_feed)).collect();
        let expected = [("甲 & 乙", "https://a.cn/rss?x=1&y=2", true), ("丙", "https://c.cn/", false), ("丁", "https://d.cn/", false)];
        assert_eq!(found, expected.map(|(n, u, f)| (n.to_owned(), u.to_owned(), f)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<outline |xmlUrl=|text=|[<>&;\"'/a-c中 ]|https://a.cn/){0,40}") {
            let _ = read(&text);
        }
    }
}
