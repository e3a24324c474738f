//! Who signs an issue before its readers get it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::ArticleId;

/// A step on the way of an issue to its readers. Accounts hold the duty to take it.
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
    /// Every step in order: as stored, what is done, and who does it.
    const ROWS: [(Self, &'static str, &'static str, &'static str); 3] =
        [(Self::Submit, "submit", "送审", "责任编辑"), (Self::Review, "review", "审核", "审核"), (Self::Sign, "sign", "签发", "签发")];

    /// Every step in order.
    pub const ALL: [Self; 3] = [Self::Submit, Self::Review, Self::Sign];

    fn row(self) -> (&'static str, &'static str, &'static str) {
        Self::ROWS.iter().find(|r| r.0 == self).map_or(("", "", ""), |r| (r.1, r.2, r.3))
    }

    /// Reads `submit`, `review` or `sign`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ROWS.iter().find(|r| r.1 == word).map(|r| r.0)
    }

    /// As stored.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// What is done.
    pub fn chinese(self) -> &'static str {
        self.row().1
    }

    /// Who does it.
    pub fn duty(self) -> &'static str {
        self.row().2
    }
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Which.
    pub step: SigningStep,
    /// Name of the account.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why an issue was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The item it is about; `None`: the issue.
    pub article: Option<ArticleId>,
    /// What is to be changed.
    pub text: String,
    /// Name of the account.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How far an issue is with its signing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signing {
    /// Steps behind 送审 that this issue needs, as the settings said when it was submitted.
    pub required: Vec<SigningStep>,
    /// Steps taken; empty while it is edited.
    pub signatures: Vec<Signature>,
    /// Why it was sent back last.
    pub remarks: Vec<Remark>,
    /// How many times it was final: once, unless it was withdrawn.
    pub round: u32,
}

impl Signing {
    /// Whether nothing was ever signed or remarked.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Where an issue stands with this signing.
    pub fn state(&self, is_final: bool) -> EditionState {
        match self.next_step() {
            _ if is_final => EditionState::Final,
            Some(step) => EditionState::Submitted(step),
            None => EditionState::Draft,
        }
    }

    /// Returns the step that comes next, of an issue that was submitted.
    pub fn next_step(&self) -> Option<SigningStep> {
        let taken = |step: &SigningStep| self.signatures.iter().any(|s| s.step == *step);
        self.required.iter().copied().find(|step| !self.signatures.is_empty() && !taken(step))
    }
}

/// Where an issue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionState {
    /// Editors work on it.
    Draft,
    /// It waits for this step; nothing in it changes.
    Submitted(SigningStep),
    /// Its readers have it, or will.
    Final,
}
