//! What every editor of a TOML file does: sets and removes keys so that comments and order stay, and replaces the file atomically.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use toml_edit::{Array, Item, TableLike, Value, value};

use crate::config::{ConfigError, read_file};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file has a mistake, before or after the change.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file cannot be written.
    #[error("{path} cannot be written: {source}; nothing was changed")]
    Write { path: String, source: std::io::Error },
    /// Another program changed the file meanwhile.
    #[error("{0} was changed by somebody else at the same moment; nothing was written, try again")]
    Changed(String),
}

impl EditError {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Config(e) => e.chinese(),
            Self::Write { path, source } => {
                format!("{path} 写不了（{source}），没有改动。服务要能写这个文件和它所在的文件夹；安装包把它放在 /etc/qingbao/sources，原处是链接")
            }
            Self::Changed(path) => format!("{path} 刚被别人改过，没有写入，请再试一次"),
        }
    }
}

/// Returns a value as text: texts without quotes, lists with one value per line.
pub(super) fn as_text(item: &Item) -> String {
    match item.as_value() {
        Some(Value::Array(values)) => values.iter().map(bare).collect::<Vec<_>>().join("\n"),
        Some(value) => bare(value),
        None => String::new(),
    }
}

fn bare(v: &Value) -> String {
    v.as_str().map_or_else(|| undecorated(v), str::to_owned)
}

fn undecorated(v: &Value) -> String {
    v.clone().decorated("", "").to_string()
}

/// Sets or removes a key. An unchanged value stays as written, and so does the comment after a changed one.
pub(super) fn put(table: &mut dyn TableLike, key: &str, new: Option<Value>) {
    let Some(mut new) = new else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if undecorated(old) == undecorated(&new) => {}
        Some(Value::Array(old)) if new.is_array() => {
            if let Value::Array(new) = new {
                put_list(old, &new);
            }
        }
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            table.insert(key, value(new));
        }
    }
}

/// Gives a list these values. Those that were there keep their line and comment; new ones are written as the last of them.
fn put_list(old: &mut Array, new: &Array) {
    let mut there: HashMap<String, Value> = old.iter().map(|v| (bare(v), v.clone())).collect();
    let indent = old.iter().last().and_then(|v| last_line(v).map(str::to_owned));
    old.clear();
    for v in new {
        let known = there.remove(&bare(v));
        let starts_line = known.as_ref().is_some_and(|v| last_line(v).is_some());
        let mut v = known.unwrap_or_else(|| v.clone());
        if !starts_line {
            v.decor_mut().set_prefix(indent.as_deref().unwrap_or(if old.is_empty() { "" } else { " " }));
        }
        old.push_formatted(v);
    }
}

/// Returns the line break before a value of a list and its indent, if it starts a line.
pub(super) fn last_line(v: &Value) -> Option<&str> {
    let prefix = v.decor().prefix()?.as_str()?;
    prefix.get(prefix.rfind('\n')?..)
}

/// One change of a file at a time, so that none is made from a text that another one is replacing.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Waits for the turn to change files.
pub(super) fn turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the text of a file, unless it is no longer the text that the change was made from.
pub(super) fn replace_if_unchanged(path: &Path, before: &str, after: &str) -> Result<(), EditError> {
    let _turn = turn();
    if read_file(path)? != before {
        return Err(EditError::Changed(path.display().to_string()));
    }
    replace(path, after.as_bytes()).map_err(|source| EditError::Write { path: path.display().to_string(), source })
}

/// Writes a file that must not exist.
pub(super) fn create(path: &Path, text: &str) -> Result<(), EditError> {
    let written = std::fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut f| f.write_all(text.as_bytes()));
    written.map_err(|source| EditError::Write { path: path.display().to_string(), source })
}

/// Writes a temporary file and renames it, so that the file is never half written.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // replace the target of a link, not the link
    let path = std::fs::canonicalize(path)?;
    let beside = PathBuf::from(format!("{}.new", path.display()));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)
}
