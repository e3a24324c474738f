//! Linear support vector machines: dual coordinate descent with squared hinge loss (Hsieh et al. 2008, the method of liblinear).

use super::grams::{BUCKETS, Gram};
use super::random::Random;

/// Maximum number of passes over all examples.
const MAX_ROUNDS: usize = 40;
/// Training stops when no example violates its optimality condition by more.
const TOLERANCE: f32 = 0.05;

/// One example: n-grams and other features.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) grams: Vec<Gram>,
    pub(super) dense: Vec<f32>,
}

/// A trained model, before quantisation.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    pub(super) grams: Vec<f32>,
    pub(super) dense: Vec<f32>,
    pub(super) bias: f32,
}

impl Linear {
    /// Returns the margin: positive for members of the class.
    pub(super) fn margin(&self, row: &Row) -> f32 {
        let grams: f32 = row.grams.iter().filter_map(|(b, v)| Some(self.grams.get(*b as usize)? * v)).sum();
        grams + self.dense.iter().zip(&row.dense).map(|(w, x)| w * x).sum::<f32>() + self.bias
    }

    fn add(&mut self, row: &Row, step: f32) {
        for (b, v) in &row.grams {
            self.grams.get_mut(*b as usize).into_iter().for_each(|w| *w += step * v);
        }
        self.dense.iter_mut().zip(&row.dense).for_each(|(w, x)| *w += step * x);
        self.bias += step;
    }
}

/// Training set of one class.
pub(super) struct Task<'a> {
    pub(super) rows: &'a [Row],
    /// Index of each example's row, and whether it belongs to the class.
    pub(super) examples: Vec<(usize, bool)>,
    /// Cost of an error; a larger one fits the examples more closely.
    pub(super) cost: f32,
    /// Cost factor for examples of the class.
    pub(super) positive_weight: f32,
}

/// Trains one model; the same task always gives the same weights.
pub(super) fn train(task: &Task<'_>) -> Linear {
    let dense = task.rows.first().map_or(0, |r| r.dense.len());
    let mut model = Linear { grams: vec![0.0; BUCKETS], dense: vec![0.0; dense], bias: 0.0 };
    let mut random = Random::new(1);
    // example, sign, diagonal of the squared hinge, norm, dual variable
    let mut duals: Vec<Dual<'_>> = task.examples.iter().filter_map(|(i, y)| Some(Dual::new(task.rows.get(*i)?, *y, task))).collect();
    for _ in 0..MAX_ROUNDS {
        random.shuffle(&mut duals);
        let mut worst: f32 = 0.0;
        for d in &mut duals {
            let gradient = d.sign * model.margin(d.row) - 1.0 + d.diagonal * d.alpha;
            let violation = if d.alpha == 0.0 { gradient.min(0.0) } else { gradient };
            worst = worst.max(violation.abs());
            if violation.abs() > 1e-6 {
                let before = d.alpha;
                d.alpha = (before - gradient / (d.norm + d.diagonal)).max(0.0);
                model.add(d.row, (d.alpha - before) * d.sign);
            }
        }
        if worst < TOLERANCE {
            break;
        }
    }
    model
}

struct Dual<'a> {
    row: &'a Row,
    sign: f32,
    diagonal: f32,
    norm: f32,
    alpha: f32,
}

impl<'a> Dual<'a> {
    fn new(row: &'a Row, positive: bool, task: &Task<'_>) -> Self {
        let cost = if positive { task.cost * task.positive_weight } else { task.cost };
        let norm = row.grams.iter().map(|g| g.1 * g.1).chain(row.dense.iter().map(|x| x * x)).sum::<f32>() + 1.0;
        Self { row, sign: if positive { 1.0 } else { -1.0 }, diagonal: 0.5 / cost, norm, alpha: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::grams::grams;
    use super::*;

    #[test]
    fn two_kinds_of_headlines_are_told_apart_and_twice_the_same() {
        let titles = ["芯片厂投产", "芯片出口增长", "新芯片量产", "球队夺冠", "球员转会", "球迷狂欢"];
        let rows: Vec<Row> = titles.iter().map(|t| Row { grams: grams(t, ""), dense: vec![1.0] }).collect();
        let task = || Task { rows: &rows, examples: (0..6).map(|i| (i, i < 3)).collect(), cost: 1.0, positive_weight: 1.0 };
        let model = train(&task());
        let margin = |t: &str| model.margin(&Row { grams: grams(t, ""), dense: vec![1.0] });
        assert!(margin("芯片企业") > 0.0 && margin("球赛") < 0.0, "{} {}", margin("芯片企业"), margin("球赛"));
        assert_eq!(train(&task()).grams, model.grams);
    }
}
