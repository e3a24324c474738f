//! Finding the element that holds the article.
//!
//! The scoring follows arc90's Readability (paragraphs give points to their parents, links take them away), with
//! Chinese punctuation counted as its commas are. Precision comes from what is left out while reading.

use ego_tree::{NodeId, NodeRef};
use rustc_hash::FxHashMap;
use scraper::{ElementRef, Html, Node, Selector};

use crate::extract::nodes::{NodeMap, NodeSet, attr, element, hidden, is_block, names, skipped};
use crate::extract::{boilerplate, comments};
use crate::model::ArticleSelectors;

/// Paragraphs shorter than this give no points.
const MIN_PARAGRAPH: usize = 12;

/// Fewer marks than this in what is left of a page are no article.
const MIN_MARKS: usize = 6;
/// How far up a paragraph gives points: branching ancestors, and all of them.
const LEVELS: usize = 4;
const MAX_ANCESTORS: usize = 16;
/// Elements around the chosen one that may add nothing before one that does.
const MAX_WRAPPERS: usize = 3;

/// Facts about the text below one element.
#[derive(Debug, Clone, Copy, Default)]
struct TextStats {
    letters: usize,
    linked: usize,
    marks: usize,
}

impl TextStats {
    fn add(&mut self, other: Self) {
        self.letters += other.letters;
        self.linked += other.linked;
        self.marks += other.marks;
    }

    fn link_share(self) -> f64 {
        if self.letters == 0 { 0.0 } else { self.linked as f64 / self.letters as f64 }
    }
}

/// The measured page.
struct ScoredTree {
    mass: NodeMap<TextStats>,
    score: NodeMap<f64>,
    order: Vec<NodeId>,
}

/// The elements that hold the article, in order, and what inside them to leave out.
pub(super) struct Selection<'a> {
    pub(super) roots: Vec<ElementRef<'a>>,
    /// Marks of prose in them.
    marks: usize,
    pub(super) dropped: NodeSet,
    /// What is left out wherever it stands.
    pub(super) skip: SkipFn,
}

/// Whether an element is no part of any article.
pub(super) type SkipFn = fn(&ElementRef<'_>) -> bool;

/// Finds the article in a page.
pub(super) fn find<'a>(html: &'a Html, selectors: &ArticleSelectors) -> Selection<'a> {
    let found = find_outside(html, selectors, skipped);
    // a banner in <aside> that is never closed holds the whole page
    if found.marks < MIN_MARKS { find_outside(html, selectors, hidden) } else { found }
}

fn find_outside<'a>(html: &'a Html, selectors: &ArticleSelectors, skip: SkipFn) -> Selection<'a> {
    let mut dropped = NodeSet::default();
    for selector in selectors.remove.iter().filter_map(|s| Selector::parse(s).ok()) {
        dropped.extend(html.select(&selector).map(|e| e.id()));
    }
    let given = selectors.body.as_deref().and_then(|s| Selector::parse(s).ok()).and_then(|s| html.select(&s).next());
    let root = html.root_element();
    let threads = comments::find(root);
    let posts = |spare_first: bool| threads.iter().flat_map(move |t| t.nodes.iter().skip(if spare_first { t.second } else { 0 })).copied();
    let beside: NodeSet = dropped.iter().copied().chain(posts(false)).collect();
    // where nothing is left, the first post is what the others answer
    let alone = !threads.is_empty() && survey(root, &beside, skip).mass.get(&root.id()).is_none_or(|m| m.marks < MIN_MARKS);
    dropped.extend(posts(alone));
    let total = survey(root, &dropped, skip);
    let whole = total.mass.get(&root.id()).copied().unwrap_or_default();
    drop_unlikely(root, &total, whole, &mut dropped);
    let survey = survey(root, &dropped, skip);
    let roots = match given {
        Some(e) => vec![e],
        None => choose(html, &survey, &dropped),
    };
    for r in &roots {
        drop_inside(*r, &survey, &mut dropped);
    }
    let marks = roots.iter().filter_map(|r| survey.mass.get(&r.id())).map(|m| m.marks).sum();
    Selection { roots, marks, dropped, skip }
}

/// Measures every element once, bottom up, and lets paragraphs give points.
fn survey(root: ElementRef<'_>, dropped: &NodeSet, skip: SkipFn) -> ScoredTree {
    let elements = root.tree().values().len() / 2;
    let map = |n| NodeMap::with_capacity_and_hasher(n, rustc_hash::FxBuildHasher);
    let mut s = ScoredTree { mass: map(elements), score: NodeMap::default(), order: Vec::with_capacity(elements) };
    measure(*root, false, &|e| skip(e) || dropped.contains(&e.id()), &mut s);
    s
}

/// Gives the mass below a node, and of it what stands in no block of its own (the paragraph the node itself is).
fn measure(node: NodeRef<'_, Node>, linked: bool, leave_out: &dyn Fn(&ElementRef<'_>) -> bool, s: &mut ScoredTree) -> (TextStats, TextStats) {
    match node.value() {
        Node::Text(t) => {
            let mut m = TextStats::default();
            for c in t.chars() {
                let usual = ('\u{4e00}'..='\u{9fff}').contains(&c) || c.is_ascii_alphanumeric();
                if usual || !c.is_whitespace() {
                    m.letters += 1;
                    m.marks += usize::from(!usual && matches!(c, '，' | '。' | '、' | '；' | '：' | '！' | '？' | ',' | '.' | ';' | '”'));
                }
            }
            if linked {
                m.linked = m.letters;
                m.marks = 0;
            }
            (m, m)
        }
        Node::Element(e) => {
            let Some(this) = element(node) else { return Default::default() };
            if leave_out(&this) {
                return Default::default();
            }
            s.order.push(node.id());
            // an anchor without an address is no link, and old pages forget to close it
            let linked = linked || (e.name() == "a" && attr(e, "href").is_some());
            let (mut all, mut own) = (TextStats::default(), TextStats::default());
            for child in node.children() {
                let (below, inline) = measure(child, linked, leave_out, s);
                all.add(below);
                own.add(inline);
            }
            s.mass.insert(node.id(), all);
            if is_block(e.name()) || matches!(e.name(), "td" | "th") {
                give_points(node, e.name(), own, s);
                return (all, TextStats::default());
            }
            (all, own)
        }
        _ => Default::default(),
    }
}

fn give_points(node: NodeRef<'_, Node>, name: &str, own: TextStats, s: &mut ScoredTree) {
    if own.letters < MIN_PARAGRAPH || own.link_share() > 0.5 {
        return;
    }
    let free = own.letters - own.linked;
    let points = 1.0 + own.marks as f64 + (free as f64 / 50.0).min(4.0);
    // text that stands in a container itself (lines parted by <br>) counts for the container
    let container = matches!(name, "div" | "td" | "article" | "section" | "center" | "body" | "main");
    let mut share = 1.0;
    let mut level = 0;
    let start = if container { Some(node) } else { node.parent() };
    for ancestor in start.into_iter().chain(start.map(|n| n.ancestors()).into_iter().flatten()).take(MAX_ANCESTORS) {
        if !ancestor.value().is_element() || level == LEVELS {
            break;
        }
        *s.score.entry(ancestor.id()).or_default() += points * share;
        // wrappers around one element are as good as the element itself
        let wraps = ancestor.parent().is_some_and(|p| p.children().filter(|c| c.value().is_element()).nth(1).is_none());
        if !wraps {
            share = if level == 0 { 0.5 } else { share / 2.0 };
            level += 1;
        }
    }
}

/// Leaves out what class and id call something else, unless it holds most of the page's prose.
fn drop_unlikely(root: ElementRef<'_>, survey: &ScoredTree, whole: TextStats, dropped: &mut NodeSet) {
    let tree = root.tree();
    // rows of a list share one class
    let mut known: FxHashMap<String, bool> = FxHashMap::default();
    for id in &survey.order {
        let Some(e) = tree.get(*id).and_then(element) else { continue };
        if matches!(e.value().name(), "html" | "body" | "article" | "main") {
            continue;
        }
        let mass = survey.mass.get(id).copied().unwrap_or_default();
        let names = names(&e);
        if names.len() < 2 && e.value().name() != "form" {
            continue;
        }
        let holds_the_prose = mass.marks * 10 > whole.marks * 3 && mass.marks > 5;
        if holds_the_prose {
            continue;
        }
        let unlikely = match known.get(&names) {
            Some(unlikely) => *unlikely,
            None => *known.entry(names).or_insert_with_key(|names| boilerplate::is_unlikely(names)),
        };
        if unlikely || is_comment_form(&e) {
            dropped.insert(*id);
        }
    }
}

fn is_comment_form(e: &ElementRef<'_>) -> bool {
    e.value().name() == "form" && e.descendent_elements().any(|d| d.value().name() == "textarea")
}

fn choose<'a>(html: &'a Html, survey: &ScoredTree, dropped: &NodeSet) -> Vec<ElementRef<'a>> {
    let rate = |id: &NodeId| -> f64 {
        let Some(e) = html.tree.get(*id).and_then(element) else { return 0.0 };
        let mass = survey.mass.get(id).copied().unwrap_or_default();
        let score = survey.score.get(id).copied().unwrap_or(0.0);
        let bonus = if boilerplate::is_likely(&names(&e)) { 1.25 } else { 1.0 };
        let tag = match e.value().name() {
            "body" | "html" => 0.8,
            "article" | "main" => 1.2,
            "li" | "ul" | "ol" | "form" => 0.7,
            _ => 1.0,
        };
        score * (1.0 - mass.link_share()) * bonus * tag
    };
    let best = survey.order.iter().filter(|id| survey.score.contains_key(id)).map(|id| (rate(id), *id)).reduce(|a, b| if b.0 > a.0 { b } else { a });
    let Some((score, id)) = best else { return html.root_element().child_elements().filter(|e| e.value().name() == "body").collect() };
    let Some(top) = html.tree.get(id) else { return Vec::new() };
    let top = expand_to_parent(top, survey);
    with_siblings(top, score, survey, &rate, dropped)
}

/// Goes up to where clearly more prose stands without more links: articles split into sections, each perhaps in wrappers of
/// its own.
fn expand_to_parent<'a>(top: NodeRef<'a, Node>, survey: &ScoredTree) -> NodeRef<'a, Node> {
    let mass = |n: NodeRef<'_, Node>| survey.mass.get(&n.id()).copied().unwrap_or_default();
    let (mut best, mut wrappers) = (top, 0);
    for ancestor in top.ancestors() {
        let name = ancestor.value().as_element().map_or("", |e| e.name());
        if matches!(name, "" | "html" | "body") || wrappers > MAX_WRAPPERS {
            break;
        }
        let (here, there) = (mass(best), mass(ancestor));
        let more = there.marks as f64 > here.marks as f64 * 1.25 && there.marks > here.marks + 8;
        if more && there.link_share() < 0.15 {
            (best, wrappers) = (ancestor, 0);
        } else {
            wrappers += 1;
        }
    }
    best
}

/// The chosen element with the siblings that read like its continuation.
fn with_siblings<'a>(
    top: NodeRef<'a, Node>,
    score: f64,
    survey: &ScoredTree,
    rate: &impl Fn(&NodeId) -> f64,
    dropped: &NodeSet,
) -> Vec<ElementRef<'a>> {
    let Some(parent) = top.parent().filter(|p| p.value().is_element()) else { return element(top).into_iter().collect() };
    let class = top.value().as_element().and_then(|e| attr(e, "class")).unwrap_or_default();
    let belongs = |sibling: NodeRef<'_, Node>| {
        let Some(e) = element(sibling) else { return false };
        let mass = survey.mass.get(&sibling.id()).copied().unwrap_or_default();
        if mass.letters == 0 || dropped.contains(&sibling.id()) {
            return false;
        }
        let same_class = !class.is_empty() && attr(e.value(), "class") == Some(class);
        let rated = rate(&sibling.id()) + if same_class { score * 0.2 } else { 0.0 };
        let paragraph = e.value().name() == "p" && mass.letters > 40 && mass.marks > 1;
        mass.link_share() < 0.25 && (rated > (score * 0.25).max(10.0) || paragraph)
    };
    parent.children().filter(|c| c.id() == top.id() || belongs(*c)).filter_map(element).collect()
}

/// Leaves out link lists and "related" blocks inside the article.
fn drop_inside(root: ElementRef<'_>, survey: &ScoredTree, dropped: &mut NodeSet) {
    for node in root.descendants().skip(1) {
        let Some(e) = element(node) else { continue };
        if dropped.contains(&node.id()) || !(is_block(e.value().name()) || e.value().name() == "td") {
            continue;
        }
        let mass = survey.mass.get(&node.id()).copied().unwrap_or_default();
        let paragraph = e.value().name() == "p";
        let links = e.descendants().filter(|d| d.value().as_element().is_some_and(|e| e.name() == "a")).take(3).count();
        let link_list = mass.link_share() > 0.6 && (links > 2 || mass.letters > 60 || !paragraph && links > 0 && mass.marks == 0);
        if link_list {
            dropped.insert(node.id());
        }
    }
    drop_after_related(root, survey, dropped);
}

/// Behind a heading like 相关阅读 drops the rest of its siblings, if these are mostly links.
fn drop_after_related(root: ElementRef<'_>, survey: &ScoredTree, dropped: &mut NodeSet) {
    let headings: Vec<_> = root
        .descendants()
        .filter_map(element)
        .filter(|e| is_block(e.value().name()) && survey.mass.get(&e.id()).is_some_and(|m| m.letters > 0 && m.letters <= 30))
        .filter(|e| {
            let text = crate::text::normalize::collapse_whitespace(&e.text().collect::<String>());
            boilerplate::is_related_heading(&text) || boilerplate::opens_comments(&text)
        })
        .collect();
    for h in headings {
        let comments = boilerplate::opens_comments(crate::text::normalize::collapse_whitespace(&h.text().collect::<String>()).as_str());
        let rest: Vec<_> = h.next_siblings().collect();
        let mut mass = TextStats::default();
        for n in &rest {
            mass.add(survey.mass.get(&n.id()).copied().unwrap_or_default());
        }
        if comments || mass.link_share() > 0.4 || mass.marks < 4 {
            dropped.insert(h.id());
            dropped.extend(rest.iter().map(ego_tree::NodeRef::id));
        }
    }
}
