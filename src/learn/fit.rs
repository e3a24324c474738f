//! Fits the second stage and its thresholds on margins of articles outside the linear models' training set.

use super::example::Example;
use super::figures::share;
use super::logistic::Logistic;
use super::stages::{Margins, Stages, Thresholds, about, of_columns, of_industry};

/// Share of on-topic articles to keep.
const KEEP_ON_TOPIC: f32 = 0.965;
/// Share of worthy articles among those that may be chosen automatically.
const WORTHY: f64 = 0.85;
/// Candidate values: minimum share of the best industry's probability.
const BESIDE_BEST: [f32; 6] = [0.0, 0.4, 0.5, 0.6, 0.7, 0.8];
/// Candidate values: strength of the help for rare columns, as a power of their rarity.
const HELP: [f32; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

type Known<'a> = (&'a Example, &'a Margins);

/// Fits the second stage to examples and their margins.
pub(super) fn fit_stages(known: &[Known<'_>], industries: usize, columns: usize) -> Stages {
    let fit = |features: &dyn Fn(&Example, &Margins) -> Vec<f32>, label: &dyn Fn(&Example) -> Option<bool>| {
        let rows: Vec<(Vec<f32>, bool)> = known.iter().filter_map(|(e, m)| Some((features(e, m), label(e)?))).collect();
        Logistic::fit(&rows.iter().map(|(x, y)| (x.as_slice(), f32::from(u8::from(*y)))).collect::<Vec<_>>())
    };
    let industry = |i: usize| fit(&|e, m| of_industry(i, &e.signals, m), &|e| Some(e.industries.contains(&i)));
    let column = |c: usize| fit(&|e, m| of_columns(&e.signals, m), &|e| e.column.map(|column| column == c));
    let topic = |label: &dyn Fn(&Example) -> Option<bool>| fit(&|e, m| about(&e.signals, m), label);
    let mut stages = Stages {
        industries: (0..industries).map(industry).collect(),
        columns: (0..columns).map(column).collect(),
        column_help: vec![0.0; columns],
        on_topic: topic(&|e| Some(e.column.is_some())),
        worth: topic(&|e| Some(e.worth > 0)),
        thresholds: Thresholds::default(),
    };
    stages.column_help = column_help(known, &stages, columns);
    let judged: Vec<Judged<'_>> = known
        .iter()
        .map(|(e, m)| {
            let v = stages.verdict(&e.signals, m, None);
            Judged { example: e, industries: v.industries, on_topic: v.on_topic, worth: v.worth }
        })
        .collect();
    stages.thresholds = thresholds(&judged);
    stages
}

struct Judged<'a> {
    example: &'a Example,
    industries: Vec<f32>,
    on_topic: f32,
    worth: f32,
}

fn thresholds(judged: &[Judged<'_>]) -> Thresholds {
    let on_topic = quantile_keeping(judged.iter().filter(|j| j.example.column.is_some()).map(|j| j.on_topic), KEEP_ON_TOPIC);
    let labels = judged.iter().map(|j| j.example.industries.len()).sum();
    let open = || judged.iter().filter(|j| j.on_topic >= on_topic);
    let scored = |share: f32| -> Vec<(f32, bool)> {
        open()
            .flat_map(|j| {
                let least = share * j.industries.iter().copied().fold(0.0, f32::max);
                j.industries.iter().enumerate().filter(move |(_, p)| **p >= least).map(|(i, p)| (*p, j.example.industries.contains(&i)))
            })
            .collect()
    };
    let tried = BESIDE_BEST.map(|share| (best_cut(scored(share), labels), share));
    let best = tried.into_iter().reduce(|best, t| if t.0.0 > best.0.0 { t } else { best });
    let ((_, industry), beside_best) = best.unwrap_or_default();
    let worth = cut_with_precision(open().map(|j| (j.worth, j.example.worth > 0)).collect(), WORTHY);
    Thresholds { industry, beside_best, on_topic, worth }
}

/// Returns what to add to each column's log odds: best for all articles and for all columns alike.
fn column_help(known: &[Known<'_>], stages: &Stages, columns: usize) -> Vec<f32> {
    let of = |c: usize| known.iter().filter(|(e, _)| e.column == Some(c)).count();
    let counts: Vec<usize> = (0..columns).map(of).collect();
    let all: usize = counts.iter().sum();
    let log_odds: Vec<(usize, Vec<f32>)> =
        known.iter().filter_map(|(e, m)| Some((e.column?, stages.column_log_odds(&of_columns(&e.signals, m))))).collect();
    let help = |power: f32| -> Vec<f32> { counts.iter().map(|n| power * (all as f32 / (*n).max(1) as f32).ln()).collect() };
    let tried = HELP.map(|power| {
        let help = help(power);
        let mut right = vec![0; columns];
        for (column, odds) in &log_odds {
            let best = Stages::column_shares(odds, &help).into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            if best.is_some_and(|(c, _)| c == *column) {
                right.get_mut(*column).into_iter().for_each(|n| *n += 1);
            }
        }
        let each: f64 = right.iter().zip(&counts).map(|(r, n)| share(*r, *n)).sum::<f64>() / columns.max(1) as f64;
        (share(right.iter().sum(), all) + each, power)
    });
    let best = tried.into_iter().reduce(|best, t| if t.0 > best.0 { t } else { best });
    help(best.map_or(0.0, |(_, power)| power))
}

/// Returns the value above which this share of all values is.
fn quantile_keeping(values: impl Iterator<Item = f32>, share: f32) -> f32 {
    let mut all: Vec<f32> = values.collect();
    all.sort_by(f32::total_cmp);
    let dropped = all.len() as f32 * (1.0 - share);
    all.iter().enumerate().find(|(i, _)| *i as f32 >= dropped).map(|(_, v)| *v).unwrap_or_default()
}

/// Returns the best F1 and its threshold, given the number of labels.
fn best_cut(mut scored: Vec<(f32, bool)>, labels: usize) -> (f64, f32) {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hit, mut best) = (0usize, (0.0, 0.5));
    for (given, (p, is)) in scored.iter().enumerate() {
        hit += usize::from(*is);
        let f1 = share(2 * hit, given + 1 + labels);
        if f1 > best.0 {
            best = (f1, *p);
        }
    }
    best
}

/// Returns the lowest threshold with this precision.
fn cut_with_precision(mut scored: Vec<(f32, bool)>, least: f64) -> f32 {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hit, mut cut) = (0usize, 1.0);
    for (given, (p, is)) in scored.iter().enumerate() {
        hit += usize::from(*is);
        if share(hit, given + 1) >= least {
            cut = *p;
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_those_of_a_small_table() {
        let scored = vec![(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.2, false)];
        assert!((best_cut(scored.clone(), 3).1 - 0.6).abs() < 1e-6);
        assert!((cut_with_precision(scored.clone(), 0.9) - 0.8).abs() < 1e-6);
        assert!((cut_with_precision(scored, 0.7) - 0.6).abs() < 1e-6);
        assert!((quantile_keeping((0..100).map(|i| i as f32), 0.95) - 5.0).abs() < 1.1);
    }
}
