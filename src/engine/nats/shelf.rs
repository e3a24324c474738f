//! robots.txt files that workers share: kept in a bucket, so that a site is asked once and not once by each.

use async_nats::jetstream::kv;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tokio::runtime::Handle;

use crate::fetch::{RobotsRecord, RobotsShelf};

/// A shelf in a bucket.
pub(super) struct KvShelf {
    bucket: kv::Store,
    runtime: Handle,
}

impl KvShelf {
    /// Must be called within the runtime.
    pub(super) fn new(bucket: kv::Store) -> Self {
        Self { bucket, runtime: Handle::current() }
    }
}

fn key(site: &str) -> String {
    format!("robots.{}", BASE64_URL_SAFE_NO_PAD.encode(site))
}

/// Called off the async threads.
impl RobotsShelf for KvShelf {
    fn load(&self, site: &str) -> Option<RobotsRecord> {
        match self.runtime.block_on(self.bucket.get(key(site))) {
            Ok(bytes) => serde_json::from_slice(&bytes?).ok(),
            Err(e) => {
                tracing::warn!("robots.txt of {site} is not to be had from NATS and asked for anew: {e}");
                None
            }
        }
    }

    fn save(&self, site: &str, record: &RobotsRecord) {
        let Ok(bytes) = serde_json::to_vec(record) else { return };
        if let Err(e) = self.runtime.block_on(self.bucket.put(key(site), bytes.into())) {
            tracing::warn!("robots.txt of {site} cannot be shared: {e}");
        }
    }
}
