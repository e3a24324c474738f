//! 提醒: what editors want to be told without waiting for the issue, and whom to tell.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::model::{AlertRuleId, MailAddress, SourceId, TopicFilter, TopicId};

/// What an alert rule waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertCondition {
    /// An article that matches words, industries, places and organisations.
    Articles(TopicFilter),
    /// An article of a topic.
    Topic(TopicId),
    /// A term whose number of reports rises beyond chance.
    Burst,
    /// A source that went silent or fails; `None`: any.
    SilentSource(Option<SourceId>),
}

impl AlertCondition {
    /// Every kind, as stored and as shown.
    pub const KINDS: [(&'static str, &'static str); 4] =
        [("articles", "文章符合词语、行业、地域或机构"), ("topic", "课题有新文章"), ("burst", "热词突增"), ("silent-source", "来源没有更新或出错")];

    /// Returns the stored word of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Articles(_) => "articles",
            Self::Topic(_) => "topic",
            Self::Burst => "burst",
            Self::SilentSource(_) => "silent-source",
        }
    }
}

/// When the people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertMode {
    /// As soon as it is found; at the end of the quiet hours if it is found within them.
    AtOnce,
    /// Once a day, with everything else.
    Digest,
}

impl AlertMode {
    /// Every mode, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 2] = [(Self::AtOnce, "at-once", "立即"), (Self::Digest, "digest", "每天汇总")];

    /// Parses a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|m| m.1 == word).map(|m| m.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|m| m.0 == self).map_or("at-once", |m| m.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|m| m.0 == self).map_or("立即", |m| m.2)
    }
}

/// Who is told: an outlet of the settings, or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertTarget {
    /// By the name in `[[outlet]]`.
    Outlet(String),
    Address(MailAddress),
}

impl AlertTarget {
    /// Marks a stored address.
    const ADDRESS: &'static str = "mailto:";

    /// Parses a stored target.
    pub fn parse(word: &str) -> Option<Self> {
        match word.strip_prefix(Self::ADDRESS) {
            Some(address) => MailAddress::parse(address).ok().map(Self::Address),
            None => Some(Self::Outlet(word.to_owned())),
        }
    }

    /// Returns the stored word.
    pub fn to_word(&self) -> String {
        match self {
            Self::Outlet(name) => name.clone(),
            Self::Address(address) => format!("{}{}", Self::ADDRESS, address.bare()),
        }
    }

    /// Returns the name for the console.
    pub fn label(&self) -> String {
        match self {
            Self::Outlet(name) => name.clone(),
            Self::Address(address) => address.bare(),
        }
    }
}

/// What an editor says of an alert rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertDraft {
    pub name: String,
    pub condition: AlertCondition,
    pub mode: AlertMode,
    pub targets: Vec<AlertTarget>,
}

impl AlertDraft {
    /// Returns a value that differs for other contents: a form carries it to say what its editor saw.
    pub fn version(&self) -> String {
        Sha256::digest(format!("{self:?}")).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A stored alert rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    pub id: AlertRuleId,
    pub draft: AlertDraft,
    /// An account's name.
    pub author: String,
    pub created_at: DateTime<Utc>,
    pub is_enabled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_words_are_read_back() {
        for target in [AlertTarget::Outlet("值班群".into()), AlertTarget::Address(MailAddress::parse("a@b.cn").unwrap())] {
            assert_eq!(AlertTarget::parse(&target.to_word()), Some(target));
        }
        for (mode, word, chinese) in AlertMode::ALL {
            assert_eq!((AlertMode::parse(word), mode.as_str(), mode.chinese()), (Some(mode), word, chinese));
        }
        assert_eq!(AlertTarget::parse("mailto:nobody"), None);
    }
}
