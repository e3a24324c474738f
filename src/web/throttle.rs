//! Slows down who guesses passwords: by account and by address.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords that cost nothing.
const FREE_ATTEMPTS: u32 = 5;
const MAX_PENALTY: Duration = Duration::from_mins(15);
/// Names and addresses remembered.
const MAX_KEYS: usize = 10_000;

/// Wrong passwords of late.
#[derive(Default)]
pub(super) struct Throttle(Mutex<HashMap<String, (u32, Instant)>>);

impl Throttle {
    /// How long one has to wait before the next try.
    pub(super) fn wait(&self, keys: &[String], now: Instant) -> Option<Duration> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter()
            .filter_map(|k| known.get(k))
            .filter_map(|(n, last)| (*last + pause(*n)).checked_duration_since(now))
            .filter(|d| !d.is_zero())
            .max()
    }

    /// Remembers a wrong password.
    pub(super) fn failed(&self, keys: &[String], now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, last)| now.saturating_duration_since(*last) < MAX_PENALTY * 2);
        for key in keys {
            if known.len() < MAX_KEYS || known.contains_key(key) {
                let entry = known.entry(key.clone()).or_insert((0, now));
                *entry = (entry.0 + 1, now);
            }
        }
    }

    /// Forgets after a right one.
    pub(super) fn succeeded(&self, keys: &[String]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            known.remove(key);
        }
    }
}

fn pause(failures: u32) -> Duration {
    match failures.checked_sub(FREE_ATTEMPTS) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(2u64.saturating_pow(over.min(16) + 1)).min(MAX_PENALTY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower_and_slower_for_that_account_alone() {
        let (t, start) = (Throttle::default(), Instant::now());
        let (mine, other) = (vec!["账号 张三".to_owned()], vec!["账号 李四".to_owned()]);
        for _ in 0..4 {
            t.failed(&mine, start);
        }
        assert_eq!(t.wait(&mine, start), None);
        t.failed(&mine, start);
        assert_eq!(t.wait(&mine, start), Some(Duration::from_secs(2)));
        for _ in 0..20 {
            t.failed(&mine, start);
        }
        assert_eq!((t.wait(&mine, start), t.wait(&other, start)), (Some(MAX_PENALTY), None));
        assert_eq!(t.wait(&mine, start + MAX_PENALTY), None);
        t.succeeded(&mine);
        assert_eq!(t.wait(&mine, start), None);
    }
}
