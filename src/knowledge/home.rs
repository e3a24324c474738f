//! The institute of the default settings.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Home {
    /// Name of the publication.
    pub(crate) publication: String,
    /// Its organiser.
    pub(crate) organiser: String,
    pub(crate) city: String,
    pub(crate) province: String,
    /// Id of a set of industries.
    pub(crate) industries: String,
}
