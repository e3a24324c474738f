//! Runs tasks in this process, for a crawl on one machine.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::crawl::dispatch::{AckHandle, Completion, DispatchError, Dispatcher, TaskMeta};
use crate::crawl::executor::{PageSink, Task, TaskExecutor, TaskKind};
use crate::fetch::{Page, RequestStats};
use crate::store::{RawPage, Store};

pub struct LocalDispatcher {
    executor: Arc<TaskExecutor>,
    store: Store,
    concurrency: usize,
}

impl LocalDispatcher {
    pub fn new(executor: Arc<TaskExecutor>, store: Store, at_once: usize) -> Self {
        Self { executor, store, concurrency: at_once }
    }
}

impl Dispatcher for LocalDispatcher {
    fn dispatch(&self, task: Task) -> BoxFuture<'_, Result<Option<Completion>, DispatchError>> {
        async move {
            let report = self.executor.run(&task, self).await?;
            Ok(Some(Completion { meta: TaskMeta::new(&task), report, ack: AckHandle(None) }))
        }
        .boxed()
    }

    fn next_orphaned(&self) -> BoxFuture<'_, Completion> {
        std::future::pending().boxed()
    }

    fn delay_until_free(&self, host_key: &str) -> Duration {
        self.executor.fetcher().delay_until_free(host_key).unwrap_or_default()
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn is_remote(&self) -> bool {
        false
    }
}

/// Stores a page before it is parsed.
impl PageSink for LocalDispatcher {
    type Error = DispatchError;
    const PERSISTS: bool = true;

    async fn store_page(&self, task: &Task, page: Page, visit: RequestStats) -> Result<Option<Page>, DispatchError> {
        let TaskKind::Article { entry } = task.kind else { return Ok(Some(page)) };
        let log = TaskMeta::new(task).fetch_record(visit, page.body.len(), ("ok", "ok".to_owned()));
        let compressed = self.executor.parser().cpu(move || {
            let raw = RawPage::compress(&page.url, page.content_type.as_deref(), &page.body);
            (page, raw)
        });
        let Some((page, raw)) = compressed.await else { return Ok(None) };
        let raw = raw?;
        self.store.run(move |s| s.commit_page(entry, &raw, &log, Utc::now())).await?;
        Ok(Some(page))
    }
}
