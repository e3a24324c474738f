//! The stages wired: look at sources, fetch pages, extract, judge, and make the draft.
//!
//! Every step is committed before the next begins. A crawl that is killed goes on where it stopped: entries without a
//! page are fetched, pages without an article extracted, articles without a judgement judged.

mod add_by_url;
mod crawl_loop;
pub mod dispatch;
pub mod executor;
mod fetch_article;
mod poll_source;
pub mod preview;
mod summary;
pub mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::classify::{Classifier, SourceHints};
use crate::config::settings::{MailSettings, Publication, Recipient};
use crate::config::{Settings, SourceList, Taxonomy};
use crate::crawl::dispatch::{DispatchError, Dispatcher, LocalDispatcher};
use crate::crawl::executor::{CpuPool, Markers, OutageDetector, TaskExecutor};
use crate::dedup::fingerprint::MinHashSignature;
use crate::dedup::stories::dedup_text;
use crate::fetch::Fetcher;
use crate::health::HealthState;
use crate::issue;
use crate::issue::IssueInput;
use crate::mail::{self, Transport};
use crate::model::{Article, ArticleId, Classification, Edition, Headline, Health};
use crate::render;
use crate::store::{Classified, OutgoingMessage, Store, StoreError, Window};

pub use crawl_loop::{CrawlMode, SourcesFn};
pub use summary::{CrawlSummary, NoProgress, Progress};

/// Articles judged between two looks at the clock.
const CLASSIFY_BATCH: usize = 50;
/// Issues whose items are no news any more.
const REMEMBERED_ISSUES: usize = 30;
/// Rising words that the foreword names.
const RISING_KEYWORDS: usize = 5;
/// Articles older than this keep the judgement they have when the taxonomy changes.
const RECLASSIFY_AGE: Duration = Duration::days(30);
/// Most seconds over which a start spreads what is overdue.
const STARTUP_JITTER: i64 = 120;

/// What can stop a pass; a broken source does not.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The engine.
    #[error(transparent)]
    Dispatcher(#[from] DispatchError),
    /// The client.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
    /// The automaton.
    #[error("the taxonomy cannot be made ready: {0}")]
    Taxonomy(#[from] aho_corasick::BuildError),
    /// The machine has no threads left.
    #[error("no thread can be started: {0}; look at the limits of the service (TasksMax, ulimit -u)")]
    Threads(std::io::Error),
    /// A task of the crawl ended without an answer.
    #[error("a task of the crawl ended without an answer; this is a fault of the program")]
    Task,
    /// Rendering.
    #[error(transparent)]
    Render(#[from] render::RenderError),
    /// Composing.
    #[error(transparent)]
    Compose(#[from] mail::ComposeError),
    /// Mail settings.
    #[error(transparent)]
    Transport(#[from] mail::TransportError),
    /// A file beside the database.
    #[error("{path} cannot be written: {source}")]
    File {
        /// The file.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
}

/// Result of a step.
pub type Result<T, E = PipelineError> = std::result::Result<T, E>;

/// The wired stages; shared by all tasks of a pass.
pub struct Pipeline {
    store: Store,
    executor: Arc<TaskExecutor>,
    dispatcher: Arc<dyn Dispatcher>,
    classifier: Classifier,
    settings: Settings,
    outages: Arc<OutageDetector>,
    health: Arc<HealthState>,
    retired: AtomicBool,
}

impl Pipeline {
    /// Wires the stages; the crawl's work is done in this process.
    pub fn new(store: Store, settings: Settings, taxonomy: Taxonomy) -> Result<Arc<Self>> {
        Self::with_dispatcher(store, settings, taxonomy, None)
    }

    /// Wires the stages with an engine, or with that of this process.
    pub fn with_dispatcher(store: Store, settings: Settings, taxonomy: Taxonomy, engine: Option<Arc<dyn Dispatcher>>) -> Result<Arc<Self>> {
        let processors = Arc::new(CpuPool::new().map_err(PipelineError::Threads)?);
        let markers = Arc::new(store.own_folder().map_or_else(Markers::default, |folder| Markers::open(folder.join("parsing"))));
        let executor = Arc::new(TaskExecutor::new(Arc::new(Fetcher::new(&settings.fetch, Arc::new(store.clone()))?), processors, markers));
        let engine = engine.unwrap_or_else(|| Arc::new(LocalDispatcher::new(Arc::clone(&executor), store.clone(), settings.fetch.at_once)));
        let (classifier, network, vitals) = (Classifier::new(taxonomy)?, Arc::default(), Arc::default());
        Ok(Arc::new(Self {
            store,
            executor,
            dispatcher: engine,
            classifier,
            settings,
            outages: network,
            health: vitals,
            retired: AtomicBool::new(false),
        }))
    }

    /// The same stages by other settings, on the same store. Where the settings of fetching stayed, so does the fetcher with
    /// its connections, cookies and pauses.
    pub fn with_settings(&self, settings: Settings, taxonomy: Taxonomy) -> Result<Arc<Self>> {
        let (executor, engine) = if settings.fetch == self.settings.fetch {
            (Arc::clone(&self.executor), Arc::clone(&self.dispatcher))
        } else {
            let fetcher = Arc::new(Fetcher::new(&settings.fetch, Arc::new(self.store.clone()))?);
            let executor = Arc::new(self.executor.with_fetcher(fetcher));
            let local = || Arc::new(LocalDispatcher::new(Arc::clone(&executor), self.store.clone(), settings.fetch.at_once)) as Arc<dyn Dispatcher>;
            let engine = if self.dispatcher.is_remote() { Arc::clone(&self.dispatcher) } else { local() };
            (executor, engine)
        };
        Ok(Arc::new(Self {
            store: self.store.clone(),
            executor,
            dispatcher: engine,
            classifier: Classifier::new(taxonomy)?,
            settings,
            outages: Arc::clone(&self.outages),
            health: Arc::clone(&self.health),
            retired: AtomicBool::new(false),
        }))
    }

    /// Whether this pipeline fetches by a fetcher of its own.
    pub fn same_fetcher(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.executor.fetcher(), other.executor.fetcher())
    }

    /// Others take its place: a crawl by it begins nothing new and ends.
    pub fn stop_accepting(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether a crawl may begin something.
    fn may_fetch(&self) -> bool {
        self.health.is_fetch_allowed() && !self.retired.load(Ordering::Relaxed)
    }

    /// Signs of life.
    pub fn health(&self) -> &HealthState {
        &self.health
    }

    /// The store behind.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The fetcher.
    pub fn fetcher(&self) -> &Fetcher {
        self.executor.fetcher()
    }

    /// Who does the work.
    pub fn dispatcher(&self) -> &Arc<dyn Dispatcher> {
        &self.dispatcher
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// One pass: crawls, judges what a crash left unjudged, and tells what was done.
    pub async fn run_once(self: &Arc<Self>, sources: SourcesFn<'_>, reach: CrawlMode, progress: &dyn Progress) -> Result<CrawlSummary> {
        let started = std::time::Instant::now();
        let mut report = CrawlSummary::default();
        self.reclassify().await?;
        self.crawl(sources, reach, progress, &mut report).await?;
        self.classify_pending(&sources(), progress, &mut report).await?;
        report.elapsed = started.elapsed();
        Ok(report)
    }

    /// Has recent articles judged anew where the taxonomy is another than before.
    pub async fn reclassify(&self) -> Result<()> {
        let rules = self.classifier.ruleset_version();
        let articles = self.store.run(move |s| s.reclassify(&rules, Utc::now() - RECLASSIFY_AGE)).await?;
        if articles > 0 {
            tracing::info!(articles, "the taxonomy changed: recent articles are judged anew");
        }
        Ok(())
    }

    /// Spreads what became due while nothing ran, so that a start is no stampede.
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

    /// Ends what runs beside us.
    pub async fn close(&self) {
        self.executor.fetcher().close().await;
    }

    /// CPU work off the async threads; nothing where it panicked.
    async fn cpu<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.executor.cpu(work).await
    }

    /// Judges what is not judged yet: after a change of schema or taxonomy.
    async fn classify_pending(self: &Arc<Self>, list: &Arc<SourceList>, progress: &dyn Progress, report: &mut CrawlSummary) -> Result<()> {
        progress.stage("judging", 0);
        loop {
            let articles = self.store.run(|s| s.unclassified(CLASSIFY_BATCH)).await?;
            if articles.is_empty() {
                return Ok(());
            }
            let n = articles.len();
            let (this, list) = (Arc::clone(self), Arc::clone(list));
            let judged = self.cpu(move || {
                articles
                    .into_iter()
                    .map(|a| (this.classify(&a, &list), MinHashSignature::new(&dedup_text(&a.headline.title, &a.text)), a))
                    .collect::<Vec<_>>()
            });
            let Some(judged) = judged.await else { return Err(PipelineError::Task) };
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

    fn classify(&self, a: &Article, list: &SourceList) -> Classification {
        let hints = list
            .get(&a.headline.source)
            .map_or_else(SourceHints::default, |s| SourceHints { column: s.column.as_deref(), industries: &s.industries });
        self.classifier.classify(&a.headline.title, &a.text, &hints)
    }

    /// Makes the edition of a day and stores it; one that was mailed already comes back as it was.
    pub async fn draft(self: &Arc<Self>, publication: &Publication, date: NaiveDate, sources: usize, now: DateTime<Utc>) -> Result<Edition> {
        let draft = self.with_issue_input(publication, date, now, move |store, mut input, window| {
            input.health = Health { sources, problems: store.source_problems(input.publication.calendar.zone, now)?, ..Health::default() };
            input.rising = store.rising_keywords(now, RISING_KEYWORDS)?;
            issue::build(&input, &window)
        });
        let mut draft = draft.await?;
        issue::llm::rewrite_summaries(&mut draft.edition, &self.settings.summarise).await;
        let p = publication.clone();
        let commit = self.store.run(move |store| store.commit_edition(draft.edition, &p, &draft.stories));
        Ok(commit.await?)
    }

    /// What might become items of a day's edition, best first: article and rank score.
    pub async fn rank_candidates(self: &Arc<Self>, publication: &Publication, date: NaiveDate, most: usize) -> Result<Vec<(ArticleId, f64)>> {
        self.with_issue_input(publication, date, Utc::now(), move |_, input, window| issue::rank_candidates(&input, &window, most)).await
    }

    /// What came in time for an issue made now but is older than its window, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn late_arrivals(&self, publication: &Publication, most: usize) -> Result<Vec<Headline>> {
        let p = publication.clone();
        Ok(self.store.run(move |store| candidate_window(store, &p, Utc::now()).late(|h| issue::matches_publication(h, &p), most)).await?)
    }

    /// Has something made of the articles of a day's window, and of what earlier issues had.
    async fn with_issue_input<T: Send + 'static>(
        self: &Arc<Self>,
        publication: &Publication,
        date: NaiveDate,
        now: DateTime<Utc>,
        work: impl FnOnce(&Store, IssueInput<'_>, Window<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T> {
        let (this, p) = (Arc::clone(self), publication.clone());
        let made = self.store.run(move |store| {
            let p = &p;
            let used = store.published_stories(&p.name, date)?;
            let (shown, last_issue) = store.recent_items(&p.name, date, REMEMBERED_ISSUES)?;
            let trend = store.weekly_counts(&p.name, date)?;
            let (rising, health, summarise) = (Vec::new(), Health::default(), &this.settings.summarise);
            let input =
                IssueInput { publication: p, published: used, previous_items: shown, last_issue, trend, rising, health, date, now, summarise };
            work(store, input, candidate_window(store, p, now))
        });
        Ok(made.await?)
    }

    /// Queues the letters of an edition; gives how many are new.
    pub async fn enqueue_issue(&self, edition: &Edition, now: DateTime<Utc>) -> Result<usize> {
        let edition = edition.clone();
        let Some(publication) = self.settings.publication_named(&edition.publication) else {
            tracing::error!("no publication in qingbao.toml is called {:?} any more: its issue stays in the archive", edition.publication);
            return Ok(0);
        };
        if edition.item_count() == 0 && !publication.mail_empty {
            tracing::debug!(issue = %edition.issue_label(), "nothing to report today, and mail_empty = false: no letters");
            return Ok(0);
        }
        let list = if edition.is_final { &publication.final_recipients } else { &publication.recipients };
        let (recipients, settings) = (list.clone(), self.settings.mail.clone());
        // the document and its compression are CPU work
        let composed = self.cpu(move || render_messages(&edition, &recipients, &settings, now).map(|l| (edition, l))).await;
        let (edition, letters) = composed.unwrap_or(Err(StoreError::Cancelled.into()))?;
        let expires = self.settings.mail.expires(now);
        Ok(self.store.run(move |s| s.queue_messages(&edition, &letters, now, expires)).await?)
    }

    /// Sends what is due.
    pub async fn send(&self, outbox: PathBuf, now: DateTime<Utc>) -> Result<mail::SendSummary> {
        let mut transport = Transport::new(&self.settings.mail, outbox)?;
        Ok(mail::send_due(&self.store, &mut transport, &self.settings.mail, now).await?)
    }
}

/// What an issue made at a moment is chosen from.
fn candidate_window<'a>(store: &'a Store, publication: &Publication, now: DateTime<Utc>) -> Window<'a> {
    Window { store, since: now - Duration::from_std(publication.window).unwrap_or_else(|_| Duration::days(3)) }
}

/// One letter per recipient; those who want the same share the rendering.
fn render_messages(edition: &Edition, recipients: &[Recipient], settings: &MailSettings, now: DateTime<Utc>) -> Result<Vec<OutgoingMessage>> {
    let mut rendered: Vec<(&Recipient, mail::RenderedIssue)> = Vec::new();
    let mut out = Vec::with_capacity(recipients.len());
    for to in recipients {
        let same = |r: &Recipient| (&r.columns, &r.industries) == (&to.columns, &to.industries);
        let at = if let Some(at) = rendered.iter().position(|(r, _)| same(r)) {
            at
        } else {
            rendered.push((to, render::parts(&issue::filter_for_recipient(edition, to))?));
            rendered.len() - 1
        };
        if let Some((_, parts)) = rendered.get(at) {
            out.push(mail::compose(edition, parts, settings, &to.address, edition.built_at.unwrap_or(now))?);
        }
    }
    Ok(out)
}
