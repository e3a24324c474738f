//! Measures a page: amount of text and share of links in each element, and the elements with paragraphs.

use crate::extract::nodes::{NodeSet, SkipFn, hidden, is_block};
use crate::html::{Attr, NodeId, NodeRef, Tag, Tree};
use crate::text::work;

/// Paragraphs shorter than this give no points.
const MIN_PARAGRAPH: u32 = 12;
/// How far up a paragraph gives points: in branching ancestors, and in all ancestors.
const LEVELS: usize = 4;
const MAX_ANCESTORS: usize = 16;

/// Statistics of the text below one element.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TextStats {
    pub(super) letters: u32,
    pub(super) linked: u32,
    pub(super) marks: u32,
}

impl TextStats {
    fn of(text: &str) -> Self {
        let mut stats = Self::default();
        for c in text.chars() {
            let usual = ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_ascii_alphanumeric();
            if usual || !c.is_whitespace() {
                stats.letters += 1;
                stats.marks += u32::from(!usual && matches!(c, '，' | '。' | '、' | '；' | '：' | '！' | '？' | ',' | '.' | ';' | '”'));
            }
        }
        work::add(text.len());
        stats
    }

    pub(super) fn as_link(self) -> Self {
        Self { linked: self.letters, marks: 0, ..self }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.letters += other.letters;
        self.linked += other.linked;
        self.marks += other.marks;
    }

    pub(super) fn link_share(self) -> f64 {
        if self.letters == 0 { 0.0 } else { f64::from(self.linked) / f64::from(self.letters) }
    }
}

/// Measurements that do not change when elements are dropped, by node number.
pub(super) struct Facts {
    texts: Vec<TextStats>,
    /// The number of links before each node.
    links: Vec<u32>,
    /// The number of child elements of each node.
    children: Vec<u32>,
}

impl Facts {
    /// Measures a page. Hidden texts count nothing.
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let mut facts =
            Self { texts: vec![TextStats::default(); tree.len()], links: Vec::with_capacity(tree.len() + 1), children: vec![0; tree.len()] };
        let (mut links, mut hidden_end) = (0, 0);
        for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
            let index = node.id().index();
            facts.links.push(links);
            if let Some(text) = node.text() {
                if let Some(slot) = facts.texts.get_mut(index).filter(|_| index >= hidden_end) {
                    *slot = TextStats::of(text);
                }
                continue;
            }
            links += u32::from(node.is(Tag::A));
            if index >= hidden_end && hidden(node) {
                hidden_end = node.range().end;
            }
            if let Some(slot) = node.parent().and_then(|p| facts.children.get_mut(p.id().index())) {
                *slot += 1;
            }
        }
        facts.links.push(links);
        facts
    }

    /// Returns the statistics of one text node, zero if it is hidden.
    pub(super) fn text(&self, id: NodeId) -> TextStats {
        self.texts.get(id.index()).copied().unwrap_or_default()
    }

    /// Returns the number of links below an element.
    pub(super) fn links_in(&self, element: NodeRef<'_>) -> u32 {
        let range = element.range();
        let before = |n: usize| self.links.get(n).copied().unwrap_or(0);
        before(range.end).saturating_sub(before(range.start + 1))
    }
}

/// The measured page without dropped elements.
pub(super) struct Survey {
    mass: Vec<TextStats>,
    score: Vec<f64>,
    /// Elements that are not dropped.
    pub(super) order: Vec<NodeId>,
}

impl Survey {
    /// Returns the statistics of the text in an element.
    pub(super) fn mass(&self, id: NodeId) -> TextStats {
        self.mass.get(id.index()).copied().unwrap_or_default()
    }

    /// Returns the points that an element gets from its paragraphs.
    pub(super) fn score(&self, id: NodeId) -> f64 {
        self.score.get(id.index()).copied().unwrap_or(0.0)
    }

    /// Measures every element once and distributes the points of paragraphs.
    pub(super) fn new(tree: &Tree<'_>, facts: &Facts, dropped: &NodeSet, skip: SkipFn) -> Self {
        let root = tree.root();
        let mut survey =
            Self { mass: vec![TextStats::default(); tree.len()], score: vec![0.0; tree.len()], order: Vec::with_capacity(tree.len() / 2) };
        // an element's own paragraph: its text outside inner blocks
        let mut own = vec![TextStats::default(); tree.len()];
        let (mut at, mut link_end) = (0, 0);
        while let Some(node) = tree.get(NodeId::new(at)) {
            at += 1;
            if node.text().is_some() {
                let stats = facts.texts.get(at - 1).copied().unwrap_or_default();
                let stats = if at <= link_end { stats.as_link() } else { stats };
                let parent = node.parent().unwrap_or(root).id().index();
                add(&mut survey.mass, parent, stats);
                add(&mut own, parent, stats);
            } else if dropped.contains(node.id()) || skip(node) {
                at = node.range().end;
            } else {
                survey.order.push(node.id());
                // an anchor without an address is no link, and old pages forget to close it
                if at > link_end && node.is(Tag::A) && node.attr(Attr::Href).is_some() {
                    link_end = node.range().end;
                }
            }
        }
        work::add(tree.len());
        for at in (0..survey.order.len()).rev() {
            let Some(node) = survey.order.get(at).and_then(|id| tree.get(*id)) else { continue };
            let (index, parent) = (node.id().index(), node.parent().map(|p| p.id().index()));
            let (whole, paragraph) = (survey.mass(node.id()), own.get(index).copied().unwrap_or_default());
            if let Some(parent) = parent {
                add(&mut survey.mass, parent, whole);
            }
            let tag = node.tag().unwrap_or(Tag::Other);
            if is_block(tag) || matches!(tag, Tag::Td | Tag::Th) {
                survey.give_points(node, tag, paragraph, facts);
            } else if let Some(parent) = parent {
                add(&mut own, parent, paragraph);
            }
        }
        survey
    }

    fn give_points(&mut self, node: NodeRef<'_>, tag: Tag, own: TextStats, facts: &Facts) {
        if own.letters < MIN_PARAGRAPH || own.link_share() > 0.5 {
            return;
        }
        let free = own.letters - own.linked;
        let points = 1.0 + f64::from(own.marks) + (f64::from(free) / 50.0).min(4.0);
        // text directly in a container (lines separated by <br>) counts for the container
        let is_container = matches!(tag, Tag::Div | Tag::Td | Tag::Article | Tag::Section | Tag::Center | Tag::Body | Tag::Main);
        let (mut share, mut level) = (1.0, 0);
        for ancestor in is_container.then_some(node).into_iter().chain(node.ancestors()).take(MAX_ANCESTORS) {
            if level == LEVELS {
                break;
            }
            if let Some(score) = self.score.get_mut(ancestor.id().index()) {
                *score += points * share;
            }
            // wrappers around one element are as good as the element itself
            let wraps = ancestor.parent().is_some_and(|p| facts.children.get(p.id().index()) == Some(&1));
            if !wraps {
                share = if level == 0 { 0.5 } else { share / 2.0 };
                level += 1;
            }
        }
    }
}

fn add(all: &mut [TextStats], index: usize, stats: TextStats) {
    if let Some(slot) = all.get_mut(index) {
        slot.add(stats);
    }
}
