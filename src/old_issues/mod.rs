//! Reads old issues, made before this program, so that they come into the archive. Pure.
//!
//! A file becomes lines (`file.rs`, `docx.rs`). `contents.rs` takes out the table of contents, `columns.rs` finds the columns, `titles.rs`
//! and `briefs.rs` cut them into items, `publisher.rs` reads 来源, `numbering.rs` number, date and organiser. What is unsure is reported, not hidden.

mod briefs;
mod columns;
mod contents;
mod cut;
mod docx;
mod edition;
mod error;
mod file;
mod issue;
mod line;
mod numbering;
mod plain_titles;
mod publisher;
mod table_row;
#[cfg(test)]
mod tests;
mod titles;

pub use cut::Doubt;
pub use edition::edition;
pub use error::FileError;
pub use file::{FileLines, MAX_FILE, lines};
pub use issue::{Known, OldColumn, OldIssue, OldItem, Unsure, read, repeated_columns};
pub use line::{Line, Style};
pub use numbering::Numbering;
