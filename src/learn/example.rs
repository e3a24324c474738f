//! A labelled article, and how articles are parted for cross-validation.

use std::collections::BTreeMap;

use super::random::Random;
use super::signals::Signals;

/// One labelled article.
#[derive(Debug, Clone, Default)]
pub struct Example {
    /// Headline.
    pub title: String,
    /// Text.
    pub text: String,
    /// Its industries, by their places in the list.
    pub industries: Vec<usize>,
    /// Its column, by its place in the list; none if it is off topic.
    pub column: Option<usize>,
    /// 2 leaders want it, 1 it may fill a thin issue, 0 not.
    pub worth: u8,
    /// The family of sources it comes from.
    pub family: String,
    /// What the rules found.
    pub signals: Signals,
}

/// How articles are parted for cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folds {
    /// Articles of every family in each part.
    Mixed(usize),
    /// Each family whole in one part.
    ByFamily(usize),
}

impl Folds {
    /// The part of each example.
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
                // the largest first, each into the part that is smallest so far
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
