//! Where a site keeps its feeds: what a page says of other addresses worth asking.

use serde::{Deserialize, Serialize};

use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::model::WebUrl;
use crate::text::normalize::collapse_whitespace;

/// Most feeds that one page may announce.
const MAX_FEEDS: usize = 6;
/// Paths under which feeds and news sitemaps are usually kept, asked for where a page announces none.
pub const WELL_KNOWN: [&str; 7] = ["/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml", "/sitemap.xml"];

/// What a page says of its site.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Announced {
    /// The site's name for the page.
    pub name: Option<String>,
    /// Feeds that it announces or links to, best first.
    pub feeds: Vec<WebUrl>,
}

/// Reads what a page says of its site.
pub fn announced(text: &str, url: &WebUrl) -> Announced {
    let page = Tree::parse(text);
    Announced { name: name(&page), feeds: feeds(&page, url) }
}

/// Feeds that a page announces (`<link rel=alternate>`) or links to, best first; those of comments are left out.
fn feeds(page: &Tree<'_>, url: &WebUrl) -> Vec<WebUrl> {
    let mut out: Vec<WebUrl> = Vec::new();
    let mut take = |href: &str, about: &str| {
        let words = format!("{href} {about}").to_ascii_lowercase();
        let usable = url.join(href).ok().filter(|u| !words.contains("comment") && !words.contains("评论") && u != url && !out.contains(u));
        out.extend(usable.filter(|_| out.len() < MAX_FEEDS));
    };
    for e in elements(page, Tag::Link) {
        let attr = |name| e.attr(name).unwrap_or_default();
        let kind = attr(Attr::Type).to_ascii_lowercase();
        let is_feed = ["rss", "atom", "feed+json", "rdf"].iter().any(|k| kind.contains(k));
        if is_feed && attr(Attr::Rel).to_ascii_lowercase().contains("alternate") {
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
            || named == "rss"
            || named == "rss订阅"
        {
            take(href, &named);
        }
    }
    out
}

fn elements<'t>(tree: &'t Tree<'_>, tag: Tag) -> impl Iterator<Item = NodeRef<'t>> {
    tree.elements(tag).take(20_000)
}

/// The site's name for a page: its title without what other pages share.
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
}
