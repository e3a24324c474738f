//! The model that decides which blocks are the article: boosted trees, then smoothing over neighbours.
//!
//! Stored in `src/data/models/blocks.bin`, made by `examples/train_blocks`.

use crate::extract::block_features::{WIDTH, is_asked};
use crate::extract::blocks::Part;
use crate::learn::BoostedTrees;

/// The trees that rate blocks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlockModel(pub BoostedTrees);

/// After this many trees, skip the rest for hopeless blocks.
const HOPELESS_AFTER: usize = 30;
const HOPELESS: f32 = -5.0;
/// Log-odds of blocks that the model is not asked about.
const UNASKED: f32 = -10.0;
/// Share of the neighbours in a block's log-odds, and the cap on their influence.
const NEIGHBOURS: f32 = 0.15;
const MOST: f32 = 4.0;

impl BlockModel {
    /// Returns the log-odds of each block, given [`WIDTH`] features per block.
    pub fn log_odds(&self, figures: &[f32]) -> Vec<f32> {
        figures.chunks_exact(WIDTH).map(|row| self.row(row)).collect()
    }

    fn row(&self, row: &[f32]) -> f32 {
        if !is_asked(row) {
            return UNASKED;
        }
        self.0.log_odds(row, Some((HOPELESS_AFTER, HOPELESS)))
    }
}

/// The chosen blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub kept: Vec<bool>,
    /// Expected F1 of the choice.
    pub expected: f32,
    /// Whether this is the rules' choice.
    pub is_by_rules: bool,
}

/// Keep the rules' choice if its expected F1 is at most this much lower.
const AS_GOOD: f32 = 0.01;

/// Returns the blocks with the best expected F1, weighted by letters, or the rules' choice if it is as good.
pub fn choose(log_odds: &[f32], parts: &[Part], letters: &[u32]) -> Choice {
    let odds = |i: Option<usize>| i.and_then(|i| log_odds.get(i)).map_or(0.0, |o| o.clamp(-MOST, MOST));
    let smoothed = |(i, o): (usize, &f32)| o + NEIGHBOURS * (odds(i.checked_sub(1)) + odds(Some(i + 1)));
    let probabilities: Vec<f32> = log_odds.iter().enumerate().map(|o| 1.0 / (1.0 + (-smoothed(o)).exp())).collect();
    let (kept, best) = most_expected(&probabilities, letters);
    // blocks without a verdict are the headline, which no body keeps
    let by_rules: Vec<bool> = parts.iter().zip(log_odds).map(|(p, odds)| *p == Part::Chosen && *odds > UNASKED).collect();
    let expected = expected_f1(&probabilities, &by_rules, letters);
    if expected + AS_GOOD >= best {
        return Choice { kept: by_rules, expected, is_by_rules: true };
    }
    Choice { kept, expected: best, is_by_rules: false }
}

/// Returns the blocks above the best threshold, which is lower when less is certain (Lipton et al. 2014), and their expected F1.
fn most_expected(probabilities: &[f32], letters: &[u32]) -> (Vec<bool>, f32) {
    let mut order: Vec<(f32, f32, usize)> = probabilities.iter().zip(letters).enumerate().map(|(i, (p, n))| (*p, *n as f32, i)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
    let all: f32 = order.iter().map(|(p, n, _)| p * n).sum();
    let (mut hit, mut taken, mut best) = (0.0, 0.0, (0, 0.0));
    for (count, (p, n, _)) in order.iter().enumerate() {
        hit += p * n;
        taken += n;
        let expected = 2.0 * hit / (taken + all).max(1.0);
        if expected > best.1 {
            best = (count + 1, expected);
        }
    }
    let mut kept = vec![false; probabilities.len()];
    for (_, _, i) in order.iter().take(best.0) {
        kept.get_mut(*i).into_iter().for_each(|k| *k = true);
    }
    (kept, best.1)
}

/// Returns the expected F1 of the kept blocks.
fn expected_f1(probabilities: &[f32], kept: &[bool], letters: &[u32]) -> f32 {
    let (mut hit, mut taken, mut all) = (0.0, 0.0, 0.0);
    for ((p, kept), n) in probabilities.iter().zip(kept).zip(letters) {
        all += p * *n as f32;
        if *kept {
            hit += p * *n as f32;
            taken += *n as f32;
        }
    }
    2.0 * hit / f32::max(taken + all, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_is_read() {
        let shipped = include_bytes!("../data/models/blocks.bin");
        assert!(shipped.len() < 400 << 10 && BoostedTrees::from_bytes(shipped).is_some_and(|m| m.trees.len() > 50));
    }

    #[test]
    fn the_threshold_is_lower_where_less_is_sure() {
        let chosen = |odds: &[f32]| choose(odds, &vec![Part::Outside; odds.len()], &vec![100; odds.len()]);
        assert_eq!(chosen(&[-4.0, 4.0, -0.5, 4.0, -4.0]).kept, [false, true, true, true, false]);
        assert_eq!(chosen(&[-6.0, -4.0, -1.5, -4.0, -6.0]).kept, [false, false, true, false, false]);
        let (sure, unsure) = (chosen(&[6.0, 6.0, -6.0]).expected, chosen(&[-1.0, -2.0, -3.0]).expected);
        assert!(sure > 0.95 && unsure < 0.5, "{sure} {unsure}");
        assert!(chosen(&[]).kept.is_empty());
    }

    #[test]
    fn what_the_rules_choose_stays_where_it_is_as_good() {
        let letters = [100, 1, 100];
        let choice = choose(&[4.0, -3.0, -4.0], &[Part::Chosen, Part::Chosen, Part::Outside], &letters);
        assert!(choice.is_by_rules && choice.kept == [true, true, false]);
        let choice = choose(&[4.0, -3.0, -4.0], &[Part::Chosen, Part::LeftOut, Part::Chosen], &letters);
        assert!(!choice.is_by_rules && choice.kept == [true, false, false]);
    }
}
