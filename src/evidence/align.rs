//! Aligns a statement with its article: the parts that both have, in the statement's order.
//!
//! Like a delta encoder: from each place the longest common part is taken, found through an index of letter triples; after a
//! difference a part close to the last one is preferred. All windows are bounded, so the cost is linear.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::evidence::folded::Folded;

/// Letters of a seed.
const SEED: usize = 3;
/// Places remembered per seed.
const MAX_PLACES: usize = 24;
/// How far behind a difference the two texts may agree again, in letters of the statement and of the article.
const WINDOW: usize = 24;
const ARTICLE_WINDOW: usize = 40;
/// Longest common part; longer ones are taken in pieces.
const MAX_LENGTH: usize = 200;

/// A part that both texts have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) statement: usize,
    pub(super) article: usize,
    pub(super) length: usize,
}

impl Block {
    pub(super) fn end(&self) -> usize {
        self.statement + self.length
    }
    pub(super) fn article_end(&self) -> usize {
        self.article + self.length
    }
}

/// A difference: letters of the statement, and the letters of the article in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) statement: Range<usize>,
    /// `None`: the parts before and after it are not close to each other in the article.
    pub(super) article: Option<Range<usize>>,
}

/// Places of letter triples of an article.
pub(super) struct Index {
    seeds: HashMap<[char; SEED], Vec<usize>>,
    pairs: HashSet<[char; 2]>,
}

impl Index {
    pub(super) fn new(article: &Folded) -> Self {
        let mut places: HashMap<[char; SEED], Vec<usize>> = HashMap::new();
        for (at, seed) in article.chars.windows(SEED).enumerate() {
            if let Ok(seed) = <[char; SEED]>::try_from(seed) {
                let list = places.entry(seed).or_default();
                if list.len() < MAX_PLACES {
                    list.push(at);
                }
            }
        }
        Self { seeds: places, pairs: article.chars.windows(2).filter_map(|p| p.try_into().ok()).collect() }
    }

    /// Whether the article has these two letters in a row.
    pub(super) fn contains_pair(&self, pair: &[char]) -> bool {
        <[char; 2]>::try_from(pair).is_ok_and(|pair| self.pairs.contains(&pair))
    }

    /// Returns where the article has the letters at a place of the statement.
    fn places(&self, s: &Folded, at: usize) -> &[usize] {
        let seed = s.chars.get(at..at + SEED).and_then(|c| <[char; SEED]>::try_from(c).ok());
        seed.and_then(|seed| self.seeds.get(&seed)).map_or(&[], Vec::as_slice)
    }

    /// Returns the longest common part that starts at a place of the statement.
    fn longest(&self, s: &Folded, at: usize, a: &Folded) -> Option<Block> {
        let all = self.places(s, at).iter().map(|p| Block { statement: at, article: *p, length: common(s, at, a, *p) });
        all.reduce(|best, next| if next.length > best.length { next } else { best })
    }
}

/// Returns how many letters agree from two places on.
fn common(s: &Folded, at: usize, a: &Folded, place: usize) -> usize {
    let (left, right) = (s.chars.get(at..).unwrap_or_default(), a.chars.get(place..).unwrap_or_default());
    left.iter().zip(right).take(MAX_LENGTH).take_while(|(l, r)| l == r).count()
}

/// Returns the common parts of a sentence and its article.
pub(super) fn align(s: &Folded, a: &Folded, index: &Index) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut at = 0;
    while at < s.len() {
        let next = out.last().and_then(|last| nearby(s, a, last));
        // one place may agree by chance: of the next few the longest part is taken
        let far = (at..(at + WINDOW).min(s.len())).filter_map(|i| index.longest(s, i, a));
        let far = far.reduce(|best, b| if b.length > best.length + (b.statement - best.statement) { b } else { best });
        let Some(block) = better(next, far, at) else {
            at += WINDOW;
            continue;
        };
        if let Some(before) = fill(s, a, index, at, &block) {
            out.push(before);
        }
        at = block.end();
        out.push(block);
    }
    without_chance(out)
}

/// Returns a part in the letters that a far part skipped, if it lies closely before that part in the article too.
fn fill(s: &Folded, a: &Folded, index: &Index, from: usize, block: &Block) -> Option<Block> {
    let room = |i: usize| block.statement.saturating_sub(i);
    let parts = (from..block.statement).flat_map(|i| index.places(s, i).iter().map(move |p| (i, *p)));
    let parts = parts.map(|(i, p)| Block { statement: i, article: p, length: common(s, i, a, p).min(room(i)) });
    parts.filter(|b| b.length >= SEED && is_close(b, block)).reduce(|best, b| if b.length > best.length { b } else { best })
}

/// Whether a part follows another in the article.
fn is_close(before: &Block, after: &Block) -> bool {
    (before.article_end()..before.article_end() + ARTICLE_WINDOW + WINDOW).contains(&after.article)
}

/// Returns the part that agrees next, close behind the last one.
fn nearby(s: &Folded, a: &Folded, last: &Block) -> Option<Block> {
    let (from, to) = (last.end(), last.article_end());
    let mut best: Option<(usize, Block)> = None;
    for i in from..(from + WINDOW).min(s.len()) {
        for p in (to..(to + ARTICLE_WINDOW).min(a.len())).filter(|p| s.char(i) == a.char(*p)) {
            let length = common(s, i, a, p);
            let cost = (i - from) + (p - to) / 2;
            if length >= 2 && p - to <= 6 * length && best.as_ref().is_none_or(|(paid, b)| 2 * length + paid > 2 * b.length + cost) {
                best = Some((cost, Block { statement: i, article: p, length }));
            }
        }
    }
    best.map(|(_, block)| block)
}

/// Returns the better of a part near the last one and one anywhere. A jump costs some letters.
fn better(near: Option<Block>, far: Option<Block>, at: usize) -> Option<Block> {
    let value = |b: &Block| 2 * b.length + WINDOW - (b.statement - at).min(WINDOW);
    match (near, far) {
        (Some(n), Some(f)) => Some(if value(&f) > value(&n) + 12 { f } else { n }),
        (n, f) => n.or(f),
    }
}

/// Removes short parts that lie elsewhere in the article than the longer parts beside them: they agree by chance.
fn without_chance(blocks: Vec<Block>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut rest = blocks.into_iter().peekable();
    while let Some(block) = rest.next() {
        let stands = out.last().is_some_and(|last| is_close(last, &block) && block.article - last.article_end() <= 4 * block.length);
        let leads = rest.peek().is_some_and(|next| is_close(&block, next));
        let longer = out.last().map_or(0, |l| l.length).max(rest.peek().map_or(0, |n| n.length));
        if stands || leads || block.length >= 8 || longer <= 2 * block.length {
            out.push(block);
        }
    }
    out
}

/// Returns the differences between the common parts, also before the first and behind the last.
pub(super) fn gaps(blocks: &[Block], s: &Folded, a: &Folded) -> Vec<Gap> {
    let mut out = Vec::new();
    let Some((first, last)) = blocks.first().zip(blocks.last()) else {
        return vec![Gap { statement: 0..s.len(), article: None }];
    };
    let start = a.start_of(first.article, ARTICLE_WINDOW, Folded::starts_sentence);
    out.push(Gap { statement: 0..first.statement, article: Some(start..first.article) });
    for (before, after) in blocks.iter().zip(blocks.iter().skip(1)) {
        if is_close(before, after) {
            out.push(Gap { statement: before.end()..after.statement, article: Some(before.article_end()..after.article) });
            continue;
        }
        // a jump: the two parts do not follow each other in the article
        let start = a.start_of(after.article, WINDOW, Folded::starts_clause);
        out.push(Gap { statement: before.end()..after.statement, article: Some(start..after.article).filter(|_| after.length > 6) });
    }
    let end = (last.article_end()..(last.article_end() + ARTICLE_WINDOW).min(a.len())).find(|i| a.starts_sentence(*i));
    let end = end.unwrap_or(last.article_end());
    out.push(Gap { statement: last.end()..s.len(), article: Some(last.article_end()..end) });
    out
}
