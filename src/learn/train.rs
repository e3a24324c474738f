//! Trains a model from labelled articles, and measures it on articles outside the training set.

use std::collections::BTreeMap;

use super::example::{Example, Folds};
use super::figures::Figures;
use super::fit::fit_stages;
use super::grams::{BUCKETS, grams};
use super::linear::{self, Linear, Row, Task};
use super::logistic::moments;
use super::model::{Head, Header, Provenance, margins_of, standardised};
use super::stages::{Margins, Stages};

/// Industries with fewer labelled articles are left to the rules.
const MIN_EXAMPLES: usize = 30;
/// Cost of an error, and cost factor for an article of the class.
const COST: f32 = 1.0;
const POSITIVE_WEIGHT: f32 = 2.0;

/// Result of a training.
#[derive(Debug)]
pub struct Trained {
    pub file: Vec<u8>,
    /// Figures of cross-validation, by kind of folds.
    pub figures: Vec<(Folds, Figures)>,
}

/// Returns the industries with enough articles to train on.
pub fn learnable(names: &[String], labels: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    labels.for_each(|l| *counts.entry(l).or_default() += 1);
    names.iter().filter(|n| counts.get(*n).is_some_and(|c| *c >= MIN_EXAMPLES)).cloned().collect()
}

/// Trains all models.
pub fn train(examples: &[Example], industries: &[String], columns: &[String], folds: &[Folds], provenance: Provenance) -> Trained {
    let set = TrainingSet::new(examples, industries.len(), columns.len());
    let outside: Vec<(Folds, Vec<usize>, Vec<Margins>)> = folds
        .iter()
        .map(|f| {
            let parts = f.parts(examples);
            (*f, parts.clone(), set.outside_margins(&parts))
        })
        .collect();
    let figures = outside.iter().map(|(f, parts, margins)| (*f, set.crossed_figures(parts, margins))).collect();
    // the second stage sees margins of both known and unknown families
    let all: Vec<(usize, &Margins)> = outside.iter().flat_map(|(_, _, margins)| margins.iter().enumerate()).collect();
    let stages = set.fit_stages(&all);
    let models = set.models(&(0..examples.len()).collect::<Vec<_>>());
    let heads = models.iter().map(|m| Head { scale: scale(m), dense: m.dense.clone(), bias: m.bias }).collect();
    let header = Header {
        provenance,
        industries: industries.to_vec(),
        columns: columns.to_vec(),
        means: set.means.clone(),
        spreads: set.spreads.clone(),
        heads,
        stages,
    };
    Trained { file: file(&header, &models), figures }
}

/// Returns the quantisation step: the largest weight becomes 127.
fn scale(model: &Linear) -> f32 {
    model.grams.iter().fold(1e-9f32, |m, w| m.max(w.abs())) / 127.0
}

fn file(header: &Header, models: &[Linear]) -> Vec<u8> {
    let mut out = serde_json::to_vec(header).unwrap_or_default();
    out.push(b'\n');
    for bucket in 0..BUCKETS {
        for (model, head) in models.iter().zip(&header.heads) {
            let weight = model.grams.get(bucket).map_or(0.0, |w| (w / head.scale).round().clamp(-127.0, 127.0));
            #[allow(clippy::cast_possible_truncation)] // between -127 and 127
            out.push((weight as i8).cast_unsigned());
        }
    }
    out
}

struct TrainingSet<'a> {
    examples: &'a [Example],
    rows: Vec<Row>,
    means: Vec<f32>,
    spreads: Vec<f32>,
    industries: usize,
    columns: usize,
}

impl<'a> TrainingSet<'a> {
    fn new(examples: &'a [Example], industries: usize, columns: usize) -> Self {
        let features: Vec<Vec<f32>> = examples.iter().map(|e| e.signals.features(columns)).collect();
        let (means, spreads) = moments(features.iter().map(Vec::as_slice), features.first().map_or(0, Vec::len));
        let row = |(e, f): (&Example, &Vec<f32>)| Row { grams: grams(&e.title, &e.text), dense: standardised(f, &means, &spreads) };
        let rows = examples.iter().zip(&features).map(row).collect();
        Self { examples, rows, means, spreads, industries, columns }
    }

    /// Whether an example belongs to the class of a head; `None` if it is not labelled for it.
    fn label(&self, head: usize, e: &Example) -> Option<bool> {
        match head.checked_sub(self.industries) {
            None => Some(e.industries.contains(&head)),
            Some(c) if c < self.columns => e.column.map(|column| column == c),
            Some(h) if h == self.columns => Some(e.column.is_some()),
            Some(h) if h == self.columns + 1 => Some(e.worth > 0),
            Some(_) => Some(e.worth > 1),
        }
    }

    fn task(&self, head: usize, train: &[usize]) -> Task<'_> {
        let examples: Vec<(usize, bool)> = train.iter().filter_map(|i| Some((*i, self.label(head, self.examples.get(*i)?)?))).collect();
        let positive = examples.iter().filter(|e| e.1).count().max(1) as f32;
        let balance = (examples.len() as f32 - positive) / positive;
        let (cost, positive_weight) = match head.checked_sub(self.industries) {
            None => (COST, POSITIVE_WEIGHT),
            Some(c) if c < self.columns => (COST, balance.sqrt().max(1.0)),
            Some(_) => (COST * 0.5, 1.0),
        };
        Task { rows: &self.rows, examples, cost, positive_weight }
    }

    /// Trains all heads on some examples, with one thread per processor.
    fn models(&self, train: &[usize]) -> Vec<Linear> {
        let heads = self.industries + self.columns + 3;
        let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
        let mut out: Vec<(usize, Linear)> = std::thread::scope(|s| {
            let work = |t: usize| (t..heads).step_by(threads).map(|h| (h, linear::train(&self.task(h, train)))).collect::<Vec<_>>();
            let started: Vec<_> = (0..threads).map(|t| s.spawn(move || work(t))).collect();
            started.into_iter().filter_map(|t| t.join().ok()).flatten().collect()
        });
        out.sort_by_key(|(h, _)| *h);
        out.into_iter().map(|(_, m)| m).collect()
    }

    fn margins(&self, models: &[Linear], row: &Row) -> Margins {
        margins_of(&models.iter().map(|m| m.margin(row)).collect::<Vec<_>>(), self.industries, self.columns)
    }

    /// Returns the margins of every example by models trained without its fold.
    fn outside_margins(&self, parts: &[usize]) -> Vec<Margins> {
        let mut out = vec![Margins::default(); self.rows.len()];
        for p in 0..=parts.iter().copied().max().unwrap_or_default() {
            let inside: Vec<usize> = (0..parts.len()).filter(|i| parts.get(*i) != Some(&p)).collect();
            let models = self.models(&inside);
            for ((row, part), margins) in self.rows.iter().zip(parts).zip(&mut out) {
                if *part == p {
                    *margins = self.margins(&models, row);
                }
            }
        }
        out
    }

    /// Measures each fold with a second stage fitted on the others.
    fn crossed_figures(&self, parts: &[usize], margins: &[Margins]) -> Figures {
        let mut figures = Figures::new(self.industries, self.columns);
        for p in 0..=parts.iter().copied().max().unwrap_or_default() {
            let others: Vec<(usize, &Margins)> = margins.iter().enumerate().filter(|(i, _)| parts.get(*i) != Some(&p)).collect();
            let stages = self.fit_stages(&others);
            let mut of_part = Figures::new(self.industries, self.columns);
            for ((e, m), _) in self.examples.iter().zip(margins).zip(parts).filter(|(_, part)| **part == p) {
                of_part.add(e, &stages.verdict(&e.signals, m, None));
            }
            figures.join(of_part);
        }
        figures
    }

    fn fit_stages(&self, margins: &[(usize, &Margins)]) -> Stages {
        let known: Vec<(&Example, &Margins)> = margins.iter().filter_map(|(i, m)| Some((self.examples.get(*i)?, *m))).collect();
        fit_stages(&known, self.industries, self.columns)
    }
}
