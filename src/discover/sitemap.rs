//! Sitemaps (sitemaps.org 0.9) with Google's news extension. For an index, returns the newest parts to read next.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::discover::limits::{self, MAX_ENTRIES, MAX_SITEMAP_URLS};
use crate::discover::{DiscoverError, Discovered, prefix};
use crate::model::{Entry, WebUrl};
use crate::text::dates::{self, Clock};
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::text::references::push_decoded;

/// Longest title, in characters.
const MAX_TITLE: usize = 200;
/// Parts of an index read per poll.
const MAX_PARTS: usize = 2;

#[derive(Default)]
struct SitemapEntry {
    url: Option<WebUrl>,
    title: String,
    published: Option<String>,
    modified: Option<String>,
}

/// Parses a sitemap.
pub(super) fn read(text: &str, url: &WebUrl, clock: &Clock) -> Result<Discovered, DiscoverError> {
    let index = text.contains("<sitemapindex") || text.contains(":sitemapindex");
    if !index && !text.contains("<urlset") && !text.contains(":urlset") {
        return Err(DiscoverError::WrongKind { expected: "sitemap".into(), beginning: prefix(text) });
    }
    let mut reader = Reader::from_str(text);
    let (mut row, mut open, mut text, mut entries) = (SitemapEntry::default(), Vec::new(), String::new(), Vec::new());
    let mut found = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(e)) => {
                open.push(e.local_name().as_ref().to_owned());
                text.clear();
            }
            Ok(Event::Text(t)) => text.push_str(&t),
            Ok(Event::GeneralRef(r)) => push_decoded(&mut text, &format!("&{};", &*r), false),
            Ok(Event::CData(t)) => text.push_str(&t),
            Ok(Event::End(e)) => {
                let element = open.pop().unwrap_or_default();
                let parent = open.last().map_or("", String::as_str);
                set_field(&mut row, parent, &element, &text, url);
                text.clear();
                if matches!(e.local_name().as_ref(), "url" | "sitemap") {
                    found += 1;
                    let row = std::mem::take(&mut row);
                    if found <= MAX_SITEMAP_URLS {
                        entries.extend(finish(row, clock));
                    }
                }
            }
            Ok(Event::Eof) => break,
            // keep the entries before the damage
            Err(_) => break,
            Ok(_) => {}
        }
    }
    if index {
        return Ok(Discovered { sub_sitemaps: newest_parts(entries), ..Discovered::default() });
    }
    entries.sort_by_key(|e: &Entry| std::cmp::Reverse(e.published_at));
    entries.truncate(MAX_ENTRIES);
    Ok(Discovered { entries, limits: limits::entries(found, MAX_ENTRIES).into_iter().collect(), ..Discovered::default() })
}

/// News first, then the latest changes. Numbered parts without dates grow at the end.
fn newest_parts(mut parts: Vec<Entry>) -> Vec<WebUrl> {
    parts.reverse();
    parts.sort_by_key(|p| (!p.url.as_str().contains("news"), std::cmp::Reverse(p.published_at)));
    parts.into_iter().map(|p| p.url).take(MAX_PARTS).collect()
}

/// Ignores addresses and titles of pictures and videos: only those of the page and its news count.
fn set_field(row: &mut SitemapEntry, parent: &str, element: &str, text: &str, base: &WebUrl) {
    let text = collapse_whitespace(text);
    match (parent, element) {
        ("url" | "sitemap", "loc") if row.url.is_none() => row.url = base.join(&text.replace("&amp;", "&")).ok(),
        ("news", "title") => row.title = text,
        ("news", "publication_date") => row.published = Some(text),
        ("url" | "sitemap", "lastmod") => row.modified = Some(text),
        _ => {}
    }
}

fn finish(row: SitemapEntry, clock: &Clock) -> Option<Entry> {
    let when = row.published.or(row.modified).and_then(|d| dates::parse(&d, clock)).map(|d| d.at);
    Some(Entry { id: None, url: row.url?, title: truncate(&row.title, MAX_TITLE), published_at: when, summary: None, content_html: None })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn url() -> WebUrl {
        WebUrl::parse("http://a.cn/sitemap.xml").unwrap()
    }

    #[test]
    fn addresses_are_read_however_they_are_written() {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let text = "<n:urlset xmlns:n='x'><n:url><n:loc> /a?x=1&#38;y=2 </n:loc><image:image><image:loc>http://a.cn/p.jpg</image:loc>\
            <image:title>图</image:title></image:image><video:video><video:title>片</video:title></video:video>\
            <news:news><news:publication><news:name>报</news:name></news:publication><news:title>许昌 &amp; 新闻</news:title></news:news></n:url>\
            <n:url><n:loc><![CDATA[http://a.cn/b]]></n:loc></n:url></n:urlset>";
        let got = read(text, &url(), &clock).unwrap().entries;
        let read: Vec<_> = got.iter().map(|e| (e.url.as_str(), e.title.as_str())).collect();
        assert_eq!(read, [("http://a.cn/a?x=1&y=2", "许昌 & 新闻"), ("http://a.cn/b", "")]);
    }

    #[test]
    fn a_news_sitemap_gives_titles_and_dates() {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let text = "<urlset><url><loc>http://a.cn/1.html</loc><lastmod>2026-11-22</lastmod></url>\
            <url><loc>http://a.cn/2.html</loc><news:news><news:publication_date>2026-11-23T08:00:00+08:00</news:publication_date><news:title>许昌新闻</news:title></news:news></url><url><loc>cut";
        let got = read(text, &url(), &clock).unwrap().entries;
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].title.as_str(), got[0].url.as_str()), ("许昌新闻", "http://a.cn/2.html"));
    }

    #[test]
    fn of_very_many_addresses_the_newest_are_read_and_that_is_said() {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let row = |n: usize| format!("<url><loc>http://a.cn/{n}.html</loc><lastmod>2026-11-{:02}</lastmod></url>", n % 20 + 1);
        let text = format!("<urlset>{}</urlset>", (0..MAX_ENTRIES + 500).map(row).collect::<String>());
        let got = read(&text, &url(), &clock).unwrap();
        assert_eq!(got.entries.len(), MAX_ENTRIES);
        assert!(got.entries.iter().all(|e| e.published_at.unwrap().to_rfc3339().as_str() >= "2026-11-05"));
        assert_eq!(got.limits[0].to_string(), "it lists 2500 entries, of which 2000 are read");
        assert_eq!(got.limits[0].chinese(), "共列出 2500 条，只读取 2000 条");
    }

    #[test]
    fn of_an_index_news_and_the_newest_part_are_read() {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let part = |name: &str, day: &str| format!("<sitemap><loc>http://a.cn/{name}.xml</loc><lastmod>2026-11-{day}</lastmod></sitemap>");
        let text = format!("<sitemapindex>{}{}{}</sitemapindex>", part("post-1", "20"), part("post-2", "24"), part("news", "01"));
        let parts: Vec<String> = read(&text, &url(), &clock).unwrap().sub_sitemaps.iter().map(ToString::to_string).collect();
        assert_eq!(parts, ["http://a.cn/news.xml", "http://a.cn/post-2.xml"]);
    }
}
