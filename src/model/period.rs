//! The time that a figure is about: days, weeks, months, quarters and years.

use chrono::{Datelike as _, NaiveDate, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

/// How often a figure appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Frequency {
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Returns the word of `sources.toml` and of pages.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Day => "日",
            Self::Week => "周",
            Self::Month => "月",
            Self::Quarter => "季",
            Self::Year => "年",
        }
    }

    /// Parses the word of `sources.toml`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.chinese() == word)
    }

    /// Periods that an issue shows: a year and one more, or the last days.
    pub fn shown_periods(self) -> usize {
        match self {
            Self::Day | Self::Week => 10,
            Self::Month => 13,
            Self::Quarter => 9,
            Self::Year => 8,
        }
    }
}

/// The time that a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Period {
    Day(NaiveDate),
    /// ISO week, by the year it belongs to.
    Week(i32, u32),
    Month(i32, u32),
    Quarter(i32, u32),
    Year(i32),
}

/// Years that a figure may be about.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

impl Period {
    /// Returns a day; `None` if there is none such.
    pub fn day(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).filter(|_| YEARS.contains(&year)).map(Self::Day)
    }

    pub fn week(year: i32, week: u32) -> Option<Self> {
        let exists = YEARS.contains(&year) && NaiveDate::from_isoywd_opt(year, week, Weekday::Mon).is_some();
        exists.then_some(Self::Week(year, week))
    }

    pub fn month(year: i32, month: u32) -> Option<Self> {
        (YEARS.contains(&year) && (1..=12).contains(&month)).then_some(Self::Month(year, month))
    }

    pub fn quarter(year: i32, quarter: u32) -> Option<Self> {
        (YEARS.contains(&year) && (1..=4).contains(&quarter)).then_some(Self::Quarter(year, quarter))
    }

    pub fn year(year: i32) -> Option<Self> {
        YEARS.contains(&year).then_some(Self::Year(year))
    }

    pub fn frequency(self) -> Frequency {
        match self {
            Self::Day(_) => Frequency::Day,
            Self::Week(..) => Frequency::Week,
            Self::Month(..) => Frequency::Month,
            Self::Quarter(..) => Frequency::Quarter,
            Self::Year(_) => Frequency::Year,
        }
    }

    /// Returns the code that is stored: `2026-10-08`, `2026-W40`, `2026-10`, `2026-Q3`, `2026`. Codes of one frequency sort by time.
    pub fn code(self) -> String {
        match self {
            Self::Day(day) => day.format("%Y-%m-%d").to_string(),
            Self::Week(year, week) => format!("{year}-W{week:02}"),
            Self::Month(year, month) => format!("{year}-{month:02}"),
            Self::Quarter(year, quarter) => format!("{year}-Q{quarter}"),
            Self::Year(year) => year.to_string(),
        }
    }

    /// Reads a code.
    pub fn of_code(code: &str) -> Option<Self> {
        let Some((year, rest)) = code.split_once('-') else { return Self::year(code.parse().ok()?) };
        let year = year.parse().ok()?;
        if let Some(week) = rest.strip_prefix('W') {
            return Self::week(year, week.parse().ok()?);
        }
        if let Some(quarter) = rest.strip_prefix('Q') {
            return Self::quarter(year, quarter.parse().ok()?);
        }
        match rest.split_once('-') {
            Some((month, day)) => Self::day(year, month.parse().ok()?, day.parse().ok()?),
            None => Self::month(year, rest.parse().ok()?),
        }
    }

    /// Returns the period before.
    pub fn previous(self) -> Option<Self> {
        match self {
            Self::Day(day) => day.pred_opt().map(Self::Day),
            Self::Week(year, week) => {
                let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?.checked_sub_signed(TimeDelta::weeks(1))?.iso_week();
                Self::week(monday.year(), monday.week())
            }
            Self::Month(year, 1) => Self::month(year - 1, 12),
            Self::Month(year, month) => Self::month(year, month - 1),
            Self::Quarter(year, 1) => Self::quarter(year - 1, 4),
            Self::Quarter(year, quarter) => Self::quarter(year, quarter - 1),
            Self::Year(year) => Self::year(year - 1),
        }
    }

    /// Returns its last day.
    pub fn last_day(self) -> Option<NaiveDate> {
        let before = |year, month| NaiveDate::from_ymd_opt(year, month, 1)?.pred_opt();
        match self {
            Self::Day(day) => Some(day),
            Self::Week(year, week) => NaiveDate::from_isoywd_opt(year, week, Weekday::Sun),
            Self::Month(year, 12) | Self::Quarter(year, 4) | Self::Year(year) => NaiveDate::from_ymd_opt(year, 12, 31),
            Self::Month(year, month) => before(year, month + 1),
            Self::Quarter(year, quarter) => before(year, quarter * 3 + 1),
        }
    }

    /// Returns the same period of the year before; `None` for a 29 February.
    pub fn year_before(self) -> Option<Self> {
        match self {
            Self::Day(day) => Self::day(day.year() - 1, day.month(), day.day()),
            Self::Week(year, week) => Self::week(year - 1, week),
            Self::Month(year, month) => Self::month(year - 1, month),
            Self::Quarter(year, quarter) => Self::quarter(year - 1, quarter),
            Self::Year(year) => Self::year(year - 1),
        }
    }

    /// Returns 2026年10月, or 2026年1—10月 for a figure that adds up from January.
    pub fn chinese(self, is_cumulative: bool) -> String {
        match self {
            Self::Day(day) => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            Self::Week(year, week) => format!("{year}年第{week}周"),
            Self::Month(year, month) if is_cumulative && month > 1 => format!("{year}年1—{month}月"),
            Self::Month(year, month) => format!("{year}年{month}月"),
            Self::Quarter(year, 2) if is_cumulative => format!("{year}年上半年"),
            Self::Quarter(year, 3) if is_cumulative => format!("{year}年前三季度"),
            Self::Quarter(year, 4) if is_cumulative => format!("{year}年全年"),
            Self::Quarter(year, quarter) => {
                let word = match quarter {
                    1 => "一",
                    2 => "二",
                    3 => "三",
                    _ => "四",
                };
                format!("{year}年{word}季度")
            }
            Self::Year(year) => format!("{year}年"),
        }
    }

    /// Returns a name for an axis, short in all frequencies: 26/10.
    pub fn short(self) -> String {
        let of = |year: i32| year.rem_euclid(100);
        match self {
            Self::Day(day) => format!("{}/{}", day.month(), day.day()),
            Self::Week(_, week) => format!("{week}周"),
            Self::Month(year, month) => format!("{:02}/{month}", of(year)),
            Self::Quarter(year, quarter) => format!("{:02}/{quarter}季", of(year)),
            Self::Year(year) => year.to_string(),
        }
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.code()
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        Self::of_code(&code).ok_or_else(|| format!("{code:?} is no period"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_they_are_written_and_sort_by_time() {
        let table = ["2026-02-28", "2026-W53", "2026-10", "2026-Q3", "2026"];
        for code in table {
            assert_eq!(Period::of_code(code).map(Period::code).as_deref(), Some(code));
        }
        for wrong in ["2026-13", "2026-02-30", "2025-W53", "2026-Q5", "99", "", "-", "2026-W", "a-b-c"] {
            assert_eq!(Period::of_code(wrong), None, "{wrong}");
        }
        assert!(Period::month(2025, 12) < Period::month(2026, 1) && Period::month(2026, 9).unwrap().code() < Period::month(2026, 10).unwrap().code());
    }

    #[test]
    fn the_periods_before_cross_years() {
        let before = |code: &str| {
            let p = Period::of_code(code).unwrap();
            (p.previous().map(Period::code).unwrap_or_default(), p.year_before().map(Period::code).unwrap_or_default())
        };
        let table = [
            ("2026-01", "2025-12", "2025-01"),
            ("2026-Q1", "2025-Q4", "2025-Q1"),
            ("2026-W01", "2025-W52", "2025-W01"),
            ("2027-W01", "2026-W53", "2026-W01"),
            ("2026-03-01", "2026-02-28", "2025-03-01"),
            ("2024-02-29", "2024-02-28", ""),
            ("2026", "2025", "2025"),
        ];
        for (code, previous, year) in table {
            assert_eq!(before(code), (previous.to_owned(), year.to_owned()), "{code}");
        }
    }
}
