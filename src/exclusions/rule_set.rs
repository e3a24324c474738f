//! Compiled rules, and which of them exclude an article.

use std::collections::HashMap;

use regex::Regex;

use crate::exclusions::check::{check, pattern, words_filter};
use crate::model::{Classification, Headline, RuleDraft, RuleEffect, RuleEvidence, RuleId, RuleKind, TopicEvidence, TopicFilter, TopicId};
use crate::topics::Matcher;
use crate::topics::matcher::MAX_BYTES;
use crate::topics::matcher::evidence::snippet_of;

/// A rule to compile.
#[derive(Debug, Clone)]
pub struct NamedRule {
    pub id: RuleId,
    pub draft: RuleDraft,
    /// All names of the organisation, if the rule is on one.
    pub names: Vec<String>,
}

/// A rule that excludes an article, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMatch {
    pub rule: RuleId,
    pub evidence: Vec<RuleEvidence>,
}

struct Compiled {
    id: RuleId,
    draft: RuleDraft,
    pattern: Option<Regex>,
}

/// Rules, compiled.
#[derive(Default)]
pub struct RuleSet {
    rules: Vec<Compiled>,
    /// Words, organisations, industries and themes; its topics are numbers of rules.
    matcher: Matcher,
    needs_text: bool,
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rules.iter().map(|r| r.id)).finish()
    }
}

impl RuleSet {
    /// Compiles rules. Leaves out those that [`check`] refuses, and all words if they are too many for one automaton.
    pub fn new(rules: impl IntoIterator<Item = NamedRule>) -> Self {
        let mut out = Self::default();
        let mut filters = Vec::new();
        for NamedRule { id, draft, names } in rules {
            if check(&draft).is_err() {
                continue;
            }
            let number = TopicId(i64::try_from(out.rules.len()).unwrap_or(i64::MAX));
            let filter = match draft.kind {
                RuleKind::Words => Some(words_filter(&draft.text)),
                RuleKind::Organisation => {
                    let other = names.into_iter().filter(|n| *n != draft.text);
                    let organisations = std::iter::once(draft.text.clone()).chain(other).collect();
                    Some(TopicFilter { organisations, ..TopicFilter::default() })
                }
                RuleKind::Topic => Some(TopicFilter { industries: vec![draft.text.clone()], ..TopicFilter::default() }),
                RuleKind::Pattern | RuleKind::Source | RuleKind::Keyword => None,
            };
            filters.extend(filter.map(|f| (number, f)));
            out.needs_text |= matches!(draft.kind, RuleKind::Words | RuleKind::Pattern);
            let pattern = (draft.kind == RuleKind::Pattern).then(|| pattern(&draft.text).ok()).flatten();
            out.rules.push(Compiled { id, draft, pattern });
        }
        match Matcher::new(filters) {
            Ok(matcher) => out.matcher = matcher,
            // what is not looked for would seem to be lacking
            Err(_) => out.rules.retain(|r| matches!(r.draft.kind, RuleKind::Pattern | RuleKind::Source | RuleKind::Keyword)),
        }
        out
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether [`RuleSet::find`] needs the article's text.
    pub fn needs_text(&self) -> bool {
        self.needs_text
    }

    /// Returns the rules that exclude a classified article, in their order.
    pub fn find(&self, h: &Headline, text: &str) -> Vec<RuleMatch> {
        let Some(labels) = &h.classification else { return Vec::new() };
        let text = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
        let found: HashMap<i64, Vec<TopicEvidence>> =
            self.matcher.find(&h.title, text, labels).into_iter().map(|m| (m.topic.0, m.evidence)).collect();
        let excluding = |(number, rule): (i64, &Compiled)| {
            let evidence = rule.excludes(h, labels, text, found.get(&number))?;
            Some(RuleMatch { rule: rule.id, evidence })
        };
        (0..).zip(&self.rules).filter_map(excluding).collect()
    }
}

impl Compiled {
    /// Returns why the rule excludes an article; `found` are the words and labels that the matcher found for it.
    fn excludes(&self, h: &Headline, labels: &Classification, text: &str, found: Option<&Vec<TopicEvidence>>) -> Option<Vec<RuleEvidence>> {
        let d = &self.draft;
        if d.source.as_ref().is_some_and(|s| *s != h.source) || d.column.as_ref().is_some_and(|c| *c != labels.column) {
            return None;
        }
        let matching = match d.kind {
            RuleKind::Source => Some(vec![RuleEvidence::Source]),
            RuleKind::Keyword => labels.keywords.contains(&d.text).then(|| vec![RuleEvidence::Keyword(d.text.clone())]),
            RuleKind::Pattern => self.pattern.as_ref().and_then(|p| matching_place(p, &h.title, text)).map(|e| vec![e]),
            RuleKind::Words | RuleKind::Organisation | RuleKind::Topic => found.map(|found| found.iter().cloned().map(RuleEvidence::Found).collect()),
        };
        match d.effect {
            RuleEffect::Exclude => matching,
            RuleEffect::OnlyIf if matching.is_none() => Some(vec![RuleEvidence::Lacks]),
            RuleEffect::OnlyIf => None,
        }
    }
}

fn matching_place(pattern: &Regex, title: &str, text: &str) -> Option<RuleEvidence> {
    let in_title = pattern.find(title).map(|m| TopicEvidence::Title(snippet_of(title, m.start(), m.end())));
    let found = in_title.or_else(|| pattern.find(text).map(|m| TopicEvidence::Text(snippet_of(text, m.start(), m.end()))));
    found.map(RuleEvidence::Found)
}
