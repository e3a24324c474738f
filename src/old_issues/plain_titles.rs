//! Titles without a mark, number or style: what speaks for them.

use std::collections::HashSet;

use super::line::{Line, may_be_title};
use super::publisher;
use crate::knowledge::OLD_ISSUES;
use crate::text::dates::Clock;

/// Letters of the pieces that are compared, and the share of an item's pieces that a part of it has in common with what precedes it.
const PIECE: usize = 4;
const SAME_SUBJECT: f64 = 0.05;
const OTHER_SUBJECT: f64 = 0.02;

/// Pieces of a text.
pub(super) type Grams = HashSet<[char; PIECE]>;

/// Rates a plain line within a section: how much speaks for a title, less what speaks for a heading within an item.
pub(super) fn score(lines: &[Line], at: usize, has_blanks: bool, before: &Grams, clock: &Clock) -> i32 {
    let (Some(line), Some(following)) = (lines.get(at), lines.get(at + 1)) else { return 0 };
    let previous = at.checked_sub(1).and_then(|at| lines.get(at)).map_or("", |l| l.text.as_str());
    let length = line.text.chars().count();
    let mut score = match length {
        13.. => 1,
        11.. => 0,
        _ => -1,
    };
    score += 2 * i32::from(has_two_parts(&line.text));
    score += 2 * i32::from(has_blanks && stands_between(lines, at, false));
    score += 2 * i32::from(opens_report(&following.text));
    score += 3 * i32::from(publisher::of_line(previous, clock).is_some() || publisher::at_end(previous, clock).is_some());
    score += 3 * i32::from(publisher::of_line(&following.text, clock).is_some());
    let behind = lines.iter().skip(at + 1).take_while(|l| !may_be_title(&l.text));
    let shared = shared(behind, before);
    score + i32::from(shared < OTHER_SUBJECT) - 2 * i32::from(shared >= SAME_SUBJECT)
}

/// Whether a line has an empty line above it, and one below it or not.
pub(super) fn stands_between(lines: &[Line], at: usize, blank_below: bool) -> bool {
    lines.get(at).is_some_and(|l| l.after_blank) && lines.get(at + 1).is_some_and(|l| l.after_blank == blank_below)
}

/// Whether a title consists of two parts of several letters, as headlines do.
fn has_two_parts(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(a, b)| a.chars().count() >= 4 && b.chars().count() >= 4)
}

fn opens_report(text: &str) -> bool {
    let day =
        text.split_once('日').is_some_and(|(day, _)| day.chars().count() <= 6 && day.contains('月') && day.starts_with(|c: char| c.is_ascii_digit()));
    day || OLD_ISSUES.openings.begin(text)
}

/// Returns the share of the pieces of these lines that precede them in the item.
fn shared<'l>(lines: impl Iterator<Item = &'l Line>, before: &Grams) -> f64 {
    let mut own = Grams::new();
    for line in lines {
        add_grams(&line.text, &mut own);
    }
    if own.is_empty() || before.is_empty() { OTHER_SUBJECT } else { own.intersection(before).count() as f64 / own.len() as f64 }
}

pub(super) fn add_grams(text: &str, to: &mut Grams) {
    let letters: Vec<char> = text.chars().filter(|c| crate::text::normalize::is_letter(*c)).collect();
    to.extend(letters.windows(PIECE).filter_map(|w| <[char; PIECE]>::try_from(w).ok()));
}
