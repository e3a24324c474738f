//! A tree written out: markup in which every element is closed and none is too deep, for programs that build trees of their own.

use crate::html::names::Tag;
use crate::html::tree::{Content, NodeRef, Tree};

/// Most character references in what is written: html5ever takes time by the square of their number. Behind them full-width
/// letters that look alike are written.
const MAX_REFERENCES: usize = 10_000;

/// The attribute that says which node an element was.
pub(super) const NUMBER: &str = "qingbao-node";

/// The markup of a page, balanced and bounded.
pub fn balanced(tree: &Tree<'_>) -> String {
    written(tree, false)
}

/// The same, with the number of its node on every element.
pub(super) fn numbered(tree: &Tree<'_>) -> String {
    written(tree, true)
}

fn written(tree: &Tree<'_>, with_numbers: bool) -> String {
    let mut writer = Writer::default();
    for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
        writer.close_before(node.range().start);
        match node.content() {
            Content::Text(_) => {
                let text = node.text().unwrap_or_default();
                let is_raw = node.parent().and_then(NodeRef::tag).is_some_and(|t| t.is_raw_text() && !matches!(t, Tag::Title | Tag::Textarea));
                if is_raw { writer.out.push_str(text) } else { writer.text(text) }
            }
            Content::Element { markup, .. } => {
                let number = with_numbers.then(|| node.range().start.to_string());
                writer.open(node, node.name(), number.iter().map(|n| (NUMBER, n.as_str())));
                // attributes stay as the page writes them
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

/// Markup as it grows, with its open elements.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    open: Vec<(usize, String)>,
    references: usize,
}

impl Writer {
    /// What is written, with all elements closed.
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

    /// Opens an element with some attributes; it ends where it ends in its tree.
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

    /// Adds a text so that it is read back as the same text.
    pub fn text(&mut self, text: &str) {
        self.escaped(text, memchr::memchr2_iter(b'&', b'<', text.as_bytes()));
    }

    fn value(&mut self, value: &str) {
        self.escaped(value, memchr::memchr2_iter(b'&', b'"', value.as_bytes()));
    }

    fn escaped(&mut self, text: &str, special: impl Iterator<Item = usize>) {
        let mut from = 0;
        for at in special {
            self.out.push_str(text.get(from..at).unwrap_or_default());
            self.references += 1;
            let (reference, look_alike) = match text.as_bytes().get(at) {
                Some(b'<') => ("&lt;", "＜"),
                Some(b'"') => ("&quot;", "＂"),
                _ => ("&amp;", "＆"),
            };
            self.out.push_str(if self.references > MAX_REFERENCES { look_alike } else { reference });
            from = at + 1;
        }
        self.out.push_str(text.get(from..).unwrap_or_default());
    }
}
