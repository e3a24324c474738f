//! 一周综述 and its month: figures of a period → what they say, in sentences. Pure; `store/review.rs` counts.
//!
//! Each sentence is formed from a number by a rule; nothing is invented. Where there is nothing to say, it says so.

mod count;
mod period;
mod sentences;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::model::SourceProblem;

pub use count::{CountRow, ENOUGH_WEEKS, Share};
pub use period::ReviewPeriod;
#[cfg(test)]
pub(crate) use sentences::tests::review as sample;
pub use sentences::{expected_words, industry_sentences, known_weeks_words, lead, number, others, percent, topic_words};

/// Weeks that a period is compared with.
pub const EARLIER_WEEKS: usize = 8;

/// An article that stands for others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lead {
    pub article: i64,
    pub title: String,
    pub url: String,
    pub publisher: String,
}

/// A term that rises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RisingTerm {
    pub term: String,
    pub stories: u32,
    pub sources: u32,
    pub expected: f64,
    /// Other rising terms of mostly the same stories.
    pub related: Vec<String>,
    pub lead: Option<Lead>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewEvent {
    pub event: i64,
    pub lead: Lead,
    /// Publication of its first and last article up to the end of the period.
    pub first_seen: DateTime<Utc>,
    pub last_seen: DateTime<Utc>,
    /// It was not reported before the period.
    pub is_new: bool,
    pub stories: u32,
    pub sources: u32,
}

/// An organisation in the news.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewOrganisation {
    pub id: i64,
    pub name: String,
    pub is_watched: bool,
    pub stories: u32,
    /// Stories in as many days as each of the weeks before has, and the mean of these weeks.
    pub rate: f64,
    pub mean: f64,
    pub lead: Option<Lead>,
}

/// A topic (关注课题).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewTopic {
    pub id: i64,
    pub title: String,
    /// Articles of the period.
    pub articles: u32,
    /// Its newest article up to the end of the period.
    pub newest: Option<DateTime<Utc>>,
    pub due: Option<NaiveDate>,
    pub is_closed: bool,
}

/// An issue of the period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewIssue {
    pub id: i64,
    pub label: String,
    pub date: NaiveDate,
    pub is_final: bool,
    pub items: usize,
}

/// What editors did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReviewWork {
    pub issues: Vec<ReviewIssue>,
    /// Items kept and dropped.
    pub kept: u32,
    pub dropped: u32,
}

/// The review of a period for one publication.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Review {
    pub publication: String,
    /// `2026-W48` or `2026-11`.
    pub period: String,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    /// If the period is not over: until when it was counted. Weeks before are counted up to the same weekday and time.
    pub unfinished_at: Option<DateTime<Utc>>,
    /// Whether the archive has all of its days.
    pub is_complete: bool,
    pub stories: CountRow,
    pub industries: Vec<CountRow>,
    pub columns: Vec<CountRow>,
    pub places: Vec<CountRow>,
    pub terms: Vec<RisingTerm>,
    pub events: Vec<ReviewEvent>,
    pub organisations: Vec<ReviewOrganisation>,
    /// How many further organisations are named.
    pub other_organisations: usize,
    pub topics: Vec<ReviewTopic>,
    /// Sources with a problem; `None` for a period that is long over.
    pub sources: Option<Vec<SourceProblem>>,
    pub work: ReviewWork,
}

impl Review {
    /// Returns its period.
    pub fn period(&self) -> ReviewPeriod {
        ReviewPeriod::parse(&self.period).unwrap_or(ReviewPeriod::Week(self.first_day))
    }

    /// Returns 一周综述 or 一月综述.
    pub fn kind(&self) -> &'static str {
        if self.period().is_week() { "一周综述" } else { "一月综述" }
    }

    /// Returns how many of the weeks before the archive has.
    pub fn known_weeks(&self) -> usize {
        self.stories.weeks.len()
    }
}
