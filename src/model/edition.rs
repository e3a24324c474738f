//! Issues of the briefing.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, EditionId, EditionState, EventId, Figures, FileId, GradeMark, PrintedGrades, Signing, WebUrl};

/// Another publication of an item's story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// Name of the source that republished it.
    #[serde(rename = "origin")]
    pub publisher: String,
    pub url: WebUrl,
    /// Its article in the archive; missing in issues from releases before 1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArticleId>,
}

/// Which text of an item mail, document and page print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Print {
    /// 摘要
    Summary,
    /// 全文
    Full,
}

impl Print {
    /// The default for issues of release 1.0, which lacked the field. Their editors wrote only summaries, and their documents left
    /// those out.
    fn before_it_was_said() -> Self {
        Self::Summary
    }
}

/// A file that an editor attached to an item; the store holds its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFile {
    pub id: FileId,
    /// File name as uploaded.
    pub name: String,
    pub media_type: String,
    /// Length, in bytes.
    pub size: usize,
}

/// A picture of an item, always PNG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub file: ItemFile,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

/// Reasons of an item that are shown at once: the strongest.
const FIRST_REASONS: usize = 3;

/// An item of an edition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The article shown; negative: an item written by the editor.
    pub article: ArticleId,
    /// Headline, cleaned.
    pub title: String,
    /// Summary: the article's own sentences, or the editor's text.
    pub summary: String,
    /// Full text, one paragraph per line; tabs separate the cells of a table row.
    pub text: String,
    /// 按语: the editor's comment, printed before the text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Which text is printed.
    #[serde(default = "Print::before_it_was_said")]
    pub print: Print,
    /// Whether an editor changed the full text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub text_edited: bool,
    /// Printed below the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// Printed below the text as table and chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Box<Figures>>,
    /// Sent with the issue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<ItemFile>,
    pub industries: Vec<String>,
    pub themes: Vec<String>,
    pub keywords: Vec<String>,
    /// 来源.
    #[serde(rename = "origin")]
    pub publisher: String,
    /// Publication day.
    pub date: Option<NaiveDate>,
    pub places: Vec<String>,
    /// Address; `None`: an item written by the editor.
    pub url: Option<WebUrl>,
    /// A level of the taxonomy, or 全国.
    #[serde(default)]
    #[serde(rename = "level")]
    pub region_scope: String,
    /// The first publication of the story, if another article is shown.
    #[serde(default)]
    pub earliest: Option<Copy>,
    /// Other publications of the story.
    pub copies: Vec<Copy>,
    /// Reports of the same event in other words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Copy>,
    /// The event, if the archive has other reports of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// Ranking score.
    pub score: f64,
    /// Whether it is among the items of which the learned ranking is least sure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_uncertain: bool,
    /// Why it was chosen, for editors.
    pub reasons: Vec<String>,
    /// The grade that is printed after its source. Of a final issue it is stored; of a draft it is set before printing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<GradeMark>,
}

impl Item {
    /// Returns the page of its article that readers can open; a mail has none.
    pub fn link(&self) -> Option<&WebUrl> {
        self.url.as_ref().filter(|url| !url.is_stand_in())
    }

    /// Returns an empty item that is no article of the archive: its id is the negative of its number in the issue.
    pub fn own(number: u32, date: NaiveDate, reason: &str) -> Self {
        Self {
            article: ArticleId(-i64::from(number)),
            title: String::new(),
            summary: String::new(),
            text: String::new(),
            note: String::new(),
            print: Print::Full,
            text_edited: false,
            picture: None,
            figures: None,
            attachments: Vec::new(),
            industries: Vec::new(),
            themes: Vec::new(),
            keywords: Vec::new(),
            publisher: String::new(),
            date: Some(date),
            places: Vec::new(),
            url: None,
            region_scope: String::new(),
            earliest: None,
            copies: Vec::new(),
            reports: Vec::new(),
            event: None,
            score: 0.0,
            is_uncertain: false,
            reasons: vec![reason.to_owned()],
            mark: None,
        }
    }

    /// Returns the text to print.
    pub fn printed(&self) -> &str {
        match self.print {
            Print::Summary => &self.summary,
            Print::Full => &self.text,
        }
    }

    /// Returns the source as it is printed, with its grade if the publication prints grades: 北岸日报（B2）.
    pub fn printed_source(&self) -> String {
        self.mark.map_or_else(|| self.publisher.clone(), |mark| format!("{}（{mark}）", self.publisher))
    }

    /// Returns 按：…, or an empty text without 按语.
    pub fn printed_note(&self) -> String {
        if self.note.is_empty() { String::new() } else { format!("按：{}", self.note) }
    }

    /// Returns the reasons that are shown at once.
    pub fn first_reasons(&self) -> &[String] {
        self.reasons.get(..FIRST_REASONS).unwrap_or(&self.reasons)
    }

    /// Returns the other reasons.
    pub fn further_reasons(&self) -> &[String] {
        self.reasons.get(FIRST_REASONS..).unwrap_or_default()
    }

    /// Returns its files: the picture, then the attachments.
    pub fn files(&self) -> impl Iterator<Item = &ItemFile> {
        self.picture.iter().map(|p| &p.file).chain(&self.attachments)
    }
}

/// A column with its items in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnItems {
    pub name: String,
    pub items: Vec<Item>,
}

/// A failing source, as reported to editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceProblem {
    pub name: String,
    pub reason: ProblemReason,
    /// First day of the failure.
    pub since: Option<NaiveDate>,
}

/// Why a source is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemReason {
    /// It is not polled any more: the error of its last poll, in Chinese.
    Disabled(String),
    /// The list can be read, but its articles are behind a wall: the wall's code.
    ArticlesWalled(String),
    /// No new articles for longer than usual.
    Silent,
    /// It never brought an article.
    NoArticles,
    NewLayout,
    UncheckedCertificate,
    /// The error of its last poll, in Chinese. Earlier releases stored every reason as such a text.
    #[serde(untagged)]
    Failing(String),
}

impl ProblemReason {
    /// Whether the source brings nothing.
    pub fn is_outage(&self) -> bool {
        !matches!(self, Self::NewLayout | Self::UncheckedCertificate)
    }
}

/// Figures of the crawl before an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub sources: usize,
    /// Failing sources.
    #[serde(rename = "troubles")]
    pub problems: Vec<SourceProblem>,
    pub candidates: usize,
    /// Copies merged into other articles.
    pub merged: usize,
    /// Articles downloaded for this edition but too old for it.
    #[serde(default)]
    pub cut: usize,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What an official briefing prints around its items, and where (GB/T 9704-2012, 7.2 and 7.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Imprint {
    /// 份号, top left: the number of the printed copy, six digits.
    pub copy_number: String,
    /// 编号, top right.
    pub serial: String,
    /// 责任编辑.
    pub editor: String,
    /// 审核.
    pub reviewer: String,
    /// 签发.
    pub signer: String,
    /// 电话.
    pub phone: String,
    /// 报: recipients reported to.
    pub report_to: String,
    /// 送: recipients informed.
    pub send_to: String,
    /// 发: recipients distributed to.
    pub distribute_to: String,
    /// 印数.
    pub copies: u32,
}

impl Imprint {
    /// Returns 责任编辑：甲　审核：乙　签发：丙　电话：…, or an empty text if there are no names.
    pub fn people(&self) -> String {
        let named = [("责任编辑", &self.editor), ("审核", &self.reviewer), ("签发", &self.signer), ("电话", &self.phone)];
        let set = named.iter().filter(|(_, name)| !name.is_empty());
        set.map(|(role, name)| format!("{role}：{name}")).collect::<Vec<_>>().join("　")
    }

    /// Returns 报：…, 送：…, 发：…, as far as set.
    pub fn addressees(&self) -> Vec<String> {
        let all = [("报", &self.report_to), ("送", &self.send_to), ("发", &self.distribute_to)];
        all.iter().filter(|(_, to)| !to.is_empty()).map(|(word, to)| format!("{word}：{to}")).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_earlier_releases_are_read_as_their_words() {
        let read = |json: &str| serde_json::from_str::<ProblemReason>(json).unwrap();
        assert_eq!(read("\"能打开，但久无新文章\""), ProblemReason::Failing("能打开，但久无新文章".to_owned()));
        for reason in [ProblemReason::Silent, ProblemReason::Disabled("域名不存在".to_owned()), ProblemReason::Failing("连接不上".to_owned())]
        {
            assert_eq!(read(&serde_json::to_string(&reason).unwrap()), reason);
        }
    }
}
