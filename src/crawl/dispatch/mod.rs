//! Runs the tasks of a crawl: in this process, or by workers on other machines.
//!
//! In: a [`Task`]. Out: its [`TaskReport`]. The crawl keeps the order, the hosts and the delays, and stores results; a dispatcher
//! only has the work done.

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

/// Why a dispatcher cannot work.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Nats(#[from] nats::NatsError),
}

/// Runs tasks, here or on other machines.
pub trait Dispatcher: Send + Sync {
    /// Runs a task and waits for its result. Returns `None` if the host is still busy or in a long back-off. If the caller stops
    /// waiting, [`next_orphaned`](Self::next_orphaned) returns the result.
    fn dispatch(&self, task: Task) -> BoxFuture<'_, Result<Option<Completion>, DispatchError>>;

    /// Waits for the next result whose sender is gone: an earlier crawl dispatched the task.
    fn next_orphaned(&self) -> BoxFuture<'_, Completion>;

    /// Returns the delay until a host's next request.
    fn delay_until_free(&self, host_key: &str) -> Duration;

    /// Returns the most tasks to dispatch at once.
    fn concurrency(&self) -> usize;

    /// Whether other machines do the work. If nothing comes back, no worker is connected, but the crawl is not stuck.
    fn is_remote(&self) -> bool;

    /// Returns workers and queue; `None` if this process does the work, or the state is unknown.
    fn cluster_status(&self) -> Option<nats::ClusterStatus> {
        None
    }

    /// Deletes a dead letter, if it is still there.
    fn remove_dead_letter(&self, _sequence: u64) -> BoxFuture<'_, Result<(), DispatchError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Removes a worker that will not come back from the list.
    fn forget_worker<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<(), DispatchError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Updates its copy of the fetch settings, if it has one.
    fn set_fetch_policy(&self, _policy: &FetchSettings) {}
}

/// A finished task.
pub struct Completion {
    pub meta: TaskMeta,
    pub report: TaskReport,
    /// Acknowledge once the result is in the store.
    pub ack: AckHandle,
}

/// Acknowledges a result once it is in the store; until then it may be delivered again.
pub struct AckHandle(Option<BoxFuture<'static, ()>>);

impl AckHandle {
    /// Call once the result is in the store.
    pub async fn ack(self) {
        if let Some(settle) = self.0 {
            settle.await;
        }
    }
}

/// What the coordinator keeps of a dispatched task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskMeta {
    pub source: SourceId,
    /// The entry of an article task; `None` for a poll.
    pub entry: Option<EntryId>,
    /// The requested address.
    pub url: WebUrl,
    /// Whether validators were sent.
    pub conditional: bool,
}

impl TaskMeta {
    pub fn new(task: &Task) -> Self {
        let (entry, conditional) = match &task.kind {
            TaskKind::Poll { validators, .. } | TaskKind::Watch { validators } | TaskKind::Figures { validators } => (None, !validators.is_empty()),
            TaskKind::Article { entry } => (Some(*entry), false),
        };
        Self { source: task.source.id.clone(), entry, url: task.url.clone(), conditional }
    }

    /// Returns the line for the fetch log.
    pub fn fetch_record(&self, visit: RequestStats, bytes: usize, (code, outcome): (&'static str, String)) -> FetchRecord {
        let (source, url, listing) = (self.source.clone(), self.url.clone(), self.entry.is_none());
        FetchRecord { source, url, listing, code, outcome, bytes, stats: visit, conditional: self.conditional }
    }
}
