//! Word features of a block: its text, its class and id. Used by `block_features`.

use crate::extract::blocks::Block;
use crate::html::Tag;
use crate::knowledge::BOILERPLATE;
use crate::text::normalize::is_han;

/// Returns whether a word is frequent in running English text.
fn is_stop_word(word: &str) -> bool {
    let first = matches!(word, "the" | "of" | "and" | "to" | "a" | "in" | "is" | "that" | "for" | "it" | "was" | "on" | "with" | "as");
    first || matches!(word, "he" | "his" | "be" | "at" | "i" | "have" | "are" | "this" | "by" | "but" | "not" | "from" | "they" | "you")
}

/// Returns the groups of a class or id, as bits.
pub(super) fn class_groups(names: &str) -> u32 {
    BOILERPLATE.block.classes.matches(names).iter().fold(0, |bits, g| bits | 1 << g)
}

/// Returns whether a line mentions licences, dates, bylines, buttons.
pub(super) fn furniture(line: &str) -> [bool; 4] {
    // most lines match none, and `is_match` is faster than `matches`
    let set = &BOILERPLATE.block.texts;
    if !set.is_match(line) {
        return [false; 4];
    }
    let found = set.matches(line);
    std::array::from_fn(|i| found.matched(i))
}

/// Returns a code for the element kind; higher codes are likelier to contain article text.
pub(super) fn tag_code(tag: Option<Tag>) -> f32 {
    use Tag::*;
    match tag {
        Some(P) => 9.0,
        Some(Blockquote | Pre) => 8.0,
        Some(H2 | H3 | H4 | H5 | H6) => 7.0,
        Some(H1) => 6.0,
        Some(Section | Article | Main) => 5.0,
        Some(Div) => 4.0,
        Some(Td | Th | Tr) => 3.0,
        Some(Li | Ul | Ol) => 2.0,
        Some(Dd | Dt) => 1.0,
        _ => 0.0,
    }
}

/// Adds the features of the text alone.
pub(super) fn text_figures(b: &Block, f: &mut Vec<f32>) {
    let (mut digits, mut upper, mut han, mut blanks, mut signs) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for c in b.text.chars() {
        match c {
            '0'..='9' => digits += 1,
            'A'..='Z' => upper += 1,
            ' ' => blanks += 1,
            '|' | '>' | '»' | '/' | '·' | '_' | '[' | '【' => signs += 1,
            _ if is_han(c) => han += 1,
            _ => {}
        }
    }
    let s = b.stats;
    let letters = s.letters.max(1) as f32;
    let stops = if blanks > 2 && b.text.len() < 4_000 { b.text.split(' ').filter(|w| is_stop_word(w)).count() } else { 0 };
    let last = b.text.trim_end_matches(['”', '"', '’', ')', '）', '\'']).chars().next_back();
    f.extend([
        (1.0 + s.letters as f32).ln(),
        (1.0 + blanks as f32).ln(),
        (1.0 + s.marks as f32).ln(),
        s.marks as f32 / letters,
        s.linked as f32 / letters,
        b.links.min(20) as f32,
        digits as f32 / letters,
        upper as f32 / letters,
        han as f32 / letters,
        stops as f32 / (1 + blanks) as f32,
        signs as f32 / letters,
        f32::from(u8::from(last.is_some_and(|c| matches!(c, '。' | '！' | '？' | '.' | '!' | '?' | '…' | '；')))),
        b.bold as f32 / letters,
    ]);
}
