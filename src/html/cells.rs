//! Cells of tables that span rows and columns (HTML standard, "Forming a table"), with bounds.

use crate::html::{Attr, NodeRef, Tag, Tree};

/// Largest span of a cell that is followed.
const MAX_SPAN: usize = 60;

/// A cell of a table's row.
pub struct Cell {
    pub text: String,
    columns: usize,
    rows: usize,
}

impl Cell {
    /// Returns an empty cell that spans what its element says.
    pub fn of(e: NodeRef<'_>) -> Self {
        let span = |attr| e.attr(attr).and_then(|v| v.trim().parse().ok()).unwrap_or(1_usize).clamp(1, MAX_SPAN);
        Self { text: String::new(), columns: span(Attr::Colspan), rows: span(Attr::Rowspan) }
    }

    /// Returns the cell with another text, made of its own.
    #[must_use]
    pub fn map(self, text: impl FnOnce(&str) -> String) -> Self {
        Self { text: text(&self.text), ..self }
    }

    /// Returns an empty cell of one row and column.
    pub fn single() -> Self {
        Self { text: String::new(), columns: 1, rows: 1 }
    }
}

/// What stands in the further columns of a cell that spans several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FurtherColumns {
    /// The text again
    Repeat,
    /// Nothing
    Empty,
}

/// Cells that reach into the next rows of a table: column, further rows, text.
#[derive(Default)]
pub struct RowSpans(Vec<(usize, usize, String)>);

impl RowSpans {
    /// Returns a row's texts by column, at most `most`, with what cells of rows above put into it.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>, further: FurtherColumns, most: usize) -> Vec<String> {
        let (mut out, mut next): (Vec<String>, Vec<(usize, usize, String)>) = (Vec::new(), Vec::new());
        let mut above = std::mem::take(&mut self.0).into_iter().peekable();
        let mut cells = cells.into_iter();
        while out.len() < most {
            if let Some((column, rows, text)) = above.next_if(|(column, ..)| *column <= out.len()) {
                out.push(text.clone());
                if rows > 1 {
                    next.push((column, rows - 1, text));
                }
                continue;
            }
            let Some(cell) = cells.next() else { break };
            for n in 0..cell.columns.min(most - out.len()) {
                if cell.rows > 1 {
                    next.push((out.len(), cell.rows - 1, cell.text.clone()));
                }
                out.push(if n == 0 || further == FurtherColumns::Repeat { cell.text.clone() } else { String::new() });
            }
        }
        next.extend(above);
        next.sort_by_key(|c| c.0);
        next.truncate(most);
        self.0 = next;
        out
    }

    /// Cells reach no further than their table.
    pub fn end_table(&mut self) {
        self.0.clear();
    }
}

/// Returns for each node whether it is a table that holds other tables: those lay out a page.
pub fn layout_tables(tree: &Tree<'_>) -> Vec<bool> {
    let mut is_layout = vec![false; tree.len()];
    for table in tree.elements(Tag::Table) {
        if let Some(outer) = table.ancestors().find(|a| a.is(Tag::Table)) {
            is_layout.get_mut(outer.id().index()).into_iter().for_each(|l| *l = true);
        }
    }
    is_layout
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_reach_into_rows_and_columns_and_no_further_than_asked() {
        let page = "<table><tr><td rowspan=2 colspan=2>a<td>b<tr><td>c<td colspan=999999999>d<tr><td>e</table>";
        let tree = Tree::parse(page);
        let rows = |further, most| {
            let mut spans = RowSpans::default();
            let row = |r: NodeRef<'_>| {
                let cells =
                    r.child_elements().map(|e| Cell { text: e.descendants().filter_map(NodeRef::text).collect(), ..Cell::of(e) }).collect::<Vec<_>>();
                spans.row(cells, further, most).join("|")
            };
            tree.elements(Tag::Tr).map(row).collect::<Vec<_>>()
        };
        assert_eq!(rows(FurtherColumns::Repeat, 5), ["a|a|b", "a|a|c|d|d", "e"]);
        assert_eq!(rows(FurtherColumns::Empty, 4), ["a||b", "a|a|c|d", "e"]);
    }

    #[test]
    fn only_tables_around_tables_lay_out() {
        let tree = Tree::parse("<table id=a><tr><td><table id=b><tr><td>x</table></table>");
        let layout = layout_tables(&tree);
        assert_eq!(tree.elements(Tag::Table).map(|t| layout[t.id().index()]).collect::<Vec<_>>(), [true, false]);
    }
}
