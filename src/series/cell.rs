//! A cell → a number with its unit.

use crate::knowledge::SERIES;
use crate::series::fold::{MAX_CELL_CHARS, folded};
use crate::series::unit::Unit;

/// Largest number, above which a text of digits is a code.
const MAX_VALUE: f64 = 1e16;
/// Most decimals that are kept; more come from computing.
const MAX_DECIMALS: usize = 4;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Missing,
    Number { value: f64, decimals: u8, unit: Option<Unit> },
    Text,
}

/// Reads a cell.
pub(super) fn read(text: &str) -> Cell {
    if text.len() > MAX_CELL_CHARS * 4 {
        return Cell::Text;
    }
    let text = folded(text);
    if SERIES.missing.contains(&text) {
        return Cell::Missing;
    }
    let text = without_footnote(&text);
    let end = text.char_indices().find(|(_, c)| !matches!(c, '0'..='9' | '.' | ',' | '+' | '-' | 'e')).map_or(text.len(), |(at, _)| at);
    let (number, rest) = text.split_at(end);
    let Some((value, decimals)) = number_of(number) else { return Cell::Text };
    if rest.is_empty() {
        return Cell::Number { value, decimals, unit: None };
    }
    match Unit::parse(rest) {
        Some(unit) => Cell::Number { value, decimals, unit: Some(unit) },
        None => Cell::Text,
    }
}

/// Drops marks of footnotes at the end: 12.3*, 12.3①, 12.3[1], 12.3(注1).
fn without_footnote(text: &str) -> &str {
    let text = text.trim_end_matches(|c| matches!(c, '*' | '†' | '‡' | '#' | '①'..='⑳' | '¹' | '²' | '³'));
    let (Some(open), true) = (text.rfind(['[', '(']), text.ends_with([']', ')'])) else { return text };
    let (before, mark) = text.split_at(open);
    let mark = mark.trim_matches(['[', ']', '(', ')']);
    let is_mark = mark.chars().count() <= 4 && (text.ends_with(']') || mark.starts_with(['注', 'r', 'p', '初', '修', '预'])) && !before.is_empty();
    if is_mark { before } else { text }
}

/// Reads 1,234.5, -0.4, +3 or 1.2e5 with the number of its decimals; refuses what is not finite, too large, or groups figures oddly.
fn number_of(text: &str) -> Option<(f64, u8)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.is_empty() || !unsigned.starts_with(|c: char| c.is_ascii_digit()) || fraction.contains([',', '.']) {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().len();
    let is_grouped = whole.contains(',');
    if is_grouped && (!(1..=3).contains(&first) || groups.any(|g| g.len() != 3)) {
        return None;
    }
    let value: f64 = text.replace(',', "").parse().ok()?;
    let places = fraction.split('e').next().unwrap_or_default().len();
    let decimals = if text.contains('e') { shortest_decimals(value) } else { places };
    (value.is_finite() && value.abs() < MAX_VALUE).then(|| rounded(value, decimals))
}

/// Keeps at most the decimals that a table would print.
fn rounded(value: f64, decimals: usize) -> (f64, u8) {
    if decimals <= MAX_DECIMALS {
        return (value, u8::try_from(decimals).unwrap_or_default());
    }
    let value: f64 = format!("{value:.MAX_DECIMALS$}").parse().unwrap_or(value);
    let decimals = shortest_decimals(value).min(MAX_DECIMALS);
    (value, u8::try_from(decimals).unwrap_or_default())
}

fn shortest_decimals(value: f64) -> usize {
    value.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_tables_write_them() {
        let table = [
            ("1,234.5", 1234.5, 1, None),
            ("１２．３％", 12.3, 1, Some("%")),
            ("−0.4", -0.4, 1, None),
            ("－0.4", -0.4, 1, None),
            ("+3", 3.0, 0, None),
            ("12.30 亿元", 12.3, 2, Some("亿元")),
            ("12.3亿", 12.3, 1, Some("亿")),
            ("5 300 元/吨", 5300.0, 0, Some("元/吨")),
            ("12.3*", 12.3, 1, None),
            ("12.3①", 12.3, 1, None),
            ("12.3[2]", 12.3, 1, None),
            ("12.3（初步）", 12.3, 1, None),
            ("1.5e3", 1500.0, 0, None),
            ("12.299999999999999", 12.3, 1, None),
        ];
        for (text, value, decimals, unit) in table {
            let expected = Cell::Number { value, decimals, unit: unit.and_then(Unit::parse) };
            assert_eq!(read(text), expected, "{text}");
            assert!(unit.is_none() || unit.and_then(Unit::parse).is_some());
        }
    }

    #[test]
    fn other_cells_are_no_numbers() {
        for text in ["", "-", "—", "…", "暂无", "N/A", "NaN", "null"] {
            assert_eq!(read(text), Cell::Missing, "{text}");
        }
        for text in ["1e999", "inf", "12,34", "1,2345", "许昌", "2026年", "1.2.3", "99999999999999999999", "(0.4)", "↓3", "1-2", &"9".repeat(500)]
        {
            assert_eq!(read(text), Cell::Text, "{text}");
        }
    }
}
