//! The page 设置: its groups, fields and lists.

use std::collections::BTreeMap;

use askama::Template;

use crate::config::taxonomy::sets::sets;
use crate::knowledge::{SETTINGS, Setting, SettingGroup, SettingKind};
use crate::web::new_publication::NewPublication;
use crate::web::response::Layout;
use crate::web::settings_values::{BLANK_ROWS, MAX_ROWS, Part, RowValues, Values, rows_hash};

/// The groups: word in the address, name.
pub(super) const GROUPS: [(&str, &str, SettingGroup); 12] = [
    ("publication", "刊物", SettingGroup::Publication),
    ("columns", "栏目", SettingGroup::Columns),
    ("recipients", "收件人", SettingGroup::Recipients),
    ("calendar", "日历", SettingGroup::Calendar),
    ("layout", "版式与版记", SettingGroup::Layout),
    ("signing", "审签", SettingGroup::Signing),
    ("mail", "邮件", SettingGroup::Mail),
    ("outlets", "机器人", SettingGroup::Outlets),
    ("alerts", "提醒", SettingGroup::Alerts),
    ("crawl", "抓取", SettingGroup::Crawl),
    ("console", "控制台", SettingGroup::Console),
    ("other", "其他", SettingGroup::Other),
];
/// The group that shows the whole file.
pub(super) const WHOLE_FILE: (&str, &str) = ("text", "整个文件");

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    pub(super) frame: Layout,
    /// Word, name, whether it is shown.
    pub(super) groups: Vec<(&'static str, &'static str, bool)>,
    pub(super) group: &'static str,
    /// Number, name, whether it is shown; empty if the group has none of its own.
    pub(super) publications: Vec<(usize, String, bool)>,
    pub(super) publication: usize,
    pub(super) file: String,
    /// Recognises the file.
    pub(super) seen: String,
    pub(super) entries: Vec<Entry>,
    /// The form of a new publication, in its group.
    pub(super) new: Option<NewPublication>,
    /// Whether it was sent and not saved.
    pub(super) is_adding: bool,
    /// The whole file; `None` on other pages, and if it holds a password.
    pub(super) text: Option<String>,
    pub(super) words: String,
    /// Columns of the publication that no article comes to, in words.
    pub(super) unfilled: Vec<String>,
    /// What is wrong.
    pub(super) mistakes: Vec<String>,
    /// Who changed the settings last, if it can be undone.
    pub(super) undo: Option<String>,
}

pub(super) enum Entry {
    One(Field),
    Many(List),
    /// A list that is too long for a form.
    TooMany(&'static Setting),
}

/// A value.
pub(super) struct Field {
    name: String,
    setting: &'static Setting,
    value: String,
    was: String,
    /// Word, name, whether it is chosen.
    choices: Vec<(String, String, bool)>,
    mistake: String,
    /// What the file has, if that changed meanwhile.
    now: Option<String>,
}

impl Field {
    fn kind(&self) -> SettingKind {
        self.setting.kind
    }

    /// Returns the number of lines to show.
    fn lines(&self) -> usize {
        (self.value.lines().count() + 1).clamp(2, 10)
    }
}

/// A list of tables.
pub(super) struct List {
    name: String,
    setting: &'static Setting,
    was: String,
    rows: Vec<ListRow>,
}

struct ListRow {
    /// In the form, and before the change.
    number: usize,
    from: Option<usize>,
    fields: Vec<Field>,
    mistake: String,
    is_new: bool,
}

/// What the page says about the values of a group.
pub(super) struct Remarks {
    /// What is wrong, by address.
    pub(super) mistakes: BTreeMap<String, String>,
    /// What the file has now.
    pub(super) file: Values,
    /// Whether the file changed meanwhile.
    pub(super) is_conflict: bool,
}

/// Returns the fields of a group.
pub(super) fn entries(part: Part, values: &Values, remarks: &Remarks) -> Vec<Entry> {
    let mut out = Vec::new();
    for (setting, address) in part.settings() {
        if setting.kind == SettingKind::Rows {
            let rows = values.lists.get(&address).map_or(&[][..], Vec::as_slice);
            let Some(in_file) = remarks.file.lists.get(&address) else {
                out.push(Entry::TooMany(setting));
                continue;
            };
            let was = rows_hash(in_file);
            out.push(Entry::Many(list(setting, address, rows, was, remarks)));
        } else {
            let value = values.texts.get(&address).cloned().unwrap_or_default();
            let was = remarks.file.texts.get(&address).cloned().unwrap_or_default();
            out.push(Entry::One(field(setting, address, value, was, remarks)));
        }
    }
    out
}

fn field(setting: &'static Setting, name: String, value: String, was: String, remarks: &Remarks) -> Field {
    let mut choices: Vec<_> = setting.choices.iter().map(|(word, label)| (word.clone(), label.clone(), *word == value)).collect();
    if setting.kind == SettingKind::IndustrySet {
        choices = sets()
            .unwrap_or_default()
            .into_iter()
            .map(|s| (s.id == value, s.id, s.name))
            .map(|(is_chosen, id, name)| (id, name, is_chosen))
            .collect();
    }
    if setting.kind == SettingKind::YesNo {
        choices = [("true", "是"), ("false", "否")].map(|(word, label)| (word.to_owned(), label.to_owned(), word == value)).into();
    }
    if !choices.is_empty() && !value.is_empty() && !choices.iter().any(|c| c.2) {
        choices.push((value.clone(), value.clone(), true));
    }
    let mistake = remarks.mistakes.get(&name).cloned().unwrap_or_default();
    let now = (remarks.is_conflict && was != value).then(|| was.clone());
    Field { name, setting, value, was, choices, mistake, now }
}

fn list(setting: &'static Setting, name: String, rows: &[RowValues], was: String, remarks: &Remarks) -> List {
    let columns: Vec<&'static Setting> = SETTINGS.columns_of(setting).collect();
    let blank = RowValues { from: None, texts: vec![String::new(); columns.len()] };
    let blanks = BLANK_ROWS.min(MAX_ROWS.saturating_sub(rows.len()));
    let all = rows.iter().map(|r| (r, false)).chain(std::iter::repeat_n((&blank, true), blanks));
    let rows = all.enumerate().map(|(number, (row, is_new))| {
        let one = |(c, text): (&&'static Setting, &String)| {
            let mut field = field(c, format!("{name}.{number}.{}", c.name()), text.clone(), text.clone(), remarks);
            field.now = None;
            field
        };
        let mistake = remarks.mistakes.get(&format!("{name}.{number}")).cloned().unwrap_or_default();
        ListRow { number, from: row.from, fields: columns.iter().zip(&row.texts).map(one).collect(), mistake, is_new }
    });
    let rows = rows.collect();
    List { name, setting, was, rows }
}
