//! Signs of life of a running service: when its loops last went round, what they did, and what is wrong. Read by the watchdog,
//! the health pages and the console; written in passing, without waiting for anything.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// A loop of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Organ {
    /// Looks at sources and fetches pages.
    Crawl,
    /// Makes drafts.
    Draft,
    /// Works the outbox off.
    Mail,
    /// The store answered a write, with whatever.
    Store,
}

impl Organ {
    /// Each, with its name in metrics and how long it may stay silent: a draft may wait for a language model, a letter ten
    /// minutes for the server's last word (RFC 5321 §4.5.3.2.6).
    pub const ALL: [(Self, &'static str, Duration); 4] = [
        (Self::Crawl, "crawl", Duration::from_mins(5)),
        (Self::Draft, "draft", Duration::from_mins(20)),
        (Self::Mail, "mail", Duration::from_mins(20)),
        (Self::Store, "store", Duration::from_mins(2)),
    ];
}

/// Something that must be seen by people, each kind once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// sources.toml is broken; the last good list is in force.
    Sources,
    /// qingbao.toml or the taxonomy is broken; the last good ones are in force.
    Settings,
    /// Too little room left: nothing is fetched.
    Disk,
    /// The database file was removed or replaced.
    Database,
    /// Letters are held after a restore.
    Held,
    /// Nobody on the network answers.
    Network,
    /// No worker is there to do the work of the crawl.
    Workers,
}

impl Alarm {
    /// Its name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Settings => "settings",
            Self::Disk => "disk",
            Self::Database => "database",
            Self::Held => "held",
            Self::Network => "network",
            Self::Workers => "workers",
        }
    }
}

/// Visits of one outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Visits {
    /// How many.
    pub count: u64,
    /// How long they took together.
    pub time: Duration,
}

/// Signs of life.
#[derive(Debug)]
pub struct Vitals {
    started: Instant,
    /// Milliseconds after the start, one per organ.
    beats: [AtomicU64; 4],
    visits: Mutex<BTreeMap<&'static str, Visits>>,
    articles: AtomicU64,
    last_article: AtomicI64,
    crawled: AtomicBool,
    fetching: AtomicBool,
    alarms: RwLock<BTreeMap<Alarm, String>>,
}

impl Default for Vitals {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            beats: Default::default(),
            visits: Mutex::default(),
            articles: AtomicU64::new(0),
            last_article: AtomicI64::new(0),
            crawled: AtomicBool::new(false),
            fetching: AtomicBool::new(true),
            alarms: RwLock::default(),
        }
    }
}

impl Vitals {
    /// A loop went round.
    pub fn beat(&self, organ: Organ) {
        let at = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(beat) = self.beats.get(organ as usize) {
            beat.store(at, Ordering::Relaxed);
        }
    }

    /// How long ago that was; since the start where it never did.
    pub fn silence(&self, organ: Organ) -> Duration {
        let at = self.beats.get(organ as usize).map_or(0, |b| b.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(Duration::from_millis(at))
    }

    /// Loops that have been silent for too long.
    pub fn stuck(&self) -> Vec<&'static str> {
        Organ::ALL.iter().filter(|(organ, _, most)| self.silence(*organ) > *most).map(|o| o.1).collect()
    }

    /// How long the service runs.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// A visit ended; `code` is one of a fixed set of words.
    pub fn visited(&self, code: &'static str, time: Duration) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        let v = visits.entry(code).or_default();
        v.count += 1;
        v.time += time;
    }

    /// Visits by outcome.
    pub fn visits(&self) -> BTreeMap<&'static str, Visits> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An article was stored.
    pub fn stored_article(&self, now: DateTime<Utc>) {
        self.articles.fetch_add(1, Ordering::Relaxed);
        self.last_article.store(now.timestamp(), Ordering::Relaxed);
    }

    /// Articles since the start, and when the last one came.
    pub fn articles(&self) -> (u64, Option<DateTime<Utc>>) {
        let at = self.last_article.load(Ordering::Relaxed);
        (self.articles.load(Ordering::Relaxed), DateTime::from_timestamp(at, 0).filter(|_| at > 0))
    }

    /// A crawl came to its end.
    pub fn crawled(&self) {
        self.crawled.store(true, Ordering::Relaxed);
    }

    /// Whether one did since the start.
    pub fn has_crawled(&self) -> bool {
        self.crawled.load(Ordering::Relaxed)
    }

    /// Whether anything may be fetched at all.
    pub fn may_fetch(&self) -> bool {
        self.fetching.load(Ordering::Relaxed)
    }

    /// Raises an alarm, in words for people, or ends it. Tells whether that is news.
    pub fn alarm(&self, alarm: Alarm, words: Option<String>) -> bool {
        let mut alarms = self.alarms.write().unwrap_or_else(PoisonError::into_inner);
        let news = match words {
            Some(words) => alarms.insert(alarm, words).is_none(),
            None => alarms.remove(&alarm).is_some(),
        };
        let may = !alarms.contains_key(&Alarm::Disk) && !alarms.contains_key(&Alarm::Database);
        self.fetching.store(may, Ordering::Relaxed);
        news
    }

    /// What is wrong now.
    pub fn alarms(&self) -> BTreeMap<Alarm, String> {
        self.alarms.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_stands_still_is_named() {
        let v = Vitals { started: Instant::now().checked_sub(Duration::from_mins(10)).unwrap(), ..Vitals::default() };
        v.beat(Organ::Store);
        assert_eq!(v.stuck(), ["crawl"], "the others may be silent for longer");
        v.beat(Organ::Crawl);
        assert!(v.stuck().is_empty() && v.silence(Organ::Mail) > Duration::from_mins(9));
    }

    #[test]
    fn alarms_are_told_once_and_stop_what_they_must() {
        let v = Vitals::default();
        assert!(v.alarm(Alarm::Disk, Some("满".into())) && !v.alarm(Alarm::Disk, Some("还是满".into())));
        assert!(!v.may_fetch() && v.alarms()[&Alarm::Disk] == "还是满");
        assert!(v.alarm(Alarm::Sources, Some("坏".into())));
        assert!(v.alarm(Alarm::Disk, None) && !v.alarm(Alarm::Disk, None));
        assert!(v.may_fetch(), "a broken list does not stop the good one");
    }
}
