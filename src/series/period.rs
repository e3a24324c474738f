//! A cell → the period that it names.

use regex::Captures;

use crate::knowledge::SERIES;
use crate::model::Period;
use crate::series::fold::{MAX_CELL_CHARS, folded};

/// A period as a cell writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrittenPeriod {
    /// `None`: a heading or the rows above say it.
    pub(super) year: Option<i32>,
    pub(super) part: PartOfYear,
    /// Whether it begins with January: 1—10月, 上半年.
    pub(super) is_cumulative: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartOfYear {
    Day(u32, u32),
    Week(u32),
    Month(u32),
    Quarter(u32),
    Whole,
}

impl WrittenPeriod {
    /// Reads a cell.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_CELL_CHARS * 4 {
            return None;
        }
        let text = folded(text);
        SERIES.periods.iter().find_map(|p| p.captures(&text)).and_then(|c| Self::of(&c))
    }

    fn of(c: &Captures<'_>) -> Option<Self> {
        let number = |name: &str| c.name(name).and_then(|m| m.as_str().parse::<u32>().ok());
        let month = || c.name("m").map(|m| month_of(m.as_str()));
        let name = c.name("name").and_then(|n| month_named(n.as_str()));
        let part = if let Some(day) = number("d") {
            PartOfYear::Day(month()??, day)
        } else if let Some(week) = number("w") {
            PartOfYear::Week(week)
        } else if let Some(quarter) = c.name("q") {
            PartOfYear::Quarter(numeral(quarter.as_str())?)
        } else if c.name("half").is_some() {
            PartOfYear::Quarter(2)
        } else if c.name("three").is_some() {
            PartOfYear::Quarter(3)
        } else if c.name("whole").is_some() {
            PartOfYear::Quarter(4)
        } else if let Some(month) = month() {
            PartOfYear::Month(month?)
        } else if name.is_some() {
            PartOfYear::Month(name?)
        } else {
            PartOfYear::Whole
        };
        let is_cumulative = ["m1", "half", "three", "whole"].iter().any(|g| c.name(g).is_some());
        let written = Self { year: c.name("y").and_then(|y| y.as_str().parse().ok()), part, is_cumulative };
        // 2026-13 and 30 February are none
        written.in_year(2024).is_some().then_some(written)
    }

    /// Returns the period, in its own year or else in this one.
    pub(super) fn in_year(self, year: i32) -> Option<Period> {
        let year = self.year.unwrap_or(year);
        match self.part {
            PartOfYear::Day(month, day) => Period::day(year, month, day),
            PartOfYear::Week(week) => Period::week(year, week),
            PartOfYear::Month(month) => Period::month(year, month),
            PartOfYear::Quarter(quarter) => Period::quarter(year, quarter),
            PartOfYear::Whole => Period::year(year),
        }
    }

    /// Whether it is a year and nothing else.
    pub(super) fn is_year(self) -> bool {
        self.part == PartOfYear::Whole && self.year.is_some()
    }

    /// Its place in the year, to see where a column passes into the next one.
    pub(super) fn place(self) -> u32 {
        match self.part {
            PartOfYear::Day(month, day) => month * 32 + day,
            PartOfYear::Week(n) | PartOfYear::Month(n) | PartOfYear::Quarter(n) => n,
            PartOfYear::Whole => 0,
        }
    }
}

/// Returns the year in a heading or caption.
pub(super) fn heading_year(text: &str) -> Option<i32> {
    SERIES.heading_year.captures(text)?.name("y")?.as_str().parse().ok()
}

fn month_of(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| numeral(text))
}

/// Reads 3, 三, 十 or 十二.
fn numeral(text: &str) -> Option<u32> {
    const NUMERALS: &str = "一二三四五六七八九十";
    let one = |c: char| NUMERALS.chars().zip(1..).find(|(n, _)| *n == c).map(|(_, n)| n);
    let mut chars = text.chars();
    match (chars.next()?, chars.next()) {
        (c, None) => c.to_digit(10).or_else(|| one(c)),
        ('十', Some(c)) => Some(10 + one(c)?),
        _ => None,
    }
}

fn month_named(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    NAMES.iter().zip(1..).find(|(n, _)| **n == name).map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_tables_write_them() {
        let table = [
            ("2026年10月", "2026-10", false),
            ("2026-10", "2026-10", false),
            ("2026/10/1", "2026-10-01", false),
            ("2026-10-01T00:00:00", "2026-10-01", false),
            ("２０２６年１—１０月", "2026-10", true),
            ("2026年1-10月累计", "2026-10", true),
            ("1至9月", "2020-09", true),
            ("10月", "2020-10", false),
            ("十二月", "2020-12", false),
            ("三季度", "2020-Q3", false),
            ("2026年第3季度", "2026-Q3", false),
            ("Q3 2026", "2026-Q3", false),
            ("2026Q3", "2026-Q3", false),
            ("2026年上半年", "2026-Q2", true),
            ("前三季度", "2020-Q3", true),
            ("20261001", "2026-10-01", false),
            ("202610", "2026-10", false),
            ("Oct 2026", "2026-10", false),
            ("2026年第40周", "2026-W40", false),
            ("2026-W40", "2026-W40", false),
            ("2026", "2026", false),
            ("2026年度", "2026", false),
        ];
        for (text, code, is_cumulative) in table {
            let got = WrittenPeriod::read(text).map(|w| (w.in_year(2020).map(Period::code).unwrap_or_default(), w.is_cumulative));
            assert_eq!(got, Some((code.to_owned(), is_cumulative)), "{text}");
        }
        for text in ["", "12.3", "许昌", "2026-13", "2026-02-30", "13月", "2026年10月许昌", "1234567890", "5季度", "3", "12"] {
            assert_eq!(WrittenPeriod::read(text), None, "{text}");
        }
    }
}
