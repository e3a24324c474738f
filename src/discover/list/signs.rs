//! What tells a page's own list from its menus and boxes.

use std::collections::HashMap;

use crate::html::{Attr, NodeId, NodeRef, Tag, Tree};
use crate::knowledge::{LISTS, Words};
use crate::model::{Entry, WebUrl};
use crate::text::normalize::collapse_whitespace;

/// How far above its text a pager is looked for.
const PAGER_LEVELS: usize = 6;

/// The page whose list is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) url: &'a WebUrl,
    pub(super) title: &'a str,
    pub(super) pagers: &'a Pagers,
    /// The layout that its list had before.
    pub(super) previous_selector: Option<&'a str>,
}

/// What tells a page's own list from others.
#[derive(Debug, Default, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // independent signs, none implies another
pub(super) struct Signs {
    /// Its element is named like a side box.
    pub(super) unlikely: bool,
    /// Its element or heading is one of a menu, ranking or footer.
    pub(super) never: bool,
    /// The page's title begins with the heading above it.
    pub(super) titled: bool,
    /// A heading stands above it.
    pub(super) headed: bool,
    /// The list had this layout before.
    pub(super) known: bool,
    /// The links of a pager stand behind it, in what holds it.
    pub(super) pager: bool,
    /// A link to more of the same stands above it.
    pub(super) more: bool,
    /// It comes out of the values of a script.
    pub(super) script: bool,
    /// Share of the addresses that lie under the page's own folder, or name its column; `None` where the page has none.
    pub(super) own: Option<f64>,
}

impl Signs {
    /// What stands beside a row's list.
    pub(super) fn beside(row: NodeRef<'_>, page: &Page<'_>) -> Self {
        let above = above(row);
        Self {
            headed: !above.is_empty(),
            unlikely: stands_in(row, &LISTS.boxes.unlikely, &[Tag::Aside]),
            never: stands_in(row, &LISTS.boxes.never, &[Tag::Nav, Tag::Footer])
                || LISTS.boxes.headings.iter().any(|w| above.contains(w) && !page.title.contains(w)),
            more: LISTS.boxes.more.are_in(&above),
            pager: page.pagers.behind(row),
            titled: title_of(&above).is_some_and(|t| page.title.starts_with(t)),
            ..Self::default()
        }
    }
}

/// Names of an element: its classes and its id, in parts and without numbers.
fn names(e: NodeRef<'_>) -> impl Iterator<Item = String> {
    let named = [e.attr(Attr::Class), e.attr(Attr::Id)].into_iter().flatten();
    named.flat_map(|n| n.split([' ', '-', '_']).map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase()).collect::<Vec<_>>())
}

/// Whether a row stands in elements of such names or tags.
fn stands_in(row: NodeRef<'_>, called: &Words, tags: &[Tag]) -> bool {
    row.ancestors().take(6).any(|e| e.tag().is_some_and(|t| tags.contains(&t)) || names(e).any(|w| called.contains(&w)))
}

/// The elements beside a row's list, and beside what holds it, up to three levels.
fn levels(row: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    std::iter::once(row).chain(row.ancestors()).take(4).take_while(|e| !matches!(e.tag(), Some(Tag::Body | Tag::Html)))
}

/// The element before another one in what holds both.
fn element_before(e: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let holder = e.parent()?;
    let blank = |n: &NodeRef<'_>| n.text().is_some_and(|t| t.trim().is_empty());
    let before = e.previous().and_then(|n| if blank(&n) { n.previous() } else { Some(n) }).filter(|n| *n != holder)?;
    std::iter::once(before).chain(before.ancestors()).find(|n| n.parent() == Some(holder))
}

/// The nearest short text above a list: its heading.
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

/// A heading without the link to more beside it.
fn title_of(heading: &str) -> Option<&str> {
    let title = heading.split(['>', '更', '+']).next().unwrap_or_default().trim();
    Some(title).filter(|t| t.chars().count() >= 2)
}

/// Whether an element may head a list: it is a heading, or has a text of its own beside at most two links. Menus have links only.
fn is_heading(e: NodeRef<'_>) -> bool {
    let heading = |n: NodeRef<'_>| n.tag().is_some_and(|t| t.is_heading() && t != Tag::H1);
    let in_link = |n: &NodeRef<'_>| n.ancestors().take(4).take_while(|a| *a != e).any(|a| a.is(Tag::A));
    let links = e.descendants().take(100).filter(|d| d.is(Tag::A)).count();
    let own = || e.descendants().take(100).filter(|d| d.text().is_some_and(|t| !t.trim().is_empty())).any(|t| !in_link(&t));
    heading(e) || e.descendants().take(20).any(heading) || (links <= 2 && !e.is(Tag::A) && !e.is(Tag::H1) && own())
}

/// The pagers of a page: what holds one, and where the last one in it is.
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

    /// Whether one stands behind a row's list, in what holds it.
    fn behind(&self, row: NodeRef<'_>) -> bool {
        let behind = |level: NodeRef<'_>| {
            let holder = level.parent().filter(|p| !p.is(Tag::Html))?;
            self.0.get(&holder.id()).filter(|last| last.index() >= level.range().end)
        };
        levels(row).take(3).any(|level| behind(level).is_some())
    }
}

/// Share of rows whose address names the page's column: its folder, or its number (`col123`).
pub(super) fn own_share(rows: &[Entry], page: &WebUrl) -> Option<f64> {
    let column = column_of(page)?;
    let own = |url: &WebUrl| {
        let path = url.as_url().path();
        let folder = path.rsplit_once('/').map_or("", |(f, _)| f);
        url.host() == page.host() && (folder.split('/').any(|s| s == column) || path.split(|c: char| !c.is_ascii_alphanumeric()).any(|s| s == column))
    };
    Some(rows.iter().filter(|r| own(&r.url)).count() as f64 / rows.len().max(1) as f64)
}

/// The part of a list's address that names its column: `gzdt` of `/zwgk/gzdt/index.html`, `123` of `/col/col123/index.html`.
fn column_of(page: &WebUrl) -> Option<&str> {
    let (folders, file) = page.as_url().path().rsplit_once('/')?;
    let stem = file.split('.').next().unwrap_or_default();
    let named = |s: &&str| s.len() > 1 && !LISTS.page.generic.contains(s);
    let part = std::iter::once(stem).chain(folders.rsplit('/')).find(named)?;
    Some(part.strip_prefix("col").filter(|n| n.chars().all(|c| c.is_ascii_digit())).unwrap_or(part))
}
