//! A row of a table in a .docx: one line, or the paragraphs of its cells.

use super::line::{Style, may_be_column};

/// Most paragraphs in a cell of a table that is not there for the layout.
const MAX_CELL_LINES: usize = 4;
/// Shortest paragraph of a text in a cell, in characters.
const LEAST_TEXT: usize = 30;
/// The level of headings that are cells; Word has nine.
const CELL_HEADING: u8 = 10;

/// Paragraphs of a cell.
pub(super) type Cell = Vec<(String, Style)>;

/// Returns the lines of a row. A row that only gives the page its layout holds paragraphs; others are one line.
pub(super) fn lines(mut cells: Vec<Cell>) -> Cell {
    for cell in &mut cells {
        cell.retain(|(text, _)| !text.trim().is_empty());
    }
    if is_layout(&cells) {
        mark_column(&mut cells);
        return cells.into_iter().flatten().collect();
    }
    let text = |cell: &Cell| cell.iter().map(|(text, _)| text.replace('\t', " ")).collect::<Vec<_>>().join(" ");
    vec![(cells.iter().map(text).collect::<Vec<_>>().join("\t"), Style::default())]
}

/// Whether the cells of a row only give the page its layout: one cell, or a cell that holds a text with its title.
fn is_layout(cells: &[Cell]) -> bool {
    let holds_text = |c: &Cell| c.len() > 1 && c.iter().any(|(text, _)| text.contains('。') && text.chars().count() >= LEAST_TEXT);
    cells.iter().filter(|c| !c.is_empty()).count() < 2 || cells.iter().any(|c| c.len() > MAX_CELL_LINES || holds_text(c))
}

/// A short cell to the left of a text names its column, as a heading does.
fn mark_column(cells: &mut [Cell]) {
    let is_beside_text = cells.iter().filter(|c| !c.is_empty()).count() > 1;
    if let Some([(text, style)]) = cells.first_mut().map(Vec::as_mut_slice)
        && is_beside_text
        && may_be_column(text.trim())
    {
        style.heading = CELL_HEADING;
    }
}
