//! Slows down password guessing, by address and by account with address. Never by account alone: a stranger could lock out its
//! owner.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords without delay: for one account from one address, and for all accounts from an address, where many people may
/// share a proxy.
const FREE_BY_ACCOUNT: u32 = 5;
const FREE_BY_ADDRESS: u32 = 20;
const MAX_PENALTY: Duration = Duration::from_mins(15);
/// Maximum number of keys; beyond it the least recently used one is forgotten.
const MAX_KEYS: usize = 10_000;

/// Scope in which wrong passwords are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(Option<IpAddr>),
    Account(String, Option<IpAddr>),
}

impl Key {
    fn free(&self) -> u32 {
        match self {
            Self::Address(_) => FREE_BY_ADDRESS,
            Self::Account(..) => FREE_BY_ACCOUNT,
        }
    }
}

/// Recent wrong passwords.
#[derive(Default)]
pub(super) struct Throttle(Mutex<HashMap<Key, (u32, Instant)>>);

/// A login attempt.
pub(super) struct Attempt([Key; 2]);

impl Attempt {
    pub(super) fn new(account: &str, from: Option<IpAddr>) -> Self {
        let from = from.map(network);
        Self([Key::Address(from), Key::Account(account.to_owned(), from)])
    }
}

impl Throttle {
    /// Counts an attempt as wrong before its password is checked, so that parallel attempts gain nothing.
    ///
    /// # Errors
    /// The time to wait before the next attempt; nothing is counted.
    pub(super) fn begin(&self, attempt: &Attempt, now: Instant) -> Result<(), Duration> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key| known.get(key).map(|(n, last)| (*last + penalty(key, *n)).saturating_duration_since(now));
        if let Some(wait) = attempt.0.iter().filter_map(wait).max().filter(|d| !d.is_zero()) {
            return Err(wait);
        }
        known.retain(|_, (_, last)| now.saturating_duration_since(*last) < MAX_PENALTY * 2);
        for key in &attempt.0 {
            if known.len() >= MAX_KEYS && !known.contains_key(key) {
                let oldest = known.iter().min_by_key(|(_, (_, last))| *last).map(|(k, _)| k.clone());
                oldest.map(|k| known.remove(&k));
            }
            let entry = known.entry(key.clone()).or_insert((0, now));
            *entry = (entry.0.saturating_add(1), now);
        }
        Ok(())
    }

    /// Records a wrong password: the wait begins now.
    pub(super) fn failed(&self, attempt: &Attempt, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &attempt.0 {
            if let Some((_, last)) = known.get_mut(key) {
                *last = now;
            }
        }
    }

    /// Records a right password: clears the account's count from this address. Counts of other accounts from there stay, or the
    /// owner of one account could guess on.
    pub(super) fn succeeded(&self, attempt: &Attempt) {
        self.withdraw(attempt);
        let [_, account] = &attempt.0;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
    }

    /// Withdraws an attempt whose password was not checked.
    pub(super) fn withdraw(&self, attempt: &Attempt) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &attempt.0 {
            if let Some((n, _)) = known.get_mut(key) {
                *n = n.saturating_sub(1);
            }
        }
    }
}

/// Returns the addresses that one person may have: the /64 for IPv6.
pub(super) fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn penalty(key: &Key, failures: u32) -> Duration {
    match failures.checked_sub(key.free()) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(2u64.saturating_pow(over.min(16) + 1)).min(MAX_PENALTY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(account: &str, from: &str) -> Attempt {
        Attempt::new(account, Some(from.parse().unwrap()))
    }

    #[test]
    fn guessing_gets_slower_and_slower_for_that_account_from_that_address() {
        let (t, start) = (Throttle::default(), Instant::now());
        let (stranger, owner) = (attempt("张三", "192.0.2.1"), attempt("张三", "192.0.2.2"));
        for _ in 0..5 {
            assert_eq!(t.begin(&stranger, start), Ok(()));
        }
        assert_eq!(t.begin(&stranger, start), Err(Duration::from_secs(2)));
        let mut at = start + Duration::from_secs(3);
        t.failed(&stranger, at);
        assert_eq!(t.begin(&stranger, at), Err(Duration::from_secs(2)), "looking at it took 3 s");
        for _ in 0..20 {
            at += t.begin(&stranger, at).err().unwrap_or_default();
        }
        assert!(at > start + MAX_PENALTY && t.begin(&stranger, at).is_err());
        assert_eq!(t.begin(&owner, at), Ok(()), "the owner is not kept out");
        assert_eq!(t.begin(&attempt("李四", "192.0.2.1"), at), Ok(()));
    }

    #[test]
    fn one_address_has_a_budget_over_all_accounts_which_an_account_of_its_own_does_not_renew() {
        let (t, start) = (Throttle::default(), Instant::now());
        let mine = attempt("我", "2001:db8::1");
        let guesses = (0..40).filter(|n| {
            if t.begin(&mine, start).is_ok() {
                t.succeeded(&mine);
            }
            // any address of the same network counts
            t.begin(&attempt(&format!("账号{n}"), &format!("2001:db8::{n}")), start).is_ok()
        });
        assert_eq!(guesses.count(), usize::try_from(FREE_BY_ADDRESS).unwrap());
    }

    #[test]
    fn of_many_addresses_the_newest_are_remembered() {
        let (t, start) = (Throttle::default(), Instant::now());
        for n in 0..u32::try_from(MAX_KEYS).unwrap() {
            t.begin(&Attempt::new("张三", Some(IpAddr::V4(n.into()))), start + Duration::from_millis(n.into())).unwrap();
        }
        let (late, new) = (start + Duration::from_secs(11), attempt("张三", "192.0.2.1"));
        assert!((0..9).filter(|_| t.begin(&new, late).is_ok()).count() == 5);
        assert!(t.0.lock().unwrap().len() <= MAX_KEYS);
    }
}
