//! Parts of old issues that are imported.

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern, Words};

/// `old_issues.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OldIssues {
    pub(crate) marks: Letters,
    pub(crate) brackets: Words,
    pub(crate) contents: Words,
    pub(crate) guides: Words,
    pub(crate) forewords: Words,
    pub(crate) imprint: Words,
    pub(crate) organiser_labels: Words,
    pub(crate) organiser_ends: Words,
    pub(crate) masthead: Words,
    pub(crate) publisher_labels: Words,
    pub(crate) publisher_verbs: Words,
    pub(crate) publisher_ends: Words,
    pub(crate) publisher_end: Pattern,
    pub(crate) openings: Words,
    pub(crate) counted: Words,
    pub(crate) measured: Words,
    pub(crate) amounts: Words,
    pub(crate) subheadings: Words,
    pub(crate) compilers: Words,
}
