//! An issue of the briefing.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, EditionId, EditionState, FileId, Signing, WebUrl};

/// Another place where an item's story was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// Name of the source that republished it.
    #[serde(rename = "origin")]
    pub publisher: String,
    /// Where.
    pub url: WebUrl,
    /// Its article in the archive; issues of before 1.0 do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArticleId>,
}

/// What mail, document and page print of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Print {
    /// 摘要
    Summary,
    /// 全文
    Full,
}

impl Print {
    /// Issues of 1.0 do not say. Their editors wrote summaries only, which their documents did not hold.
    fn before_it_was_said() -> Self {
        Self::Summary
    }
}

/// A file that an editor put to an item; its bytes are in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFile {
    /// Its row.
    pub id: FileId,
    /// File name, as it was uploaded.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// Length, in bytes.
    pub size: usize,
}

/// A picture of an item, always PNG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The file.
    pub file: ItemFile,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

/// One item of an edition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The article shown; negative: the editor's own item.
    pub article: ArticleId,
    /// Headline, cleaned.
    pub title: String,
    /// The article's own sentences.
    pub summary: String,
    /// Full text, one paragraph per line; cells of a table's row parted by tabs.
    pub text: String,
    /// 按语: what the editor says of it, printed before the text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Which of the two is printed.
    #[serde(default = "Print::before_it_was_said")]
    pub print: Print,
    /// Whether an editor changed the full text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub text_edited: bool,
    /// Printed under the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// Sent with the issue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<ItemFile>,
    /// Industry names.
    pub industries: Vec<String>,
    /// Theme names.
    pub themes: Vec<String>,
    /// Keywords.
    pub keywords: Vec<String>,
    /// 来源.
    #[serde(rename = "origin")]
    pub publisher: String,
    /// Publication day.
    pub date: Option<NaiveDate>,
    /// Places named.
    pub places: Vec<String>,
    /// Where; `None`: the editor's own item.
    pub url: Option<WebUrl>,
    /// 许昌, 河南 or 全国.
    #[serde(default)]
    #[serde(rename = "level")]
    pub region_scope: String,
    /// Where the story appeared first, if not where it is shown from.
    #[serde(default)]
    pub earliest: Option<Copy>,
    /// Republished elsewhere.
    pub copies: Vec<Copy>,
    /// Rank score.
    pub score: f64,
    /// Why it was chosen, for people.
    pub reasons: Vec<String>,
}

impl Item {
    /// The text that is printed.
    pub fn printed(&self) -> &str {
        match self.print {
            Print::Summary => &self.summary,
            Print::Full => &self.text,
        }
    }

    /// 按：…, or nothing where there is no 按语.
    pub fn printed_note(&self) -> String {
        if self.note.is_empty() { String::new() } else { format!("按：{}", self.note) }
    }

    /// Its files: the picture, then the attachments.
    pub fn files(&self) -> impl Iterator<Item = &ItemFile> {
        self.picture.iter().map(|p| &p.file).chain(&self.attachments)
    }
}

/// A column with its items in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnItems {
    /// Name of the column.
    pub name: String,
    /// Items in order.
    pub items: Vec<Item>,
}

/// A source that did not work, as told to editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceProblem {
    /// Name of the source.
    pub name: String,
    /// What is wrong, in Chinese.
    pub reason: String,
    /// Since when, as a day.
    pub since: Option<NaiveDate>,
}

/// Figures on the pass behind an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Sources polled.
    pub sources: usize,
    /// Sources that did not work.
    #[serde(rename = "troubles")]
    pub problems: Vec<SourceProblem>,
    /// Articles considered.
    pub candidates: usize,
    /// Republished copies merged away.
    pub merged: usize,
    /// Articles that came for this edition but were too old for it.
    #[serde(default)]
    pub cut: usize,
}

/// How many items an industry had in the issues of each of the last weeks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// The industry.
    pub industry: String,
    /// Items by week, oldest first; the last is the week up to this issue.
    pub weeks: [u32; WEEKS],
}

/// Weeks that a trend tells of.
pub const WEEKS: usize = 8;

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What an official briefing prints around its items, each where it is set (GB/T 9704-2012, 7.2 and 7.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Imprint {
    /// 份号, at the top left: which of its printed copies this is, as six digits.
    pub copy_number: String,
    /// 编号, at the top right.
    pub serial: String,
    /// 责任编辑.
    pub editor: String,
    /// 审核.
    pub reviewer: String,
    /// 签发.
    pub signer: String,
    /// 电话.
    pub phone: String,
    /// 报, 送 and 发: to whom.
    pub report_to: String,
    /// See [`report_to`](Self::report_to).
    pub send_to: String,
    /// See [`report_to`](Self::report_to).
    pub distribute_to: String,
    /// 印数.
    pub copies: u32,
}

impl Imprint {
    /// 责任编辑：甲　审核：乙　签发：丙　电话：…; empty where nobody is named.
    pub fn people(&self) -> String {
        let named = [("责任编辑", &self.editor), ("审核", &self.reviewer), ("签发", &self.signer), ("电话", &self.phone)];
        let set = named.iter().filter(|(_, name)| !name.is_empty());
        set.map(|(role, name)| format!("{role}：{name}")).collect::<Vec<_>>().join("　")
    }

    /// 报：…, 送：…, 发：…, those that are set.
    pub fn addressees(&self) -> Vec<String> {
        let all = [("报", &self.report_to), ("送", &self.send_to), ("发", &self.distribute_to)];
        all.iter().filter(|(_, to)| !to.is_empty()).map(|(word, to)| format!("{word}：{to}")).collect()
    }
}

/// A series of issues that are numbered together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Series {
    /// 正刊.
    #[default]
    Regular,
    /// 增刊, beside the calendar.
    Extra,
}

impl Series {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_regular(&self) -> bool {
        *self == Self::Regular
    }
}

/// How an issue is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// 快报: many items in columns, with a contents list and a chart.
    #[default]
    Bulletin,
    /// 专报: one matter in full, without them.
    Report,
}

impl Layout {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_bulletin(&self) -> bool {
        *self == Self::Bulletin
    }
}

/// One issue of the briefing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edition {
    /// Row; 0 until stored.
    pub id: EditionId,
    /// Name of the publication.
    pub publication: String,
    /// Who edits it.
    pub organiser: String,
    /// Year the number counts in.
    pub year: i32,
    /// Number within the year.
    #[serde(rename = "number")]
    pub number_in_year: u32,
    /// Number since the first issue.
    #[serde(rename = "total")]
    pub cumulative_number: u32,
    /// Day of the issue.
    pub date: NaiveDate,
    /// Which series its number counts in.
    #[serde(default, skip_serializing_if = "Series::is_regular")]
    pub series: Series,
    /// How it is laid out.
    #[serde(default, skip_serializing_if = "Layout::is_bulletin")]
    pub layout: Layout,
    /// Who signed it, and who has to.
    #[serde(default, skip_serializing_if = "Signing::is_untouched")]
    pub signing: Signing,
    /// When it was built: the date of its letters.
    #[serde(default)]
    #[serde(rename = "built")]
    pub built_at: Option<DateTime<Utc>>,
    /// 定稿: numbered, frozen, no draft any more.
    #[serde(default)]
    #[serde(rename = "finalised")]
    pub is_final: bool,
    /// What stands above the masthead.
    #[serde(default)]
    #[serde(rename = "notice")]
    pub classification_notice: String,
    /// 编印, where another than the organiser.
    #[serde(default)]
    pub printer: Option<String>,
    /// What an official briefing prints around its items.
    #[serde(default, rename = "colophon")]
    pub imprint: Imprint,
    /// Items by industry over the last weeks, those of this issue left out.
    #[serde(default)]
    pub trend: Vec<Trend>,
    /// False for issues of earlier versions, whose trend counts the items of their draft.
    #[serde(default)]
    pub trend_is_before: bool,
    /// 编者的话.
    pub foreword: String,
    /// Whether an editor wrote it. If not, every change composes it again.
    #[serde(default = "yes")]
    pub foreword_edited: bool,
    /// The template of a composed foreword; `None`: the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreword_template: Option<String>,
    /// Rising keywords, which a composed foreword names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rising: Vec<String>,
    /// The place that counts as home; a composed foreword counts its items.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// How many items of their own editors have written so far; names the next.
    #[serde(default)]
    pub own_items: u32,
    /// Columns in order.
    pub columns: Vec<ColumnItems>,
    /// How the crawl behind it went.
    pub health: Health,
}

impl Edition {
    /// Where it stands.
    pub fn state(&self) -> EditionState {
        self.signing.state(self.is_final)
    }

    /// Whether editors may not change it: it is final, or submitted.
    pub fn is_frozen(&self) -> bool {
        self.state() != EditionState::Draft
    }

    /// Its items, column by column.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.columns.iter().flat_map(|c| &c.items)
    }

    /// Items by industry over the last weeks, those that stand in this issue now among them.
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

    /// Whether any of its items comes from a source.
    pub fn quotes_others(&self) -> bool {
        self.items().any(|i| i.url.is_some())
    }

    /// Items over all columns.
    pub fn item_count(&self) -> usize {
        self.columns.iter().map(|c| c.items.len()).sum()
    }

    /// What stands under the masthead of mails: 【草稿】内部资料，请编辑审核后再行定稿。
    pub fn notice_line(&self) -> String {
        match (self.is_final, self.classification_notice.is_empty()) {
            (false, true) => "【草稿】请编辑审核后再行定稿。".to_owned(),
            (false, false) => format!("【草稿】{}，请编辑审核后再行定稿。", self.classification_notice),
            (true, true) => String::new(),
            (true, false) => format!("{}，注意保存。", self.classification_notice),
        }
    }

    /// 主办：甲　编印：乙
    pub fn publishers(&self) -> String {
        let printer = self.printer.as_ref().map(|p| format!("　编印：{p}")).unwrap_or_default();
        format!("主办：{}{printer}", self.organiser)
    }

    /// Who prints it: 编印, else 主办.
    pub fn printed_by(&self) -> &str {
        self.printer.as_deref().unwrap_or(&self.organiser)
    }

    /// What the log calls it: 许昌竞争情报快递 2026年第3期(总第3期) #7. The row tells drafts apart whose number may still change.
    pub fn label_in_log(&self) -> String {
        format!("{} {} #{}", self.publication, self.issue_label(), self.id)
    }

    /// 2026年第3期(总第3期), or 2026年增刊第1期.
    pub fn issue_label(&self) -> String {
        issue_label(self.year, self.number_in_year, self.cumulative_number, self.series)
    }
}

/// The label of an issue by its numbers: within the year, and in all.
pub fn issue_label(year: i32, number: u32, total: u32, series: Series) -> String {
    match series {
        Series::Regular => format!("{year}年第{number}期(总第{total}期)"),
        Series::Extra => format!("{year}年增刊第{number}期"),
    }
}
