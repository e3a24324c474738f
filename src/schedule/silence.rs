//! Whether a source has gone quiet, judged by its own rhythm.
//!
//! The rule: take the newest days on which the source brought articles, and the gaps between them. It is quiet when the gap since
//! the last of them exceeds `1 + max(3 × median gap, 2 × long gap)` days, where only a tenth of the gaps are longer than the long
//! one. So a daily source is quiet on the fifth day without an article, a weekly one after 22 days, and one that brings bursts after
//! twice the usual break between them.
//!
//! - Saturdays and Sundays count only for a source that brings articles on them, holidays only for one that brought some on one.
//! - Few gaps prove little: below five of them the source has ten days at least, without any 22 (two weeks and a month of working days).
//!
//! The list that the first poll reads tells days of the past, so the gaps are known at once.

use chrono::NaiveDate;

use crate::schedule::{Calendar, DayKind};

/// Days with articles that count, the newest ones.
pub const MAX_DAYS: usize = 30;
/// With fewer gaps a source has at least [`FEW_GAPS_LIMIT`] days.
const FEW_GAPS: usize = 5;
const FEW_GAPS_LIMIT: u32 = 10;
/// For a source whose articles are all of one day.
const NO_GAPS_LIMIT: u32 = 22;
/// A source publishes on weekends if at least one in this many days with articles is a weekend.
const WEEKEND_SHARE: usize = 7;
/// Longest limit.
const MAX_LIMIT: u32 = 366;
/// Longer gaps are not counted day by day.
const MAX_GAP: usize = 1_000;

/// The days that count for a source.
struct CountedDays<'a> {
    calendar: &'a Calendar,
    weekends: bool,
    holidays: bool,
}

impl<'a> CountedDays<'a> {
    fn of(days: &[NaiveDate], calendar: &'a Calendar) -> Self {
        let count = |k| days.iter().filter(|d| calendar.day_kind(**d) == k).count();
        let weekends = count(DayKind::Weekend);
        Self { calendar, weekends: weekends > 0 && weekends * WEEKEND_SHARE >= days.len(), holidays: count(DayKind::Holiday) > 0 }
    }

    fn counts(&self, day: NaiveDate) -> bool {
        match self.calendar.day_kind(day) {
            DayKind::Working => true,
            DayKind::Weekend => self.weekends,
            DayKind::Holiday => self.holidays,
        }
    }

    /// Counts the days from one to a later one, including the later; at least one.
    fn between(&self, earlier: NaiveDate, later: NaiveDate) -> u32 {
        let days = earlier.iter_days().skip(1).take_while(|d| *d <= later).take(MAX_GAP);
        u32::try_from(days.filter(|d| self.counts(*d)).count()).unwrap_or(u32::MAX).max(1)
    }
}

/// Returns the first day on which a source with articles on these days (newest first) is quiet; `None` without days.
pub fn quiet_from(days: &[NaiveDate], calendar: &Calendar) -> Option<NaiveDate> {
    let newest = *days.first()?;
    let counted = CountedDays::of(days, calendar);
    let mut gaps: Vec<u32> =
        days.windows(2).filter_map(|w| w.first().zip(w.last())).map(|(later, earlier)| counted.between(*earlier, *later)).collect();
    gaps.sort_unstable();
    let limit = limit(&gaps).min(MAX_LIMIT);
    newest.iter_days().skip(1).filter(|d| counted.counts(*d)).nth(usize::try_from(limit).ok()?)
}

/// Returns the usual number of days without an article for these gaps, shortest first.
fn limit(gaps: &[u32]) -> u32 {
    let Some(median) = gaps.get(gaps.len() / 2) else { return NO_GAPS_LIMIT };
    let long = gaps.get(gaps.len() - 1 - gaps.len() / 10).unwrap_or(median);
    let usual = 1 + median.saturating_mul(3).max(long.saturating_mul(2));
    if gaps.len() < FEW_GAPS { usual.max(FEW_GAPS_LIMIT) } else { usual }
}

#[cfg(test)]
mod tests;
