//! Sentences of a review.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{CountRow, Review, ReviewEvent, ReviewTopic, RisingTerm};
use crate::model::QUIET_DAYS;
use crate::trends::Verdict;

/// Kinds that a sentence names.
const NAMED: usize = 5;

/// Returns a mean without needless digits: 12, 3.4, 不到 1, 0.
pub fn number(n: f64) -> String {
    if n > 0.0 && n < 0.95 {
        return "不到 1".to_owned();
    }
    if n >= 10.0 || n.fract() < 0.05 || n.fract() > 0.95 { format!("{n:.0}") } else { format!("{n:.1}") }
}

/// Returns 平均 5.2（3～8）.
pub fn expected_words(row: &CountRow) -> String {
    format!("{}（{}～{}）", number(row.mean), number(row.range.0), number(row.range.1))
}

/// Returns a verdict in words; empty if there is nothing to say.
pub fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Usual | Verdict::Unknown => "",
        Verdict::More => "偏多",
        Verdict::Fewer => "偏少",
    }
}

/// Returns the first sentences: how many stories, how many usually, what rises, what was reported most.
pub fn lead(r: &Review, zone: Tz) -> Vec<String> {
    let this = r.period().this();
    let until = r.unfinished_at.map(|t| format!("截至{}，", t.with_timezone(&zone).format("%-m月%-d日%-H时"))).unwrap_or_default();
    if r.stories.current == 0 {
        return vec![format!("{until}{this}没有与本刊有关的新闻。")];
    }
    let mut out = vec![format!("{until}{this}有 {} 条新闻（转载的只算一条）。{}", r.stories.current, before(r))];
    out.extend(industry_sentences(r));
    out.push(rising(&r.terms));
    if let Some(e) = r.events.first() {
        out.push(format!("报道最多的是“{}”，{} 家来源。", e.lead.title, e.sources));
    }
    out
}

/// Returns what the weeks before had.
fn before(r: &Review) -> String {
    let span = match (r.period().is_week(), r.unfinished_at.is_some()) {
        (true, true) => "的同一段时间",
        (true, false) => "每周",
        (false, _) => "折合同样天数",
    };
    match r.known_weeks() {
        0 => "此前八周没有存档，无从比较。".to_owned(),
        n @ 1..=2 => format!("此前的存档只有 {n} 周，不作比较。"),
        n => {
            let usual = &r.stories;
            format!("此前 {n} 周{span}平均 {} 条（{}～{} 条）。", number(usual.mean), number(usual.range.0), number(usual.range.1))
        }
    }
}

/// Returns which industries are out of what chance gives.
pub fn industry_sentences(r: &Review) -> Vec<String> {
    if r.known_weeks() < 3 {
        return Vec::new();
    }
    let named = |verdict| -> Vec<String> {
        let rows = r.industries.iter().filter(|i| i.verdict == verdict);
        rows.take(NAMED).map(|i| format!("{}（{} 条，平常 {}）", i.name, i.current, number(i.mean))).collect()
    };
    let (more, fewer) = (named(Verdict::More), named(Verdict::Fewer));
    let tell = |words: &str, names: &[String]| (!names.is_empty()).then(|| format!("明显{words}的行业：{}。", names.join("、")));
    let out: Vec<String> = [tell("偏多", &more), tell("偏少", &fewer)].into_iter().flatten().collect();
    if out.is_empty() { vec!["各行业的条数都在平常的起伏之内。".to_owned()] } else { out }
}

fn rising(terms: &[RisingTerm]) -> String {
    let named: Vec<String> = terms.iter().take(NAMED).map(|t| format!("{}（{} 条，平常 {}）", t.term, t.stories, number(t.expected))).collect();
    if named.is_empty() { "没有明显升温的词。".to_owned() } else { format!("升温的词：{}。", named.join("、")) }
}

/// Returns 另有 3 家报道; empty if nobody else reported it.
pub fn others(e: &ReviewEvent) -> String {
    if e.sources > 1 { format!("另有 {} 家报道", e.sources - 1) } else { String::new() }
}

/// Returns the state of a topic at a time.
pub fn topic_words(t: &ReviewTopic, at: DateTime<Utc>, zone: Tz) -> String {
    let mut parts = vec![if t.articles == 0 { "没有新文章".to_owned() } else { format!("新文章 {} 篇", t.articles) }];
    match t.newest {
        None => parts.push("还没有文章".to_owned()),
        Some(newest) => {
            let days = (at - newest).num_days();
            parts.push(format!("最近一篇 {}", newest.with_timezone(&zone).format("%-m月%-d日")));
            if days >= QUIET_DAYS && !t.is_closed {
                parts.push(format!("{days} 天没有新情况"));
            }
        }
    }
    if let Some(due) = t.due.filter(|_| !t.is_closed) {
        let late = (at.with_timezone(&zone).date_naive() - due).num_days();
        let words = if late > 0 { format!("，已逾期 {late} 天") } else { String::new() };
        parts.push(format!("{} 到期{words}", due.format("%-m月%-d日")));
    }
    if t.is_closed {
        parts.push("已结束".to_owned());
    }
    parts.join("；")
}

#[cfg(test)]
pub(crate) mod tests;
