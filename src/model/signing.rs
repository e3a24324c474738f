//! Signing: who approves an issue before it is sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::ArticleId;

/// A signing step. Accounts hold the duty for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningStep {
    /// 送审, by a 责任编辑.
    Submit,
    /// 审核.
    Review,
    /// 签发.
    Sign,
}

impl SigningStep {
    /// Every step in order: stored word, action, duty.
    const ROWS: [(Self, &'static str, &'static str, &'static str); 3] =
        [(Self::Submit, "submit", "送审", "责任编辑"), (Self::Review, "review", "审核", "审核"), (Self::Sign, "sign", "签发", "签发")];

    pub const ALL: [Self; 3] = [Self::Submit, Self::Review, Self::Sign];

    fn row(self) -> (&'static str, &'static str, &'static str) {
        Self::ROWS.iter().find(|r| r.0 == self).map_or(("", "", ""), |r| (r.1, r.2, r.3))
    }

    /// Parses `submit`, `review` or `sign`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ROWS.iter().find(|r| r.1 == word).map(|r| r.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Returns the name of the action.
    pub fn chinese(self) -> &'static str {
        self.row().1
    }

    /// Returns the name of the duty.
    pub fn duty(self) -> &'static str {
        self.row().2
    }
}

/// A signing step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    pub step: SigningStep,
    /// Account name.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// A reason for returning an issue to its editors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The item concerned; `None`: the whole issue.
    pub article: Option<ArticleId>,
    /// The requested change.
    pub text: String,
    /// Account name.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Signing state of an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signing {
    /// Required steps after 送审, fixed by the settings at submission.
    pub required: Vec<SigningStep>,
    /// Steps taken; empty while the issue is being edited.
    pub signatures: Vec<Signature>,
    /// Remarks of the last return.
    pub remarks: Vec<Remark>,
    /// How many times the issue became final: once, unless it was withdrawn.
    pub round: u32,
}

impl Signing {
    /// Whether the issue has no signature and no remark.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the state.
    pub fn state(&self, is_final: bool) -> EditionState {
        match self.next_step() {
            _ if is_final => EditionState::Final,
            Some(step) => EditionState::Submitted(step),
            None => EditionState::Draft,
        }
    }

    /// Returns the next step of a submitted issue.
    pub fn next_step(&self) -> Option<SigningStep> {
        let taken = |step: &SigningStep| self.signatures.iter().any(|s| s.step == *step);
        self.required.iter().copied().find(|step| !self.signatures.is_empty() && !taken(step))
    }
}

/// State of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionState {
    /// Editors work on it.
    Draft,
    /// Waits for this step, unchangeable.
    Submitted(SigningStep),
    /// Sent, or waiting to be sent.
    Final,
}
