//! Articles, from the list entry to the classified article.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, EventId, SourceId, StoryId, WebUrl};

/// An entry of a feed or list page that links to an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The feed's own id.
    pub id: Option<String>,
    pub url: WebUrl,
    /// Title as listed, possibly cut short.
    pub title: String,
    /// Publication time as listed.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Plain-text summary from the feed.
    pub summary: Option<String>,
    /// Full text from the feed: raw, untrusted HTML.
    pub content_html: Option<String>,
}

/// A downloaded page.
#[derive(Debug, Clone)]
pub struct StoredPage {
    /// Address after redirects.
    pub url: WebUrl,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Decompressed body.
    pub body: Vec<u8>,
    pub fetched: DateTime<Utc>,
}

/// Fields extracted from an article page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Extracted {
    pub title: Option<String>,
    /// Author, if named.
    pub author: Option<String>,
    /// 来源, as the site writes it.
    pub publisher: Option<String>,
    pub published_at: Option<DateTime<FixedOffset>>,
    /// `zh`, `en`, `de`, `fr` or `es`, if recognised.
    pub language: Option<Cow<'static, str>>,
    /// Body as paragraphs, one per line.
    pub text: String,
    /// Body as sanitised HTML.
    pub html: String,
    /// Lead image.
    pub image: Option<WebUrl>,
    /// Linked files.
    pub attachments: Vec<Attachment>,
    /// The next page of an article split over several pages.
    pub next: Option<WebUrl>,
    /// The pictures of a notice that consists of pictures, until their text is recognised.
    #[serde(default)]
    pub pictures: Vec<WebUrl>,
    /// Oddities of the page.
    pub warnings: Vec<String>,
    /// Character encoding; `pdf` for a PDF, `document` for an office document, `ocr` for recognised text.
    #[serde(default)]
    pub charset: String,
    /// How likely the fields are to be right.
    #[serde(default)]
    pub confidence: Confidence,
}

/// Probabilities that the extracted fields are right. `None` if a field is empty or does not come from the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    pub title: Option<f32>,
    /// For the publication day.
    pub date: Option<f32>,
    /// For 来源.
    pub publisher: Option<f32>,
    pub author: Option<f32>,
    /// Expected F1 of the text.
    #[serde(default)]
    pub body: Option<f32>,
    /// Mean confidence of the characters, if the text was recognised on pictures (文字识别).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocr: Option<f32>,
    /// Whether it tells a figure that is far from the ones before (待核).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_doubtful_figure: bool,
}

/// Below this probability the text may be wrong, and the article is never chosen automatically.
const DOUBTFUL: f32 = 0.75;
/// Below this confidence of text recognition, more than about one character in twenty is wrong.
const DOUBTFUL_OCR: f32 = 0.8;

impl Confidence {
    /// Whether the text may not be the article's own.
    pub fn is_doubtful(&self) -> bool {
        self.body.is_some_and(|p| p < DOUBTFUL) || self.ocr.is_some_and(|p| p < DOUBTFUL_OCR)
    }
}

/// A shorter listed title may be only link text.
const SHORTEST_LISTED: usize = 6;

impl Extracted {
    /// Returns the article with the listed title and time if its page gives none or its own are uncertain.
    #[must_use]
    pub fn or_listed(mut self, listed: &Entry) -> Self {
        let is_unsure = |p: Option<f32>| p.is_some_and(|p| p < DOUBTFUL);
        let title = listed.title.trim();
        let is_whole = title.chars().count() >= SHORTEST_LISTED && !title.ends_with(['…', '.']);
        if self.title.as_ref().is_none_or(String::is_empty) || is_whole && is_unsure(self.confidence.title) {
            (self.title, self.confidence.title) = (Some(listed.title.clone()), None);
        }
        if listed.published_at.is_some() && (self.published_at.is_none() || is_unsure(self.confidence.date)) {
            (self.published_at, self.confidence.date) = (listed.published_at, None);
        }
        self
    }
}

/// A file linked from an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Name on the page.
    pub name: String,
    pub url: WebUrl,
}

impl Attachment {
    /// Returns the name as a line of text: 附件：名单.pdf.
    pub fn labelled(&self) -> String {
        if self.name.starts_with("附件") { self.name.clone() } else { format!("附件：{}", self.name) }
    }
}

/// A complete article of the archive.
#[derive(Debug, Clone)]
pub struct Article {
    /// Everything but the text.
    pub headline: Headline,
    /// Body as paragraphs, one per line.
    pub text: String,
    /// Body as sanitised HTML.
    pub html: String,
    /// Lead image.
    pub image: Option<WebUrl>,
    /// Linked files.
    pub attachments: Vec<Attachment>,
}

/// An article without its text, for lists, ranking and search, which need thousands at once.
#[derive(Debug, Clone)]
pub struct Headline {
    pub id: ArticleId,
    /// The source that found it first.
    pub source: SourceId,
    pub source_name: String,
    /// Region of the source.
    pub region: Option<String>,
    /// Weight of the source; 1 is normal.
    pub weight: f64,
    pub url: WebUrl,
    pub title: String,
    pub author: Option<String>,
    pub publisher: Option<String>,
    /// Publication time, if known.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// When it was downloaded.
    pub fetched_at: DateTime<Utc>,
    /// Length of the text, in bytes.
    pub length: usize,
    /// Its story, once assigned.
    pub story: Option<StoryId>,
    /// Its event, once assigned.
    pub event: Option<EventMember>,
    /// The classifier's result, once classified.
    pub classification: Option<Classification>,
    /// How likely the extracted fields are to be right.
    pub confidence: Confidence,
}

/// That an article reports an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventMember {
    pub event: EventId,
    /// Probability, from 0 to 1.
    pub confidence: f64,
}

impl EventMember {
    /// From this confidence on, the article belongs to the event without an editor's look.
    pub const SURE: f64 = 0.9;

    /// Whether it belongs to the event without an editor's look.
    pub fn is_sure(self) -> bool {
        self.confidence >= Self::SURE
    }
}

impl Headline {
    /// Returns what reports are grouped by: the number of the event, if it surely is one, else of the story.
    pub fn event_or_story(&self) -> i64 {
        let event = self.event.filter(|e| e.is_sure()).map(|e| e.event.0);
        event.or(self.story.map(|s| s.0)).unwrap_or(self.id.0)
    }

    /// Returns the time that articles are sorted by: publication, or download if that is earlier or the only one known.
    pub fn sort_time(&self) -> DateTime<Utc> {
        self.published_at.map_or(self.fetched_at, |t| t.with_timezone(&Utc).min(self.fetched_at))
    }

    /// Returns 来源 for display: the page's own, else the source's name.
    pub fn publisher_or_source(&self) -> &str {
        self.publisher.as_deref().unwrap_or(&self.source_name)
    }
}

/// An industry or theme, with score and evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub name: String,
    /// 0–1.
    pub score: f64,
    /// Matched terms.
    pub evidence: Vec<String>,
    /// Probability by the trained model; `None` if only rules matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

/// A company whose industries an editor set because its name does not reveal them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firm {
    /// Name as used in headlines.
    pub name: String,
    /// Industry names.
    pub industries: Vec<String>,
}

/// The classifier's result for one article.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// Industries, best first.
    pub industries: Vec<Label>,
    /// Cross-industry themes, best first.
    #[serde(default)]
    pub themes: Vec<Label>,
    /// Corrected by an editor; no rule changes it any more.
    #[serde(default)]
    #[serde(rename = "by_hand")]
    pub manually_edited: bool,
    pub column: String,
    /// Probability of that column by the trained model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column_p: Option<f64>,
    /// Reasons for that column.
    #[serde(default)]
    pub column_reasons: Vec<String>,
    /// Whether the publication covers the article, by the trained model; `None` if only rules judged it.
    #[serde(default, rename = "on_topic", skip_serializing_if = "Option::is_none")]
    pub is_on_topic: Option<bool>,
    /// Probability that some column would take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_topic_p: Option<f64>,
    /// Probability that an editor would consider it for an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<f64>,
    /// Keywords, best first.
    pub keywords: Vec<String>,
    /// Places named, most frequent first.
    pub places: Vec<String>,
    /// The narrowest level of the taxonomy that it names, or 全国.
    #[serde(default)]
    #[serde(rename = "level")]
    pub region_scope: String,
    /// Organisations of the watch list that the article names.
    #[serde(rename = "organisations")]
    pub watched_organisations: Vec<String>,
    /// Other organisations, recognised by the form of their names.
    #[serde(default)]
    #[serde(rename = "mentioned")]
    pub other_organisations: Vec<String>,
    /// Other names of these organisations that the text tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
}

/// Another name of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    pub name: String,
    /// The organisation's full name.
    pub of: String,
}

impl Classification {
    /// Returns every organisation named, those of the watch list first.
    pub fn all_organisations(&self) -> Vec<&str> {
        self.watched_organisations.iter().chain(&self.other_organisations).map(String::as_str).collect()
    }

    /// Replaces industries and column by those that an editor chose.
    pub fn correct(&mut self, industries: &[String], column: &str) {
        let chosen = || vec!["编辑指定".to_owned()];
        self.industries = industries.iter().map(|name| Label { name: name.clone(), score: 1.0, evidence: chosen(), p: None }).collect();
        (self.column, self.column_p, self.column_reasons) = (column.to_owned(), None, chosen());
        self.manually_edited = true;
    }

    /// Whether the publication covers the article: by the trained model, or by the labels if an editor or only rules set them.
    pub fn on_topic(&self) -> bool {
        let has_labels = !self.industries.is_empty() || !self.themes.is_empty();
        (self.manually_edited && has_labels) || self.is_on_topic.unwrap_or(has_labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_release_one_stored_is_read_and_judged_by_its_labels() {
        let with = |industries: &str, more: &str| -> Classification {
            let json = format!(r#"{{"industries":[{industries}],"column":"行业动态","keywords":[],"places":[],"organisations":[]{more}}}"#);
            serde_json::from_str(&json).unwrap()
        };
        let food = r#"{"name":"食品","score":0.8,"evidence":["面粉"]}"#;
        assert!(with(food, "").on_topic() && !with("", "").on_topic());
        assert!(with("", r#","on_topic":true,"worth":0.5"#).on_topic() && !with(food, r#","on_topic":false"#).on_topic());
        assert!(with(food, r#","on_topic":false,"by_hand":true"#).on_topic());
    }
}
