//! Chooses the list among the groups of rows on a page.

use std::collections::{BTreeMap, HashMap};

use crate::discover::list::rows::Row;
use crate::discover::list::signs::{Page, Signs, own_share};
use crate::html::{Attr, NodeId, NodeRef};
use crate::model::{Entry, WebUrl};

/// A group of this many rows is a list, wherever it is on the page.
const MANY: usize = 30;
/// Fewest rows of a list without dates.
const FEWEST: usize = 3;

/// Rows with the same layout.
#[derive(Default)]
pub(super) struct Group {
    pub(super) rows: Vec<Entry>,
    /// The position of each row on the page.
    order: Vec<usize>,
    /// The index in `rows` of each address.
    places: HashMap<WebUrl, usize>,
    pub(super) layout: String,
    signs: Signs,
}

impl Group {
    /// Builds a group from values in a script.
    pub(super) fn of_script(rows: Vec<Entry>, page: &WebUrl) -> Self {
        let mut group = Self { layout: "script".to_owned(), signs: Signs { script: true, ..Signs::default() }, ..Self::default() };
        for (at, row) in rows.into_iter().enumerate() {
            group.add(at, row);
        }
        group.signs.own = own_share(&group.rows, page);
        group
    }

    fn add(&mut self, at: usize, entry: Entry) {
        if let Some(known) = self.places.get(&entry.url).and_then(|at| self.rows.get_mut(*at)) {
            // picture and headline link to the same article: the longer text is the title
            if known.title.chars().count() < entry.title.chars().count() {
                known.title = entry.title;
            }
            known.published_at = known.published_at.or(entry.published_at);
            return;
        }
        self.places.insert(entry.url.clone(), self.rows.len());
        self.rows.push(entry);
        self.order.push(at);
    }

    /// Returns the rows in page order.
    pub(super) fn into_rows(self) -> Vec<Entry> {
        let mut rows: Vec<(usize, Entry)> = self.order.into_iter().zip(self.rows).collect();
        rows.sort_by_key(|(at, _)| *at);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    pub(super) fn dated(&self) -> f64 {
        dated(&self.rows)
    }

    /// Returns whether a heading names a different list and nothing marks this one as the page's own.
    pub(super) fn is_box(&self) -> bool {
        let s = self.signs;
        s.headed && !(s.known || s.pager || s.titled || s.own.unwrap_or(0.0) >= 0.5)
    }

    fn mean_title(&self) -> f64 {
        self.rows.iter().map(|r| r.title.chars().count()).sum::<usize>() as f64 / self.rows.len().max(1) as f64
    }

    /// Returns the share of addresses with the most frequent shape (digits folded): the addresses of one list follow one pattern.
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
        let own = 1.0 + 1.5 * self.signs.own.unwrap_or(0.0);
        let when = |sign: bool, factor: f64| if sign { factor } else { 1.0 };
        let s = self.signs;
        let doubt = when(s.unlikely, 0.2)
            * when(s.never, 0.05)
            * when(s.known, 1.5)
            * when(s.pager, 2.5)
            * when(s.titled, 1.5)
            * when(s.more, 0.6)
            * when(s.script, 0.8);
        n.powf(0.7) * title * (0.8 + 1.2 * self.dated()) * (0.4 + 0.6 * self.uniform()) * own * doubt
    }
}

/// Returns the share of entries with a date.
pub(in crate::discover) fn dated(rows: &[Entry]) -> f64 {
    rows.iter().filter(|r| r.published_at.is_some()).count() as f64 / rows.len().max(1) as f64
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

/// Groups the rows of a page by layout, and splits a group if the signs of its holders differ.
pub(super) fn groups(rows: Vec<Row<'_>>, page: &Page<'_>) -> Vec<Group> {
    let mut by_layout: BTreeMap<String, BTreeMap<NodeId, Group>> = BTreeMap::new();
    for (at, row) in rows.into_iter().enumerate() {
        let holder = row.element.parent().map_or(row.element.id(), NodeRef::id);
        let layout = layout_of(row.element);
        let group = by_layout.entry(layout.clone()).or_default().entry(holder).or_insert_with(|| {
            let known = page.previous_selector.is_some_and(|l| l.split(", ").any(|l| l == layout));
            Group { layout, signs: Signs { known, ..Signs::beside(row.element, page) }, ..Group::default() }
        });
        group.add(at, row.entry);
    }
    by_layout.into_values().flat_map(|holders| joined(holders.into_values().collect(), page.url)).collect()
}

/// Merges groups of one layout that are alike; small groups join the largest.
fn joined(mut parts: Vec<Group>, page: &WebUrl) -> Vec<Group> {
    let mut joined: Vec<((bool, bool, bool, bool), Group)> = Vec::new();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|n| (parts.get(*n).is_none_or(|p| p.rows.len() < FEWEST), *n));
    for n in order {
        let Some(part) = parts.get_mut(n).map(std::mem::take) else { continue };
        let own = own_share(&part.rows, page).is_some_and(|own| own >= 0.5);
        let signs = (part.dated() >= 0.5, own, part.signs.unlikely || part.signs.never, part.signs.more);
        let small = part.rows.len() < FEWEST;
        let largest = || joined.iter().enumerate().max_by_key(|(_, (_, g))| g.rows.len()).map(|(n, _)| n);
        let like = if small { largest() } else { joined.iter().position(|(s, _)| *s == signs) };
        match like.and_then(|n| joined.get_mut(n)) {
            Some((_, group)) => {
                group.signs.pager |= part.signs.pager;
                group.signs.titled |= part.signs.titled;
                for (at, row) in part.order.into_iter().zip(part.rows) {
                    group.add(at, row);
                }
            }
            None => joined.push((signs, part)),
        }
    }
    let with_own = |(_, mut group): (_, Group)| {
        group.signs.own = own_share(&group.rows, page);
        group
    };
    joined.into_iter().map(with_own).collect()
}

/// Returns the groups that form the page's list, best first, and the number of rows in the largest group left out.
pub(super) fn choose(groups: Vec<Group>) -> (Vec<Group>, usize) {
    let likely = |g: &Group| {
        let enough = g.rows.len() >= FEWEST || g.dated() >= 0.5;
        let place = g.signs.known || g.rows.len() > MANY || !g.signs.never && (!g.signs.unlikely || g.dated() >= 0.5);
        enough && place
    };
    let scored = groups.into_iter().filter(likely).map(|g| (g.score(), g));
    let mut groups: Vec<(f64, Group)> = scored.filter(|(_, g)| !g.signs.script || g.dated() >= 0.5 || g.mean_title() >= 8.0).collect();
    groups.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let Some((best, first)) = groups.first() else { return (Vec::new(), 0) };
    let (best, dated, own, signs) = (*best, first.dated() >= 0.5, first.signs.own.unwrap_or(0.0) >= 0.5, first.signs);
    let belongs = |score: f64, g: &Group| {
        score >= best * 0.4
            && (g.dated() >= 0.5) == dated
            && (g.signs.own.unwrap_or(0.0) >= 0.5) == own
            && (g.signs.pager || !signs.pager)
            && (g.signs.titled || !signs.titled)
            && g.signs.script == signs.script
            && (!signs.script || score >= best)
    };
    let (mut chosen, left): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(score, g)| belongs(*score, g));
    // beside a list, a shorter list with a heading or with only older rows is a box; a page of several lists is a column's home page
    if let [(_, list), (_, beside)] = chosen.as_slice()
        && beside.rows.len() < list.rows.len()
    {
        let dates = |g: &Group| g.rows.iter().filter_map(|r| r.published_at).collect::<Vec<_>>();
        let older = dates(beside).into_iter().max().is_some_and(|newest| dates(list).into_iter().min() > Some(newest));
        if older || beside.signs.headed && !list.signs.headed {
            chosen.truncate(1);
        }
    }
    let largest = left.iter().filter(|(_, g)| !g.signs.unlikely && !g.signs.never && g.mean_title() >= 8.0).map(|(_, g)| g.rows.len()).max();
    (chosen.into_iter().map(|(_, g)| g).collect(), largest.unwrap_or(0))
}

/// Returns the layout path `div.box > ul.newslist > li`: the row and two levels above, without numbers.
fn layout_of(row: NodeRef<'_>) -> String {
    let mut parts: Vec<String> = std::iter::once(row)
        .chain(row.ancestors())
        .take(3)
        .map(|e| {
            let mut part = e.name().to_ascii_lowercase();
            // row classes alternate (odd, even, first, line), so only the holders' classes distinguish lists
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
