//! What is asked for and what came of it: plain, and made to travel between machines.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::discover::{DiscoverError, Discovered};
use crate::fetch::{FetchError, Hop, Validators, Visit};
use crate::model::{EntryId, Extracted, Source, WebUrl};

/// One visit to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// For whom; its headers, which may be secret, travel with it.
    pub source: Arc<Source>,
    /// Where it begins.
    pub url: WebUrl,
    /// What for.
    pub ask: Ask,
    /// Whether more will be asked of this host soon.
    pub keep: bool,
    /// The lane that it must not leave, where others ask in other lanes at the same time.
    pub lane: Option<String>,
    /// Redirects followed already, in other lanes.
    pub hops: Vec<Hop>,
    /// Somebody else may have asked in this lane a moment ago.
    pub cold: bool,
}

/// What for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Ask {
    /// The entries of a source.
    Listing {
        /// Of the copy that we have.
        validators: Validators,
        /// How its list was laid out before.
        layout: Option<String>,
        /// Whether its further pages are read too: at the first look.
        older: bool,
    },
    /// The article behind an entry.
    Page {
        /// The entry.
        entry: EntryId,
    },
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// What the visit cost.
    pub visit: Visit,
    /// When the answer came.
    pub at: DateTime<Utc>,
    /// Bytes of the body, decompressed.
    pub bytes: usize,
    /// Whether the page, with its line in the fetch log, is in the store already.
    pub kept: bool,
    /// What came.
    pub came: Came,
}

/// What came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Came {
    /// Our copy is current.
    NotModified {
        /// Where the site says the document lives now for good.
        moved: Option<WebUrl>,
        /// How long its answer is fresh.
        fresh: Option<Duration>,
    },
    /// Entries.
    Entries {
        /// Them, with what the document wishes.
        found: Box<Discovered>,
        /// For the next look.
        validators: Validators,
        /// As of [`Came::NotModified`].
        moved: Option<WebUrl>,
    },
    /// An answer that holds no entries.
    Unreadable(Unreadable),
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
    /// The way leads on in another lane.
    Elsewhere(Vec<Hop>),
    /// Whoever took it up ended without a word, several times.
    Poison(String),
}

/// Why a document holds no entries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Unreadable {
    /// It was read, and found wanting.
    Document(DiscoverError),
    /// The parser broke down over it.
    GaveUp,
}

impl Unreadable {
    /// A stable word, and the reason in English and in Chinese.
    pub fn words(&self) -> (&'static str, String, String) {
        match self {
            Self::Document(e) => (e.code(), e.to_string(), e.chinese()),
            Self::GaveUp => ("broken", "the parser gave up on this document".to_owned(), "内容无法解析".to_owned()),
        }
    }
}

impl Outcome {
    /// A stable word for the fetch log, and what happened.
    pub fn words(&self) -> (&'static str, String) {
        match &self.came {
            Came::NotModified { .. } => ("not-modified", "not modified".to_owned()),
            Came::Entries { .. } | Came::Article { .. } | Came::NoArticle(_) => ("ok", "ok".to_owned()),
            Came::Unreadable(why) => {
                let (code, english, _) = why.words();
                (code, english)
            }
            Came::Failed(e) => (e.code(), e.to_string()),
            Came::Elsewhere(_) => ("redirect", "led to another host".to_owned()),
            Came::Poison(why) => ("poison", why.clone()),
        }
    }
}
