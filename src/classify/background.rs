//! Word frequencies: a table derived from jieba's dictionary, `background/words.txt`, and reporting words that are unrelated to the
//! subject.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::knowledge::CLASSIFY;
use crate::learn::narrow;

/// Value that marks a name in the table.
const NAME: f64 = 1.0;
/// Bits of information in a word missing from the table: it is rare.
const RARE: f64 = 17.0;
/// Value of stopwords.
const STOPWORD: f64 = -1.0;

static INFORMATION_BITS: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| {
    let table = include_str!("background/words.txt").lines().filter_map(|line| {
        let (bits, words) = line.split_once(' ')?;
        Some((bits.parse::<f64>().ok()?, words))
    });
    let words = table.flat_map(|(bits, words)| words.split(' ').map(move |w| (w, bits)));
    words.chain(CLASSIFY.stopwords.iter().map(|w| (w, STOPWORD))).collect()
});

/// Returns whether a word is a name or unusual, so that a statement with it needs a source.
pub fn is_rare_or_proper_noun(word: &str) -> bool {
    INFORMATION_BITS.get(word).is_none_or(|bits| (*bits - NAME).abs() < 0.5)
}

/// Returns whether a word is a reporting word.
pub(super) fn is_stopword(word: &str) -> bool {
    INFORMATION_BITS.get(word).is_some_and(|bits| *bits < 0.0)
}

/// Returns how informative a word is, from 0 to 1 (rare).
pub(super) fn share_of_information(word: &str) -> f32 {
    let unknown = if word.chars().nth(1).is_some() { RARE } else { RARE / 2.0 };
    narrow(INFORMATION_BITS.get(word).copied().unwrap_or(unknown).max(0.0) / RARE)
}
