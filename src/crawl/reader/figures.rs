//! A document with a number over time → its figures.

use crate::crawl::reader::Reader;
use crate::crawl::reader::listing::ListingError;
use crate::crawl::reader::parser::{Kind, ParseInput};
use crate::fetch::{Page, charset};
use crate::series::{SeriesError, SeriesRead, read_text, read_workbook};

impl Reader<'_> {
    /// Reads the figures of a fetched document.
    ///
    /// # Errors
    /// It has none, was cut short, or the parser failed.
    pub async fn figures(&self, page: Page) -> Result<SeriesRead, ListingError> {
        // the missing rows may be the newest
        if page.cut_short {
            return Err(ListingError::Series(SeriesError::CutShort));
        }
        self.parse::<Result<_, _>>(Kind::Figures, page.into()).await?.map_err(ListingError::Series)
    }
}

/// Reads the figures of a document.
pub(super) fn figures(input: &ParseInput) -> Result<SeriesRead, SeriesError> {
    let ParseInput { source, document, .. } = input;
    if let Some(read) = read_workbook(&document.body, &source.series) {
        return read;
    }
    let decoded = charset::decode(&document.body, document.content_type.as_deref(), source.charset);
    let read = read_text(&decoded.text, &source.series)?;
    Ok(SeriesRead { garbled: decoded.garbled.then(|| decoded.charset.clone()), ..read })
}
