//! A model trained on labelled articles. Input: n-grams of title and text, and the rules' results. Output: industries, column,
//! whether an article is on topic, and whether it is worth an editor's look.
//!
//! One linear model per class on hashed n-grams, then logistic regressions over their margins and the rules' scores. Training and
//! classification are pure: the same labels give the same file, the same file and article the same result.

mod example;
mod figures;
mod fit;
mod grams;
mod linear;
mod logistic;
mod model;
mod random;
mod signals;
mod stages;
mod train;
mod trees;

pub use example::{Example, Folds};
pub use figures::Figures;
pub use logistic::{Logistic, narrow};
pub use model::{Model, ModelError, Provenance};
pub use random::Random;
pub use signals::Signals;
pub use stages::Verdict;
pub use train::{Trained, learnable, train};
pub use trees::{BoostedTrees, DecisionTree, LEAF, Question};
