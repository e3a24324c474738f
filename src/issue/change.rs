//! Changes that editors make to an edition.

use serde::{Deserialize, Serialize};

use crate::issue::fields::Edit;
use crate::model::{ArticleId, AuditAction, FileId, Item, ItemFile, Picture, Print};

/// Why an item was dropped; training data for the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropReason {
    /// 重复
    Repeated,
    /// 无关
    OffTopic,
    /// 过时
    Stale,
    /// 来源不可靠
    Unreliable,
    /// 已报
    ReportedBefore,
    /// 其他
    Other,
}

impl DropReason {
    /// Every reason, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Repeated, "repeated", "重复"),
        (Self::OffTopic, "off-topic", "无关"),
        (Self::Stale, "stale", "过时"),
        (Self::Unreliable, "unreliable", "来源不可靠"),
        (Self::ReportedBefore, "reported-before", "已报"),
        (Self::Other, "other", "其他"),
    ];

    /// Parses a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|r| r.1 == word).map(|r| r.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|r| r.0 == self).map_or("other", |r| r.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|r| r.0 == self).map_or("其他", |r| r.2)
    }
}

/// A position in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// First.
    Top,
    /// Last.
    End,
    /// Before this item; last if it is gone.
    Before(ArticleId),
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Rewrites texts of an item.
    Rewrite {
        article: ArticleId,
        title: Option<Edit>,
        summary: Option<Edit>,
        /// Full text.
        text: Option<Edit>,
        /// 按语.
        note: Option<Edit>,
    },
    /// Chooses whether an item's summary or full text is printed.
    Print { article: ArticleId, print: Print },
    /// Restores the source's full text.
    ResetText {
        article: ArticleId,
        /// The source's text.
        text: String,
    },
    /// Adds an item written by the editor, last in a column.
    Write {
        title: String,
        text: String,
        /// 来源; may be empty.
        publisher: String,
        /// Column name.
        column: String,
    },
    /// Adds a picture to an item.
    AddPicture { article: ArticleId, picture: Picture },
    /// Adds an attachment to an item.
    AddAttachment { article: ArticleId, file: ItemFile },
    /// Removes a picture or attachment from an item.
    RemoveFile { article: ArticleId, file: FileId },
    /// Drops items.
    Drop { articles: Vec<ArticleId>, reason: DropReason },
    /// Moves an item.
    Move {
        article: ArticleId,
        /// Column name.
        column: String,
        place: Place,
    },
    /// Moves an item by one place in its column.
    Shift {
        article: ArticleId,
        /// Towards the front.
        up: bool,
    },
    /// Adds an item, last in a column.
    Add {
        item: Box<Item>,
        /// Column name.
        column: String,
    },
    /// Merges an item into another with the same story, as its copy.
    Merge {
        article: ArticleId,
        /// The item that remains.
        into: ArticleId,
    },
    /// Makes a copy that tells another story an item of its own, after the item it was a copy of.
    Split {
        /// The item with the copy.
        article: ArticleId,
        /// The copy, as an item.
        item: Box<Item>,
    },
    /// Rewrites 编者的话.
    Foreword(Edit),
    /// Composes 编者的话 from the items again.
    ComposeForeword,
}

impl Change {
    /// Returns its action in the audit log.
    pub fn audited(&self) -> AuditAction {
        match self {
            Self::Rewrite { .. } => AuditAction::Rewrite,
            Self::Print { print: Print::Summary, .. } => AuditAction::PrintSummary,
            Self::Print { print: Print::Full, .. } => AuditAction::PrintFull,
            Self::ResetText { .. } => AuditAction::ResetText,
            Self::Write { .. } => AuditAction::WriteItem,
            Self::AddPicture { .. } => AuditAction::AddPicture,
            Self::AddAttachment { .. } => AuditAction::AddAttachment,
            Self::RemoveFile { .. } => AuditAction::RemoveFile,
            Self::Drop { .. } => AuditAction::DropItems,
            Self::Move { .. } | Self::Shift { .. } => AuditAction::MoveItem,
            Self::Add { .. } => AuditAction::AddItem,
            Self::Merge { .. } => AuditAction::MergeItems,
            Self::Split { .. } => AuditAction::SplitItem,
            Self::Foreword(_) => AuditAction::EditForeword,
            Self::ComposeForeword => AuditAction::ComposeForeword,
        }
    }
}
