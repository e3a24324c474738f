//! Figures of one measure, subject and period that two items of an issue tell differently.
//!
//! Strict on purpose: what is not plainly the same measure of the same subject is not compared.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::evidence::article::Facts;
use crate::evidence::days::{Day, Part};
use crate::evidence::figures::{Exactness, Figure};
use crate::evidence::folded::Folded;
use crate::evidence::names::names;
use crate::evidence::statements::sentences;
use crate::knowledge::EVIDENCE;
use crate::text::normalize::is_han;

/// Letters of a measure's name that two items need in common.
const MEASURE_LETTERS: usize = 4;
/// Most figures that are compared of one item.
const MAX_FIGURES: usize = 40;

/// A figure with what it measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The words before the figure: 营业收入.
    what: String,
    /// Whether an event has one such figure, in whatever period: 总投资.
    is_once: bool,
    /// Names in the sentence before the figure.
    subjects: BTreeSet<String>,
    /// Years, months and quarters in the sentence before the figure.
    periods: BTreeSet<(Option<i32>, Option<u32>, Option<Part>)>,
    /// Letter pairs of the sentence before the measure, which tell of what it is.
    pairs: BTreeSet<(char, char)>,
    figure: Figure,
    /// As the item writes it.
    written: String,
}

/// A figure that another item tells differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    pub what: String,
    pub mine: String,
    pub theirs: String,
}

/// Returns the figures of an item that may be compared with those of another.
pub fn measured(text: &str, published: Option<NaiveDate>) -> Vec<Measured> {
    let mut out: Vec<Measured> = Vec::new();
    for range in sentences(text) {
        let sentence = Folded::new(text.get(range).unwrap_or_default());
        let facts = Facts::of_sentence(&sentence, published);
        let all = names(&sentence, &(0..sentence.len()));
        for figure in facts.figures.iter().filter(|f| f.exactness == Exactness::Exact && !f.unit.is_empty() && f.unit != "%" && f.unit != "百分点")
        {
            let Some((start, what, is_once)) = measure(&sentence, figure.letters.start) else { continue };
            let subjects = all.iter().filter(|n| n.end <= start).map(|n| sentence.part(n.clone()).to_owned()).collect();
            let periods = facts.days.iter().filter(|d| d.letters.end <= figure.letters.start).map(Day::period).collect();
            let letters = sentence.chars.get(..start).unwrap_or_default();
            let pairs = letters.windows(2).filter_map(|w| Some((*w.first()?, *w.get(1)?))).filter(|(a, b)| is_han(*a) && is_han(*b)).collect();
            out.push(Measured {
                pairs,
                what,
                is_once,
                subjects,
                periods,
                figure: figure.clone(),
                written: sentence.part(figure.letters.clone()).to_owned(),
            });
        }
    }
    out.truncate(MAX_FIGURES);
    out
}

/// Returns where the name of a measure starts, the name, and whether an event has it once. 达, 为 and 约 before the figure are no part of it.
fn measure(sentence: &Folded, end: usize) -> Option<(usize, String, bool)> {
    let before = sentence.part(end.saturating_sub(3 * MEASURE_LETTERS)..end);
    let what = before.trim_end_matches(|c| EVIDENCE.across.links.contains(c));
    let end = end - (before.chars().count() - what.chars().count());
    if let Some(word) = EVIDENCE.across.once.iter().filter(|w| what.ends_with(w)).max_by_key(|w| w.len()) {
        return Some((end - word.chars().count(), word.to_owned(), true));
    }
    let letters: Vec<char> = what.chars().rev().take(MEASURE_LETTERS).take_while(|c| is_han(*c)).collect();
    (letters.len() == MEASURE_LETTERS).then(|| (end - letters.len(), letters.into_iter().rev().collect(), false))
}

/// Returns the first figure that two items tell differently.
pub fn clash(mine: &[Measured], theirs: &[Measured]) -> Option<Clash> {
    mine.iter().find_map(|m| {
        let t = only(theirs, m)?;
        only(mine, m)?;
        let rounded = |a: &Figure, b: &Figure| a.is_rounded_from(b) || b.is_rounded_from(a);
        let differs = !m.figure.equals(&t.figure) && !rounded(&m.figure, &t.figure);
        differs.then(|| Clash { what: m.what.clone(), mine: m.written.clone(), theirs: t.written.clone() })
    })
}

/// Returns an item's figure of the same measure, if it gives one value only.
fn only<'a>(all: &'a [Measured], like: &Measured) -> Option<&'a Measured> {
    let mut same = all.iter().filter(|m| m.is_like(like));
    let first = same.next()?;
    same.all(|m| m.figure.equals(&first.figure)).then_some(first)
}

impl Measured {
    /// Whether the sentences are about one thing: two firms of one city are not.
    fn is_of_the_same(&self, other: &Self) -> bool {
        let common = self.pairs.intersection(&other.pairs).count();
        2 * common >= self.pairs.len().max(other.pairs.len())
    }

    /// Whether both are the same measure of the same subject and period.
    fn is_like(&self, other: &Self) -> bool {
        (self.is_once || !self.periods.is_empty())
            && self.what == other.what
            && self.figure.unit == other.figure.unit
            && !self.subjects.is_empty()
            && self.subjects == other.subjects
            && self.is_of_the_same(other)
            && (self.is_once || self.periods == other.periods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_measure_of_the_same_subject_and_period_is_compared() {
        let published = NaiveDate::from_ymd_opt(2026, 12, 1);
        let of = |a: &str, b: &str| clash(&measured(a, published), &measured(b, published)).map(|c| (c.mine, c.theirs));
        let told = Some(("12.3亿元".to_owned(), "13.2亿元".to_owned()));
        assert_eq!(of("云鹭电气许昌项目总投资12.3亿元。", "云鹭电气许昌项目总投资13.2亿元，明年投产。"), told);
        assert_eq!(of("前三季度，许昌市一般公共预算收入12.3亿元。", "许昌市前三季度一般公共预算收入达13.2亿元。"), told);
        for (a, b) in [
            ("云鹭电气许昌项目总投资12.3亿元。", "北岭重工许昌项目总投资13.2亿元。"),
            ("云鹭电气许昌项目总投资12.3亿元。", "云鹭电气许昌项目总投资123000万元。"),
            ("云鹭电气许昌项目总投资12.3亿元。", "云鹭电气许昌项目总投资12亿元。"),
            ("云鹭电气许昌项目总投资12.3亿元。", "云鹭电气许昌项目总投资约13亿元。"),
            ("前三季度，许昌市一般公共预算收入12.3亿元。", "上半年，许昌市一般公共预算收入8.1亿元。"),
            ("许昌市一般公共预算收入12.3亿元。", "许昌市一般公共预算收入13.2亿元。"),
            ("前三季度，许昌市营业收入增长12.3%。", "前三季度，许昌市营业收入增长13.2%。"),
        ] {
            assert_eq!(of(a, b), None, "{a} {b}");
        }
    }
}
