//! Parses documents: in this process, with a marker while it lasts, or in a child process.

#[cfg(test)]
mod tests;

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::crawl::reader::child::{End, MemoryLimit};
use crate::crawl::reader::cpu_pool::STACK_BYTES;
use crate::crawl::reader::markers::{Markers, Subject};
use crate::crawl::reader::{CpuPool, Document, article, child, listing};
use crate::model::{Entry, Source};

/// The subcommand of this same program that parses a document from standard input and prints what it found as JSON.
pub const PARSE_DOCUMENT: &str = "parse-document";

/// What passes in the service, which has no limit for one document, must pass in a child too.
const MEMORY: MemoryLimit = MemoryLimit(1024);

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
        previous_selector: Option<String>,
    },
}

/// A document with all that its parser needs. Its body travels behind the rest, as it is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ParseInput {
    pub(super) kind: Kind,
    pub(super) source: Arc<Source>,
    pub(super) document: Document,
}

/// What is done in case the parser ends its process.
#[derive(Debug)]
pub(crate) enum Isolation {
    /// Nothing: a command of a user, who sees which document it was.
    None,
    /// A marker names the subject; if an earlier process ended over it, it is parsed in a child process.
    Marker(Subject),
    /// It is parsed in a child process.
    Child,
}

/// What came of parsing.
pub(super) enum Parsed<T> {
    /// The parser returned.
    Done(T),
    /// The parser panicked.
    Panicked,
    /// The parser ended its child process, and how.
    Crashed(String),
    /// The child process was ended by somebody else, and why: nothing is known of the document.
    Interrupted(String),
}

/// Parses documents on the threads for CPU work, or in child processes.
pub struct Parser {
    pool: Arc<CpuPool>,
    markers: Arc<Markers>,
    /// The child's program; `None`: this same program.
    program: Option<PathBuf>,
}

impl Parser {
    /// Uses these threads, and leaves no markers.
    pub fn new(pool: Arc<CpuPool>) -> Self {
        Self { pool, markers: Arc::default(), program: None }
    }

    /// The same with markers.
    pub(crate) fn with_markers(self, markers: Markers) -> Self {
        Self { markers: Arc::new(markers), ..self }
    }

    /// The same with another program for the child.
    #[cfg(test)]
    pub(crate) fn with_program(&self, program: PathBuf) -> Self {
        Self { pool: Arc::clone(&self.pool), markers: Arc::clone(&self.markers), program: Some(program) }
    }

    pub(super) fn program(&self) -> std::io::Result<PathBuf> {
        self.program.clone().map_or_else(std::env::current_exe, Ok)
    }

    /// What is being parsed, and what was when an earlier process ended.
    pub(crate) fn markers(&self) -> &Markers {
        &self.markers
    }

    /// Runs CPU work off the async threads; `None` if it panicked.
    pub async fn cpu<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.pool.run(work).await
    }

    /// Parses a document.
    pub(super) async fn parse<T>(&self, isolation: &Isolation, input: ParseInput, parse: fn(ParseInput) -> T) -> Parsed<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let work: Box<dyn FnOnce() -> T + Send> = match isolation {
            Isolation::None => Box::new(move || parse(input)),
            Isolation::Child => return self.parse_in_child(&input).await,
            Isolation::Marker(subject) if self.markers.is_suspect(subject) => return self.parse_suspect(subject, &input).await,
            Isolation::Marker(subject) => {
                let (markers, subject) = (Arc::clone(&self.markers), subject.clone());
                Box::new(move || {
                    let _marker = markers.mark(&subject);
                    parse(input)
                })
            }
        };
        self.cpu(work).await.map_or(Parsed::Panicked, Parsed::Done)
    }

    /// A suspect stays one unless its child ends well.
    async fn parse_suspect<T: DeserializeOwned>(&self, subject: &Subject, input: &ParseInput) -> Parsed<T> {
        let parsed = self.parse_in_child(input).await;
        match &parsed {
            Parsed::Done(_) | Parsed::Panicked => {}
            Parsed::Crashed(_) => self.markers.keep(subject),
            Parsed::Interrupted(reason) => {
                self.markers.keep(subject);
                tracing::warn!("the {subject} could not be parsed in a child process and is tried again later: {reason}");
            }
        }
        parsed
    }

    async fn parse_in_child<T: DeserializeOwned>(&self, input: &ParseInput) -> Parsed<T> {
        let interrupted = |reason: &dyn std::fmt::Display| Parsed::Interrupted(reason.to_string());
        let mut head = match serde_json::to_vec(input) {
            Ok(head) => head,
            Err(e) => return interrupted(&e),
        };
        head.push(b'\n');
        let program = match self.program() {
            Ok(program) => program,
            Err(e) => return interrupted(&e),
        };
        match child::run(&program, PARSE_DOCUMENT, MEMORY, &[&head, &input.document.body]).await {
            End::Well(output) => match serde_json::from_slice(&output) {
                Ok(found) => Parsed::Done(found),
                Err(e) => interrupted(&format!("no readable result: {e}")),
            },
            End::Fault(how) => {
                let (source, url) = (&input.source.id, input.document.url.as_ref().map_or("", |u| u.as_str()));
                tracing::error!(%source, url, "this document ends its parser: {how}");
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
    child::limit_self(MEMORY)?;
    let mut input = std::io::stdin().lock();
    let mut head = Vec::new();
    input.read_until(b'\n', &mut head)?;
    let mut parse: ParseInput = serde_json::from_slice(&head).context("no document")?;
    input.read_to_end(&mut parse.document.body)?;
    // a thread with the same stack as those of the service: what passes here passes there
    let parser = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || match parse.kind {
        Kind::Page => serde_json::to_vec(&article::page(parse)),
        Kind::FeedEntry(_) => serde_json::to_vec(&article::feed_entry(parse)),
        Kind::Listing { .. } => serde_json::to_vec(&listing::listing(parse)),
    })?;
    let found = parser.join().map_err(|_| anyhow::anyhow!("the parser panicked"))??;
    Ok(std::io::stdout().lock().write_all(&found)?)
}
