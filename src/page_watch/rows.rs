//! Rows of tables that hold values, not the layout of a page.

use crate::extract::nodes::is_block;
use crate::html::{Cell, FurtherColumns, NodeRef, RowSpans, Tag, Tree, layout_tables};
use crate::text::normalize::collapse_whitespace;

/// Most cells of a row.
const MAX_CELLS: usize = 200;
/// Blocks per cell: a row with more of them lays out text.
const MAX_BLOCKS_PER_CELL: usize = 3;

/// The rows of a page.
pub(super) struct Rows {
    is_row: Vec<bool>,
    spans: RowSpans,
}

impl Rows {
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let is_layout = layout_tables(tree);
        let mut is_row = vec![false; tree.len()];
        for row in tree.elements(Tag::Tr) {
            let layout = row.ancestors().find(|a| a.is(Tag::Table)).is_none_or(|t| is_layout.get(t.id().index()) == Some(&true));
            if !layout && holds_values(row) {
                is_row.get_mut(row.id().index()).into_iter().for_each(|r| *r = true);
            }
        }
        Self { is_row, spans: RowSpans::default() }
    }

    pub(super) fn contains(&self, e: NodeRef<'_>) -> bool {
        self.is_row.get(e.id().index()) == Some(&true)
    }

    /// Cells reach no further than their table.
    pub(super) fn end_table(&mut self) {
        self.spans.end_table();
    }

    /// Returns whether a row names the columns, and its cells; `None` if it is empty.
    pub(super) fn finish(&mut self, row: RowBuilder) -> Option<(bool, String)> {
        let RowBuilder { cells, heads } = row;
        let is_head = heads == cells.len() && cells.len() > 1;
        let cells = cells.into_iter().map(|c| c.map(collapse_whitespace));
        let mut out = self.spans.row(cells, FurtherColumns::Empty, MAX_CELLS);
        while out.last().is_some_and(String::is_empty) {
            out.pop();
        }
        (!out.is_empty()).then(|| (is_head, out.join("\t")))
    }
}

/// Whether a row has several cells, none of which holds a text of its own.
fn holds_values(row: NodeRef<'_>) -> bool {
    let cells = row.child_elements().filter(|e| e.is(Tag::Td) || e.is(Tag::Th)).count();
    let blocks = row.descendants().filter(|n| n.tag().is_some_and(is_block)).count();
    let texts = row.descendants().any(|n| n.tag().is_some_and(|t| t.is_heading() || matches!(t, Tag::Ul | Tag::Ol | Tag::Dl)));
    cells > 1 && !texts && blocks <= cells * MAX_BLOCKS_PER_CELL
}

/// A row being read.
#[derive(Default)]
pub(super) struct RowBuilder {
    cells: Vec<Cell>,
    heads: usize,
}

impl RowBuilder {
    pub(super) fn cell(&mut self, is_head: bool, cell: Cell) {
        if self.cells.len() < MAX_CELLS {
            self.heads += usize::from(is_head);
            self.cells.push(cell);
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some(cell) = self.cells.last_mut() {
            cell.text.push_str(text);
        }
    }
}
