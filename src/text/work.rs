//! Counts the work of parsing, independently of the machine: bytes examined and nodes visited.
//!
//! Every pass over a text or a tree adds to its thread's count. Tests compare the counts for inputs of growing length.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<u64> = const { Cell::new(0) };
}

/// Adds to this thread's count.
pub fn add(steps: usize) {
    DONE.with(|done| done.set(done.get().wrapping_add(steps as u64)));
}

/// Returns this thread's count since the last call and resets it.
pub fn take() -> u64 {
    DONE.with(|done| done.replace(0))
}
