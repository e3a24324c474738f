//! Names in a part of a text: words that the dictionary lists as names or does not list.

use std::ops::Range;

use crate::evidence::folded::Folded;
use crate::knowledge::gazetteer;
use crate::knowledge::{EVIDENCE, NAMES};
use crate::text::normalize::is_han;
use crate::text::segment;

/// Letters around a part that are segmented with it.
const MARGIN: usize = 8;

/// Returns the names that overlap a part of a text.
pub(super) fn names(text: &Folded, part: &Range<usize>) -> Vec<Range<usize>> {
    let from = text.start_of(part.start.saturating_sub(1), MARGIN, Folded::starts_clause);
    let to = (part.end + MARGIN).min(text.len());
    let mut out = Vec::new();
    let mut at = from;
    let mut run = from..from;
    for word in segment::segment(text.part(from..to)) {
        let range = at..at + word.chars().count();
        at = range.end;
        let is_letter = range.len() == 1 && word.chars().all(|c| is_han(c) && !EVIDENCE.names.plain_letters.contains(c));
        if is_letter {
            run = if run.end == range.start { run.start..range.end } else { range.clone() };
            if run.len() == 2 {
                out.push(run.clone());
            } else if let Some(last) = out.last_mut().filter(|_| run.len() > 2) {
                last.end = run.end;
            }
        } else if is_name(word) {
            out.push(range);
        }
    }
    out.retain(|r| r.start < part.end && r.end > part.start);
    out
}

/// Whether a whole part may be a person: a family name, and one or two letters that make no word with it.
pub(super) fn is_person(part: &str) -> bool {
    let first = part.chars().next().filter(|c| NAMES.surnames.contains(*c) && !EVIDENCE.names.plain_letters.contains(*c));
    first.is_some() && (2..=3).contains(&part.chars().count()) && part.chars().all(is_han) && segment::part_of_speech(part).is_none()
}

/// Whether a word names a person, a place, an organisation or a product.
fn is_name(word: &str) -> bool {
    if word.chars().all(|c| c.is_ascii_alphanumeric()) {
        return word.chars().filter(char::is_ascii_alphabetic).count() >= 2 && !EVIDENCE.units.contains_key(word);
    }
    if word.chars().nth(1).is_none() || !word.chars().all(is_han) || EVIDENCE.names.common.contains(word) {
        return false;
    }
    gazetteer::is_place(word) || segment::part_of_speech(word).is_some_and(|tag| ["nr", "ns", "nt", "nz"].iter().any(|t| tag.starts_with(t)))
}

/// Whether one name is a form of the other: its letters in the same order, or a place without its ending.
pub(super) fn is_alias(mine: &str, theirs: &str) -> bool {
    let (short, long) = if mine.chars().count() <= theirs.chars().count() { (mine, theirs) } else { (theirs, mine) };
    let mut letters = long.chars();
    short.chars().all(|c| letters.any(|l| l == c)) || gazetteer::short_name(mine) == gazetteer::short_name(theirs)
}
