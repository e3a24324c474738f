//! Edits `qingbao.toml` for the console: comments, order and spelling stay, and the new text is checked as the service reads it before it
//! replaces the file.
//!
//! An address names one value: `fetch.timeout`, `publication.0.name`, `outlet.2.to`. A table that may be there several times has a number,
//! also where the file has one only.

mod address;
mod change;
mod secrets;

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use toml_edit::{DocumentMut, Value};

use crate::config::edit_toml::{self, EditError};
use crate::config::{ConfigError, Settings, Taxonomy, read_file};
use crate::knowledge::{Setting, SettingKind};
use crate::text::hex;

pub use address::problem_address;
pub use change::{Change, Row};
pub use secrets::write_secret;

/// The file as a page showed it.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    /// `None` if there is no file.
    text: Option<String>,
    document: DocumentMut,
}

impl SettingsFile {
    /// Reads the file; a missing one is empty.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = if path.symlink_metadata().is_ok() { Some(read_file(path)?) } else { None };
        // a broken file shows no values, and can be mended as text
        let document = text.as_deref().and_then(|t| t.parse().ok()).unwrap_or_default();
        Ok(Self { path: path.to_owned(), text, document })
    }

    /// Returns the text; empty without a file.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Recognises this text.
    pub fn hash(&self) -> String {
        text_hash(self.text())
    }

    /// Returns a value as text, with one line for each of a list; `None` if the file does not name it.
    pub fn value(&self, address: &str) -> Option<String> {
        let item = address::find(&self.document, address)?;
        item.is_value().then(|| edit_toml::as_text(item))
    }

    /// Returns how many tables a list has: `publication`, `publication.0.columns`.
    pub fn count(&self, list: &str) -> usize {
        address::find(&self.document, list).map_or(0, address::count)
    }

    /// Returns the text with these changes. What cannot be found is left out: the check of the text tells what is missing.
    pub fn with(&self, changes: Vec<Change>) -> String {
        change::apply(self.text(), self.document.clone(), changes)
    }

    /// Reads a text as the service would.
    ///
    /// # Errors
    /// All mistakes.
    pub fn check(&self, text: &str) -> Result<(Settings, Taxonomy), ConfigError> {
        let settings = Settings::read_text(&self.path.display().to_string(), text)?;
        let taxonomy = settings.load_taxonomy()?;
        Ok((settings, taxonomy))
    }

    /// Replaces the file, or creates it.
    ///
    /// # Errors
    /// It is no longer the file that was read, or cannot be written.
    pub fn write(&self, text: &str) -> Result<(), EditError> {
        match &self.text {
            Some(before) => edit_toml::replace_if_unchanged(&self.path, before, text),
            None => edit_toml::create(&self.path, text),
        }
    }
}

/// Recognises a text.
pub fn text_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// What is typed for an empty value where that differs from none.
const EMPTY: &str = "无";

/// Returns the value of a text that was typed; `None` removes the key. A text that is no number or truth value stays a text: the check of
/// the settings reports it.
pub(crate) fn typed_value(setting: &Setting, text: &str) -> Option<Value> {
    let text = match text.trim() {
        "" => return None,
        EMPTY if setting.none => "",
        text => text,
    };
    Some(match setting.kind {
        SettingKind::Number => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        SettingKind::YesNo => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        SettingKind::Numbers => {
            let number = |l: &str| l.parse::<i64>().map_or_else(|_| l.into(), Value::from);
            text.lines().map(str::trim).filter(|l| !l.is_empty()).map(number).collect()
        }
        SettingKind::List => text.lines().map(str::trim).filter(|l| !l.is_empty()).collect(),
        _ => text.into(),
    })
}

/// Returns a value of the file as it is typed.
pub(crate) fn shown_value(setting: &Setting, value: Option<String>) -> String {
    match value {
        Some(text) if text.is_empty() && setting.none => EMPTY.to_owned(),
        value => value.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
