//! Shows what an address would bring as a source: fetched once, nothing stored.

use chrono::{DateTime, TimeDelta, Utc};

use crate::crawl::reader::{Document, FurtherPages, ListingError, Reader};
use crate::discover::Discovered;
use crate::discover::autodiscovery::{self, Announced};
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchError, Fetched, Page};
use crate::model::{Entry, Extracted, SourceKind, WebUrl};
use crate::page_watch::WatchedPage;
use crate::series::SeriesRead;

/// A feed replaces the page's own list only if it has this many entries and is younger than this.
const MIN_FEED_ENTRIES: usize = 3;
const MAX_FEED_AGE: TimeDelta = TimeDelta::days(120);
/// Most announced feeds that are tried.
const MAX_FEEDS: usize = 4;

/// Why an address is not a source or an article.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The fetch failed.
    #[error("{url}: {source}")]
    Fetch { url: WebUrl, source: Box<FetchError> },
    /// It has no list.
    #[error("{url}: {source}")]
    Discover { url: WebUrl, source: ListingError },
    /// It has no article.
    #[error("{url}: {source}")]
    Extract { url: WebUrl, source: ExtractError },
}

impl PreviewError {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Fetch { source, .. } => source.chinese(),
            Self::Discover { source, .. } => source.chinese(),
            Self::Extract { source, .. } => source.chinese(),
        }
    }
}

#[derive(Debug)]
pub struct Preview {
    /// The address to list: the feed of a page, if it is as good as the page's list.
    pub url: WebUrl,
    /// The entries.
    pub found: Discovered,
    /// The site's own name for it.
    pub name: Option<String>,
    /// New address after a permanent redirect.
    pub permanent_redirect: Option<WebUrl>,
    /// For a home page without a feed: its columns that have lists.
    pub columns: Vec<Column>,
    /// For a watched page: its blocks. It has no entries.
    pub watched: Option<WatchedPage>,
    /// For figures over time: what is taken of the document. It has no entries.
    pub series: Option<SeriesRead>,
    /// Why the page itself brings nothing, if this is a feed of the whole site.
    pub instead_of: Option<PreviewError>,
}

impl Preview {
    fn new(url: WebUrl, found: Discovered, permanent_redirect: Option<WebUrl>) -> Self {
        Self { url, found, name: None, permanent_redirect, columns: Vec::new(), watched: None, series: None, instead_of: None }
    }
}

/// A column with its own list.
#[derive(Debug)]
pub struct Column {
    /// The home page's link text.
    pub name: String,
    pub url: WebUrl,
    /// How many entries its list has.
    pub entries: usize,
}

/// Reads a source like its first crawl.
///
/// # Errors
/// The fetch failed, or there are no entries.
pub async fn preview_source(reader: &Reader<'_>) -> Result<Preview, PreviewError> {
    let url = &reader.source().url;
    if reader.source().is_page() {
        return preview_page(reader, url).await;
    }
    if reader.source().is_series() {
        return preview_series(reader, url).await;
    }
    let page = fetch(reader, url, DocumentKind::Listing).await?;
    let permanent_redirect = page.permanent_redirect.clone();
    let found = read_listing(reader, page, url, FurtherPages::First).await?;
    Ok(Preview::new(url.clone(), found, permanent_redirect))
}

/// Returns a page's own name.
async fn name_of(reader: &Reader<'_>, page: &Page) -> Option<String> {
    let document = Document { url: Some(page.url.clone()), content_type: page.content_type.clone(), at: Utc::now(), body: page.body.clone() };
    reader.announced(document).await.ok()?.name
}

/// Reads a page to watch.
async fn preview_page(reader: &Reader<'_>, url: &WebUrl) -> Result<Preview, PreviewError> {
    let page = fetch(reader, url, DocumentKind::Page).await?;
    let permanent_redirect = page.permanent_redirect.clone();
    let name = name_of(reader, &page).await;
    let watched = reader.watched(page).await.map_err(|source| PreviewError::Discover { url: url.clone(), source })?;
    let found = Discovered { kind: Some(SourceKind::Page), ..Discovered::default() };
    Ok(Preview { name, watched: Some(watched), ..Preview::new(url.clone(), found, permanent_redirect) })
}

/// Reads figures over time.
async fn preview_series(reader: &Reader<'_>, url: &WebUrl) -> Result<Preview, PreviewError> {
    let page = fetch(reader, url, DocumentKind::Listing).await?;
    let permanent_redirect = page.permanent_redirect.clone();
    let name = name_of(reader, &page).await;
    let series = reader.figures(page).await.map_err(|source| PreviewError::Discover { url: url.clone(), source })?;
    let found = Discovered { kind: Some(SourceKind::Series), ..Discovered::default() };
    // the table says what the figures are, the page only where they stand
    let name = Some(series.caption.clone()).filter(|c| !c.is_empty()).or(name);
    Ok(Preview { name, series: Some(series), ..Preview::new(url.clone(), found, permanent_redirect) })
}

/// Finds the best source for an address: itself if it is a feed, a feed it announces, its list, or one of the usual addresses.
///
/// # Errors
/// None of them can be fetched and has entries.
pub async fn discover_source(reader: &Reader<'_>) -> Result<Preview, PreviewError> {
    let source = reader.source();
    let page = fetch(reader, &source.url, DocumentKind::Listing).await?;
    let (base, moved) = (page.url.clone(), page.permanent_redirect.clone());
    let document = Document { url: Some(base.clone()), content_type: page.content_type.clone(), at: Utc::now(), body: page.body.clone() };
    // the listing reports parse errors: it parses the same page
    let Announced { name, feeds, columns } = reader.announced(document).await.unwrap_or_default();
    let own = read_listing(reader, page, &source.url, FurtherPages::Skip).await;
    let preview = |url: WebUrl, found| Preview { name: name.clone(), ..Preview::new(url, found, moved.clone()) };
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
                if let Some(mut found) = probe_feed(reader, &url).await.filter(|f| covers_same_articles(f, None, Utc::now())) {
                    found.notes.push(format!("the page itself brings nothing, this is a feed of the whole site: {e}"));
                    return Ok(Preview { instead_of: Some(e), ..preview(url, found) });
                }
            }
            let lists = if is_home { lists_of(reader, columns).await } else { Vec::new() };
            let (columns, mut found): (Vec<Column>, Vec<Discovered>) = lists.into_iter().unzip();
            // if the page has no list, use its largest column
            match columns.iter().enumerate().max_by_key(|(_, c)| c.entries).map(|(at, c)| (at, c.url.clone())) {
                Some((at, url)) => Ok(Preview { columns, ..preview(url, found.swap_remove(at)) }),
                None => Err(e),
            }
        }
    }
}

/// Returns the article of an entry as the crawl would store it: if the page has none, the feed's text.
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

/// Fetches the article at an address.
///
/// # Errors
/// The fetch failed, or there is no article.
pub async fn article(reader: &Reader<'_>, url: &WebUrl) -> Result<Extracted, PreviewError> {
    let failed = |source| PreviewError::Extract { url: url.clone(), source };
    if url.is_route_of(&reader.source().url) && !reader.source().render {
        return Err(failed(ExtractError::ScriptRoute));
    }
    let page = fetch(reader, url, DocumentKind::Page).await?;
    reader.article(page.into()).await.map_err(failed)
}

/// Returns the columns that have a list.
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

/// Whether a feed may replace a page: it is alive and, if the page has a list, has the same articles. A feed of the whole site
/// does not replace a column.
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
