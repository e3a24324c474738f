//! Trains the ranking from what editors did with the candidates of issues.

use std::collections::HashMap;

use super::columns::{self, Printed};
use super::comparison::{Forecast, MODELS as HALF_LIVES_COUNT, compare};
use super::features::{CandidateFeatures, Feature, FeatureKind};
use super::model::{POINT, RankingModel, prior_weight};
use super::sparse::{self, Prior, Row};
use super::weight::LearnedWeight;
use crate::learn::narrow;

/// A decision counts half after so many issues: for a taste that stays, and for one that changed.
const HALF_LIVES: [f32; HALF_LIVES_COUNT] = [16.0, 3.0];
/// Issues on which a model is compared with the ranking without learning, and how many of them one training serves.
const COMPARED: usize = 10;
const BLOCK: usize = 2;
/// Shares of the learned part that are compared.
const SHARES: [f32; 3] = [0.4, 0.7, 1.0];
/// Weights that learned less are not kept.
const MIN_LEARNED: f32 = 0.02;
/// Candidates with a feature, below which it is not learned.
const MIN_SEEN: u32 = 2;
const MIN_SEEN_LETTERS: u32 = 3;
/// How much a candidate counts that editors may not have looked at, and an article that may not have been a candidate.
const PERHAPS_SEEN: f32 = 0.05;
const BACKGROUND: f32 = 0.3;
/// How much a reader's 有用 or 没用 counts beside an editor's decision, and all readers' together.
const READER: f32 = 0.1;
const MAX_READERS: f32 = 0.5;
/// Belief in the intercept.
const INTERCEPT: Prior = Prior { mean: -1.0, precision: 0.1 };

/// What editors did with a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Proposed, and printed.
    Kept,
    /// Not proposed, and printed.
    Added,
    /// Proposed, and dropped because they did not want it.
    Dropped,
    /// Proposed, and dropped for a reason that tells little of such articles: a repetition.
    Repeated,
    /// Among the candidates, opened by an editor, and left there.
    Left,
    /// Among the candidates, and not known to be looked at.
    PassedOver,
    /// Not known to be a candidate: an article beside those of an issue of which only the printed items are known.
    Background,
}

/// A candidate and its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub features: CandidateFeatures,
    pub outcome: Outcome,
    /// The column that it was printed in.
    pub column: Option<String>,
    /// Its place: among the proposed, or among the candidates not proposed; from 1.
    pub rank: usize,
    /// Readers who found it useful, less those who did not.
    pub readers: i32,
}

impl Outcome {
    /// Whether editors wanted it.
    pub fn is_wanted(self) -> bool {
        matches!(self, Self::Kept | Self::Added)
    }
}

impl Observation {
    /// How much it tells. An editor looks at every proposed item; of the other candidates, at those down to the last one that was
    /// added (skip-above, Joachims and others 2005, "Accurately interpreting clickthrough data as implicit feedback").
    fn weight(&self, last_added: usize) -> f32 {
        match self.outcome {
            Outcome::Kept | Outcome::Added => 1.0 + self.word_of_readers(),
            Outcome::Dropped => 1.0 - self.word_of_readers(),
            Outcome::Left => 1.0,
            Outcome::Repeated => 0.2,
            Outcome::Background => BACKGROUND,
            Outcome::PassedOver if self.rank < last_added => 1.0,
            Outcome::PassedOver => PERHAPS_SEEN,
        }
    }

    /// How much readers strengthen (or weaken) an editor's decision for an item: never so much that they turn it round.
    fn word_of_readers(&self) -> f32 {
        (narrow(f64::from(self.readers)) * READER).clamp(-MAX_READERS, MAX_READERS)
    }
}

impl ObservedIssue {
    /// Returns the place of the last candidate that was added; 0 if none was.
    fn last_added(&self) -> usize {
        self.observations.iter().filter(|o| o.outcome == Outcome::Added).map(|o| o.rank).max().unwrap_or(0)
    }
}

/// The observations of a final issue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObservedIssue {
    /// Day of the issue.
    pub date: String,
    pub observations: Vec<Observation>,
}

/// Trains on issues, oldest first. The model counts as far as it was better than the ranking without learning on the last issues,
/// each ranked by what was known before it.
pub fn train(issues: &[ObservedIssue]) -> RankingModel {
    let set = TrainingSet::new(issues);
    let (choice, calibration, comparison) = compare(&set.forecasts(), &SHARES);
    let half_life = HALF_LIVES.get(choice.model).copied().unwrap_or_default();
    RankingModel {
        issues: issues.len(),
        decisions: set.examples.len(),
        share: choice.share,
        calibration,
        weights: set.learned(&set.fit(issues.len(), half_life)),
        columns: columns::learn(&printed(issues)),
        comparison,
    }
}

/// Returns the printed candidates with the columns that they were printed in.
fn printed(issues: &[ObservedIssue]) -> Vec<Printed<'_>> {
    let aged = issues.iter().enumerate().flat_map(|(at, issue)| issue.observations.iter().map(move |o| (issues.len() - 1 - at, o)));
    aged.filter_map(|(age, o)| Some(Printed { features: &o.features, column: o.column.as_deref()?, age })).collect()
}

/// A row of the training set.
struct Example {
    /// Index of its issue.
    issue: usize,
    features: Vec<(usize, f32)>,
    /// Points without learning.
    points: f32,
    /// Number of its column.
    column: usize,
    outcome: Outcome,
    weight: f32,
}

impl Example {
    fn forecast(&self, weights: &[Vec<f32>; HALF_LIVES_COUNT]) -> Forecast {
        Forecast {
            before: POINT * self.points,
            learned: weights.each_ref().map(|w| sum(w, &self.features)),
            is_wanted: self.outcome.is_wanted(),
            column: self.column,
            was_proposed: matches!(self.outcome, Outcome::Kept | Outcome::Dropped),
            weight: self.weight,
        }
    }
}

/// The observations with numbered features.
struct TrainingSet {
    /// Numbered from 1; 0 is the intercept.
    features: Vec<Feature>,
    /// Kept and seen candidates of each feature.
    counts: Vec<(u32, u32)>,
    examples: Vec<Example>,
    issues: usize,
}

/// Returns what is believed of a weight before the first decision.
fn prior(kind: FeatureKind) -> Prior {
    let precision = match kind {
        FeatureKind::Points(_) => 10.0,
        FeatureKind::Letters => 3.0,
        _ => 2.0,
    };
    Prior { mean: prior_weight(kind), precision }
}

impl TrainingSet {
    fn new(issues: &[ObservedIssue]) -> Self {
        let mut features = Numbers::default();
        let mut columns: HashMap<&str, usize> = HashMap::new();
        let mut examples = Vec::new();
        for (at, issue) in issues.iter().enumerate() {
            let last = issue.last_added();
            for o in &issue.observations {
                let next = columns.len();
                let weight = o.weight(last);
                let is_counted = weight >= 1.0 || o.outcome == Outcome::Background;
                examples.push(Example {
                    issue: at,
                    features: features.number(&o.features, is_counted.then(|| o.outcome.is_wanted())),
                    points: narrow(o.features.base_points()),
                    column: *columns.entry(&o.features.column).or_insert(next),
                    outcome: o.outcome,
                    weight,
                });
            }
        }
        let (features, counts) = features.keep_frequent(&mut examples);
        Self { features, counts, examples, issues: issues.len() }
    }

    /// Returns the weights after the first issues.
    fn fit(&self, issues: usize, half_life: f32) -> Vec<f32> {
        let priors: Vec<Prior> = std::iter::once(INTERCEPT).chain(self.features.iter().map(|f| prior(f.kind))).collect();
        let row = |e: &Example| Row {
            features: std::iter::once((0, 1.0)).chain(e.features.iter().copied()).collect(),
            is_positive: e.outcome.is_wanted(),
            weight: e.weight * 0.5_f32.powf((issues - 1 - e.issue) as f32 / half_life),
        };
        let rows: Vec<Row> = self.examples.iter().filter(|e| e.issue < issues).map(row).collect();
        sparse::fit(&rows, &priors)
    }

    /// Returns the decisions of the last issues, each scored by what was known before its issue.
    fn forecasts(&self) -> Vec<Vec<Forecast>> {
        let first = self.issues.saturating_sub(COMPARED).max(1);
        let mut out = Vec::new();
        for start in (first..self.issues).step_by(BLOCK) {
            let weights = HALF_LIVES.map(|h| self.fit(start, h));
            for issue in start..(start + BLOCK).min(self.issues) {
                let decided = self.examples.iter().filter(|e| e.issue == issue && e.outcome != Outcome::Repeated);
                out.push(decided.map(|e| e.forecast(&weights)).collect());
            }
        }
        out
    }

    fn learned(&self, weights: &[f32]) -> Vec<LearnedWeight> {
        let counted = self.features.iter().zip(&self.counts).zip(weights.iter().skip(1));
        let counted = counted.filter(|((feature, _), weight)| (**weight - prior_weight(feature.kind)).abs() >= MIN_LEARNED);
        counted
            .map(|((feature, (kept, seen)), weight)| LearnedWeight { feature: feature.clone(), weight: *weight, kept: *kept, seen: *seen })
            .collect()
    }
}

/// Features in the order of their first candidate, numbered from 1; 0 is the intercept.
#[derive(Default)]
struct Numbers {
    by_name: HashMap<FeatureKind, HashMap<String, usize>>,
    features: Vec<Feature>,
    /// Kept and seen candidates of each.
    counts: Vec<(u32, u32)>,
}

impl Numbers {
    /// Returns the numbers and values of a candidate's features; counts it if `is_wanted` is known.
    fn number(&mut self, candidate: &CandidateFeatures, is_wanted: Option<bool>) -> Vec<(usize, f32)> {
        let mut out = Vec::new();
        candidate.each(|kind, name, value| {
            let names = self.by_name.entry(kind).or_default();
            let number = names.get(name).copied().unwrap_or_else(|| {
                self.features.push(Feature { kind, name: name.to_owned() });
                self.counts.push((0, 0));
                names.insert(name.to_owned(), self.features.len());
                self.features.len()
            });
            out.push((number, value));
            if let (Some(wanted), Some(count)) = (is_wanted, self.counts.get_mut(number - 1)) {
                *count = (count.0 + u32::from(wanted), count.1 + 1);
            }
        });
        out.shrink_to_fit();
        out
    }

    /// Drops rare features from the examples, and numbers the others anew.
    fn keep_frequent(self, examples: &mut [Example]) -> (Vec<Feature>, Vec<(u32, u32)>) {
        let mut new_numbers = vec![None; self.features.len() + 1];
        let (mut features, mut counts) = (Vec::new(), Vec::new());
        for (at, (feature, count)) in self.features.into_iter().zip(self.counts).enumerate() {
            if count.1 >= if feature.kind == FeatureKind::Letters { MIN_SEEN_LETTERS } else { MIN_SEEN } {
                features.push(feature);
                counts.push(count);
                if let Some(number) = new_numbers.get_mut(at + 1) {
                    *number = Some(features.len());
                }
            }
        }
        for e in examples {
            e.features = e.features.iter().filter_map(|(old, value)| Some(((*new_numbers.get(*old)?)?, *value))).collect();
        }
        (features, counts)
    }
}

/// Returns the log-odds without the intercept.
fn sum(weights: &[f32], features: &[(usize, f32)]) -> f32 {
    features.iter().map(|(at, value)| weights.get(*at).copied().unwrap_or_default() * value).sum()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // shares are of a list
mod tests {
    use super::super::features::PointKind;
    use super::super::model::Ranking;
    use super::*;
    use crate::learn::Random;

    const INDUSTRIES: [&str; 5] = ["建材", "食品", "化工", "轻纺", "新材料"];

    fn candidate(random: &mut Random) -> CandidateFeatures {
        CandidateFeatures {
            title: format!("第{}号消息", random.below(1_000)),
            points: vec![(PointKind::Worth, random.below(40) as f64 / 10.0 - 2.0)],
            column: "行业动态".into(),
            industries: vec![INDUSTRIES[random.below(5)].to_owned()],
            source: format!("来源{}", random.below(8)),
            age_hours: Some(random.below(72) as f64),
            ..CandidateFeatures::default()
        }
    }

    /// Returns issues of which editors keep the proposed items that `wants` says.
    fn issues(count: usize, wants: impl Fn(usize, &CandidateFeatures, &mut Random) -> bool) -> Vec<ObservedIssue> {
        let mut random = Random::new(3);
        (0..count)
            .map(|n| {
                let one = |at: usize| {
                    let features = candidate(&mut random);
                    let outcome = if wants(n, &features, &mut random) { Outcome::Kept } else { Outcome::Dropped };
                    Observation { features, outcome, column: None, rank: at + 1, readers: 0 }
                };
                ObservedIssue { date: format!("第{n}天"), observations: (0..25).map(one).collect() }
            })
            .collect()
    }

    fn ranked_first(model: RankingModel) -> String {
        let ranking = Ranking::new(model);
        let points = |industry: &str| ranking.points(&CandidateFeatures { industries: vec![industry.into()], ..CandidateFeatures::default() });
        INDUSTRIES.into_iter().max_by(|a, b| points(a).total_cmp(&points(b))).unwrap().to_owned()
    }

    #[test]
    fn a_taste_is_learned_and_told() {
        let model = train(&issues(8, |_, c, _| c.industries[0] == "食品"));
        assert!(model.share > 0.0 && model.comparison.learned > 0.9 && model.comparison.before < 0.65, "{:?}", model.comparison);
        let ranking = Ranking::new(model.clone());
        let food = CandidateFeatures { industries: vec!["食品".into()], ..CandidateFeatures::default() };
        assert_eq!(ranking.reasons(&food, 1)[0].0.feature, Feature { kind: FeatureKind::Industry, name: "食品".into() });
        assert!(ranking.probability(&CandidateFeatures { points: vec![(PointKind::Worth, 1.0)], ..food }) > 0.7);
        assert_eq!(ranked_first(model), "食品");
    }

    #[test]
    fn chance_changes_nothing_and_no_decisions_neither() {
        let random = train(&issues(20, |_, _, random| random.below(2) == 0));
        assert!(random.share == 0.0 && train(&[]).share == 0.0, "{:?}", random.comparison);
        assert!(!Ranking::new(random).is_of_use());
        let agreed = train(&issues(12, |_, c, _| c.base_points() > 0.0));
        assert!(agreed.share == 0.0, "editors who agree with the ranking leave it as it is: {:?}", agreed.comparison);
    }

    #[test]
    fn a_taste_that_changes_is_followed() {
        let model = train(&issues(38, |n, c, _| c.industries[0] == if n < 30 { "食品" } else { "化工" }));
        assert_eq!(ranked_first(model), "化工");
    }

    #[test]
    fn the_last_added_candidate_tells_how_far_editors_looked() {
        let passed = |rank| Observation { features: CandidateFeatures::default(), outcome: Outcome::PassedOver, column: None, rank, readers: 0 };
        let added = Observation { outcome: Outcome::Added, ..passed(5) };
        let issue = ObservedIssue { date: String::new(), observations: vec![passed(2), added, passed(6)] };
        let weights: Vec<f32> = issue.observations.iter().map(|o| o.weight(issue.last_added())).collect();
        assert_eq!(weights, [1.0, 1.0, PERHAPS_SEEN]);
        // readers strengthen or weaken a decision; however many they are, they do not turn it round
        let by = |outcome, readers| Observation { outcome, readers, ..passed(1) }.weight(0);
        assert!(
            (by(Outcome::Kept, 1) - 1.1).abs() < 1e-6 && (by(Outcome::Kept, -1) - 0.9).abs() < 1e-6 && (by(Outcome::Dropped, 1) - 0.9).abs() < 1e-6
        );
        assert_eq!([by(Outcome::Kept, 90), by(Outcome::Kept, -90), by(Outcome::Dropped, 90)], [1.5, 0.5, 0.5]);
    }
}
