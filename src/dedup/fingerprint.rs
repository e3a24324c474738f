//! Fingerprints of texts: MinHash over four-letter shingles, in bands (Broder 1997; Leskovec, Rajaraman, Ullman,
//! *Mining of Massive Datasets*, ch. 3), with an exact check behind.
//!
//! Two texts whose shingles overlap share a band with high probability; whether they really tell the same story is
//! decided on the full sets: containment, so that a copy cut to 60 % still counts, and figures, so that two months of
//! one statistics template do not.

use std::collections::HashSet;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::text::chars::fold;

/// Bands of one fingerprint.
pub const BANDS: usize = 24;
/// Rows of one band: 24 bands of 3 find a Jaccard similarity of 0.5 with probability 0.96.
const ROWS: usize = 3;
const SHINGLE: usize = 4;
/// Longest text looked at, in letters: bounds the time one article can cost.
const MAX_LETTERS: usize = 20_000;
/// Share of the shorter text's shingles that the longer must hold.
const CONTAINED: f64 = 0.6;
/// Texts with at least this many different figures must share half of them.
const MIN_FIGURES: usize = 4;

/// What a text is compared by.
#[derive(Debug, Clone, Default)]
pub struct Fingerprint {
    shingles: Vec<u64>,
    figures: HashSet<u64>,
}

impl Fingerprint {
    /// Takes the fingerprint of a text.
    pub fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().map(fold).filter(|c| c.is_alphanumeric()).take(MAX_LETTERS).collect();
        let mut buffer = String::with_capacity(16);
        let mut shingles: Vec<u64> = letters
            .windows(SHINGLE.min(letters.len().max(1)))
            .map(|w| {
                buffer.clear();
                buffer.extend(w);
                xxh3_64(buffer.as_bytes())
            })
            .collect();
        shingles.sort_unstable();
        shingles.dedup();
        Self { shingles, figures: figures(text) }
    }

    /// One value per band; texts that share a value in the same band are candidates.
    pub fn bands(&self) -> Vec<u32> {
        let mut minima = [u64::MAX; BANDS * ROWS];
        for s in &self.shingles {
            for (seed, minimum) in (0u64..).zip(minima.iter_mut()) {
                *minimum = (*minimum).min(mix(*s, seed));
            }
        }
        minima.chunks(ROWS).map(|rows| u32::try_from(hash_rows(rows) >> 32).unwrap_or_default()).collect()
    }

    /// How much of the smaller set of shingles lies in the larger: 0–1.
    pub fn containment(&self, other: &Self) -> f64 {
        let smaller = self.shingles.len().min(other.shingles.len());
        if smaller == 0 {
            return 0.0;
        }
        common(&self.shingles, &other.shingles) as f64 / smaller as f64
    }

    /// Whether both tell the same story in the same words.
    pub fn same_story(&self, other: &Self) -> bool {
        // one much shorter text inside a long one is a quotation or a round-up, not a copy
        let (a, b) = (self.shingles.len(), other.shingles.len());
        if a.min(b) * 4 < a.max(b) {
            return false;
        }
        self.containment(other) >= CONTAINED && self.figures_agree(other)
    }

    fn figures_agree(&self, other: &Self) -> bool {
        let smaller = self.figures.len().min(other.figures.len());
        smaller < MIN_FIGURES || self.figures.intersection(&other.figures).count() * 2 >= smaller
    }
}

/// Multiply-xorshift mixing of one shingle under one of the permutations.
fn mix(value: u64, seed: u64) -> u64 {
    let x = (value ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (x ^ (x >> 31)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

fn hash_rows(rows: &[u64]) -> u64 {
    rows.iter().fold(0, |seed, row| xxh3_64_with_seed(&row.to_le_bytes(), seed))
}

fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                n += 1;
                i += 1;
                j += 1;
            }
        }
    }
    n
}

/// The different figures of a text, of two digits or more, with their decimals.
fn figures(text: &str) -> HashSet<u64> {
    let folded: String = text.chars().map(fold).collect();
    folded
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|f| f.trim_matches('.'))
        .filter(|f| f.len() >= 2)
        .map(|f| xxh3_64(f.as_bytes()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "许昌市发制品产业今年前三季度出口额达到158.6亿元，同比增长12.3%，占全市外贸出口的六成以上。\
        全市从事发制品生产的企业有2400家，跨境电商卖家超过3000家，产品销往120多个国家和地区。业内人士认为，假发消费正从功能需求转向时尚需求。";

    fn shares_a_band(a: &str, b: &str) -> bool {
        let (a, b) = (Fingerprint::of(a).bands(), Fingerprint::of(b).bands());
        a.iter().zip(&b).any(|(x, y)| x == y)
    }

    #[test]
    fn a_copy_with_another_lead_and_tail_is_the_same_story() {
        let copy = format!("本报讯（记者 张三）{TEXT}（责任编辑：李四）");
        assert!(Fingerprint::of(TEXT).same_story(&Fingerprint::of(&copy)));
        assert!(shares_a_band(TEXT, &copy));
    }

    #[test]
    fn a_copy_cut_to_two_thirds_is_the_same_story() {
        let cut: String = TEXT.chars().take(TEXT.chars().count() * 2 / 3).collect();
        assert!(Fingerprint::of(TEXT).same_story(&Fingerprint::of(&cut)));
    }

    #[test]
    fn the_same_template_with_other_figures_stays_apart() {
        let other = TEXT.replace("158.6", "201.4").replace("12.3", "7.9").replace("2400", "2510").replace("3000", "3600").replace("120", "130");
        assert!(!Fingerprint::of(TEXT).same_story(&Fingerprint::of(&other)));
    }

    #[test]
    fn different_news_stay_apart() {
        assert!(!Fingerprint::of(TEXT).same_story(&Fingerprint::of("河南省水泥行业错峰生产安排公布，十一月起停窑六十天。")));
    }

    #[test]
    fn empty_and_tiny_texts_are_no_ones_copy() {
        for t in ["", "。", "许"] {
            assert!(!Fingerprint::of(t).same_story(&Fingerprint::of(TEXT)), "{t}");
            assert_eq!(Fingerprint::of(t).bands().len(), BANDS);
        }
    }
}
