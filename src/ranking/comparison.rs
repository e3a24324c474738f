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
const HALF_LIFE: f32 = 4.0;

/// A decision, scored by models that were trained on the issues before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Forecast {
    /// Log-odds without learning, but for a constant.
    pub(super) before: f32,
    /// The same with the learned part of each model.
    pub(super) learned: [f32; MODELS],
    pub(super) is_wanted: bool,
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
    /// Probability that a candidate that editors wanted stands before another of its issue: without learning, and with it.
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

    fn fit(scored: &[(f32, bool, f32)]) -> Self {
        let row = |(score, is_positive, weight): &(f32, bool, f32)| Row {
            features: vec![(0, 1.0), (1, *score)],
            is_positive: *is_positive,
            weight: *weight,
        };
        let weights = sparse::fit(&scored.iter().map(row).collect::<Vec<_>>(), &[PARAMETER; 2]);
        // a ranking that is wrong tells nothing; it is not turned round
        Self { shift: weights.first().copied().unwrap_or_default(), scale: weights.get(1).copied().unwrap_or_default().max(0.0) }
    }

    fn log_likelihood(self, scored: &[(f32, bool, f32)]) -> f32 {
        let one = |(score, wanted, weight): &(f32, bool, f32)| {
            let p = self.probability(*score).clamp(1e-6, 1.0 - 1e-6);
            weight * if *wanted { p } else { 1.0 - p }.ln()
        };
        scored.iter().map(one).sum()
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
    let all: Vec<Forecast> = issues.iter().enumerate().flat_map(aged).collect();
    let likelihood = |choice: Choice| {
        let scored = choice.scored(&all);
        Calibration::fit(&scored).log_likelihood(&scored)
    };
    let none = Choice { model: 0, share: 0.0 };
    let before = likelihood(none);
    let choices = (0..MODELS).flat_map(|model| shares.iter().map(move |share| Choice { model, share: *share }));
    let gains = choices.map(|choice| (choice, likelihood(choice) - before));
    let (best, gain) = gains.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((none, 0.0));
    let proposed: Vec<Forecast> = all.iter().copied().filter(|f| f.was_proposed).collect();
    let area = |choice: Choice| mean(issues.iter().filter_map(|issue| area_under_curve(&choice.scored(issue))));
    let figures = Comparison { issues: issues.len(), before: area(none), learned: area(best), gain };
    // a gain in likelihood alone may come from bolder forecasts in the same order
    let chosen = if gain >= MIN_GAIN && figures.learned > figures.before { best } else { none };
    (chosen, Calibration::fit(&chosen.scored(&proposed)), figures)
}

impl Choice {
    /// Returns score, outcome and weight of forecasts.
    fn scored(self, forecasts: &[Forecast]) -> Vec<(f32, bool, f32)> {
        let score = |f: &Forecast| (1.0 - self.share) * f.before + self.share * f.learned.get(self.model).copied().unwrap_or_default();
        forecasts.iter().map(|f| (score(f), f.is_wanted, f.weight)).collect()
    }
}

/// Returns the probability that a wanted candidate stands before another, by weight; `None` without one of both kinds. Ties count
/// half.
fn area_under_curve(scored: &[(f32, bool, f32)]) -> Option<f64> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won, mut wanted, mut others) = (0.0, 0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let sum = |which: bool| tied.iter().filter(|s| s.1 == which).map(|s| f64::from(s.2)).sum::<f64>();
        let (w, o) = (sum(true), sum(false));
        won += w * (below + o / 2.0);
        below += o;
        wanted += w;
        others += o;
    }
    (wanted > 0.0 && others > 0.0).then(|| won / (wanted * others))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    if n > 0.0 { sum / n } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // shares are of a list
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order() {
        let scored = [(3.0, true, 1.0), (2.0, false, 1.0), (1.0, true, 1.0), (0.0, false, 1.0)];
        assert_eq!(area_under_curve(&scored), Some(0.75));
        assert_eq!(area_under_curve(&[(1.0, true, 1.0), (1.0, false, 2.0)]), Some(0.5));
        assert_eq!(area_under_curve(&[(1.0, true, 1.0)]), None);
    }

    /// Returns forecasts of which the learned scores are right in this many of ten.
    fn issue(right: usize) -> Vec<Forecast> {
        let one = |n: usize| {
            let is_wanted = n.is_multiple_of(2);
            let says_so = (n / 2 % 10 < right) == is_wanted;
            Forecast { before: 0.0, learned: [if says_so { 2.0 } else { -2.0 }; MODELS], is_wanted, was_proposed: true, weight: 1.0 }
        };
        (0..40).map(one).collect()
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
