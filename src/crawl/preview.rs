//! What an address would bring as a source: asked once, nothing stored.

use chrono::{DateTime, TimeDelta, Utc};

use crate::crawl::reader::{Document, FurtherPages, ListingError, Reader};
use crate::discover::Discovered;
use crate::discover::autodiscovery::{self, Announced};
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchError, Fetched, Page};
use crate::model::{Entry, Extracted, SourceKind, WebUrl};

/// A feed must offer this much to be taken for a page that has a list of its own, and be younger than this.
const MIN_FEED_ENTRIES: usize = 3;
const MAX_FEED_AGE: TimeDelta = TimeDelta::days(120);
/// Most announced feeds that are tried.
const MAX_FEEDS: usize = 4;

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
        source: ListingError,
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
    pub permanent_redirect: Option<WebUrl>,
    /// Of a home page without a feed: the lists of its columns.
    pub columns: Vec<Column>,
}

/// A column of a site that has a list of its own.
#[derive(Debug)]
pub struct Column {
    /// As the home page calls it.
    pub name: String,
    /// Its list.
    pub url: WebUrl,
    /// How many entries that has.
    pub entries: usize,
}

/// Reads a source as its first crawl would.
///
/// # Errors
/// It cannot be fetched, or holds no entries.
pub async fn preview_source(reader: &Reader<'_>) -> Result<Preview, PreviewError> {
    let url = &reader.source().url;
    let page = fetch(reader, url, DocumentKind::Listing).await?;
    let permanent_redirect = page.permanent_redirect.clone();
    let found = read_listing(reader, page, url, FurtherPages::First).await?;
    Ok(Preview { url: url.clone(), found, name: None, permanent_redirect, columns: Vec::new() })
}

/// Finds the best source behind an address: itself if it is a feed, the feed it announces, its list, or what lies at the
/// usual places.
///
/// # Errors
/// None of them can be fetched and holds entries.
pub async fn discover_source(reader: &Reader<'_>) -> Result<Preview, PreviewError> {
    let source = reader.source();
    let page = fetch(reader, &source.url, DocumentKind::Listing).await?;
    let (base, moved) = (page.url.clone(), page.permanent_redirect.clone());
    let document = Document { url: Some(base.clone()), content_type: page.content_type.clone(), at: Utc::now(), body: page.body.clone() };
    // a parse error is reported by the listing, which parses the same page
    let Announced { name, feeds, columns } = reader.announced(document).await.unwrap_or_default();
    let own = read_listing(reader, page, &source.url, FurtherPages::Skip).await;
    let preview = |url: WebUrl, found| Preview { url, found, name: name.clone(), permanent_redirect: moved.clone(), columns: Vec::new() };
    if let Ok(found) = &own
        && found.kind != Some(SourceKind::List)
    {
        return Ok(preview(source.url.clone(), found.clone()));
    }
    for url in feeds.into_iter().take(MAX_FEEDS) {
        if let Some(found) = probe_feed(reader, &url).await.filter(|f| covers_same_articles(f, own.as_ref().ok(), Utc::now())) {
            return Ok(preview(url, found));
        }
    }
    let is_home = base.as_url().path() == "/";
    match own {
        Ok(found) if is_home => Ok(Preview {
            columns: lists_of(reader, columns).await.into_iter().map(|(column, _)| column).collect(),
            ..preview(source.url.clone(), found)
        }),
        Ok(found) => Ok(preview(source.url.clone(), found)),
        Err(e) => {
            for url in autodiscovery::WELL_KNOWN.iter().filter_map(|p| base.join(p).ok()) {
                if let Some(found) = probe_feed(reader, &url).await.filter(|f| covers_same_articles(f, None, Utc::now())) {
                    return Ok(preview(url, found));
                }
            }
            let lists = if is_home { lists_of(reader, columns).await } else { Vec::new() };
            let (columns, mut found): (Vec<Column>, Vec<Discovered>) = lists.into_iter().unzip();
            // a page without a list gives way to its largest column
            match columns.iter().enumerate().max_by_key(|(_, c)| c.entries) {
                Some((at, best)) => Ok(Preview { url: best.url.clone(), found: found.swap_remove(at), name, permanent_redirect: moved, columns }),
                None => Err(e),
            }
        }
    }
}

/// The article of an entry as the crawl would store it: where its page gives none, the feed's own text, if it has any.
///
/// # Errors
/// Neither gives an article.
pub async fn entry_article(reader: &Reader<'_>, entry: &Entry) -> Result<Extracted, PreviewError> {
    let found = match article(reader, &entry.url).await {
        Ok(found) => found,
        Err(e) => reader.article_from_feed(entry, Utc::now()).await.ok().flatten().ok_or(e)?,
    };
    Ok(found.or_listed(entry))
}

/// The article at an address.
///
/// # Errors
/// It cannot be fetched, or holds no article.
pub async fn article(reader: &Reader<'_>, url: &WebUrl) -> Result<Extracted, PreviewError> {
    let failed = |source| PreviewError::Extract { url: url.clone(), source };
    if url.is_route_of(&reader.source().url) && !reader.source().render {
        return Err(failed(ExtractError::ScriptRoute));
    }
    let page = fetch(reader, url, DocumentKind::Page).await?;
    reader.article(page.into()).await.map_err(failed)
}

/// The columns that have a list.
async fn lists_of(reader: &Reader<'_>, columns: Vec<(String, WebUrl)>) -> Vec<(Column, Discovered)> {
    let mut out = Vec::new();
    for (name, url) in columns {
        if let Some(found) = listing_at(reader, &url).await {
            out.push((Column { name, url, entries: found.entries.len() }, found));
        }
    }
    out
}

async fn listing_at(reader: &Reader<'_>, url: &WebUrl) -> Option<Discovered> {
    let page = fetch(reader, url, DocumentKind::Listing).await.ok()?;
    read_listing(reader, page, url, FurtherPages::Skip).await.ok()
}

async fn probe_feed(reader: &Reader<'_>, url: &WebUrl) -> Option<Discovered> {
    let found = listing_at(reader, url).await?;
    matches!(found.kind, Some(SourceKind::Feed | SourceKind::Sitemap)).then_some(found)
}

/// Whether a feed may stand for a page: alive, and, where the page shows a list, telling of the same articles. A feed of
/// the whole site does not replace the column that was asked for.
fn covers_same_articles(feed: &Discovered, list: Option<&Discovered>, now: DateTime<Utc>) -> bool {
    let newest = feed.entries.iter().filter_map(|e| e.published_at).max();
    let alive = feed.entries.len() >= MIN_FEED_ENTRIES && newest.is_none_or(|t| now - t.to_utc() < MAX_FEED_AGE);
    let shared = |list: &Discovered| list.entries.iter().filter(|l| feed.entries.iter().any(|f| f.url == l.url)).count();
    alive && list.is_none_or(|l| shared(l) * 2 >= l.entries.len().min(feed.entries.len()))
}

async fn read_listing(reader: &Reader<'_>, page: Page, asked: &WebUrl, further: FurtherPages<'_>) -> Result<Discovered, PreviewError> {
    reader.fetched_listing(page, None, further).await.map_err(|source| PreviewError::Discover { url: asked.clone(), source })
}

async fn fetch(reader: &Reader<'_>, url: &WebUrl, kind: DocumentKind) -> Result<Page, PreviewError> {
    let failed = |e| PreviewError::Fetch { url: url.clone(), source: Box::new(e) };
    match reader.fetch(url, kind).await.map(|response| response.result) {
        Some(Ok(Fetched::Page(page))) => Ok(*page),
        Some(Ok(Fetched::NotModified { .. } | Fetched::CrossHostRedirect(_))) | None => Err(failed(FetchError::UnaskedNotModified)),
        Some(Err(e)) => Err(failed(e)),
    }
}
