//! Organisations as the trained model counts them, and names that tell a field without making it the subject.
//!
//! The model was trained with these rules: a change here needs a new model. Readers see the names that `organisation_names.rs`
//! finds. From an ending (有限公司, 研究院 …), the words before it belong to the name up to punctuation, or up to a word
//! that precedes names but is never part of one. Endings shared with ordinary phrases count only if they repeat.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use crate::knowledge::CLASSIFY;
use crate::text::normalize::is_han;
use crate::text::segment::Segmented;

static BEFORE_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| CLASSIFY.organisation.before_names.iter().collect());
/// Longest name, in characters, and most words before its ending.
const MAX_CHARS: usize = 24;
const MAX_WORDS: usize = 7;
/// Most names returned.
const MAX_NAMES: usize = 6;

/// Returns the names that the model counts, most frequent first.
pub(super) fn counted(title: &Segmented, text: &Segmented, bytes: usize) -> Vec<String> {
    let mut counts: BTreeMap<String, (usize, bool)> = BTreeMap::new();
    for (part, weight, end) in [(title, 2, usize::MAX), (text, 1, bytes)] {
        for (name, sure) in names(part, end) {
            let known = counts.entry(name).or_default();
            known.0 += weight;
            known.1 |= sure;
        }
    }
    let mut found: Vec<(String, usize)> = counts.into_iter().filter(|(_, (n, sure))| *sure || *n >= 2).map(|(name, (n, _))| (name, n)).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.into_iter().take(MAX_NAMES).map(|(name, _)| name).collect()
}

/// Returns the byte ranges of organisation names that contain a field without making it the subject: 中国石油大学, 新能源汽车ETF.
pub(super) fn named_for_a_field(words: &Segmented, end: usize) -> Vec<(usize, usize)> {
    let all: Vec<(usize, &str)> = words.tokens(end).scan(0, |at, w| Some((std::mem::replace(at, *at + w.len()), w))).collect();
    let mut out = Vec::new();
    let known = &CLASSIFY.organisation;
    // 半导体|基金项目: some dictionary words begin with an ending
    let is_ending = |w: &str| known.of_a_field.contains(w) || known.begins_words.begin(w);
    for (at, (offset, word)) in all.iter().enumerate().filter(|(_, (_, w))| is_ending(w)) {
        let before = all.get(at.saturating_sub(MAX_WORDS)..at).unwrap_or_default();
        if let Some((start, _)) = before.iter().rev().take_while(|(_, w)| may_be_in_name(w)).last() {
            out.push((*start, offset + word.len()));
        }
    }
    out
}

fn names(words: &Segmented, end: usize) -> Vec<(String, bool)> {
    let all: Vec<&str> = words.tokens(end).collect();
    let mut out = Vec::new();
    for at in 0..all.len() {
        // the segmenter may split an ending: 股份
        // 有限公司
        let Some((first, sure)) = ending(&all, at) else { continue };
        let mut start = first;
        while start > 0
            && at - start < MAX_WORDS
            && all.get(start - 1).is_some_and(|w| may_be_in_name(w) || (start == first && CLASSIFY.organisation.before_endings.contains(w)))
        {
            start -= 1;
        }
        let name = all.get(start..=at).unwrap_or_default().concat();
        let own = all.get(start..first).unwrap_or_default().concat();
        let fits = name.chars().count() <= MAX_CHARS && own.chars().filter(|c| is_han(*c) || c.is_ascii_alphanumeric()).count() >= 2;
        if fits {
            out.push((name, sure));
        }
    }
    out
}

/// If a name ends with this word, returns the start of its ending and whether only companies use it.
fn ending(all: &[&str], at: usize) -> Option<(usize, bool)> {
    let word = all.get(at)?;
    let known = &CLASSIFY.organisation;
    if known.companies.contains(word) {
        let parted = at.checked_sub(1).and_then(|p| all.get(p)).is_some_and(|w| known.parts.contains(w));
        return Some((if parted { at - 1 } else { at }, true));
    }
    // the name continues: 大学 in 大学研究院
    let next = all.get(at + 1).copied().unwrap_or_default();
    let inside = known.companies.contains(next) || known.weak.contains(next) || known.parts.contains(next);
    (known.weak.contains(word) && !inside).then_some((at, false))
}

/// Whether a word may be part of the name that ends behind it.
fn may_be_in_name(word: &str) -> bool {
    let name_like = word.chars().all(|c| is_han(c) || c.is_ascii_alphanumeric() || matches!(c, '(' | ')' | '（' | '）' | '·'));
    name_like && !BEFORE_NAMES.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(title: &str, text: &str) -> Vec<String> {
        counted(&Segmented::new(title), &Segmented::new(text), usize::MAX)
    }

    #[test]
    fn companies_are_named_as_they_call_themselves() {
        let text = "近日，河南示例新材料科技股份有限公司与郑州某研究所签约。记者从示例智能装备（许昌）有限公司获悉，项目由示例集团投资。";
        let found = run("", text);
        assert!(found.contains(&"河南示例新材料科技股份有限公司".to_owned()), "{found:?}");
        assert!(found.iter().any(|n| n.ends_with("有限公司") && n.starts_with("示例智能装备")), "{found:?}");
        assert!(!found.iter().any(|n| n == "示例集团"), "named once only: {found:?}");
    }

    #[test]
    fn what_a_firm_is_to_another_is_no_part_of_its_name() {
        assert_eq!(
            run("", "公司的全资子公司济南示例置业有限公司中标，控股股东许昌示例投资有限公司增持。"),
            ["济南示例置业有限公司", "许昌示例投资有限公司"]
        );
    }

    #[test]
    fn common_endings_count_where_they_are_repeated() {
        let text = "黄淮学院与企业共建实验室。黄淮学院的教师说，大学要服务地方。";
        assert_eq!(run("", text), ["黄淮学院"]);
        assert!(run("", "一家大学，一所学院，一个协会。").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(许昌|科技|股份|有限公司|集团|大学|研究院|与|，|a|（|）){0,30}") {
            let _ = run(&text, &text);
        }
    }
}
