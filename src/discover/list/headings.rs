//! Days and months in headings above the rows of a list.

use chrono::{DateTime, FixedOffset, NaiveDate};

use crate::discover::list::row_date::{date_piece, shown_texts};
use crate::discover::list::rows::Row;
use crate::html::{NodeRef, Tag, Tree};
use crate::knowledge::DATES;
use crate::text::dates::{self, Clock};
use crate::text::normalize::collapse_whitespace;

/// Longest heading, in bytes.
const MAX_HEADING: usize = 60;
/// Most nodes of a heading that is split into elements.
const MAX_NODES: usize = 12;

/// The date in a heading.
#[derive(Debug, Clone, Copy)]
enum Heading {
    Day(DateTime<FixedOffset>),
    Month(i32, u32),
    Year(i32),
}

/// Dates the rows without a date from the heading above them.
pub(super) fn date_rows(tree: &Tree<'_>, rows: &mut [Row<'_>], clock: &Clock) {
    let mut rows = rows.iter_mut().peekable();
    let mut last: Option<(NodeRef<'_>, Heading)> = None;
    let mut inside = 0..0;
    for node in tree.root().descendants() {
        let index = node.id().index();
        while rows.peek().is_some_and(|r| r.element.id() < node.id()) {
            rows.next();
        }
        if let Some(row) = rows.next_if(|r| r.element == node) {
            inside = node.range();
            // a year helps a row that shows only month and day
            let wanted = |h: &Heading| row.entry.published_at.is_none() || matches!(h, Heading::Year(_));
            if let Some((_, heading)) = last.filter(|(scope, heading)| wanted(heading) && scope.range().contains(&index)) {
                row.entry.published_at = heading.date_of(row.element, clock).or(row.entry.published_at);
            }
        }
        if inside.contains(&index) {
            continue;
        }
        let found = match node.text() {
            Some(text) if text.len() <= MAX_HEADING => node.parent().zip(heading(text, clock)),
            None if node.range().len() <= MAX_NODES => Some(node).zip(in_pieces(node, clock)),
            _ => None,
        };
        if let Some((title, heading)) = found {
            if node.text().is_none() {
                inside = node.range();
            }
            last = scope(title).map(|scope| (scope, heading));
        }
    }
}

/// Reads a day split into elements: `<b>27</b><i>2026.11</i>`.
fn in_pieces(e: NodeRef<'_>, clock: &Clock) -> Option<Heading> {
    let linked = e.descendants().any(|d| d.is(Tag::A));
    let texts: Vec<String> = e.texts().map(collapse_whitespace).filter(|t| !t.is_empty()).collect();
    if linked || !(2..=3).contains(&texts.len()) || texts.iter().map(String::len).sum::<usize>() > MAX_HEADING {
        return None;
    }
    dates::in_pieces_of_row(&texts, clock).and_then(|day| dates::midnight(day, clock)).map(Heading::Day)
}

/// Returns the element whose rows a heading dates: its parent, or the grandparent.
fn scope(title: NodeRef<'_>) -> Option<NodeRef<'_>> {
    let inline = |e: &NodeRef<'_>| matches!(e.tag(), Some(Tag::B | Tag::I | Tag::Em | Tag::Strong | Tag::Span | Tag::Font | Tag::Time | Tag::Small));
    let title = std::iter::once(title).chain(title.ancestors()).find(|e| !inline(e))?;
    let holder = title.parent()?;
    let whole = |e: NodeRef<'_>| matches!(e.tag(), Some(Tag::Body | Tag::Html));
    // the page's own date is no list heading
    if whole(title) {
        return None;
    }
    let alone = holder.texts().filter(|t| !t.trim().is_empty()).take(4).count() == title.texts().filter(|t| !t.trim().is_empty()).take(4).count();
    let outer = holder.parent().filter(|o| !whole(holder) && !whole(*o) && alone);
    Some(outer.unwrap_or(holder)).filter(|h| !whole(*h) || title.tag().is_some_and(Tag::is_heading))
}

fn heading(text: &str, clock: &Clock) -> Option<Heading> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let text: String = collapse_whitespace(text).chars().map(dates::fold_keep_case).collect();
    if let Some(c) = DATES.month_heading.captures(&text) {
        let month = c.name("m")?.as_str().parse().ok().filter(|m| (1..=12).contains(m))?;
        return Some(Heading::Month(c.name("y")?.as_str().parse().ok()?, month));
    }
    let year = text.trim_matches(|c: char| !c.is_alphanumeric()).trim_end_matches('年');
    if year.len() == 4 && (text.contains('年') || text.len() == 4) {
        return year.parse().ok().filter(|y| (1995..=2100).contains(y)).map(Heading::Year);
    }
    let says_more = text.chars().any(|c| c.is_alphabetic() && !"年月日星期周一二三四五六天".contains(c));
    let day = date_piece(&text, clock).filter(|d| !says_more && !d.has_time)?;
    Some(Heading::Day(day.at))
}

impl Heading {
    /// Returns the date of a row below the heading. A month heading combines with the day that the row shows.
    fn date_of(self, row: NodeRef<'_>, clock: &Clock) -> Option<DateTime<FixedOffset>> {
        let day = |text: &str| {
            let text = text.trim_matches(|c: char| !c.is_alphanumeric());
            let day = text.strip_suffix(['日', '号']).unwrap_or(text);
            (day.len() <= 2).then(|| day.parse::<u32>().ok()).flatten()
        };
        let passed = |date| dates::midnight(date, clock).filter(|at| *at <= clock.now + chrono::Duration::days(1));
        match self {
            Self::Year(year) => {
                shown_texts(row).find_map(|t| NaiveDate::from_ymd_opt(year, month_and_day(t)?.0, month_and_day(t)?.1)).and_then(passed)
            }
            Self::Day(at) => Some(at),
            Self::Month(year, month) => {
                let date = shown_texts(row).find_map(|t| NaiveDate::from_ymd_opt(year, month, day(t)?))?;
                passed(date)
            }
        }
    }
}

/// Parses `11-27` or `11月27日` if nothing else is in the text.
fn month_and_day(text: &str) -> Option<(u32, u32)> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric()).trim_end_matches('日');
    let (month, day) = text.split_once(['-', '/', '.', '月'])?;
    Some((month.parse().ok()?, day.parse().ok()?))
}
