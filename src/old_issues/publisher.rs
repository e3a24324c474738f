//! 来源 and date of an item: a line of its own, or brackets at the end of its text.

use chrono::NaiveDate;

use crate::knowledge::{BYLINE, Fixed, Meaning, OLD_ISSUES};
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

/// Reads a line that tells nothing else: 来源：甲日报 2024-02-06, （摘自《甲日报》，2月6日）, 甲日报 2024-02-06, ——摘自《甲日报》.
pub(super) fn of_line(line: &str, clock: &Clock) -> Option<Origin> {
    static ADDRESS: Fixed = Fixed::new(r"(?:https?://|www\.)\S*");
    let line = ADDRESS.replace_all(line, "");
    let line = line.trim().trim_start_matches(['—', '-', '–']).trim_start();
    if line.chars().count() > MAX_LINE || line.contains('。') {
        return None;
    }
    let inner = in_brackets(line);
    let title = || inner.and_then(|i| i.strip_prefix('《')?.strip_suffix('》')).filter(|name| !name.contains(['《', '》']));
    let text = inner.unwrap_or(line);
    let named = || title().map(|name| Origin { publisher: name.trim().to_owned(), date: None });
    labelled(text, clock).or_else(|| unlabelled(text, clock)).or_else(named)
}

fn in_brackets(line: &str) -> Option<&str> {
    line.strip_prefix(['（', '(', '【', '[']).and_then(|l| l.strip_suffix(['）', ')', '】', ']'])).map(str::trim)
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
    // a day may precede the label
    let whole = text;
    let text = text.trim_start_matches(is_of_date);
    let verb = OLD_ISSUES.publisher_verbs.iter().find_map(|verb| text.strip_prefix(verb));
    let own = OLD_ISSUES.publisher_labels.iter().filter_map(|label| text.strip_prefix(label));
    let bylines =
        BYLINE.words(Meaning::Source).filter_map(|label| text.strip_prefix(label).filter(|rest| rest.trim_start().starts_with(['：', ':'])));
    let label = own.chain(bylines).min_by_key(|rest| rest.len());
    let rest = label.or(verb)?;
    let value = rest.trim_start_matches(|c: char| matches!(c, '：' | ':' | '于') || c.is_whitespace());
    let mut origin = origin(&OLD_ISSUES.publisher_end.replace(value, ""), clock);
    origin.date = date(whole, clock);
    let is_sure =
        rest.starts_with(['：', ':', '《', ' ']) || origin.publisher.chars().count() <= MAX_NAME && (verb.is_none() || ends_as_report(rest));
    let is_list = origin.publisher.contains('、');
    if is_list {
        origin.publisher = names(&origin.publisher)?;
    }
    let is_name = !origin.publisher.is_empty() && !origin.publisher.contains(['，', '；']);
    (is_name && (is_sure || is_list && ends_as_report(rest))).then_some(origin)
}

/// Returns several names without their brackets, if each is short: 《甲日报》、乙商报.
fn names(list: &str) -> Option<String> {
    let names: Vec<&str> = list.split('、').map(|n| n.trim().trim_start_matches('《').trim_end_matches('》')).collect();
    names.iter().all(|n| (2..=MAX_NAME).contains(&n.chars().count())).then(|| names.join("、"))
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
    let figures = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(figures).unwrap_or((text, ""));
    // a date behind the name, or before it
    let name = if rest.chars().all(is_of_date) { name } else { text };
    let name = name.trim_start_matches(is_of_date).trim_end_matches(is_of_date);
    let name = OLD_ISSUES.compilers.iter().find_map(|end| name.strip_suffix(end).filter(|n| n.contains('、'))).unwrap_or(name);
    let name = OLD_ISSUES.publisher_ends.iter().find_map(|end| name.strip_suffix(end).filter(|n| n.chars().count() >= 2)).unwrap_or(name);
    let name = name.trim();
    let bare = name.strip_prefix('《').and_then(|n| n.strip_suffix('》')).unwrap_or(name);
    Origin { publisher: bare.trim().to_owned(), date: date(text, clock) }
}

fn date(text: &str, clock: &Clock) -> Option<NaiveDate> {
    dates::find_dates(text, clock).first().map(|d| d.at.date_naive())
}

/// Whether a character occurs in a date, or in the page behind it.
fn is_of_date(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '年' | '月' | '日' | '-' | '/' | '.' | ':' | ' ' | '，' | ',' | '、' | '第' | '版' | '\t' | '（' | '）')
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
        assert_eq!(of("来源：新华社  发布时间：2023-03-17"), found("新华社", Some("2023-03-17")));
        assert_eq!(of("来源：新华社 2023-03-17 09:30 作者：张三"), found("新华社", Some("2023-03-17")));
        assert_eq!(of("信息来源：甲县政府网  http://www.example.com/2023/t20230317_12345.html"), found("甲县政府网", None));
        assert_eq!(of("（据新华社、甲日报综合整理）"), found("新华社、甲日报", None));
        assert_eq!(of("（来源：《甲日报》、《乙商报》）"), found("甲日报、乙商报", None));
        assert_eq!(of("——摘自2023年3月8日《甲日报》第3版"), found("甲日报", Some("2023-03-08")));
        assert_eq!(of("2023-03-08  来源：乙商报  浏览：123次"), found("乙商报", Some("2023-03-08")));
        assert_eq!(of("2023-03-08 稿件来源：乙商报 责任编辑：某某"), found("乙商报", Some("2023-03-08")));
        assert_eq!(of("（《甲日报》）"), found("甲日报", None));
        for none in [
            "据了解，甲县已有企业三家，产值增长",
            "甲县建成产业园",
            "来自产业园的调查",
            "据甲县、乙市的经验",
            "《甲日报》",
            "据此施策",
            "来源",
            "2024-02-06",
            "据统计，甲县产值增长。",
        ] {
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
