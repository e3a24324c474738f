//! A source's document → its entries, those of its parts and of its older pages included.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::Utc;

use crate::crawl::executor::document::{Document, Kind, Parsed};
use crate::crawl::executor::{ListingError, Task, TaskExecutor, TaskResult};
use crate::discover::{self, DiscoverError, Discovered};
use crate::fetch::{DocumentKind, Fetched, Page};
use crate::model::WebUrl;
use crate::text::dates::Clock;

/// Further pages of a list that are read when it is looked at for the first time.
const OLDER_PAGES: usize = 2;

impl TaskExecutor {
    pub(super) async fn read_listing_pages(&self, task: &Task, page: Page, learned: Option<&str>, older: bool) -> TaskResult {
        let (url, validators, moved, fresh) = (page.url.clone(), page.validators.clone(), page.permanent_redirect.clone(), page.fresh_for);
        let found = match self.read_listing(task, page, learned.map(str::to_owned)).await {
            Parsed::Done(Ok(found)) => found,
            Parsed::Done(Err(e)) => return TaskResult::ParseFailed(ListingError::Document(e)),
            Parsed::Panicked => return TaskResult::ParseFailed(ListingError::GaveUp),
            Parsed::Crashed(how) => return TaskResult::ParseFailed(ListingError::Crashed(how)),
            Parsed::Interrupted => return TaskResult::Interrupted,
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
        match self.read_listing(task, *page, learned).await {
            Parsed::Done(found) => found.ok(),
            _ => None,
        }
    }

    /// No document may take the crawl with it.
    async fn read_listing(&self, task: &Task, page: Page, layout: Option<String>) -> Parsed<Result<Discovered, DiscoverError>> {
        let source = Arc::clone(&task.source);
        let document =
            Document { kind: Kind::Listing { layout }, source, url: page.url, content_type: page.content_type, at: Utc::now(), body: page.body };
        self.parse(&task.subject(), document, self::listing).await
    }
}

/// The entries of a document.
pub(super) fn listing(document: Document) -> Result<Discovered, DiscoverError> {
    let Document { kind, source, url, content_type, at, body } = document;
    let layout = if let Kind::Listing { layout } = kind { layout } else { None };
    discover::discover(&body, content_type.as_deref(), &url, &source, layout.as_deref(), &Clock::new(source.timezone, at))
}
