//! A page as a tree: nodes in document order in one vector, texts and attributes as spans of the page.
//!
//! A node stores its parent and the end of its subtree, so every walk is a loop over numbers, without recursion at any depth.

use std::ops::Range;

use crate::html::names::{Attr, Tag};
use crate::text::work;

/// A parsed page.
#[derive(Debug, Clone)]
pub struct Tree<'a> {
    pub(super) page: &'a str,
    /// Texts and values with decoded character references.
    pub(super) decoded: String,
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<(Attr, Span)>,
    /// Tags dropped to bound the tree.
    pub dropped: usize,
}

/// Index of a node in document order; 0 is `<html>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// Returns the index into a vector with one item per node.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the id for an index, without checking that such a node exists.
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// A range of the page, or of the decoded texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) decoded: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) parent: u32,
    /// Index after the last node of the subtree.
    pub(super) end: u32,
    pub(super) content: Content,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    Text(Span),
    /// `markup`: the start tag; empty for implied elements.
    Element {
        tag: Tag,
        markup: Span,
        attributes: (u32, u8),
    },
}

impl Tree<'_> {
    /// Returns `<html>`.
    pub fn root(&self) -> NodeRef<'_> {
        NodeRef { tree: self, id: NodeId(0) }
    }

    /// Returns the node with this id, if it exists.
    pub fn get(&self, id: NodeId) -> Option<NodeRef<'_>> {
        (id.index() < self.nodes.len()).then_some(NodeRef { tree: self, id })
    }

    /// Returns the number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes; every page has three.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Counts the characters, without spaces, that a page shows if scripts run.
    pub fn shown_length(&self) -> usize {
        let is_hidden = |p: NodeRef<'_>| matches!(p.tag(), Some(Tag::Noscript | Tag::Script | Tag::Style | Tag::Title | Tag::Iframe));
        let shown = self.root().descendants().filter(|n| !n.parent().is_some_and(is_hidden)).filter_map(NodeRef::text);
        shown.map(|t| t.chars().filter(|c| !c.is_whitespace()).count()).sum()
    }

    /// Returns the elements of a kind, in order.
    pub fn elements(&self, tag: Tag) -> impl Iterator<Item = NodeRef<'_>> {
        self.root().descendants().filter(move |n| n.tag() == Some(tag))
    }

    pub(super) fn text(&self, span: Span) -> &str {
        let whole = if span.decoded { self.decoded.as_str() } else { self.page };
        whole.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn node(&self, id: NodeId) -> Node {
        const NONE: Node = Node { parent: 0, end: 0, content: Content::Text(Span { start: 0, end: 0, decoded: false }) };
        self.nodes.get(id.index()).copied().unwrap_or(NONE)
    }
}

/// A reference to an element or text of a tree.
#[derive(Debug, Clone, Copy)]
pub struct NodeRef<'t> {
    tree: &'t Tree<'t>,
    id: NodeId,
}

impl PartialEq for NodeRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<'t> NodeRef<'t> {
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Returns the indexes of the node and its subtree.
    pub fn range(self) -> Range<usize> {
        self.id.index()..self.end()
    }

    fn at(self, index: usize) -> Self {
        NodeRef { tree: self.tree, id: NodeId::new(index) }
    }

    fn end(self) -> usize {
        self.tree.node(self.id).end as usize
    }

    /// Returns the element's kind; `None` for a text.
    pub fn tag(self) -> Option<Tag> {
        match self.tree.node(self.id).content {
            Content::Element { tag, .. } => Some(tag),
            Content::Text(_) => None,
        }
    }

    /// Whether it is an element of this kind.
    pub fn is(self, tag: Tag) -> bool {
        self.tag() == Some(tag)
    }

    /// Returns the element's name, as written if unknown.
    pub fn name(self) -> &'t str {
        match self.tree.node(self.id).content {
            Content::Element { tag: Tag::Other, markup, .. } => {
                let written = self.tree.text(markup).get(1..).unwrap_or_default();
                written.split(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).next().unwrap_or_default()
            }
            Content::Element { tag, .. } => tag.name(),
            Content::Text(_) => "",
        }
    }

    /// Returns the text; `None` for an element.
    pub fn text(self) -> Option<&'t str> {
        match self.tree.node(self.id).content {
            Content::Text(span) => Some(self.tree.text(span)),
            Content::Element { .. } => None,
        }
    }

    /// Returns its known attributes.
    pub fn attrs(self) -> impl Iterator<Item = (Attr, &'t str)> {
        let (start, length) = match self.tree.node(self.id).content {
            Content::Element { attributes: (start, length), .. } => (start as usize, usize::from(length)),
            Content::Text(_) => (0, 0),
        };
        let found = self.tree.attributes.get(start..start + length).unwrap_or_default();
        found.iter().map(move |(attr, value)| (*attr, self.tree.text(*value)))
    }

    /// Returns the value of an attribute; empty for one without value.
    pub fn attr(self, attr: Attr) -> Option<&'t str> {
        self.attrs().find(|(a, _)| *a == attr).map(|(_, value)| value)
    }

    /// Returns the parent element.
    pub fn parent(self) -> Option<NodeRef<'t>> {
        (self.id.0 > 0).then(|| NodeRef { tree: self.tree, id: NodeId(self.tree.node(self.id).parent) })
    }

    /// Returns the ancestors, innermost first.
    pub fn ancestors(self) -> impl Iterator<Item = NodeRef<'t>> {
        let mut next = self.parent();
        std::iter::from_fn(move || {
            let here = next?;
            next = here.parent();
            work::add(1);
            Some(here)
        })
    }

    /// Returns all nodes of the subtree, in document order.
    pub fn descendants(self) -> Nodes<'t> {
        Nodes { first: self, at: self.id.index() + 1, end: self.end(), next: |n| n.id.index() + 1, seen: 0 }
    }

    /// Returns the child nodes.
    pub fn children(self) -> Nodes<'t> {
        Nodes { first: self, at: self.id.index() + 1, end: self.end(), next: NodeRef::end, seen: 0 }
    }

    /// Returns the child elements.
    pub fn child_elements(self) -> impl Iterator<Item = NodeRef<'t>> {
        self.children().filter(|n| n.tag().is_some())
    }

    /// Returns the siblings after it.
    pub fn next_siblings(self) -> Nodes<'t> {
        let end = self.parent().map_or(0, NodeRef::end);
        Nodes { first: self, at: self.end(), end, next: NodeRef::end, seen: 0 }
    }

    /// Returns the previous node in document order, which may be an ancestor.
    pub fn previous(self) -> Option<NodeRef<'t>> {
        self.id.index().checked_sub(1).map(|i| self.at(i))
    }

    /// Returns the texts in it, in order.
    pub fn texts(self) -> impl Iterator<Item = &'t str> {
        let own = self.text();
        own.into_iter().chain(self.descendants().filter_map(NodeRef::text))
    }

    /// Walks the subtree; every element comes twice: when it opens and when it closes.
    pub fn walk(self) -> Walk<'t> {
        Walk { first: self, at: self.id.index(), open: Vec::new(), seen: 0 }
    }

    pub(super) fn content(self) -> Content {
        self.tree.node(self.id).content
    }
}

/// Some nodes of a tree, in document order.
#[derive(Debug)]
pub struct Nodes<'t> {
    first: NodeRef<'t>,
    at: usize,
    end: usize,
    next: fn(NodeRef<'t>) -> usize,
    seen: usize,
}

impl<'t> Iterator for Nodes<'t> {
    type Item = NodeRef<'t>;

    fn next(&mut self) -> Option<NodeRef<'t>> {
        if self.at >= self.end {
            return None;
        }
        let here = self.first.at(self.at);
        self.at = (self.next)(here).max(self.at + 1);
        self.seen += 1;
        Some(here)
    }
}

impl Drop for Nodes<'_> {
    fn drop(&mut self) {
        work::add(self.seen);
    }
}

/// A step of a [`Walk`].
#[derive(Debug, Clone, Copy)]
pub enum Edge<'t> {
    /// An element begins.
    Open(NodeRef<'t>, Tag),
    Text(NodeRef<'t>, &'t str),
    /// An element that was not skipped ends.
    Close(NodeRef<'t>, Tag),
}

/// See [`NodeRef::walk`].
#[derive(Debug)]
pub struct Walk<'t> {
    first: NodeRef<'t>,
    at: usize,
    open: Vec<(NodeRef<'t>, Tag)>,
    seen: usize,
}

impl Walk<'_> {
    /// Skips the subtree of the element opened last, without its closing step.
    pub fn skip_subtree(&mut self) {
        if let Some((element, _)) = self.open.pop() {
            self.at = element.end();
        }
    }
}

impl<'t> Iterator for Walk<'t> {
    type Item = Edge<'t>;

    fn next(&mut self) -> Option<Edge<'t>> {
        if let Some((element, tag)) = self.open.pop_if(|(element, _)| element.end() <= self.at) {
            return Some(Edge::Close(element, tag));
        }
        if self.at >= self.first.end() {
            return None;
        }
        let here = self.first.at(self.at);
        self.at += 1;
        self.seen += 1;
        match here.content() {
            Content::Text(span) => Some(Edge::Text(here, here.tree.text(span))),
            Content::Element { tag, .. } => {
                self.open.push((here, tag));
                Some(Edge::Open(here, tag))
            }
        }
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        work::add(self.seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_go_by_document_order() {
        let tree = Tree::parse("<title>题</title><div id=a>一<p class='x y'>二<b>三</b></p><p>四</div>五&amp;");
        let div = tree.elements(Tag::Div).next().unwrap();
        assert_eq!(div.attr(Attr::Id), Some("a"));
        assert_eq!(div.texts().collect::<Vec<_>>(), ["一", "二", "三", "四"]);
        assert_eq!(div.children().map(NodeRef::name).collect::<Vec<_>>(), ["", "p", "p"]);
        assert_eq!(div.next_siblings().filter_map(NodeRef::text).collect::<Vec<_>>(), ["五&"]);
        let b = tree.elements(Tag::B).next().unwrap();
        assert_eq!(b.ancestors().map(NodeRef::name).collect::<Vec<_>>(), ["p", "div", "body", "html"]);
        assert_eq!(tree.elements(Tag::Title).next().unwrap().parent().map(NodeRef::name), Some("head"));
        assert_eq!(tree.root().next_siblings().count(), 0);
    }
}
