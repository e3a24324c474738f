//! JSON lists: finds the array of objects with title and address anywhere in the document, or at the paths that the source
//! configures (`list = { item = "data.rows", title = "info.title", link = "/news/{id}.html" }`).

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::discover::json_columns::{Columns, text_of};
use crate::discover::limits::{self, MAX_ENTRIES};
use crate::discover::list::{self, NoEntries, dated};
use crate::discover::script::Scripts;
use crate::discover::{DiscoverError, Discovered};
use crate::model::{Entry, ListSelectors, WebUrl};
use crate::text::dates::Clock;
use crate::text::markup::strip_tags;
use crate::text::normalize::truncate;

/// Lists are never nested deeper.
const MAX_DEPTH: usize = 12;
/// How many levels of documents inside strings to follow.
const MAX_INNER: usize = 2;
/// Fewest entries of a list whose dates count as evidence.
const FEWEST_DATED: usize = 3;
/// Prefixes of some responses that prevent other pages from including them as a script.
const GUARDS: [&str; 4] = [")]}',", ")]}'", "while(1);", "for(;;);"];
/// Escapes a value in an address: everything but the unreserved characters of RFC 3986 §2.3.
const VALUE: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Parses a JSON (or JSONP) list.
pub(super) fn read(text: &str, url: &WebUrl, paths: &ListSelectors, clock: &Clock) -> Result<Discovered, DiscoverError> {
    let value = value_of(text).map_err(|e| DiscoverError::Broken { kind: "JSON".into(), cause: e.to_string() })?;
    let mut best = match &paths.item {
        Some(path) => {
            let rows = at(&value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            entries(rows.iter(), url, paths, clock)
        }
        None => best_of(lists(&value, url, paths, clock)),
    };
    if best.is_empty() {
        return inside(&value, url, paths, clock, MAX_INNER);
    }
    let limits = limits::entries(best.len(), MAX_ENTRIES).into_iter().collect();
    if best.len() > MAX_ENTRIES {
        best = limits::newest(best, MAX_ENTRIES, |e| e.published_at);
    }
    Ok(Discovered { entries: best, limits, ..Discovered::default() })
}

/// Parses a document: JSON, JSON behind a guard (`)]}'`, `while(1);`), or a script: `callback({…})`, `var x = […]`.
fn value_of(text: &str) -> Result<Value, serde_json::Error> {
    let text = text.trim().trim_start_matches('\u{feff}');
    let text = GUARDS.iter().find_map(|guard| text.strip_prefix(guard)).unwrap_or(text).trim_start();
    let read = serde_json::from_str(text);
    if text.starts_with(['{', '[']) {
        return read;
    }
    let mut scripts = Scripts::default();
    scripts.take(text);
    let largest = scripts.values.into_iter().max_by_key(|v| strings(v).count());
    largest.map_or(read, Ok)
}

/// Returns the list with the most entries. Lists with dates win over lists without: menus have none.
fn best_of(lists: Vec<Vec<Entry>>) -> Vec<Entry> {
    let worth = |l: &[Entry]| (l.len() >= FEWEST_DATED && dated(l) >= 0.5, l.len());
    lists.into_iter().rev().max_by_key(|l| worth(l)).unwrap_or_default()
}

/// Reads documents inside strings: the markup of a list, or the longest string if it is JSON.
fn inside(value: &Value, url: &WebUrl, paths: &ListSelectors, clock: &Clock, left: usize) -> Result<Discovered, DiscoverError> {
    let markup: Vec<&str> = strings(value).filter(|s| s.contains("href")).collect();
    if !markup.is_empty() {
        return list::read(&markup.join("<br>\n"), url, &ListSelectors::default(), None, clock);
    }
    let longest = strings(value).max_by_key(|s| s.len()).unwrap_or_default();
    match serde_json::from_str::<Value>(longest.trim()) {
        Ok(inner @ (Value::Object(_) | Value::Array(_))) if left > 0 => {
            let entries = best_of(lists(&inner, url, paths, clock));
            if entries.is_empty() { inside(&inner, url, paths, clock, left - 1) } else { Ok(Discovered { entries, ..Discovered::default() }) }
        }
        _ => Err(DiscoverError::NoEntries(NoEntries::Unknown)),
    }
}

/// Returns every string of a document, in document order.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let mut open = vec![value];
    std::iter::from_fn(move || {
        loop {
            match open.pop()? {
                Value::String(s) => return Some(s.as_str()),
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(fields) => open.extend(fields.values().rev()),
                _ => {}
            }
        }
    })
}

/// Returns every list of a document. Arrays under the same keys of several objects form one list.
pub(super) fn lists(value: &Value, base: &WebUrl, paths: &ListSelectors, clock: &Clock) -> Vec<Vec<Entry>> {
    let mut out: Vec<Vec<Entry>> = Vec::new();
    // list index by path of keys
    let mut known: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut open: Vec<(&Value, Vec<&str>)> = vec![(value, Vec::new())];
    while let Some((value, path)) = open.pop() {
        if path.len() > MAX_DEPTH {
            continue;
        }
        let below = |key| path.iter().copied().chain([key]).collect::<Vec<&str>>();
        let found = match value {
            Value::Array(items) => entries(items.iter(), base, paths, clock),
            // objects keyed by id: {"12": {…}, "13": {…}}
            Value::Object(o) if o.len() >= FEWEST_DATED && o.values().all(Value::is_object) => entries(o.values(), base, paths, clock),
            _ => Vec::new(),
        };
        if found.is_empty() {
            match value {
                Value::Array(items) => open.extend(items.iter().rev().map(|i| (i, below("")))),
                Value::Object(o) => open.extend(o.iter().rev().map(|(k, v)| (v, below(k)))),
                _ => {}
            }
        } else {
            let at = *known.entry(path).or_insert(out.len());
            match out.get_mut(at) {
                Some(list) => list.extend(found),
                None => out.push(found),
            }
        }
    }
    out
}

/// Returns the entries of an array of objects.
fn entries<'v>(rows: impl Iterator<Item = &'v Value>, base: &WebUrl, paths: &ListSelectors, clock: &Clock) -> Vec<Entry> {
    let objects: Vec<&Map<String, Value>> = rows.filter_map(Value::as_object).collect();
    if objects.is_empty() {
        return Vec::new();
    }
    let columns = Columns::of(&objects, clock);
    let found: Vec<Entry> = objects.iter().filter_map(|row| entry(row, &columns, base, paths, clock)).collect();
    // each object may wrap its row in one of its values: `{"_source": {…}}`
    let inner: Vec<&Map<String, Value>> = objects.iter().filter_map(|o| o.values().find_map(Value::as_object)).collect();
    if !found.is_empty() || inner.len() < objects.len() || paths.title.is_some() {
        return found;
    }
    let columns = Columns::of(&inner, clock);
    inner.into_iter().filter_map(|row| entry(row, &columns, base, paths, clock)).collect()
}

fn entry(row: &Map<String, Value>, columns: &Columns, base: &WebUrl, paths: &ListSelectors, clock: &Clock) -> Option<Entry> {
    let by_path = |path: &str| at_row(row, path).and_then(text_of).filter(|s| !s.trim().is_empty());
    let title = match &paths.title {
        Some(path) => by_path(path)?,
        None => columns.title(row)?,
    };
    let title = truncate(&strip_tags(&title), 200);
    let address = match &paths.link {
        Some(template) if template.contains('{') => filled(template, row)?,
        Some(path) => by_path(path)?,
        None => columns.address(row)?,
    };
    let published_at = match &paths.date {
        Some(path) => at_row(row, path).and_then(|v| super::json_columns::date_of(v, clock)),
        None => columns.date(row, clock),
    };
    let summary = Columns::summary(row).map(|s| truncate(&strip_tags(&s), 2_000)).filter(|s| !s.is_empty());
    Some(Entry { id: Columns::id(row), url: base.join(&address).ok()?, title, published_at, summary, content_html: None })
}

/// Returns the value at a dot-separated path. A number is an array index.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |v, key| match v {
        Value::Array(items) => items.get(key.trim().parse::<usize>().ok()?),
        _ => v.get(key.trim()),
    })
}

fn at_row<'v>(row: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let value = row.get(key.trim())?;
    rest.map_or(Some(value), |rest| at(value, rest))
}

/// Builds an address from a row: `https://…/{id}.html`, with a path in each pair of braces.
fn filled(template: &str, row: &Map<String, Value>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, path)) = rest.split_once('{') {
        let (path, behind) = path.split_once('}')?;
        out.push_str(before);
        let value = at_row(row, path).and_then(text_of).filter(|v| !v.trim().is_empty())?;
        // escape the value, so that it stays within one segment of the address
        out.extend(utf8_percent_encode(value.trim(), &VALUE));
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
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
    fn dates_are_read_in_every_form() {
        let of = |value: &str| {
            let got = run(&format!("[{{\"title\":\"新闻一\",\"url\":\"/1\",\"pubTime\":{value}}}]"));
            got.first().and_then(|e| e.published_at).map(|d| d.to_rfc3339())
        };
        for value in [
            "\"2026-11-23 08:00\"",
            "1795392000",
            "1795392000000",
            "{\"time\":1795392000000,\"year\":126}",
            "{\"$date\":\"2026-11-23T08:00:00+08:00\"}",
            "[2026,11,23,8,0]",
            "\"/Date(1795392000000+0800)/\"",
            "1795392000.5",
            "{\"$date\":{\"$numberLong\":\"1795392000000\"}}",
            "{\"year\":2026,\"monthValue\":11,\"dayOfMonth\":23,\"hour\":8,\"minute\":0}",
        ] {
            assert_eq!(of(value).as_deref(), Some("2026-11-23T08:00:00+08:00"), "{value}");
        }
        assert_eq!(of("[2026,13,1]"), None);
        for key in ["datePublished", "display_date", "DOCRELPUBTIME", "showDate", "createDate", "startTime"] {
            let text = format!("[{{\"title\":\"新闻一\",\"url\":\"/1\",\"{key}\":\"2026-11-23\",\"endTime\":\"2026-11-24\"}}]");
            assert!(run(&text)[0].published_at.is_some_and(|d| d.date_naive().to_string() == "2026-11-23"), "{key}");
        }
    }

    #[test]
    fn an_empty_field_hides_no_filled_one_and_names_may_be_unknown() {
        let text = r#"[{"title":"","docTitle":"新闻一","url":"","linkUrl":"/1","publishTime":null,"createTime":"2026-11-23"}]"#;
        let got = run(text);
        assert_eq!((got[0].title.as_str(), got[0].url.as_url().path(), got[0].published_at.is_some()), ("新闻一", "/1", true));
        let row = |n: u32| {
            format!(
                r#"{{"aT":"许昌市第{n}条产业新闻","pic":"/p/{n}.jpg","aU":"/html/{n}.html","aPd":"2026-11-2{n}","abs":"摘要比标题长得多，说明文章的主要内容，供读者了解第{n}条。"}}"#
            )
        };
        let got = run(&format!("[{},{},{}]", row(1), row(2), row(3)));
        assert_eq!((got[2].title.as_str(), got[2].url.as_url().path()), ("许昌市第3条产业新闻", "/html/3.html"));
        assert_eq!(got[2].published_at.unwrap().date_naive().to_string(), "2026-11-23");
    }

    #[test]
    fn of_several_lists_the_dated_one_is_taken() {
        let menu: String = (0..9).map(|n| format!(r#"{{"name":"栏目{n}","url":"/c/{n}/"}},"#)).collect();
        let rows: String = (1..5).map(|n| format!(r#"{{"title":"新闻{n}","url":"/a/{n}","date":"2026-11-2{n}"}},"#)).collect();
        let got = run(&format!(r#"{{"menu":[{}],"list":[{}]}}"#, menu.trim_end_matches(','), rows.trim_end_matches(',')));
        assert_eq!((got.len(), got[0].title.as_str()), (4, "新闻1"));
        let groups =
            r#"{"days":[{"items":[{"title":"新闻一","url":"/1"},{"title":"新闻二","url":"/2"}]},{"items":[{"title":"新闻三","url":"/3"}]}]}"#;
        assert_eq!(run(groups).len(), 3, "one list in several objects");
        let by_id = r#"{"12":{"title":"新闻一","url":"/1"},"13":{"title":"新闻二","url":"/2"},"14":{"title":"新闻三","url":"/3"}}"#;
        assert_eq!(run(by_id).len(), 3, "objects by their ids");
    }

    #[test]
    fn documents_inside_strings_are_read() {
        let markup: String = (1..4).map(|n| format!("<li><a href='/a/{n}.html'>许昌市第{n}条产业新闻</a><span>2026-11-2{n}</span></li>")).collect();
        let got = run(&serde_json::json!({"data": {"html": format!("<ul>{markup}</ul>")}}).to_string());
        assert_eq!((got.len(), got[0].published_at.is_some()), (3, true));
        let inner = serde_json::json!({"rows": [{"title": "新闻一", "url": "/1"}]}).to_string();
        assert_eq!(run(&serde_json::json!({"d": inner}).to_string()).len(), 1);
    }

    #[test]
    fn an_address_is_made_by_a_template() {
        let text = r#"{"rows":[{"t":"新闻一","info":{"id":12,"site":"许昌/../x"}},{"t":"新闻二","info":{"id":null,"site":"y"}}]}"#;
        let path = |p: &str| Some(p.to_owned());
        let paths = ListSelectors { item: path("rows"), title: path("t"), link: path("/{info.site}/{info.id}.html"), date: None };
        let got = run_with(text, &paths);
        assert_eq!(got.iter().map(|e| e.url.as_str()).collect::<Vec<_>>(), ["http://a.cn/%E8%AE%B8%E6%98%8C%2F..%2Fx/12.html"]);
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
        for wrapped in [
            "cb([…]);",
            "/**/ a.b.cb( […] )",
            "try{cb([…])}catch(e){}",
            "var list = […];",
            "window['x'] = […]",
            "/**/ typeof j === 'function' && j([…]);",
            ")]}',\n[…]",
        ] {
            assert_eq!(run(&wrapped.replace("[…]", "[{\"title\":\"t}\",\"link\":\"/x\"}]")).len(), 1, "{wrapped}");
        }
        for bad in ["", "{", "[1,2]", "{\"title\":1}"] {
            assert!(run(bad).is_empty(), "{bad}");
        }
    }
}
