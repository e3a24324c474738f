//! Per-host rate-limit state kept by the coordinator.
//!
//! In: dispatched tasks and their results. Out: how long to wait, and whether the worker must start with a full delay.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A task without a report for this long is published again: NATS refuses it while the first is still there. Until then it is
/// uncertain who requests its host.
pub(super) const REPUBLISH_AFTER: Duration = Duration::from_mins(1);
/// Hosts kept before expired ones are removed.
const MAX_HOSTS: usize = 8_192;

/// What may be running at a host.
#[derive(Debug, PartialEq, Eq)]
enum InFlight {
    /// Nothing: the last dispatched task is back.
    None,
    /// The task with this id.
    Task(String),
    /// Tasks of an earlier coordinator; when one is done, the site was requested recently.
    Unknown,
}

#[derive(Debug)]
struct HostState {
    free_at: Instant,
    in_flight: InFlight,
}

/// All known hosts.
#[derive(Debug, Default)]
pub(super) struct HostStates(HashMap<String, HostState>);

impl HostStates {
    /// Records that a task is about to be dispatched.
    pub(super) fn dispatched(&mut self, host_key: &str, id: &str, now: Instant) {
        self.extend(host_key, now, now).in_flight = InFlight::Task(id.to_owned());
    }

    /// Records that another task, which we do not wait for, holds the host; retry after `rest`.
    pub(super) fn host_busy(&mut self, host_key: &str, rest: Duration, now: Instant) {
        self.extend(host_key, now + rest, now).in_flight = InFlight::Unknown;
    }

    /// Records a result with the worker's delay for the host. `ours`: this coordinator dispatched the task.
    pub(super) fn completed(&mut self, host_key: &str, id: &str, ours: bool, rest: Duration, now: Instant) {
        let known = self.0.contains_key(host_key);
        let host_key = self.extend(host_key, now + rest, now);
        // at an unknown host the earlier coordinator may have dispatched another task after this one
        if (!known && ours) || matches!(&host_key.in_flight, InFlight::Task(last) if last == id) {
            host_key.in_flight = InFlight::None;
        }
    }

    /// Returns the delay until a host's next request.
    pub(super) fn delay_until_free(&self, host_key: &str, now: Instant) -> Duration {
        self.0.get(host_key).map_or(Duration::ZERO, |l| l.free_at.saturating_duration_since(now))
    }

    /// Whether a task of another coordinator may be running there; `None` if nothing is known.
    pub(super) fn is_uncertain(&self, host_key: &str) -> Option<bool> {
        self.0.get(host_key).map(|l| l.in_flight != InFlight::None)
    }

    /// Never moves `free_at` backwards, because results may be late, duplicated or out of order.
    fn extend(&mut self, host_key: &str, free_at: Instant, now: Instant) -> &mut HostState {
        if self.0.len() >= MAX_HOSTS && !self.0.contains_key(host_key) {
            self.0.retain(|_, l| now < l.free_at + if l.in_flight == InFlight::None { Duration::ZERO } else { REPUBLISH_AFTER });
        }
        let host_key = self.0.entry(host_key.to_owned()).or_insert(HostState { free_at, in_flight: InFlight::Unknown });
        host_key.free_at = host_key.free_at.max(free_at);
        host_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_host_is_certain_once_the_last_task_dispatched_there_is_back() {
        let (mut hosts, now) = (HostStates::default(), Instant::now());
        assert_eq!(hosts.is_uncertain("a"), None);
        hosts.dispatched("a", "us-1", now);
        assert_eq!(hosts.is_uncertain("a"), Some(true));
        hosts.completed("a", "us-1", true, SECOND, now);
        assert_eq!((hosts.is_uncertain("a"), hosts.delay_until_free("a", now)), (Some(false), SECOND));
        // the wait for the second had ended when the third was dispatched
        hosts.dispatched("a", "us-2", now + SECOND);
        hosts.dispatched("a", "us-3", now + SECOND);
        hosts.completed("a", "us-2", true, SECOND, now + SECOND);
        assert_eq!(hosts.is_uncertain("a"), Some(true));
        hosts.completed("a", "us-3", true, SECOND, now + SECOND);
        assert_eq!(hosts.is_uncertain("a"), Some(false));
    }

    #[test]
    fn a_task_of_the_coordinator_before_leaves_a_host_uncertain() {
        let (mut hosts, now) = (HostStates::default(), Instant::now());
        hosts.completed("a", "before-7", false, SECOND, now);
        assert_eq!((hosts.is_uncertain("a"), hosts.delay_until_free("a", now)), (Some(true), SECOND));
        hosts.host_busy("b", SECOND * 3, now);
        hosts.completed("b", "before-8", false, SECOND, now);
        assert_eq!(hosts.is_uncertain("b"), Some(true));
        hosts.dispatched("b", "us-1", now);
        hosts.completed("b", "us-1", true, SECOND, now);
        assert_eq!(hosts.is_uncertain("b"), Some(false));
        // a result that was never acknowledged comes again
        hosts.completed("b", "before-8", false, SECOND, now);
        assert_eq!(hosts.is_uncertain("b"), Some(false));
    }

    #[test]
    fn what_is_said_later_shortens_no_rest() {
        let (mut hosts, now) = (HostStates::default(), Instant::now());
        hosts.completed("a", "us-2", true, SECOND * 20, now);
        hosts.completed("a", "us-1", true, SECOND, now);
        hosts.host_busy("a", SECOND * 3, now);
        assert_eq!(hosts.delay_until_free("a", now), SECOND * 20);
        assert_eq!(hosts.delay_until_free("a", now + SECOND * 21), Duration::ZERO);
    }

    #[test]
    fn hosts_of_the_past_are_forgotten_and_uncertain_ones_later() {
        let (mut hosts, now) = (HostStates::default(), Instant::now());
        for n in 0..MAX_HOSTS {
            hosts.completed(&format!("host {n}"), "us-1", true, SECOND, now);
        }
        hosts.dispatched("unsure", "us-2", now);
        hosts.completed("next", "us-3", true, SECOND, now + SECOND * 2);
        assert_eq!((hosts.0.len(), hosts.is_uncertain("unsure")), (2, Some(true)));
    }
}
