//! One pass through the stages: look at sources, fetch pages, extract, judge, and make the draft.
//!
//! Every step is committed before the next begins. A pass that is killed goes on where it stopped: entries without a
//! page are fetched, pages without an article extracted, articles without a judgement judged.

mod look;
mod pages;
mod report;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use tokio::task::JoinSet;

use crate::classify::{Classifier, Hints};
use crate::config::{Settings, SourceList, Taxonomy};
use crate::dedup::fingerprint::Fingerprint;
use crate::dedup::stories::{best_match, comparable};
use crate::digest::{self, Material};
use crate::fetch::Fetcher;
use crate::mail::{self, Transport};
use crate::model::{Article, Edition, Health, Source};
use crate::render;
use crate::store::{Judged, Letter, Result as StoreResult, Store, StoreError};

pub use report::{PassReport, Progress, Silent};

/// Articles judged between two looks at the clock.
const JUDGE_BATCH: usize = 200;

/// What can stop a pass; a broken source does not.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The store.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// The client.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
    /// The automaton.
    #[error("the taxonomy cannot be made ready: {0}")]
    Taxonomy(#[from] aho_corasick::BuildError),
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
pub type Result<T> = std::result::Result<T, PipelineError>;

/// The wired stages; shared by all tasks of a pass.
pub struct Pipeline {
    store: Store,
    fetcher: Fetcher,
    classifier: Classifier,
    settings: Settings,
}

impl Pipeline {
    /// Wires the stages.
    pub fn new(store: Store, settings: Settings, taxonomy: Taxonomy) -> Result<Arc<Self>> {
        let fetcher = Fetcher::new(&settings.fetch)?;
        Ok(Arc::new(Self { store, fetcher, classifier: Classifier::new(taxonomy)?, settings }))
    }

    /// The store behind.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// One pass over the sources of the list whose time has come; all enabled ones if `all`.
    pub async fn pass(self: &Arc<Self>, list: &SourceList, all: bool, progress: &dyn Progress) -> Result<PassReport> {
        let started = std::time::Instant::now();
        let mut report = PassReport::default();
        let enabled: Vec<Source> = list.sources.iter().filter(|s| s.enabled).cloned().collect();
        let due = self.due(enabled, all).await?;
        // new sources are always due, so an idle service writes nothing
        if !due.is_empty() {
            let known = list.sources.clone();
            self.store.run(move |s| s.sync_sources(&known)).await?;
        }
        self.look_at(due, progress, &mut report).await?;
        self.finish_fetched(list, progress, &mut report).await?;
        self.fetch_pages(list, progress, &mut report).await?;
        self.judge(list, progress, &mut report).await?;
        report.elapsed = started.elapsed();
        Ok(report)
    }

    async fn due(&self, sources: Vec<Source>, all: bool) -> Result<Vec<Source>> {
        if all {
            return Ok(sources);
        }
        let now = Utc::now().timestamp();
        let due = self.store.run(move |store| {
            let mut out = Vec::new();
            for s in sources {
                if store.source_state(&s.id)?.next_due <= now {
                    out.push(s);
                }
            }
            Ok(out)
        });
        Ok(due.await?)
    }

    /// Judges what is not judged yet; CPU work, off the async threads.
    async fn judge(self: &Arc<Self>, list: &SourceList, progress: &dyn Progress, report: &mut PassReport) -> Result<()> {
        let hints: Arc<SourceList> = Arc::new(list.clone());
        progress.stage("judging", 0);
        loop {
            let (this, hints) = (Arc::clone(self), Arc::clone(&hints));
            let judged = self
                .store
                .run(move |store| {
                    let articles = store.unjudged(JUDGE_BATCH)?;
                    for a in &articles {
                        this.judge_one(store, a, hints.get(a.source.as_str()))?;
                    }
                    Ok(articles.len())
                })
                .await?;
            if judged == 0 {
                return Ok(());
            }
            report.judged += judged;
            progress.advance(judged);
        }
    }

    fn judge_one(&self, store: &Store, a: &Article, source: Option<&Source>) -> StoreResult<()> {
        let hints = source.map_or_else(Hints::default, |s| Hints { column: s.column.as_deref(), industries: &s.industries });
        let judgement = self.classifier.judge(&a.title, &a.text, &hints);
        let fingerprint = Fingerprint::of(&comparable(&a.title, &a.text));
        let candidates = store.story_candidates(a.id, &fingerprint)?;
        let theirs = candidates.iter().map(|c| (c.story, Fingerprint::of(&comparable(&c.title, &c.text))));
        let story = best_match(&fingerprint, theirs);
        store.commit_judgement(&Judged { article: a.id, judgement: &judgement, story, bands: &fingerprint.bands() })
    }

    /// Makes the edition of a day and stores it; one that was mailed already comes back as it was.
    pub async fn draft(self: &Arc<Self>, date: NaiveDate, sources: usize, now: DateTime<Utc>) -> Result<Edition> {
        let this = Arc::clone(self);
        let edition = self.store.run(move |store| {
            let p = &this.settings.publication;
            let window = Duration::from_std(p.window).unwrap_or_else(|_| Duration::days(3));
            let mut articles = store.since(now - window)?;
            articles.retain(|a| a.judgement.is_some());
            let health = Health { sources, troubles: store.troubles(p.calendar.zone)?, ..Health::default() };
            let used = store.used_stories(&p.name, date)?;
            let draft = digest::build(Material { publication: p, articles, used, health, date, now, summarise: &this.settings.summarise });
            store.commit_edition(draft.edition, p, &draft.stories)
        });
        Ok(edition.await?)
    }

    /// Queues the letters of an edition; gives how many are new.
    pub async fn queue(&self, edition: &Edition, now: DateTime<Utc>) -> Result<usize> {
        let (id, edition) = (edition.id, edition.clone());
        let (recipients, settings) = (self.settings.publication.recipients.clone(), self.settings.mail.clone());
        // the document and its compression are CPU work
        let composed = tokio::task::spawn_blocking(move || -> Result<Vec<Letter>> {
            let parts = render::parts(&edition)?;
            Ok(recipients.iter().map(|to| mail::compose(&edition, &parts, &settings, to, now)).collect::<std::result::Result<_, _>>()?)
        });
        let letters = composed.await.unwrap_or(Err(StoreError::Cancelled.into()))?;
        Ok(self.store.run(move |s| s.queue_letters(id, &letters, now)).await?)
    }

    /// Sends what is due.
    pub async fn send(&self, outbox: PathBuf, now: DateTime<Utc>) -> Result<mail::Report> {
        let transport = Transport::new(&self.settings.mail, outbox)?;
        Ok(mail::send_due(&self.store, &transport, now).await?)
    }
}

/// Runs tasks, never more than `at_once`, and hands each result on as it comes.
async fn bounded<I, T, F>(items: I, at_once: usize, mut start: impl FnMut(I::Item) -> F, mut each: impl FnMut(T)) -> Result<()>
where
    I: IntoIterator,
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut tasks: JoinSet<Result<T>> = JoinSet::new();
    for item in items {
        while tasks.len() >= at_once {
            if let Some(Ok(value)) = tasks.join_next().await {
                each(value?);
            }
        }
        tasks.spawn(start(item));
    }
    while let Some(done) = tasks.join_next().await {
        if let Ok(value) = done {
            each(value?);
        }
    }
    Ok(())
}
