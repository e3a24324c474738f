//! An article, prepared for checks.

use std::ops::Range;

use chrono::{Datelike as _, NaiveDate};

use crate::evidence::align::Index;
use crate::evidence::days::{self, Day};
use crate::evidence::figures::{self, Figure};
use crate::evidence::folded::Folded;
use crate::evidence::labels::label;
use crate::evidence::marks::{self, Direction, Speaker};
use crate::evidence::support::Field;

/// Longest article that is read, in bytes; the rest supports nothing.
const MAX_ARTICLE: usize = 200_000;

/// An article, prepared for checks.
pub struct Article {
    pub(super) folded: Folded,
    pub(super) index: Index,
    pub(super) figures: Vec<Figure>,
    /// What each figure is of, in the order of the figures.
    pub(super) labels: Vec<Range<usize>>,
    pub(super) days: Vec<Day>,
    pub(super) directions: Vec<(Range<usize>, Direction)>,
    pub(super) negations: Vec<Range<usize>>,
    pub(super) speakers: Vec<Speaker>,
    pub(super) publisher: String,
    pub(super) published: Option<NaiveDate>,
    /// Bytes of the title and the line end behind it.
    title_bytes: usize,
}

impl Article {
    /// Prepares an article.
    pub fn new(title: &str, text: &str, publisher: &str, published: Option<NaiveDate>) -> Self {
        let end = (0..=MAX_ARTICLE.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let folded = Folded::new(&format!("{title}\n{}", text.get(..end).unwrap_or_default()));
        let facts = Facts::of_article(&folded, published);
        Self {
            index: Index::new(&folded),
            labels: facts.figures.iter().map(|f| label(&folded, f)).collect(),
            figures: facts.figures,
            days: facts.days,
            directions: marks::directions(&folded),
            negations: marks::negations(&folded),
            speakers: marks::speakers(&folded),
            publisher: Folded::new(publisher).text,
            published,
            title_bytes: title.len() + 1,
            folded,
        }
    }

    /// Returns the field and its bytes that letters of the article come from.
    pub(super) fn place(&self, letters: &Range<usize>) -> (Field, Range<usize>) {
        let bytes = self.folded.origin(letters);
        if bytes.start < self.title_bytes {
            (Field::Title, bytes.start..bytes.end.min(self.title_bytes - 1))
        } else {
            (Field::Text, bytes.start - self.title_bytes..bytes.end - self.title_bytes)
        }
    }
}

/// Figures and dates of a text.
pub(super) struct Facts {
    pub(super) figures: Vec<Figure>,
    pub(super) days: Vec<Day>,
}

impl Facts {
    /// Reads an article: 6日 is a day of the month of publication.
    fn of_article(text: &Folded, published: Option<NaiveDate>) -> Self {
        Self::new(text, days::days(text, published, published.map(|p| p.month())))
    }

    /// Reads a sentence: 6日 may be a day of the month that its article said before.
    pub(super) fn of_sentence(text: &Folded, published: Option<NaiveDate>) -> Self {
        Self::new(text, days::days(text, published, None))
    }

    fn new(text: &Folded, days: Vec<Day>) -> Self {
        let ranges: Vec<Range<usize>> = days.iter().map(|d| d.letters.clone()).collect();
        Self { figures: figures::figures(text, &ranges), days }
    }
}
