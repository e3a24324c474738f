//! Signs that distinguish a page's own list from menus and boxes.

use std::collections::HashMap;

use crate::html::{Attr, NodeId, NodeRef, Tag, Tree};
use crate::knowledge::{LISTS, Words};
use crate::model::{Entry, WebUrl};
use crate::text::normalize::collapse_whitespace;

/// How far above its text to search for a pager.
const PAGER_LEVELS: usize = 6;

/// The page under examination.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) url: &'a WebUrl,
    pub(super) title: &'a str,
    pub(super) pagers: &'a Pagers,
    /// The layout of its list at the previous poll.
    pub(super) previous_selector: Option<&'a str>,
}

/// Signs for and against the page's own list.
#[derive(Debug, Default, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // independent signs, none implies another
pub(super) struct Signs {
    /// The element's name is that of a side box.
    pub(super) unlikely: bool,
    /// The element or heading belongs to a menu, ranking or footer.
    pub(super) never: bool,
    /// The page's title begins with the heading above the list.
    pub(super) titled: bool,
    /// A heading is above the list.
    pub(super) headed: bool,
    /// The list had this layout at the previous poll.
    pub(super) known: bool,
    /// A pager follows in an enclosing element.
    pub(super) pager: bool,
    /// A link 更多 is above the list.
    pub(super) more: bool,
    /// The rows come from values in a script.
    pub(super) script: bool,
    /// Share of addresses in the page's own folder or column; `None` if the page has none.
    pub(super) own: Option<f64>,
}

impl Signs {
    /// Returns the signs around a row's list.
    pub(super) fn beside(row: NodeRef<'_>, page: &Page<'_>) -> Self {
        let above = above(row);
        Self {
            headed: !above.is_empty(),
            unlikely: is_inside(row, &LISTS.boxes.unlikely, &[Tag::Aside]),
            never: is_inside(row, &LISTS.boxes.never, &[Tag::Nav, Tag::Footer])
                || LISTS.boxes.headings.iter().any(|w| above.contains(w) && !page.title.contains(w)),
            more: LISTS.boxes.more.are_in(&above),
            pager: page.pagers.behind(row),
            titled: title_of(&above).is_some_and(|t| page.title.starts_with(t)),
            ..Self::default()
        }
    }
}

/// Returns classes and id of an element, split into parts without numbers.
fn names(e: NodeRef<'_>) -> impl Iterator<Item = String> {
    let named = [e.attr(Attr::Class), e.attr(Attr::Id)].into_iter().flatten();
    named.flat_map(|n| n.split([' ', '-', '_']).map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase()).collect::<Vec<_>>())
}

/// Returns whether a row is inside elements with these names or tags.
fn is_inside(row: NodeRef<'_>, called: &Words, tags: &[Tag]) -> bool {
    row.ancestors().take(6).any(|e| e.tag().is_some_and(|t| tags.contains(&t)) || names(e).any(|w| called.contains(&w)))
}

/// Returns the row and its ancestors, up to three levels above.
fn levels(row: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    std::iter::once(row).chain(row.ancestors()).take(4).take_while(|e| !matches!(e.tag(), Some(Tag::Body | Tag::Html)))
}

/// Returns the previous sibling element.
fn element_before(e: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let holder = e.parent()?;
    let blank = |n: &NodeRef<'_>| n.text().is_some_and(|t| t.trim().is_empty());
    let before = e.previous().and_then(|n| if blank(&n) { n.previous() } else { Some(n) }).filter(|n| *n != holder)?;
    std::iter::once(before).chain(before.ancestors()).find(|n| n.parent() == Some(holder))
}

/// Returns the nearest short text above a list, which is its heading.
fn above(row: NodeRef<'_>) -> String {
    for level in levels(row).skip(1) {
        let text = element_before(level)
            .filter(|e| is_heading(*e))
            .map(|e| collapse_whitespace(&e.texts().take(10).collect::<String>()))
            .unwrap_or_default();
        if (2..=30).contains(&text.chars().count()) {
            return text;
        }
    }
    String::new()
}

/// Returns a heading without its link 更多.
fn title_of(heading: &str) -> Option<&str> {
    let title = heading.split(['>', '更', '+']).next().unwrap_or_default().trim();
    Some(title).filter(|t| t.chars().count() >= 2)
}

/// Returns whether an element may head a list: a heading, or text of its own with at most two links. Menus consist of links only.
fn is_heading(e: NodeRef<'_>) -> bool {
    let heading = |n: NodeRef<'_>| n.tag().is_some_and(|t| t.is_heading() && t != Tag::H1);
    let in_link = |n: &NodeRef<'_>| n.ancestors().take(4).take_while(|a| *a != e).any(|a| a.is(Tag::A));
    let links = e.descendants().take(100).filter(|d| d.is(Tag::A)).count();
    let own = || e.descendants().take(100).filter(|d| d.text().is_some_and(|t| !t.trim().is_empty())).any(|t| !in_link(&t));
    heading(e) || e.descendants().take(20).any(heading) || (links <= 2 && !e.is(Tag::A) && !e.is(Tag::H1) && own())
}

/// The pagers of a page: enclosing element → its last pager.
#[derive(Debug, Default)]
pub(super) struct Pagers(HashMap<NodeId, NodeId>);

impl Pagers {
    /// Finds the texts that only pagers have.
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let mut last = HashMap::new();
        for node in tree.root().descendants() {
            if node.text().is_some_and(|t| LISTS.pager.signs.are_in(t)) {
                last.extend(node.ancestors().take(PAGER_LEVELS).map(|e| (e.id(), node.id())));
            }
        }
        Self(last)
    }

    /// Returns whether a pager follows a row's list inside an enclosing element.
    fn behind(&self, row: NodeRef<'_>) -> bool {
        let behind = |level: NodeRef<'_>| {
            let holder = level.parent().filter(|p| !p.is(Tag::Html))?;
            self.0.get(&holder.id()).filter(|last| last.index() >= level.range().end)
        };
        levels(row).take(3).any(|level| behind(level).is_some())
    }
}

/// Returns the share of rows whose address contains the page's column: its folder, or its number (`col123`).
pub(super) fn own_share(rows: &[Entry], page: &WebUrl) -> Option<f64> {
    let column = column_of(page)?;
    let own = |url: &WebUrl| {
        let path = url.as_url().path();
        let folder = path.rsplit_once('/').map_or("", |(f, _)| f);
        url.host() == page.host() && (folder.split('/').any(|s| s == column) || path.split(|c: char| !c.is_ascii_alphanumeric()).any(|s| s == column))
    };
    Some(rows.iter().filter(|r| own(&r.url)).count() as f64 / rows.len().max(1) as f64)
}

/// Returns the column in a list's address: `gzdt` of `/zwgk/gzdt/index.html`, `123` of `/col/col123/index.html`.
fn column_of(page: &WebUrl) -> Option<&str> {
    let (folders, file) = page.as_url().path().rsplit_once('/')?;
    let stem = file.split('.').next().unwrap_or_default();
    let named = |s: &&str| s.len() > 1 && !LISTS.page.generic.contains(s);
    let part = std::iter::once(stem).chain(folders.rsplit('/')).find(named)?;
    Some(part.strip_prefix("col").filter(|n| n.chars().all(|c| c.is_ascii_digit())).unwrap_or(part))
}
