//! The probability that two articles report one event.

use std::sync::LazyLock;

use crate::events::pair::{features, is_template};
use crate::events::profile::Profile;
use crate::learn::BoostedTrees;

/// From here on two articles are related.
pub const RELATED: f32 = 0.5;
/// From here on they count as one event without an editor's look.
pub const SURE: f32 = 0.9;

static BUILT_IN: LazyLock<Option<EventModel>> = LazyLock::new(|| EventModel::from_bytes(include_bytes!("../data/models/events.bin")));

/// Boosted trees over the features of a pair, and the two thresholds that training chose.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventModel {
    /// Probabilities of the trees that mean [`RELATED`] and [`SURE`].
    pub related: f32,
    pub sure: f32,
    pub trees: BoostedTrees,
}

impl EventModel {
    /// Returns the shipped model.
    pub fn built_in() -> Option<&'static Self> {
        BUILT_IN.as_ref()
    }

    /// Returns the probability of the trees; none for one template with two names, and if neither text tells the other's title.
    pub fn probability(&self, a: &Profile, b: &Profile) -> f32 {
        if is_template(a, b) || !a.tells_title(b) {
            return 0.0;
        }
        let row: Vec<f32> = features(a, b).into_iter().map(|(_, value)| value).collect();
        1.0 / (1.0 + (-self.trees.log_odds(&row, None)).exp())
    }

    /// Turns a probability of the trees into a confidence: linear between 0, the two thresholds, and 1.
    pub fn confidence(&self, p: f32) -> f32 {
        let between = |from: (f32, f32), to: (f32, f32)| from.1 + (p - from.0) / (to.0 - from.0).max(1e-6) * (to.1 - from.1);
        let (related, sure) = ((self.related, RELATED), (self.sure, SURE));
        let value = if p < self.related {
            between((0.0, 0.0), related)
        } else if p < self.sure {
            between(related, sure).min(SURE - 0.001)
        } else {
            between(sure, (1.0, 1.0))
        };
        value.clamp(0.0, 1.0)
    }

    /// Serialises the model.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.related.to_le_bytes().as_slice(), &self.sure.to_le_bytes(), &self.trees.to_bytes()].concat()
    }

    /// Parses the output of [`EventModel::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (related, rest) = bytes.split_first_chunk::<4>()?;
        let (sure, trees) = rest.split_first_chunk::<4>()?;
        let (related, sure) = (f32::from_le_bytes(*related), f32::from_le_bytes(*sure));
        (0.0 < related && related <= sure && sure < 1.0).then_some(())?;
        Some(Self { related, sure, trees: BoostedTrees::from_bytes(trees)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_passes_through_the_thresholds() {
        let model = EventModel { related: 0.3, sure: 0.8, trees: BoostedTrees::default() };
        let close = |p: f32, confidence: f32| assert!((model.confidence(p) - confidence).abs() < 0.002, "{p}");
        close(0.0, 0.0);
        close(0.3, RELATED);
        close(0.8, SURE);
        close(1.0, 1.0);
        assert!(model.confidence(0.799) < SURE);
    }

    #[test]
    fn a_model_is_read_as_it_was_written() {
        let model = EventModel { related: 0.3, sure: 0.8, trees: BoostedTrees { bias: 1.0, trees: Vec::new() } };
        assert_eq!(EventModel::from_bytes(&model.to_bytes()), Some(model));
        assert_eq!(EventModel::from_bytes(b""), None);
        assert!(EventModel::built_in().is_some_and(|m| m.trees.trees.len() > 20), "the shipped model");
    }
}
