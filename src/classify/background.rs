//! How common words are: a table made of jieba's dictionary, `background/words.txt`, and words of reporting that say nothing of
//! a subject.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::learn::narrow;

/// Words of reporting that say nothing of the subject.
const STOPWORDS: &str = "记者 报道 近日 日前 目前 今年 去年 昨日 今日 表示 认为 介绍 指出 进行 通过 可以 已经 以及 其中 同时 方面 问题 工作 \
    情况 发展 建设 推动 推进 加快 实现 提升 提高 加强 促进 开展 实施 支持 打造 成为 作为 我们 他们 公司 企业 项目 产业 \
    市场 中国 全国 全市 全省 我国 我市 我省 相关 有关 主要 重要 重点 不断 持续 进一步 一个 一批 一项 万元 亿元 万人 数据 \
    显示 同比 增长 下降 没有 这个 这些 那些 什么 因为 所以 如果 但是 而且 由于 对于 关于 根据 为了 这样 这种 之后 之前 \
    以上 以下 左右 时间 地方 部分 方式 能力 水平 重大 积极 充分 全面 有效 深入 全力 着力 大力 共同 分别 达到 超过 突破 \
    完成 组织 召开 举行 活动 会议 要求 负责人 先生 女士 来源 编辑 责任 本报 本报讯 新华社 上半年 下半年 季度 一季度 三季度 \
    前三季度 月份 日电 目标 任务 基础 条件 作用 影响 关系 内容 结果 过程 需要 应该 能够 可能 必须 它们 自己 国家 社会 经济 \
    人民 政府 领导 干部 群众 单位 部门 机构 行业 领域 特别 非常 十分 比较 更加 越来越 此外 另外 履行 印发 推广 切实 收购 \
    转发 牵头 配合 落实 责令 应当 给予 处以 办公厅 有限公司 方案 实施方案 行动计划 上市公司 实际控制人 持股比例 龙头企业 \
    增至 学习时 各级 强化 完善 健全 规范 鼓励 引导 依法 按照 符合 公告 披露 筹划 拟以 合计 继续 公布 发布 宣布 主持 出席 \
    指导 研究 制定 编制 负责 处理 提供 使用 股份有限公司 控股股东 公司股票 资金 管理 服务 办法 制度 机制 体系 意见 通知 \
    规定 政策 措施 据悉 了解 获悉 预计 累计 本次 本次交易 各地 各市 各区 各单位 关键 全过程 相应 予以 上述 截至";

/// Value that marks a name in the table.
const NAME: f64 = 1.0;
/// Bits of information in words that the table does not hold: rare ones.
const RARE: f64 = 17.0;
/// What stopwords count as.
const STOPWORD: f64 = -1.0;

static INFORMATION_BITS: LazyLock<HashMap<&str, f64>> = LazyLock::new(|| {
    let table = include_str!("background/words.txt").lines().filter_map(|line| {
        let (bits, words) = line.split_once(' ')?;
        Some((bits.parse::<f64>().ok()?, words))
    });
    let words = table.flat_map(|(bits, words)| words.split(' ').map(move |w| (w, bits)));
    words.chain(STOPWORDS.split_whitespace().map(|w| (w, STOPWORD))).collect()
});

/// Whether a word is a name, or none of the usual words: nothing that may be said without a source.
pub fn is_rare_or_proper_noun(word: &str) -> bool {
    INFORMATION_BITS.get(word).is_none_or(|bits| (*bits - NAME).abs() < 0.5)
}

/// Whether it is a word of reporting.
pub(super) fn is_stopword(word: &str) -> bool {
    INFORMATION_BITS.get(word).is_some_and(|bits| *bits < 0.0)
}

/// How much a word says, from 0 to 1 for rare ones.
pub(super) fn share_of_information(word: &str) -> f32 {
    let unknown = if word.chars().nth(1).is_some() { RARE } else { RARE / 2.0 };
    narrow(INFORMATION_BITS.get(word).copied().unwrap_or(unknown).max(0.0) / RARE)
}
