//! Fingerprints of texts: a MinHash sketch over four-letter shingles, in bands (Broder 1997; Leskovec, Rajaraman, Ullman,
//! *Mining of Massive Datasets*, ch. 3), followed by an exact check.
//!
//! The sketch takes one hash per shingle (Li, Owen, Zhang, *One Permutation Hashing*, NIPS 2012) and fills empty slots by
//! Shrivastava's optimal densification (ICML 2017), so it costs one pass over the text. Two texts with overlapping shingles
//! share a band with high probability; the sketches also filter out candidates that are not worth the exact check.
//! The exact check compares the full sets: containment, so that a copy cut to 60 % still counts, and figures, so that two
//! months of one statistics template do not.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::dedup::substitutions::Substitutions;
use crate::text::normalize::{fold_width_and_case, is_letter};

/// Bands of one sketch.
pub const BANDS: usize = 24;
/// Rows of one band: 24 bands of 3 find a Jaccard similarity of 0.5 with probability 0.96.
const ROWS: usize = 3;
/// Slots for the similarity estimate. The bands have separate, fewer slots: a short text leaves most of 256 slots to be filled
/// from others, and bands of borrowed values match too rarely.
const SLOTS: usize = 256;
const SHINGLE: usize = 4;
/// Longest text examined, in letters: bounds the time per article.
const MAX_LETTERS: usize = 20_000;
/// Lowest share of the shorter text's shingles that the longer text must contain.
const CONTAINED: f64 = 0.6;
/// How many times longer a text may be than its truncated copy.
const MAX_LONGER: usize = 4;
/// Texts with at least this many different figures must share half of them.
const MIN_FIGURES: usize = 4;

/// The sketch for finding candidates, small enough to store with every article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinHashSignature {
    /// Number of shingles, including repeated ones.
    shingles: u32,
    /// The lowest byte of each minimum, which suffices to detect agreement (b-bit minwise hashing, Li, König, WWW 2010).
    places: [u8; SLOTS],
    bands: [u32; BANDS],
}

impl MinHashSignature {
    /// Computes the sketch of a text.
    pub fn new(text: &str) -> Self {
        let (mut minima, mut rows) = ([u32::MAX; SLOTS], [u32::MAX; BANDS * ROWS]);
        let mut shingles = 0;
        each_shingle(text, |hash| {
            shingles += 1;
            compete(&mut minima, hash);
            compete(&mut rows, hash);
        });
        if shingles > 0 {
            densify(&mut minima);
            densify(&mut rows);
        }
        let mut bands = [0; BANDS];
        for ((band, rows), seed) in bands.iter_mut().zip(rows.chunks(ROWS)).zip(1u64..) {
            *band = (rows.iter().fold(seed, |hash, row| mix(hash ^ u64::from(*row))) >> 32) as u32;
        }
        Self { shingles, places: minima.map(|m| (mix(u64::from(m)) & 0xff) as u8), bands }
    }

    /// Returns one value per band. Texts that share a value in the same band are candidates.
    pub fn bands(&self) -> &[u32] {
        &self.bands
    }

    /// Returns whether the text has no letters. Such a text is a copy of no other.
    pub fn is_empty(&self) -> bool {
        self.shingles == 0
    }

    /// Returns whether the exact check is worth its time: at least as many slots agree as for two texts of these lengths if the longer
    /// contains the share `CONTAINED` of the shorter, minus two and a half standard deviations.
    pub fn may_match(&self, other: &Self) -> bool {
        let (a, b) = (f64::from(self.shingles.min(other.shingles)), f64::from(self.shingles.max(other.shingles)));
        if a < 1.0 || a * 5.0 < b {
            return false;
        }
        let jaccard = CONTAINED * a / (a + b - CONTAINED * a);
        let agree = self.matching_slots(other);
        let (places, deviation) = (SLOTS as f64, (jaccard * (1.0 - jaccard) / SLOTS as f64).sqrt());
        agree as f64 >= (places * (jaccard - 2.5 * deviation)).max(2.0)
    }

    /// Returns the number of agreeing slots.
    pub fn matching_slots(&self, other: &Self) -> usize {
        self.places.iter().zip(&other.places).filter(|(x, y)| x == y).count()
    }

    /// Serialises length and slots. The bands have their own table.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.shingles.to_le_bytes().into_iter().chain(self.places).collect()
    }

    /// Parses the output of [`MinHashSignature::to_bytes`], for comparison only: it has no bands.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (shingles, places) = bytes.split_first_chunk::<4>()?;
        Some(Self { shingles: u32::from_le_bytes(*shingles), places: places.try_into().ok()?, bands: [0; BANDS] })
    }
}

/// The upper half of a hash selects the slot; the lower half competes for its minimum.
fn compete(minima: &mut [u32], hash: u64) {
    let place = ((hash >> 32) * minima.len() as u64) >> 32;
    if let Some(minimum) = usize::try_from(place).ok().and_then(|p| minima.get_mut(p)) {
        *minimum = (*minimum).min((hash & 0xffff_fffe) as u32);
    }
}

/// Fills each empty slot from a full one, with the same choice for all texts.
fn densify(minima: &mut [u32]) {
    let (given, places) = (minima.to_vec(), minima.len());
    for (place, minimum) in minima.iter_mut().enumerate().filter(|(_, m)| **m == u32::MAX) {
        let probes = (0u64..).filter_map(|attempt| usize::try_from(mix(place as u64 ^ attempt << 16) % places as u64).ok());
        let full = probes.take(64 * places).find_map(|p| given.get(p).copied().filter(|m| *m != u32::MAX));
        *minimum = full.unwrap_or(u32::MAX);
    }
}

/// The input of the exact check.
#[derive(Debug, Clone, Default)]
pub struct ShingleSet {
    letters: Vec<char>,
    shingles: Vec<u64>,
    figures: HashSet<u64>,
}

impl ShingleSet {
    /// Computes the fingerprint of a text.
    pub fn new(text: &str) -> Self {
        let mut shingles = Vec::with_capacity(text.len() / 3);
        each_shingle(text, |hash| shingles.push(hash));
        shingles.sort_unstable();
        shingles.dedup();
        Self { letters: letters(text).collect(), shingles, figures: figures(text) }
    }

    /// Returns the share of the smaller set of shingles that the larger contains: 0–1.
    pub fn containment(&self, other: &Self) -> f64 {
        let smaller = self.shingles.len().min(other.shingles.len());
        if smaller == 0 {
            return 0.0;
        }
        common(&self.shingles, &other.shingles) as f64 / smaller as f64
    }

    /// Returns whether both texts tell the same story in the same words.
    pub fn same_story(&self, other: &Self) -> bool {
        // a much shorter text inside a long one is a quotation or a round-up, not a copy
        let (a, b) = (self.shingles.len(), other.shingles.len());
        let (shorter, longer) = (a.min(b), a.max(b));
        if shorter * MAX_LONGER < longer || self.containment(other) < CONTAINED || !self.figures_agree(other) {
            return false;
        }
        let substitutions = Substitutions::between(&self.letters, &other.letters);
        let cut = shorter * 2 < longer;
        !substitutions.tell_apart(self.figures.intersection(&other.figures).count()) && (!cut || substitutions.begin_alike())
    }

    fn figures_agree(&self, other: &Self) -> bool {
        let smaller = self.figures.len().min(other.figures.len());
        smaller < MIN_FIGURES || self.figures.intersection(&other.figures).count() * 2 >= smaller
    }
}

/// Returns the letters to compare.
fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(fold_width_and_case).filter(|c| is_letter(*c)).take(MAX_LETTERS)
}

/// Calls `each` with the hash of every run of [`SHINGLE`] letters. A shorter text is one shingle.
fn each_shingle(text: &str, mut each: impl FnMut(u64)) {
    let mut window = [0u32; SHINGLE];
    let mut seen = 0;
    for c in letters(text) {
        window.rotate_left(1);
        window[SHINGLE - 1] = c as u32;
        seen += 1;
        if seen >= SHINGLE {
            each(hash(window));
        }
    }
    if (1..SHINGLE).contains(&seen) {
        each(hash(window));
    }
}

fn hash([a, b, c, d]: [u32; SHINGLE]) -> u64 {
    mix(mix(u64::from(a) << 32 | u64::from(b)) ^ (u64::from(c) << 32 | u64::from(d)))
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): every bit of the value affects every bit of the result.
fn mix(value: u64) -> u64 {
    let x = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
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

/// Returns the different figures of a text with two digits or more, including decimals.
fn figures(text: &str) -> HashSet<u64> {
    let folded: String = text.chars().map(fold_width_and_case).collect();
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
        let (a, b) = (MinHashSignature::new(a).bands().to_vec(), MinHashSignature::new(b).bands().to_vec());
        a.iter().zip(&b).any(|(x, y)| x == y)
    }

    #[test]
    fn a_copy_with_another_lead_and_tail_is_the_same_story() {
        let copy = format!("本报讯（记者 张三）{TEXT}（责任编辑：李四）");
        assert!(ShingleSet::new(TEXT).same_story(&ShingleSet::new(&copy)));
        assert!(shares_a_band(TEXT, &copy));
        assert!(MinHashSignature::new(TEXT).may_match(&MinHashSignature::new(&copy)));
    }

    #[test]
    fn sketches_come_back_from_the_store_as_they_went() {
        let signature = MinHashSignature::new(TEXT);
        let back = MinHashSignature::from_bytes(&signature.to_bytes()).unwrap();
        assert_eq!((back.matching_slots(&signature), back.shingles), (SLOTS, signature.shingles));
        assert_eq!(MinHashSignature::from_bytes(b"short"), None);
    }

    #[test]
    fn agreement_of_sketches_estimates_the_overlap() {
        // texts of 1,000 different letters that share a known part
        let text = |from: u32| -> String { (from..from + 1000).filter_map(|n| char::from_u32(0x4E00 + n)).collect() };
        for shared in [900u32, 700, 500, 200] {
            let (a, b) = (MinHashSignature::new(&text(0)), MinHashSignature::new(&text(1000 - shared)));
            let expected = f64::from(shared) / f64::from(2000 - shared);
            let agree = a.matching_slots(&b) as f64 / SLOTS as f64;
            assert!((agree - expected).abs() < 0.12, "{shared}: {agree} for {expected}");
        }
    }

    #[test]
    fn a_copy_cut_to_two_thirds_is_the_same_story() {
        let cut: String = TEXT.chars().take(TEXT.chars().count() * 2 / 3).collect();
        assert!(ShingleSet::new(TEXT).same_story(&ShingleSet::new(&cut)));
    }

    #[test]
    fn the_same_template_with_other_figures_stays_apart() {
        let other = TEXT.replace("158.6", "201.4").replace("12.3", "7.9").replace("2400", "2510").replace("3000", "3600").replace("120", "130");
        assert!(!ShingleSet::new(TEXT).same_story(&ShingleSet::new(&other)));
    }

    #[test]
    fn different_news_stay_apart() {
        assert!(!ShingleSet::new(TEXT).same_story(&ShingleSet::new("河南省水泥行业错峰生产安排公布，十一月起停窑六十天。")));
    }

    #[test]
    fn empty_and_tiny_texts_are_no_ones_copy() {
        for t in ["", "。", "许"] {
            assert!(!ShingleSet::new(t).same_story(&ShingleSet::new(TEXT)), "{t}");
            assert!(!MinHashSignature::new(t).may_match(&MinHashSignature::new(TEXT)), "{t}");
            assert_eq!(MinHashSignature::new(t).bands().len(), BANDS);
        }
    }
}
