//! Figures of a text with their units and the words before them.

use xxhash_rust::xxh3::xxh3_64;

use crate::events::grams::hash;
use crate::knowledge::EVENTS;
use crate::text::normalize::is_letter;

/// Letters before a figure that tell what it measures.
const CONTEXT: usize = 3;
/// Digits from which a figure is unlikely to be shared by chance.
const SPECIFIC_DIGITS: usize = 3;
/// Longest unit in letters.
const LONGEST_UNIT: usize = 2;

/// The figures of a text. Dates are not among them.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    /// Values with their factor and kind (number or per cent), hashed and sorted.
    pub(super) values: Vec<u64>,
    /// Those of at least [`SPECIFIC_DIGITS`] digits.
    pub(super) specific: Vec<u64>,
    /// Hash of the words around a figure, and its value, sorted.
    pub(super) in_context: Vec<(u64, u64)>,
    /// Days of the month that the text names, sorted.
    pub(super) days: Vec<u8>,
}

impl Figures {
    /// Reads folded letters.
    pub(super) fn new(letters: &[char]) -> Self {
        let mut out = Self::default();
        let mut at = 0;
        while at < letters.len() {
            let rest = letters.get(at..).unwrap_or_default();
            if !rest.first().is_some_and(char::is_ascii_digit) {
                at += 1;
                continue;
            }
            let (digits, length) = number(rest);
            let after = rest.get(length..).unwrap_or_default();
            out.add(&digits, letters.get(..at).unwrap_or_default(), after);
            at += length;
        }
        for list in [&mut out.values, &mut out.specific] {
            list.sort_unstable();
            list.dedup();
        }
        out.in_context.sort_unstable();
        out.in_context.dedup();
        out.days.sort_unstable();
        out.days.dedup();
        out
    }

    fn add(&mut self, digits: &str, before: &[char], after: &[char]) {
        match after.first() {
            Some('日' | '号') if after.get(1).is_none_or(|c| !matches!(c, '均' | '线')) => {
                self.days.extend(digits.parse::<u8>().ok().filter(|d| (1..=31).contains(d)));
                return;
            }
            Some('年' | '月') => return,
            _ => {}
        }
        let (factor, unit) = unit(after);
        let Some(value) = digits.parse::<f64>().ok().map(|v| v * factor) else { return };
        let key = key(value, unit);
        self.values.push(key);
        if digits.chars().filter(char::is_ascii_digit).collect::<String>().trim_matches('0').len() >= SPECIFIC_DIGITS {
            self.specific.push(key);
        }
        let words: Vec<char> = before.iter().rev().take(8).filter(|c| is_letter(**c) && !c.is_ascii_digit()).take(CONTEXT).copied().collect();
        if words.len() > 1 {
            self.in_context.push((hash(&[words.as_slice(), &[unit]].concat()), key));
        }
    }

    /// Returns how many contexts of both texts have the same figure, and how many different ones.
    pub(super) fn agreement(&self, other: &Self) -> (usize, usize) {
        let (mut agree, mut differ) = (0, 0);
        for group in self.in_context.chunk_by(|a, b| a.0 == b.0) {
            let Some((context, _)) = group.first() else { continue };
            let from = other.in_context.partition_point(|(c, _)| c < context);
            let theirs = other.in_context.get(from..).unwrap_or_default().iter().take_while(|(c, _)| c == context);
            let theirs: Vec<u64> = theirs.map(|(_, value)| *value).collect();
            if theirs.is_empty() {
                continue;
            }
            if group.iter().any(|(_, value)| theirs.contains(value)) {
                agree += 1;
            } else {
                differ += 1;
            }
        }
        (agree, differ)
    }
}

/// Returns the key of a figure. It has four digits: 1.2亿 is also told as 11,998万.
pub(super) fn key(value: f64, unit: char) -> u64 {
    xxh3_64(format!("{}{value:.3e}", if unit == '%' { "%" } else { "" }).as_bytes())
}

/// Share by which a round figure may differ, and an exact one: 1.2亿 is also told as 11,998万.
const ROUND: f64 = 0.15;
const EXACT: f64 = 0.005;

/// Whether two values are told of one thing.
pub(super) fn same_value(a: f64, b: f64, is_round: bool) -> bool {
    (a - b).abs() <= a.abs().max(b.abs()) * if is_round { ROUND } else { EXACT }
}

/// Returns the value of a figure with its unit, and the first letter of the unit after the factor.
pub(super) fn number_and_unit(written: &str) -> Option<(f64, char)> {
    let letters: Vec<char> = written.chars().collect();
    let (digits, length) = number(&letters);
    let (factor, unit) = unit(letters.get(length..).unwrap_or_default());
    Some((digits.parse::<f64>().ok()? * factor, unit))
}

/// Returns a number's digits, without separators of thousands, and its length in letters.
fn number(letters: &[char]) -> (String, usize) {
    let (mut digits, mut length) = (String::new(), 0);
    let is_digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let groups_thousands = |at: usize| (1..=3).all(|n| is_digit(at + n)) && !is_digit(at + 4);
    while let Some(c) = letters.get(length) {
        match c {
            '0'..='9' => digits.push(*c),
            '.' if is_digit(length + 1) && !digits.contains('.') => digits.push('.'),
            ',' if groups_thousands(length) => {}
            _ => break,
        }
        length += 1;
    }
    (digits, length)
}

/// Returns the factor of a unit and its first letter after the factor.
fn unit(after: &[char]) -> (f64, char) {
    for length in (1..=LONGEST_UNIT).rev() {
        let word: String = after.iter().take(length).collect();
        if let Some(factor) = EVENTS.factors.get(&word) {
            return (*factor, after.get(length).copied().unwrap_or(' '));
        }
    }
    (1.0, after.first().copied().unwrap_or(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(text: &str) -> Figures {
        Figures::new(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn figures_have_units() {
        let same = |a: &str, b: &str| figures(a).values == figures(b).values;
        assert!(same("1.5万亿元", "15,000亿元") && same("12,000辆", "1.2万辆") && same("3.10%", "3.1%"));
        assert!(!same("3%", "3倍") && !same("1.5", "1.6"));
        assert!(figures("2026年11月").values.is_empty());
        assert_eq!(figures("11月24日至25日，5日均线").days, [24, 25]);
        assert_eq!(figures("同比增长12.5%，共30家").specific.len(), 1);
        assert!(figures("。").values.is_empty() && figures("1.").values.len() == 1 && figures("99999999999999999999999").values.len() == 1);
    }

    #[test]
    fn the_same_words_have_the_same_or_another_figure() {
        let (march, april) = (figures("发电增长3.1%，进口减少5%"), figures("发电增长3.1%，进口减少6%"));
        assert_eq!(march.agreement(&april), (1, 1));
        assert_eq!(march.agreement(&figures("降水")), (0, 0));
    }
}
