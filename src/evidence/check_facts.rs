//! Figures and dates of a sentence.

use std::ops::Range;

use crate::evidence::article::Facts;
use crate::evidence::days::Day;
use crate::evidence::figures::Figure;
use crate::evidence::marks::Direction;
use crate::evidence::sentence::{Sentence, overlap};
use crate::evidence::support::Fault;

/// Most figures and most dates of one sentence that are compared in their places. A sentence with more is a table: the rest must stand
/// somewhere in the article.
const MAX_FACTS: usize = 40;

impl Sentence<'_> {
    pub(super) fn figures(&mut self, facts: &Facts, directions: &[(Range<usize>, Direction)]) {
        for figure in facts.figures.iter().skip(MAX_FACTS) {
            if !self.article.figures.iter().any(|f| figure.is_supported_by(f)) {
                self.complain(Fault::Figure, &figure.letters, None);
            }
        }
        let own: Vec<bool> = self.article.figures.iter().map(|f| facts.figures.iter().take(MAX_FACTS).any(|mine| mine.equals(f))).collect();
        for figure in facts.figures.iter().take(MAX_FACTS) {
            if self.is_cut(figure) {
                continue;
            }
            if let Some((own, theirs)) = self.other_limit(figure) {
                self.complain(Fault::Figure, &own, Some(&theirs));
                continue;
            }
            if let Some((fault, theirs)) = self.replaced_figure(figure, &own) {
                self.complain(fault, &figure.letters, Some(&theirs));
                continue;
            }
            if let Some(theirs) = self.swapped(figure) {
                self.complain(Fault::Figure, &figure.letters, Some(&theirs));
                continue;
            }
            if self.anchor_verbatim(&figure.letters) {
                continue;
            }
            let place = self.in_place(&figure.letters);
            let article = self.article;
            let here = || article.figures.iter().filter(|f| place.as_ref().is_some_and(|p| overlap(&f.letters, p)));
            // 下降3.2% is -3.2%
            let falls = directions.iter().any(|(l, d)| *d == Direction::Down && l.end <= figure.letters.start && l.end + 6 >= figure.letters.start);
            let supports = |f: &&Figure| figure.is_supported_by(f) || (falls && figure.is_opposite_of(f));
            let elsewhere = |own: &Figure| article.figures.iter().find(|f| own.is_supported_by(f));
            let found = here().find(supports);
            let contradicts = here().find(|f| figure.is_comparable(f) || figure.differs_in_measure(f)).filter(|f| !self.is_moved(f, facts));
            match (found, contradicts) {
                (Some(f), _) => self.anchor(&figure.letters, &f.letters),
                (None, Some(_)) if self.is_reckoned(figure) => {}
                (None, Some(f)) => {
                    if let Some(theirs) = self.labelled_elsewhere(figure) {
                        self.anchor(&figure.letters, &theirs);
                        continue;
                    }
                    let fault = if figure.differs_in_measure(f) { Fault::Measure } else { Fault::Figure };
                    self.complain(fault, &figure.letters, Some(&f.letters));
                }
                (None, None) if self.is_reckoned(figure) => {}
                (None, None) => {
                    if let Some(f) = elsewhere(figure).or_else(|| article.figures.iter().find(supports)) {
                        self.anchor(&figure.letters, &f.letters);
                        continue;
                    }
                    let near = article.figures.iter().find(|f| figure.differs_in_measure(f) && !f.unit.is_empty() && !figure.unit.is_empty());
                    let fault = if near.is_some() { Fault::Measure } else { Fault::Figure };
                    self.complain(fault, &figure.letters, near.map(|f| &f.letters));
                }
            }
        }
    }

    /// Whether the end of a shortened text cuts a figure: HJ 1105-202…
    fn is_cut(&self, figure: &Figure) -> bool {
        let end = figure.letters.end;
        let is_last =
            end == self.folded.len() || self.folded.char(end) == Some('…') || (self.folded.char(end) == Some('.') && end + 1 == self.folded.len());
        is_last && figure.unit.is_empty() && self.article.folded.text.contains(self.folded.part(figure.letters.clone()))
    }

    /// Returns figure and article's figure if one is a lower and one an upper limit: 超三成, 不超三成.
    fn other_limit(&self, figure: &Figure) -> Option<(Range<usize>, Range<usize>)> {
        let place = self.in_place(&figure.letters)?;
        let theirs = self.article.figures.iter().find(|f| overlap(&f.letters, &place))?;
        figure.is_other_limit_than(theirs).then(|| (figure.with_words.clone(), theirs.with_words.clone()))
    }

    /// Returns another figure of the article that has this one's words around it.
    /// `own`: which figures of the article the sentence has, whose order the editor may have changed.
    fn replaced_figure(&self, figure: &Figure, own: &[bool]) -> Option<(Fault, Range<usize>)> {
        let comparable = self.article.figures.iter().zip(own).filter(|(f, _)| f.unit == figure.unit);
        let places = comparable.map(|(f, is_own)| (f, *is_own, figure.is_supported_by(f) || figure.is_opposite_of(f)));
        let places = places.filter(|(_, is_own, is_same)| *is_same || !is_own).map(|(f, _, is_same)| (f.letters.clone(), is_same));
        let theirs = self.replaced(&figure.letters, places)?;
        let is_scale = self.article.figures.iter().any(|f| f.letters == theirs && figure.differs_in_measure(f));
        Some((if is_scale { Fault::Measure } else { Fault::Figure }, theirs))
    }

    /// The same of a date.
    fn replaced_day(&self, day: &Day, own: &[bool]) -> Option<Range<usize>> {
        let like = self.article.days.iter().zip(own).filter(|(d, _)| day.is_like(d));
        let places = like.map(|(d, is_own)| (d, *is_own, day.is_supported_by(d))).filter(|(_, is_own, is_same)| *is_same || !is_own);
        self.replaced(&day.letters, places.map(|(d, _, is_same)| (d.letters.clone(), is_same)))
    }

    /// Whether the sentence has a figure of the article in another place, so that the editor may have changed the order.
    fn is_moved(&self, theirs: &Figure, facts: &Facts) -> bool {
        let in_place = |own: &Figure| {
            let place = self.in_place(&own.letters);
            self.article.figures.iter().any(|f| place.as_ref().is_some_and(|p| overlap(&f.letters, p)) && own.is_supported_by(f))
        };
        facts.figures.iter().any(|own| own.equals(theirs) && !in_place(own))
    }

    /// The same of a date.
    fn is_moved_day(&self, theirs: &Day, facts: &Facts) -> bool {
        let in_place = |own: &Day| {
            let place = self.in_place(&own.letters);
            self.article.days.iter().any(|d| place.as_ref().is_some_and(|p| overlap(&d.letters, p)) && own.is_supported_by(d))
        };
        facts.days.iter().any(|own| own.is_supported_by(theirs) && !in_place(own))
    }

    pub(super) fn days(&mut self, facts: &Facts) {
        let own: Vec<bool> = self.article.days.iter().map(|d| facts.days.iter().take(MAX_FACTS).any(|mine| mine.is_supported_by(d))).collect();
        for day in facts.days.iter().take(MAX_FACTS) {
            if let Some(theirs) = self.replaced_day(day, &own) {
                self.complain(Fault::Date, &day.letters, Some(&theirs));
                continue;
            }
            if self.anchor_verbatim(&day.letters) {
                continue;
            }
            let place = self.in_place(&day.letters);
            let article = self.article;
            let here = || article.days.iter().filter(|d| place.as_ref().is_some_and(|p| overlap(&d.letters, p)));
            let found = here().find(|d| day.is_supported_by(d));
            let contradicts = here().find(|d| day.is_like(d)).filter(|d| !self.is_moved_day(d, facts));
            match (found, contradicts) {
                (Some(d), _) => self.anchor(&day.letters, &d.letters),
                (None, Some(d)) => self.complain(Fault::Date, &day.letters, Some(&d.letters)),
                (None, None) => match article.days.iter().find(|d| day.is_supported_by(d)) {
                    Some(d) => self.anchor(&day.letters, &d.letters),
                    None if day.is_of(article.published) => {}
                    None => self.complain(Fault::Date, &day.letters, None),
                },
            }
        }
    }
}
