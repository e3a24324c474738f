//! 一周综述 as sections of sentences and tables, which page, document and mail show alike.

mod mail;
mod sections;

pub use mail::{review_mail, review_text};
pub use sections::{ReviewCell, ReviewLink, ReviewSection, ReviewTable, legend, review_subject, sections};

use crate::review::Review;

/// Returns the file name without extension: 竞争情报快递一周综述2026-W48.
pub fn review_stem(r: &Review) -> String {
    format!("{}{}{}", r.publication, r.kind(), r.period)
}
