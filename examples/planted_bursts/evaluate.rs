//! Which bursts a method finds in a made-up archive, and what else it tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use qingbao::trends::{BurstPeriod, Limits, Period, TermCount, bursts};

use super::archive::{Archive, DAYS, DayCount, FIRST};

/// A way to tell bursts.
#[derive(Clone, Copy, PartialEq)]
pub enum Method {
    /// `trends::bursts`.
    Test,
    /// At least three stories, and this many times the mean of the earlier periods.
    Threshold(f64),
    /// As before: at least three articles, copies too, and three times the mean of four weeks.
    Articles,
}

/// What a method found.
#[derive(Clone, Default)]
pub struct Found {
    /// Of each planted burst: whether it was told.
    pub planted: Vec<bool>,
    /// Runs of days on which a term was told that has no burst.
    pub false_alarms: usize,
    /// Runs of days of terms that have one.
    pub true_alarms: usize,
}

impl Found {
    pub fn recall(&self) -> f64 {
        self.planted.iter().filter(|p| **p).count() as f64 / self.planted.len() as f64
    }

    pub fn precision(&self) -> f64 {
        self.true_alarms as f64 / (self.true_alarms + self.false_alarms).max(1) as f64
    }

    pub fn false_alarms_a_month(&self) -> f64 {
        self.false_alarms as f64 * 30.0 / (DAYS - FIRST) as f64
    }
}

fn days(period: BurstPeriod) -> usize {
    usize::try_from(period.length().num_days()).unwrap()
}

/// Returns a term's counts over some days.
fn sum(archive: &Archive, term: usize, from: usize, until: usize) -> DayCount {
    archive.counts[from..until].iter().map(|c| c[term]).filter(|c| c.stories > 0).fold(DayCount::default(), |a, b| DayCount {
        stories: a.stories + b.stories,
        articles: a.articles + b.articles,
        by_source: std::array::from_fn(|source| a.by_source[source] + b.by_source[source]),
    })
}

/// Returns the last period that ends with a day, and those before it.
fn periods(archive: &Archive, names: &[Arc<str>], day: usize, period: BurstPeriod) -> Vec<Period> {
    let length = days(period);
    let earlier = usize::try_from(period.earlier()).unwrap();
    let mut out = Vec::new();
    for back in 0..=earlier {
        let Some(from) = (day + 1).checked_sub((back + 1) * length) else { break };
        let terms = names.iter().enumerate().filter_map(|(term, name)| {
            let count = sum(archive, term, from, from + length);
            let sources = u32::try_from(count.by_source.iter().filter(|n| **n > 0).count()).unwrap();
            let largest_source = count.by_source.iter().copied().max().unwrap_or_default().into();
            (count.stories > 0).then(|| TermCount { term: Arc::clone(name), stories: count.stories, sources, largest_source })
        });
        let stories = archive.stories[from..from + length].iter().sum();
        out.push(Period { stories, terms: terms.collect(), is_same_weekday: length == 1 && back % 7 == 0 });
    }
    out
}

/// Returns the terms that a method tells at the end of a day.
fn told(archive: &Archive, names: &[Arc<str>], day: usize, period: BurstPeriod, method: Method) -> Vec<usize> {
    let length = days(period);
    if method == Method::Test {
        let periods = periods(archive, names, day, period);
        let found = bursts(&periods[0], &periods[1..], &Limits::default());
        return found.iter().map(|b| b.term.parse().unwrap()).collect();
    }
    let from = day + 1 - length;
    let is_told = |term: &usize| {
        let current = sum(archive, *term, from, day + 1);
        if let Method::Threshold(times) = method {
            let before = (usize::try_from(period.earlier()).unwrap() * length).min(from);
            let mean = f64::from(sum(archive, *term, from - before, from).stories) * length as f64 / before as f64;
            return current.stories >= 3 && f64::from(current.stories) >= times * mean;
        }
        let before = sum(archive, *term, from.saturating_sub(4 * length), from).articles;
        current.articles >= 3 && current.articles * 4 >= 3 * (before + 4)
    };
    (0..names.len()).filter(is_told).collect()
}

/// Looks at the end of each day, as the service does, and takes a term that is told day after day for one alarm.
pub fn evaluate(archive: &Archive, looks: &[BurstPeriod], method: Method) -> Found {
    let names: Vec<Arc<str>> = (0..archive.counts[0].len()).map(|t| t.to_string().into()).collect();
    let mut found = Found { planted: vec![false; archive.planted.len()], ..Found::default() };
    let mut last_told: BTreeMap<usize, usize> = BTreeMap::new();
    for day in FIRST..DAYS {
        let mut today: BTreeMap<usize, bool> = BTreeMap::new();
        for period in looks {
            for term in told(archive, &names, day, *period, method) {
                let from = day + 1 - days(*period);
                let planted = archive.planted.iter().position(|p| p.term == term && p.days.0 <= day && from < p.days.1);
                *today.entry(term).or_default() |= planted.is_some();
                if let Some(planted) = planted {
                    found.planted[planted] = true;
                }
            }
        }
        for (term, is_true) in today {
            if last_told.insert(term, day).is_none_or(|last| last + 1 < day) {
                if is_true {
                    found.true_alarms += 1;
                } else {
                    found.false_alarms += 1;
                }
            }
        }
    }
    found
}
