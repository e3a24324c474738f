//! Who does the tasks of a crawl: this process, or workers on other machines.
//!
//! In: a [`Task`]. Out: its [`TaskReport`], when it is done. The crawl keeps the order, the lanes and the pauses, and takes in what
//! comes; an engine only has the work done.

mod local;
pub mod nats;

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::config::settings::FetchSettings;
use crate::crawl::executor::{Task, TaskKind, TaskReport};
use crate::fetch::RequestStats;
use crate::model::{EntryId, SourceId, WebUrl};
use crate::store::{FetchRecord, StoreError};

pub use local::LocalDispatcher;

/// What keeps an engine from its work.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message system.
    #[error(transparent)]
    Nats(#[from] nats::NatsError),
}

/// Has tasks done.
pub trait Dispatcher: Send + Sync {
    /// Has a task done and comes back when it is; `None` where its lane is still held by a task of before, or is to rest for long.
    /// Whoever stops waiting may find what came of it among the [strays](Self::stray).
    fn dispatch(&self, task: Task) -> BoxFuture<'_, Result<Option<Completion>, DispatchError>>;

    /// What came of a task that nobody waits for any more: a crawl before this one had given it out. Where there is none, waits
    /// for ever.
    fn next_orphaned(&self) -> BoxFuture<'_, Completion>;

    /// How long until a lane may be asked again.
    fn delay_until_free(&self, host_key: &str) -> Duration;

    /// Most tasks to be given out at once.
    fn concurrency(&self) -> usize;

    /// Whether the work is done elsewhere: that nothing comes back then means that nobody is there, not that we are stuck.
    fn is_remote(&self) -> bool;

    /// How the work stands elsewhere; nothing where it is done here, or where that cannot be told.
    fn cluster_status(&self) -> Option<nats::ClusterStatus> {
        None
    }

    /// Takes over other settings of fetching, where it has some of its own.
    fn set_fetch_policy<'a>(&'a self, _terms: &'a FetchSettings) -> BoxFuture<'a, Result<(), DispatchError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A task that is done.
pub struct Completion {
    /// What it was about.
    pub meta: TaskMeta,
    /// What came of it.
    pub report: TaskReport,
    /// To be settled once it is in the store.
    pub ack: AckHandle,
}

/// Says that an outcome is in the store; until then it may come again.
pub struct AckHandle(Option<BoxFuture<'static, ()>>);

impl AckHandle {
    /// It is in the store.
    pub async fn ack(self) {
        if let Some(settle) = self.0 {
            settle.await;
        }
    }
}

/// What is known of a task once it is given away.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskMeta {
    /// For whom.
    pub source: SourceId,
    /// The entry, where a page was asked for; else the source was looked at.
    pub entry: Option<EntryId>,
    /// What was asked.
    pub url: WebUrl,
    /// Whether validators were sent.
    pub conditional: bool,
}

impl TaskMeta {
    /// Of a task.
    pub fn new(task: &Task) -> Self {
        let (entry, conditional) = match &task.kind {
            TaskKind::Poll { validators, .. } => (None, !validators.is_empty()),
            TaskKind::Article { entry } => (Some(*entry), false),
        };
        Self { source: task.source.id.clone(), entry, url: task.url.clone(), conditional }
    }

    /// The line in the fetch log.
    pub fn fetch_record(&self, visit: RequestStats, bytes: usize, (code, outcome): (&'static str, String)) -> FetchRecord {
        let (source, url, listing) = (self.source.clone(), self.url.clone(), self.entry.is_none());
        FetchRecord { source, url, listing, code, outcome, bytes, stats: visit, conditional: self.conditional }
    }
}
