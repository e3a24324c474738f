//! Kinds of notifications.

/// What a notification tells. An outlet takes some kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotificationKind {
    /// News that an alert rule matches, or a source gone silent.
    Alert,
    /// A draft waits for its editors.
    Draft,
    /// An issue is final.
    Issue,
    /// 更正, 撤回, and what operators are told.
    Notice,
}

impl NotificationKind {
    pub const ALL: [Self; 4] = [Self::Alert, Self::Draft, Self::Issue, Self::Notice];

    /// Returns the word in `qingbao.toml` and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Draft => "draft",
            Self::Issue => "issue",
            Self::Notice => "notice",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }

    /// Returns the word that people read.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Alert => "预警",
            Self::Draft => "初稿",
            Self::Issue => "定稿",
            Self::Notice => "通知",
        }
    }
}
