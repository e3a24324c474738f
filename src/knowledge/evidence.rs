//! What statements of an issue are checked for.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::knowledge::{Letters, Words};

/// `evidence.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    pub(crate) about: Words,
    pub(crate) nearly: Words,
    pub(crate) above: Words,
    pub(crate) below: Words,
    /// Measure → the measure that it is converted into, and the factor.
    pub(crate) units: BTreeMap<String, (String, f64)>,
    pub(crate) directions: Directions,
    pub(crate) negations: Negations,
    pub(crate) speakers: Speakers,
    pub(crate) names: Names,
    pub(crate) reckoned: Reckoned,
    pub(crate) bases: Bases,
    pub(crate) happened: Happened,
    pub(crate) across: Across,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reckoned {
    pub(crate) difference: Words,
    pub(crate) sum: Words,
    pub(crate) reach: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bases {
    pub(crate) reach: usize,
    pub(crate) words: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Happened {
    pub(crate) done: Words,
    pub(crate) planned: Words,
    pub(crate) reach: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Directions {
    pub(crate) up: Words,
    pub(crate) down: Words,
    pub(crate) none: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Negations {
    pub(crate) words: Words,
    pub(crate) none: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speakers {
    pub(crate) verbs: Words,
    pub(crate) none: Words,
    pub(crate) openings: Words,
    pub(crate) pronouns: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    pub(crate) titles: Words,
    pub(crate) plain_letters: Letters,
    pub(crate) common: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Across {
    pub(crate) once: Words,
    pub(crate) links: Letters,
    pub(crate) amounts: Letters,
    /// Measure → its parts, of which it has no others.
    pub(crate) sums: BTreeMap<String, Vec<String>>,
}
