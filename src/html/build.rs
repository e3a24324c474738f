//! Tree construction in one pass. Closes every element where the HTML standard (13.2.6) closes it and bounds the depth.
//!
//! Browsers' tree builders take quadratic time for endless nesting, for elements closed in the wrong order and for reopened
//! formatting. This builder differs from the standard where readers do not notice: it does not reopen formatting in later blocks;
//! it leaves blocks inside misnested formatting; it opens a cell for table content outside cells; it leaves out SVG, `MathML`,
//! templates and comments.

mod close;
mod skip;

use crate::html::names::Tag;
use crate::html::token::{Token, Tokens};
use crate::html::tree::{Content, Node, Span, Tree};
use crate::text::references;
use crate::text::work;

/// Maximum depth.
const MAX_DEPTH: usize = 256;
/// Maximum number of open formatting elements.
const MAX_FORMATTING: usize = 32;
/// Longest tag, attributes included, in bytes.
const MAX_TAG: usize = 16 << 10;
/// Maximum number of nodes; the rest is dropped.
const MAX_NODES: usize = 1 << 20;
/// Usual bytes of markup per node.
const BYTES_PER_NODE: usize = 24;
/// Longest page parsed, in bytes; positions are 32-bit numbers.
const MAX_PAGE: usize = 1 << 30;

impl<'a> Tree<'a> {
    /// Parses a page.
    pub fn parse(page: &'a str) -> Self {
        let page = page.get(..page.floor_char_boundary(MAX_PAGE)).unwrap_or_default();
        let nodes = page.len() / BYTES_PER_NODE + 8;
        let tree = Tree { page, decoded: String::new(), nodes: Vec::with_capacity(nodes), attributes: Vec::new(), dropped: 0 };
        let mut builder = Builder { tree, open: Vec::new(), formatting: 0, too_deep: 0, doctype: false, body: None };
        builder.begin();
        let mut tokens = Tokens::new(page);
        while let Some(token) = tokens.next() {
            match token {
                Token::Text(text) => builder.text(text),
                Token::Start { markup, name } => builder.start(markup, name, &mut tokens),
                Token::End(name) => builder.end(name),
                Token::Comment(_) => {}
                Token::Doctype(_) => builder.doctype |= builder.body.is_none(),
            }
            if builder.tree.nodes.len() >= MAX_NODES {
                builder.tree.dropped += 1;
                break;
            }
        }
        builder.finish()
    }
}

/// An open element of the body.
#[derive(Debug, Clone, Copy)]
struct Open<'a> {
    node: usize,
    tag: Tag,
    written: &'a str,
    /// Its end tag came while blocks in it were open; it is closed after them.
    ended: bool,
}

impl Open<'_> {
    fn is(&self, tag: Tag, written: &str) -> bool {
        self.tag == tag && (tag != Tag::Other || self.written.eq_ignore_ascii_case(written))
    }
}

struct Builder<'a> {
    tree: Tree<'a>,
    /// Innermost last.
    open: Vec<Open<'a>>,
    formatting: usize,
    /// Start tags dropped for their depth whose end tags have not come yet.
    too_deep: usize,
    doctype: bool,
    body: Option<usize>,
}

/// Indexes of `<html>` and `<head>`.
const ROOT: usize = 0;
const HEAD: usize = 1;

impl<'a> Builder<'a> {
    /// Adds `<html><head>`, whether the page has them or not.
    fn begin(&mut self) {
        for tag in [Tag::Html, Tag::Head] {
            self.add(ROOT, Content::Element { tag, markup: self.span(""), attributes: (0, 0) });
        }
    }

    fn finish(mut self) -> Tree<'a> {
        self.close_to(0);
        let body = self.body();
        let end = self.tree.nodes.len();
        self.end_node(body, end);
        self.end_node(ROOT, end);
        work::add(end);
        self.tree
    }

    /// Returns the body, which it opens if needed.
    fn body(&mut self) -> usize {
        if let Some(body) = self.body {
            return body;
        }
        self.end_node(HEAD, self.tree.nodes.len());
        let body = self.add(ROOT, Content::Element { tag: Tag::Body, markup: self.span(""), attributes: (0, 0) });
        self.body = Some(body);
        body
    }

    fn add(&mut self, parent: usize, content: Content) -> usize {
        let index = self.tree.nodes.len();
        self.tree.nodes.push(Node { parent: number(parent), end: number(index + 1), content });
        index
    }

    fn end_node(&mut self, node: usize, end: usize) {
        if let Some(node) = self.tree.nodes.get_mut(node) {
            node.end = number(end);
        }
    }

    /// Returns the parent of the next node.
    fn innermost(&self) -> usize {
        self.open.last().map(|o| o.node).or(self.body).unwrap_or(HEAD)
    }

    /// Returns the span of a part of the page.
    fn span(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).wrapping_sub(self.tree.page.as_ptr() as usize);
        if part.is_empty() || start > self.tree.page.len() {
            return Span { start: 0, end: 0, decoded: false };
        }
        Span { start: number(start), end: number(start + part.len()), decoded: false }
    }

    /// Returns the span of a part of the page with decoded character references.
    fn decoded_span(&mut self, part: &str, in_attribute: bool) -> Span {
        if memchr::memchr(b'&', part.as_bytes()).is_none() {
            return self.span(part);
        }
        let start = self.tree.decoded.len();
        references::push_decoded(&mut self.tree.decoded, part, in_attribute);
        Span { start: number(start), end: number(self.tree.decoded.len()), decoded: true }
    }

    fn attributes(&mut self, tokens: &Tokens<'a>) -> (u32, u8) {
        let start = self.tree.attributes.len();
        for (attr, value) in tokens.attributes() {
            let value = self.decoded_span(value, true);
            self.tree.attributes.push((*attr, value));
        }
        (number(start), u8::try_from(self.tree.attributes.len() - start).unwrap_or(u8::MAX))
    }

    fn text(&mut self, text: &str) {
        if self.body.is_none() && text.trim_ascii_start().is_empty() {
            return;
        }
        self.body();
        if !text.trim_ascii_start().is_empty() {
            self.open_missing_cell();
        }
        let span = self.decoded_span(text, false);
        self.add(self.innermost(), Content::Text(span));
    }

    fn start(&mut self, markup: &'a str, written: &'a str, tokens: &mut Tokens<'a>) {
        let tag = if written.eq_ignore_ascii_case("image") { Tag::Img } else { Tag::of(written) };
        match tag {
            Tag::Html => return self.merge(ROOT, markup, tokens),
            Tag::Body => {
                let body = self.body();
                return self.merge(body, markup, tokens);
            }
            Tag::Head => return,
            Tag::Svg | Tag::Math => return self.skip_foreign(written, tokens),
            Tag::Template => return skip::skip_template(tokens),
            _ => {}
        }
        let too_long = markup.len() > MAX_TAG;
        self.tree.dropped += usize::from(too_long);
        if !tag.is_of_head() {
            self.body();
        }
        if !tag.is_table_part() && !matches!(tag, Tag::Table | Tag::Form | Tag::Script | Tag::Style | Tag::Col) {
            self.open_missing_cell();
        }
        if tag.is_raw_text() {
            self.raw_text(markup, written, tag, tokens, too_long);
        } else if too_long {
        } else if tag.is_void() {
            if tag == Tag::Hr {
                self.close_paragraph();
            } else if matches!(tag, Tag::Input | Tag::Keygen) {
                self.close_nearest(|o| o.tag == Tag::Select, Tag::is_scope);
            }
            let attributes = self.attributes(tokens);
            self.add(self.innermost(), Content::Element { tag, markup: self.span(markup), attributes });
        } else if self.make_room(tag, written) && self.is_within_bounds(tag) {
            let attributes = self.attributes(tokens);
            // browsers close a form between rows at once
            if tag == Tag::Form && self.is_between_rows() {
                self.add(self.innermost(), Content::Element { tag, markup: self.span(markup), attributes });
                return;
            }
            self.open(tag, written, Content::Element { tag, markup: self.span(markup), attributes });
        }
    }

    /// Gives the attributes of the first `<html>` or `<body>` tag to the element that was opened before it.
    fn merge(&mut self, node: usize, written: &str, tokens: &Tokens<'a>) {
        let found = self.attributes(tokens);
        let written = self.span(written);
        if let Some(Node { content: Content::Element { markup, attributes, .. }, .. }) = self.tree.nodes.get_mut(node)
            && markup.end == markup.start
        {
            (*markup, *attributes) = (written, found);
        }
    }

    /// Reads an element that holds only text. An unclosed one holds the rest of the page.
    fn raw_text(&mut self, markup: &'a str, written: &'a str, tag: Tag, tokens: &mut Tokens<'a>, too_long: bool) {
        let attributes = self.attributes(tokens);
        let content = if tag == Tag::Plaintext { None } else { tokens.raw_text(written) };
        let content = content.unwrap_or_else(|| tokens.rest());
        if too_long {
            return;
        }
        let element = self.add(self.innermost(), Content::Element { tag, markup: self.span(markup), attributes });
        if !content.is_empty() {
            let has_references = matches!(tag, Tag::Title | Tag::Textarea);
            let span = if has_references { self.decoded_span(content, false) } else { self.span(content) };
            self.add(element, Content::Text(span));
            self.end_node(element, self.tree.nodes.len());
        }
    }

    fn open(&mut self, tag: Tag, written: &'a str, content: Content) {
        let node = self.add(self.innermost(), content);
        self.formatting += usize::from(tag.is_formatting());
        self.open.push(Open { node, tag, written, ended: false });
    }

    fn open_implied(&mut self, tag: Tag) {
        self.open(tag, "", Content::Element { tag, markup: self.span(""), attributes: (0, 0) });
    }

    fn is_within_bounds(&mut self, tag: Tag) -> bool {
        let formatting = tag.is_formatting();
        if self.open.len() < MAX_DEPTH && (!formatting || self.formatting < MAX_FORMATTING) {
            return true;
        }
        self.tree.dropped += 1;
        self.too_deep += usize::from(!formatting);
        false
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
