//! Extractive summaries: only the article's own sentences.
//!
//! A model rates the sentences (`sentence_model.rs`). The summary takes the best ones that fit, never furniture, in the article's
//! order.

use crate::issue::relative_dates::without_relative_days;
use crate::issue::sentence_model::{FURNITURE, Models, Rating, is_dangling};
use crate::issue::sentences::{open_quotations, sentences};
use crate::knowledge::SENTENCES;
use crate::text::normalize::{collapse_whitespace, is_letter, normalized_key, truncate};
use chrono::NaiveDate;

/// Maximum number of sentences in a summary.
const MAX_CHOSEN: usize = 4;
/// A shorter summary, in characters, says too little if there is more to say.
const MIN_LENGTH: usize = 60;
/// Minimum letters of a sentence cut at a clause.
const MIN_CUT: usize = 30;
/// Minimum letters of a meaningful sentence.
const MIN_LETTERS: usize = 10;

/// A summary and its sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The sentences, joined.
    pub text: String,
    /// Their numbers in the article, from 0.
    pub sentences: Vec<usize>,
    /// Numbers of furniture sentences, which are never used.
    pub left_out: Vec<usize>,
}

/// Returns a summary of at most `length` characters; names days by the article's date.
pub fn summarise(title: &str, text: &str, length: usize, published: Option<NaiveDate>) -> Summary {
    match Models::shipped() {
        Some(models) => summarise_by(models, title, text, length, published),
        None => Summary::default(),
    }
}

/// Summarises with the given models.
pub fn summarise_by(models: &Models, title: &str, text: &str, length: usize, published: Option<NaiveDate>) -> Summary {
    let mut all = sentences(title, text);
    let ratings = models.rate(title, &all);
    for sentence in &mut all {
        *sentence = without_relative_days(sentence, published);
    }
    let mut chosen = choose(title, &all, &ratings, length);
    let left_out: Vec<usize> = ratings.iter().enumerate().filter(|(_, r)| r.furniture >= FURNITURE).map(|(i, _)| i).collect();
    let made = joined(chosen.iter().filter_map(|i| all.get(*i)));
    if made.chars().count() >= MIN_LENGTH.min(length) {
        return Summary { text: made, sentences: chosen, left_out };
    }
    // too short: the sentences are longer than the summary may be, or there are no others
    let room = length - made.chars().count().min(length);
    let told = normalized_key(&format!("{title}\n{made}"));
    let is_new = |i: &usize| {
        all.get(*i).is_some_and(|s| !told.contains(&normalized_key(s)) && !chosen.iter().any(|c| all.get(*c).is_some_and(|c| s.contains(c.as_str()))))
    };
    let more = (0..all.len()).filter(|i| !chosen.contains(i) && !left_out.contains(i)).filter(is_new);
    let more = more.filter_map(|i| Some((i, ratings.get(i)?.taken, beginning(all.get(i)?, room)?)));
    let best = more.reduce(|best, next| if next.1 > best.1 { next } else { best });
    let Some((at, _, cut)) = best else {
        let first = || all.first().map(|s| truncate(s, length)).unwrap_or_default();
        let sentences = if made.is_empty() && !all.is_empty() { vec![0] } else { chosen };
        return Summary { text: if made.is_empty() { first() } else { made }, sentences, left_out };
    };
    chosen.push(at);
    chosen.sort_unstable();
    let text = joined(chosen.iter().filter_map(|i| if *i == at { Some(&cut) } else { all.get(*i) }));
    Summary { text, sentences: chosen, left_out }
}

/// Returns the first clauses of a sentence that fit, if they say enough.
fn beginning(sentence: &str, room: usize) -> Option<String> {
    let is_whole = sentence.chars().count() < room;
    let head: String = sentence.chars().take(room.saturating_sub(1)).collect();
    let end = if is_whole { head.len() } else { head.rfind(['；', '，'])? };
    let cut = head.get(..end).filter(|c| !is_dangling(c) && open_quotations(c) == 0)?;
    (cut.chars().filter(|c| is_letter(*c)).count() >= MIN_CUT).then(|| cut.to_owned())
}

/// Repeatedly chooses the best sentence that fits. One that makes no sense without the previous one may only follow that one.
fn choose(title: &str, all: &[String], ratings: &[Rating], length: usize) -> Vec<usize> {
    let title = normalized_key(title);
    let mut open: Vec<(usize, f32, usize, String)> = Vec::new();
    for (i, (sentence, rating)) in all.iter().zip(ratings).enumerate() {
        let key = normalized_key(sentence);
        let fit = rating.furniture < FURNITURE && key.chars().count() >= MIN_LETTERS && !title.contains(&key) && open_quotations(sentence) == 0;
        if fit {
            let stop = usize::from(sentence.ends_with(is_letter));
            open.push((i, rating.taken, sentence.chars().count() + stop, key));
        }
    }
    open.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut chosen: Vec<usize> = Vec::new();
    let mut total = 0;
    // pages repeat their lead under a picture or in bold; use it once
    let mut told: Vec<String> = Vec::new();
    while chosen.len() < MAX_CHOSEN {
        let stands = |i: usize| !all.get(i).is_some_and(|s| is_dangling(s)) || i.checked_sub(1).is_some_and(|p| chosen.contains(&p));
        let next =
            open.iter().position(|(i, _, n, key)| total + n <= length && stands(*i) && !told.iter().any(|t| t.contains(key) || key.contains(t)));
        let Some((i, _, n, key)) = next.map(|at| open.remove(at)) else { break };
        chosen.push(i);
        total += n;
        told.push(key);
    }
    chosen.sort_unstable();
    chosen
}

/// Joins sentences; adds a full stop to headings and clauses without one.
fn joined<'a>(sentences: impl Iterator<Item = &'a String>) -> String {
    let mut out = String::new();
    for sentence in sentences {
        out.push_str(sentence.trim_end_matches(['；', ';', '，', '：', ':', '、']));
        let stops = out.trim_end_matches(['”', '」', '）', ')']).ends_with(['。', '！', '？', '!', '?', '…', '.']);
        if !stops {
            out.push('。');
        }
    }
    out
}

/// Returns a headline without brackets and site suffixes: `【视频】…(图)`.
pub fn normalize_title(title: &str) -> String {
    let once = |t: &str| SENTENCES.title_decoration.replace_all(t, "").into_owned();
    let cleaned = once(&collapse_whitespace(title));
    if cleaned.is_empty() { collapse_whitespace(title) } else { cleaned }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "许昌网讯（记者 张三）许昌海关11月20日发布数据，今年前10个月许昌发制品出口150亿元，同比增长10.2%。\n\
        “真没想到。”一位老板说。\n全市现有发制品企业2400家，产品销往120多个国家和地区。\n此外，跨境电商占比过半。\n天气晴好。";

    #[test]
    fn the_lead_with_its_figures_comes_without_its_dateline() {
        let s = summarise("许昌发制品出口增长一成", TEXT, 90, None);
        assert!(s.text.starts_with("许昌海关11月20日发布数据"), "{}", s.text);
        assert!(!s.text.contains("真没想到"));
        assert_eq!(s.sentences.first(), Some(&0));
    }

    #[test]
    fn headlines_lose_their_dressing() {
        assert_eq!(normalize_title("【视频】许昌发制品走红（组图）"), "许昌发制品走红");
        assert_eq!(normalize_title("【图】"), "【图】");
    }

    proptest::proptest! {
        #[test]
        fn every_summary_is_made_of_the_articles_sentences(text in "([一-十许昌发制品0-9，；“”]{0,30}[。！？\n]){0,12}", title in "[一-十许昌]{0,10}") {
            let all = sentences(&title, &text);
            let s = summarise(&title, &text, 200, None);
            let joined: String = s.sentences.iter().map(|i| all[*i].as_str()).collect();
            proptest::prop_assert!(s.text.chars().count() <= 200 && s.sentences.len() <= MAX_CHOSEN);
            proptest::prop_assert!(normalized_key(&joined).starts_with(&normalized_key(&s.text)), "{}", s.text);
        }
    }

    #[test]
    fn furniture_is_left_out_and_named() {
        let text = "关于印发示例市支持外贸企业若干措施的通知\n发布日期：2026-11-20 来源：市政府办公室\n各县（市、区）人民政府，市政府各部门：\n现将《示例市支持外贸企业若干措施》印发给你们，请认真贯彻执行。\n\
            对年出口额首次超过1000万美元的企业给予一次性奖励30万元，单个企业每年累计奖励不超过200万元。\n到2028年，全市外贸进出口总额力争达到500亿元。";
        let s = summarise("关于印发示例市支持外贸企业若干措施的通知", text, 230, None);
        assert!(s.text.contains("奖励30万元") && s.text.contains("500亿元"), "{}", s.text);
        assert!(["发布日期", "各县", "印发给你们"].iter().all(|f| !s.text.contains(f)), "{}", s.text);
        assert!(s.left_out.contains(&1) && s.left_out.contains(&2), "{:?}", s.left_out);
    }

    #[test]
    fn a_sentence_follows_the_one_it_leans_on() {
        let text = "示例制药11月20日公告，公司拟投资12亿元在许昌建设原料药基地，项目分两期实施。\n同时，公司计划向激励对象授予限制性股票500万股。\n\
            他表示，这一安排不影响全年业绩。\n公司预计全年净利润3.2亿元，同比增长18%。";
        for length in [60, 90, 120, 230] {
            let s = summarise("示例制药拟投资12亿元建原料药基地", text, length, None);
            for (i, start) in [(1, "同时"), (2, "他表示")] {
                assert!(!s.sentences.contains(&i) || s.sentences.contains(&(i - 1)), "{length}, {start}: {}", s.text);
            }
        }
    }

    #[test]
    fn headings_and_clauses_end_in_a_stop() {
        let parts = ["对小微企业减免三个月租金；", "年内兑现", "不设门槛。"].map(str::to_owned);
        assert_eq!(joined(parts.iter()), "对小微企业减免三个月租金。年内兑现。不设门槛。");
    }

    #[test]
    fn what_a_page_says_twice_is_said_once() {
        let lead = "许继电气研制的特高压换流阀11月25日在许昌下线，国产化率达到百分之百。";
        let text = format!("{lead}\n{lead}产品将用于西部电力外送工程，明年一季度交付。\n（图为现场）{lead}");
        let made = summarise("特高压换流阀在许昌下线", &text, 200, None).text;
        assert_eq!((made.matches("国产化率").count(), made.contains("明年一季度")), (1, true), "{made}");
    }
}
