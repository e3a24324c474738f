//! JSON lists: the array of objects that have a title and an address, wherever in the document it lies, or where the
//! source's paths say (`list = { item = "data.rows", title = "info.title" }`).

use serde_json::{Map, Value};

use crate::discover::limits::{self, MAX_ENTRIES};
use crate::discover::{DiscoverError, Discovered};
use crate::model::{Entry, ListSelectors, WebUrl};
use crate::text::dates::{self, Clock};
use crate::text::markup::strip_tags;
use crate::text::normalize::truncate;

/// Key names seen in the list interfaces of Chinese sites, best first (lower case, without `_` and `-`).
const TITLE_KEYS: [&str; 9] = ["title", "doctitle", "newstitle", "articletitle", "name", "headline", "subject", "infotitle", "showtitle"];
const URL_KEYS: [&str; 11] = ["url", "link", "href", "docpuburl", "newsurl", "articleurl", "linkurl", "weburl", "puburl", "infourl", "shareurl"];
const DATE_KEYS: [&str; 14] = [
    "publishedat",
    "publishtime",
    "publishdate",
    "pubtime",
    "pubdate",
    "docreltime",
    "date",
    "time",
    "showtime",
    "createtime",
    "deploytime",
    "infodate",
    "ctime",
    "releasetime",
];
const SUMMARY_KEYS: [&str; 6] = ["summary", "abstract", "description", "digest", "intro", "brief"];
/// Deeper nesting is no list.
const MAX_DEPTH: usize = 12;

/// Reads a JSON (or JSONP) list.
pub(super) fn read(text: &str, url: &WebUrl, paths: &ListSelectors, clock: &Clock) -> Result<Discovered, DiscoverError> {
    let value: Value = serde_json::from_str(unwrap_jsonp(text)).map_err(|e| DiscoverError::Broken { kind: "JSON".into(), cause: e.to_string() })?;
    let mut best = Vec::new();
    match &paths.item {
        Some(path) => {
            let rows = at(&value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            best.extend(rows.iter().filter_map(|row| entry(row, url, paths, clock)));
        }
        None => search(&value, url, paths, clock, 0, &mut best),
    }
    if best.is_empty() {
        return Err(DiscoverError::NoEntries);
    }
    let limits = limits::entries(best.len(), MAX_ENTRIES).into_iter().collect();
    if best.len() > MAX_ENTRIES {
        best = limits::newest(best, MAX_ENTRIES, |e| e.published_at);
    }
    Ok(Discovered { entries: best, limits, ..Discovered::default() })
}

/// `callback({...});` without its wrapping.
fn unwrap_jsonp(text: &str) -> &str {
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.starts_with(['{', '[']) {
        return text;
    }
    let inner = text.split_once('(').map(|(_, rest)| rest.trim_end_matches([';', ' ', '\n', '\r']));
    inner.and_then(|i| i.strip_suffix(')')).unwrap_or(text)
}

fn search(value: &Value, base: &WebUrl, paths: &ListSelectors, clock: &Clock, depth: usize, best: &mut Vec<Entry>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => {
            let found: Vec<Entry> = items.iter().filter_map(|i| entry(i, base, paths, clock)).collect();
            if found.len() > best.len() {
                *best = found;
            } else {
                for i in items {
                    search(i, base, paths, clock, depth + 1, best);
                }
            }
        }
        Value::Object(o) => o.values().for_each(|v| search(v, base, paths, clock, depth + 1, best)),
        _ => {}
    }
}

fn field<'v>(o: &'v Map<String, Value>, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().find_map(|wanted| o.iter().find(|(k, v)| k.to_ascii_lowercase().replace(['_', '-'], "") == *wanted && !v.is_null()).map(|(_, v)| v))
}

/// What lies at a path of keys parted by dots.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |v, key| v.get(key.trim()))
}

/// A text or number by the source's path, or by the usual names.
fn text_field(row: &Value, path: Option<&str>, keys: &[&str]) -> Option<String> {
    let found = match path {
        Some(path) => at(row, path),
        None => field(row.as_object()?, keys),
    };
    match found? {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
    .filter(|s| !s.trim().is_empty())
}

fn entry(row: &Value, base: &WebUrl, paths: &ListSelectors, clock: &Clock) -> Option<Entry> {
    let title = truncate(&strip_tags(&text_field(row, paths.title.as_deref(), &TITLE_KEYS)?), 200);
    let url = base.join(&text_field(row, paths.link.as_deref(), &URL_KEYS)?).ok()?;
    let published_at = text_field(row, paths.date.as_deref(), &DATE_KEYS).and_then(|d| dates::parse(&d, clock)).map(|d| d.at);
    let summary = text_field(row, None, &SUMMARY_KEYS).map(|s| truncate(&strip_tags(&s), 2_000)).filter(|s| !s.is_empty());
    Some(Entry { id: text_field(row, None, &["id", "docid", "newsid", "guid"]), url, title, published_at, summary, content_html: None })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn run(text: &str) -> Vec<Entry> {
        run_with(text, &ListSelectors::default())
    }

    fn run_with(text: &str, paths: &ListSelectors) -> Vec<Entry> {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        read(text, &WebUrl::parse("http://a.cn/api/list").unwrap(), paths, &clock).map(|d| d.entries).unwrap_or_default()
    }

    #[test]
    fn the_list_is_found_wherever_it_lies() {
        let got = run(r#"{"code":0,"data":{"menu":[{"name":"首页","url":"/"}],"rows":[
            {"docTitle":"<b>许昌</b>新闻一","docPubUrl":"/a/1.html","pub_time":1795478400000},{"docTitle":"新闻二","docPubUrl":"/a/2.html","pub_time":"2026-11-23"}]}}"#);
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].title.as_str(), got[0].url.as_str()), ("许昌新闻一", "http://a.cn/a/1.html"));
        assert_eq!(got[0].published_at.unwrap().to_rfc3339(), "2026-11-24T08:00:00+08:00");
    }

    #[test]
    fn paths_of_the_source_come_first() {
        let text = r#"{"hot":[{"title":"热点","url":"/h/1.html"},{"title":"热点","url":"/h/2.html"}],"data":{"rows":[{"t":{"zh":"新闻一"},"p":"/a/1.html","at":"2026-11-23"}]}}"#;
        let path = |p: &str| Some(p.to_owned());
        let paths = ListSelectors { item: path("data.rows"), title: path("t.zh"), link: path("p"), date: path("at") };
        let got = run_with(text, &paths);
        assert_eq!(got.iter().map(|e| (e.title.as_str(), e.url.as_str())).collect::<Vec<_>>(), [("新闻一", "http://a.cn/a/1.html")]);
        assert!(run_with(text, &ListSelectors { item: path("data.none"), ..ListSelectors::default() }).is_empty());
    }

    #[test]
    fn a_list_too_long_is_cut_and_one_nested_too_deep_is_refused() {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let read = |text: &str| read(text, &WebUrl::parse("http://a.cn/api").unwrap(), &ListSelectors::default(), &clock);
        let rows: Vec<String> = (0..=MAX_ENTRIES).map(|n| format!("{{\"title\":\"t\",\"url\":\"/{n}\"}}")).collect();
        let got = read(&format!("[{}]", rows.join(","))).unwrap();
        assert_eq!((got.entries.len(), got.limits.len()), (MAX_ENTRIES, 1));
        assert!(matches!(read(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))), Err(DiscoverError::Broken { .. })));
    }

    #[test]
    fn jsonp_is_unwrapped_and_garbage_refused() {
        assert_eq!(run("cb([{\"title\":\"t\",\"link\":\"/x\"}]);").len(), 1);
        for bad in ["", "{", "[1,2]", "{\"title\":1}"] {
            assert!(run(bad).is_empty(), "{bad}");
        }
    }
}
