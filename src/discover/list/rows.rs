//! The rows of a list page: one per entry, regardless of further links inside.
//!
//! A row is the highest element with only one address. If it shows no date, but an ancestor does that repeats among its siblings,
//! that ancestor is the row. One of its links is the entry; the others lead to explanations, files, tags,
//! authors.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::discover::list::link::{self, MIN_TITLE, address, link_title, without_date};
use crate::discover::list::row_date::{date_in_script, date_piece, row_date, shown_texts};
use crate::html::{Attr, NodeId, NodeRef, Tag, Tree};
use crate::knowledge::LISTS;
use crate::model::{Entry, WebUrl};
use crate::text::dates::{self, Clock};
use crate::text::normalize::collapse_whitespace;

/// How far above its link a row may be.
const MAX_ROW_LEVELS: usize = 6;
/// Most titles of one row.
const MAX_TITLES: usize = 6;
/// Most children of an element examined.
const MAX_PARTS: usize = 60;
/// Most nodes of a row examined.
const MAX_STEPS: usize = 300;
/// A short text that links to one address from this many rows is a column name, or 更多.
const REPEATED: usize = 3;
const SHORT: usize = 12;
/// Shortest title of a row that shows a date.
const MIN_DATED_TITLE: usize = 2;
/// A row and its entry.
pub(super) struct Row<'a> {
    pub(super) element: NodeRef<'a>,
    /// The article it links to.
    pub(super) entry: Entry,
}

/// A link that may be an entry.
struct Link<'a> {
    a: NodeRef<'a>,
    url: WebUrl,
    title: String,
    /// The link is inside a heading or contains one.
    heading: bool,
}

impl Link<'_> {
    fn length(&self) -> usize {
        self.title.chars().count()
    }
}

/// Returns the rows of a page, in document order.
pub(super) fn rows<'t>(tree: &'t Tree<'_>, base: &WebUrl, clock: &Clock) -> Vec<Row<'t>> {
    let (long, short): (Vec<Link<'t>>, Vec<Link<'t>>) = links(tree, base).into_iter().partition(|l| link::is_title(&l.title));
    let long = without_columns(long);
    let mut places = Places::new(&long, clock);
    let mut elements: Vec<Option<NodeId>> = long.iter().map(|l| places.row(l)).collect();
    take_outer_rows(tree, &mut elements, &places.climbed);
    let mut of_row: HashMap<NodeId, Vec<&Link<'t>>> = HashMap::new();
    for (link, element) in long.iter().zip(&elements) {
        if let Some(id) = element {
            of_row.entry(*id).or_default().push(link);
        }
    }
    // titles of two to four letters count only in separate rows with a date
    let taken: BTreeSet<NodeId> = of_row.keys().copied().collect();
    let holds_row = |id: NodeId| tree.get(id).is_some_and(|e| taken.range(id..NodeId::new(e.range().end)).next().is_some());
    let mut places = Places::new(&short, clock);
    for link in &short {
        let free = !std::iter::once(link.a).chain(link.a.ancestors()).take(MAX_ROW_LEVELS).any(|e| taken.contains(&e.id()));
        if let Some(id) = places.row(link).filter(|id| free && !holds_row(*id)) {
            of_row.entry(id).or_default().push(link);
        }
    }
    let mut rows: Vec<(NodeId, Vec<&Link<'t>>)> = of_row.into_iter().collect();
    rows.sort_by_key(|(id, _)| *id);
    rows.into_iter().filter_map(|(id, links)| row(tree.get(id)?, &links, clock)).collect()
}

/// Builds the row of an element, with one of its links as the entry.
fn row<'t>(element: NodeRef<'t>, links: &[&Link<'_>], clock: &Clock) -> Option<Row<'t>> {
    let chosen = entry_link(links)?;
    // picture and headline lead to the same article: the heading, otherwise the longer text, is the title
    let same = links.iter().filter(|l| l.url == chosen.url);
    let titled = same.max_by_key(|l| (l.heading, l.length()))?;
    let (title, date) = without_date(&titled.title);
    let in_title = || dates::find_dates(date, clock).first().map(|d| d.at);
    let published_at = row_date(element, &titled.title, clock).or_else(in_title);
    if title.chars().count() < MIN_TITLE && published_at.is_none() {
        return None;
    }
    let entry = Entry { id: None, url: chosen.url.clone(), title: title.to_owned(), published_at, summary: None, content_html: None };
    Some(Row { element, entry })
}

/// Chooses the link to the article: one in a heading, otherwise the first that is not much shorter than the longest.
fn entry_link<'l, 'a>(links: &[&'l Link<'a>]) -> Option<&'l Link<'a>> {
    let longest = links.iter().map(|l| l.length()).max()?;
    let is_file = |l: &Link<'_>| [".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".rar"].iter().any(|e| l.url.as_url().path().ends_with(e));
    let is_label = |l: &Link<'_>| ["/tag", "/author", "/user", "/comment", "/search", "/topic"].iter().any(|p| l.url.as_url().path().contains(p));
    let articles = || links.iter().copied().filter(|l| !is_file(l) && !is_label(l));
    let heading = articles().find(|l| l.heading);
    let long = |l: &&Link<'_>| l.length() >= 8 || 2 * l.length() >= longest;
    heading.or_else(|| articles().find(long)).or_else(|| articles().next()).or_else(|| links.first().copied())
}

fn links<'t>(tree: &'t Tree<'_>, base: &WebUrl) -> Vec<Link<'t>> {
    // an element with a click handler is a link if it contains none
    let holds_link = |e: NodeRef<'_>| e.descendants().take(60).any(|d| d.is(Tag::A) && address(d).is_some());
    let clickable = |e: &NodeRef<'_>| match e.tag() {
        Some(Tag::A) => true,
        Some(Tag::Li | Tag::Div | Tag::Tr | Tag::Dd | Tag::P | Tag::Span | Tag::Td | Tag::H3 | Tag::H4) => {
            e.attrs().any(|(a, _)| matches!(a, Attr::Onclick | Attr::DataUrl | Attr::DataHref)) && !holds_link(*e)
        }
        _ => false,
    };
    let link = |a: NodeRef<'t>| {
        let url = base.join(address(a)?).ok()?;
        let path = url.as_url().path();
        let is_home = matches!(path, "" | "/" | "/index.html" | "/index.htm") && url.as_url().query().is_none() && !url.is_routed();
        let title = link_title(a).filter(|t| may_be_title(t))?;
        let heading = std::iter::once(a).chain(a.ancestors().take(2)).any(|e| e.tag().is_some_and(Tag::is_heading))
            || a.descendants().take(20).any(|e| e.tag().is_some_and(Tag::is_heading));
        (url != *base && !is_home).then_some(Link { a, url, title, heading })
    };
    tree.root().descendants().filter(clickable).filter_map(link).collect()
}

fn may_be_title(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let legal = bare.chars().count() <= 24 && LISTS.row.legal.are_in(&bare);
    bare.chars().count() >= MIN_DATED_TITLE && bare.chars().any(char::is_alphabetic) && !LISTS.row.not_titles.contains(&bare) && !legal
}

/// Drops short texts that link to one address from several rows: columns, 更多.
fn without_columns(mut links: Vec<Link<'_>>) -> Vec<Link<'_>> {
    let mut seen: HashMap<WebUrl, usize> = HashMap::new();
    for l in links.iter().filter(|l| l.length() <= SHORT) {
        *seen.entry(l.url.clone()).or_default() += 1;
    }
    links.retain(|l| l.length() > SHORT || seen.get(&l.url).is_none_or(|n| *n < REPEATED));
    links
}

/// Cached facts about the elements around links.
struct Places<'c> {
    clock: &'c Clock,
    /// The only address below an element, or `None` if there are several.
    only: HashMap<NodeId, Option<usize>>,
    /// The number of each address.
    addresses: HashMap<WebUrl, usize>,
    /// Number of links below an element.
    links: HashMap<NodeId, usize>,
    /// Caches by element: number of like children with links and dates, number of dates, whether it is a row.
    alike: HashMap<(NodeId, Tag), usize>,
    dates: HashMap<NodeId, usize>,
    rows: HashMap<NodeId, bool>,
    /// Rows with several addresses.
    climbed: HashSet<NodeId>,
}

impl<'c> Places<'c> {
    fn new(links: &[Link<'_>], clock: &'c Clock) -> Self {
        let mut only: HashMap<NodeId, Option<usize>> = HashMap::new();
        let mut count: HashMap<NodeId, usize> = HashMap::new();
        let mut addresses: HashMap<WebUrl, usize> = HashMap::new();
        for l in links {
            let next = addresses.len();
            let address = *addresses.entry(l.url.clone()).or_insert(next);
            for node in std::iter::once(l.a).chain(l.a.ancestors()).take(256) {
                only.entry(node.id()).and_modify(|seen| *seen = seen.filter(|a| *a == address)).or_insert(Some(address));
                *count.entry(node.id()).or_default() += 1;
            }
        }
        Self { clock, only, addresses, links: count, alike: HashMap::new(), dates: HashMap::new(), rows: HashMap::new(), climbed: HashSet::new() }
    }

    /// Returns the row of a link.
    fn row(&mut self, link: &Link<'_>) -> Option<NodeId> {
        let is_list = |n: &NodeRef<'_>| matches!(n.tag(), Some(Tag::Body | Tag::Html | Tag::Ul | Tag::Ol | Tag::Tbody | Tag::Table | Tag::Dl));
        let chain = || std::iter::once(link.a).chain(link.a.ancestors());
        let address = self.addresses.get(&link.url).copied();
        let own = |n: &NodeRef<'_>| self.only.get(&n.id()).copied().flatten() == address && !is_list(n);
        let lowest = chain().take(MAX_ROW_LEVELS).take_while(own).last()?;
        if self.dates(lowest) > 0 {
            return Some(lowest.id());
        }
        for outer in lowest.ancestors().take(MAX_ROW_LEVELS).take_while(|n| !matches!(n.tag(), Some(Tag::Body | Tag::Html))) {
            if self.climbed.contains(&outer.id()) || !is_list(&outer) && self.is_row(outer) {
                self.climbed.insert(outer.id());
                return Some(outer.id());
            }
        }
        Some(lowest.id())
    }

    /// Returns whether an element with several links is one row: it repeats, and each repetition shows one date, or more dates than titles.
    fn is_row(&mut self, e: NodeRef<'_>) -> bool {
        if let Some(known) = self.rows.get(&e.id()) {
            return *known;
        }
        let titles = self.links.get(&e.id()).copied().unwrap_or(0);
        let dates = self.dates_beside_links(e);
        let found = titles <= MAX_TITLES && (dates == 1 || dates > titles) && !self.holds_rows(e) && self.repeats(e);
        self.rows.insert(e.id(), found);
        found
    }

    /// Returns whether an element has enough siblings of its kind with links and dates.
    fn repeats(&mut self, e: NodeRef<'_>) -> bool {
        // some tables use one <tbody> per row
        let alone = |b: &NodeRef<'_>| b.is(Tag::Tbody) && b.child_elements().take(2).count() == 1;
        let e = e.parent().filter(alone).unwrap_or(e);
        let (Some(parent), Some(tag)) = (e.parent(), e.tag()) else { return false };
        let known = self.alike.get(&(parent.id(), tag)).copied();
        let alike = known.unwrap_or_else(|| {
            let siblings = parent.child_elements().filter(|s| s.is(tag)).take(MAX_PARTS);
            siblings.filter(|s| self.links.contains_key(&s.id()) && self.dates(*s) > 0).count()
        });
        self.alike.insert((parent.id(), tag), alike);
        alike >= least(tag)
    }

    /// Returns whether all links are in similar children of an element, like the rows of a list.
    fn holds_rows(&self, e: NodeRef<'_>) -> bool {
        let all = self.links.get(&e.id()).copied().unwrap_or(0);
        let linked = |e: NodeRef<'_>| self.links.get(&e.id()).copied().unwrap_or(0);
        // descend to the element whose children share the links
        let mut holder = e;
        for _ in 0..MAX_ROW_LEVELS {
            let Some(only) = holder.child_elements().take(MAX_PARTS).find(|c| linked(*c) == all) else { break };
            holder = only;
        }
        let mut parts: HashMap<Tag, (usize, usize)> = HashMap::new();
        for part in holder.child_elements().take(MAX_PARTS).filter(|c| linked(*c) > 0) {
            let (count, links) = parts.entry(part.tag().unwrap_or(Tag::Other)).or_default();
            (*count, *links) = (*count + 1, *links + linked(part));
        }
        parts.into_iter().any(|(tag, (count, links))| tag != Tag::A && count >= least(tag) && links == all)
    }

    /// Counts the dates beside the links of an element; if there are none, those in the links.
    fn dates_beside_links(&mut self, e: NodeRef<'_>) -> usize {
        let in_link = |n: NodeRef<'_>| n.ancestors().take(MAX_ROW_LEVELS).take_while(|a| *a != e).any(|a| a.is(Tag::A));
        let beside = e.descendants().take(MAX_STEPS).filter(|n| n.text().is_some_and(|t| t.len() < 60) && !in_link(*n)).filter_map(NodeRef::text);
        match beside.filter(|t| date_piece(&collapse_whitespace(t), self.clock).is_some()).count() {
            0 => self.dates(e),
            found => found,
        }
    }

    /// Counts the dates of an element outside titles, in its first pieces of text.
    fn dates(&mut self, e: NodeRef<'_>) -> usize {
        if let Some(known) = self.dates.get(&e.id()) {
            return *known;
        }
        let texts: Vec<String> = shown_texts(e).map(collapse_whitespace).filter(|t| !t.is_empty() && t.len() < 200).collect();
        let full = texts.iter().filter(|t| date_piece(t, self.clock).is_some()).count();
        let apart = || dates::in_pieces_of_row(&texts, self.clock).is_some() || date_in_script(e, self.clock).is_some();
        let found = if full > 0 { full } else { usize::from(apart()) };
        self.dates.insert(e.id(), found);
        found
    }
}

/// Returns the fewest elements of a kind that form a list.
fn least(tag: Tag) -> usize {
    if matches!(tag, Tag::Li | Tag::Tr | Tag::Dd | Tag::Dt) { 2 } else { 3 }
}

/// Removes rows inside a row of several links.
fn take_outer_rows(tree: &Tree<'_>, rows: &mut [Option<NodeId>], climbed: &HashSet<NodeId>) {
    for row in rows.iter_mut() {
        let Some(element) = row.and_then(|id| tree.get(id)) else { continue };
        if let Some(outer) = element.ancestors().take(MAX_ROW_LEVELS).find(|e| climbed.contains(&e.id())) {
            *row = Some(outer.id());
        }
    }
}
