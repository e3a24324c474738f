//! How tables write periods, values and units.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::knowledge::{Pattern, Words};

/// `series.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesWords {
    pub(crate) column: String,
    pub(crate) period_heads: Words,
    pub(crate) derived_heads: Words,
    pub(crate) missing: Vec<String>,
    pub(crate) unit_label: Pattern,
    pub(crate) heading_year: Pattern,
    pub(crate) periods: Vec<Pattern>,
    pub(crate) scales: BTreeMap<String, f64>,
    pub(crate) units: BTreeMap<String, UnitWord>,
}

/// A unit and its family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitWord {
    pub(crate) family: String,
    pub(crate) factor: f64,
}
