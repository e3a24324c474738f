//! A page → its article, whether it is HTML or PDF.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::crawl::executor::document::{Document, Kind, Parsed};
use crate::crawl::executor::{NoArticle, Subject, Task, TaskExecutor, TaskResult, pdf};
use crate::extract::{self, Context, ExtractError};
use crate::fetch::{Page, charset};
use crate::model::{Entry, EntryId, Extracted, Source, StoredPage};
use crate::text::dates::Clock;

impl TaskExecutor {
    pub(super) async fn read_article(&self, task: &Task, page: Page) -> TaskResult {
        let page = StoredPage { url: page.url, content_type: page.content_type, body: page.body, fetched: Utc::now() };
        let url = page.url.clone();
        match self.extract_article(task, page).await {
            Ok(extracted) => TaskResult::Article { url, extracted: Box::new(extracted) },
            Err(NoArticle::Reason(reason)) => TaskResult::NoArticle(reason),
            Err(NoArticle::Interrupted) => TaskResult::Interrupted,
        }
    }

    /// What a page says; a panic ends this page, not the crawl.
    pub(super) async fn extract(&self, task: &Task, page: StoredPage) -> Result<Extracted, NoArticle> {
        let source = Arc::clone(&task.source);
        if extract::foreign_format(&page.body) == Some("PDF") {
            let text = pdf::text(&page.body).await?;
            let made = self.cpu(move || extract::pdf::article(&text, &context(&page, &source))).await;
            return Ok(made.unwrap_or(Err(ExtractError::GaveUp))?);
        }
        let StoredPage { url, content_type, body, fetched } = page;
        let document = Document { kind: Kind::Page, source, url, content_type, at: fetched, body };
        match self.parse(&task.subject(), document, self::page).await {
            Parsed::Done(made) => made.map_err(NoArticle::Reason),
            Parsed::Panicked => Err(ExtractError::GaveUp.into()),
            Parsed::Crashed(how) => Err(ExtractError::Crashed(how).into()),
            Parsed::Interrupted => Err(NoArticle::Interrupted),
        }
    }

    /// The article as the feed itself tells it, where it does and the page cannot be had.
    pub(crate) async fn article_of_feed(
        &self,
        id: EntryId,
        entry: &Entry,
        source: &Arc<Source>,
        at: DateTime<Utc>,
    ) -> Result<Option<Extracted>, NoArticle> {
        if entry.content_html.is_none() {
            return Ok(None);
        }
        let (kind, url) = (Kind::FeedEntry(Box::new(entry.clone())), entry.url.clone());
        let document = Document { kind, source: Arc::clone(source), url, content_type: None, at, body: Vec::new() };
        match self.parse(&Subject::Page(id), document, feed_entry).await {
            Parsed::Done(made) => Ok(made),
            Parsed::Panicked => Ok(None),
            Parsed::Crashed(how) => Err(ExtractError::Crashed(how).into()),
            Parsed::Interrupted => Err(NoArticle::Interrupted),
        }
    }
}

/// The article of a page.
pub(super) fn page(document: Document) -> Result<Extracted, String> {
    let Document { source, url, content_type, at, body, .. } = document;
    let page = StoredPage { url, content_type, body, fetched: at };
    extract_page(&page, &source).map(|(article, _charset)| article).map_err(|e| e.to_string())
}

/// The article of a feed's entry.
pub(super) fn feed_entry(document: Document) -> Option<Extracted> {
    let Document { kind: Kind::FeedEntry(entry), source, at, .. } = document else { return None };
    let context = Context { url: Some(&entry.url), selectors: &source.article, clock: Clock::new(source.timezone, at) };
    let mut a = extract::from_fragment(entry.content_html.as_deref()?, &context)?;
    a.title = Some(entry.title).filter(|t| !t.is_empty());
    a.published_at = entry.published_at;
    a.warnings.push("taken from the feed: the page could not be had".to_owned());
    Some(a)
}

/// What is known of a page of a source.
pub(crate) fn context<'a>(page: &'a StoredPage, source: &'a Source) -> Context<'a> {
    Context { url: Some(&page.url), selectors: &source.article, clock: Clock::new(source.timezone, page.fetched) }
}

/// The article of an HTML page, and in which charset it was written.
pub(crate) fn extract_page(page: &StoredPage, source: &Source) -> Result<(Extracted, String), ExtractError> {
    if let Some(format) = extract::foreign_format(&page.body) {
        return Err(ExtractError::NotHtml(format));
    }
    let decoded = charset::decode(&page.body, page.content_type.as_deref(), source.charset);
    let mut a = extract::extract(&decoded.text, &context(page, source))?;
    if decoded.garbled {
        a.warnings.push(format!("many characters cannot be read as {}; set charset for source {}", decoded.charset, source.id));
    }
    Ok((a, decoded.charset))
}
