//! Finds the next page of a list, with a table of the pagers that publishing systems write.

use std::cell::OnceCell;

use regex::Captures;

use crate::discover::list::link;
use crate::extract::{base_url, pagination};
use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::knowledge::{Fixed, LISTS};
use crate::model::WebUrl;
use crate::text::normalize::collapse_whitespace;
use crate::text::references::push_decoded;

/// Most elements of a page examined.
const MAX_ELEMENTS: usize = 20_000;
/// Longest label of a pager link, in bytes.
const MAX_LABEL: usize = 60;
/// Most nodes of a link examined, and most functions of a page.
const MAX_NODES: usize = 40;
const MAX_MAKERS: usize = 20;
/// A pager with more pages than this is not credible.
const MAX_PAGES: u32 = 99_999;
/// A list page and its address.
struct ListPage<'a> {
    elements: Vec<NodeRef<'a>>,
    text: &'a str,
    url: &'a WebUrl,
    base: WebUrl,
    /// Functions of the page that convert a page number to an address: name, text before the number, text after it.
    makers: OnceCell<Vec<(&'a str, &'a str, &'a str)>>,
}

type Form = fn(&ListPage<'_>) -> Option<WebUrl>;

/// The forms of pagers, most reliable first.
const FORMS: [(&str, Form); 10] = [
    ("rel=next", by_rel),
    ("a link that says next, by text, title, picture or script", by_words),
    ("an arrow in a pager", by_arrow),
    ("createPageHTML of TRS", by_trs_call),
    ("Pager({…}) of TRS", by_trs_object),
    ("nextPage in a script of TRS", by_trs_script),
    ("nextgroup of 大汉 jpage", by_jpage_group),
    ("pageNum of 大汉 jpage", by_jpage_number),
    ("numbers in a pager", by_numbers),
    ("a select of pages", by_select),
];

/// Returns the next page of a list, always on the same host.
pub(super) fn next_list_page(tree: &Tree<'_>, text: &str, url: &WebUrl) -> Option<WebUrl> {
    let page = ListPage { elements: pager_elements(tree), text, url, base: base_url(tree, url), makers: OnceCell::new() };
    let usable = |to: &WebUrl| to.host() == url.host() && to.as_url().port() == url.as_url().port() && to != url;
    FORMS.iter().find_map(|(_, form)| form(&page).filter(usable))
}

/// Collects the possible parts of a pager in one pass: links, selects, and elements with a click handler.
fn pager_elements<'t>(tree: &'t Tree<'_>) -> Vec<NodeRef<'t>> {
    let clickable = |e: NodeRef<'_>| {
        matches!(e.tag(), Some(Tag::Button | Tag::Span | Tag::Li | Tag::Div | Tag::Td | Tag::Img)) && e.attr(Attr::Onclick).is_some()
    };
    tree.root().descendants().filter(|e| matches!(e.tag(), Some(Tag::A | Tag::Link | Tag::Select)) || clickable(*e)).collect()
}

impl ListPage<'_> {
    fn elements(&self, tag: Tag) -> impl Iterator<Item = NodeRef<'_>> {
        self.elements.iter().copied().filter(move |e| e.is(tag)).take(MAX_ELEMENTS)
    }

    /// Returns the target of a link or button: its address, the one its script opens, or the one that a function of the page
    /// computes from its number.
    fn target(&self, e: NodeRef<'_>) -> Option<WebUrl> {
        let code = || e.attr(Attr::Onclick).into_iter().chain(e.attr(Attr::Href)).find_map(|code| self.called(code));
        link::address(e).map(str::to_owned).or_else(code).and_then(|to| self.base.join(&to).ok())
    }

    /// Evaluates `goPage(2)` if the page has `function goPage(n) { location.href = "list_" + n + ".html" }`.
    fn called(&self, code: &str) -> Option<String> {
        static CALL: Fixed = Fixed::new(r#"(\w{1,40})\(\s*['"]?(\d{1,5})['"]?\s*[,)]"#);
        let call = CALL.captures(code.get(..code.floor_char_boundary(300))?)?;
        let (name, number) = (call.get(1)?.as_str(), call.get(2)?.as_str());
        let (_, before, behind) = self.makers.get_or_init(|| makers(self.text)).iter().find(|(maker, ..)| *maker == name)?;
        Some(format!("{before}{number}{behind}"))
    }

    fn trs_page(&self, name: &str, number: u32, ending: &str) -> Option<WebUrl> {
        self.url.join(&format!("{name}_{number}.{}", ending.trim_start_matches('.'))).ok()
    }
}

fn makers(text: &str) -> Vec<(&str, &str, &str)> {
    static MAKER: Fixed = Fixed::new(
        r#"function\s+(\w{1,40})\s*\(\s*(\w{1,40})[^)]{0,80}\)\s*\{[^}]{0,300}?["']([^"'{}]{1,200})["']\s*\+\s*(\w{1,40})\b(?:\s*\+\s*["']([^"'{}]{0,200})["'])?"#,
    );
    let maker = |m: Captures<'_>| {
        let part = |i| m.get(i).map_or(0..0, |m| m.range());
        (part(2), part(4), [part(1), part(3), part(5)])
    };
    let found = MAKER.captures_iter(text).take(MAX_MAKERS).map(maker);
    let text_of = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    found.filter(|(taken, used, _)| text_of(taken.clone()) == text_of(used.clone())).map(|(.., parts)| parts.map(text_of).into()).collect()
}

/// Returns the text of a link, from its first few nodes.
fn link_text(e: NodeRef<'_>) -> String {
    e.descendants().take(MAX_NODES).filter_map(NodeRef::text).take(4).collect()
}

/// Returns the labels of a link: its text, its titles, those of a picture in it.
fn labels(e: NodeRef<'_>) -> impl Iterator<Item = String> {
    let image = e.descendants().take(10).find(|n| n.is(Tag::Img));
    let said =
        [e.attr(Attr::Title), e.attr(Attr::AriaLabel)].into_iter().chain(image.into_iter().flat_map(|i| [i.attr(Attr::Alt), i.attr(Attr::Title)]));
    std::iter::once(link_text(e)).chain(said.flatten().map(str::to_owned)).filter(|l| l.len() <= MAX_LABEL).map(|l| collapse_whitespace(&l))
}

fn is_next_label(label: &str) -> bool {
    let words = label.trim_matches(|c: char| c.is_whitespace() || "[]【】()（）<>＞»›→".contains(c)).to_lowercase();
    pagination::is_next_label(label) || LISTS.pager.next_of_list.contains(&words)
}

/// Returns whether the class or id of the element or of an ancestor names a pager.
fn in_pager(e: NodeRef<'_>) -> bool {
    let named = |n: &str| {
        n.get(..n.floor_char_boundary(200))
            .unwrap_or_default()
            .to_ascii_lowercase()
            .split([' ', '-', '_'])
            .any(|w| LISTS.pager.names.iter().any(|p| w.starts_with(p) || w.ends_with(p)))
    };
    std::iter::once(e).chain(e.ancestors().take(5)).any(|e| [e.attr(Attr::Class), e.attr(Attr::Id)].into_iter().flatten().any(named))
}

fn by_rel(page: &ListPage<'_>) -> Option<WebUrl> {
    let is_next = |e: &NodeRef<'_>| e.attr(Attr::Rel).is_some_and(|r| r.split_ascii_whitespace().any(|r| r.eq_ignore_ascii_case("next")));
    page.elements(Tag::Link).chain(page.elements(Tag::A)).filter(is_next).find_map(|e| page.base.join(e.attr(Attr::Href)?).ok())
}

fn by_words(page: &ListPage<'_>) -> Option<WebUrl> {
    let buttons = [Tag::Button, Tag::Span, Tag::Li, Tag::Div, Tag::Td, Tag::Img].into_iter().flat_map(|t| page.elements(t));
    page.elements(Tag::A).chain(buttons).filter(|e| labels(*e).any(|l| is_next_label(&l))).find_map(|e| page.target(e))
}

fn by_arrow(page: &ListPage<'_>) -> Option<WebUrl> {
    let with = |arrow: &str| page.elements(Tag::A).filter(|e| labels(*e).any(|l| l == arrow) && in_pager(*e)).find_map(|e| page.target(e));
    LISTS.pager.arrows.iter().find_map(with)
}

/// Returns a group of a match as a number.
fn number(c: &Captures<'_>, name: &str) -> Option<u32> {
    c.name(name)?.as_str().parse().ok().filter(|n| *n <= MAX_PAGES)
}

/// `createPageHTML(25, 0, "index", "html")` counts from 0 and leads to `index_1.html`; `createPageHTML('box', 25, 1, 'index', 'html')`
/// counts from 1 and leads to `index_2.html`. More arguments may follow.
fn by_trs_call(page: &ListPage<'_>) -> Option<WebUrl> {
    static CALL: Fixed = Fixed::new(
        r#"(?i)createPage(?:HTML)?\w*\((?P<box>\s*['"][^'"\s]{0,40}[^'"\s\d][^'"\s]{0,40}['"]\s*,)?\s*['"]?(?P<pages>\d{1,5})['"]?\s*,\s*['"]?(?P<current>\d{1,5})['"]?\s*,\s*['"](?P<name>[\w-]{1,60})['"]\s*,\s*['"]\.?(?P<ending>[a-z]{3,6})['"]"#,
    );
    let c = CALL.captures(page.text)?;
    let next = number(&c, "current")? + 1;
    let last = number(&c, "pages")?.checked_sub(u32::from(c.name("box").is_none()))?;
    let (name, ending) = (c.name("name")?.as_str(), c.name("ending")?.as_str());
    (next <= last).then(|| page.trs_page(name, next, ending)).flatten()
}

/// `Pager({size: 25, current: 0, prefix: 'index', suffix: 'html'})` leads to `index_1.html`.
fn by_trs_object(page: &ListPage<'_>) -> Option<WebUrl> {
    static OBJECT: Fixed = Fixed::new(r"(?i)page[r]?\w{0,20}\(\s*\{([^{}]{10,400})\}");
    static FIELD: Fixed = Fixed::new(r#"(\w{1,20})['"]?\s*:\s*['"]?([\w-]{1,60})"#);
    let object = OBJECT.captures_iter(page.text).find(|c| c.get(1).is_some_and(|o| o.as_str().contains("prefix")))?;
    let fields = || FIELD.captures_iter(object.get(1).map_or("", |m| m.as_str()));
    let field = |key: &str| fields().find(|c| c.get(1).is_some_and(|k| k.as_str().eq_ignore_ascii_case(key))).and_then(|c| Some(c.get(2)?.as_str()));
    let number = |key: &str| field(key)?.parse::<u32>().ok().filter(|n| *n <= MAX_PAGES);
    let (pages, next) = (number("size").or_else(|| number("total"))?, number("current")? + 1);
    (next < pages).then(|| page.trs_page(field("prefix")?, next, field("suffix").unwrap_or("html"))).flatten()
}

/// `var countPage = 25; var currentPage = 0; … document.write("<a href=\"index" + "_" + nextPage + "." + "html\">下一页</a>")`.
fn by_trs_script(page: &ListPage<'_>) -> Option<WebUrl> {
    static COUNT: Fixed = Fixed::new(r"\bcountPage\s*=\s*(?P<n>\d{1,5})");
    static CURRENT: Fixed = Fixed::new(r"\bcurrentPage\s*=\s*(?P<n>\d{1,5})");
    static NAME: Fixed = Fixed::new(r"([\w-]{1,60})_nextPage\.([a-z]{3,6})");
    let value = |of: &Fixed| number(&of.captures(page.text)?, "n");
    let (pages, next) = (value(&COUNT)?, value(&CURRENT)? + 1);
    let made = page.text.match_indices("nextPage").take(20).find_map(|(at, _)| {
        let around = page.text.get(page.text.floor_char_boundary(at.saturating_sub(80))..page.text.floor_char_boundary(at + 60))?;
        let joined: String = around.chars().filter(|c| !c.is_whitespace() && !"\"'+\\".contains(*c)).collect();
        let c = NAME.captures(&joined)?;
        page.trs_page(c.get(1)?.as_str(), next, c.get(2)?.as_str())
    });
    made.filter(|_| next < pages)
}

/// `<nextgroup><![CDATA[<a href="/…/dataproxy.jsp?page=1&…"></a>]]></nextgroup>`: the address of the next records.
fn by_jpage_group(page: &ListPage<'_>) -> Option<WebUrl> {
    static GROUP: Fixed = Fixed::new(r#"<nextgroup>\s*<!\[CDATA\[\s*<a\s[^<>]{0,80}?href\s*=\s*["']?([^"'<>\s]{1,2000})"#);
    let mut address = String::new();
    push_decoded(&mut address, GROUP.captures(page.text)?.get(1)?.as_str(), true);
    page.base.join(&address).ok()
}

/// `/col/col123/index.html?uid=456&pageNum=2`: the unit that shows the rows, and the page number.
fn by_jpage_number(page: &ListPage<'_>) -> Option<WebUrl> {
    static PAGES: Fixed = Fixed::new(r#"(?i)(?:<totalpage>\s*|\btotalPages?["']?\s*[:=]\s*["']?)(?P<n>\d{1,5})\b"#);
    static UNIT: Fixed =
        Fixed::new(r#"\(\s*["']#(?P<a>\d{1,12})["']\s*\)\s*\.jpage\b|unitid["']?\s*[:=]\s*["']?(?P<b>\d{1,12})|uid=(?P<c>\d{1,12})"#);
    if !page.text.contains("jpage") && !page.text.contains("<datastore") {
        return None;
    }
    let own = |name: &str| page.url.as_url().query_pairs().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.into_owned());
    let pages = number(&PAGES.captures(page.text)?, "n")?;
    let found = || {
        let c = UNIT.captures(page.text)?;
        Some(c.name("a").or_else(|| c.name("b")).or_else(|| c.name("c"))?.as_str().to_owned())
    };
    let unit = own("uid").or_else(found)?;
    let next = own("pageNum").and_then(|n| n.parse::<u32>().ok()).unwrap_or(1).checked_add(1)?;
    (next <= pages).then(|| page.url.join(&format!("?uid={unit}&pageNum={next}")).ok()).flatten()
}

/// Takes the number after the current one in a pager of numbers. The current number is no link, or links to this page.
fn by_numbers(page: &ListPage<'_>) -> Option<WebUrl> {
    let digits = |e: NodeRef<'_>| link_text(e).trim_matches(|c: char| c.is_whitespace() || "[]【】".contains(c)).parse::<u32>().ok();
    let numbered = page.elements(Tag::A).filter_map(|e| Some((digits(e).filter(|n| (1..=MAX_PAGES).contains(n))?, e)));
    let mut links: Vec<(u32, Option<WebUrl>)> = numbered.filter(|(_, e)| in_pager(*e)).take(100).map(|(n, e)| (n, page.target(e))).collect();
    links.sort_by_key(|(n, _)| *n);
    links.dedup_by_key(|(n, _)| *n);
    let to = |number: u32| links.iter().find(|(n, _)| *n == number).and_then(|(_, url)| url.clone()).filter(|u| u != page.url);
    let itself = links.iter().find(|(_, url)| url.as_ref().is_none_or(|u| u == page.url)).map(|(n, _)| *n);
    let gap = || links.windows(2).find_map(|w| matches!(w, [(a, _), (b, _)] if a + 2 == *b).then(|| w.first().map(|(a, _)| a + 1)).flatten());
    let first = || links.first().filter(|(n, _)| *n == 2).map(|_| 1);
    to(itself.or_else(gap).or_else(first)? + 1)
}

/// Takes the option after the current page in `<select onchange="location.href=this.value">`.
fn by_select(page: &ListPage<'_>) -> Option<WebUrl> {
    // a bare number is no address
    let is_address = |v: &str| v.contains(['/', '.', '?']);
    let option = |e: NodeRef<'_>| {
        let n = number(&LISTS.pager.option.captures(&link_text(e))?, "n")?;
        Some((n, page.base.join(e.attr(Attr::Value).filter(|v| is_address(v))?).ok()?))
    };
    let next = |select: NodeRef<'_>| {
        let options = || select.descendants().take(MAX_ELEMENTS).filter(|n| n.is(Tag::Option));
        let own = options().find_map(|e| option(e).filter(|(_, url)| url == page.url)).map(|(n, _)| n);
        let chosen = || options().find(|e| e.attrs().any(|(a, _)| a == Attr::Selected)).and_then(option).map(|(n, _)| n);
        let at = own.or_else(chosen).unwrap_or(1);
        options().filter_map(option).find(|(n, _)| *n == at + 1).map(|(_, url)| url)
    };
    page.elements(Tag::Select).filter(|e| e.attrs().any(|(a, _)| a == Attr::Onchange)).take(10).find_map(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages at `http://a.gov.cn/xw/`, labelled with the form that reads each.
    const PAGES: &[(&str, &str, Option<&str>)] = &[
        ("rel=next", "<head><link rel=next href='?page=2'></head>", Some("/xw/?page=2")),
        ("rel=next", "<a rel='nofollow next' href='p2.html'>更早</a>", Some("/xw/p2.html")),
        ("a link that says next", "<a href='index_2.html'>下一页&gt;</a>", Some("/xw/index_2.html")),
        ("a link that says next", "<a href='/xw/2.htm'>[下页]</a>", Some("/xw/2.htm")),
        ("a link that says next", "<a href='/xw/2.htm'>Older Posts →</a>", Some("/xw/2.htm")),
        ("a link that says next", "<a href='2.html'><img src=n.gif alt='下一页'></a>", Some("/xw/2.html")),
        ("a link that says next", "<a href='2.html' title='下一页'></a>", Some("/xw/2.html")),
        ("a link that says next", "<a href='2.html' aria-label='Next page'><i class=icon></i></a>", Some("/xw/2.html")),
        ("a link that says next", "<a href='#' onclick=\"location.href='index_2.html'\">下一页</a>", Some("/xw/index_2.html")),
        ("a link that says next", "<a href=\"javascript:goPage('/xw/index_2.html')\">下一页</a>", Some("/xw/index_2.html")),
        ("a link that says next", "<span onclick=\"window.location='2.html'\">下一页</span>", Some("/xw/2.html")),
        (
            "a link that says next",
            "<script>function go(n){ location.href = 'list_' + n + '.html'; }</script><a href='javascript:go(2)'>下一页</a>",
            Some("/xw/list_2.html"),
        ),
        (
            "a link that says next",
            "<script>function toPage(p, x) { var u = \"?page=\" + p; location = u; }</script><a href='#' onclick=\"toPage('3', 1)\">下页</a>",
            Some("/xw/?page=3"),
        ),
        ("a link that says next", "<a href='http://b.cn/2.html'>下一页</a>", None),
        ("a link that says next", "<a href='t1.html'>下一页的故事</a>", None),
        ("a link that says next", "<a href='javascript:void(0)'>下一页</a>", None),
        ("an arrow in a pager", "<div class=pagination><a href='3.html'>»</a><a href='2.html'>›</a></div>", Some("/xw/2.html")),
        ("an arrow in a pager", "<div class=pages><a href='2.html'>&gt;</a></div>", Some("/xw/2.html")),
        ("an arrow in a pager", "<div class=crumbs><a href='/more/'>»</a></div>", None),
        ("createPageHTML", "<script>createPageHTML(25, 0, \"index\", \"shtml\");</script>", Some("/xw/index_1.shtml")),
        ("createPageHTML", "<script>createPageHTML(10, 0, \"index\", \"html\", 200)</script>", Some("/xw/index_1.html")),
        ("createPageHTML", "<script>createPageHTML('10','3','list','htm','a','b')</script>", Some("/xw/list_4.htm")),
        ("createPageHTML", "<script>createPageHTML(25, 24, 'index', 'html')</script>", None),
        ("createPageHTML", "<script>createPageHTML('page_div',10, 1,'index','shtml',200);</script>", Some("/xw/index_2.shtml")),
        ("createPageHTML", "<script>createPageHTML(\"p\",10, 10,\"index\",\"shtml\",200);</script>", None),
        ("createPageHTML", "<script>function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}</script>", None),
        ("Pager({…})", "<script>Pager({size:25, current:0, prefix:'index',suffix:'html'});</script>", Some("/xw/index_1.html")),
        ("Pager({…})", "<script>Pager({size:25, current:24, prefix:'index',suffix:'html'});</script>", None),
        (
            "nextPage in a script",
            r#"<script>var currentPage = 2; var countPage = 9; document.write("<a href=\"index"+"_" + nextPage + "."+"html\">下页</a>")</script>"#,
            Some("/xw/index_3.html"),
        ),
        (
            "nextgroup",
            "<datastore><nextgroup><![CDATA[<a href=\"/module/dataproxy.jsp?page=1&amp;columnid=3\"></a>]]></nextgroup></datastore>",
            Some("/module/dataproxy.jsp?page=1&columnid=3"),
        ),
        ("pageNum", "<script>$('#45').jpage({perPage: 15, totalPage: 4})</script>", Some("/xw/?uid=45&pageNum=2")),
        (
            "pageNum",
            "<script type=text/xml><datastore><totalpage>8</totalpage></datastore></script><script>$('#456').jpage({})</script>",
            Some("/xw/?uid=456&pageNum=2"),
        ),
        ("a link that says next", "<a href='/xw/?uid=456&amp;pageNum=2' title='下页' class=default_pgNext></a>", Some("/xw/?uid=456&pageNum=2")),
        ("numbers in a pager", "<div class=page><b>1</b><a href='2.html'>2</a><a href='3.html'>3</a></div>", Some("/xw/2.html")),
        ("numbers in a pager", "<div id=fenye><a href='./'>1</a><a href='2.html'>[2]</a><a href='3.html'>3</a></div>", Some("/xw/2.html")),
        ("numbers in a pager", "<div class=page><a href='1.html'>1</a><b>2</b><a href='3.html'>3</a></div>", Some("/xw/3.html")),
        ("numbers in a pager", "<div class=page><a href='1.html'>1</a><a href='2.html'>2</a><b>3</b></div>", None),
        (
            "a select of pages",
            "<select onchange='location.href=this.value'><option value='index.html' selected>第1页<option value='index_2.html'>第2页</select>",
            Some("/xw/index_2.html"),
        ),
        (
            "a select of pages",
            "<select onchange=go(this)><option value='/xw/?p=1'>1</option><option value='/xw/?p=2' selected>2</option><option value='/xw/?p=3'>3</option></select>",
            Some("/xw/?p=3"),
        ),
        ("a select of pages", "<select onchange=go(this)><option value='./'>1/2页<option value='?p=2'>2/2页</select>", Some("/xw/?p=2")),
        ("a select of pages", "<select onchange=go(this)><option value='?p=1'>1<option value='./'>2</select>", None),
        ("a select of pages", "<select onchange=go(this)><option value='/2025/'>2025年<option value='/2026/'>2026年</select>", None),
        ("a select of pages", "<select onchange=go(this)><option value=1>1<option value=2>2</select>", None),
        ("a select of pages", "<select name=p><option value='?p=1'>1<option value='?p=2'>2</select>", None),
        ("numbers in a pager", "<table class=calendar><td>1</td><td><a href='?d=2'>2</a></td></table>", None),
    ];

    #[test]
    fn every_form_of_pager_is_read() {
        let url = WebUrl::parse("http://a.gov.cn/xw/").unwrap();
        for (form, page, expected) in PAGES {
            let found = next_list_page(&Tree::parse(page), page, &url).map(|u| u.as_str().replace("http://a.gov.cn", ""));
            assert_eq!(found.as_deref(), *expected, "{form}: {page}");
        }
        for (form, _) in FORMS {
            assert!(PAGES.iter().any(|(name, ..)| form.starts_with(name)), "{form} has no test");
        }
    }

    #[test]
    fn a_jpage_list_goes_on_to_its_last_page() {
        let page = "<datastore><totalpage>3</totalpage></datastore>";
        let next = |address: &str| next_list_page(&Tree::parse(page), page, &WebUrl::parse(address).unwrap()).map(|u| u.to_string());
        let at = "http://a.gov.cn/col/col123/index.html?uid=456&pageNum=";
        assert_eq!(next(&format!("{at}2")), Some(format!("{at}3")));
        assert_eq!(next(&format!("{at}3")), None);
    }
}
