//! What the words of a block and of its classes say: knowledge that `block_features` counts.

use std::sync::LazyLock;

use regex::RegexSet;

use crate::extract::blocks::Block;
use crate::html::Tag;
use crate::text::normalize::is_han;

/// Groups of words in class and id.
const GROUPS: [&str; 16] = [
    r"nav|menu|crumb|location|weizhi",
    r"head|top|banner|masthead|logo",
    r"foot|copyright|bottom|legal|license|beian|icp",
    r"side|aside|widget|right|left|rail",
    r"relat|recom|tuijian|hot|rank|paihang|popular|trend|more|also|xg|next|prev",
    r"comment|reply|disqus|discuss|respon|pinglun|forum|feedback",
    r"share|social|tool|print|follow|bdshare|action|button|btn",
    r"(?:^|[\s_-])ads?(?:$|[\s_-])|advert|sponsor|promo|taboola|outbrain|guanggao",
    r"meta|byline|author|date|time|source|info|laiyuan|editor|bianji",
    r"caption|photo|image|img|gallery|video|player|figure|media",
    r"content|article|body|zoom|trs_|artibody|js_content|zhengwen|con(?:$|[\s_-])",
    r"text|post|entry|story|main|detail|paragraph|prose|rich",
    r"title|headline|biaoti|subject|tit(?:$|[\s_-])",
    r"tag|keyword|categor|label|topic",
    r"list|item|card|grid|teaser|feed|loop",
    r"login|popup|modal|newsletter|subscri|cookie|consent|qr|erweima|weixin|app|signup|form|search|hidden|disclaim|statement|shengming",
];
static CLASS_WORDS: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(GROUPS.map(|g| format!("(?i-u){g}"))).ok());
/// Licences and copyright; dates; bylines; buttons.
static FURNITURE: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    RegexSet::new([
        r"(?i)copyright|©|版权所有|all rights reserved|ICP|网安备|许可证|主办单位|承办单位|技术支持|网站标识码|privacy policy|terms of|cookies?(?-u:\b)",
        r"(?:19|20)\d\d ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2}|(?i:(?-u:\b)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2})|(?-u:\b)\d{1,2}:\d\d(?-u:\b)",
        r"(?:来源|作者|编辑|责编|记者|发布|浏览|阅读|点击|字号|字体|分享|打印)(?:时间|人|量|次数|日期)?[\s:：（【]|(?i:^(?:by|posted|published|updated)(?-u:\b))",
        r"(?i)click|subscribe|sign up|log ?in|share|follow us|read more|newsletter|advertis|关注|扫一扫|二维码|下载|客户端|登录|注册|转载|声明|侵权|上一篇|下一篇|返回|首页|更多",
    ])
    .ok()
});
/// Words that running English text is full of.
fn is_stop_word(word: &str) -> bool {
    let first = matches!(word, "the" | "of" | "and" | "to" | "a" | "in" | "is" | "that" | "for" | "it" | "was" | "on" | "with" | "as");
    first || matches!(word, "he" | "his" | "be" | "at" | "i" | "have" | "are" | "this" | "by" | "but" | "not" | "from" | "they" | "you")
}

/// The groups that a class or id belongs to, as bits.
pub(super) fn class_groups(names: &str) -> u32 {
    CLASS_WORDS.as_ref().map_or(0, |w| w.matches(names).iter().fold(0, |bits, g| bits | 1 << g))
}

/// Whether a line speaks of licences, dates, bylines, buttons.
pub(super) fn furniture(line: &str) -> [bool; 4] {
    // most lines match none, and `is_match` is faster than `matches`
    let Some(set) = FURNITURE.as_ref().filter(|set| set.is_match(line)) else { return [false; 4] };
    let found = set.matches(line);
    std::array::from_fn(|i| found.matched(i))
}

/// Kinds of elements, the likeliest to hold an article's text last.
pub(super) fn tag_code(tag: Option<Tag>) -> f32 {
    use Tag::*;
    match tag {
        Some(P) => 9.0,
        Some(Blockquote | Pre) => 8.0,
        Some(H2 | H3 | H4 | H5 | H6) => 7.0,
        Some(H1) => 6.0,
        Some(Section | Article | Main) => 5.0,
        Some(Div) => 4.0,
        Some(Td | Th | Tr) => 3.0,
        Some(Li | Ul | Ol) => 2.0,
        Some(Dd | Dt) => 1.0,
        _ => 0.0,
    }
}

/// Figures of the text alone.
pub(super) fn text_figures(b: &Block, f: &mut Vec<f32>) {
    let (mut digits, mut upper, mut han, mut blanks, mut signs) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for c in b.text.chars() {
        match c {
            '0'..='9' => digits += 1,
            'A'..='Z' => upper += 1,
            ' ' => blanks += 1,
            '|' | '>' | '»' | '/' | '·' | '_' | '[' | '【' => signs += 1,
            _ if is_han(c) => han += 1,
            _ => {}
        }
    }
    let s = b.stats;
    let letters = s.letters.max(1) as f32;
    let stops = if blanks > 2 && b.text.len() < 4_000 { b.text.split(' ').filter(|w| is_stop_word(w)).count() } else { 0 };
    let last = b.text.trim_end_matches(['”', '"', '’', ')', '）', '\'']).chars().next_back();
    f.extend([
        (1.0 + s.letters as f32).ln(),
        (1.0 + blanks as f32).ln(),
        (1.0 + s.marks as f32).ln(),
        s.marks as f32 / letters,
        s.linked as f32 / letters,
        b.links.min(20) as f32,
        digits as f32 / letters,
        upper as f32 / letters,
        han as f32 / letters,
        stops as f32 / (1 + blanks) as f32,
        signs as f32 / letters,
        f32::from(u8::from(last.is_some_and(|c| matches!(c, '。' | '！' | '？' | '.' | '!' | '?' | '…' | '；')))),
        b.bold as f32 / letters,
    ]);
}
