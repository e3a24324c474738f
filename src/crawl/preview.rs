//! What an address would bring as a source: asked once, nothing stored.

use chrono::{DateTime, TimeDelta, Utc};

use crate::crawl::executor::{context, extract_page, pdf_text};
use crate::discover;
use crate::discover::{DiscoverError, Discovered, autodiscovery};
use crate::extract::{self, ExtractError};
use crate::fetch::{DocumentKind, FetchError, Fetched, Fetcher, Page, Request, Validators, charset};
use crate::model::{Extracted, Source, SourceKind, StoredPage, WebUrl};
use crate::text::dates::Clock;

/// A feed must offer this much to be taken for a page that has a list of its own, and be younger than this.
const MIN_FEED: usize = 3;
const FRESH: TimeDelta = TimeDelta::days(120);
/// Announced feeds that are looked at.
const TRIED: usize = 4;

/// Why an address is no source, or no article.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// It cannot be had.
    #[error("{url}: {source}")]
    Fetch {
        /// The address.
        url: WebUrl,
        /// Cause.
        source: Box<FetchError>,
    },
    /// It holds nothing that lists articles.
    #[error("{url}: {source}")]
    Discover {
        /// The address.
        url: WebUrl,
        /// Cause.
        source: Box<DiscoverError>,
    },
    /// It holds no article.
    #[error("{url}: {source}")]
    Extract {
        /// The address.
        url: WebUrl,
        /// Cause.
        source: ExtractError,
    },
}

impl PreviewError {
    /// The reason in Chinese.
    pub fn chinese(&self) -> String {
        match self {
            Self::Fetch { source, .. } => source.chinese(),
            Self::Discover { source, .. } => source.chinese(),
            Self::Extract { source, .. } => source.chinese(),
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Preview {
    /// The address to be listed: the feed of a page, if it has one as good as its list.
    pub url: WebUrl,
    /// What the address leads to.
    pub found: Discovered,
    /// The site's own name for it.
    pub name: Option<String>,
    /// Where the site says it lives now.
    pub moved: Option<WebUrl>,
}

/// Reads a source as the crawl would.
pub async fn preview_source(fetcher: &Fetcher, source: &Source) -> Result<Preview, PreviewError> {
    let page = get(fetcher, source, &source.url, DocumentKind::Listing).await?;
    let found = discovered(fetcher, &page, source, &source.url).await?;
    Ok(Preview { url: source.url.clone(), found, name: None, moved: page.permanent_redirect })
}

/// Finds the best source behind an address: itself if it is a feed, the feed it announces, its list, or what lies at the
/// usual places.
pub async fn discover_source(fetcher: &Fetcher, source: &Source) -> Result<Preview, PreviewError> {
    let page = get(fetcher, source, &source.url, DocumentKind::Listing).await?;
    let own = discovered(fetcher, &page, source, &source.url).await;
    let text = charset::decode(&page.body, page.content_type.as_deref(), source.charset).text;
    let name = autodiscovery::name(&text);
    let preview = |url: WebUrl, found| Preview { url, found, name: name.clone(), moved: page.permanent_redirect.clone() };
    if let Ok(found) = &own
        && found.kind != Some(SourceKind::List)
    {
        return Ok(preview(source.url.clone(), found.clone()));
    }
    for url in autodiscovery::feeds(&text, &page.url).into_iter().take(TRIED) {
        if let Some(found) = probe_feed(fetcher, source, &url).await.filter(|f| covers_same_articles(f, own.as_ref().ok(), Utc::now())) {
            return Ok(preview(url, found));
        }
    }
    match own {
        Ok(found) => Ok(preview(source.url.clone(), found)),
        Err(e) => {
            for url in autodiscovery::WELL_KNOWN.iter().filter_map(|p| page.url.join(p).ok()) {
                if let Some(found) = probe_feed(fetcher, source, &url).await.filter(|f| covers_same_articles(f, None, Utc::now())) {
                    return Ok(preview(url, found));
                }
            }
            Err(e)
        }
    }
}

/// One article as the crawl would take it, and in which charset.
pub async fn article(fetcher: &Fetcher, source: &Source, url: &WebUrl) -> Result<(Extracted, String), PreviewError> {
    let page = get(fetcher, source, url, DocumentKind::Page).await?;
    let failed = |source| PreviewError::Extract { url: url.clone(), source };
    let page = StoredPage { url: page.url, content_type: page.content_type, body: page.body, fetched: Utc::now() };
    if extract::foreign_format(&page.body) == Some("PDF") {
        let text = pdf_text(&page.body).await.map_err(failed)?;
        let article = extract::pdf::article(&text, &context(&page, source)).map_err(failed)?;
        return Ok((article, "pdf".to_owned()));
    }
    extract_page(&page, source).map_err(failed)
}

async fn probe_feed(fetcher: &Fetcher, source: &Source, url: &WebUrl) -> Option<Discovered> {
    let page = get(fetcher, source, url, DocumentKind::Listing).await.ok()?;
    let found = discovered(fetcher, &page, source, url).await.ok()?;
    matches!(found.kind, Some(SourceKind::Feed | SourceKind::Sitemap)).then_some(found)
}

/// Whether a feed may stand for a page: alive, and, where the page shows a list, telling of the same articles. A feed of
/// the whole site is no substitute for the column somebody asked for.
fn covers_same_articles(feed: &Discovered, list: Option<&Discovered>, now: DateTime<Utc>) -> bool {
    let newest = feed.entries.iter().filter_map(|e| e.published_at).max();
    let alive = feed.entries.len() >= MIN_FEED && newest.is_none_or(|t| now - t.to_utc() < FRESH);
    let shared = |list: &Discovered| list.entries.iter().filter(|l| feed.entries.iter().any(|f| f.url == l.url)).count();
    alive && list.is_none_or(|l| shared(l) * 2 >= l.entries.len().min(feed.entries.len()))
}

async fn discovered(fetcher: &Fetcher, page: &Page, source: &Source, asked: &WebUrl) -> Result<Discovered, PreviewError> {
    let failed = |e| PreviewError::Discover { url: asked.clone(), source: Box::new(e) };
    let found = read_page(page, source).map_err(failed)?;
    let mut parts = Vec::new();
    for url in &found.sub_sitemaps {
        parts.extend(get(fetcher, source, url, DocumentKind::Listing).await.ok().and_then(|p| read_page(&p, source).ok()));
    }
    found.with_sub_sitemaps(parts).map_err(failed)
}

fn read_page(page: &Page, source: &Source) -> Result<Discovered, DiscoverError> {
    let clock = Clock::new(source.timezone, Utc::now());
    discover::discover(&page.body, page.content_type.as_deref(), &page.url, source, None, &clock)
}

async fn get(fetcher: &Fetcher, source: &Source, url: &WebUrl, expect: DocumentKind) -> Result<Page, PreviewError> {
    let none = Validators::default();
    let failed = |e| PreviewError::Fetch { url: url.clone(), source: Box::new(e) };
    match fetcher.get(&Request { url, source, validators: &none, kind: expect, keep_alive: true, scope: None }).await.result {
        Ok(Fetched::Page(page)) => Ok(*page),
        Ok(Fetched::NotModified { .. } | Fetched::CrossHostRedirect(_)) => Err(failed(FetchError::UnaskedNotModified)),
        Err(e) => Err(failed(e)),
    }
}
