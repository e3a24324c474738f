//! What two reports of one event both say, and where their figures contradict each other.

use std::collections::BTreeSet;

use crate::events::facts;
use crate::events::figures::{number_and_unit, same_value};
use crate::events::letters::folded;
use crate::knowledge::{EVENTS, GRADES};

/// Letters read of a report.
const LETTERS: usize = 3_000;

/// The facts of a report.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    figures: BTreeSet<u64>,
    /// Those of several digits.
    specific: BTreeSet<u64>,
    names: BTreeSet<u64>,
    acts: BTreeSet<usize>,
    measured: Vec<Measured>,
}

/// A figure of which an event has one: 总投资12.5亿元.
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    /// What it measures: 投资.
    what: String,
    unit: char,
    value: f64,
    is_round: bool,
    /// As the report writes it.
    written: String,
}

/// How many facts two reports share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared {
    pub figures: usize,
    /// Of these, figures of several digits.
    pub specific: usize,
    pub names: usize,
    pub acts: usize,
}

/// A figure that two reports tell differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// What both measure: 投资.
    pub what: String,
    pub mine: String,
    pub theirs: String,
}

impl Facts {
    /// Reads a report.
    pub fn new(title: &str, text: &str) -> Self {
        let text: String = folded(title).chain(std::iter::once('。')).chain(folded(text)).take(LETTERS).collect();
        let clauses: Vec<&str> = facts::clauses(&text).filter(|clause| !facts::is_empty(clause)).collect();
        Self {
            figures: facts::figures(&text).into_iter().collect(),
            specific: facts::specific_figures(&text).into_iter().collect(),
            names: clauses.iter().flat_map(|clause| facts::names(clause)).collect(),
            acts: clauses.iter().flat_map(|clause| facts::acts(clause)).filter(|act| !act.is_supposed).map(|act| act.kind).collect(),
            measured: measured(&text),
        }
    }

    /// Returns how many facts both reports tell.
    pub fn shared(&self, other: &Self) -> Shared {
        Shared {
            figures: self.figures.intersection(&other.figures).count(),
            specific: self.specific.intersection(&other.specific).count(),
            names: self.names.intersection(&other.names).count(),
            acts: self.acts.intersection(&other.acts).count(),
        }
    }

    /// Returns how many figures of a report the other one lacks.
    pub fn own_figures(&self, other: &Self) -> usize {
        self.figures.difference(&other.figures).count()
    }

    /// Returns the first figure that both give, and differently. A measure that a report gives twice, with two values, says nothing.
    pub fn contradiction(&self, other: &Self) -> Option<Contradiction> {
        self.measured.iter().find_map(|mine| {
            let theirs = other.only(&mine.what, mine.unit)?;
            let is_one = self.only(&mine.what, mine.unit).is_some();
            let differs = is_one && !same_value(mine.value, theirs.value, mine.is_round || theirs.is_round);
            differs.then(|| Contradiction { what: mine.what.clone(), mine: mine.written.clone(), theirs: theirs.written.clone() })
        })
    }

    /// Returns the figure of a measure if the report gives one value.
    fn only(&self, what: &str, unit: char) -> Option<&Measured> {
        let mut found = self.measured.iter().filter(|m| m.what == what && m.unit == unit);
        let first = found.next()?;
        found.all(|m| same_value(m.value, first.value, true)).then_some(first)
    }
}

/// Returns the figures that an event has once.
fn measured(text: &str) -> Vec<Measured> {
    let read = EVENTS.amount.captures_iter(text).filter_map(|c| {
        let (what, n, whole) = (c.name("what")?, c.name("n")?, c.get(0)?);
        if !GRADES.words.measures.contains(what.as_str()) {
            return None;
        }
        let (value, unit) = number_and_unit(n.as_str())?;
        let between = text.get(what.end()..n.start()).unwrap_or_default();
        let is_round = GRADES.words.about.are_in(between) || text.get(whole.end()..).is_some_and(|rest| rest.starts_with(['余', '多']));
        let what = what.as_str().trim_start_matches('总').trim_end_matches('额').to_owned();
        Some(Measured { what, unit, value, is_round, written: n.as_str().to_owned() })
    });
    read.take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        Facts::new("", text)
    }

    #[test]
    fn reports_share_figures_names_and_acts() {
        let (a, b) = (facts("云鹭科技公司的项目投产，总投资12.5亿元，共300人。"), facts("投资125000万元的云鹭科技公司项目已投产。"));
        let shared = a.shared(&b);
        assert!(shared.figures == 1 && shared.specific == 1 && shared.names == 1 && shared.acts == 1, "{shared:?}");
        assert_eq!((a.own_figures(&b), b.own_figures(&a)), (1, 0));
        assert_eq!(facts("天气晴好。").shared(&a), Shared::default());
    }

    #[test]
    fn a_figure_told_differently_is_a_contradiction() {
        let of = |a: &str, b: &str| facts(a).contradiction(&facts(b));
        let found = of("项目总投资12.5亿元。", "该项目投资18亿元。").unwrap();
        assert_eq!((found.what.as_str(), found.mine.as_str(), found.theirs.as_str()), ("投资", "12.5亿元", "18亿元"));
        assert_eq!(of("总投资12.5亿元。", "投资约12.6亿元。"), None, "a round figure");
        assert_eq!(of("总投资12.5亿元。", "投资125000万元。"), None, "another unit");
        assert_eq!(of("事故造成3人受伤，死亡1人。", "事故死亡3人。").map(|c| c.what), Some("死亡".to_owned()));
        assert_eq!(of("一期投资3亿元，二期投资5亿元。", "投资8亿元。"), None, "two values say nothing");
        assert_eq!(of("营收增长3.1%。", "利润增长9.9%。"), None, "many things grow");
    }
}
