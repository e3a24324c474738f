//! One spelling for comparison: full width, upper case and blanks do not matter. Each byte remembers where it came from.

use crate::text::normalize::{fold_width_and_case, is_noise};

/// A folded text.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) text: String,
    /// For each byte of the text, the offset of its character in the original.
    origin: Vec<u32>,
}

impl Folded {
    /// Folds at most `max_bytes` of a text.
    pub(super) fn new(original: &str, max_bytes: usize) -> Self {
        let mut out = Self { text: String::with_capacity(original.len().min(max_bytes)), origin: Vec::with_capacity(original.len().min(max_bytes)) };
        let mut has_gap = false;
        for (at, c) in original.char_indices().take_while(|(at, _)| *at < max_bytes) {
            if c == '\n' {
                // paragraphs stay apart: no word goes from one into the next
                out.push('\n', at);
            } else if c.is_whitespace() {
                has_gap = true;
                continue;
            } else if is_noise(c) {
                continue;
            } else {
                let c = fold_width_and_case(c);
                // between Han characters a blank says nothing; Latin words need it
                if has_gap && c.is_ascii_alphanumeric() && out.text.ends_with(|l: char| l.is_ascii_alphanumeric()) {
                    out.push(' ', at);
                }
                out.push(c, at);
            }
            has_gap = false;
        }
        out
    }

    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.origin.resize(self.text.len(), at);
    }

    /// Returns the part of the original that a part of the folded text came from.
    pub(super) fn original_range(&self, original: &str, start: usize, end: usize) -> (usize, usize) {
        let at = |i: usize| self.origin.get(i).map_or(original.len(), |o| *o as usize);
        let last = at(end.saturating_sub(1));
        let width = original.get(last..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
        (at(start), (last + width).min(original.len()))
    }
}

/// Returns the folded form of a word.
pub(super) fn fold(word: &str) -> String {
    Folded::new(word, usize::MAX).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_blanks_between_han_do_not_matter() {
        for (text, folded) in [
            ("固态 电池", "固态电池"),
            ("ＡＩ　ＰＣ", "ai pc"),
            ("Solid \u{a0} State", "solid state"),
            ("许\u{200b}昌\n市", "许昌\n市"),
            ("5G 手机", "5g手机"),
            (" ", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_place_in_the_folded_text_leads_back() {
        let original = "在许 昌，ＡＩ　pc 来了";
        let folded = Folded::new(original, usize::MAX);
        for (word, expected) in [("许昌", "许 昌"), ("ai pc", "ＡＩ　pc"), ("了", "了")] {
            let start = folded.text.find(word).unwrap();
            let (from, to) = folded.original_range(original, start, start + word.len());
            assert_eq!(&original[from..to], expected);
        }
    }
}
