//! From the pointer on a list to the judged article.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ArticleId, SourceId, StoryId, WebUrl};

/// One pointer to an article, found in a feed or on a list page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The feed's own id.
    pub id: Option<String>,
    /// Where the article is.
    pub url: WebUrl,
    /// Title as listed; may be cut.
    pub title: String,
    /// When it was published, as listed.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Short text from the feed, plain.
    pub summary: Option<String>,
    /// Full text from the feed, raw HTML, not to be trusted.
    pub content_html: Option<String>,
}

/// A page as it came.
#[derive(Debug, Clone)]
pub struct StoredPage {
    /// After redirects.
    pub url: WebUrl,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Decompressed.
    pub body: Vec<u8>,
    /// When it came.
    pub fetched: DateTime<Utc>,
}

/// What an article page was found to say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Extracted {
    /// Headline.
    pub title: Option<String>,
    /// Author, if one is named.
    pub author: Option<String>,
    /// 来源 in the site's own words.
    pub publisher: Option<String>,
    /// Publication time.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// `zh`, `en`, `de`, `fr`, `es` or nothing.
    pub language: Option<Cow<'static, str>>,
    /// Body as paragraphs, one per line.
    pub text: String,
    /// Body as sanitised HTML.
    pub html: String,
    /// The picture that stands for it.
    pub image: Option<WebUrl>,
    /// Files it brings.
    pub attachments: Vec<Attachment>,
    /// Where it goes on, if it is split over several pages.
    pub next: Option<WebUrl>,
    /// What was odd about the page.
    pub warnings: Vec<String>,
    /// In which charset it was written; `pdf` for a PDF.
    #[serde(default)]
    pub charset: String,
    /// How probable it is that the fields are right.
    #[serde(default)]
    pub confidence: Confidence,
}

/// How probable it is that fields which were read off a page are right; none where the field is empty or not from the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// Of the headline.
    pub title: Option<f32>,
    /// Of the day of publication.
    pub date: Option<f32>,
    /// Of 来源.
    pub publisher: Option<f32>,
    /// Of the author.
    pub author: Option<f32>,
    /// F1 that the text is expected to have.
    #[serde(default)]
    pub body: Option<f32>,
}

/// What is less probable than this may be wrong: no program chooses an article of such a text.
const DOUBTFUL: f32 = 0.75;

impl Confidence {
    /// Whether the text may be something else than the article.
    pub fn is_doubtful(&self) -> bool {
        self.body.is_some_and(|p| p < DOUBTFUL)
    }
}

/// A listed title of fewer letters may be a word of a link.
const SHORTEST_LISTED: usize = 6;

impl Extracted {
    /// The article with title and time from the listing where its page gives none, or is not sure of its own.
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

/// A file that an article brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// As the page calls it.
    pub name: String,
    /// Where it is.
    pub url: WebUrl,
}

/// One article in the archive, whole.
#[derive(Debug, Clone)]
pub struct Article {
    /// All but its text.
    pub headline: Headline,
    /// Body as paragraphs, one per line.
    pub text: String,
    /// Body as sanitised HTML.
    pub html: String,
    /// The picture that stands for it.
    pub image: Option<WebUrl>,
    /// Files it brings.
    pub attachments: Vec<Attachment>,
}

/// An article in the archive without its text: what lists, ranking and search need of thousands at once.
#[derive(Debug, Clone)]
pub struct Headline {
    /// Row.
    pub id: ArticleId,
    /// Source it was first found in.
    pub source: SourceId,
    /// That source's name.
    pub source_name: String,
    /// Region of that source.
    pub region: Option<String>,
    /// How much that source counts; 1 is usual.
    pub weight: f64,
    /// Where it is.
    pub url: WebUrl,
    /// Headline.
    pub title: String,
    /// Author.
    pub author: Option<String>,
    /// 来源.
    pub publisher: Option<String>,
    /// Publication time, if known.
    pub published_at: Option<DateTime<FixedOffset>>,
    /// When it came in.
    pub fetched_at: DateTime<Utc>,
    /// Length of its text, in bytes.
    pub length: usize,
    /// The story it tells, once known.
    pub story: Option<StoryId>,
    /// What the classifier said, once it did.
    pub classification: Option<Classification>,
    /// How probable it is that what was read off its page is right.
    pub confidence: Confidence,
}

impl Headline {
    /// Publication time, or when it came in: what articles are sorted by. Never later than it came in.
    pub fn sort_time(&self) -> DateTime<Utc> {
        self.published_at.map_or(self.fetched_at, |t| t.with_timezone(&Utc).min(self.fetched_at))
    }

    /// 来源 as shown: the page's own, else the source's name.
    pub fn publisher_or_source(&self) -> &str {
        self.publisher.as_deref().unwrap_or(&self.source_name)
    }
}

/// An industry or theme with how sure the classifier is and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Name from the taxonomy.
    pub name: String,
    /// 0–1.
    pub score: f64,
    /// Words that spoke for it.
    pub evidence: Vec<String>,
    /// How probable the learned model holds it; none if rules alone gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

/// A firm whose name does not say its industries, as an editor named them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firm {
    /// Name as headlines have it.
    pub name: String,
    /// Names of industries.
    pub industries: Vec<String>,
}

/// Everything the classifier says of one article.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// Industries, best first.
    pub industries: Vec<Label>,
    /// Cross-industry themes, best first.
    #[serde(default)]
    pub themes: Vec<Label>,
    /// Corrected by an editor: no rule changes it any more.
    #[serde(default)]
    #[serde(rename = "by_hand")]
    pub manually_edited: bool,
    /// Column of the briefing.
    pub column: String,
    /// How probable the learned model holds that column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column_p: Option<f64>,
    /// Why that column.
    #[serde(default)]
    pub column_reasons: Vec<String>,
    /// Whether the publication concerns it, by the learned model; none if rules alone judged.
    #[serde(default, rename = "on_topic", skip_serializing_if = "Option::is_none")]
    pub is_on_topic: Option<bool>,
    /// How probable it is that a column would take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_topic_p: Option<f64>,
    /// How probable it is that an editor would consider it for an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<f64>,
    /// Keywords, best first.
    pub keywords: Vec<String>,
    /// Places named, most often first.
    pub places: Vec<String>,
    /// The narrowest region it speaks of: 许昌, 河南 or 全国.
    #[serde(default)]
    #[serde(rename = "level")]
    pub region_scope: String,
    /// Organisations of the watch list that it names.
    #[serde(rename = "organisations")]
    pub watched_organisations: Vec<String>,
    /// Further ones, told by the form of their names.
    #[serde(default)]
    #[serde(rename = "mentioned")]
    pub other_organisations: Vec<String>,
}

impl Classification {
    /// Every organisation it names, those of the watch list first.
    pub fn all_organisations(&self) -> Vec<&str> {
        self.watched_organisations.iter().chain(&self.other_organisations).map(String::as_str).collect()
    }

    /// Whether the article concerns this publication at all: by the learned model, or by its labels if an editor or rules alone
    /// gave them.
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
