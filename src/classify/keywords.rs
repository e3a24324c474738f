//! Keywords of one article: words that it uses more than other texts do (term frequency by inverse frequency, Spärck Jones
//! 1972), those of the headline and of the evidence first.
//!
//! How common a word is comes from a table made of jieba's dictionary, `background/words.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::text::normalize::is_han;
use crate::text::segment::Segmented;

const MAX_KEYWORDS: usize = 6;
/// Longest text looked at, in bytes.
const MAX_BYTES: usize = 12_000;

/// Words of reporting that say nothing of the subject.
const STOPWORDS: &str = "记者 报道 近日 日前 目前 今年 去年 昨日 今日 表示 认为 介绍 指出 进行 通过 可以 已经 以及 其中 同时 方面 问题 工作 情况 \
    发展 建设 推动 推进 加快 实现 提升 提高 加强 促进 开展 实施 支持 打造 成为 作为 我们 他们 公司 企业 项目 产业 市场 中国 全国 全市 全省 我国 \
    我市 我省 相关 有关 主要 重要 重点 不断 持续 进一步 一个 一批 一项 万元 亿元 万人 数据 显示 同比 增长 下降 没有 这个 这些 那些 什么 \
    因为 所以 如果 但是 而且 由于 对于 关于 根据 为了 这样 这种 之后 之前 以上 以下 左右 时间 地方 部分 方式 能力 水平 重大 积极 充分 全面 \
    有效 深入 全力 着力 大力 共同 分别 达到 超过 突破 完成 组织 召开 举行 活动 会议 要求 负责人 先生 女士 来源 编辑 责任 本报 本报讯 新华社 \
    上半年 下半年 季度 一季度 三季度 前三季度 月份 日电 目标 任务 基础 条件 作用 影响 关系 内容 结果 过程 需要 应该 能够 可能 必须 它们 自己 \
    国家 社会 经济 人民 政府 领导 干部 群众 单位 部门 机构 行业 领域 特别 非常 十分 比较 更加 越来越 此外 另外 据悉 了解 获悉 预计 累计";

/// What stands for names in the table; places have a field of their own.
const NAME: f64 = 1.0;
/// Bits of information in words that the table does not hold: rare ones.
const RARE: f64 = 17.0;
/// Bits up to which a word says nothing.
const EVERYDAY: f64 = 8.0;

static INFORMATION_BITS: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| {
    let table = include_str!("background/words.txt").lines().filter_map(|line| {
        let (bits, words) = line.split_once(' ')?;
        Some((bits.parse::<f64>().ok()?, words))
    });
    let words = table.flat_map(|(bits, words)| words.split(' ').map(move |w| (w, bits)));
    words.chain(STOPWORDS.split_whitespace().map(|w| (w, 0.0))).collect()
});

/// 二十亿元, 十个月: numbers with what is counted.
fn is_amount(word: &str) -> bool {
    let begins = word.starts_with(['一', '二', '两', '三', '四', '五', '六', '七', '八', '九', '十', '百', '千', '万', '亿', '零', '几', '数', '多']);
    begins && word.ends_with(['元', '个', '月', '年', '天', '吨', '亿', '万', '成', '倍', '人', '家', '项', '台', '辆', '次', '米', '度'])
}

/// Whether a word is a name, or none of the usual words: nothing that may be said without a source.
pub fn is_rare_or_proper_noun(word: &str) -> bool {
    INFORMATION_BITS.get(word).is_none_or(|bits| (*bits - NAME).abs() < 0.5)
}

/// How much a word says, from 0 for words of grammar and reporting to 1 for rare ones.
fn information_bits(word: &str) -> f64 {
    let bits = INFORMATION_BITS.get(word).copied().unwrap_or(RARE);
    ((bits - EVERYDAY) / (RARE - EVERYDAY)).clamp(0.0, 1.0)
}

/// Best first; evidence of the labels counts double.
pub(super) fn extract(title: &Segmented, text: &Segmented, evidence: &[&str], places: &[String]) -> Vec<String> {
    let mut weights: HashMap<&str, f64> = HashMap::new();
    for (part, weight) in [(title, 3.0), (text, 1.0)] {
        for word in part.with_hmm(MAX_BYTES) {
            let n = word.chars().filter(|c| is_han(*c)).count();
            if n == word.chars().count() && (2..=8).contains(&n) && !is_amount(word) && !places.iter().any(|p| p.starts_with(word)) {
                // longer words are more specific
                *weights.entry(word).or_default() += weight * (1.0 + 0.4 * (n as f64 - 2.0));
            }
        }
    }
    weights.retain(|word, weight| {
        *weight *= information_bits(word);
        *weight > 0.0
    });
    for word in evidence {
        *weights.entry(word).or_insert(1.0) *= 2.0;
    }
    let mut ranked: Vec<(&str, f64)> = weights.into_iter().filter(|(_, w)| *w >= 1.5).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut out: Vec<String> = Vec::new();
    for (word, _) in ranked {
        if !out.iter().any(|o| o.contains(word) || word.contains(o.as_str())) {
            out.push(word.to_owned());
        }
        if out.len() == MAX_KEYWORDS {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_comes_first_and_reporters_words_never() {
        let k = extract(
            &Segmented::new("许昌假发走红海外"),
            &Segmented::new("记者近日获悉，许昌假发出口增长。假发企业通过跨境电商销售假发。"),
            &["假发"],
            &["许昌市".to_owned()],
        );
        assert_eq!(k.first().map(String::as_str), Some("假发"));
        assert!(!k.contains(&"记者".to_owned()) && !k.contains(&"近日".to_owned()) && !k.contains(&"许昌".to_owned()), "{k:?}");
    }
}
