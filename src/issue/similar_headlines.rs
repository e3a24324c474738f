//! Headlines that sound the same: those that share pairs of letters.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::issue::PreviousItem;
use crate::text::normalize::normalized_key;

/// Penalty for a headline like another.
pub(super) const TITLE_SIMILARITY_PENALTY: f64 = 2.5;
/// Minimum share of common letter pairs (Dice) in similar headlines.
pub(super) const SIMILARITY_THRESHOLD: f64 = 0.5;

/// Headlines of the last issues, indexed by letter pairs.
pub(super) struct SimilarHeadlines {
    words: Vec<Box<[u32]>>,
    by_pair: HashMap<u32, Vec<usize>>,
}

impl SimilarHeadlines {
    pub(super) fn new(shown: &[PreviousItem]) -> Self {
        let words: Vec<Box<[u32]>> = shown.iter().map(|s| pairs(&s.title)).collect();
        let mut by_pair: HashMap<u32, Vec<usize>> = HashMap::new();
        for (i, w) in words.iter().enumerate() {
            for pair in w {
                by_pair.entry(*pair).or_default().push(i);
            }
        }
        Self { words, by_pair }
    }

    /// Returns the most similar headline and its similarity.
    pub(super) fn closest(&self, words: &[u32]) -> Option<(usize, f64)> {
        let mut common: HashMap<usize, usize> = HashMap::new();
        for i in words.iter().filter_map(|p| self.by_pair.get(p)).flatten() {
            *common.entry(*i).or_default() += 1;
        }
        let alike = |(i, n): (usize, usize)| (i, 2.0 * n as f64 / (words.len() + self.words.get(i).map_or(0, |w| w.len())) as f64);
        common.into_iter().map(alike).filter(|(_, alike)| *alike >= SIMILARITY_THRESHOLD).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }
}

/// Returns the pairs of neighbouring letters of a headline, as sorted numbers.
pub(super) fn pairs(title: &str) -> Box<[u32]> {
    let letters: Vec<char> = normalized_key(title).chars().collect();
    let mut out: Vec<u32> = letters.windows(2).map(hash).collect();
    out.sort_unstable();
    out.dedup();
    out.into()
}

fn hash(pair: &[char]) -> u32 {
    let mut h = FxHasher::default();
    pair.hash(&mut h);
    (h.finish() >> 32) as u32
}

/// Returns Dice's coefficient of two sorted sets.
pub(super) fn dice(a: &[u32], b: &[u32]) -> f64 {
    let common = a.iter().filter(|x| b.binary_search(x).is_ok()).count();
    if common == 0 { 0.0 } else { 2.0 * common as f64 / (a.len() + b.len()) as f64 }
}
