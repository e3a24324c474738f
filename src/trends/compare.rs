//! Counts of a period against those of earlier periods: which are out of what chance gives.

use serde::Serialize;

use super::chance::{Count, excess_variance, expected};
use super::false_discovery::q_values;

/// Overdispersion that every count is taken to have, as much as `OWN` periods would tell: news is never as even as Poisson's.
const USUAL_OVERDISPERSION: f64 = 0.02;
const OWN: f64 = 4.0;
/// Fewer earlier periods tell nothing.
const MIN_PERIODS: usize = 3;
/// Accepted share of false marks.
const MAX_Q: f64 = 0.05;

/// How a count compares with earlier periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Within what chance gives.
    Usual,
    More,
    Fewer,
    /// There are too few earlier periods.
    Unknown,
}

/// Counts of a kind: of the current period, and of each earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub current: u32,
    pub earlier: Vec<u32>,
}

/// Returns a verdict for each kind, given the counts of all stories. What all kinds do together is no news of one: counts are compared as
/// shares.
pub fn compare(kinds: &[Series], all: &Series) -> Vec<Verdict> {
    let periods = all.earlier.iter().filter(|n| **n > 0).count();
    if periods < MIN_PERIODS || all.current == 0 {
        return vec![Verdict::Unknown; kinds.len()];
    }
    let tails: Vec<(f64, f64)> = kinds.iter().map(|kind| tails(kind, all)).collect();
    // a test for either side: twice the smaller tail
    let p: Vec<f64> = tails.iter().map(|(low, high)| (2.0 * low.min(*high)).min(1.0)).collect();
    let verdict = |(q, (low, high)): (f64, &(f64, f64))| match q <= MAX_Q {
        true if high < low => Verdict::More,
        true => Verdict::Fewer,
        false => Verdict::Usual,
    };
    q_values(&p, p.len()).into_iter().zip(&tails).map(verdict).collect()
}

/// Returns the probabilities of at most and of at least the current count.
fn tails(kind: &Series, all: &Series) -> (f64, f64) {
    let counts = || {
        let known = kind.earlier.iter().zip(&all.earlier).filter(|(_, all)| **all > 0);
        known.map(|(n, all)| Count { stories: f64::from(*n), exposure: f64::from(*all) })
    };
    let (excess, squares) = excess_variance(counts());
    let own = if squares > 0.0 { (excess / squares).max(0.0) } else { 0.0 };
    let periods = f64::from(u32::try_from(counts().count()).unwrap_or(u32::MAX));
    let overdispersion = (own * periods + USUAL_OVERDISPERSION * OWN) / (periods + OWN);
    expected(counts(), f64::from(all.current), overdispersion).map_or((1.0, 1.0), |e| (e.at_most(kind.current), e.at_least(kind.current)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(current: u32, earlier: [u32; 8]) -> Series {
        Series { current, earlier: earlier.to_vec() }
    }

    #[test]
    fn what_leaves_its_usual_share_is_marked() {
        let kinds = [
            series(60, [20, 22, 19, 21, 20, 18, 23, 20]),
            series(21, [20, 22, 19, 21, 20, 18, 23, 20]),
            series(2, [20, 22, 19, 21, 20, 18, 23, 20]),
            series(30, [5, 40, 2, 33, 8, 51, 1, 20]),
        ];
        let all = series(500, [500; 8]);
        assert_eq!(compare(&kinds, &all), [Verdict::More, Verdict::Usual, Verdict::Fewer, Verdict::Usual]);
        assert_eq!(compare(&kinds[1..2], &series(1_000, [500; 8])), [Verdict::Fewer], "21 of twice the stories");
        assert_eq!(compare(&[series(42, [20, 22, 19, 21, 20, 18, 23, 20])], &series(1_000, [500; 8])), [Verdict::Usual]);
    }

    #[test]
    fn two_weeks_are_too_few() {
        let all = series(500, [500, 500, 0, 0, 0, 0, 0, 0]);
        assert_eq!(compare(&[series(60, [1, 1, 0, 0, 0, 0, 0, 0])], &all), [Verdict::Unknown]);
    }
}
