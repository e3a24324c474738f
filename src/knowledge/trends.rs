//! Words for rising terms.

use serde::Deserialize;

use super::Words;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trends {
    /// Words that come and go with the calendar.
    pub(crate) calendar: Words,
}
