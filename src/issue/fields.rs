//! The editable texts of an edition, their maximum lengths, and the errors of a change.

use crate::text::normalize::collapse_whitespace;

/// Maximum lengths, in characters.
pub const MAX_TITLE: usize = 200;
pub const MAX_SUMMARY: usize = 2_000;
pub const MAX_NOTE: usize = 500;
pub const MAX_TEXT: usize = 50_000;
pub const MAX_FOREWORD: usize = 5_000;

/// Maximum number of attachments per item.
pub const MAX_ATTACHMENTS: usize = 5;

/// An edit of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The text that the editor saw; `None`: any.
    pub was: Option<String>,
    /// The new text.
    pub now: String,
}

impl Edit {
    /// Replaces the text, whatever it is.
    pub fn any(now: &str) -> Self {
        Self { was: None, now: now.to_owned() }
    }

    /// Changes a text, unless another editor changed it first.
    pub(super) fn apply(&self, text: &mut String, field: Field) -> Result<(), EditError> {
        let (now, current) = (field.normalize(&self.now), field.normalize(text));
        let longer = now.chars().count().saturating_sub(field.most());
        if longer > 0 {
            return Err(EditError::TooLong { field: field.chinese(), most: field.most(), longer });
        }
        if now != current && self.was.as_ref().is_some_and(|was| field.normalize(was) != current) {
            return Err(EditError::Conflict { field: field.chinese(), theirs: text.clone() });
        }
        *text = now;
        Ok(())
    }
}

/// An editable text of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Publisher,
    Summary,
    Text,
    Note,
    Foreword,
}

impl Field {
    fn chinese(self) -> &'static str {
        match self {
            Self::Title => "标题",
            Self::Publisher => "来源",
            Self::Summary => "摘要",
            Self::Text => "全文",
            Self::Note => "按语",
            Self::Foreword => "编者的话",
        }
    }

    /// Returns the maximum length, in characters.
    fn most(self) -> usize {
        match self {
            Self::Title | Self::Publisher => MAX_TITLE,
            Self::Summary => MAX_SUMMARY,
            Self::Text => MAX_TEXT,
            Self::Note => MAX_NOTE,
            Self::Foreword => MAX_FOREWORD,
        }
    }

    /// Returns the text without surplus space; keeps paragraphs, and in full texts the tabs between table cells.
    pub(super) fn normalize(self, text: &str) -> String {
        let cells = |line: &str| line.split('\t').map(collapse_whitespace).collect::<Vec<_>>().join("\t");
        let lines = |line: fn(&str) -> String| text.lines().map(line).filter(|l| !l.trim().is_empty()).collect::<Vec<_>>().join("\n");
        match self {
            Self::Title | Self::Publisher => collapse_whitespace(text),
            Self::Summary | Self::Note | Self::Foreword => lines(collapse_whitespace),
            Self::Text => lines(cells),
        }
    }
}

/// Why a change is not allowed; shown to editors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("这一条已不在本期里（可能刚被别人移走），请刷新页面")]
    NoItem,
    #[error("本期没有“{0}”这个栏目")]
    NoColumn(String),
    #[error("标题不能为空")]
    NoTitle,
    /// An own item without text.
    #[error("请写下正文")]
    NoText,
    /// The article is already in the issue.
    #[error("这篇文章已经在本期里了")]
    AlreadyThere,
    /// The issue is final.
    #[error("本期已经定稿，不能再改")]
    Final,
    /// The issue is being reviewed.
    #[error("本期已经送审，不能再改：请撤回送审，或由审核、签发人退回")]
    Submitted,
    /// Another editor changed the same text first.
    #[error("这一条的{field}刚刚被别人改过")]
    Conflict {
        field: &'static str,
        /// The current text.
        theirs: String,
    },
    /// An own item has no source text to restore.
    #[error("这一条是自写的，没有来源")]
    OwnItem,
    /// A second picture, or too many attachments.
    #[error("每条最多一张图片、{MAX_ATTACHMENTS} 个附件，请先删去一个")]
    TooManyFiles,
    /// No such file.
    #[error("这个文件已不在这一条里")]
    NoFile,
    #[error("{field}最多 {most} 字，现在多出 {longer} 字")]
    TooLong {
        field: &'static str,
        /// Maximum number of characters.
        most: usize,
        /// Surplus characters.
        longer: usize,
    },
}
