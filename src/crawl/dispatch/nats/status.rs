//! Reads the cluster's state from NATS: for the console, metrics and `doctor`.

use async_nats::jetstream::{Context, kv};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;

use crate::config::settings::CrawlSettings;
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::cluster_status::{ClusterStatus, DeadLetter, Heartbeat, WorkerStatus, shortened};
use crate::crawl::dispatch::nats::connection::Connection;
use crate::crawl::dispatch::nats::streams::{COORDINATOR_KEY, DEAD, JetStreamHandles, RESULTS, TASKS};

/// Dead letters shown.
const MAX_DEAD_LETTERS: u64 = 50;
/// Keys of heartbeats: of workers by name in the heartbeat bucket, of the coordinator beside its settings.
const WORKER_PREFIX: &str = "worker.";

/// Whether a text can be a worker's name.
pub fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Reads the cluster's state.
///
/// # Errors
/// NATS does not answer, or no coordinator ever connected.
pub async fn cluster_status(settings: &CrawlSettings) -> Result<ClusterStatus, NatsError> {
    let connection = Connection::open(settings, "qingbao doctor").await?;
    JetStreamHandles::open(&connection.js).await?.cluster_status(false).await
}

fn heartbeats_failed(e: &dyn std::fmt::Display) -> NatsError {
    NatsError::unavailable("the bucket qingbao-pulse")(e)
}

fn sites_failed(e: &dyn std::fmt::Display) -> NatsError {
    NatsError::unavailable("the bucket qingbao-lore")(e)
}

impl JetStreamHandles {
    /// Publishes a worker's heartbeat.
    pub(super) async fn put_heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), NatsError> {
        let bytes = serde_json::to_vec(heartbeat).map_err(|e| NatsError::Message { what: "cannot be written", cause: e.to_string() })?;
        self.heartbeats.put(worker_key(&heartbeat.name), bytes.into()).await.map_err(|e| heartbeats_failed(&e))?;
        Ok(())
    }

    /// Deletes the heartbeat of a worker that stops or will not come back.
    pub(super) async fn forget_worker(&self, name: &str) -> Result<(), NatsError> {
        self.heartbeats.delete(worker_key(name)).await.map_err(|e| heartbeats_failed(&e))
    }

    /// Returns the coordinator's last heartbeat, with its version.
    pub(super) async fn coordinator_seen(&self) -> Result<Option<(DateTime<Utc>, String)>, NatsError> {
        let entry = self.sites.entry(COORDINATOR_KEY).await.map_err(|e| sites_failed(&e))?;
        Ok(entry.map(|e| (e.created, String::from_utf8_lossy(&e.value).into_owned())))
    }

    /// Returns a worker's last heartbeat.
    pub(super) async fn worker_seen(&self, name: &str) -> Result<Option<DateTime<Utc>>, NatsError> {
        let entry = self.heartbeats.entry(worker_key(name)).await.map_err(|e| heartbeats_failed(&e))?;
        Ok(entry.filter(|e| e.operation == kv::Operation::Put).map(|e| e.created))
    }

    /// `coordinator`: we are the coordinator, and publish its heartbeat.
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
            let stream = self.js.get_stream_no_info(DEAD).await.map_err(NatsError::unavailable("the stream of dead letters"))?;
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

    /// Reads the heartbeats. Returns the newest time among them: "now" by the clock of NATS, because ours may be wrong.
    async fn read_workers(&self, status: &mut ClusterStatus) -> Result<DateTime<Utc>, NatsError> {
        let keys: Vec<String> =
            self.heartbeats.keys().await.map_err(|e| heartbeats_failed(&e))?.try_collect().await.map_err(|e| heartbeats_failed(&e))?;
        let (mut seen, mut now) = (Vec::new(), self.coordinator_seen().await?.map_or(DateTime::UNIX_EPOCH, |(at, _)| at));
        for (key, name) in keys.iter().filter_map(|k| Some((k, k.strip_prefix(WORKER_PREFIX).filter(|n| is_name(n))?))) {
            // an unreadable one says nothing about the others
            let Ok(Some(entry)) = self.heartbeats.entry(key.as_str()).await else { continue };
            now = now.max(entry.created);
            // do not trust the name inside: two workers could claim the same
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
        let failed = |e: &dyn std::fmt::Display| NatsError::unavailable("the stream of tasks")(e);
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
        let failed = |e: &dyn std::fmt::Display| NatsError::unavailable("the stream of dead letters")(e);
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

/// Returns the number of messages in a stream, and its last sequence number.
async fn messages(js: &Context, name: &'static str) -> Result<(u64, u64), NatsError> {
    let stream = js.get_stream(name).await.map_err(NatsError::unavailable(name))?;
    let state = &stream.cached_info().state;
    Ok((state.messages, state.last_sequence))
}
