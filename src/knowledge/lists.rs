//! Lists of articles, and walls (pages shown instead of articles).

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern, Words};

/// `lists.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lists {
    pub(crate) row: Row,
    #[serde(rename = "box")]
    pub(crate) boxes: Boxes,
    pub(crate) page: Page,
    pub(crate) pager: Pager,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) not_titles: Words,
    pub(crate) legal: Words,
    pub(crate) marks: Words,
    pub(crate) title_labels: Words,
    pub(crate) until: Words,
    pub(crate) date_letters: Letters,
    pub(crate) near_letters: Letters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Boxes {
    pub(crate) never: Words,
    pub(crate) unlikely: Words,
    pub(crate) headings: Words,
    pub(crate) more: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    pub(crate) generic: Words,
    pub(crate) empty: Words,
    pub(crate) columns: Words,
    pub(crate) not_columns: Words,
    pub(crate) not_feeds: Words,
    pub(crate) feed_links: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pager {
    pub(crate) signs: Words,
    pub(crate) next: Words,
    pub(crate) next_of_list: Words,
    pub(crate) arrows: Words,
    pub(crate) names: Words,
    pub(crate) option: Pattern,
}

/// `walls.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Walls {
    pub(crate) entrances: Words,
    pub(crate) labels: Words,
    pub(crate) addresses: Words,
    pub(crate) script: Marks,
    pub(crate) firewall: Marks,
    pub(crate) captcha: Marks,
    pub(crate) login: Marks,
}

/// The marks of a wall, by position.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) challenge: Vec<String>,
    pub(crate) widget: Vec<String>,
    pub(crate) words: Vec<String>,
}
