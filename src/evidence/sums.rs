//! Sums that are not the sum of their stated parts: 进出口 12亿元，其中出口 8亿元，进口 3亿元.
//!
//! Only measures whose parts are known to be all parts are added up.

use std::ops::Range;

use chrono::NaiveDate;

use crate::evidence::article::Facts;
use crate::evidence::figures::{Exactness, Figure};
use crate::evidence::folded::Folded;
use crate::evidence::statements::sentences;
use crate::knowledge::EVIDENCE;
use crate::text::normalize::is_han;

/// Letters before a figure in which its measure is looked for.
const MEASURE_LETTERS: usize = 10;

/// A sum that its parts do not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSum {
    /// The sum and its parts as the text writes them: 进出口 12亿元.
    pub total: String,
    pub parts: Vec<String>,
}

impl WrongSum {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> String {
        format!("{}，不等于{}之和", self.total, self.parts.join("、"))
    }
}

/// Returns the sums of a text that are not the sum of their parts.
pub fn wrong_sums(text: &str, published: Option<NaiveDate>) -> Vec<WrongSum> {
    sentences(text).into_iter().filter_map(|range| wrong_sum(&Folded::new(text.get(range)?), published)).collect()
}

fn wrong_sum(sentence: &Folded, published: Option<NaiveDate>) -> Option<WrongSum> {
    let figures = Facts::of_sentence(sentence, published).figures;
    let written = |name: &str, f: &Figure| format!("{name} {}", sentence.part(f.letters.clone()));
    EVIDENCE.across.sums.iter().find_map(|(total, parts)| {
        let whole = figures.iter().find(|f| measures(sentence, &f.letters, total, false))?;
        let mut sum = (0.0, whole.step());
        let mut said = Vec::new();
        for part in parts {
            let mut all = figures.iter().filter(|f| f.letters.start > whole.letters.end && measures(sentence, &f.letters, part, true));
            let figure = all.next().filter(|f| f.unit == whole.unit && f.exactness == Exactness::Exact)?;
            if all.next().is_some() {
                return None;
            }
            sum = (sum.0 + figure.value, sum.1 + figure.step());
            said.push(written(part, figure));
        }
        // each figure may be rounded
        let differs = whole.exactness == Exactness::Exact && !whole.unit.is_empty() && (whole.value - sum.0).abs() > sum.1;
        differs.then(|| WrongSum { total: written(total, whole), parts: said })
    })
}

/// Whether a figure gives a measure. `is_alone`: no word precedes it, unlike 机电产品出口.
fn measures(sentence: &Folded, figure: &Range<usize>, name: &str, is_alone: bool) -> bool {
    let before = sentence.part(figure.start.saturating_sub(MEASURE_LETTERS)..figure.start);
    let what = before.trim_end_matches(|c| EVIDENCE.across.links.contains(c) || EVIDENCE.across.amounts.contains(c));
    let Some(rest) = what.strip_suffix(name) else { return false };
    !is_alone || rest.ends_with("其中") || !rest.ends_with(is_han)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_its_parts_do_not_give_is_told() {
        let of = |text: &str| wrong_sums(text, None).into_iter().map(|s| s.chinese()).collect::<Vec<_>>();
        let wrong = "前三季度，全市进出口总值123.4亿元，增长3%，其中出口80.1亿元，进口53.3亿元。";
        assert_eq!(of(wrong), ["进出口 123.4亿元，不等于出口 80.1亿元、进口 53.3亿元之和"]);
        for right in [
            "前三季度，全市进出口总值133.4亿元，其中出口80.1亿元，进口53.3亿元。",
            "全市进出口总值133亿元，其中出口80.1亿元，进口53.3亿元。",
            "全市进出口总值123.4亿元，其中机电产品出口80.1亿元，进口53.3亿元。",
            "全市进出口总值123.4亿元，其中出口80.1亿元。",
            "全市进出口约123亿元，其中出口80.1亿元，进口53.3亿元。",
        ] {
            assert_eq!(of(right), Vec::<String>::new(), "{right}");
        }
    }
}
