//! Links of a mail.

use std::collections::HashSet;

use crate::html::{Attr, Tag, Tree};
use crate::inbox::MAX_LINKS;
use crate::knowledge::INBOX;
use crate::model::WebUrl;

/// Links looked at.
const MAX_SEEN: usize = 2000;
/// Longest part of an address that is a name and no token.
const MAX_NAME: usize = 40;

/// Returns the articles that a mail links to, each once: no home pages, which stand in signatures, and nothing about the subscription.
pub(super) fn articles(tree: &Tree<'_>, plain: &str) -> Vec<WebUrl> {
    let linked = tree
        .elements(Tag::A)
        .take(MAX_SEEN)
        .filter(|a| !is_about_subscription(&label(*a)))
        .filter_map(|a| a.attr(Attr::Href).map(|href| href.trim().to_owned()));
    let written = plain.match_indices("http").take(MAX_SEEN).filter_map(|(at, _)| plain.get(at..)).map(written);
    let mut seen = HashSet::new();
    let all = linked.chain(written).filter_map(|text| WebUrl::parse(&text).ok()).filter(is_article);
    all.filter(|url| seen.insert(url.clone())).take(MAX_LINKS).collect()
}

/// Returns the letter as a page, if its address carries nothing that could name the reader.
pub(super) fn page(tree: &Tree<'_>) -> Option<WebUrl> {
    let mut links = tree.elements(Tag::A).take(MAX_SEEN).filter(|a| INBOX.view_online.are_in(&label(*a)));
    links.find_map(|a| WebUrl::parse(a.attr(Attr::Href)?).ok().filter(is_for_everybody))
}

/// Whether the text of a link is about the subscription.
pub(super) fn is_about_subscription(label: &str) -> bool {
    INBOX.unsubscribe.are_in(label)
}

/// Returns the text of a link, in lower case.
pub(super) fn label(link: crate::html::NodeRef<'_>) -> String {
    link.texts().take(20).collect::<String>().to_lowercase()
}

/// Whether an address has no query and no part that looks like a token.
pub(super) fn is_for_everybody(url: &WebUrl) -> bool {
    let is_name = |part: &str| {
        part.len() <= MAX_NAME && (part.len() < 16 || !(part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_uppercase())))
    };
    url.as_url().query().is_none() && is_article(url) && url.as_url().path().split('/').all(is_name)
}

fn is_article(url: &WebUrl) -> bool {
    !url.is_stand_in() && (url.as_url().path().len() > 1 || url.as_url().query().is_some() || url.is_routed())
}

/// Returns the address at the beginning of a text.
fn written(text: &str) -> String {
    let end = text.find(|c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '“' | '”' | '，' | '。' | '）' | '】' | '》' | '；' | '、')
    });
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str, plain: &str) -> Vec<String> {
        articles(&Tree::parse(html), plain).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn articles_are_found_in_markup_and_text() {
        let html = "<a href='https://mp.weixin.qq.com/s/abc?a=1&amp;b=2'>文章</a><a href=https://a.cn/>本所网站</a><a href=https://a.cn/u?x=1>退订</a><a href='javascript:x'>x</a>";
        let plain = "看这篇：https://b.cn/1.html。还有（http://c.cn/2）和 https://b.cn/1.html";
        assert_eq!(found(html, plain), ["https://mp.weixin.qq.com/s/abc?a=1&b=2", "https://b.cn/1.html", "http://c.cn/2"]);
    }

    #[test]
    fn a_page_that_names_its_reader_is_none() {
        let of = |url: &str| page(&Tree::parse(&format!("<a href='{url}'>在浏览器中查看</a>"))).is_some();
        assert!(of("https://news.a.cn/letters/2026-11.html"));
        for url in ["https://news.a.cn/v?u=1", "https://news.a.cn/v/Zx81aBcD92kLmN0pQrSt", "https://news.a.cn/", "ftp://a.cn/x"] {
            assert!(!of(url), "{url}");
        }
    }
}
