//! Logistic regression over a few features: turns margins and the rules' scores into probabilities (Platt 1999).

use serde::{Deserialize, Serialize};

/// Strength of the ridge penalty.
const RIDGE: f64 = 1.0;
const ROUNDS: usize = 25;

/// Weights of standardised features.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    pub(super) weights: Vec<f32>,
    pub(super) bias: f32,
}

impl Logistic {
    /// Returns the probability.
    pub fn probability(&self, features: &[f32]) -> f32 {
        sigmoid(self.log_odds(features))
    }

    /// Returns the log odds.
    pub(super) fn log_odds(&self, features: &[f32]) -> f32 {
        self.bias + self.weights.iter().zip(features).map(|(w, x)| w * x).sum::<f32>()
    }

    /// Fits by Newton's method with a ridge penalty on standardised features; targets are between 0 and 1.
    pub fn fit(rows: &[(&[f32], f32)]) -> Self {
        let width = rows.first().map_or(0, |r| r.0.len());
        let (means, spreads) = moments(rows.iter().map(|r| r.0), width);
        let standard: Vec<(Vec<f64>, f64)> = rows
            .iter()
            .map(|(x, y)| {
                let scaled = x.iter().zip(&means).zip(&spreads).map(|((x, m), s)| f64::from((x - m) / s));
                (scaled.chain([1.0]).collect(), f64::from(*y))
            })
            .collect();
        let mut w = vec![0.0; width + 1];
        for _ in 0..ROUNDS {
            let step = newton_step(&standard, &w);
            w.iter_mut().zip(&step).for_each(|(w, s)| *w -= s);
            if step.iter().all(|s| s.abs() < 1e-5) {
                break;
            }
        }
        let weights: Vec<f32> = w.iter().zip(&spreads).map(|(w, s)| narrow(*w) / s).collect();
        let shift: f32 = weights.iter().zip(&means).map(|(w, m)| w * m).sum();
        Self { bias: w.last().map_or(0.0, |b| narrow(*b)) - shift, weights }
    }
}

/// Returns means and standard deviations of columns; 1 for a constant column.
pub(super) fn moments<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone, width: usize) -> (Vec<f32>, Vec<f32>) {
    let n = rows.clone().count().max(1) as f64;
    let mut sums = vec![(0.0, 0.0); width];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|((sum, squares), x)| {
            *sum += f64::from(*x);
            *squares += f64::from(*x) * f64::from(*x);
        });
    }
    let mean = |s: f64| narrow(s / n);
    let spread = |(s, q): (f64, f64)| narrow((q / n - (s / n) * (s / n)).max(0.0).sqrt()).max(1e-3);
    sums.iter().map(|s| (mean(s.0), if spread(*s) <= 1e-3 { 1.0 } else { spread(*s) })).unzip()
}

/// Converts a number to the models' precision.
#[allow(clippy::cast_possible_truncation)] // features and weights need no more digits
pub fn narrow(x: f64) -> f32 {
    x as f32
}

pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Returns the Newton step: Hessian⁻¹ · gradient.
fn newton_step(rows: &[(Vec<f64>, f64)], w: &[f64]) -> Vec<f64> {
    let n = w.len();
    let mut gradient: Vec<f64> = w.iter().map(|w| RIDGE * w).collect();
    let mut hessian = vec![vec![0.0; n]; n];
    for (x, y) in rows {
        let p = 1.0 / (1.0 + (-x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>()).exp());
        let weight = (p * (1.0 - p)).max(1e-6);
        for ((g, row), xi) in gradient.iter_mut().zip(&mut hessian).zip(x) {
            *g += (p - y) * xi;
            row.iter_mut().zip(x).for_each(|(h, xj)| *h += weight * xi * xj);
        }
    }
    for (i, row) in hessian.iter_mut().enumerate() {
        row.get_mut(i).into_iter().for_each(|h| *h += RIDGE);
    }
    solve(hessian, gradient)
}

/// Solves a linear system with a positive definite matrix, by elimination.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let (above, below) = a.split_at_mut(i + 1);
        let Some(pivot_row) = above.last() else { continue };
        let (Some(pivot), Some(bi)) = (pivot_row.get(i).copied(), b.get(i).copied()) else { continue };
        for (row, br) in below.iter_mut().zip(b.iter_mut().skip(i + 1)) {
            let factor = row.get(i).map_or(0.0, |x| x / pivot);
            row.iter_mut().zip(pivot_row).skip(i).for_each(|(x, p)| *x -= factor * p);
            *br -= factor * bi;
        }
    }
    let mut out = vec![0.0; n];
    for (i, row) in a.iter().enumerate().rev() {
        let known: f64 = row.iter().zip(&out).skip(i + 1).map(|(x, o)| x * o).sum();
        if let (Some(o), Some(b), Some(d)) = (out.get_mut(i), b.get(i), row.get(i)) {
            *o = (b - known) / d;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_follow_the_shares() {
        let rows: Vec<(Vec<f32>, bool)> = (0..400).map(|i| (vec![f32::from(u8::from(i % 2 == 0)), 3.0], i % 2 == 0 && i % 8 != 0)).collect();
        let fitted = Logistic::fit(&rows.iter().map(|(x, y)| (x.as_slice(), f32::from(u8::from(*y)))).collect::<Vec<_>>());
        let p = |x: f32| fitted.probability(&[x, 3.0]);
        assert!((p(1.0) - 0.75).abs() < 0.03 && p(0.0) < 0.05, "{} {}", p(1.0), p(0.0));
    }
}
