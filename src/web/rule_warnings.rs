//! What editors should know of a rule before they keep it.

use crate::model::{RuleDraft, RuleEffect, RuleKind};
use crate::store::RulePreview;

/// A rule that matches more than this share of what was printed is warned of: one in so many.
const PRINTED_SHARE: usize = 10;

/// Returns the warnings of a rule, given what it excludes of the last days. `is_known` tells whether some organisation has the name that
/// a rule on an organisation says.
pub(super) fn warnings(draft: &RuleDraft, preview: &RulePreview, days: i64, industries: &[String], is_known: bool) -> Vec<String> {
    let mut out = Vec::new();
    if draft.kind == RuleKind::Organisation && !is_known {
        out.push(unknown_organisation(&draft.text));
    }
    let word = draft.text.trim_matches(['"', '“', '”', ' ']);
    let is_word = matches!(draft.kind, RuleKind::Words | RuleKind::Pattern | RuleKind::Keyword);
    if draft.effect == RuleEffect::Exclude && is_word && industries.iter().any(|i| i == word) {
        out.push(format!("“{word}”是一个行业的名称：这条规则会排除这个行业的许多文章"));
    }
    if preview.printed > 0 && preview.printed * PRINTED_SHARE > preview.printed_of {
        out.push(format!("过去 {days} 天登过的 {} 条里有 {} 条符合这条规则，超过十分之一：请写得窄一些", preview.printed_of, preview.printed));
    }
    out
}

/// Returns the warning of a rule whose organisation no article names.
pub(super) fn unknown_organisation(name: &str) -> String {
    format!("还没有文章提到叫“{name}”的机构：请核对名称，按文章页“机构”一行写")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broad_rules_and_unknown_names_are_warned_of() {
        let rule = |kind, text: &str| RuleDraft {
            kind,
            effect: RuleEffect::Exclude,
            text: text.to_owned(),
            source: None,
            column: None,
            publication: None,
            reason: String::new(),
            expires: None,
        };
        let preview = |printed, printed_of| RulePreview { printed, printed_of, ..RulePreview::default() };
        let of = |draft: &RuleDraft, preview: &RulePreview, is_known| warnings(draft, preview, 30, &["食品".to_owned()], is_known).len();
        assert_eq!(of(&rule(RuleKind::Words, "\"食品\""), &preview(0, 50), true), 1);
        assert_eq!(of(&rule(RuleKind::Topic, "食品"), &preview(0, 50), true), 0, "it is meant");
        assert_eq!(of(&rule(RuleKind::Words, "食品展"), &preview(5, 50), true), 0);
        assert_eq!(of(&rule(RuleKind::Words, "食品展"), &preview(6, 50), true), 1);
        assert_eq!(of(&rule(RuleKind::Organisation, "云鹭股份"), &preview(0, 0), false), 1);
    }
}
