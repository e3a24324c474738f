//! A difference between two versions of a page.

use crate::page_watch::details::Detail;

/// A difference between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Changed {
        /// Where: the heading above it.
        section: String,
        old: String,
        new: String,
        details: Vec<Detail>,
    },
    Added {
        section: String,
        text: String,
    },
    Removed {
        section: String,
        text: String,
    },
}

/// A change, and what tells it again at later looks.
#[derive(Debug)]
pub struct FoundChange {
    pub change: Change,
    /// Hash of its place on the page.
    pub slot: u64,
    /// Hash of what stands there now.
    pub value: u64,
    /// Hash of the change itself.
    pub id: u64,
}

pub(super) fn hash(parts: &[&str]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(parts.join("\u{1}").as_bytes())
}
