//! The frontier: a bounded window on the work that waits in the store, ordered so that every host gets its turn and no host gets
//! two requests at once.
//!
//! Pure: time is a parameter. The store holds all work; the window holds only ids, a few per host, so memory depends neither on
//! the number of sources nor on the backlog.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crate::model::{EntryId, SourceId};

/// Most jobs in the window.
pub const MAX_QUEUED: usize = 2048;
/// Most jobs per host.
pub const MAX_PER_HOST: usize = 8;

/// A unit of work.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Job {
    /// Poll a source for new entries.
    Poll(SourceId),
    /// Fetch the page of an entry.
    Fetch(EntryId),
}

/// A job whose turn has come.
#[derive(Debug, Clone)]
pub struct ReadyJob {
    pub host_key: Arc<str>,
    pub job: Job,
    /// The host has more jobs.
    pub more: bool,
}

#[derive(Debug, Default)]
struct HostQueue {
    polls: VecDeque<Job>,
    articles: VecDeque<Job>,
    busy: bool,
    /// Its place in the order of hosts.
    position: Option<(Instant, u64)>,
}

impl HostQueue {
    fn waiting(&self) -> usize {
        self.polls.len() + self.articles.len()
    }
}

#[derive(Debug, Default)]
pub struct FrontierWindow {
    hosts: HashMap<Arc<str>, HostQueue>,
    order: BTreeSet<(Instant, u64, Arc<str>)>,
    known: HashSet<Job>,
    pending: usize,
    arrivals: u64,
}

impl FrontierWindow {
    /// Adds a job unless it is already here or running, or there is no room; `free_at` is when its host is free.
    pub fn push(&mut self, host_key: &str, job: Job, free_at: Instant) -> bool {
        if self.pending >= MAX_QUEUED || self.known.contains(&job) || self.room(host_key) == 0 {
            return false;
        }
        let key = self.hosts.get_key_value(host_key).map_or_else(|| Arc::from(host_key), |(k, _)| Arc::clone(k));
        let entry = self.hosts.entry(Arc::clone(&key)).or_default();
        match &job {
            Job::Poll(_) => entry.polls.push_back(job.clone()),
            Job::Fetch(_) => entry.articles.push_back(job.clone()),
        }
        self.known.insert(job);
        self.pending += 1;
        self.enqueue_host(&key, free_at);
        true
    }

    /// Returns how many more jobs of a host fit.
    pub fn room(&self, host_key: &str) -> usize {
        MAX_PER_HOST.saturating_sub(self.hosts.get(host_key).map_or(0, HostQueue::waiting))
    }

    /// Takes the next job whose host is free: hosts that waited longest first, and at a host polls before pages.
    pub fn pop(&mut self, now: Instant) -> Option<ReadyJob> {
        let (at, arrival, host_key) = self.order.first().cloned().filter(|(at, ..)| *at <= now)?;
        self.order.remove(&(at, arrival, Arc::clone(&host_key)));
        let entry = self.hosts.get_mut(&host_key)?;
        entry.position = None;
        let job = entry.polls.pop_front().or_else(|| entry.articles.pop_front())?;
        entry.busy = true;
        self.pending -= 1;
        Some(ReadyJob { more: entry.waiting() > 0, host_key, job })
    }

    /// Ends a job; its host is free again at `free_at`.
    pub fn done(&mut self, host_key: &Arc<str>, job: &Job, free_at: Instant) {
        self.known.remove(job);
        if let Some(entry) = self.hosts.get_mut(host_key) {
            entry.busy = false;
            if entry.waiting() == 0 {
                self.hosts.remove(host_key);
            } else {
                self.enqueue_host(host_key, free_at);
            }
        }
    }

    /// Removes and returns the jobs of a host that asked for a delay. The store still has them.
    pub fn clear(&mut self, host_key: &str) -> Vec<Job> {
        let Some(entry) = self.hosts.get_mut(host_key) else { return Vec::new() };
        let dropped: Vec<Job> = entry.polls.drain(..).chain(entry.articles.drain(..)).collect();
        for job in &dropped {
            self.known.remove(job);
            self.pending -= 1;
        }
        if let Some((at, arrival)) = entry.position.take() {
            self.order.remove(&(at, arrival, Arc::from(host_key)));
        }
        if !entry.busy {
            self.hosts.remove(host_key);
        }
        dropped
    }

    /// Returns when the next host is free; `None` if no host has jobs.
    pub fn next_ready_at(&self) -> Option<Instant> {
        self.order.first().map(|(at, ..)| *at)
    }

    /// Returns the number of waiting jobs.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Returns the number of hosts with jobs that are not busy.
    pub fn ready_hosts(&self) -> usize {
        self.order.len()
    }

    fn enqueue_host(&mut self, host_key: &Arc<str>, free_at: Instant) {
        let Some(entry) = self.hosts.get_mut(host_key) else { return };
        if entry.busy || entry.position.is_some() {
            return;
        }
        self.arrivals += 1;
        entry.position = Some((free_at, self.arrivals));
        self.order.insert((free_at, self.arrivals, Arc::clone(host_key)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn page(n: i64) -> Job {
        Job::Fetch(EntryId(n))
    }

    #[test]
    fn lanes_take_turns_and_none_is_asked_by_two() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        for n in 0..3 {
            assert!(f.push("a", page(n), t) && f.push("b", page(10 + n), t));
        }
        assert!(!f.push("a", page(0), t), "known");
        let (first, second) = (f.pop(t).unwrap(), f.pop(t).unwrap());
        assert_ne!(first.host_key, second.host_key);
        assert!(f.pop(t).is_none(), "both hosts are busy");
        let later = t + Duration::from_secs(1);
        f.done(&first.host_key, &first.job, later);
        assert!(f.pop(t).is_none() && f.next_ready_at() == Some(later));
        assert_eq!(f.pop(later).unwrap().host_key, first.host_key);
    }

    #[test]
    fn looks_come_before_pages_and_the_last_job_is_told() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        f.push("a", page(1), t);
        f.push("a", Job::Poll(SourceId::parse("s").unwrap()), t);
        let look = f.pop(t).unwrap();
        assert!(matches!(look.job, Job::Poll(_)) && look.more);
        f.done(&look.host_key, &look.job, t);
        let last = f.pop(t).unwrap();
        assert!(!last.more);
        f.done(&last.host_key, &last.job, t);
        assert_eq!((f.pending(), f.ready_hosts(), f.hosts.len(), f.known.len()), (0, 0, 0, 0), "nothing is remembered");
    }

    #[test]
    fn the_window_is_bounded_per_lane_and_over_all() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        let taken = (0..100).filter(|n| f.push("a", page(*n), t)).count();
        assert_eq!((taken, f.room("a")), (MAX_PER_HOST, 0));
        let taken = (1000..20_000).filter(|n| f.push(&format!("host {n}"), page(*n), t)).count();
        assert_eq!(taken + MAX_PER_HOST, MAX_QUEUED);
    }

    #[test]
    fn a_lane_that_asks_for_patience_is_emptied() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        (0..4).for_each(|n| {
            f.push("a", page(n), t);
        });
        let first = f.pop(t).unwrap();
        f.clear("a");
        assert_eq!(f.pending(), 0);
        f.done(&first.host_key, &first.job, t);
        assert!(f.pop(t).is_none() && f.push("a", page(0), t), "and may be offered again");
        f.clear("a");
        assert!(f.next_ready_at().is_none());
    }

    proptest::proptest! {
        #[test]
        fn every_job_is_done_once_in_any_order(jobs in proptest::collection::vec((0u8..6, 0i64..200), 0..300)) {
            let (mut f, t) = (FrontierWindow::default(), Instant::now());
            let (mut offered, mut done) = (HashSet::new(), Vec::new());
            for (host_key, n) in jobs {
                if f.push(&host_key.to_string(), page(n), t) {
                    proptest::prop_assert!(offered.insert(n), "a job that is done may come again, one that waits may not");
                }
                if n % 3 == 0 && let Some(r) = f.pop(t) {
                    f.done(&r.host_key, &r.job, t);
                    let Job::Fetch(EntryId(n)) = r.job else { unreachable!() };
                    offered.remove(&n);
                    done.push(n);
                }
            }
            while let Some(r) = f.pop(t) {
                f.done(&r.host_key, &r.job, t);
                let Job::Fetch(EntryId(n)) = r.job else { unreachable!() };
                proptest::prop_assert!(offered.remove(&n));
            }
            proptest::prop_assert!(offered.is_empty() && f.hosts.is_empty() && f.known.is_empty() && f.pending() == 0);
        }
    }
}
