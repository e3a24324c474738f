//! A worker: takes tasks, does them, tells what came. It holds no database and no mail password; what it must know of manners it
//! learns from the coordinator.

mod connection;
mod handler;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::config::settings::{CrawlSettings, FetchSettings};
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::codec::VERSION;
use crate::crawl::dispatch::nats::site_store::KvSiteStore;
use crate::crawl::dispatch::nats::status::Heartbeat;
use crate::crawl::dispatch::nats::streams::{JetStreamHandles, POLICY_KEY, connect};
use crate::crawl::executor::{OutageDetector, TaskExecutor};
use crate::crawl::reader::{CpuPool, Parser};
use crate::fetch::Fetcher;
use connection::Connection;

/// Pause before NATS is tried again, and how long one request for tasks stands.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
const PULL_EXPIRES: Duration = Duration::from_secs(5);
/// How often a sign of life is given.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);
/// Tasks that were taken up before and came to no end, tried at once.
const MAX_REDELIVERED: usize = 4;
/// How long a stop waits for what is in work.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(25);

/// What a worker is told on its own machine.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// How NATS is reached.
    pub crawl: CrawlSettings,
    /// Its name; unique among workers.
    pub name: String,
    /// Tasks in work at once.
    pub concurrency: usize,
    /// Of the settings of fetching, what belongs to the machine: the browser.
    pub local_fetch: FetchSettings,
}

struct Worker {
    streams: JetStreamHandles,
    settings: WorkerSettings,
    executor: RwLock<Arc<TaskExecutor>>,
    network: OutageDetector,
    redelivered: Semaphore,
    connection: Connection,
    since: DateTime<Utc>,
    done: AtomicU64,
    running: AtomicUsize,
}

/// Works until told to stop.
///
/// # Errors
/// NATS cannot be reached at the start. Later it is waited for.
pub async fn work(settings: WorkerSettings, mut stopped: watch::Receiver<bool>) -> Result<(), NatsError> {
    let js = connect(&settings.crawl, &format!("qingbao worker {}", settings.name)).await?;
    let Some((streams, terms)) = wait_for_policy(&js, &mut stopped).await else { return Ok(()) };
    let parser = Arc::new(Parser::new(Arc::new(CpuPool::new()?)));
    let executor = TaskExecutor::new(fetcher(&terms, &settings, &streams)?, parser);
    let at_once = settings.concurrency;
    let worker = Arc::new(Worker {
        streams,
        settings,
        executor: RwLock::new(Arc::new(executor)),
        network: OutageDetector::default(),
        redelivered: Semaphore::new(MAX_REDELIVERED),
        connection: Connection::default(),
        since: Utc::now(),
        done: AtomicU64::new(0),
        running: AtomicUsize::new(0),
    });
    tracing::info!(name = worker.settings.name, at_once, "worker started");
    let heartbeat = tokio::spawn(send_heartbeats(Arc::clone(&worker), terms));
    let mut tasks = JoinSet::new();
    tokio::select! {
        _ = stopped.wait_for(|s| *s) => {}
        () = pull_tasks(&worker, &mut tasks) => {}
    }
    heartbeat.abort();
    tracing::info!(in_work = tasks.len(), "stopping: what is in work is finished, or left to others");
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, async { while tasks.join_next().await.is_some() {} }).await;
    let _ = worker.streams.heartbeats.delete(worker.heartbeat_key()).await;
    let executor = worker.executor();
    executor.fetcher().close().await;
    Ok(())
}

/// The coordinator makes the streams and tells the terms; until then there is nothing to do.
async fn wait_for_policy(js: &async_nats::jetstream::Context, stopped: &mut watch::Receiver<bool>) -> Option<(JetStreamHandles, FetchSettings)> {
    let mut told = false;
    loop {
        match JetStreamHandles::open(js.clone()).await {
            Ok(streams) => {
                if let Some(terms) = fetch_policy(&streams).await {
                    return Some((streams, terms));
                }
            }
            Err(e) if !told => tracing::warn!("waiting for a coordinator (qingbao serve --crawl nats://…): {e}"),
            Err(_) => {}
        }
        told = true;
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return None,
            () = tokio::time::sleep(RETRY_INTERVAL) => {}
        }
    }
}

async fn fetch_policy(streams: &JetStreamHandles) -> Option<FetchSettings> {
    serde_json::from_slice(&streams.sites.get(POLICY_KEY).await.ok()??).ok()
}

fn fetcher(terms: &FetchSettings, settings: &WorkerSettings, streams: &JetStreamHandles) -> Result<Arc<Fetcher>, NatsError> {
    let (browser, browser_tabs) = (settings.local_fetch.browser.clone(), settings.local_fetch.browser_tabs);
    let terms = FetchSettings { at_once: settings.concurrency, browser, browser_tabs, ..terms.clone() };
    Ok(Arc::new(Fetcher::new(&terms, Arc::new(KvSiteStore::new(streams.sites.clone())))?))
}

/// Signs of life, and new terms where there are some.
async fn send_heartbeats(worker: Arc<Worker>, mut known: FetchSettings) {
    loop {
        let heartbeat = Heartbeat {
            name: worker.settings.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol_version: VERSION,
            since: worker.since,
            done: worker.done.load(Ordering::Relaxed),
            in_work: worker.running.load(Ordering::Relaxed),
        };
        if let Ok(bytes) = serde_json::to_vec(&heartbeat)
            && let Err(e) = worker.streams.heartbeats.put(worker.heartbeat_key(), bytes.into()).await
        {
            tracing::debug!("sign of life: {e}");
        }
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
        if let Some(terms) = fetch_policy(&worker.streams).await.filter(|t| *t != known) {
            match fetcher(&terms, &worker.settings, &worker.streams) {
                Ok(fetcher) => {
                    let executor = worker.executor().with_fetcher(fetcher);
                    *worker.executor.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(executor);
                    tracing::info!("the coordinator told new terms of fetching");
                    known = terms;
                }
                Err(e) => tracing::error!("new terms are not taken over: {e}"),
            }
        }
    }
}

/// Takes as many tasks as there is room for, for ever.
async fn pull_tasks(worker: &Arc<Worker>, tasks: &mut JoinSet<()>) {
    let room = Arc::new(Semaphore::new(worker.settings.concurrency));
    loop {
        let Ok(first) = Arc::clone(&room).acquire_owned().await else { return };
        while tasks.try_join_next().is_some() {}
        tokio::time::sleep_until(worker.connection.quiet_until(&worker.streams)).await;
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
        let mut first = Some(first);
        let mut broken = false;
        while let Some(message) = messages.next().await {
            let Ok(message) = message else {
                broken = true;
                break;
            };
            // what was asked for finds room: permits come back only
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

    fn heartbeat_key(&self) -> String {
        format!("worker.{}", self.settings.name)
    }
}
