//! What a pass did, and how it tells of it while running.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::WebUrl;
use crate::store::HostBackoff;

/// Told of a pass's progress.
pub trait Progress: Send + Sync {
    /// A stage begins; `total` is 0 where unknown.
    fn stage(&self, name: &'static str, total: usize);
    /// So many more were found to do.
    fn expect(&self, n: usize);
    /// So many more are done.
    fn advance(&self, n: usize);
    /// Something the operator should read now.
    fn notice(&self, line: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn stage(&self, _: &'static str, _: usize) {}
    fn expect(&self, _: usize) {}
    fn advance(&self, _: usize) {}
    fn notice(&self, line: &str) {
        tracing::warn!("{line}");
    }
}

/// What a pass did.
#[derive(Debug, Clone, Default)]
pub struct CrawlSummary {
    /// Sources with a new document.
    pub changed: usize,
    /// Sources whose document is unchanged.
    pub unchanged: usize,
    /// Sources that failed last: id and reason.
    pub failed: BTreeMap<String, String>,
    /// Entries not seen before.
    pub new_entries: usize,
    /// Articles stored.
    pub articles: usize,
    /// Pages that turned out to be known.
    pub duplicates: usize,
    /// Pages that failed.
    pub failed_pages: usize,
    /// The first of them: address and reason.
    pub failures: Vec<(WebUrl, String)>,
    /// Hosts whose sites asked for patience.
    pub host_backoffs: Vec<HostBackoff>,
    /// Articles judged.
    pub classified: usize,
    /// Time taken.
    pub elapsed: Duration,
}

impl CrawlSummary {
    /// Sources polled.
    pub fn sources(&self) -> usize {
        self.changed + self.unchanged + self.failed.len()
    }
}
