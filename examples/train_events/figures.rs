//! Figures of a grouping: pairwise precision, recall and F1, and B³ (Bagga and Baldwin 1998).

use std::collections::{BTreeMap, HashMap};
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

/// Joins articles one at a time, each to the event with the highest mean probability over its members.
pub fn linkage(truth: Vec<&str>, pairs: impl Iterator<Item = (usize, usize, f32)>, related: f32) -> Score {
    let mut of: HashMap<(usize, usize), f32> = HashMap::new();
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); truth.len()];
    for (a, b, p) in pairs {
        of.insert((a.min(b), a.max(b)), p);
        near[a.max(b)].push(a.min(b));
    }
    let p = |a: usize, b: usize| of.get(&(a.min(b), a.max(b))).copied().unwrap_or(0.0);
    let mut event: Vec<usize> = Vec::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mean = |x: &[usize], y: &[usize]| x.iter().flat_map(|a| y.iter().map(move |b| (*a, *b))).map(|(a, b)| p(a, b)).sum::<f32>() / (x.len() * y.len()) as f32;
    for a in 0..truth.len() {
        let mut events: Vec<usize> = near[a].iter().map(|b| event[*b]).collect();
        events.sort_unstable();
        events.dedup();
        let mut fitting: Vec<(f32, usize)> = events.into_iter().map(|e| (mean(&[a], &members[e]), e)).filter(|(m, _)| *m >= related).collect();
        fitting.sort_by(|x, y| y.0.total_cmp(&x.0));
        let Some((_, best)) = fitting.first().copied() else {
            event.push(members.len());
            members.push(vec![a]);
            continue;
        };
        event.push(best);
        members[best].push(a);
        for (_, other) in fitting.into_iter().skip(1) {
            if mean(&members[best], &members[other]) >= related {
                let moved = std::mem::take(&mut members[other]);
                moved.iter().for_each(|m| event[*m] = best);
                members[best].extend(moved);
            }
        }
    }
    score(&truth, &event)
}
