//! Changing `sources.toml` by program: comments and order stay, the new file is checked before it replaces the old one in
//! one step, and nothing is written over a change made meanwhile.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::sources::Vocabulary;
use super::{ConfigError, SourceList, read_file};
use crate::model::{SourceId, SourceKind, WebUrl};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file as it is, or as it would be, is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file cannot be written.
    #[error("{path} cannot be written: {source}; nothing was changed")]
    Write {
        /// The file.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// Somebody else was quicker.
    #[error("{0} was changed by somebody else at the same moment; nothing was written, try again")]
    Changed(String),
}

/// Sets `enabled` of a source; false where the source does not stand in the file.
pub fn set_enabled(path: &Path, id: &SourceId, on: bool, vocabulary: &Vocabulary) -> Result<bool, EditError> {
    change(path, vocabulary, |document| {
        let tables = document.get_mut("source").and_then(Item::as_array_of_tables_mut);
        let found = tables.and_then(|t| t.iter_mut().find(|t| t.get("id").and_then(Item::as_str) == Some(id.as_str())));
        let Some(table) = found else { return false };
        if on {
            // on is what a source is where nothing is said
            table.remove("enabled");
        } else {
            table.insert("enabled", value(false));
        }
        true
    })
}

/// An id from the host, with a number where it is taken: `www.kjt.henan.gov.cn` → `kjt-henan-gov-cn`.
pub fn free_id<S: BuildHasher>(url: &WebUrl, taken: &HashSet<SourceId, S>) -> Option<SourceId> {
    let host = url.host().trim_start_matches("www.");
    let stem: String = host.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(48).collect();
    let stem = stem.trim_matches('-');
    let names = (1..10_000u32).map(|n| if n == 1 { stem.to_owned() } else { format!("{stem}-{n}") });
    names.filter_map(|name| SourceId::parse(&name)).find(|id| !taken.contains(id))
}

/// A source to be written.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// Stable key.
    pub id: SourceId,
    /// Name shown to editors.
    pub name: String,
    /// Where the entries are listed.
    pub url: WebUrl,
    /// Where it is to be fixed.
    pub kind: Option<SourceKind>,
    /// 全国, 河南, 许昌 …
    pub region: Option<String>,
    /// May be on a private or loopback address.
    pub allow_private: bool,
    /// Through a headless browser.
    pub render: bool,
}

/// A source as it stands in the file.
pub fn as_toml(new: &NewSource) -> String {
    let mut document = DocumentMut::new();
    append(&mut document, new);
    document.to_string().trim().to_owned()
}

/// Adds sources at the end of the file; one that does not exist yet is made.
pub fn add(path: &Path, new: &[NewSource], vocabulary: &Vocabulary) -> Result<(), EditError> {
    if !path.exists() {
        let name = path.display().to_string();
        let mut document = DocumentMut::new();
        for n in new {
            append(&mut document, n);
        }
        let text = format!("# Where news is taken from; docs/sources.md tells every key.\n{document}");
        SourceList::parse(&name, &text, vocabulary)?;
        let written = std::fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut f| f.write_all(text.as_bytes()));
        return written.map_err(|source| EditError::Write { path: name, source });
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
    if read_file(path)? != before {
        return Err(EditError::Changed(name));
    }
    replace(path, after.as_bytes()).map_err(|source| EditError::Write { path: name, source })?;
    Ok(true)
}

/// Writes beside and renames: the file is the old one or the new one, never half of either.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // a link stays a link: what it points to is replaced
    let path = std::fs::canonicalize(path)?;
    let beside = PathBuf::from(format!("{}.new", path.display()));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)
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
}
