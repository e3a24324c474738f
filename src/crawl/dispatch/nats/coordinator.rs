//! The coordinator's shared state, and the task that maintains streams and settings in NATS.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot, watch};

use crate::config::settings::{CrawlSettings, FetchSettings};
use crate::crawl::dispatch::Completion;
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::cluster_status::ClusterStatus;
use crate::crawl::dispatch::nats::connection::Connection;
use crate::crawl::dispatch::nats::hosts::HostStates;
use crate::crawl::dispatch::nats::in_progress::{InProgress, Parked};
use crate::crawl::dispatch::nats::stale::Unreported;
use crate::crawl::dispatch::nats::streams::{JetStreamHandles, POLICY_KEY};

/// Interval of checks, and the delay before a check after an error.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
const RECHECK_DELAY: Duration = Duration::from_millis(200);
/// Errors shorter than this are not reported.
const ERROR_GRACE: Duration = Duration::from_secs(5);
/// How often the workers' state is read.
const STATUS_INTERVAL: Duration = Duration::from_secs(5);

/// The streams, and how many times they were created.
#[derive(Clone)]
pub(super) struct Ready {
    pub(super) generation: u64,
    pub(super) streams: JetStreamHandles,
}

/// State shared with the background tasks.
pub(super) struct CoordinatorState {
    settings: CrawlSettings,
    ready: watch::Sender<Option<Ready>>,
    /// Dispatches that wait for a result, by task id.
    waiting: Mutex<HashMap<String, oneshot::Sender<Completion>>>,
    pub(super) in_progress: InProgress,
    pub(super) parked: Parked,
    hosts: Mutex<HostStates>,
    /// Prefix of this coordinator's task ids.
    pub(super) session_id: String,
    /// Fetch settings for the workers.
    policy: watch::Sender<FetchSettings>,
    cluster_status: RwLock<ClusterStatus>,
    pub(super) unreported: Unreported,
    /// Asks for a check of the streams after an error.
    pub(super) recheck: Notify,
    /// Until then, tasks of an earlier coordinator may be running at any host we know nothing about.
    uncertain_until: Mutex<Option<Instant>>,
}

impl CoordinatorState {
    pub(super) fn new(settings: &CrawlSettings, policy: &FetchSettings) -> Self {
        Self {
            settings: settings.clone(),
            ready: watch::Sender::new(None),
            waiting: Mutex::default(),
            in_progress: InProgress::default(),
            parked: Parked::default(),
            hosts: Mutex::default(),
            session_id: getrandom::u64().map_or_else(|_| Utc::now().timestamp_micros().to_string(), |n| format!("{n:016x}")),
            policy: watch::Sender::new(policy.clone()),
            cluster_status: RwLock::new(ClusterStatus { error: Some("not connected yet".to_owned()), ..ClusterStatus::default() }),
            unreported: Unreported::default(),
            recheck: Notify::new(),
            uncertain_until: Mutex::new(None),
        }
    }

    /// Waits for the streams.
    pub(super) async fn streams(&self) -> JetStreamHandles {
        loop {
            if let Ok(ready) = self.ready.subscribe().wait_for(Option::is_some).await
                && let Some(ready) = ready.as_ref()
            {
                return ready.streams.clone();
            }
        }
    }

    /// Receives the streams each time they are created again.
    pub(super) fn generations(&self) -> watch::Receiver<Option<Ready>> {
        self.ready.subscribe()
    }

    pub(super) fn hosts<T>(&self, f: impl FnOnce(&mut HostStates) -> T) -> T {
        f(&mut self.hosts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn waiting<T>(&self, f: impl FnOnce(&mut HashMap<String, oneshot::Sender<Completion>>) -> T) -> T {
        f(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Registers a caller that waits for a task; the receiver gets the result.
    pub(super) fn wait_for(&self, id: &str) -> oneshot::Receiver<Completion> {
        let (to, result) = oneshot::channel();
        self.waiting(|all| all.insert(id.to_owned(), to));
        result
    }

    /// Removes and returns the sender to the caller that waits for a task.
    pub(super) fn take_waiting(&self, id: &str) -> Option<oneshot::Sender<Completion>> {
        self.waiting(|all| all.remove(id))
    }

    /// Whether a task of another coordinator may be running at a host.
    pub(super) fn is_uncertain(&self, host_key: &str) -> bool {
        let until = *self.uncertain_until.lock().unwrap_or_else(PoisonError::into_inner);
        self.hosts(|hosts| hosts.is_uncertain(host_key)).unwrap_or_else(|| until.is_some_and(|at| Instant::now() < at))
    }

    /// Changes the fetch settings; workers learn of them as soon as NATS is reachable.
    pub(super) fn set_policy(&self, policy: &FetchSettings) {
        self.policy.send_if_modified(|known| {
            let news = known != policy;
            known.clone_from(policy);
            news
        });
    }

    /// Returns the last status read from NATS.
    pub(super) fn cluster_status(&self) -> ClusterStatus {
        self.cluster_status.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the status from NATS now.
    pub(super) async fn refresh_status(&self) -> Result<(), NatsError> {
        let status = self.streams().await.cluster_status(true).await?;
        self.set_status(status.with_rates(&self.cluster_status(), Duration::ZERO));
        Ok(())
    }

    fn set_status(&self, mut status: ClusterStatus) {
        status.newer_results = self.parked.any(Instant::now());
        *self.cluster_status.write().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// Creates missing streams; returns when the task stream was created.
    async fn check_streams(&self, connection: &Connection, known: Option<DateTime<Utc>>) -> Result<DateTime<Utc>, NatsError> {
        if let Some(error) = connection.error() {
            return Err(error);
        }
        let js = &connection.js;
        if let (Some(_), Some(created)) = (known, JetStreamHandles::created(js).await?)
            && known == Some(created)
        {
            return Ok(created);
        }
        let streams = JetStreamHandles::create(js, self.settings.replicas).await?;
        let created = JetStreamHandles::created(js).await?.ok_or_else(|| NatsError::unavailable("a stream")("it is gone again"))?;
        if known.is_some_and(|known| known != created) {
            tracing::warn!(
                "the streams were gone from NATS and are made anew: tasks in flight are given out again, robots.txt files asked for again"
            );
        }
        if known != Some(created) {
            if known.is_some() {
                streams.note_loss().await?;
            }
            let last = streams.last_task().await?;
            let policy = self.policy.borrow().clone();
            let pause = policy.longest_pause();
            *self.uncertain_until.lock().unwrap_or_else(PoisonError::into_inner) = (last > 0).then(|| Instant::now() + pause);
            put_policy(&streams, &policy).await?;
            self.ready.send_modify(|ready| {
                let generation = ready.as_ref().map_or(0, |r| r.generation + 1);
                *ready = Some(Ready { generation, streams });
            });
        }
        Ok(created)
    }
}

async fn put_policy(streams: &JetStreamHandles, policy: &FetchSettings) -> Result<(), NatsError> {
    let bytes = serde_json::to_vec(policy).map_err(|e| NatsError::Message { what: "cannot be written", cause: e.to_string() })?;
    streams.sites.put(POLICY_KEY, bytes.into()).await.map_err(NatsError::unavailable("the bucket qingbao-lore"))?;
    Ok(())
}

/// Connects, and maintains streams and fetch settings in NATS. Never returns.
pub(super) async fn keep_streams(state: Arc<CoordinatorState>) {
    let (mut connection, mut known, mut policy) = (None, None, state.policy.subscribe());
    let (mut told, mut failing): (Option<String>, Option<Instant>) = (None, None);
    loop {
        let checked = async {
            let connection = match &mut connection {
                Some(connection) => connection,
                connection @ None => connection.insert(Connection::open(&state.settings, "qingbao coordinator").await?),
            };
            state.check_streams(connection, known).await
        };
        match checked.await {
            Ok(created) => {
                (known, told, failing) = (Some(created), None, None);
                if policy.has_changed().unwrap_or(false) {
                    let newest = policy.borrow_and_update().clone();
                    if let Err(e) = put_policy(&state.streams().await, &newest).await {
                        tracing::warn!("workers are not told the new settings of fetching, tried again: {e}");
                        policy.mark_changed();
                    }
                }
            }
            Err(e) => {
                let words = e.to_string();
                if told.as_ref() != Some(&words) {
                    tracing::error!("the crawl waits for NATS: {words}");
                }
                // servers that elect a leader are back in a moment
                if known.is_none() || failing.get_or_insert_with(Instant::now).elapsed() > ERROR_GRACE {
                    state.set_status(ClusterStatus { error: Some(words.clone()), ..ClusterStatus::default() });
                }
                told = Some(words);
            }
        }
        tokio::select! {
            () = state.recheck.notified() => tokio::time::sleep(RECHECK_DELAY).await,
            _ = policy.changed() => policy.mark_changed(),
            () = tokio::time::sleep(CHECK_INTERVAL) => {}
        }
    }
}

/// Reads the workers' state periodically. Never returns.
pub(super) async fn poll_status(state: Arc<CoordinatorState>) {
    let (mut last, mut read) = (ClusterStatus::default(), Instant::now());
    loop {
        let streams = state.streams().await;
        // somebody deleted the fetch settings; without them no new worker can start
        if matches!(streams.sites.get(POLICY_KEY).await, Ok(None)) {
            let policy = state.policy.borrow().clone();
            if let Err(e) = put_policy(&streams, &policy).await {
                tracing::debug!("the settings of fetching are gone from NATS: {e}");
            }
        }
        match streams.cluster_status(true).await {
            Ok(status) => {
                last = status.with_rates(&last, read.elapsed());
                read = Instant::now();
                state.set_status(last.clone());
            }
            Err(e) => tracing::debug!("the state of the workers cannot be read: {e}"),
        }
        tokio::time::sleep(STATUS_INTERVAL).await;
    }
}
