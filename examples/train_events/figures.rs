//! Figures of a grouping: pairwise precision, recall and F1, and B³ (Bagga and Baldwin 1998).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

/// Figures of a grouping.
#[derive(Debug, Clone, Copy, Default)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub b3: f64,
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P {:.3} R {:.3} F1 {:.3} B³ {:.3}", self.precision, self.recall, self.f1, self.b3)
    }
}

/// Compares two groupings of the same articles.
pub fn score(truth: &[&str], found: &[usize]) -> Score {
    let pairs = |n: usize| (n * n.saturating_sub(1) / 2) as f64;
    let (mut by_truth, mut by_found, mut by_both) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (t, f) in truth.iter().zip(found) {
        *by_truth.entry(*t).or_insert(0usize) += 1;
        *by_found.entry(*f).or_insert(0usize) += 1;
        *by_both.entry((*t, *f)).or_insert(0usize) += 1;
    }
    let hits: f64 = by_both.values().map(|n| pairs(*n)).sum();
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let precision = ratio(hits, by_found.values().map(|n| pairs(*n)).sum());
    let recall = ratio(hits, by_truth.values().map(|n| pairs(*n)).sum());
    let all = truth.len() as f64;
    let (mut b_precision, mut b_recall) = (0.0, 0.0);
    for ((t, f), n) in &by_both {
        let n = *n as f64;
        b_precision += n * n / by_found[f] as f64 / all;
        b_recall += n * n / by_truth[t] as f64 / all;
    }
    let f = |p: f64, r: f64| ratio(2.0 * p * r, p + r);
    Score { precision, recall, f1: f(precision, recall), b3: f(b_precision, b_recall) }
}

/// What is known of two articles.
#[derive(Clone, Copy)]
pub struct Link {
    pub p: f32,
    /// Whether it may be another event, however alike they are.
    pub is_doubtful: bool,
    /// Whether the index finds the one for the other.
    pub is_found: bool,
}

/// Joins articles one at a time, each to the event with the highest mean probability over its members. Returns the figures of all
/// articles, then precision and recall of the pairs that belong to their event surely.
pub fn linkage(truth: &[&str], links: &HashMap<(usize, usize), Link>, related: f32, sure: f32) -> (Score, f64, f64) {
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); truth.len()];
    for ((a, b), _) in links.iter().filter(|(_, l)| l.is_found) {
        near[*b].push(*a);
    }
    let link = |a: usize, b: usize| links.get(&(a.min(b), a.max(b)));
    let p = |a: usize, b: usize| link(a, b).map_or(0.0, |l| l.p);
    let is_sure_pair = |a: usize, b: usize| link(a, b).is_some_and(|l| l.p >= sure && !l.is_doubtful);
    let (mut event, mut is_sure): (Vec<usize>, Vec<bool>) = (Vec::new(), Vec::new());
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mean = |x: &[usize], y: &[usize]| {
        let all = x.iter().flat_map(|a| y.iter().map(move |b| (*a, *b)));
        all.map(|(a, b)| p(a, b)).sum::<f32>() / (x.len() * y.len()) as f32
    };
    for (a, near) in near.iter().enumerate() {
        let events: BTreeSet<usize> = near.iter().map(|b| event[*b]).collect();
        let mut fitting: Vec<(f32, usize)> = events.into_iter().map(|e| (mean(&[a], &members[e]), e)).filter(|(m, _)| *m >= related).collect();
        fitting.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
        let Some((_, best)) = fitting.first().copied() else {
            event.push(members.len());
            is_sure.push(true);
            members.push(vec![a]);
            continue;
        };
        // as `events::join` decides
        let known: Vec<usize> = members[best].iter().copied().filter(|b| is_sure[*b]).collect();
        is_sure.push(known.iter().any(|b| is_sure_pair(a, *b)) && mean(&[a], &known) >= f32::midpoint(related, sure));
        event.push(best);
        members[best].push(a);
        for (_, other) in fitting.into_iter().skip(1) {
            if mean(&members[best], &members[other]) >= related {
                let moved = std::mem::take(&mut members[other]);
                for m in &moved {
                    (event[*m], is_sure[*m]) = (best, false);
                }
                members[best].extend(moved);
            }
        }
    }
    // a doubtful article is alone among the sure ones
    let alone = |(a, e): (usize, &usize)| if is_sure[a] { *e } else { members.len() + a };
    let surely = score(truth, &event.iter().enumerate().map(alone).collect::<Vec<_>>());
    (score(truth, &event), surely.precision, surely.recall)
}
