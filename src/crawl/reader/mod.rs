//! Reads documents: an article page with its further pages, a listing with its sub-sitemaps and older pages.
//!
//! The crawl, a pasted address, a preview, `sources test` and `inspect` all read through a [`Reader`], so they agree on what a
//! document says.

mod article;
mod child;
mod cpu_pool;
mod further_pages;
mod listing;
mod markers;
mod parser;
mod pdf;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::fetch::{DocumentKind, FetchResponse, Fetcher, HostScope, Page, Request, Validators};
use crate::model::{Source, StoredPage, WebUrl};

pub use cpu_pool::CpuPool;
pub use listing::{FurtherPages, ListingError};
pub(crate) use markers::{Markers, Subject};
pub(crate) use parser::Isolation;
pub use parser::{PARSE_DOCUMENT, Parser, parse_document};
pub use pdf::{READ_PDF, read_pdf};

/// A document as it was received.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    /// Its address after redirects, if known; relative links need it.
    pub url: Option<WebUrl>,
    /// `Content-Type`, if sent.
    pub content_type: Option<String>,
    /// When it was received.
    pub at: DateTime<Utc>,
    /// The bytes, decompressed.
    #[serde(skip)]
    pub body: Vec<u8>,
}

impl From<StoredPage> for Document {
    fn from(page: StoredPage) -> Self {
        Self { url: Some(page.url), content_type: page.content_type, at: page.fetched, body: page.body }
    }
}

impl From<Page> for Document {
    /// A page that was received just now.
    fn from(page: Page) -> Self {
        Self { url: Some(page.url), content_type: page.content_type, at: Utc::now(), body: page.body }
    }
}

/// Reads the documents of one source.
pub struct Reader<'a> {
    parser: &'a Parser,
    source: Arc<Source>,
    isolation: Isolation,
    /// Fetches further pages; `None`: they are named in a warning.
    fetcher: Option<&'a Fetcher>,
    scope: Option<HostScope<'a>>,
}

impl<'a> Reader<'a> {
    /// A reader for what an editor or admin asks for now: documents are parsed in a child process, so that they cannot end this one.
    pub fn interactive(parser: &'a Parser, fetcher: &'a Fetcher, source: Arc<Source>) -> Self {
        Self { parser, source, isolation: Isolation::Child, fetcher: Some(fetcher), scope: None }
    }

    /// A reader for documents at hand; nothing is fetched.
    pub fn offline(parser: &'a Parser, source: Arc<Source>) -> Self {
        Self { parser, source, isolation: Isolation::None, fetcher: None, scope: None }
    }

    /// A reader for the documents of a task: a marker names the subject while one is parsed.
    pub(super) fn for_task(parser: &'a Parser, fetcher: &'a Fetcher, source: Arc<Source>, subject: Subject, scope: Option<HostScope<'a>>) -> Self {
        Self { parser, source, isolation: Isolation::Marker(subject), fetcher: Some(fetcher), scope }
    }

    /// The source.
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
    //! Programs that stand for the child process.

    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    /// A program that reads its input and then does this.
    pub(crate) fn script(folder: &Path, line: &str) -> PathBuf {
        let path = folder.join("program");
        let input = if line == "cat" { "" } else { "cat > /dev/null\n" };
        std::fs::write(&path, format!("#!/bin/sh\n{input}{line}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}
