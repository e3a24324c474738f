//! Politeness: per host one request at a time with a pause between, over all hosts a limit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// A host that asked for more patience than this is not waited for: the caller goes on and comes back later.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Keys are forgotten above this many, once nobody waits for them: memory does not grow with the number of hosts.
const KEEP: usize = 4096;

pub(super) struct Queue {
    hosts: StdMutex<HashMap<String, Arc<Mutex<Instant>>>>,
    all: Semaphore,
    delay: Duration,
}

/// The right to ask one host; the pause starts when it is dropped.
pub(super) struct Turn<'q> {
    free_at: OwnedMutexGuard<Instant>,
    delay: Duration,
    _permit: SemaphorePermit<'q>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let earliest = Instant::now() + self.delay;
        *self.free_at = earliest.max(*self.free_at);
    }
}

impl Turn<'_> {
    /// Keeps the host to itself for at least this long.
    pub(super) fn pause(&mut self, pause: Duration) {
        *self.free_at = Instant::now() + pause;
    }
}

impl Queue {
    pub(super) fn new(at_once: usize, delay: Duration) -> Self {
        Self { hosts: StdMutex::default(), all: Semaphore::new(at_once), delay }
    }

    /// Waits for one's turn at this host; where that would be longer than the usual pause and [`PATIENCE`], gives how
    /// long the host asked for.
    pub(super) async fn turn(&self, key: &str) -> Result<Turn<'_>, Duration> {
        let slot = self.slot(key);
        let free_at = slot.lock_owned().await;
        let wait = free_at.saturating_duration_since(Instant::now());
        if wait > PATIENCE.max(self.delay) {
            return Err(wait);
        }
        tokio::time::sleep_until(*free_at).await;
        let permit = match self.all.acquire().await {
            Ok(permit) => permit,
            // the semaphore is closed nowhere; without a permit waiting for ever is the only honest answer
            Err(_closed) => std::future::pending().await,
        };
        Ok(Turn { free_at, delay: self.delay, _permit: permit })
    }

    fn slot(&self, key: &str) -> Arc<Mutex<Instant>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() > KEEP {
            let now = Instant::now();
            hosts.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|t| *t > now));
        }
        Arc::clone(hosts.entry(key.to_owned()).or_insert_with(|| Arc::new(Mutex::new(Instant::now()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_host_is_asked_once_a_pause() {
        let queue = Queue::new(8, Duration::from_secs(1));
        let start = Instant::now();
        for _ in 0..3 {
            drop(queue.turn("a").await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 2);
        drop(queue.turn("b").await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 2, "another host does not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_a_moment_gets_it() {
        let queue = Queue::new(8, Duration::ZERO);
        let start = Instant::now();
        queue.turn("a").await.unwrap().pause(Duration::from_secs(20));
        drop(queue.turn("a").await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_an_hour_is_not_waited_for_and_not_asked() {
        let queue = Queue::new(8, Duration::ZERO);
        queue.turn("a").await.unwrap().pause(Duration::from_hours(1));
        let start = Instant::now();
        assert_eq!(queue.turn("a").await.err().map(|d| d.as_secs()), Some(3600));
        assert_eq!(start.elapsed().as_secs(), 0);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!(queue.turn("a").await.is_ok());
    }
}
