//! False-discovery control (Benjamini and Hochberg 1995).

/// Returns for each of some p-values the smallest false-discovery rate at which it counts as a discovery, if `tested` hypotheses were
/// tested; those not given have p = 1.
pub fn q_values(p: &[f64], tested: usize) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tested = tested.max(p.len());
    let mut q = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (position, (at, p)) in order.into_iter().enumerate() {
        let rank = q.len() - position;
        least = least.min(p * as_float(tested) / as_float(rank));
        if let Some(q) = q.get_mut(at) {
            *q = least;
        }
    }
    q
}

#[allow(clippy::cast_precision_loss)] // numbers of terms are far below 2^52
fn as_float(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_paper_has_four_discoveries() {
        // section 3.2 of Benjamini and Hochberg 1995: 15 tests, 4 rejected at 0.05
        let p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0];
        let q = q_values(&p, p.len());
        assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((q[3] - 0.0095 * 15.0 / 4.0).abs() < 1e-12);
        assert!(q.windows(2).all(|w| w[0] <= w[1]), "in the order of p: {q:?}");
    }

    #[test]
    fn hypotheses_that_are_not_given_count_too() {
        let q = q_values(&[0.01, 0.001], 100);
        assert!((q[1] - 0.1).abs() < 1e-12 && (q[0] - 0.5).abs() < 1e-12, "{q:?}");
        assert!(q_values(&[], 5).is_empty());
    }
}
