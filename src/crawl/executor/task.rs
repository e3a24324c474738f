//! What is asked for and what came of it: plain, and made to travel between machines.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::crawl::reader::ListingError;
use crate::discover::{Discovered, KnownEntries};
use crate::fetch::{FetchError, Redirect, RequestStats, Validators};
use crate::model::{EntryId, Extracted, Source, WebUrl};

/// One visit to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// For whom; its headers, which may be secret, travel with it.
    pub source: Arc<Source>,
    /// Where it begins.
    pub url: WebUrl,
    /// What for.
    #[serde(rename = "ask")]
    pub kind: TaskKind,
    /// Whether more will be asked of this host soon.
    #[serde(rename = "keep")]
    pub keep_alive: bool,
    /// The host that it must not leave, where others ask at other hosts at the same time.
    #[serde(rename = "lane")]
    pub host_key: Option<String>,
    /// Redirects followed already, at other hosts.
    #[serde(rename = "hops")]
    pub redirects: Vec<Redirect>,
    /// Somebody else may have asked at this host a moment ago.
    #[serde(rename = "cold")]
    pub initial_delay: bool,
}

/// What for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TaskKind {
    /// The entries of a source.
    #[serde(rename = "Listing")]
    Poll {
        /// Of the copy that we have.
        validators: Validators,
        /// How its list was laid out before.
        #[serde(rename = "layout")]
        previous_selector: Option<String>,
        /// Whether its further pages are read too: at the first poll.
        #[serde(rename = "older")]
        read_older_pages: bool,
        /// Later on: where its further pages need not be read on.
        #[serde(default)]
        known: KnownEntries,
    },
    /// The article behind an entry.
    #[serde(rename = "Page")]
    Article {
        /// The entry.
        entry: EntryId,
    },
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskReport {
    /// What the visit cost.
    #[serde(rename = "visit")]
    pub stats: RequestStats,
    /// When the answer came.
    pub at: DateTime<Utc>,
    /// Bytes of the body, decompressed.
    pub bytes: usize,
    /// Whether the page, with its line in the fetch log, is in the store already.
    #[serde(rename = "kept")]
    pub page_stored: bool,
    /// How the document ended its parser; a result there may be is from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<String>,
    /// What came.
    #[serde(rename = "came")]
    pub result: TaskResult,
}

/// What came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TaskResult {
    /// Our copy is current.
    NotModified {
        /// Where the site says the document lives now for good.
        #[serde(rename = "moved")]
        permanent_redirect: Option<WebUrl>,
        /// How long its answer is fresh.
        #[serde(rename = "fresh")]
        fresh_for: Option<Duration>,
    },
    /// Entries.
    Entries {
        /// The entries, with refresh hints.
        found: Box<Discovered>,
        /// For the next poll.
        validators: Validators,
        /// As of [`TaskResult::NotModified`].
        #[serde(rename = "moved")]
        permanent_redirect: Option<WebUrl>,
    },
    /// An answer that holds no entries.
    #[serde(rename = "Unreadable")]
    ParseFailed(ListingError),
    /// An article.
    Article {
        /// Where it is, after redirects.
        url: WebUrl,
        /// What the page says.
        extracted: Box<Extracted>,
    },
    /// A page without an article, and why.
    NoArticle(String),
    /// Nothing came.
    Failed(FetchError),
    /// The way leads on at another host.
    #[serde(rename = "Elsewhere")]
    Redirected(Vec<Redirect>),
    /// The parser of what came was killed from outside: nothing is known of it.
    Interrupted,
    /// Whoever took it up ended without a word, several times.
    #[serde(rename = "Poison")]
    DeadLettered(String),
}

impl TaskReport {
    /// Whether the page or list could not be had or read.
    pub fn is_failure(&self) -> bool {
        !matches!(self.result, TaskResult::NotModified { .. } | TaskResult::Entries { .. } | TaskResult::Article { .. } | TaskResult::Redirected(_))
    }

    /// A stable word for the fetch log, and what happened.
    pub fn code_and_message(&self) -> (&'static str, String) {
        match &self.result {
            TaskResult::NotModified { .. } => ("not-modified", "not modified".to_owned()),
            TaskResult::Entries { .. } | TaskResult::Article { .. } | TaskResult::NoArticle(_) => ("ok", "ok".to_owned()),
            TaskResult::ParseFailed(e) => (e.code(), e.to_string()),
            TaskResult::Failed(e) => (e.code(), e.to_string()),
            TaskResult::Redirected(_) => ("redirect", "led to another host".to_owned()),
            TaskResult::Interrupted => ("interrupted", "its parser was killed from outside".to_owned()),
            TaskResult::DeadLettered(why) => ("poison", why.clone()),
        }
    }
}
