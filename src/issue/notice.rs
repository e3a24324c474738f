//! 更正 and 撤回通知: notices to the readers of an issue. Pure.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::model::ArticleId;

/// Maximum length of a correction's fields, in characters.
const MAX_NOTICE: usize = 2_000;
/// Maximum length of the reason for a withdrawal, in characters.
const MAX_REASON: usize = 200;

/// Text of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeText {
    /// 更正 of an item, or of the issue.
    Correction {
        /// The item; `None`: the issue.
        article: Option<ArticleId>,
        /// The printed text.
        wrong: String,
        /// The corrected text.
        right: String,
    },
    /// 撤回通知.
    Withdrawal {
        /// The reason; may be empty.
        reason: String,
    },
}

impl NoticeText {
    /// Returns its kind, as stored.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Correction { .. } => "correction",
            Self::Withdrawal { .. } => "withdrawal",
        }
    }

    /// Returns its kind, in Chinese.
    pub fn chinese(&self) -> &'static str {
        match self {
            Self::Correction { .. } => "更正",
            Self::Withdrawal { .. } => "撤回通知",
        }
    }

    /// Checks the editor's text.
    ///
    /// # Errors
    /// If a field is empty or too long.
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

/// Returns the text without control characters, direction marks and surplus space; keeps line breaks.
fn plain(text: &str) -> String {
    let hidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let lines = text.lines().map(|line| line.chars().filter(|c| !hidden(*c)).collect::<String>());
    lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Why a notice cannot be sent; shown to editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("没有发出：请写明原文和应为")]
    Empty,
    #[error("没有发出：最多 {0} 字")]
    TooLong(usize),
    /// The item is not in the issue.
    #[error("没有发出：本期没有这一条")]
    NoItem,
    /// What the source changed is answered already.
    #[error("没有发出：这处原文变化已经有人处理过")]
    Answered,
    /// The corrected text equals the printed one.
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
    /// Day of sending.
    pub date: NaiveDate,
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
    pub notice: Notice,
    /// Sender's account name.
    pub by: String,
    pub at: DateTime<Utc>,
    /// Number of mails.
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
