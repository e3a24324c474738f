//! Boosted decision trees (Friedman 2001): the sum of their leaves is the log-odds of a row of features. `examples/boost.rs` grows them.

/// A decision tree. Each leaf adds to the log-odds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecisionTree {
    /// The first is the root.
    pub nodes: Vec<Question>,
    /// Contribution of each leaf to the log-odds.
    pub leaves: Vec<f32>,
}

/// Compares a feature with a threshold (at most). Leads to another question, or to a leaf from [`LEAF`] on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    pub feature: u8,
    pub threshold: f32,
    pub yes: u8,
    pub no: u8,
}

/// Number of the first leaf.
pub const LEAF: u8 = 128;

impl DecisionTree {
    fn value(&self, row: &[f32]) -> f32 {
        let mut at = 0u8;
        // a path visits each question at most once
        for _ in 0..=self.nodes.len() {
            let Some(q) = self.nodes.get(usize::from(at)) else { break };
            let is_yes = row.get(usize::from(q.feature)).is_some_and(|x| *x <= q.threshold);
            at = if is_yes { q.yes } else { q.no };
            if let Some(leaf) = at.checked_sub(LEAF) {
                return self.leaves.get(usize::from(leaf)).copied().unwrap_or_default();
            }
        }
        0.0
    }
}

/// Trees and their constant bias.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoostedTrees {
    /// Log-odds before the first tree.
    pub bias: f32,
    /// In training order.
    pub trees: Vec<DecisionTree>,
}

impl BoostedTrees {
    /// Returns the log-odds of a row. If they are below a limit after some trees, the rest is skipped.
    pub fn log_odds(&self, row: &[f32], skip: Option<(usize, f32)>) -> f32 {
        let (after, hopeless) = skip.unwrap_or((0, f32::NEG_INFINITY));
        let (early, late) = self.trees.split_at_checked(after).unwrap_or((&self.trees, &[]));
        let sum = |trees: &[DecisionTree]| trees.iter().map(|t| t.value(row)).sum::<f32>();
        let first = self.bias + sum(early);
        if first < hopeless { first } else { first + sum(late) }
    }

    /// Serialises the trees: bias, number of trees; per tree the number of questions, the questions, the leaves.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.bias.to_le_bytes().to_vec();
        out.extend(u16::try_from(self.trees.len()).unwrap_or_default().to_le_bytes());
        for tree in &self.trees {
            out.push(u8::try_from(tree.nodes.len()).unwrap_or_default());
            for q in &tree.nodes {
                out.extend([q.feature, q.yes, q.no]);
                out.extend(q.threshold.to_le_bytes());
            }
            tree.leaves.iter().for_each(|l| out.extend(l.to_le_bytes()));
        }
        out
    }

    /// Parses trees. Returns `None` if the bytes are invalid.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        let bias = rest.float()?;
        let [a, b] = rest.take::<2>()?;
        let mut trees = Vec::new();
        for _ in 0..u16::from_le_bytes([a, b]) {
            let [count] = rest.take::<1>()?;
            let mut tree = DecisionTree::default();
            for _ in 0..count {
                let [feature, yes, no] = rest.take::<3>()?;
                tree.nodes.push(Question { feature, yes, no, threshold: rest.float()? });
            }
            for _ in 0..=count {
                tree.leaves.push(rest.float()?);
            }
            trees.push(tree);
        }
        rest.0.is_empty().then_some(Self { bias, trees })
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn float(&mut self) -> Option<f32> {
        self.take().map(f32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trees() -> BoostedTrees {
        let question = |feature, threshold, yes, no| Question { feature, threshold, yes, no };
        let tree = DecisionTree { nodes: vec![question(0, 1.0, LEAF, 1), question(1, 0.5, LEAF + 1, LEAF + 2)], leaves: vec![-2.0, 1.0, 3.0] };
        BoostedTrees { bias: 0.5, trees: vec![tree.clone(), tree] }
    }

    #[test]
    fn trees_add_up() {
        let odds = |row: [f32; 2]| trees().log_odds(&row, None);
        for (row, sum) in [([1.0, 9.0], -3.5), ([2.0, 0.0], 2.5), ([2.0, 0.6], 6.5)] {
            assert!((odds(row) - sum).abs() < 1e-6);
        }
        assert!((trees().log_odds(&[1.0, 9.0], Some((1, -1.0))) + 1.5).abs() < 1e-6, "the second tree is skipped");
    }

    #[test]
    fn trees_are_read_as_they_were_written() {
        assert_eq!(BoostedTrees::from_bytes(&trees().to_bytes()), Some(trees()));
        let bytes = trees().to_bytes();
        assert_eq!(BoostedTrees::from_bytes(bytes.get(..bytes.len() - 1).unwrap_or_default()), None);
    }

    #[test]
    fn a_tree_that_leads_in_a_circle_ends() {
        let q = Question { feature: 0, threshold: 1.0, yes: 0, no: 0 };
        assert!(DecisionTree { nodes: vec![q], leaves: vec![1.0, 1.0] }.value(&[0.0]).abs() < 1e-6);
    }
}
