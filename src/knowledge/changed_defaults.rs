//! Settings whose default is another one since a release.

use serde::Deserialize;
use toml_edit::{Document, Item, Table};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedDefaults {
    changed: Vec<ChangedDefault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangedDefault {
    /// The last schema of the database with the old default.
    schema: i64,
    /// One of these is enough: table and key.
    keys: Vec<String>,
    before: String,
    now: String,
    reason: String,
}

impl ChangedDefaults {
    /// Returns a sentence for each default that changed since a schema and that a settings file does not set.
    pub(crate) fn since(&self, schema: i64, settings: &str) -> Vec<String> {
        let settings = Document::parse(settings).map(|d| d.as_table().clone()).unwrap_or_default();
        let left_out = self.changed.iter().filter(|c| schema <= c.schema && !c.keys.iter().any(|k| sets(&settings, k)));
        left_out
            .map(|c| {
                let (key, others) = c.keys.split_first().map_or(("", &[][..]), |(k, o)| (k.as_str(), o));
                let or = others.iter().map(|o| format!(" or {o}")).collect::<String>();
                format!("{key} was {:?} and is {:?} now: {}; set {key}{or} to say which you want", c.before, c.now, c.reason)
            })
            .collect()
    }
}

/// Whether a file sets a key, in each of several tables of the name.
fn sets(settings: &Table, key: &str) -> bool {
    let Some((table, key)) = key.rsplit_once('.') else { return false };
    match settings.get(table) {
        Some(Item::Table(t)) => t.contains_key(key),
        Some(Item::ArrayOfTables(all)) => all.iter().all(|t| t.contains_key(key)),
        Some(Item::Value(v)) => v.as_inline_table().is_some_and(|t| t.contains_key(key)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::CHANGED_DEFAULTS;

    #[test]
    fn what_a_file_leaves_out_and_an_older_release_read_otherwise_is_told() {
        let told = |schema, text: &str| CHANGED_DEFAULTS.since(schema, text);
        assert!(told(9, "").is_empty());
        let all = told(8, "");
        assert!(all.len() > 2 && all[0].starts_with("publication.document was \"full\" and is \"summary\" now"), "{all:?}");
        assert_eq!(told(8, "[publication]\ndocument = \"full\"\n[console]\nhosts = [\"a.example\"]").len(), all.len() - 2);
        let two = "[[publication]]\nname = \"甲\"\ndocument = \"full\"\n[[publication]]\nname = \"乙\"\n";
        assert_eq!(told(8, two).len(), all.len(), "the second leaves it out");
    }
}
