//! Work done in this process, for a crawl on one machine.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{About, Back, Engine, EngineError, Receipt};
use crate::fetch::{Page, Visit};
use crate::store::{RawPage, Store};
use crate::work::{Ask, Hands, Keeper, Task};

/// The engine of one machine.
pub struct Local {
    hands: Arc<Hands>,
    store: Store,
    at_once: usize,
}

impl Local {
    /// Works with these hands.
    pub fn new(hands: Arc<Hands>, store: Store, at_once: usize) -> Self {
        Self { hands, store, at_once }
    }
}

impl Engine for Local {
    fn work(&self, task: Task) -> BoxFuture<'_, Result<Option<Back>, EngineError>> {
        async move {
            let outcome = self.hands.run(&task, self).await?;
            Ok(Some(Back { about: About::of(&task), outcome, receipt: Receipt(None) }))
        }
        .boxed()
    }

    fn stray(&self) -> BoxFuture<'_, Back> {
        std::future::pending().boxed()
    }

    fn free_in(&self, lane: &str) -> Duration {
        self.hands.fetcher().free_in(lane).unwrap_or_default()
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn is_remote(&self) -> bool {
        false
    }
}

/// The page is on disk before anything is made of it.
impl Keeper for Local {
    type Error = EngineError;
    const KEEPS: bool = true;

    async fn keep(&self, task: &Task, page: Page, visit: Visit) -> Result<Option<Page>, EngineError> {
        let Ask::Page { entry } = task.ask else { return Ok(Some(page)) };
        let log = About::of(task).record(visit, page.body.len(), ("ok", "ok".to_owned()));
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
