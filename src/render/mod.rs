//! An edition → mail HTML, plain text, .docx. Pure: the same edition gives the same bytes.

pub mod atom;
mod chart;
mod docx;
mod html;
mod text;

use chrono::{Datelike, NaiveDate};

pub use docx::{DocxError, docx};
pub use html::html;
pub use text::text;

use crate::model::Edition;

/// Content id of the chart.
pub const CHART: &str = "chart@qingbao";

/// A file that is attached to a message.
#[derive(Debug, Clone)]
pub struct AttachedFile {
    /// File name; may be Chinese.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The parts of an issue's message.
#[derive(Debug, Clone)]
pub struct RenderedIssue {
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
    /// A picture that the HTML shows as `cid:` + [`CHART`].
    pub chart: Option<Vec<u8>>,
    /// The .docx.
    pub docx: AttachedFile,
}

/// What can go wrong while rendering.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The mail's template.
    #[error("the mail cannot be rendered: {0}")]
    Html(#[from] askama::Error),
    /// The document.
    #[error(transparent)]
    Docx(#[from] DocxError),
}

/// 【草稿】许昌竞争情报快递 2026年第3期(总第3期) 2026-11-24
pub fn subject(edition: &Edition) -> String {
    let draft = if edition.is_final { "" } else { "【草稿】" };
    format!("{draft}{} {} {}", edition.publication, edition.issue_label(), edition.date)
}

/// File name of the edition without ending: 许昌竞争情报快递2026年第3期.
pub fn file_stem(edition: &Edition) -> String {
    format!("{}{}年第{}期", edition.publication, edition.year, edition.number_in_year)
}

/// Everything a letter needs. The HTML names the chart by its content id.
pub fn parts(edition: &Edition) -> Result<RenderedIssue, RenderError> {
    Ok(RenderedIssue {
        subject: subject(edition),
        text: text(edition),
        html: html(edition)?,
        chart: chart::chart(&edition.trend),
        docx: AttachedFile {
            name: format!("{}{}.docx", file_stem(edition), if edition.is_final { "" } else { "（草稿）" }), bytes: docx(edition)?
        },
    })
}

/// The mail as a file to be opened in a browser, and the picture beside it, called `picture`.
pub fn page(edition: &Edition, picture: &str) -> Result<(String, Option<Vec<u8>>), RenderError> {
    let page = html(edition)?.replace(&format!("cid:{CHART}"), picture);
    Ok((page, chart::chart(&edition.trend)))
}

/// 2026年11月24日
fn chinese_date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 120 个来源，117 正常，3 异常；候选 80 条，合并转载 12 篇，入选 14 条。
fn health_line(edition: &Edition) -> String {
    let h = &edition.health;
    let bad = h.problems.len();
    let cut = if h.cut == 0 {
        String::new()
    } else {
        format!("另有 {} 篇发布过早，没有列入候选，可在控制台“补录”中查看。", h.cut)
    };
    format!(
        "{} 个来源，{} 正常，{bad} 异常；候选 {} 条，合并转载 {} 篇，入选 {} 条。{cut}",
        h.sources,
        h.sources.saturating_sub(bad),
        h.candidates,
        h.merged,
        edition.item_count()
    )
}
