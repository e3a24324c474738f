//! The words of a text as names of organisations need them: endings whole, and places where they are words.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::knowledge::CLASSIFY;
use crate::knowledge::gazetteer::{is_place, is_short_of_county};
use crate::text::normalize::is_han;
use crate::text::segment::{Segmented, part_of_speech};

/// Most words that make up the ending of a company's name: 有限|责任|公司.
const MAX_ENDING: usize = 3;

/// Words that are never part of a name.
static STOPS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| CLASSIFY.organisation.before_names.iter().chain(CLASSIFY.organisation.stops.iter()).collect());
/// Words that tell a business or a kind, and name nothing alone.
pub(super) static BUSINESS: LazyLock<HashSet<&str>> = LazyLock::new(|| CLASSIFY.organisation.business.iter().collect());
/// Words that stop a name only if what follows is a name already: 投资 in 投资成都云鹭新材料有限公司 and in 云鹭投资有限公司.
pub(super) static SOFT_STOPS: LazyLock<HashSet<&str>> = LazyLock::new(|| CLASSIFY.organisation.soft_stops.iter().collect());

/// Returns the words of the first `bytes` of a text, in order.
pub(super) fn tokens(words: &Segmented, bytes: usize) -> Vec<Token<'_>> {
    let text = words.text();
    let mut out: Vec<Token<'_>> = Vec::new();
    let mut start = 0;
    for word in words.tokens(bytes) {
        let token = Token { word, start };
        start = token.end();
        match (before_its_ending(word), out.last().copied().and_then(|last| place_across(text, last, token))) {
            (Some(field), _) => out.extend(token.split(field)),
            (None, Some([place, rest])) => {
                out.pop();
                out.extend([place, rest]);
            }
            (None, None) => out.push(token),
        }
        join_ending(text, &mut out);
    }
    out
}

/// Joins the last words if together they end the name of a company: 有限|责任|公司.
fn join_ending<'a>(text: &'a str, out: &mut Vec<Token<'a>>) {
    for n in 2..=MAX_ENDING {
        let Some(first) = out.len().checked_sub(n).and_then(|i| out.get(i)).copied() else { return };
        let Some(whole) = out.last().and_then(|last| text.get(first.start..last.end())) else { return };
        if CLASSIFY.organisation.companies.contains(whole) && !CLASSIFY.organisation.parts.contains(first.word) {
            out.truncate(out.len() - n);
            out.push(Token { start: first.start, word: whole });
            return;
        }
    }
}

/// Returns the length of a dictionary word without its ending: 华为技术 in 华为技术有限公司, 农业 in 农业大学.
fn before_its_ending(word: &str) -> Option<usize> {
    let known = &CLASSIFY.organisation;
    let is_long = |rest: &&str| rest.chars().nth(1).is_some();
    if known.companies.contains(word) {
        return None;
    }
    if let Some(firm) = known.companies.iter().find_map(|e| word.strip_suffix(e)).filter(is_long) {
        return Some(firm.len());
    }
    let field = known.bodies.iter().find_map(|e| word.strip_suffix(e)).filter(is_long)?;
    (BUSINESS.contains(field) && field != "中国" || is_place(field)).then_some(field.len())
}

/// Returns the place that the segmenter parted: 德阳|宁 for 新|乡宁.
fn place_across<'a>(text: &'a str, last: Token<'a>, token: Token<'a>) -> Option<[Token<'a>; 2]> {
    let middle = token.start + token.word.chars().next()?.len_utf8();
    let place = text.get(last.start..middle)?;
    let rest = text.get(middle..token.end()).filter(|r| !r.is_empty())?;
    let parts = last.is_single() && !last.stops() && is_short_of_county(token.word) && is_place(place) && !is_short_of_county(place);
    parts.then_some([Token { start: last.start, word: place }, Token { start: middle, word: rest }])
}

/// Whether a word tells a business or a kind: 医药, and 生物医药 of two of them.
pub(super) fn is_business(word: &str) -> bool {
    let parts = || {
        word.char_indices()
            .skip(2)
            .filter_map(|(i, _)| word.split_at_checked(i))
            .any(|(a, b)| BUSINESS.contains(a) && BUSINESS.contains(b) && b.chars().nth(1).is_some())
    };
    BUSINESS.contains(word) || parts()
}

#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) word: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    fn split(self, at: usize) -> impl Iterator<Item = Self> {
        let parts = self.word.split_at_checked(at).map(|(a, b)| [Self { word: a, ..self }, Self { start: self.start + at, word: b }]);
        parts.into_iter().flatten()
    }

    pub(super) fn end(self) -> usize {
        self.start + self.word.len()
    }

    pub(super) fn is_place(self) -> bool {
        is_place(self.word) || CLASSIFY.organisation.countries.contains(self.word)
    }

    pub(super) fn is_name_like(self) -> bool {
        self.word.chars().all(|c| is_han(c) || c.is_ascii_alphanumeric() || matches!(c, '·' | '&'))
    }

    pub(super) fn is_single(self) -> bool {
        self.word.chars().nth(1).is_none()
    }

    /// Whether it is a single letter that joins or precedes words, but also begins names: 和 in 和利时, 有 in 有赞.
    pub(super) fn can_join(self) -> bool {
        CLASSIFY.organisation.inside.contains(self.word)
    }

    /// Whether no name contains this word, whatever follows.
    pub(super) fn stops(self) -> bool {
        let by_tag = || {
            !self.is_single()
                && part_of_speech(self.word).is_some_and(|tag| matches!(tag, "p" | "c" | "r" | "t" | "y" | "e" | "mq") || tag.starts_with('u'))
        };
        let counts =
            || self.word.chars().nth(1).is_some() && self.word.starts_with(['一', '两', '几', '数', '多']) && part_of_speech(self.word) == Some("m");
        let is_code = || self.word.len() >= 4 && self.word.chars().all(|c| c.is_ascii_digit());
        STOPS.contains(self.word) || by_tag() || counts() || is_code()
    }

    /// Whether it stops a name if what follows is one already.
    pub(super) fn stops_softly(self) -> bool {
        SOFT_STOPS.contains(self.word) || !self.is_single() && !self.is_place() && matches!(part_of_speech(self.word), Some("v" | "vn" | "vd" | "d"))
    }
}
