//! Edits `sources.toml`: comments and order stay, the new file is checked and replaces the old one atomically, and a concurrent
//! change is never overwritten.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::Arc;

use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

pub use crate::config::edit_toml::EditError;
use crate::config::edit_toml::{as_text, put};
use crate::config::source_list::Vocabulary;
use crate::config::{SourceList, edit_toml, read_file};
use crate::model::{Source, SourceId, SourceKind, WebUrl};

/// Sets `enabled` of a source; returns false if it is not in the file.
pub fn set_enabled(path: &Path, id: &SourceId, on: bool, vocabulary: &Vocabulary) -> Result<bool, EditError> {
    change(path, vocabulary, |document| {
        let Some(table) = source_table(document, id) else { return false };
        if on {
            // enabled is the default
            table.remove("enabled");
        } else {
            table.insert("enabled", value(false));
        }
        true
    })
}

/// Removes a source with its comments; returns false if it is not in the file.
pub fn remove(path: &Path, id: &SourceId, vocabulary: &Vocabulary) -> Result<bool, EditError> {
    change(path, vocabulary, |document| {
        let Some(tables) = document.get_mut("source").and_then(Item::as_array_of_tables_mut) else { return false };
        let Some(at) = tables.iter().position(|t| t.get("id").and_then(Item::as_str) == Some(id.as_str())) else { return false };
        tables.remove(at);
        true
    })
}

/// A key of a source and its value; `None` removes the key. `list.item` is the key `item` of the table `list`.
pub type Field = (&'static str, Option<Value>);

/// Sets fields of a source; returns false if it is not in the file.
pub fn set_fields(path: &Path, id: &SourceId, fields: &[Field], vocabulary: &Vocabulary) -> Result<bool, EditError> {
    change(path, vocabulary, |document| put_fields(document, id, fields))
}

/// Returns the text of a list with other industries for these sources; an empty list removes the key.
pub fn with_industries(text: &str, changes: &[(SourceId, Vec<String>)]) -> Option<String> {
    let mut document = text.parse::<DocumentMut>().ok()?;
    for (id, industries) in changes {
        let value = (!industries.is_empty()).then(|| Value::from_iter(industries));
        put_fields(&mut document, id, &[("industries", value)]);
    }
    Some(document.to_string())
}

/// Returns the source with these fields changed; writes nothing.
pub fn with_fields(path: &Path, id: &SourceId, fields: &[Field], vocabulary: &Vocabulary) -> Result<Option<Arc<Source>>, EditError> {
    let name = path.display().to_string();
    let Ok(mut document) = read_file(path)?.parse::<DocumentMut>() else { return Ok(None) };
    put_fields(&mut document, id, fields);
    Ok(SourceList::parse(&name, &document.to_string(), vocabulary)?.get(id).cloned())
}

/// Returns the fields of a source as texts: lists with one value per line, keys of inner tables as `list.item`.
pub fn raw_fields(path: &Path, id: &SourceId) -> Result<Option<BTreeMap<String, String>>, EditError> {
    let Ok(mut document) = read_file(path)?.parse::<DocumentMut>() else { return Ok(None) };
    let Some(table) = source_table(&mut document, id) else { return Ok(None) };
    let mut out = BTreeMap::new();
    for (key, item) in table.iter() {
        match item.as_table_like() {
            Some(inner) => out.extend(inner.iter().map(|(k, v)| (format!("{key}.{k}"), as_text(v)))),
            None => drop(out.insert(key.to_owned(), as_text(item))),
        }
    }
    Ok(Some(out))
}

fn put_fields(document: &mut DocumentMut, id: &SourceId, fields: &[Field]) -> bool {
    let Some(table) = source_table(document, id) else { return false };
    for (key, new) in fields {
        match key.split_once('.') {
            None => put(table, key, new.clone()),
            Some((outer, inner)) => {
                if new.is_some() && !table.contains_key(outer) {
                    table.insert(outer, value(InlineTable::new()));
                }
                let Some(part) = table.get_mut(outer).and_then(Item::as_table_like_mut) else { continue };
                put(part, inner, new.clone());
                if part.is_empty() {
                    table.remove(outer);
                } else if let Some(inline) = table.get_mut(outer).and_then(Item::as_inline_table_mut) {
                    inline.fmt();
                }
            }
        }
    }
    true
}

fn source_table<'a>(document: &'a mut DocumentMut, id: &SourceId) -> Option<&'a mut Table> {
    let tables = document.get_mut("source").and_then(Item::as_array_of_tables_mut)?;
    tables.iter_mut().find(|t| t.get("id").and_then(Item::as_str) == Some(id.as_str()))
}

/// Makes an id from the host, with a number if it is taken: `www.kjt.henan.gov.cn` → `kjt-henan-gov-cn`.
pub fn free_id<S: BuildHasher>(url: &WebUrl, taken: &HashSet<SourceId, S>) -> Option<SourceId> {
    let host = url.host().trim_start_matches("www.");
    let stem: String = host.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(48).collect();
    let stem = stem.trim_matches('-');
    let names = (1..10_000u32).map(|n| if n == 1 { stem.to_owned() } else { format!("{stem}-{n}") });
    names.filter_map(|name| SourceId::parse(&name)).find(|id| !taken.contains(id))
}

/// A source to add.
#[derive(Debug, Clone)]
pub struct NewSource {
    pub id: SourceId,
    pub name: String,
    /// The address of the list.
    pub url: WebUrl,
    /// If it must not be detected.
    pub kind: Option<SourceKind>,
    /// 全国, or the name of a province or city
    pub region: Option<String>,
    /// Allows a private or loopback address.
    pub allow_private: bool,
    /// Load pages in the headless browser.
    pub render: bool,
}

/// Returns the source as TOML.
pub fn as_toml(new: &NewSource) -> String {
    let mut document = DocumentMut::new();
    append(&mut document, new);
    document.to_string().trim().to_owned()
}

/// Appends sources to the file; creates a missing file.
pub fn add(path: &Path, new: &[NewSource], vocabulary: &Vocabulary) -> Result<(), EditError> {
    if !path.exists() {
        let name = path.display().to_string();
        let mut document = DocumentMut::new();
        for n in new {
            append(&mut document, n);
        }
        let text = format!("# Where news is taken from; docs/sources.md tells every key.\n{document}");
        SourceList::parse(&name, &text, vocabulary)?;
        return edit_toml::create(path, &text);
    }
    change(path, vocabulary, |document| {
        for n in new {
            append(document, n);
        }
        true
    })?;
    Ok(())
}

fn append(document: &mut DocumentMut, new: &NewSource) {
    let mut table = Table::new();
    table.insert("id", value(new.id.as_str()));
    table.insert("name", value(&new.name));
    table.insert("url", value(new.url.as_str()));
    if let Some(kind) = new.kind {
        table.insert("kind", value(kind.as_str()));
    }
    if let Some(region) = &new.region {
        table.insert("region", value(region));
    }
    for (key, on) in [("allow_private", new.allow_private), ("render", new.render)] {
        if on {
            table.insert(key, value(true));
        }
    }
    table.decor_mut().set_prefix("\n");
    let sources = document.entry("source").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(tables) = sources.as_array_of_tables_mut() {
        tables.push(table);
    }
}

fn change(path: &Path, vocabulary: &Vocabulary, edit: impl FnOnce(&mut DocumentMut) -> bool) -> Result<bool, EditError> {
    let name = path.display().to_string();
    let before = read_file(path)?;
    SourceList::parse(&name, &before, vocabulary)?;
    let Ok(mut document) = before.parse::<DocumentMut>() else { return Ok(false) };
    if !edit(&mut document) {
        return Ok(false);
    }
    let after = document.to_string();
    SourceList::parse(&name, &after, vocabulary)?;
    edit_toml::replace_if_unchanged(path, &before, &after)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_switched_off_and_on_and_comments_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sources.toml");
        let text = "# 来源\n[[source]] # 第一个\nid = \"a\"\nname = \"甲\"\nurl = \"https://a.cn/\"\n\n[[source]]\nid = \"b\"\nname = \"乙\"\nurl = \"https://b.cn/\" # 二\n";
        std::fs::write(&path, text).unwrap();
        let (v, b) = (Vocabulary::default(), SourceId::parse("b").unwrap());
        assert!(set_enabled(&path, &b, false, &v).unwrap());
        let off = std::fs::read_to_string(&path).unwrap();
        assert_eq!(off, format!("{text}enabled = false\n"));
        assert!(set_enabled(&path, &b, true, &v).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(!set_enabled(&path, &SourceId::parse("c").unwrap(), false, &v).unwrap());
    }

    #[test]
    fn a_broken_file_is_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sources.toml");
        std::fs::write(&path, "[[source]]\nid = 1\n").unwrap();
        assert!(set_enabled(&path, &SourceId::parse("b").unwrap(), false, &Vocabulary::default()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[[source]]\nid = 1\n");
    }

    #[test]
    fn fields_are_set_and_taken_out_and_comments_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sources.toml");
        let text = "# 来源\n[[source]]\nid = \"a\"\nname = '甲' # 旧名\nurl = \"https://a.cn/\"\nregion = \"河南\"\nlist = { item = \"li\", date = \"i\" }\n# 完\n";
        std::fs::write(&path, text).unwrap();
        let (id, words) = (
            SourceId::parse("a").unwrap(),
            Vocabulary { industries: vec!["食品".into()], themes: Vec::new(), columns: vec!["行业动态".into()], places: Vec::new() },
        );
        let fields = [
            ("name", Some("新甲".into())),
            ("region", None),
            ("interval", Some("1h".into())),
            ("industries", Some(Value::from_iter(["食品"]))),
            ("list.item", None),
            ("list.title", Some("a".into())),
            ("article.body", Some("#zoom".into())),
        ];
        let tried = with_fields(&path, &id, &fields, &words).unwrap().unwrap();
        assert_eq!((tried.name.as_str(), tried.article.body.as_deref(), tried.list.item.is_none()), ("新甲", Some("#zoom"), true));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "only tried");
        let said = raw_fields(&path, &id).unwrap().unwrap();
        assert_eq!((said["name"].as_str(), said["list.item"].as_str()), ("甲", "li"));
        assert!(set_fields(&path, &id, &fields, &words).unwrap());
        let written = std::fs::read_to_string(&path).unwrap();
        insta::assert_snapshot!(written);
        assert!(set_fields(&path, &id, &[("list.date", None), ("list.title", None), ("url", Some("ftp://x".into()))], &words).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written, "a wrong field writes nothing");
        assert!(set_fields(&path, &id, &[("list.date", None), ("list.title", None)], &words).unwrap());
        assert!(!std::fs::read_to_string(&path).unwrap().contains("list"));
        assert!(!set_fields(&path, &SourceId::parse("b").unwrap(), &fields, &words).unwrap());
    }
}
