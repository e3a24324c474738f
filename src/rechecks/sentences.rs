//! A text → its sentences, and the keys by which two versions are compared.

use crate::knowledge::RECHECKS;
use crate::text::normalize::{fold_width_and_case, is_letter};

/// A sentence as written, and its key: without counters, punctuation and letters that mean nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence<'a> {
    pub(super) text: &'a str,
    pub(super) key: String,
}

/// Cuts a text into sentences, without the lines that belong to its page.
pub(super) fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let whole = text.len();
    let (mut out, mut at) = (Vec::new(), 0);
    for line in text.split('\n') {
        let folded = folded(line);
        // links to other articles stand at the end
        if at * 2 > whole && RECHECKS.closing.is_match(&folded) {
            break;
        }
        at += line.len() + 1;
        if !RECHECKS.lines.is_match(&folded) {
            let cut = line.split_inclusive(['。', '！', '？', '!', '?', '；', ';']).map(str::trim);
            out.extend(cut.map(|text| Sentence { text, key: key(text) }).filter(|s| !s.key.is_empty()));
        }
    }
    out
}

/// Returns the key of a headline, without marks and the site's name.
pub(super) fn headline_key(title: &str) -> String {
    key(&RECHECKS.headline_marks.replace_all(&folded(title), ""))
}

/// Folds a text: half width, lower case, without blanks.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(fold_width_and_case).filter(|c| !c.is_whitespace()).collect()
}

/// Returns what must be equal of two sentences that say the same.
fn key(text: &str) -> String {
    let folded = folded(text);
    let masked = RECHECKS.counters.replace_all(&folded, "");
    let letters: Vec<char> = masked.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|i| letters.get(i)).is_some_and(char::is_ascii_digit);
    let keeps = |&(i, c): &(usize, &char)| match *c {
        '%' | '‰' => true,
        // 3.5 is not 35
        '.' => digit(i.checked_sub(1)) && digit(Some(i + 1)),
        // -3.2% is not 3.2%, but 2024-2026 is 2024—2026
        '-' => digit(Some(i + 1)) && i.checked_sub(1).and_then(|b| letters.get(b)).is_none_or(|b| !is_letter(*b)),
        c => is_letter(c) && !RECHECKS.minor_letters.contains(c),
    };
    letters.iter().enumerate().filter(keeps).map(|(_, c)| *c).collect()
}

/// Returns the figures of a key, in order.
pub(super) fn figures(key: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut within = false;
    for c in key.chars() {
        let part = c.is_ascii_digit() || matches!(c, '.' | '-') || (within && matches!(c, '%' | '‰' | '万' | '亿'));
        match out.last_mut().filter(|_| within) {
            Some(figure) if part => figure.push(c),
            _ if part => out.push(c.to_string()),
            _ => {}
        }
        within = part;
    }
    out
}
