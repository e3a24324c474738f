//! Cost grows with the size of hostile input, not with its square: `counted.rs` by counts, `through_the_binary.rs` by running it.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod counted;
mod families;
mod through_the_binary;
