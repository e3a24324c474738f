//! Features of blocks, the input of the block model.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::extract::block_words::{furniture, tag_code, text_figures};
use crate::extract::blocks::{Block, Blocks, Part};
use crate::extract::boilerplate;
use crate::extract::surroundings::{self, Surroundings};
use crate::html::{NodeRef, Tag, Tree};
use crate::text::normalize::normalized_key;

/// Number of features of a block itself, the subset also taken from its neighbours, and how far the neighbourhood reaches.
pub(super) const OWN: usize = 113;
const SHARED: [usize; 8] = [0, 2, 4, CHOSEN, 13, 11, 1, 37];
const REACH: usize = 3;
const WINDOWS: [usize; 2] = [5, 10];
const AVERAGED: [usize; 4] = [0, 2, 4, CHOSEN];
/// Index of the feature that says whether the rules chose the block.
const CHOSEN: usize = 63;
/// Index of the depth in the tree; zero for blocks the model is not asked about.
const DEPTH: usize = 14;
/// A line of links this many blocks away from the rules' choice is not the article.
const FAR: usize = 3;

/// Longest byline, in bytes.
const LONGEST_BYLINE: usize = 300;
/// The byline is among this many blocks from the headline on.
const BYLINE_WITHIN: usize = 9;
/// Without a headline, search this many blocks for the byline.
const MOST_BYLINES: usize = 300;

/// Most characters of the title compared with blocks.
const MAX_TITLE: usize = 400;

/// Returns whether the model decides about a block at all.
pub fn is_asked(row: &[f32]) -> bool {
    row.get(DEPTH).is_some_and(|depth| *depth > 0.0)
}

/// Number of features per block.
pub const WIDTH: usize = OWN + SHARED.len() * 2 * REACH + AVERAGED.len() * WINDOWS.len();

/// Returns [`WIDTH`] features for each block, given the rules' verdicts and the element they chose.
pub(super) fn features(tree: &Tree<'_>, blocks: &Blocks, parts: &[Part], root: Option<NodeRef<'_>>) -> Vec<f32> {
    let page = Page::of(tree, blocks, parts, root);
    let own: Vec<Vec<f32>> = blocks.list.iter().enumerate().map(|(i, b)| page.own(i, b)).collect();
    let mut sums = vec![[0f32; AVERAGED.len()]];
    for row in &own {
        let mut sum = sums.last().copied().unwrap_or_default();
        sum.iter_mut().zip(AVERAGED).for_each(|(s, f)| *s += row.get(f).copied().unwrap_or_default());
        sums.push(sum);
    }
    let mut out = Vec::with_capacity(own.len() * WIDTH);
    for (i, row) in own.iter().enumerate() {
        if !is_asked(row) {
            out.resize(out.len() + WIDTH, 0.0);
            continue;
        }
        out.extend_from_slice(row);
        for step in 1..=REACH {
            for neighbour in [i.checked_sub(step), Some(i + step)] {
                let row = neighbour.and_then(|n| own.get(n));
                out.extend(SHARED.iter().map(|f| row.and_then(|r| r.get(*f)).copied().unwrap_or(-1.0)));
            }
        }
        for window in WINDOWS {
            let (from, to) = (i.saturating_sub(window), (i + window + 1).min(own.len()));
            if let Some((a, b)) = sums.get(from).zip(sums.get(to)) {
                out.extend(a.iter().zip(b).map(|(a, b)| (b - a) / (to - from) as f32));
            }
        }
    }
    out
}

struct Page<'t> {
    tree: &'t Tree<'t>,
    blocks: &'t Blocks,
    around: Vec<Surroundings>,
    /// Letters, linked letters, marks and chosen letters before each block.
    before: Vec<[u32; 4]>,
    parts: &'t [Part],
    /// Blocks from the first to the last chosen one, and the headline's block.
    span: (usize, usize),
    root: Option<std::ops::Range<usize>>,
    headline: usize,
    byline: Option<usize>,
    title: FxHashSet<(char, char)>,
    title_key: String,
    repeats: FxHashMap<&'t str, u32>,
}

fn pairs(key: &str) -> impl Iterator<Item = (char, char)> {
    key.chars().zip(key.chars().skip(1))
}

impl<'t> Page<'t> {
    fn of(tree: &'t Tree<'_>, blocks: &'t Blocks, parts: &'t [Part], root: Option<NodeRef<'_>>) -> Self {
        let mut before = vec![[0; 4]];
        let mut repeats: FxHashMap<&str, u32> = FxHashMap::default();
        let mut sum = [0; 4];
        for (b, c) in blocks.list.iter().zip(parts) {
            let s = b.stats;
            let more = [s.letters, s.linked, s.marks, if *c == Part::Chosen { s.letters } else { 0 }];
            sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
            before.push(sum);
            *repeats.entry(b.text.as_str()).or_default() += 1;
        }
        let title: String = tree.elements(Tag::Title).next().into_iter().flat_map(NodeRef::texts).flat_map(str::chars).take(MAX_TITLE).collect();
        let title_key = normalized_key(&title);
        let is_chosen = |p: &Part| *p == Part::Chosen;
        let span = (parts.iter().position(is_chosen).unwrap_or(0), parts.iter().rposition(is_chosen).unwrap_or(0));
        let headline = headline(blocks, &title_key, tree, span);
        Self {
            around: surroundings::of(tree, blocks),
            title: pairs(&title_key).collect(),
            title_key,
            tree,
            blocks,
            before,
            parts,
            span,
            root: root.map(NodeRef::range),
            headline,
            byline: byline(blocks, headline),
            repeats,
        }
    }

    /// Returns letters, links, marks and chosen letters of a run of blocks.
    fn sum(&self, run: &std::ops::Range<usize>) -> [f32; 4] {
        let of = |n: usize| self.before.get(n).copied().unwrap_or_default();
        let (a, b) = (of(run.start), of(run.end));
        std::array::from_fn(|i| b.get(i).zip(a.get(i)).map_or(0.0, |(b, a)| b.saturating_sub(*a) as f32))
    }

    fn own(&self, i: usize, b: &Block) -> Vec<f32> {
        let mut f = Vec::with_capacity(WIDTH);
        text_figures(b, &mut f);
        let around = self.around.get(b.element.index()).copied().unwrap_or_default();
        let node = self.tree.get(b.element);
        f.push(tag_code(node.and_then(NodeRef::tag)));
        f.push(f32::from(around.depth));
        let flag = |on: bool| f32::from(u8::from(on));
        if self.is_hopeless(i, b) {
            // neighbours only see that these are unchosen links
            f.resize(OWN, 0.0);
            return f.iter().enumerate().map(|(n, x)| if n == DEPTH { 0.0 } else { *x }).collect();
        }
        f.extend((0..12).map(|n| flag(around.tags >> n & 1 > 0)));
        let near = around.near | around.near >> 16;
        f.extend((0..16).map(|n| flag(near >> n & 1 > 0)));
        f.extend((0..16).map(|n| flag(around.far >> n & 1 > 0)));
        f.push(f32::from(around.unlikely));
        f.push(f32::from(around.likely));
        // feature 62
        let n = self.blocks.list.len().max(1);
        let all = self.sum(&(0..n));
        let above = self.sum(&(0..i));
        f.push(i as f32 / n as f32);
        f.push(above[0] / all[0].max(1.0));
        f.push(flag(self.parts.get(i) == Some(&Part::Chosen)));
        f.extend([all[3] / all[0].max(1.0), (1.0 + all[3]).ln(), (n as f32).ln(), (1.0 + all[0]).ln(), above[3] / all[3].max(1.0)]);
        let (first, last) = self.span;
        f.push(if i < first { -((first - i) as f32) } else { i.saturating_sub(last) as f32 });
        f.push((i as f32 - self.headline as f32).clamp(-50.0, 200.0));
        f.push(flag(self.headline == usize::MAX));
        f.push(self.repeats.get(b.text.as_str()).copied().unwrap_or(1).min(9) as f32);
        // feature 74
        let key = if b.text.len() < 400 { normalized_key(&b.text) } else { String::new() };
        let shared = pairs(&key).filter(|p| self.title.contains(p)).count() as f32;
        f.push(shared / key.chars().count().max(1) as f32);
        f.push(flag(key.len() > 8 && self.title_key.contains(&key)));
        self.ancestors(i, b, &mut f);
        self.near_lines(i, b, &mut f);
        self.below_byline(i, b, &mut f);
        f.push((1.0 + f32::from(around.rows)).ln());
        f.push(flag(self.parts.get(i) == Some(&Part::LeftOut)));
        f.resize(OWN, 0.0);
        f
    }

    fn is_hopeless(&self, i: usize, b: &Block) -> bool {
        let near = self.sum(&(i.saturating_sub(FAR)..(i + FAR + 1).min(self.blocks.list.len())));
        let is_headline = i == self.headline && self.title_key.contains(&normalized_key(&b.text));
        b.is_never_body || is_headline || b.stats.link_share() > 0.9 && near[3] == 0.0
    }

    /// Adds features of the four smallest elements that contain more and more blocks.
    fn ancestors(&self, i: usize, b: &Block, f: &mut Vec<f32>) {
        let all = self.sum(&(0..self.blocks.list.len()));
        let (mut run, mut levels, mut to_root) = (i..i + 1, 0, 9);
        let start = f.len();
        let root = self.root.as_ref();
        for (height, a) in self.tree.get(b.element).into_iter().flat_map(|e| std::iter::once(e).chain(e.ancestors())).take(24).enumerate() {
            let inside = self.blocks.inside(a);
            if to_root == 9 && root.is_some_and(|r| a.range().contains(&r.start) && a.range().end >= r.end) {
                to_root = height.min(8);
            }
            if inside.len() <= run.len() || levels == 4 {
                continue;
            }
            run = inside;
            levels += 1;
            let s = self.sum(&run);
            f.extend([s[0] / all[0].max(1.0), s[1] / s[0].max(1.0), (run.len() as f32).ln(), s[2] / s[0].max(1.0), s[3] / s[0].max(1.0)]);
        }
        f.resize(start + 20, -1.0);
        f.push(to_root as f32);
    }

    /// Adds the distance below the byline, and the distance in the tree to the first block below it.
    fn below_byline(&self, i: usize, b: &Block, f: &mut Vec<f32>) {
        let Some(byline) = self.byline else {
            f.extend([-60.0, -1.0, -1.0, -1.0]);
            return;
        };
        f.push((i as f32 - byline as f32).clamp(-50.0, 200.0));
        let first = self.blocks.list.get(byline + 1).and_then(|b| self.tree.get(b.element));
        let here = self.tree.get(b.element);
        let mut up = first.into_iter().flat_map(|e| std::iter::once(e).chain(e.ancestors())).take(6);
        let height = up.position(|a| here.is_some_and(|h| a.range().contains(&h.id().index())));
        f.push(height.map_or(6.0, |h| h as f32));
        let run = byline + 1..i.max(byline + 1);
        let between = self.sum(&run);
        f.push((1.0 + between[0]).ln());
        f.push(between[1] / between[0].max(1.0));
    }

    fn near_lines(&self, i: usize, b: &Block, f: &mut Vec<f32>) {
        let flag = |on: bool| f32::from(u8::from(on));
        let mut seen = [false; 7];
        // long lines and link lists are recognisable without patterns
        if b.text.len() < 400 && b.stats.link_share() < 0.9 {
            seen.iter_mut().zip(furniture(&b.text)).for_each(|(s, m)| *s = m);
            seen.iter_mut().skip(4).zip(boilerplate::kinds(&b.text)).for_each(|(s, m)| *s = m);
        }
        f.extend(seen.map(flag));
        let depth = |n: Option<usize>| {
            let block = n.and_then(|n| self.blocks.list.get(n));
            block.and_then(|b| self.around.get(b.element.index())).map_or(0.0, |a| f32::from(a.depth))
        };
        let here = depth(Some(i));
        f.push(here - depth(i.checked_sub(1)));
        f.push(here - depth(Some(i + 1)));
        let parent = |n: Option<usize>| n.and_then(|n| self.blocks.list.get(n)).and_then(|b| self.tree.get(b.element)?.parent()).map(NodeRef::id);
        f.push(flag(parent(Some(i)) == parent(i.checked_sub(1))));
        f.push(flag(parent(Some(i)) == parent(Some(i + 1))));
    }
}

/// Returns the line with the date below the headline, or the first line that looks like one.
fn byline(blocks: &Blocks, headline: usize) -> Option<usize> {
    let is_byline = |b: &Block, needs_word: bool| {
        if b.text.len() > LONGEST_BYLINE || b.stats.link_share() > 0.5 {
            return false;
        }
        let [_, date, word, _] = furniture(&b.text);
        date && (word || !needs_word)
    };
    let below =
        || (headline.checked_add(1)?..headline.saturating_add(BYLINE_WITHIN)).find(|i| blocks.list.get(*i).is_some_and(|b| is_byline(b, false)));
    below().or_else(|| blocks.list.iter().take(MOST_BYLINES).position(|b| is_byline(b, true)))
}

/// Returns the headline's block: the title begins with it or contains it, and it is near the chosen text.
fn headline(blocks: &Blocks, title: &str, tree: &Tree<'_>, span: (usize, usize)) -> usize {
    let rated = blocks.list.iter().enumerate().take(600).filter(|(i, b)| b.text.len() > 8 && b.text.len() < 300 && *i <= span.1.max(20)).filter_map(
        |(i, b)| {
            let heading = tree.get(b.element).and_then(NodeRef::tag).is_some_and(Tag::is_heading);
            let key = normalized_key(&b.text);
            let inside = key.len() > 8 && title.contains(&key);
            (inside || heading && b.stats.linked == 0).then(|| (key.len() * if inside { 2 } else { 0 } + 30 * usize::from(heading), i))
        },
    );
    rated.max_by_key(|(rating, i)| (*rating, *i)).map_or(usize::MAX, |(_, i)| i)
}
