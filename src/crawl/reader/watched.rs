//! A watched page → its blocks.

use crate::crawl::reader::Reader;
use crate::crawl::reader::listing::ListingError;
use crate::crawl::reader::parser::{Kind, ParseInput};
use crate::documents::Format;
use crate::fetch::{Page, charset};
use crate::page_watch::{PageError, WatchedPage, blocks};

impl Reader<'_> {
    /// Cuts a fetched page into blocks.
    ///
    /// # Errors
    /// It is no page to watch, was cut short, or the parser failed.
    pub async fn watched(&self, page: Page) -> Result<WatchedPage, ListingError> {
        // the rest of the page would seem to be gone
        if page.cut_short {
            return Err(ListingError::Page(PageError::CutShort));
        }
        self.parse::<Result<_, _>>(Kind::Watched, page.into()).await?.map_err(ListingError::Page)
    }
}

/// Cuts a page into blocks.
pub(super) fn watched(input: &ParseInput) -> Result<WatchedPage, PageError> {
    let ParseInput { source, document, .. } = input;
    if let Some(format) = Format::of(&document.body) {
        return Err(PageError::NotHtml(format.name().to_owned()));
    }
    let decoded = charset::decode(&document.body, document.content_type.as_deref(), source.charset);
    let page = blocks::cut(&decoded.text, &source.page)?;
    Ok(WatchedPage { garbled: decoded.garbled.then(|| decoded.charset.clone()), ..page })
}
