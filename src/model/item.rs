//! An item of an issue, with its copies, picture and files.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, EventId, Figures, FileId, GradeMark, WebUrl};

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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
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
