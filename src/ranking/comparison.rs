//! How well the learned part did on issues that the model had not seen, beside the ranking without it.

use serde::{Deserialize, Serialize};

use super::sparse::{self, Prior, Row, sigmoid};

/// Log-likelihood that the learned part must gain over the last issues to count: by chance one comparison in a thousand does.
const MIN_GAIN: f32 = 6.0;
/// Belief in the two parameters of a calibration (Platt 1999): nearly none, or a comparison would favour scores of a certain spread.
const PARAMETER: Prior = Prior { mean: 0.0, precision: 0.02 };

/// Models compared with the ranking without learning.
pub(super) const MODELS: usize = 2;
/// An issue counts half after so many.
const HALF_LIFE: f32 = 3.0;

/// A decision, scored by models that were trained on the issues before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Forecast {
    /// Log-odds without learning, but for a constant.
    pub(super) before: f32,
    /// The same with the learned part of each model.
    pub(super) learned: [f32; MODELS],
    pub(super) is_wanted: bool,
    /// Number of its column. Candidates of a column compete with each other, so rankings are compared within columns.
    pub(super) column: usize,
    /// Whether the draft had it; else it was among the other candidates.
    pub(super) was_proposed: bool,
    pub(super) weight: f32,
}

/// What the last issues showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// Issues compared.
    pub issues: usize,
    /// Probability that a candidate that editors wanted stands before another of its issue and column: without learning, and with it.
    pub before: f64,
    pub learned: f64,
    /// Log-likelihood of the decisions that the learned part gained.
    pub gain: f32,
}

/// Log-odds of being kept: `shift + scale * score`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub shift: f32,
    pub scale: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { shift: 0.0, scale: 1.0 }
    }
}

impl Calibration {
    /// Returns the probability of a score.
    pub fn probability(self, score: f32) -> f32 {
        sigmoid(self.shift + self.scale * score)
    }

    fn fit(scored: &[Scored]) -> Self {
        let row = |s: &Scored| Row { features: vec![(0, 1.0), (1, s.score)], is_positive: s.is_wanted, weight: s.weight };
        let weights = sparse::fit(&scored.iter().map(row).collect::<Vec<_>>(), &[PARAMETER; 2]);
        // a ranking that is wrong tells nothing; it is not turned round
        Self { shift: weights.first().copied().unwrap_or_default(), scale: weights.get(1).copied().unwrap_or_default().max(0.0) }
    }
}

/// A forecast under a choice.
#[derive(Debug, Clone, Copy)]
struct Scored {
    score: f32,
    column: usize,
    is_wanted: bool,
    weight: f32,
}

/// Returns the log-likelihood of decisions, given their scores and how often items of each column are wanted.
fn log_likelihood(scored: &[Scored]) -> f32 {
    let columns = scored.iter().map(|s| s.column + 1).max().unwrap_or(0);
    let fit = |with_score: bool| {
        let value = |s: &Scored| if with_score { s.score } else { 0.0 };
        let row = |s: &Scored| Row { features: vec![(0, value(s)), (s.column + 1, 1.0)], is_positive: s.is_wanted, weight: s.weight };
        let rows: Vec<Row> = scored.iter().map(row).collect();
        let weights = sparse::fit(&rows, &vec![PARAMETER; columns + 1]);
        let one = |row: &Row| {
            let p = sigmoid(sparse::log_odds(&weights, row)).clamp(1e-6, 1.0 - 1e-6);
            row.weight * if row.is_positive { p } else { 1.0 - p }.ln()
        };
        (weights.first().copied().unwrap_or_default(), rows.iter().map(one).sum::<f32>())
    };
    // a ranking that is wrong tells nothing; it is not turned round
    match fit(true) {
        (scale, likelihood) if scale > 0.0 => likelihood,
        _ => fit(false).1,
    }
}

/// A model, and how much of its learned part counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) model: usize,
    pub(super) share: f32,
}

/// Compares the ranking with shares of the learned parts on the forecasts of the last issues, oldest first. Returns the best choice,
/// with share 0 if none was clearly better; its calibration among proposed items; and the figures.
pub(super) fn compare(issues: &[Vec<Forecast>], shares: &[f32]) -> (Choice, Calibration, Comparison) {
    let aged = |(at, issue): (usize, &Vec<Forecast>)| {
        let age = 0.5_f32.powf((issues.len() - 1 - at) as f32 / HALF_LIFE);
        issue.iter().map(move |f| Forecast { weight: f.weight * age, ..*f }).collect::<Vec<_>>()
    };
    let issues: Vec<Vec<Forecast>> = issues.iter().enumerate().map(aged).collect();
    let all: Vec<Forecast> = issues.iter().flatten().copied().collect();
    let likelihood = |choice: Choice| log_likelihood(&choice.scored(&all));
    let none = Choice { model: 0, share: 0.0 };
    let before = likelihood(none);
    let choices = (0..MODELS).flat_map(|model| shares.iter().map(move |share| Choice { model, share: *share }));
    let gains = choices.map(|choice| (choice, likelihood(choice) - before));
    let (best, gain) = gains.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((none, 0.0));
    let proposed: Vec<Forecast> = all.iter().copied().filter(|f| f.was_proposed).collect();
    let area = |choice: Choice| area_within_columns(issues.iter().map(|issue| choice.scored(issue)));
    let figures = Comparison { issues: issues.len(), before: area(none), learned: area(best), gain };
    // a gain in likelihood alone may come from bolder forecasts in the same order
    let chosen = if gain >= MIN_GAIN && figures.learned > figures.before { best } else { none };
    (chosen, Calibration::fit(&chosen.scored(&proposed)), figures)
}

impl Choice {
    fn scored(self, forecasts: &[Forecast]) -> Vec<Scored> {
        let score = |f: &Forecast| (1.0 - self.share) * f.before + self.share * f.learned.get(self.model).copied().unwrap_or_default();
        forecasts.iter().map(|f| Scored { score: score(f), column: f.column, is_wanted: f.is_wanted, weight: f.weight }).collect()
    }
}

/// Returns the probability that a wanted candidate stands before another of its issue and column, by weight; 0 without such pairs.
fn area_within_columns(issues: impl Iterator<Item = Vec<Scored>>) -> f64 {
    let (mut won, mut pairs) = (0.0, 0.0);
    for mut issue in issues {
        issue.sort_by(|a, b| a.column.cmp(&b.column).then(a.score.total_cmp(&b.score)));
        for column in issue.chunk_by(|a, b| a.column == b.column) {
            let (w, p) = won_pairs(column);
            (won, pairs) = (won + w, pairs + p);
        }
    }
    if pairs > 0.0 { won / pairs } else { 0.0 }
}

/// Returns the pairs of a wanted candidate and another in the right order, and all pairs, by weight; sorted by score. Ties count half.
fn won_pairs(sorted: &[Scored]) -> (f64, f64) {
    let (mut below, mut won, mut wanted, mut others) = (0.0, 0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.score.total_cmp(&b.score).is_eq()) {
        let sum = |which: bool| tied.iter().filter(|s| s.is_wanted == which).map(|s| f64::from(s.weight)).sum::<f64>();
        let (w, o) = (sum(true), sum(false));
        won += w * (below + o / 2.0);
        below += o;
        wanted += w;
        others += o;
    }
    (won, wanted * others)
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // shares are of a list
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order_within_columns() {
        let one = |score: f32, is_wanted: bool, column: usize| Scored { score, column, is_wanted, weight: 1.0 };
        let area = |scored: &[Scored]| area_within_columns(std::iter::once(scored.to_vec()));
        assert_eq!(area(&[one(3.0, true, 0), one(2.0, false, 0), one(1.0, true, 0), one(0.0, false, 0)]), 0.75);
        assert_eq!(area(&[one(1.0, true, 0), one(1.0, false, 0)]), 0.5);
        assert_eq!(area(&[one(1.0, true, 0), one(2.0, false, 1), one(3.0, true, 1)]), 1.0, "columns do not compete");
        assert_eq!(area(&[one(1.0, true, 0)]), 0.0);
    }

    /// Returns forecasts of which the learned scores are right in this many of ten.
    fn issue(right: usize) -> Vec<Forecast> {
        let one = |n: usize| {
            let is_wanted = n.is_multiple_of(2);
            let says_so = (n / 2 % 10 < right) == is_wanted;
            Forecast { before: 0.0, learned: [if says_so { 2.0 } else { -2.0 }; MODELS], is_wanted, column: n % 3, was_proposed: true, weight: 1.0 }
        };
        (0..40).map(one).collect()
    }

    #[test]
    fn knowing_which_columns_are_kept_is_no_better_ranking() {
        let one = |n: usize| {
            let column = n % 2;
            Forecast {
                before: (n % 7) as f32,
                learned: [4.0 * column as f32; MODELS],
                is_wanted: column == 1 || n.is_multiple_of(5),
                column,
                was_proposed: true,
                weight: 1.0,
            }
        };
        let issue: Vec<Forecast> = (0..60).map(one).collect();
        assert_eq!(compare(&[issue.clone(), issue], &[0.5, 1.0]).0.share, 0.0);
    }

    #[test]
    fn the_learned_part_counts_only_where_it_was_clearly_better() {
        let shares = [0.5, 1.0];
        let (Choice { share, .. }, calibration, figures) = compare(&[issue(9), issue(9), issue(8)], &shares);
        assert!(share > 0.0 && figures.gain > 10.0 && figures.learned > 0.8 && (figures.before - 0.5).abs() < 1e-9, "{share} {figures:?}");
        let p = calibration.probability(share * 2.0);
        assert!((0.75..0.95).contains(&p), "{p}");
        assert_eq!(compare(&[issue(5), issue(5)], &shares).0.share, 0.0, "chance");
        assert_eq!(compare(&[issue(1), issue(1)], &shares).0.share, 0.0, "worse");
        assert_eq!(compare(&[], &shares).0.share, 0.0);
    }
}
