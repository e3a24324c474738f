//! What tells whether two articles report one event.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::knowledge::{Pattern, Words};

/// `events.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Events {
    pub(crate) period: Pattern,
    pub(crate) series: Pattern,
    pub(crate) roundup: Pattern,
    pub(crate) amount: Pattern,
    pub(crate) factors: BTreeMap<String, f64>,
    pub(crate) markets: BTreeMap<String, Words>,
}
