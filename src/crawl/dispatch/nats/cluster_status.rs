//! How the work stands, as plain values: workers, queue, dead letters, and what of them is wrong.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::crawl::dispatch::nats::codec::VERSION;

/// A worker or coordinator that was silent for so long is gone: each gives a sign of life every ten seconds or sooner.
pub const GONE_AFTER: Duration = Duration::from_secs(30);
/// Longest time a task may wait for a worker before the queue counts as stuck.
const MAX_QUEUE_AGE: Duration = Duration::from_mins(5);

/// A worker's sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Its name.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// Newest form of messages that it understands.
    #[serde(rename = "speaks")]
    pub protocol_version: u32,
    /// Since when it runs.
    pub since: DateTime<Utc>,
    /// Tasks done since.
    pub done: u64,
    /// Of them, tasks whose page or list could not be had or read.
    #[serde(default)]
    pub failed: u64,
    /// Tasks in work.
    pub in_work: usize,
    /// Most tasks in work at once; 0 where it does not say.
    #[serde(default)]
    pub concurrency: usize,
    /// Their numbers in the stream of tasks.
    #[serde(default)]
    pub tasks: Vec<u64>,
}

#[cfg(test)]
impl Heartbeat {
    /// Of a worker that has done nothing yet, for tests.
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
    /// What it said last.
    pub heartbeat: Heartbeat,
    /// How long ago that was, by the clock of NATS.
    pub last_seen: Duration,
    /// Tasks done per second between its last two signs of life; 0 where there were none.
    pub tasks_per_second: f64,
}

impl WorkerStatus {
    /// Whether it is silent for too long without having said that it stops.
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
    /// When.
    pub at: DateTime<Utc>,
    /// Its source, where it could be read.
    pub source: String,
    /// What was asked.
    pub url: String,
    /// Why.
    pub reason: String,
    /// Who gave it up.
    pub worker: String,
}

impl DeadLetter {
    /// As it is shown: others than our workers may have written it.
    pub(super) fn shortened(self) -> Self {
        let [source, url, reason, worker] =
            [(self.source, 100), (self.url, 1_000), (self.reason, 300), (self.worker, 64)].map(|(t, n)| shortened(&t, n));
        Self { at: self.at, source, url, reason, worker }
    }
}

/// A text of so many characters at most, without control characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// How the work stands.
#[derive(Debug, Clone, Default)]
pub struct ClusterStatus {
    /// Why NATS cannot be used now. The rest says nothing then.
    pub error: Option<String>,
    /// All workers that were heard of within a day and did not stop, by name.
    pub workers: Vec<WorkerStatus>,
    /// Tasks that wait or are in work.
    pub tasks: u64,
    /// Of them, tasks that no worker has taken yet, and how long the first has been waiting.
    pub queued: u64,
    /// See [`queued`](Self::queued).
    pub oldest_queued: Duration,
    /// Results that wait for the coordinator.
    pub reports: u64,
    /// Some of them only a newer version can read.
    pub newer_results: bool,
    /// Tasks given up, within a month.
    pub dead_count: u64,
    /// The last of them, newest first, with their numbers.
    pub dead_letters: Vec<(u64, DeadLetter)>,
}

impl ClusterStatus {
    /// Workers that work.
    pub fn alive(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.workers.iter().filter(|w| !w.is_gone())
    }

    /// Computes how fast workers are, from how they stood `elapsed` ago.
    pub(super) fn with_rates(mut self, before: &Self, elapsed: Duration) -> Self {
        for worker in &mut self.workers {
            let Some(old) = before.workers.iter().find(|w| w.heartbeat.name == worker.heartbeat.name && w.heartbeat.since == worker.heartbeat.since)
            else {
                continue;
            };
            let between = elapsed.as_secs_f64() + old.last_seen.as_secs_f64() - worker.last_seen.as_secs_f64();
            // the same sign of life as before
            let same = between < 1.0;
            let done = worker.heartbeat.done.saturating_sub(old.heartbeat.done) as f64;
            worker.tasks_per_second = if same { old.tasks_per_second } else { done / between };
        }
        self
    }

    /// Workers that went without a word.
    pub fn gone(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.workers.iter().filter(|w| w.is_gone())
    }

    /// Workers that work and whose results we cannot read.
    pub fn newer(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.alive().filter(|w| w.is_newer())
    }

    /// Workers that work and cannot read our tasks.
    pub fn outdated(&self) -> impl Iterator<Item = &WorkerStatus> {
        self.alive().filter(|w| w.is_outdated())
    }

    /// Returns the first names of some workers, with their versions; `None` where there are no workers.
    pub fn names<'a>(workers: impl Iterator<Item = &'a WorkerStatus>, most: usize) -> Option<String> {
        let all: Vec<String> = workers.map(|w| format!("{} ({})", w.heartbeat.name, w.heartbeat.version)).collect();
        let more = if all.len() > most { " …" } else { "" };
        (!all.is_empty()).then(|| all.into_iter().take(most).collect::<Vec<_>>().join(", ") + more)
    }

    /// Returns for how many minutes a task has been waiting, where that is too long.
    pub fn stuck_minutes(&self) -> Option<u64> {
        (self.oldest_queued > MAX_QUEUE_AGE).then_some(self.oldest_queued.as_secs() / 60)
    }
}
