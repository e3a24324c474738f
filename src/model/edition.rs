//! An issue of the briefing: its number, its columns and what is printed of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{EditionId, EditionState, Health, Imprint, Item, PrintedGrades, Signing};

/// A column with its items in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnItems {
    pub name: String,
    pub items: Vec<Item>,
}

/// Items per week of an industry over the last weeks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    pub industry: String,
    /// Items by week, oldest first; the last week ends with this issue.
    pub weeks: [u32; WEEKS],
}

/// Weeks in a trend.
pub const WEEKS: usize = 8;

fn yes() -> bool {
    true
}

/// A numbering series of issues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Series {
    /// 正刊.
    #[default]
    Regular,
    /// 增刊, outside the calendar.
    Extra,
}

impl Series {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_regular(&self) -> bool {
        *self == Self::Regular
    }
}

/// Layout of an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// 快报: many items in columns, with table of contents and chart.
    #[default]
    Bulletin,
    /// 专报: one subject in full, without contents and chart.
    Report,
}

impl Layout {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_bulletin(&self) -> bool {
        *self == Self::Bulletin
    }
}

/// Who made an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MadeBy {
    #[default]
    ThisProgram,
    /// Editors before this program; imported from a file. It is never signed, withdrawn or mailed.
    Import,
}

impl MadeBy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_this_program(&self) -> bool {
        *self == Self::ThisProgram
    }
}

/// An issue of the briefing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    /// 0 until stored.
    pub id: EditionId,
    /// Publication name.
    pub publication: String,
    /// 主办.
    pub organiser: String,
    /// Year of the number.
    pub year: i32,
    /// Number within the year.
    #[serde(rename = "number")]
    pub number_in_year: u32,
    /// Number since the first issue.
    #[serde(rename = "total")]
    pub cumulative_number: u32,
    /// Day of issue.
    pub date: NaiveDate,
    /// Numbering series.
    #[serde(default, skip_serializing_if = "Series::is_regular")]
    pub series: Series,
    #[serde(default, skip_serializing_if = "Layout::is_bulletin")]
    pub layout: Layout,
    /// Signing state.
    #[serde(default, skip_serializing_if = "Signing::is_untouched")]
    pub signing: Signing,
    /// When the issue was built; the date of its mails.
    #[serde(default)]
    #[serde(rename = "built")]
    pub built_at: Option<DateTime<Utc>>,
    /// 定稿: numbered and frozen.
    #[serde(default)]
    #[serde(rename = "finalised")]
    pub is_final: bool,
    #[serde(default, skip_serializing_if = "MadeBy::is_this_program")]
    pub made_by: MadeBy,
    /// Line above the masthead.
    #[serde(default)]
    #[serde(rename = "notice")]
    pub classification_notice: String,
    /// 编印, if not the organiser.
    #[serde(default)]
    pub printer: Option<String>,
    /// What an official briefing prints around its items.
    #[serde(default, rename = "colophon")]
    pub imprint: Imprint,
    /// Items by industry over the last weeks, without this issue.
    #[serde(default)]
    pub trend: Vec<Trend>,
    /// False for issues of earlier releases, whose trend includes the items of their draft.
    #[serde(default)]
    pub trend_is_before: bool,
    /// 编者的话.
    pub foreword: String,
    /// Whether an editor wrote it. If not, every change composes it again.
    #[serde(default = "yes")]
    pub foreword_edited: bool,
    /// Template of a composed foreword; `None`: the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreword_template: Option<String>,
    /// Rising keywords, for a composed foreword.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rising: Vec<String>,
    /// The home region; a composed foreword counts its items.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// How many items editors have written so far; determines the next id.
    #[serde(default)]
    pub own_items: u32,
    /// Whether the grades of items are printed.
    #[serde(default, skip_serializing_if = "PrintedGrades::is_none")]
    pub printed_grades: PrintedGrades,
    pub columns: Vec<ColumnItems>,
    /// Figures of the crawl.
    pub health: Health,
}

impl Edition {
    /// Returns the issue's state.
    pub fn state(&self) -> EditionState {
        self.signing.state(self.is_final)
    }

    /// Whether editors cannot change it: it is final or submitted.
    pub fn is_frozen(&self) -> bool {
        self.state() != EditionState::Draft
    }

    /// Whether it was made before this program and imported from a file.
    pub fn is_imported(&self) -> bool {
        self.made_by == MadeBy::Import
    }

    /// Returns its items, column by column.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.columns.iter().flat_map(|c| &c.items)
    }

    /// Returns the trend including the current items of this issue.
    pub fn trend_with_items(&self) -> Vec<Trend> {
        if self.layout == Layout::Report {
            return Vec::new();
        }
        let mut out = self.trend.clone();
        for industry in self.items().filter_map(|i| i.industries.first()).filter(|_| self.trend_is_before) {
            let at = out.iter().position(|t| t.industry == *industry).unwrap_or_else(|| {
                out.push(Trend { industry: industry.clone(), weeks: [0; WEEKS] });
                out.len() - 1
            });
            if let Some(last) = out.get_mut(at).and_then(|t| t.weeks.last_mut()) {
                *last += 1;
            }
        }
        out
    }

    /// Whether any item comes from a source.
    pub fn quotes_others(&self) -> bool {
        self.items().any(|i| i.url.is_some())
    }

    /// Returns what the marks behind the sources mean; `None` if there are none.
    pub fn grades_note(&self) -> Option<&'static str> {
        let note = "来源后括号内是评级：字母为来源可靠性，从 A（完全可靠）到 E（不可靠），F 无法判断；数字为信息可信度，从 1（已证实）到 5（不大可能属实），6 无法判断。";
        self.items().any(|i| i.mark.is_some() && !i.publisher.is_empty()).then_some(note)
    }

    /// Returns the number of items in all columns.
    pub fn item_count(&self) -> usize {
        self.columns.iter().map(|c| c.items.len()).sum()
    }

    /// Returns the line below the masthead of mails: 【草稿】内部资料，请编辑审核后再行定稿。
    pub fn notice_line(&self) -> String {
        match (self.is_final, self.classification_notice.is_empty()) {
            (false, true) => "【草稿】请编辑审核后再行定稿。".to_owned(),
            (false, false) => format!("【草稿】{}，请编辑审核后再行定稿。", self.classification_notice),
            (true, true) => String::new(),
            (true, false) => format!("{}，注意保存。", self.classification_notice),
        }
    }

    /// Returns 主办：甲　编印：乙.
    pub fn publishers(&self) -> String {
        let printer = self.printer.as_ref().map(|p| format!("　编印：{p}")).unwrap_or_default();
        format!("主办：{}{printer}", self.organiser)
    }

    /// Returns the printer: 编印, else 主办.
    pub fn printed_by(&self) -> &str {
        self.printer.as_deref().unwrap_or(&self.organiser)
    }

    /// Returns the name for the log: 竞争情报快递 2026年第3期(总第3期) #7. The id distinguishes drafts whose number may still change.
    pub fn label_in_log(&self) -> String {
        format!("{} {} #{}", self.publication, self.issue_label(), self.id)
    }

    /// Returns 2026年第3期(总第3期), or 2026年增刊第1期.
    pub fn issue_label(&self) -> String {
        issue_label(self.year, self.number_in_year, self.cumulative_number, self.series)
    }
}

/// Returns an issue's label by its number within the year and its total number.
pub fn issue_label(year: i32, number: u32, total: u32, series: Series) -> String {
    match series {
        // old issues may not say their numbers
        Series::Regular if number == 0 && total == 0 => format!("{year}年(期号不详)"),
        Series::Regular if total == 0 => format!("{year}年第{number}期"),
        Series::Regular if number == 0 => format!("{year}年总第{total}期"),
        Series::Regular => format!("{year}年第{number}期(总第{total}期)"),
        Series::Extra => format!("{year}年增刊第{number}期"),
    }
}
