//! Boilerplate around articles, Chinese and other, by the tables of `boilerplate.toml`.

use std::ops::Range;

use crate::knowledge::{BOILERPLATE, Fixed, LineRules};
use crate::text::normalize::normalized_key;

/// Number of lines at either end that are matched against that end's tables.
const HEAD_LINES: usize = 10;
const TAIL_LINES: usize = 8;
/// How far down a side pane may reach if it was mistaken for a part of the body.
const PANE_LINES: usize = 40;

/// Returns whether class and id mark an element as something other than the article.
pub(super) fn is_unlikely(class_and_id: &str) -> bool {
    // social media quotes belong to the article; WordPress puts a post's tags into its class
    !class_and_id.contains("embed") && !class_and_id.contains("hentry") && BOILERPLATE.unlikely.is_match(class_and_id)
}

/// Returns whether class and id mark an element as the article.
pub(super) fn is_likely(class_and_id: &str) -> bool {
    BOILERPLATE.likely.is_match(class_and_id)
}

/// Returns whether a line never belongs to a body.
pub(super) fn is_never_body(line: &str) -> bool {
    is_of(&BOILERPLATE.anywhere, line) || is_licence(line)
}

/// Returns whether a line precedes a body, follows one, or announces links or comments.
pub(super) fn kinds(line: &str) -> [bool; 3] {
    [is_of(&BOILERPLATE.head, line), is_of(&BOILERPLATE.tail, line), is_related_heading(line) || opens_comments(line)]
}

/// Longest licence paragraph, in bytes.
const LONGEST_LICENCE: usize = 1_500;

fn is_licence(line: &str) -> bool {
    line.len() <= LONGEST_LICENCE && BOILERPLATE.licences.iter().filter(|l| line.contains(*l)).nth(1).is_some()
}

/// Returns whether a line announces links to other articles.
pub(super) fn is_related_heading(text: &str) -> bool {
    text.chars().count() <= 30 && is_of(&BOILERPLATE.related, text)
}

/// Returns whether a line announces readers' comments.
pub(super) fn opens_comments(text: &str) -> bool {
    text.chars().count() <= 30 && is_of(&BOILERPLATE.comments, text)
}

/// Returns whether a short text shows a date with a time of day.
pub(super) fn has_stamp(text: &str) -> bool {
    static STAMP: Fixed = Fixed::new(r"{day}\s*\d{1,2}:\d\d");
    // a paragraph that begins with a date is no post header
    text.len() < 120 && text.contains(':') && !text.contains(['。', '；']) && STAMP.is_match(text)
}

/// Longest line the tables match, in bytes. Only disclaimers may be longer; their first words identify them.
const MAX_LINE: usize = 330;

/// Returns whether a line matches a rule.
fn is_of(rules: &LineRules, line: &str) -> bool {
    (line.len() <= MAX_LINE || BOILERPLATE.disclaimers.begin(line)) && rules.is_match(line)
}

/// Removes boilerplate lines from a body; `title` drops a repeated headline at the top.
pub(super) fn remove_boilerplate(lines: Vec<String>, title: Option<&str>) -> Vec<String> {
    let mut kept: Vec<String> = lines.into_iter().filter(|l| !l.is_empty() && !is_never_body(l)).collect();
    let range = body_range(&kept, title);
    kept.truncate(range.end);
    kept.drain(..range.start);
    if let Some(last) = kept.last_mut() {
        *last = trim_credit(last).to_owned();
    }
    kept
}

/// Returns the range of body lines, without bylines before and credits behind.
pub(super) fn body_range<L: AsRef<str>>(lines: &[L], title: Option<&str>) -> Range<usize> {
    let title = title.map(normalized_key).filter(|t| !t.is_empty());
    let first = title.as_deref().and_then(|t| find_headline(lines, t)).unwrap_or(0);
    let mut start = first;
    for (i, l) in lines.iter().enumerate().skip(first).take(HEAD_LINES) {
        let repeats_title = title.as_ref().is_some_and(|t| *t == normalized_key(l.as_ref()));
        if repeats_title || is_of(&BOILERPLATE.head, l.as_ref()) {
            start = i + 1;
        }
    }
    // every line above the byline's last line belongs to it, unless it reads like prose
    let prose = lines.iter().take(start).skip(first).position(|l| reads_like_prose(l.as_ref()));
    let start = prose.map_or(start, |p| first + p);
    let tail = lines.iter().skip(start + 1).rev().take(TAIL_LINES).take_while(|l| is_of(&BOILERPLATE.tail, l.as_ref())).count();
    start..lines.len() - tail
}

/// Finds the headline among the first lines if nearly all text follows it: the lines above are then a side pane.
fn find_headline<L: AsRef<str>>(lines: &[L], title: &str) -> Option<usize> {
    let at = lines.iter().take(PANE_LINES).position(|l| normalized_key(l.as_ref()) == title)?;
    let (above, below) = lines.split_at_checked(at)?;
    let letters = |lines: &[L]| lines.iter().map(|l| l.as_ref().chars().count()).sum::<usize>();
    // a text may repeat its headline above one of its parts
    let prose = above.iter().filter(|l| reads_like_prose(l.as_ref())).count();
    (prose < 2 && letters(above) * 3 < letters(below)).then_some(at)
}

fn reads_like_prose(text: &str) -> bool {
    let n = text.chars().count();
    n > 60 || (n > 24 && (text.contains('。') || text.ends_with(['！', '？', '”'])))
}

/// Removes the credit in brackets behind the last full stop: `…发展。（记者 张三）`.
fn trim_credit(text: &str) -> &str {
    match BOILERPLATE.credit.find(text) {
        Some(m) if m.start() > 0 => text[..m.start()].trim_end(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_and_trailers_go_and_the_body_stays() {
        let body = "许昌市科技局11月24日发布消息，全市高新技术企业突破四百家。";
        for (lines, expected) in [
            (vec!["来源：许昌日报", "2026-11-24 08:00", body], vec![body]),
            (vec!["许昌高新技术企业破四百家", body, "（责任编辑：李四）", "【纠错】"], vec![body]),
            (vec![body, "分享到：", "相关阅读", "免责声明：本站内容仅供参考"], vec![body]),
            (vec!["（原标题：甲乙丙）", body, "Photo: A. Person, AP", "Advertisement"], vec![body]),
            (vec!["原标题：甲", body, "编辑/王五", "END"], vec![body]),
            (vec!["点击蓝字 关注我们", body, "（文章来源：某时报网）"], vec![body]),
            (vec!["打开某某新闻客户端，体验更流畅", body], vec![body]),
            (vec!["发布人：管理员 发布时间：2026年11月20日 已阅：56 次", body], vec![body]),
            (
                vec!["某报记者|张三　某报编辑|李四", body, "（声明：内容仅供参考，不构成投资建议。）", "此内容为某刊原创，著作权归某刊所有。"],
                vec![body],
            ),
            (vec![body, "一审：李一　二审：李二　三审：李三", "供稿单位：某局"], vec![body]),
            (vec!["联系我们", "电话：0374-1234567", "许昌高新技术企业破四百家", body, body, body], vec![body; 3]),
            (vec!["打开车间大门，一股热浪扑面而来。", body], vec!["打开车间大门，一股热浪扑面而来。", body]),
            (vec!["编辑部的故事还在继续，记者走进了车间。", body], vec!["编辑部的故事还在继续，记者走进了车间。", body]),
        ] {
            let got = remove_boilerplate(lines.into_iter().map(str::to_owned).collect(), Some("许昌高新技术企业破四百家"));
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn names_tell_articles_from_the_rest() {
        for name in ["share-box", "news_related", "footer", "crumbs clearfix", "bdsharebuttonbox", "page_tool"] {
            assert!(is_unlikely(name), "{name}");
        }
        assert!(!is_unlikely("post-787 post type-post hentry category-news tag-jiance"));
        for name in ["article-content", "TRS_Editor", "zoom", "main_text", "UCAP-CONTENT"] {
            assert!(is_likely(name) && !is_unlikely(name), "{name}");
        }
    }
}
