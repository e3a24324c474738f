//! Date formats.

use serde::Deserialize;

use crate::knowledge::Pattern;

/// `dates.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dates {
    pub(crate) full: Pattern,
    pub(crate) columns: Pattern,
    pub(crate) day_month_year: Pattern,
    pub(crate) month_day_year: Pattern,
    pub(crate) year_month_day: Pattern,
    pub(crate) year_last: Pattern,
    pub(crate) compact: Pattern,
    pub(crate) short_year: Pattern,
    pub(crate) month_day: Pattern,
    pub(crate) named_year: Pattern,
    pub(crate) ago: Pattern,
    pub(crate) near: Pattern,
    pub(crate) numerals: Pattern,
    pub(crate) minguo: Pattern,
    pub(crate) figures: Pattern,
    pub(crate) named: Vec<Pattern>,
    pub(crate) shown: Pattern,
    pub(crate) code: Pattern,
    pub(crate) pieces: Vec<Pattern>,
    pub(crate) pieces_of_this_year: Vec<Pattern>,
    pub(crate) month_heading: Pattern,
    pub(crate) month_in_address: Pattern,
    pub(crate) day_in_address: Pattern,
    pub(crate) months: Vec<[String; 2]>,
}
