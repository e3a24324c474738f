//! 编者的话: the facts of the issue in a few sentences, for the editor to go on from.

use std::collections::BTreeMap;

use crate::model::{ColumnItems, Health, Item};

/// Writes the foreword.
pub(super) fn write(columns: &[ColumnItems], health: &Health, rising: &[String]) -> String {
    let items: Vec<&Item> = columns.iter().flat_map(|c| &c.items).collect();
    if items.is_empty() {
        return format!("本期没有可选的新文章。{}", sources(health));
    }
    let mut text = format!("本期从 {} 篇新文章中选出 {} 条", health.candidates, items.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in items.iter().filter_map(|i| i.industries.first()) {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), *name));
    if !counts.is_empty() {
        let list: Vec<String> = counts.iter().take(6).map(|(name, n)| format!("{name} {n} 条")).collect();
        text.push_str(&format!("，其中{}", list.join("、")));
    }
    text.push('。');
    if let Some(busiest) = items.iter().filter(|i| !i.copies.is_empty()).max_by_key(|i| i.copies.len()) {
        text.push_str(&format!("转载最多的是《{}》，另有 {} 家刊登。", busiest.title, busiest.copies.len()));
    }
    let local = items.iter().filter(|i| i.places.iter().any(|p| p.contains("许昌"))).count();
    if local > 0 {
        text.push_str(&format!("涉及许昌的有 {local} 条。"));
    }
    if !rising.is_empty() {
        text.push_str(&format!("本周升温的关键词：{}。", rising.join("、")));
    }
    text + &sources(health)
}

fn sources(health: &Health) -> String {
    let good = health.sources.saturating_sub(health.troubles.len());
    if health.sources == 0 {
        return String::new();
    }
    format!("{} 个来源中 {good} 个正常，{} 个异常。", health.sources, health.troubles.len())
}
