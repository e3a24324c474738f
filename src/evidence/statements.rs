//! The texts of an item as sentences.

use std::ops::Range;

use serde::Serialize;

use crate::evidence::article::Article;
use crate::evidence::check;
use crate::evidence::support::{Statement, StatementKind, Unsupported};
use crate::text::segment;

/// The texts of an item that are checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemTexts {
    pub title: String,
    pub summary: String,
    pub note: String,
    /// The full text, if an editor changed it.
    pub text: Option<String>,
}

/// The sentences of an item with their support.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked(pub Vec<Statement>);

impl Checked {
    /// Returns what has no support.
    pub fn unsupported(&self) -> impl Iterator<Item = (StatementKind, &Unsupported)> {
        self.0.iter().flat_map(|s| s.unsupported.iter().map(move |u| (s.kind, u)))
    }
}

/// Checks the texts of an item against its article.
pub fn check_item(article: &Article, item: &ItemTexts) -> Checked {
    let texts = [
        (StatementKind::Title, Some(&item.title)),
        (StatementKind::Summary, Some(&item.summary)),
        (StatementKind::Note, Some(&item.note)),
        (StatementKind::Text, item.text.as_ref()),
    ];
    Checked(texts.into_iter().flat_map(|(kind, text)| text.map(|t| check_text(article, kind, t)).unwrap_or_default()).collect())
}

/// Returns the sentences of a text with their support.
pub fn check_text(article: &Article, kind: StatementKind, text: &str) -> Vec<Statement> {
    sentences(text).into_iter().map(|range| check::check(article, kind, text, range)).collect()
}

/// Returns the byte ranges of the sentences of a text.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut at = start;
        for sentence in segment::sentences(line) {
            let rest = text.get(at..).unwrap_or_default();
            let Some(found) = rest.find(sentence) else { continue };
            out.push(at + found..at + found + sentence.len());
            at += found + sentence.len();
        }
        start += line.len();
    }
    out
}
