//! Poll intervals: from how often a source changes, limited by the site and the admin.
//!
//! Pure: time and chance are parameters.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// For a source without observations.
pub const DEFAULT_INTERVAL: Duration = Duration::from_mins(30);
/// Weight that an observation keeps with each newer one: about seven polls count.
const DECAY: f64 = 0.85;
/// Polls needed before the estimate is used.
const MIN_OBSERVATIONS: f64 = 3.0;
/// A poll later than this says nothing about the change rate, because we were not running.
const LONGEST_GAP: TimeDelta = TimeDelta::days(3);
/// Longest wait after failures.
const MAX_BACK_OFF: Duration = Duration::from_hours(24);
/// Random share of a back-off.
const BACK_OFF_JITTER: f64 = 0.25;
/// Longest wait for permitted hours.
const MAX_SKIP: i64 = 8 * 24;

/// Observed changes of a source; older polls fade.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ChangeRate {
    /// Successful polls.
    pub polls: f64,
    /// Polls with something new.
    pub changes: f64,
    /// Seconds between these polls.
    pub observed_seconds: f64,
    /// Time of the last change.
    pub last_new: Option<DateTime<Utc>>,
}

impl ChangeRate {
    /// Adds a successful poll.
    pub fn record(&mut self, last_look: Option<DateTime<Utc>>, now: DateTime<Utc>, changed: bool) {
        if let Some(since) = last_look.map(|l| now - l).filter(|d| *d > TimeDelta::zero() && *d <= LONGEST_GAP) {
            self.polls = self.polls * DECAY + 1.0;
            self.changes = self.changes * DECAY + f64::from(u8::from(changed));
            self.observed_seconds = self.observed_seconds * DECAY + since.as_seconds_f64();
        }
        if changed {
            self.last_new = Some(now);
        }
    }

    /// Returns changes per second. A poll sees at most one change, so the estimator corrects their share (Cho, Garcia-Molina,
    /// *Estimating Frequency of Change*, ACM TOIT 3(3), 2003).
    pub fn changes_per_second(&self) -> Option<f64> {
        if self.polls < MIN_OBSERVATIONS * DECAY * DECAY || self.observed_seconds <= 0.0 {
            return None;
        }
        let unchanged = self.polls - self.changes;
        let per_look = -((unchanged + 0.5) / (self.polls + 0.5)).ln();
        Some(per_look * self.polls / self.observed_seconds)
    }

    /// Returns the interval at which half of the polls find something new.
    pub fn interval(&self, floor: Duration, ceiling: Duration) -> Duration {
        let found = self.changes_per_second().map_or(DEFAULT_INTERVAL, |rate| {
            let seconds = std::f64::consts::LN_2 / rate.max(1e-9);
            Duration::try_from_secs_f64(seconds).unwrap_or(ceiling)
        });
        found.clamp(floor, ceiling)
    }
}

/// A document's own poll interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshHints {
    /// RSS `ttl`.
    pub ttl: Option<Duration>,
    /// RSS `skipHours`: bit n stands for hour n of the day, GMT.
    pub skip_hours: u32,
    /// RSS `skipDays`: bit 0 stands for Monday, GMT.
    pub skip_days: u8,
    /// `Cache-Control: max-age` minus `Age`.
    #[serde(rename = "fresh")]
    pub max_age: Option<Duration>,
}

impl RefreshHints {
    /// Returns the first permitted moment from `at` on; `at` itself if no hour is permitted.
    fn allowed(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let skipped =
            |t: DateTime<Utc>| self.skip_hours >> t.hour() & 1 == 1 || u32::from(self.skip_days) >> t.weekday().num_days_from_monday() & 1 == 1;
        let hour_start = at - TimeDelta::seconds(i64::from(at.minute()) * 60 + i64::from(at.second()));
        if !skipped(at) {
            return at;
        }
        (1..=MAX_SKIP).map(|h| hour_start + TimeDelta::hours(h)).find(|t| !skipped(*t)).unwrap_or(at)
    }
}

/// Limits of adaptive intervals.
#[derive(Debug, Clone, Copy)]
pub struct IntervalLimits {
    pub min: Duration,
    pub max: Duration,
}

/// Returns the next poll after an answer: by the fixed interval, or by change rate and refresh hints within limits.
pub fn next_poll(
    now: DateTime<Utc>,
    fixed: Option<Duration>,
    change_rate: &ChangeRate,
    refresh_hints: &RefreshHints,
    bounds: IntervalLimits,
) -> (DateTime<Utc>, Duration) {
    if let Some(interval) = fixed {
        return (now + to_time_delta(interval), interval);
    }
    let found = change_rate.interval(bounds.min, bounds.max);
    let interval = [refresh_hints.ttl, refresh_hints.max_age].into_iter().flatten().fold(found, Duration::max).min(bounds.max);
    (refresh_hints.allowed(now + to_time_delta(interval)), interval)
}

/// Returns the next poll after the nth failure in a row (from 1): the interval doubles each time, up to a day, plus a random
/// share (0–1).
pub fn back_off(interval: Duration, failures: u32, chance: f64) -> Duration {
    let doubled = interval.saturating_mul(1 << failures.saturating_sub(1).min(12));
    let cap = MAX_BACK_OFF.max(interval);
    doubled.min(cap.mul_f64(1.0 / (1.0 + BACK_OFF_JITTER))).mul_f64(1.0 + BACK_OFF_JITTER * chance.clamp(0.0, 1.0))
}

pub fn to_time_delta(d: Duration) -> TimeDelta {
    TimeDelta::from_std(d).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: IntervalLimits = IntervalLimits { min: Duration::from_mins(10), max: Duration::from_hours(12) };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// A source that changes at fixed times, polled as the crawl does.
    fn watch(change_every: TimeDelta, days: i64) -> (ChangeRate, usize, Duration) {
        let start = at("2026-11-01T00:00:00Z");
        let (mut r, mut now, mut last, mut looks, mut interval) = (ChangeRate::default(), start, None, 0, DEFAULT_INTERVAL);
        let mut seen = 0;
        while now < start + TimeDelta::days(days) {
            let changes = (now - start).num_seconds() / change_every.num_seconds();
            r.record(last, now, changes > seen);
            seen = changes;
            last = Some(now);
            interval = next_poll(now, None, &r, &RefreshHints::default(), BOUNDS).1;
            now += to_time_delta(interval);
            looks += 1;
        }
        (r, looks, interval)
    }

    #[test]
    fn busy_sources_are_looked_at_often_and_quiet_ones_seldom() {
        let (_, busy, busy_interval) = watch(TimeDelta::minutes(15), 10);
        let (_, daily, daily_interval) = watch(TimeDelta::hours(24), 30);
        let (_, _, dead_interval) = watch(TimeDelta::days(300), 60);
        assert!(busy_interval <= Duration::from_mins(20), "{busy_interval:?} after {busy} looks");
        assert!((Duration::from_hours(5)..=BOUNDS.max).contains(&daily_interval), "{daily_interval:?} after {daily} looks");
        assert_eq!(dead_interval, BOUNDS.max);
        assert!(daily < 30 * 48 / 4, "{daily} looks in a month, a fourth of every half hour");
    }

    #[test]
    fn a_source_that_wakes_up_is_noticed() {
        let (mut r, ..) = watch(TimeDelta::days(300), 60);
        let mut now = at("2027-01-01T00:00:00Z");
        let mut last = now - TimeDelta::hours(12);
        for _ in 0..12 {
            r.record(Some(last), now, true);
            last = now;
            now += to_time_delta(r.interval(BOUNDS.min, BOUNDS.max));
        }
        assert!(r.interval(BOUNDS.min, BOUNDS.max) < Duration::from_hours(4), "{:?}", r.interval(BOUNDS.min, BOUNDS.max));
    }

    #[test]
    fn the_admin_comes_first_then_the_site_then_the_rhythm() {
        let now = at("2026-11-24T00:00:00Z");
        let r = ChangeRate::default();
        let minutes = |fixed, w: RefreshHints| next_poll(now, fixed, &r, &w, BOUNDS).1.as_secs() / 60;
        let w = |ttl: Option<u64>, fresh: Option<u64>| RefreshHints {
            ttl: ttl.map(Duration::from_mins),
            max_age: fresh.map(Duration::from_mins),
            ..RefreshHints::default()
        };
        assert_eq!(minutes(None, w(None, None)), 30);
        assert_eq!(minutes(None, w(Some(60), None)), 60);
        assert_eq!(minutes(None, w(Some(60), Some(90))), 90);
        assert_eq!(minutes(None, w(None, Some(0))), 30);
        assert_eq!(minutes(None, w(Some(99_999), None)), 720, "no site puts us off for longer than the ceiling");
        assert_eq!(minutes(Some(Duration::from_mins(5)), w(Some(60), Some(90))), 5, "fixed is fixed");
    }

    #[test]
    fn hours_and_days_to_skip_are_skipped() {
        let now = at("2026-11-24T01:30:00Z"); // Tuesday
        let due = |hours: u32, days: u8| {
            next_poll(now, None, &ChangeRate::default(), &RefreshHints { skip_hours: hours, skip_days: days, ..RefreshHints::default() }, BOUNDS).0
        };
        assert_eq!(due(0, 0), at("2026-11-24T02:00:00Z"));
        assert_eq!(due(0b11100, 0), at("2026-11-24T05:00:00Z"), "02, 03 and 04 o'clock");
        assert_eq!(due(0, 0b10), at("2026-11-25T00:00:00Z"), "not on Tuesdays");
        assert_eq!(due(0x00ff_ffff, 0x7f), at("2026-11-24T02:00:00Z"), "a source that skips everything is looked at all the same");
    }

    #[test]
    fn failures_double_the_wait_up_to_a_day() {
        let half_hour = Duration::from_mins(30);
        let minutes = |n| back_off(half_hour, n, 0.0).as_secs() / 60;
        assert_eq!((minutes(1), minutes(2), minutes(3), minutes(5)), (30, 60, 120, 480));
        for n in 1..200 {
            for chance in [0.0, 0.5, 1.0] {
                let wait = back_off(half_hour, n, chance);
                assert!(wait >= half_hour && wait <= MAX_BACK_OFF, "{n} {wait:?}");
            }
        }
        assert!(back_off(half_hour, 4, 1.0) > back_off(half_hour, 4, 0.0));
        assert_eq!(back_off(Duration::from_hours(72), 1, 0.0).as_secs() / 3600, 57, "a source looked at twice a week is not hurried by failing");
    }

    proptest::proptest! {
        #[test]
        fn intervals_stay_within_bounds_whatever_is_observed(steps in proptest::collection::vec((1i64..1_000_000, proptest::bool::ANY), 0..60)) {
            let (mut r, mut now, mut last) = (ChangeRate::default(), at("2026-01-01T00:00:00Z"), None);
            for (seconds, changed) in steps {
                now += TimeDelta::seconds(seconds);
                r.record(last, now, changed);
                last = Some(now);
                let interval = r.interval(BOUNDS.min, BOUNDS.max);
                proptest::prop_assert!(interval >= BOUNDS.min && interval <= BOUNDS.max);
            }
        }
    }
}
