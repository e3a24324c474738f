//! Parses documents in child processes: what a document does to time, memory or stack ends there.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::config::Settings;
use crate::config::settings::{OcrSettings, PdfSettings};
use crate::crawl::reader::cpu_pool::STACK_BYTES;
use crate::crawl::reader::process::{self, Failure, MemoryLimit, Process};
use crate::crawl::reader::{CpuPool, Document, article, figures, listing, mail, watched};
use crate::documents::scan;
use crate::model::{Entry, Source};

/// The subcommand of this program that parses documents from standard input.
pub const PARSE_DOCUMENTS: &str = "parse-documents";

/// Far more than any honest document takes. Two that reach it fit into the systemd unit beside the service; if more do, the
/// kernel kills one of them and not the service.
const MEMORY: MemoryLimit = MemoryLimit(400);
/// Documents per process; a new process starts with fresh memory.
const MAX_DOCUMENTS: u32 = 500;
/// A process that parsed a longer body is not reused.
const MAX_KEPT_BODY: usize = 2 << 20;

/// The kind of a document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The page of an article.
    Page,
    /// A feed's text of an article; the document has no other body.
    FeedEntry(Box<Entry>),
    /// A source's list of entries.
    Listing {
        /// The layout at the last poll.
        previous_selector: Option<String>,
    },
    /// A page that is watched for changes.
    Watched,
    /// An office document.
    Office,
    /// The picture of a scanned page.
    Scan,
    /// A number over time.
    Figures,
    /// A page that may announce feeds.
    Homepage,
    /// A mail.
    Mail,
}

/// A document with everything its parser needs. The body travels after the rest, as raw bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ParseInput {
    pub(super) kind: Kind,
    pub(super) source: Arc<Source>,
    pub(super) document: Document,
}

/// Why a document could not be parsed.
#[derive(Debug)]
pub(super) enum ParseFailure {
    /// It crashed its process, and how.
    Crashed(String),
    /// The process was killed from outside or is broken: the reason. The document may be sound.
    Interrupted(String),
}

/// Who waits for the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// The crawl.
    Crawl,
    /// A person at a screen.
    Person,
}

/// Parser processes, one per CPU thread and one more for interactive requests, and those threads.
pub struct Parser {
    pool: Arc<CpuPool>,
    turns: Semaphore,
    reserved: Semaphore,
    idle: Mutex<Vec<Idle>>,
    /// `None`: this program.
    program: Option<PathBuf>,
    converters: RwLock<Arc<Converters>>,
}

/// The settings of programs that read what this one cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Converters {
    /// LibreOffice.
    pub pdf: PdfSettings,
    pub ocr: OcrSettings,
}

impl From<&Settings> for Converters {
    fn from(settings: &Settings) -> Self {
        Self { pdf: settings.pdf.clone(), ocr: settings.ocr.clone() }
    }
}

/// An idle process, and how many documents it parsed.
struct Idle(Process, u32);

impl Parser {
    /// Processes start when they are needed.
    pub fn new(pool: Arc<CpuPool>) -> Self {
        Self {
            turns: Semaphore::new(pool.threads()),
            reserved: Semaphore::new(1),
            pool,
            idle: Mutex::default(),
            program: None,
            converters: RwLock::default(),
        }
    }

    /// Returns the parser with another program for its processes.
    #[cfg(test)]
    pub(crate) fn with_program(self, program: PathBuf) -> Self {
        Self { program: Some(program), ..self }
    }

    /// Returns a file that starts this same program, even after an upgrade replaced or removed it.
    pub(in crate::crawl) fn program(&self) -> std::io::Result<PathBuf> {
        match &self.program {
            Some(program) => Ok(program.clone()),
            None if cfg!(target_os = "linux") => Ok("/proc/self/exe".into()),
            None => std::env::current_exe(),
        }
    }

    pub fn converters(&self) -> Arc<Converters> {
        Arc::clone(&self.converters.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes other settings for documents that are read from now on.
    pub fn set_converters(&self, new: Converters) {
        *self.converters.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }

    pub fn pool(&self) -> &CpuPool {
        &self.pool
    }

    /// Runs CPU work off the async threads; `None` if it panicked.
    pub async fn cpu<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.pool.run(work).await
    }

    /// Parses a document, a second time if it crashed its process.
    pub(super) async fn parse<T: DeserializeOwned>(&self, input: &ParseInput, waiting: Waiting) -> Result<T, ParseFailure> {
        let parsed = match self.ask(input, waiting).await {
            Err(Failure::Crash(_)) => self.ask(input, waiting).await,
            parsed => parsed,
        };
        let failure = match parsed {
            Ok(answer) => return serde_json::from_slice(&answer).map_err(|e| ParseFailure::Interrupted(format!("no readable result: {e}"))),
            Err(failure) => failure,
        };
        let (source, url) = (&input.source.id, input.document.url.as_ref().map_or("", |u| u.as_str()));
        match failure {
            Failure::Crash(how) | Failure::Limit(how) => {
                tracing::error!(%source, url, "this document ends its parser and is left out: {how}");
                Err(ParseFailure::Crashed(how))
            }
            Failure::Interrupted(reason) => {
                tracing::warn!(%source, url, "a document could not be parsed and is tried again later: {reason}");
                Err(ParseFailure::Interrupted(reason))
            }
        }
    }

    async fn ask(&self, input: &ParseInput, waiting: Waiting) -> Result<Vec<u8>, Failure> {
        let head = serde_json::to_vec(input).map_err(|e| Failure::interrupted(&e))?;
        let body = &input.document.body;
        let turn = match waiting {
            Waiting::Crawl => self.turns.acquire().await,
            Waiting::Person => tokio::select! { turn = self.turns.acquire() => turn, turn = self.reserved.acquire() => turn },
        };
        let _turn = turn.map_err(|e| Failure::interrupted(&e))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut process, documents) = match idle {
            Some(Idle(process, documents)) => (process, documents),
            None => (Process::start(&self.program().map_err(|e| Failure::interrupted(&e))?, PARSE_DOCUMENTS, MEMORY)?, 0),
        };
        let answer = process.ask(&head, body).await?;
        if documents + 1 < MAX_DOCUMENTS && body.len() <= MAX_KEPT_BODY {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(Idle(process, documents + 1));
        }
        Ok(answer)
    }
}

/// The child: parses the documents from standard input.
///
/// # Errors
/// Standard input contains something else, or the parser panicked.
pub fn parse_documents() -> anyhow::Result<()> {
    process::limit_self(MEMORY)?;
    // with the stack of a parsing thread
    let parser = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
        process::serve(|head, body| {
            let mut input: ParseInput = serde_json::from_slice(head).context("no document")?;
            input.document.body = body;
            Ok(match input.kind {
                Kind::Page => serde_json::to_vec(&article::page(input))?,
                Kind::FeedEntry(_) => serde_json::to_vec(&article::feed_entry(input))?,
                Kind::Listing { .. } => serde_json::to_vec(&listing::listing(input))?,
                Kind::Watched => serde_json::to_vec(&watched::watched(&input))?,
                Kind::Office => serde_json::to_vec(&article::office(&input))?,
                Kind::Scan => serde_json::to_vec(&scan::clean(&input.document.body))?,
                Kind::Figures => serde_json::to_vec(&figures::figures(&input))?,
                Kind::Homepage => serde_json::to_vec(&listing::announced(&input))?,
                Kind::Mail => serde_json::to_vec(&mail::mail(&input))?,
            })
        })
    })?;
    parser.join().map_err(|_| anyhow::anyhow!("the parser panicked"))?
}
