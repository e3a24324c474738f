//! Texts of hostile pages for chats: no mark-up, no mention, no link of their own, and no longer than the vendor accepts.

use crate::model::WebUrl;
use crate::outlets::{OutletMessage, Paragraph};
use crate::text::normalize::collapse_whitespace;

/// Longest headline, in bytes.
const MAX_HEADLINE: usize = 300;
/// A paragraph is not cut to less than this, but left out.
const MIN_CUT: usize = 30;
const CUT: &str = "…";

/// Returns text that a chat client shows as written: signs of Markdown, tags and mentions become full-width, and addresses lose what
/// makes clients turn them into links. Vendors document no escape that all their clients honour.
pub(super) fn inert(text: &str) -> String {
    let text = collapse_whitespace(text);
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        out.push(match c {
            '*' | '_' | '`' | '~' | '#' | '<' | '>' | '[' | ']' | '|' | '\\' | '@' | '&' => full_width(c),
            // https://example.cn and example.cn
            ':' if next == '/' => '：',
            '.' if before.is_ascii_alphanumeric() && next.is_ascii_alphabetic() => '．',
            c => c,
        });
        before = c;
    }
    out
}

/// Returns the full-width form of a visible ASCII character (U+FF01 to U+FF5E).
fn full_width(c: char) -> char {
    u32::from(c).checked_add(0xFEE0).and_then(char::from_u32).unwrap_or(c)
}

/// Returns an address for a link in Markdown or plain text, where brackets and the like would end it.
pub(super) fn link_target(url: &WebUrl) -> String {
    let escape = |c: char| match c {
        '(' | ')' | '[' | ']' | '<' | '>' | '`' | '\\' | '|' | '*' | '"' | '\'' => format!("%{:02X}", u32::from(c)),
        c => c.to_string(),
    };
    url.as_str().chars().map(escape).collect()
}

/// Returns at most `max` bytes of a text, cut at a character and marked if it was longer.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(max.saturating_sub(CUT.len()));
    format!("{}{CUT}", text.get(..end).unwrap_or_default())
}

/// Returns the title with the vendor's keyword and whether it may be a repetition.
pub(super) fn headline(message: &OutletMessage, keyword: Option<&str>) -> String {
    let title = cut(&inert(&message.title), MAX_HEADLINE);
    let title = if title.is_empty() { message.kind.chinese().to_owned() } else { title };
    let again = if message.repeated { "（重发）" } else { "" };
    match keyword.filter(|k| !title.contains(k)) {
        Some(k) => format!("【{k}】{title}{again}"),
        None => format!("{title}{again}"),
    }
}

/// Paragraphs that fit, and how many do not.
pub(super) struct Fitted {
    pub(super) paragraphs: Vec<Paragraph>,
    pub(super) left_out: usize,
}

/// Takes paragraphs until `room` bytes are used; each costs `overhead` bytes besides its text and address. The one that does not fit
/// is cut and keeps its link.
pub(super) fn fit(paragraphs: &[Paragraph], room: usize, overhead: usize, clean: fn(&str) -> String) -> Fitted {
    let (mut taken, mut used) = (Vec::new(), 0);
    for p in paragraphs {
        let text = clean(&p.text);
        let url = p.url.as_ref().filter(|u| link_target(u).len() <= room / 2);
        if text.is_empty() && url.is_none() {
            taken.push(None);
            continue;
        }
        let fixed = overhead + url.map_or(0, |u| link_target(u).len());
        let left = room.saturating_sub(used + fixed);
        // a quotation mark takes two bytes in JSON
        let size = |t: &str| t.len() + t.matches('"').count();
        if size(&text) <= left {
            used += fixed + size(&text);
            taken.push(Some(Paragraph { text, url: url.cloned() }));
            continue;
        }
        if left >= MIN_CUT {
            taken.push(Some(Paragraph { text: cut(&text.replace('"', "＂"), left), url: url.cloned() }));
        }
        break;
    }
    Fitted { left_out: paragraphs.len() - taken.len(), paragraphs: taken.into_iter().flatten().collect() }
}

/// The line for paragraphs that do not fit.
pub(super) fn more(left_out: usize) -> Option<String> {
    (left_out > 0).then(|| format!("……另有 {left_out} 条未列出"))
}

/// Longest line of [`more`], in bytes.
pub(super) const MORE_BYTES: usize = 60;

/// Writes a message in Markdown, at most `max` bytes: headline, paragraphs, link.
pub(super) fn markdown(message: &OutletMessage, headline: &str, max: usize) -> String {
    let link = message.url.as_ref().map(link_target).filter(|l| l.len() <= max / 2).map(|l| format!("[打开查看]({l})"));
    let head = format!("**{headline}**");
    let reserved = head.len() + link.as_ref().map_or(0, String::len) + MORE_BYTES + 8;
    // a paragraph costs two line ends and the brackets of a link, perhaps with 原文 inside
    let fitted = fit(&message.paragraphs, max.saturating_sub(reserved), 12, inert);
    let paragraph = |p: &Paragraph| match &p.url {
        Some(url) => format!("[{}]({})", if p.text.is_empty() { "原文" } else { &p.text }, link_target(url)),
        None => p.text.clone(),
    };
    let lines = std::iter::once(head).chain(fitted.paragraphs.iter().map(paragraph)).chain(more(fitted.left_out)).chain(link);
    lines.collect::<Vec<_>>().join("\n\n")
}
