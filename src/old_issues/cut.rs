//! An item as it is cut out of its column.

use super::line::Line;

/// Title lines and text of an item.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) title: String,
    pub(super) line: usize,
    pub(super) lines: Vec<Line>,
    pub(super) doubt: Option<Doubt>,
    /// Numbers of the lines that may start another item.
    pub(super) suspects: Vec<usize>,
}

impl Cut {
    pub(super) fn new(title: String, line: usize, doubt: Option<Doubt>) -> Self {
        Self { title, line, lines: Vec::new(), doubt, suspects: Vec::new() }
    }
}

/// What is unsure of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It may be a heading within the item before.
    MaybeHeading,
    /// The text has no title; its first words stand for one.
    NoTitle,
    /// The table of contents does not name it.
    NotInContents,
    /// It has a title, and no text.
    NoText,
}
