//! How much work reading costs, as a number that does not depend on the machine: bytes looked at and nodes visited.
//!
//! Every pass over a text or a tree adds to the count of its thread. Tests compare the counts of inputs of growing length.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<u64> = const { Cell::new(0) };
}

/// Adds to the count of this thread.
pub fn add(steps: usize) {
    DONE.with(|done| done.set(done.get().wrapping_add(steps as u64)));
}

/// What this thread has counted since it was asked last.
pub fn take() -> u64 {
    DONE.with(|done| done.replace(0))
}
