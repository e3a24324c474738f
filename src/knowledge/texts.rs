//! Sentences of summaries, and words in which copies of a text differ.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern, Words};

/// `sentences.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sentences {
    pub(crate) datelines: Vec<Pattern>,
    pub(crate) dateline_words: Words,
    pub(crate) wire: Pattern,
    pub(crate) credits: Pattern,
    pub(crate) numbering: Pattern,
    pub(crate) letterheads: Vec<Pattern>,
    pub(crate) quote: Pattern,
    pub(crate) record: Pattern,
    pub(crate) title_labels: Words,
    pub(crate) continuations: Letters,
    pub(crate) title_decoration: Pattern,
    pub(crate) relative_day: Pattern,
    pub(crate) days: BTreeMap<String, i64>,
    pub(crate) rating: Rating,
}

/// Words for rating sentences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rating {
    pub(crate) dangling: Words,
    pub(crate) not_dangling: Words,
    pub(crate) furniture: Words,
    pub(crate) letters: Words,
    pub(crate) aims: Words,
    pub(crate) support: Words,
    pub(crate) news: Words,
    pub(crate) units: Words,
    pub(crate) notices: Words,
}

/// `stories.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stories {
    pub(crate) name_endings: Letters,
    pub(crate) firms: Words,
    pub(crate) places: Words,
    pub(crate) everyday: Words,
    pub(crate) credits: Words,
}
