//! Renders the chosen elements as lines of text, or as HTML before sanitising.

use crate::extract::nodes::{NodeSet, SkipFn, hidden, is_block};
use crate::extract::sanitise::TAGS;
use crate::html::{Attr, Edge, NodeRef, Tag, Tree, Writer};
use crate::text::normalize;

/// Returns the text of elements as clean lines. Tabs separate the cells of a row.
pub(super) fn lines(roots: &[NodeRef<'_>], dropped: &NodeSet, skip: SkipFn) -> Vec<String> {
    let mut out = LineBuilder::default();
    for r in roots {
        out.write(*r, |e| skip(e) || dropped.contains(e.id()));
        out.end_line();
    }
    out.finish()
}

/// Builds lines: drops noise, folds white space to single blanks.
#[derive(Default)]
pub(super) struct LineBuilder {
    done: Vec<String>,
    line: String,
    /// White space precedes the next letter.
    blank: bool,
}

impl LineBuilder {
    pub(super) fn push(&mut self, text: &str) {
        let mut from = 0;
        for (at, c) in text.char_indices() {
            // the most frequent characters first
            if ('!'..='~').contains(&c) || ('\u{3001}'..='\u{FDFF}').contains(&c) {
                continue;
            }
            let is_blank = c.is_whitespace();
            if is_blank || normalize::is_noise(c) {
                self.push_run(text.get(from..at).unwrap_or_default());
                self.blank |= is_blank;
                from = at + c.len_utf8();
            }
        }
        self.push_run(text.get(from..).unwrap_or_default());
    }

    fn push_run(&mut self, run: &str) {
        if run.is_empty() {
            return;
        }
        if self.blank && !self.line.is_empty() && !self.line.ends_with('\t') {
            self.line.push(' ');
        }
        self.blank = false;
        self.line.push_str(run);
    }

    pub(super) fn end_cell(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with('\t') {
            self.line.push('\t');
        }
        self.blank = false;
    }

    fn end_line(&mut self) {
        let line = self.take_line();
        self.done.extend(line);
    }

    /// Ends the current line and returns it if it is not empty.
    pub(super) fn take_line(&mut self) -> Option<String> {
        self.blank = false;
        self.line.truncate(self.line.trim_end().len());
        (!self.line.is_empty()).then(|| std::mem::take(&mut self.line))
    }

    fn finish(mut self) -> Vec<String> {
        self.end_line();
        self.done
    }

    fn write(&mut self, root: NodeRef<'_>, leave_out: impl Fn(NodeRef<'_>) -> bool) {
        let mut walk = root.walk();
        while let Some(edge) = walk.next() {
            match edge {
                Edge::Text(node, text) if !leave_out(node) => self.push(text),
                Edge::Text(..) => {}
                Edge::Open(element, _) if leave_out(element) => walk.skip_subtree(),
                Edge::Open(_, tag) if is_block(tag) || tag == Tag::Br => self.end_line(),
                Edge::Open(_, Tag::Td | Tag::Th) => self.end_cell(),
                Edge::Close(_, tag) if is_block(tag) => self.end_line(),
                Edge::Open(..) | Edge::Close(..) => {}
            }
        }
    }
}

/// Returns the HTML of elements without the dropped nodes. The caller must sanitise it.
pub(super) fn raw_html(roots: &[NodeRef<'_>], dropped: &NodeSet, skip: SkipFn) -> String {
    let mut out = String::new();
    for root in roots {
        let (mut writer, mut walk) = (Writer::default(), root.walk());
        while let Some(edge) = walk.next() {
            match edge {
                Edge::Text(node, _) if dropped.contains(node.id()) => {}
                Edge::Text(node, text) => {
                    writer.close_before(node.range().start);
                    writer.text(text);
                }
                Edge::Open(element, _) if skip(element) || dropped.contains(element.id()) => walk.skip_subtree(),
                Edge::Open(element, _) => {
                    writer.close_before(element.range().start);
                    // the sanitiser would drop other tags but keep their content, so save it the parsing
                    if TAGS.contains(&element.name()) {
                        writer.open(element, element.name(), element.attrs().filter_map(kept));
                    }
                }
                Edge::Close(..) => {}
            }
        }
        out.push_str(&writer.finish());
    }
    out
}

/// Returns an attribute that the sanitiser may keep. The address of a lazily loaded picture becomes its `src`.
fn kept((attr, value): (Attr, &str)) -> Option<(&'static str, &str)> {
    match attr {
        Attr::DataSrc => Some((Attr::Src.name(), value)),
        Attr::Href | Attr::Src | Attr::Alt | Attr::Colspan | Attr::Rowspan => Some((attr.name(), value)),
        _ => None,
    }
}

/// Joins pieces of text on one line. Returns `None` if they exceed `most` bytes.
pub(super) fn short_text<'t>(pieces: impl Iterator<Item = &'t str>, most: usize) -> Option<String> {
    let mut out = String::new();
    for piece in pieces {
        out.push_str(piece);
        if out.len() > most {
            return None;
        }
    }
    Some(normalize::collapse_whitespace(&out))
}

/// Returns every visible line of a page, clean and in order: the search space for titles, dates and bylines.
pub fn visible_lines(tree: &Tree<'_>) -> Vec<String> {
    let mut out = LineBuilder::default();
    out.write(tree.root(), hidden);
    out.finish()
}
