//! How much two lines have in common, by their bigrams.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

/// Characters compared of a line.
const MAX_CHARS: usize = 1_000;
/// Lines examined per bigram when a partner is sought.
const MAX_PER_GRAM: usize = 12;
/// Bigrams of a line that are looked up.
const MAX_LOOKED_UP: usize = 60;

/// The bigrams of a line.
pub(super) struct Grams(HashMap<u64, u32>, u32);

impl Grams {
    pub(super) fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '%')).take(MAX_CHARS).collect();
        let (mut grams, mut count) = (HashMap::new(), 0);
        for pair in letters.windows(2) {
            *grams.entry(hash(pair)).or_insert(0) += 1;
            count += 1;
        }
        Self(grams, count)
    }

    /// Returns the share of common bigrams, 0 to 1.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        let common: u32 = self.0.iter().map(|(g, n)| (*n).min(other.0.get(g).copied().unwrap_or(0))).sum();
        let all = self.1 + other.1;
        if all == 0 { 0.0 } else { f64::from(common * 2) / f64::from(all) }
    }
}

fn hash(pair: &[char]) -> u64 {
    let text: String = pair.iter().collect();
    xxh3_64(text.as_bytes())
}

/// Pairs lines of two versions that have most in common, at least `least`. Each bigram leads to few lines, so the cost is linear.
pub(super) fn pairs(old: &[(usize, &str)], new: &[(usize, &str)], least: f64) -> Vec<(usize, usize)> {
    let of_new: Vec<Grams> = new.iter().map(|(_, t)| Grams::of(t)).collect();
    let mut index: HashMap<u64, Vec<usize>> = HashMap::new();
    for (n, grams) in of_new.iter().enumerate() {
        for gram in grams.0.keys() {
            let lines = index.entry(*gram).or_default();
            if lines.len() < MAX_PER_GRAM {
                lines.push(n);
            }
        }
    }
    let mut found: Vec<(f64, usize, usize)> = Vec::new();
    for (o, (_, text)) in old.iter().enumerate() {
        let grams = Grams::of(text);
        let mut votes: HashMap<usize, u32> = HashMap::new();
        let mut keys: Vec<&u64> = grams.0.keys().collect();
        keys.sort_unstable();
        for n in keys.into_iter().take(MAX_LOOKED_UP).filter_map(|g| index.get(g)).flatten() {
            *votes.entry(*n).or_insert(0) += 1;
        }
        let mut votes: Vec<(usize, u32)> = votes.into_iter().collect();
        votes.sort_unstable_by_key(|(n, count)| (std::cmp::Reverse(*count), *n));
        let rated = votes.into_iter().take(MAX_PER_GRAM).filter_map(|(n, _)| of_new.get(n).map(|g| (grams.similarity(g), o, n)));
        found.extend(rated.filter(|(similarity, ..)| *similarity >= least));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut taken_old, mut taken_new) = (vec![false; old.len()], vec![false; new.len()]);
    let mut out = Vec::new();
    for (_, o, n) in found {
        let (Some(o_taken), Some(n_taken)) = (taken_old.get_mut(o), taken_new.get_mut(n)) else { continue };
        if !*o_taken && !*n_taken {
            (*o_taken, *n_taken) = (true, true);
            out.extend(old.get(o).zip(new.get(n)).map(|(o, n)| (o.0, n.0)));
        }
    }
    out
}
