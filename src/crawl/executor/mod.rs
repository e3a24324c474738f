//! Runs one task: fetches the document and has it parsed.
//!
//! In: a [`Task`] with all that is known of the source. Out: a [`TaskReport`] of what was found. It decides nothing and has no
//! store: when to poll again and what is new is the crawler's business. So the same code serves the crawl in this process and
//! workers on other machines.

mod outage;
mod task;

use std::sync::Arc;

use chrono::Utc;

use crate::crawl::reader::{Document, FurtherPages, ListingError, Parser, Reader};
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchError, FetchResponse, Fetched, Fetcher, HostScope, Page, Request, Validators};

pub(crate) use outage::OutageDetector;
pub use task::{Task, TaskKind, TaskReport, TaskResult};

pub struct TaskExecutor {
    fetcher: Arc<Fetcher>,
    parser: Arc<Parser>,
}

/// Called after download and before parsing. Returns `None` if the page could not be stored and must be skipped.
pub trait PageSink: Send + Sync {
    /// Why nothing can be stored any more.
    type Error: Send;
    /// Whether stored pages are permanent, with their line in the fetch log.
    const PERSISTS: bool;

    fn store_page(
        &self,
        task: &Task,
        page: Page,
        visit: crate::fetch::RequestStats,
    ) -> impl Future<Output = Result<Option<Page>, Self::Error>> + Send;
}

/// Stores nothing: an interrupted task is repeated from its beginning.
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
    pub fn new(fetcher: Arc<Fetcher>, parser: Arc<Parser>) -> Self {
        Self { fetcher, parser }
    }

    /// Returns an executor with the same parser and another client.
    pub(crate) fn with_fetcher(&self, fetcher: Arc<Fetcher>) -> Self {
        Self { fetcher, parser: Arc::clone(&self.parser) }
    }

    pub fn fetcher(&self) -> &Arc<Fetcher> {
        &self.fetcher
    }

    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// Returns a reader for the documents of a task.
    fn reader<'a>(&'a self, task: &'a Task) -> Reader<'a> {
        Reader::new(&self.parser, &self.fetcher, Arc::clone(&task.source)).in_scope(task.host_scope(&[], false))
    }

    /// Runs a task.
    ///
    /// # Errors
    /// Only those of the sink; errors of the site are results.
    pub async fn run<K: PageSink>(&self, task: &Task, sink: &K) -> Result<TaskReport, K::Error> {
        let none = Validators::default();
        let (kind, validators) = match &task.kind {
            TaskKind::Poll { validators, .. } => (DocumentKind::Listing, validators),
            TaskKind::Watch { validators } => (DocumentKind::Page, validators),
            TaskKind::Figures { validators } => (DocumentKind::Listing, validators),
            TaskKind::Article { .. } => (DocumentKind::Page, &none),
        };
        let request = Request {
            url: &task.url,
            source: &task.source,
            validators,
            kind,
            keep_alive: task.keep_alive,
            scope: task.host_scope(&task.redirects, task.initial_delay),
        };
        let FetchResponse { result, stats } = self.fetcher.get(&request).await;
        let mut report = TaskReport { stats, at: Utc::now(), bytes: 0, page_stored: false, crash: None, result: TaskResult::Redirected(Vec::new()) };
        report.result = match result {
            Err(e) => TaskResult::Failed(e),
            Ok(Fetched::NotModified { permanent_redirect, fresh_for }) => TaskResult::NotModified { permanent_redirect, fresh_for },
            Ok(Fetched::CrossHostRedirect(redirects)) => TaskResult::Redirected(redirects),
            Ok(Fetched::Page(page)) => {
                report.bytes = page.body.len();
                #[cfg(debug_assertions)]
                crate::crawl::reader::faults::cause_in_worker(&page.body);
                match &task.kind {
                    TaskKind::Poll { previous_selector, read_older_pages, known, .. } => {
                        let further = if *read_older_pages || known.is_empty() { FurtherPages::First } else { FurtherPages::UntilKnown(known) };
                        self.read_listing(task, *page, previous_selector.as_deref(), further).await
                    }
                    TaskKind::Watch { .. } => self.read_watched(task, *page).await,
                    TaskKind::Figures { .. } => self.read_figures(task, *page).await,
                    TaskKind::Article { .. } => match sink.store_page(task, *page, stats).await? {
                        Some(page) => {
                            report.page_stored = K::PERSISTS;
                            let (result, crash) = self.read_article(task, page).await;
                            report.crash = crash;
                            result
                        }
                        None => TaskResult::NoArticle("the page cannot be compressed".to_owned()),
                    },
                }
            }
        };
        Ok(report)
    }

    async fn read_listing(&self, task: &Task, page: Page, previous_selector: Option<&str>, further: FurtherPages<'_>) -> TaskResult {
        let (validators, permanent_redirect) = (page.validators.clone(), page.permanent_redirect.clone());
        let found = self.reader(task).fetched_listing(page, previous_selector, further).await;
        match found {
            Ok(found) => TaskResult::Entries { found: Box::new(found), validators, permanent_redirect },
            Err(ListingError::Interrupted(_)) => TaskResult::Interrupted,
            Err(e) => TaskResult::ParseFailed(e),
        }
    }

    async fn read_watched(&self, task: &Task, page: Page) -> TaskResult {
        let (validators, permanent_redirect, fresh_for) = (page.validators.clone(), page.permanent_redirect.clone(), page.fresh_for);
        match self.reader(task).watched(page).await {
            Ok(page) => TaskResult::Watched { page: Box::new(page), validators, permanent_redirect, fresh_for },
            Err(ListingError::Interrupted(_)) => TaskResult::Interrupted,
            Err(e) => TaskResult::ParseFailed(e),
        }
    }

    async fn read_figures(&self, task: &Task, page: Page) -> TaskResult {
        let (validators, permanent_redirect, fresh_for) = (page.validators.clone(), page.permanent_redirect.clone(), page.fresh_for);
        match self.reader(task).figures(page).await {
            Ok(read) => TaskResult::Figures { read: Box::new(read), validators, permanent_redirect, fresh_for },
            Err(ListingError::Interrupted(_)) => TaskResult::Interrupted,
            Err(e) => TaskResult::ParseFailed(e),
        }
    }

    /// Returns the article of a page, and how it crashed its parser, if it did.
    async fn read_article(&self, task: &Task, page: Page) -> (TaskResult, Option<String>) {
        let url = page.url.clone();
        match self.reader(task).article(Document::from(page)).await {
            Ok(extracted) => (TaskResult::Article { url, extracted: Box::new(extracted) }, None),
            Err(ExtractError::Interrupted(_)) => (TaskResult::Interrupted, None),
            Err(ExtractError::Wall(wall)) => (TaskResult::Failed(FetchError::Wall(wall)), None),
            Err(e) => (TaskResult::NoArticle(e.to_string()), e.crash().map(str::to_owned)),
        }
    }
}

impl Task {
    fn host_scope<'a>(&'a self, redirects: &'a [crate::fetch::Redirect], initial_delay: bool) -> Option<HostScope<'a>> {
        self.host_key.as_deref().map(|host_key| HostScope { host_key, redirects, initial_delay })
    }
}
