//! Feed autodiscovery: feeds and news columns that a page announces or links to.

use serde::{Deserialize, Serialize};

use crate::extract::base_url;
use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::knowledge::{LISTS, Words};
use crate::model::WebUrl;
use crate::text::normalize::collapse_whitespace;

/// Most feeds taken from one page.
const MAX_FEEDS: usize = 6;
/// Usual paths of feeds and news sitemaps, tried if a page announces none.
pub const WELL_KNOWN: [&str; 7] = ["/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/sitemap.xml"];

/// Most columns, and the longest column name, in characters.
const MAX_COLUMNS: usize = 6;
const MAX_COLUMN_NAME: usize = 10;

/// Feeds and columns of a page.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Announced {
    pub name: Option<String>,
    /// Feeds that it announces or links to, best first.
    pub feeds: Vec<WebUrl>,
    /// News columns in its menu, with their names.
    pub columns: Vec<(String, WebUrl)>,
}

/// Finds the feeds and columns of a page.
pub fn announced(text: &str, url: &WebUrl) -> Announced {
    let page = Tree::parse(text);
    let base = base_url(&page, url);
    Announced { name: name(&page), feeds: feeds(&page, &base), columns: columns(&page, &base) }
}

/// Returns links to the same host whose short text names a news column.
fn columns(page: &Tree<'_>, url: &WebUrl) -> Vec<(String, WebUrl)> {
    let mut out: Vec<(String, WebUrl)> = Vec::new();
    for a in elements(page, Tag::A) {
        let name = collapse_whitespace(&a.texts().take(4).collect::<String>());
        let named = |words: &Words| words.are_in(&name.to_ascii_lowercase());
        if !(2..=MAX_COLUMN_NAME).contains(&name.chars().count()) || !named(&LISTS.page.columns) || named(&LISTS.page.not_columns) {
            continue;
        }
        let to = a.attr(Attr::Href).and_then(|href| url.join(href).ok()).filter(|to| to.host() == url.host() && to != url);
        if let Some(to) = to.filter(|to| out.len() < MAX_COLUMNS && !out.iter().any(|(_, known)| known == to)) {
            out.push((name, to));
        }
    }
    out
}

/// Returns whether a `<link>` announces a feed, by its type, or without a type by its title or address.
fn announces_feed(kind: &str, title: &str, href: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let words = format!("{title} {href}").to_ascii_lowercase();
    let named = ["rss", "atom", "feed"].iter().any(|w| words.contains(w));
    match kind.as_str() {
        "" => named,
        "text/xml" | "application/xml" => true,
        // oEmbed and the WordPress API are announced with this type too
        "application/json" => named || href.to_ascii_lowercase().ends_with(".json"),
        _ => ["rss", "atom", "feed+json", "rdf"].iter().any(|k| kind.contains(k)),
    }
}

/// Returns feeds that a page announces (`<link rel=alternate>`) or links to, best first, without comment feeds.
fn feeds(page: &Tree<'_>, url: &WebUrl) -> Vec<WebUrl> {
    let mut out: Vec<WebUrl> = Vec::new();
    let mut take = |href: &str, about: &str| {
        let words = format!("{href} {about}").to_ascii_lowercase();
        let other = LISTS.page.not_feeds.are_in(&words);
        let usable = url.join(href).ok().filter(|u| !other && u != url && !out.contains(u));
        out.extend(usable.filter(|_| out.len() < MAX_FEEDS));
    };
    for e in elements(page, Tag::Link) {
        let attr = |name| e.attr(name).unwrap_or_default();
        let alternate = attr(Attr::Rel).to_ascii_lowercase().split_ascii_whitespace().any(|r| matches!(r, "alternate" | "feed"));
        if alternate && announces_feed(attr(Attr::Type), attr(Attr::Title), attr(Attr::Href)) {
            take(attr(Attr::Href), attr(Attr::Title));
        }
    }
    for e in elements(page, Tag::A) {
        let href = e.attr(Attr::Href).unwrap_or_default();
        let path = href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let named = collapse_whitespace(&e.texts().take(4).collect::<String>()).to_ascii_lowercase();
        if path.rsplit_once('.').is_some_and(|(_, end)| end == "rss")
            || path.ends_with("rss.xml")
            || path.ends_with("atom.xml")
            || path.ends_with("/feed")
            || LISTS.page.feed_links.contains(&named)
        {
            take(href, &named);
        }
    }
    out
}

fn elements<'t>(tree: &'t Tree<'_>, tag: Tag) -> impl Iterator<Item = NodeRef<'t>> {
    tree.elements(tag).take(20_000)
}

/// Returns the page's title without the parts that other pages share.
fn name(page: &Tree<'_>) -> Option<String> {
    let title = page.elements(Tag::Title).next().map(|t| collapse_whitespace(&t.texts().collect::<String>()))?;
    (!title.is_empty()).then(|| crate::text::normalize::truncate(&title, 40))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(u: &str) -> WebUrl {
        WebUrl::parse(u).unwrap()
    }

    #[test]
    fn announced_feeds_come_first_and_comments_never() {
        let page = "<head><link rel=alternate type='application/rss+xml' title='评论' href='/comments/feed'>
            <link rel='alternate' type='application/atom+xml' href='atom.xml'></head><body><a href='/rss.xml'>RSS</a><a href='/about'>关于</a></body>";
        let found: Vec<String> = feeds(&Tree::parse(page), &url("http://a.cn/news/")).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["http://a.cn/news/atom.xml", "http://a.cn/rss.xml"]);
    }

    #[test]
    fn feeds_are_known_whatever_their_type() {
        let of = |link: &str| {
            announced(&format!("<base href='/root/'><link rel=alternate {link}>"), &url("http://a.cn/")).feeds.first().map(ToString::to_string)
        };
        for link in [
            "type=text/xml href=r",
            "type='application/rss+xml; charset=gbk' href=r",
            "title=RSS href=r",
            "type=application/json title='JSON Feed' href=r",
            "type='' title=feed href=r",
        ] {
            assert_eq!(of(link).as_deref(), Some("http://a.cn/root/r"), "{link}");
        }
        for link in [
            "type=text/html href=/m/",
            "hreflang=en href=/en/",
            "type=application/json title=JSON href=/wp-json/wp/v2/posts/1",
            "type='application/json+oembed' href=/oembed?url=x",
        ] {
            assert_eq!(of(link), None, "{link}");
        }
    }

    #[test]
    fn a_home_page_names_its_columns() {
        let page = "<a href=/>首页</a><a href=/xwdt/>新闻动态</a><a href=/tzgg/>通知公告</a><a href=/xwdt/>新闻动态</a><a href=http://b.cn/news/>新闻中心</a>\
            <a href=/xwdt/1.html>市科技局发布重大新闻的长标题</a><a href=/zt/>新闻专题</a>";
        let found = announced(page, &url("http://a.cn/")).columns;
        assert_eq!(
            found.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect::<Vec<_>>(),
            [("新闻动态", "http://a.cn/xwdt/"), ("通知公告", "http://a.cn/tzgg/")]
        );
    }
}
