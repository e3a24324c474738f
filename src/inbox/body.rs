//! The text of a mail as HTML.

use mail_parser::{Message, PartType};

use crate::html::{Attr, NodeRef, Tag, Tree, without};
use crate::inbox::links;

/// Longest text that is read, in bytes; a newspaper has less.
const MAX_BODY: usize = 4 << 20;
/// Mails forwarded within mails.
const MAX_NESTED: usize = 3;
/// Parts looked at for a text.
const MAX_PARTS: usize = 200;

/// The texts of a mail.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) html: Option<String>,
    pub(super) plain: Option<String>,
}

impl Body {
    /// Takes the text of a mail; that of a mail that it forwards if it has none itself.
    pub(super) fn of(message: &Message<'_>) -> Self {
        let mut message = message;
        for _ in 0..=MAX_NESTED {
            let body = Self::own(message);
            if body.html.is_some() || body.plain.is_some() {
                return body;
            }
            let Some(inner) = message.parts.iter().take(MAX_PARTS).find_map(|p| p.message()) else { break };
            message = inner;
        }
        Self::default()
    }

    fn own(message: &Message<'_>) -> Self {
        let text_of = |ids: &[u32], is_html: bool| {
            let mut out = String::new();
            for part in ids.iter().take(MAX_PARTS).filter_map(|id| message.part(*id)) {
                let text = match &part.body {
                    PartType::Html(text) if is_html => text,
                    PartType::Text(text) if !is_html => text,
                    _ => continue,
                };
                if out.len() + text.len() > MAX_BODY {
                    break;
                }
                out.push_str(text);
                out.push('\n');
            }
            Some(out).filter(|t| !t.trim().is_empty())
        };
        Self { html: text_of(&message.html_body, true), plain: text_of(&message.text_body, false) }
    }

    /// Returns the text as HTML: without pictures, each of which may tell the sender that it was opened, hidden parts, and links about
    /// the subscription.
    pub(super) fn article(&self, tree: Option<&Tree<'_>>) -> Option<String> {
        match (tree, &self.plain) {
            (Some(tree), _) => Some(without(tree, leave_out)),
            (None, Some(plain)) => Some(paragraphs(plain)),
            (None, None) => None,
        }
    }
}

fn leave_out(node: NodeRef<'_>) -> bool {
    match node.tag() {
        Some(Tag::Img | Tag::Style | Tag::Script | Tag::Title | Tag::Head) => true,
        Some(Tag::A) => {
            let label = links::label(node);
            links::is_about_subscription(&label) || crate::knowledge::INBOX.view_online.are_in(&label)
        }
        Some(_) => node.attr(Attr::Style).is_some_and(is_hidden),
        None => false,
    }
}

fn is_hidden(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// Returns plain text as paragraphs: an empty line ends one. Signatures after `-- ` are left out, quotes of older mails stay.
pub(super) fn paragraphs(plain: &str) -> String {
    let mut out = String::new();
    let mut open = false;
    for line in plain.lines().take_while(|l| *l != "-- ") {
        let text = line.trim();
        if text.is_empty() || links::is_about_subscription(&text.to_lowercase()) {
            open = false;
            continue;
        }
        out.push_str(if open { "<br>" } else { "<p>" });
        push_escaped(&mut out, text);
        open = true;
    }
    out
}

/// Returns lines of text as paragraphs, one each.
pub fn paragraphs_of_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        out.push_str("<p>");
        push_escaped(&mut out, line);
    }
    out
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_becomes_paragraphs() {
        let text = "第一段<script>\r\n仍是第一段\r\n\r\n第二段\n\n如需退订请回复\n-- \n张三";
        assert_eq!(paragraphs(text), "<p>第一段&lt;script&gt;<br>仍是第一段<p>第二段");
    }

    #[test]
    fn pictures_and_hidden_parts_are_left_out() {
        let html = "<head><title>x</title></head><div style='display: none'>预览</div><p>正文<img src=https://t.cn/p.gif width=1></p><a href=https://a.cn/u>退订</a>";
        let tree = Tree::parse(html);
        let article = Body { html: Some(html.to_owned()), plain: None }.article(Some(&tree)).unwrap();
        assert!(article.contains("正文") && !article.contains("img") && !article.contains("预览") && !article.contains("退订"), "{article}");
    }
}
