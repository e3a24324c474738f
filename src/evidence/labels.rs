//! What a figure is of: the words before it, without links and words of change. 一期投资 of 一期投资达10亿元.

use std::ops::Range;
use std::sync::LazyLock;

use crate::evidence::figures::Figure;
use crate::evidence::folded::Folded;
use crate::knowledge::EVIDENCE;
use crate::text::normalize::is_han;

/// Most letters of a label.
const MAX: usize = 10;
/// Letters of the longest word of change.
const LONGEST: usize = 4;

/// Words that say nothing of what a figure is of.
static CHANGES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let d = &EVIDENCE.directions;
    d.up.iter().chain(d.down.iter()).chain(EVIDENCE.bases.words.iter()).filter(|w| w.chars().nth(1).is_some()).collect()
});

/// Returns the letters of a figure's label; empty if there is none.
pub(super) fn label(text: &Folded, figure: &Figure) -> Range<usize> {
    let mut end = figure.with_words.start.min(figure.letters.start);
    loop {
        let link = end.checked_sub(1).and_then(|at| text.char(at)).filter(|c| EVIDENCE.across.links.contains(*c));
        let before = text.part(end.saturating_sub(LONGEST)..end);
        let change = CHANGES.iter().filter(|w| before.ends_with(**w)).map(|w| w.chars().count()).max();
        match (link, change) {
            (_, Some(letters)) => end -= letters,
            (Some(_), None) => end -= 1,
            (None, None) => break,
        }
    }
    let letters = (1..=MAX).take_while(|n| end.checked_sub(*n).and_then(|at| text.char(at)).is_some_and(is_han)).count();
    end - letters..end
}

/// Returns how many letters two labels have in common at their ends.
pub(super) fn common_end(a: (&Folded, &Range<usize>), b: (&Folded, &Range<usize>)) -> usize {
    let letters = |of: (&Folded, &Range<usize>), n: usize| of.1.end.checked_sub(n).filter(|at| *at >= of.1.start).and_then(|at| of.0.char(at));
    (1..=MAX).take_while(|n| letters(a, *n).is_some() && letters(a, *n) == letters(b, *n)).count()
}
