//! What tells how far a report can be trusted.

use serde::Deserialize;

use crate::knowledge::{Pattern, Words};

/// `grades.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grades {
    pub(crate) origin: Origin,
    pub(crate) outlet: OutletWords,
    pub(crate) words: ReportWords,
}

/// How a report names the one whose words it repeats.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    pub(crate) dateline: Pattern,
    pub(crate) report: Pattern,
    pub(crate) label: Pattern,
    pub(crate) announcement: Pattern,
    pub(crate) asked: Pattern,
    pub(crate) own: Words,
    pub(crate) houses: Vec<Words>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutletWords {
    pub(crate) authority: Words,
    pub(crate) self_media: Words,
    pub(crate) channels: Words,
    pub(crate) firms: Words,
    pub(crate) bodies: Words,
    pub(crate) anonymous: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportWords {
    pub(crate) rumour: Words,
    pub(crate) opinion: Words,
    pub(crate) correction: Words,
    pub(crate) measures: Words,
    pub(crate) about: Words,
}
