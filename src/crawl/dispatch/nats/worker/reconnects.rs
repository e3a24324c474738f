//! Tracks reconnects: a restarted server may have forgotten which worker has which task.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::crawl::dispatch::nats::streams::JetStreamHandles;

/// For this long after a reconnect, old tasks may be redelivered as new. Until then every task starts with a delay, and the
/// worker checks whether it was already done.
const RECONNECT_GRACE: Duration = Duration::from_secs(30);
/// Workers take no tasks from a restarted server before this: a worker that is cut off from it still works on tasks of the
/// previous server, until [`LEASE_TIMEOUT`](super::handler::LEASE_TIMEOUT). Replicated servers do not forget.
pub(super) const SERVER_RESTART_HOLDOFF: Duration = Duration::from_secs(11);

/// How often the connection is checked.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The connection, and whether it is new.
#[derive(Default)]
pub(super) struct ReconnectTracker(Mutex<Option<LastConnect>>);

/// The connection at the last check.
struct LastConnect {
    /// Number of connects so far.
    connects: u64,
    /// First seen.
    since: Instant,
    /// Each start of a server has its own id.
    server: String,
    /// Take no task before.
    quiet_until: Instant,
}

impl ReconnectTracker {
    /// Whether the connection is new, so that tasks may come that the server forgot having delivered.
    pub(super) fn is_new(&self, streams: &JetStreamHandles) -> bool {
        self.last(streams, |seen| seen.since.elapsed() < RECONNECT_GRACE)
    }

    /// Returns when tasks may be taken.
    pub(super) fn quiet_until(&self, streams: &JetStreamHandles) -> Instant {
        self.last(streams, |seen| seen.quiet_until)
    }

    /// Waits for a reconnect.
    pub(super) async fn changed(&self, streams: &JetStreamHandles) {
        let statistics = streams.js.client().statistics();
        let connects = statistics.connects.load(Ordering::Relaxed);
        while statistics.connects.load(Ordering::Relaxed) == connects {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    fn last<T>(&self, streams: &JetStreamHandles, f: impl FnOnce(&LastConnect) -> T) -> T {
        let client = streams.js.client();
        let connects = client.statistics().connects.load(Ordering::Relaxed);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = last.as_ref().filter(|seen| seen.connects == connects) {
            return f(seen);
        }
        let (server, now) = (client.server_info().server_id, Instant::now());
        let quiet_until = match last.as_ref() {
            Some(seen) if seen.server == server || streams.is_replicated() => seen.quiet_until,
            Some(_) => {
                tracing::warn!("NATS was started anew: no task is taken for {} s", SERVER_RESTART_HOLDOFF.as_secs());
                now + SERVER_RESTART_HOLDOFF
            }
            None => now,
        };
        f(last.insert(LastConnect { connects, since: now, server, quiet_until }))
    }
}
