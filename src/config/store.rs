//! `[store]`: retention and minimum free space.

use std::time::Duration;

use crate::config::reader::Section;

/// Settings of retention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSettings {
    /// For fetched pages; articles are never deleted.
    pub raw_pages: Duration,
    /// For the fetch log.
    pub fetch_log: Duration,
    /// For the bytes of sent mail; delivery results are never deleted.
    pub letters: Duration,
    /// In bytes: with less free space, nothing is fetched.
    pub min_free: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        let days = |n: u64| Duration::from_hours(24 * n);
        Self { raw_pages: days(30), fetch_log: days(90), letters: days(90), min_free: 500 << 20 }
    }
}

pub(super) fn read(s: &Section<'_>, settings: &mut StoreSettings) {
    s.deny_unknown_keys(&["raw_pages", "fetch_log", "letters", "min_free_mb"]);
    let day = Duration::from_hours(24);
    let length = |key| s.duration(key, day..day * 3_650);
    settings.raw_pages = length("raw_pages").unwrap_or(settings.raw_pages);
    // health and change rates look back over thirty days
    settings.fetch_log = s.duration("fetch_log", day * 31..day * 3_650).unwrap_or(settings.fetch_log);
    settings.letters = length("letters").unwrap_or(settings.letters);
    settings.min_free = s.integer("min_free_mb", 0..1_000_001).and_then(|n| u64::try_from(n << 20).ok()).unwrap_or(settings.min_free);
}
