//! A page's text as blocks: the lines between block borders, and their positions in the tree.

use crate::extract::body::Selection;
use crate::extract::boilerplate;
use crate::extract::nodes::{NodeSet, hidden, is_block};
use crate::extract::read::LineBuilder;
use crate::extract::survey::{Facts, TextStats};
use crate::html::{Attr, Edge, NodeId, NodeRef, Tag, Tree};

/// A visible line of text.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) text: String,
    /// First text node, and the block element around it.
    pub(super) first: NodeId,
    pub(super) element: NodeId,
    pub(super) stats: TextStats,
    /// Letters in bold type or in headings.
    pub(super) bold: u32,
    pub(super) links: u32,
    /// Whether it never belongs to a body.
    pub(super) is_never_body: bool,
}

/// The rules' verdict on a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// Outside the chosen element.
    #[default]
    Outside,
    /// Dropped because of its class, links or words, or as one of several dated posts.
    LeftOut,
    /// Part of the article.
    Chosen,
}

/// All blocks of a page in document order.
pub(super) struct Blocks {
    pub(super) list: Vec<Block>,
    /// For each node, the number of the first block that begins at or behind it.
    at_node: Vec<u32>,
    /// Text nodes of blocks, with their block numbers.
    texts: Vec<(NodeId, u32)>,
}

impl Blocks {
    /// Splits a page into blocks. Hidden texts belong to no block.
    pub(super) fn of(tree: &Tree<'_>, facts: &Facts) -> Self {
        let mut reader = Reader {
            lines: LineBuilder::default(),
            blocks: Self { list: Vec::new(), at_node: vec![0; tree.len() + 1], texts: Vec::new() },
            open: None,
            filled: 0,
            bold_end: 0,
            link_end: 0,
        };
        let mut walk = tree.root().walk();
        while let Some(edge) = walk.next() {
            match edge {
                Edge::Text(node, text) => reader.text(node, text, facts),
                Edge::Open(element, _) if hidden(element) => walk.skip_subtree(),
                Edge::Open(element, tag) => reader.open(element, tag),
                Edge::Close(_, tag) if is_block(tag) => reader.end_block(),
                Edge::Close(..) => {}
            }
        }
        reader.end_block();
        let mut blocks = reader.blocks;
        let number = u32::try_from(blocks.list.len()).unwrap_or(u32::MAX);
        blocks.fill_to(reader.filled, tree.len() + 1, number);
        blocks
    }

    /// Returns the letters of each block.
    pub(super) fn letters(&self) -> Vec<u32> {
        self.list.iter().map(|b| b.stats.letters).collect()
    }

    /// Returns the rules' verdict on each block.
    pub(super) fn parts(&self, tree: &Tree<'_>, selection: &Selection<'_>) -> Vec<Part> {
        let mut roots = NodeSet::default();
        roots.extend(selection.roots.iter().map(|r| r.id()));
        let mut parts = vec![Part::Outside; tree.len()];
        for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
            let around = node.parent().and_then(|p| parts.get(p.id().index()).copied()).unwrap_or_default();
            let is_out = selection.dropped.contains(node.id()) || (selection.skip)(node);
            let part = match around {
                Part::LeftOut => Part::LeftOut,
                _ if is_out => Part::LeftOut,
                Part::Outside if roots.contains(node.id()) => Part::Chosen,
                part => part,
            };
            if let Some(slot) = parts.get_mut(node.id().index()) {
                *slot = part;
            }
        }
        let of = |b: &Block| if b.is_never_body { Part::LeftOut } else { parts.get(b.first.index()).copied().unwrap_or_default() };
        let mut of_blocks: Vec<Part> = self.list.iter().map(of).collect();
        let chosen: Vec<usize> = (0..of_blocks.len()).filter(|i| of_blocks.get(*i) == Some(&Part::Chosen)).collect();
        let lines: Vec<&str> = chosen.iter().filter_map(|i| self.list.get(*i)).map(|b| b.text.as_str()).collect();
        let body = boilerplate::body_range(&lines, None);
        for (_, i) in chosen.iter().enumerate().filter(|(n, _)| !body.contains(n)) {
            of_blocks.get_mut(*i).into_iter().for_each(|p| *p = Part::LeftOut);
        }
        of_blocks
    }

    fn fill_to(&mut self, from: usize, to: usize, number: u32) {
        self.at_node.iter_mut().take(to).skip(from).for_each(|n| *n = number);
    }

    /// Returns the numbers of the blocks that begin in an element.
    pub(super) fn inside(&self, element: NodeRef<'_>) -> std::ops::Range<usize> {
        let range = element.range();
        let number = |n: usize| self.at_node.get(n).map_or(self.list.len(), |n| *n as usize);
        number(range.start)..number(range.end)
    }

    /// Returns whether an element is a table of figures between two kept blocks. It belongs to the text around it.
    fn is_table_between(&self, element: NodeRef<'_>, kept: &[bool]) -> bool {
        if !element.is(Tag::Table) {
            return false;
        }
        let inside = self.inside(element);
        let is_kept = |i: Option<usize>| i.is_some_and(|i| kept.get(i) == Some(&true));
        let mut stats = TextStats::default();
        self.list.get(inside.clone()).into_iter().flatten().for_each(|b| stats.add(b.stats));
        is_kept(inside.start.checked_sub(1)) && is_kept(Some(inside.end)) && stats.letters > 0 && stats.link_share() < 0.25
    }

    /// Returns the smallest element around all kept blocks, and the nodes below it that contain only dropped blocks.
    pub(super) fn leave_out<'t>(&self, tree: &'t Tree<'_>, kept: &[bool]) -> Option<(NodeRef<'t>, NodeSet)> {
        // letters kept, and all letters, before each node
        let mut before = vec![(0u32, 0u32); tree.len() + 1];
        let mut texts = self.texts.iter().peekable();
        let mut here = (0, 0);
        for (index, slot) in before.iter_mut().enumerate() {
            *slot = here;
            if let Some((_, block)) = texts.next_if(|(id, _)| id.index() == index) {
                here = (here.0 + u32::from(kept.get(*block as usize) == Some(&true)), here.1 + 1);
            }
        }
        let count = |node: NodeRef<'_>| {
            let of = |n: usize| before.get(n).copied().unwrap_or(here);
            let (start, end) = (of(node.range().start), of(node.range().end));
            (end.0 - start.0, end.1 - start.1)
        };
        let is_kept = |(_, block): &&(NodeId, u32)| kept.get(*block as usize) == Some(&true);
        let first = self.texts.iter().find(is_kept).and_then(|(id, _)| tree.get(*id))?;
        let last = self.texts.iter().rfind(is_kept)?.0.index();
        let root = first.ancestors().find(|a| a.range().contains(&last))?;
        let mut dropped = NodeSet::default();
        let mut end = 0;
        for node in root.descendants() {
            if node.id().index() < end {
                continue;
            }
            let (wanted, all) = count(node);
            if wanted == 0 && self.is_table_between(node, kept) {
                end = node.range().end;
                continue;
            }
            // keep a picture if most text around it is kept
            let stays = if all > 0 {
                wanted > 0
            } else {
                (first.id().index()..=last).contains(&node.id().index()) || node.parent().map(count).is_some_and(|(w, a)| w * 2 > a)
            };
            if !stays {
                dropped.insert(node.id());
                end = node.range().end;
            }
        }
        Some((root, dropped))
    }
}

/// Builds blocks while walking the tree.
struct Reader {
    lines: LineBuilder,
    blocks: Blocks,
    open: Option<Block>,
    /// Nodes up to here have a block number.
    filled: usize,
    bold_end: usize,
    link_end: usize,
}

impl Reader {
    fn open(&mut self, element: NodeRef<'_>, tag: Tag) {
        if is_block(tag) || tag == Tag::Br {
            self.end_block();
        }
        match tag {
            Tag::Td | Tag::Th => self.lines.end_cell(),
            Tag::B | Tag::Strong => self.bold_end = self.bold_end.max(element.range().end),
            // an anchor without an address is no link, and old pages forget to close it
            Tag::A if element.id().index() >= self.link_end && element.attr(Attr::Href).is_some() => {
                self.link_end = element.range().end;
                if let Some(block) = &mut self.open {
                    block.links += 1;
                }
            }
            _ if tag.is_heading() => self.bold_end = self.bold_end.max(element.range().end),
            _ => {}
        }
    }

    fn text(&mut self, node: NodeRef<'_>, text: &str, facts: &Facts) {
        self.lines.push(text);
        let index = node.id().index();
        let stats = facts.text(node.id());
        if stats.letters == 0 {
            return;
        }
        let number = u32::try_from(self.blocks.list.len()).unwrap_or(u32::MAX);
        let link = index < self.link_end;
        let block = self.open.get_or_insert_with(|| {
            let element = node.ancestors().find(|a| a.tag().is_some_and(|t| is_block(t) || t == Tag::Td || t == Tag::Th));
            let element = element.map_or(node.id(), NodeRef::id);
            Block {
                text: String::new(),
                first: node.id(),
                element,
                stats: TextStats::default(),
                bold: 0,
                links: u32::from(link),
                is_never_body: false,
            }
        });
        if block.first == node.id() {
            self.blocks.fill_to(self.filled, index + 1, number);
            self.filled = index + 1;
        }
        block.stats.add(if link { stats.as_link() } else { stats });
        block.bold += if index < self.bold_end { stats.letters } else { 0 };
        self.blocks.texts.push((node.id(), number));
    }

    fn end_block(&mut self) {
        let line = self.lines.take_line();
        if let Some(block) = self.open.take() {
            let text = line.unwrap_or_default();
            // link lists are recognised by their link share
            let is_never_body = block.stats.link_share() < 0.9 && boilerplate::is_never_body(&text);
            self.blocks.list.push(Block { text, is_never_body, ..block });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::read;

    const PAGE: &str = "<div id=a><h1>题</h1><p>第一段<b>粗</b>，<a href=x>链接</a>。</p><img src=1.png>\
        <table><tr><td>甲</td><td>乙</td></tr></table>第二段<br>第三段<p hidden>不见</p></div><div id=b><img src=2.png><p>页脚</p></div>";

    fn blocks(tree: &Tree<'_>) -> Blocks {
        Blocks::of(tree, &Facts::of(tree))
    }

    #[test]
    fn blocks_are_the_lines_a_reader_sees() {
        let tree = Tree::parse(PAGE);
        let found = blocks(&tree);
        let texts: Vec<&str> = found.list.iter().map(|b| b.text.as_str()).collect();
        assert_eq!(texts, ["题", "第一段粗，链接。", "甲\t乙", "第二段", "第三段", "页脚"]);
        assert_eq!(texts, read::visible_lines(&tree));
        let paragraph = found.list.get(1).map(|b| (b.stats.letters, b.stats.linked, b.bold, b.links));
        assert_eq!(paragraph, Some((8, 2, 1, 1)));
        let places: Vec<_> = tree.elements(Tag::Div).map(|d| found.inside(d)).collect();
        assert_eq!(places, [0..5, 5..6]);
    }

    #[test]
    fn what_is_left_out_takes_its_elements_with_it() {
        let tree = Tree::parse(PAGE);
        let (root, dropped) = blocks(&tree).leave_out(&tree, &[false, true, true, false, true, false]).unwrap();
        assert_eq!(root.attr(Attr::Id), Some("a"));
        assert_eq!(read::lines(&[root], &dropped, hidden), ["第一段粗，链接。", "甲\t乙", "第三段"]);
        let html = read::raw_html(&[root], &dropped, hidden);
        assert!(html.contains("1.png") && html.contains("<td>") && !html.contains("题") && !html.contains("第二段"), "{html}");
        assert!(blocks(&tree).leave_out(&tree, &[false; 6]).is_none());
        let (root, dropped) = blocks(&tree).leave_out(&tree, &[false, true, false, true, false, false]).unwrap();
        assert_eq!(read::lines(&[root], &dropped, hidden), ["第一段粗，链接。", "甲\t乙", "第二段"], "a table between stays");
    }
}
