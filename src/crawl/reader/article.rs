//! A page, HTML or PDF, → its article.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::crawl::reader::parser::{Kind, ParseFailure, ParseInput};
use crate::crawl::reader::{Document, Reader, pdf};
use crate::extract::{self, Context, ExtractError};
use crate::fetch::charset;
use crate::model::{Entry, Extracted, Source};
use crate::text::dates::Clock;

impl Reader<'_> {
    /// Reads the article of a page, with its further pages.
    ///
    /// # Errors
    /// The page has no article, or the parser was killed ([`ExtractError::Interrupted`]).
    pub async fn article(&self, page: Document) -> Result<Extracted, ExtractError> {
        let url = page.url.clone();
        let article = self.extract(page).await?;
        self.append_further_pages(article, url).await
    }

    /// Reads the article of a page, without its further pages.
    pub(super) async fn extract(&self, page: Document) -> Result<Extracted, ExtractError> {
        if extract::foreign_format(&page.body) == Some("PDF") {
            let text = pdf::text(self.parser, &page.body).await?;
            let source = Arc::clone(&self.source);
            return self.parser.cpu(move || extract::pdf::article(&text, &context(&page, &source))).await.unwrap_or(Err(ExtractError::GaveUp));
        }
        self.parse::<Result<_, _>>(Kind::Page, page).await?
    }

    /// Reads the article from the feed, for a page that is unavailable; `None` if the feed has no text.
    ///
    /// # Errors
    /// The parser crashed, or was killed.
    pub(crate) async fn article_from_feed(&self, entry: &Entry, at: DateTime<Utc>) -> Result<Option<Extracted>, ExtractError> {
        if entry.content_html.is_none() {
            return Ok(None);
        }
        let document = Document { url: entry.url.clone().into(), content_type: None, at, body: Vec::new() };
        Ok(self.parse(Kind::FeedEntry(Box::new(entry.clone())), document).await?)
    }

    pub(super) async fn parse<T: DeserializeOwned>(&self, kind: Kind, document: Document) -> Result<T, ParseFailure> {
        self.parser.parse(&ParseInput { kind, source: Arc::clone(&self.source), document }, self.waiting).await
    }
}

impl From<ParseFailure> for ExtractError {
    fn from(failure: ParseFailure) -> Self {
        match failure {
            ParseFailure::Crashed(how) => Self::Crashed(how),
            ParseFailure::Interrupted(reason) => Self::Interrupted(reason),
        }
    }
}

/// Extracts the article of an HTML page.
pub(super) fn page(input: ParseInput) -> Result<Extracted, ExtractError> {
    let ParseInput { source, document, .. } = input;
    if let Some(format) = extract::foreign_format(&document.body) {
        return Err(ExtractError::NotHtml(format.into()));
    }
    let decoded = charset::decode(&document.body, document.content_type.as_deref(), source.charset);
    let mut article = extract::extract(&decoded.text, &context(&document, &source))?;
    if decoded.garbled {
        article.warnings.push(format!("many characters cannot be read as {}; the source may need its charset set", decoded.charset));
    }
    article.charset = decoded.charset;
    Ok(article)
}

/// Extracts the article of a feed entry.
pub(super) fn feed_entry(input: ParseInput) -> Option<Extracted> {
    let ParseInput { kind: Kind::FeedEntry(entry), source, document } = input else { return None };
    let mut article = extract::from_fragment(entry.content_html.as_deref()?, &context(&document, &source))?;
    article.title = Some(entry.title).filter(|t| !t.is_empty());
    article.published_at = entry.published_at;
    article.warnings.push("taken from the feed: the page could not be had".to_owned());
    Some(article)
}

fn context<'a>(page: &'a Document, source: &'a Source) -> Context<'a> {
    Context { url: page.url.as_ref(), selectors: &source.article, clock: Clock::new(source.timezone, page.at) }
}
