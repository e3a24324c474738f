//! 来源 and date of an item: a line of its own, or brackets at the end of its text.

use chrono::NaiveDate;

use crate::knowledge::OLD_ISSUES;
use crate::text::dates::{self, Clock};

/// Longest line that only tells 来源 and date, in characters.
const MAX_LINE: usize = 60;
/// Longest name without a mark before it.
const MAX_NAME: usize = 12;

/// Where an item was published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) publisher: String,
    pub(super) date: Option<NaiveDate>,
}

/// Reads a line that tells nothing else: 来源：甲日报 2024-02-06, （摘自《甲日报》，2月6日）, 甲日报 2024-02-06.
pub(super) fn of_line(line: &str, clock: &Clock) -> Option<Origin> {
    let line = line.trim();
    if line.chars().count() > MAX_LINE || line.contains('。') {
        return None;
    }
    let inner = line.strip_prefix(['（', '(', '【', '[']).and_then(|l| l.strip_suffix(['）', ')', '】', ']'])).unwrap_or(line).trim();
    labelled(inner, clock).or_else(|| unlabelled(inner, clock))
}

/// Splits 来源 in brackets off the end of a paragraph: …投产。（来源：甲日报）
pub(super) fn at_end<'a>(paragraph: &'a str, clock: &Clock) -> Option<(&'a str, Origin)> {
    let open = paragraph.rfind(['（', '(', '【', '['])?;
    let (text, bracket) = paragraph.split_at_checked(open)?;
    let closed = bracket.trim_end_matches('。').trim_end();
    let inner = closed.strip_prefix(['（', '(', '【', '['])?.strip_suffix(['）', ')', '】', ']'])?;
    if inner.chars().count() > MAX_LINE || text.trim().is_empty() {
        return None;
    }
    Some((text.trim_end(), labelled(inner.trim(), clock)?))
}

fn labelled(text: &str, clock: &Clock) -> Option<Origin> {
    let verb = OLD_ISSUES.publisher_verbs.iter().find_map(|verb| text.strip_prefix(verb));
    let label = OLD_ISSUES.publisher_labels.iter().filter_map(|label| text.strip_prefix(label)).min_by_key(|rest| rest.len());
    let rest = label.or(verb)?;
    let origin = origin(rest.trim_start_matches(|c: char| matches!(c, '：' | ':' | '于') || c.is_whitespace()), clock);
    let is_sure =
        rest.starts_with(['：', ':', '《', ' ']) || origin.publisher.chars().count() <= MAX_NAME && (verb.is_none() || ends_as_report(rest));
    (is_sure && !origin.publisher.is_empty() && !origin.publisher.contains(['，', '、', '；'])).then_some(origin)
}

fn ends_as_report(text: &str) -> bool {
    OLD_ISSUES.publisher_ends.end(text)
}

/// Reads a name and a full date without a label.
fn unlabelled(text: &str, clock: &Clock) -> Option<Origin> {
    let origin = origin(text, clock);
    let length = origin.publisher.chars().count();
    (origin.date.is_some() && (2..=MAX_NAME).contains(&length) && !origin.publisher.contains(['，', '；', '：', ' '])).then_some(origin)
}

fn origin(text: &str, clock: &Clock) -> Origin {
    let is_date = |c: char| {
        c.is_ascii_digit() || matches!(c, '年' | '月' | '日' | '-' | '/' | '.' | ':' | ' ' | '，' | ',' | '、' | '第' | '版' | '\t' | '（' | '）')
    };
    let date = dates::find_dates(text, clock).first().map(|d| d.at.date_naive());
    let figures = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(figures).unwrap_or((text, ""));
    // a date behind the name, or before it
    let name = if rest.chars().all(is_date) { name } else { text };
    let name = name.trim_start_matches(is_date).trim_end_matches(is_date);
    let name = OLD_ISSUES.publisher_ends.iter().find_map(|end| name.strip_suffix(end).filter(|n| n.chars().count() >= 2)).unwrap_or(name);
    let name = name.trim();
    let bare = name.strip_prefix('《').and_then(|n| n.strip_suffix('》')).unwrap_or(name);
    Origin { publisher: bare.trim().to_owned(), date }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn clock() -> Clock {
        Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 8, 0, 0).unwrap())
    }

    #[test]
    fn lines_of_origin_are_read() {
        let of = |line| of_line(line, &clock()).map(|o| (o.publisher, o.date.map(|d| d.to_string())));
        let found = |name: &str, date: Option<&str>| Some((name.to_owned(), date.map(str::to_owned)));
        assert_eq!(of("来源：甲日报 2024-02-06"), found("甲日报", Some("2024-02-06")));
        assert_eq!(of("（摘自《甲日报》，2024年2月6日）"), found("甲日报", Some("2024-02-06")));
        assert_eq!(of("（信息来源：甲县政府网站）"), found("甲县政府", None));
        assert_eq!(of("甲日报 2024-02-06"), found("甲日报", Some("2024-02-06")));
        assert_eq!(of("2024-02-06 甲日报"), found("甲日报", Some("2024-02-06")));
        assert_eq!(of("据新华社报道"), found("新华社", None));
        for none in
            ["据了解，甲县已有企业三家，产值增长", "甲县建成产业园", "来自产业园的调查", "据此施策", "来源", "2024-02-06", "据统计，甲县产值增长。"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn origin_in_brackets_is_split_off_a_paragraph() {
        let found = at_end("甲县投产。（来源：甲日报）", &clock()).unwrap();
        assert_eq!((found.0, found.1.publisher.as_str()), ("甲县投产。", "甲日报"));
        assert!(at_end("甲县投产（以下简称项目）。", &clock()).is_none());
        assert!(at_end("（来源：甲日报）", &clock()).is_none());
    }
}
