//! Stories of one kind against the weeks before.

use serde::Serialize;

use crate::trends::Verdict;

/// Fewer earlier weeks are not compared.
pub const ENOUGH_WEEKS: usize = 3;
/// How far from the mean a count must be, besides being outside of the range: 1 against 0 in each week is no news.
const LEAST_DIFFERENCE: f64 = 2.0;

/// The stories of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CountRow {
    pub name: String,
    pub current: u32,
    /// Stories in as many days as each of the weeks has: of a week the same number, of a month its weekly mean.
    pub rate: f64,
    /// The weeks before that the archive has, oldest first.
    pub weeks: Vec<u32>,
    pub mean: f64,
    pub range: (f64, f64),
    /// Whether the rate is outside of the range.
    pub count: Verdict,
    /// `None` for all stories.
    pub share: Option<Share>,
}

/// The part of all stories.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Percent of the period's stories.
    pub current: f64,
    /// Percent of the stories of all weeks before.
    pub usual: f64,
    /// Whether the difference is more than chance gives.
    pub verdict: Verdict,
}

impl CountRow {
    /// Returns a row with mean, range and verdict.
    pub fn new(name: &str, current: u32, rate: f64, weeks: Vec<u32>, share: Option<Share>) -> Self {
        let number = |n: &u32| f64::from(*n);
        let length = f64::from(u32::try_from(weeks.len().max(1)).unwrap_or(u32::MAX));
        let mean = weeks.iter().map(number).sum::<f64>() / length;
        let range = (weeks.iter().map(number).reduce(f64::min).unwrap_or(0.0), weeks.iter().map(number).reduce(f64::max).unwrap_or(0.0));
        let count = match weeks.len() >= ENOUGH_WEEKS {
            false => Verdict::Unknown,
            true if rate > range.1 && rate - mean >= LEAST_DIFFERENCE => Verdict::More,
            true if rate < range.0 && mean - rate >= LEAST_DIFFERENCE => Verdict::Fewer,
            true => Verdict::Usual,
        };
        Self { name: name.to_owned(), current, rate, weeks, mean, range, count, share }
    }

    /// Returns the verdict if count and share agree in it.
    pub fn verdict(&self) -> Verdict {
        match self.share {
            Some(share) if share.verdict != self.count => Verdict::Usual,
            _ => self.count,
        }
    }

    /// Returns what count and share say, both if they differ; empty if there is nothing to say.
    pub fn words(&self) -> &'static str {
        use Verdict::{Fewer, More, Unknown, Usual};
        match (self.count, self.share.map_or(Unknown, |s| s.verdict)) {
            (More, More) => "偏多",
            (More, Usual) => "条数多，占比变化不明显",
            (More, Fewer) => "条数多，占比低",
            (More, Unknown) => "条数多",
            (Fewer, Fewer) => "偏少",
            (Fewer, Usual) => "条数少，占比变化不明显",
            (Fewer, More) => "条数少，占比高",
            (Fewer, Unknown) => "条数少",
            (Usual, More) => "条数平常，占比高",
            (Usual, Fewer) => "条数平常，占比低",
            (Usual, Usual | Unknown) | (Unknown, _) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(current: u32, weeks: &[u32], verdict: Verdict) -> CountRow {
        CountRow::new("食品", current, f64::from(current), weeks.to_vec(), Some(Share { current: 10.0, usual: 10.0, verdict }))
    }

    #[test]
    fn a_count_is_judged_by_the_range_beside_it() {
        let usual = [33, 37, 35, 34, 36, 33, 35, 37];
        for (current, told) in [(56, Verdict::More), (37, Verdict::Usual), (33, Verdict::Usual), (20, Verdict::Fewer)] {
            assert_eq!(row(current, &usual, Verdict::Usual).count, told, "{current}");
        }
        assert_eq!(row(1, &[0; 8], Verdict::Usual).count, Verdict::Usual, "one story is no news");
        assert_eq!(row(56, &[33, 37], Verdict::Usual).count, Verdict::Unknown, "two weeks");
        assert_eq!(row(3, &[0; 8], Verdict::Usual).count, Verdict::More, "empty weeks count");
    }

    #[test]
    fn both_are_said_if_they_differ() {
        let usual = [0, 1, 0, 2, 0, 1, 3, 0];
        assert_eq!((row(6, &usual, Verdict::More).words(), row(6, &usual, Verdict::More).verdict()), ("偏多", Verdict::More));
        assert_eq!((row(6, &usual, Verdict::Usual).words(), row(6, &usual, Verdict::Usual).verdict()), ("条数多，占比变化不明显", Verdict::Usual));
        assert_eq!(row(2, &usual, Verdict::Usual).words(), "");
        assert_eq!(row(6, &usual[..2], Verdict::Unknown).words(), "");
    }
}
