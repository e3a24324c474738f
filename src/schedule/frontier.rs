//! What is to be asked next: a bounded window on the work that waits in the store, ordered so that every lane gets its
//! turn and no lane is asked by two.
//!
//! Pure: the clock is passed in. The store holds all work; here stand only ids, a few for each lane, so that memory
//! depends neither on the number of sources nor on the length of the backlog.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crate::model::{EntryId, SourceId};

/// Most jobs waiting here, over all lanes.
pub const WINDOW: usize = 2048;
/// Most jobs of one lane waiting here.
pub const PER_LANE: usize = 8;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Job {
    /// Look at a source for new entries.
    Poll(SourceId),
    /// Fetch the page of an entry.
    Fetch(EntryId),
}

/// A job whose turn has come.
#[derive(Debug, Clone)]
pub struct ReadyJob {
    /// Its lane.
    pub lane: Arc<str>,
    /// The job.
    pub job: Job,
    /// Whether the lane has more to do behind it.
    pub more: bool,
}

#[derive(Debug, Default)]
struct HostQueue {
    looks: VecDeque<Job>,
    pages: VecDeque<Job>,
    busy: bool,
    /// Its place in the order of ready lanes.
    place: Option<(Instant, u64)>,
}

impl HostQueue {
    fn waiting(&self) -> usize {
        self.looks.len() + self.pages.len()
    }
}

/// The window.
#[derive(Debug, Default)]
pub struct FrontierWindow {
    lanes: HashMap<Arc<str>, HostQueue>,
    order: BTreeSet<(Instant, u64, Arc<str>)>,
    known: HashSet<Job>,
    waiting: usize,
    arrivals: u64,
}

impl FrontierWindow {
    /// Adds a job unless it is here already, being done, or there is no room; `free_at` is when its lane may be asked.
    pub fn offer(&mut self, lane: &str, job: Job, free_at: Instant) -> bool {
        if self.waiting >= WINDOW || self.known.contains(&job) || self.room(lane) == 0 {
            return false;
        }
        let key = self.lanes.get_key_value(lane).map_or_else(|| Arc::from(lane), |(k, _)| Arc::clone(k));
        let entry = self.lanes.entry(Arc::clone(&key)).or_default();
        match &job {
            Job::Poll(_) => entry.looks.push_back(job.clone()),
            Job::Fetch(_) => entry.pages.push_back(job.clone()),
        }
        self.known.insert(job);
        self.waiting += 1;
        self.line_up(&key, free_at);
        true
    }

    /// How many more jobs of a lane find room.
    pub fn room(&self, lane: &str) -> usize {
        PER_LANE.saturating_sub(self.lanes.get(lane).map_or(0, HostQueue::waiting))
    }

    /// The next job whose lane is free; lanes that waited longest come first, and in a lane looks before pages.
    pub fn take(&mut self, now: Instant) -> Option<ReadyJob> {
        let (at, arrival, lane) = self.order.first().cloned().filter(|(at, ..)| *at <= now)?;
        self.order.remove(&(at, arrival, Arc::clone(&lane)));
        let entry = self.lanes.get_mut(&lane)?;
        entry.place = None;
        let job = entry.looks.pop_front().or_else(|| entry.pages.pop_front())?;
        entry.busy = true;
        self.waiting -= 1;
        Some(ReadyJob { more: entry.waiting() > 0, lane, job })
    }

    /// A job is done; its lane may be asked again from `free_at` on.
    pub fn done(&mut self, lane: &Arc<str>, job: &Job, free_at: Instant) {
        self.known.remove(job);
        if let Some(entry) = self.lanes.get_mut(lane) {
            entry.busy = false;
            if entry.waiting() == 0 {
                self.lanes.remove(lane);
            } else {
                self.line_up(lane, free_at);
            }
        }
    }

    /// Drops what waits in a lane and gives it back: the site asked for patience. The store still has it.
    pub fn clear(&mut self, lane: &str) -> Vec<Job> {
        let Some(entry) = self.lanes.get_mut(lane) else { return Vec::new() };
        let dropped: Vec<Job> = entry.looks.drain(..).chain(entry.pages.drain(..)).collect();
        for job in &dropped {
            self.known.remove(job);
            self.waiting -= 1;
        }
        if let Some((at, arrival)) = entry.place.take() {
            self.order.remove(&(at, arrival, Arc::from(lane)));
        }
        if !entry.busy {
            self.lanes.remove(lane);
        }
        dropped
    }

    /// When the next lane is free; `None` where nothing waits for its lane.
    pub fn next_at(&self) -> Option<Instant> {
        self.order.first().map(|(at, ..)| *at)
    }

    /// Jobs that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Lanes that could be asked if it were their time.
    pub fn lined_up(&self) -> usize {
        self.order.len()
    }

    fn line_up(&mut self, lane: &Arc<str>, free_at: Instant) {
        let Some(entry) = self.lanes.get_mut(lane) else { return };
        if entry.busy || entry.place.is_some() {
            return;
        }
        self.arrivals += 1;
        entry.place = Some((free_at, self.arrivals));
        self.order.insert((free_at, self.arrivals, Arc::clone(lane)));
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
            assert!(f.offer("a", page(n), t) && f.offer("b", page(10 + n), t));
        }
        assert!(!f.offer("a", page(0), t), "known");
        let (first, second) = (f.take(t).unwrap(), f.take(t).unwrap());
        assert_ne!(first.lane, second.lane);
        assert!(f.take(t).is_none(), "both lanes are busy");
        let later = t + Duration::from_secs(1);
        f.done(&first.lane, &first.job, later);
        assert!(f.take(t).is_none() && f.next_at() == Some(later));
        assert_eq!(f.take(later).unwrap().lane, first.lane);
    }

    #[test]
    fn looks_come_before_pages_and_the_last_job_is_told() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        f.offer("a", page(1), t);
        f.offer("a", Job::Poll(SourceId::parse("s").unwrap()), t);
        let look = f.take(t).unwrap();
        assert!(matches!(look.job, Job::Poll(_)) && look.more);
        f.done(&look.lane, &look.job, t);
        let last = f.take(t).unwrap();
        assert!(!last.more);
        f.done(&last.lane, &last.job, t);
        assert_eq!((f.waiting(), f.lined_up(), f.lanes.len(), f.known.len()), (0, 0, 0, 0), "nothing is remembered");
    }

    #[test]
    fn the_window_is_bounded_per_lane_and_over_all() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        let taken = (0..100).filter(|n| f.offer("a", page(*n), t)).count();
        assert_eq!((taken, f.room("a")), (PER_LANE, 0));
        let taken = (1000..20_000).filter(|n| f.offer(&format!("lane {n}"), page(*n), t)).count();
        assert_eq!(taken + PER_LANE, WINDOW);
    }

    #[test]
    fn a_lane_that_asks_for_patience_is_emptied() {
        let (mut f, t) = (FrontierWindow::default(), Instant::now());
        (0..4).for_each(|n| {
            f.offer("a", page(n), t);
        });
        let first = f.take(t).unwrap();
        f.clear("a");
        assert_eq!(f.waiting(), 0);
        f.done(&first.lane, &first.job, t);
        assert!(f.take(t).is_none() && f.offer("a", page(0), t), "and may be offered again");
        f.clear("a");
        assert!(f.next_at().is_none());
    }

    proptest::proptest! {
        #[test]
        fn every_job_is_done_once_in_any_order(jobs in proptest::collection::vec((0u8..6, 0i64..200), 0..300)) {
            let (mut f, t) = (FrontierWindow::default(), Instant::now());
            let (mut offered, mut done) = (HashSet::new(), Vec::new());
            for (lane, n) in jobs {
                if f.offer(&lane.to_string(), page(n), t) {
                    proptest::prop_assert!(offered.insert(n), "a job that is done may come again, one that waits may not");
                }
                if n % 3 == 0 && let Some(r) = f.take(t) {
                    f.done(&r.lane, &r.job, t);
                    let Job::Fetch(EntryId(n)) = r.job else { unreachable!() };
                    offered.remove(&n);
                    done.push(n);
                }
            }
            while let Some(r) = f.take(t) {
                f.done(&r.lane, &r.job, t);
                let Job::Fetch(EntryId(n)) = r.job else { unreachable!() };
                proptest::prop_assert!(offered.remove(&n));
            }
            proptest::prop_assert!(offered.is_empty() && f.lanes.is_empty() && f.known.is_empty() && f.waiting() == 0);
        }
    }
}
