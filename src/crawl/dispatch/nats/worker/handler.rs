//! Handles one task: extends its lease, runs it, publishes the result, or lets it go.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{AckKind, Message};
use chrono::Utc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::crawl::dispatch::TaskMeta;
use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::cluster_status::DeadLetter;
use crate::crawl::dispatch::nats::codec;
use crate::crawl::dispatch::nats::codec::{ReportMessage, TaskMessage, VERSION};
use crate::crawl::dispatch::nats::results::{MAX_OBJECT_TRIES, OBJECT_RETRY};
use crate::crawl::dispatch::nats::streams::{DEAD_SUBJECT, RESULT_SUBJECT};
use crate::crawl::dispatch::nats::worker::quarantine::{Verdict, run_alone};
use crate::crawl::dispatch::nats::worker::reconnects::POLL_INTERVAL;
use crate::crawl::dispatch::nats::worker::{RETRY_INTERVAL, Worker};
use crate::crawl::executor::{NoopSink, Task, TaskExecutor, TaskReport, TaskResult};
use crate::fetch::RequestStats;

/// Interval of lease extensions, and after how long without an answer the task is dropped: before another worker gets it, see
/// [`LEASE`](crate::crawl::dispatch::nats::streams::LEASE).
const LEASE_EXTEND_INTERVAL: Duration = Duration::from_secs(3);
pub(super) const LEASE_TIMEOUT: Duration = Duration::from_secs(9);
/// How long a task of a newer format, or one that failed because of our own network, is left to others.
const REQUEUE_DELAY: Duration = Duration::from_secs(10);
/// A task that crashed this many workers runs in a separate process from then on.
const QUARANTINE_AFTER: u32 = 1;
/// A task that crashed this many is given up, because its own process does not contain it.
const MAX_CRASHES: u32 = 8;

impl Worker {
    /// `asked`: time of the pull request; this task was delivered later.
    pub(super) async fn handle(&self, message: Message, asked: Instant, _room: OwnedSemaphorePermit) {
        let sequence = message.info().map_or(0, |info| info.stream_sequence);
        self.running(|running| running.insert(sequence));
        let answer = tokio::select! {
            answer = self.process(&message) => answer,
            () = self.extend_lease(&message, asked) => {
                tracing::warn!("no answer from NATS: a task is let go, another worker gets it");
                None
            }
        };
        if let Some(kind) = answer {
            // without an answer the task is redelivered, and its result is recognised by its id
            if let Err(e) = message.double_ack_with(kind).await {
                tracing::debug!("a task could not be acknowledged: {e}");
            }
        }
        self.running(|running| running.remove(&sequence));
    }

    fn running(&self, f: impl FnOnce(&mut HashSet<u64>) -> bool) {
        f(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns how to acknowledge the task; `None` if it was dropped.
    async fn process(&self, message: &Message) -> Option<AckKind> {
        let (version, _) = codec::header(&message.message);
        if version.is_none_or(|v| v > VERSION) {
            tracing::warn!("a task is newer than this worker (form {version:?}, we know {VERSION}): left for others; update this worker");
            return Some(AckKind::Nak(Some(REQUEUE_DELAY)));
        }
        let TaskMessage { id, mut task } = match codec::unpack(&message.message, &self.streams.payloads).await {
            Ok(task) => task,
            Err(e @ NatsError::ObjectStore(_)) if message.info().is_ok_and(|i| i.delivered < MAX_OBJECT_TRIES) => {
                tracing::debug!("a task is tried again: {e}");
                return Some(AckKind::Nak(Some(OBJECT_RETRY)));
            }
            Err(e) => {
                self.dead_letter("", "", &e.to_string()).await;
                return Some(AckKind::Term);
            }
        };
        let again = message.info().is_ok_and(|i| i.delivered > 1);
        let uneasy = self.reconnects.is_new(&self.streams);
        if uneasy && self.streams.is_stale(message).await? {
            tracing::warn!(url = %task.url, "a task came back with a restart of NATS though a later one of its host was done, and is deleted");
            return Some(AckKind::Term);
        }
        // the previous worker may have requested this host recently
        task.initial_delay |= again || uneasy;
        tracing::debug!(id, url = %task.url, again, initial_delay = task.initial_delay, "task taken up");
        let executor = self.executor();
        let (report, rest) = if again { self.run_redelivered(&executor, &id, &task).await? } else { (run(&executor, &task).await, None) };
        if self.is_network_down(&task, &report) {
            return Some(AckKind::Nak(Some(REQUEUE_DELAY)));
        }
        let known = || task.host_key.as_deref().map_or(Duration::ZERO, |host_key| executor.fetcher().remaining_delay(host_key));
        let rest = rest.unwrap_or_else(known);
        self.done.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(report.is_failure()), Ordering::Relaxed);
        self.publish_result(&id, &task, report, rest).await;
        tracing::debug!(id, "task done");
        Some(AckKind::Ack)
    }

    /// Runs a redelivered task, which may have crashed its worker. Returns the report and, if another process made the request,
    /// the delay until the host's next one. `None` if NATS does not answer, or the outcome is unknown.
    async fn run_redelivered(&self, executor: &TaskExecutor, id: &str, task: &Task) -> Option<(TaskReport, Option<Duration>)> {
        let key = format!("suspect.{id}");
        let _one_of_few = self.redelivered.acquire().await.ok()?;
        let falls = self.crash_count(&key).await?;
        if falls >= MAX_CRASHES {
            return Some((self.give_up(task, format!("it ended {} workers", falls + 1)).await, None));
        }
        self.streams.heartbeats.put(key.as_str(), (falls + 1).to_string().into()).await.ok()?;
        let done = if falls < QUARANTINE_AFTER {
            (run(executor, task).await, None)
        } else {
            match run_alone(executor, task).await {
                Verdict::Done(report, rest) => (*report, Some(rest)),
                Verdict::Guilty(how) => (self.give_up(task, format!("it ended {} workers, and its own process: {how}", falls + 1)).await, None),
                Verdict::Unknown(reason) => {
                    tracing::warn!(url = %task.url, "a task is left to another worker: {reason}");
                    return None;
                }
            }
        };
        let _ = self.streams.heartbeats.delete(key).await;
        Some(done)
    }

    /// Makes a task a dead letter and returns the report that says so.
    async fn give_up(&self, task: &Task, reason: String) -> TaskReport {
        self.dead_letter(task.source.id.as_str(), task.url.as_str(), &reason).await;
        let result = TaskResult::DeadLettered(reason);
        TaskReport { stats: RequestStats::default(), at: Utc::now(), bytes: 0, page_stored: false, crash: None, result }
    }

    /// Returns how many workers the task crashed when it was tried again, as far as is known.
    async fn crash_count(&self, suspect: &str) -> Option<u32> {
        let bytes = self.streams.heartbeats.get(suspect).await.ok()?;
        Some(bytes.and_then(|b| std::str::from_utf8(&b).ok()?.parse().ok()).unwrap_or(0))
    }

    /// Extends the lease. Returns when we may have lost it: NATS is silent or closed the connection. A server that was killed may
    /// give the task to another worker as soon as it is back.
    async fn extend_lease(&self, message: &Message, asked: Instant) {
        let lease = async {
            let mut sure = asked;
            let extend = async || {
                tokio::time::sleep(LEASE_EXTEND_INTERVAL).await;
                let sent = Instant::now();
                message.double_ack_with(AckKind::Progress).await.is_ok().then_some(sent)
            };
            while let Ok(answered) = tokio::time::timeout_at(sure + LEASE_TIMEOUT, extend()).await {
                sure = answered.unwrap_or(sure);
            }
        };
        let connection = async {
            let client = self.streams.js.client();
            let connects = || client.statistics().connects.load(Ordering::Relaxed);
            let this = connects();
            while client.connection_state() == State::Connected && connects() == this {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        // replicated servers remember which worker has the task
        if self.streams.is_replicated() {
            return lease.await;
        }
        tokio::select! { () = lease => {}, () = connection => {} }
    }

    /// Whether our own network fails; other workers may succeed.
    fn is_network_down(&self, task: &Task, report: &TaskReport) -> bool {
        match &report.result {
            TaskResult::Failed(e) if e.is_network() => {
                let (down, news) = self.network.failed(task.host_key.as_deref().unwrap_or_default());
                if news {
                    tracing::error!("the network of this machine seems to be down: tasks are left to others");
                }
                down
            }
            _ if report.stats.status.is_some() => {
                self.network.answered();
                false
            }
            _ => false,
        }
    }

    /// Publishes the result, however long NATS takes. It stops when the lease is lost.
    async fn publish_result(&self, id: &str, task: &Task, report: TaskReport, rest: Duration) {
        let host_key = task.host_key.clone().unwrap_or_default();
        let until = Instant::now() + rest;
        let rest = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
        let message = ReportMessage { id: id.to_owned(), host_key, meta: TaskMeta::new(task), report, host_delay_ms: rest };
        let mut message_id = id.to_owned();
        for tries in 1.. {
            match self.store(id, &message_id, &message).await {
                // the coordinator got the result of an earlier attempt, not of this one: keep the host until its delay is over
                Ok(true) => return tokio::time::sleep_until(until).await,
                Ok(false) => return,
                Err(e) => tracing::debug!("a result cannot be published, tried again: {e}"),
            }
            // servers that lose their leader may remember the id of a message that they did not keep; a duplicate is harmless
            message_id = format!("{id}.{tries}");
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// One attempt. Returns whether a message with this id was already there.
    async fn store(&self, id: &str, message_id: &str, message: &ReportMessage) -> Result<bool, NatsError> {
        let (headers, bytes) = codec::pack(message, id, &self.streams.payloads).await?;
        let publish = PublishMessage::build().headers(headers).message_id(message_id).payload(bytes.into());
        let sent = async { self.streams.js.send_publish(RESULT_SUBJECT, publish).await?.await };
        sent.await.map(|ack| ack.duplicate).map_err(|e| NatsError::Message { what: "cannot be stored", cause: e.to_string() })
    }

    async fn dead_letter(&self, source: &str, url: &str, reason: &str) {
        tracing::error!(source, url, "a task is given up: {reason}");
        let (source, url, reason, worker) = (source.to_owned(), url.to_owned(), reason.to_owned(), self.settings.name.clone());
        let letter = DeadLetter { at: Utc::now(), source, url, reason, worker };
        if let Ok(bytes) = serde_json::to_vec(&letter)
            && let Err(e) = async { self.streams.js.publish(DEAD_SUBJECT, bytes.into()).await?.await }.await
        {
            tracing::error!("dead letter: {e}");
        }
    }
}

async fn run(executor: &TaskExecutor, task: &Task) -> TaskReport {
    match executor.run(task, &NoopSink).await {
        Ok(report) => report,
        Err(never) => match never {},
    }
}
