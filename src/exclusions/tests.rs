use super::*;
use crate::issue::tests::article;
use crate::model::{Classification, Headline, Label, RuleDraft, RuleEffect, RuleEvidence, RuleId, RuleKind, SourceId, TopicEvidence};

fn draft(kind: RuleKind, text: &str) -> RuleDraft {
    RuleDraft {
        kind,
        effect: RuleEffect::Exclude,
        text: text.to_owned(),
        source: None,
        column: None,
        publication: None,
        reason: String::new(),
        expires: None,
    }
}

fn of_source(draft: RuleDraft, source: &str) -> RuleDraft {
    RuleDraft { source: SourceId::parse(source), ..draft }
}

fn set(rules: &[RuleDraft]) -> RuleSet {
    RuleSet::new((1..).zip(rules).map(|(id, draft)| NamedRule { id: RuleId(id), draft: draft.clone(), names: vec!["云鹭控股".into()] }))
}

fn excludes(rule: RuleDraft, h: &Headline, text: &str) -> Option<String> {
    let found = set(&[rule]).find(h, text).pop()?;
    Some(found.evidence.iter().map(RuleEvidence::words).collect::<Vec<_>>().join("；"))
}

/// An article of the source s1, column 行业动态, industry 食品.
fn sample() -> (Headline, &'static str) {
    let mut h = article(1, "云鹭股份秋季招聘会开幕", "食品", "行业动态", 1);
    h.classification.as_mut().unwrap().other_organisations = vec!["云鹭控股".into()];
    h.classification.as_mut().unwrap().keywords = vec!["招聘会".into()];
    (h, "第12届招聘会在许昌举行，三百家企业到场。")
}

#[test]
fn each_kind_matches_what_it_names_and_says_why() {
    let (h, text) = sample();
    for (rule, why) in [
        (draft(RuleKind::Organisation, "云鹭控股"), Some("机构：云鹭控股")),
        // another name of the same organisation
        (draft(RuleKind::Organisation, "云鹭集团"), Some("机构：云鹭控股")),
        (draft(RuleKind::Words, "招聘 招生"), Some("标题：云鹭股份秋季招聘会开幕")),
        (draft(RuleKind::Words, "+许昌 -招聘"), None),
        (draft(RuleKind::Words, "+许昌 +企业"), Some("第12届招聘会在许昌举行，三百家企业到场。；第12届招聘会在许昌举行，三百家企业到场。")),
        (draft(RuleKind::Words, "标题:许昌"), None),
        (draft(RuleKind::Pattern, r"第\d+届.{0,4}招聘"), Some("第12届招聘会在许昌举行，三百家企业到场。")),
        (draft(RuleKind::Pattern, r"第\d+届.{0,4}招生"), None),
        (draft(RuleKind::Topic, "食品"), Some("行业：食品")),
        (draft(RuleKind::Topic, "建材"), None),
        (draft(RuleKind::Keyword, "招聘会"), Some("关键词：招聘会")),
        (draft(RuleKind::Keyword, "招聘"), None),
        (of_source(draft(RuleKind::Source, ""), "s1"), Some("属于这个来源、栏目")),
        (of_source(draft(RuleKind::Source, ""), "s2"), None),
        (RuleDraft { column: Some("行业动态".into()), ..of_source(draft(RuleKind::Source, ""), "s1") }, Some("属于这个来源、栏目")),
        (RuleDraft { column: Some("财经数据".into()), ..of_source(draft(RuleKind::Source, ""), "s1") }, None),
        (of_source(draft(RuleKind::Keyword, "招聘会"), "s2"), None),
    ] {
        assert_eq!(excludes(rule.clone(), &h, text).as_deref(), why, "{rule:?}");
    }
}

#[test]
fn only_if_excludes_what_its_source_says_of_other_things() {
    let (h, text) = sample();
    let only = |words: &str, source: &str| RuleDraft { effect: RuleEffect::OnlyIf, ..of_source(draft(RuleKind::Words, words), source) };
    assert_eq!(excludes(only("招聘", "s1"), &h, text), None);
    assert_eq!(excludes(only("固态电池", "s1"), &h, text).as_deref(), Some("没有提到要求的内容"));
    assert_eq!(excludes(only("固态电池", "s2"), &h, text), None, "another source");
}

#[test]
fn rules_that_would_exclude_everything_or_cost_too_much_are_refused() {
    let only_if = |draft: RuleDraft| RuleDraft { effect: RuleEffect::OnlyIf, ..draft };
    for (rule, error) in [
        (draft(RuleKind::Keyword, " "), RuleError::NoText),
        (draft(RuleKind::Keyword, &"长".repeat(MAX_TEXT + 1)), RuleError::TooLong),
        (RuleDraft { reason: "长".repeat(MAX_REASON + 1), ..draft(RuleKind::Keyword, "甲") }, RuleError::ReasonTooLong),
        (draft(RuleKind::Pattern, ".*"), RuleError::PatternMatchesAll),
        (draft(RuleKind::Pattern, r"(\w{1000}){1000}"), RuleError::PatternTooLarge),
        (draft(RuleKind::Source, ""), RuleError::NoSource),
        (RuleDraft { column: Some("行业动态".into()), ..draft(RuleKind::Keyword, "甲") }, RuleError::ColumnWithoutSource),
        (only_if(draft(RuleKind::Keyword, "甲")), RuleError::OnlyIfOfWhat),
        (only_if(of_source(draft(RuleKind::Source, ""), "s1")), RuleError::OnlyIfOfWhat),
    ] {
        assert_eq!(check(&rule), Err(error), "{rule:?}");
    }
    assert!(matches!(check(&draft(RuleKind::Words, "-招聘")), Err(RuleError::Words(_))));
    assert!(matches!(check(&draft(RuleKind::Pattern, "(甲")), Err(RuleError::Pattern(_))));
    assert!(matches!(check(&draft(RuleKind::Pattern, &"(".repeat(100))), Err(RuleError::Pattern(_))));
    assert!(set(&[draft(RuleKind::Pattern, ".*")]).is_empty(), "left out");
}

/// Returns whether a rule of the test below excludes an article, in the plainest way.
fn naive(rule: usize, h: &Headline, text: &str) -> bool {
    let j = h.classification.as_ref().unwrap();
    let has = |word: &str| h.title.contains(word) || text.contains(word);
    match rule {
        0 => j.other_organisations.iter().any(|o| o == "云鹭控股" || o == "云鹭集团"),
        1 => has("招聘") && !has("许昌"),
        2 => has("电池") && has("许昌"),
        3 => h.title.contains("公示"),
        4 => has("第3届") || has("第7届"),
        5 => h.source.as_str() == "s1" && j.column == "财经数据",
        6 => j.industries.iter().any(|l| l.name == "食品"),
        7 => j.keywords.iter().any(|k| k == "彩票"),
        8 => h.source.as_str() == "s2" && !has("电池"),
        _ => false,
    }
}

#[test]
fn a_thousand_articles_are_judged_as_a_naive_check_does() {
    let rules = [
        draft(RuleKind::Organisation, "云鹭集团"),
        draft(RuleKind::Words, "招聘 -许昌"),
        draft(RuleKind::Words, "+电池 +许昌"),
        draft(RuleKind::Words, "标题:公示"),
        draft(RuleKind::Pattern, "第[37]届"),
        RuleDraft { column: Some("财经数据".into()), ..of_source(draft(RuleKind::Source, ""), "s1") },
        draft(RuleKind::Topic, "食品"),
        draft(RuleKind::Keyword, "彩票"),
        RuleDraft { effect: RuleEffect::OnlyIf, ..of_source(draft(RuleKind::Words, "电池"), "s2") },
    ];
    let rules = set(&rules);
    let words = ["招聘", "许昌", "电池", "公示", "第3届", "第7届", "第8届", "云鹭", "市场", "彩票"];
    let mut state = 31_u64;
    let mut below = move |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n
    };
    let mut excluded = 0;
    for n in 0..1_000 {
        let mut some = |from: &[&str], most: usize| -> Vec<String> { (0..below(most + 1)).map(|_| from[below(from.len())].to_owned()).collect() };
        let (title, text) = (some(&words, 2).join("和"), some(&words, 4).join("、"));
        let mut h = article(n, &title, "", "行业动态", 1);
        let pick = |list: Vec<String>, or: &str| list.into_iter().next().unwrap_or(or.to_owned());
        h.classification = Some(Classification {
            column: pick(some(&["财经数据", "行业动态"], 1), "行业动态"),
            industries: some(&["食品", "建材"], 1).into_iter().map(|name| Label { name, score: 1.0, evidence: Vec::new(), p: None }).collect(),
            other_organisations: some(&["云鹭控股", "云鹭集团", "白鹇股份"], 1),
            keywords: some(&["彩票", "市场"], 2),
            ..Classification::default()
        });
        let expected: Vec<i64> = (1..10).zip(0..9).filter(|(_, rule)| naive(*rule, &h, &text)).map(|(id, _)| id).collect();
        let found: Vec<i64> = rules.find(&h, &text).into_iter().map(|m| m.rule.0).collect();
        assert_eq!(found, expected, "{} {text} {:?}", h.title, h.classification);
        excluded += usize::from(!found.is_empty());
    }
    assert!((300..1_000).contains(&excluded), "{excluded}");
}

#[test]
fn evidence_of_a_pattern_shows_its_place() {
    let (h, text) = sample();
    let found = set(&[draft(RuleKind::Pattern, "招聘会")]).find(&h, text);
    let RuleEvidence::Found(TopicEvidence::Title(s)) = &found[0].evidence[0] else { panic!("{found:?}") };
    assert_eq!((s.before.as_str(), s.hit.as_str(), s.after.as_str()), ("云鹭股份秋季", "招聘会", "开幕"));
}
