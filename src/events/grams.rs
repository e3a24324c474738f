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
            each_gram(&letters, |hash, _| buckets.push(bucket(hash)));
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

/// Calls back for the hash of each pair and triple of letters, with the place where it ends; figures and marks separate.
fn each_gram(letters: &[char], mut each: impl FnMut(u64, usize)) {
    let text: String = letters.iter().collect();
    let gram = |from: usize, to: usize| xxh3_64(text.as_bytes().get(from..to).unwrap_or_default());
    let (mut run, mut end) = (0usize, 0usize);
    // where the two letters before this one begin
    let (mut second, mut third) = (0usize, 0usize);
    for (at, c) in letters.iter().enumerate() {
        let begin = end;
        end += c.len_utf8();
        run = if is_letter(*c) && !c.is_ascii_digit() { run + 1 } else { 0 };
        if run > 1 {
            each(gram(second, end), at + 1);
        }
        if run > 2 {
            each(gram(third, end), at + 1);
        }
        (third, second) = (second, begin);
    }
}

/// Lower bits of a gram's key: the place where it first ends in the text.
const PLACE_BITS: u32 = 16;
const PLACE: u64 = (1 << PLACE_BITS) - 1;

/// The n-grams of a text and where they end: each beginning of the text has its set without hashing it again.
#[derive(Debug)]
pub(super) struct PlacedGrams(Vec<u64>);

impl PlacedGrams {
    pub(super) fn new(letters: &[char]) -> Self {
        let mut keys = Vec::with_capacity(letters.len() * 2);
        each_gram(letters, |hash, end| keys.push(hash & !PLACE | u64::try_from(end).unwrap_or(PLACE).min(PLACE)));
        Self(keys)
    }

    /// Returns the set of the first letters of the text.
    pub(super) fn of_first(&self, letters: usize) -> GramSet {
        let letters = u64::try_from(letters).unwrap_or(PLACE);
        Self(self.0.iter().copied().filter(|key| key & PLACE <= letters).collect()).sorted().within(usize::MAX)
    }

    /// Returns the weight of those of a set's n-grams that the text has.
    pub(super) fn weight_of(&self, set: &GramSet) -> f32 {
        // most n-grams of the text are not in the set
        let mut may_be_in = [0u64; 64];
        let word = |hash: u64| usize::try_from(hash >> 58).unwrap_or_default();
        let bit = |hash: u64| 1u64 << (hash >> 52 & 63);
        set.grams.iter().for_each(|(hash, _)| may_be_in.get_mut(word(*hash)).into_iter().for_each(|w| *w |= bit(*hash)));
        let mut is_found = vec![false; set.grams.len()];
        for key in self.0.iter().filter(|key| may_be_in.get(word(**key)).is_some_and(|w| w & bit(**key) != 0)) {
            set.place(key & !PLACE).and_then(|at| is_found.get_mut(at)).into_iter().for_each(|found| *found = true);
        }
        set.grams.iter().zip(is_found).filter(|(_, found)| *found).map(|((_, bits), _)| bits).sum()
    }

    /// Sorts the n-grams, so that sets can be taken.
    pub(super) fn sorted(mut self) -> SortedGrams {
        self.0.sort_unstable();
        // of equals the first place stays
        self.0.dedup_by_key(|key| *key & !PLACE);
        let table = GramFrequencies::built_in();
        let information = |key: u64| table.map_or(1.0, |t| t.information(key));
        SortedGrams(self.0.into_iter().map(|key| (key, information(key))).collect())
    }
}

/// The different n-grams of a text, each with the place where it first ends and its information.
#[derive(Debug)]
pub(super) struct SortedGrams(Vec<(u64, f32)>);

impl SortedGrams {
    /// Returns the set of the first letters of the text.
    pub(super) fn within(&self, letters: usize) -> GramSet {
        let letters = u64::try_from(letters).unwrap_or(PLACE);
        GramSet::of(self.0.iter().filter(|(key, _)| key & PLACE <= letters).map(|(key, bits)| (key & !PLACE, *bits)).collect())
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

/// Returns the key of the n-gram of these letters.
pub(super) fn key(letters: &[char]) -> u64 {
    hash(letters) & !PLACE
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
        PlacedGrams::new(letters).sorted().within(usize::MAX)
    }

    fn of(grams: Vec<(u64, f32)>) -> Self {
        let weight = grams.iter().map(|(_, bits)| bits).sum();
        Self { grams, weight }
    }

    fn place(&self, hash: u64) -> Option<usize> {
        self.grams.binary_search_by_key(&hash, |(h, _)| *h).ok()
    }

    pub(super) fn contains(&self, hash: u64) -> bool {
        self.place(hash).is_some()
    }

    /// Returns the weight of the n-grams that the other set has, which is much larger.
    pub(super) fn weight_in(&self, other: &Self) -> f32 {
        self.grams.iter().filter(|(hash, _)| other.contains(*hash)).map(|(_, bits)| bits).sum()
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

    /// Returns the weight of the n-grams of both sets.
    pub(super) fn shared_weight(&self, other: &Self) -> f32 {
        let mut theirs = other.grams.iter().peekable();
        let mut weight = 0.0;
        for (hash, bits) in &self.grams {
            while theirs.next_if(|(h, _)| h < hash).is_some() {}
            weight += if theirs.peek().is_some_and(|(h, _)| h == hash) { *bits } else { 0.0 };
        }
        weight
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
    fn a_beginning_has_the_set_of_its_letters() {
        let letters: Vec<char> = "云鹭股份投产，12家云鹭股份协作企业投产".chars().collect();
        let placed = PlacedGrams::new(&letters);
        let (title, other) = (GramSet::new(letters.get(..6).unwrap()), set("协作企业停产"));
        assert_eq!(placed.of_first(6).grams, title.grams);
        assert!((placed.weight_of(&title) - title.weight).abs() < 0.01);
        assert!((placed.weight_of(&other) - other.weight_in(&GramSet::new(&letters))).abs() < 0.01);
        let sorted = placed.sorted();
        assert_eq!((sorted.within(6).grams, sorted.within(99).grams), (title.grams, GramSet::new(&letters).grams));
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
