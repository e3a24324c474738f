//! The date of a list row.

use chrono::{DateTime, FixedOffset};

use super::link::text_of;
use crate::html::{Attr, NodeRef, Tag};
use crate::knowledge::{BYLINE, Fixed, LISTS, Meaning, Rank};
use crate::text::dates::{self, Clock, DateMatch};
use crate::text::normalize::{collapse_whitespace, is_han};

/// Text of a row beside its title that is searched for a date, in characters, and its pieces.
const MAX_ROW_TEXT: usize = 300;
const MAX_PIECES: usize = 60;
/// Number of siblings behind a row that may contain its date, and the longest of them in letters.
const PARTS: usize = 2;
const MAX_PART_TEXT: usize = 60;
/// Children of an element examined before its first row or date.
const PARTS_LOOKED_AT: usize = 12;
/// Most elements examined to find the head of a table.
const MAX_STEPS: usize = 2_000;
/// Returns the rank of the last label before a date.
fn rank_by_label(before: &str) -> Option<Rank> {
    let named = BYLINE.ranks().filter_map(|(label, rank)| Some((before.rfind(label)?, rank)));
    named.max_by_key(|(at, _)| *at).map(|(_, rank)| rank)
}

/// Returns the rank by the words after a date: `2026-12-01截止`, `2026-11-01 至 2026-11-30`.
fn rank_by_what_follows(behind: &str) -> Option<Rank> {
    let behind = behind.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || ":日)".contains(c));
    LISTS.row.until.begin(behind).then_some(Rank::Other)
}

/// Returns the date in a row, or in the sibling right behind it: `<dt>title</dt><dd>date</dd>`.
pub(super) fn row_date(row: NodeRef<'_>, title: &str, clock: &Clock) -> Option<DateTime<FixedOffset>> {
    let behind = || {
        if row.parent().is_some_and(|holder| begins_with_date(holder, clock)) {
            return None;
        }
        let parts = row.next_siblings().filter(|n| n.tag().is_some()).take(PARTS);
        // a heading behind a row belongs to the rows that follow
        let heads = |e: &NodeRef<'_>| e.is(Tag::Dt) && row.is(Tag::Dd) || e.tag().is_some_and(Tag::is_heading);
        let free = |e: &NodeRef<'_>| !heads(e) && !e.descendants().any(|d| d.is(Tag::A) && d.attr(Attr::Href).is_some());
        parts.take_while(free).filter(|e| text_of(*e).chars().count() <= MAX_PART_TEXT).find_map(|e| shown_date(e, title, clock))
    };
    let found = column_date(row, clock).or_else(|| shown_date(row, title, clock)).or_else(|| line_date(row, clock)).or_else(behind);
    found.or_else(|| date_in_script(row, clock)).map(|d| d.at)
}

/// Returns whether an element begins with a date, so that dates precede its rows.
fn begins_with_date(holder: NodeRef<'_>, clock: &Clock) -> bool {
    let linked = |e: &NodeRef<'_>| e.is(Tag::A) || e.descendants().take(MAX_PIECES).any(|d| d.is(Tag::A));
    let mut parts = holder.child_elements().take(PARTS_LOOKED_AT).filter(|e| linked(e) || date_piece(&text_of(*e), clock).is_some());
    parts.next().is_some_and(|first| !linked(&first))
}

/// Returns the date before or behind a link that has no row element: `<a>title</a> [2026-11-27]<br>`.
fn line_date(link: NodeRef<'_>, clock: &Clock) -> Option<DateMatch> {
    let inline = |n: &NodeRef<'_>| match n.tag() {
        Some(Tag::Font | Tag::Span | Tag::B | Tag::Strong | Tag::I | Tag::Em | Tag::Small | Tag::Time | Tag::U) | None => true,
        Some(_) => false,
    };
    if !(link.is(Tag::A) || inline(&link)) {
        return None;
    }
    let linked = |n: &NodeRef<'_>| n.descendants().take(MAX_PART_TEXT).any(|d| d.is(Tag::A));
    let date = |n: NodeRef<'_>| date_piece(&text_of(n), clock);
    let before = || {
        let blank = |n: &NodeRef<'_>| n.text().is_some_and(|t| t.trim().is_empty());
        let text = link.previous().and_then(|n| if blank(&n) { n.previous() } else { Some(n) })?;
        let whole = text.parent().filter(|p| Some(*p) != link.parent()).unwrap_or(text);
        Some(whole).filter(|w| text.text().is_some() && w.parent() == link.parent() && inline(w) && !linked(w)).and_then(date)
    };
    link.next_siblings().take(4).take_while(|n| inline(n) && !linked(n)).find_map(date).or_else(before)
}

/// Returns the date in the publication column of a table row. Without a table head, the later of two past dates: documents are
/// signed first and published later.
fn column_date(row: NodeRef<'_>, clock: &Clock) -> Option<DateMatch> {
    let cells = |row: NodeRef<'_>| -> Vec<String> {
        let cells = row.child_elements().filter(|e| matches!(e.tag(), Some(Tag::Td | Tag::Th))).take(30);
        cells.map(text_of).collect()
    };
    let own = row.is(Tag::Tr).then(|| cells(row))?;
    let dated: Vec<DateMatch> = own.iter().filter_map(|c| date_piece(c, clock)).collect();
    if dated.len() < 2 {
        return None;
    }
    let table = row.ancestors().find(|e| e.is(Tag::Table))?;
    // the head may be a separate table
    let head_table = table.parent().and_then(|p| p.children().take(MAX_PIECES).take_while(|n| *n != table).filter(|n| n.is(Tag::Table)).last());
    let mut heads =
        [Some(table), head_table].into_iter().flatten().filter_map(|t| t.descendants().take(MAX_STEPS).find(|e| e.is(Tag::Tr)).map(cells));
    let column = |head: Vec<String>| head.iter().position(|c| rank_by_label(c) == Some(Rank::Published) && c.contains(['日', '时']));
    let named = heads.find_map(column).and_then(|at| date_piece(own.get(at)?, clock));
    // a date beside a name belongs to an author or an answer
    let alone = |c: &&String| !c.chars().any(|c| c.is_alphabetic() && !"年月日".contains(c));
    let pure = || own.iter().filter(alone).filter_map(|c| date_piece(c, clock)).collect::<Vec<_>>();
    named.or_else(|| Some(pure()).filter(|p| p.len() > 1)?.into_iter().max_by_key(|d| d.at))
}

fn shown_date(row: NodeRef<'_>, title: &str, clock: &Clock) -> Option<DateMatch> {
    // each piece of text separately: "[2024-01-28]" beside a title with figures
    let pieces: Vec<String> =
        shown_texts(row).map(collapse_whitespace).filter(|t| !t.is_empty() && t != title && !title.starts_with(t.trim_end_matches('…'))).collect();
    if pieces.iter().map(|p| p.chars().count()).sum::<usize>() > MAX_ROW_TEXT {
        return pieces.iter().filter(|p| p.chars().count() <= 30).find_map(|p| date_piece(p, clock));
    }
    // day and month in separate elements: <i>28</i><em>2024-01</em>
    dates::in_pieces_of_row(&pieces, clock)
        .and_then(|day| Some(DateMatch { at: dates::midnight(day, clock)?, has_time: false, offset: 0 }))
        .or_else(|| named_date(&pieces, clock))
        .or_else(|| pieces.iter().find_map(|p| date_piece(p, clock)))
}

/// Returns the first date of the best rank in a row.
fn named_date(pieces: &[String], clock: &Clock) -> Option<DateMatch> {
    let mut best: Option<(Rank, DateMatch)> = None;
    let mut before = "";
    let folded: Vec<String> = pieces.iter().map(|p| p.chars().map(dates::fold_keep_case).collect()).collect();
    for piece in &folded {
        let mut from = 0;
        let mut found = dates::find_dates(piece, clock);
        if found.is_empty() {
            found.extend(date_piece(piece, clock));
        }
        for date in found {
            let name = piece.get(from..date.offset.min(piece.len())).unwrap_or_default();
            let behind = piece.get(date.offset.min(piece.len())..).unwrap_or_default();
            let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit() || "-/.年月".contains(c));
            from = date.offset;
            let rank = rank_by_what_follows(behind).unwrap_or_else(|| rank_of(name, before, date_piece(piece, clock).is_some()));
            if rank != Rank::Other && best.is_none_or(|(r, _)| rank < r) {
                best = Some((rank, date));
            }
        }
        before = if from == 0 && piece.chars().count() <= 12 { piece } else { "" };
    }
    best.map(|(_, date)| date)
}

/// Ranks a date by the text before it. A name may be in the element before: `<b>截止时间：</b>2026-12-01`.
/// `alone`: the text contains little besides the date.
fn rank_of(name: &str, before: &str, alone: bool) -> Rank {
    let label = name.trim_end_matches(|c: char| !c.is_alphanumeric());
    // only the last word before a date names it; earlier words are part of a sentence
    let near: String = label.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    let named = rank_by_label(&near).or_else(|| rank_by_label(before).filter(|_| label.is_empty()));
    let called = BYLINE.words(Meaning::Date).any(|w| near.ends_with(w));
    named.unwrap_or(if alone || called { Rank::Unnamed } else { Rank::Mentioned })
}

/// Parses a piece of text that is a date and little else.
pub(super) fn date_piece(piece: &str, clock: &Clock) -> Option<DateMatch> {
    let letters = piece.chars().filter(|c| c.is_alphabetic() && !LISTS.row.date_letters.contains(*c)).count();
    let length = piece.chars().count();
    if length > 40 || !piece.chars().any(|c| c.is_ascii_digit() || LISTS.row.near_letters.contains(c)) {
        return None;
    }
    if letters > 6 {
        // `27. November 2026`, `27 de noviembre de 2026`
        let in_words = length <= 34 && !piece.chars().any(is_han);
        return in_words.then(|| dates::mentions(piece, clock, clock.order).into_iter().next()).flatten();
    }
    let trimmed = piece.trim_matches(|c: char| !c.is_alphanumeric());
    dates::find_dates(piece, clock).into_iter().next().or_else(|| dates::parse(trimmed, clock)).filter(|_| rank_by_label(piece) != Some(Rank::Other))
}

/// Returns the texts that a row shows.
pub(super) fn shown_texts(row: NodeRef<'_>) -> impl Iterator<Item = &str> {
    let own = row.text();
    let below = row.descendants().filter(|n| !n.parent().is_some_and(|p| matches!(p.tag(), Some(Tag::Script | Tag::Style))));
    own.into_iter().chain(below.filter_map(NodeRef::text)).take(MAX_PIECES)
}

/// Parses `<span><script>document.write(timeConvert('1498908951'))</script></span>`: Unix seconds or milliseconds.
pub(super) fn date_in_script(row: NodeRef<'_>, clock: &Clock) -> Option<DateMatch> {
    static MOMENT: Fixed = Fixed::new(r#"[('"](\d{13}|\d{10})['")]"#);
    let scripts = row.descendants().take(MAX_STEPS).filter(|n| n.is(Tag::Script)).filter_map(|s| s.children().find_map(NodeRef::text));
    let moment = |code: &str| MOMENT.captures(code).and_then(|c| dates::parse(c.get(1)?.as_str(), clock));
    scripts.filter(|code| code.len() < MAX_ROW_TEXT).take(PARTS).find_map(moment)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::html::Tree;

    #[test]
    fn of_several_dates_the_one_of_publication_is_taken() {
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
        let day = |row: &str| {
            let page = format!("<table>{row}</table>");
            let tree = Tree::parse(&page);
            let row = tree.elements(Tag::Tr).next().unwrap();
            row_date(row, "关于招标的公告", &clock).map(|d| d.date_naive().to_string())
        };
        let table = [
            ("<tr><td>关于招标的公告<td>截止时间：2026-11-23 <td>发布时间：2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td><b>截止时间：</b>2026-11-23<br><b>发布时间：</b>2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>成文日期：2026-11-10 发布日期：2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>2026-11-10<td>2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>索引号<td>2026-00012<td>2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>2011-12345", None),
            ("<tr><td>关于招标的公告<td>征集时间：2026-11-01 至 2026-11-30<td>发布时间：2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>2025年3月5日，市有关部门召开会议部署这项工作。<td>时间：2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>会议时间：2026-11-23<td>2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>2026-11-23截止<td>2026-11-20", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>甲乙 2026-11-20<td>丙丁 2026-11-23", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>20. November 2026", Some("2026-11-20")),
            ("<tr><td>关于招标的公告<td>报名截止：2026-11-23", None),
            ("<tr><td>关于招标的公告<td><script>document.write(timeConvert('1763596800'))</script>", Some("2025-11-20")),
            ("<tr><td>关于招标的公告<td>昨天 08:00", Some("2026-11-23")),
        ];
        for (row, expected) in table {
            assert_eq!(day(row).as_deref(), expected, "{row}");
        }
    }
}
