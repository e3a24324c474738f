//! 更正 and 撤回通知: what the readers of an issue are told afterwards. Pure.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::model::ArticleId;

/// Longest text of a field of a correction, in characters.
const MAX_NOTICE: usize = 2_000;
/// Longest reason of a withdrawal, in characters.
const MAX_REASON: usize = 200;

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
        let most = if needed { MAX_NOTICE } else { MAX_REASON };
        if fields.iter().any(|f| f.chars().count() > most) {
            return Err(NoticeError::TooLong(most));
        }
        Ok(match self {
            Self::Correction { wrong, right, .. } if wrong.trim() == right.trim() => return Err(NoticeError::Same),
            Self::Correction { article, wrong, right } => Self::Correction { article, wrong: plain(&wrong), right: plain(&right) },
            Self::Withdrawal { reason } => Self::Withdrawal { reason: plain(&reason) },
        })
    }
}

/// A text without control characters, direction marks and needless space; lines stay.
fn plain(text: &str) -> String {
    let hidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let lines = text.lines().map(|line| line.chars().filter(|c| !hidden(*c)).collect::<String>());
    lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Why a notice cannot be sent; shown to editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A field is empty.
    #[error("没有发出：请写明原文和应为")]
    Empty,
    /// A field is too long.
    #[error("没有发出：最多 {0} 字")]
    TooLong(usize),
    /// The item is not in the issue.
    #[error("没有发出：本期没有这一条")]
    NoItem,
    /// Nothing changes.
    #[error("没有发出：原文和应为一样")]
    Same,
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
        let marked = NoticeText::Correction { article: None, wrong: "\u{202e}20%\0\r\n 至 ".to_owned(), right: "2%".to_owned() };
        assert_eq!(marked.checked(), Ok(NoticeText::Correction { article: None, wrong: "20%\n至".to_owned(), right: "2%".to_owned() }));
        let same = NoticeText::Correction { article: None, wrong: "2%".to_owned(), right: " 2%".to_owned() };
        assert_eq!(same.checked(), Err(NoticeError::Same));
        assert!(NoticeText::Withdrawal { reason: String::new() }.checked().is_ok());
        assert_eq!(NoticeText::Withdrawal { reason: "长".repeat(MAX_REASON + 1) }.checked(), Err(NoticeError::TooLong(MAX_REASON)));
    }
}
