//! The learned ranking: what each feature adds to the points of a candidate, and the probability that editors keep it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::comparison::{Calibration, Comparison};
use super::features::{CandidateFeatures, Feature, FeatureKind};
use crate::learn::narrow;

/// Log-odds of a point of the ranking without learning.
pub(super) const POINT: f32 = 0.7;
/// Most points that the learned part gives or takes.
const MAX_POINTS: f32 = 6.0;

/// A feature that made a difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnedWeight {
    #[serde(flatten)]
    pub feature: Feature,
    /// Added to the log-odds for a value of 1.
    pub weight: f32,
    /// Candidates with it that editors kept, and all that they decided on.
    pub kept: u32,
    pub seen: u32,
}

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
    /// How it did on the last issues.
    pub comparison: Comparison,
}

/// A model in force.
#[derive(Debug)]
pub struct Ranking {
    model: RankingModel,
    by_feature: HashMap<Feature, usize>,
}

impl Ranking {
    /// Prepares a model for use.
    pub fn new(model: RankingModel) -> Self {
        let by_feature = model.weights.iter().enumerate().map(|(at, w)| (w.feature.clone(), at)).collect();
        Self { model, by_feature }
    }

    /// Returns the model.
    pub fn model(&self) -> &RankingModel {
        &self.model
    }

    /// Returns the points that the learned part adds.
    pub fn points(&self, candidate: &CandidateFeatures) -> f64 {
        let learned: f32 = self.contributions(candidate).iter().map(|(_, points)| points).sum();
        f64::from(learned.clamp(-MAX_POINTS, MAX_POINTS))
    }

    /// Returns the probability that editors keep the candidate if it is proposed.
    pub fn probability(&self, candidate: &CandidateFeatures) -> f64 {
        let points = narrow(candidate.base_points() + self.points(candidate));
        f64::from(self.model.calibration.probability(POINT * points))
    }

    /// Returns the named features of a candidate that add or take most points, strongest first; letters of headlines have no name
    /// that would tell an editor something.
    pub fn reasons(&self, candidate: &CandidateFeatures, most: usize) -> Vec<(&LearnedWeight, f32)> {
        let mut out = self.contributions(candidate);
        out.retain(|(w, _)| w.feature.kind != FeatureKind::Letters);
        out.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.feature.cmp(&b.0.feature)));
        out.truncate(most);
        out
    }

    fn contributions(&self, candidate: &CandidateFeatures) -> Vec<(&LearnedWeight, f32)> {
        let m = &self.model;
        if m.share <= 0.0 {
            return Vec::new();
        }
        let learned = |(feature, value): (Feature, f32)| {
            let w = m.weights.get(*self.by_feature.get(&feature)?)?;
            Some((w, m.share * (w.weight - prior_weight(feature.kind)) * value / POINT))
        };
        candidate.values().into_iter().filter_map(learned).collect()
    }
}

/// Returns what is believed of a weight before the first decision: points count as they do without learning.
pub(super) fn prior_weight(kind: FeatureKind) -> f32 {
    if matches!(kind, FeatureKind::Points(_)) { POINT } else { 0.0 }
}
