//! State of the running service: last heartbeats of its loops, counters, alarms. Watchdog, health pages and console read it;
//! writers never block.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// A supervised loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    Crawl,
    Draft,
    /// Sends queued e-mails.
    Mail,
    /// Finds alerts, and sends notifications to outlets.
    Outlets,
    /// The database completed a write, successfully or not.
    Store,
    /// The threads for CPU work complete their work.
    Cpu,
}

impl Component {
    /// Every component with its metric name and longest silence: a draft may wait for a language model, a message ten minutes for
    /// the server's last answer (RFC 5321 §4.5.3.2.6).
    pub const ALL: [(Self, &'static str, Duration); 6] = [
        (Self::Crawl, "crawl", Duration::from_mins(5)),
        (Self::Draft, "draft", Duration::from_mins(20)),
        (Self::Mail, "mail", Duration::from_mins(20)),
        (Self::Outlets, "outlets", Duration::from_mins(20)),
        (Self::Store, "store", Duration::from_mins(2)),
        (Self::Cpu, "cpu", Duration::from_mins(3)),
    ];
}

/// A condition that people must see, each kind once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// sources.toml has a mistake; the last good list is used.
    Sources,
    /// qingbao.toml or the taxonomy has a mistake; the last good ones are used.
    Settings,
    /// Too little free space: nothing is fetched.
    Disk,
    Database,
    /// Mail is held after a restore.
    Held,
    /// Letters of a final issue cannot be made.
    Letters,
    /// An outlet accepts no messages.
    Outlets,
    /// No site answers: the network is down.
    Network,
    /// The NATS server is unreachable or unusable.
    Nats,
    /// No worker is connected.
    Workers,
    /// A worker disappeared without signing off.
    WorkerGone,
    /// A worker's version is too old or too new.
    WorkerVersion,
    Queue,
    /// Tasks that crashed their workers were given up.
    DeadLetters,
}

impl Alarm {
    /// Returns the name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Settings => "settings",
            Self::Disk => "disk",
            Self::Database => "database",
            Self::Held => "held",
            Self::Letters => "letters",
            Self::Outlets => "outlets",
            Self::Network => "network",
            Self::Nats => "nats",
            Self::Workers => "workers",
            Self::WorkerGone => "worker_gone",
            Self::WorkerVersion => "worker_version",
            Self::Queue => "queue",
            Self::DeadLetters => "dead_letters",
        }
    }
}

/// Requests with one outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FetchStats {
    pub count: u64,
    /// Total duration.
    pub time: Duration,
}

/// The health registry.
#[derive(Debug)]
pub struct HealthState {
    started: Instant,
    /// Milliseconds after the start, one per component.
    beats: [AtomicU64; Component::ALL.len()],
    fetch_stats: Mutex<BTreeMap<&'static str, FetchStats>>,
    articles: AtomicU64,
    last_article: AtomicI64,
    mark_first_crawl_done: AtomicBool,
    fetching: AtomicBool,
    alarms: RwLock<BTreeMap<Alarm, String>>,
}

impl Default for HealthState {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            beats: Default::default(),
            fetch_stats: Mutex::default(),
            articles: AtomicU64::new(0),
            last_article: AtomicI64::new(0),
            mark_first_crawl_done: AtomicBool::new(false),
            fetching: AtomicBool::new(true),
            alarms: RwLock::default(),
        }
    }
}

impl HealthState {
    /// Records that a loop is alive.
    pub fn heartbeat(&self, component: Component) {
        let at = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(beat) = self.beats.get(component as usize) {
            beat.store(at, Ordering::Relaxed);
        }
    }

    /// Time since the last heartbeat, or since start-up if there was none.
    pub fn time_since_heartbeat(&self, component: Component) -> Duration {
        let at = self.beats.get(component as usize).map_or(0, |b| b.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(Duration::from_millis(at))
    }

    /// Returns the components that have been silent for too long.
    pub fn stalled(&self) -> Vec<&'static str> {
        Component::ALL.iter().filter(|(component, _, most)| self.time_since_heartbeat(*component) > *most).map(|o| o.1).collect()
    }

    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Records a finished request; `code` is one of a fixed set.
    pub fn record_fetch(&self, code: &'static str, time: Duration) {
        let mut visits = self.fetch_stats.lock().unwrap_or_else(PoisonError::into_inner);
        let v = visits.entry(code).or_default();
        v.count += 1;
        v.time += time;
    }

    pub fn fetch_stats(&self) -> BTreeMap<&'static str, FetchStats> {
        self.fetch_stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records a stored article.
    pub fn inc_articles(&self, now: DateTime<Utc>) {
        self.articles.fetch_add(1, Ordering::Relaxed);
        self.last_article.store(now.timestamp(), Ordering::Relaxed);
    }

    /// Returns the articles since start-up, and the time of the last one.
    pub fn articles(&self) -> (u64, Option<DateTime<Utc>>) {
        let at = self.last_article.load(Ordering::Relaxed);
        (self.articles.load(Ordering::Relaxed), DateTime::from_timestamp(at, 0).filter(|_| at > 0))
    }

    pub fn mark_first_crawl_done(&self) {
        self.mark_first_crawl_done.store(true, Ordering::Relaxed);
    }

    pub fn first_crawl_done(&self) -> bool {
        self.mark_first_crawl_done.load(Ordering::Relaxed)
    }

    /// Whether fetching is allowed at all.
    pub fn is_fetch_allowed(&self) -> bool {
        self.fetching.load(Ordering::Relaxed)
    }

    /// Raises an alarm, or clears it with `None`. Returns whether that is a change.
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

    /// Returns the current alarms.
    pub fn alarms(&self) -> BTreeMap<Alarm, String> {
        self.alarms.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_stands_still_is_named() {
        let v = HealthState { started: Instant::now().checked_sub(Duration::from_mins(10)).unwrap(), ..HealthState::default() };
        v.heartbeat(Component::Store);
        v.heartbeat(Component::Cpu);
        assert_eq!(v.stalled(), ["crawl"], "the others may be silent for longer");
        v.heartbeat(Component::Crawl);
        assert!(v.stalled().is_empty() && v.time_since_heartbeat(Component::Mail) > Duration::from_mins(9));
    }

    #[test]
    fn alarms_are_told_once_and_stop_what_they_must() {
        let v = HealthState::default();
        assert!(v.alarm(Alarm::Disk, Some("满".into())) && !v.alarm(Alarm::Disk, Some("还是满".into())));
        assert!(!v.is_fetch_allowed() && v.alarms()[&Alarm::Disk] == "还是满");
        assert!(v.alarm(Alarm::Sources, Some("坏".into())));
        assert!(v.alarm(Alarm::Disk, None) && !v.alarm(Alarm::Disk, None));
        assert!(v.is_fetch_allowed(), "a broken list does not stop the good one");
    }
}
