//! The result of a pass, and its progress.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::LocalizedMessage;
use crate::model::WebUrl;
use crate::store::HostBackoff;

/// Receives the progress of a pass.
pub trait Progress: Send + Sync {
    /// A stage starts; `total` is 0 if unknown.
    fn stage(&self, name: &'static str, total: usize);
    /// Adds jobs to the total.
    fn expect(&self, n: usize);
    /// Reports finished jobs.
    fn advance(&self, n: usize);
    /// A message for the operator.
    fn notice(&self, line: &str);
}

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

#[derive(Debug, Clone, Default)]
pub struct CrawlSummary {
    /// Sources with a new document.
    pub changed: usize,
    /// Sources whose document is unchanged.
    pub unchanged: usize,
    /// Id and reason.
    pub failed: BTreeMap<String, LocalizedMessage>,
    /// Entries not seen before.
    pub new_entries: usize,
    pub articles: usize,
    /// Pages already in the archive.
    pub duplicates: usize,
    pub failed_pages: usize,
    /// The first failed pages: address and reason.
    pub failures: Vec<(WebUrl, String)>,
    /// Hosts that asked for a delay.
    pub host_backoffs: Vec<HostBackoff>,
    /// Articles classified.
    pub classified: usize,
    pub elapsed: Duration,
}

impl CrawlSummary {
    pub fn sources(&self) -> usize {
        self.changed + self.unchanged + self.failed.len()
    }
}
