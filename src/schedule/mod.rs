//! Issue days and times. Due times are computed from a given time and compared with the store; the scheduler crate only wakes the
//! loops, so a missed or doubled tick changes nothing.

pub mod poll_interval;
pub mod silence;

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// The days with an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// Monday to Friday, except holidays, plus make-up days.
    Workdays,
    Daily,
    Weekly(Weekday),
    /// The first working day from this day of the month on.
    Monthly(u32),
    /// Never by itself: somebody starts each issue.
    OnDemand,
}

impl Recurrence {
    /// Reads `workdays`, `daily`, `weekly-mon` … `weekly-sun` `monthly-1` … `monthly-28` or `on-demand`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "workdays" => Some(Self::Workdays),
            "daily" => Some(Self::Daily),
            "on-demand" => Some(Self::OnDemand),
            _ => match word.strip_prefix("monthly-") {
                Some(day) => day.parse().ok().filter(|d| (1..=28).contains(d)).map(Self::Monthly),
                None => word.strip_prefix("weekly-")?.parse().ok().map(Self::Weekly),
            },
        }
    }
}

/// Whether a day is a working day, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayKind {
    Working,
    Weekend,
    Holiday,
}

/// Days with an issue. Holidays and make-up days (调休) are listed, because the State Council decrees them each year.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Time zone of days and times.
    pub zone: Tz,
    pub days: Recurrence,
    /// No issue.
    pub holidays: Vec<NaiveDate>,
    /// An issue, although it is a weekend.
    pub makeup_workdays: Vec<NaiveDate>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: chrono_tz::Asia::Shanghai, days: Recurrence::Workdays, holidays: Vec::new(), makeup_workdays: Vec::new() }
    }
}

impl Calendar {
    pub fn has_issue(&self, day: NaiveDate) -> bool {
        match self.days {
            Recurrence::OnDemand => false,
            Recurrence::Daily => !self.holidays.contains(&day),
            Recurrence::Weekly(on) => day.weekday() == on && !self.holidays.contains(&day),
            Recurrence::Workdays => self.is_working_day(day),
            Recurrence::Monthly(from) => {
                let first = day.with_day(from).filter(|f| *f <= day);
                first.is_some_and(|f| f.iter_days().find(|d| self.is_working_day(*d)) == Some(day))
            }
        }
    }

    /// Returns the kind of a day: holidays and make-up days take precedence over weekdays.
    fn day_kind(&self, day: NaiveDate) -> DayKind {
        if self.holidays.contains(&day) {
            DayKind::Holiday
        } else if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.makeup_workdays.contains(&day) {
            DayKind::Weekend
        } else {
            DayKind::Working
        }
    }

    fn is_working_day(&self, day: NaiveDate) -> bool {
        self.day_kind(day) == DayKind::Working
    }

    /// Returns the date in this zone.
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }

    /// Returns the year whose make-up days are missing: it has begun or begins within five weeks, and only earlier years have
    /// some. A calendar without any never lacks them.
    pub fn lacks_year(&self, now: DateTime<Utc>) -> Option<i32> {
        let year = (self.today(now) + chrono::Duration::weeks(5)).year();
        let last = self.makeup_workdays.iter().map(Datelike::year).max()?;
        (last < year).then_some(year)
    }

    /// Returns the instant of a local time; if the clocks skip it, the first instant after.
    pub fn moment(&self, day: NaiveDate, at: NaiveTime) -> Option<DateTime<Utc>> {
        (0..4).find_map(|quarters| {
            let shifted = day.and_time(at) + chrono::Duration::minutes(30 * quarters);
            self.zone.from_local_datetime(&shifted).earliest().map(|t| t.with_timezone(&Utc))
        })
    }

    /// Returns the next issue at a local time, within about a year.
    pub fn next_moment(&self, at: NaiveTime, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let days = self.today(now).iter_days().take(400).filter(|d| self.has_issue(*d));
        days.filter_map(|d| self.moment(d, at)).find(|t| *t > now)
    }

    /// Returns the day whose draft is due now: today's time has passed by at most `catch_up`. Only the store knows whether it was
    /// made.
    pub fn due(&self, now: DateTime<Utc>, at: NaiveTime, catch_up: Duration) -> Option<NaiveDate> {
        let today = self.today(now);
        let due = self.moment(today, at)?;
        let late = chrono::Duration::from_std(catch_up).ok()?;
        (self.has_issue(today) && now >= due && now <= due + late).then_some(today)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_draft_is_due_at_half_past_seven_in_xuchang() {
        let c = Calendar::default();
        let at = NaiveTime::from_hms_opt(7, 30, 0).unwrap();
        let due = |t| c.due(utc(t), at, Duration::from_hours(4));
        assert_eq!(due("2026-11-23T23:29:59Z"), None, "07:29:59 on Tuesday");
        assert_eq!(due("2026-11-23T23:30:00Z"), Some(day("2026-11-24")));
        assert_eq!(due("2026-11-24T03:30:00Z"), Some(day("2026-11-24")), "four hours late, caught up");
        assert_eq!(due("2026-11-24T03:30:01Z"), None);
        assert_eq!(due("2026-11-28T00:00:00Z"), None, "Saturday");
    }

    #[test]
    fn holidays_and_make_up_days_come_before_the_week() {
        let c = Calendar { holidays: vec![day("2026-10-01")], makeup_workdays: vec![day("2026-10-10")], ..Calendar::default() };
        assert!(!c.has_issue(day("2026-10-01")), "Thursday, but National Day");
        assert!(c.has_issue(day("2026-10-10")), "Saturday, but worked");
        assert!(c.has_issue(day("2026-10-12")));
    }

    #[test]
    fn a_year_without_its_make_up_days_is_asked_for_in_time() {
        let c = Calendar { makeup_workdays: vec![day("2026-10-10")], ..Calendar::default() };
        assert_eq!(c.lacks_year(utc("2026-11-20T00:00:00Z")), None);
        assert_eq!(c.lacks_year(utc("2026-11-27T00:00:00Z")), Some(2027));
        assert_eq!(c.lacks_year(utc("2027-06-01T00:00:00Z")), Some(2027));
        assert_eq!(Calendar::default().lacks_year(utc("2027-06-01T00:00:00Z")), None, "one that knows no make-up days at all");
    }

    #[test]
    fn weekly_and_monthly_issues_come_on_their_days() {
        let on = |days: &str, day_: &str| {
            Calendar { days: Recurrence::parse(days).unwrap(), holidays: vec![day("2026-10-01")], ..Calendar::default() }.has_issue(day(day_))
        };
        assert!(on("weekly-fri", "2026-11-27") && !on("weekly-fri", "2026-11-26"));
        assert!(on("monthly-1", "2026-10-02") && !on("monthly-1", "2026-10-01") && !on("monthly-1", "2026-10-05"), "the first is a holiday");
        assert!(on("monthly-28", "2026-11-30"), "the 28th is a Saturday");
        assert_eq!(Recurrence::parse("monthly-31"), None);
    }

    #[test]
    fn clocks_that_skip_or_repeat_give_one_moment_a_day() {
        let c = Calendar { zone: chrono_tz::Europe::Berlin, ..Calendar::default() };
        let half_past_two = NaiveTime::from_hms_opt(2, 30, 0).unwrap();
        assert_eq!(c.moment(day("2026-03-29"), half_past_two), Some(utc("2026-03-29T01:00:00Z")), "skipped: 03:00");
        assert_eq!(c.moment(day("2026-10-25"), half_past_two), Some(utc("2026-10-25T00:30:00Z")), "twice: the first");
    }
}
