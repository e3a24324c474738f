//! Printed articles that are looked at again: when, and what their source changed meanwhile. Pure.
//!
//! - `plan.rs`: when an article is looked at again, and how many requests that may cost.
//! - `sentences.rs`: a text → its sentences without counters, related links and punctuation.
//! - `compare.rs`: the printed article and the one of now → what changed.
//! - `withdrawn.rs`: pages that stand where an article was.
//! - `finding.rs`: what a look found, as stored, and in Chinese.

mod compare;
mod finding;
mod plan;
mod sentences;
#[cfg(test)]
mod tests;
mod withdrawn;

pub use compare::{Comparison, Copy, compare};
pub use finding::{ChangeKind, Difference, FindingState, correction, message};
pub use plan::{Plan, WINDOW, allowance};
pub use withdrawn::{leads_away, same_address, says_withdrawn};
