//! The sums and figures that reports of an event tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::knowledge::EVENTS;
use crate::text::normalize::fold_width_and_case;

/// Bytes read of each text.
const READ: usize = 8_000;

/// What is known of a figure.
#[derive(Default)]
struct Told {
    texts: usize,
    /// Where the first text tells it.
    first: usize,
    /// The words before it, and how many texts have them.
    what: BTreeMap<String, usize>,
}

/// Returns figures with their unit and the word before them, and how many texts tell each; the most told first. Each figure is returned
/// once, with the word that most texts have.
pub fn amounts<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> Vec<(String, usize)> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for text in texts {
        let end = text.floor_char_boundary(READ);
        let text: String = text.get(..end).unwrap_or(text).chars().map(fold_width_and_case).collect();
        let mut here: BTreeMap<String, (usize, BTreeSet<&str>)> = BTreeMap::new();
        for c in EVENTS.amount.captures_iter(&text) {
            let Some(number) = c.name("n") else { continue };
            let known = here.entry(number.as_str().replace(',', "")).or_insert_with(|| (number.start(), BTreeSet::new()));
            known.1.extend(c.name("what").map(|w| w.as_str()));
        }
        for (number, (at, what)) in here {
            let known = told.entry(number).or_insert_with(|| Told { first: at, ..Told::default() });
            known.texts += 1;
            for word in what {
                *known.what.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    let mut out: Vec<(String, Told)> = told.into_iter().collect();
    // of equals the one that a text tells first
    out.sort_by(|a, b| b.1.texts.cmp(&a.1.texts).then(a.1.first.cmp(&b.1.first)).then(a.0.cmp(&b.0)));
    let named = |(number, told): (String, Told)| {
        let what = told.what.into_iter().max_by_key(|(_, texts)| *texts).map(|(word, _)| word).unwrap_or_default();
        (format!("{what}{number}"), told.texts)
    };
    out.into_iter().take(most).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_told_by_most_come_first() {
        let texts = ["总投资12.5亿元，年产5万吨，11月24日开工，签约3.2亿元。", "项目总投资12.5亿元，投资达12.5亿元，产能5万吨，死亡，4人受伤。"];
        let found = amounts(texts.into_iter(), 9);
        let found: Vec<(&str, usize)> = found.iter().map(|(a, n)| (a.as_str(), *n)).collect();
        assert_eq!(found, [("总投资12.5亿元", 2), ("年产5万吨", 2), ("签约3.2亿元", 1), ("4人", 1)]);
        assert!(amounts(std::iter::empty(), 3).is_empty());
    }
}
