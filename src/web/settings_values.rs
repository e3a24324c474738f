//! The values of one group of settings: as the file has them, as a form brings them, and the difference.

use std::collections::BTreeMap;

use crate::config::edit_settings::{Change, Row, SettingsFile, shown_value, text_hash, typed_value};
use crate::knowledge::{SETTINGS, Setting, SettingGroup, SettingKind};
use crate::web::form::Fields;

/// The key whose value may hold a password.
const NATS: &str = "crawl.nats";
/// Most tables of a list that the page shows.
pub(super) const MAX_ROWS: usize = 100;
/// Blank rows below a list.
pub(super) const BLANK_ROWS: usize = 2;

/// A table of a list: its number in the file, and the texts of its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RowValues {
    pub(super) from: Option<usize>,
    pub(super) texts: Vec<String>,
}

/// The values by address.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) texts: BTreeMap<String, String>,
    pub(super) lists: BTreeMap<String, Vec<RowValues>>,
}

/// A part of the page: a group, of one publication where there are several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) group: SettingGroup,
    pub(super) publication: usize,
}

impl Part {
    /// Returns the settings with their addresses.
    pub(super) fn settings(self) -> impl Iterator<Item = (&'static Setting, String)> {
        SETTINGS.of_group(self.group).map(move |s| (s, s.address(self.publication)))
    }
}

/// Returns a value as a page shows it: without passwords.
fn shown(setting: &Setting, value: Option<String>) -> String {
    let text = shown_value(setting, value);
    match text.rsplit_once('@') {
        Some((_, host)) if setting.key == NATS => format!("…@{host}"),
        _ => text,
    }
}

/// Whether the file holds a password itself.
pub(super) fn has_password(file: &SettingsFile) -> bool {
    file.value(NATS).is_some_and(|v| v.contains('@'))
}

impl Values {
    pub(super) fn of_file(file: &SettingsFile, part: Part) -> Self {
        let mut values = Self::default();
        for (setting, address) in part.settings() {
            if setting.kind != SettingKind::Rows {
                let text = shown(setting, file.value(&address));
                values.texts.insert(address, text);
                continue;
            }
            let count = file.count(&address);
            if count > MAX_ROWS {
                // a form with a part of them would remove the others
                continue;
            }
            let rows = (0..count).map(|n| {
                let text = |c: &Setting| shown(c, file.value(&format!("{address}.{n}.{}", c.name())));
                RowValues { from: Some(n), texts: SETTINGS.columns_of(setting).map(text).collect() }
            });
            let rows = rows.collect();
            values.lists.insert(address, rows);
        }
        values
    }

    /// Reads a form. Blank and dropped rows are left out, the others are in the order that was asked for.
    pub(super) fn of_form(fields: &Fields, part: Part) -> Self {
        let mut values = Self::default();
        for (setting, address) in part.settings() {
            if setting.kind != SettingKind::Rows {
                if fields.get(&address).is_some() {
                    let text = fields.text(&address).to_owned();
                    values.texts.insert(address, text);
                }
                continue;
            }
            let Some(count) = fields.number::<usize>(&format!("{address}.count")) else { continue };
            let mut rows = Vec::new();
            for n in 0..count.min(MAX_ROWS + BLANK_ROWS) {
                let field = |name: &str| fields.text(&format!("{address}.{n}.{name}"));
                let texts: Vec<String> = SETTINGS.columns_of(setting).map(|c| field(c.name()).to_owned()).collect();
                let from = field("from").parse().ok();
                let has_secret = SETTINGS.columns_of(setting).any(|c| !fields.text(&format!("new:{address}.{n}.{}", c.name())).is_empty());
                let is_blank = from.is_none() && !has_secret && texts.iter().all(String::is_empty);
                if field("drop").is_empty() && !is_blank {
                    rows.push((field("order").parse().unwrap_or(n + 1), RowValues { from, texts }));
                }
            }
            rows.sort_by_key(|(order, _)| *order);
            let rows = rows.into_iter().map(|(_, row)| row).collect();
            values.lists.insert(address, rows);
        }
        values
    }

    /// Keeps what differs from what the page showed.
    pub(super) fn typed(mut self, fields: &Fields) -> Self {
        self.texts.retain(|address, text| fields.text(&format!("was:{address}")) != text);
        self.lists.retain(|address, rows| fields.text(&format!("was:{address}")) != rows_hash(rows));
        self
    }

    /// Replaces what was typed.
    pub(super) fn with(mut self, typed: &Self) -> Self {
        self.texts.extend(typed.texts.clone());
        self.lists.extend(typed.lists.clone());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.lists.is_empty()
    }

    /// Returns the changes of the file.
    pub(super) fn changes(&self, part: Part) -> Vec<Change> {
        let mut out = Vec::new();
        for (setting, address) in part.settings() {
            if let Some(text) = self.texts.get(&address) {
                out.push(Change::Set { value: typed_value(setting, text), address });
            } else if let Some(rows) = self.lists.get(&address) {
                let row = |row: &RowValues| Row {
                    from: row.from,
                    values: SETTINGS.columns_of(setting).zip(&row.texts).map(|(c, text)| (c.name().to_owned(), typed_value(c, text))).collect(),
                };
                out.push(Change::Rows { rows: rows.iter().map(row).collect(), list: address });
            }
        }
        out
    }

    /// Returns what changed, in the page's words.
    pub(super) fn labels(&self, part: Part) -> String {
        let changed = part.settings().filter(|(_, a)| self.texts.contains_key(a) || self.lists.contains_key(a));
        changed.map(|(s, _)| s.label.as_str()).collect::<Vec<_>>().join("、")
    }

    /// Whether the service takes a change over at its next start only.
    pub(super) fn needs_restart(&self, part: Part) -> bool {
        part.settings().any(|(s, a)| s.restart && self.texts.contains_key(&a))
    }
}

/// Recognises the rows of a list.
pub(super) fn rows_hash(rows: &[RowValues]) -> String {
    text_hash(&format!("{rows:?}"))
}

/// A secret that was typed: its setting, and the text to replace by the path of its file.
pub(super) struct NewSecret<'a> {
    pub(super) setting: &'static Setting,
    pub(super) secret: &'a str,
    pub(super) target: SecretTarget,
}

/// Where the path of a secret's file goes.
pub(super) enum SecretTarget {
    Text(String),
    /// List, row and column.
    Row(String, usize, usize),
}

impl NewSecret<'_> {
    /// The file's name, before it is made unique.
    pub(super) fn file_name(&self) -> String {
        self.setting.key.trim_end_matches("_file").replace('.', "_")
    }
}

/// Returns the secrets of a form.
pub(super) fn secrets<'a>(fields: &'a Fields, part: Part, values: &Values) -> Vec<NewSecret<'a>> {
    let mut out = Vec::new();
    for (setting, address) in part.settings() {
        if setting.kind == SettingKind::Secret {
            let secret = fields.text(&format!("new:{address}"));
            out.push(NewSecret { setting, secret, target: SecretTarget::Text(address) });
            continue;
        }
        let Some(rows) = values.lists.get(&address) else { continue };
        let count = fields.number::<usize>(&format!("{address}.count")).unwrap_or_default().min(MAX_ROWS + BLANK_ROWS);
        for n in 0..count {
            let field = |name: &str| fields.text(&format!("{address}.{n}.{name}"));
            for (column, c) in SETTINGS.columns_of(setting).enumerate().filter(|(_, c)| c.kind == SettingKind::Secret) {
                let secret = fields.text(&format!("new:{address}.{n}.{}", c.name()));
                // the row by the texts of its form, since rows may have moved
                let texts: Vec<&str> = SETTINGS.columns_of(setting).map(|c| field(c.name())).collect();
                let from = field("from").parse().ok();
                let row = rows.iter().position(|r| r.from == from && r.texts.iter().map(String::as_str).eq(texts.iter().copied()));
                if let Some(row) = row.filter(|_| field("drop").is_empty()) {
                    out.push(NewSecret { setting: c, secret, target: SecretTarget::Row(address.clone(), row, column) });
                }
            }
        }
    }
    out.retain(|s| !s.secret.is_empty());
    out
}

impl Values {
    /// Puts the path of a secret's file in its place. `all` are the values of the whole form.
    pub(super) fn put_secret_of(&mut self, all: &Self, target: SecretTarget, path: String) {
        match target {
            SecretTarget::Text(address) => drop(self.texts.insert(address, path)),
            SecretTarget::Row(list, row, column) => {
                if let Some(rows) = all.lists.get(&list).filter(|_| !self.lists.contains_key(&list)) {
                    self.lists.insert(list.clone(), rows.clone());
                }
                let place = self.lists.get_mut(&list).and_then(|rows| rows.get_mut(row)).and_then(|r| r.texts.get_mut(column));
                if let Some(place) = place {
                    *place = path;
                }
            }
        }
    }
}
