//! Results that were delivered and are not in the store yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::jetstream::AckKind;
use async_nats::jetstream::message::Acker;

/// Results that the crawl works on, by id.
#[derive(Default)]
pub(super) struct InProgress(Mutex<HashMap<String, Arc<Acker>>>);

impl InProgress {
    /// Notes a delivery; false where the result is being worked on since an earlier one.
    pub(super) fn begin(&self, id: &str, acker: Arc<Acker>) -> bool {
        self.with(|all| all.insert(id.to_owned(), acker).is_none())
    }

    /// Notes that nobody works on it any more; gives what acknowledges it.
    pub(super) fn end(&self, id: &str) -> Option<Arc<Acker>> {
        self.with(|all| all.remove(id))
    }

    /// Tells NATS that all of them are still worked on.
    pub(super) async fn extend(&self) {
        for acker in self.with(|all| all.values().cloned().collect::<Vec<_>>()) {
            if let Err(e) = acker.ack_with(AckKind::Progress).await {
                tracing::debug!("a result cannot be kept: {e}");
            }
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut HashMap<String, Arc<Acker>>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
