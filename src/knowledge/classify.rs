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
    pub(crate) money: Pattern,
    pub(crate) winner: Pattern,
    pub(crate) price: Pattern,
    pub(crate) tender: Words,
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
    pub(crate) more_weak: Words,
    pub(crate) bodies: Words,
    pub(crate) named_by_place: Words,
    pub(crate) vague: Words,
    pub(crate) in_fields: Words,
    pub(crate) inside: Words,
    pub(crate) stops: Words,
    pub(crate) soft_stops: Words,
    pub(crate) business: Words,
    pub(crate) countries: Words,
    pub(crate) groups: Words,
    pub(crate) branches: Words,
    pub(crate) stock_codes: Words,
    pub(crate) short_form: Pattern,
    pub(crate) no_alias: Words,
    pub(crate) no_firm: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) compounds: Words,
    pub(crate) endings: Words,
    pub(crate) peoples: Words,
    pub(crate) ambiguous: Words,
}
