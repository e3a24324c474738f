//! Whether the statements of an issue have support in their article: where each sentence, figure, name and date comes from, and what
//! the article does not say.
//!
//! A statement is aligned with the article (`align.rs`). What both have word for word is supported. Where they differ, figures, dates,
//! directions of change, names, negations and speakers of both are compared: a paraphrase says the same of them. Words are in
//! `src/data/evidence.toml`.

mod across;
mod align;
mod article;
mod check;
mod check_facts;
mod check_names;
mod check_reckoned;
mod check_words;
mod days;
mod figures;
mod folded;
mod labels;
mod marks;
mod names;
mod sentence;
mod statements;
mod sums;
mod support;

pub use across::{Clash, Measured, clash, measured};
pub use article::Article;
pub use statements::{Checked, ItemTexts, check_item, check_text};
pub use sums::{WrongSum, wrong_sums};
pub use support::{Anchor, Fault, Field, Statement, StatementKind, Unsupported};

#[cfg(test)]
mod tests;
