//! When a printed article is looked at again, and how many requests that may cost.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a printed article is looked at.
pub const WINDOW: TimeDelta = TimeDelta::days(60);

/// When articles are looked at again.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// Days after printing, ascending.
    pub days: &'a [u32],
    /// Whether other articles of the source changed: it is looked at in the middle too.
    pub often: bool,
}

impl Plan<'_> {
    /// Returns the first look after a moment; `None` if there is none left.
    pub fn next(&self, printed: DateTime<Utc>, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let whole = self.days.iter().map(|d| TimeDelta::days(i64::from(*d)));
        let halves = self.days.iter().filter(|_| self.often).map(|d| TimeDelta::hours(i64::from(*d) * 12));
        whole.chain(halves).filter(|d| *d <= WINDOW).map(|d| printed + d).filter(|at| *at > after).min()
    }
}

/// Returns how many requests may be made now: a share in per cent of the ordinary ones of the last day, less those made already.
pub fn allowance(ordinary: u64, again: u64, share: u32) -> u64 {
    (ordinary.saturating_mul(u64::from(share)) / 100).saturating_sub(again)
}
