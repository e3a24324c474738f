//! A page → its tables. Tables that hold other tables lay out the page and are left out.

use crate::html::{Attr, Cell, Edge, FurtherColumns, NodeRef, RowSpans, Tag, Tree, layout_tables};
use crate::series::SeriesError;
use crate::series::table::{MAX_COLUMNS, Tables};
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::wall::Wall;

/// Longest line above a table that may be its caption.
const MAX_CAPTION_CHARS: usize = 80;

pub(super) fn read(page: &str) -> Result<Tables, SeriesError> {
    let tree = Tree::parse(page);
    let is_layout = layout_tables(&tree);
    let mut reader = PageReader::default();
    let mut walk = tree.root().walk();
    while let Some(edge) = walk.next() {
        match edge {
            Edge::Open(_, Tag::Script | Tag::Style | Tag::Noscript | Tag::Template | Tag::Del | Tag::S | Tag::Strike) => walk.skip_subtree(),
            Edge::Open(e, _) if is_hidden(e) => walk.skip_subtree(),
            Edge::Open(_, Tag::Sup) if reader.has_figure() => walk.skip_subtree(),
            Edge::Open(e, Tag::Table) if is_layout.get(e.id().index()) != Some(&true) => reader.begin()?,
            Edge::Close(e, Tag::Table) if is_layout.get(e.id().index()) != Some(&true) => reader.end_table(),
            Edge::Open(e, tag) => reader.open(e, tag)?,
            Edge::Text(_, text) => reader.text(text),
            Edge::Close(_, tag) => reader.close(tag)?,
        }
    }
    if reader.tables.tables.is_empty()
        && let Some(wall) = Wall::of_page(page)
    {
        return Err(SeriesError::Wall(wall));
    }
    Ok(reader.tables)
}

/// Whether an element is not shown.
fn is_hidden(e: NodeRef<'_>) -> bool {
    let style = e.attr(Attr::Style).unwrap_or_default();
    e.attr(Attr::Hidden).is_some()
        || style.contains("none")
            && style.split(';').any(|s| s.split_once(':').is_some_and(|(k, v)| k.trim() == "display" && v.trim().starts_with("none")))
}

#[derive(Default)]
struct PageReader {
    tables: Tables,
    is_in_table: bool,
    is_in_caption: bool,
    /// The last line outside tables, and the last heading.
    line: String,
    above: String,
    heading: String,
    caption: String,
    row: Option<Vec<Cell>>,
    spans: RowSpans,
}

impl PageReader {
    /// Whether the open cell ends with a figure or period: what is raised behind it is a note's number, and no power as in m².
    fn has_figure(&self) -> bool {
        let text = self.row.as_ref().and_then(|r| r.last()).map_or("", |c| c.text.trim_end());
        text.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '%' | '％' | '月' | '季' | '度' | '年' | '日'))
    }

    fn begin(&mut self) -> Result<(), SeriesError> {
        self.end_line(false);
        let caption = if self.above == self.heading { self.heading.clone() } else { format!("{} {}", self.heading, self.above) };
        self.tables.begin(&caption)?;
        (self.is_in_table, self.row) = (true, None);
        self.spans.end_table();
        Ok(())
    }

    fn end_table(&mut self) {
        self.is_in_table = false;
        self.above.clear();
        self.line.clear();
    }

    fn open(&mut self, e: NodeRef<'_>, tag: Tag) -> Result<(), SeriesError> {
        match tag {
            Tag::Caption => self.is_in_caption = true,
            Tag::Tr if self.is_in_table => self.end_row()?,
            Tag::Td | Tag::Th if self.is_in_table => {
                self.row.get_or_insert_default().push(Cell::of(e));
            }
            _ if !self.is_in_table && (tag.is_heading() || matches!(tag, Tag::P | Tag::Div | Tag::Br | Tag::Section)) => self.end_line(false),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.is_in_caption {
            self.caption.push_str(text);
        } else if let Some(cell) = self.row.as_mut().filter(|_| self.is_in_table).and_then(|r| r.last_mut()) {
            cell.text.push_str(text);
        } else if !self.is_in_table && self.line.len() < MAX_CAPTION_CHARS * 8 {
            self.line.push_str(text);
        }
    }

    fn close(&mut self, tag: Tag) -> Result<(), SeriesError> {
        match tag {
            Tag::Caption => {
                self.is_in_caption = false;
                let caption = collapse_whitespace(&std::mem::take(&mut self.caption));
                if let Some(table) = self.tables.tables.last_mut().filter(|_| self.is_in_table && !caption.is_empty()) {
                    table.caption = truncate(&caption, MAX_CAPTION_CHARS);
                }
            }
            Tag::Tr if self.is_in_table => self.end_row()?,
            _ if !self.is_in_table && (tag.is_heading() || matches!(tag, Tag::P | Tag::Div | Tag::Section)) => self.end_line(tag.is_heading()),
            _ => {}
        }
        Ok(())
    }

    fn end_line(&mut self, is_heading: bool) {
        let line = collapse_whitespace(&std::mem::take(&mut self.line));
        if line.is_empty() {
            return;
        }
        // a long paragraph is no caption, and ends what stood above it
        self.above = if line.chars().count() <= MAX_CAPTION_CHARS { line } else { String::new() };
        if is_heading {
            self.heading.clone_from(&self.above);
        }
    }

    fn end_row(&mut self) -> Result<(), SeriesError> {
        let Some(cells) = self.row.take() else { return Ok(()) };
        let cells = cells.into_iter().map(|c| c.map(|text| truncate(&collapse_whitespace(text), MAX_CAPTION_CHARS)));
        let out = self.spans.row(cells, FurtherColumns::Repeat, MAX_COLUMNS);
        self.tables.row(out)
    }
}
