//! Tasks and reports: plain values that travel between machines.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::crawl::reader::ListingError;
use crate::discover::{Discovered, KnownEntries};
use crate::fetch::{FetchError, Redirect, RequestStats, Validators};
use crate::model::{EntryId, Extracted, Source, WebUrl};
use crate::page_watch::WatchedPage;
use crate::series::SeriesRead;

/// One request to make.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// Its headers, which may be secret, travel with the task.
    pub source: Arc<Source>,
    pub url: WebUrl,
    #[serde(rename = "ask")]
    pub kind: TaskKind,
    /// Keep the connection open, because more requests to this host follow.
    #[serde(rename = "keep")]
    pub keep_alive: bool,
    /// Stay with this host, because others request other hosts at the same time.
    #[serde(rename = "lane")]
    pub host_key: Option<String>,
    /// Already followed, at other hosts.
    #[serde(rename = "hops")]
    pub redirects: Vec<Redirect>,
    /// Another worker may have contacted this host recently; wait one full delay first.
    #[serde(rename = "cold")]
    pub initial_delay: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TaskKind {
    /// The entries of a source.
    #[serde(rename = "Listing")]
    Poll {
        /// Of our copy.
        validators: Validators,
        /// The layout of its list at the last poll.
        #[serde(rename = "layout")]
        previous_selector: Option<String>,
        /// At the first poll.
        #[serde(rename = "older")]
        read_older_pages: bool,
        /// On later polls: stop reading further pages at these entries.
        #[serde(default)]
        known: KnownEntries,
    },
    /// The text of a watched page.
    Watch {
        /// Of our copy.
        validators: Validators,
    },
    /// A number over time.
    Figures {
        /// Of our copy.
        validators: Validators,
    },
    /// The article behind an entry.
    #[serde(rename = "Page")]
    Article { entry: EntryId },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskReport {
    /// What the request cost.
    #[serde(rename = "visit")]
    pub stats: RequestStats,
    /// Time of the answer.
    pub at: DateTime<Utc>,
    /// Decompressed.
    pub bytes: usize,
    /// The page, with its line in the fetch log, is already in the store.
    #[serde(rename = "kept")]
    pub page_stored: bool,
    /// How the document crashed its parser; a result may still come from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<String>,
    #[serde(rename = "came")]
    pub result: TaskResult,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TaskResult {
    /// Our copy is current.
    NotModified {
        /// New address after a permanent redirect.
        #[serde(rename = "moved")]
        permanent_redirect: Option<WebUrl>,
        /// Freshness of the answer.
        #[serde(rename = "fresh")]
        fresh_for: Option<Duration>,
    },
    /// A new list.
    Entries {
        /// With refresh hints.
        found: Box<Discovered>,
        /// For the next poll.
        validators: Validators,
        /// See [`TaskResult::NotModified`].
        #[serde(rename = "moved")]
        permanent_redirect: Option<WebUrl>,
    },
    /// The text of a watched page. It is compared where the stored versions are.
    Watched {
        page: Box<WatchedPage>,
        /// For the next poll.
        validators: Validators,
        /// See [`TaskResult::NotModified`].
        #[serde(rename = "moved")]
        permanent_redirect: Option<WebUrl>,
        /// Freshness of the answer.
        #[serde(rename = "fresh")]
        fresh_for: Option<Duration>,
    },
    /// Figures. They are compared where the stored ones are.
    Figures {
        read: Box<SeriesRead>,
        /// For the next poll.
        validators: Validators,
        /// See [`TaskResult::NotModified`].
        #[serde(rename = "moved")]
        permanent_redirect: Option<WebUrl>,
        /// Freshness of the answer.
        #[serde(rename = "fresh")]
        fresh_for: Option<Duration>,
    },
    /// A document without entries.
    #[serde(rename = "Unreadable")]
    ParseFailed(ListingError),
    Article {
        /// After redirects.
        url: WebUrl,
        extracted: Box<Extracted>,
    },
    /// A page without an article, and why.
    NoArticle(String),
    /// The fetch failed.
    Failed(FetchError),
    /// The response redirected to another host.
    #[serde(rename = "Elsewhere")]
    Redirected(Vec<Redirect>),
    /// The parser was killed from outside; the document may be sound.
    Interrupted,
    /// The task crashed its worker repeatedly and was dead-lettered.
    #[serde(rename = "Poison")]
    DeadLettered(String),
}

impl TaskReport {
    /// Whether the page or list could not be fetched or read.
    pub fn is_failure(&self) -> bool {
        use TaskResult::{Article, Entries, Figures, NotModified, Redirected, Watched};
        !matches!(self.result, NotModified { .. } | Entries { .. } | Watched { .. } | Figures { .. } | Article { .. } | Redirected(_))
    }

    /// Returns a stable code for the fetch log, and a message.
    pub fn code_and_message(&self) -> (&'static str, String) {
        match &self.result {
            TaskResult::NotModified { .. } => ("not-modified", "not modified".to_owned()),
            TaskResult::Entries { .. }
            | TaskResult::Watched { .. }
            | TaskResult::Figures { .. }
            | TaskResult::Article { .. }
            | TaskResult::NoArticle(_) => ("ok", "ok".to_owned()),
            TaskResult::ParseFailed(e) => (e.code(), e.to_string()),
            TaskResult::Failed(e) => (e.code(), e.to_string()),
            TaskResult::Redirected(_) => ("redirect", "led to another host".to_owned()),
            TaskResult::Interrupted => ("interrupted", "its parser was killed from outside".to_owned()),
            TaskResult::DeadLettered(why) => ("poison", why.clone()),
        }
    }
}
