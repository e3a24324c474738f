//! Office documents and recognised pages → simple HTML, which `extract` reads like a page's body. Pure.
//!
//! Hostile files: parts are bounded after decompression, nesting and paragraphs are bounded, nothing recurses. Reading happens in a
//! parser's child process all the same.

mod docx;
mod format;
pub mod ocr;
pub mod office;
pub mod scan;

pub use format::Format;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is larger than any honest document, after decompression.
    #[error("is too large")]
    TooLarge,
    #[error("is damaged: {0}")]
    Damaged(String),
}

/// Returns the paragraphs and tables of a .docx as HTML.
///
/// # Errors
/// It is damaged or too large.
pub fn html_of_docx(bytes: &[u8]) -> Result<String, DocumentError> {
    docx::html(bytes)
}
