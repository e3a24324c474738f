//! What people are told: drafts, final issues, notices, alerts. The queue of notifications is in the store; mail and outlets take
//! from it.

use serde::{Deserialize, Serialize};

use crate::model::WebUrl;

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotificationKind {
    /// Something that an editor asked to be told.
    Alert,
    /// A new draft, to editors.
    Draft,
    /// A final issue, to readers.
    Issue,
    /// 更正 or 撤回 of an issue, to its readers.
    Notice,
    /// What a source changed in a printed article, to editors.
    Recheck,
    /// Faults and the weekly report, to operators.
    Report,
}

impl NotificationKind {
    /// Every kind, as stored and in settings, and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Alert, "alert", "提醒"),
        (Self::Draft, "draft", "草稿"),
        (Self::Issue, "issue", "成刊"),
        (Self::Notice, "notice", "更正与撤回"),
        (Self::Recheck, "recheck", "原文变化"),
        (Self::Report, "report", "运行通知"),
    ];

    /// Parses a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|k| k.1 == word).map(|k| k.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("alert", |k| k.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("提醒", |k| k.2)
    }
}

/// The text of a notification, without markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationText {
    pub title: String,
    pub paragraphs: Vec<Paragraph>,
    /// Where to read on.
    pub url: Option<WebUrl>,
}

/// A paragraph; all of it is the text of a link if it has an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    pub text: String,
    pub url: Option<WebUrl>,
}

impl Paragraph {
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), url: None }
    }

    pub fn link(text: impl Into<String>, url: WebUrl) -> Self {
        Self { text: text.into(), url: Some(url) }
    }
}

impl NotificationText {
    /// Returns the text of a mail.
    pub fn plain_text(&self) -> String {
        let mut out = String::new();
        for p in &self.paragraphs {
            out.push_str(&p.text);
            out.push('\n');
            if let Some(url) = &p.url {
                out.push_str(url.as_str());
                out.push('\n');
            }
        }
        if let Some(url) = &self.url {
            out.push_str("\n详情：");
            out.push_str(url.as_str());
            out.push('\n');
        }
        out
    }
}
