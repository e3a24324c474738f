//! Tasks that block their host although no worker runs them: NATS can resurrect deleted messages after a crash, or keep one and
//! never deliver it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::jetstream::Message;

use crate::crawl::dispatch::nats::cluster_status::ClusterStatus;
use crate::crawl::dispatch::nats::streams::{JetStreamHandles, LEASE, TASKS};

/// A task that no worker reports for this long, although some have room, is delivered to nobody: NATS redelivers a task after
/// [`LEASE`], and workers report their tasks every ten seconds.
const UNREPORTED_TIMEOUT: Duration = LEASE.saturating_mul(3);

/// Unreported tasks, with the time since when.
#[derive(Default)]
pub(super) struct Unreported(Mutex<HashMap<u64, Instant>>);

impl Unreported {
    /// Whether no worker runs a task that was delivered.
    fn is_lost(&self, sequence: u64, status: &ClusterStatus, now: Instant) -> bool {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // old records are done
        since.retain(|_, at| now.duration_since(*at) < UNREPORTED_TIMEOUT * 20);
        let has_room = status.alive().any(|w| w.heartbeat.in_work < w.heartbeat.concurrency);
        if status.error.is_some() || !has_room || status.alive().any(|w| w.heartbeat.tasks.contains(&sequence)) {
            since.remove(&sequence);
            return false;
        }
        now.duration_since(*since.entry(sequence).or_insert(now)) >= UNREPORTED_TIMEOUT
    }
}

impl JetStreamHandles {
    /// Deletes a stale task message that still blocks its host. Returns whether it did.
    pub(super) async fn purge_stale_message(&self, subject: &str, unreported: &Unreported, status: &ClusterStatus) -> bool {
        let purge = async {
            let stream = self.js.get_stream_no_info(TASKS).await.ok()?;
            let message = stream.get_last_raw_message_by_subject(subject).await.ok()?;
            let consumer = self.tasks.get_info().await.ok()?;
            let done = message.sequence <= consumer.ack_floor.stream_sequence;
            let delivered = message.sequence <= consumer.delivered.stream_sequence;
            let lost = done || delivered && unreported.is_lost(message.sequence, status, Instant::now());
            lost.then_some(())?;
            stream.delete_message(message.sequence).await.ok()
        };
        let found = purge.await.unwrap_or(false);
        if found {
            tracing::warn!("a task that nobody works on held its host after a restart of NATS, and is deleted");
        }
        found
    }

    /// Whether a task was redelivered after a later one was published for its host: a host holds one, so it was done. `None` if
    /// NATS does not answer.
    pub(super) async fn is_stale(&self, message: &Message) -> Option<bool> {
        let stream = self.js.get_stream_no_info(TASKS).await.ok()?;
        let last = stream.get_last_raw_message_by_subject(&message.subject).await.ok()?;
        Some(last.sequence > message.info().ok()?.stream_sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::dispatch::nats::cluster_status::{Heartbeat, WorkerStatus};

    fn status(tasks: Vec<u64>, concurrency: usize) -> ClusterStatus {
        let heartbeat = Heartbeat { in_work: tasks.len(), concurrency, tasks, ..Heartbeat::of_test("w", 1) };
        ClusterStatus { workers: vec![WorkerStatus { heartbeat, last_seen: Duration::ZERO, tasks_per_second: 0.0 }], ..ClusterStatus::default() }
    }

    #[test]
    fn only_a_task_that_nobody_reports_for_long_while_there_is_room_is_lost() {
        let (start, later) = (Instant::now(), Instant::now() + UNREPORTED_TIMEOUT);
        for (name, status, lost) in [
            ("nobody works on it", status(vec![8], 4), true),
            ("it is worked on", status(vec![7], 4), false),
            ("all are busy", status(vec![8], 1), false),
            ("nothing is known", ClusterStatus { error: Some("away".into()), ..status(vec![8], 4) }, false),
        ] {
            let unreported = Unreported::default();
            assert!(!unreported.is_lost(7, &status, start), "{name}");
            assert_eq!(unreported.is_lost(7, &status, later), lost, "{name}");
        }
        let unreported = Unreported::default();
        assert!(!unreported.is_lost(7, &status(vec![], 4), start));
        assert!(!unreported.is_lost(7, &status(vec![7], 4), later), "reported meanwhile");
        assert!(!unreported.is_lost(7, &status(vec![], 4), later), "and unreported anew");
    }
}
