//! Summaries made of the article's own sentences; nothing is invented.
//!
//! Sentences gain by standing early, by sharing words with the headline, by figures; they lose as datelines, quotations
//! of feeling and mere transitions. The chosen ones are shown in the article's order.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::normalize::{collapse_whitespace, normalized_key, truncate};
use crate::text::segment;

/// Sentences looked at: the rest of a long article holds detail.
const MAX_SENTENCES: usize = 60;
/// A sentence longer than this does not fit a summary.
const MAX_SENTENCE: usize = 160;

/// Sentences that begin so lean on what stands before them.
const DISCOURSE_MARKERS: [&str; 12] = ["但", "而", "同时", "此外", "另外", "对此", "不过", "因此", "其中", "随着", "下一步", "也要"];

/// What actors of news do.
const REPORTING_VERBS: [&str; 30] = [
    "宣布", "发布", "公布", "印发", "出台", "公告", "召开", "开幕", "签约", "签署", "开工", "投产", "获批", "中标", "启动", "揭牌", "上市", "收购",
    "成立", "举行", "通过", "披露", "表示", "指出", "认为", "要求", "提出", "强调", "下线", "投运",
];

/// A summary and which sentences it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The sentences, joined.
    pub text: String,
    /// Their numbers in the article, from 0.
    pub sentences: Vec<usize>,
}

/// Openings that say where and when the report was filed, not what happened.
static DATELINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[\p{Han}]{2,12}(?:网|社|报|台|客户端))?(?:\p{Han}{0,6}\d{1,2}月\d{1,2}日(?:电|讯)|本报讯|本网讯|\p{Han}{2,8}网讯|\p{Han}{2,8}讯)\s*(?:[（(][^）)]{1,30}[）)])?\s*[，：:]?\s*|^[（(](?:记者|通讯员)[^）)]{1,30}[）)]\s*|^(?:记者|笔者)?(?:近日|日前|今日|昨日)?(?:从[^，。]{2,20})?(?:记者)?(?:获悉|了解到)[，,：:]\s*|^据(?:悉|了解|介绍|\p{Han}{2,12}(?:报道|消息))[，,]\s*",
    )
    .ok()
});

/// The sentences of an article, in order, datelines removed from their front.
pub fn sentences(text: &str) -> Vec<String> {
    text.lines()
        .filter(|l| !l.contains('\t'))
        .flat_map(segment::sentences)
        .map(|s| without_dateline(&collapse_whitespace(s)).to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}

fn without_dateline(sentence: &str) -> &str {
    let Some(r) = DATELINE.as_ref() else { return sentence };
    let mut rest = sentence;
    for _ in 0..2 {
        match r.find(rest) {
            Some(m) if m.end() > 0 && rest.len() - m.end() >= 18 => rest = &rest[m.end()..],
            _ => break,
        }
    }
    rest
}

/// Chooses sentences of about `length` characters in all.
pub fn summarise(title: &str, text: &str, length: &Range<usize>) -> Summary {
    let all = sentences(text);
    let topic: HashSet<&str> = segment::segment(title).into_iter().filter(|w| w.chars().count() > 1).collect();
    let title_skeleton = normalized_key(title);
    let mut rated: Vec<(f64, usize, usize)> = all
        .iter()
        .take(MAX_SENTENCES)
        .enumerate()
        .map(|(i, s)| (rate(i, s, &topic, &title_skeleton), i, s.chars().count()))
        .filter(|(score, _, n)| *score > 0.0 && *n <= MAX_SENTENCE)
        .collect();
    rated.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut chosen: Vec<usize> = Vec::new();
    let mut total = 0;
    // pages repeat their lead under a picture, or in bold: said once is enough
    let mut told: Vec<String> = Vec::new();
    for (_, i, n) in rated {
        let words = all.get(i).map(|s| normalized_key(s)).unwrap_or_default();
        if told.iter().any(|t| t.contains(&words) || words.contains(t.as_str())) {
            continue;
        }
        if total + n <= length.end || chosen.is_empty() {
            chosen.push(i);
            told.push(words);
            total += n;
        }
        if total >= length.start {
            break;
        }
    }
    chosen.sort_unstable();
    if chosen.is_empty() {
        // one endless sentence: its beginning, marked as cut
        let first = all.first().map(|s| truncate(s, length.end)).unwrap_or_default();
        let sentences = if first.is_empty() { Vec::new() } else { vec![0] };
        return Summary { text: first, sentences };
    }
    let text = chosen.iter().filter_map(|i| all.get(*i)).map(String::as_str).collect();
    Summary { text, sentences: chosen }
}

fn rate(position: usize, sentence: &str, topic: &HashSet<&str>, title: &str) -> f64 {
    let letters = sentence.chars().count();
    if letters < 10 || normalized_key(sentence) == title {
        return 0.0;
    }
    let shared = segment::segment(sentence).into_iter().filter(|w| topic.contains(w)).collect::<HashSet<_>>().len() as f64;
    let about = shared / (topic.len().max(1) as f64).sqrt();
    let figures = figures(sentence);
    // an opening in which nobody does anything and nothing is counted sets the scene
    let tells = figures > 0 || REPORTING_VERBS.iter().any(|a| sentence.contains(a));
    let early = if tells { 2.0 } else { 0.6 } / (1.0 + position as f64 * 0.35);
    let begins = |words: &[&str]| words.iter().any(|w| sentence.starts_with(w));
    let quotation = if begins(&["“", "\"", "「"]) { 0.6 } else { 0.0 };
    let question = if sentence.ends_with(['？', '?']) { 0.6 } else { 0.0 };
    let transition = if begins(&DISCOURSE_MARKERS) { 0.4 } else { 0.0 };
    (early + about + 0.35 * figures.min(3) as f64 - quotation - question - transition).max(0.05)
}

/// How many numbers a sentence gives.
fn figures(sentence: &str) -> usize {
    let bytes = sentence.as_bytes();
    let starts = |i: usize| i.checked_sub(1).and_then(|p| bytes.get(p)).is_none_or(|p| !p.is_ascii_digit() && *p != b'.');
    bytes.iter().enumerate().filter(|(i, b)| b.is_ascii_digit() && starts(*i)).count()
}

/// A headline without brackets and suffixes that belong to its site: `【视频】…(图)`.
pub fn normalize_title(title: &str) -> String {
    static TITLE_DECORATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:【[^】]{1,8}】|\[[^\]]{1,8}\])\s*|\s*[（(](?:组?图|多图|视频|附[^）)]{1,8}|图文|更新中?|责编[^）)]*)[）)]\s*$").ok()
    });
    let once = |t: &str| TITLE_DECORATION.as_ref().map_or_else(|| t.to_owned(), |r| r.replace_all(t, "").into_owned());
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
        let s = summarise("许昌发制品出口增长一成", TEXT, &(60..90));
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
        fn every_summary_is_made_of_the_articles_sentences(text in "([一-十许昌发制品0-9，]{0,30}[。！？\n]){0,12}", title in "[一-十许昌]{0,10}") {
            let all = sentences(&text);
            let s = summarise(&title, &text, &(120..200));
            let joined: String = s.sentences.iter().map(|i| all[*i].as_str()).collect();
            if s.text.ends_with('…') {
                proptest::prop_assert!(joined.starts_with(s.text.trim_end_matches('…')));
            } else {
                proptest::prop_assert_eq!(joined, s.text);
            }
        }
    }

    #[test]
    fn what_a_page_says_twice_is_said_once() {
        let lead = "许继电气研制的特高压换流阀11月25日在许昌下线，国产化率达到百分之百。";
        let text = format!("{lead}\n{lead}产品将用于西部电力外送工程，明年一季度交付。\n（图为现场）{lead}");
        let made = summarise("特高压换流阀在许昌下线", &text, &(60..200)).text;
        assert_eq!((made.matches("国产化率").count(), made.contains("明年一季度")), (1, true), "{made}");
    }
}
