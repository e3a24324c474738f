//! What speaks against a wall: a headline and sentences that are not about getting in.

use crate::html::{Edge, Tag};
use crate::wall::marks::{MARKS, Place};

/// Clauses of a text that count, and the least of a headline, in bytes of their letters: a Chinese one has three, a Latin one has one.
const MIN_PROSE: usize = 90;
const MIN_HEADLINE: usize = 12;
/// Longest block that is kept, in bytes; walls are shorter.
const MAX_BLOCK: usize = 4096;
/// Separators between the parts of a title.
const BETWEEN: [char; 6] = ['-', '_', '|', '–', '—', '·'];
/// One of these is in a title that says what a wall is.
const ENTRANCES: [&str; 8] = ["登录", "登陆", "注册", "认证", "验证", "提示", "sign in", "login"];
/// What headlines of walls are made of, longer words first.
const LABELS: [&str; 30] = [
    "统一身份认证",
    "身份认证",
    "统一认证",
    "用户",
    "会员",
    "帐号",
    "账号",
    "密码",
    "扫码",
    "登录",
    "登陆",
    "注册",
    "安全",
    "访问",
    "人机",
    "滑动",
    "验证码",
    "验证",
    "温馨提示",
    "系统提示",
    "提示",
    "欢迎",
    "页面",
    "中心",
    "平台",
    "系统",
    "please",
    "sign in",
    "log in",
    "login",
];
/// Words of a clause that speaks to its reader, about the page, or about getting in.
const ADDRESSES: [&str; 37] = [
    "您",
    "你",
    "请",
    "登录",
    "登陆",
    "注册",
    "密码",
    "账号",
    "帐号",
    "浏览器",
    "访问",
    "拦截",
    "点击",
    "刷新",
    "重试",
    "抱歉",
    "错误",
    "评论",
    "版权",
    "备案",
    "权限",
    "联系管理员",
    "异常",
    "防护",
    "跳转",
    "网站",
    "copyright",
    "rights reserved",
    "you",
    "please",
    "sign in",
    "log in",
    "login",
    "password",
    "browser",
    "cookie",
    "javascript",
];

/// Evidence of an article, gathered on one walk over a page.
#[derive(Default)]
pub(super) struct ArticleSigns {
    /// Its title or a heading is more than a label.
    headline: bool,
    /// Its title, or a part of it, says that the page is an entrance.
    label: bool,
    /// Letters of its clauses that are no wall's words, in bytes.
    prose: usize,
    block: String,
    /// Where the walk is inside of: links, scripts and fields, whose texts are no sentences.
    inside: usize,
}

impl ArticleSigns {
    /// Whether the page has a headline and a text of its own.
    pub(super) fn is_found(&self) -> bool {
        self.headline && !self.label && self.prose >= MIN_PROSE
    }

    pub(super) fn note(&mut self, edge: Edge<'_>) {
        match edge {
            Edge::Open(_, tag) if is_aside(tag) => self.inside += 1,
            Edge::Close(_, tag) if is_aside(tag) => self.inside = self.inside.saturating_sub(1),
            Edge::Open(_, tag) if !is_inline(tag) => self.end_block(),
            Edge::Close(_, tag @ (Tag::Title | Tag::H1 | Tag::H2)) => self.end_headline(tag),
            Edge::Close(_, tag) if !is_inline(tag) => self.end_block(),
            Edge::Text(_, text) if self.inside == 0 && self.block.len() + text.len() <= MAX_BLOCK => self.block.push_str(text),
            _ => {}
        }
    }

    fn end_headline(&mut self, tag: Tag) {
        let text = std::mem::take(&mut self.block).to_lowercase();
        self.headline |= text.split(BETWEEN).any(|part| beyond_labels(part) >= MIN_HEADLINE);
        // "登录 - 某某网"
        self.label |= tag == Tag::Title && text.split(BETWEEN).any(|part| ENTRANCES.iter().any(|w| part.contains(w)) && beyond_labels(part) == 0);
    }

    /// The text since the last edge of a block: clauses count where it is written in sentences.
    pub(super) fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block).to_lowercase();
        if !block.contains(['，', '。', '！', '？', '；']) && !block.contains(". ") && !block.trim_end().ends_with('.') {
            return;
        }
        let clauses = block.split(['，', '。', '！', '？', '；', '：', ',', '!', '?', ';']).flat_map(|c| c.split(". "));
        self.prose += clauses.filter(|c| !is_of_walls(c)).map(letters).sum::<usize>();
    }
}

fn is_aside(tag: Tag) -> bool {
    matches!(tag, Tag::A | Tag::Script | Tag::Style | Tag::Noscript | Tag::Template | Tag::Option | Tag::Label | Tag::Button | Tag::Textarea)
}

fn is_inline(tag: Tag) -> bool {
    matches!(tag, Tag::B | Tag::Strong | Tag::Em | Tag::I | Tag::Span | Tag::Font | Tag::U | Tag::Img)
}

fn is_of_walls(clause: &str) -> bool {
    ADDRESSES.iter().any(|w| clause.contains(w)) || MARKS.iter().any(|m| m.place == Place::Words && clause.contains(m.text))
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).map(char::len_utf8).sum()
}

/// Letters of a headline beside its labels, in bytes.
fn beyond_labels(headline: &str) -> usize {
    let mut rest = headline.to_owned();
    for label in LABELS {
        rest = rest.replace(label, " ");
    }
    letters(&rest)
}
