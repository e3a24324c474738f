//! Names of persons, and endings of the names of outlets and organisations.

use serde::Deserialize;

use crate::knowledge::{Letters, Pattern, Words};

/// `names.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    pub(crate) surnames: Letters,
    pub(crate) compound_surnames: Words,
    pub(crate) other_words: Words,
    pub(crate) places: Words,
    pub(crate) place_endings: Words,
    pub(crate) end: Pattern,
    pub(crate) offices: Words,
    pub(crate) placeholders: Words,
    pub(crate) signs_of_programs: Words,
    pub(crate) latin: Pattern,
    pub(crate) behind_latin: Pattern,
}

/// `outlets.toml`, which describes each column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outlets {
    ending: Vec<Ending>,
    pub(crate) standing: Standing,
}

/// Publishers whose originals have authority.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standing {
    pub(crate) central: Words,
    pub(crate) press: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // columns of a table
struct Ending {
    words: Words,
    #[serde(default)]
    outlet: bool,
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    dateline: bool,
    #[serde(default)]
    no_person: bool,
}

impl Outlets {
    fn words(&self, of: impl Fn(&Ending) -> bool) -> impl Iterator<Item = &str> {
        self.ending.iter().filter(move |e| of(e)).flat_map(|e| e.words.iter())
    }

    /// Whether a name ends like that of an outlet.
    pub(crate) fn names_outlet(&self, name: &str) -> bool {
        self.words(|e| e.outlet).any(|w| name.ends_with(w))
    }

    /// Whether a name ends like that of a department, office or company.
    pub(crate) fn is_no_person(&self, name: &str) -> bool {
        self.words(|e| e.no_person).any(|w| name.ends_with(w))
    }

    /// Returns the alternatives of endings for a pattern.
    pub(super) fn part(&self, name: &str) -> Option<String> {
        let words: Vec<&str> = match name {
            "outlet" => self.words(|e| e.outlet).collect(),
            "outlet_alone" => self.words(|e| e.alone).collect(),
            "outlet_in_dateline" => self.words(|e| e.dateline).collect(),
            _ => return None,
        };
        Some(words.join("|"))
    }
}
