//! A ranking that is learned from the decisions of editors.
//!
//! Logistic regression over readable features of the candidates of issues. Without decisions it is the ranking of
//! `issue/rank.rs`; each decision moves it. Training is pure: the same decisions give the same model.

mod backtest;
mod columns;
mod comparison;
mod features;
mod model;
mod sparse;
mod train;
mod weight;

pub use backtest::{Backtest, ChoiceFigures, ReplayedIssue, backtest};
pub use columns::ColumnWeights;
pub use comparison::{Calibration, Comparison};
pub use features::{CandidateFeatures, Feature, FeatureKind, PointKind};
pub use model::{Ranking, RankingModel};
pub use train::{Observation, ObservedIssue, Outcome, train};
pub use weight::LearnedWeight;
