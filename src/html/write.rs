//! Serialises a tree: markup with every element closed and bounded depth, for programs that build trees of their own.

use crate::html::names::Tag;
use crate::html::tree::{Content, NodeRef, Tree};

/// Characters of one text that html5ever reads or writes as pieces (`&`, `<`, and those whose first byte is that of a no-break
/// space): its time grows with the square of their number. After this many a comment starts a new text.
const MAX_PIECES: usize = 256;
/// Maximum number of such characters in a text that cannot hold comments; later ones are written as similar full-width characters.
const MAX_REFERENCES: usize = 4_096;
/// First byte of a no-break space in UTF-8, shared with other characters.
const NBSP_LEAD: u8 = 0xC2;

/// The attribute with an element's node number.
pub(super) const NUMBER: &str = "qingbao-node";

/// Returns the markup of a page, balanced and bounded.
pub fn balanced(tree: &Tree<'_>) -> String {
    written(tree, false, |_| false)
}

/// Returns the markup without some nodes and their subtrees.
pub fn without(tree: &Tree<'_>, leave_out: impl Fn(NodeRef<'_>) -> bool) -> String {
    written(tree, false, leave_out)
}

/// Returns the markup with the node number on every element.
pub(super) fn numbered(tree: &Tree<'_>) -> String {
    written(tree, true, |_| false)
}

fn written(tree: &Tree<'_>, with_numbers: bool, leave_out: impl Fn(NodeRef<'_>) -> bool) -> String {
    let mut writer = Writer::default();
    let mut left_out_to = 0;
    for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
        if node.range().start < left_out_to {
            continue;
        }
        if leave_out(node) {
            left_out_to = node.range().end;
            continue;
        }
        writer.close_before(node.range().start);
        match node.content() {
            Content::Text(_) => {
                let text = node.text().unwrap_or_default();
                match node.parent().and_then(NodeRef::tag) {
                    Some(Tag::Title | Tag::Textarea) => writer.plain_text(text),
                    Some(tag) if tag.is_raw_text() => writer.out.push_str(text),
                    _ => writer.text(text),
                }
            }
            Content::Element { markup, .. } => {
                let number = with_numbers.then(|| node.range().start.to_string());
                writer.open(node, node.name(), number.iter().map(|n| (NUMBER, n.as_str())));
                // attributes stay as written on the page
                let markup = tree.text(markup);
                if let Some(at) = markup.find(|c: char| c.is_ascii_whitespace() || c == '/') {
                    writer.out.pop();
                    writer.out.push_str(markup.get(at..).unwrap_or_default());
                }
            }
        }
    }
    writer.finish()
}

/// Markup under construction, with its open elements.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    open: Vec<(usize, String)>,
    pieces: usize,
}

impl Writer {
    /// Returns the markup with all elements closed.
    pub fn finish(mut self) -> String {
        self.close_before(usize::MAX);
        self.out
    }

    /// Closes the elements that end before this node.
    pub fn close_before(&mut self, node: usize) {
        while self.open.last().is_some_and(|(end, _)| *end <= node) {
            if let Some((_, name)) = self.open.pop() {
                self.out.push_str("</");
                self.out.push_str(&name);
                self.out.push('>');
            }
        }
    }

    /// Opens an element with some attributes; it ends where its subtree ends.
    pub fn open<'n, 'v>(&mut self, element: NodeRef<'_>, name: &str, attributes: impl Iterator<Item = (&'n str, &'v str)>) {
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            self.out.push(' ');
            self.out.push_str(attribute);
            self.out.push_str("=\"");
            self.value(value);
            self.out.push('"');
        }
        self.out.push('>');
        if !element.tag().is_some_and(Tag::is_void) {
            self.open.push((element.range().end, name.to_owned()));
        }
    }

    /// Adds a text, escaped so that it parses as the same text.
    pub fn text(&mut self, text: &str) {
        self.escaped(text, memchr::memchr3_iter(b'&', b'<', NBSP_LEAD, text.as_bytes()), true);
    }

    /// Adds the text of an element that cannot hold markup.
    fn plain_text(&mut self, text: &str) {
        self.escaped(text, memchr::memchr2_iter(b'&', b'<', text.as_bytes()), false);
    }

    /// Adds an attribute value.
    fn value(&mut self, value: &str) {
        self.escaped(value, memchr::memchr2_iter(b'&', b'"', value.as_bytes()), false);
    }

    /// Adds a text with special characters at these positions; if comments are allowed, they split it into pieces.
    fn escaped(&mut self, text: &str, special: impl Iterator<Item = usize>, may_hold_comments: bool) {
        let mut from = 0;
        for (n, at) in special.enumerate() {
            self.out.push_str(text.get(from..at).unwrap_or_default());
            if may_hold_comments {
                self.pieces += 1;
                if self.pieces.is_multiple_of(MAX_PIECES) {
                    self.out.push_str("<!---->");
                }
            }
            from = at;
            let (reference, look_alike) = match text.as_bytes().get(at) {
                Some(b'&') => ("&amp;", "＆"),
                Some(b'<') => ("&lt;", "＜"),
                Some(b'"') => ("&quot;", "＂"),
                _ => continue,
            };
            self.out.push_str(if n > MAX_REFERENCES && !may_hold_comments { look_alike } else { reference });
            from += 1;
        }
        self.out.push_str(text.get(from..).unwrap_or_default());
    }
}
