//! Bells that wake the loops of the service before the next moment at which something is due.

use std::sync::Arc;

use tokio::sync::Notify;

/// One bell for each loop. If its loop is not waiting, the bell rings at the next wait.
#[derive(Debug, Default)]
pub struct Bells {
    /// Sources are to be polled.
    pub crawl: Arc<Notify>,
    /// A draft is to be made.
    pub draft: Arc<Notify>,
    /// Letters are queued.
    pub mail: Arc<Notify>,
    /// Notifications are raised, or a delivery to an outlet ended.
    pub outlets: Arc<Notify>,
}

impl Bells {
    /// Rings all: other settings may make anything due.
    pub fn ring_all(&self) {
        for bell in [&self.crawl, &self.draft, &self.mail, &self.outlets] {
            bell.notify_one();
        }
    }
}
