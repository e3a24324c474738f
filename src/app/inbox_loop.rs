//! Waits for mail: one connection per mailbox, which idles until the server tells news. Then the crawl reads the mailbox.
//!
//! A server that cannot tell news, or cannot be reached, is polled like any source.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fetch::imap::ImapError;
use crate::model::{Mailbox, Source, SourceId};
use crate::pipeline::ConfigHandle;

/// How often the source list is compared with the connections.
const LIST_INTERVAL: Duration = Duration::from_secs(30);
/// Between two connections to a mailbox, at least: a server that tells news of nothing is asked no oftener.
const PAUSE: Duration = Duration::from_secs(5);
/// The first and the longest wait after failures.
const FIRST_BACKOFF: Duration = Duration::from_mins(1);
const MAX_BACKOFF: Duration = Duration::from_mins(15);
/// How long the crawl may take to read a mailbox that has news.
const READ_TIMEOUT: Duration = Duration::from_mins(2);

/// Runs until the service stops. A connection that is dropped loses nothing: the store knows how far the folder was read.
pub(super) async fn run(live: Arc<ConfigHandle>, mut stopped: watch::Receiver<bool>) {
    let mut watching: HashMap<SourceId, (Mailbox, tokio::task::AbortHandle)> = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let list = live.sources();
        let wanted: HashMap<&SourceId, (&Mailbox, &Arc<Source>)> = list.enabled().filter_map(|s| Some((&s.id, (s.mailbox.as_ref()?, s)))).collect();
        watching.retain(|id, (mailbox, task)| {
            let stays = !task.is_finished() && wanted.get(id).is_some_and(|(m, _)| *m == mailbox);
            if !stays {
                task.abort();
            }
            stays
        });
        for (id, (mailbox, source)) in wanted {
            if !watching.contains_key(id) {
                let task = tasks.spawn(watch_mailbox(Arc::clone(&live), Arc::clone(source)));
                watching.insert(id.clone(), (mailbox.clone(), task));
            }
        }
        while tasks.try_join_next().is_some() {}
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return,
            () = tokio::time::sleep(LIST_INTERVAL) => {}
        }
    }
}

/// Watches one mailbox as long as it is in the list.
async fn watch_mailbox(live: Arc<ConfigHandle>, source: Arc<Source>) {
    let mut wait = PAUSE;
    loop {
        tokio::time::sleep(wait).await;
        let pipeline = live.pipeline();
        if !pipeline.health().is_fetch_allowed() || !pipeline.health().first_crawl_done() {
            continue;
        }
        match pipeline.crawler().wait_for_mail(&source).await {
            Ok(Some(true)) => {
                wait = PAUSE;
                read_now(&live, &source).await;
            }
            Ok(Some(false)) => wait = PAUSE,
            // the server cannot tell news
            Ok(None) => wait = MAX_BACKOFF,
            Err(e) => {
                tracing::warn!(source = %source.id, "the mailbox cannot be watched: {e}");
                // its poll fails too, and the reason stands on the page of sources
                if wait == PAUSE {
                    read_now(&live, &source).await;
                }
                // some servers lock an account after a few refused logins
                wait = if matches!(e, ImapError::Login(_)) { MAX_BACKOFF } else { (wait * 2).clamp(FIRST_BACKOFF, MAX_BACKOFF) };
            }
        }
    }
}

/// Makes the mailbox due and waits until the crawl has read it, so that the same news is not told again. A mailbox that failed
/// keeps its back-off.
async fn read_now(live: &Arc<ConfigHandle>, source: &Arc<Source>) {
    let pipeline = live.pipeline();
    let state = || {
        let id = source.id.clone();
        pipeline.store().run(move |s| s.source_state(&id))
    };
    let Ok(before) = state().await else { return };
    if before.failures == 0 {
        let id = source.id.clone();
        if pipeline.store().run(move |s| s.poll_now(&id)).await.is_err() {
            return;
        }
        live.bells().crawl.notify_one();
    }
    let started = Instant::now();
    while started.elapsed() < READ_TIMEOUT {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match state().await {
            Ok(now) if before.failures == 0 && now.next_due != 0 || now.last_poll > before.last_poll => return,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}
