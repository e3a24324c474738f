//! What a fact is.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern, Words};

/// `news.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct News {
    pub(crate) empty: Pattern,
    pub(crate) attribution: Pattern,
    pub(crate) no_figure: Pattern,
    pub(crate) numeral: Pattern,
    pub(crate) date: Pattern,
    pub(crate) plan: Pattern,
    pub(crate) done: Pattern,
    pub(crate) supposed: Pattern,
    pub(crate) organisation: Pattern,
    pub(crate) trade: Words,
    pub(crate) common_letters: Letters,
    pub(crate) common_places: Words,
    pub(crate) acts: BTreeMap<String, Words>,
}
