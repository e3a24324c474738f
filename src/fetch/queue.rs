//! Politeness: per lane one request at a time with a pause between, over all lanes a limit.
//!
//! A lane is what shares one limit: a host and port, a registrable domain, or a source, as the source's `rate_key` says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::domain::registrable;
use crate::model::{RateKey, Source, WebUrl};

/// A lane that asked for more patience than this is not waited for: the caller goes on and comes back later.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Keys are forgotten above this many, once nobody waits for them: memory does not grow with the number of hosts.
const KEEP: usize = 4096;
/// Share of the pause added by chance, so that many lanes do not beat in time.
const JITTER: f64 = 0.2;

/// The lane in which a source asks for an address.
pub fn lane(source: &Source, url: &WebUrl) -> String {
    match source.rate_key {
        RateKey::Host => url.authority(),
        RateKey::Source => format!("source {}", source.id),
        RateKey::Domain => registrable(url.host()).to_owned(),
    }
}

/// A share of `JITTER` between 0 and 1 that looks random and is the same in every run.
pub(crate) fn jitter(key: &str, n: u64) -> f64 {
    (xxh3_64_with_seed(key.as_bytes(), n) >> 11) as f64 / (1u64 << 53) as f64
}

#[derive(Debug)]
struct Slot {
    free_at: Instant,
    /// What the host asks for beyond our own pause.
    crawl_delay: Duration,
    turns: u64,
}

pub(super) struct Queue {
    lanes: StdMutex<HashMap<String, Arc<Mutex<Slot>>>>,
    all: Semaphore,
    delay: Duration,
}

/// What is known of a lane's pace by whoever wants a turn.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    /// The pause that the site's robots.txt asks for.
    pub(super) crawl_delay: Option<Duration>,
    /// Another process may have asked a moment ago: a full pause comes first.
    pub(super) cold: bool,
}

/// The right to ask in one lane; the pause starts when it is dropped.
pub(super) struct Turn<'q> {
    slot: OwnedMutexGuard<Slot>,
    pause: Duration,
    _permit: SemaphorePermit<'q>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let earliest = Instant::now() + self.pause.max(self.slot.crawl_delay);
        self.slot.free_at = earliest.max(self.slot.free_at);
    }
}

impl Turn<'_> {
    /// Keeps the lane to itself for at least this long.
    pub(super) fn pause(&mut self, pause: Duration) {
        self.slot.free_at = Instant::now() + pause;
    }
}

impl Queue {
    pub(super) fn new(at_once: usize, delay: Duration) -> Self {
        Self { lanes: StdMutex::default(), all: Semaphore::new(at_once), delay }
    }

    /// Waits for one's turn in this lane; where that would be longer than the usual pause and [`PATIENCE`], gives how
    /// long the site asked for.
    pub(super) async fn turn(&self, lane: &str, pace: Pace) -> Result<Turn<'_>, Duration> {
        let slot = self.slot(lane);
        let mut slot = slot.lock_owned().await;
        slot.crawl_delay = pace.crawl_delay.unwrap_or(slot.crawl_delay);
        if pace.cold {
            slot.free_at = slot.free_at.max(Instant::now() + self.delay.mul_f64(1.0 + JITTER).max(slot.crawl_delay));
        }
        let wait = slot.free_at.saturating_duration_since(Instant::now());
        if wait > PATIENCE.max(self.delay.mul_f64(1.0 + JITTER)).max(slot.crawl_delay) {
            return Err(wait);
        }
        tokio::time::sleep_until(slot.free_at).await;
        let permit = match self.all.acquire().await {
            Ok(permit) => permit,
            // the semaphore is closed nowhere; without a permit waiting for ever is the only honest answer
            Err(_closed) => std::future::pending().await,
        };
        slot.turns += 1;
        let pause = self.delay.mul_f64(1.0 + JITTER * jitter(lane, slot.turns));
        Ok(Turn { slot, pause, _permit: permit })
    }

    /// How long until this lane may be asked again; `None` while somebody asks.
    pub(super) fn free_in(&self, lane: &str) -> Option<Duration> {
        let slot = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).get(lane).map(Arc::clone);
        match slot {
            None => Some(Duration::ZERO),
            Some(slot) => slot.try_lock().ok().map(|s| s.free_at.saturating_duration_since(Instant::now())),
        }
    }

    fn slot(&self, lane: &str) -> Arc<Mutex<Slot>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() > KEEP {
            let now = Instant::now();
            lanes.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|s| s.free_at > now));
        }
        let new = || Arc::new(Mutex::new(Slot { free_at: Instant::now(), crawl_delay: Duration::ZERO, turns: 0 }));
        Arc::clone(lanes.entry(lane.to_owned()).or_insert_with(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_lane_is_asked_once_a_pause_and_never_sooner() {
        let queue = Queue::new(8, Duration::from_secs(1));
        let start = Instant::now();
        let mut last = None;
        for _ in 0..20 {
            let turn = queue.turn("a", Pace::default()).await.unwrap();
            if let Some(last) = last.replace(Instant::now()) {
                let gap = Instant::now() - last;
                assert!(gap >= Duration::from_secs(1) && gap <= Duration::from_millis(1210), "{gap:?}");
            }
            drop(turn);
        }
        let before = start.elapsed();
        drop(queue.turn("b", Pace::default()).await.unwrap());
        assert_eq!(start.elapsed(), before, "another lane does not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_asks_for_a_moment_gets_it() {
        let queue = Queue::new(8, Duration::ZERO);
        let start = Instant::now();
        queue.turn("a", Pace::default()).await.unwrap().pause(Duration::from_secs(20));
        assert_eq!(queue.free_in("a").map(|d| d.as_secs()), Some(20));
        drop(queue.turn("a", Pace::default()).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crawl_delay_longer_than_ours_holds_for_every_later_turn() {
        let queue = Queue::new(8, Duration::from_secs(1));
        let pace = Pace { crawl_delay: Some(Duration::from_secs(10)), cold: false };
        drop(queue.turn("a", pace).await.unwrap());
        let start = Instant::now();
        for _ in 0..3 {
            drop(queue.turn("a", Pace::default()).await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_others_may_have_asked_gets_its_full_pause_first() {
        let queue = Queue::new(8, Duration::from_secs(1));
        let start = Instant::now();
        drop(queue.turn("a", Pace { crawl_delay: Some(Duration::from_secs(7)), cold: true }).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 7);
        drop(queue.turn("b", Pace { crawl_delay: None, cold: true }).await.unwrap());
        assert_eq!(start.elapsed().as_millis(), 8_200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_that_asks_for_an_hour_is_not_waited_for_and_not_asked() {
        let queue = Queue::new(8, Duration::ZERO);
        queue.turn("a", Pace::default()).await.unwrap().pause(Duration::from_hours(1));
        let start = Instant::now();
        assert_eq!(queue.turn("a", Pace::default()).await.err().map(|d| d.as_secs()), Some(3600));
        assert_eq!(start.elapsed().as_secs(), 0);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert!(queue.turn("a", Pace::default()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_limit_ask_at_once_over_all_lanes() {
        let queue = Arc::new(Queue::new(3, Duration::ZERO));
        let now = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for i in 0..20 {
            let (queue, now) = (Arc::clone(&queue), Arc::clone(&now));
            tasks.spawn(async move {
                let turn = queue.turn(&format!("lane {i}"), Pace::default()).await;
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
        assert_eq!(lane(&s, &url), "www.kjt.henan.gov.cn:8080");
        s.rate_key = RateKey::Domain;
        assert_eq!(lane(&s, &url), "henan.gov.cn");
        s.rate_key = RateKey::Source;
        assert_eq!(lane(&s, &url), "source kjt");
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
