//! The sums and figures that reports of an event tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::knowledge::EVENTS;
use crate::text::normalize::fold_width_and_case;

/// Bytes read of each text.
const READ: usize = 8_000;

/// Returns figures with their unit and the words before them, and how many texts tell each; the most told first.
pub fn amounts<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> Vec<(String, usize)> {
    let mut told: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for text in texts {
        let end = text.floor_char_boundary(READ);
        let text: String = text.get(..end).unwrap_or(text).chars().map(fold_width_and_case).collect();
        let found: BTreeSet<(&str, usize)> = EVENTS.amount.find_iter(&text).map(|m| (m.as_str(), m.start())).collect();
        let mut here = BTreeSet::new();
        for (amount, at) in found {
            if here.insert(amount) {
                let known = told.entry(amount.to_owned()).or_insert((0, at));
                known.0 += 1;
                known.1 = known.1.min(at);
            }
        }
    }
    let mut out: Vec<(String, (usize, usize))> = told.into_iter().collect();
    // of equals the one that a text tells first
    out.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.1.1.cmp(&b.1.1)).then(a.0.cmp(&b.0)));
    out.into_iter().take(most).map(|(amount, (texts, _))| (amount, texts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_told_by_most_come_first() {
        let texts = ["总投资12.5亿元，年产5万吨，11月24日开工。", "项目总投资12.5亿元，同比增长3.1%。"];
        let found = amounts(texts.into_iter(), 3);
        assert_eq!(found.first().map(|(a, n)| (a.as_str(), *n)), Some(("总投资12.5亿元", 2)));
        assert!(found.iter().all(|(a, _)| !a.contains("24")));
        assert!(amounts(std::iter::empty(), 3).is_empty());
    }
}
