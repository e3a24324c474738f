//! Work done in this process, for a crawl on one machine.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{AckHandle, Completion, DispatchError, Dispatcher, TaskMeta};
use crate::fetch::{Page, RequestStats};
use crate::store::{RawPage, Store};
use crate::work::{PageSink, Task, TaskExecutor, TaskKind};

/// The engine of one machine.
pub struct LocalDispatcher {
    hands: Arc<TaskExecutor>,
    store: Store,
    at_once: usize,
}

impl LocalDispatcher {
    /// Works with these hands.
    pub fn new(hands: Arc<TaskExecutor>, store: Store, at_once: usize) -> Self {
        Self { hands, store, at_once }
    }
}

impl Dispatcher for LocalDispatcher {
    fn work(&self, task: Task) -> BoxFuture<'_, Result<Option<Completion>, DispatchError>> {
        async move {
            let outcome = self.hands.run(&task, self).await?;
            Ok(Some(Completion { about: TaskMeta::of(&task), outcome, receipt: AckHandle(None) }))
        }
        .boxed()
    }

    fn stray(&self) -> BoxFuture<'_, Completion> {
        std::future::pending().boxed()
    }

    fn free_in(&self, lane: &str) -> Duration {
        self.hands.fetcher().delay_until_free(lane).unwrap_or_default()
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn is_remote(&self) -> bool {
        false
    }
}

/// The page is on disk before anything is made of it.
impl PageSink for LocalDispatcher {
    type Error = DispatchError;
    const KEEPS: bool = true;

    async fn keep(&self, task: &Task, page: Page, visit: RequestStats) -> Result<Option<Page>, DispatchError> {
        let TaskKind::Article { entry } = task.ask else { return Ok(Some(page)) };
        let log = TaskMeta::of(task).record(visit, page.body.len(), ("ok", "ok".to_owned()));
        let compressed = self.hands.cpu(move || {
            let raw = RawPage::compress(&page.url, page.content_type.as_deref(), &page.body);
            (page, raw)
        });
        let Some((page, raw)) = compressed.await else { return Ok(None) };
        let raw = raw?;
        self.store.run(move |s| s.commit_page(entry, &raw, &log, Utc::now())).await?;
        Ok(Some(page))
    }
}
