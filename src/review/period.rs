//! The period of a review: an ISO week or a calendar month.

use chrono::{DateTime, Datelike as _, Days, IsoWeek, Months, NaiveDate, NaiveTime, Utc, Weekday};

use crate::schedule::Calendar;

/// An ISO week or a calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewPeriod {
    /// Starts on this Monday.
    Week(NaiveDate),
    /// Starts on this first day.
    Month(NaiveDate),
}

impl ReviewPeriod {
    /// Returns the week of a day.
    pub fn week_of(day: NaiveDate) -> Self {
        Self::Week(day.week(Weekday::Mon).first_day())
    }

    /// Returns the month of a day.
    pub fn month_of(day: NaiveDate) -> Self {
        Self::Month(day.with_day(1).unwrap_or(day))
    }

    /// Reads `2026-W48` or `2026-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let year = (year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit())).then(|| year.parse().ok())??;
        let number = |digits: &str| (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse::<u32>().ok()).flatten();
        match rest.strip_prefix('W') {
            Some(week) => NaiveDate::from_isoywd_opt(year, number(week)?, Weekday::Mon).map(Self::Week),
            None => NaiveDate::from_ymd_opt(year, number(rest)?, 1).map(Self::Month),
        }
    }

    pub fn is_week(self) -> bool {
        matches!(self, Self::Week(_))
    }

    pub fn first_day(self) -> NaiveDate {
        match self {
            Self::Week(day) | Self::Month(day) => day,
        }
    }

    /// Returns the first day after it.
    pub fn day_after(self) -> NaiveDate {
        self.next().map_or(NaiveDate::MAX, Self::first_day)
    }

    pub fn last_day(self) -> NaiveDate {
        self.day_after().pred_opt().unwrap_or(NaiveDate::MAX)
    }

    pub fn next(self) -> Option<Self> {
        match self {
            Self::Week(day) => day.checked_add_days(Days::new(7)).map(Self::Week),
            Self::Month(day) => day.checked_add_months(Months::new(1)).map(Self::Month),
        }
    }

    pub fn previous(self) -> Option<Self> {
        match self {
            Self::Week(day) => day.checked_sub_days(Days::new(7)).map(Self::Week),
            Self::Month(day) => day.checked_sub_months(Months::new(1)).map(Self::Month),
        }
    }

    /// Returns 本周 or 本月.
    pub fn this(self) -> &'static str {
        if self.is_week() { "本周" } else { "本月" }
    }

    /// Returns 2026年第48周（11月23日—29日） or 2026年11月.
    pub fn label(self) -> String {
        let (first, last) = (self.first_day(), self.last_day());
        match self {
            Self::Week(day) => {
                let week: IsoWeek = day.iso_week();
                let month = if first.month() == last.month() { String::new() } else { format!("{}月", last.month()) };
                format!("{}年第{}周（{}月{}日—{month}{}日）", week.year(), week.week(), first.month(), first.day(), last.day())
            }
            Self::Month(day) => format!("{}年{}月", day.year(), day.month()),
        }
    }

    /// Returns its beginning and its end.
    pub fn moments(self, calendar: &Calendar) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        Some((calendar.moment(self.first_day(), NaiveTime::MIN)?, calendar.moment(self.day_after(), NaiveTime::MIN)?))
    }
}

impl std::fmt::Display for ReviewPeriod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Week(day) => write!(f, "{:04}-W{:02}", day.iso_week().year(), day.iso_week().week()),
            Self::Month(day) => write!(f, "{:04}-{:02}", day.year(), day.month()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written_alike() {
        for text in ["2026-W48", "2026-W01", "2026-W53", "2026-11", "2027-01"] {
            assert_eq!(ReviewPeriod::parse(text).unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "2026",
            "2026-W",
            "2026-W54",
            "2027-W53",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-W01",
            "2026-W+1",
            "２０２６-11",
            "9999999-W01",
            "2026-11-01",
        ] {
            assert_eq!(ReviewPeriod::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_week_may_lie_in_two_months_and_years() {
        let label = |text| ReviewPeriod::parse(text).unwrap().label();
        assert_eq!(label("2026-W48"), "2026年第48周（11月23日—29日）");
        assert_eq!(label("2026-W49"), "2026年第49周（11月30日—12月6日）");
        assert_eq!(label("2026-12"), "2026年12月");
        let new_year = ReviewPeriod::week_of("2027-01-02".parse().unwrap());
        assert_eq!((new_year.to_string(), new_year.next().unwrap().to_string()), ("2026-W53".to_owned(), "2027-W01".to_owned()));
        assert_eq!(ReviewPeriod::parse("2027-01").unwrap().previous().unwrap().to_string(), "2026-12");
    }

    #[test]
    fn it_begins_at_midnight_of_the_publication() {
        let (from, until) = ReviewPeriod::parse("2026-W48").unwrap().moments(&Calendar::default()).unwrap();
        assert_eq!((from.to_rfc3339(), (until - from).num_days()), ("2026-11-22T16:00:00+00:00".to_owned(), 7));
    }
}
