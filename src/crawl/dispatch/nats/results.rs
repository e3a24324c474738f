//! Receives results from NATS.
//!
//! A delivered result is ours for [`RESULT_ACK_WAIT`]; while the crawl applies it, its lease is extended. If it is lost (the
//! coordinator was frozen, cut off or killed), NATS delivers it again after that time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::message::Acker;
use async_nats::jetstream::{AckKind, Message};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;

use crate::crawl::dispatch::nats::NatsError;
use crate::crawl::dispatch::nats::codec::{self, ReportMessage, VERSION};
use crate::crawl::dispatch::nats::coordinator::CoordinatorState;
use crate::crawl::dispatch::nats::in_progress::{MAX_PARKED, REQUEUE_DELAY};
use crate::crawl::dispatch::nats::streams::JetStreamHandles;
use crate::crawl::dispatch::{AckHandle, Completion};

/// Delay before the next request after an error.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Lifetime of a pull request, and interval of the server's idle heartbeats.
const PULL_EXPIRES: Duration = Duration::from_secs(6);
const PULL_HEARTBEAT: Duration = Duration::from_secs(2);
const PULL_BATCH: usize = 256;
/// After an error, wait this long for results that were already delivered.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// Interval of lease extensions.
const EXTEND_INTERVAL: Duration = Duration::from_secs(3);

/// Attempts to read the object store, with this delay.
pub(super) const MAX_OBJECT_TRIES: i64 = 5;
pub(super) const OBJECT_RETRY: Duration = Duration::from_secs(3);

/// A result being applied. Dropped without [`ack`](Self::ack), it is delivered again.
struct InProgressGuard {
    state: Arc<CoordinatorState>,
    streams: JetStreamHandles,
    id: String,
    object: Option<String>,
}

impl InProgressGuard {
    async fn ack(self) {
        let Some(acker) = self.state.in_progress.end(&self.id) else { return };
        if let Err(e) = acker.ack().await {
            tracing::debug!("a result that is stored is delivered again: {e}");
        }
        if let Some(object) = &self.object {
            let _ = self.streams.payloads.delete(object).await;
        }
    }
}

impl Drop for InProgressGuard {
    fn drop(&mut self) {
        self.state.in_progress.end(&self.id);
    }
}

/// Extends the leases of results that are being applied. Never returns.
pub(super) async fn extend_results(state: Arc<CoordinatorState>) {
    loop {
        tokio::time::sleep(EXTEND_INTERVAL).await;
        state.in_progress.extend().await;
    }
}

/// Receives results and gives each to the waiting dispatch, or to `orphans`. Never returns.
pub(super) async fn receive_results(state: Arc<CoordinatorState>, orphans: mpsc::Sender<Completion>) {
    let streams = state.streams().await;
    loop {
        let pull = streams.results.stream().max_messages_per_batch(PULL_BATCH).expires(PULL_EXPIRES).heartbeat(PULL_HEARTBEAT);
        match pull.messages().await {
            Ok(mut messages) => {
                while let Some(message) = messages.next().await {
                    match message {
                        Ok(message) => route(&state, &streams, message, &orphans).await,
                        Err(e) => {
                            tracing::info!("results are asked for again: {e}");
                            while let Ok(Some(Ok(message))) = tokio::time::timeout(DRAIN_TIMEOUT, messages.next()).await {
                                route(&state, &streams, message, &orphans).await;
                            }
                            break;
                        }
                    }
                }
            }
            Err(e) => tracing::debug!("results cannot be had from NATS, tried again: {e}"),
        }
        state.recheck.notify_one();
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Leaves a result alone that needs a newer version; too many of them would block the others.
async fn park(state: &CoordinatorState, acker: &Acker, version: Option<u32>) {
    let (parked, news) = state.parked.note(Instant::now());
    if news {
        tracing::error!(
            "a worker is newer than this coordinator (message form {version:?}, we know {VERSION}): its results wait; update the coordinator"
        );
    }
    let answer = if parked <= MAX_PARKED { AckKind::Nak(Some(REQUEUE_DELAY)) } else { AckKind::Term };
    let _ = acker.ack_with(answer).await;
}

async fn route(state: &Arc<CoordinatorState>, streams: &JetStreamHandles, message: Message, orphans: &mpsc::Sender<Completion>) {
    let delivered = message.info().map_or(1, |info| info.delivered);
    let (message, acker) = message.split();
    let (version, object) = codec::header(&message);
    if version.is_some_and(|v| v > VERSION) {
        return park(state, &acker, version).await;
    }
    let message: ReportMessage = match codec::unpack(&message, &streams.payloads).await {
        Ok(message) => message,
        Err(e @ NatsError::ObjectStore(_)) if delivered < MAX_OBJECT_TRIES => {
            tracing::debug!("a result is tried again: {e}");
            let _ = acker.ack_with(AckKind::Nak(Some(OBJECT_RETRY))).await;
            return;
        }
        Err(e) => {
            // a retry would fail in the same way; its task is published again
            tracing::error!("a result is left out: {e}");
            let _ = acker.ack().await;
            return;
        }
    };
    tracing::debug!(id = message.id, host_key = message.host_key, rest = message.host_delay_ms, "result");
    if !state.in_progress.begin(&message.id, Arc::new(acker)) {
        return;
    }
    let guard = InProgressGuard { state: Arc::clone(state), streams: streams.clone(), id: message.id.clone(), object };
    let ours = message.id.strip_prefix(&state.session_id).is_some_and(|n| n.starts_with('-'));
    let rest = Duration::from_millis(message.host_delay_ms);
    state.hosts(|hosts| hosts.completed(&message.host_key, &message.id, ours, rest, Instant::now()));
    let completion = Completion { meta: message.meta, report: message.report, ack: AckHandle(Some(guard.ack().boxed())) };
    let orphan = match state.take_waiting(&message.id) {
        Some(to) => to.send(completion).err(),
        None => Some(completion),
    };
    if let Some(orphan) = orphan {
        let _ = orphans.send(orphan).await;
    }
}
