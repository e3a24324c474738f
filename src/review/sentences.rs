//! Sentences of a review.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{CountRow, EARLIER_WEEKS, ENOUGH_WEEKS, Review, ReviewEvent, ReviewPeriod, ReviewTopic, RisingTerm};
use crate::model::QUIET_DAYS;
use crate::trends::Verdict;

/// Kinds that a sentence names.
const NAMED: usize = 5;

/// Returns a mean without needless digits: 12, 3.4, 0.3, 不到 0.1, 0.
pub fn number(n: f64) -> String {
    let tenths = (n * 10.0).round() / 10.0;
    match n {
        n if n > 0.0 && tenths == 0.0 => "不到 0.1".to_owned(),
        n if n >= 10.0 || tenths.fract() == 0.0 => format!("{n:.0}"),
        _ => format!("{tenths:.1}"),
    }
}

/// Returns 5.2（3～8）.
pub fn expected_words(row: &CountRow) -> String {
    format!("{}（{}～{}）", number(row.mean), number(row.range.0), number(row.range.1))
}

/// Returns a share: 12%.
pub fn percent(n: f64) -> String {
    format!("{}%", number(n))
}

/// Returns 此前 8 周, or, if the archive lacks some of them, 此前有存档的 5 周.
pub fn known_weeks_words(r: &Review) -> String {
    match r.known_weeks() {
        EARLIER_WEEKS => format!("此前 {EARLIER_WEEKS} 周"),
        n => format!("此前有存档的 {n} 周"),
    }
}

/// Returns the first sentences: how many stories, how many usually, what rises, what was reported most.
pub fn lead(r: &Review, zone: Tz) -> Vec<String> {
    let this = r.period().this();
    let until = r.unfinished_at.map(|t| format!("截至{}，", t.with_timezone(&zone).format("%-m月%-d日%-H时"))).unwrap_or_default();
    let mut out = Vec::new();
    if !r.is_complete {
        out.push(format!("存档没有{this}的每一天，以下的数字不完整。"));
    }
    if r.stories.current == 0 {
        out.push(format!("{until}{this}没有与本刊有关的新闻。"));
        return out;
    }
    out.push(format!("{until}{this}有 {} 条新闻（转载的只算一条）{}。{}", r.stories.current, against_usual(r), before(r)));
    out.extend(industry_sentences(r));
    out.push(rising(&r.terms));
    if let Some(e) = r.events.first() {
        out.push(format!("报道最多的是“{}”，{} 家来源。", e.lead.title, e.sources));
    }
    out
}

/// Returns how all stories compare with the weeks before; empty if they are not compared.
fn against_usual(r: &Review) -> String {
    let all = &r.stories;
    let weekly = if r.period().is_week() || r.known_weeks() < ENOUGH_WEEKS { String::new() } else { format!("，每周 {} 条", number(all.rate)) };
    let told = match all.count {
        Verdict::More | Verdict::Fewer => format!("，{}", ratio(all.rate, all.mean)),
        Verdict::Usual if (all.range.0..=all.range.1).contains(&all.rate) => "，在平常的范围内".to_owned(),
        Verdict::Usual | Verdict::Unknown => String::new(),
    };
    weekly + &told
}

/// Returns 比平常多六成, 比平常少三成, 略多于平常, or 是平常的 2.3 倍.
fn ratio(rate: f64, mean: f64) -> String {
    const TENTHS: [&str; 9] = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (word, tenths) = if rate > mean { ("多", (rate / mean - 1.0) * 10.0) } else { ("少", (1.0 - rate / mean) * 10.0) };
    match (1u32..).zip(TENTHS).find(|(n, _)| (tenths - f64::from(*n)).abs() <= 0.5) {
        Some((_, n)) => format!("比平常{word}{n}成"),
        None if tenths < 1.0 => format!("略{word}于平常"),
        None if mean > 0.0 && rate > mean => format!("是平常的 {} 倍", number(rate / mean)),
        None => format!("远{word}于平常"),
    }
}

/// Returns what the weeks before had.
fn before(r: &Review) -> String {
    let span = if r.period().is_week() && r.unfinished_at.is_some() { "的同一段时间" } else { "每周" };
    match r.known_weeks() {
        0 => "此前八周没有存档，无从比较。".to_owned(),
        n if n < ENOUGH_WEEKS => format!("此前的存档只有 {n} 周，不作比较。"),
        _ => {
            let usual = &r.stories;
            let weeks = known_weeks_words(r);
            format!("{weeks}{span}平均 {} 条（{}～{} 条）。", number(usual.mean), number(usual.range.0), number(usual.range.1))
        }
    }
}

/// Returns which industries differ from the weeks before: first those whose count and share do, then those of which only one does.
pub fn industry_sentences(r: &Review) -> Vec<String> {
    if r.known_weeks() < ENOUGH_WEEKS || r.industries.iter().all(|i| i.count == Verdict::Unknown) {
        return Vec::new();
    }
    let told = || r.industries.iter().filter(|i| !i.words().is_empty());
    let mut kinds: Vec<(Verdict, &str)> = told().map(|i| (i.verdict(), i.words())).collect();
    let order = |verdict: Verdict| [Verdict::More, Verdict::Fewer].iter().position(|v| *v == verdict).unwrap_or(2);
    kinds.sort_by_key(|(verdict, words)| (order(*verdict), *words));
    kinds.dedup();
    let names = |words: &str| -> Vec<String> { told().filter(|i| i.words() == words).take(NAMED).map(|i| described(i, r)).collect() };
    let sentence = |(verdict, words): (Verdict, &str)| match verdict {
        Verdict::More | Verdict::Fewer => format!("明显{words}的行业：{}。", names(words).join("、")),
        Verdict::Usual | Verdict::Unknown => format!("{words}：{}。", names(words).join("、")),
    };
    let out: Vec<String> = kinds.into_iter().map(sentence).collect();
    if out.is_empty() { vec!["各行业的条数和占比都在平常的起伏之内。".to_owned()] } else { out }
}

/// Returns 食品（20 条，平常 5）; if the share says something else, that too.
fn described(row: &CountRow, r: &Review) -> String {
    let usual = match r.period() {
        ReviewPeriod::Week(_) => format!("{} 条，平常 {}", row.current, number(row.mean)),
        ReviewPeriod::Month(_) => format!("{} 条，每周 {}，平常每周 {}", row.current, number(row.rate), number(row.mean)),
    };
    let share = row.share.filter(|_| row.verdict() == Verdict::Usual);
    let share = share.map(|s| format!("；占比 {}，平常 {}", percent(s.current), percent(s.usual))).unwrap_or_default();
    format!("{}（{usual}{share}）", row.name)
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
