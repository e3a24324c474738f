//! What the coordinator knows of lanes: when each may be asked again, and whether somebody it knows nothing of may ask there.
//!
//! In: what was given out and what came back. Out: how long to wait, and whether the worker must begin with a pause of its own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::coordinator::AGAIN;

/// Lanes that are remembered before those past are forgotten.
const MOST: usize = 8_192;

/// Who may be asking in a lane.
#[derive(Debug, PartialEq, Eq)]
enum InFlight {
    /// Nobody: the last task given out there came back.
    Nobody,
    /// The task with this id, which did not come back yet.
    Task(String),
    /// Tasks of a coordinator before this one: when one is done, the site was asked a moment ago.
    Somebody,
}

#[derive(Debug)]
struct HostState {
    free_at: Instant,
    asking: InFlight,
}

/// All lanes of which something is known.
#[derive(Debug, Default)]
pub(super) struct HostStates(HashMap<String, HostState>);

impl HostStates {
    /// A task is about to be given out.
    pub(super) fn given(&mut self, lane: &str, id: &str, now: Instant) {
        self.note(lane, now, now).asking = InFlight::Task(id.to_owned());
    }

    /// A task found its lane held by another that we do not wait for; worth another look after `rest`.
    pub(super) fn held(&mut self, lane: &str, rest: Duration, now: Instant) {
        self.note(lane, now + rest, now).asking = InFlight::Somebody;
    }

    /// A task came back, and its worker says how long the lane is to rest. `ours`: this coordinator gave it out.
    pub(super) fn back(&mut self, lane: &str, id: &str, ours: bool, rest: Duration, now: Instant) {
        let known = self.0.contains_key(lane);
        let lane = self.note(lane, now + rest, now);
        // of a lane not known, the coordinator before may have given out another task after it
        if (!known && ours) || matches!(&lane.asking, InFlight::Task(last) if last == id) {
            lane.asking = InFlight::Nobody;
        }
    }

    /// How long until a lane may be asked.
    pub(super) fn free_in(&self, lane: &str, now: Instant) -> Duration {
        self.0.get(lane).map_or(Duration::ZERO, |l| l.free_at.saturating_duration_since(now))
    }

    /// Whether somebody else may be asking there; `None` where nothing is known.
    pub(super) fn is_unsure(&self, lane: &str) -> Option<bool> {
        self.0.get(lane).map(|l| l.asking != InFlight::Nobody)
    }

    /// The lane, free at this moment or later: what was said before still holds, for outcomes come late, twice and out of order.
    fn note(&mut self, lane: &str, free_at: Instant, now: Instant) -> &mut HostState {
        if self.0.len() >= MOST && !self.0.contains_key(lane) {
            self.0.retain(|_, l| now < l.free_at + if l.asking == InFlight::Nobody { Duration::ZERO } else { AGAIN });
        }
        let lane = self.0.entry(lane.to_owned()).or_insert(HostState { free_at, asking: InFlight::Somebody });
        lane.free_at = lane.free_at.max(free_at);
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_lane_is_sure_once_the_last_task_given_out_there_is_back() {
        let (mut lanes, now) = (HostStates::default(), Instant::now());
        assert_eq!(lanes.is_unsure("a"), None);
        lanes.given("a", "us-1", now);
        assert_eq!(lanes.is_unsure("a"), Some(true));
        lanes.back("a", "us-1", true, SECOND, now);
        assert_eq!((lanes.is_unsure("a"), lanes.free_in("a", now)), (Some(false), SECOND));
        // nobody waited for the second any more when the third was given out
        lanes.given("a", "us-2", now + SECOND);
        lanes.given("a", "us-3", now + SECOND);
        lanes.back("a", "us-2", true, SECOND, now + SECOND);
        assert_eq!(lanes.is_unsure("a"), Some(true));
        lanes.back("a", "us-3", true, SECOND, now + SECOND);
        assert_eq!(lanes.is_unsure("a"), Some(false));
    }

    #[test]
    fn what_the_coordinator_before_gave_out_leaves_a_lane_unsure() {
        let (mut lanes, now) = (HostStates::default(), Instant::now());
        lanes.back("a", "before-7", false, SECOND, now);
        assert_eq!((lanes.is_unsure("a"), lanes.free_in("a", now)), (Some(true), SECOND));
        lanes.held("b", SECOND * 3, now);
        lanes.back("b", "before-8", false, SECOND, now);
        assert_eq!(lanes.is_unsure("b"), Some(true));
        lanes.given("b", "us-1", now);
        lanes.back("b", "us-1", true, SECOND, now);
        assert_eq!(lanes.is_unsure("b"), Some(false));
        // an outcome that was never settled comes again
        lanes.back("b", "before-8", false, SECOND, now);
        assert_eq!(lanes.is_unsure("b"), Some(false));
    }

    #[test]
    fn what_is_said_later_shortens_no_rest() {
        let (mut lanes, now) = (HostStates::default(), Instant::now());
        lanes.back("a", "us-2", true, SECOND * 20, now);
        lanes.back("a", "us-1", true, SECOND, now);
        lanes.held("a", SECOND * 3, now);
        assert_eq!(lanes.free_in("a", now), SECOND * 20);
        assert_eq!(lanes.free_in("a", now + SECOND * 21), Duration::ZERO);
    }

    #[test]
    fn lanes_of_the_past_are_forgotten_and_those_unsure_are_kept_longer() {
        let (mut lanes, now) = (HostStates::default(), Instant::now());
        for n in 0..MOST {
            lanes.back(&format!("lane {n}"), "us-1", true, SECOND, now);
        }
        lanes.given("unsure", "us-2", now);
        lanes.back("next", "us-3", true, SECOND, now + SECOND * 2);
        assert_eq!((lanes.0.len(), lanes.is_unsure("unsure")), (2, Some(true)));
    }
}
