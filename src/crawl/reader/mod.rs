//! Reads documents: an article page with its further pages, a listing with its sub-sitemaps and older pages.
//!
//! The crawl, a pasted address, a preview, `sources test` and `inspect` all use [`Reader`], so they agree on what a document
//! says.

mod article;
mod attachments;
mod cpu_pool;
#[cfg(debug_assertions)]
pub(in crate::crawl) mod faults;
mod figures;
mod further_pages;
mod listing;
mod mail;
mod parser;
mod pdf;
pub(in crate::crawl) mod process;
mod scan;
mod watched;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::fetch::{DocumentKind, FetchResponse, Fetcher, HostScope, Page, Request, Validators};
use crate::model::{Source, StoredPage, WebUrl};

pub use cpu_pool::CpuPool;
pub use listing::{FurtherPages, ListingError};
use parser::Waiting;
pub use parser::{Converters, PARSE_DOCUMENTS, Parser, parse_documents};
pub use pdf::{READ_PDF, read_pdf};
pub use scan::recognition_language;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    /// After redirects, if known; relative links need it.
    pub url: Option<WebUrl>,
    pub content_type: Option<String>,
    pub at: DateTime<Utc>,
    /// Decompressed.
    #[serde(skip)]
    pub body: Vec<u8>,
}

impl Document {
    /// Returns where it comes from.
    fn without_body(&self) -> Self {
        Self { url: self.url.clone(), content_type: self.content_type.clone(), at: self.at, body: Vec::new() }
    }
}

impl From<StoredPage> for Document {
    fn from(page: StoredPage) -> Self {
        Self { url: Some(page.url), content_type: page.content_type, at: page.fetched, body: page.body }
    }
}

impl From<Page> for Document {
    /// Uses the current time.
    fn from(page: Page) -> Self {
        Self { url: Some(page.url), content_type: page.content_type, at: Utc::now(), body: page.body }
    }
}

/// Reads the documents of one source.
pub struct Reader<'a> {
    parser: &'a Parser,
    source: Arc<Source>,
    /// Fetches further pages; `None`: a warning names them.
    fetcher: Option<&'a Fetcher>,
    scope: Option<HostScope<'a>>,
    waiting: Waiting,
}

impl<'a> Reader<'a> {
    /// Creates a reader that fetches further documents of the source.
    pub fn new(parser: &'a Parser, fetcher: &'a Fetcher, source: Arc<Source>) -> Self {
        Self { parser, source, fetcher: Some(fetcher), scope: None, waiting: Waiting::Crawl }
    }

    /// Creates a reader for documents at hand; it fetches nothing.
    pub fn offline(parser: &'a Parser, source: Arc<Source>) -> Self {
        Self { parser, source, fetcher: None, scope: None, waiting: Waiting::Crawl }
    }

    /// Returns the reader for an interactive request: it may also use the parser process that the crawl never takes.
    #[must_use]
    pub fn for_person(self) -> Self {
        Self { waiting: Waiting::Person, ..self }
    }

    /// Returns the reader limited to the hosts of a task.
    pub(super) fn in_scope(self, scope: Option<HostScope<'a>>) -> Self {
        Self { scope, ..self }
    }

    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Fetches another document of the source; `None` for an offline reader.
    pub async fn fetch(&self, url: &WebUrl, kind: DocumentKind) -> Option<FetchResponse> {
        let none = Validators::default();
        Some(self.fetcher?.get(&Request { url, source: &self.source, validators: &none, kind, keep_alive: true, scope: self.scope }).await)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Programs that replace the child process.

    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    /// Writes a shell program.
    pub(crate) fn script(folder: &Path, line: &str) -> PathBuf {
        let path = folder.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}
