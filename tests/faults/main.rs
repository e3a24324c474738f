//! What breaks systems like this one, done to the real binary: killed at any moment, no room, a damaged or locked database,
//! a clock that jumps, no network, no mail server, files broken by hand, storms of signals, too many connections, too little
//! memory. After each: nothing committed is lost, nothing is doubled, and what is wrong is said.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod clock;
mod comeback;
mod database;
mod disk;
mod kills;
mod limits;
mod office;
mod reload;
mod soak;
#[path = "../letters/stub.rs"]
mod stub;
mod suspects;
