//! Whether a rule can be used, and its pattern compiled.

use regex::{Regex, RegexBuilder};

use crate::model::{RuleDraft, RuleEffect, RuleKind, TopicFilter};
use crate::topics::{self, TopicError};

/// Longest text of a rule that is no expression, and longest reason, in characters.
pub const MAX_TEXT: usize = 200;
pub const MAX_REASON: usize = 200;
/// Bounds of a compiled pattern, in bytes, and of its brackets inside each other.
const MAX_PATTERN_BYTES: usize = 1 << 18;
const MAX_NESTING: u32 = 20;

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("the rule says neither a name nor a word")]
    NoText,
    #[error("the text has more than {MAX_TEXT} characters")]
    TooLong,
    #[error("the reason has more than {MAX_REASON} characters")]
    ReasonTooLong,
    #[error(transparent)]
    Words(#[from] TopicError),
    #[error("the pattern is wrong: {0}")]
    Pattern(String),
    #[error("the pattern is too large")]
    PatternTooLarge,
    #[error("the pattern matches every text")]
    PatternMatchesAll,
    #[error("a rule on a source names no source")]
    NoSource,
    #[error("a column needs a source")]
    ColumnWithoutSource,
    /// Without a source it would exclude nearly every article; a source alone has nothing to ask for.
    #[error("an only-if rule needs a source, and what its articles must name")]
    OnlyIfOfWhat,
}

impl RuleError {
    /// Returns the message for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::NoText => "请写要排除的内容".to_owned(),
            Self::TooLong => format!("内容最多 {MAX_TEXT} 个字"),
            Self::ReasonTooLong => format!("理由最多 {MAX_REASON} 个字"),
            Self::Words(TopicError::Unbounded) => "还要写至少一个词：只有“-”的词不够".to_owned(),
            Self::Words(e) => e.chinese(),
            Self::Pattern(why) => format!("正则表达式有误：{why}"),
            Self::PatternTooLarge => "正则表达式太大：请写短一些，重复次数写小一些".to_owned(),
            Self::PatternMatchesAll => "这个正则表达式什么文章都符合：请写得具体一些".to_owned(),
            Self::NoSource => "请选来源".to_owned(),
            Self::ColumnWithoutSource => "选了栏目，还要选来源".to_owned(),
            Self::OnlyIfOfWhat => "“只要”的规则要选来源，还要写这个来源的文章必须提到什么".to_owned(),
        }
    }
}

/// Checks a rule.
pub fn check(draft: &RuleDraft) -> Result<(), RuleError> {
    if draft.reason.chars().nth(MAX_REASON).is_some() {
        return Err(RuleError::ReasonTooLong);
    }
    match (draft.kind, draft.effect, &draft.source) {
        (RuleKind::Source, RuleEffect::OnlyIf, _) | (_, RuleEffect::OnlyIf, None) => return Err(RuleError::OnlyIfOfWhat),
        (RuleKind::Source, RuleEffect::Exclude, None) => return Err(RuleError::NoSource),
        (_, _, None) if draft.column.is_some() => return Err(RuleError::ColumnWithoutSource),
        _ => {}
    }
    if draft.kind != RuleKind::Source && draft.text.trim().is_empty() {
        return Err(RuleError::NoText);
    }
    match draft.kind {
        RuleKind::Words => topics::check(&words_filter(&draft.text)).map(|_| ()).map_err(RuleError::Words),
        RuleKind::Pattern => pattern(&draft.text).map(|_| ()),
        RuleKind::Organisation | RuleKind::Source | RuleKind::Topic | RuleKind::Keyword => {
            if draft.text.chars().nth(MAX_TEXT).is_some() {
                Err(RuleError::TooLong)
            } else {
                Ok(())
            }
        }
    }
}

pub(super) fn words_filter(expression: &str) -> TopicFilter {
    TopicFilter { expression: expression.to_owned(), ..TopicFilter::default() }
}

/// Compiles a pattern; upper and lower case are the same.
pub(super) fn pattern(text: &str) -> Result<Regex, RuleError> {
    if text.chars().nth(MAX_TEXT).is_some() {
        return Err(RuleError::TooLong);
    }
    let built = RegexBuilder::new(text)
        .case_insensitive(true)
        .multi_line(true)
        .nest_limit(MAX_NESTING)
        .size_limit(MAX_PATTERN_BYTES)
        .dfa_size_limit(MAX_PATTERN_BYTES)
        .build();
    let pattern = built.map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => RuleError::PatternTooLarge,
        // the last line says what is wrong; those before draw the place
        e => RuleError::Pattern(e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()),
    })?;
    if pattern.is_match("") { Err(RuleError::PatternMatchesAll) } else { Ok(pattern) }
}
