//! What a worker must know of reconnects: a server that was started anew may have forgotten who was given which task.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::crawl::dispatch::nats::streams::JetStreamHandles;

/// So long after a reconnect, tasks may come a second time as if they were new. Until then every task begins with a pause, and it
/// is checked whether it was done already.
const RECONNECT_GRACE: Duration = Duration::from_secs(30);
/// Tasks are not taken from a server that was started anew before this: a worker that is cut off from it still works on what the
/// server before had given out, until [`LEASE_TIMEOUT`](super::handler::LEASE_TIMEOUT). Servers that keep several copies of the
/// streams do not forget.
pub(super) const SERVER_RESTART_HOLDOFF: Duration = Duration::from_secs(11);

/// How often the connection is looked at.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The connection, and whether it is a new one.
#[derive(Default)]
pub(super) struct ReconnectTracker(Mutex<Option<LastConnect>>);

/// The connection as it was seen last.
struct LastConnect {
    /// Connections made so far.
    connects: u64,
    /// When this one was seen first.
    since: Instant,
    /// The server; each start has an id of its own.
    server: String,
    /// No task is taken before.
    quiet_until: Instant,
}

impl ReconnectTracker {
    /// Whether the connection is new: tasks may come that the server forgot having given out.
    pub(super) fn is_new(&self, streams: &JetStreamHandles) -> bool {
        self.last(streams, |seen| seen.since.elapsed() < RECONNECT_GRACE)
    }

    /// When tasks may be taken.
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
