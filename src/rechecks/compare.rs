//! The printed article and the one of now → what changed. Linear in both texts.

use std::collections::{HashMap, VecDeque};

use crate::rechecks::finding::Difference;
use crate::rechecks::sentences::{Sentence, figures, headline_key, sentences};

/// An article with fewer per cent of the letters may be cut by its page, not by its editors.
const SHORT: usize = 40;
/// So may one with fewer per cent of the sentences be another.
const OTHER: usize = 20;
/// Below this probability the body may be wrong.
const UNSURE: f32 = 0.5;
/// Bigrams in common from which one sentence is a new form of another.
const SIMILAR: f64 = 0.45;
/// Sentences among which the new form of one is sought.
const NEAR: usize = 4;

/// One copy of an article.
#[derive(Debug, Clone, Copy)]
pub struct Copy<'a> {
    pub title: &'a str,
    pub text: &'a str,
    /// The extractor's confidence in the text; `None`: unknown.
    pub confidence: Option<f32>,
}

/// What a comparison says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    Same,
    Changed(Difference),
    /// The page may have been read badly: it is looked at again.
    Doubtful(Difference),
}

/// Compares the printed article with the one of now.
pub fn compare(printed: &Copy<'_>, now: &Copy<'_>) -> Comparison {
    let (old, new) = (sentences(printed.text), sentences(now.text));
    let parts = match_up(&old, &new);
    let mut difference = difference(&parts);
    let (old_title, new_title) = (headline_key(printed.title), headline_key(now.title));
    if old_title != new_title && !old_title.is_empty() && !new_title.is_empty() {
        difference.headline = Some((printed.title.trim().to_owned(), now.title.trim().to_owned()));
        difference.figures |= !same_figures(&old_title, &new_title);
    }
    if difference.is_empty() {
        return Comparison::Same;
    }
    let letters = |s: &[Sentence<'_>]| s.iter().map(|s| s.key.chars().count()).sum::<usize>();
    let (before, after) = (letters(&old), letters(&new));
    let kept = before - letters_of(&parts.removed);
    let is_unsure = now.confidence.is_some_and(|c| c < UNSURE);
    if is_unsure || after * 100 < before * SHORT || kept * 100 < before * OTHER {
        return Comparison::Doubtful(difference.bounded());
    }
    Comparison::Changed(difference.bounded())
}

/// The sentences of two texts that are not in both.
struct Parts<'a> {
    changed: Vec<(&'a Sentence<'a>, &'a Sentence<'a>)>,
    removed: Vec<&'a Sentence<'a>>,
    added: Vec<&'a Sentence<'a>>,
}

fn letters_of(sentences: &[&Sentence<'_>]) -> usize {
    sentences.iter().map(|s| s.key.chars().count()).sum()
}

/// Finds the sentences of both texts, whatever their order; of the others, those that stand behind the same sentence may be one in
/// two forms.
fn match_up<'a>(old: &'a [Sentence<'a>], new: &'a [Sentence<'a>]) -> Parts<'a> {
    let (gone, come) = (not_in(old, new), not_in(new, old));
    // the same letters cut otherwise
    let joined = |of: &[(Option<&str>, &Sentence<'_>)]| of.iter().map(|s| s.1.key.as_str()).collect::<String>();
    if joined(&gone) == joined(&come) {
        return Parts { changed: Vec::new(), removed: Vec::new(), added: Vec::new() };
    }
    let mut behind: HashMap<Option<&str>, VecDeque<(usize, &Sentence<'_>)>> = HashMap::new();
    for (n, (before, sentence)) in come.iter().enumerate() {
        behind.entry(*before).or_default().push_back((n, *sentence));
    }
    let (mut changed, mut removed, mut taken) = (Vec::new(), Vec::new(), vec![false; come.len()]);
    for (before, sentence) in gone {
        let near = behind.entry(before).or_default();
        match near.iter().take(NEAR).position(|(_, other)| similarity(&sentence.key, &other.key) >= SIMILAR) {
            Some(at) => {
                let other = near.drain(..=at).next_back();
                if let Some((n, other)) = other {
                    changed.push((sentence, other));
                    taken.get_mut(n).into_iter().for_each(|t| *t = true);
                }
            }
            None => removed.push(sentence),
        }
    }
    let added = come.iter().zip(taken).filter(|(_, taken)| !taken).map(|(s, _)| s.1).collect();
    Parts { changed, removed, added }
}

/// Returns the sentences of a text that another lacks, each with the key of the last common sentence before it.
fn not_in<'a>(of: &'a [Sentence<'a>], other: &[Sentence<'_>]) -> Vec<(Option<&'a str>, &'a Sentence<'a>)> {
    let mut there: HashMap<&str, usize> = HashMap::new();
    for s in other {
        *there.entry(s.key.as_str()).or_default() += 1;
    }
    let (mut before, mut out) = (None, Vec::new());
    for s in of {
        match there.get_mut(s.key.as_str()).filter(|n| **n > 0) {
            Some(n) => {
                *n -= 1;
                before = Some(s.key.as_str());
            }
            None => out.push((before, s)),
        }
    }
    out
}

/// Returns the share of common bigrams, 0 to 1.
fn similarity(a: &str, b: &str) -> f64 {
    let grams = |text: &str| {
        let mut out: HashMap<(char, char), usize> = HashMap::new();
        text.chars().zip(text.chars().skip(1)).for_each(|g| *out.entry(g).or_default() += 1);
        out
    };
    let (a, b) = (grams(a), grams(b));
    let all: usize = a.values().chain(b.values()).sum();
    let common: usize = a.iter().map(|(g, n)| (*n).min(b.get(g).copied().unwrap_or(0))).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of letters")]
    let share = if all == 0 { 0.0 } else { (common * 2) as f64 / all as f64 };
    share
}

fn same_figures(a: &str, b: &str) -> bool {
    figures(a) == figures(b)
}

fn difference(parts: &Parts<'_>) -> Difference {
    let written = |s: &&Sentence<'_>| s.text.to_owned();
    Difference {
        headline: None,
        figures: parts.changed.iter().any(|(a, b)| !same_figures(&a.key, &b.key)),
        changed: parts.changed.iter().map(|(a, b)| (a.text.to_owned(), b.text.to_owned())).collect(),
        added: parts.added.iter().map(written).collect(),
        removed: parts.removed.iter().map(written).collect(),
        left_out: 0,
        moved_to: None,
        is_withdrawn: false,
    }
}
