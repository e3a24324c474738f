//! 编者的话: the facts of the issue in a few sentences, as a start for the editor.

use std::collections::BTreeMap;

use crate::config::foreword::PLACEHOLDERS;
use crate::knowledge::Fixed;
use crate::model::{Edition, Health, Item, Layout};

/// The default template; sentences without facts are left out. Leaders read it, so it omits the crawl, which the draft shows under
/// 运行情况.
const DEFAULT_TEMPLATE: &str = "本期选出 {条数} 条{行业}。{热点}{本地}{升温}";

/// Composes the foreword from the edition's items, with the publication's template if it has one.
pub(super) fn compose(e: &Edition) -> String {
    let items: Vec<&Item> = e.items().collect();
    if e.layout == Layout::Report {
        return String::new();
    }
    if items.is_empty() {
        return "本期没有可选的新文章。".to_owned();
    }
    let facts = [
        e.health.candidates.to_string(),
        items.len().to_string(),
        industry_list(&items),
        most_republished(&items),
        local_sentence(&items, &e.home),
        if e.rising.is_empty() { String::new() } else { format!("本周升温的关键词：{}。", e.rising.join("、")) },
        source_counts(&e.health),
    ];
    let template = e.foreword_template.as_deref().unwrap_or(DEFAULT_TEMPLATE);
    PLACEHOLDERS.iter().zip(facts).fold(template.to_owned(), |text, ((name, _), fact)| text.replace(&format!("{{{name}}}"), &fact))
}

/// A number of items in a foreword: 选出 29 条, 食品 3 条.
static COUNT: Fixed = Fixed::new(r"(\p{Han}{1,12})\s*(\d{1,4})\s*条(?:[，。、；！]|$)");

/// Words before the total number of items.
const ALL_ITEMS: [&str; 6] = ["本期", "选出", "入选", "收录", "刊发", "共"];

/// Returns, in Chinese, the statements of an editor's foreword that no longer match the items: counts, and headlines of dropped
/// items. A composed foreword always matches.
pub fn stale_facts(e: &Edition, dropped: &[String]) -> Vec<String> {
    if !e.foreword_edited {
        return Vec::new();
    }
    let items: Vec<&Item> = e.items().collect();
    // an industry of this or an earlier issue may have no items left
    let mut counts = industry_counts(&items);
    counts.extend(e.trend.iter().filter(|t| items.iter().all(|i| i.industries.first() != Some(&t.industry))).map(|t| (t.industry.as_str(), 0)));
    counts.extend(ALL_ITEMS.map(|word| (word, items.len())));
    let local = [format!("{}的有", e.home), format!("{}的", e.home)];
    if !e.home.is_empty() {
        counts.extend(local.iter().map(|words| (words.as_str(), local_count(&items, &e.home))));
    }
    let mut out = Vec::new();
    for (_, [words, number]) in COUNT.captures_iter(&e.foreword).map(|c| c.extract()) {
        if let Some((name, now)) = counts.iter().find(|(name, now)| words.ends_with(name) && number.parse() != Ok(*now)) {
            out.push(format!("写的是“{name} {number} 条”，现在是 {now} 条"));
        }
    }
    let present = |title: &str| items.iter().any(|i| i.title == title);
    out.extend(dropped.iter().filter(|t| !t.is_empty() && e.foreword.contains(t.as_str()) && !present(t)).map(|t| format!("提到了已移出的《{t}》")));
    out
}

/// Counts items by their first industry, most first.
fn industry_counts<'a>(items: &[&'a Item]) -> Vec<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in items.iter().filter_map(|i| i.industries.first()) {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), *name));
    counts
}

fn industry_list(items: &[&Item]) -> String {
    let list: Vec<String> = industry_counts(items).iter().take(6).map(|(name, n)| format!("{name} {n} 条")).collect();
    if list.is_empty() { String::new() } else { format!("，其中{}", list.join("、")) }
}

fn most_republished(items: &[&Item]) -> String {
    let busiest = items.iter().filter(|i| !i.copies.is_empty()).max_by_key(|i| i.copies.len());
    busiest.map(|b| format!("转载最多的是《{}》，另有 {} 家刊登。", b.title, b.copies.len())).unwrap_or_default()
}

fn local_count(items: &[&Item], home: &str) -> usize {
    items.iter().filter(|i| i.places.iter().any(|p| p.contains(home))).count()
}

fn local_sentence(items: &[&Item], home: &str) -> String {
    let local = if home.is_empty() { 0 } else { local_count(items, home) };
    if local > 0 { format!("涉及{home}的有 {local} 条。") } else { String::new() }
}

fn source_counts(health: &Health) -> String {
    let good = health.sources.saturating_sub(health.problems.len());
    if health.sources == 0 {
        return String::new();
    }
    format!("{} 个来源中 {good} 个正常，{} 个异常。", health.sources, health.problems.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::issue::edit::{Change, DropReason, Edit};
    use crate::issue::tests::{article, build_with};
    use crate::model::ArticleId;

    fn edition() -> Edition {
        let news = |id, title: &str, industry: &str| article(id, title, industry, "行业动态", 1);
        build_with(vec![news(1, "甲县粮油加工", "食品"), news(2, "乙厂水泥减产", "建材"), news(3, "丙园面粉扩产", "食品")], &[]).edition
    }

    #[test]
    fn the_chart_counts_what_stands_in_the_issue_now() {
        let mut e = edition();
        let food = |e: &Edition| e.trend_with_items().iter().find(|t| t.industry == "食品").map(|t| t.weeks[crate::model::WEEKS - 1]);
        assert_eq!(food(&e), Some(2));
        drop_item(&mut e, 1);
        assert_eq!(food(&e), Some(1));
        e.trend_is_before = false;
        assert_eq!(food(&e), Some(0), "an issue of an earlier version has its own count");
    }

    fn drop_item(e: &mut Edition, id: i64) {
        Change::Drop { articles: vec![ArticleId(id)], reason: DropReason::Other }.apply(e).unwrap();
    }

    #[test]
    fn a_template_of_ones_own_takes_the_facts() {
        let mut e = edition();
        (e.foreword_template, e.rising) = (Some("各位领导：本期 {条数} 条{行业}。{升温}".to_owned()), vec!["固态电池".to_owned()]);
        assert_eq!(compose(&e), "各位领导：本期 3 条，其中食品 2 条、建材 1 条。本周升温的关键词：固态电池。");
    }

    #[test]
    fn a_foreword_is_true_until_an_editor_writes_it_and_then_checked() {
        let mut e = edition();
        assert!(e.foreword.contains("选出 3 条，其中食品 2 条、建材 1 条"), "{}", e.foreword);
        drop_item(&mut e, 1);
        assert!(e.foreword.contains("选出 2 条，其中建材 1 条、食品 1 条"), "{}", e.foreword);
        let words = "本期选出 2 条，其中食品 1 条。\n重点看《丙园面粉扩产》：出台 3 条措施。";
        Change::Foreword(Edit { was: Some("早先生成的".to_owned()), now: words.to_owned() }).apply(&mut e).unwrap();
        assert_eq!(stale_facts(&e, &["甲县粮油加工".to_owned()]), Vec::<String>::new());
        drop_item(&mut e, 3);
        assert_eq!(e.foreword, words);
        let stale = ["写的是“选出 2 条”，现在是 1 条", "写的是“食品 1 条”，现在是 0 条", "提到了已移出的《丙园面粉扩产》"];
        assert_eq!(stale_facts(&e, &["丙园面粉扩产".to_owned()]), stale);
        Change::ComposeForeword.apply(&mut e).unwrap();
        assert!(e.foreword.contains("选出 1 条，其中建材 1 条。"), "{}", e.foreword);
        assert_eq!(stale_facts(&e, &["丙园面粉扩产".to_owned()]), Vec::<String>::new());
    }
}
