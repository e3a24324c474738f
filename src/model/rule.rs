//! Rules of editors on what is never chosen automatically (不再报道).

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};

use crate::model::{RuleId, SourceId, TopicEvidence};

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// An organisation, by any of its names.
    Organisation,
    /// An expression, as topics (关注课题) have it.
    Words,
    /// A regular expression.
    Pattern,
    /// A source, or its articles of one column.
    Source,
    /// An industry or theme.
    Topic,
    Keyword,
}

impl RuleKind {
    /// Every kind, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Organisation, "organisation", "企业、机构"),
        (Self::Words, "words", "词语"),
        (Self::Pattern, "pattern", "正则表达式"),
        (Self::Source, "source", "来源、栏目"),
        (Self::Topic, "topic", "行业、主题"),
        (Self::Keyword, "keyword", "关键词"),
    ];

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|k| k.1 == word).map(|k| k.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("words", |k| k.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|k| k.0 == self).map_or("", |k| k.2)
    }
}

/// What a rule does with the articles that it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleEffect {
    /// Articles that match are excluded.
    Exclude,
    /// Articles of the rule's source that do not match are excluded.
    OnlyIf,
}

impl RuleEffect {
    /// Both effects, as stored and as shown.
    pub const ALL: [(Self, &'static str, &'static str); 2] = [(Self::Exclude, "exclude", "不要"), (Self::OnlyIf, "only-if", "只要")];

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|e| e.1 == word).map(|e| e.0)
    }

    /// Returns the stored word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|e| e.0 == self).map_or("exclude", |e| e.1)
    }

    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|e| e.0 == self).map_or("", |e| e.2)
    }
}

/// What an editor says of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDraft {
    pub kind: RuleKind,
    pub effect: RuleEffect,
    /// Name, expression, pattern or keyword; empty for a source.
    pub text: String,
    /// The rule looks only at articles of this source.
    pub source: Option<SourceId>,
    /// It looks only at the source's articles of this column.
    pub column: Option<String>,
    /// The publication it is for; `None` for all.
    pub publication: Option<String>,
    pub reason: String,
    /// Its last day; `None` if it has none.
    pub expires: Option<NaiveDate>,
}

impl RuleDraft {
    /// Returns a value that differs for other contents: a form carries it to say what its editor saw.
    pub fn version(&self) -> String {
        Sha256::digest(format!("{self:?}")).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A stored rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: RuleId,
    pub draft: RuleDraft,
    /// Account name.
    pub author: String,
    pub created_at: DateTime<Utc>,
    /// False if an editor switched it off (停用).
    pub is_enabled: bool,
}

/// Whether a rule applies on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    Active,
    Disabled,
    Expired,
}

impl RuleState {
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Active => "生效中",
            Self::Disabled => "已停用",
            Self::Expired => "已过期",
        }
    }
}

impl Rule {
    pub fn state(&self, today: NaiveDate) -> RuleState {
        match self.draft.expires {
            _ if !self.is_enabled => RuleState::Disabled,
            Some(last) if last < today => RuleState::Expired,
            _ => RuleState::Active,
        }
    }
}

/// Why a rule excludes an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEvidence {
    /// A word, a match of a pattern, or a label.
    Found(TopicEvidence),
    Keyword(String),
    /// It is of the rule's source and column.
    Source,
    /// It names nothing of what the rule asks of its source.
    Lacks,
}

impl RuleEvidence {
    /// Returns the reason in one line.
    pub fn words(&self) -> String {
        match self {
            Self::Found(e) => e.words(),
            Self::Keyword(word) => format!("关键词：{word}"),
            Self::Source => "属于这个来源、栏目".to_owned(),
            Self::Lacks => "没有提到要求的内容".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_ends_after_its_last_day_and_may_be_switched_off() {
        let draft = RuleDraft {
            kind: RuleKind::Keyword,
            effect: RuleEffect::Exclude,
            text: "彩票".into(),
            source: None,
            column: None,
            publication: None,
            reason: String::new(),
            expires: "2026-11-20".parse().ok(),
        };
        let mut rule = Rule { id: RuleId(1), draft, author: "甲".into(), created_at: DateTime::UNIX_EPOCH, is_enabled: true };
        let on = |rule: &Rule, day: &str| rule.state(day.parse().unwrap());
        assert_eq!((on(&rule, "2026-11-20"), on(&rule, "2026-11-21")), (RuleState::Active, RuleState::Expired));
        rule.is_enabled = false;
        assert_eq!(on(&rule, "2026-11-20"), RuleState::Disabled);
    }

    #[test]
    fn kinds_and_effects_are_read_back() {
        assert!(RuleKind::ALL.iter().all(|(kind, word, _)| RuleKind::parse(word) == Some(*kind) && kind.as_str() == *word));
        assert!(RuleEffect::ALL.iter().all(|(effect, word, _)| RuleEffect::parse(word) == Some(*effect) && effect.as_str() == *word));
    }
}
