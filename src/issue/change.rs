//! What an editor may do to an edition.

use serde::{Deserialize, Serialize};

use crate::issue::fields::Edit;
use crate::model::{ArticleId, AuditAction, FileId, Item, ItemFile, Picture, Print};

/// Why an item was dropped; what the choice may learn from.
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

    /// Reads a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|r| r.1 == word).map(|r| r.0)
    }

    /// As stored.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|r| r.0 == self).map_or("other", |r| r.1)
    }
}

/// A place in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    Top,
    /// Behind all others.
    End,
    /// Before this item; at the end where it is no longer there.
    Before(ArticleId),
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Texts of an item.
    Rewrite {
        /// Which.
        article: ArticleId,
        /// Headline.
        title: Option<Edit>,
        /// Summary.
        summary: Option<Edit>,
        /// Full text.
        text: Option<Edit>,
        /// 按语.
        note: Option<Edit>,
    },
    /// Summary or full text is printed of an item.
    Print {
        /// Which.
        article: ArticleId,
        /// What.
        print: Print,
    },
    /// The full text is the source's again.
    ResetText {
        /// Which.
        article: ArticleId,
        /// The source's text.
        text: String,
    },
    /// An item of the editor's own, behind the others of a column.
    Write {
        /// Headline.
        title: String,
        /// Full text.
        text: String,
        /// 来源; may be empty.
        publisher: String,
        /// Column's name.
        column: String,
    },
    /// A picture for an item.
    AddPicture {
        /// Which.
        article: ArticleId,
        /// The stored picture.
        picture: Picture,
    },
    /// An attachment for an item.
    AddAttachment {
        /// Which.
        article: ArticleId,
        /// The stored file.
        file: ItemFile,
    },
    /// A picture or an attachment is taken from an item.
    RemoveFile {
        /// Which.
        article: ArticleId,
        /// The file.
        file: FileId,
    },
    /// Items are taken out.
    Drop {
        /// Which.
        articles: Vec<ArticleId>,
        /// Why.
        reason: DropReason,
    },
    /// An item goes to a place in a column.
    Move {
        /// Which.
        article: ArticleId,
        /// Column's name.
        column: String,
        /// Where.
        place: Place,
    },
    /// One place up or down in its column.
    Shift {
        /// Which.
        article: ArticleId,
        /// Towards the front.
        up: bool,
    },
    /// An item is put in at the end of a column.
    Add {
        /// The item.
        item: Box<Item>,
        /// Column's name.
        column: String,
    },
    /// An item tells the same story as another one and becomes its copy.
    Merge {
        /// Which.
        article: ArticleId,
        /// Into which.
        into: ArticleId,
    },
    /// A copy tells another story and becomes an item of its own, behind the one it was a copy of.
    Split {
        /// From which item.
        article: ArticleId,
        /// The copy as an item.
        item: Box<Item>,
    },
    /// 编者的话, written by an editor.
    Foreword(Edit),
    /// 编者的话 is composed from the items again.
    ComposeForeword,
}

impl Change {
    /// What the log calls it.
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
