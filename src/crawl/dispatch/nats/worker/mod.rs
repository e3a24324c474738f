//! A worker: takes tasks, runs them, publishes results. It has no database and no mail password; the coordinator tells it the
//! fetch settings.

mod check;
mod handler;
mod quarantine;
mod reconnects;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::settings::{CrawlSettings, FetchSettings};
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::cluster_status::Heartbeat;
use crate::crawl::dispatch::nats::codec::VERSION;
use crate::crawl::dispatch::nats::connection::Connection;
use crate::crawl::dispatch::nats::site_store::KvSiteStore;
use crate::crawl::dispatch::nats::streams::{JetStreamHandles, POLICY_KEY};
use crate::crawl::executor::{OutageDetector, TaskExecutor};
use crate::crawl::reader::{Converters, CpuPool, Parser};
use crate::fetch::Fetcher;
use reconnects::{ReconnectTracker, SERVER_RESTART_HOLDOFF};

pub use check::{WorkerReport, check};
pub use quarantine::{RUN_TASK, run_task};

/// Delay before the next attempt, and lifetime of a pull request.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
const PULL_EXPIRES: Duration = Duration::from_secs(5);
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);
/// Redelivered tasks that run at once.
const MAX_REDELIVERED: usize = 4;
/// How long a stop waits for running tasks.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(25);

/// A worker's own settings.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// How to reach NATS.
    pub crawl: CrawlSettings,
    pub name: String,
    pub concurrency: usize,
    /// The machine's own part of the fetch settings: the browser.
    pub local_fetch: FetchSettings,
    /// Programs that read scans and old documents on this machine.
    pub converters: Converters,
}

struct Worker {
    streams: JetStreamHandles,
    settings: WorkerSettings,
    executor: RwLock<Arc<TaskExecutor>>,
    network: OutageDetector,
    redelivered: Semaphore,
    reconnects: ReconnectTracker,
    since: DateTime<Utc>,
    done: AtomicU64,
    failed: AtomicU64,
    /// Running tasks, by sequence number.
    running: Mutex<HashSet<u64>>,
}

/// Runs until told to stop; waits for NATS and the coordinator.
///
/// # Errors
/// The client cannot be set up, or threads cannot be started.
pub async fn work(settings: WorkerSettings, mut stopped: watch::Receiver<bool>) -> Result<(), NatsError> {
    let Some((streams, policy)) = wait_for_policy(&settings, &mut stopped).await else { return Ok(()) };
    let parser = Arc::new(Parser::new(Arc::new(CpuPool::new()?)));
    parser.set_converters(settings.converters.clone());
    let executor = TaskExecutor::new(fetcher(&policy, &settings, &streams)?, parser);
    let at_once = settings.concurrency;
    let worker = Arc::new(Worker {
        streams,
        settings,
        executor: RwLock::new(Arc::new(executor)),
        network: OutageDetector::default(),
        redelivered: Semaphore::new(MAX_REDELIVERED),
        reconnects: ReconnectTracker::default(),
        since: Utc::now(),
        done: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        running: Mutex::default(),
    });
    tracing::info!(name = worker.settings.name, at_once, "worker started");
    let heartbeat = tokio::spawn(send_heartbeats(Arc::clone(&worker), policy));
    let mut tasks = JoinSet::new();
    tokio::select! {
        _ = stopped.wait_for(|s| *s) => {}
        () = pull_tasks(&worker, &mut tasks) => {}
    }
    heartbeat.abort();
    tracing::info!(in_work = tasks.len(), "stopping: what is in work is finished, or left to others");
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, async { while tasks.join_next().await.is_some() {} }).await;
    let _ = worker.streams.forget_worker(&worker.settings.name).await;
    let executor = worker.executor();
    executor.fetcher().close().await;
    Ok(())
}

/// Waits for NATS, and for the coordinator, which creates the streams and publishes the fetch settings.
async fn wait_for_policy(settings: &WorkerSettings, stopped: &mut watch::Receiver<bool>) -> Option<(JetStreamHandles, FetchSettings)> {
    let (mut connection, mut told) = (None, String::new());
    loop {
        let tried = tokio::select! {
            _ = stopped.wait_for(|s| *s) => return None,
            tried = open(settings, &mut connection) => tried,
        };
        match tried {
            Ok(ready) => return Some(ready),
            Err(e) => {
                let words = e.to_string();
                if told != words {
                    tracing::warn!("waiting for NATS and a coordinator (qingbao serve --crawl nats://…): {words}");
                    told = words;
                }
            }
        }
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return None,
            () = tokio::time::sleep(RETRY_INTERVAL) => {}
        }
    }
}

/// One attempt to connect and to find what the coordinator created.
async fn open(settings: &WorkerSettings, connection: &mut Option<Connection>) -> Result<(JetStreamHandles, FetchSettings), NatsError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(Connection::open(&settings.crawl, &format!("qingbao worker {}", settings.name)).await?),
    };
    if let Some(error) = connection.error() {
        return Err(error);
    }
    let streams = JetStreamHandles::open(&connection.js).await?;
    let policy = fetch_policy(&streams).await?;
    Ok((streams, policy))
}

/// Reads the coordinator's fetch settings.
async fn fetch_policy(streams: &JetStreamHandles) -> Result<FetchSettings, NatsError> {
    let bytes = streams.sites.get(POLICY_KEY).await.map_err(NatsError::unavailable("the bucket qingbao-lore"))?;
    let bytes = bytes.ok_or_else(|| NatsError::unavailable("the coordinator's settings of fetching")("it has not told them yet"))?;
    let cause = |e: serde_json::Error| format!("{e}; coordinator and worker are too far apart: update this worker");
    serde_json::from_slice(&bytes).map_err(|e| NatsError::Message { what: "with the settings of fetching cannot be read", cause: cause(e) })
}

fn fetcher(policy: &FetchSettings, settings: &WorkerSettings, streams: &JetStreamHandles) -> Result<Arc<Fetcher>, NatsError> {
    let (browser, browser_tabs) = (settings.local_fetch.browser.clone(), settings.local_fetch.browser_tabs);
    let policy = FetchSettings { at_once: settings.concurrency, browser, browser_tabs, ..policy.clone() };
    Ok(Arc::new(Fetcher::new(&policy, Arc::new(KvSiteStore::new(streams.sites.clone())))?))
}

/// Sends heartbeats and applies new fetch settings. Never returns.
async fn send_heartbeats(worker: Arc<Worker>, mut known: FetchSettings) {
    loop {
        if let Err(e) = worker.streams.put_heartbeat(&worker.heartbeat()).await {
            tracing::debug!("heartbeat: {e}");
        }
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
        let policy = match fetch_policy(&worker.streams).await {
            Ok(policy) if policy != known => policy,
            Ok(_) => continue,
            Err(e @ NatsError::Message { .. }) => {
                tracing::error!("{e}");
                continue;
            }
            Err(_) => continue,
        };
        match fetcher(&policy, &worker.settings, &worker.streams) {
            Ok(fetcher) => {
                let executor = worker.executor().with_fetcher(fetcher);
                *worker.executor.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(executor);
                tracing::info!("the coordinator changed the settings of fetching");
                known = policy;
            }
            Err(e) => tracing::error!("changed settings of fetching are not taken over: {e}"),
        }
    }
}

/// Takes as many tasks as there is room for. Never returns.
async fn pull_tasks(worker: &Arc<Worker>, tasks: &mut JoinSet<()>) {
    let room = Arc::new(Semaphore::new(worker.settings.concurrency));
    if worker.streams.lost_within(SERVER_RESTART_HOLDOFF).await {
        tracing::warn!("NATS lost its streams a moment ago: no task is taken for {} s", SERVER_RESTART_HOLDOFF.as_secs());
        tokio::time::sleep(SERVER_RESTART_HOLDOFF).await;
    }
    loop {
        let Ok(first) = Arc::clone(&room).acquire_owned().await else { return };
        while tasks.try_join_next().is_some() {}
        tokio::time::sleep_until(worker.reconnects.quiet_until(&worker.streams)).await;
        let (more, asked) = (room.available_permits(), Instant::now());
        let batch = worker.streams.tasks.batch().max_messages(1 + more).expires(PULL_EXPIRES).messages().await;
        let mut messages = match batch {
            Ok(messages) => messages,
            Err(e) => {
                tracing::debug!("tasks cannot be had from NATS, tried again: {e}");
                tokio::time::sleep(RETRY_INTERVAL).await;
                continue;
            }
        };
        let (mut first, mut broken) = (Some(first), false);
        let reconnected = worker.reconnects.changed(&worker.streams);
        tokio::pin!(reconnected);
        loop {
            let message = tokio::select! {
                biased;
                message = messages.next() => message,
                // the pull request ended with the connection
                () = &mut reconnected => break,
            };
            let Some(message) = message else { break };
            let Ok(message) = message else {
                broken = true;
                break;
            };
            // there is room for what was requested: other tasks only return permits
            let permit = match first.take() {
                Some(permit) => permit,
                None => match Arc::clone(&room).acquire_owned().await {
                    Ok(permit) => permit,
                    Err(_) => return,
                },
            };
            let worker = Arc::clone(worker);
            tasks.spawn(async move { worker.handle(message, asked, permit).await });
        }
        if broken {
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }
}

impl Worker {
    fn executor(&self) -> Arc<TaskExecutor> {
        Arc::clone(&self.executor.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn heartbeat(&self) -> Heartbeat {
        let tasks: Vec<u64> = self.running.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        Heartbeat {
            name: self.settings.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol_version: VERSION,
            since: self.since,
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            in_work: tasks.len(),
            concurrency: self.settings.concurrency,
            tasks,
        }
    }
}
