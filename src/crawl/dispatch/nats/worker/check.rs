//! Checks whether a worker could work, for `qingbao worker --check`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::io::AsyncReadExt as _;

use crate::config::settings::FetchSettings;
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::connection::Connection;
use crate::crawl::dispatch::nats::streams::JetStreamHandles;
use crate::crawl::dispatch::nats::worker::{WorkerSettings, fetch_policy};

/// For the object store.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// What the check found.
#[derive(Debug)]
pub struct WorkerReport {
    /// Its name or id, and version.
    pub server: String,
    /// Age of the coordinator's last heartbeat, and its version; `None` if there never was one.
    pub coordinator: Option<(Duration, String)>,
    /// The coordinator's fetch settings.
    pub policy: FetchSettings,
    /// Age of the heartbeat of another worker with our name.
    pub namesake: Option<Duration>,
}

/// Does once everything that a worker does, except taking a task.
///
/// # Errors
/// What does not work. If there is no answer in time, mostly a permission is missing.
pub async fn check(settings: &WorkerSettings) -> Result<WorkerReport, NatsError> {
    let connection = Connection::open(&settings.crawl, &format!("qingbao worker {} (check)", settings.name)).await?;
    // the server reports a missing permission separately and never answers the request
    let refused = |e: NatsError| match connection.last_error() {
        Some(words) => NatsError::NotReady(format!("{e} ({words})")),
        None => e,
    };
    look(&connection, settings).await.map_err(refused)
}

async fn look(connection: &Connection, settings: &WorkerSettings) -> Result<WorkerReport, NatsError> {
    let server = connection.js.client().server_info();
    let streams = JetStreamHandles::open(&connection.js).await?;
    let policy = fetch_policy(&streams).await?;
    streams.tasks.get_info().await.map_err(NatsError::unavailable("the consumer of tasks"))?;
    let now = write_and_delete(&streams, &settings.name).await?;
    let age = |at: DateTime<Utc>| (now - at).to_std().unwrap_or_default();
    Ok(WorkerReport {
        server: format!("{} {}", server.server_name, server.version),
        coordinator: streams.coordinator_seen().await?.map(|(at, version)| (age(at), version)),
        policy,
        namesake: streams.worker_seen(&settings.name).await?.map(age),
    })
}

/// Writes where a worker writes, under its own names. Returns the time by the clock of NATS.
async fn write_and_delete(streams: &JetStreamHandles, name: &str) -> Result<DateTime<Utc>, NatsError> {
    let failed = |what: &'static str| move |e: &dyn std::fmt::Display| NatsError::unavailable(what)(e);
    let (heartbeat_error, site_error, payload_error) =
        (failed("the bucket qingbao-pulse"), failed("the bucket qingbao-lore"), failed("the object store"));
    let key = format!("check.{name}");
    streams.heartbeats.put(&key, "".into()).await.map_err(|e| heartbeat_error(&e))?;
    let entry = streams.heartbeats.entry(&key).await.map_err(|e| heartbeat_error(&e))?;
    streams.heartbeats.delete(&key).await.map_err(|e| heartbeat_error(&e))?;
    let key = format!("robots.check-{name}");
    streams.sites.put(&key, "".into()).await.map_err(|e| site_error(&e))?;
    streams.sites.delete(&key).await.map_err(|e| site_error(&e))?;
    let object = format!("check-{name}");
    streams.payloads.put(object.as_str(), &mut b"x".as_slice()).await.map_err(|e| payload_error(&e))?;
    let mut back = Vec::new();
    let read =
        async { streams.payloads.get(&object).await.map_err(|e| payload_error(&e))?.read_to_end(&mut back).await.map_err(|e| payload_error(&e)) };
    tokio::time::timeout(READ_TIMEOUT, read).await.map_err(|_| payload_error(&"it cannot be read"))??;
    streams.payloads.delete(&object).await.map_err(|e| payload_error(&e))?;
    Ok(entry.map_or_else(Utc::now, |e| e.created))
}
