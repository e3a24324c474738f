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
        } else if gazetteer::is_short_of_county(word) {
            // 大关 is a word, 大关县 a place
            if text.char(range.end).is_some_and(|c| "县区市".contains(c)) {
                out.push(range.start..range.end + 1);
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
    first.is_some()
        && (2..=3).contains(&part.chars().count())
        && part.chars().all(is_han)
        && segment::part_of_speech(part).is_none_or(|tag| tag.starts_with("nr"))
}

/// Whether a word names a person, a place, an organisation or a product.
fn is_name(word: &str) -> bool {
    if EVIDENCE.names.common.contains(word) {
        return false;
    }
    if word.chars().all(|c| c.is_ascii_alphanumeric()) {
        return word.chars().filter(char::is_ascii_alphabetic).count() >= 2 && !EVIDENCE.units.contains_key(word);
    }
    if word.chars().nth(1).is_none() || !word.chars().all(is_han) {
        return false;
    }
    gazetteer::is_place(word) || segment::part_of_speech(word).is_some_and(|tag| ["nr", "ns", "nt", "nz"].iter().any(|t| tag.starts_with(t)))
}

/// Whether a word of the text starts at a letter: 单 of 订单 is no family name.
pub(super) fn starts_word(text: &Folded, at: usize) -> bool {
    let from = text.start_of(at, MARGIN, Folded::starts_clause);
    let mut next = from;
    segment::segment(text.part(from..(at + MARGIN).min(text.len()))).into_iter().any(|word| {
        let is_here = next == at;
        next += word.chars().count();
        is_here
    })
}

/// Returns what a name names, as far as the dictionary knows.
pub(super) fn kind(name: &str) -> &'static str {
    if gazetteer::is_place(name) {
        return "ns";
    }
    let tag = segment::part_of_speech(name).unwrap_or_default();
    ["nr", "ns", "nt", "nz"].into_iter().find(|t| tag.starts_with(t)).unwrap_or_default()
}

/// Letters that a short form may leave out between two of its own, and most places of its first letter that are tried.
const MAX_LEFT_OUT: usize = 3;
const MAX_PLACES: usize = 200;

/// Whether a text has the long form of a name: 综试区 of 综合试验区, 董秘何静 of 董事会秘书何静.
pub(super) fn is_short_form(name: &str, text: &Folded) -> bool {
    let letters: Vec<char> = name.chars().collect();
    let Some((first, rest)) = letters.split_first().filter(|_| letters.len() >= 3) else { return false };
    let places = text.chars.iter().enumerate().filter(|(_, c)| *c == first).map(|(at, _)| at).take(MAX_PLACES);
    places.into_iter().any(|start| {
        let mut at = start;
        rest.iter().all(|letter| {
            let found = (at + 1..=at + 1 + MAX_LEFT_OUT).find(|i| text.char(*i) == Some(*letter));
            at = found.unwrap_or(at);
            found.is_some()
        })
    })
}

/// Whether one name is a form of the other: its letters in the same order, or a place without its ending.
pub(super) fn is_alias(mine: &str, theirs: &str) -> bool {
    let (short, long) = if mine.chars().count() <= theirs.chars().count() { (mine, theirs) } else { (theirs, mine) };
    let mut letters = long.chars();
    short.chars().all(|c| letters.any(|l| l == c)) || gazetteer::short_name(mine) == gazetteer::short_name(theirs)
}
