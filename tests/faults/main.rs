//! What breaks systems like this one, done to the real binary: killed at any moment, no room, a damaged or locked database,
//! a clock that jumps, no network, no mail server, files broken by hand, storms of signals, too many connections, too little
//! memory. After each: nothing committed is lost, nothing is doubled, and what is wrong is said.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

mod clock;
mod crash;
mod crashes;
mod database;
mod disk;
mod fixture;
mod late_articles;
mod limits;
mod reload;
#[path = "../mail/smtp_stub.rs"]
mod smtp_stub;
mod soak;
