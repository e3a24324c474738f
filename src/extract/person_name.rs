//! Heuristics for names of persons, organisations and placeholders.

use crate::knowledge::{NAMES, OUTLETS};
use crate::text::normalize::is_han;

/// Most names of one article, and most letters of all names.
pub(super) const MAX_PERSONS: usize = 6;
pub(super) const MAX_NAME_CHARS: usize = 60;
pub(super) fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '、' | '，' | ',' | '；' | ';' | '|' | '｜' | '丨' | '/' | '／' | '（' | '）' | '(' | ')' | '[' | ']' | '【' | '】' | '。')
}

/// Returns the persons at the start of a text.
pub(super) fn persons(text: &str) -> Option<String> {
    let mut out: Vec<&str> = Vec::new();
    for token in text.split(is_separator).filter(|t| !t.is_empty()).take(MAX_PERSONS) {
        // a photographer's name is before or behind 摄
        if token.starts_with('摄') || token.ends_with('摄') {
            return None;
        }
        let end = end_of_name(token);
        let name = token.get(..end).unwrap_or_default();
        if !is_person(name) {
            break;
        }
        out.push(name);
        if end < token.len() {
            break;
        }
    }
    (!out.is_empty()).then(|| out.join(" "))
}

/// Returns the end of a name without a blank behind it.
pub(super) fn end_of_name(token: &str) -> usize {
    NAMES.end.find(token).map_or(token.len(), |m| m.start())
}

/// Returns whether a name has two to four letters and begins with a family name, or is a foreign name with its dot.
pub(super) fn is_person(name: &str) -> bool {
    let n = name.chars().count();
    let is_place = n > 2 && NAMES.place_endings.end(name);
    if !name.chars().all(|c| is_han(c) || c == '·')
        || is_place
        || NAMES.other_words.contains(name)
        || NAMES.places.contains(name)
        || is_placeholder(name)
    {
        return false;
    }
    if name.contains('·') {
        (3..=14).contains(&n)
    } else {
        (2..=4).contains(&n) && (name.starts_with(|c| NAMES.surnames.contains(c)) || n > 2 && NAMES.compound_surnames.begin(name))
    }
}

/// Returns whether the ending of a word marks an office or an editorial room.
pub(super) fn is_organisation(word: &str) -> bool {
    word.chars().count() > 2 && (OUTLETS.is_no_person(word) || is_office(word))
}

/// Returns whether the ending of a word marks an office or a place.
pub(super) fn is_office(word: &str) -> bool {
    word.chars().count() > 2 && NAMES.offices.end(word)
}

/// Returns whether a name is an outlet, a body, a program or a placeholder.
pub(super) fn is_placeholder(name: &str) -> bool {
    let lower = name.trim().to_lowercase();
    NAMES.placeholders.contains(&lower) || OUTLETS.is_no_person(name) || NAMES.signs_of_programs.are_in(&lower)
}

/// Returns the Latin names at the start of a text: words with capital initials.
pub(super) fn latin(text: &str) -> Option<String> {
    let found = NAMES.latin.find(text)?.as_str();
    let name = NAMES.behind_latin.replace(found, "");
    let name = name.trim_end_matches([',', ' ']);
    // a single word may be anything
    (name.contains(' ') && (3..=MAX_NAME_CHARS).contains(&name.chars().count()) && !is_placeholder(name)).then(|| name.to_owned())
}
