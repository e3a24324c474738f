//! What is known of the connection: whether it is new, and whether the server behind it is.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::crawl::dispatch::nats::streams::JetStreamHandles;

/// So long after the connection stood up, tasks of before may come again as if they were new: a server that was killed may have
/// forgotten who was given what. Until then every task begins with a pause, and is checked for being a ghost.
const RECONNECT_GRACE: Duration = Duration::from_secs(45);
/// Tasks are not taken from a server that was started anew before this: whoever is cut off from it still works on what the one
/// before had given out, until [`LEASE_TIMEOUT`](super::deal::LEASE_TIMEOUT).
const SERVER_RESTART_HOLDOFF: Duration = Duration::from_secs(25);

#[derive(Default)]
pub(super) struct Connection(Mutex<Option<ConnectionSnapshot>>);

/// As it was seen last.
struct ConnectionSnapshot {
    /// Connections made so far.
    connects: u64,
    /// When the last was seen.
    since: Instant,
    /// The server; each start has an id of its own.
    server: String,
    /// No task is taken before.
    quiet_until: Instant,
}

impl Connection {
    /// Whether it is new: tasks may come that the server forgot having given out.
    pub(super) fn is_new(&self, streams: &JetStreamHandles) -> bool {
        self.snapshot(streams, |seen| seen.since.elapsed() < RECONNECT_GRACE)
    }

    /// When tasks may be taken.
    pub(super) fn quiet_until(&self, streams: &JetStreamHandles) -> Instant {
        self.snapshot(streams, |seen| seen.quiet_until)
    }

    fn snapshot<T>(&self, streams: &JetStreamHandles, f: impl FnOnce(&ConnectionSnapshot) -> T) -> T {
        let client = streams.js.client();
        let connects = client.statistics().connects.load(Ordering::Relaxed);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = last.as_ref().filter(|seen| seen.connects == connects) {
            return f(seen);
        }
        let (server, now) = (client.server_info().server_id, Instant::now());
        let quiet_until = match last.as_ref() {
            Some(seen) if seen.server == server => seen.quiet_until,
            Some(_) => {
                tracing::warn!("another NATS server, or one started anew: no task is taken for {} s", SERVER_RESTART_HOLDOFF.as_secs());
                now + SERVER_RESTART_HOLDOFF
            }
            None => now,
        };
        f(last.insert(ConnectionSnapshot { connects, since: now, server, quiet_until }))
    }
}
