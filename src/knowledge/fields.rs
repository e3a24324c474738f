//! Markup names of an article's title, day, 来源 and author.

use serde::Deserialize;

use crate::knowledge::{Pattern, Words};

/// `fields.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    pub(crate) headline: Headline,
    pub(crate) published: Published,
    pub(crate) publisher: Publisher,
    pub(crate) author: Author,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Headline {
    pub(crate) meta: Words,
    pub(crate) byline: Pattern,
    pub(crate) site_endings: Words,
    pub(crate) asks: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Published {
    pub(crate) meta: Words,
    pub(crate) meta_of_a_date: Words,
    pub(crate) meta_of_a_change: Words,
    pub(crate) beside: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publisher {
    pub(crate) meta: Words,
    pub(crate) mentions: Words,
    pub(crate) labelled: Pattern,
    pub(crate) without_colon: Pattern,
    pub(crate) in_words: Pattern,
    pub(crate) label: Pattern,
    pub(crate) bare_label: Pattern,
    pub(crate) end: Pattern,
    pub(crate) beside_date: Vec<Pattern>,
    pub(crate) between_bars: Pattern,
    pub(crate) outlet: Pattern,
    pub(crate) date: Pattern,
    pub(crate) placeholders: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Author {
    pub(crate) meta: Words,
    pub(crate) mentions: Words,
    pub(crate) before_name: Words,
    pub(crate) said: Words,
    pub(crate) before_persons: Words,
    pub(crate) prefixes: Words,
    pub(crate) label: Pattern,
    pub(crate) signed: Pattern,
    pub(crate) in_brackets: Pattern,
    pub(crate) last: Pattern,
    pub(crate) by: Pattern,
}
