//! A learned weight.

use serde::{Deserialize, Serialize};

use super::features::Feature;

/// A feature that made a difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnedWeight {
    #[serde(flatten)]
    pub feature: Feature,
    /// Added to the log-odds for a value of 1.
    pub weight: f32,
    /// Candidates with it that editors kept, and all that they decided on.
    pub kept: u32,
    pub seen: u32,
}
