//! What a page offers beside its text: lead image, attachments, next page.

use std::collections::HashSet;

use crate::extract::meta::Head;
use crate::extract::pagination;
use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::knowledge::Fixed;
use crate::model::{Attachment, WebUrl};
use crate::text::normalize::{collapse_whitespace, truncate};

/// Most attachments listed.
const MAX_ATTACHMENTS: usize = 20;
const MAX_NAME: usize = 120;
/// Most pictures of a notice that consists of pictures.
const MAX_PICTURES: usize = 8;
/// Most text pieces of a link that are read.
const MAX_PIECES: usize = 40;
/// File extensions of attachments.
const FILES: [&str; 17] = ["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "et", "dps", "ofd", "zip", "rar", "7z", "csv", "txt", "ceb"];
/// Pictures smaller than this, in pixels, are decoration.
const MIN_PICTURE: u32 = 120;

/// Returns the lead image: the one the head names, otherwise the first of the body.
pub(super) fn image(head: &Head, roots: &[NodeRef<'_>], base: &WebUrl) -> Option<WebUrl> {
    let said = head.meta(&["og:image", "og:image:url", "twitter:image", "twitter:image:src"]).map(str::to_owned).or_else(|| head.ld_text("image"));
    let usable = |written: &str| base.join(written.trim()).ok().filter(|u| !is_decoration(u.as_str()));
    said.and_then(|s| usable(&s)).or_else(|| shown(roots, base).next())
}

/// Returns the pictures of a page that are no links, menus or decoration, without duplicates.
pub(super) fn pictures(page: &Tree<'_>, base: &WebUrl) -> Vec<WebUrl> {
    const ELSEWHERE: [Tag; 4] = [Tag::A, Tag::Nav, Tag::Header, Tag::Footer];
    let mut seen = HashSet::new();
    let own = page.elements(Tag::Img).filter(|e| !is_small(*e)).take(50);
    let own = own.filter(|e| !e.ancestors().any(|a| ELSEWHERE.iter().any(|tag| a.is(*tag))));
    own.filter_map(|e| address(e, base)).filter(|url| seen.insert(url.as_str().to_owned())).take(MAX_PICTURES).collect()
}

fn shown(roots: &[NodeRef<'_>], base: &WebUrl) -> impl Iterator<Item = WebUrl> {
    let pictures = roots.iter().flat_map(|r| r.descendants()).filter(|e| e.is(Tag::Img) && !is_small(*e));
    pictures.take(50).filter_map(|e| address(e, base))
}

/// Returns the address of a picture that is no decoration.
fn address(e: NodeRef<'_>, base: &WebUrl) -> Option<WebUrl> {
    let written = [Attr::DataSrc, Attr::DataOriginal, Attr::Src].iter().find_map(|a| e.attr(*a))?;
    base.join(written.trim()).ok().filter(|u| !is_decoration(u.as_str()))
}

fn is_decoration(address: &str) -> bool {
    let name = address.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["logo", "icon", "blank", "spacer", "loading", "qrcode", "erweima", "share", "default", ".gif", ".svg"].iter().any(|w| name.contains(w))
}

fn is_small(e: NodeRef<'_>) -> bool {
    [Attr::Width, Attr::Height].iter().filter_map(|a| e.attr(*a)?.trim_end_matches("px").parse::<u32>().ok()).any(|n| n < MIN_PICTURE)
}

/// Returns the files linked from the article or right behind it, without duplicates.
pub(super) fn attachments(roots: &[NodeRef<'_>], base: &WebUrl) -> Vec<Attachment> {
    let mut seen = HashSet::new();
    let behind = roots.last().into_iter().flat_map(|r| r.next_siblings().take(6));
    let links = roots.iter().copied().chain(behind).flat_map(|r| std::iter::once(r).chain(r.descendants())).filter(|e| e.is(Tag::A));
    let attachment = |e: NodeRef<'_>| {
        let href = e.attr(Attr::Href)?;
        if !may_be_file(href) {
            return None;
        }
        let url = base.join(href).ok()?;
        let path = url.as_url().path().to_ascii_lowercase();
        let ending = path.rsplit_once('.')?.1;
        let text = collapse_whitespace(&e.texts().take(MAX_PIECES).collect::<String>());
        // some systems hide the file behind a download address and show its name
        let named = text.rsplit_once('.').map(|(_, end)| end.trim_end_matches([')', '）', ']']).to_ascii_lowercase());
        let is_file = FILES.contains(&ending) || (path.contains("download") && named.is_some_and(|n| FILES.contains(&n.as_str())));
        let file_name = || path.rsplit('/').next().unwrap_or_default().to_owned();
        (is_file && seen.insert(url.as_str().to_owned()))
            .then(|| Attachment { name: truncate(&if text.is_empty() { file_name() } else { text }, MAX_NAME), url })
    };
    links.take(2_000).filter_map(attachment).take(MAX_ATTACHMENTS).collect()
}

/// Returns whether an unresolved address may be a file. Most are not, and this check is cheaper than resolving them.
fn may_be_file(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default().trim_end().to_ascii_lowercase();
    path.contains("download") || path.rsplit_once('.').is_some_and(|(_, ending)| FILES.contains(&ending))
}

/// Returns the next page of an article that is split over several pages.
pub(super) fn next_page(tree: &Tree<'_>, url: &WebUrl, base: &WebUrl) -> Option<WebUrl> {
    let is_next = |e: &NodeRef<'_>| {
        let pieces = || e.texts().take(4);
        pieces().any(|t| t.contains("下") || t.contains("后一") || t.contains("ext"))
            && pagination::is_next_label(&collapse_whitespace(&pieces().collect::<String>()))
    };
    tree.elements(Tag::A).filter(is_next).filter_map(|e| base.join(e.attr(Attr::Href)?).ok()).find(|u| continues(url, u))
}

/// Returns whether an address is a page of the same article: equal except for a number in the last segment or a page in the query.
fn continues(first: &WebUrl, next: &WebUrl) -> bool {
    static NUMBER: Fixed = Fixed::new(r"[-_]?\d{1,3}$");
    if first.origin() != next.origin() || first.as_str() == next.as_str() {
        return false;
    }
    let (a, b) = (first.as_url(), next.as_url());
    if a.path() == b.path() {
        return a.query() != b.query()
            && b.query().is_some_and(|q| q.to_ascii_lowercase().split('&').any(|p| p.starts_with("p=") || p.starts_with("page")));
    }
    let stem = |path: &str| -> Option<(String, String)> {
        let (folder, file) = path.rsplit_once('/')?;
        let name = file.rsplit_once('.').map_or(file, |(n, _)| n);
        Some((folder.to_owned(), name.to_owned()))
    };
    let (Some((folder_a, name_a)), Some((folder_b, name_b))) = (stem(a.path()), stem(b.path())) else { return false };
    if name_a.is_empty() || folder_a != folder_b {
        return false;
    }
    let cut = |name: &str| NUMBER.replace(name, "").into_owned();
    name_b.strip_prefix(&name_a).is_some_and(|rest| rest.starts_with(['_', '-']) && rest.len() <= 4)
        || (name_a.contains(['_', '-'])
            && cut(&name_a) == cut(&name_b)
            && !cut(&name_a).is_empty()
            && name_a.rsplit(['_', '-']).next().is_some_and(|n| n.len() <= 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(u: &str) -> WebUrl {
        WebUrl::parse(u).unwrap()
    }

    #[test]
    fn pages_of_one_article_are_told_from_other_articles() {
        let table = [
            ("http://a.cn/x/t1.html", "http://a.cn/x/t1_2.html", true),
            ("http://a.cn/x/t1_1.html", "http://a.cn/x/t1_2.html", true),
            ("http://a.cn/x/content-5.html", "http://a.cn/x/content-5-2.html", true),
            ("http://a.cn/show.php?id=7", "http://a.cn/show.php?id=7&page=2", true),
            ("http://a.cn/x/t1.html", "http://a.cn/x/t2.html", false),
            ("http://a.cn/x/t1.html", "http://a.cn/y/t1_2.html", false),
            ("http://a.cn/x/t1.html", "http://b.cn/x/t1_2.html", false),
            ("http://a.cn/show.php?id=7", "http://a.cn/show.php?id=8", false),
            ("http://a.cn/x/t20241101_123456.html", "http://a.cn/x/t20241101_123457.html", false),
            ("http://a.cn/x/t1.html", "http://a.cn/x/t1.html", false),
        ];
        for (a, b, expected) in table {
            assert_eq!(continues(&url(a), &url(b)), expected, "{a} {b}");
        }
    }

    #[test]
    fn files_are_listed_once_with_their_names() {
        let page = Tree::parse(
            "<div id=z><p><a href='/f/1.pdf'>附件1：申报书.pdf</a> <a href='/f/1.pdf'>再一次</a> <a href='2.html'>别的</a></p></div>
             <p>附件：<a href='/download.jsp?id=9'>汇总表.xlsx</a> <a href='b/3.DOCX'></a></p>",
        );
        let roots: Vec<NodeRef<'_>> = page.elements(Tag::Div).collect();
        let found = attachments(&roots, &url("http://a.gov.cn/n/1.html"));
        let names: Vec<(&str, &str)> = found.iter().map(|a| (a.name.as_str(), a.url.as_str())).collect();
        assert_eq!(
            names,
            [
                ("附件1：申报书.pdf", "http://a.gov.cn/f/1.pdf"),
                ("汇总表.xlsx", "http://a.gov.cn/download.jsp?id=9"),
                ("3.docx", "http://a.gov.cn/n/b/3.DOCX")
            ]
        );
    }

    #[test]
    fn the_lead_image_is_no_decoration() {
        let page = Tree::parse("<div id=z><img src=/logo.png><img width=16 src=a.jpg><img data-src='pic/b.jpg' src='loading.gif'></div>");
        let roots: Vec<NodeRef<'_>> = page.elements(Tag::Div).collect();
        let found = image(&Head::read(&page), &roots, &url("http://a.cn/n/1.html"));
        assert_eq!(found.unwrap().as_str(), "http://a.cn/n/pic/b.jpg");
    }
}
