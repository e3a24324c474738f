//! Results that were delivered and are not in the store yet.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::jetstream::AckKind;
use async_nats::jetstream::message::Acker;

/// How long a result of a newer version is left alone.
pub(super) const REQUEUE_DELAY: Duration = Duration::from_secs(30);
/// Most of these results; tasks of the others are published again later.
pub(super) const MAX_PARKED: usize = 256;

/// Results that the crawl is applying, by id.
#[derive(Default)]
pub(super) struct InProgress(Mutex<HashMap<String, Arc<Acker>>>);

impl InProgress {
    /// Records a delivery. Returns false if an earlier delivery is still being applied.
    pub(super) fn begin(&self, id: &str, acker: Arc<Acker>) -> bool {
        self.with(|all| all.insert(id.to_owned(), acker).is_none())
    }

    /// Removes a result and returns its acknowledger.
    pub(super) fn end(&self, id: &str) -> Option<Arc<Acker>> {
        self.with(|all| all.remove(id))
    }

    /// Extends the lease of all of them.
    pub(super) async fn extend(&self) {
        for acker in self.with(|all| all.values().cloned().collect::<Vec<_>>()) {
            if let Err(e) = acker.ack_with(AckKind::Progress).await {
                tracing::debug!("a result cannot be kept: {e}");
            }
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut HashMap<String, Arc<Acker>>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Recent results that need a newer version.
#[derive(Default)]
pub(super) struct Parked(Mutex<VecDeque<Instant>>);

impl Parked {
    /// Records one more. Returns how many came within [`REQUEUE_DELAY`], and whether it is the first for a while.
    pub(super) fn note(&self, now: Instant) -> (usize, bool) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.front().is_some_and(|at| now.duration_since(*at) > REQUEUE_DELAY) {
            seen.pop_front();
        }
        let first = seen.is_empty();
        // stop counting above the limit: those results are not kept
        if seen.len() <= MAX_PARKED {
            seen.push_back(now);
        }
        (seen.len(), first)
    }

    pub(super) fn any(&self, now: Instant) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.back().is_some_and(|at| now.duration_since(*at) < REQUEUE_DELAY * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_newer_workers_are_told_once_and_few_of_them_wait() {
        let (parked, now) = (Parked::default(), Instant::now());
        assert!(!parked.any(now));
        assert_eq!(parked.note(now), (1, true));
        let counts: Vec<usize> = (0..MAX_PARKED * 2).map(|_| parked.note(now).0).collect();
        assert_eq!((counts[0], counts[MAX_PARKED * 2 - 1]), (2, MAX_PARKED + 1));
        assert!(parked.any(now + REQUEUE_DELAY) && !parked.any(now + REQUEUE_DELAY * 2));
        assert_eq!(parked.note(now + REQUEUE_DELAY * 2), (1, true));
    }
}
