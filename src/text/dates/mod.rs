//! Parses dates in the spellings of Chinese and foreign sites.
//!
//! Times without a zone are in the source's zone. Dates more than a day after `now` or before 1995 are
//! rejected as typing errors.

mod in_page;
#[cfg(test)]
mod tests;
mod worldwide;

use chrono::{DateTime, Datelike, Days, Duration, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike as _, Utc};
use chrono_tz::Tz;
use regex::Captures;

use crate::knowledge::{DATES, Pattern};
use crate::text::normalize::fold_width_and_case;
pub use in_page::{all_in_code, in_numerals, in_pieces, in_pieces_of_row, in_url, month_in_url};
pub use worldwide::Order;

/// Context for parsing dates.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Zone of times without one.
    pub zone: Tz,
    /// The time of the fetch, the reference for 昨天 and missing years.
    pub now: DateTime<Utc>,
    /// The order in `04/05/2026`, if the document's language determines it.
    pub order: Option<Order>,
}

impl Clock {
    /// Creates a clock with this zone and time.
    pub fn new(zone: Tz, now: DateTime<Utc>) -> Self {
        Self { zone, now, order: None }
    }

    /// Returns the clock for a document in a language, given as in `lang`.
    #[must_use]
    pub fn in_language(self, tag: Option<&str>) -> Self {
        Self { order: tag.and_then(Order::of_language).or(self.order), ..self }
    }

    fn believable(&self, at: DateTime<FixedOffset>) -> bool {
        at.year() >= 1995 && at.with_timezone(&Utc) <= self.now + Duration::days(1)
    }

    fn local(&self, at: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
        let local = self.zone.from_local_datetime(&at).earliest()?;
        Some(local.with_timezone(&local.offset().fix()))
    }
}

/// A parsed date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateMatch {
    /// Midnight if only the day is known.
    pub at: DateTime<FixedOffset>,
    pub has_time: bool,
    /// Byte offset in the folded text.
    pub offset: usize,
}

/// Parses a text that is known to be a date: a feed's `pubDate`, a `<meta>`, the date cell of a list.
pub fn parse(text: &str, clock: &Clock) -> Option<DateMatch> {
    if let Some(found) = standard(text.trim(), clock) {
        return Some(found);
    }
    let text: String = text.trim().chars().take(80).map(fold_keep_case).map(|c| if matches!(c, '–' | '−' | '‐') { '-' } else { c }).collect();
    if names_no_year(&text, clock) {
        return None;
    }
    epoch(&text, clock)
        .or_else(|| first(&DATES.compact, &text, clock, calendar))
        .or_else(|| first(&DATES.full, &text, clock, calendar))
        .or_else(|| first(&DATES.columns, &text, clock, calendar))
        .or_else(|| first(&DATES.year_month_day, &text.to_ascii_lowercase(), clock, calendar))
        .or_else(|| first(&DATES.day_month_year, &text.to_ascii_lowercase(), clock, calendar))
        .or_else(|| first(&DATES.month_day_year, &text.to_ascii_lowercase(), clock, calendar))
        .or_else(|| first(&DATES.day_month_year, &with_english_months(&text), clock, calendar))
        .or_else(|| first(&DATES.year_last, &text.to_ascii_lowercase(), clock, calendar))
        .or_else(|| worldwide::find(&text, clock, clock.order.or(Some(Order::MonthDay))).into_iter().find(|d| clock.believable(d.at)))
        .or_else(|| first(&DATES.ago, &text, clock, ago))
        .or_else(|| first(&DATES.near, &text, clock, near))
        .or_else(|| first(&DATES.short_year, &text, clock, calendar))
        .or_else(|| {
            let captures = DATES.month_day.captures(&text).filter(|c| worldwide::has_no_adjoining_figures(&text, c))?;
            calendar(&captures, clock).filter(|f| clock.believable(f.at))
        })
}

/// Parses RFC 2822 and RFC 3339 with a numeric zone, as most feeds write, without regular expressions. Named zones need the code
/// below, because `CST` means China here.
fn standard(text: &str, clock: &Clock) -> Option<DateMatch> {
    let zone = text.as_bytes().iter().rev().take(5).filter(|b| b.is_ascii_digit()).count() >= 4 || text.ends_with(['Z', 'z']);
    let read = || DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok();
    let at = Some(()).filter(|()| zone && (20..=40).contains(&text.len())).and_then(|()| read())?.with_nanosecond(0)?;
    clock.believable(at).then_some(DateMatch { at, has_time: true, offset: 0 })
}

/// Returns whether a text names an impossible year. Such a placeholder (`0001-01-01`, `1 Jan 1900`) contains no valid date.
fn names_no_year(text: &str, clock: &Clock) -> bool {
    let year = |c: Captures<'_>| ["y", "y2", "y3"].iter().find_map(|name| number::<i32>(&c, name));
    let mut years = DATES.named_year.captures_iter(text).filter_map(year).peekable();
    years.peek().is_some() && years.all(|y| !(1995..=clock.now.year() + 1).contains(&y))
}

/// Translates `24 十一月 2026`, as servers with Chinese locales write RFC 822 dates.
fn with_english_months(text: &str) -> String {
    match DATES.months.iter().find(|[chinese, _]| text.contains(chinese)) {
        Some([chinese, english]) => text.replace(chinese, english).to_ascii_lowercase(),
        None => String::new(),
    }
}

/// Returns every full date (with a year) in running text, in order.
pub fn find_dates(text: &str, clock: &Clock) -> Vec<DateMatch> {
    all_in(&text.chars().map(fold_keep_case).collect::<String>(), clock)
}

/// Returns every full date of a text, in any language, in order; `order` resolves ambiguous figures. Skips dates inside addresses
/// and dates with adjacent figures.
pub fn mentions(text: &str, clock: &Clock, order: Option<Order>) -> Vec<DateMatch> {
    if !text.as_bytes().windows(2).any(|w| w.iter().all(u8::is_ascii_digit)) {
        return Vec::new();
    }
    let text: String = text.chars().map(fold_keep_case).collect();
    let captures = [&DATES.full, &DATES.columns].into_iter().flat_map(|p| p.captures_iter(&text));
    let mut found: Vec<DateMatch> = captures.filter(|c| worldwide::has_no_adjoining_figures(&text, c)).filter_map(|c| calendar(&c, clock)).collect();
    found.extend(worldwide::find(&text, clock, order));
    found.retain(|f| clock.believable(f.at) && !inside_address(&text, f.offset));
    found.sort_by_key(|f| (f.offset, !f.has_time));
    found.dedup_by_key(|f| f.offset);
    found
}

/// Returns whether an offset is inside an address.
fn inside_address(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or_default();
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    ["://", "www.", ".com/", ".cn/", ".html"].iter().any(|a| word.contains(a))
}

/// Parses a text that is only a machine date: RFC 2822, RFC 3339, Unix seconds, `20261124`.
pub fn plain(text: &str, clock: &Clock) -> Option<DateMatch> {
    let text = text.trim();
    standard(text, clock).or_else(|| epoch(text, clock)).or_else(|| first(&DATES.compact, text, clock, calendar))
}

/// Parses `3小时前`, `昨天 08:00`. The result is only as precise as the unit.
pub fn relative(text: &str, clock: &Clock) -> Option<DateMatch> {
    let text: String = text.chars().take(80).map(fold_keep_case).collect();
    first(&DATES.ago, &text, clock, ago).filter(|_| !text.contains('周') && !text.contains("个月")).or_else(|| first(&DATES.near, &text, clock, near))
}

/// Returns the dates of a folded text.
fn all_in(text: &str, clock: &Clock) -> Vec<DateMatch> {
    // runs on every line of a page, and most show no date
    if !text.as_bytes().windows(2).any(|w| w.iter().all(u8::is_ascii_digit)) {
        return Vec::new();
    }
    let lower = if text.bytes().any(|b| b.is_ascii_alphabetic()) { text.to_ascii_lowercase() } else { String::new() };
    let mut found: Vec<DateMatch> = Vec::new();
    let columns = if text.contains('/') { text } else { "" };
    for (pattern, text) in [(&DATES.full, text), (&DATES.columns, columns), (&DATES.day_month_year, &lower), (&DATES.month_day_year, &lower)] {
        found.extend(
            pattern.captures_iter(text).filter(|c| !inside_number(text, c)).filter_map(|c| calendar(&c, clock)).filter(|f| clock.believable(f.at)),
        );
    }
    found.sort_by_key(|f| f.offset);
    found
}

/// Returns whether a text shows a full date in figures.
pub fn shows_date(text: &str) -> bool {
    DATES.shown.is_match(text)
}

/// Returns midnight of a day in the clock's zone.
pub fn midnight(day: NaiveDate, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    clock.local(day.and_time(NaiveTime::MIN))
}

/// Like `normalize::fold_width_and_case`, but keeps the case (zone names are upper case) and maps one character to one.
pub fn fold_keep_case(c: char) -> char {
    if c.is_ascii() { c } else { fold_width_and_case(c) }
}

fn inside_number(text: &str, c: &Captures<'_>) -> bool {
    let Some(m) = c.get(0) else { return true };
    text.get(..m.start()).and_then(|s| s.chars().next_back()).is_some_and(|p| p.is_ascii_digit())
}

type ParseFn = fn(&Captures<'_>, &Clock) -> Option<DateMatch>;

fn first(pattern: &Pattern, text: &str, clock: &Clock, read: ParseFn) -> Option<DateMatch> {
    let captures = pattern.captures(text)?;
    read(&captures, clock).filter(|f| clock.believable(f.at))
}

fn number<T: std::str::FromStr>(c: &Captures<'_>, name: &str) -> Option<T> {
    c.name(name).and_then(|m| m.as_str().parse().ok())
}

fn epoch(text: &str, clock: &Clock) -> Option<DateMatch> {
    if !matches!(text.len(), 10 | 13) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = text.parse().ok()?;
    let seconds = if text.len() == 13 { value / 1000 } else { value };
    let local = DateTime::from_timestamp(seconds, 0)?.with_timezone(&clock.zone);
    let at = local.with_timezone(&local.offset().fix());
    clock.believable(at).then_some(DateMatch { at, has_time: true, offset: 0 })
}

fn calendar(c: &Captures<'_>, clock: &Clock) -> Option<DateMatch> {
    let month = number(c, "m").or_else(|| c.name("mon").and_then(|m| month_number(m.as_str())))?;
    let day = number(c, "d")?;
    let date = match number::<i32>(c, "y") {
        Some(y) if y < 100 && c.name("y").is_some_and(|y| y.len() == 2) => {
            NaiveDate::from_ymd_opt(if y < 70 { 2000 + y } else { 1900 + y }, month, day)?
        }
        Some(y) => NaiveDate::from_ymd_opt(y, month, day)?,
        None => past_day(month, day, clock)?,
    };
    finish(c, date, clock)
}

/// Returns the latest such day that is not in the future.
fn past_day(month: u32, day: u32, clock: &Clock) -> Option<NaiveDate> {
    let today = clock.now.with_timezone(&clock.zone).date_naive();
    (0..8).filter_map(|back| NaiveDate::from_ymd_opt(today.year() - back, month, day)).find(|d| *d <= today)
}

fn month_number(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let i = MONTHS.iter().position(|m| name.to_ascii_lowercase().starts_with(m))?;
    u32::try_from(i + 1).ok()
}

fn finish(c: &Captures<'_>, date: NaiveDate, clock: &Clock) -> Option<DateMatch> {
    let offset = c.get(0)?.start();
    let Some(time) = time_of_day(c) else {
        return Some(DateMatch { at: clock.local(date.and_time(NaiveTime::MIN))?, has_time: false, offset });
    };
    let (carry, time) = time;
    let naive = date.checked_add_days(Days::new(carry))?.and_time(time);
    let at = match c.name("z").and_then(|z| zone_offset(z.as_str(), clock)) {
        Some(zone) => zone.from_local_datetime(&naive).single()?,
        None => clock.local(naive)?,
    };
    Some(DateMatch { at, has_time: true, offset })
}

/// Returns the days to carry (24:00 is the next day) and the time. Invalid times count as missing.
fn time_of_day(c: &Captures<'_>) -> Option<(u64, NaiveTime)> {
    let hour: u32 = number(c, "h")?;
    let half = c.name("half").or_else(|| c.name("half2")).map_or("", |m| m.as_str());
    let half = half.replace('.', "").to_ascii_lowercase();
    let hour = match (half.as_str(), hour) {
        ("下午" | "午后" | "傍晚" | "pm", 0..12) | ("晚上" | "晚间" | "夜里" | "夜间", 5..12) | ("中午", 1..5) => hour + 12,
        // midnight: 12 AM, 凌晨12点; end of the day: 晚上12点
        ("上午" | "凌晨" | "早上" | "早晨" | "清晨" | "am", 12) => 0,
        ("晚上" | "晚间" | "夜里" | "夜间", 12) => 24,
        _ => hour,
    };
    let (minute, second) = (number(c, "mi")?, number(c, "s").unwrap_or(0));
    if hour == 24 {
        return NaiveTime::from_hms_opt(0, minute, 0).map(|t| (1, t));
    }
    NaiveTime::from_hms_opt(hour, minute, second.min(59)).map(|t| (0, t))
}

/// Parses `Z`, `+0800`, `GMT+8`, `CST` … In a source of that zone, `CST` is China Standard Time, not US Central.
fn zone_offset(zone: &str, clock: &Clock) -> Option<FixedOffset> {
    let upper = zone.trim().to_ascii_uppercase();
    if upper == "CST" {
        return Some(clock.zone.offset_from_utc_datetime(&clock.now.naive_utc()).fix());
    }
    if let Some(minutes) = worldwide::zone_minutes(&upper) {
        return FixedOffset::east_opt(minutes * 60);
    }
    let sign_at = upper.find(['+', '-'])?;
    let sign = if upper[sign_at..].starts_with('-') { -1 } else { 1 };
    let digits: String = upper[sign_at + 1..].chars().filter(char::is_ascii_digit).collect();
    let (h, m) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        3 | 4 => (digits[..digits.len() - 2].parse::<i32>().ok()?, digits[digits.len() - 2..].parse::<i32>().ok()?),
        _ => return None,
    };
    if h > 14 || m > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (h * 3600 + m * 60))
}

fn ago(c: &Captures<'_>, clock: &Clock) -> Option<DateMatch> {
    let n: u32 = number(c, "n")?;
    let amount = i64::from(n);
    let unit = c.name("unit")?.as_str();
    let (at, has_time) = match unit {
        "秒" => (clock.now - Duration::seconds(amount), true),
        "分钟" | "分" => (clock.now - Duration::minutes(amount), true),
        "小时" => (clock.now - Duration::hours(amount), true),
        "周" => (clock.now - Duration::days(amount * 7), false),
        "个月" => (clock.now.checked_sub_months(Months::new(n))?, false),
        _ => (clock.now - Duration::days(amount), false),
    };
    let local = at.with_timezone(&clock.zone);
    if has_time {
        return Some(DateMatch { at: local.with_timezone(&local.offset().fix()), has_time, offset: 0 });
    }
    Some(DateMatch { at: midnight(local.date_naive(), clock)?, has_time, offset: 0 })
}

fn near(c: &Captures<'_>, clock: &Clock) -> Option<DateMatch> {
    let today = clock.now.with_timezone(&clock.zone).date_naive();
    let back = match c.name("word")?.as_str() {
        "昨天" | "昨日" => 1,
        "前天" => 2,
        _ => 0,
    };
    finish(c, today.checked_sub_days(Days::new(back))?, clock)
}
