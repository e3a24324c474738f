//! A source's document → its entries, those of its parts and of its older pages included.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::Utc;

use super::{ListingError, Task, TaskExecutor, TaskResult};
use crate::discover::{self, Discovered};
use crate::fetch::{DocumentKind, Fetched, Page};
use crate::model::WebUrl;
use crate::text::dates::Clock;

/// Further pages of a list that are read when it is looked at for the first time.
const OLDER_PAGES: usize = 2;

impl TaskExecutor {
    pub(super) async fn read_listing_pages(&self, task: &Task, page: Page, learned: Option<&str>, older: bool) -> TaskResult {
        let (url, validators, moved, fresh) = (page.url.clone(), page.validators.clone(), page.permanent_redirect.clone(), page.fresh_for);
        let found = match self.read_listing(task, page, learned.map(str::to_owned)).await {
            Some(Ok(found)) => found,
            Some(Err(e)) => return TaskResult::ParseFailed(ListingError::Document(e)),
            None => return TaskResult::ParseFailed(ListingError::GaveUp),
        };
        let mut parts = Vec::new();
        for url in &found.sub_sitemaps {
            parts.extend(self.fetch_listing(task, url, None).await);
        }
        let mut found = match found.with_sub_sitemaps(parts) {
            Ok(found) => found,
            Err(e) => return TaskResult::ParseFailed(ListingError::Document(e)),
        };
        if older {
            found = self.append_older_pages(task, found, &url).await;
        }
        for note in &found.notes {
            tracing::debug!(source = %task.source.id, "repaired: {note}");
        }
        found.refresh_hints.max_age = fresh;
        TaskResult::Entries { found: Box::new(found), validators, permanent_redirect: moved }
    }

    /// On the first look at a list, its next pages too: later looks need only what is new.
    async fn append_older_pages(&self, task: &Task, mut found: Discovered, first: &WebUrl) -> Discovered {
        let mut seen = HashSet::from([first.clone()]);
        let mut next = found.next.take();
        while let Some(url) = next.take().filter(|n| seen.len() <= OLDER_PAGES && seen.insert(n.clone())) {
            let Some(mut older) = self.fetch_listing(task, &url, found.selector_path.clone()).await else { break };
            next = older.next.take();
            found.merge(older);
        }
        found
    }

    /// Another document of a source.
    async fn fetch_listing(&self, task: &Task, url: &WebUrl, learned: Option<String>) -> Option<Discovered> {
        let Ok(Fetched::Page(page)) = self.fetch_related(task, url, DocumentKind::Listing).await.result else { return None };
        self.read_listing(task, *page, learned).await?.ok()
    }

    /// Nothing where the parser broke down: no document may take the crawl with it.
    async fn read_listing(&self, task: &Task, page: Page, learned: Option<String>) -> Option<Result<Discovered, discover::DiscoverError>> {
        let (source, clock) = (Arc::clone(&task.source), Clock::new(task.source.timezone, Utc::now()));
        self.cpu(move || discover::discover(&page.body, page.content_type.as_deref(), &page.url, &source, learned.as_deref(), &clock)).await
    }
}
