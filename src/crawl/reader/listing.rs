//! A feed, list page, sitemap or JSON → its entries, those of its sub-sitemaps and of its older pages included.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crawl::reader::parser::{Kind, ParseFailure, ParseInput};
use crate::crawl::reader::{Document, Reader};
use crate::discover::autodiscovery::{self, Announced};
use crate::discover::{self, DiscoverError, Discovered};
use crate::fetch::{DocumentKind, Fetched, Page, charset};
use crate::model::WebUrl;
use crate::text::dates::Clock;

/// Further pages of a list that are read when it is read for the first time.
const OLDER_PAGES: usize = 2;

/// Why a document gives no entries.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
pub enum ListingError {
    /// It holds none, or cannot be read.
    #[error(transparent)]
    Document(DiscoverError),
    /// The parser panicked.
    #[error("the parser gave up on this document")]
    GaveUp,
    /// The parser ended its process, and how.
    #[error("this document ends its parser ({0})")]
    Crashed(String),
    /// The parser was killed from outside: nothing is known of the document.
    #[error("could not be read: {0}")]
    Interrupted(String),
}

impl ListingError {
    /// A stable word for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(e) => e.code(),
            Self::GaveUp => "broken",
            Self::Crashed(_) => "crashed",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// The reason as an editor reads it.
    pub fn chinese(&self) -> String {
        match self {
            Self::Document(e) => e.chinese(),
            Self::GaveUp => "内容无法解析".to_owned(),
            Self::Crashed(_) => "内容会使解析程序异常退出，已跳过".to_owned(),
            Self::Interrupted(_) => "解析被外部中断，稍后重试".to_owned(),
        }
    }
}

impl Reader<'_> {
    /// The entries of a document. `previous_selector` is the layout that a list had before; `older`: its next pages are read too.
    ///
    /// # Errors
    /// Neither the document nor its sub-sitemaps hold entries, or the parser failed.
    pub async fn listing(&self, document: Document, previous_selector: Option<&str>, older: bool) -> Result<Discovered, ListingError> {
        let first = document.url.clone();
        let found = self.discover(document, previous_selector.map(str::to_owned)).await?;
        let mut parts = Vec::new();
        for url in &found.sub_sitemaps {
            parts.extend(self.fetch_listing(url, None).await);
        }
        let mut found = found.with_sub_sitemaps(parts).map_err(ListingError::Document)?;
        if older {
            found = self.append_older_pages(found, first).await;
        }
        for note in &found.notes {
            tracing::debug!(source = %self.source.id, "repaired: {note}");
        }
        for limit in &found.limits {
            tracing::debug!(source = %self.source.id, "{limit}");
        }
        Ok(found)
    }

    /// The entries of a page that was just fetched; how long the site calls it fresh is among their hints.
    ///
    /// # Errors
    /// See [`Reader::listing`].
    pub async fn fetched_listing(&self, page: Page, previous_selector: Option<&str>, older: bool) -> Result<Discovered, ListingError> {
        let fresh_for: Option<Duration> = page.fresh_for;
        let mut found = self.listing(page.into(), previous_selector, older).await?;
        found.refresh_hints.max_age = fresh_for;
        Ok(found)
    }

    async fn append_older_pages(&self, mut found: Discovered, first: Option<WebUrl>) -> Discovered {
        let mut seen: HashSet<WebUrl> = first.into_iter().collect();
        let mut next = found.next.take();
        while let Some(url) = next.take().filter(|n| seen.len() <= OLDER_PAGES && seen.insert(n.clone())) {
            let Some(mut older) = self.fetch_listing(&url, found.selector_path.clone()).await else { break };
            next = older.next.take();
            found.merge(older);
        }
        found
    }

    async fn fetch_listing(&self, url: &WebUrl, previous_selector: Option<String>) -> Option<Discovered> {
        let Ok(Fetched::Page(page)) = self.fetch(url, DocumentKind::Listing).await?.result else { return None };
        self.discover((*page).into(), previous_selector).await.ok()
    }

    /// What a page says of its site.
    ///
    /// # Errors
    /// The parser failed.
    pub async fn announced(&self, document: Document) -> Result<Announced, ListingError> {
        Ok(self.parse(Kind::Homepage, document).await?)
    }

    async fn discover(&self, document: Document, previous_selector: Option<String>) -> Result<Discovered, ListingError> {
        self.parse::<Result<_, _>>(Kind::Listing { previous_selector }, document).await?.map_err(ListingError::Document)
    }
}

impl From<ParseFailure> for ListingError {
    fn from(failure: ParseFailure) -> Self {
        match failure {
            ParseFailure::Crashed(how) => Self::Crashed(how),
            ParseFailure::Interrupted(reason) => Self::Interrupted(reason),
        }
    }
}

/// What one page says of its site.
pub(super) fn announced(ParseInput { source, document, .. }: &ParseInput) -> Announced {
    let decoded = charset::decode(&document.body, document.content_type.as_deref(), source.charset);
    autodiscovery::announced(&decoded.text, document.url.as_ref().unwrap_or(&source.url))
}

/// The entries of one document.
pub(super) fn listing(input: ParseInput) -> Result<Discovered, DiscoverError> {
    let ParseInput { kind, source, document } = input;
    let previous_selector = if let Kind::Listing { previous_selector } = kind { previous_selector } else { None };
    let url = document.url.as_ref().unwrap_or(&source.url);
    let clock = Clock::new(source.timezone, document.at);
    discover::discover(&document.body, document.content_type.as_deref(), url, &source, previous_selector.as_deref(), &clock)
}
