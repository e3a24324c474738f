//! The surroundings of each element of a page: kinds of elements, words in class and id, list rows.

use rustc_hash::FxHashMap;

use crate::extract::block_words::class_groups;
use crate::extract::blocks::Blocks;
use crate::extract::boilerplate;
use crate::html::{Attr, NodeId, NodeRef, Tag, Tree};

/// The surroundings of an element, as bits: kinds of elements, groups of class words.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    pub(super) tags: u16,
    pub(super) near: u32,
    pub(super) far: u32,
    pub(super) depth: u16,
    pub(super) unlikely: u8,
    pub(super) likely: u8,
    /// The largest number of siblings with equal tag and class, over the element and its ancestors.
    pub(super) rows: u16,
}

fn bit(tag: Tag) -> u16 {
    use Tag::*;
    match tag {
        Article => 1,
        Main => 2,
        Nav => 4,
        Footer => 8,
        Aside => 16,
        Header => 32,
        Form => 64,
        Figure | Figcaption => 128,
        Table => 256,
        Ul | Ol | Dl => 512,
        Section => 1024,
        Blockquote | Pre => 2048,
        _ => 0,
    }
}

/// Returns a key for a possible list row, an element with more than one block: its parent, tag and class.
fn row_key<'t>(blocks: &Blocks, node: NodeRef<'t>) -> Option<(NodeId, Tag, &'t str)> {
    let is_row = blocks.inside(node).len() > 1 && !matches!(node.tag(), Some(Tag::Html | Tag::Body | Tag::Tr));
    is_row.then(|| Some((node.parent()?.id(), node.tag()?, node.attr(Attr::Class).unwrap_or_default())))?
}

/// Counts the rows of each kind.
fn rows<'t>(tree: &'t Tree<'_>, blocks: &Blocks) -> FxHashMap<(NodeId, Tag, &'t str), u16> {
    let mut found: FxHashMap<_, u16> = FxHashMap::default();
    for key in tree.root().descendants().filter_map(|node| row_key(blocks, node)) {
        let count = found.entry(key).or_default();
        *count = count.saturating_add(1);
    }
    found
}

/// Returns the surroundings of each node that contains blocks, in node order.
pub(super) fn of(tree: &Tree<'_>, blocks: &Blocks) -> Vec<Surroundings> {
    let mut known: FxHashMap<(&str, &str), (u32, bool, bool)> = FxHashMap::default();
    let rows = rows(tree, blocks);
    let mut all = vec![Surroundings::default(); tree.len()];
    for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
        let Some(tag) = node.tag() else { continue };
        if blocks.inside(node).is_empty() {
            continue;
        }
        let mut here = node.parent().and_then(|p| all.get(p.id().index()).copied()).unwrap_or_default();
        here.near = (here.near & 0xFFFF) << 16;
        here.depth += 1;
        here.tags |= bit(tag);
        here.rows = here.rows.max(row_key(blocks, node).and_then(|key| rows.get(&key).copied()).unwrap_or(0));
        let (class, id) = (node.attr(Attr::Class).unwrap_or_default(), node.attr(Attr::Id).unwrap_or_default());
        let is_named = !class.is_empty() || !id.is_empty();
        if is_named && !matches!(tag, Tag::Html | Tag::Body) {
            let (groups, unlikely, likely) = *known.entry((class, id)).or_insert_with(|| {
                let names = format!("{class} {id}");
                let groups = class_groups(&names);
                (groups, boilerplate::is_unlikely(&names), boilerplate::is_likely(&names))
            });
            here.near |= groups;
            here.far |= groups;
            here.unlikely += u8::from(unlikely && here.unlikely < 9);
            here.likely += u8::from(likely && here.likely < 9);
        }
        if let Some(slot) = all.get_mut(node.id().index()) {
            *slot = here;
        }
    }
    all
}
