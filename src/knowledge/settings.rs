//! The keys of `qingbao.toml` as the console offers them.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingTable {
    pub(crate) setting: Vec<Setting>,
}

/// A key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    /// With the tables around it.
    pub(crate) key: String,
    pub(crate) group: SettingGroup,
    pub(crate) kind: SettingKind,
    pub(crate) label: String,
    pub(crate) help: String,
    /// Words of the file, and what the page calls them.
    #[serde(default)]
    pub(crate) choices: Vec<(String, String)>,
    /// Whether an empty value means something else than no value.
    #[serde(default)]
    pub(crate) none: bool,
    /// Whether the service takes it over at its next start only.
    #[serde(default)]
    pub(crate) restart: bool,
}

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SettingGroup {
    Publication,
    Columns,
    Recipients,
    Calendar,
    Layout,
    Signing,
    Mail,
    Outlets,
    Alerts,
    Crawl,
    Console,
    Other,
}

/// How a value is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SettingKind {
    Text,
    /// Several lines.
    LongText,
    Number,
    YesNo,
    Choice,
    /// One of the ready sets of industries.
    IndustrySet,
    Duration,
    /// Texts, one per line.
    List,
    /// Whole numbers, one per line.
    Numbers,
    /// The path of a file.
    File,
    /// The path of a file with a password or key.
    Secret,
    /// Tables of their own.
    Rows,
}

impl SettingTable {
    /// Returns the columns of a list of tables.
    pub(crate) fn columns_of<'a>(&'a self, list: &'a Setting) -> impl Iterator<Item = &'a Setting> {
        self.setting.iter().filter(|s| s.is_in(list))
    }

    /// Returns the keys of a group, without the columns of lists.
    pub(crate) fn of_group(&self, group: SettingGroup) -> impl Iterator<Item = &Setting> {
        let is_column = |s: &Setting| self.setting.iter().any(|list| s.is_in(list));
        self.setting.iter().filter(move |s| s.group == group && !is_column(s))
    }
}

impl Setting {
    fn is_in(&self, list: &Self) -> bool {
        list.kind == SettingKind::Rows && self.key.strip_prefix(list.key.as_str()).is_some_and(|rest| rest.starts_with('.'))
    }

    /// Returns the last part of the key.
    pub(crate) fn name(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or_default()
    }

    /// Returns the address of the key in a publication.
    pub(crate) fn address(&self, publication: usize) -> String {
        match self.key.strip_prefix("publication.") {
            Some(rest) => format!("publication.{publication}.{rest}"),
            None => self.key.clone(),
        }
    }
}
