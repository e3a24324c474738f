//! Ready sets of industries.

use crate::config::ConfigError;
use crate::config::reader::{Section, TomlReader};

const SETS: &str = include_str!("../../data/taxonomy/sets.toml");

/// The set that fits any city.
pub const NATIONAL: &str = "national-strategic";

/// A ready set of industries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndustrySet {
    pub id: String,
    /// Name shown.
    pub name: String,
    /// Who decided on it.
    pub source: String,
    /// Names of its industries.
    pub industries: Vec<String>,
}

/// Returns the ready sets.
///
/// # Errors
/// If the file that is built in is broken.
pub fn sets() -> Result<Vec<IndustrySet>, ConfigError> {
    let reader = TomlReader::parse("built-in sets.toml", SETS)?;
    let read = |s: &Section<'_>| IndustrySet {
        id: s.string("id").unwrap_or_default(),
        name: s.string("name").unwrap_or_default(),
        source: s.string("source").unwrap_or_default(),
        industries: s.strings("industries"),
    };
    let sets = reader.root().sections("set").iter().map(read).collect();
    reader.finish(sets)
}

/// Returns the ids of the ready sets.
pub(crate) fn set_ids() -> Vec<String> {
    sets().unwrap_or_default().into_iter().map(|s| s.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_national_set_is_one_of_them() {
        assert!(set_ids().contains(&NATIONAL.to_owned()));
    }
}
