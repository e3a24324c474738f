//! Tells a dead network from dead sources: if no host answers any more, it is our network.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// This many different hosts must fail in a row.
const MIN_FAILED_HOSTS: usize = 8;

/// Hosts that failed since the last answer.
#[derive(Debug, Default)]
pub(crate) struct OutageDetector(Mutex<HashSet<String>>);

impl OutageDetector {
    /// Records an answer, of whatever kind.
    pub(crate) fn answered(&self) {
        self.hosts(HashSet::clear);
    }

    /// Records that a host was unreachable. Returns whether the network counts as down, and whether that is a change.
    pub(crate) fn failed(&self, host_key: &str) -> (bool, bool) {
        self.hosts(|hosts| {
            let new = hosts.len() < MIN_FAILED_HOSTS && hosts.insert(host_key.to_owned());
            let down = hosts.len() >= MIN_FAILED_HOSTS;
            (down, down && new)
        })
    }

    fn hosts<T>(&self, f: impl FnOnce(&mut HashSet<String>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_down_when_many_fail_and_nobody_answers() {
        let n = OutageDetector::default();
        for host_key in 0..7 {
            assert_eq!(n.failed(&host_key.to_string()), (false, false));
            assert_eq!(n.failed(&host_key.to_string()), (false, false), "one host that is down is not the network");
        }
        assert_eq!(n.failed("7"), (true, true));
        assert_eq!(n.failed("8"), (true, false), "told once");
        n.answered();
        assert_eq!(n.failed("9"), (false, false));
    }
}
