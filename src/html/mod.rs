//! HTML text, before any tree is built of it: cut into tags and text, and written out so that a tree costs linear time.

mod balance;
mod minify;
mod names;
mod token;

pub use balance::{Balanced, Keep, balance};
