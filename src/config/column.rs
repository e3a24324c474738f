//! `[[publication.columns]]`: the columns of a publication, with their quotas, printed texts and grades.

use crate::config::localized::localized;
use crate::config::reader::Section;
use crate::model::{Credibility, GradeFloor, Print, Reliability};

/// A column and its maximum number of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnQuota {
    pub name: String,
    /// Maximum number of items.
    pub quota: usize,
    /// Items that it gets even if editors are likely to drop them.
    pub min: usize,
    /// Which text of its items is printed by default.
    pub print: Print,
    /// Title of the topic (关注课题) whose articles go here, whatever their column.
    pub topic: Option<String>,
    /// Items that are chosen automatically have these grades or better.
    pub floor: GradeFloor,
}

impl ColumnQuota {
    /// Returns a column of summaries.
    pub(super) fn of_summaries(name: &str, quota: usize) -> Self {
        Self { name: name.to_owned(), quota, min: 0, print: Print::Summary, topic: None, floor: GradeFloor::default() }
    }
}

/// Returns what editors are told of a column that stays empty.
pub fn unfilled_column(name: &str) -> String {
    format!("栏目“{name}”没有词，文章不会自动归进来：由编辑移入，或在词表里写 [[column]]，或在设置里给它一个课题")
}

/// Reads the columns. Without any it returns the usual ones, which print what `document` says.
pub(super) fn read(s: &Section<'_>, mut usual: Vec<ColumnQuota>) -> Vec<ColumnQuota> {
    let print = read_print(s);
    let usual_print = usual.first().map_or(Print::Summary, |c| c.print);
    let columns: Vec<_> = s.sections("columns").iter().filter_map(|c| read_one(c, print.unwrap_or(usual_print))).collect();
    if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns.iter().take(*i).any(|o| o.name == c.name)).map(|(_, c)| &c.name) {
        s.error(s.key_span("columns"), localized(format!("two columns are called {twice:?}"), format!("栏目“{twice}”写了两次")));
    }
    if !columns.is_empty() {
        return columns;
    }
    for c in &mut usual {
        c.print = print.unwrap_or(c.print);
    }
    usual
}

/// Reads `document = "summary" | "full"` of a publication or column.
fn read_print(s: &Section<'_>) -> Option<Print> {
    let t = s.text("document")?;
    match t.value {
        "summary" => Some(Print::Summary),
        "full" => Some(Print::Full),
        _ => {
            s.invalid_value("document", t, &["full", "summary"]);
            None
        }
    }
}

fn read_one(s: &Section<'_>, print: Print) -> Option<ColumnQuota> {
    s.deny_unknown_keys(&["name", "quota", "min", "document", "topic", "min_reliability", "min_credibility"]);
    let name = s.string("name").filter(|n| !n.is_empty());
    if name.is_none() {
        s.error(None, localized("a column needs a name", "栏目要写名称 name"));
    }
    let quota = s.integer("quota", 1..101).and_then(|n| usize::try_from(n).ok()).unwrap_or(5);
    let min = s.integer("min", 0..101).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if min > quota {
        s.error(None, localized(format!("min = {min} is more than quota = {quota}"), format!("min = {min} 比 quota = {quota} 还多")));
    }
    let (print, topic) = (read_print(s).unwrap_or(print), s.text("topic").map(|t| t.value.to_owned()));
    Some(ColumnQuota { name: name?, quota, min, print, topic, floor: read_floor(s) })
}

/// Reads `min_reliability = "C"` and `min_credibility = 3`. F and 6 (无法判断) are no floor: they are worse than all else.
fn read_floor(s: &Section<'_>) -> GradeFloor {
    let reliability = s.text("min_reliability").and_then(|t| {
        let known = Reliability::parse(t.value).filter(|r| *r != Reliability::F);
        if known.is_none() {
            s.invalid_value("min_reliability", t, &["A", "B", "C", "D", "E"]);
        }
        known
    });
    GradeFloor { reliability, credibility: s.integer("min_credibility", 1..6).and_then(Credibility::parse) }
}
