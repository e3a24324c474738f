//! Furniture of watched pages.

use serde::Deserialize;

use crate::knowledge::{Pattern, Words};

/// `page_watch.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageWatchWords {
    pub(crate) containers: Words,
    pub(crate) hints: Words,
    pub(crate) content_names: Words,
    pub(crate) adverts: Pattern,
    pub(crate) notices: Pattern,
    pub(crate) menu_items: Words,
    pub(crate) headings: Words,
    pub(crate) headings_of_watched: Words,
    pub(crate) lines: Pattern,
    pub(crate) counters: Pattern,
    pub(crate) counted: Pattern,
    pub(crate) counter_of_page: Pattern,
    pub(crate) counter_of_trade: Pattern,
    pub(crate) counted_things: Pattern,
    pub(crate) loose_counters: Pattern,
    pub(crate) signs: Pattern,
    pub(crate) ratings: Pattern,
    pub(crate) bullets: Pattern,
    pub(crate) sorted: Pattern,
    pub(crate) tokens: Pattern,
    pub(crate) today: Pattern,
    pub(crate) date: Pattern,
    pub(crate) deadlines: Pattern,
    pub(crate) facts_behind: Pattern,
    pub(crate) date_labels: Pattern,
    pub(crate) after_date: Pattern,
    pub(crate) ago: Pattern,
    pub(crate) number_columns: Words,
    pub(crate) amount: Pattern,
}
