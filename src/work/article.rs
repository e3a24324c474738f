//! A page → its article, whether it is HTML or PDF.

use std::sync::Arc;

use chrono::Utc;

use super::{Task, TaskExecutor, TaskResult, pdf};
use crate::extract::{self, Context, ExtractError};
use crate::fetch::{Page, charset};
use crate::model::{Extracted, Source, StoredPage};
use crate::text::dates::Clock;

impl TaskExecutor {
    pub(super) async fn read_article(&self, task: &Task, page: Page) -> TaskResult {
        let page = StoredPage { url: page.url, content_type: page.content_type, body: page.body, fetched: Utc::now() };
        let url = page.url.clone();
        match self.extract_article(task, page).await {
            Ok(extracted) => TaskResult::Article { url, extracted: Box::new(extracted) },
            Err(reason) => TaskResult::NoArticle(reason),
        }
    }

    /// What a page says; a panic ends this page, not the crawl.
    pub(super) async fn extract(&self, source: &Arc<Source>, page: StoredPage) -> Result<Extracted, String> {
        let source = Arc::clone(source);
        let made = if extract::foreign_format(&page.body) == Some("PDF") {
            let text = pdf::text(&page.body).await.map_err(|e| e.to_string())?;
            self.cpu(move || extract::pdf::article(&text, &context(&page, &source))).await
        } else {
            self.cpu(move || extract_page(&page, &source).map(|(article, _charset)| article)).await
        };
        made.unwrap_or(Err(ExtractError::GaveUp)).map_err(|e| e.to_string())
    }
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
