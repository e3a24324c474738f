//! Rates sentences with two small logistic models: whether an editor would use one in a summary, and whether it is furniture
//! (publication dates, addressees, covering letters, credits).
//!
//! The features of a sentence are some figures and its hashed character 1–3-grams. The weights are in
//! `src/data/models/sentences.bin`, made by `sentence_training.rs`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::knowledge::{SENTENCES, automaton};
use crate::text::normalize::{fold_width_and_case, is_letter, normalized_key};

/// Number of buckets for hashed n-grams.
pub const BUCKETS: usize = 1 << 15;
/// Number of figures per sentence.
pub const FIGURES: usize = 40;
/// Letters read of a sentence; bounds the cost of very long ones.
const MAX_LETTERS: usize = 400;
/// A sentence with at least this probability is furniture.
pub const FURNITURE: f32 = 0.5;

/// Features of one sentence.
#[derive(Debug, Clone)]
pub struct Features {
    /// Figures, initially without the place among sentences that are not furniture.
    pub figures: [f32; FIGURES],
    /// Buckets of the n-grams, with repetitions.
    pub grams: Vec<u16>,
    /// Weight of each n-gram.
    pub weight: f32,
}

/// One logistic model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Constant term.
    pub bias: f32,
    pub figures: Vec<f32>,
    pub buckets: Vec<f32>,
}

#[derive(Debug, Clone)]
pub struct Models {
    /// Whether a sentence is furniture.
    pub furniture: Model,
    /// Whether an editor would use it.
    pub taken: Model,
}

/// A rated sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// Probability that it is furniture.
    pub furniture: f32,
    /// Probability that an editor would use it.
    pub taken: f32,
}

static MODELS: LazyLock<Option<Models>> = LazyLock::new(|| Models::from_bytes(include_bytes!("../data/models/sentences.bin")));

impl Default for Model {
    fn default() -> Self {
        Self { bias: 0.0, figures: vec![0.0; FIGURES], buckets: vec![0.0; BUCKETS] }
    }
}

impl Model {
    /// Returns the probability for a sentence.
    pub fn probability(&self, features: &Features) -> f32 {
        let figures: f32 = self.figures.iter().zip(&features.figures).map(|(w, x)| w * x).sum();
        let grams: f32 = features.grams.iter().filter_map(|b| self.buckets.get(usize::from(*b))).sum();
        1.0 / (1.0 + (-(self.bias + figures + grams * features.weight)).exp())
    }

    fn write(&self, out: &mut Vec<u8>) {
        for w in std::iter::once(&self.bias).chain(&self.figures) {
            out.extend(w.to_le_bytes());
        }
        let scale = self.buckets.iter().fold(f32::EPSILON, |m, w| m.max(w.abs())) / 127.0;
        out.extend(scale.to_le_bytes());
        let steps: Vec<i8> = (-127..=127).collect();
        let step = |w: &f32| steps.partition_point(|s| f32::from(*s) < (w / scale).round());
        out.extend(self.buckets.iter().filter_map(|w| steps.get(step(w))).flat_map(|s| s.to_le_bytes()));
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut float = || {
            let (head, rest) = bytes.split_first_chunk::<4>()?;
            *bytes = rest;
            Some(f32::from_le_bytes(*head))
        };
        let bias = float()?;
        let figures = (0..FIGURES).map(|_| float()).collect::<Option<Vec<f32>>>()?;
        let scale = float()?;
        let (buckets, rest) = bytes.split_at_checked(BUCKETS)?;
        *bytes = rest;
        Some(Self { bias, figures, buckets: buckets.iter().map(|b| f32::from(b.cast_signed()) * scale).collect() })
    }
}

impl Models {
    /// Returns the models of this release; `None` if their file is damaged.
    pub fn shipped() -> Option<&'static Self> {
        MODELS.as_ref()
    }

    /// Rates the sentences of an article.
    pub fn rate(&self, title: &str, sentences: &[String]) -> Vec<Rating> {
        let mut features = features(title, sentences);
        let furniture: Vec<f32> = features.iter().map(|f| self.furniture.probability(f)).collect();
        add_clean_places(&mut features, &furniture);
        let rated = features.iter().zip(furniture);
        rated.map(|(f, furniture)| Rating { furniture, taken: self.taken.probability(f) }).collect()
    }

    /// Returns the model file: for each model the constant, the weights of the figures, a scale and one byte per bucket.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.furniture.write(&mut out);
        self.taken.write(&mut out);
        out
    }

    /// Parses the output of [`Models::to_bytes`].
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let models = Self { furniture: Model::read(&mut bytes)?, taken: Model::read(&mut bytes)? };
        bytes.is_empty().then_some(models)
    }
}

/// Number of word lists.
const LISTS: usize = 6;

/// One automaton with all words, and the list of each word.
struct Words {
    automaton: AhoCorasick,
    lists: Vec<usize>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let known = &SENTENCES.rating;
    let lists: [_; LISTS] = [&known.furniture, &known.letters, &known.aims, &known.support, &known.news, &known.units];
    let (words, lists): (Vec<&str>, Vec<usize>) = lists.iter().zip(0..).flat_map(|(words, list)| words.iter().map(move |w| (w, list))).unzip();
    Words { automaton: automaton(&words, false), lists }
});

/// Returns how many words of each list a sentence has, at most three.
fn words(sentence: &str) -> [f32; LISTS] {
    let mut counts = [0.0f32; LISTS];
    for found in WORDS.automaton.find_overlapping_iter(sentence) {
        if let Some(n) = WORDS.lists.get(found.pattern().as_usize()).and_then(|list| counts.get_mut(*list)) {
            *n = (*n + 1.0).min(3.0);
        }
    }
    counts
}

/// Whether a sentence makes no sense without the previous one.
pub fn is_dangling(sentence: &str) -> bool {
    SENTENCES.rating.dangling.begin(sentence) && !SENTENCES.rating.not_dangling.begin(sentence)
}

/// Returns the pairs of letters in a text, in order.
fn bigrams(text: &str) -> Vec<(char, char)> {
    let letters: Vec<char> = text.chars().map(fold_width_and_case).filter(|c| is_letter(*c)).take(MAX_LETTERS).collect();
    letters.iter().copied().zip(letters.iter().copied().skip(1)).collect()
}

/// Returns the features of an article's sentences.
pub fn features(title: &str, sentences: &[String]) -> Vec<Features> {
    let topic: FxHashSet<(char, char)> = bigrams(title).into_iter().collect();
    let own_title = normalized_key(title);
    let pairs: Vec<Vec<(char, char)>> = sentences.iter().map(|s| bigrams(s)).collect();
    let mut often = FxHashMap::<(char, char), u16>::default();
    for pair in pairs.iter().flatten() {
        let n = often.entry(*pair).or_default();
        *n = n.saturating_add(1);
    }
    let notice = SENTENCES.rating.notices.are_in(title);
    let n = sentences.len();
    let mut before = 0;
    let mut out = Vec::with_capacity(n);
    for (i, (sentence, own)) in sentences.iter().zip(&pairs).enumerate() {
        let letters = sentence.chars().count();
        let share = |part: usize| part as f32 / own.len().max(1) as f32;
        let recurring = share(own.iter().filter(|p| often.get(*p).is_some_and(|n| *n > 1)).count());
        let about = (own.iter().filter(|p| topic.contains(*p)).count() as f32 / topic.len().max(1) as f32).min(1.0);
        let figures = figures(sentence);
        let key = normalized_key(sentence);
        let flag = |on: bool| f32::from(u8::from(on));
        let notice = flag(notice);
        let [furniture, letter, aim, support, news, units] = words(sentence);
        let amount = flag(figures > 0 && units > 0.0);
        let ends = flag(sentence.ends_with(['。', '！', '？', '；', '”', '）', '.']));
        let rank = 1.0 / (1.0 + i as f32);
        let listed = [
            flag(i == 0),
            flag(i == 1),
            flag(i == 2),
            flag(i < 6),
            i as f32 / n.max(1) as f32,
            rank,
            (letters as f32 / 100.0).min(2.0),
            flag(letters < 15),
            flag(letters > 110),
            about,
            figures.min(4) as f32 / 4.0,
            amount,
            ends,
            flag(is_dangling(sentence)),
            furniture,
            letter,
            aim,
            support,
            recurring,
            flag(before < 15),
            news,
            share(own.iter().filter(|(a, b)| a.is_ascii_digit() && b.is_ascii_digit()).count()),
            flag(key == own_title || own_title.contains(&key) && !key.is_empty()),
            flag(sentence.ends_with('？')),
            flag(sentence.starts_with(['“', '"'])),
            flag(sentence.ends_with(['：', ':'])),
            notice,
            notice * rank,
            notice * amount,
            notice * aim,
            notice * support,
            notice * flag(letters > 110),
            flag(letters < 30),
            flag(letters > 60),
        ];
        let mut all = [0.0; FIGURES];
        for (slot, value) in all.iter_mut().zip(listed) {
            *slot = value;
        }
        let grams = grams(sentence);
        let weight = 1.0 / (grams.len().max(1) as f32).sqrt();
        out.push(Features { figures: all, grams, weight });
        before = letters;
    }
    out
}

/// Adds to the figures a sentence's place among those that are not furniture.
pub fn add_clean_places(features: &mut [Features], furniture: &[f32]) {
    let clean = furniture.iter().filter(|p| **p < FURNITURE).count().max(1) as f32;
    let mut place = 0.0f32;
    for (f, p) in features.iter_mut().zip(furniture) {
        let flag = |on: bool| f32::from(u8::from(on));
        let counts = [1.0 / (1.0 + place), flag(place < 1.0), flag(place < 2.0), flag(place < 4.0), place / clean, *p];
        for (slot, value) in f.figures.iter_mut().rev().zip(counts) {
            *slot = value;
        }
        if *p < FURNITURE {
            place += 1.0;
        }
    }
}

/// Returns how many numbers a sentence has.
fn figures(sentence: &str) -> usize {
    let bytes = sentence.as_bytes();
    let starts = |i: usize| i.checked_sub(1).and_then(|p| bytes.get(p)).is_none_or(|p| !p.is_ascii_digit() && *p != b'.');
    bytes.iter().enumerate().filter(|(i, b)| b.is_ascii_digit() && starts(*i)).count()
}

/// Returns the hashed character 1–3-grams of a sentence; every digit counts as 0.
fn grams(sentence: &str) -> Vec<u16> {
    let folded = sentence.chars().map(fold_width_and_case).map(|c| if c.is_ascii_digit() { '0' } else { c });
    let mut buckets: Vec<u16> = Vec::with_capacity(sentence.len());
    let (mut one, mut two) = (0u32, 0u32);
    // a mark before the first letter distinguishes the opening from the same letters elsewhere
    for c in std::iter::once('^').chain(folded.take(MAX_LETTERS)) {
        let c = c as u32;
        buckets.extend([bucket(1, &[c]), bucket(2, &[one, c]), bucket(3, &[two, one, c])]);
        (two, one) = (one, c);
    }
    buckets
}

fn bucket(length: u32, run: &[u32]) -> u16 {
    let hash = run.iter().fold(0x811c_9dc5 ^ length, |h, c| (h ^ c).wrapping_mul(0x0100_0193).rotate_left(13));
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x85eb_ca6b);
    (mixed >> 17) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_models_are_read_and_written_alike() {
        let models = Models::shipped().unwrap();
        let bytes = models.to_bytes();
        assert_eq!(bytes, include_bytes!("../data/models/sentences.bin"));
        assert!(Models::from_bytes(&bytes[1..]).is_none() && Models::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_none());
    }

    #[test]
    fn addressees_and_dates_are_furniture_and_news_is_taken() {
        let text = [
            "发布日期：2026-11-20 来源：示例网",
            "许昌海关11月20日发布，前10个月出口150亿元，同比增长10.2%。",
            "天气晴好，游人如织。",
            "责任编辑：张三",
        ]
        .map(str::to_owned);
        let r = Models::shipped().unwrap().rate("许昌前10个月出口增长一成", &text);
        assert!(r[0].furniture > FURNITURE && r[3].furniture > FURNITURE && r[1].furniture < FURNITURE, "{r:?}");
        assert!(r[1].taken > r[2].taken, "{r:?}");
    }

    #[test]
    fn openings_that_lean_on_others_are_known() {
        assert!(["同时，公司停牌。", "他指出，要落实。", "第三，加强监管。"].iter().all(|s| is_dangling(s)));
        assert!(["其他收入增长。", "并购完成。", "许昌海关发布。"].iter().all(|s| !is_dangling(s)));
    }
}
