//! Candidates for a field: values with evidence, rated by a small model.
//!
//! Title, date, 来源 and author work the same way: every place that may name the value gives a candidate; equal values from
//! several places merge into one candidate with all their evidence; a logistic model turns the evidence into a probability.
//! The most probable value wins if it reaches the field's threshold.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A field of an article that is chosen among candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    Title,
    /// Time of publication.
    Date,
    /// 来源.
    Publisher,
    Author,
}

/// Name of a piece of evidence for or against a value.
pub type Evidence = &'static str;

/// A possible value of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<T> {
    pub value: T,
    /// In order of discovery, without duplicates.
    pub evidence: Vec<Evidence>,
    /// Probability that the value is right.
    pub probability: f32,
}

/// Candidates of one field. Values with the same key merge.
#[derive(Debug)]
pub(super) struct Collection<T> {
    keys: HashMap<String, usize>,
    pub(super) all: Vec<Candidate<T>>,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self { keys: HashMap::new(), all: Vec::new() }
    }
}

/// Most candidates of a field; later ones are dropped.
const MOST: usize = 60;

impl<T> Collection<T> {
    /// Adds evidence for a value. Returns `None` if there are too many values.
    pub(super) fn add(&mut self, key: String, value: T, evidence: &[Evidence]) -> Option<&mut Candidate<T>> {
        let at = match self.keys.get(&key) {
            Some(at) => *at,
            None if self.all.len() == MOST => return None,
            None => {
                self.keys.insert(key, self.all.len());
                self.all.push(Candidate { value, evidence: Vec::new(), probability: 0.0 });
                self.all.len() - 1
            }
        };
        let candidate = self.all.get_mut(at)?;
        for e in evidence {
            candidate.note(e);
        }
        Some(candidate)
    }

    /// Returns the candidates with probabilities, most probable first.
    pub(super) fn rated(mut self, field: Field, is_chinese: bool) -> Vec<Candidate<T>> {
        let model = MODELS.get(&field);
        for c in &mut self.all {
            if is_chinese {
                c.note("on a Chinese page");
            }
            c.probability = model.map_or(0.0, |m| m.probability(&c.evidence));
        }
        self.all.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        self.all
    }
}

impl<T> Candidate<T> {
    /// Adds a piece of evidence for or against the value.
    pub(super) fn note(&mut self, evidence: Evidence) {
        if !self.has(evidence) {
            self.evidence.push(evidence);
        }
    }

    /// Returns whether the candidate has this evidence.
    pub(super) fn has(&self, evidence: Evidence) -> bool {
        self.evidence.contains(&evidence)
    }
}

/// Returns the first candidate if it reaches the threshold.
pub(super) fn choose<T>(candidates: &[Candidate<T>], field: Field) -> Option<&Candidate<T>> {
    let least = MODELS.get(&field)?.threshold;
    candidates.first().filter(|c| c.probability >= least)
}

/// A logistic model over evidence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldModel {
    /// Lowest probability of an accepted value.
    pub threshold: f32,
    pub bias: f32,
    /// Contribution of each piece of evidence to the log-odds.
    pub weights: BTreeMap<String, f32>,
}

impl FieldModel {
    /// Returns the probability of a value with this evidence.
    pub fn probability(&self, evidence: &[Evidence]) -> f32 {
        let odds = self.bias + evidence.iter().filter_map(|e| self.weights.get(*e)).sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// The models of all fields, made by `examples/train_fields.rs`.
static MODELS: LazyLock<BTreeMap<Field, FieldModel>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/models/fields.json")).unwrap_or_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_seen_twice_is_one_candidate_with_all_its_evidence() {
        let mut found = Collection::default();
        found.add("a".to_owned(), "A", &["h1"]);
        found.add("b".to_owned(), "B", &["title"]);
        found.add("a".to_owned(), "a", &["h1", "title"]);
        let all: Vec<_> = found.all.iter().map(|c| (c.value, c.evidence.clone())).collect();
        assert_eq!(all, [("A", vec!["h1", "title"]), ("B", vec!["title"])]);
    }

    #[test]
    fn the_models_are_read() {
        for field in [Field::Title, Field::Date, Field::Publisher, Field::Author] {
            assert!(MODELS.get(&field).is_some_and(|m| (0.0..1.0).contains(&m.threshold) && !m.weights.is_empty()), "{field:?}");
        }
    }
}
