//! How the work stands: who works, what waits, what was given up. For the console and `doctor`.

use async_nats::jetstream::Context;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::config::settings::CrawlSettings;
use crate::crawl::dispatch::nats::streams::{DEAD, JetStreamHandles, RESULTS, TASKS};
use crate::crawl::dispatch::nats::{NatsError, streams};

/// Dead letters that are shown.
const MAX_DEAD_LETTERS: u64 = 10;

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
    /// Tasks in work.
    pub in_work: usize,
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

/// How the work stands.
#[derive(Debug, Clone, Default)]
pub struct ClusterStatus {
    /// Who works.
    pub workers: Vec<Heartbeat>,
    /// Tasks that wait or are in work.
    pub tasks: u64,
    /// Outcomes that wait for the coordinator.
    pub reports: u64,
    /// Tasks given up, within a month.
    pub dead_count: u64,
    /// The last of them, newest first.
    pub dead_letters: Vec<DeadLetter>,
}

/// Asks how the work stands.
///
/// # Errors
/// NATS does not answer, or no coordinator has been there yet.
pub async fn cluster_status(settings: &CrawlSettings) -> Result<ClusterStatus, NatsError> {
    JetStreamHandles::open(streams::connect(settings, "qingbao doctor").await?).await?.cluster_status().await
}

impl JetStreamHandles {
    pub(super) async fn cluster_status(&self) -> Result<ClusterStatus, NatsError> {
        let failed = |e: &dyn std::fmt::Display| NatsError::stream("the bucket qingbao-pulse")(e);
        let mut status =
            ClusterStatus { tasks: waiting(&self.js, TASKS).await?.0, reports: waiting(&self.js, RESULTS).await?.0, ..ClusterStatus::default() };
        let keys: Vec<String> = self.heartbeats.keys().await.map_err(|e| failed(&e))?.try_collect().await.map_err(|e| failed(&e))?;
        for key in keys.iter().filter(|k| k.starts_with("worker.")) {
            let bytes = self.heartbeats.get(key.as_str()).await.map_err(|e| failed(&e))?;
            status.workers.extend(bytes.and_then(|b| serde_json::from_slice::<Heartbeat>(&b).ok()));
        }
        status.workers.sort_by(|a, b| a.name.cmp(&b.name));
        let (dead, last) = waiting(&self.js, DEAD).await?;
        status.dead_count = dead;
        let stream = self.js.get_stream_no_info(DEAD).await.map_err(|e| NatsError::stream("the stream of dead letters")(&e))?;
        for sequence in (last.saturating_sub(dead.min(MAX_DEAD_LETTERS))..last).rev() {
            if let Ok(message) = stream.get_raw_message(sequence + 1).await {
                status.dead_letters.extend(serde_json::from_slice::<DeadLetter>(&message.payload).ok());
            }
        }
        Ok(status)
    }
}

/// Messages in a stream, and the number of its last.
async fn waiting(js: &Context, name: &'static str) -> Result<(u64, u64), NatsError> {
    let stream = js.get_stream(name).await.map_err(|e| NatsError::stream(name)(&e))?;
    let state = &stream.cached_info().state;
    Ok((state.messages, state.last_sequence))
}
