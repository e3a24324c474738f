//! Character n-grams with weights: rare n-grams, such as those of names, tell what an article is about.

use std::sync::LazyLock;

use xxhash_rust::xxh3::xxh3_64;

use crate::events::letters;
use crate::learn::narrow;
use crate::text::normalize::is_letter;

/// Buckets of the table of document frequencies.
const BUCKETS: usize = 1 << 18;
/// Steps per unit of information in the table: a byte holds at most 25 bits.
const STEPS: f32 = 10.0;

/// How many articles contain an n-gram, as information in bits, for hashed n-grams.
#[derive(Debug, Clone)]
pub struct GramFrequencies {
    /// Information of each bucket, in steps.
    steps: Vec<u8>,
    /// Information of an n-gram that no article of the sample had, in steps.
    unseen: u8,
}

static BUILT_IN: LazyLock<Option<GramFrequencies>> = LazyLock::new(|| GramFrequencies::from_bytes(include_bytes!("../data/models/event_grams.zst")));

impl GramFrequencies {
    /// Counts the n-grams of a sample of articles, given as title and text.
    pub fn count<'a>(articles: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut counts, mut all) = (vec![0u32; BUCKETS], 0u32);
        for (title, text) in articles {
            all += 1;
            let mut buckets: Vec<usize> = Vec::new();
            let letters = letters::of_article(title, text);
            each_gram(&letters, |hash| buckets.push(bucket(hash)));
            buckets.sort_unstable();
            buckets.dedup();
            for b in buckets {
                counts.get_mut(b).into_iter().for_each(|c| *c += 1);
            }
        }
        let step = |count: u32| {
            let bits = ((f64::from(all) + 1.0) / (f64::from(count) + 1.0)).log2();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to a byte
            let step = (narrow(bits) * STEPS).round().clamp(0.0, 255.0) as u8;
            step
        };
        Self { steps: counts.into_iter().map(step).collect(), unseen: step(0) }
    }

    /// Returns the shipped table; an empty one gives every n-gram the same weight.
    pub fn built_in() -> Option<&'static Self> {
        BUILT_IN.as_ref()
    }

    /// Serialises the table, compressed.
    ///
    /// # Errors
    /// Those of zstd.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![self.unseen];
        bytes.extend(&self.steps);
        zstd::bulk::compress(&bytes, 19)
    }

    /// Parses the output of [`GramFrequencies::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = zstd::bulk::decompress(bytes, BUCKETS + 1).ok()?;
        let (unseen, steps) = bytes.split_first()?;
        (steps.len() == BUCKETS).then(|| Self { steps: steps.to_vec(), unseen: *unseen })
    }

    fn information(&self, hash: u64) -> f32 {
        f32::from(self.steps.get(bucket(hash)).copied().unwrap_or(self.unseen)) / STEPS
    }
}

/// The upper bits of a hash select its bucket.
fn bucket(hash: u64) -> usize {
    usize::try_from(hash >> 46).unwrap_or_default() % BUCKETS
}

/// Calls back for the hash of each pair and triple of letters; figures and marks separate.
pub(super) fn each_gram(letters: &[char], mut each: impl FnMut(u64)) {
    for run in letters.split(|c| !is_letter(*c) || c.is_ascii_digit()) {
        for n in [2, 3] {
            run.windows(n).for_each(|gram| each(hash(gram)));
        }
    }
}

/// Returns the hash of some letters.
pub(super) fn hash(letters: &[char]) -> u64 {
    let mut bytes = [0u8; 32];
    let mut at = 0;
    for c in letters {
        let mut one = [0; 4];
        for byte in c.encode_utf8(&mut one).bytes() {
            bytes.get_mut(at).into_iter().for_each(|b| *b = byte);
            at += 1;
        }
    }
    xxh3_64(bytes.get(..at).unwrap_or(&bytes))
}

/// Different n-grams with their information, sorted by hash.
#[derive(Debug, Clone, Default)]
pub(super) struct GramSet {
    grams: Vec<(u64, f32)>,
    /// Sum of the information.
    pub(super) weight: f32,
}

impl GramSet {
    pub(super) fn new(letters: &[char]) -> Self {
        let mut hashes = Vec::with_capacity(letters.len() * 2);
        each_gram(letters, |hash| hashes.push(hash));
        hashes.sort_unstable();
        hashes.dedup();
        let table = GramFrequencies::built_in();
        let information = |hash: u64| table.map_or(1.0, |t| t.information(hash));
        Self::of(hashes.into_iter().map(|h| (h, information(h))).collect())
    }

    fn of(grams: Vec<(u64, f32)>) -> Self {
        let weight = grams.iter().map(|(_, bits)| bits).sum();
        Self { grams, weight }
    }

    /// Returns the n-grams of both sets.
    pub(super) fn shared(&self, other: &Self) -> Self {
        let mut theirs = other.grams.iter().peekable();
        let both = |(hash, _): &&(u64, f32)| {
            while theirs.next_if(|(h, _)| h < hash).is_some() {}
            theirs.peek().is_some_and(|(h, _)| h == hash)
        };
        Self::of(self.grams.iter().filter(both).copied().collect())
    }

    /// Returns the n-grams that the other set lacks.
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut theirs = other.grams.iter().peekable();
        let only_mine = |(hash, _): &&(u64, f32)| {
            while theirs.next_if(|(h, _)| h < hash).is_some() {}
            theirs.peek().is_none_or(|(h, _)| h != hash)
        };
        Self::of(self.grams.iter().filter(only_mine).copied().collect())
    }

    /// Returns the information of the n-grams, most informative first.
    pub(super) fn rarest(&self) -> Vec<f32> {
        let mut bits: Vec<f32> = self.grams.iter().map(|(_, bits)| *bits).collect();
        bits.sort_unstable_by(|a, b| b.total_cmp(a));
        bits
    }

    /// Returns n-grams with their information.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, f32)> {
        self.grams.iter().copied()
    }
}

/// Returns the mean of the values at these places; missing ones count as 0.
pub(super) fn mean_of(bits: &[f32], places: std::ops::Range<usize>) -> f32 {
    let wanted = places.len().max(1);
    bits.iter().skip(places.start).take(places.len()).sum::<f32>() / wanted as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> GramSet {
        GramSet::new(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn sets_share_and_differ() {
        let (a, b) = (set("云鹭股份投产"), set("云鹭股份停产"));
        assert_eq!(a.shared(&b).grams.len(), 6 - 1, "云鹭 鹭股 股份 云鹭股 鹭股份, and 投产 is not 停产");
        assert_eq!(a.shared(&b).grams.len() + a.without(&b).grams.len(), a.grams.len());
        assert!((a.shared(&b).weight + a.without(&b).weight - a.weight).abs() < 0.01);
        assert!(set("12.5%").grams.is_empty());
    }

    #[test]
    fn the_table_is_read_as_it_was_written() {
        let articles = [("云鹭股份投产", "正文"), ("云鹭股份停产", "正文"), ("天气", "晴")];
        let table = GramFrequencies::count(articles.into_iter());
        let read = GramFrequencies::from_bytes(&table.to_bytes().unwrap()).unwrap();
        assert_eq!(read.steps, table.steps);
        let bits = |gram: &str| read.information(hash(&gram.chars().collect::<Vec<_>>()));
        assert!(bits("云鹭") < bits("天气") && bits("天气") < bits("乌有"));
        assert!(GramFrequencies::from_bytes(b"x").is_none());
        assert!(GramFrequencies::built_in().is_some_and(|t| t.unseen > 100), "the shipped table");
    }
}
