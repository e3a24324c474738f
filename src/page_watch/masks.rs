//! Lines as they are compared: without counters, tokens, clock times and the date of the look.

use chrono::{Datelike as _, NaiveDate};
use regex::Captures;

use crate::knowledge::{Fixed, PAGE_WATCH};
use crate::text::normalize::fold_width_and_case;

/// Characters before a date that may name it.
const LABEL_CHARS: usize = 14;

/// Stands for a date.
const DATE_MARK: &str = "\u{1}";

static THOUSANDS: Fixed = Fixed::new(r"(\d),(\d{3})");
static NO_CENTS: Fixed = Fixed::new(r"(\d)\.00(\D|$)");

/// What a date of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateRole {
    /// Named as a fact: a deadline, a term of office.
    Fact,
    /// Named as the time of the page.
    Page,
    /// The day of the look or the day before.
    Clock,
    /// Another day up to that of the look.
    Past,
    /// A page is not made in the future.
    Future,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Dated {
    text: String,
    role: DateRole,
}

impl Dated {
    /// Whether a date follows the clock: it was the day of the earlier look. One that only becomes today is news.
    fn says_the_same(&self, new: &Self) -> bool {
        use DateRole::*;
        self.text == new.text || matches!((self.role, new.role), (Page, Page) | (Clock, Clock | Past))
    }
}

/// A text as it is compared: half width, lower case, without blanks, and without what changes with every look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Masked {
    /// With every date.
    pub(super) dated: String,
    /// Without dates of the look.
    pub(super) undated: String,
    /// With a mark for each date.
    pub(super) skeleton: String,
    dates: Vec<Dated>,
}

impl Masked {
    /// `label` names the text: the head of its column. `day`: of the look.
    pub(super) fn of(text: &str, label: &str, day: NaiveDate) -> Self {
        let label = folded(label);
        let whole = if label.is_empty() { folded(text) } else { format!("{label}:{}", folded(text)) };
        if PAGE_WATCH.lines.is_match(&whole) {
            return Self::default();
        }
        let mut out = without_counters(&whole);
        // twice, because neighbouring groups share a figure
        for _ in 0..2 {
            out = THOUSANDS.replace_all(&out, "$1$2").into_owned();
        }
        out = NO_CENTS.replace_all(&out, "$1$2").into_owned();
        // a sign beside words is no value of its own once the words are gone
        let had_words = has_words(text);
        let cleaned = |text: &str| {
            let text = PAGE_WATCH.today.replace_all(text, "");
            // the label may have gone with its figure
            let rest = text.strip_prefix(label.as_str()).filter(|_| !label.is_empty()).unwrap_or(&text).trim_start_matches(':');
            // the name of a date that is gone says nothing
            let only_names_it = rest.len() < out.len() && rest.ends_with(':') && rest.chars().count() <= LABEL_CHARS;
            let says = has_words(rest) || !had_words && says_something(rest);
            if says && !only_names_it { rest.to_owned() } else { String::new() }
        };
        let undated = replaced_dates(&out, day, &mut |_, role| matches!(role, DateRole::Page | DateRole::Clock).then_some(""));
        let mut dates = Vec::new();
        let skeleton = replaced_dates(&out, day, &mut |text, role| {
            dates.push(Dated { text: text.to_owned(), role });
            Some(DATE_MARK)
        });
        let skeleton = PAGE_WATCH.today.replace_all(&skeleton, "").into_owned();
        Self { dated: cleaned(&out), undated: cleaned(&undated), skeleton, dates }
    }

    /// Whether the text of an earlier look and one of a later look say the same.
    pub(super) fn says_the_same(&self, new: &Self) -> bool {
        self.dated == new.dated
            || self.undated == new.undated
            || self.skeleton == new.skeleton
                && self.dates.len() == new.dates.len()
                && self.dates.iter().zip(&new.dates).all(|(old, new)| old.says_the_same(new))
    }

    /// Puts the cells of a row together.
    pub(super) fn joined(cells: &[Self]) -> Self {
        let join = |of: fn(&Self) -> &str| cells.iter().map(of).collect::<Vec<_>>().join("|");
        Self {
            dated: join(|c| &c.dated),
            undated: join(|c| &c.undated),
            skeleton: join(|c| &c.skeleton),
            dates: cells.iter().flat_map(|c| c.dates.iter().cloned()).collect(),
        }
    }
}

/// Whether two cells of two looks say the same.
pub(super) fn same_cell(old: Option<&Masked>, new: Option<&Masked>) -> bool {
    match (old, new) {
        (Some(a), Some(b)) => a.says_the_same(b),
        (a, b) => a.or(b).is_none_or(|m| m.undated.is_empty()),
    }
}

/// Whether a text has a letter or figure.
pub(super) fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether a text has a letter, a figure or a sign that a reader takes for a value: √, ●, ★★★.
pub(super) fn says_something(text: &str) -> bool {
    has_words(text) || PAGE_WATCH.signs.is_match(text)
}

/// Returns a text without the one sign before its words that decorates it.
pub(super) fn without_bullet(text: &str) -> &str {
    let trimmed = text.trim_start();
    let found = PAGE_WATCH.bullets.captures(trimmed);
    let bullet = found.as_ref().and_then(|f| f.name("shape").or_else(|| f.name("arrow")));
    bullet.and_then(|b| trimmed.get(b.end()..)).unwrap_or(text)
}

/// Removes tokens, ages and the counters of the page itself.
fn without_counters(whole: &str) -> String {
    let mut out = PAGE_WATCH.tokens.replace_all(whole, "").into_owned();
    for pattern in [&PAGE_WATCH.counters, &PAGE_WATCH.counted] {
        let (mut kept, mut end) = (String::with_capacity(out.len()), 0);
        for found in pattern.find_iter(&out) {
            let (before, behind) = (out.get(..found.start()).unwrap_or_default(), out.get(found.end()..).unwrap_or_default());
            if is_of_the_trade(before, found.as_str(), behind) {
                continue;
            }
            kept.push_str(out.get(end..found.start()).unwrap_or_default());
            end = found.end();
        }
        kept.push_str(out.get(end..).unwrap_or_default());
        out = kept;
    }
    PAGE_WATCH.ago.replace_all(&out, "").into_owned()
}

/// Whether a figure that reads like a counter is a fact: 年访问量, 关注 3 个领域, 12 万人次访问 within a sentence.
fn is_of_the_trade(before: &str, counter: &str, behind: &str) -> bool {
    let last = last_chars(before, LABEL_CHARS);
    if PAGE_WATCH.counter_of_page.is_match(last) {
        return false;
    }
    PAGE_WATCH.counter_of_trade.is_match(last)
        || PAGE_WATCH.counted_things.is_match(behind)
        || PAGE_WATCH.loose_counters.is_match(counter) && last.ends_with(char::is_alphabetic)
        // visits by the ten thousand, told in a sentence
        || counter.contains(['万', '亿']) && (before.contains(['。', ',', ';']) || behind.contains(['。', ',', ';']))
}

fn last_chars(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().nth(count.saturating_sub(1)).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// Folds width and case and drops blanks. Marks that are typed in two ways become one.
pub(super) fn folded(text: &str) -> String {
    let fold = |c: char| match fold_width_and_case(c) {
        '—' | '–' | '−' | '﹣' => '-',
        '“' | '”' | '「' | '」' => '"',
        '‘' | '’' => '\'',
        '、' | '､' => '、',
        '。' | '｡' => '。',
        '￥' => '¥',
        '·' | '•' | '・' => '·',
        c => c,
    };
    text.chars().filter(|c| *c == '\t' || !c.is_whitespace()).map(fold).collect()
}

/// Replaces dates with what belongs to them. `with` decides by the date and its role; `None`: it stays.
fn replaced_dates<'a>(text: &str, day: NaiveDate, with: &mut dyn FnMut(&str, DateRole) -> Option<&'a str>) -> String {
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for found in PAGE_WATCH.date.captures_iter(text) {
        let Some(whole) = found.get(0).filter(|m| m.start() >= end) else { continue };
        let before = last_chars(text.get(..whole.start()).unwrap_or_default(), LABEL_CHARS);
        let behind = text.get(whole.end()..).unwrap_or_default();
        let Some(instead) = with(whole.as_str(), role_of(before, behind, date_of(&found, day), day)) else { continue };
        out.push_str(text.get(end..whole.start()).unwrap_or_default());
        out.push_str(instead);
        end = whole.end() + PAGE_WATCH.after_date.find(behind).map_or(0, |m| m.end());
    }
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

/// Returns what a date is, by the text around it.
fn role_of(before: &str, behind: &str, date: Option<NaiveDate>, day: NaiveDate) -> DateRole {
    if PAGE_WATCH.deadlines.is_match(before) || PAGE_WATCH.facts_behind.is_match(behind) {
        return DateRole::Fact;
    }
    if PAGE_WATCH.date_labels.is_match(before) {
        return DateRole::Page;
    }
    match date.map(|d| (day - d).num_days()) {
        Some(0 | 1) => DateRole::Clock,
        Some(2..) => DateRole::Past,
        _ => DateRole::Future,
    }
}

fn date_of(found: &Captures<'_>, day: NaiveDate) -> Option<NaiveDate> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let text = |names: &[&str]| names.iter().find_map(|n| found.name(n)).map(|m| m.as_str());
    let number = |names: &[&str]| text(names).and_then(|t| t.parse::<u32>().ok());
    let named = || text(&["mon", "mon4"]).and_then(|t| MONTHS.iter().position(|m| *m == t)).and_then(|n| u32::try_from(n + 1).ok());
    let year = number(&["y", "y3", "y4"]).and_then(|y| i32::try_from(y).ok()).unwrap_or(day.year());
    NaiveDate::from_ymd_opt(year, number(&["m", "m2"]).or_else(named)?, number(&["d", "d2", "d3", "d4"])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        Masked::of(text, "", NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()).undated
    }

    #[test]
    fn what_changes_with_every_look_is_not_compared() {
        for line in [
            "今天是2026年11月30日 星期一 农历十月廿一",
            "访问量：12,345 次",
            "浏览次数（88）",
            "您是第 1024 位访客",
            "更新时间：2026-11-12 08:30",
            "2026/11/30 09:15:22",
            "版权所有 © 某公司",
            "豫ICP备05001234号-2",
            "本网站使用 Cookie，继续浏览即表示接受",
            "128 人看过",
            "3分钟前",
        ] {
            assert_eq!(key(line), "", "{line}");
        }
        assert_eq!(key("编号 9f86d081884c7d65"), "编号");
        assert_eq!(key("热轧卷板 阅读 233"), "热轧卷板");
    }

    #[test]
    fn facts_are_compared() {
        assert_eq!(key("截止日期：2026-11-30"), "截止日期:2026-11-30");
        assert_eq!(key("价格：１２,８００.00 元"), "价格:12800元");
        assert_eq!(key("同比 −3.2%"), "同比-3.2%");
        assert_eq!(key("营业时间 8:30-17:00"), "营业时间8:30-17:00");
        assert_eq!(key("统一社会信用代码 91411000MA3X4Y5Z6A"), "统一社会信用代码91411000ma3x4y5z6a");
        assert_eq!(key("开标时间 2026年12月15日"), "开标时间2026年12月15日");
    }

    #[test]
    fn the_head_of_a_column_tells_what_its_figures_are() {
        let of = |head: &str, cell: &str| Masked::of(cell, head, NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()).undated;
        assert_eq!((of("浏览量", "233"), of("价格", "233"), of("更新时间", "2026-11-02")), (String::new(), "233".to_owned(), String::new()));
        assert_eq!(of("截止日期", "2026-11-30"), "2026-11-30");
    }

    #[test]
    fn a_date_that_was_that_of_a_look_says_the_same_later() {
        let at = |text: &str, day: u32| Masked::of(text, "", NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
        assert!(at("2026-11-10 通知 阅读 3", 10).says_the_same(&at("2026-11-10 通知 阅读 9", 20)), "an old date stays");
        assert!(at("2026-11-10", 10).says_the_same(&at("2026-11-15", 20)), "a page made now and then");
        assert!(!at("2026-11-01 开会", 10).says_the_same(&at("2026-11-05 开会", 20)), "neither is that of a look");
        assert!(!at("受理至2026-11-10", 10).says_the_same(&at("受理至2026-11-28", 20)), "a date to come");
        assert!(!at("截止日期：2026-11-10", 10).says_the_same(&at("截止日期：2026-11-20", 20)));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9年月日:,.% -]{0,30}|\\PC{0,60}", label in "\\PC{0,10}") {
            Masked::of(&text, &label, NaiveDate::from_ymd_opt(2026, 11, 30).unwrap());
        }
    }
}
