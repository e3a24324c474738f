//! How the work stands: who works, what waits, what was given up. For the console, metrics and `doctor`.

use std::time::Duration;

use async_nats::jetstream::{Context, kv};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::config::settings::CrawlSettings;
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::codec::VERSION;
use crate::crawl::dispatch::nats::connection::Connection;
use crate::crawl::dispatch::nats::streams::{COORDINATOR_KEY, DEAD, JetStreamHandles, RESULTS, TASKS};

/// Dead letters that are shown.
const MAX_DEAD_LETTERS: u64 = 50;
/// A worker that was silent for so long is gone: it gives a sign of life every ten seconds.
const GONE_AFTER: Duration = Duration::from_secs(30);
/// Keys of heartbeats: of workers by name in the bucket of heartbeats, and of the coordinator beside its settings.
const WORKER_PREFIX: &str = "worker.";

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
    fn shortened(self) -> Self {
        let [source, url, reason, worker] =
            [(self.source, 100), (self.url, 1_000), (self.reason, 300), (self.worker, 64)].map(|(t, n)| shortened(&t, n));
        Self { at: self.at, source, url, reason, worker }
    }
}

/// A text of so many characters at most, without control characters.
fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Whether a text can be the name of a worker.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
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
}

/// Asks how the work stands.
///
/// # Errors
/// NATS does not answer, or no coordinator has been there yet.
pub async fn cluster_status(settings: &CrawlSettings) -> Result<ClusterStatus, NatsError> {
    let connection = Connection::open(settings, "qingbao doctor").await?;
    JetStreamHandles::open(&connection.js).await?.cluster_status(false).await
}

fn heartbeats_failed(e: &dyn std::fmt::Display) -> NatsError {
    NatsError::stream("the bucket qingbao-pulse")(e)
}

fn sites_failed(e: &dyn std::fmt::Display) -> NatsError {
    NatsError::stream("the bucket qingbao-lore")(e)
}

impl JetStreamHandles {
    /// Says that a worker lives.
    pub(super) async fn put_heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), NatsError> {
        let bytes = serde_json::to_vec(heartbeat).map_err(|e| NatsError::Message { what: "cannot be written", cause: e.to_string() })?;
        self.heartbeats.put(worker_key(&heartbeat.name), bytes.into()).await.map_err(|e| heartbeats_failed(&e))?;
        Ok(())
    }

    /// Deletes the heartbeat of a worker that stops, or is to be missed no longer.
    pub(super) async fn forget_worker(&self, name: &str) -> Result<(), NatsError> {
        self.heartbeats.delete(worker_key(name)).await.map_err(|e| heartbeats_failed(&e))
    }

    /// When the coordinator gave its last sign of life, with its version.
    pub(super) async fn coordinator_seen(&self) -> Result<Option<(DateTime<Utc>, String)>, NatsError> {
        let entry = self.sites.entry(COORDINATOR_KEY).await.map_err(|e| sites_failed(&e))?;
        Ok(entry.map(|e| (e.created, String::from_utf8_lossy(&e.value).into_owned())))
    }

    /// When a worker gave its last sign of life.
    pub(super) async fn worker_seen(&self, name: &str) -> Result<Option<DateTime<Utc>>, NatsError> {
        let entry = self.heartbeats.entry(worker_key(name)).await.map_err(|e| heartbeats_failed(&e))?;
        Ok(entry.filter(|e| e.operation == kv::Operation::Put).map(|e| e.created))
    }

    /// `coordinator`: we are, and give a sign of life.
    pub(super) async fn cluster_status(&self, coordinator: bool) -> Result<ClusterStatus, NatsError> {
        if coordinator {
            self.sites.put(COORDINATOR_KEY, env!("CARGO_PKG_VERSION").into()).await.map_err(|e| sites_failed(&e))?;
        }
        let mut status = ClusterStatus { reports: messages(&self.js, RESULTS).await?.0, ..ClusterStatus::default() };
        let now = self.read_workers(&mut status).await?;
        self.read_queue(&mut status, now).await?;
        let (dead, last) = messages(&self.js, DEAD).await?;
        status.dead_count = dead;
        if dead > 0 {
            let stream = self.js.get_stream_no_info(DEAD).await.map_err(|e| NatsError::stream("the stream of dead letters")(&e))?;
            for sequence in (last.saturating_sub(MAX_DEAD_LETTERS)..last).rev().map(|n| n + 1) {
                if let Ok(message) = stream.get_raw_message(sequence).await {
                    status
                        .dead_letters
                        .extend(serde_json::from_slice::<DeadLetter>(&message.payload).ok().map(|letter| (sequence, letter.shortened())));
                }
                if status.dead_letters.len() as u64 >= dead {
                    break;
                }
            }
        }
        Ok(status)
    }

    /// Reads the heartbeats; gives the newest moment among them, which is now by the clock of NATS: ours may be wrong.
    async fn read_workers(&self, status: &mut ClusterStatus) -> Result<DateTime<Utc>, NatsError> {
        let keys: Vec<String> =
            self.heartbeats.keys().await.map_err(|e| heartbeats_failed(&e))?.try_collect().await.map_err(|e| heartbeats_failed(&e))?;
        let (mut seen, mut now) = (Vec::new(), self.coordinator_seen().await?.map_or(DateTime::UNIX_EPOCH, |(at, _)| at));
        for (key, name) in keys.iter().filter_map(|k| Some((k, k.strip_prefix(WORKER_PREFIX).filter(|n| is_name(n))?))) {
            // one that cannot be read says nothing of the others
            let Ok(Some(entry)) = self.heartbeats.entry(key.as_str()).await else { continue };
            now = now.max(entry.created);
            // what it calls itself inside is not believed: others could not be told from it
            let heartbeat = serde_json::from_slice::<Heartbeat>(&entry.value).ok();
            let named = |h: Heartbeat| Heartbeat { name: name.to_owned(), version: shortened(&h.version, 40), ..h };
            seen.extend(heartbeat.map(named).map(|heartbeat| (entry.created, heartbeat)));
        }
        status.workers = seen
            .into_iter()
            .map(|(at, heartbeat)| WorkerStatus { heartbeat, last_seen: (now - at).to_std().unwrap_or_default(), tasks_per_second: 0.0 })
            .collect();
        status.workers.sort_by(|a, b| a.heartbeat.name.cmp(&b.heartbeat.name));
        Ok(now)
    }

    async fn read_queue(&self, status: &mut ClusterStatus, now: DateTime<Utc>) -> Result<(), NatsError> {
        let failed = |e: &dyn std::fmt::Display| NatsError::stream("the stream of tasks")(e);
        let stream = self.js.get_stream(TASKS).await.map_err(|e| failed(&e))?;
        status.tasks = stream.cached_info().state.messages;
        let info = self.tasks.get_info().await.map_err(|e| failed(&e))?;
        status.queued = info.num_pending;
        if info.num_pending > 0
            && let Ok(first) = stream.get_raw_message(info.delivered.stream_sequence + 1).await
        {
            status.oldest_queued = (now - first.time).to_std().unwrap_or_default();
        }
        Ok(())
    }

    /// Deletes a dead letter, if it is still there.
    pub(super) async fn remove_dead_letter(&self, sequence: u64) -> Result<(), NatsError> {
        let failed = |e: &dyn std::fmt::Display| NatsError::stream("the stream of dead letters")(e);
        let stream = self.js.get_stream_no_info(DEAD).await.map_err(|e| failed(&e))?;
        if stream.get_raw_message(sequence).await.is_ok() {
            stream.delete_message(sequence).await.map_err(|e| failed(&e))?;
        }
        Ok(())
    }
}

fn worker_key(name: &str) -> String {
    format!("{WORKER_PREFIX}{name}")
}

/// Messages in a stream, and the number of its last.
async fn messages(js: &Context, name: &'static str) -> Result<(u64, u64), NatsError> {
    let stream = js.get_stream(name).await.map_err(|e| NatsError::stream(name)(&e))?;
    let state = &stream.cached_info().state;
    Ok((state.messages, state.last_sequence))
}
