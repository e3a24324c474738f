//! A text in one spelling, with the place of each letter in the original.

use std::ops::Range;

use crate::text::normalize::{fold_width_and_case, is_noise};

/// Half width, lower case, without white space and quotation marks, which editors change freely.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) chars: Vec<char>,
    pub(super) text: String,
    /// Byte of `text` where each letter starts.
    starts: Vec<usize>,
    /// Byte range of each letter in the original.
    origins: Vec<Range<usize>>,
    /// Whether a line ends before the letter.
    breaks: Vec<bool>,
}

impl Folded {
    pub(super) fn new(original: &str) -> Self {
        let mut out = Self::default();
        let mut is_new_line = true;
        for (at, c) in original.char_indices() {
            is_new_line |= c == '\n' || c == '\t';
            if c.is_whitespace() || is_noise(c) || matches!(c, '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』' | '"' | '\'') {
                continue;
            }
            let folded = fold_width_and_case(c);
            out.starts.push(out.text.len());
            out.origins.push(at..at + c.len_utf8());
            out.breaks.push(is_new_line);
            out.text.push(folded);
            out.chars.push(folded);
            is_new_line = false;
        }
        out
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// Returns the letters that a byte range of `text` covers.
    pub(super) fn letters(&self, bytes: Range<usize>) -> Range<usize> {
        self.starts.partition_point(|s| *s < bytes.start)..self.starts.partition_point(|s| *s < bytes.end)
    }

    /// Returns the folded text of letters.
    pub(super) fn part(&self, letters: Range<usize>) -> &str {
        let byte = |at: usize| self.starts.get(at).copied().unwrap_or(self.text.len());
        self.text.get(byte(letters.start)..byte(letters.end)).unwrap_or_default()
    }

    /// Returns the bytes of the original that letters cover.
    pub(super) fn origin(&self, letters: &Range<usize>) -> Range<usize> {
        let start = self.origins.get(letters.start).map_or(0, |o| o.start);
        let end = letters.end.checked_sub(1).and_then(|last| self.origins.get(last)).map_or(start, |o| o.end);
        start..end.max(start)
    }

    pub(super) fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// Whether a clause ends before the letter: after a comma, a stop or a line.
    pub(super) fn starts_clause(&self, at: usize) -> bool {
        self.starts_sentence(at) || at.checked_sub(1).and_then(|b| self.char(b)).is_some_and(|c| matches!(c, ',' | ':' | '、'))
    }

    /// Whether a sentence ends before the letter.
    pub(super) fn starts_sentence(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|b| self.char(b));
        before.is_none_or(ends_sentence) || self.breaks.get(at).copied().unwrap_or(false)
    }

    /// Returns where the clause or sentence starts that holds a letter, at most `most` letters before it.
    pub(super) fn start_of(&self, at: usize, most: usize, is_start: impl Fn(&Self, usize) -> bool) -> usize {
        let lowest = at.saturating_sub(most);
        (lowest..=at).rev().find(|i| is_start(self, *i)).unwrap_or(lowest)
    }
}

/// Whether a letter ends a sentence.
pub(super) fn ends_sentence(c: char) -> bool {
    matches!(c, '。' | '!' | '?' | ';' | '…')
}
