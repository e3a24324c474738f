//! One row of a list: the address, the title and the date that it shows.

use std::sync::LazyLock;

use regex::Regex;

use crate::html::{Attr, Edge, NodeRef, Tag};
use crate::text::dates::{self, Clock};
use crate::text::normalize::{collapse_whitespace, truncate};

/// Shorter link texts are navigation.
pub(super) const MIN_TITLE: usize = 5;
/// Longest title kept, in characters.
const MAX_TITLE: usize = 200;
/// Text of a row beside its title in which a date is looked for.
const MAX_ROW_TEXT: usize = 300;
/// Rows of which the date may stand in a part behind them, and its most letters.
const PARTS: usize = 2;
const MAX_PART_TEXT: usize = 60;
/// Most elements and texts of one link, or before the head of a table, that are looked at.
const MAX_STEPS: usize = 2_000;

pub(super) fn text_of(e: NodeRef<'_>) -> String {
    collapse_whitespace(&e.texts().take(100).collect::<Vec<_>>().join(" "))
}

/// Where a link leads: its `href`, or the address that its script opens.
pub(in crate::discover) fn address(a: NodeRef<'_>) -> Option<&str> {
    static OPENED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"['"]\s*((?:https?://|\.{0,2}/|[\w-]+/)?[^'"\s<>()]*\.(?:s?html?|aspx?|jsp|php)[^'"\s<>]*|(?:https?:/)?/[\w-][^'"\s<>]*)['"]"#)
            .ok()
    });
    let href = a.attr(Attr::Href).unwrap_or_default().trim();
    let script = href.get(..11).filter(|h| h.eq_ignore_ascii_case("javascript:"));
    let anchor = href.starts_with('#') && !href.starts_with("#/") && !href.starts_with("#!");
    if !href.is_empty() && !anchor && script.is_none() {
        return Some(href);
    }
    let opened = |code| OPENED.as_ref()?.captures(code)?.get(1).map(|m| m.as_str());
    a.attr(Attr::Onclick).and_then(opened).or_else(|| script.and_then(|_| opened(href)))
}

/// Whether a text may be a title: longer than a column's name, be it in brackets.
pub(super) fn is_title(text: &str) -> bool {
    let bracketed = text.starts_with(['[', '【', '［']) && text.ends_with([']', '】', '］']);
    text.chars().count() >= if bracketed { 2 * MIN_TITLE } else { MIN_TITLE }
}

/// The title of a link: its text, or its `title` where the text is cut; of a whole row that is a link, the part that reads like one.
pub(super) fn link_title(a: NodeRef<'_>) -> Option<String> {
    let text = shown_title(a);
    let said = a.attr(Attr::Title).map(collapse_whitespace).unwrap_or_default();
    let stem = text.trim_end_matches(['.', '…']);
    let cut_off = text.ends_with('…') || text.ends_with("...") || (said.starts_with(stem) && said.chars().count() > text.chars().count());
    let chosen = if text.is_empty() || (cut_off && said.chars().count() > stem.chars().count()) { said } else { text };
    let chosen = chosen.trim_start_matches(['·', '•', '■', '▪', '►', '◆', '-', ' ']).to_owned();
    (!chosen.is_empty()).then(|| truncate(&chosen, MAX_TITLE))
}

/// The text of a link that is its title: a heading in it, else the first of its blocks that is long enough and no date.
fn shown_title(a: NodeRef<'_>) -> String {
    let blocks = blocks_of(a);
    let texts = || blocks.iter().map(|b| (b.heading, collapse_whitespace(&b.pieces.concat()))).filter(|(_, t)| t.chars().count() >= MIN_TITLE);
    let whole = || collapse_whitespace(&a.texts().take(40).collect::<String>());
    texts().find(|(heading, _)| *heading).or_else(|| texts().next()).map_or_else(whole, |(_, t)| t)
}

/// Text of a link that stands in one block.
#[derive(Default)]
struct Block {
    heading: bool,
    pieces: Vec<String>,
}

fn blocks_of(link: NodeRef<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    // how many open elements are headings
    let mut headings = 0;
    for edge in link.walk().take(MAX_STEPS) {
        match edge {
            Edge::Text(_, text) => {
                // a date beside the title, in an element of its own
                if let Some(block) = blocks.last_mut()
                    && !is_date(text)
                {
                    block.pieces.push(text.to_owned());
                }
            }
            Edge::Open(e, tag) => {
                headings += usize::from(is_heading(e, tag));
                if starts_block(e, tag) {
                    blocks.push(Block { heading: headings > 0, pieces: Vec::new() });
                }
            }
            Edge::Close(e, tag) => {
                headings -= usize::from(is_heading(e, tag));
                if starts_block(e, tag) {
                    blocks.push(Block::default());
                }
            }
        }
    }
    blocks
}

fn is_heading(e: NodeRef<'_>, tag: Tag) -> bool {
    let named = |c: &str| ["tit", "headline", "biaoti"].iter().any(|s| c.to_ascii_lowercase().contains(s));
    tag.is_heading() || e.attr(Attr::Class).is_some_and(named)
}

fn starts_block(e: NodeRef<'_>, tag: Tag) -> bool {
    use Tag::*;
    is_heading(e, tag) || matches!(tag, Div | P | Ul | Li | Dl | Dt | Dd | Table | Tr | Td | Section | Br)
}

/// Whether a piece of text holds a date or a part of one and nothing else.
fn is_date(piece: &str) -> bool {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let others = piece.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace() && !"年月日时分秒-/.:：[]【】()（）".contains(*c)).count();
    digits >= 2 && others == 0
}

/// The date that a row shows, or the part right behind it: `<dt>title</dt><dd>date</dd>`.
pub(super) fn row_date(row: NodeRef<'_>, title: &str, clock: &Clock) -> Option<dates::DateMatch> {
    let behind = || {
        let parts = row.next_siblings().filter(|n| n.tag().is_some()).take(PARTS);
        let free = |e: &NodeRef<'_>| !e.descendants().any(|d| d.is(Tag::A) && d.attr(Attr::Href).is_some());
        parts.take_while(free).filter(|e| text_of(*e).chars().count() <= MAX_PART_TEXT).find_map(|e| shown_date(e, title, clock))
    };
    column_date(row, clock).or_else(|| shown_date(row, title, clock)).or_else(|| line_date(row, clock)).or_else(behind)
}

/// The date beside a link that has no element of its own: `<a>title</a> [2026-11-27]<br>`, or before it.
fn line_date(link: NodeRef<'_>, clock: &Clock) -> Option<dates::DateMatch> {
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

/// Of the dates in a row of a table the one under 发布日期, where its head says so: others are of signatures and deadlines.
fn column_date(row: NodeRef<'_>, clock: &Clock) -> Option<dates::DateMatch> {
    let cells = |row: NodeRef<'_>| -> Vec<String> {
        let cells = row.child_elements().filter(|e| matches!(e.tag(), Some(Tag::Td | Tag::Th))).take(30);
        cells.map(text_of).collect()
    };
    let own = row.is(Tag::Tr).then(|| cells(row))?;
    if own.iter().filter(|c| date_piece(c, clock).is_some()).count() < 2 {
        return None;
    }
    let table = row.ancestors().find(|e| e.is(Tag::Table))?;
    let head = table.descendants().take(MAX_STEPS).find(|e| e.is(Tag::Tr)).map(cells)?;
    let at = head.iter().position(|c| ["发布", "公开", "公示", "上传"].iter().any(|w| c.contains(w)) && c.contains(['日', '时']))?;
    date_piece(own.get(at)?, clock)
}

fn shown_date(row: NodeRef<'_>, title: &str, clock: &Clock) -> Option<dates::DateMatch> {
    // each piece of text by itself: "[2024-01-28]" beside a title that holds figures
    let pieces: Vec<String> = row
        .texts()
        .take(60)
        .map(collapse_whitespace)
        .filter(|t| !t.is_empty() && t != title && !title.starts_with(t.trim_end_matches('…')))
        .collect();
    let whole = pieces.join(" ");
    if whole.chars().count() > MAX_ROW_TEXT {
        return pieces.iter().filter(|p| p.chars().count() <= 30).find_map(|p| date_piece(p, clock));
    }
    // day and month in elements of their own: <i>28</i><em>2024-01</em>
    dates::in_pieces(&pieces, clock)
        .and_then(|day| Some(dates::DateMatch { at: dates::midnight(day, clock)?, has_time: false, offset: 0 }))
        .or_else(|| pieces.iter().find_map(|p| date_piece(p, clock)))
        .or_else(|| dates::find_dates(&whole, clock).into_iter().next())
}

/// A piece of text that is a date and little else.
fn date_piece(piece: &str, clock: &Clock) -> Option<dates::DateMatch> {
    let letters = piece.chars().filter(|c| c.is_alphabetic() && !"年月日时分秒前天昨今刚小周星期上下午发布间日期".contains(*c)).count();
    if letters > 6 || piece.chars().count() > 40 || !piece.chars().any(|c| c.is_ascii_digit() || "昨今刚前".contains(c)) {
        return None;
    }
    let trimmed = piece.trim_matches(|c: char| !c.is_alphanumeric());
    dates::find_dates(piece, clock).into_iter().next().or_else(|| dates::parse(trimmed, clock))
}

/// The page as its scripts write it: `document.write("<li>…</li>")`.
pub(super) fn written(text: &str) -> Option<String> {
    static CALL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"document\.write(?:ln)?\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*\)"#).ok());
    let pieces: Vec<&str> = CALL.as_ref()?.captures_iter(text).filter_map(|c| c.get(1).or(c.get(2))).map(|m| m.as_str()).collect();
    let markup = pieces.concat().replace("\\\"", "\"").replace("\\'", "'").replace("\\/", "/");
    markup.contains("<a").then(|| format!("<html><body><ul>{markup}</ul></body></html>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Tree;

    fn first<T>(html: &str, of: impl Fn(NodeRef<'_>) -> T) -> T {
        let page = Tree::parse(html);
        page.elements(Tag::A).next().map(of).unwrap()
    }

    #[test]
    fn a_row_that_is_a_link_has_its_title_in_it() {
        for row in [
            "<a href=x>许昌市召开大会</a>",
            "<a href=x><font color=red>许昌市</font>召开大会</a>",
            "<a href=x><h3>许昌市召开大会</h3><p>这是一段摘要，比标题长得多，说明文章的大意。</p><span>2026-11-24</span></a>",
            "<a href=x><div><span>24</span><em>2026-11</em></div><div>许昌市召开大会</div></a>",
            "<a href=x><span>许昌市召开大会</span><span>2026-11-24</span></a>",
            "<a href=x><div class=pic>图片说明文字</div><div class=tit>许昌市召开大会</div></a>",
        ] {
            assert_eq!(first(row, link_title).as_deref(), Some("许昌市召开大会"), "{row}");
        }
        assert_eq!(first("<a href=x title='许昌市召开大会'>许昌市召…</a>", link_title).as_deref(), Some("许昌市召开大会"));
    }

    #[test]
    fn scripts_open_addresses_too() {
        let table = [
            ("<a href='/x/1.html'>题</a>", Some("/x/1.html")),
            ("<a href='javascript:void(0)' onclick=\"window.open('/x/1.html')\">题</a>", Some("/x/1.html")),
            ("<a href=\"javascript:show('x/1.shtml')\">题</a>", Some("x/1.shtml")),
            ("<a href='#' onclick='location.href=\"info/1020/3.htm\"'>题</a>", Some("info/1020/3.htm")),
            ("<a href='javascript:;' onclick=\"go('12')\">题</a>", None),
            ("<a href='#top'>题</a>", None),
            ("<a href='#/news/1'>题</a>", Some("#/news/1")),
            ("<a name=x>题</a>", None),
        ];
        for (html, expected) in table {
            assert_eq!(first(html, |a| address(a).map(str::to_owned)).as_deref(), expected, "{html}");
        }
    }
}
