//! The crawl: polls sources, fetches articles, extracts and classifies them.
//!
//! Every step is committed before the next one. A crawl that was killed resumes: it fetches entries without a page, extracts
//! pages without an article, and classifies articles without labels.

mod add_by_url;
mod crawl_loop;
pub mod dispatch;
pub mod executor;
mod fetch_article;
mod mailbox;
mod poll_figures;
mod poll_source;
pub mod preview;
pub mod reader;
mod recheck;
mod summary;
mod watch_page;
pub mod window;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{Duration, Utc};

use crate::classify::{Classifier, SourceHints};
use crate::config::{Settings, SourceList, Taxonomy};
use crate::crawl::dispatch::{DispatchError, Dispatcher, LocalDispatcher};
use crate::crawl::executor::{OutageDetector, TaskExecutor};
use crate::crawl::mailbox::MailboxTurns;
use crate::crawl::reader::{Converters, CpuPool, Parser, Reader};
use crate::dedup::fingerprint::MinHashSignature;
use crate::dedup::stories::dedup_text;
use crate::fetch::{ClientError, Fetcher};
use crate::health::HealthState;
use crate::knowledge::SERIES;
use crate::model::{Article, Classification, Source, SourceId};
use crate::store::{Classified, Store};

pub use crawl_loop::{CrawlMode, SourcesFn};
pub use mailbox::{MailPreview, preview_mailbox};
pub use recheck::RecheckSummary;
pub use summary::{CrawlSummary, NoProgress, Progress};

/// The source of articles that editors add; it is never polled.
const MANUAL_SOURCE: (&str, &str) = ("by-hand", "编辑添加");
/// Articles per transaction.
const CLASSIFY_BATCH: usize = 50;
/// Older articles keep their labels when the taxonomy changes.
const RECLASSIFY_AGE: Duration = Duration::days(30);
/// Seconds over which a start spreads overdue polls.
const STARTUP_JITTER: i64 = 120;

/// What can stop a pass; a broken source cannot.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Dispatcher(#[from] DispatchError),
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The automaton cannot be built.
    #[error("the taxonomy cannot be made ready: {0}")]
    Taxonomy(#[from] aho_corasick::BuildError),
    /// The machine has no threads left.
    #[error("no thread can be started: {0}; look at the limits of the service (TasksMax, ulimit -u)")]
    Threads(std::io::Error),
    /// A job panicked; this is a fault of the program.
    #[error("a task of the crawl ended without an answer; this is a fault of the program")]
    Task,
}

pub type Result<T, E = CrawlError> = std::result::Result<T, E>;

/// Crawls by one configuration; shared by all jobs of a crawl.
pub struct Crawler {
    store: Store,
    executor: Arc<TaskExecutor>,
    dispatcher: Arc<dyn Dispatcher>,
    classifier: Classifier,
    settings: Arc<Settings>,
    outages: Arc<OutageDetector>,
    health: Arc<HealthState>,
    retired: AtomicBool,
    mailboxes: Arc<MailboxTurns>,
}

impl Crawler {
    /// Creates a crawler with this dispatcher, or one that works in this process.
    pub fn new(store: Store, settings: Arc<Settings>, taxonomy: Taxonomy, dispatcher: Option<Arc<dyn Dispatcher>>) -> Result<Self> {
        let cpu = Arc::new(CpuPool::new().map_err(CrawlError::Threads)?);
        let fetcher = Arc::new(Fetcher::new(&settings.fetch, Arc::new(store.clone()))?);
        let executor = Arc::new(TaskExecutor::new(fetcher, Arc::new(Parser::new(cpu))));
        executor.parser().set_converters(Converters::from(&*settings));
        let local = || Arc::new(LocalDispatcher::new(Arc::clone(&executor), store.clone(), settings.fetch.at_once)) as Arc<dyn Dispatcher>;
        let dispatcher = dispatcher.unwrap_or_else(local);
        let (classifier, outages, health) = (Classifier::new(taxonomy)?, Arc::default(), Arc::default());
        let (retired, mailboxes) = (AtomicBool::new(false), Arc::default());
        Ok(Self { store, executor, dispatcher, classifier, settings, outages, health, retired, mailboxes })
    }

    /// Creates a crawler with other settings on the same store. It keeps the fetcher, with its connections, cookies and delays,
    /// unless the fetch settings changed.
    pub fn with_settings(&self, settings: Arc<Settings>, taxonomy: Taxonomy) -> Result<Self> {
        let (executor, dispatcher) = if settings.fetch == self.settings.fetch {
            (Arc::clone(&self.executor), Arc::clone(&self.dispatcher))
        } else {
            let fetcher = Arc::new(Fetcher::new(&settings.fetch, Arc::new(self.store.clone()))?);
            let executor = Arc::new(self.executor.with_fetcher(fetcher));
            let local = || Arc::new(LocalDispatcher::new(Arc::clone(&executor), self.store.clone(), settings.fetch.at_once)) as Arc<dyn Dispatcher>;
            let dispatcher = if self.dispatcher.is_remote() { Arc::clone(&self.dispatcher) } else { local() };
            (executor, dispatcher)
        };
        executor.parser().set_converters(Converters::from(&*settings));
        Ok(Self {
            store: self.store.clone(),
            executor,
            dispatcher,
            classifier: Classifier::new(taxonomy)?,
            settings,
            outages: Arc::clone(&self.outages),
            health: Arc::clone(&self.health),
            retired: AtomicBool::new(false),
            mailboxes: Arc::clone(&self.mailboxes),
        })
    }

    /// Whether both crawlers share one fetcher.
    pub fn same_fetcher(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.executor.fetcher(), other.executor.fetcher())
    }

    /// Another crawler replaces this one: a running crawl starts no new jobs and ends.
    pub fn stop_accepting(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether a crawl may start jobs.
    fn may_fetch(&self) -> bool {
        self.health.is_fetch_allowed() && !self.retired.load(Ordering::Relaxed)
    }

    pub fn health(&self) -> &HealthState {
        &self.health
    }

    /// Returns a reader for a request by an editor or admin.
    pub fn reader(&self, source: Arc<Source>) -> Reader<'_> {
        Reader::new(self.executor.parser(), self.executor.fetcher(), source).for_person()
    }

    pub fn dispatcher(&self) -> &Arc<dyn Dispatcher> {
        &self.dispatcher
    }

    /// Runs one pass: crawls, classifies what a crash left unclassified, and returns a summary.
    pub async fn run_once(self: &Arc<Self>, sources: SourcesFn<'_>, reach: CrawlMode, progress: &dyn Progress) -> Result<CrawlSummary> {
        let started = std::time::Instant::now();
        let mut report = CrawlSummary::default();
        self.reclassify().await?;
        self.crawl(sources, reach, progress, &mut report).await?;
        self.classify_pending(&sources(), progress, &mut report).await?;
        report.elapsed = started.elapsed();
        Ok(report)
    }

    /// Returns the regions of the taxonomy, from the narrowest to the widest.
    pub fn levels(&self) -> &[String] {
        self.classifier.levels()
    }

    pub(crate) fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// Marks recent articles for classification if the taxonomy changed.
    pub async fn reclassify(&self) -> Result<()> {
        let rules = self.classifier.ruleset_version();
        let articles = self.store.run(move |s| s.reclassify(&rules, Utc::now() - RECLASSIFY_AGE)).await?;
        if articles > 0 {
            tracing::info!(articles, "the taxonomy changed: recent articles are judged anew");
        }
        Ok(())
    }

    /// Spreads polls that became due while nothing ran, so that they do not all start at once.
    pub async fn jitter_overdue(&self, sources: &SourceList) -> Result<()> {
        self.reclassify().await?;
        let known = sources.sources.clone();
        let spread = self.store.run(move |s| {
            s.sync_sources(&known)?;
            s.jitter_overdue(Utc::now(), STARTUP_JITTER)
        });
        let sources = spread.await?;
        tracing::info!(sources, "overdue sources are spread");
        Ok(())
    }

    /// Closes the browser.
    pub async fn close(&self) {
        self.executor.fetcher().close().await;
    }

    /// Runs CPU work off the async threads; returns `None` if it panicked.
    pub(crate) async fn cpu<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.executor.parser().cpu(work).await
    }

    /// Returns for how long the threads for CPU work have completed nothing.
    pub(crate) fn cpu_stalled_for(&self) -> std::time::Duration {
        self.executor.parser().pool().stalled_for()
    }

    /// Classifies unclassified articles, after a change of schema or taxonomy.
    async fn classify_pending(self: &Arc<Self>, list: &Arc<SourceList>, progress: &dyn Progress, report: &mut CrawlSummary) -> Result<()> {
        progress.stage("judging", 0);
        loop {
            let articles = self.store.run(|s| s.unclassified(CLASSIFY_BATCH)).await?;
            if articles.is_empty() {
                return Ok(());
            }
            let n = articles.len();
            let mut judged = Vec::with_capacity(n);
            for article in articles.into_iter().map(Arc::new) {
                let (this, list, a) = (Arc::clone(self), Arc::clone(list), Arc::clone(&article));
                let labels = self.cpu(move || (this.classify(&a, &list), MinHashSignature::new(&dedup_text(&a.headline.title, &a.text)))).await;
                // it would crash the classifier again: it stays without labels
                let (classification, signature) = labels.unwrap_or_else(|| {
                    tracing::error!(article = article.headline.id.0, "the classifier gave up on this article");
                    (Classification::default(), MinHashSignature::new(&article.headline.title))
                });
                judged.push((classification, signature, article));
            }
            let commit = self.store.run(move |s| {
                let rows: Vec<Classified<'_>> =
                    judged.iter().map(|(classification, signature, article)| Classified { article, classification, signature }).collect();
                s.commit_classifications(&rows)
            });
            commit.await?;
            report.classified += n;
            progress.advance(n);
        }
    }

    /// Classifies a text of no source.
    pub(crate) fn classify_text(&self, title: &str, text: &str) -> Classification {
        self.classifier.classify(title, text, &SourceHints::default())
    }

    fn classify(&self, a: &Article, list: &SourceList) -> Classification {
        let classification = self.classifier.classify(&a.headline.title, &a.text, &hints(list, &a.headline.source));
        match list.get(&a.headline.source) {
            Some(source) => wanted(classification, source),
            None => classification,
        }
    }
}

/// Returns what the source list says of a source's articles.
pub(crate) fn hints<'a>(list: &'a SourceList, source: &SourceId) -> SourceHints<'a> {
    list.get(source).map_or_else(SourceHints::default, |s| SourceHints { column: s.column.as_deref(), industries: &s.industries })
}

/// The changes of a watched page are wanted: an admin chose the page, and the model has learned nothing of such texts.
fn wanted(classification: Classification, source: &Source) -> Classification {
    if !source.tells_itself() {
        return classification;
    }
    let mut wanted = Classification { is_on_topic: Some(true), worth: None, ..classification };
    if source.is_series() && !wanted.manually_edited {
        wanted.column = source.column.clone().unwrap_or_else(|| SERIES.column.clone());
        (wanted.column_p, wanted.column_reasons) = (None, vec!["数据序列".to_owned()]);
    }
    wanted
}
