//! Phrases of an article that may be keywords: words and runs of neighbouring words, with their features.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use crate::classify::background::{is_stopword, share_of_information};
use crate::knowledge::CLASSIFY;
use crate::text::normalize::is_han;
use crate::text::segment::{Segmented, part_of_speech};

/// Bytes of the text examined: the beginning states the subject.
const MAX_BYTES: usize = 9_000;
/// Most words and characters of a phrase.
const MAX_WORDS: usize = 5;
const MAX_CHARS: usize = 10;
/// Most different neighbours counted.
const MAX_NEIGHBOURS: usize = 12;
/// Bytes at the beginning of the text that count as the lead.
const LEAD_BYTES: usize = 600;

/// A phrase and its positions.
#[derive(Debug)]
pub(super) struct Phrase<'a> {
    pub(super) text: &'a str,
    words: Vec<&'a str>,
    in_title: usize,
    in_text: usize,
    /// Byte offset of its first occurrence in the title, and in the text.
    first: [Option<usize>; 2],
    before: Vec<&'a str>,
    behind: Vec<&'a str>,
}

/// Phrases of a title and text.
pub(super) struct Phrases<'a> {
    phrases: FxHashMap<&'a str, Phrase<'a>>,
    lengths: [usize; 2],
}

/// Returns the words of a text with their byte offsets.
fn words_with_places(part: &Segmented, bytes: usize) -> Vec<(usize, &str)> {
    part.with_hmm(bytes).into_iter().scan(0, |at, w| Some((std::mem::replace(at, *at + w.len()), w))).collect()
}

/// Visits every phrase: index of its first word, number of its words, bytes in the text.
fn each_phrase(words: &[(usize, &str)], mut take: impl FnMut(usize, usize, usize, usize)) {
    for (i, (start, _)) in words.iter().enumerate() {
        let mut chars = 0;
        for (n, (at, word)) in words.iter().skip(i).take(MAX_WORDS).enumerate() {
            if CLASSIFY.phrase.between.contains(word) || !word.chars().all(is_han) {
                break;
            }
            chars += word.chars().count();
            if chars > MAX_CHARS {
                break;
            }
            if chars >= 2 {
                take(i, n + 1, *start, at + word.len());
            }
        }
    }
}

impl<'a> Phrases<'a> {
    pub(super) fn of(title: &'a Segmented, text: &'a Segmented) -> Self {
        let parts = [(title, words_with_places(title, usize::MAX)), (text, words_with_places(text, MAX_BYTES))];
        let mut all: FxHashMap<&'a str, Phrase<'a>> = HashMap::default();
        for (part, (source, words)) in parts.iter().enumerate() {
            each_phrase(words, |i, n, start, end| {
                let Some(text) = source.text().get(start..end) else { return };
                let known = all.entry(text).or_insert_with(|| Phrase {
                    text,
                    words: words.iter().skip(i).take(n).map(|w| w.1).collect(),
                    in_title: 0,
                    in_text: 0,
                    first: [None, None],
                    before: Vec::new(),
                    behind: Vec::new(),
                });
                let count = if part == 0 { &mut known.in_title } else { &mut known.in_text };
                *count += 1;
                known.first.get_mut(part).into_iter().for_each(|f| *f = f.or(Some(start)));
            });
        }
        // a run of words that occurs once, and not in the title, is no name
        all.retain(|_, p| p.words.len() == 1 || p.in_title > 0 || p.in_text > 1);
        for (source, words) in &parts {
            each_phrase(words, |i, n, start, end| {
                let Some(known) = source.text().get(start..end).and_then(|t| all.get_mut(t)) else { return };
                let beside = |at: Option<usize>| at.and_then(|at| words.get(at)).map_or("", |w| w.1);
                note(&mut known.before, beside(i.checked_sub(1)));
                note(&mut known.behind, beside(Some(i + n)));
            });
        }
        Self { phrases: all, lengths: [title.text().len(), text.text().len().min(MAX_BYTES)] }
    }

    /// Returns each phrase with its features, sorted by phrase.
    pub(super) fn features(&self) -> Vec<(&'a str, Vec<f32>)> {
        let mut holders: FxHashMap<&str, (usize, usize)> = HashMap::default();
        for p in self.phrases.values() {
            for n in 1..p.words.len() {
                for part in p.words.windows(n) {
                    let bytes = part.concat();
                    if let Some((text, _)) = self.phrases.get_key_value(bytes.as_str()) {
                        let known = holders.entry(text).or_default();
                        *known = (known.0.max(p.count()), known.1.max(p.in_title));
                    }
                }
            }
        }
        let mut out: Vec<(&'a str, Vec<f32>)> =
            self.phrases.values().map(|p| (p.text, p.features(holders.get(p.text).copied().unwrap_or_default(), self.lengths))).collect();
        out.sort_unstable_by_key(|(text, _)| *text);
        out
    }
}

/// Records a neighbour, up to the limit.
fn note<'a>(neighbours: &mut Vec<&'a str>, word: &'a str) {
    if neighbours.len() < MAX_NEIGHBOURS && !neighbours.contains(&word) {
        neighbours.push(word);
    }
}

fn flag(on: bool) -> f32 {
    f32::from(u8::from(on))
}

impl Phrase<'_> {
    fn count(&self) -> usize {
        self.in_title + self.in_text
    }

    /// Returns the features. `holder` is the frequency of the most frequent longer phrase that contains this one, in total and in the title.
    fn features(&self, holder: (usize, usize), lengths: [usize; 2]) -> Vec<f32> {
        let chars = self.text.chars().count();
        let (count, log) = (self.count() as f32, |n: usize| (n as f32 + 1.0).ln());
        let [title_at, text_at] = self.first;
        let place = |at: Option<usize>, length: usize, absent: f32| at.map_or(absent, |at| at as f32 / length.max(1) as f32);
        let [title, text] = lengths;
        let mut out = vec![log(self.in_title), log(self.in_text), flag(self.in_title > 0), flag(title_at == Some(0))];
        out.extend([
            place(title_at, title, 0.5),
            place(text_at, text, 1.0),
            flag(text_at.is_some_and(|at| at < LEAD_BYTES)),
            flag(self.in_text == 0),
        ]);
        out.extend((2..=8).map(|n| flag(chars == n)));
        out.extend((1..=MAX_WORDS).map(|n| flag(self.words.len() == n)));
        let (first, last) = (self.words.first().copied().unwrap_or_default(), self.words.last().copied().unwrap_or_default());
        for word in [first, last] {
            let kind = kind(word);
            out.extend((0..KINDS).map(|k| flag(k == kind)));
        }
        // a verb or a number inside a phrase suggests half a sentence
        let inner = self.words.get(1..self.words.len().saturating_sub(1)).unwrap_or_default();
        out.extend([0, 8, 10, 12].map(|k| flag(inner.iter().any(|w| kind(w) == k))));
        out.push(flag(self.words.iter().filter(|w| kind(w) == 8).count() > 1));
        let information: Vec<f32> = self.words.iter().map(|w| share_of_information(w)).collect();
        let mean = information.iter().sum::<f32>() / information.len().max(1) as f32;
        out.extend([information.iter().copied().fold(1.0, f32::min), information.iter().copied().fold(0.0, f32::max), mean]);
        let single = |w: &str| flag(w.chars().nth(1).is_none());
        out.extend([flag(self.words.iter().any(|w| is_stopword(w))), single(first), single(last)]);
        out.extend([
            flag(self.words.iter().any(|w| w.chars().nth(1).is_none())),
            flag(self.text.starts_with(|c| CLASSIFY.phrase.numerals.contains(c))),
        ]);
        out.extend([holder.0 as f32 / count, flag(holder.0 > 0 && holder.0 == self.count()), flag(self.in_title > 0 && holder.1 >= self.in_title)]);
        for neighbours in [&self.before, &self.behind] {
            let n = neighbours.len().max(1) as f32;
            out.extend([n.ln(), n / count]);
        }
        out
    }
}

/// Word classes: reporting words, unknown words, names of persons, places and bodies, other names, verbal nouns, nouns, verbs,
/// adjectives, numbers and times, idioms, others.
const KINDS: usize = 13;

fn kind(word: &str) -> usize {
    if is_stopword(word) {
        return 0;
    }
    match part_of_speech(word) {
        None => 1,
        Some("nr" | "nrt" | "nrfg") => 2,
        Some("ns") => 3,
        Some("nt") => 4,
        Some("nz") => 5,
        Some("vn" | "an") => 6,
        Some(tag) if tag.starts_with(['n', 'g', 'j']) => 7,
        Some(tag) if tag.starts_with('v') => 8,
        Some(tag) if tag.starts_with(['a', 'b', 'z']) => 9,
        Some(tag) if tag.starts_with(['m', 'q', 't']) => 10,
        Some(tag) if tag.starts_with(['i', 'l']) => 11,
        Some(_) => 12,
    }
}
