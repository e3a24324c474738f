//! Does one task of the crawl: fetches the document and reads it.
//!
//! In: a [`Task`] with all that is known of the source. Out: a [`TaskReport`], which says what was found and decides nothing: when to
//! poll again, what is new and what becomes of it is for the crawler, which has the store. So the same code serves the crawl
//! within this process and workers on other machines.

mod outage;
mod task;

use std::sync::Arc;

use chrono::Utc;

use crate::crawl::reader::{Document, FurtherPages, ListingError, Parser, Reader};
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchError, FetchResponse, Fetched, Fetcher, HostScope, Page, Request, Validators};

pub(crate) use outage::OutageDetector;
pub use task::{Task, TaskKind, TaskReport, TaskResult};

/// Fetches and reads.
pub struct TaskExecutor {
    fetcher: Arc<Fetcher>,
    parser: Arc<Parser>,
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
    /// Uses this client and this parser.
    pub fn new(fetcher: Arc<Fetcher>, parser: Arc<Parser>) -> Self {
        Self { fetcher, parser }
    }

    /// The same parser with another client.
    pub(crate) fn with_fetcher(&self, fetcher: Arc<Fetcher>) -> Self {
        Self { fetcher, parser: Arc::clone(&self.parser) }
    }

    /// The client.
    pub fn fetcher(&self) -> &Arc<Fetcher> {
        &self.fetcher
    }

    /// The parser.
    pub fn parser(&self) -> &Parser {
        &self.parser
    }

    /// Reads the documents of a task.
    fn reader<'a>(&'a self, task: &'a Task) -> Reader<'a> {
        Reader::new(&self.parser, &self.fetcher, Arc::clone(&task.source)).in_scope(task.host_scope(&[], false))
    }

    /// Does a task.
    ///
    /// # Errors
    /// Only the sink's; what goes wrong with the site is a result.
    pub async fn run<K: PageSink>(&self, task: &Task, sink: &K) -> Result<TaskReport, K::Error> {
        let none = Validators::default();
        let (kind, validators) = match &task.kind {
            TaskKind::Poll { validators, .. } => (DocumentKind::Listing, validators),
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

    /// What a page holds, and how it ended its parser if it did.
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
