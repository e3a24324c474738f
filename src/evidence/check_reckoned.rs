//! Figures that change their place, figures reckoned from others, what a rate is compared with, and what has happened.

use std::ops::Range;

use crate::evidence::article::Facts;
use crate::evidence::figures::Figure;
use crate::evidence::labels::{common_end, label};
use crate::evidence::sentence::Sentence;
use crate::evidence::support::Fault;
use crate::knowledge::{EVIDENCE, Fixed};
use crate::text::normalize::is_han;

/// Letters of a label that another figure must have in common to be the one that is meant.
const MIN_LABEL: usize = 3;
/// How many more letters it has in common than the figure that is said, if it lacks a part of the label.
const MORE: usize = 3;
/// Letters of a label that tell that a figure elsewhere is the one that is said.
const SAME_LABEL: usize = 2;
/// Figures of an article side by side from which another is reckoned, and letters between the first and the last.
const NEIGHBOURS: usize = 4;
const NEAR: usize = 80;

static ORDINAL: Fixed = Fixed::new(r"第(?:[一二三四五六七八九十]{1,3}|\d{1,3})(?P<what>[位名批期届次轮])?");

impl Sentence<'_> {
    /// Returns the article's figure that has this one's label, if the article says this one of something else.
    pub(super) fn swapped(&self, figure: &Figure) -> Option<Range<usize>> {
        let own = label(&self.folded, figure);
        if figure.unit.is_empty() || own.len() < MIN_LABEL {
            return None;
        }
        let (mut same, mut other): (Option<usize>, Option<(usize, Range<usize>)>) = (None, None);
        for (theirs, place) in self.article.figures.iter().zip(&self.article.labels).filter(|(f, _)| f.unit == figure.unit) {
            let common = common_end((&self.folded, &own), (&self.article.folded, place));
            if figure.is_supported_by(theirs) || figure.is_opposite_of(theirs) {
                same = same.max(Some(common));
            } else if other.as_ref().is_none_or(|(most, _)| common > *most) {
                other = Some((common, theirs.letters.clone()));
            }
        }
        let ((common, theirs), same) = other.zip(same)?;
        let is_whole = common == own.len() && common > same;
        (common >= MIN_LABEL && (is_whole || common >= same + MORE)).then_some(theirs)
    }

    /// Returns the article's figure elsewhere that says this one of the same thing.
    pub(super) fn labelled_elsewhere(&self, figure: &Figure) -> Option<Range<usize>> {
        let own = label(&self.folded, figure);
        let mut all = self.article.figures.iter().zip(&self.article.labels).filter(|(f, _)| figure.is_supported_by(f));
        // 家 of 1268家 is no measure, but tells as much
        let counter = self.folded.char(figure.letters.end).filter(|c| is_han(*c));
        let is_same = |f: &Figure, place: &Range<usize>| {
            common_end((&self.folded, &own), (&self.article.folded, place)) >= SAME_LABEL
                || (counter.is_some() && counter == self.article.folded.char(f.letters.end))
        };
        all.find(|(f, place)| is_same(f, place)).map(|(f, _)| f.letters.clone())
    }

    /// Whether a figure is the difference or the sum of two that stand side by side in the article, and its words say so.
    pub(super) fn is_reckoned(&self, figure: &Figure) -> bool {
        let start = figure.with_words.start;
        let before = self.folded.part(start.saturating_sub(EVIDENCE.reckoned.reach)..start);
        let says = |words: &crate::knowledge::Words| words.iter().any(|w| before.contains(w));
        let (difference, sum) = (says(&EVIDENCE.reckoned.difference), says(&EVIDENCE.reckoned.sum));
        if !difference && !sum {
            return false;
        }
        let figures = &self.article.figures;
        let unit = |f: &Figure| f.unit == figure.unit || (f.unit == "%" && figure.unit == "百分点");
        figures.iter().enumerate().filter(|(_, a)| unit(a)).any(|(at, a)| {
            let next = figures.iter().skip(at + 1).take(NEIGHBOURS).filter(|b| unit(b) && b.letters.start <= a.letters.end + NEAR);
            next.into_iter().any(|b| (difference && figure.is_amount((a.value - b.value).abs())) || (sum && figure.is_amount(a.value + b.value)))
        })
    }

    /// Tells 环比 where the article gives the same rate as 同比.
    pub(super) fn bases(&mut self, facts: &Facts) {
        let reach = EVIDENCE.bases.reach;
        let article = self.article;
        for figure in facts.figures.iter().filter(|f| matches!(f.unit, "%" | "倍")) {
            let start = figure.letters.start;
            let before = self.folded.part(start.saturating_sub(reach)..start);
            let Some(word) = EVIDENCE.bases.words.iter().max_by_key(|w| before.rfind(w)).filter(|w| before.contains(w)) else { continue };
            let places = article.figures.iter().filter(|f| figure.is_supported_by(f));
            let texts: Vec<&str> = places.map(|f| article.folded.part(f.letters.start.saturating_sub(reach)..f.letters.start)).collect();
            let other = EVIDENCE.bases.words.iter().find(|w| *w != word && texts.iter().any(|t| t.contains(w)));
            if let Some(other) = other.filter(|_| texts.iter().all(|t| !t.contains(word))) {
                self.complain_in_words(Fault::Basis, &figure.letters, word, other);
            }
        }
    }

    /// Tells what the article plans and the sentence says to have happened.
    pub(super) fn happened(&mut self) {
        let words = &EVIDENCE.happened;
        let article = self.article;
        for block in self.blocks.clone() {
            let before = self.folded.part(block.statement.saturating_sub(3)..block.statement);
            let has_done = words.done.iter().any(|w| before.contains(w));
            let from = article.folded.start_of(block.article, words.reach, crate::evidence::folded::Folded::starts_clause);
            let theirs = article.folded.part(from..block.article);
            let Some(planned) = words.planned.iter().find(|w| theirs.contains(w)).filter(|_| has_done) else { continue };
            if !words.done.iter().any(|w| theirs.contains(w)) {
                let letters = block.statement.saturating_sub(1)..(block.statement + 4).min(self.folded.len());
                self.complain_in_words(Fault::Happened, &letters, self.folded.part(letters.clone()).to_owned().as_str(), planned);
                return;
            }
        }
    }

    /// Tells 排名第一 where the article says 排名第三.
    pub(super) fn ordinals(&mut self) {
        let article = self.article;
        let found: Vec<(Range<usize>, String)> = ORDINAL
            .captures_iter(&self.folded.text)
            .filter_map(|c| Some((self.folded.letters(c.get(0)?.range()), c.name("what").map_or(String::new(), |w| w.as_str().to_owned()))))
            .collect();
        for (letters, what) in found {
            let said = self.folded.part(letters.clone()).to_owned();
            if article.folded.text.contains(&said) {
                continue;
            }
            let before = self.folded.part(letters.start.saturating_sub(2)..letters.start).to_owned();
            let theirs = ORDINAL.captures_iter(&article.folded.text).filter_map(|c| {
                let place = article.folded.letters(c.get(0)?.range());
                let same_what = !what.is_empty() && c.name("what").is_some_and(|w| w.as_str() == what);
                let same_before = before.chars().count() == 2 && article.folded.part(place.start.saturating_sub(2)..place.start) == before;
                (same_what || same_before).then_some(place)
            });
            let theirs = theirs.take(1).next();
            if theirs.is_some() {
                self.complain(Fault::Figure, &letters, theirs.as_ref());
            }
        }
    }

    /// Tells 市长 where the article says 副市长, and the other way round.
    pub(super) fn deputies(&mut self) {
        let article = self.article;
        for block in self.blocks.clone() {
            let word = self.folded.part(block.statement..(block.statement + 4).min(block.end()));
            let Some(title) = EVIDENCE.names.titles.iter().find(|t| word.starts_with(t)) else { continue };
            let is_deputy = |c: Option<char>| c == Some('副');
            let mine = is_deputy(block.statement.checked_sub(1).and_then(|at| self.folded.char(at)));
            let theirs = is_deputy(block.article.checked_sub(1).and_then(|at| article.folded.char(at)));
            if mine != theirs {
                let letters = block.statement..block.statement + title.chars().count();
                let place = block.article - usize::from(theirs)..block.article + title.chars().count();
                self.complain(Fault::Name, &letters, Some(&place));
            }
        }
    }
}
