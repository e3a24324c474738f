//! 编者的话: the facts of the issue in a few sentences, for the editor to go on from.

use std::collections::BTreeMap;

use crate::config::foreword::PLACEHOLDERS;
use crate::model::{ColumnItems, Health, Item};

/// The usual template; sentences without facts are left out.
const DEFAULT_TEMPLATE: &str = "本期从 {候选} 篇新文章中选出 {条数} 条{行业}。{热点}{本地}{升温}{来源}";

/// Writes the foreword, after a template of one's own where there is one.
pub(super) fn write(template: Option<&str>, columns: &[ColumnItems], health: &Health, rising: &[String], levels: &[String]) -> String {
    let items: Vec<&Item> = columns.iter().flat_map(|c| &c.items).collect();
    if items.is_empty() {
        return format!("本期没有可选的新文章。{}", source_counts(health));
    }
    let facts = [
        health.candidates.to_string(),
        items.len().to_string(),
        industry_counts(&items),
        most_republished(&items),
        levels.first().map(|home| local_count(&items, home)).unwrap_or_default(),
        if rising.is_empty() { String::new() } else { format!("本周升温的关键词：{}。", rising.join("、")) },
        source_counts(health),
    ];
    let template = template.unwrap_or(DEFAULT_TEMPLATE);
    PLACEHOLDERS.iter().zip(facts).fold(template.to_owned(), |text, ((name, _), fact)| text.replace(&format!("{{{name}}}"), &fact))
}

fn industry_counts(items: &[&Item]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in items.iter().filter_map(|i| i.industries.first()) {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), *name));
    let list: Vec<String> = counts.iter().take(6).map(|(name, n)| format!("{name} {n} 条")).collect();
    if list.is_empty() { String::new() } else { format!("，其中{}", list.join("、")) }
}

fn most_republished(items: &[&Item]) -> String {
    let busiest = items.iter().filter(|i| !i.copies.is_empty()).max_by_key(|i| i.copies.len());
    busiest.map(|b| format!("转载最多的是《{}》，另有 {} 家刊登。", b.title, b.copies.len())).unwrap_or_default()
}

fn local_count(items: &[&Item], home: &str) -> String {
    let local = items.iter().filter(|i| i.places.iter().any(|p| p.contains(home))).count();
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

    #[test]
    fn a_template_of_ones_own_takes_the_facts() {
        let edition = crate::issue::tests::build_with(vec![crate::issue::tests::article(1, "甲", "食品", "行业动态", 1)], &[]).edition;
        let text = write(Some("各位领导：本期 {条数} 条{行业}。{升温}"), &edition.columns, &edition.health, &["固态电池".to_owned()], &[]);
        assert_eq!(text, "各位领导：本期 1 条，其中食品 1 条。本周升温的关键词：固态电池。");
    }
}
