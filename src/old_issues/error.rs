//! Why a file cannot be read.

use crate::documents::DocumentError;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// An old .doc, or a .docx with a password.
    #[error("is an old .doc or has a password")]
    OldDocument,
    #[error("is neither .docx, .doc nor text")]
    Unknown,
    /// A text with bytes that stand for no character.
    #[error("is no text: {count} bytes are zero or no UTF-8, the first is byte {first}; save it as UTF-8")]
    NoText { first: usize, count: usize },
    #[error("is larger than an issue can be")]
    TooLarge,
    #[error("cannot be read: {0}; open it in Word or WPS and save it as .docx")]
    Damaged(String),
}

impl From<DocumentError> for FileError {
    fn from(e: DocumentError) -> Self {
        match e {
            DocumentError::TooLarge => Self::TooLarge,
            DocumentError::Damaged(how) => Self::Damaged(how),
        }
    }
}
