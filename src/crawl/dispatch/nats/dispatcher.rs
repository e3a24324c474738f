//! The coordinator's side: publishes tasks, waits for outcomes, remembers when each host may be asked again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::settings::{CrawlSettings, FetchSettings};
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::codec;
use crate::crawl::dispatch::nats::codec::{ReportMessage, TaskMessage};
use crate::crawl::dispatch::nats::hosts::{HostStates, REPUBLISH_AFTER};
use crate::crawl::dispatch::nats::status::ClusterStatus;
use crate::crawl::dispatch::nats::streams::{JetStreamHandles, POLICY_KEY, connect, subject};
use crate::crawl::dispatch::{AckHandle, Completion, DispatchError, Dispatcher};
use crate::crawl::executor::Task;
use crate::fetch::{MAX_HOST_WAIT, host_key};

/// Pause before NATS is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// An outcome arrives moments before its task leaves the queue: tries within these moments.
const PUBLISH_BACKOFF_MS: [u64; 5] = [5, 20, 80, 200, 500];
/// A host that an earlier task holds is tried again after this.
const BUSY_HOST_RETRY: Duration = Duration::from_secs(3);
/// Outcomes that nobody waits for, kept until a crawl takes them.
const ORPHAN_BUFFER: usize = 256;
/// How often the state of the workers is read.
const STATUS_INTERVAL: Duration = Duration::from_secs(15);

/// A message as it is sent.
type EncodedMessage = (async_nats::HeaderMap, Vec<u8>);
type Waiting = Mutex<HashMap<String, oneshot::Sender<Completion>>>;

/// What the tasks beside us share with us.
struct CoordinatorState {
    streams: JetStreamHandles,
    waiting: Waiting,
    hosts: Mutex<HostStates>,
    /// Begins the ids of the tasks of this coordinator.
    session_id: String,
    cluster_status: RwLock<Option<ClusterStatus>>,
}

/// The engine of a crawl on many machines.
pub struct NatsDispatcher {
    shared: Arc<CoordinatorState>,
    orphans: tokio::sync::Mutex<mpsc::Receiver<Completion>>,
    background_tasks: [JoinHandle<()>; 2],
    tasks: AtomicU64,
    max_in_flight: usize,
    /// Until then, hosts of which nothing was heard may have been asked by tasks of a coordinator before this one.
    uncertain_until: Option<Instant>,
}

impl Drop for NatsDispatcher {
    fn drop(&mut self) {
        self.background_tasks.iter().for_each(JoinHandle::abort);
    }
}

impl NatsDispatcher {
    /// Connects, makes streams and buckets where they are missing, and tells workers the terms.
    ///
    /// # Errors
    /// NATS is not there, or does not let us.
    pub async fn start(settings: &CrawlSettings, terms: &FetchSettings) -> Result<Self, NatsError> {
        let js = connect(settings, "qingbao coordinator").await?;
        let streams = JetStreamHandles::create(js, settings.replicas).await?;
        let before =
            streams.js.get_stream(crate::crawl::dispatch::nats::streams::TASKS).await.map_err(|e| NatsError::stream("the stream of tasks")(&e))?;
        let fresh = before.cached_info().state.last_sequence == 0;
        let run = getrandom::u64().map_or_else(|_| chrono::Utc::now().timestamp_micros().to_string(), |n| format!("{n:016x}"));
        let shared = Arc::new(CoordinatorState {
            streams,
            waiting: Mutex::default(),
            hosts: Mutex::default(),
            session_id: run,
            cluster_status: RwLock::default(),
        });
        let (to, orphans) = mpsc::channel(ORPHAN_BUFFER);
        let beside = [tokio::spawn(receive_results(Arc::clone(&shared), to)), tokio::spawn(poll_status(Arc::clone(&shared)))];
        let this = Self {
            shared,
            orphans: tokio::sync::Mutex::new(orphans),
            background_tasks: beside,
            tasks: AtomicU64::new(0),
            max_in_flight: settings.max_in_flight,
            uncertain_until: (!fresh).then(|| Instant::now() + terms.longest_pause()),
        };
        this.publish_fetch_policy(terms).await?;
        Ok(this)
    }

    /// Tells workers the terms: pauses, limits, who we say we are.
    ///
    /// # Errors
    /// NATS does not take them.
    pub async fn publish_fetch_policy(&self, terms: &FetchSettings) -> Result<(), NatsError> {
        let bytes = serde_json::to_vec(terms).map_err(|e| NatsError::Message { what: "cannot be written", cause: e.to_string() })?;
        self.shared.streams.sites.put(POLICY_KEY, bytes.into()).await.map_err(|e| NatsError::stream("the bucket qingbao-lore")(&e))?;
        Ok(())
    }

    fn is_uncertain(&self, host_key: &str) -> bool {
        let unsure = self.shared.hosts(|hosts| hosts.is_uncertain(host_key));
        unsure.unwrap_or_else(|| self.uncertain_until.is_some_and(|at| Instant::now() < at))
    }

    /// Waits until a host may be asked: outcomes that came since the task was lined up may have told of a rest. False where that
    /// would be long.
    async fn wait_until_free(&self, host_key: &str) -> bool {
        loop {
            match self.delay_until_free(host_key) {
                Duration::ZERO => return true,
                rest if rest > MAX_HOST_WAIT => return false,
                rest => tokio::time::sleep(rest).await,
            }
        }
    }

    /// One try; whether the host was free.
    async fn publish(&self, subject: &str, id: &str, message: &EncodedMessage) -> Result<bool, PublishError> {
        let publish = PublishMessage::build().headers(message.0.clone()).message_id(id).payload(message.1.clone().into());
        let ack = async { self.shared.streams.js.send_publish(subject.to_owned(), publish).await?.await };
        match ack.await {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == PublishErrorKind::Other && e.to_string().contains("per subject") => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// The task, made to begin with a pause.
    async fn pack_with_delay(&self, message: &mut TaskMessage) -> Result<EncodedMessage, NatsError> {
        message.task.initial_delay = true;
        codec::pack(message, &message.id, &self.shared.streams.payloads).await
    }

    /// Publishes until NATS has it; false where the host is held by another task. Once that was so, the task begins with a pause.
    async fn publish_with_retry(&self, host_key: &str, message: &mut TaskMessage) -> Result<bool, NatsError> {
        let (subject, mut moments, mut sure) = (subject(host_key), PUBLISH_BACKOFF_MS.into_iter(), true);
        let mut packed = codec::pack(message, &message.id, &self.shared.streams.payloads).await?;
        loop {
            match self.publish(&subject, &message.id, &packed).await {
                Ok(true) => return Ok(true),
                // a try that went unanswered may be what holds it
                Ok(false) if !sure => return Ok(true),
                Ok(false) => {
                    match moments.next() {
                        Some(moment) => tokio::time::sleep(Duration::from_millis(moment)).await,
                        None if self.shared.streams.purge_stale_message(&subject).await => {}
                        None => return Ok(false),
                    }
                    if !message.task.initial_delay {
                        packed = self.pack_with_delay(message).await?;
                    }
                }
                Err(e) => {
                    tracing::debug!("a task cannot be given to NATS and waits: {e}");
                    sure = false;
                    tokio::time::sleep(RETRY_INTERVAL).await;
                    packed = self.pack_with_delay(message).await?;
                }
            }
        }
    }

    async fn run_task(&self, mut task: Task) -> Result<Option<Completion>, NatsError> {
        let host_key = host_key(&task.source, task.redirects.last().map_or(&task.url, |h| &h.to));
        if !self.wait_until_free(&host_key).await {
            return Ok(None);
        }
        task.initial_delay = self.is_uncertain(&host_key);
        task.host_key = Some(host_key.clone());
        let id = format!("{}-{}", self.shared.session_id, self.tasks.fetch_add(1, Ordering::Relaxed));
        let mut message = TaskMessage { id: id.clone(), task };
        let (to, mut back) = oneshot::channel();
        let _waiting = PendingGuard::new(&self.shared, &id, to);
        self.shared.hosts(|hosts| hosts.dispatched(&host_key, &id, Instant::now()));
        let free = self.publish_with_retry(&host_key, &mut message).await?;
        tracing::debug!(id, host_key, url = %message.task.url, initial_delay = message.task.initial_delay, free, "task given out");
        if !free {
            self.shared.hosts(|hosts| hosts.host_busy(&host_key, BUSY_HOST_RETRY, Instant::now()));
            return Ok(None);
        }
        loop {
            match tokio::time::timeout(REPUBLISH_AFTER, &mut back).await {
                Ok(Ok(back)) => return Ok(Some(back)),
                // whoever receives is gone: the program ends
                Ok(Err(_)) => return std::future::pending().await,
                Err(_) => {
                    let subject = subject(&host_key);
                    self.shared.streams.purge_stale_message(&subject).await;
                    // another task may hold the host by now, and may have sent a request a moment ago
                    let packed = self.pack_with_delay(&mut message).await?;
                    let _ = self.publish(&subject, &id, &packed).await;
                }
            }
        }
    }
}

/// A place among those who wait, given up when the waiting ends.
struct PendingGuard<'a>(&'a Waiting, &'a str);

impl<'a> PendingGuard<'a> {
    fn new(shared: &'a CoordinatorState, id: &'a str, to: oneshot::Sender<Completion>) -> Self {
        shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), to);
        Self(&shared.waiting, id)
    }
}

impl Drop for PendingGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.1);
    }
}

impl CoordinatorState {
    fn hosts<T>(&self, f: impl FnOnce(&mut HostStates) -> T) -> T {
        f(&mut self.hosts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes outcomes from NATS and brings them to whoever waits, else to the strays.
async fn receive_results(shared: Arc<CoordinatorState>, orphans: mpsc::Sender<Completion>) {
    loop {
        match shared.streams.outcomes.messages().await {
            Ok(mut messages) => {
                while let Some(message) = messages.next().await {
                    match message {
                        Ok(message) => route_result(&shared, message, &orphans).await,
                        Err(e) => {
                            tracing::debug!("outcomes: {e}");
                            break;
                        }
                    }
                }
            }
            Err(e) => tracing::debug!("outcomes cannot be had from NATS, tried again: {e}"),
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

async fn route_result(shared: &Arc<CoordinatorState>, message: async_nats::jetstream::Message, orphans: &mpsc::Sender<Completion>) {
    let (message, acker) = message.split();
    let report: ReportMessage = match codec::unpack(&message, &shared.streams.payloads).await {
        Ok(report) => report,
        Err(e) => {
            // it would be as wrong the next time; its task is published anew
            tracing::error!("an outcome is left out: {e}");
            let _ = acker.ack().await;
            return;
        }
    };
    tracing::debug!(id = report.id, host_key = report.host_key, rest = report.host_delay_ms, "outcome");
    let ours = report.id.strip_prefix(&shared.session_id).is_some_and(|n| n.starts_with('-'));
    let rest = Duration::from_millis(report.host_delay_ms);
    shared.hosts(|hosts| hosts.completed(&report.host_key, &report.id, ours, rest, Instant::now()));
    let (streams, object) = (shared.streams.clone(), codec::header(&message).1);
    let settle = async move {
        if let Err(e) = acker.ack().await {
            tracing::debug!("an outcome that is stored comes again: {e}");
        }
        if let Some(object) = object {
            let _ = streams.payloads.delete(&object).await;
        }
    };
    let back = Completion { meta: report.meta, report: report.report, ack: AckHandle(Some(settle.boxed())) };
    let waits = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&report.id);
    let back = match waits {
        Some(to) => to.send(back).err(),
        None => Some(back),
    };
    if let Some(back) = back {
        let _ = orphans.send(back).await;
    }
}

/// Reads the state of the workers now and then.
async fn poll_status(shared: Arc<CoordinatorState>) {
    loop {
        let status = shared.streams.cluster_status().await;
        match status {
            Ok(status) => *shared.cluster_status.write().unwrap_or_else(PoisonError::into_inner) = Some(status),
            Err(e) => {
                tracing::debug!("the crew cannot be looked at: {e}");
                *shared.cluster_status.write().unwrap_or_else(PoisonError::into_inner) = None;
            }
        }
        tokio::time::sleep(STATUS_INTERVAL).await;
    }
}

impl Dispatcher for NatsDispatcher {
    fn dispatch(&self, task: Task) -> BoxFuture<'_, Result<Option<Completion>, DispatchError>> {
        async move { Ok(self.run_task(task).await?) }.boxed()
    }

    fn next_orphaned(&self) -> BoxFuture<'_, Completion> {
        async move {
            match self.orphans.lock().await.recv().await {
                Some(back) => back,
                None => std::future::pending().await,
            }
        }
        .boxed()
    }

    fn delay_until_free(&self, host_key: &str) -> Duration {
        self.shared.hosts(|hosts| hosts.delay_until_free(host_key, Instant::now()))
    }

    fn concurrency(&self) -> usize {
        self.max_in_flight
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn cluster_status(&self) -> Option<ClusterStatus> {
        self.shared.cluster_status.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_fetch_policy<'a>(&'a self, terms: &'a FetchSettings) -> BoxFuture<'a, Result<(), DispatchError>> {
        async move { Ok(Self::publish_fetch_policy(self, terms).await?) }.boxed()
    }
}
