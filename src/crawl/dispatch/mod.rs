//! Who does the tasks of a crawl: this process, or workers on other machines.
//!
//! In: a [`Task`]. Out: its [`TaskReport`], when it is done. The crawl keeps the order, the hosts and the pauses, and takes in what
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

/// Has tasks done, here or on other machines.
pub trait Dispatcher: Send + Sync {
    /// Has a task done and returns when it is; `None` where its host is still busy with an earlier task, or must rest for long.
    /// Who stops waiting gets the result from [`next_orphaned`](Self::next_orphaned).
    fn dispatch(&self, task: Task) -> BoxFuture<'_, Result<Option<Completion>, DispatchError>>;

    /// The next result of a task that an earlier crawl dispatched; waits until there is one.
    fn next_orphaned(&self) -> BoxFuture<'_, Completion>;

    /// How long until a host may be asked again.
    fn delay_until_free(&self, host_key: &str) -> Duration;

    /// Most tasks to be given out at once.
    fn concurrency(&self) -> usize;

    /// Whether the work is done elsewhere: that nothing comes back then means that nobody is there, not that we are stuck.
    fn is_remote(&self) -> bool;

    /// Workers and waiting tasks; `None` where the work is done here, or where it cannot be told.
    fn cluster_status(&self) -> Option<nats::ClusterStatus> {
        None
    }

    /// Deletes a dead letter, if it is still there.
    fn remove_dead_letter(&self, _sequence: u64) -> BoxFuture<'_, Result<(), DispatchError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// A worker that is gone for good is missed no longer.
    fn forget_worker<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), DispatchError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Takes over changed settings of fetching, where it holds a copy of them.
    fn set_fetch_policy(&self, _policy: &FetchSettings) {}
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

/// Acknowledges a result once it is in the store; until then it may be delivered again.
pub struct AckHandle(Option<BoxFuture<'static, ()>>);

impl AckHandle {
    /// The result is in the store.
    pub async fn ack(self) {
        if let Some(settle) = self.0 {
            settle.await;
        }
    }
}

/// What the coordinator keeps of a task that it dispatched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskMeta {
    /// For whom.
    pub source: SourceId,
    /// The entry, where a page was asked for; else the source was polled.
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
