//! List pages: by the source's selectors, or by finding the repeated block of dated links.
//!
//! A news list differs from a navigation bar: long titles, a date beside each, addresses of one pattern. Rows are grouped
//! by the layout of their element, and the best group is the list.

mod cause;
mod group;
mod headings;
pub(in crate::discover) mod link;
mod row_date;
mod rows;
mod scripts;
mod signs;
#[cfg(test)]
mod tests;

use scraper::{ElementRef, Selector};

use crate::discover::{DiscoverError, Discovered, LimitReached, json, pager};
use crate::extract::base_url;
use crate::html::{Attr, Selectable, Tag, Tree, node_of};
use crate::model::{Entry, ListSelectors, WebUrl};
use crate::text::dates::{self, Clock};
pub use cause::NoEntries;
use group::Group;
pub(in crate::discover) use group::dated;
use link::{link_title, text_of};
use row_date::row_date;
use signs::{Page, Pagers};

/// Parses a list page.
pub fn read(
    text: &str,
    url: &WebUrl,
    selectors: &ListSelectors,
    previous_selector: Option<&str>,
    clock: &Clock,
) -> Result<Discovered, DiscoverError> {
    let shown = scripts::read_scripts(text);
    let page = Tree::parse(&shown.markup);
    let base = base_url(&page, url);
    let clock = &clock.in_language(page.root().attr(Attr::Lang));
    // the pager may be inside a script
    let next = pager::next_list_page(&page, text, url);
    if let Some(item) = &selectors.item {
        let entries = by_selectors(&page, &base, item, selectors, clock);
        if entries.is_empty() {
            return Err(DiscoverError::NoEntries(NoEntries::of(&page, &base)));
        }
        return Ok(Discovered { entries, selector_path: Some(item.clone()), next, ..Discovered::default() });
    }
    let mut rows = rows::rows(&page, &base, clock);
    headings::date_rows(&page, &mut rows, clock);
    let title = page.elements(Tag::Title).next().map(text_of).unwrap_or_default();
    let mut groups = group::groups(rows, &Page { url, title: &title, pagers: &Pagers::of(&page), previous_selector });
    let of_scripts = shown.values.iter().flat_map(|v| json::lists(v, &base, &ListSelectors::default(), clock));
    groups.extend(of_scripts.map(|rows| Group::of_script(rows, url)));
    let (chosen, left_out) = group::choose(groups);
    if chosen.is_empty() {
        return Err(DiscoverError::NoEntries(NoEntries::of(&page, &base)));
    }
    if chosen.iter().all(Group::is_box) && cause::is_marked_empty(&page) {
        return Err(DiscoverError::NoEntries(NoEntries::SaysNone));
    }
    let layout = chosen.iter().map(|g| g.layout.as_str()).collect::<Vec<_>>().join(", ");
    let entries: Vec<Entry> = chosen.into_iter().flat_map(Group::into_rows).collect();
    let limits = Some(left_out).filter(|n| *n > entries.len()).map(LimitReached::LargerList).into_iter().collect();
    Ok(Discovered { entries, selector_path: Some(layout), next, limits, ..Discovered::default() })
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
            Some(_) => first(item, &date).and_then(|e| dates::parse(&text_of(e), clock)).map(|d| d.at),
            None => row_date(row, &title, clock),
        };
        out.push(Entry { id: None, url, title, published_at: when, summary: None, content_html: None });
    }
    out
}
