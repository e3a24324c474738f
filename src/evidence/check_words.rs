//! Words that turn a sentence: directions of change and negations.

use std::ops::Range;

use crate::evidence::align::Gap;
use crate::evidence::article::Facts;
use crate::evidence::marks::{self, Direction};
use crate::evidence::sentence::{Sentence, overlap};
use crate::evidence::support::Fault;

/// Most words of change of one sentence that are compared; a sentence with more is a table.
const MAX_MARKS: usize = 60;

impl Sentence<'_> {
    pub(super) fn directions(&mut self, facts: &Facts, directions: &[(Range<usize>, Direction)]) {
        for (letters, direction) in directions.iter().take(MAX_MARKS).cloned() {
            if self.same_in_article(&letters).is_some() {
                continue;
            }
            let article = self.article;
            let place = self.in_place(&letters);
            let here: Vec<_> = article.directions.iter().filter(|(l, _)| place.as_ref().is_some_and(|p| overlap(l, p))).collect();
            let opposite = here.iter().find(|(_, d)| *d != direction);
            if here.iter().any(|(_, d)| *d == direction) {
                continue;
            }
            if let Some((theirs, _)) = opposite {
                self.complain(Fault::Direction, &letters, Some(theirs));
                continue;
            }
            // a paraphrase: the next figure has a direction in the article too
            let theirs = self.direction_of_next_figure(letters.end, facts);
            let is_opposite = theirs.as_ref().is_some_and(|(_, d)| *d != direction);
            if is_opposite || (!self.is_note() && theirs.is_none() && !article.directions.iter().any(|(_, d)| *d == direction)) {
                self.complain(Fault::Direction, &letters, theirs.filter(|_| is_opposite).map(|t| t.0).as_ref());
            }
        }
    }

    /// Returns the direction that the article gives the figure behind a place of the sentence.
    fn direction_of_next_figure(&self, from: usize, facts: &Facts) -> Option<(Range<usize>, Direction)> {
        let next = facts.figures.iter().find(|f| f.letters.start >= from && f.letters.start < from + 6)?;
        let theirs = self.article.figures.iter().find(|f| next.equals(f) && (f.unit == "%" || f.unit == "百分点"))?;
        let before = self.article.directions.iter().rfind(|(l, _)| l.end <= theirs.letters.start)?;
        (before.0.end + 6 >= theirs.letters.start).then(|| before.clone())
    }

    pub(super) fn negations(&mut self) {
        let own = marks::negations(&self.folded);
        for at in 0..self.gaps.len() {
            let Some(gap) = self.gaps.get(at).cloned() else { continue };
            let Some(place) = gap.article.clone() else { continue };
            let inside = |all: &[Range<usize>], part: &Range<usize>| all.iter().filter(|n| overlap(n, part)).cloned().collect::<Vec<_>>();
            let (mine, mut theirs) = (inside(&own, &gap.statement), inside(&self.article.negations, &place));
            // before the first common part, and where a clause was dropped, only a negation of what follows counts
            let is_edge = gap.statement.start == 0 || self.drops_clause(&gap, &place);
            if gap.statement.end >= self.folded.len() && gap.statement.start > 0 {
                theirs.clear();
            } else if is_edge {
                theirs.retain(|n| n.end >= place.end);
            }
            match (mine.as_slice(), theirs.as_slice()) {
                ([], [n, ..]) if !is_beside(&own, &gap.statement) => {
                    let end = (n.end + 4).min(self.article.folded.len());
                    let letters = gap.statement.start.saturating_sub(1)..(gap.statement.end + 1).min(self.folded.len());
                    self.complain(Fault::Negation, &letters, Some(&(n.start..end)));
                }
                ([n, ..], []) => self.complain(Fault::Negation, n, None),
                _ => {}
            }
        }
    }

    /// Whether the sentence leaves out a whole clause of the article here.
    fn drops_clause(&self, gap: &Gap, place: &Range<usize>) -> bool {
        gap.statement.len() <= 2
            && self.article.folded.chars.get(place.clone()).is_some_and(|c| c.iter().any(|c| matches!(c, ',' | '。' | ';' | '、' | '(' | ')')))
    }
}

/// Whether a negation touches the gap: 未 may be in the common part and 能 in the gap.
fn is_beside(own: &[Range<usize>], gap: &Range<usize>) -> bool {
    own.iter().any(|n| n.end + 1 >= gap.start && n.start <= gap.end + 1)
}
