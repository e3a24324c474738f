//! Finds the element that contains the article.
//!
//! The scoring follows arc90's Readability (paragraphs give points to their parents, links subtract them), with
//! Chinese punctuation counted like commas. Precision comes from dropping elements while reading.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use crate::extract::nodes::{NodeSet, SkipFn, hidden, is_block, names, skipped};
use crate::extract::survey::{Facts, Survey, TextStats};
use crate::extract::{boilerplate, comments, read};
use crate::html::{Attr, NodeId, NodeRef, Selectable, Tag, Tree};
use crate::model::ArticleSelectors;

/// A page with fewer punctuation marks than this has no article.
const MIN_MARKS: u32 = 6;
/// Wrappers without new text to skip before one that adds some.
const MAX_WRAPPERS: usize = 3;
/// Longest "related" heading, in letters and in bytes.
const LONGEST_HEADING: u32 = 30;
const LONGEST_HEADING_BYTES: usize = 400;

/// The elements that contain the article, in order, and what to drop inside them.
pub(super) struct Selection<'t> {
    pub(super) roots: Vec<NodeRef<'t>>,
    /// Whether the source's own selector found them.
    pub(super) is_selected: bool,
    /// Nodes that the source's selectors drop.
    pub(super) removed: Vec<NodeId>,
    /// Punctuation marks of prose in them.
    pub(super) marks: u32,
    pub(super) dropped: NodeSet,
    /// Elements to drop everywhere.
    pub(super) skip: SkipFn,
}

/// Matches of the source's own selectors.
#[derive(Default)]
struct Chosen {
    body: Option<NodeId>,
    removed: Vec<NodeId>,
}

impl Chosen {
    fn by(selectors: &ArticleSelectors, tree: &Tree<'_>) -> Self {
        if selectors.body.is_none() && selectors.remove.is_empty() {
            return Self::default();
        }
        let page = Selectable::new(tree);
        Self {
            body: selectors.body.as_deref().and_then(|s| page.select(s).first().copied()),
            removed: selectors.remove.iter().flat_map(|s| page.select(s)).collect(),
        }
    }
}

/// Finds the article in a page.
pub(super) fn find<'t>(tree: &'t Tree<'_>, facts: &Facts, selectors: &ArticleSelectors) -> Selection<'t> {
    let chosen = Chosen::by(selectors, tree);
    let found = find_outside(tree, facts, &chosen, skipped);
    // an unclosed banner in <aside> may contain the whole page
    if found.marks < MIN_MARKS { find_outside(tree, facts, &chosen, hidden) } else { found }
}

fn find_outside<'t>(tree: &'t Tree<'_>, facts: &Facts, chosen: &Chosen, skip: SkipFn) -> Selection<'t> {
    let root = tree.root();
    let mut dropped = NodeSet::default();
    dropped.extend(chosen.removed.iter().copied());
    let threads = comments::find(root);
    let posts = |spare_first: bool| threads.iter().flat_map(move |t| t.nodes.iter().skip(if spare_first { t.second } else { 0 })).copied();
    // if nothing else remains, the first post is the one that the others answer
    let alone = !threads.is_empty() && {
        let mut beside = dropped.clone();
        beside.extend(posts(false));
        Survey::new(tree, facts, &beside, skip).mass(root.id()).marks < MIN_MARKS
    };
    dropped.extend(posts(alone));
    let total = Survey::new(tree, facts, &dropped, skip);
    let whole = total.mass(root.id());
    drop_unlikely(tree, &total, whole, &mut dropped);
    let survey = Survey::new(tree, facts, &dropped, skip);
    let selected = chosen.body.and_then(|id| tree.get(id));
    let roots = match selected {
        Some(body) => vec![body],
        None => choose(tree, &survey, &dropped),
    };
    for root in &roots {
        drop_inside(*root, &survey, facts, &mut dropped);
    }
    let marks = roots.iter().map(|r| survey.mass(r.id()).marks).sum();
    Selection { roots, is_selected: selected.is_some(), removed: chosen.removed.clone(), marks, dropped, skip }
}

/// Drops elements with an unlikely class or id, unless they contain most of the page's prose.
fn drop_unlikely(tree: &Tree<'_>, survey: &Survey, whole: TextStats, dropped: &mut NodeSet) {
    // rows of a list share one class
    let mut known: FxHashMap<(&str, &str), bool> = FxHashMap::default();
    for e in survey.order.iter().filter_map(|id| tree.get(*id)) {
        if matches!(e.tag(), Some(Tag::Html | Tag::Body | Tag::Article | Tag::Main)) {
            continue;
        }
        let mass = survey.mass(e.id());
        let (class, id) = (e.attr(Attr::Class).unwrap_or_default(), e.attr(Attr::Id).unwrap_or_default());
        let holds_the_prose = mass.marks * 10 > whole.marks * 3 && mass.marks > 5;
        if (class.is_empty() && id.is_empty() && !e.is(Tag::Form)) || holds_the_prose {
            continue;
        }
        let unlikely = *known.entry((class, id)).or_insert_with(|| boilerplate::is_unlikely(&names(e)));
        if unlikely || is_comment_form(e) {
            dropped.insert(e.id());
        }
    }
}

fn is_comment_form(e: NodeRef<'_>) -> bool {
    e.is(Tag::Form) && e.descendants().any(|d| d.is(Tag::Textarea))
}

/// Rates how much an element looks like the article.
fn rate(e: NodeRef<'_>, survey: &Survey) -> f64 {
    let (mass, score) = (survey.mass(e.id()), survey.score(e.id()));
    if score <= 0.0 {
        return 0.0;
    }
    let bonus = if boilerplate::is_likely(&names(e)) { 1.25 } else { 1.0 };
    let tag = match e.tag() {
        Some(Tag::Body | Tag::Html) => 0.8,
        Some(Tag::Article | Tag::Main) => 1.2,
        Some(Tag::Li | Tag::Ul | Tag::Ol | Tag::Form) => 0.7,
        _ => 1.0,
    };
    score * (1.0 - mass.link_share()) * bonus * tag
}

fn choose<'t>(tree: &'t Tree<'_>, survey: &Survey, dropped: &NodeSet) -> Vec<NodeRef<'t>> {
    let scored = survey.order.iter().filter(|id| survey.score(**id) > 0.0).filter_map(|id| tree.get(*id));
    let best = scored.map(|e| (rate(e, survey), e)).reduce(|a, b| if b.0 > a.0 { b } else { a });
    match best {
        Some((score, e)) => with_siblings(expand_to_parent(e, survey), score, survey, dropped),
        None => tree.root().child_elements().filter(|e| e.is(Tag::Body)).collect(),
    }
}

/// Climbs to an ancestor that has clearly more prose without more links: articles split into sections, each perhaps in its own
/// wrappers.
fn expand_to_parent<'t>(top: NodeRef<'t>, survey: &Survey) -> NodeRef<'t> {
    let (mut best, mut wrappers) = (top, 0);
    for ancestor in top.ancestors() {
        if matches!(ancestor.tag(), Some(Tag::Html | Tag::Body)) || wrappers > MAX_WRAPPERS {
            break;
        }
        let (here, there) = (survey.mass(best.id()), survey.mass(ancestor.id()));
        let more =
            f64::from(there.marks) > f64::from(here.marks) * 1.25 && (there.marks > here.marks + 8 || boilerplate::is_likely(&names(ancestor)));
        if more && there.link_share() < 0.15 {
            (best, wrappers) = (ancestor, 0);
        } else {
            wrappers += 1;
        }
    }
    best
}

/// Returns the chosen element with the siblings that read like its continuation.
fn with_siblings<'t>(top: NodeRef<'t>, score: f64, survey: &Survey, dropped: &NodeSet) -> Vec<NodeRef<'t>> {
    let Some(parent) = top.parent() else { return vec![top] };
    let class = top.attr(Attr::Class).unwrap_or_default();
    let belongs = |sibling: NodeRef<'_>| {
        let mass = survey.mass(sibling.id());
        if mass.letters == 0 || dropped.contains(sibling.id()) {
            return false;
        }
        let same_class = !class.is_empty() && sibling.attr(Attr::Class) == Some(class);
        let rated = rate(sibling, survey) + if same_class { score * 0.2 } else { 0.0 };
        let alike = sibling.is(Tag::P) || sibling.tag() == top.tag() && sibling.attr(Attr::Class).unwrap_or_default() == class;
        let paragraph = alike && mass.letters > 36 && mass.marks > 1;
        mass.link_share() < 0.25 && (rated > (score * 0.25).max(10.0) || paragraph)
    };
    let children: Vec<NodeRef<'t>> = parent.child_elements().collect();
    let part = |c: &NodeRef<'_>| *c == top || belongs(*c);
    // a table between two parts belongs to them
    let (first, last) = (children.iter().position(part).unwrap_or(0), children.iter().rposition(part).unwrap_or(0));
    let between = |(i, c): &(usize, NodeRef<'t>)| {
        (first..=last).contains(i) && (part(c) || c.is(Tag::Table) && survey.mass(c.id()).link_share() < 0.25 && !dropped.contains(c.id()))
    };
    children.into_iter().enumerate().filter(between).map(|(_, c)| c).collect()
}

/// Drops link lists and "related" blocks inside the article.
fn drop_inside(root: NodeRef<'_>, survey: &Survey, facts: &Facts, dropped: &mut NodeSet) {
    let mut headings = Vec::new();
    for e in root.descendants() {
        let Some(tag) = e.tag().filter(|t| is_block(*t) || *t == Tag::Td) else { continue };
        let mass = survey.mass(e.id());
        if is_block(tag) && mass.letters > 0 && mass.letters <= LONGEST_HEADING {
            headings.push(e);
        }
        if dropped.contains(e.id()) {
            continue;
        }
        let links = facts.links_in(e);
        let link_list = mass.link_share() > 0.6 && (links > 2 || mass.letters > 60 || tag != Tag::P && links > 0 && mass.marks == 0);
        if link_list {
            dropped.insert(e.id());
        }
    }
    if is_block(root.tag().unwrap_or(Tag::Other)) && (1..=LONGEST_HEADING).contains(&survey.mass(root.id()).letters) {
        headings.insert(0, root);
    }
    drop_after_related(&headings, survey, dropped);
}

/// Drops the siblings behind a heading like 相关阅读 if they are mostly links.
fn drop_after_related(headings: &[NodeRef<'_>], survey: &Survey, dropped: &mut NodeSet) {
    let mut rests: HashMap<NodeId, HashMap<NodeId, TextStats>> = HashMap::new();
    for heading in headings {
        let Some((text, parent)) = read::short_text(heading.texts(), LONGEST_HEADING_BYTES).zip(heading.parent()) else { continue };
        let comments = boilerplate::opens_comments(&text);
        if !comments && !boilerplate::is_related_heading(&text) {
            continue;
        }
        let rest = rests.entry(parent.id()).or_insert_with(|| behind_each_child(parent, survey));
        // none: an earlier heading dropped it
        let Some(mass) = rest.get(&heading.id()).copied() else { continue };
        if comments || mass.link_share() > 0.4 || mass.marks < 4 {
            dropped.insert(heading.id());
            dropped.extend(heading.next_siblings().map(NodeRef::id));
            rest.clear();
        }
    }
}

/// Returns, for each child, the mass of the siblings behind it.
fn behind_each_child(parent: NodeRef<'_>, survey: &Survey) -> HashMap<NodeId, TextStats> {
    let children: Vec<NodeId> = parent.children().map(NodeRef::id).collect();
    let mut behind = TextStats::default();
    let each = children.into_iter().rev().map(|id| {
        let here = behind;
        behind.add(survey.mass(id));
        (id, here)
    });
    each.collect()
}
