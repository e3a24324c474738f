//! Replays past issues in time order: what would the ranking have proposed, with and without learning?

use std::fmt;

use super::features::CandidateFeatures;
use super::model::Ranking;
use super::train::{ObservedIssue, Outcome, train};

/// Groups of probabilities in which the calibration is measured.
const BINS: usize = 10;

/// How well a ranking chose as many items as editors printed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ChoiceFigures {
    /// Share of the chosen items that editors wanted.
    pub precision: f64,
    /// Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of all candidates.
    pub ndcg: f64,
    /// Items to drop and to add.
    pub edits: usize,
}

/// An issue, ranked by what was known before it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayedIssue {
    pub date: String,
    /// Items printed, of how many candidates.
    pub quota: usize,
    pub candidates: usize,
    pub before: ChoiceFigures,
    pub learned: ChoiceFigures,
    /// How much of the learned part counted.
    pub share: f32,
}

/// The result of a replay.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backtest {
    pub issues: Vec<ReplayedIssue>,
    /// Expected calibration error of the probability that a proposed item is kept (Naeini and others 2015); while the learned part
    /// counts.
    pub calibration_error: f64,
    /// Share of wrong forecasts among the least certain tenth of the proposed items, and among the others.
    pub errors: [f64; 2],
}

/// Replays issues, oldest first. The first one only teaches.
pub fn backtest(issues: &[ObservedIssue]) -> Backtest {
    let mut out = Backtest::default();
    let mut forecasts = Vec::new();
    for (n, issue) in issues.iter().enumerate().skip(1) {
        let ranking = Ranking::new(train(issues.get(..n).unwrap_or_default()));
        let decided: Vec<(&CandidateFeatures, bool)> =
            issue.observations.iter().filter(|o| o.outcome != Outcome::Repeated).map(|o| (&o.features, o.outcome.is_wanted())).collect();
        let ranked = |points: &dyn Fn(&CandidateFeatures) -> f64| {
            let mut all: Vec<(f64, &CandidateFeatures, bool)> = decided.iter().map(|(f, wanted)| (points(f), *f, *wanted)).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            all
        };
        let (before, learned) = (ranked(&CandidateFeatures::base_points), ranked(&|f| f.base_points() + ranking.points(f)));
        let quota = decided.iter().filter(|(_, wanted)| *wanted).count();
        if ranking.is_active() {
            forecasts.extend(learned.iter().take(quota).map(|(points, _, wanted)| (ranking.probability_of_points(*points), *wanted)));
        }
        out.issues.push(ReplayedIssue {
            date: issue.date.clone(),
            quota,
            candidates: decided.len(),
            before: figures(&before, quota),
            learned: figures(&learned, quota),
            share: ranking.model().share,
        });
    }
    out.calibration_error = calibration_error(&forecasts);
    out.errors = errors(&mut forecasts);
    out
}

fn figures(ranked: &[(f64, &CandidateFeatures, bool)], quota: usize) -> ChoiceFigures {
    let hits = ranked.iter().take(quota).filter(|r| r.2).count();
    let gain = |at: usize| 1.0 / ((at + 2) as f64).log2();
    let found: f64 = ranked.iter().enumerate().filter(|(_, r)| r.2).map(|(at, _)| gain(at)).sum();
    let ideal: f64 = (0..quota).map(gain).sum();
    ChoiceFigures { precision: hits as f64 / quota.max(1) as f64, ndcg: if ideal > 0.0 { found / ideal } else { 0.0 }, edits: 2 * (quota - hits) }
}

/// Returns the mean distance of forecast and outcome by groups of forecasts.
fn calibration_error(forecasts: &[(f64, bool)]) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    for (p, wanted) in forecasts {
        let at = (0..BINS).rev().find(|n| *p >= *n as f64 / BINS as f64).unwrap_or(0);
        if let Some(bin) = bins.get_mut(at) {
            *bin = (bin.0 + p, bin.1 + f64::from(u8::from(*wanted)));
        }
    }
    bins.iter().map(|(forecast, wanted)| (forecast - wanted).abs()).sum::<f64>() / forecasts.len().max(1) as f64
}

fn errors(forecasts: &mut [(f64, bool)]) -> [f64; 2] {
    forecasts.sort_by(|a, b| (a.0 - 0.5).abs().total_cmp(&(b.0 - 0.5).abs()));
    let (unsure, sure) = forecasts.split_at(forecasts.len() / 10);
    [unsure, sure].map(|part| part.iter().filter(|(p, wanted)| (*p >= 0.5) != *wanted).count() as f64 / part.len().max(1) as f64)
}

impl fmt::Display for Backtest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "issue        printed  candidates  precision before/learned  nDCG before/learned  edits before/learned  share")?;
        for i in &self.issues {
            writeln!(
                f,
                "{:<12} {:>7}  {:>10}  {:>16.3} {:.3}  {:>12.3} {:.3}  {:>14} {:<5}  {:.1}",
                i.date,
                i.quota,
                i.candidates,
                i.before.precision,
                i.learned.precision,
                i.before.ndcg,
                i.learned.ndcg,
                i.before.edits,
                i.learned.edits,
                i.share
            )?;
        }
        let mean = |of: &dyn Fn(&ReplayedIssue) -> f64| self.issues.iter().map(of).sum::<f64>() / self.issues.len().max(1) as f64;
        writeln!(
            f,
            "mean of {}: precision {:.3} {:.3}, nDCG {:.3} {:.3}, edits {:.1} {:.1}",
            self.issues.len(),
            mean(&|i| i.before.precision),
            mean(&|i| i.learned.precision),
            mean(&|i| i.before.ndcg),
            mean(&|i| i.learned.ndcg),
            mean(&|i| i.before.edits as f64),
            mean(&|i| i.learned.edits as f64),
        )?;
        let [unsure, sure] = self.errors;
        write!(
            f,
            "probabilities: calibration error {:.3}; wrong in the least certain tenth {unsure:.3}, in the rest {sure:.3}",
            self.calibration_error
        )
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::super::features::PointKind;
    use super::super::train::Observation;
    use super::*;

    #[test]
    fn a_replay_counts_what_each_ranking_would_have_proposed() {
        let candidate = |industry: &str, worth: f64, outcome| Observation {
            features: CandidateFeatures {
                industries: vec![industry.into()],
                points: vec![(PointKind::Worth, worth)],
                ..CandidateFeatures::default()
            },
            outcome,
            column: None,
            rank: 1,
            readers: 0,
        };
        let issue = |n: usize| {
            let wanted = (0..6).map(|i| candidate("食品", f64::from(i) / 10.0, Outcome::Kept));
            let others = (0..6).map(|i| candidate("化工", f64::from(i) / 10.0 + 0.25, Outcome::Dropped));
            ObservedIssue { date: format!("第{n}天"), observations: wanted.chain(others).collect() }
        };
        let result = backtest(&(0..8).map(issue).collect::<Vec<_>>());
        let last = result.issues.last().unwrap();
        assert_eq!((last.quota, last.candidates, last.learned.edits, last.learned.precision, last.learned.ndcg), (6, 12, 0, 1.0, 1.0));
        assert!(last.before.precision < 0.6 && last.before.edits > 4, "{:?}", last.before);
        assert!(result.to_string().contains("mean of 7: precision"), "{result}");
    }

    #[test]
    fn calibration_and_errors_are_those_of_the_forecasts() {
        let mut forecasts: Vec<(f64, bool)> = (0..90).map(|n| (0.9, n % 10 != 0)).collect();
        assert!(calibration_error(&forecasts) < 1e-9);
        forecasts.extend((0..10).map(|n| (0.55, n % 2 == 0)));
        assert_eq!(errors(&mut forecasts), [0.5, 0.1]);
    }
}
