//! Organisations that no list names: found by how such names end.
//!
//! From an ending (有限公司, 研究院 …) the words before it are taken back to where a name cannot go on: punctuation, or a word
//! that stands before names but not in them. Endings that ordinary phrases share count only where they are repeated.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use crate::text::normalize::is_han;
use crate::text::segment::Segmented;

/// Endings that only names of companies have.
const COMPANY_SUFFIXES: [&str; 4] = ["股份有限公司", "有限责任公司", "有限公司", "集团公司"];
/// Endings that are names where they come twice, or stand in the headline.
const WEAK_SUFFIXES: [&str; 14] =
    ["集团", "研究院", "研究所", "实验室", "大学", "学院", "协会", "联合会", "商会", "交易所", "银行", "科学院", "设计院", "产业园"];
/// Words that stand before a name.
const NAME_PREFIX_STOPWORDS: &str = "由 与 和 及 在 对 从 向 到 被 把 将 为 以 于 是 有 让 使 给 同 跟 或 等 的 了 也 都 还 又 并 而 其 该 此 这 那 某 各 多 每 \
    记者 近日 日前 位于 来自 根据 据 参与 参加 联合 携手 包括 例如 比如 其中 以及 通过 成立 组建 收购 投资 控股 旗下 隶属 走进 来到 在内 一家 两家 \
    三家 多家 家 所 个 名 位 当地 本地 我国 全国 国内 国外 企业 公司 单位 称 表示 介绍 透露 获悉 发布 宣布 签约 签署 合作 支持 推动 引进 依托 委托 \
    联手 全资 控股 参股 子公司 孙公司 分公司 母公司 大股东 股东 控股股东 实控人 关联方 关联企业 下属 客户 供应商 上市公司 运营商 开发商 制造商 龙头企业 央企 国企 民企 还有 就是 作为 成为 如 说 市场 上市 建设 打造 推进 今年 去年 目前 昨日 今日 上午 下午";
static STOPWORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| NAME_PREFIX_STOPWORDS.split_ascii_whitespace().collect());
/// Words that stand before names, and also before their endings: 示例投资有限公司.
const BEFORE_ENDINGS: [&str; 4] = ["投资", "控股", "建设", "市场"];
/// Longest name, in characters, and most words before its ending.
const MAX_CHARS: usize = 24;
const MAX_WORDS: usize = 7;
/// Most names given.
const MAX_NAMES: usize = 6;

/// Names of organisations in a text, most often named first.
pub(super) fn find(title: &Segmented, text: &Segmented, bytes: usize) -> Vec<String> {
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

/// Endings of bodies whose names tell their field, and not what a text is about: 中国石油大学, 新能源汽车ETF.
const FIELD_SUFFIXES: [&str; 8] = ["大学", "学院", "集团", "集团公司", "基金", "etf", "lof", "学会"];

/// Where names of such bodies stand, in bytes.
pub(super) fn named_for_a_field(words: &Segmented, end: usize) -> Vec<(usize, usize)> {
    let all: Vec<(usize, &str)> = words.tokens(end).scan(0, |at, w| Some((std::mem::replace(at, *at + w.len()), w))).collect();
    let mut out = Vec::new();
    // 半导体|基金项目: the dictionary has some words that begin with an ending
    let is_ending = |w: &str| FIELD_SUFFIXES.contains(&w) || w.starts_with("基金");
    for (at, (offset, word)) in all.iter().enumerate().filter(|(_, (_, w))| is_ending(w)) {
        let before = all.get(at.saturating_sub(MAX_WORDS)..at).unwrap_or_default();
        if let Some((start, _)) = before.iter().rev().take_while(|(_, w)| goes_on(w)).last() {
            out.push((*start, offset + word.len()));
        }
    }
    out
}

fn names(words: &Segmented, end: usize) -> Vec<(String, bool)> {
    let all: Vec<&str> = words.tokens(end).collect();
    let mut out = Vec::new();
    for at in 0..all.len() {
        // the segmenter may part an ending: 股份 | 有限公司
        let Some((first, sure)) = ending(&all, at) else { continue };
        let mut start = first;
        while start > 0 && at - start < MAX_WORDS && all.get(start - 1).is_some_and(|w| goes_on(w) || (start == first && BEFORE_ENDINGS.contains(w)))
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

/// Whether a name ends with this word: where its ending begins, and whether only companies end so.
fn ending(all: &[&str], at: usize) -> Option<(usize, bool)> {
    let word = all.get(at)?;
    let ends = |list: &[&str]| list.contains(word);
    if ends(&COMPANY_SUFFIXES) {
        let parted = at.checked_sub(1).and_then(|p| all.get(p)).is_some_and(|w| matches!(*w, "股份" | "集团"));
        return Some((if parted { at - 1 } else { at }, true));
    }
    // a longer name goes on behind: 大学 in 大学研究院
    let next = all.get(at + 1).copied().unwrap_or_default();
    let inside = COMPANY_SUFFIXES.contains(&next) || WEAK_SUFFIXES.contains(&next) || next == "股份";
    (ends(&WEAK_SUFFIXES) && !inside).then_some((at, false))
}

fn goes_on(word: &str) -> bool {
    let name_like = word.chars().all(|c| is_han(c) || c.is_ascii_alphanumeric() || matches!(c, '(' | ')' | '（' | '）' | '·'));
    name_like && !STOPWORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(title: &str, text: &str) -> Vec<String> {
        find(&Segmented::new(title), &Segmented::new(text), usize::MAX)
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
