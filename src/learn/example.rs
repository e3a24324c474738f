//! Labelled articles, and their folds for cross-validation.

use std::collections::BTreeMap;

use super::random::Random;
use super::signals::Signals;

/// One labelled article.
#[derive(Debug, Clone, Default)]
pub struct Example {
    pub title: String,
    pub text: String,
    /// Its industries, as indexes of the list.
    pub industries: Vec<usize>,
    /// Its column, as an index of the list; `None` if off topic.
    pub column: Option<usize>,
    /// 2: leaders want it; 1: it may fill a thin issue; 0: neither.
    pub worth: u8,
    /// Its family of sources.
    pub family: String,
    /// Results of the rules.
    pub signals: Signals,
}

/// How to split articles into folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folds {
    /// Each family spread over all folds.
    Mixed(usize),
    /// Each family within one fold.
    ByFamily(usize),
}

impl Folds {
    /// Returns the fold of each example.
    pub(super) fn parts(self, examples: &[Example]) -> Vec<usize> {
        match self {
            Self::Mixed(n) => {
                let mut order: Vec<usize> = (0..examples.len()).collect();
                Random::new(7).shuffle(&mut order);
                order.into_iter().map(|place| place % n.max(1)).collect()
            }
            Self::ByFamily(n) => {
                let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
                for e in examples {
                    *sizes.entry(&e.family).or_default() += 1;
                }
                let mut families: Vec<(&str, usize)> = sizes.into_iter().collect();
                families.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), *name));
                // largest family first, each into the smallest fold so far
                let mut filled = vec![0usize; n.max(1)];
                let mut of: BTreeMap<&str, usize> = BTreeMap::new();
                for (family, size) in families {
                    let smallest = filled.iter().enumerate().min_by_key(|(_, s)| **s).map_or(0, |(i, _)| i);
                    filled.get_mut(smallest).into_iter().for_each(|s| *s += size);
                    of.insert(family, smallest);
                }
                examples.iter().map(|e| of.get(e.family.as_str()).copied().unwrap_or_default()).collect()
            }
        }
    }
}
