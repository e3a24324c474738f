//! List pages: by the source's selectors, or by finding the repeated block of dated links.
//!
//! What a list of news has and a navigation bar has not: links with long titles, a date beside each, addresses of one
//! pattern. Links are grouped by the element that holds their rows; groups of one layout count together.

use std::collections::{BTreeMap, HashMap};

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};

use super::{DiscoverError, Discovered, seek};
use crate::extract::dom;
use crate::model::{Entry, ListSelectors, WebUrl};
use crate::text::chars::{cut, line};
use crate::text::dates::{self, Clock};

/// Shorter link texts are navigation.
const MIN_TITLE: usize = 5;
/// How far a row may reach up from its link.
const MAX_ROW_LEVELS: usize = 6;
/// Text of a row beside its title in which a date is looked for.
const MAX_ROW_TEXT: usize = 300;

/// Reads a list page.
pub fn read(text: &str, url: &WebUrl, selectors: &ListSelectors, learned: Option<&str>, clock: &Clock) -> Result<Discovered, DiscoverError> {
    let records = datastore(text);
    let page = dom::parse(records.as_deref().unwrap_or(text));
    let base = base_of(&page.html, url);
    let (entries, layout) = match &selectors.item {
        Some(item) => (by_selectors(&page.html, &base, item, selectors, clock), Some(item.clone())),
        None => by_layout(&page.html, &base, learned, clock),
    };
    if entries.is_empty() {
        return Err(DiscoverError::NoEntries);
    }
    // the pager stands in the page itself, not among a script's records
    let next = match records {
        Some(_) => seek::next_list_page(&dom::parse(text).html, text, url),
        None => seek::next_list_page(&page.html, text, url),
    };
    Ok(Discovered { entries, layout, next, ..Discovered::default() })
}

/// 大汉 jpage keeps its rows as `<record><![CDATA[…]]></record>` in a script, for the browser to show: made a list again.
fn datastore(text: &str) -> Option<String> {
    let start = text.find("<datastore")?;
    let store = text.get(start..).map(|t| t.split("</datastore>").next().unwrap_or(t))?;
    let rows: Vec<&str> = store.split("<![CDATA[").skip(1).filter_map(|r| r.split("]]>").next()).filter(|r| r.contains("href")).collect();
    let in_table = rows.first().is_some_and(|r| r.trim_start().to_ascii_lowercase().starts_with("<tr"));
    let (open, close) = if in_table { ("<table><tbody>", "</tbody></table>") } else { ("<ul class=datastore>", "</ul>") };
    (!rows.is_empty()).then(|| format!("<html><body>{open}{}{close}</body></html>", rows.join("\n")))
}

/// `<base href>` counts only within the same site.
fn base_of(html: &Html, url: &WebUrl) -> WebUrl {
    let base = Selector::parse("base[href]").ok().and_then(|s| html.select(&s).next()).and_then(|e| e.value().attr("href"));
    base.and_then(|b| url.join(b).ok()).filter(|b| b.host() == url.host()).unwrap_or_else(|| url.clone())
}

fn by_selectors(html: &Html, base: &WebUrl, item: &str, selectors: &ListSelectors, clock: &Clock) -> Vec<Entry> {
    let parse = |s: &str| Selector::parse(s).ok();
    let Some(items) = parse(item) else { return Vec::new() };
    let link = selectors.link.as_deref().and_then(parse);
    let title = selectors.title.as_deref().and_then(parse);
    let date = selectors.date.as_deref().and_then(parse);
    let any_link = parse("a[href]");
    let mut out = Vec::new();
    for row in html.select(&items) {
        let is_link = row.value().name() == "a";
        let Some(a) = link.as_ref().or(any_link.as_ref()).and_then(|s| row.select(s).next()).or(is_link.then_some(row)) else { continue };
        let Some(url) = a.value().attr("href").and_then(|h| base.join(h).ok()) else { continue };
        let shown = title.as_ref().and_then(|s| row.select(s).next()).unwrap_or(a);
        let title = link_title(shown).or_else(|| link_title(a)).unwrap_or_default();
        let when = match &date {
            Some(s) => row.select(s).next().and_then(|e| dates::parse(&text_of(e), clock)),
            None => row_date(row, &title, clock),
        };
        out.push(Entry { id: None, url, title, published_at: when.map(|d| d.at), summary: None, content_html: None });
    }
    out
}

fn text_of(e: ElementRef<'_>) -> String {
    line(&e.text().take(100).collect::<Vec<_>>().join(" "))
}

/// The title of a link: its text, or its `title` where the text is cut.
fn link_title(a: ElementRef<'_>) -> Option<String> {
    let text = line(&a.text().take(40).collect::<String>());
    let said = a.value().attr("title").map(line).unwrap_or_default();
    let stem = text.trim_end_matches(['.', '…']);
    let cut_off = text.ends_with('…') || text.ends_with("...") || (said.starts_with(stem) && said.chars().count() > text.chars().count());
    let chosen = if text.is_empty() || (cut_off && said.chars().count() > stem.chars().count()) { said } else { text };
    let chosen = chosen.trim_start_matches(['·', '•', '■', '▪', '►', '◆', '-', ' ']).to_owned();
    (!chosen.is_empty()).then(|| cut(&chosen, 200))
}

fn row_date(row: ElementRef<'_>, title: &str, clock: &Clock) -> Option<dates::Found> {
    // each piece of text by itself: "[2024-01-28]" beside a title that holds figures
    let pieces: Vec<String> =
        row.text().take(60).map(line).filter(|t| !t.is_empty() && t != title && !title.starts_with(t.trim_end_matches('…'))).collect();
    let whole = pieces.join(" ");
    if whole.chars().count() > MAX_ROW_TEXT {
        return pieces.iter().filter(|p| p.chars().count() <= 30).find_map(|p| date_piece(p, clock));
    }
    pieces.iter().find_map(|p| date_piece(p, clock)).or_else(|| dates::find_all(&whole, clock).into_iter().next()).or_else(|| {
        // day and month in elements of their own: <i>28</i><em>2024-01</em>
        let day = pieces.iter().find(|p| p.len() <= 2 && p.chars().all(|c| c.is_ascii_digit()))?;
        pieces.iter().filter(|p| p.len() <= 8).find_map(|p| date_piece(&format!("{p}-{day}"), clock))
    })
}

/// A piece of text that is a date and little else.
fn date_piece(piece: &str, clock: &Clock) -> Option<dates::Found> {
    let letters = piece.chars().filter(|c| c.is_alphabetic() && !"年月日时分秒前天昨今刚小周星期上下午发布间日期".contains(*c)).count();
    if letters > 6 || piece.chars().count() > 40 || !piece.chars().any(|c| c.is_ascii_digit() || "昨今刚前".contains(c)) {
        return None;
    }
    let trimmed = piece.trim_matches(|c: char| !c.is_alphanumeric());
    dates::find_all(piece, clock).into_iter().next().or_else(|| dates::parse(trimmed, clock))
}

/// A link that may be an entry.
struct Link<'a> {
    a: ElementRef<'a>,
    url: WebUrl,
    title: String,
}

/// Rows below one element.
#[derive(Default)]
struct Group {
    rows: Vec<Entry>,
    layout: String,
    unlikely: bool,
    /// The list had this layout before.
    known: bool,
}

impl Group {
    fn dated(&self) -> f64 {
        self.rows.iter().filter(|r| r.published_at.is_some()).count() as f64 / self.rows.len().max(1) as f64
    }

    fn mean_title(&self) -> f64 {
        self.rows.iter().map(|r| r.title.chars().count()).sum::<usize>() as f64 / self.rows.len().max(1) as f64
    }

    /// Share of addresses of the commonest shape (digits folded): articles of one list are made by one machine.
    fn uniform(&self) -> f64 {
        let mut shapes: HashMap<String, usize> = HashMap::new();
        for r in &self.rows {
            *shapes.entry(shape(&r.url)).or_default() += 1;
        }
        shapes.values().max().copied().unwrap_or(0) as f64 / self.rows.len().max(1) as f64
    }

    fn score(&self) -> f64 {
        let n = (self.rows.len() as f64).min(40.0);
        let title = (self.mean_title() / 14.0).min(1.5);
        let doubt = if self.unlikely { 0.2 } else { 1.0 } * if self.known { 1.5 } else { 1.0 };
        n.sqrt() * title * (0.4 + 2.0 * self.dated()) * (0.4 + 0.6 * self.uniform()) * doubt
    }
}

fn shape(url: &WebUrl) -> String {
    let path = url.as_url().path();
    let folder = path.rsplit_once('/').map_or("", |(f, _)| f);
    let mut out = format!("{}/", url.host());
    for part in folder.split('/') {
        out.push_str(if part.chars().any(|c| c.is_ascii_digit()) { "#" } else { part });
        out.push('/');
    }
    out
}

fn by_layout(html: &Html, base: &WebUrl, learned: Option<&str>, clock: &Clock) -> (Vec<Entry>, Option<String>) {
    let links = links(html, base);
    let rows = rows(&links);
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (link, row) in links.iter().zip(rows) {
        let Some(row) = row.and_then(|id| html.tree.get(id)).and_then(ElementRef::wrap) else { continue };
        let layout = layout_of(row);
        let group = groups.entry(layout.clone()).or_default();
        group.known = learned.is_some_and(|l| l.split(", ").any(|l| l == layout));
        group.layout = layout;
        group.unlikely |= in_unlikely(row);
        let entry = Entry {
            id: None,
            url: link.url.clone(),
            title: link.title.clone(),
            published_at: row_date(row, &link.title, clock).map(|d| d.at),
            summary: None,
            content_html: None,
        };
        match group.rows.iter_mut().find(|r| r.url == entry.url) {
            // picture and headline link to the same article: the longer text is the title
            Some(known) if known.title.chars().count() < entry.title.chars().count() => known.title = entry.title,
            Some(_) => {}
            None => group.rows.push(entry),
        }
    }
    let mut groups: Vec<Group> = groups.into_values().filter(|g| g.rows.len() >= 3 || g.dated() >= 0.5).collect();
    groups.sort_by(|a, b| b.score().total_cmp(&a.score()));
    let Some(best) = groups.first().map(Group::score) else { return (Vec::new(), None) };
    let dated = groups.iter().any(|g| g.dated() >= 0.5 && !g.unlikely);
    groups.retain(|g| g.score() >= best * 0.4 && (!dated || g.dated() >= 0.5));
    let layout = groups.iter().map(|g| g.layout.clone()).collect::<Vec<_>>().join(", ");
    (groups.into_iter().flat_map(|g| g.rows).collect(), Some(layout))
}

fn links<'a>(html: &'a Html, base: &WebUrl) -> Vec<Link<'a>> {
    let Ok(selector) = Selector::parse("a[href]") else { return Vec::new() };
    html.select(&selector)
        .take(20_000)
        .filter_map(|a| {
            let href = a.value().attr("href")?.trim();
            if href.starts_with('#') || href.is_empty() {
                return None;
            }
            let url = base.join(href).ok()?;
            let is_self = url == *base || url.as_url().path() == "/";
            let title = link_title(a)?;
            (!is_self && title.chars().count() >= MIN_TITLE).then_some(Link { a, url, title })
        })
        .collect()
}

/// For each link the highest element that holds no other address: its row.
fn rows(links: &[Link<'_>]) -> Vec<Option<NodeId>> {
    // for every element the one address below it, or none where there are several
    let mut only: HashMap<NodeId, Option<&WebUrl>> = HashMap::new();
    for l in links {
        for node in std::iter::once(*l.a).chain(l.a.ancestors()).take(256) {
            only.entry(node.id()).and_modify(|seen| *seen = seen.filter(|u| **u == l.url)).or_insert(Some(&l.url));
        }
    }
    links
        .iter()
        .map(|l| {
            std::iter::once(*l.a)
                .chain(l.a.ancestors())
                .take(MAX_ROW_LEVELS)
                .take_while(|n| {
                    only.get(&n.id()).copied().flatten() == Some(&l.url)
                        && n.value().as_element().is_some_and(|e| !matches!(e.name(), "body" | "html" | "ul" | "ol" | "tbody" | "table"))
                })
                .last()
                .map(|n| n.id())
        })
        .collect()
}

/// `div.box > ul.newslist > li`: the row and two levels above, without numbers.
fn layout_of(row: ElementRef<'_>) -> String {
    let mut parts: Vec<String> = std::iter::once(row)
        .chain(row.ancestors().filter_map(ElementRef::wrap))
        .take(3)
        .map(|e| {
            let mut part = e.value().name().to_owned();
            // rows alternate in classes (odd, even, first, line): only their holders' classes tell lists apart
            if e.id() != row.id() {
                for class in e.value().classes().filter(|c| !c.chars().any(|c| c.is_ascii_digit())).take(2) {
                    part.push('.');
                    part.push_str(class);
                }
            }
            part
        })
        .collect();
    parts.reverse();
    parts.join(" > ")
}

fn in_unlikely(row: ElementRef<'_>) -> bool {
    const SIGNS: [&str; 16] = [
        "nav",
        "menu",
        "foot",
        "hot",
        "rank",
        "side",
        "right",
        "crumb",
        "friend",
        "link",
        "page",
        "tags",
        "paihang",
        "tuijian",
        "recommend",
        "copyright",
    ];
    row.ancestors().filter_map(ElementRef::wrap).take(6).any(|e| {
        let v = e.value();
        matches!(v.name(), "nav" | "footer" | "aside")
            || [v.attr("class"), v.attr("id")]
                .into_iter()
                .flatten()
                .any(|n| n.to_ascii_lowercase().split([' ', '-', '_']).any(|w| SIGNS.contains(&w.trim_end_matches(|c: char| c.is_ascii_digit()))))
    })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn run(html: &str, selectors: &ListSelectors) -> Vec<(String, String, String)> {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let url = WebUrl::parse("http://www.a.gov.cn/xw/index.html").unwrap();
        let found = read(html, &url, selectors, None, &clock).map(|d| d.entries).unwrap_or_default();
        found
            .into_iter()
            .map(|e| (e.url.as_url().path().to_owned(), e.title, e.published_at.map(|d| d.date_naive().to_string()).unwrap_or_default()))
            .collect()
    }

    fn layout(list: &str) -> String {
        format!(
            "<div class='nav'><ul><li><a href='/zwgk/'>政务公开栏目</a></li><li><a href='/hd/'>互动交流栏目</a></li><li><a href='/fw/'>办事服务栏目</a></li></ul></div>\
             <div class='main'>{list}</div><div class='hot'><ul><li><a href='/h/1.html'>热点排行里的一条很长的旧闻标题</a></li><li><a href='/h/2.html'>热点排行里的另一条很长的旧闻</a></li>\
             <li><a href='/h/3.html'>热点排行里的第三条很长的旧闻</a></li></ul></div><div class='footer'><a href='/about.html'>关于我们网站</a><a href='/law.html'>法律声明页面</a></div>"
        )
    }

    #[test]
    fn six_layouts_are_found_without_selectors() {
        let titles = ["许昌市召开科技创新大会", "发制品产业集群获评国家级", "我市新增专精特新企业二十家"];
        let rows = |f: &dyn Fn(usize, &str) -> String| titles.iter().enumerate().map(|(i, t)| f(i + 1, t)).collect::<String>();
        let pages = [
            (
                "list with spans",
                format!(
                    "<ul class='newslist'>{}</ul>",
                    rows(&|i, t| format!("<li><a href='./t{i}.html' title='{t}'>{t}</a><span>[2026-11-2{i}]</span></li>"))
                ),
            ),
            (
                "table rows",
                format!("<table>{}</table>", rows(&|i, t| format!("<tr><td>·<a href='t{i}.html'>{t}</a></td><td>2026-11-2{i}</td></tr>"))),
            ),
            (
                "jpage",
                format!(
                    "<script type=text/xml><datastore><nextgroup><![CDATA[<a href=x>下组</a>]]></nextgroup><recordset>{}</recordset></datastore></script>",
                    rows(&|i, t| format!("<record><![CDATA[<li><a href='t{i}.html' title='{t}'>{t}</a><span>2026-11-2{i}</span></li>]]></record>"))
                ),
            ),
            ("definition list", format!("<dl>{}</dl>", rows(&|i, t| format!("<dd><em>2026/11/2{i}</em><a href='t{i}.html'>{t}</a></dd>")))),
            ("month and day", format!("<ul>{}</ul>", rows(&|i, t| format!("<li><a href='t{i}.html'>{t}</a><i>11-2{i}</i></li>")))),
            (
                "cards",
                rows(&|i, t| {
                    format!(
                        "<div class='item'><a href='t{i}.html'><img src=a.png></a><h3><a href='t{i}.html'>{t}</a></h3><p>简介文字，说说这篇文章的大意。</p><span class='time'>2026年11月2{i}日</span></div>"
                    )
                }),
            ),
            (
                "cut titles",
                format!(
                    "<ul>{}</ul>",
                    rows(&|i, t| format!("<li><span>2026-11-2{i} 08:0{i}</span><a href='t{i}.html' title='{t}'>{}…</a></li>", &t[..18]))
                ),
            ),
        ];
        for (name, list) in pages {
            let got = run(&layout(&list), &ListSelectors::default());
            let expected: Vec<_> =
                titles.iter().enumerate().map(|(i, t)| (format!("/xw/t{}.html", i + 1), (*t).to_owned(), format!("2026-11-2{}", i + 1))).collect();
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn selectors_are_followed_to_the_letter() {
        let html = layout("<p class='r'><b>2026-11-20</b><a href='x.html'>更多</a><a class='t' href='y.html'>这一条才是标题</a></p>");
        let selectors = ListSelectors { item: Some("p.r".into()), link: Some("a.t".into()), title: None, date: Some("b".into()) };
        assert_eq!(run(&html, &selectors), [("/xw/y.html".to_owned(), "这一条才是标题".to_owned(), "2026-11-20".to_owned())]);
    }

    #[test]
    fn a_page_without_a_list_yields_nothing() {
        assert!(run("<p>没有链接</p>", &ListSelectors::default()).is_empty());
        assert!(run("<a href='javascript:alert(1)'>很长很长的链接标题文字</a>", &ListSelectors::default()).is_empty());
    }
}
