//! The state of workers, queue and dead letters, as plain values.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::crawl::dispatch::nats::codec::VERSION;

/// A worker or coordinator that is silent for this long is gone; each sends a heartbeat at least every ten seconds.
pub const GONE_AFTER: Duration = Duration::from_secs(30);
/// The queue is stuck if a task waits longer for a worker.
const MAX_QUEUE_AGE: Duration = Duration::from_mins(5);

/// A worker's heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    pub name: String,
    pub version: String,
    /// Newest message format that it reads.
    #[serde(rename = "speaks")]
    pub protocol_version: u32,
    /// Start time.
    pub since: DateTime<Utc>,
    /// Tasks since its start.
    pub done: u64,
    /// Of these, tasks whose page or list could not be fetched or read.
    #[serde(default)]
    pub failed: u64,
    pub in_work: usize,
    /// Its limit of concurrent tasks; 0 if unknown.
    #[serde(default)]
    pub concurrency: usize,
    /// Sequence numbers of its tasks.
    #[serde(default)]
    pub tasks: Vec<u64>,
}

#[cfg(test)]
impl Heartbeat {
    /// A worker that has done nothing yet, for tests.
    pub(crate) fn of_test(name: &str, protocol_version: u32) -> Self {
        Self {
            name: name.to_owned(),
            version: "1".to_owned(),
            protocol_version,
            since: Utc::now(),
            done: 0,
            failed: 0,
            in_work: 0,
            concurrency: 1,
            tasks: Vec::new(),
        }
    }
}

/// A worker as the coordinator sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerStatus {
    /// The last one.
    pub heartbeat: Heartbeat,
    /// By the clock of NATS.
    pub last_seen: Duration,
    /// Between its last two heartbeats; 0 without two.
    pub tasks_per_second: f64,
}

impl WorkerStatus {
    /// Whether it has been silent for too long without signing off.
    pub fn is_gone(&self) -> bool {
        self.last_seen > GONE_AFTER
    }

    /// Whether we cannot read its results.
    pub fn is_newer(&self) -> bool {
        self.heartbeat.protocol_version > VERSION
    }

    /// Whether it cannot read our tasks.
    pub fn is_outdated(&self) -> bool {
        self.heartbeat.protocol_version < VERSION
    }
}

/// A task that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub at: DateTime<Utc>,
    /// If it could be read.
    pub source: String,
    pub url: String,
    pub reason: String,
    /// The worker that gave it up.
    pub worker: String,
}

impl DeadLetter {
    /// Shortens the texts for display; other programs may have written them.
    pub(super) fn shortened(self) -> Self {
        let [source, url, reason, worker] =
            [(self.source, 100), (self.url, 1_000), (self.reason, 300), (self.worker, 64)].map(|(t, n)| shortened(&t, n));
        Self { at: self.at, source, url, reason, worker }
    }
}

/// Returns the first characters of a text, without control characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The state of the cluster.
#[derive(Debug, Clone, Default)]
pub struct ClusterStatus {
    /// Why NATS is unusable now; the other fields mean nothing then.
    pub error: Option<String>,
    /// Workers seen within a day that did not sign off, by name.
    pub workers: Vec<WorkerStatus>,
    /// Tasks that wait or run.
    pub tasks: u64,
    /// Tasks that no worker has taken, and the age of the first.
    pub queued: u64,
    /// See [`queued`](Self::queued).
    pub oldest_queued: Duration,
    /// Results that wait for the coordinator.
    pub reports: u64,
    /// Some results need a newer version.
    pub newer_results: bool,
    /// Dead letters of the last month.
    pub dead_count: u64,
    /// Newest first, with their sequence numbers.
    pub dead_letters: Vec<(u64, DeadLetter)>,
}

impl ClusterStatus {
    /// Returns the running workers.
    pub fn alive(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.workers.iter().filter(|w| !w.is_gone())
    }

    /// Computes the workers' rates from their state `elapsed` ago.
    pub(super) fn with_rates(mut self, before: &Self, elapsed: Duration) -> Self {
        for worker in &mut self.workers {
            let Some(old) = before.workers.iter().find(|w| w.heartbeat.name == worker.heartbeat.name && w.heartbeat.since == worker.heartbeat.since)
            else {
                continue;
            };
            let between = elapsed.as_secs_f64() + old.last_seen.as_secs_f64() - worker.last_seen.as_secs_f64();
            // the same heartbeat as before
            let same = between < 1.0;
            let done = worker.heartbeat.done.saturating_sub(old.heartbeat.done) as f64;
            worker.tasks_per_second = if same { old.tasks_per_second } else { done / between };
        }
        self
    }

    /// Returns the workers that disappeared.
    pub fn gone(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.workers.iter().filter(|w| w.is_gone())
    }

    /// Returns running workers whose results we cannot read.
    pub fn newer(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.alive().filter(|w| w.is_newer())
    }

    /// Returns running workers that cannot read our tasks.
    pub fn outdated(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.alive().filter(|w| w.is_outdated())
    }

    /// Returns the first names of some workers, with their versions; `None` if there are no workers.
    pub fn names<'a>(workers: impl Iterator<Item = &'a WorkerStatus>, most: usize) -> Option<String> {
        let all: Vec<String> = workers.map(|w| format!("{} ({})", w.heartbeat.name, w.heartbeat.version)).collect();
        let more = if all.len() > most { " …" } else { "" };
        (!all.is_empty()).then(|| all.into_iter().take(most).collect::<Vec<_>>().join(", ") + more)
    }

    /// Returns for how many minutes a task has been waiting, if that is too long.
    pub fn stuck_minutes(&self) -> Option<u64> {
        (self.oldest_queued > MAX_QUEUE_AGE).then_some(self.oldest_queued.as_secs() / 60)
    }
}
