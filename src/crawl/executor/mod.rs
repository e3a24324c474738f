//! What is done for one task, wherever that is: ask the site, and read what it answers.
//!
//! In: a [`Task`] with all that is known of the source. Out: an [`TaskReport`], which says what came and decides nothing: when to
//! ask again, what is new and what becomes of it is for the pipeline, which has the store. So the same code serves the crawl
//! within this process and workers on other machines.

mod child;
mod cpu_pool;
mod document;
mod further_pages;
mod markers;
mod outage;
mod pdf;
mod read_article;
mod read_listing;
mod task;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;

use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchResponse, Fetched, Fetcher, HostScope, Page, Request, Validators};
use crate::model::{Extracted, Source, StoredPage, WebUrl};

pub(crate) use cpu_pool::CpuPool;
pub use document::{PARSE_DOCUMENT, parse_document};
pub(crate) use markers::{Markers, Subject};
pub(crate) use outage::OutageDetector;
pub(crate) use pdf::text as pdf_text;
pub use pdf::{READ_PDF, read_pdf};
pub(crate) use read_article::{context, extract_page};
pub use task::{ListingError, Task, TaskKind, TaskReport, TaskResult};

/// Who fetches and reads.
pub struct TaskExecutor {
    fetcher: Arc<Fetcher>,
    processors: Arc<CpuPool>,
    markers: Arc<Markers>,
    /// Parses suspects; `None`: this same program.
    program: Option<PathBuf>,
}

/// Why a page gives no article.
#[derive(Debug)]
pub(crate) enum NoArticle {
    /// It has none.
    Reason(String),
    /// Its parser was killed from outside; it stays as it is, to be parsed later.
    Interrupted,
}

impl From<ExtractError> for NoArticle {
    fn from(e: ExtractError) -> Self {
        if let ExtractError::Interrupted(_) = e { Self::Interrupted } else { Self::Reason(e.to_string()) }
    }
}

/// Takes a page between its coming and its being read; `None` where it cannot be kept and is not to be read.
pub trait PageSink: Send + Sync {
    /// Why nothing can be kept any more.
    type Error: Send;
    /// Whether what is kept is there for good, with its line in the fetch log.
    const PERSISTS: bool;

    /// Keeps a page.
    fn store_page(
        &self,
        task: &Task,
        page: Page,
        visit: crate::fetch::RequestStats,
    ) -> impl Future<Output = Result<Option<Page>, Self::Error>> + Send;
}

/// Keeps nothing: a task that is cut short is done again from its beginning.
#[derive(Debug, Clone, Copy)]
pub struct NoopSink;

impl PageSink for NoopSink {
    type Error = std::convert::Infallible;
    const PERSISTS: bool = false;

    async fn store_page(&self, _: &Task, page: Page, _: crate::fetch::RequestStats) -> Result<Option<Page>, Self::Error> {
        Ok(Some(page))
    }
}

impl TaskExecutor {
    /// By this client and these threads.
    pub(crate) fn new(fetcher: Arc<Fetcher>, processors: Arc<CpuPool>, markers: Arc<Markers>) -> Self {
        Self { fetcher, processors, markers, program: None }
    }

    /// The same threads with another client.
    pub(crate) fn with_fetcher(&self, fetcher: Arc<Fetcher>) -> Self {
        Self { fetcher, processors: Arc::clone(&self.processors), markers: Arc::clone(&self.markers), program: self.program.clone() }
    }

    /// The same, with another program for suspects.
    #[cfg(test)]
    pub(crate) fn with_program(&self, program: PathBuf) -> Self {
        Self { program: Some(program), ..self.with_fetcher(Arc::clone(&self.fetcher)) }
    }

    fn program(&self) -> std::io::Result<PathBuf> {
        self.program.clone().map_or_else(std::env::current_exe, Ok)
    }

    /// What is parsed now, and what was when an earlier process ended.
    pub(crate) fn markers(&self) -> &Markers {
        &self.markers
    }

    /// The client.
    pub fn fetcher(&self) -> &Arc<Fetcher> {
        &self.fetcher
    }

    /// Does a task.
    ///
    /// # Errors
    /// Only the keeper's; what goes wrong with the site is an outcome.
    pub async fn run<K: PageSink>(&self, task: &Task, sink: &K) -> Result<TaskReport, K::Error> {
        let none = Validators::default();
        let (expect, validators) = match &task.kind {
            TaskKind::Poll { validators, .. } => (DocumentKind::Listing, validators),
            TaskKind::Article { .. } => (DocumentKind::Page, &none),
        };
        let request = Request {
            url: &task.url,
            source: &task.source,
            validators,
            kind: expect,
            keep_alive: task.keep_alive,
            scope: task.host_scope(&task.redirects, task.initial_delay),
        };
        let FetchResponse { result, stats: visit } = self.fetcher.get(&request).await;
        let mut report = TaskReport { stats: visit, at: Utc::now(), bytes: 0, page_stored: false, result: TaskResult::Redirected(Vec::new()) };
        report.result = match result {
            Err(e) => TaskResult::Failed(e),
            Ok(Fetched::NotModified { permanent_redirect: moved, fresh }) => TaskResult::NotModified { permanent_redirect: moved, fresh_for: fresh },
            Ok(Fetched::CrossHostRedirect(redirects)) => TaskResult::Redirected(redirects),
            Ok(Fetched::Page(page)) => {
                report.bytes = page.body.len();
                match &task.kind {
                    TaskKind::Poll { layout, read_older_pages: older, .. } => {
                        let result = self.read_listing_pages(task, *page, layout.as_deref(), *older).await;
                        self.markers.settle(&task.subject());
                        result
                    }
                    TaskKind::Article { .. } => match sink.store_page(task, *page, visit).await? {
                        Some(page) => {
                            report.page_stored = K::PERSISTS;
                            self.read_article(task, page).await
                        }
                        None => TaskResult::NoArticle("the page cannot be compressed".to_owned()),
                    },
                }
            }
        };
        Ok(report)
    }

    /// The article of a page that was fetched before, with its further pages where `task` says how to ask for them.
    pub(crate) async fn extract_article(&self, task: &Task, page: StoredPage) -> Result<Extracted, NoArticle> {
        let url = page.url.clone();
        let first = self.extract(task, page).await?;
        self.append_parts(task, first, &url).await
    }

    /// CPU work off the async threads; nothing where it panicked.
    pub(crate) async fn cpu<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.processors.run(work).await
    }

    /// Another document of the same task.
    async fn fetch_related(&self, task: &Task, url: &WebUrl, expect: DocumentKind) -> FetchResponse {
        let none = Validators::default();
        let source: &Source = &task.source;
        self.fetcher.get(&Request { url, source, validators: &none, kind: expect, keep_alive: true, scope: task.host_scope(&[], false) }).await
    }
}

impl Task {
    /// Whose document this task brings.
    fn subject(&self) -> Subject {
        match self.kind {
            TaskKind::Article { entry } => Subject::Page(entry),
            TaskKind::Poll { .. } => Subject::Listing(self.source.id.clone()),
        }
    }

    fn host_scope<'a>(&'a self, redirects: &'a [crate::fetch::Redirect], initial_delay: bool) -> Option<HostScope<'a>> {
        self.host_key.as_deref().map(|host_key| HostScope { host_key, redirects, initial_delay })
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
