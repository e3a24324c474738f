//! Politeness: per host one request at a time with a delay between two, and a limit over all hosts.
//!
//! A host key names what shares one limit: a host and port, a registrable domain, or a source, as the source's `rate_key` says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::fetch::host::registrable_domain;
use crate::model::{RateKey, Source, WebUrl};

/// If a host asks for a longer delay than this, do not wait; reschedule the job.
pub(crate) const MAX_HOST_WAIT: Duration = Duration::from_secs(30);
/// Above this many keys, unused ones are forgotten, so memory does not grow with the number of hosts.
const MAX_SLOTS: usize = 4096;
/// Random share of the delay, so that many hosts do not move in step.
const JITTER: f64 = 0.2;

/// Returns the key of the limit that a source's requests to an address share.
pub fn host_key(source: &Source, url: &WebUrl) -> String {
    if url.is_stand_in() {
        // mailboxes are read beside each other
        return format!("mailbox {}", source.id);
    }
    match source.rate_key {
        RateKey::Host => url.authority(),
        RateKey::Source => format!("source {}", source.id),
        RateKey::Domain => registrable_domain(url.host()).to_owned(),
    }
}

/// Returns a share of `JITTER` between 0 and 1: random-looking, but the same in every run.
pub(crate) fn jitter(key: &str, n: u64) -> f64 {
    (xxh3_64_with_seed(key.as_bytes(), n) >> 11) as f64 / (1u64 << 53) as f64
}

#[derive(Debug)]
struct HostSlot {
    free_at: Instant,
    /// What the host asks for beyond our own delay.
    crawl_delay: Duration,
    turns: u64,
}

pub(super) struct HostLimiter {
    slots: StdMutex<HashMap<String, Arc<Mutex<HostSlot>>>>,
    all: Semaphore,
    delay: Duration,
}

/// What a request knows of the host's delays.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DelayPolicy {
    /// From robots.txt.
    pub(super) crawl_delay: Option<Duration>,
    /// Another process may have requested this host recently: wait one full delay first.
    pub(super) initial_delay: bool,
}

/// Permission for one request to a host; the delay starts when it is dropped.
pub(super) struct HostPermit<'q> {
    slot: OwnedMutexGuard<HostSlot>,
    back_off: Duration,
    _permit: SemaphorePermit<'q>,
}

impl Drop for HostPermit<'_> {
    fn drop(&mut self) {
        let earliest = Instant::now() + self.back_off.max(self.slot.crawl_delay);
        self.slot.free_at = earliest.max(self.slot.free_at);
    }
}

impl HostPermit<'_> {
    /// Blocks the host for at least this long.
    pub(super) fn back_off(&mut self, pause: Duration) {
        self.slot.free_at = Instant::now() + pause;
    }
}

impl HostLimiter {
    pub(super) fn new(at_once: usize, delay: Duration) -> Self {
        Self { slots: StdMutex::default(), all: Semaphore::new(at_once), delay }
    }

    /// Waits for the host's turn. If that takes longer than the usual delay and [`MAX_HOST_WAIT`], returns the delay that the
    /// site asked for.
    pub(super) async fn acquire(&self, host_key: &str, pace: DelayPolicy) -> Result<HostPermit<'_>, Duration> {
        let slot = self.slot_for(host_key);
        let mut slot = slot.lock_owned().await;
        slot.crawl_delay = pace.crawl_delay.unwrap_or(slot.crawl_delay);
        if pace.initial_delay {
            slot.free_at = slot.free_at.max(Instant::now() + self.delay.mul_f64(1.0 + JITTER).max(slot.crawl_delay));
        }
        let wait = slot.free_at.saturating_duration_since(Instant::now());
        if wait > MAX_HOST_WAIT.max(self.delay.mul_f64(1.0 + JITTER)).max(slot.crawl_delay) {
            return Err(wait);
        }
        tokio::time::sleep_until(slot.free_at).await;
        let permit = match self.all.acquire().await {
            Ok(permit) => permit,
            // nobody closes the semaphore; without a permit, waiting forever is the only safe answer
            Err(_closed) => std::future::pending().await,
        };
        slot.turns += 1;
        let pause = self.delay.mul_f64(1.0 + JITTER * jitter(host_key, slot.turns));
        Ok(HostPermit { slot, back_off: pause, _permit: permit })
    }

    /// Returns the delay until the host's next turn; `None` during a request.
    pub(super) fn delay_until_free(&self, host_key: &str) -> Option<Duration> {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).get(host_key).map(Arc::clone);
        match slot {
            None => Some(Duration::ZERO),
            Some(slot) => slot.try_lock().ok().map(|s| s.free_at.saturating_duration_since(Instant::now())),
        }
    }

    fn slot_for(&self, host_key: &str) -> Arc<Mutex<HostSlot>> {
        let mut hosts = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() > MAX_SLOTS {
            let now = Instant::now();
            hosts.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|s| s.free_at > now));
        }
        let new = || Arc::new(Mutex::new(HostSlot { free_at: Instant::now(), crawl_delay: Duration::ZERO, turns: 0 }));
        Arc::clone(hosts.entry(host_key.to_owned()).or_insert_with(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_lane_is_asked_once_a_pause_and_never_sooner() {
        let queue = HostLimiter::new(8, Duration::from_secs(1));
        let start = Instant::now();
        let mut last = None;
        for _ in 0..20 {
            let turn = queue.acquire("a", DelayPolicy::default()).await.unwrap();
            if let Some(last) = last.replace(Instant::now()) {
                let gap = Instant::now() - last;
                assert!(gap >= Duration::from_secs(1) && gap <= Duration::from_millis(1210), "{gap:?}");
            }
            drop(turn);
        }
        let before = start.elapsed();
        drop(queue.acquire("b", DelayPolicy::default()).await.unwrap());
        assert_eq!(start.elapsed(), before, "another host does not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_asks_for_a_moment_gets_it() {
        let queue = HostLimiter::new(8, Duration::ZERO);
        let start = Instant::now();
        queue.acquire("a", DelayPolicy::default()).await.unwrap().back_off(Duration::from_secs(20));
        assert_eq!(queue.delay_until_free("a").map(|d| d.as_secs()), Some(20));
        drop(queue.acquire("a", DelayPolicy::default()).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crawl_delay_longer_than_ours_holds_for_every_later_turn() {
        let queue = HostLimiter::new(8, Duration::from_secs(1));
        let pace = DelayPolicy { crawl_delay: Some(Duration::from_secs(10)), initial_delay: false };
        drop(queue.acquire("a", pace).await.unwrap());
        let start = Instant::now();
        for _ in 0..3 {
            drop(queue.acquire("a", DelayPolicy::default()).await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_others_may_have_asked_gets_its_full_pause_first() {
        let queue = HostLimiter::new(8, Duration::from_secs(1));
        let start = Instant::now();
        drop(queue.acquire("a", DelayPolicy { crawl_delay: Some(Duration::from_secs(7)), initial_delay: true }).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 7);
        drop(queue.acquire("b", DelayPolicy { crawl_delay: None, initial_delay: true }).await.unwrap());
        assert_eq!(start.elapsed().as_millis(), 8_200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_asks_for_an_hour_is_not_waited_for_and_not_asked() {
        let queue = HostLimiter::new(8, Duration::ZERO);
        queue.acquire("a", DelayPolicy::default()).await.unwrap().back_off(Duration::from_hours(1));
        let start = Instant::now();
        assert_eq!(queue.acquire("a", DelayPolicy::default()).await.err().map(|d| d.as_secs()), Some(3600));
        assert_eq!(start.elapsed().as_secs(), 0);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!(queue.acquire("a", DelayPolicy::default()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_ask_at_once_over_all_lanes() {
        let queue = Arc::new(HostLimiter::new(3, Duration::ZERO));
        let now = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for i in 0..20 {
            let (queue, now) = (Arc::clone(&queue), Arc::clone(&now));
            tasks.spawn(async move {
                let turn = queue.acquire(&format!("host {i}"), DelayPolicy::default()).await;
                let at_once = now.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
                now.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                drop(turn);
                at_once
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().max(), Some(3));
    }

    #[test]
    fn lanes_follow_the_rate_key() {
        use crate::model::SourceId;
        let url = WebUrl::parse("http://www.kjt.henan.gov.cn:8080/x").unwrap();
        let mut s = Source::plain(SourceId::parse("kjt").unwrap(), "k".into(), url.clone());
        assert_eq!(host_key(&s, &url), "www.kjt.henan.gov.cn:8080");
        s.rate_key = RateKey::Domain;
        assert_eq!(host_key(&s, &url), "henan.gov.cn");
        s.rate_key = RateKey::Source;
        assert_eq!(host_key(&s, &url), "source kjt");
    }

    #[test]
    fn jitter_is_spread_and_repeatable() {
        let values: Vec<f64> = (0..1000).map(|n| jitter("a", n)).collect();
        assert!(values.iter().all(|v| (0.0..1.0).contains(v)));
        let mean = values.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert_eq!(jitter("a", 7).to_bits(), jitter("a", 7).to_bits());
    }
}
