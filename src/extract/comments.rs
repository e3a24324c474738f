//! Comments, forum posts and lists of other items: repeated children with a date and a time.

use std::collections::BTreeMap;

use crate::extract::boilerplate;
use crate::html::{NodeId, NodeRef};

/// Dated children that make a thread, how far above a date its post may end, and the longest post, in bytes.
const THREAD: usize = 3;
const STAMP_DEPTH: usize = 5;
const LONGEST_POST: usize = 4_000;

/// A run of dated children and the siblings behind them.
pub(super) struct Thread {
    pub(super) nodes: Vec<NodeId>,
    /// Start of the second post.
    pub(super) second: usize,
}

/// Finds comments and lists of other items: if three or more children of one element show a date with a time of day, all
/// children from the first of them on.
pub(super) fn find(root: NodeRef<'_>) -> Vec<Thread> {
    let mut stamped: BTreeMap<NodeId, Vec<NodeRef<'_>>> = BTreeMap::new();
    for node in root.descendants().filter(|n| n.text().is_some_and(boilerplate::has_stamp)) {
        let Some(mut child) = node.parent() else { continue };
        for parent in child.ancestors().take(STAMP_DEPTH) {
            let children = stamped.entry(parent.id()).or_default();
            if children.last().is_none_or(|c| *c != child) {
                children.push(child);
            }
            child = parent;
        }
    }
    stamped.into_values().filter(|c| c.len() >= THREAD).filter_map(|c| thread(&c)).collect()
}

fn thread(children: &[NodeRef<'_>]) -> Option<Thread> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in children.iter().map(|c| c.name()) {
        *kinds.entry(tag).or_default() += 1;
    }
    let alike = |c: &&NodeRef<'_>| c.tag().is_some() && kinds.get(c.name()).is_some_and(|n| *n >= THREAD);
    let mut posts = children.iter().filter(alike);
    let (first, second) = (posts.next().filter(|_| children.iter().all(|c| is_short(*c)))?, posts.next()?);
    let nodes: Vec<NodeId> = std::iter::once(*first).chain(first.next_siblings()).map(NodeRef::id).collect();
    let second = nodes.iter().position(|id| *id == second.id())?;
    Some(Thread { nodes, second })
}

fn is_short(post: NodeRef<'_>) -> bool {
    let mut length = 0;
    post.tag().is_some()
        && post.texts().all(|t| {
            length += t.len();
            length <= LONGEST_POST
        })
}
