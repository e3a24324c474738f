//! A link of a list: its address and its title.

use crate::html::{Attr, Edge, NodeRef, Tag};
use crate::knowledge::{Fixed, LISTS};
use crate::text::normalize::{collapse_whitespace, truncate};

/// Shorter link texts are navigation.
pub(super) const MIN_TITLE: usize = 5;
/// Longest title kept, in characters.
const MAX_TITLE: usize = 200;
/// Most elements and texts of one link examined.
const MAX_STEPS: usize = 2_000;

pub(super) fn text_of(e: NodeRef<'_>) -> String {
    collapse_whitespace(&e.texts().take(100).collect::<Vec<_>>().join(" "))
}

/// Returns the address of a link: its `href`, or the address that its script opens.
pub(in crate::discover) fn address(a: NodeRef<'_>) -> Option<&str> {
    static OPENED: Fixed =
        Fixed::new(r#"['"]\s*((?:https?://|\.{0,2}/|[\w-]+/)?[^'"\s<>()]*\.(?:s?html?|aspx?|jsp|php)[^'"\s<>]*|(?:https?:/)?/[\w-][^'"\s<>]*)['"]"#);
    let href = a.attr(Attr::Href).unwrap_or_default().trim();
    let script = href.get(..11).filter(|h| h.eq_ignore_ascii_case("javascript:"));
    let anchor = href.starts_with('#') && !href.starts_with("#/") && !href.starts_with("#!");
    if !href.is_empty() && !anchor && script.is_none() {
        return Some(href);
    }
    let opened = |code| OPENED.captures(code)?.get(1).map(|m| m.as_str());
    let is_address = |v: &&str| !v.is_empty() && v.len() < 2_000 && v.contains(['/', '.', '?']) && !v.contains(['<', ' ', '{']);
    let in_data = || [Attr::DataUrl, Attr::DataHref, Attr::DataLink].into_iter().find_map(|d| a.attr(d).map(str::trim).filter(is_address));
    in_data().or_else(|| a.attr(Attr::Onclick).and_then(opened)).or_else(|| script.and_then(|_| opened(href)))
}

/// Returns whether a text may be a title: longer than a column name, with or without brackets.
pub(super) fn is_title(text: &str) -> bool {
    text.chars().count() >= if in_brackets(text) { 2 * MIN_TITLE } else { MIN_TITLE }
}

fn in_brackets(text: &str) -> bool {
    text.starts_with(['[', '【', '［']) && text.ends_with([']', '】', '］'])
}

/// Returns whether a piece of text is such a mark, with or without brackets.
fn is_mark(piece: &str) -> bool {
    let word = piece.trim_matches(|c: char| c.is_whitespace() || "[]【】［］()（）·|".contains(c)).to_lowercase();
    LISTS.row.marks.contains(&word)
}

/// Returns a title without the marks before it: `[置顶]成都…`.
fn without_marks(title: &str) -> &str {
    let marked = |t: &str| {
        let end = t.find([']', '】', '］']).filter(|end| *end < 20 && t.starts_with(['[', '【', '［']))?;
        let close = t.get(end..)?.chars().next()?.len_utf8();
        let (mark, rest) = t.split_at_checked(end + close)?;
        (is_mark(mark) && rest.trim().chars().count() >= 2).then(|| rest.trim_start().len())
    };
    let rest = marked(title).and_then(|left| title.get(title.len() - left..)).unwrap_or(title);
    rest.trim_start_matches(['·', '•', '■', '▪', '►', '◆', '●', '-', ' '])
}

/// Splits a title from the date at its end: `成都市召开大会 (2026-11-24)`.
pub(super) fn without_date(title: &str) -> (&str, &str) {
    static DATE: Fixed = Fixed::new(r"[\s\[(（【]+{wide_day}(?:\s+{clock})?[\s\])）】]*$");
    let at = DATE.find(title).map(|m| m.start());
    at.filter(|at| title.get(..*at).is_some_and(|t| t.chars().count() >= MIN_TITLE)).and_then(|at| title.split_at_checked(at)).unwrap_or((title, ""))
}

/// Returns the title of a link: its text, or if the text is truncated the `title` of the link or its cell. If a whole row is a link,
/// the part that reads like a title.
pub(super) fn link_title(a: NodeRef<'_>) -> Option<String> {
    let text = shown_title(a);
    let stem = text.trim_end_matches(['.', '…']);
    let is_cut = stem.len() < text.len() && (text.ends_with('…') || text.ends_with(".."));
    // some write title and day on separate lines: `标题：…`, `发布时间：…`
    let first_line = |t: &str| {
        let line = t.trim().split(['\n', '\r']).next().unwrap_or_default();
        LISTS.row.title_labels.iter().find_map(|l| line.strip_prefix(l)).unwrap_or(line).to_owned()
    };
    let own = a.attr(Attr::Title).map(|t| collapse_whitespace(&first_line(t))).unwrap_or_default();
    // a cell or row has the full title if the link truncates it
    let of_row = || a.ancestors().take(3).filter_map(|e| e.attr(Attr::Title)).map(collapse_whitespace).find(|t| t.starts_with(stem));
    let said = if own.is_empty() && is_cut && stem.chars().count() >= MIN_TITLE { of_row().unwrap_or_default() } else { own };
    let longer = said.chars().count() > text.chars().count();
    let whole = said.chars().count() > stem.chars().count() && is_cut || !said.is_empty() && said.starts_with(stem) && (longer || is_cut);
    let chosen = if text.is_empty() || whole { said } else { text };
    let chosen = without_marks(&chosen);
    (!chosen.is_empty()).then(|| truncate(chosen, MAX_TITLE))
}

/// Returns the part of a link's text that is its title: a heading, otherwise the first block that is long enough and no date.
fn shown_title(a: NodeRef<'_>) -> String {
    let blocks = blocks_of(a);
    let texts = || blocks.iter().map(|b| (b.heading, b.text())).filter(|(_, t)| t.chars().count() >= MIN_TITLE);
    let whole = || collapse_whitespace(&blocks.iter().map(Block::text).collect::<String>());
    texts().find(|(heading, _)| *heading).or_else(|| texts().next()).map_or_else(whole, |(_, t)| t)
}

/// The text of one block of a link.
#[derive(Default)]
struct Block {
    heading: bool,
    pieces: Vec<String>,
}

impl Block {
    /// Returns the text without marks and kinds in brackets (`[公开招标]`) in elements of their own.
    fn text(&self) -> String {
        let plain = |n: usize, p: &str| !(is_mark(p) || n == 0 && in_brackets(p.trim()) && p.chars().count() <= 10);
        let kept: String = self.pieces.iter().enumerate().filter(|(n, p)| plain(*n, p)).map(|(_, p)| p.as_str()).collect();
        let kept = collapse_whitespace(&kept);
        if kept.chars().count() >= 2 { kept } else { collapse_whitespace(&self.pieces.concat()) }
    }
}

fn blocks_of(link: NodeRef<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    // number of open headings
    let mut headings = 0;
    for edge in link.walk().take(MAX_STEPS) {
        match edge {
            Edge::Text(_, text) => {
                // a date beside the title, in its own element
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

/// Returns whether a piece of text is a date or part of one, and nothing else.
fn is_date(piece: &str) -> bool {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let others = piece.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace() && !"年月日时分秒-/.:：[]【】()（）".contains(*c)).count();
    digits >= 2 && others == 0
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
        let cases = [
            ("<a href='/x/1.html'>题</a>", Some("/x/1.html")),
            ("<a href='javascript:void(0)' onclick=\"window.open('/x/1.html')\">题</a>", Some("/x/1.html")),
            ("<a href=\"javascript:show('x/1.shtml')\">题</a>", Some("x/1.shtml")),
            ("<a href='#' onclick='location.href=\"info/1020/3.htm\"'>题</a>", Some("info/1020/3.htm")),
            ("<a href='javascript:;' onclick=\"go('12')\">题</a>", None),
            ("<a href='#top'>题</a>", None),
            ("<a href='#/news/1'>题</a>", Some("#/news/1")),
            ("<a name=x>题</a>", None),
        ];
        for (html, expected) in cases {
            assert_eq!(first(html, |a| address(a).map(str::to_owned)).as_deref(), expected, "{html}");
        }
    }
}
