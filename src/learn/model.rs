//! A model's file: a line of JSON with all but the n-grams' weights, then those, one byte each, bucket by bucket.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::grams::{BUCKETS, buckets_of, grams};
use super::signals::Signals;
use super::stages::{Margins, Stages, Verdict};

/// Where a model comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Day on which it was trained.
    pub date: String,
    /// How many labelled articles.
    pub items: usize,
    /// SHA-256 of the file of labels.
    pub labels_sha256: String,
    /// What else was chosen.
    pub settings: String,
}

/// One linear model as it is stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Head {
    /// What one step of a stored byte stands for.
    pub(super) scale: f32,
    /// Weights of the features beside the n-grams.
    pub(super) dense: Vec<f32>,
    pub(super) bias: f32,
}

/// All but the n-grams' weights.
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

/// Why a model cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The first line is not its description.
    #[error("the model's first line is not its description: {0}; train it again with `qingbao learn train`")]
    Header(#[from] serde_json::Error),
    /// The weights are too few or too many.
    #[error("the model has {found} bytes of weights instead of {expected}; train it again with `qingbao learn train`")]
    Size {
        /// As many as there are.
        found: usize,
        /// As many as the description asks for.
        expected: usize,
    },
}

/// A model made ready. The weights of the n-grams stay where they were read.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    header: Header,
    weights: &'a [u8],
}

static BUILT_IN: LazyLock<Option<Model<'static>>> = LazyLock::new(|| Model::read(include_bytes!("../data/models/judgement.model")).ok());

impl Model<'static> {
    /// The model that comes with the program.
    pub fn built_in() -> Option<&'static Self> {
        BUILT_IN.as_ref()
    }
}

impl<'a> Model<'a> {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// A file that is cut, or made by another release.
    pub fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
        let (line, rest) = bytes.split_at(end);
        let header: Header = serde_json::from_slice(line)?;
        let weights = rest.get(1..).unwrap_or_default();
        let expected = header.heads.len() * BUCKETS;
        let complete = header.heads.len() == header.industries.len() + header.columns.len() + 3 && weights.len() == expected;
        if complete { Ok(Self { header, weights }) } else { Err(ModelError::Size { found: weights.len(), expected }) }
    }

    /// Names of its industries.
    pub fn industries(&self) -> &[String] {
        &self.header.industries
    }

    /// Names of its columns.
    pub fn columns(&self) -> &[String] {
        &self.header.columns
    }

    /// Where it comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.header.provenance
    }

    /// From which worth an article may be chosen without an editor.
    pub fn least_worth(&self) -> f32 {
        self.header.stages.thresholds.worth
    }

    /// Judges an article; `hint` is the column its source asks for.
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

    /// How strongly the n-grams of a word speak for an industry.
    pub fn word_weight(&self, industry: usize, word: &str) -> f32 {
        let (heads, scale) = (self.header.heads.len(), self.header.heads.get(industry).map_or(0.0, |h| h.scale));
        let weight = |b: u32| self.weights.get(b as usize * heads + industry).map_or(0.0, |w| f32::from(w.cast_signed()));
        scale * buckets_of(word).into_iter().map(weight).sum::<f32>()
    }
}

/// Share of the rules' features beside n-grams of length 1.
const DENSE_SHARE: f32 = 0.3;

/// Features by how far they are from the mean, cut at 4 spreads.
pub(super) fn standardised(features: &[f32], means: &[f32], spreads: &[f32]) -> Vec<f32> {
    features.iter().zip(means).zip(spreads).map(|((x, m), s)| DENSE_SHARE * ((x - m) / s).clamp(-4.0, 4.0)).collect()
}

/// Sorts the margins of all heads.
pub(super) fn margins_of(all: &[f32], industries: usize, columns: usize) -> Margins {
    let at = |i: usize| all.get(industries + columns + i).copied().unwrap_or_default();
    Margins {
        on_topic: at(0),
        worth: [at(1), at(2)],
        columns: all.get(industries..industries + columns).unwrap_or_default().to_vec(),
        industries: all.get(..industries).unwrap_or_default().to_vec(),
    }
}
