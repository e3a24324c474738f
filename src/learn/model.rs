//! The model file: a line of JSON with everything but the n-gram weights, then those, one byte each, bucket by bucket.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::grams::{BUCKETS, buckets_of, grams};
use super::signals::Signals;
use super::stages::{Margins, Stages, Verdict};

/// Provenance of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Training day.
    pub date: String,
    /// Number of labelled articles.
    pub items: usize,
    /// SHA-256 of the label file.
    pub labels_sha256: String,
    /// Other settings.
    pub settings: String,
}

/// A linear model as stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Head {
    /// Value of one step of a stored byte.
    pub(super) scale: f32,
    /// Weights of the features other than n-grams.
    pub(super) dense: Vec<f32>,
    pub(super) bias: f32,
}

/// Everything but the n-gram weights.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) provenance: Provenance,
    pub(super) industries: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) means: Vec<f32>,
    pub(super) spreads: Vec<f32>,
    /// Industries, columns, on topic, worth 1 or 2, worth 2.
    pub(super) heads: Vec<Head>,
    pub(super) stages: Stages,
}

/// Why a model is unreadable.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The first line is not a valid header.
    #[error("the model's first line is not its description: {0}; train it again with `qingbao learn train`")]
    Header(#[from] serde_json::Error),
    /// Too few or too many weights.
    #[error("the model has {found} bytes of weights instead of {expected}; train it again with `qingbao learn train`")]
    Size {
        /// Actual number.
        found: usize,
        /// Number by the header.
        expected: usize,
    },
}

/// A loaded model. The n-gram weights stay in the input bytes.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    header: Header,
    weights: &'a [u8],
}

static BUILT_IN: LazyLock<Option<Model<'static>>> = LazyLock::new(|| Model::read(include_bytes!("../data/models/judgement.model")).ok());

impl Model<'static> {
    /// Returns the built-in model.
    pub fn built_in() -> Option<&'static Self> {
        BUILT_IN.as_ref()
    }
}

impl<'a> Model<'a> {
    /// Reads a model file.
    ///
    /// # Errors
    /// If the file is truncated, or made by an incompatible release.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
        let (line, rest) = bytes.split_at(end);
        let header: Header = serde_json::from_slice(line)?;
        let weights = rest.get(1..).unwrap_or_default();
        let expected = header.heads.len() * BUCKETS;
        let complete = header.heads.len() == header.industries.len() + header.columns.len() + 3 && weights.len() == expected;
        if complete { Ok(Self { header, weights }) } else { Err(ModelError::Size { found: weights.len(), expected }) }
    }

    /// Returns the names of its industries.
    pub fn industries(&self) -> &[String] {
        &self.header.industries
    }

    /// Returns the names of its columns.
    pub fn columns(&self) -> &[String] {
        &self.header.columns
    }

    pub fn provenance(&self) -> &Provenance {
        &self.header.provenance
    }

    /// Returns the minimum worth of an article that may be chosen automatically.
    pub fn least_worth(&self) -> f32 {
        self.header.stages.thresholds.worth
    }

    /// Classifies an article; `hint` is the column that its source suggests.
    pub fn judge(&self, title: &str, text: &str, signals: &Signals, hint: Option<usize>) -> Verdict {
        self.header.stages.verdict(signals, &self.margins(title, text, signals), hint)
    }

    fn margins(&self, title: &str, text: &str, signals: &Signals) -> Margins {
        let heads = &self.header.heads;
        let mut sums = vec![0.0f32; heads.len()];
        for (bucket, value) in grams(title, text) {
            let row = bucket as usize * heads.len();
            let weights = self.weights.get(row..row + heads.len()).unwrap_or_default();
            sums.iter_mut().zip(weights).for_each(|(s, w)| *s += value * f32::from(w.cast_signed()));
        }
        let dense = standardised(&signals.features(self.header.columns.len()), &self.header.means, &self.header.spreads);
        let margin = |(head, sum): (&Head, f32)| sum * head.scale + head.dense.iter().zip(&dense).map(|(w, x)| w * x).sum::<f32>() + head.bias;
        margins_of(&heads.iter().zip(sums).map(margin).collect::<Vec<_>>(), self.header.industries.len(), self.header.columns.len())
    }

    /// Returns the weight of a word's n-grams for an industry.
    pub fn word_weight(&self, industry: usize, word: &str) -> f32 {
        let (heads, scale) = (self.header.heads.len(), self.header.heads.get(industry).map_or(0.0, |h| h.scale));
        let weight = |b: u32| self.weights.get(b as usize * heads + industry).map_or(0.0, |w| f32::from(w.cast_signed()));
        scale * buckets_of(word).into_iter().map(weight).sum::<f32>()
    }
}

/// Scale of the rules' features relative to n-grams of length 1.
const DENSE_SHARE: f32 = 0.3;

/// Returns the standardised features, clipped at 4 standard deviations.
pub(super) fn standardised(features: &[f32], means: &[f32], spreads: &[f32]) -> Vec<f32> {
    features.iter().zip(means).zip(spreads).map(|((x, m), s)| DENSE_SHARE * ((x - m) / s).clamp(-4.0, 4.0)).collect()
}

/// Sorts the margins by head.
pub(super) fn margins_of(all: &[f32], industries: usize, columns: usize) -> Margins {
    let at = |i: usize| all.get(industries + columns + i).copied().unwrap_or_default();
    Margins {
        on_topic: at(0),
        worth: [at(1), at(2)],
        columns: all.get(industries..industries + columns).unwrap_or_default().to_vec(),
        industries: all.get(..industries).unwrap_or_default().to_vec(),
    }
}
