//! Renders an edition as mail HTML, plain text and .docx. Pure: the same edition gives the same bytes.

pub mod atom;
mod blocks;
mod chart;
mod docx;
mod grades;
mod html;
mod learning;
mod notice;
mod notification;
mod picture;
mod review;
mod text;

use std::collections::HashMap;

use base64::Engine as _;
use chrono::{Datelike, NaiveDate};

pub use docx::{DocxError, docx, review_docx};
pub use grades::{GradeWords, credibility, grade_words, mark_title, reliability};
pub use html::html;
pub use learning::{LearningWords, decision_label, learning};
pub use notice::{notice_letter, notice_subject};
pub use notification::{issue_notification, notice_notification};
pub use picture::{PictureError, Png, read_picture};
pub use review::{
    ReviewCell, ReviewLink, ReviewSection, ReviewTable, legend as review_legend, review_mail, review_stem, review_subject, review_text, sections,
};
pub use text::text;

use crate::config::docx_template::DocxTemplate;
use crate::issue::feedback::ReaderLinks;
use crate::model::{ArticleId, Edition, Figures, FileId, Picture, ProblemReason, Series, SourceProblem};
use crate::wall::Wall;

/// Content id of the chart.
pub const CHART: &str = "chart@qingbao";
/// MIME type of the document.
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// The bytes of attached files and pictures.
pub type Files = HashMap<FileId, Vec<u8>>;

/// A file attached to a mail.
#[derive(Debug, Clone)]
pub struct AttachedFile {
    /// File name; may be Chinese.
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// A PNG that the HTML shows by `cid:`.
#[derive(Debug, Clone)]
pub struct InlinePicture {
    /// Content id, without `cid:`.
    pub id: String,
    pub bytes: Vec<u8>,
}

/// Returns the content id of an item's picture.
pub fn content_id(picture: &Picture) -> String {
    format!("picture{}@qingbao", picture.file.id)
}

/// Returns the content id of the chart of an item's figures.
fn figures_id(article: ArticleId) -> String {
    format!("figures{}@qingbao", article.0)
}

/// Returns the chart of figures over time as PNG; `None` if there are fewer than two.
pub fn figures_chart(figures: &Figures) -> Option<Vec<u8>> {
    chart::line(figures)
}

/// The parts of an issue's mail.
#[derive(Debug, Clone)]
pub struct RenderedIssue {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The chart, if there is one, and the items' pictures.
    pub pictures: Vec<InlinePicture>,
    /// The .docx, then the items' attachments.
    pub attachments: Vec<AttachedFile>,
}

/// A rendering error.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The mail's template.
    #[error("the mail cannot be rendered: {0}")]
    Html(#[from] askama::Error),
    /// The document.
    #[error(transparent)]
    Docx(#[from] DocxError),
}

/// Returns 【草稿】竞争情报快递 2026年第3期(总第3期) 2026-11-24.
pub fn subject(edition: &Edition) -> String {
    let draft = if edition.is_final { "" } else { "【草稿】" };
    format!("{draft}{} {} {}", edition.publication, edition.issue_label(), edition.date)
}

/// Returns the file name without extension: 竞争情报快递2026年第3期.
pub fn file_stem(edition: &Edition) -> String {
    let extra = if edition.series == Series::Extra { "增刊" } else { "" };
    format!("{}{}年{extra}第{}期", edition.publication, edition.year, edition.number_in_year)
}

/// Returns all parts of an issue's mail.
///
/// # Errors
/// If a template or the document cannot be written.
pub fn parts(edition: &Edition, files: &Files, template: Option<&DocxTemplate>) -> Result<RenderedIssue, RenderError> {
    let name = format!("{}{}.docx", file_stem(edition), if edition.is_final { "" } else { "（草稿）" });
    let document = AttachedFile { name, media_type: DOCX.to_owned(), bytes: docx(edition, files, template)? };
    let mut attachments = vec![document];
    for f in edition.items().flat_map(|i| &i.attachments) {
        if let Some(bytes) = files.get(&f.id) {
            let name = unused_name(&f.name, &attachments);
            attachments.push(AttachedFile { name, media_type: f.media_type.clone(), bytes: bytes.clone() });
        }
    }
    Ok(RenderedIssue { subject: subject(edition), text: text(edition), html: html(edition)?, pictures: pictures(edition, files), attachments })
}

/// Returns the parts of an issue's mail with the links of its reader: 有用, 没用, 批示.
///
/// # Errors
/// If a template cannot be written.
pub fn parts_for_reader(parts: &RenderedIssue, edition: &Edition, links: &ReaderLinks<'_>) -> Result<RenderedIssue, RenderError> {
    Ok(RenderedIssue { text: text::text_for(edition, Some(links)), html: html::html_for(edition, Some(links))?, ..parts.clone() })
}

/// Returns 年报.pdf, 年报(2).pdf: readers distinguish attachments by name.
fn unused_name(name: &str, attachments: &[AttachedFile]) -> String {
    let (stem, ending) = name.rsplit_once('.').map_or((name, String::new()), |(stem, ending)| (stem, format!(".{ending}")));
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{stem}({n}){ending}")));
    names.find(|n| attachments.iter().all(|a| a.name != *n)).unwrap_or_default()
}

fn pictures(edition: &Edition, files: &Files) -> Vec<InlinePicture> {
    let chart = chart::chart(&edition.trend_with_items()).map(|bytes| InlinePicture { id: CHART.to_owned(), bytes });
    let of_items = edition.items().filter_map(|i| i.picture.as_ref());
    let of_items = of_items.filter_map(|p| Some(InlinePicture { id: content_id(p), bytes: files.get(&p.file.id)?.clone() }));
    let figures = edition.items().filter_map(|i| Some(InlinePicture { id: figures_id(i.article), bytes: figures_chart(i.figures.as_ref()?)? }));
    chart.into_iter().chain(of_items).chain(figures).collect()
}

/// Returns the mail as a page for a browser, with its pictures embedded.
///
/// # Errors
/// If the template cannot be rendered.
pub fn page(edition: &Edition, files: &Files) -> Result<String, RenderError> {
    let mut page = html(edition)?;
    for p in pictures(edition, files) {
        let data = base64::engine::general_purpose::STANDARD.encode(&p.bytes);
        page = page.replace(&format!("\"cid:{}\"", p.id), &format!("\"data:image/png;base64,{data}\""));
    }
    Ok(page)
}

/// Returns the width of a name in columns: two for a Chinese character, one for a Latin one.
fn columns(name: &str) -> usize {
    name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Returns 2026年11月24日.
fn chinese_date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Returns a source's problem as editors read it: 某网：连接不上网站（自 2026-11-20 起）.
pub fn source_problem(problem: &SourceProblem) -> String {
    let reason = match &problem.reason {
        ProblemReason::Disabled(error) => format!("{error}，已停止抓取，请管理员核对地址"),
        ProblemReason::Failing(error) => error.clone(),
        ProblemReason::ArticlesWalled(code) => {
            format!("列表能打开，但文章打不开：{}", Wall::of_code(code).map_or_else(|| code.clone(), Wall::chinese))
        }
        ProblemReason::Silent => "能打开，但久无新文章".to_owned(),
        ProblemReason::NoArticles => "能打开，但没有取到过文章".to_owned(),
        ProblemReason::NewLayout => "列表版式变了，已自动改用新版式，请管理员核对".to_owned(),
        ProblemReason::UncheckedCertificate => "证书未经核验（tls = \"insecure\"），内容可能被篡改".to_owned(),
    };
    let since = problem.since.map(|d| format!("（自 {d} 起）")).unwrap_or_default();
    format!("{}：{reason}{since}", problem.name)
}

/// Returns 120 个来源，117 正常，3 异常；候选 80 条，合并转载 12 篇，入选 14 条。
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
