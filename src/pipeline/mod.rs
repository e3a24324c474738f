//! Crawler and issue maker by one configuration, and the current configuration.

mod bells;
mod issues;
mod llm;
mod notifier;
mod outlets;
mod reload;
mod taxonomy_trial;
mod training;

use std::sync::Arc;

use crate::config::{Settings, Taxonomy};
use crate::crawl::dispatch::Dispatcher;
use crate::crawl::{CrawlError, Crawler};
use crate::health::HealthState;
use crate::mail::{ComposeError, TransportError};
use crate::render::RenderError;
use crate::store::{Store, StoreError};

pub use bells::Bells;
pub use issues::{IssueMaker, recipients};
pub use reload::{ConfigHandle, ReloadError};
pub use taxonomy_trial::{LabelTrial, TRIAL_DAYS, TaxonomyTrial, TrialRow};

/// Why an issue cannot be made or sent, or a pipeline not be created.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Crawl(#[from] CrawlError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Rendering an issue panicked.
    #[error("rendering the letters of {0} panicked; the log has the panic: please report it")]
    RenderPanicked(String),
    /// Composing a message.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The publication of an issue.
    #[error("no publication in qingbao.toml is called {0:?} any more: give it its name back, or its issues have no recipients")]
    NoPublication(String),
    /// Mail settings.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

pub type Result<T, E = PipelineError> = std::result::Result<T, E>;

/// Adds what editors named to the taxonomy, and stores which organisations the taxonomy lists.
fn with_editors_names(store: &Store, taxonomy: Taxonomy) -> Result<Taxonomy> {
    store.list_organisations(&taxonomy.listed_organisations())?;
    Ok(taxonomy.with_watched(store.watched_by_editors()?, &store.unwatched_by_editors()?).with_firms(store.firms()?))
}

/// Returns a sentence for each column whose topic (关注课题) is not open: it gets no articles.
///
/// # Errors
/// Those of the store.
pub fn columns_without_topic(store: &Store, settings: &Settings) -> Result<Vec<String>, StoreError> {
    let columns: Vec<(&str, &str, &str)> = settings
        .publications()
        .flat_map(|p| p.columns.iter().filter_map(|c| Some((p.name.as_str(), c.name.as_str(), c.topic.as_deref()?))))
        .collect();
    let topics: Vec<&str> = columns.iter().map(|c| c.2).collect();
    let missing = store.titles_without_topic(&topics)?;
    let empty = columns.iter().filter(|c| missing.iter().any(|m| m == c.2));
    Ok(empty
        .map(|(p, column, topic)| format!("{p}: the column {column} stays empty: no open topic is called {topic}; see 关注课题 in the console"))
        .collect())
}

/// The crawler and the issue maker of one configuration.
pub struct Pipeline {
    crawler: Arc<Crawler>,
    issues: IssueMaker,
    /// Held while notifications are taken: two loops that wake together render each issue once.
    taking: tokio::sync::Mutex<()>,
}

impl Pipeline {
    /// Creates a pipeline that crawls in this process.
    pub fn new(store: Store, settings: Settings, taxonomy: Taxonomy) -> Result<Arc<Self>> {
        Self::with_dispatcher(store, settings, taxonomy, None)
    }

    /// Creates a pipeline with this dispatcher, or one that crawls in this process.
    pub fn with_dispatcher(store: Store, settings: Settings, taxonomy: Taxonomy, dispatcher: Option<Arc<dyn Dispatcher>>) -> Result<Arc<Self>> {
        let settings = Arc::new(settings);
        let taxonomy = with_editors_names(&store, taxonomy)?;
        let crawler = Crawler::new(store.clone(), Arc::clone(&settings), taxonomy, dispatcher)?;
        Ok(Self::assemble(store, settings, crawler))
    }

    /// Creates a pipeline with other settings on the same store.
    pub fn with_settings(&self, settings: Settings, taxonomy: Taxonomy) -> Result<Arc<Self>> {
        let settings = Arc::new(settings);
        let taxonomy = with_editors_names(self.store(), taxonomy)?;
        let crawler = self.crawler.with_settings(Arc::clone(&settings), taxonomy)?;
        Ok(Self::assemble(self.store().clone(), settings, crawler))
    }

    fn assemble(store: Store, settings: Arc<Settings>, crawler: Crawler) -> Arc<Self> {
        let crawler = Arc::new(crawler);
        Arc::new(Self { issues: IssueMaker { store, settings, crawler: Arc::clone(&crawler) }, crawler, taking: tokio::sync::Mutex::default() })
    }

    pub fn crawler(&self) -> &Arc<Crawler> {
        &self.crawler
    }

    pub fn issues(&self) -> &IssueMaker {
        &self.issues
    }

    pub fn store(&self) -> &Store {
        &self.issues.store
    }

    pub fn settings(&self) -> &Settings {
        &self.issues.settings
    }

    pub fn health(&self) -> &HealthState {
        self.crawler.health()
    }
}
