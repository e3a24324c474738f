//! The learned ranking: what each feature adds to the points of a candidate, and the probability that editors keep it.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::columns::{ColumnWeights, Columns};
use super::comparison::{Calibration, Comparison};
use super::features::{CandidateFeatures, FeatureKind, PointKind};
use super::weight::LearnedWeight;
use crate::learn::narrow;

/// Log-odds of a point of the ranking without learning.
pub(super) const POINT: f32 = 0.7;
/// Most points that the learned part gives or takes.
const MAX_POINTS: f64 = 6.0;
/// A weight that moved less tells nothing.
const MIN_MOVED: f64 = 0.05;

/// What was learned from the decisions of editors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RankingModel {
    /// Issues and decisions that it was trained on.
    pub issues: usize,
    pub decisions: usize,
    /// How much of the learned part counts, 0 to 1; 0 if it was no better on the last issues.
    pub share: f32,
    /// From points to the probability of a proposed item to be kept.
    pub calibration: Calibration,
    /// By feature.
    pub weights: Vec<LearnedWeight>,
    /// What makes items go to a column, if editors moved enough of them.
    pub columns: Vec<ColumnWeights>,
    /// How it did on the last issues.
    pub comparison: Comparison,
}

impl RankingModel {
    /// Returns the named features whose weights moved most from where they began, with by how much, strongest first.
    pub fn strongest(&self, most: usize) -> Vec<(&LearnedWeight, f64)> {
        let named = self.weights.iter().filter(|w| w.feature.kind.is_told());
        let mut out: Vec<(&LearnedWeight, f64)> = named.map(|w| (w, f64::from(w.weight - prior_weight(w.feature.kind)))).collect();
        out.retain(|(_, moved)| moved.abs() >= MIN_MOVED);
        out.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.feature.cmp(&b.0.feature)));
        out.truncate(most);
        out
    }
}

/// A model in force.
#[derive(Debug, Default)]
pub struct Ranking {
    model: RankingModel,
    by_name: FxHashMap<FeatureKind, FxHashMap<String, usize>>,
    columns: Columns,
}

impl Ranking {
    /// Prepares a model for use.
    pub fn new(model: RankingModel) -> Self {
        let mut by_name: FxHashMap<FeatureKind, FxHashMap<String, usize>> = FxHashMap::default();
        for (at, w) in model.weights.iter().enumerate() {
            by_name.entry(w.feature.kind).or_default().insert(w.feature.name.clone(), at);
        }
        Self { columns: Columns::new(&model.columns), model, by_name }
    }

    pub fn model(&self) -> &RankingModel {
        &self.model
    }

    /// Whether the learned part counts.
    pub fn is_active(&self) -> bool {
        self.model.share > 0.0
    }

    /// Whether it changes anything.
    pub fn is_of_use(&self) -> bool {
        self.is_active() || !self.columns.is_empty()
    }

    /// Returns the column that editors would move a candidate to, if it is another than the classifier's.
    pub fn column(&self, candidate: &CandidateFeatures) -> Option<&str> {
        self.columns.column(candidate)
    }

    /// Returns the points that the learned part adds.
    pub fn points(&self, candidate: &CandidateFeatures) -> f64 {
        Self::bounded(self.unbounded_points(candidate))
    }

    /// Returns the points that the learned part adds, before [`Ranking::bounded`].
    pub fn unbounded_points(&self, candidate: &CandidateFeatures) -> f64 {
        let mut sum = 0.0;
        self.each_contribution(candidate, |_, points| sum += f64::from(points));
        sum
    }

    /// Returns what the learned part adds to points of a kind that are not yet among the features.
    pub fn points_of(&self, kind: PointKind, points: f64) -> f64 {
        self.contribution(FeatureKind::Points(kind), "", narrow(points)).map_or(0.0, |(_, points)| f64::from(points))
    }

    /// Returns points within the most that the learned part may add or take.
    pub fn bounded(points: f64) -> f64 {
        points.clamp(-MAX_POINTS, MAX_POINTS)
    }

    /// Returns the probability that editors keep the candidate if it is proposed.
    pub fn probability(&self, candidate: &CandidateFeatures) -> f64 {
        self.probability_of_points(candidate.base_points() + self.points(candidate))
    }

    /// Returns the probability of so many points, the learned ones included.
    pub fn probability_of_points(&self, points: f64) -> f64 {
        f64::from(self.model.calibration.probability(POINT * narrow(points)))
    }

    /// Returns the features of a candidate that add or take most points, strongest first, as far as they are told to editors.
    pub fn reasons(&self, candidate: &CandidateFeatures, most: usize) -> Vec<(&LearnedWeight, f64)> {
        let mut out = Vec::new();
        self.each_contribution(candidate, |w, points| {
            if w.feature.kind.is_told() {
                out.push((w, f64::from(points)));
            }
        });
        out.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.feature.cmp(&b.0.feature)));
        out.truncate(most);
        out
    }

    fn each_contribution<'a>(&'a self, candidate: &CandidateFeatures, mut take: impl FnMut(&'a LearnedWeight, f32)) {
        if self.is_active() {
            candidate.each(|kind, name, value| {
                if let Some((w, points)) = self.contribution(kind, name, value) {
                    take(w, points);
                }
            });
        }
    }

    fn contribution(&self, kind: FeatureKind, name: &str, value: f32) -> Option<(&LearnedWeight, f32)> {
        let w = self.model.weights.get(*self.by_name.get(&kind)?.get(name)?)?;
        Some((w, self.model.share * (w.weight - prior_weight(kind)) * value / POINT))
    }
}

/// Returns what is believed of a weight before the first decision: points count as they do without learning.
pub(super) fn prior_weight(kind: FeatureKind) -> f32 {
    if matches!(kind, FeatureKind::Points(_)) { POINT } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::features::Feature;
    use super::*;

    #[test]
    fn the_strongest_weights_are_named_and_counted_from_where_they_began() {
        let weight = |kind, name: &str, weight| LearnedWeight { feature: Feature { kind, name: name.to_owned() }, weight, kept: 1, seen: 2 };
        let model = RankingModel {
            weights: vec![
                weight(FeatureKind::Letters, "甲乙", 9.0),
                weight(FeatureKind::Industry, "建材", 0.5),
                weight(FeatureKind::Points(PointKind::Worth), "", POINT - 1.0),
                weight(FeatureKind::Points(PointKind::Fresh), "", POINT),
                weight(FeatureKind::Place, "许昌市", -0.2),
            ],
            ..RankingModel::default()
        };
        let told = |most| model.strongest(most).into_iter().map(|(w, moved)| (w.feature.kind, moved > 0.0)).collect::<Vec<_>>();
        assert_eq!(told(9), [(FeatureKind::Industry, true), (FeatureKind::Place, false)]);
        assert_eq!(told(1).len(), 1);
    }
}
