//! Comments, forum posts, lists of other items: what repeats with a date and a time each.

use ego_tree::{NodeId, NodeRef};
use scraper::{ElementRef, Node};

use crate::extract::boilerplate;
use crate::extract::nodes::{NodeMap, element};

/// Dated children that make a thread, how far above a date its post may end, and the longest post, in bytes.
const THREAD: usize = 3;
const STAMP_DEPTH: usize = 5;
const LONGEST_POST: usize = 4_000;

/// A run of dated children, and what follows them.
pub(super) struct Thread {
    pub(super) nodes: Vec<NodeId>,
    /// Where the second post begins.
    pub(super) second: usize,
}

/// Comments and lists of other items: where three or more children of one element each show a date with a time of day, all
/// its children from the first of them on.
pub(super) fn find(root: ElementRef<'_>) -> Vec<Thread> {
    let mut stamped: NodeMap<Vec<NodeRef<'_, Node>>> = NodeMap::default();
    for node in root.descendants() {
        let Node::Text(t) = node.value() else { continue };
        if !boilerplate::has_stamp(t) {
            continue;
        }
        for child in node.ancestors().take(STAMP_DEPTH) {
            let Some(parent) = child.parent() else { break };
            let children = stamped.entry(parent.id()).or_default();
            if children.last().is_none_or(|c| c.id() != child.id()) {
                children.push(child);
            }
        }
    }
    let name = |n: &NodeRef<'_, Node>| n.value().as_element().map(|e| e.name().to_owned());
    let short = |c: &NodeRef<'_, Node>| element(*c).is_some_and(|e| e.text().map(str::len).sum::<usize>() <= LONGEST_POST);
    let thread = |children: Vec<NodeRef<'_, Node>>| {
        let alike = |c: &&NodeRef<'_, Node>| name(c).is_some() && children.iter().filter(|o| name(o) == name(c)).count() >= THREAD;
        let mut posts = children.iter().filter(alike);
        let (first, second) = (posts.next().filter(|_| children.iter().all(short))?, posts.next()?);
        let nodes: Vec<NodeId> = std::iter::once(first.id()).chain(first.next_siblings().map(|n| n.id())).collect();
        let second = nodes.iter().position(|id| *id == second.id())?;
        Some(Thread { nodes, second })
    };
    stamped.into_values().filter(|c| c.len() >= THREAD).filter_map(thread).collect()
}
