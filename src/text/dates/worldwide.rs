//! Dates in the words and orders of other languages: `1er août 2016`, `16. Februar 2013`, `05.11.2021`, `12/16/16`.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::Captures;

use crate::knowledge::DATES;
use crate::text::dates::{Clock, DateMatch, finish, number};
use crate::text::normalize::is_han;

/// Order of day and month in numeric dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `24/11/2026`
    DayMonth,
    /// `11/24/2026`
    MonthDay,
}

impl Order {
    /// Returns the order of a language, given as in `lang`. English is ambiguous: British and American usage differ.
    pub fn of_language(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
        match tag.split('-').next()? {
            "en" => match tag.split('-').nth(1)? {
                "us" => Some(Self::MonthDay),
                _ => Some(Self::DayMonth),
            },
            "de" | "fr" | "es" | "it" | "pt" | "nl" | "da" | "nb" | "no" | "fi" | "pl" | "cs" | "sk" | "ro" | "hr" | "tr" | "el" | "ru" | "uk"
            | "bg" | "id" | "vi" | "ca" | "ar" => Some(Self::DayMonth),
            _ => None,
        }
    }
}

/// Returns the month that a word names, in any language of the table.
pub(super) fn month(word: &str) -> Option<u32> {
    static MONTHS: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| {
        let lines = include_str!("../../data/dates/months.txt").lines().filter(|l| !l.starts_with('#'));
        lines.zip(1..).flat_map(|(line, n)| line.split(' ').map(move |name| (name, n))).collect()
    });
    MONTHS.get(word.to_lowercase().as_str()).copied()
}

/// Returns the offset of a zone from UTC in minutes, by the short name that servers write (RFC 822 §5.1, and the names of the tz database).
pub(super) fn zone_minutes(name: &str) -> Option<i32> {
    static ZONES: LazyLock<HashMap<&str, i32>> = LazyLock::new(|| {
        let lines = include_str!("../../data/dates/zones.txt").lines().filter(|l| !l.starts_with('#'));
        lines
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(minutes, names)| Some((minutes.parse().ok()?, names)))
            .flat_map(|(m, names): (i32, &str)| names.split(' ').map(move |n| (n, m)))
            .collect()
    });
    ZONES.get(name).copied()
}

/// Returns every such date of a folded text. Skips ambiguous numeric dates if no order is known.
pub(super) fn find(text: &str, clock: &Clock, order: Option<Order>) -> Vec<DateMatch> {
    let mut found: Vec<DateMatch> = Vec::new();
    // runs on every line with figures: most have no year beside a word, and no figures with separators
    if has_year(text) && text.chars().any(|c| c.is_alphabetic() && !is_han(c)) {
        for pattern in &DATES.named {
            found.extend(pattern.captures_iter(text).filter_map(|c| named(&c, clock)));
        }
    }
    if text.as_bytes().windows(2).any(|w| matches!(w, [b'0'..=b'9', b'.' | b'/' | b'-'])) {
        let figures = DATES.figures.captures_iter(text).filter(|c| has_no_adjoining_figures(text, c));
        found.extend(figures.filter_map(|c| in_figures(&c, clock, order)));
    }
    if text.contains("民") {
        found.extend(DATES.minguo.captures_iter(text).filter_map(|c| minguo(&c, clock)));
    }
    found
}

fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|w| matches!(w, [b'1', b'9', b'0'..=b'9', b'0'..=b'9'] | [b'2', b'0', b'0'..=b'9', b'0'..=b'9']))
}

/// Returns whether no figures adjoin a date.
pub(super) fn has_no_adjoining_figures(text: &str, c: &Captures<'_>) -> bool {
    let Some(m) = c.get(0) else { return false };
    let before = text.get(..m.start()).unwrap_or_default();
    let behind = text.get(m.end()..).unwrap_or_default();
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let joins = |c: Option<char>| c.is_some_and(|c| matches!(c, '.' | '/' | '-'));
    let (mut back, mut on) = (before.chars().rev(), behind.chars());
    let (last, first) = (back.next(), on.next());
    let left_over = digit(last) || digit(first) || joins(last) && digit(back.next()) || joins(first) && digit(on.next());
    !left_over
}

fn named(c: &Captures<'_>, clock: &Clock) -> Option<DateMatch> {
    finish(c, NaiveDate::from_ymd_opt(number(c, "y")?, month(c.name("mon")?.as_str())?, number(c, "d")?)?, clock)
}

fn in_figures(c: &Captures<'_>, clock: &Clock, order: Option<Order>) -> Option<DateMatch> {
    let (a, b): (u32, u32) = (number(c, "a")?, number(c, "b")?);
    let (sign, year): (&str, i32) = (c.name("p")?.as_str(), number(c, "y")?);
    let dotted = sign.starts_with('.');
    if sign == "-" && year < 100 {
        // `19-09-18`, as Chinese sites shorten 2019-09-18
        return finish(c, NaiveDate::from_ymd_opt(2000 + i32::try_from(a).ok()?, b, number(c, "y")?)?, clock);
    }
    let order = match (a, b) {
        (13.., _) => Order::DayMonth,
        (_, 13..) => Order::MonthDay,
        _ if dotted || a == b => Order::DayMonth,
        _ => order?,
    };
    let (day, month) = if order == Order::DayMonth { (a, b) } else { (b, a) };
    let year = if year >= 100 {
        year
    } else if year < 70 {
        2000 + year
    } else {
        1900 + year
    };
    finish(c, NaiveDate::from_ymd_opt(year, month, day)?, clock)
}

/// Parses Minguo years (民国), which count from 1912.
fn minguo(c: &Captures<'_>, clock: &Clock) -> Option<DateMatch> {
    finish(c, NaiveDate::from_ymd_opt(number::<i32>(c, "y")? + 1911, number(c, "m")?, number(c, "d")?)?, clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::dates::tests::clock;

    #[test]
    fn dates_of_other_languages_are_read() {
        let read = |text: &str, order| find(text, &clock(), order).first().map_or_else(String::new, |d| d.at.format("%F %R").to_string());
        for (text, expected) in [
            ("1er août 2016", "2016-08-01 00:00"),
            ("am 16. Februar 2013, 14:30 Uhr", "2013-02-16 14:30"),
            ("el 7 de noviembre de 2019", "2019-11-07 00:00"),
            ("15 августа 2016", "2016-08-15 00:00"),
            ("09.12.2021, 18:05 Uhr", "2021-12-09 18:05"),
            ("Posted 3/28/19 9:05pm", "2019-03-28 21:05"),
            ("21/02/2024", "2024-02-21 00:00"),
            ("发布时间：19-09-18", "2019-09-18 00:00"),
            ("中華民國109年6月3日", "2020-06-03 00:00"),
        ] {
            assert_eq!(read(text, None), expected, "{text}");
        }
        assert_eq!(read("04/05/2024", None), "", "day or month");
        assert_eq!(read("04/05/2024", Some(Order::DayMonth)), "2024-05-04 00:00");
        assert_eq!(read("04/05/2024", Order::of_language("en-US")), "2024-04-05 00:00");
        for text in ["10.0.19.41", "120.10.2021", "12.10.20217", "may 45 2021", "IP 12.11.21.9"] {
            assert_eq!(read(text, None), "", "{text}");
        }
    }
}
