//! What an edition is made of, apart from the articles.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::settings::{Publication, SummariseSettings};
use crate::issue::screen::Screen;
use crate::model::{ArticleId, EventId, Health, StoryId, Trend};
use crate::ranking::Ranking;

/// An item of an earlier issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousItem {
    /// Number of the issue.
    pub number: u32,
    pub title: String,
    pub article: ArticleId,
    pub event: Option<EventId>,
}

/// Input of an edition, apart from the articles.
#[derive(Debug)]
pub struct IssueInput<'a> {
    pub publication: &'a Publication,
    /// Stories in issues of other days.
    pub published: HashSet<StoryId>,
    /// Items of the last issues; similar headlines are not news.
    pub previous_items: Vec<PreviousItem>,
    /// Items by industry and week.
    pub trend: Vec<Trend>,
    /// Keywords that are much more frequent than before.
    pub rising: Vec<String>,
    /// Titles of the open topics (关注课题) of articles.
    pub topics: HashMap<ArticleId, Vec<String>>,
    /// The ranking learned from editors' decisions, if it is in force.
    pub ranking: Option<&'a Ranking>,
    /// Figures of the crawl.
    pub health: Health,
    /// Day of issue.
    pub date: NaiveDate,
    /// Current time, from which age counts.
    pub now: DateTime<Utc>,
    /// Region levels from home outwards; the first counts most.
    pub levels: &'a [String],
    /// Settings of summaries.
    pub summarise: &'a SummariseSettings,
    /// What editors do not want.
    pub screen: Screen,
}
