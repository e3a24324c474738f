//! 更正 and 撤回通知: what the readers of an issue are told afterwards. Pure.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::model::ArticleId;

/// Longest text of a field, in characters.
pub const MAX_NOTICE: usize = 2_000;

/// What readers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeText {
    /// 更正 of one item, or of the issue.
    Correction {
        /// The item.
        article: Option<ArticleId>,
        /// As it was printed.
        wrong: String,
        /// As it should read.
        right: String,
    },
    /// 撤回通知.
    Withdrawal {
        /// Why; may be empty.
        reason: String,
    },
}

impl NoticeText {
    /// Its kind, as stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Correction { .. } => "correction",
            Self::Withdrawal { .. } => "withdrawal",
        }
    }

    /// Its kind, for people.
    pub fn chinese(&self) -> &'static str {
        match self {
            Self::Correction { .. } => "更正",
            Self::Withdrawal { .. } => "撤回通知",
        }
    }

    /// Checks what an editor wrote.
    ///
    /// # Errors
    /// A field that is empty or too long.
    pub fn checked(self) -> Result<Self, NoticeError> {
        let (fields, needed): (Vec<&String>, bool) = match &self {
            Self::Correction { wrong, right, .. } => (vec![wrong, right], true),
            Self::Withdrawal { reason } => (vec![reason], false),
        };
        if needed && fields.iter().any(|f| f.trim().is_empty()) {
            return Err(NoticeError::Empty);
        }
        if fields.iter().any(|f| f.chars().count() > MAX_NOTICE) {
            return Err(NoticeError::TooLong);
        }
        Ok(self)
    }
}

/// Why a notice cannot be sent; shown to editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A field is empty.
    #[error("没有发出：请写明原文和应为")]
    Empty,
    /// A field is too long.
    #[error("没有发出：每一栏最多 {MAX_NOTICE} 字")]
    TooLong,
    /// Nobody has the issue.
    #[error("没有发出：本期还没有收件人")]
    NoReaders,
}

/// A numbered notice about an issue.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Number within the year, of the publication and the kind.
    pub number: u32,
    /// Day on which it is sent.
    pub date: NaiveDate,
    /// What it says.
    pub text: NoticeText,
}

impl Notice {
    /// 更正〔2026〕1号.
    pub fn label(&self) -> String {
        format!("{}〔{}〕{}号", self.text.chinese(), self.date.year(), self.number)
    }
}

/// A line of the list of notices about an issue.
#[derive(Debug, Clone)]
pub struct SentNotice {
    /// The notice.
    pub notice: Notice,
    /// Who sent it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Letters.
    pub letters: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_writes_is_checked() {
        let empty = NoticeText::Correction { article: None, wrong: " ".to_owned(), right: "x".to_owned() };
        assert_eq!(empty.checked(), Err(NoticeError::Empty));
        assert!(NoticeText::Withdrawal { reason: String::new() }.checked().is_ok());
        assert_eq!(NoticeText::Withdrawal { reason: "长".repeat(MAX_NOTICE + 1) }.checked(), Err(NoticeError::TooLong));
    }
}
