//! Knowledge of the classifier beside the taxonomy.

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern, Words};

/// `classify.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classify {
    pub(crate) authority: Pattern,
    pub(crate) term_endings: Letters,
    pub(crate) beside_names: Letters,
    pub(crate) generic: Words,
    pub(crate) figure: Pattern,
    pub(crate) stopwords: Words,
    pub(crate) phrase: Phrase,
    pub(crate) organisation: Organisation,
    pub(crate) place: Place,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phrase {
    pub(crate) between: Words,
    pub(crate) numerals: Letters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organisation {
    pub(crate) companies: Words,
    pub(crate) parts: Words,
    pub(crate) weak: Words,
    pub(crate) of_a_field: Words,
    pub(crate) begins_words: Words,
    pub(crate) before_endings: Words,
    pub(crate) before_names: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) endings: Words,
    pub(crate) peoples: Words,
    pub(crate) ambiguous: Words,
}
