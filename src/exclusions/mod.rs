//! 不再报道: rules of editors on what is never chosen automatically. Pure.
//!
//! A rule looks at all articles or at those of one source, and excludes what matches, or, as “only if”, what does not match.
//! Words, organisations, industries and themes are matched by `topics`; patterns, keywords and sources here.

mod check;
mod rule_set;

pub use check::{MAX_REASON, MAX_TEXT, RuleError, check};
pub use rule_set::{NamedRule, RuleMatch, RuleSet};

#[cfg(test)]
mod tests;
