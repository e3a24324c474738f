//! A feed, list page, sitemap or JSON → its entries, including sub-sitemaps and older pages.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crawl::reader::parser::{Kind, ParseFailure, ParseInput};
use crate::crawl::reader::{Document, Reader};
use crate::discover::autodiscovery::{self, Announced};
use crate::discover::{self, DiscoverError, Discovered, KnownEntries, LimitReached};
use crate::fetch::{DocumentKind, FetchError, Fetched, Page, charset};
use crate::model::{Entry, WebUrl};
use crate::page_watch::PageError;
use crate::series::SeriesError;
use crate::text::dates::Clock;

/// Further pages at the first poll.
const OLDER_PAGES: usize = 2;
/// Most further pages at later polls: with 20 rows each, 200 entries between two polls.
const MAX_NEW_PAGES: usize = 10;

/// Which further pages of a list to read.
#[derive(Debug, Clone, Copy)]
pub enum FurtherPages<'a> {
    /// None.
    Skip,
    /// The next few, for the first poll.
    First,
    /// Until a page has a known entry.
    UntilKnown(&'a KnownEntries),
}

/// Why a document has no entries.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
pub enum ListingError {
    /// It has none, or is unreadable.
    #[error(transparent)]
    Document(DiscoverError),
    /// It is no page to watch.
    #[error(transparent)]
    Page(PageError),
    /// It has no such figures.
    #[error(transparent)]
    Series(SeriesError),
    #[error("the parser gave up on this document")]
    GaveUp,
    /// It crashed its parser, and how.
    #[error("this document ends its parser ({0})")]
    Crashed(String),
    /// The parser was killed from outside; the document may be sound.
    #[error("could not be read: {0}")]
    Interrupted(String),
}

impl ListingError {
    /// Returns a stable code for programs and searches.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(e) => e.code(),
            Self::Page(e) => e.code(),
            Self::Series(e) => e.code(),
            Self::GaveUp => "broken",
            Self::Crashed(_) => "crashed",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Document(e) => e.chinese(),
            Self::Page(e) => e.chinese(),
            Self::Series(e) => e.chinese(),
            Self::GaveUp => "内容无法解析".to_owned(),
            Self::Crashed(_) => "内容会使解析程序异常退出，已跳过".to_owned(),
            Self::Interrupted(_) => "解析被外部中断，稍后重试".to_owned(),
        }
    }
}

impl Reader<'_> {
    /// Reads the entries of a document. `previous_selector` is the list's layout at the last poll.
    ///
    /// # Errors
    /// Neither the document nor its sub-sitemaps have entries, or the parser failed.
    pub async fn listing(&self, document: Document, previous_selector: Option<&str>, further: FurtherPages<'_>) -> Result<Discovered, ListingError> {
        let first = document.url.clone();
        let found = self.discover(document, previous_selector.map(str::to_owned)).await?;
        let mut parts = Vec::new();
        for url in &found.sub_sitemaps {
            parts.extend(self.fetch_listing(url, None).await.ok());
        }
        let found = found.with_sub_sitemaps(parts, self.source.identity).map_err(ListingError::Document)?;
        let found = self.append_further_list_pages(found, first, further).await;
        for note in &found.notes {
            tracing::debug!(source = %self.source.id, "repaired: {note}");
        }
        for limit in &found.limits {
            if limit.needs_setting() {
                tracing::warn!(source = %self.source.id, "{limit}");
            } else {
                tracing::debug!(source = %self.source.id, "{limit}");
            }
        }
        Ok(found)
    }

    /// Reads the entries of a fetched page; its freshness becomes one of their refresh hints.
    ///
    /// # Errors
    /// See [`Reader::listing`].
    pub async fn fetched_listing(&self, page: Page, previous_selector: Option<&str>, further: FurtherPages<'_>) -> Result<Discovered, ListingError> {
        let (fresh_for, cut_short): (Option<Duration>, bool) = (page.fresh_for, page.cut_short);
        let mut found = self.listing(page.into(), previous_selector, further).await?;
        found.refresh_hints.max_age = fresh_for;
        found.limits.extend(cut_short.then_some(LimitReached::TransferCut));
        Ok(found)
    }

    async fn append_further_list_pages(&self, mut found: Discovered, first: Option<WebUrl>, further: FurtherPages<'_>) -> Discovered {
        let most = match further {
            FurtherPages::Skip => return found,
            FurtherPages::First => OLDER_PAGES,
            FurtherPages::UntilKnown(_) => MAX_NEW_PAGES,
        };
        let kind = self.source.identity;
        let ends = |page: &[Entry]| matches!(further, FurtherPages::UntilKnown(known) if known.reached_by(page, kind));
        let mut seen: HashSet<WebUrl> = first.into_iter().collect();
        let mut next = found.next.take().filter(|_| !ends(&found.entries));
        while let Some(url) = next.take().filter(|n| seen.insert(n.clone())) {
            if seen.len() > most + 1 {
                if matches!(further, FurtherPages::UntilKnown(_)) {
                    tracing::warn!(source = %self.source.id, "its list has nothing known on {most} further pages; what stands behind them is left out");
                }
                break;
            }
            let mut page = match self.fetch_listing(&url, found.selector_path.clone()).await {
                Ok(page) => page,
                Err(failure) => {
                    found.incomplete = matches!(further, FurtherPages::UntilKnown(_)) && failure.is_transient();
                    tracing::debug!(source = %self.source.id, %url, incomplete = found.incomplete, "its list cannot be read further");
                    break;
                }
            };
            next = page.next.take().filter(|_| !ends(&page.entries));
            // sites repeat a page after the last one, and if a script makes the pages
            if found.merge(page, kind) == 0 {
                break;
            }
        }
        found
    }

    async fn fetch_listing(&self, url: &WebUrl, previous_selector: Option<String>) -> Result<Discovered, FurtherPageError> {
        let response = self.fetch(url, DocumentKind::Listing).await.ok_or(FurtherPageError::NotRead)?;
        match response.result {
            Ok(Fetched::Page(page)) => self.discover((*page).into(), previous_selector).await.map_err(FurtherPageError::Listing),
            Ok(Fetched::NotModified { .. } | Fetched::CrossHostRedirect(_)) => Err(FurtherPageError::NotRead),
            Err(e) => Err(FurtherPageError::Fetch(e)),
        }
    }

    /// Reads what a page announces of its site.
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

/// Reads what one page announces of its site.
pub(super) fn announced(ParseInput { source, document, .. }: &ParseInput) -> Announced {
    let decoded = charset::decode(&document.body, document.content_type.as_deref(), source.charset);
    autodiscovery::announced(&decoded.text, document.url.as_ref().unwrap_or(&source.url))
}

/// Why a further page of a list, or a part of a sitemap, brings nothing.
enum FurtherPageError {
    /// Not requested, or on another host.
    NotRead,
    Fetch(FetchError),
    Listing(ListingError),
}

impl FurtherPageError {
    /// Whether a later attempt may succeed.
    fn is_transient(&self) -> bool {
        match self {
            Self::NotRead => false,
            Self::Fetch(e) => e.is_transient() || e.retry_after().is_some(),
            Self::Listing(e) => matches!(e, ListingError::Interrupted(_)),
        }
    }
}

/// Reads the entries of one document.
pub(super) fn listing(input: ParseInput) -> Result<Discovered, DiscoverError> {
    let ParseInput { kind, source, document } = input;
    let previous_selector = if let Kind::Listing { previous_selector } = kind { previous_selector } else { None };
    let url = document.url.as_ref().unwrap_or(&source.url);
    let clock = Clock::new(source.timezone, document.at);
    discover::discover(&document.body, document.content_type.as_deref(), url, &source, previous_selector.as_deref(), &clock)
}
