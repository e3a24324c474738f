//! Number, date and organiser of an issue, from its masthead, its imprint and the name of its file.

use chrono::{Datelike as _, Months, NaiveDate};

use super::line::han_number;
use crate::knowledge::{Fixed, OLD_ISSUES};
use crate::model::Series;
use crate::text::dates::{self, Clock};
use crate::text::normalize::{fold_width_and_case, is_han};

/// Longest line that tells number, date or organiser, in characters.
const MAX_LINE: usize = 60;
/// Months of a century.
const CENTURY: u32 = 1_200;

/// What an issue is called by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbering {
    /// 第…期 within the year.
    pub number: Option<u32>,
    /// 总第…期.
    pub total: Option<u32>,
    /// The year before the number; else that of the date.
    pub year: Option<i32>,
    pub series: Series,
    pub date: Option<NaiveDate>,
    /// A date after today; it cannot be that of an old issue.
    pub future_date: Option<NaiveDate>,
    /// The last number of a double issue: 第4、5期合刊.
    pub last_number: Option<u32>,
    /// 主办.
    pub organiser: Option<String>,
}

impl Numbering {
    /// Adds what a line says and no earlier line said.
    pub(super) fn add(&mut self, line: &str, clock: &Clock) {
        if line.chars().count() > MAX_LINE {
            return;
        }
        let folded: String = line.chars().map(fold_width_and_case).collect();
        let dense: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
        self.total = self.total.or_else(|| total(&dense));
        if self.number.is_none()
            && let Some(found) = number(&folded).or_else(|| other_number(&dense))
        {
            (self.number, self.last_number, self.series) = (Some(found.first), found.last, found.series);
            self.year = self.year.or_else(|| year(&dense));
        }
        self.date = self.date.or_else(|| date(&folded, clock));
        self.future_date =
            self.future_date.or_else(|| date(&folded, &later(clock)).filter(|d| *d > clock.now.with_timezone(&clock.zone).date_naive()));
        if self.organiser.is_none() {
            self.organiser = organiser(line);
        }
    }

    /// Fills what is missing from a file name, such as 2024年第3期.docx or 20240206.txt.
    pub(super) fn add_file_name(&mut self, name: &str, clock: &Clock) {
        let other = {
            let mut other = Self::default();
            other.add(name, clock);
            other
        };
        if self.number.is_none() {
            (self.number, self.last_number) = (other.number, other.last_number);
        }
        self.future_date = self.future_date.or(other.future_date);
        self.total = self.total.or(other.total);
        self.year = self.year.or(other.year);
        self.date = self.date.or(other.date).or_else(|| compact_date(name, clock));
    }

    /// Returns the year that the number counts in.
    pub fn year(&self) -> Option<i32> {
        self.year.or_else(|| self.date.map(|d| d.year()))
    }
}

/// Whether a line of the masthead says a number, a date or the organiser.
pub(super) fn tells(line: &str, clock: &Clock) -> bool {
    let mut numbering = Numbering::default();
    numbering.add(line, clock);
    numbering != Numbering::default()
}

fn total(dense: &str) -> Option<u32> {
    static TOTAL: Fixed = Fixed::new(
        r"总(?:期号?[:第]*([0-9一二三四五六七八九十百〇零○]{1,6})|第?([0-9一二三四五六七八九十百〇零○]{1,6})(?:[、,至和/~—–-]第?[0-9一二三四五六七八九十百〇零○]{1,6})?期)",
    );
    TOTAL.captures(dense).and_then(|c| han_number(c.get(1).or(c.get(2))?.as_str()))
}

/// A number as it is printed.
struct Found {
    first: u32,
    last: Option<u32>,
    series: Series,
}

/// Returns the number of 第3期 and 第4、5期合刊, but not that of 第二期工程.
fn number(folded: &str) -> Option<Found> {
    static NUMBER: Fixed = Fixed::new(
        r"(总|增刊)?\s*第\s*([0-9一二三四五六七八九十百〇零○]{1,5})\s*(?:期?\s*[、,至和/~—–-]+\s*第?\s*([0-9一二三四五六七八九十百〇零○]{1,5})\s*)?[期号](?:合刊)?",
    );
    let ends = |end: usize| folded.get(end..).and_then(|rest| rest.chars().next()).is_none_or(|c| !is_han(c) || c == '总');
    let is_number = |c: &regex::Captures<'_>| c.get(1).is_none_or(|m| m.as_str() != "总") && c.get(0).is_some_and(|m| ends(m.end()));
    let found = NUMBER.captures_iter(folded).find(is_number)?;
    let first = han_number(found.get(2)?.as_str())?;
    let last = found.get(3).and_then(|m| han_number(m.as_str())).filter(|last| *last > first);
    Some(Found { first, last, series: if found.get(1).is_some() { Series::Extra } else { Series::Regular } })
}

/// Returns the number of [2023]4号 and No.4, without 第.
fn other_number(dense: &str) -> Option<Found> {
    static OTHER: Fixed =
        Fixed::new(r"[\[〔(【](?:19|20)\d\d年?[\]〕)】]第?(\d{1,4})[号期]|(?:^|[^a-zA-Z])(?i:no)[.:]?(\d{1,4})(?:\D|$)|(?:19|20)\d\d年(\d{1,3})期");
    let found = OTHER.captures(dense)?;
    let first = found.get(1).or(found.get(2)).or(found.get(3))?.as_str().parse().ok()?;
    Some(Found { first, last: None, series: Series::Regular })
}

/// Returns the year before 第…期: 2024年第3期, 〔2024〕第3期, 二〇二四年第三期.
fn year(dense: &str) -> Option<i32> {
    static YEAR: Fixed =
        Fixed::new(r"((?:19|20)\d\d|[一二][〇零○九]?[〇零○一二三四五六七八九]{2,3})[年〕\])】）-]*(?:增刊)?(?:第|\d+[号期]|[nN][oO])");
    let year = YEAR.captures(dense).and_then(|c| han_number(c.get(1)?.as_str()))?;
    i32::try_from(year).ok().filter(|y| (1950..2100).contains(y))
}

/// Returns a clock by which dates of the next century are past.
fn later(clock: &Clock) -> Clock {
    Clock::new(clock.zone, clock.now.checked_add_months(Months::new(CENTURY)).unwrap_or(clock.now))
}

fn date(folded: &str, clock: &Clock) -> Option<NaiveDate> {
    let found = dates::find_dates(folded, clock).first().map(|d| d.at.date_naive());
    let dense: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    found.or_else(|| dates::find_dates(&dense, clock).first().map(|d| d.at.date_naive())).or_else(|| dates::in_numerals(&[dense], clock))
}

fn compact_date(name: &str, clock: &Clock) -> Option<NaiveDate> {
    static COMPACT: Fixed = Fixed::new(r"(?:^|\D)((?:19|20)\d{6})(?:\D|$)");
    let figures = COMPACT.captures(name)?.get(1)?.as_str();
    let date = NaiveDate::parse_from_str(figures, "%Y%m%d").ok()?;
    (date <= clock.now.date_naive()).then_some(date)
}

fn organiser(line: &str) -> Option<String> {
    let labelled = OLD_ISSUES.organiser_labels.iter().find_map(|label| {
        let rest = after_label(line, label).or_else(|| line.split_once(label).map(|(_, rest)| rest).filter(|rest| rest.starts_with(['：', ':'])))?;
        let name = rest.trim_start_matches(|c: char| c == '：' || c == ':' || c.is_whitespace());
        (!name.is_empty() && name.len() < rest.len()).then_some(name)
    });
    let name = |text: &str| text.split(|c: char| c.is_whitespace() || matches!(c, '；' | ';' | '，' | '（' | '(')).next().map(str::to_owned);
    if let Some(rest) = labelled {
        return name(rest).filter(|n| n.chars().count() >= 3);
    }
    // 甲市科技情报研究所主办 2024年2月6日
    line.split_whitespace().find_map(|word| {
        let name = OLD_ISSUES.organiser_ends.iter().find_map(|end| word.strip_suffix(end))?;
        (name.chars().count() >= 4).then(|| name.to_owned())
    })
}

/// Returns what follows a label at the start of a line, also one with blanks between its characters: 主　办：
fn after_label<'l>(line: &'l str, label: &str) -> Option<&'l str> {
    label.chars().try_fold(line, |rest, c| rest.trim_start().strip_prefix(c))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn of(line: &str) -> Numbering {
        let mut out = Numbering::default();
        out.add(line, &Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 8, 0, 0).unwrap()));
        out
    }

    #[test]
    fn numbers_are_read_in_every_spelling() {
        let numbers = |line| {
            let n = of(line);
            (n.number, n.total, n.year, n.series == Series::Extra)
        };
        assert_eq!(numbers("2024年第3期（总第 145 期）"), (Some(3), Some(145), Some(2024), false));
        assert_eq!(numbers("第 十二 期　总第一百零三期"), (Some(12), Some(103), None, false));
        assert_eq!(numbers("〔２０２４〕第５期"), (Some(5), None, Some(2024), false));
        assert_eq!(numbers("二〇二四年第六期"), (Some(6), None, Some(2024), false));
        assert_eq!(numbers("(总88期)"), (None, Some(88), None, false));
        assert_eq!(numbers("2024年增刊第1期"), (Some(1), None, Some(2024), true));
        assert_eq!(numbers("总期号：66"), (None, Some(66), None, false));
        assert_eq!(numbers("总10亿元的项目第二期工程"), (None, None, None, false));
        assert_eq!(numbers("第三季度产值增长"), (None, None, None, false));
    }

    #[test]
    fn numbers_of_double_issues_and_without_ordinals_are_read() {
        let numbers = |line| {
            let n = of(line);
            (n.number, n.last_number, n.year)
        };
        assert_eq!(numbers("2023年第4、5期合刊"), (Some(4), Some(5), Some(2023)));
        assert_eq!(of("第4期（总第104、105期合刊）").total, Some(104));
        assert_eq!(numbers("第4-5期"), (Some(4), Some(5), None));
        assert_eq!(numbers("第4期、第5期合刊"), (Some(4), Some(5), None));
        assert_eq!(numbers("[2023]4号"), (Some(4), None, Some(2023)));
        assert_eq!(numbers("〔2023〕第4号"), (Some(4), None, Some(2023)));
        assert_eq!(numbers("No.4"), (Some(4), None, None));
        assert_eq!(numbers("2023年 NO. 12 总第40期"), (Some(12), None, Some(2023)));
        assert_eq!(numbers("piano.4"), (None, None, None));
        assert_eq!((of("2093年6月8日").date, of("2093年6月8日").future_date), (None, NaiveDate::from_ymd_opt(2093, 6, 8)));
    }

    #[test]
    fn date_and_organiser_are_read_from_one_line() {
        let n = of("甲市科学技术情报研究所主办　　2024年2月6日");
        assert_eq!((n.organiser.as_deref(), n.date), (Some("甲市科学技术情报研究所"), NaiveDate::from_ymd_opt(2024, 2, 6)));
        let n = of("主办单位：乙县科技信息中心　编辑：编辑部");
        assert_eq!((n.organiser.as_deref(), n.date), (Some("乙县科技信息中心"), None));
        assert_eq!(of("二〇二四年二月六日").date, NaiveDate::from_ymd_opt(2024, 2, 6));
        assert_eq!(of("2024 年 2 月 6 日").date, NaiveDate::from_ymd_opt(2024, 2, 6));
        let mut named = Numbering::default();
        named.add_file_name(
            "快递2024年第7期_20240301.txt",
            &Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 8, 0, 0).unwrap()),
        );
        assert_eq!((named.number, named.year(), named.date), (Some(7), Some(2024), NaiveDate::from_ymd_opt(2024, 3, 1)));
    }
}
