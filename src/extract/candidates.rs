//! Candidates for a field: values, each with what speaks for or against it, rated by a small model.
//!
//! Title, date, 来源 and author are found in one way: every place that may name the value gives a candidate; the same value from
//! several places is one candidate with the evidence of all; a logistic model over the evidence gives its probability. The most
//! probable value is taken, or none where even that one is below the field's threshold.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A field of an article that is chosen among candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The headline.
    Title,
    /// When it was published.
    Date,
    /// 来源.
    Publisher,
    /// Who wrote it.
    Author,
}

/// Name of something that speaks for or against a value.
pub type Evidence = &'static str;

/// A value that a field may have.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<T> {
    /// The value.
    pub value: T,
    /// What is seen of it, each once, in the order it was seen.
    pub evidence: Vec<Evidence>,
    /// How probable it is that the value is right.
    pub probability: f32,
}

/// Candidates of one field, by the key that makes values the same.
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

/// Most candidates of a field; later ones are left out.
const MOST: usize = 60;

impl<T> Collection<T> {
    /// Adds what speaks for a value; `None` where there are too many values.
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

    /// The candidates, rated for a field, most probable first.
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
    /// Notes what speaks for or against it.
    pub(super) fn note(&mut self, evidence: Evidence) {
        if !self.has(evidence) {
            self.evidence.push(evidence);
        }
    }

    /// Whether this was seen of it.
    pub(super) fn has(&self, evidence: Evidence) -> bool {
        self.evidence.contains(&evidence)
    }
}

/// The first candidate, if it is probable enough to be taken.
pub(super) fn choose<T>(candidates: &[Candidate<T>], field: Field) -> Option<&Candidate<T>> {
    let least = MODELS.get(&field)?.threshold;
    candidates.first().filter(|c| c.probability >= least)
}

/// A logistic model over evidence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldModel {
    /// Least probability of a value that is given.
    pub threshold: f32,
    /// Log-odds without any evidence.
    pub bias: f32,
    /// What each piece of evidence adds to the log-odds.
    pub weights: BTreeMap<String, f32>,
}

impl FieldModel {
    /// The probability of a value with this evidence.
    pub fn probability(&self, evidence: &[Evidence]) -> f32 {
        let odds = self.bias + evidence.iter().filter_map(|e| self.weights.get(*e)).sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// The models of all fields, by `examples/train_fields.rs`.
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
