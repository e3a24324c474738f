//! Figures over time (`kind = "series"`): their settings, periods, and what an issue prints of them.

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

/// Which column, or which table of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Counted from 1.
    Number(usize),
    /// Its name, or words of it.
    Name(String),
}

/// Largest number of a column or table; larger ones are names, such as years.
const MAX_CHOICE: usize = 500;

impl Choice {
    /// Reads a number or name; `None` if it is empty or 0.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse::<usize>() {
            Ok(0) => None,
            Ok(n) if n <= MAX_CHOICE => Some(Self::Number(n)),
            _ => (!text.is_empty()).then(|| Self::Name(text.to_owned())),
        }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Where a figure stands in its document, and what it is. What is `None` is found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeriesSettings {
    /// Name of the figure; default: the source's.
    pub name: Option<String>,
    /// Path of the rows in a JSON document.
    pub rows: Option<String>,
    pub table: Option<Choice>,
    /// A cell that the rows have: a region, an indicator.
    pub row: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    pub period: Option<Choice>,
    pub value: Option<Choice>,
    pub unit: Option<String>,
    pub frequency: Option<Frequency>,
    /// Whether the figures add up from January (累计).
    pub cumulative: Option<bool>,
    /// Decimals that are printed.
    pub decimals: Option<u8>,
    /// Largest plausible change in percent, or in percentage points for a rate; `None`: 30, or 10.
    pub jump: Option<f64>,
    /// 口径: another text begins anew, without comparing with what was stored before.
    pub basis: Option<String>,
}

/// A difference between two periods.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FigureChange {
    Percent(f64),
    /// Between rates.
    Points(f64),
}

impl FigureChange {
    pub fn value(self) -> f64 {
        match self {
            Self::Percent(n) | Self::Points(n) => n,
        }
    }

    /// Returns 增长 4.5%, 下降 1.2%, 上升 0.3 个百分点 or 持平, with one decimal.
    pub fn chinese(self) -> String {
        let size = printed(self.value().abs(), 1);
        if size == "0.0" {
            return "持平".to_owned();
        }
        let grows = self.value() > 0.0;
        match self {
            Self::Percent(_) => format!("{} {size}%", if grows { "增长" } else { "下降" }),
            Self::Points(_) => format!("{} {size} 个百分点", if grows { "上升" } else { "下降" }),
        }
    }

    /// Returns the cell of a table: 4.5%, -1.2%, 0.3 个百分点.
    pub fn cell(self) -> String {
        let size = printed(self.value(), 1);
        let size = if size == "-0.0" { "0.0".to_owned() } else { size };
        match self {
            Self::Percent(_) => format!("{size}%"),
            Self::Points(_) => format!("{size} 个百分点"),
        }
    }
}

/// Returns a number with these decimals.
pub fn printed(value: f64, decimals: u8) -> String {
    format!("{value:.*}", usize::from(decimals))
}

/// A period with its figure, as it is printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    pub period: Period,
    pub value: f64,
    pub decimals: u8,
    /// 同比.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_year: Option<FigureChange>,
    /// 环比.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_previous: Option<FigureChange>,
}

impl FigureRow {
    pub fn printed(&self) -> String {
        printed(self.value, self.decimals)
    }
}

/// Rows of the table in an issue.
const TABLE_ROWS: usize = 7;

/// The last figures of a series, as an issue prints them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub name: String,
    /// Empty: none.
    pub unit: String,
    pub cumulative: bool,
    /// Who publishes them.
    pub publisher: String,
    /// Oldest first.
    pub rows: Vec<FigureRow>,
}

impl Figures {
    /// Returns the word for a change against the period before.
    pub fn previous_word(frequency: Frequency) -> &'static str {
        if frequency == Frequency::Day { "较上期" } else { "环比" }
    }

    /// Returns the caption: 发制品出口额（亿元）.
    pub fn caption(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{}（{}）", self.name, self.unit) }
    }

    /// Returns the table that an issue prints: the newest rows, because the chart shows the others.
    pub fn short_table(&self) -> Vec<Vec<String>> {
        let rows = self.rows.iter().skip(self.rows.len().saturating_sub(TABLE_ROWS)).cloned().collect();
        Self { rows, ..self.clone() }.table()
    }

    /// Returns the heads and rows of a table, newest first. Columns without any entry are left out.
    pub fn table(&self) -> Vec<Vec<String>> {
        let has_year = self.rows.iter().any(|r| r.on_year.is_some());
        let has_previous = self.rows.iter().any(|r| r.on_previous.is_some());
        let cells = |first: String, value: String, year: String, previous: String| {
            let more = [has_year.then_some(year), has_previous.then_some(previous)];
            [first, value].into_iter().chain(more.into_iter().flatten()).collect::<Vec<String>>()
        };
        let head = if self.unit.is_empty() { "数值".to_owned() } else { self.unit.clone() };
        let words = |c: Option<FigureChange>| c.map_or_else(|| "—".to_owned(), FigureChange::cell);
        let rows = self.rows.iter().rev().map(|r| cells(r.period.chinese(self.cumulative), r.printed(), words(r.on_year), words(r.on_previous)));
        let previous = self.rows.first().map_or("环比", |r| Self::previous_word(r.period.frequency()));
        std::iter::once(cells("时间".to_owned(), head, "同比".to_owned(), previous.to_owned())).chain(rows).collect()
    }

    /// Returns the text alternative of the chart.
    pub fn alt(&self) -> String {
        let Some((first, last)) = self.rows.first().zip(self.rows.last()) else { return self.caption() };
        let by_value = |a: &&FigureRow, b: &&FigureRow| a.value.total_cmp(&b.value);
        let told = |r: &FigureRow| format!("{} {}", r.period.chinese(self.cumulative), r.printed());
        let extremes = self.rows.iter().max_by(by_value).zip(self.rows.iter().min_by(by_value));
        let extremes = extremes.map(|(high, low)| format!("，最高 {}，最低 {}", told(high), told(low))).unwrap_or_default();
        format!("{}走势图：从 {} 到 {}{extremes}", self.caption(), told(first), told(last))
    }

    /// Returns the line below the chart.
    pub fn source_line(&self) -> String {
        if self.publisher.is_empty() { String::new() } else { format!("数据来源：{}", self.publisher) }
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

    #[test]
    fn changes_have_the_right_words() {
        use FigureChange::{Percent, Points};
        let table = [
            (Percent(4.52), "增长 4.5%", "4.5%"),
            (Percent(-1.2), "下降 1.2%", "-1.2%"),
            (Percent(-0.04), "持平", "0.0%"),
            (Points(0.31), "上升 0.3 个百分点", "0.3 个百分点"),
            (Points(-2.0), "下降 2.0 个百分点", "-2.0 个百分点"),
        ];
        for (change, words, cell) in table {
            assert_eq!((change.chinese().as_str(), change.cell().as_str()), (words, cell));
        }
    }
}
