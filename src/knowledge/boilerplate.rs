//! Boilerplate around an article.

use serde::Deserialize;

use crate::knowledge::pattern::PatternSet;
use crate::knowledge::{Pattern, Words};

/// `boilerplate.toml`, which describes each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Boilerplate {
    pub(crate) licences: Words,
    pub(crate) disclaimers: Words,
    pub(crate) credit: Pattern,
    pub(crate) unlikely: Pattern,
    pub(crate) likely: Pattern,
    pub(crate) block: Block,
    pub(crate) anywhere: LineRules,
    pub(crate) head: LineRules,
    pub(crate) tail: LineRules,
    pub(crate) related: LineRules,
    pub(crate) comments: LineRules,
}

/// Patterns, each with one figure per block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    pub(crate) classes: PatternSet,
    pub(crate) texts: PatternSet,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRule {
    /// In characters.
    longest: Option<usize>,
    pattern: String,
}

/// Compiled rules for lines.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<LineRule>")]
pub(crate) struct LineRules {
    /// Rules for the start of a line: the first letters decide most lines.
    beginnings: RuleSet,
    /// All other rules.
    anywhere: RuleSet,
}

#[derive(Debug)]
struct RuleSet {
    set: PatternSet,
    longest: Vec<usize>,
}

impl TryFrom<Vec<LineRule>> for LineRules {
    type Error = String;

    fn try_from(rules: Vec<LineRule>) -> Result<Self, String> {
        let (beginnings, anywhere): (Vec<_>, Vec<_>) = rules.into_iter().partition(|r| r.pattern.starts_with('^'));
        Ok(Self { beginnings: RuleSet::new(&beginnings)?, anywhere: RuleSet::new(&anywhere)? })
    }
}

impl LineRules {
    /// Whether a line matches a rule.
    pub(crate) fn is_match(&self, line: &str) -> bool {
        self.beginnings.is_match(line) || self.anywhere.is_match(line)
    }
}

impl RuleSet {
    fn new(rules: &[LineRule]) -> Result<Self, String> {
        let set = rules.iter().map(|r| r.pattern.clone()).collect::<Vec<_>>().try_into()?;
        Ok(Self { set, longest: rules.iter().map(|r| r.longest.unwrap_or(usize::MAX)).collect() })
    }

    fn is_match(&self, line: &str) -> bool {
        // most lines match no rule, so ask whether any matches before asking which
        self.set.is_match(line) && {
            let length = line.chars().count();
            self.set.matches(line).iter().any(|i| self.longest.get(i).is_some_and(|longest| length <= *longest))
        }
    }
}
