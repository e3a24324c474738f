//! Figures over time (`kind = "series"`): a JSON document, CSV, workbook or page → periods with values, compared with what is stored. Pure.
//!
//! - [`mod@read`]: a document → tables → the figures of one of them. `json`, `delimited`, `workbook` and `page` find the tables,
//!   `layout` the columns; `period`, `cell` and `unit` read cells.
//! - `judge`: what was read beside what is stored → new and revised figures, and those that wait for an editor's look (待核).
//! - [`mod@compare`]: 同比 and 环比.
//! - `report`: title and text in Chinese.

mod cell;
pub mod compare;
mod delimited;
mod error;
mod fold;
mod json;
pub mod judge;
mod layout;
mod page;
mod period;
pub mod read;
pub mod report;
mod table;
#[cfg(test)]
mod tests;
mod unit;
mod workbook;

pub use error::SeriesError;
pub use judge::{Judged, Oddity, StoredFigure, judge};
pub use read::{Figure, SeriesRead, read_text, read_workbook};
pub use report::{FigureEntry, Told};
pub use table::Table;

/// Returns the sheets of a workbook (.xlsx) as tables.
///
/// # Errors
/// It is damaged or too large.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Table>, SeriesError> {
    Ok(workbook::read(bytes)?.tables)
}
