//! Terms that rise.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::knowledge;

use super::chance::{Count, Expected, excess_variance, expected};
use super::false_discovery::q_values;

/// Overdispersion of terms where too few have a history that tells it.
const USUAL_OVERDISPERSION: f64 = 0.3;
/// Overdispersion of one term is believed up to this.
const MAX_OVERDISPERSION: f64 = 4.0;
/// A term's own overdispersion weighs as much as that of all terms if it has this many periods.
const OWN_WEIGHT: f64 = 8.0;
/// Earlier stories of a term whose overdispersion counts for all terms, and the fewest such terms.
const TELLING_STORIES: u32 = 8;
const TELLING_TERMS: usize = 20;
/// A period with less than this share of the usual stories is quiet: a holiday or a weekend.
const QUIET: f64 = 0.6;
/// Fewer earlier periods tell nothing.
const MIN_PERIODS: usize = 3;

/// A length of time over which terms are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BurstPeriod {
    /// 24 hours, against the 28 days before.
    Day,
    /// Seven days, against the eight weeks before.
    Week,
}

impl BurstPeriod {
    pub fn length(self) -> TimeDelta {
        match self {
            Self::Day => TimeDelta::days(1),
            Self::Week => TimeDelta::days(7),
        }
    }

    /// Returns how many earlier periods it is compared with.
    pub fn earlier(self) -> i32 {
        match self {
            Self::Day => 28,
            Self::Week => 8,
        }
    }
}

/// A term's stories in a period. Copies of a story count once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermCount {
    pub term: Arc<str>,
    pub stories: u32,
    /// Sources of these stories.
    pub sources: u32,
    /// Stories of the source that has most of them.
    pub largest_source: u32,
}

/// Stories of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Period {
    /// All stories, also those without a term.
    pub stories: u32,
    pub terms: Vec<TermCount>,
    /// Of an earlier day: it is the same weekday as the current one.
    pub is_same_weekday: bool,
}

/// What a rise needs beside being no chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub min_stories: u32,
    /// Stories divided by expected ones.
    pub min_ratio: f64,
    pub min_sources: u32,
    /// Stories that are not of the source with most of them: a series of one source is no rise.
    pub min_others: u32,
    /// Most of the stories that one source may have.
    pub max_share: f64,
    /// Accepted share of false alarms.
    pub max_q: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { min_stories: 4, min_ratio: 1.5, min_sources: 2, min_others: 2, max_share: 0.75, max_q: 0.02 }
    }
}

/// A term that rises.
#[derive(Debug, Clone, PartialEq)]
pub struct Burst {
    pub term: Arc<str>,
    pub stories: u32,
    pub sources: u32,
    /// Stories that it would have had without a rise.
    pub expected: f64,
    /// Probability of this many stories without a rise.
    pub p: f64,
    /// Share of false alarms among the bursts up to this one.
    pub q: f64,
}

/// What is known of a term.
struct Term<'a> {
    name: &'a Arc<str>,
    stories: u32,
    sources: u32,
    largest_source: u32,
    /// Stories of each earlier period.
    before: Vec<u32>,
}

impl Term<'_> {
    /// Whether several sources have its stories.
    fn has_sources(&self, limits: &Limits) -> bool {
        let most = limits.max_share * f64::from(self.stories);
        let others = self.stories.saturating_sub(self.largest_source);
        self.sources >= limits.min_sources && others >= limits.min_others && f64::from(self.largest_source) <= most
    }

    fn total(&self) -> u32 {
        self.before.iter().fold(0, |sum: u32, n| sum.saturating_add(*n))
    }
}

/// Returns the terms that rise in the current period against earlier ones, the surest first. Earlier periods without stories, from before
/// the archive began, do not count; with less than three others nothing rises.
pub fn bursts(current: &Period, history: &[Period], limits: &Limits) -> Vec<Burst> {
    let history: Vec<&Period> = history.iter().filter(|p| p.stories > 0).collect();
    if history.len() < MIN_PERIODS || current.stories == 0 {
        return Vec::new();
    }
    let alike = alike(current, &history);
    // a term of fewer stories cannot rise; leaving it out does not depend on when its stories came
    let is_tested = |t: &Term<'_>| t.total().saturating_add(t.stories) >= limits.min_stories && !knowledge::TRENDS.calendar.contains(t.name);
    let terms: Vec<Term<'_>> = terms(current, &history).into_iter().filter(is_tested).collect();
    let own: Vec<Option<f64>> = terms.iter().map(|t| own_overdispersion(t, &history)).collect();
    let common = common_overdispersion(&terms, &own);
    let (mut found, mut has_sources) = (Vec::new(), Vec::new());
    for (term, own) in terms.iter().zip(&own).filter(|(t, _)| t.stories > 0) {
        let overdispersion = blend(*own, common, history.len());
        if let Some(e) = expectation(term, current, &history, &alike, overdispersion) {
            let p = e.at_least(term.stories);
            has_sources.push(term.has_sources(limits));
            found.push(Burst { term: Arc::clone(term.name), stories: term.stories, sources: term.sources, expected: e.mean, p, q: 1.0 });
        }
    }
    let q = q_values(&found.iter().map(|b| b.p).collect::<Vec<_>>(), terms.len());
    let is_large = |b: &Burst| b.stories >= limits.min_stories && f64::from(b.stories) >= limits.min_ratio * b.expected;
    let told = found.into_iter().zip(q).zip(has_sources).map(|((b, q), fits)| (Burst { q, ..b }, fits));
    let mut found: Vec<Burst> = told.filter(|(b, fits)| *fits && b.q <= limits.max_q && is_large(b)).map(|(b, _)| b).collect();
    found.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| b.stories.cmp(&a.stories)).then_with(|| a.term.cmp(&b.term)));
    found
}

/// Returns which earlier periods are like the current one: of the same weekday, or quiet as it is.
fn alike(current: &Period, history: &[&Period]) -> Vec<bool> {
    let mean = history.iter().map(|p| f64::from(p.stories)).sum::<f64>() / f64::from(u32::try_from(history.len()).unwrap_or(u32::MAX));
    let is_quiet = |p: &Period| f64::from(p.stories) < QUIET * mean;
    history.iter().map(|p| p.is_same_weekday || (is_quiet(current) && is_quiet(p))).collect()
}

fn terms<'a>(current: &'a Period, history: &[&'a Period]) -> Vec<Term<'a>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut out: Vec<Term<'a>> = Vec::new();
    let mut place = |t: &'a TermCount, out: &mut Vec<Term<'a>>| {
        *places.entry(&t.term).or_insert_with(|| {
            out.push(Term { name: &t.term, stories: 0, sources: 0, largest_source: 0, before: vec![0; history.len()] });
            out.len() - 1
        })
    };
    for t in &current.terms {
        let at = place(t, &mut out);
        if let Some(term) = out.get_mut(at) {
            (term.stories, term.sources, term.largest_source) = (t.stories, t.sources, t.largest_source);
        }
    }
    for (i, period) in history.iter().enumerate() {
        for t in &period.terms {
            let at = place(t, &mut out);
            if let Some(n) = out.get_mut(at).and_then(|term| term.before.get_mut(i)) {
                *n = t.stories;
            }
        }
    }
    out
}

fn counts<'a>(term: &'a Term<'_>, history: &'a [&Period]) -> impl Iterator<Item = Count> + Clone + 'a {
    term.before.iter().zip(history).map(|(n, p)| Count { stories: f64::from(*n), exposure: f64::from(p.stories) })
}

fn own_overdispersion(term: &Term<'_>, history: &[&Period]) -> Option<f64> {
    let (excess, squares) = excess_variance(counts(term, history));
    // not cut at zero: the mean over many terms would be too large
    (squares > 0.0).then(|| (excess / squares).min(MAX_OVERDISPERSION))
}

/// Returns the mean overdispersion of the terms with enough stories to tell it.
fn common_overdispersion(terms: &[Term<'_>], own: &[Option<f64>]) -> f64 {
    let telling: Vec<f64> = terms.iter().zip(own).filter(|(t, _)| t.total() >= TELLING_STORIES).filter_map(|(_, o)| *o).collect();
    if telling.len() < TELLING_TERMS {
        return USUAL_OVERDISPERSION;
    }
    (telling.iter().sum::<f64>() / f64::from(u32::try_from(telling.len()).unwrap_or(u32::MAX))).max(0.0)
}

fn blend(own: Option<f64>, common: f64, periods: usize) -> f64 {
    let weight = f64::from(u32::try_from(periods).unwrap_or(u32::MAX));
    own.map_or(common, |own| (own * weight + common * OWN_WEIGHT) / (weight + OWN_WEIGHT)).max(0.0)
}

/// Returns what a term is expected to have: as over all earlier periods, or as over those like the current one if that is more, so that
/// what comes every Friday does not rise on Fridays.
fn expectation(term: &Term<'_>, current: &Period, history: &[&Period], alike: &[bool], overdispersion: f64) -> Option<Expected> {
    let exposure = f64::from(current.stories);
    let over_all = expected(counts(term, history), exposure, overdispersion)?;
    let alike = counts(term, history).zip(alike).filter(|(_, alike)| **alike).map(|(c, _)| c);
    let (stories, before) = alike.fold((0.0, 0.0), |(s, e), c| (s + c.stories, e + c.exposure));
    // few periods are like it: their rate is drawn towards that of all
    let mean = (stories + 0.5) * exposure / (before + 0.5 * exposure / over_all.mean);
    Some(if mean > over_all.mean { over_all.with_mean(mean) } else { over_all })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(stories: u32, terms: &[(&str, u32)]) -> Period {
        let terms = terms.iter().map(|(t, n)| TermCount { term: (*t).into(), stories: *n, sources: *n, largest_source: 1 }).collect();
        Period { stories, terms, is_same_weekday: false }
    }

    /// Eight weeks with the counts of three terms.
    fn weeks() -> Vec<Period> {
        let electrode = [6, 4, 5, 7, 5, 4, 6, 5];
        electrode.iter().map(|n| period(1_000, &[("电极", *n), ("发制品", 40), ("偶发", u32::from(*n == 7))])).collect()
    }

    fn names(b: &[Burst]) -> Vec<&str> {
        b.iter().map(|b| &*b.term).collect()
    }

    #[test]
    fn a_term_rises_against_its_own_weeks() {
        let found = bursts(&period(1_000, &[("电极", 30), ("发制品", 44), ("新词", 9), ("偶发", 2)]), &weeks(), &Limits::default());
        assert_eq!(names(&found), ["新词", "电极"], "{found:?}");
        let electrode = &found[1];
        assert!((electrode.expected - 5.3).abs() < 0.1 && electrode.p < 1e-4 && electrode.q >= electrode.p, "{electrode:?}");
    }

    #[test]
    fn twice_the_stories_raise_nothing() {
        let found = bursts(&period(2_000, &[("电极", 11), ("发制品", 82), ("偶发", 1)]), &weeks(), &Limits::default());
        assert!(found.is_empty(), "{found:?}");
        let half = bursts(&period(500, &[("电极", 11), ("发制品", 80)]), &weeks(), &Limits::default());
        assert!(names(&half).contains(&"发制品"), "80 of 500 is four times the share: {half:?}");
    }

    #[test]
    fn one_source_alone_raises_nothing() {
        let mut current = period(1_000, &[("电极", 30)]);
        current.terms[0].sources = 1;
        current.terms[0].largest_source = 30;
        assert!(bursts(&current, &weeks(), &Limits::default()).is_empty());
        (current.terms[0].sources, current.terms[0].largest_source) = (4, 27);
        assert!(bursts(&current, &weeks(), &Limits::default()).is_empty(), "a series of one source, and what others always have");
    }

    #[test]
    fn without_earlier_periods_nothing_rises() {
        let current = period(1_000, &[("电极", 30)]);
        let mut history = vec![Period::default(); 6];
        history.extend(weeks().into_iter().take(2));
        assert!(bursts(&current, &history, &Limits::default()).is_empty(), "the archive has two weeks");
        assert!(bursts(&current, &[], &Limits::default()).is_empty());
        assert!(bursts(&Period::default(), &weeks(), &Limits::default()).is_empty());
    }

    #[test]
    fn what_comes_every_friday_is_no_burst_on_friday() {
        let days: Vec<Period> = (1..=28u32)
            .map(|back| Period { is_same_weekday: back % 7 == 0, ..period(200, &[("周报", if back % 7 == 0 { 12 } else { 0 })]) })
            .collect();
        let friday = period(200, &[("周报", 13), ("停产", 12)]);
        assert_eq!(names(&bursts(&friday, &days, &Limits::default())), ["停产"]);
    }

    #[test]
    fn what_the_calendar_brings_is_no_burst() {
        assert!(bursts(&period(1_000, &[("国庆节", 60)]), &weeks(), &Limits::default()).is_empty());
    }

    #[test]
    fn clumps_are_no_bursts() {
        let others: Vec<String> = (0..30).map(|n| format!("词{n}")).collect();
        let with = |n: u32| {
            let mut p = period(1_000, &[("展会", n)]);
            p.terms.extend(others.iter().map(|t| TermCount { term: t.as_str().into(), stories: 5, sources: 3, largest_source: 2 }));
            p
        };
        let clumps = [0, 0, 9, 0, 1, 12, 0, 0].map(with);
        assert!(bursts(&with(13), &clumps, &Limits::default()).is_empty(), "it came like this twice");
        let even = [2, 3, 3, 3, 2, 3, 3, 3].map(with);
        assert_eq!(names(&bursts(&with(13), &even, &Limits::default())), ["展会"]);
    }
}
