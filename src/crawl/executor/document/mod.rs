//! A document to be parsed: in this process behind a marker, or, a suspect, in a child process.

#[cfg(test)]
mod tests;

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::crawl::executor::TaskExecutor;
use crate::crawl::executor::child;
use crate::crawl::executor::child::End;
use crate::crawl::executor::markers::Subject;
use crate::model::{Entry, Source, WebUrl};

/// The subcommand of this same program that parses a document from standard input and prints what it found as JSON.
pub const PARSE_DOCUMENT: &str = "parse-document";

/// What a document is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The page of an article.
    Page,
    /// What a feed told of an article; it has no other body.
    FeedEntry(Box<Entry>),
    /// A source's list of entries.
    Listing {
        /// How it was laid out before.
        layout: Option<String>,
    },
}

/// A document with all that its parser needs. The body travels behind the rest, as it is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) kind: Kind,
    pub(super) source: Arc<Source>,
    pub(super) url: WebUrl,
    pub(super) content_type: Option<String>,
    pub(super) at: DateTime<Utc>,
    #[serde(skip)]
    pub(super) body: Vec<u8>,
}

/// What came of parsing.
pub(super) enum Parsed<T> {
    /// The parser returned.
    Done(T),
    /// The parser panicked.
    Panicked,
    /// The parser ended its child process, and how.
    Crashed(String),
    /// The child process was ended by somebody else: nothing is known of the document, which stays a suspect.
    Interrupted,
}

impl TaskExecutor {
    /// Parses a document.
    pub(super) async fn parse<T>(&self, subject: &Subject, document: Document, parser: fn(Document) -> T) -> Parsed<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        if self.markers.is_suspect(subject) {
            return self.parse_in_child(subject, &document).await;
        }
        let (markers, subject) = (Arc::clone(&self.markers), subject.clone());
        let work = move || {
            let _marker = markers.mark(&subject);
            parser(document)
        };
        self.cpu(work).await.map_or(Parsed::Panicked, Parsed::Done)
    }

    async fn parse_in_child<T: DeserializeOwned>(&self, subject: &Subject, document: &Document) -> Parsed<T> {
        let interrupted = |reason: &dyn std::fmt::Display| {
            self.markers.keep(subject);
            tracing::warn!(?subject, "a suspect could not be parsed in a child process and is tried again later: {reason}");
            Parsed::Interrupted
        };
        let mut head = match serde_json::to_vec(document) {
            Ok(head) => head,
            Err(e) => return interrupted(&e),
        };
        head.push(b'\n');
        let program = match self.program() {
            Ok(program) => program,
            Err(e) => return interrupted(&e),
        };
        match child::run(&program, PARSE_DOCUMENT, &[&head, &document.body]).await {
            End::Well(output) => match serde_json::from_slice(&output) {
                Ok(found) => Parsed::Done(found),
                Err(e) => interrupted(&format!("no readable result: {e}")),
            },
            End::Fault(how) => {
                self.markers.keep(subject);
                tracing::error!(?subject, url = %document.url, "this document ends its parser: {how}");
                Parsed::Crashed(how)
            }
            End::Interrupted(reason) => interrupted(&reason),
        }
    }
}

/// The child's side: parses the document on standard input.
///
/// # Errors
/// Standard input holds no document, or its parser panicked.
pub fn parse_document() -> anyhow::Result<()> {
    child::limit_self()?;
    let mut input = std::io::stdin().lock();
    let mut head = Vec::new();
    input.read_until(b'\n', &mut head)?;
    let mut document: Document = serde_json::from_slice(&head).context("no document")?;
    input.read_to_end(&mut document.body)?;
    // a thread, for its stack is as small as those of the service: what passes here passes there
    let parser = std::thread::spawn(move || match document.kind {
        Kind::Page => serde_json::to_vec(&crate::crawl::executor::read_article::page(document)),
        Kind::FeedEntry(_) => serde_json::to_vec(&crate::crawl::executor::read_article::feed_entry(document)),
        Kind::Listing { .. } => serde_json::to_vec(&crate::crawl::executor::read_listing::listing(document)),
    });
    let found = parser.join().map_err(|_| anyhow::anyhow!("the parser panicked"))??;
    Ok(std::io::stdout().lock().write_all(&found)?)
}
