//! Logistic regression over sparse features with a Gaussian prior for each weight, fitted by cyclic coordinate descent (Genkin,
//! Lewis and Madigan 2007, "Large-scale Bayesian logistic regression for text categorization").

/// Sweeps over all weights.
const MAX_SWEEPS: usize = 20;
/// The fit ends when no log-odds of a row changed by more than this in a sweep.
const TOLERANCE: f32 = 0.02;
/// Smallest curvature, so that a step stays finite.
const MIN_CURVATURE: f32 = 1e-6;

/// An observation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Index and value of each feature that is not zero.
    pub(super) features: Vec<(usize, f32)>,
    pub(super) is_positive: bool,
    /// How much it counts.
    pub(super) weight: f32,
}

/// What is believed of a weight before the first observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    pub(super) mean: f32,
    /// One divided by the variance.
    pub(super) precision: f32,
}

/// Values of one feature in the rows, and its step limit.
struct Column {
    rows: Vec<(usize, f32)>,
    reach: f32,
}

/// Returns the most probable weights.
pub(super) fn fit(rows: &[Row], priors: &[Prior]) -> Vec<f32> {
    let mut weights: Vec<f32> = priors.iter().map(|p| p.mean).collect();
    let mut columns: Vec<Column> = priors.iter().map(|_| Column { rows: Vec::new(), reach: 1.0 }).collect();
    for (at, row) in rows.iter().enumerate() {
        for (feature, value) in &row.features {
            columns.get_mut(*feature).into_iter().for_each(|c| c.rows.push((at, *value)));
        }
    }
    let mut odds: Vec<f32> = rows.iter().map(|r| log_odds(&weights, r)).collect();
    for _ in 0..MAX_SWEEPS {
        let mut largest = 0.0_f32;
        for ((column, weight), prior) in columns.iter_mut().zip(&mut weights).zip(priors) {
            let step = newton_step(column, rows, &odds, *weight, *prior);
            // the trust region of the paper: twice the last step, or half the limit before
            let bounded = step.clamp(-column.reach, column.reach);
            column.reach = (2.0 * bounded.abs()).max(column.reach / 2.0);
            *weight += bounded;
            for (at, value) in &column.rows {
                odds.get_mut(*at).into_iter().for_each(|o| *o += bounded * value);
            }
            largest = column.rows.iter().map(|(_, value)| (bounded * value).abs()).fold(largest, f32::max);
        }
        if largest < TOLERANCE {
            break;
        }
    }
    weights
}

fn newton_step(column: &Column, rows: &[Row], odds: &[f32], weight: f32, prior: Prior) -> f32 {
    let (mut slope, mut curvature) = (prior.precision * (weight - prior.mean), prior.precision);
    for (at, value) in &column.rows {
        let (Some(row), Some(odds)) = (rows.get(*at), odds.get(*at)) else { continue };
        let p = sigmoid(*odds);
        slope += row.weight * value * (p - f32::from(u8::from(row.is_positive)));
        curvature += row.weight * value * value * p * (1.0 - p);
    }
    -slope / curvature.max(MIN_CURVATURE)
}

/// Returns the log-odds of an observation.
pub(super) fn log_odds(weights: &[f32], row: &Row) -> f32 {
    row.features.iter().map(|(at, value)| weights.get(*at).copied().unwrap_or_default() * value).sum::<f32>()
}

/// Returns the probability of these log-odds.
pub(super) fn sigmoid(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;

    fn row(features: &[(usize, f32)], is_positive: bool) -> Row {
        Row { features: features.to_vec(), is_positive, weight: 1.0 }
    }

    #[test]
    fn weights_follow_the_observations_and_stay_at_the_prior_without() {
        let rows: Vec<Row> = (0..40).map(|n| row(&[(0, 1.0), (1, 1.0)], n % 10 != 0)).chain((0..40).map(|n| row(&[(0, 1.0)], n % 10 == 0))).collect();
        let priors = [Prior { mean: 0.0, precision: 0.01 }, Prior { mean: 0.0, precision: 0.01 }, Prior { mean: 0.7, precision: 1.0 }];
        let weights = fit(&rows, &priors);
        let odds = 9.0_f32.ln();
        assert!((weights[0] + odds).abs() < 0.1 && (weights[1] - 2.0 * odds).abs() < 0.2, "{weights:?}");
        assert!((weights[2] - 0.7).abs() < 1e-6);
        assert_eq!(fit(&[], &priors)[2], 0.7);
    }

    #[test]
    fn separable_and_extreme_rows_stay_finite() {
        let rows = [row(&[(0, 1e6)], true), row(&[(0, -1e6)], false), row(&[(9, 1.0)], true)];
        assert!(fit(&rows, &[Prior { mean: 0.0, precision: 1.0 }]).iter().all(|w| w.is_finite()));
    }
}
