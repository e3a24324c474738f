//! Site data shared by the workers, in a bucket: robots.txt files, so that a site is asked once and not once by each worker, and
//! cookies, so that it sees one visitor.

use async_nats::jetstream::kv;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tokio::runtime::Handle;

use crate::fetch::{RobotsRecord, SiteStore};
use crate::model::SourceId;

pub(super) struct KvSiteStore {
    bucket: kv::Store,
    runtime: Handle,
}

impl KvSiteStore {
    /// Must be called within the runtime.
    pub(super) fn new(bucket: kv::Store) -> Self {
        Self { bucket, runtime: Handle::current() }
    }
}

/// Keys of buckets allow few characters.
fn key(what: &str, of: &str) -> String {
    format!("{what}.{}", BASE64_URL_SAFE_NO_PAD.encode(of))
}

/// Called off the async threads.
impl SiteStore for KvSiteStore {
    fn robots(&self, site: &str) -> Option<RobotsRecord> {
        match self.runtime.block_on(self.bucket.get(key("robots", site))) {
            Ok(bytes) => serde_json::from_slice(&bytes?).ok(),
            Err(e) => {
                tracing::warn!("robots.txt of {site} is not to be had from NATS and asked for anew: {e}");
                None
            }
        }
    }

    fn put_robots(&self, site: &str, record: &RobotsRecord) {
        let Ok(bytes) = serde_json::to_vec(record) else { return };
        if let Err(e) = self.runtime.block_on(self.bucket.put(key("robots", site), bytes.into())) {
            tracing::warn!("robots.txt of {site} cannot be shared: {e}");
        }
    }

    fn cookies(&self, source: &SourceId) -> Option<Vec<u8>> {
        let bytes = self.runtime.block_on(self.bucket.get(key("cookies", source.as_str())));
        bytes
            .unwrap_or_else(|e| {
                tracing::warn!("cookies of {source} are not to be had from NATS: {e}");
                None
            })
            .map(Into::into)
    }

    fn put_cookies(&self, source: &SourceId, cookies: &[u8]) {
        let put = self.bucket.put(key("cookies", source.as_str()), cookies.to_vec().into());
        if let Err(e) = self.runtime.block_on(put) {
            tracing::warn!("cookies of {source} cannot be shared: {e}");
        }
    }
}
