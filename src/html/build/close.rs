//! Which open elements a start or end tag closes (HTML standard, 13.2.6).

use crate::html::build::{Builder, Open};
use crate::html::names::Tag;
use crate::html::tree::Content;
use crate::text::work;

impl Builder<'_> {
    /// Opens a cell for table content outside cells. Browsers move such content before the table, in quadratic time.
    pub(super) fn open_missing_cell(&mut self) {
        let missing: &[Tag] = match self.open.last().map(|o| o.tag) {
            Some(Tag::Table) => &[Tag::Tbody, Tag::Tr, Tag::Td],
            Some(tag) if tag.is_table_section() => &[Tag::Tr, Tag::Td],
            Some(Tag::Tr) => &[Tag::Td],
            _ => &[],
        };
        for tag in missing {
            self.open_implied(*tag);
        }
    }

    /// Closes what a start tag of this name closes. Returns whether the element is allowed here.
    pub(super) fn make_room(&mut self, tag: Tag, written: &str) -> bool {
        if tag.is_table_part() {
            return self.make_room_in_table(tag);
        }
        if tag.closes_paragraph() || (tag == Tag::Table && self.doctype) {
            self.close_paragraph();
        }
        match tag {
            Tag::Form if self.open.iter().any(|o| o.tag == Tag::Form && !o.ended) => return false,
            Tag::Table if self.is_between_rows() => self.close_nearest(|o| o.tag == Tag::Table, |_| false),
            Tag::Li => self.close_item(|t| t == Tag::Li),
            Tag::Dd | Tag::Dt => self.close_item(|t| matches!(t, Tag::Dd | Tag::Dt)),
            Tag::Option if self.innermost_is(|t| t == Tag::Option) => self.close_to(self.open.len() - 1),
            Tag::Optgroup => {
                while self.innermost_is(|t| matches!(t, Tag::Option | Tag::Optgroup)) {
                    self.close_to(self.open.len() - 1);
                }
            }
            Tag::Button | Tag::Select => self.close_nearest(|o| o.tag == tag, Tag::is_scope),
            Tag::A | Tag::Nobr => self.end_misnested(tag, written),
            _ if tag.is_heading() && self.innermost_is(Tag::is_heading) => self.close_to(self.open.len() - 1),
            _ => {}
        }
        true
    }

    fn innermost_is(&self, kind: fn(Tag) -> bool) -> bool {
        self.open.last().is_some_and(|o| kind(o.tag))
    }

    /// Whether a table is open, but no cell of it.
    pub(super) fn is_between_rows(&self) -> bool {
        self.innermost_is(|t| t == Tag::Table || t.is_table_section() || t == Tag::Tr)
    }

    /// Closes the table parts that a new one ends, and opens the section and row that it needs.
    fn make_room_in_table(&mut self, tag: Tag) -> bool {
        let Some(table) = self.nearest(|o| o.tag == Tag::Table, |_| false) else { return false };
        let is_row = tag == Tag::Tr || tag.is_cell();
        let section = usize::from(is_row && self.open.get(table + 1).is_some_and(|o| o.tag.is_table_section()));
        let row = usize::from(tag.is_cell() && self.open.get(table + 1 + section).is_some_and(|o| o.tag == Tag::Tr));
        self.close_to(table + 1 + section + row);
        if is_row && section == 0 && row == 0 {
            self.open_implied(Tag::Tbody);
        }
        if tag.is_cell() && row == 0 {
            self.open_implied(Tag::Tr);
        }
        true
    }

    /// Closes what an end tag of this name closes.
    pub(super) fn end(&mut self, written: &str) {
        let tag = Tag::of(written);
        match tag {
            Tag::Html | Tag::Body | Tag::Head => {}
            Tag::Br => {
                self.body();
                self.add(self.innermost(), Content::Element { tag, markup: self.span(""), attributes: (0, 0) });
            }
            _ if self.too_deep > 0 && !tag.is_formatting() && !tag.is_void() => self.too_deep -= 1,
            Tag::P => self.close_paragraph(),
            Tag::Li => self.close_nearest(|o| o.tag == Tag::Li, |t| t.is_scope() || matches!(t, Tag::Ol | Tag::Ul)),
            Tag::Table => self.close_nearest(|o| o.tag == Tag::Table, |_| false),
            _ if tag.is_heading() => self.close_nearest(|o| o.tag.is_heading(), Tag::is_scope),
            _ if tag.is_formatting() || tag == Tag::Form => self.end_misnested(tag, written),
            _ if tag.is_table_part() => self.close_nearest(|o| o.tag == tag, |t| t == Tag::Table),
            _ if tag.is_special() => self.close_nearest(|o| o.tag == tag, Tag::is_scope),
            _ => self.close_nearest(|o| o.is(tag, written), Tag::is_special),
        }
    }

    /// Returns the innermost open element of this kind, without searching past a boundary element.
    fn nearest(&self, wanted: impl Fn(&Open<'_>) -> bool, beyond: impl Fn(Tag) -> bool) -> Option<usize> {
        let found = self.open.iter().rposition(|o| (wanted(o) && !o.ended) || beyond(o.tag));
        work::add(self.open.len() - found.unwrap_or(0));
        self.open.get(found?).filter(|o| wanted(o) && !o.ended).and(found)
    }

    pub(super) fn close_nearest(&mut self, wanted: impl Fn(&Open<'_>) -> bool, beyond: impl Fn(Tag) -> bool) {
        if let Some(at) = self.nearest(wanted, beyond) {
            self.close_to(at);
        }
    }

    pub(super) fn close_paragraph(&mut self) {
        self.close_nearest(|o| o.tag == Tag::P, |t| t.is_scope() || t == Tag::Button);
    }

    /// Closes the list item that the next one ends, unless a block is between them.
    fn close_item(&mut self, item: fn(Tag) -> bool) {
        self.close_nearest(|o| item(o.tag), |t| t.is_special() && !item(t) && !matches!(t, Tag::Address | Tag::Div | Tag::P));
    }

    /// Closes a formatting element or form; if blocks are open in it, after them.
    fn end_misnested(&mut self, tag: Tag, written: &str) {
        let Some(at) = self.nearest(|o| o.is(tag, written), Tag::is_scope) else { return };
        let stays = |t: Tag| t.is_special() && !(tag == Tag::Form && t.ends_with_its_parent());
        if self.open.iter().skip(at + 1).any(|o| stays(o.tag)) {
            if let Some(open) = self.open.get_mut(at) {
                open.ended = true;
            }
        } else {
            self.close_to(at);
        }
    }

    /// Closes the innermost elements down to this depth, and those that only waited for them.
    pub(super) fn close_to(&mut self, length: usize) {
        let end = self.tree.nodes.len();
        while let Some(open) = self.open.pop() {
            if self.open.len() < length && !open.ended {
                self.open.push(open);
                return;
            }
            self.end_node(open.node, end);
            self.formatting -= usize::from(open.tag.is_formatting());
        }
    }
}
