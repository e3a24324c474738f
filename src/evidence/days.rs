//! Dates of a text, relative ones by the day of publication: 昨日, 去年, 11月20日.

use std::ops::Range;

use chrono::{Datelike as _, NaiveDate, TimeDelta};
use regex::Captures;

use crate::evidence::folded::Folded;
use crate::knowledge::{Fixed, SENTENCES};

/// A part of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The first months: 一季度, 上半年, 前三季度, 1至10月.
    Until(u32),
    /// 二季度 to 四季度.
    Quarter(u32),
    /// 下半年.
    SecondHalf,
}

impl Part {
    /// Whether both may mean the same: 三季度 is also said of all three.
    fn agrees(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::Quarter(q), Self::Until(m)) | (Self::Until(m), Self::Quarter(q)) if m == 3 * q)
    }
}

/// A date, as far as it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) letters: Range<usize>,
    year: Option<i32>,
    month: Option<u32>,
    of_month: Option<u32>,
    /// A part of the year.
    part: Option<Part>,
    /// 昨日, but the day of publication is unknown.
    is_open: bool,
}

impl Day {
    /// Whether an article's date supports this one: it says all that this one says.
    pub(super) fn is_supported_by(&self, other: &Self) -> bool {
        let agrees = |mine: Option<u32>, theirs: Option<u32>| mine.is_none() || mine == theirs;
        let same_year = self.year.is_none() || other.year.is_none() || self.year == other.year;
        other.is_open
            || self.is_open
            || (same_year && agrees(self.month, other.month) && agrees(self.of_month, other.of_month) && self.part_agrees(other))
    }

    fn part_agrees(&self, other: &Self) -> bool {
        self.part.is_none_or(|mine| other.part.is_some_and(|theirs| mine.agrees(theirs)))
    }

    /// Returns year, month and part of the year, without the day.
    pub(super) fn period(&self) -> (Option<i32>, Option<u32>, Option<Part>) {
        (self.year, self.month, self.part)
    }

    /// Whether it is the day of publication, or its month or year.
    pub(super) fn is_of(&self, published: Option<NaiveDate>) -> bool {
        let Some(date) = published else { return false };
        let agrees = |mine: Option<u32>, theirs: u32| mine.is_none_or(|m| m == theirs);
        self.part.is_none() && self.year.is_none_or(|y| y == date.year()) && agrees(self.month, date.month()) && agrees(self.of_month, date.day())
    }

    /// Whether both say the same kind of date, so that one may stand in place of the other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.of_month.is_some() && other.of_month.is_some())
            || (self.part.is_some() && other.part.is_some())
            || (self.month.is_some() && other.month.is_some())
            || (self.year.is_some() && other.year.is_some())
    }
}

static DATE: Fixed = Fixed::new(
    r"(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})|(?:(?P<y5>(?:19|20)\d\d|今|去|上)年)?(?:1月?(?:份)?[-—–~～至到]+(?P<until>1[0-2]|[2-9])月(?:份)?|前(?P<first>1[0-2]|[2-9]|[二两三四五六七八九十])个?月|前(?P<quarters>[二两三23])个?季度)|(?:(?P<y2>(?:19|20)\d\d|今|去|明|前|上|当|本)年度?)?(?P<m2>1[0-2]|0?[1-9])月(?:份)?(?:(?P<d2>\d{1,2})[日号])?|(?P<y3>(?:19|20)\d\d)(?:年|财年)(?P<q3>第?[一二三四1-4]季度|[上下]半年)?|(?P<q>第?[一二三四1-4]季度|[上下]半年)|(?P<d4>\d{1,2})[日号]|(?P<word>今天|今日|昨天|昨日|前天|明天|明日|今年|去年|明年|前年|上年|本月|上月|上个月|下月|下个月)",
);

/// Returns the dates of a text. `month` is the one of 6日 before the text says any.
pub(super) fn days(text: &Folded, published: Option<NaiveDate>, mut month: Option<u32>) -> Vec<Day> {
    let mut out = Vec::new();
    for found in DATE.captures_iter(&text.text) {
        let is_part = found.get(0).and_then(|m| text.text.get(..m.start())).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()));
        let Some(mut day) = day(&found, published).filter(|_| !is_part) else { continue };
        day.letters = text.letters(found.get(0).map_or(0..0, |m| m.range()));
        // 20日至22日: the month is the one that was said last
        if day.month.is_some() {
            month = day.month;
        } else if day.of_month.is_some() {
            day.month = month;
        }
        out.push(day);
    }
    out
}

fn day(found: &Captures<'_>, published: Option<NaiveDate>) -> Option<Day> {
    let text = |names: &[&str]| names.iter().find_map(|n| found.name(n)).map(|m| m.as_str());
    let number = |names: &[&str]| text(names).and_then(|t| t.parse::<u32>().ok());
    if let Some(word) = text(&["word"]) {
        return relative(word, published);
    }
    let year = text(&["y", "y2", "y3", "y5"]).and_then(|y| y.parse().ok().or_else(|| year_of(y, published?.year())));
    let months = text(&["until", "first"]).and_then(count).or_else(|| text(&["quarters"]).and_then(count).map(|q| 3 * q));
    let part = months.map(Part::Until).or_else(|| text(&["q", "q3"]).map(part_of));
    let out = Day { year, month: number(&["m", "m2"]), of_month: number(&["d", "d2", "d4"]), part, ..Day::default() };
    out.of_month.is_none_or(|d| (1..=31).contains(&d)).then_some(out)
}

fn year_of(word: &str, this: i32) -> Option<i32> {
    Some(match word {
        "今" | "当" | "本" => this,
        "去" | "上" => this - 1,
        "明" => this + 1,
        "前" => this - 2,
        _ => return None,
    })
}

/// Returns a small number in either spelling.
fn count(word: &str) -> Option<u32> {
    let of_word = || "零一二三四五六七八九十".chars().position(|c| word == c.to_string() || (c == '二' && word == "两"));
    word.parse().ok().or_else(|| of_word().and_then(|n| u32::try_from(n).ok()))
}

fn part_of(word: &str) -> Part {
    let quarter = word.trim_start_matches('第').chars().next();
    match quarter {
        Some('一' | '1') => Part::Until(3),
        Some('二' | '2') => Part::Quarter(2),
        Some('三' | '3') => Part::Quarter(3),
        Some('四' | '4') => Part::Quarter(4),
        Some('上') => Part::Until(6),
        _ => Part::SecondHalf,
    }
}

fn relative(word: &str, published: Option<NaiveDate>) -> Option<Day> {
    let Some(date) = published else { return Some(Day { is_open: true, ..Day::default() }) };
    if let Some(days) = SENTENCES.days.get(word) {
        let date = date.checked_add_signed(TimeDelta::days(*days))?;
        return Some(Day { year: Some(date.year()), month: Some(date.month()), of_month: Some(date.day()), ..Day::default() });
    }
    if let Some(year) = word.strip_suffix('年') {
        return Some(Day { year: year_of(year, date.year()), ..Day::default() });
    }
    let first = NaiveDate::from_ymd_opt(date.year(), date.month(), 1)?;
    let moved = match word {
        "上月" | "上个月" => first.pred_opt()?,
        "下月" | "下个月" => first.checked_add_months(chrono::Months::new(1))?,
        _ => first,
    };
    Some(Day { year: Some(moved.year()), month: Some(moved.month()), ..Day::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_days_are_dates_of_the_article() {
        let published = NaiveDate::from_ymd_opt(2026, 12, 1);
        let one = |text: &str| days(&Folded::new(text), published, None).remove(0);
        for (mine, theirs, supported) in [
            ("11月30日", "昨日", true),
            ("11月29日", "昨日", false),
            ("2025年", "去年", true),
            ("2026年", "去年", false),
            ("11月", "11月20日", true),
            ("11月20日", "11月", false),
            ("11月20日", "2026-11-20", true),
            ("上半年", "上半年", true),
            ("上半年", "下半年", false),
            ("一季度", "第1季度", true),
            ("1至9月", "前三季度", true),
            ("1—9月", "前三季度", true),
            ("前10个月", "2026年1月至10月", true),
            ("前10月", "1-10月份", true),
            ("前三季度", "上半年", false),
            ("1至6月", "上半年", true),
            ("三季度", "前三季度", true),
            ("二季度", "三季度", false),
            ("11月", "上月", true),
        ] {
            assert_eq!(one(mine).is_supported_by(&one(theirs)), supported, "{mine} {theirs}");
        }
    }
}
