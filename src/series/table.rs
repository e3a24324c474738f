//! Tables of cells, bounded.

use crate::series::SeriesError;
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::text::work;

/// Most tables of a document, columns of a table, and cells of all tables.
const MAX_TABLES: usize = 300;
pub(super) const MAX_COLUMNS: usize = 300;
const MAX_CELLS: usize = 600_000;
/// Longer cells are texts, whose beginning tells enough.
const MAX_CELL_CHARS: usize = 120;

/// A table as it is read, heads among its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Its caption, sheet or path.
    pub caption: String,
    pub rows: Vec<Vec<String>>,
}

/// The tables of a document.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) tables: Vec<Table>,
    cells: usize,
}

impl Tables {
    /// Begins a table. Tables above the limit are left out.
    ///
    /// # Errors
    /// The document has too many.
    pub(super) fn begin(&mut self, caption: &str) -> Result<(), SeriesError> {
        if self.tables.len() >= MAX_TABLES {
            return Err(SeriesError::TooLarge);
        }
        self.tables.push(Table { caption: truncate(&collapse_whitespace(caption), MAX_CELL_CHARS), rows: Vec::new() });
        Ok(())
    }

    /// Adds a row to the last table; one without any text is none.
    ///
    /// # Errors
    /// The document has too many cells.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) -> Result<(), SeriesError> {
        let mut row: Vec<String> = cells.into_iter().take(MAX_COLUMNS).map(|c| truncate(&collapse_whitespace(&c), MAX_CELL_CHARS)).collect();
        while row.last().is_some_and(String::is_empty) {
            row.pop();
        }
        self.cells += row.len();
        work::add(row.len());
        if self.cells > MAX_CELLS {
            return Err(SeriesError::TooLarge);
        }
        if let Some(table) = self.tables.last_mut().filter(|_| !row.is_empty()) {
            table.rows.push(row);
        }
        Ok(())
    }
}
