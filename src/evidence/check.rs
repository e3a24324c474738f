//! Compares a sentence with its article.

use std::ops::Range;

use crate::evidence::article::{Article, Facts};
use crate::evidence::marks;
use crate::evidence::sentence::Sentence;
use crate::evidence::support::{Fault, Statement, StatementKind};
use crate::text::normalize::is_letter;

/// Share of a sentence's letter pairs that its article has. Below it the sentence comes from somewhere else.
const MIN_SHARE: f64 = 0.5;
/// The same of a headline, which editors word freely.
const MIN_TITLE_SHARE: f64 = 0.34;
/// Letters that a sentence needs for a verdict on its source.
const MIN_LETTERS: usize = 8;

/// Checks one sentence of a text.
pub(super) fn check(article: &Article, kind: StatementKind, text: &str, range: Range<usize>) -> Statement {
    let mut sentence = Sentence::new(article, kind, text.get(range.clone()).unwrap_or_default(), range.start);
    sentence.anchor_blocks();
    let facts = Facts::of_sentence(&sentence.folded, article.published);
    let directions = marks::directions(&sentence.folded);
    sentence.figures(&facts, &directions);
    sentence.days(&facts);
    sentence.ordinals();
    sentence.bases(&facts);
    sentence.directions(&facts, &directions);
    sentence.names(&facts);
    sentence.deputies();
    if kind != StatementKind::Note {
        sentence.negations();
        sentence.happened();
        sentence.speakers();
        sentence.source(if kind == StatementKind::Title { MIN_TITLE_SHARE } else { MIN_SHARE });
    }
    Statement { kind, range, anchors: sentence.anchors, unsupported: sentence.unsupported }
}

impl Sentence<'_> {
    /// Tells a sentence of another article.
    fn source(&mut self, least: f64) {
        let letters: Vec<char> = self.folded.chars.iter().copied().filter(|c| is_letter(*c)).collect();
        if letters.len() < MIN_LETTERS {
            return;
        }
        let pairs = self.folded.chars.windows(2).filter(|w| w.iter().all(|c| is_letter(*c)));
        let (mut all, mut found) = (0.0, 0.0);
        for pair in pairs {
            all += 1.0;
            found += if self.article.index.contains_pair(pair) { 1.0 } else { 0.0 };
        }
        if found < least * all {
            self.complain(Fault::Foreign, &(0..self.folded.len()), None);
        }
    }
}
