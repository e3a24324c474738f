//! What of a printed article is no change, and what tells that it was withdrawn.

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern};

/// `rechecks.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecheckWords {
    pub(crate) lines: Pattern,
    pub(crate) closing: Pattern,
    pub(crate) counters: Pattern,
    pub(crate) headline_marks: Pattern,
    pub(crate) minor_letters: Letters,
    pub(crate) withdrawn: Pattern,
    pub(crate) maintenance: Pattern,
}
