//! What is seen of a block: figures that a model of blocks learns from.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

use regex::RegexSet;

use crate::extract::blocks::{Block, Blocks};
use crate::extract::body::Selection;
use crate::extract::boilerplate;
use crate::extract::nodes::NodeSet;
use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::text::normalize::{is_han, normalized_key};

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
static CLASS_WORDS: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(GROUPS.map(|g| format!("(?i-u){g}"))).ok());
static FURNITURE: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    RegexSet::new([
        r"(?i)copyright|©|版权所有|all rights reserved|ICP|网安备|许可证|主办单位|承办单位|技术支持|网站标识码|privacy policy|terms of|cookies?\b",
        r"(?:19|20)\d\d ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2}|(?i:\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2})|\b\d{1,2}:\d\d\b",
        r"(?:来源|作者|编辑|责编|记者|发布|浏览|阅读|点击|字号|字体|分享|打印)(?:时间|人|量|次数|日期)?[\s:：（【]|(?i:^(?:by|posted|published|updated)\b)",
        r"(?i)click|subscribe|sign up|log ?in|share|follow us|read more|newsletter|advertis|关注|扫一扫|二维码|下载|客户端|登录|注册|转载|声明|侵权|上一篇|下一篇|返回|首页|更多",
    ])
    .ok()
});
const STOP_WORDS: [&str; 28] = [
    "the", "of", "and", "to", "a", "in", "is", "that", "for", "it", "was", "on", "with", "as", "he", "his", "be", "at", "i", "have", "are", "this",
    "by", "but", "not", "from", "they", "you",
];
/// Features of the block itself, of them those that are seen of neighbours too, and how far neighbours are looked at.
pub(super) const OWN: usize = 108;
const SHARED: [usize; 8] = [0, 2, 4, 63, 13, 11, 1, 37];
const REACH: usize = 3;
const WINDOWS: [usize; 2] = [5, 10];
const AVERAGED: [usize; 4] = [0, 2, 4, 63];
/// The figure that says whether the rules take a block for the article.
pub(super) const CHOSEN: usize = 63;
/// How many figures a block has.
pub const WIDTH: usize = OWN + SHARED.len() * 2 * REACH + AVERAGED.len() * WINDOWS.len();

/// Figures of all blocks, [`WIDTH`] for each.
pub(super) fn features(tree: &Tree<'_>, blocks: &Blocks, chosen: &Selection<'_>) -> Vec<f32> {
    let page = Page::of(tree, blocks, chosen);
    let own: Vec<Vec<f32>> = blocks.list.iter().enumerate().map(|(i, b)| page.own(i, b)).collect();
    let mut sums = vec![[0f32; AVERAGED.len()]];
    for row in &own {
        let mut sum = sums.last().copied().unwrap_or_default();
        sum.iter_mut().zip(AVERAGED).for_each(|(s, f)| *s += row.get(f).copied().unwrap_or_default());
        sums.push(sum);
    }
    let mut out = Vec::with_capacity(own.len() * WIDTH);
    for (i, row) in own.iter().enumerate() {
        out.extend_from_slice(row);
        for step in 1..=REACH {
            for neighbour in [i.checked_sub(step), Some(i + step)] {
                let row = neighbour.and_then(|n| own.get(n));
                out.extend(SHARED.iter().map(|f| row.and_then(|r| r.get(*f)).copied().unwrap_or(-1.0)));
            }
        }
        for window in WINDOWS {
            let (from, to) = (i.saturating_sub(window), (i + window + 1).min(own.len()));
            if let Some((a, b)) = sums.get(from).zip(sums.get(to)) {
                out.extend(a.iter().zip(b).map(|(a, b)| (b - a) / (to - from) as f32));
            }
        }
    }
    out
}

/// What stands around an element, as bits: kinds of elements, groups of class words.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    tags: u16,
    near: u32,
    far: u32,
    depth: u16,
    unlikely: u8,
    likely: u8,
}

struct Page<'t> {
    tree: &'t Tree<'t>,
    blocks: &'t Blocks,
    around: Vec<Around>,
    /// Letters, linked letters, marks, letters of the chosen before each block.
    before: Vec<[u32; 4]>,
    chosen: Vec<bool>,
    /// Blocks from the first to the last that is chosen, and the headline's.
    span: (usize, usize),
    roots: Vec<NodeRef<'t>>,
    headline: usize,
    title: FxHashSet<(char, char)>,
    title_key: String,
    repeats: FxHashMap<&'t str, u32>,
}

fn bit(tag: Tag) -> u16 {
    use Tag::*;
    match tag {
        Article => 1,
        Main => 2,
        Nav => 4,
        Footer => 8,
        Aside => 16,
        Header => 32,
        Form => 64,
        Figure | Figcaption => 128,
        Table => 256,
        Ul | Ol | Dl => 512,
        Section => 1024,
        Blockquote | Pre => 2048,
        _ => 0,
    }
}

fn around(tree: &Tree<'_>) -> Vec<Around> {
    let mut known: FxHashMap<(&str, &str), (u32, bool, bool)> = FxHashMap::default();
    let mut all = vec![Around::default(); tree.len()];
    for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
        let Some(tag) = node.tag() else { continue };
        let mut here = node.parent().and_then(|p| all.get(p.id().index()).copied()).unwrap_or_default();
        here.near = (here.near & 0xFFFF) << 16;
        here.depth += 1;
        here.tags |= bit(tag);
        let (class, id) = (node.attr(Attr::Class).unwrap_or_default(), node.attr(Attr::Id).unwrap_or_default());
        if !(class.is_empty() && id.is_empty()) && !matches!(tag, Tag::Html | Tag::Body) {
            let (groups, unlikely, likely) = *known.entry((class, id)).or_insert_with(|| {
                let names = format!("{class} {id}");
                let groups = CLASS_WORDS.as_ref().map_or(0, |w| w.matches(&names).iter().fold(0, |bits, g| bits | 1 << g));
                (groups, boilerplate::is_unlikely(&names), boilerplate::is_likely(&names))
            });
            here.near |= groups;
            here.far |= groups;
            here.unlikely += u8::from(unlikely && here.unlikely < 9);
            here.likely += u8::from(likely && here.likely < 9);
        }
        if let Some(slot) = all.get_mut(node.id().index()) {
            *slot = here;
        }
    }
    all
}

fn pairs(key: &str) -> impl Iterator<Item = (char, char)> {
    key.chars().zip(key.chars().skip(1))
}

fn is_chosen(node: NodeRef<'_>, roots: &[NodeRef<'_>], dropped: &NodeSet, chosen: &Selection<'_>) -> bool {
    if !roots.iter().any(|r| r.range().contains(&node.id().index())) {
        return false;
    }
    let inside = |a: &NodeRef<'_>| !roots.contains(a);
    let skipped = |e: NodeRef<'_>| dropped.contains(e.id()) || e.tag().is_some() && (chosen.skip)(e);
    !std::iter::once(node).chain(node.ancestors().take_while(inside)).any(skipped)
        && !roots.iter().any(|r| r.range().contains(&node.id().index()) && skipped(*r))
}

impl<'t> Page<'t> {
    fn of(tree: &'t Tree<'_>, blocks: &'t Blocks, selection: &Selection<'t>) -> Self {
        let chosen: Vec<bool> = blocks
            .list
            .iter()
            .map(|b| tree.get(b.first).is_some_and(|n| is_chosen(n, &selection.roots, &selection.dropped, selection)))
            .collect();
        let mut before = vec![[0; 4]];
        let mut repeats: FxHashMap<&str, u32> = FxHashMap::default();
        let mut sum = [0; 4];
        for (b, c) in blocks.list.iter().zip(&chosen) {
            let s = b.stats;
            let more = [s.letters, s.linked, s.marks, if *c { s.letters } else { 0 }];
            sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
            before.push(sum);
            *repeats.entry(b.text.as_str()).or_default() += 1;
        }
        let title_key = tree.elements(Tag::Title).next().map(|t| normalized_key(&t.texts().collect::<String>())).unwrap_or_default();
        let span = (chosen.iter().position(|c| *c).unwrap_or(0), chosen.iter().rposition(|c| *c).unwrap_or(0));
        let headline = headline(blocks, &title_key, tree, span);
        Self {
            around: around(tree),
            title: pairs(&title_key).collect(),
            title_key,
            tree,
            blocks,
            before,
            chosen,
            span,
            roots: selection.roots.clone(),
            headline,
            repeats,
        }
    }

    /// Letters, links, marks, chosen letters of a run of blocks.
    fn sum(&self, run: &std::ops::Range<usize>) -> [f32; 4] {
        let of = |n: usize| self.before.get(n).copied().unwrap_or_default();
        let (a, b) = (of(run.start), of(run.end));
        std::array::from_fn(|i| b.get(i).zip(a.get(i)).map_or(0.0, |(b, a)| b.saturating_sub(*a) as f32))
    }

    fn own(&self, i: usize, b: &Block) -> Vec<f32> {
        let mut f = Vec::with_capacity(WIDTH);
        text_figures(b, &mut f);
        let around = self.around.get(b.element.index()).copied().unwrap_or_default();
        let node = self.tree.get(b.element);
        f.push(tag_code(node.and_then(NodeRef::tag)));
        f.push(f32::from(around.depth));
        let flag = |on: bool| f32::from(u8::from(on));
        f.extend((0..12).map(|n| flag(around.tags >> n & 1 > 0)));
        let near = around.near | around.near >> 16;
        f.extend((0..16).map(|n| flag(near >> n & 1 > 0)));
        f.extend((0..16).map(|n| flag(around.far >> n & 1 > 0)));
        f.push(f32::from(around.unlikely));
        f.push(f32::from(around.likely));
        // 62
        let n = self.blocks.list.len().max(1);
        let all = self.sum(&(0..n));
        let above = self.sum(&(0..i));
        f.push(i as f32 / n as f32);
        f.push(above[0] / all[0].max(1.0));
        f.push(flag(self.chosen.get(i) == Some(&true)));
        f.extend([all[3] / all[0].max(1.0), (1.0 + all[3]).ln(), (n as f32).ln(), (1.0 + all[0]).ln(), above[3] / all[3].max(1.0)]);
        let (first, last) = self.span;
        f.push(if i < first { -((first - i) as f32) } else { i.saturating_sub(last) as f32 });
        f.push((i as f32 - self.headline as f32).clamp(-50.0, 200.0));
        f.push(flag(self.headline == usize::MAX));
        f.push(self.repeats.get(b.text.as_str()).copied().unwrap_or(1).min(9) as f32);
        // 74
        let key = normalized_key(&b.text);
        let shared = pairs(&key).filter(|p| self.title.contains(p)).count() as f32;
        f.push(shared / key.chars().count().max(1) as f32);
        f.push(flag(key.len() > 8 && self.title_key.contains(&key)));
        self.ancestors(i, b, &mut f);
        self.near_lines(i, b, &mut f);
        f.resize(OWN, 0.0);
        f
    }

    /// Of the four smallest elements that hold ever more blocks.
    fn ancestors(&self, i: usize, b: &Block, f: &mut Vec<f32>) {
        let all = self.sum(&(0..self.blocks.list.len()));
        let (mut run, mut levels, mut to_root) = (i..i + 1, 0, 9);
        let start = f.len();
        let root = self.roots.first().map(|r| r.range());
        for (height, a) in self.tree.get(b.element).into_iter().flat_map(|e| std::iter::once(e).chain(e.ancestors())).take(24).enumerate() {
            let inside = self.blocks.inside(a);
            if to_root == 9 && root.as_ref().is_some_and(|r| a.range().contains(&r.start) && a.range().end >= r.end) {
                to_root = height.min(8);
            }
            if inside.len() <= run.len() || levels == 4 {
                continue;
            }
            run = inside;
            levels += 1;
            let s = self.sum(&run);
            f.extend([s[0] / all[0].max(1.0), s[1] / s[0].max(1.0), (run.len() as f32).ln(), s[2] / s[0].max(1.0), s[3] / s[0].max(1.0)]);
        }
        f.resize(start + 20, -1.0);
        f.push(to_root as f32);
    }

    fn near_lines(&self, i: usize, b: &Block, f: &mut Vec<f32>) {
        let flag = |on: bool| f32::from(u8::from(on));
        let mut seen = [false; 8];
        // long lines and lists of links are told without patterns
        if b.text.len() < 400 && b.stats.link_share() < 0.9 {
            if let Some(set) = FURNITURE.as_ref() {
                set.matches(&b.text).iter().for_each(|m| seen.iter_mut().skip(m).take(1).for_each(|s| *s = true));
            }
            let more = boilerplate::kinds(&b.text);
            seen.iter_mut().skip(4).zip(more).for_each(|(s, m)| *s = m);
        }
        f.extend(seen.map(flag));
        let depth = |n: Option<usize>| {
            let block = n.and_then(|n| self.blocks.list.get(n));
            block.and_then(|b| self.around.get(b.element.index())).map_or(0.0, |a| f32::from(a.depth))
        };
        let here = depth(Some(i));
        f.push(here - depth(i.checked_sub(1)));
        f.push(here - depth(Some(i + 1)));
        let parent = |n: Option<usize>| n.and_then(|n| self.blocks.list.get(n)).and_then(|b| self.tree.get(b.element)?.parent()).map(NodeRef::id);
        f.push(flag(parent(Some(i)) == parent(i.checked_sub(1))));
        f.push(flag(parent(Some(i)) == parent(Some(i + 1))));
    }
}

/// The block that is the page's headline: one that its title begins with or contains, near the text that is chosen.
fn headline(blocks: &Blocks, title: &str, tree: &Tree<'_>, span: (usize, usize)) -> usize {
    let rated = blocks.list.iter().enumerate().take(600).filter(|(i, b)| b.text.len() > 8 && b.text.len() < 300 && *i <= span.1.max(20)).filter_map(|(i, b)| {
        let heading = tree.get(b.element).and_then(NodeRef::tag).is_some_and(Tag::is_heading);
        let key = normalized_key(&b.text);
        let inside = key.len() > 8 && title.contains(&key);
        (inside || heading && b.stats.linked == 0).then(|| (key.len() * if inside { 2 } else { 0 } + 30 * usize::from(heading), i))
    });
    rated.max_by_key(|(rating, i)| (*rating, *i)).map_or(usize::MAX, |(_, i)| i)
}

fn tag_code(tag: Option<Tag>) -> f32 {
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
fn text_figures(b: &Block, f: &mut Vec<f32>) {
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
    let stops = if blanks > 2 && b.text.len() < 4_000 {
        b.text.split(' ').filter(|w| w.len() < 5 && STOP_WORDS.iter().any(|s| s.eq_ignore_ascii_case(w))).count()
    } else {
        0
    };
    let last = b.text.trim_end_matches(['”', '"', '’', ')', '）', '\'']).chars().next_back();
    f.extend([
        (1.0 + s.letters as f32).ln(),
        (1.0 + blanks as f32).ln(),
        (1.0 + s.marks as f32).ln(),
        s.marks as f32 / letters,
        s.link_share() as f32,
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
