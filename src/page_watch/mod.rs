//! A watched page (`kind = "page"`): its text as blocks, furniture left out, compared with the last stored version. Pure.
//!
//! - [`blocks`]: a page → blocks: what a reader sees, tables by row, lists by item.
//! - [`outline`]: blocks → lines with a key (without counters, tokens, the date of the look) and the labels around them.
//! - [`mod@compare`]: two versions → changes, in time linear in both.
//! - [`memory`]: what earlier looks taught: flickering lines, told changes, a page that may have been redesigned.
//! - [`look`]: one look → what to store and tell.
//! - [`report`]: changes → title and text in Chinese.

pub mod blocks;
mod boxes;
mod change;
pub mod compare;
mod details;
#[cfg(test)]
mod kinds;
pub mod look;
mod masks;
pub mod memory;
mod moves;
pub mod outline;
pub mod report;
mod rows;
mod similar;
#[cfg(test)]
mod tests;

pub use blocks::{Block, BlockKind, PageError, WatchedPage};
pub use change::Change;
pub use compare::{Comparison, compare};
pub use details::Detail;
pub use look::{Look, Verdict, judge};
pub use memory::Memory;
pub use outline::Version;
pub use report::{ChangeReport, text_of};
