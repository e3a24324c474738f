//! Finds the keys for title, address and date in a list's objects: by names that publishing systems use, otherwise by the look of
//! the values.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::{Map, Value};

use crate::text::dates::{self, Clock};

/// Names in the list APIs of Chinese sites, best first (lower case, without `_` and `-`).
const TITLE_KEYS: [&str; 10] = ["title", "doctitle", "newstitle", "articletitle", "headline", "name", "subject", "infotitle", "showtitle", "topic"];
const URL_KEYS: [&str; 13] =
    ["url", "link", "href", "docpuburl", "newsurl", "articleurl", "linkurl", "weburl", "puburl", "infourl", "shareurl", "detailurl", "visiturl"];
const DATE_KEYS: [&str; 19] = [
    "publishedat",
    "datepublished",
    "publishtime",
    "publishdate",
    "pubtime",
    "pubdate",
    "docrelpubtime",
    "docreltime",
    "displaydate",
    "displaytime",
    "releasetime",
    "releasedate",
    "showtime",
    "infodate",
    "deploytime",
    "date",
    "time",
    "ctime",
    "createtime",
];
const SUMMARY_KEYS: [&str; 6] = ["summary", "abstract", "description", "digest", "intro", "brief"];
const ID_KEYS: [&str; 4] = ["id", "docid", "newsid", "guid"];
/// Parts of the names of publication dates, best first, and of other dates.
const DATE_NAMES: [&str; 7] = ["pub", "rel", "display", "show", "creat", "date", "time"];
const OTHER_DATES: [&str; 8] = ["end", "dead", "expire", "close", "crawl", "update", "modif", "edit"];
/// Rows sampled to recognise a column, and the fewest.
const SAMPLE: usize = 20;
const FEWEST: usize = 3;
/// Most nested objects around a date.
const MAX_WRAPPINGS: usize = 3;
/// Share of rows whose values must look alike.
const SHARE: f64 = 0.8;

/// The keys of a list's objects.
#[derive(Debug, Default)]
pub(super) struct Columns {
    title: Option<String>,
    address: Option<String>,
    date: Option<String>,
}

impl Columns {
    /// Recognises keys without a usual name by their values.
    pub(super) fn of(rows: &[&Map<String, Value>], clock: &Clock) -> Self {
        let sample = || rows.iter().take(SAMPLE);
        let Some(first) = rows.first() else { return Self::default() };
        let share = |key: &str, like: &dyn Fn(&Value) -> bool| {
            sample().filter(|r| r.get(key).is_some_and(like)).count() as f64 / sample().count().max(1) as f64
        };
        let mut columns = Self::default();
        let usual = |keys: &[&str]| sample().filter(|r| named(r, keys).is_some()).count() * 2 >= sample().count();
        if !usual(&DATE_KEYS) {
            let is_date = |v: &Value| date_of(v, clock).is_some();
            let dates = first.keys().filter(|k| date_rank(k).is_some() && share(k, &is_date) >= SHARE);
            columns.date = dates.min_by_key(|k| date_rank(k)).cloned();
        }
        if (usual(&TITLE_KEYS) && usual(&URL_KEYS)) || rows.len() < FEWEST {
            return columns;
        }
        let is_address = |v: &Value| v.as_str().is_some_and(looks_like_address);
        columns.address = first.keys().find(|k| share(k, &is_address) >= SHARE && distinct(rows, k)).cloned();
        let is_title = |v: &Value| v.as_str().is_some_and(|s| looks_like_title(s) && date_of(v, clock).is_none());
        let titles = first.keys().filter(|k| share(k, &is_title) >= SHARE && distinct(rows, k));
        // a summary is longer than a title
        columns.title =
            titles.min_by_key(|k| sample().filter_map(|r| r.get(*k)?.as_str()).map(|s| s.chars().count().abs_diff(20)).sum::<usize>()).cloned();
        if columns.date.is_none() {
            let is_date = |v: &Value| v.is_string() && date_of(v, clock).is_some();
            columns.date = first.keys().find(|k| share(k, &is_date) >= SHARE).cloned();
        }
        columns
    }

    /// Returns the title of a row, with markup.
    pub(super) fn title(&self, row: &Map<String, Value>) -> Option<String> {
        named(row, &TITLE_KEYS).or_else(|| text_of(row.get(self.title.as_ref()?)?))
    }

    /// Returns the address of a row, unresolved.
    pub(super) fn address(&self, row: &Map<String, Value>) -> Option<String> {
        named(row, &URL_KEYS).or_else(|| text_of(row.get(self.address.as_ref()?)?))
    }

    /// Returns the date of a row.
    pub(super) fn date(&self, row: &Map<String, Value>, clock: &Clock) -> Option<DateTime<FixedOffset>> {
        let usual = DATE_KEYS.iter().flat_map(|k| under(row, k)).find_map(|v| date_of(v, clock));
        usual.or_else(|| date_of(row.get(self.date.as_ref()?)?, clock)).or_else(|| date_in_parts(row, clock))
    }

    /// Returns the summary of a row, with markup.
    pub(super) fn summary(row: &Map<String, Value>) -> Option<String> {
        named(row, &SUMMARY_KEYS)
    }

    /// Returns the id of a row.
    pub(super) fn id(row: &Map<String, Value>) -> Option<String> {
        named(row, &ID_KEYS)
    }
}

/// Returns the values under a name, in any spelling of it.
fn under<'r>(row: &'r Map<String, Value>, name: &'r str) -> impl Iterator<Item = &'r Value> {
    row.iter().filter(move |(k, _)| k.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).eq(name.chars())).map(|(_, v)| v)
}

/// Returns the first non-empty text under one of some names.
fn named(row: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().flat_map(|name| under(row, name)).filter_map(text_of).find(|s| !s.trim().is_empty())
}

/// Returns a text or a number as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        // WordPress and others wrap a text
        Value::Object(o) => ["rendered", "href", "#text", "text", "value"].iter().find_map(|k| o.get(*k)?.as_str()).map(str::to_owned),
        _ => None,
    }
}

/// Parses a date: a text, Unix seconds or milliseconds, Java's `{"time": …}`, `[2026, 11, 24, 8, 0]`, .NET's `/Date(…)/`,
/// `{"$date": …}` of document stores, `{"year": 2026, "monthValue": 11, "dayOfMonth": 24}`.
pub(super) fn date_of(value: &Value, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    // objects may be nested around the value
    let mut value = value;
    for _ in 0..MAX_WRAPPINGS {
        let Value::Object(o) = value else { break };
        match ["time", "$date", "$numberLong", "value"].iter().find_map(|k| o.get(*k)).or_else(|| o.get("date").filter(|d| d.is_string())) {
            Some(inner) => value = inner,
            None => return date_in_parts(o, clock),
        }
    }
    match value {
        Value::String(s) => {
            let inner = s.trim().strip_prefix("/Date(").and_then(|s| s.split([')', '+', '-']).next());
            dates::parse(inner.unwrap_or(s), clock).map(|d| d.at)
        }
        Value::Number(n) => {
            let text = n.to_string();
            dates::parse(text.split('.').next()?, clock).map(|d| d.at)
        }
        Value::Array(parts) => {
            let part = |n: usize| parts.get(n).map_or(Some(0), |v| v.as_u64().and_then(|v| u32::try_from(v).ok()));
            at_time(part(0)?, part(1)?, part(2)?, (part(3)?, part(4)?, part(5)?), clock)
        }
        _ => None,
    }
}

fn at_time(year: u32, month: u32, day: u32, time: (u32, u32, u32), clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    dates::parse(&day.and_hms_opt(time.0, time.1, time.2)?.format("%F %T").to_string(), clock).map(|d| d.at)
}

/// Parses `{"year": 2026, "month": 11, "day": 24}`.
fn date_in_parts(row: &Map<String, Value>, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let part = |name| under(row, name).find_map(text_of).and_then(|t| t.trim().parse::<u32>().ok());
    let (month, day) = (part("monthvalue").or_else(|| part("month"))?, part("dayofmonth").or_else(|| part("day"))?);
    at_time(part("year")?, month, day, (part("hour").unwrap_or(0), part("minute").unwrap_or(0), part("second").unwrap_or(0)), clock)
}

/// Ranks a key by how likely it is the publication date; lower is better.
fn date_rank(key: &str) -> Option<usize> {
    let key = key.to_ascii_lowercase();
    let other = OTHER_DATES.iter().any(|w| key.contains(w));
    DATE_NAMES.iter().position(|w| key.contains(w)).filter(|_| !other)
}

fn looks_like_address(text: &str) -> bool {
    let text = text.trim();
    let file = || text.split(['?', '#']).next().is_some_and(|p| [".html", ".htm", ".shtml", ".aspx", ".jsp", ".php"].iter().any(|e| p.ends_with(e)));
    let picture = [".jpg", ".jpeg", ".png", ".gif", ".webp"].iter().any(|e| text.to_ascii_lowercase().contains(e));
    !text.contains(char::is_whitespace)
        && !picture
        && (text.starts_with("http://") || text.starts_with("https://") || text.starts_with(['/', '.']) || file())
}

fn looks_like_title(text: &str) -> bool {
    let length = text.trim().chars().count();
    let in_words = text.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) || text.trim().split(' ').count() > 3;
    (4..=120).contains(&length) && in_words && !looks_like_address(text) && !text.contains("</") && !text.contains('。')
}

fn distinct(rows: &[&Map<String, Value>], key: &str) -> bool {
    let values: std::collections::HashSet<&str> = rows.iter().take(SAMPLE).filter_map(|r| r.get(key)?.as_str()).collect();
    values.len() * 2 > rows.len().min(SAMPLE)
}
