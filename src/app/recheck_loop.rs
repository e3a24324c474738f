//! Looks at printed articles again, beside the crawl.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;

use crate::pipeline::ConfigHandle;

/// How often is looked for what is due. What the budget did not allow waits for a later round.
const INTERVAL: Duration = Duration::from_mins(2);

/// Runs until the service stops. Every look is a commit: dropping one loses nothing.
pub(super) async fn run(live: Arc<ConfigHandle>, mut stopped: watch::Receiver<bool>) {
    loop {
        let (pipeline, sources) = (live.pipeline(), live.sources());
        let round = async {
            // the first crawl after a start comes first
            if !pipeline.health().first_crawl_done() {
                return;
            }
            match pipeline.crawler().recheck_due(&sources, Utc::now()).await {
                Ok(done) if done.told > 0 => {
                    tracing::info!(looks = done.looks, told = done.told, "printed articles were looked at again");
                    live.bells().mail.notify_one();
                    live.bells().outlets.notify_one();
                }
                Ok(done) => tracing::debug!(looks = done.looks, "printed articles were looked at again"),
                Err(e) => tracing::error!("looking at printed articles again: {e}"),
            }
        };
        let round = async {
            round.await;
            tokio::time::sleep(INTERVAL).await;
        };
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return,
            () = round => {}
        }
    }
}
