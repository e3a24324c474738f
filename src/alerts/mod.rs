//! 提醒: when which alert leaves, and what it says. Pure: the store finds what alert rules wait for, `pipeline/notifier.rs` sends.

mod message;
mod plan;

pub use message::{HitFacts, HitReport, digest, single};
pub use plan::{Hours, Outgoing, Waiting, plan};
