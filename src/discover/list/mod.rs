//! List pages: by the source's selectors, or by finding the repeated block of dated links.
//!
//! What a list of news has and a navigation bar has not: links with long titles, a date beside each, addresses of one
//! pattern. Links are grouped by the element that holds their rows; groups of one layout count together.

pub(in crate::discover) mod row;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use scraper::{ElementRef, Selector};

use crate::discover::{DiscoverError, Discovered, pager};
use crate::extract::base_url;
use crate::html::{Attr, NodeId, NodeRef, Selectable, Tag, Tree, node_of};
use crate::model::{Entry, ListSelectors, WebUrl};
use crate::text::dates::{self, Clock};
use row::{link_title, row_date, text_of};

/// How far a row may reach up from its link.
const MAX_ROW_LEVELS: usize = 6;
/// A short text that leads to one address from so many rows names a column, or says 更多.
const REPEATED: usize = 3;
const SHORT: usize = 12;

/// Reads a list page.
pub fn read(
    text: &str,
    url: &WebUrl,
    selectors: &ListSelectors,
    previous_selector: Option<&str>,
    clock: &Clock,
) -> Result<Discovered, DiscoverError> {
    let records = datastore(text);
    let page = Tree::parse(records.as_deref().unwrap_or(text));
    let base = base_url(&page, url);
    let (mut entries, mut layout) = match &selectors.item {
        Some(item) => (by_selectors(&page, &base, item, selectors, clock), Some(item.clone())),
        None => by_layout(&page, &base, previous_selector, clock),
    };
    if entries.is_empty()
        && let Some(written) = row::written(text)
    {
        (entries, layout) = by_layout(&Tree::parse(&written), &base, previous_selector, clock);
    }
    if entries.is_empty() {
        return Err(DiscoverError::NoEntries);
    }
    // the pager stands in the page itself, not among a script's records
    let next = match records {
        Some(_) => pager::next_list_page(&Tree::parse(text), text, url),
        None => pager::next_list_page(&page, text, url),
    };
    Ok(Discovered { entries, selector_path: layout, next, ..Discovered::default() })
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

fn by_selectors(tree: &Tree<'_>, base: &WebUrl, item: &str, selectors: &ListSelectors, clock: &Clock) -> Vec<Entry> {
    let parse = |s: &str| Selector::parse(s).ok();
    let Some(items) = parse(item) else { return Vec::new() };
    let page = Selectable::new(tree);
    let node = |e: ElementRef<'_>| node_of(e).and_then(|id| tree.get(id));
    let link = selectors.link.as_deref().and_then(parse);
    let title = selectors.title.as_deref().and_then(parse);
    let date = selectors.date.as_deref().and_then(parse);
    let first = |row: ElementRef<'_>, selector: &Option<Selector>| selector.as_ref().and_then(|s| node(row.select(s).next()?));
    let mut out = Vec::new();
    for item in page.html().select(&items) {
        let Some(row) = node(item) else { continue };
        let any_link = || row.descendants().find(|e| e.is(Tag::A) && e.attr(Attr::Href).is_some());
        let chosen = if link.is_some() { first(item, &link) } else { any_link() };
        let Some(a) = chosen.or(row.is(Tag::A).then_some(row)) else { continue };
        let Some(url) = a.attr(Attr::Href).and_then(|h| base.join(h).ok()) else { continue };
        let shown = first(item, &title).unwrap_or(a);
        let title = link_title(shown).or_else(|| link_title(a)).unwrap_or_default();
        let when = match &date {
            Some(_) => first(item, &date).and_then(|e| dates::parse(&text_of(e), clock)),
            None => row_date(row, &title, clock),
        };
        out.push(Entry { id: None, url, title, published_at: when.map(|d| d.at), summary: None, content_html: None });
    }
    out
}

/// A link that may be an entry.
struct CandidateLink<'a> {
    a: NodeRef<'a>,
    url: WebUrl,
    title: String,
}

/// Rows below one element.
#[derive(Default)]
struct Group {
    rows: Vec<Entry>,
    /// The index in `rows` of each address.
    places: HashMap<WebUrl, usize>,
    layout: String,
    unlikely: bool,
    /// The list had this layout before.
    known: bool,
}

impl Group {
    fn add(&mut self, entry: Entry) {
        match self.places.get(&entry.url).and_then(|at| self.rows.get_mut(*at)) {
            // picture and headline link to the same article: the longer text is the title
            Some(known) if known.title.chars().count() < entry.title.chars().count() => known.title = entry.title,
            Some(_) => {}
            None => {
                self.places.insert(entry.url.clone(), self.rows.len());
                self.rows.push(entry);
            }
        }
    }

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

fn by_layout(tree: &Tree<'_>, base: &WebUrl, previous_selector: Option<&str>, clock: &Clock) -> (Vec<Entry>, Option<String>) {
    let links = links(tree, base);
    let rows = rows(&links);
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (link, row) in links.iter().zip(rows) {
        let Some(row) = row.and_then(|id| tree.get(id)) else { continue };
        let layout = layout_of(row);
        let group = groups.entry(layout.clone()).or_default();
        group.known = previous_selector.is_some_and(|l| l.split(", ").any(|l| l == layout));
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
        group.add(entry);
    }
    let likely = groups.into_values().filter(|g| g.rows.len() >= 3 || g.dated() >= 0.5);
    let mut groups: Vec<(f64, Group)> = likely.map(|g| (g.score(), g)).collect();
    groups.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let Some(best) = groups.first().map(|(score, _)| *score) else { return (Vec::new(), None) };
    let dated = groups.iter().any(|(_, g)| g.dated() >= 0.5 && !g.unlikely);
    groups.retain(|(score, g)| *score >= best * 0.4 && (!dated || g.dated() >= 0.5));
    // beside one list, a shorter one that is older than all of it is a box of old news; a page of several lists is the home of a column
    if let [(_, list), (_, beside)] = groups.as_slice()
        && beside.rows.len() < list.rows.len()
    {
        let dates = |g: &Group| g.rows.iter().filter_map(|r| r.published_at).collect::<Vec<_>>();
        if dates(beside).into_iter().max().is_some_and(|newest| dates(list).into_iter().min() > Some(newest)) {
            groups.truncate(1);
        }
    }
    let layout = groups.iter().map(|(_, g)| g.layout.as_str()).collect::<Vec<_>>().join(", ");
    (groups.into_iter().flat_map(|(_, g)| g.rows).collect(), Some(layout))
}

fn links<'a>(tree: &'a Tree<'_>, base: &WebUrl) -> Vec<CandidateLink<'a>> {
    let mut links: Vec<CandidateLink<'a>> = tree
        .elements(Tag::A)
        .take(20_000)
        .filter_map(|a| {
            let url = base.join(row::address(a)?).ok()?;
            let is_home = url.as_url().path() == "/" && url.as_url().query().is_none() && !url.is_routed();
            let is_self = url == *base || is_home;
            let title = link_title(a)?;
            (!is_self && row::is_title(&title)).then_some(CandidateLink { a, url, title })
        })
        .collect();
    let mut seen: HashMap<WebUrl, usize> = HashMap::new();
    for l in links.iter().filter(|l| l.title.chars().count() <= SHORT) {
        *seen.entry(l.url.clone()).or_default() += 1;
    }
    links.retain(|l| l.title.chars().count() > SHORT || seen.get(&l.url).is_none_or(|n| *n < REPEATED));
    links
}

/// For each link the highest element that holds no other address: its row.
fn rows(links: &[CandidateLink<'_>]) -> Vec<Option<NodeId>> {
    // for every element the one address below it, or none where there are several
    let mut only: HashMap<NodeId, Option<&WebUrl>> = HashMap::new();
    for l in links {
        for node in std::iter::once(l.a).chain(l.a.ancestors()).take(256) {
            only.entry(node.id()).and_modify(|seen| *seen = seen.filter(|u| **u == l.url)).or_insert(Some(&l.url));
        }
    }
    links
        .iter()
        .map(|l| {
            std::iter::once(l.a)
                .chain(l.a.ancestors())
                .take(MAX_ROW_LEVELS)
                .take_while(|n| {
                    only.get(&n.id()).copied().flatten() == Some(&l.url)
                        && !matches!(n.tag(), Some(Tag::Body | Tag::Html | Tag::Ul | Tag::Ol | Tag::Tbody | Tag::Table))
                })
                .last()
                .map(NodeRef::id)
        })
        .collect()
}

/// `div.box > ul.newslist > li`: the row and two levels above, without numbers.
fn layout_of(row: NodeRef<'_>) -> String {
    let mut parts: Vec<String> = std::iter::once(row)
        .chain(row.ancestors())
        .take(3)
        .map(|e| {
            let mut part = e.name().to_ascii_lowercase();
            // rows alternate in classes (odd, even, first, line): only their holders' classes tell lists apart
            if e != row {
                let classes = e.attr(Attr::Class).unwrap_or_default().split_ascii_whitespace();
                for class in classes.filter(|c| !c.chars().any(|c| c.is_ascii_digit())).take(2) {
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

fn in_unlikely(row: NodeRef<'_>) -> bool {
    const SIGNS: [&str; 15] =
        ["nav", "menu", "foot", "hot", "rank", "side", "crumb", "friend", "link", "page", "tags", "paihang", "tuijian", "recommend", "copyright"];
    row.ancestors().take(6).any(|e| {
        matches!(e.tag(), Some(Tag::Nav | Tag::Footer | Tag::Aside))
            || [e.attr(Attr::Class), e.attr(Attr::Id)]
                .into_iter()
                .flatten()
                .any(|n| n.to_ascii_lowercase().split([' ', '-', '_']).any(|w| SIGNS.contains(&w.trim_end_matches(|c: char| c.is_ascii_digit()))))
    })
}
