//! The coordinator's side: publishes tasks and waits for their results.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::settings::{CrawlSettings, FetchSettings};
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::cluster_status::ClusterStatus;
use crate::crawl::dispatch::nats::codec;
use crate::crawl::dispatch::nats::codec::TaskMessage;
use crate::crawl::dispatch::nats::coordinator::{CoordinatorState, keep_streams, poll_status};
use crate::crawl::dispatch::nats::hosts::REPUBLISH_AFTER;
use crate::crawl::dispatch::nats::results::{extend_results, receive_results};
use crate::crawl::dispatch::nats::streams::{JetStreamHandles, subject};
use crate::crawl::dispatch::{Completion, DispatchError, Dispatcher};
use crate::crawl::executor::Task;
use crate::fetch::{MAX_HOST_WAIT, host_key};

/// Delay before the next attempt.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// A result arrives moments before its task leaves the queue: retry within these milliseconds.
const PUBLISH_BACKOFF_MS: [u64; 5] = [5, 20, 80, 200, 500];
/// Delay before the next attempt at a host that an earlier task holds.
const BUSY_HOST_RETRY: Duration = Duration::from_secs(3);
/// Buffered results without a waiting caller, until a crawl takes them.
const ORPHAN_BUFFER: usize = 256;

/// Headers and body.
type EncodedMessage = (async_nats::HeaderMap, Vec<u8>);

/// Gives tasks to workers over NATS.
pub struct NatsDispatcher {
    shared: Arc<CoordinatorState>,
    orphans: tokio::sync::Mutex<mpsc::Receiver<Completion>>,
    background_tasks: [JoinHandle<()>; 4],
    tasks: AtomicU64,
    max_in_flight: usize,
}

impl Drop for NatsDispatcher {
    fn drop(&mut self) {
        self.background_tasks.iter().for_each(JoinHandle::abort);
    }
}

impl NatsDispatcher {
    /// Connects in the background, creates missing streams and buckets, now and later, and publishes the fetch settings. Tasks
    /// wait until NATS is reachable. Must be called within the runtime.
    pub fn start(settings: &CrawlSettings, policy: &FetchSettings) -> Self {
        let shared = Arc::new(CoordinatorState::new(settings, policy));
        let (to, orphans) = mpsc::channel(ORPHAN_BUFFER);
        let background_tasks = [
            tokio::spawn(keep_streams(Arc::clone(&shared))),
            tokio::spawn(receive_results(Arc::clone(&shared), to)),
            tokio::spawn(extend_results(Arc::clone(&shared))),
            tokio::spawn(poll_status(Arc::clone(&shared))),
        ];
        Self { shared, orphans: tokio::sync::Mutex::new(orphans), background_tasks, tasks: AtomicU64::new(0), max_in_flight: settings.max_in_flight }
    }

    /// Waits until NATS is ready: for commands that must not wait forever.
    ///
    /// # Errors
    /// Why it is not, after `timeout`.
    pub async fn wait_ready(&self, timeout: Duration) -> Result<(), NatsError> {
        match tokio::time::timeout(timeout, self.shared.streams()).await {
            Ok(_) => Ok(()),
            Err(_) => Err(NatsError::NotReady(self.shared.cluster_status().error.unwrap_or_default())),
        }
    }

    /// Waits until a host is free, because results may have brought a longer delay since the task was queued. Returns false if
    /// that takes long.
    async fn wait_until_free(&self, host_key: &str) -> bool {
        loop {
            match self.delay_until_free(host_key) {
                Duration::ZERO => return true,
                rest if rest > MAX_HOST_WAIT => return false,
                rest => tokio::time::sleep(rest).await,
            }
        }
    }

    async fn run_task(&self, mut task: Task) -> Result<Option<Completion>, NatsError> {
        let streams = self.shared.streams().await;
        let host_key = host_key(&task.source, task.redirects.last().map_or(&task.url, |h| &h.to));
        if !self.wait_until_free(&host_key).await {
            return Ok(None);
        }
        task.initial_delay = self.shared.is_uncertain(&host_key);
        task.host_key = Some(host_key.clone());
        let id = format!("{}-{}", self.shared.session_id, self.tasks.fetch_add(1, Ordering::Relaxed));
        let mut generations = self.shared.generations();
        let mut result = self.shared.wait_for(&id);
        let _waiting = WaitingGuard(&self.shared, &id);
        self.shared.hosts(|hosts| hosts.dispatched(&host_key, &id, Instant::now()));
        let mut publisher = Publisher {
            state: &self.shared,
            streams: &streams,
            subject: subject(&host_key),
            message: TaskMessage { id: id.clone(), task },
            tries: 0,
        };
        let free = publisher.publish_with_retry().await?;
        tracing::debug!(id, host_key, url = %publisher.message.task.url, initial_delay = publisher.message.task.initial_delay, free, "task given out");
        if !free {
            self.shared.hosts(|hosts| hosts.host_busy(&host_key, BUSY_HOST_RETRY, Instant::now()));
            return Ok(None);
        }
        let mut republish_after = REPUBLISH_AFTER;
        loop {
            tokio::select! {
                completion = &mut result => match completion {
                    Ok(completion) => return Ok(Some(completion)),
                    // the receiver is gone: the process is shutting down
                    Err(_) => return std::future::pending().await,
                },
                _ = generations.changed() => {}
                () = tokio::time::sleep(republish_after) => {}
            }
            republish_after = if publisher.publish_again().await { REPUBLISH_AFTER } else { RETRY_INTERVAL };
        }
    }
}

/// A registration as a waiting caller, removed on drop.
struct WaitingGuard<'a>(&'a CoordinatorState, &'a str);

impl Drop for WaitingGuard<'_> {
    fn drop(&mut self) {
        self.0.take_waiting(self.1);
    }
}

/// Publishes one task.
struct Publisher<'a> {
    state: &'a CoordinatorState,
    streams: &'a JetStreamHandles,
    subject: String,
    message: TaskMessage,
    /// Times it was published again: NATS drops a second message with a known id.
    tries: u32,
}

impl Publisher<'_> {
    /// Encodes the message; waits for the object store if the body goes there.
    async fn pack(&self) -> Result<EncodedMessage, NatsError> {
        loop {
            match codec::pack(&self.message, &self.message.id, &self.streams.payloads).await {
                Err(e @ NatsError::ObjectStore(_)) => tracing::debug!("a task waits for NATS: {e}"),
                packed => return packed,
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// One attempt. Returns whether the host was free.
    async fn publish(&self, packed: &EncodedMessage) -> Result<bool, PublishError> {
        let id = if self.tries == 0 { self.message.id.clone() } else { format!("{}.{}", self.message.id, self.tries) };
        let publish = PublishMessage::build().headers(packed.0.clone()).message_id(id).payload(packed.1.clone().into());
        let ack = async { self.streams.js.send_publish(self.subject.clone(), publish).await?.await };
        match ack.await {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == PublishErrorKind::Other && e.to_string().contains("per subject") => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Publishes until NATS has the message. Returns false if another task holds the host. If that was ever so, the task starts
    /// with a delay.
    async fn publish_with_retry(&mut self) -> Result<bool, NatsError> {
        let (mut moments, mut sure) = (PUBLISH_BACKOFF_MS.into_iter(), true);
        let mut message = self.pack().await?;
        loop {
            match self.publish(&message).await {
                Ok(true) => return Ok(true),
                // an earlier attempt without an answer may be what holds the host
                Ok(false) if !sure => return Ok(true),
                Ok(false) => {
                    match moments.next() {
                        Some(moment) => tokio::time::sleep(Duration::from_millis(moment)).await,
                        None if self.purge_stale().await => {}
                        None => return Ok(false),
                    }
                    message = self.pack_with_delay(message).await?;
                }
                Err(e) => {
                    tracing::debug!("a task cannot be given to NATS and waits: {e}");
                    sure = false;
                    // servers that lose their leader may remember the id of a message that they did not keep
                    self.tries += 1;
                    self.state.recheck.notify_one();
                    tokio::time::sleep(RETRY_INTERVAL).await;
                    message = self.pack_with_delay(message).await?;
                }
            }
        }
    }

    /// Encodes the task again, with an initial delay.
    async fn pack_with_delay(&mut self, packed: EncodedMessage) -> Result<EncodedMessage, NatsError> {
        if std::mem::replace(&mut self.message.task.initial_delay, true) { Ok(packed) } else { self.pack().await }
    }

    /// Frees the host of a task that no worker runs. Returns whether there was one.
    async fn purge_stale(&self) -> bool {
        self.streams.purge_stale_message(&self.subject, &self.state.unreported, &self.state.cluster_status()).await
    }

    /// Publishes a task again that no worker reported, and returns whether NATS answered. NATS refuses it while the first is still
    /// there. Meanwhile another task may have held the host, so it starts with a delay.
    async fn publish_again(&mut self) -> bool {
        self.purge_stale().await;
        self.tries += 1;
        self.message.task.initial_delay = true;
        let Ok(packed) = self.pack().await else { return true };
        let answer = self.publish(&packed).await;
        if let Err(e) = &answer {
            tracing::debug!("a task cannot be given to NATS again: {e}");
        }
        answer.is_ok()
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
        Some(self.shared.cluster_status())
    }

    fn remove_dead_letter(&self, sequence: u64) -> BoxFuture<'_, Result<(), DispatchError>> {
        async move {
            self.shared.streams().await.remove_dead_letter(sequence).await?;
            Ok(self.shared.refresh_status().await?)
        }
        .boxed()
    }

    fn forget_worker<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), DispatchError>> {
        async move {
            self.shared.streams().await.forget_worker(name).await?;
            Ok(self.shared.refresh_status().await?)
        }
        .boxed()
    }

    fn set_fetch_policy(&self, policy: &FetchSettings) {
        self.shared.set_policy(policy);
    }
}
