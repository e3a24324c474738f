//! The headline. Candidates: headings, parts of `<title>`, `<meta>`, script data, the line above a byline.

use crate::extract::candidates::{Candidate, Collection, Evidence, Field};
use crate::extract::meta::text_of;
use crate::extract::page::Page;
use crate::extract::page_lines::{by_key, place};
use crate::extract::read;
use crate::html::Tag;
use crate::knowledge::FIELDS;
use crate::text::dates;
use crate::text::normalize::{collapse_whitespace, normalized_key, truncate};

/// Longest title kept, in characters.
pub(super) const MAX_TITLE: usize = 200;
/// Longest heading examined, in bytes.
const LONGEST_HEADING: usize = 900;
/// Most parts of a `<title>`.
const MOST_PARTS: usize = 8;
/// Lines above a byline that may hold the headline.
const MOST_BYLINES: usize = 12;

/// Separators between headline and site name in `<title>`, the longer ones first.
const SEPARATORS: [&str; 17] = [" :: ", " - ", " – ", " — ", " | ", " · ", " • ", " / ", " » ", " « ", "_", "|", "丨", "｜", "»", "—", "-"];

/// Returns the candidates, most probable first.
pub(super) fn candidates(page: &Page<'_>) -> Vec<Candidate<String>> {
    let mut found = Collection::default();
    of_headings(page, &mut found);
    let others = FIELDS.headline.meta.iter().map(|n| (n, "other meta title"));
    for (name, evidence) in std::iter::once(("og:title", "meta og:title")).chain(others) {
        if let Some(value) = page.head.meta.get(name) {
            add_parts(value, evidence, &mut found);
        }
    }
    if let Some(text) = page.head.ld_text("headline") {
        add(&text, &["linked data headline"], &mut found);
    }
    if let Some(text) = &page.head.title {
        add_parts(text, "document title", &mut found);
    }
    if let Some(text) = &page.post.title {
        add(text, &["title in WeChat's script"], &mut found);
    }
    above_bylines(page, &mut found);
    compare(&mut found.all, page);
    found.rated(Field::Title, page.is_chinese)
}

fn add(text: &str, evidence: &[Evidence], found: &mut Collection<String>) {
    let text = truncate(&collapse_whitespace(text), MAX_TITLE);
    let key = normalized_key(&text);
    if !key.is_empty() && !FIELDS.headline.asks.begin(&text) {
        found.add(key, text, evidence);
    }
}

/// Adds a title from the head, and the title without its last parts or without its first parts.
fn add_parts(text: &str, origin: Evidence, found: &mut Collection<String>) {
    let cuts = cuts(text);
    let whole = if cuts.is_empty() { "in one part" } else { "with all its parts" };
    add(text, &[origin, whole], found);
    let longest =
        std::iter::once(0).chain(cuts.iter().map(|c| c.1)).zip(cuts.iter().map(|c| c.0).chain([text.len()])).map(|(a, b)| b.saturating_sub(a)).max();
    for (n, (start, end)) in cuts.iter().enumerate() {
        let (front, back) = (text.get(..*start).unwrap_or_default(), text.get(*end..).unwrap_or_default());
        let left = match cuts.len() - n {
            1 => "without the last part",
            2 => "without the last two parts",
            _ => "without the last three parts or more",
        };
        let mut evidence = vec![origin, left];
        evidence.extend(text.get(*start..*end).is_some_and(|s| s.contains(['–', '—'])).then_some("cut at a dash"));
        evidence.extend((n == 0).then_some("first part"));
        evidence.extend((back.len() < front.len() / 2).then_some("what is cut off is short"));
        evidence.extend((Some(front.trim().len()) >= longest.map(|l| l.saturating_sub(2))).then_some("longest part or more"));
        add(front, &evidence, found);
        let mut evidence = vec![origin, if n == 0 { "without the first part" } else { "a last part" }];
        evidence.extend((Some(back.trim().len()) >= longest.map(|l| l.saturating_sub(2))).then_some("longest part or more"));
        add(back, &evidence, found);
        if let Some((next, _)) = cuts.get(n + 1) {
            add(text.get(*end..*next).unwrap_or_default(), &[origin, "a middle part"], found);
        }
    }
}

/// Returns start and end of each separator at which a title may be cut.
fn cuts(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        if found.last().is_some_and(|(_, end)| at < *end) || at == 0 {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let Some(separator) = SEPARATORS.iter().find(|s| rest.starts_with(**s)) else { continue };
        let end = at + separator.len();
        // a hyphen between letters or figures belongs to the headline: 5G-A, C919-2
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inside = c == '-' && joins(text.get(..at).and_then(|t| t.chars().next_back())) && joins(text.get(end..).and_then(|t| t.chars().next()));
        // `The philosophy – and its flaw` is one headline
        let is_subtitle = separator.contains(['–', '—', '-']) && text.get(end..).is_some_and(|t| t.trim_start().starts_with(char::is_lowercase));
        if !inside && !is_subtitle && end < text.len() && found.len() < MOST_PARTS {
            found.push((at, end));
        }
    }
    found
}

fn of_headings(page: &Page<'_>, found: &mut Collection<String>) {
    let head = [page.head.title.as_deref(), page.head.meta(&["og:title"])].into_iter().flatten().map(normalized_key).collect::<String>();
    let h1s = page.landmarks.headings.iter().filter(|e| e.is(Tag::H1)).count();
    let mut first = true;
    for e in &page.landmarks.headings {
        let Some(text) = read::short_text(e.texts().take(200), LONGEST_HEADING) else { continue };
        let key = normalized_key(&text);
        let kind = match e.tag() {
            Some(Tag::H1) => "h1",
            Some(Tag::H2) => "h2",
            Some(Tag::H3 | Tag::H4 | Tag::H5 | Tag::H6) => "h3 to h6",
            Some(Tag::Td | Tag::B | Tag::Strong | Tag::Font | Tag::A) => "bold or cell",
            _ => "class of a title",
        };
        // there are many of these: they count only if the head confirms them
        if key.is_empty() || kind == "bold or cell" && !head.contains(&key) {
            continue;
        }
        let mut evidence = vec![kind];
        evidence.extend((kind == "h1" && h1s == 1).then_some("the only h1"));
        evidence.extend((kind == "h1" && first).then_some("first h1"));
        evidence.extend(place(*e));
        first &= kind != "h1";
        add(&text, &evidence, found);
    }
}

/// Adds the lines just above a byline with a date.
fn above_bylines(page: &Page<'_>, found: &mut Collection<String>) {
    let lines = page.lines.lines();
    let bylines = lines.iter().enumerate().filter(|(_, l)| l.chars().take(121).count() <= 120 && FIELDS.headline.byline.is_match(l));
    for (n, (i, _)) in bylines.take(MOST_BYLINES).enumerate() {
        for (back, evidence) in [(1, "right above a byline"), (2, "second above a byline")] {
            if let Some(line) = i.checked_sub(back).and_then(|i| lines.get(i)).filter(|l| l.chars().take(101).count() <= 100) {
                add(line, &[evidence, if n == 0 { "above the first byline" } else { "above a later byline" }], found);
            }
        }
    }
}

/// Adds evidence from comparing candidates and from their spelling.
fn compare(all: &mut [Candidate<String>], page: &Page<'_>) {
    let key_of = |text: Option<&str>| text.map(normalized_key).unwrap_or_default();
    let (document, og) = (key_of(page.head.title.as_deref()), key_of(page.head.meta(&["og:title"])));
    let site = key_of(page.head.meta(&["og:site_name", "application-name", "sitename"]));
    let host = page.url.and_then(|u| u.as_url().host_str()).map(|h| h.trim_start_matches("www.").to_owned()).unwrap_or_default();
    let host = normalized_key(host.split('.').next().unwrap_or_default());
    let lines = by_key(page.lines.lines());
    let keys: Vec<String> = all.iter().map(|c| normalized_key(&c.value)).collect();
    for (i, c) in all.iter_mut().enumerate() {
        let Some(key) = keys.get(i) else { continue };
        let n = key.chars().count();
        let origins = c.evidence.iter().filter(|e| ORIGINS.contains(e)).count();
        let line = lines.get(key).copied();
        let behind = |k: usize| line.map(|at| page.lines.lines().iter().skip(at + 1).take(k)).into_iter().flatten();
        let longer = keys.iter().zip(0..).any(|(k, j)| j != i && k.len() > key.len() && k.starts_with(key.as_str()));
        let facts = [
            (n < 4, "under 4 letters"),
            ((4..=7).contains(&n), "4–7 letters"),
            ((8..=14).contains(&n), "8–14 letters"),
            (n > 90, "over 90 letters"),
            (origins == 2, "two origins"),
            (origins == 3, "three origins"),
            (origins > 3, "four origins or more"),
            (!document.is_empty() && document == *key, "is the document title"),
            (!document.is_empty() && document != *key && document.starts_with(key.as_str()), "begins the document title"),
            (!document.starts_with(key.as_str()) && document.contains(key.as_str()), "inside the document title"),
            (!document.is_empty() && !document.contains(key.as_str()), "not in the document title"),
            (!og.is_empty() && og == *key, "is og:title"),
            (!og.is_empty() && og != *key && og.starts_with(key.as_str()), "begins og:title"),
            (!og.is_empty() && !og.contains(key.as_str()), "not in og:title"),
            (site == *key || host == *key, "the site's name"),
            (!site.is_empty() && site != *key && (key.ends_with(&site) || key.starts_with(&site)), "holds the site's name"),
            (n <= 16 && FIELDS.headline.site_endings.end(&c.value), "ends like a site or column"),
            (c.value.ends_with('…') || c.value.ends_with(".."), "cut off"),
            (line.is_some(), "a line of the page"),
            (line.is_none(), "no line of the page"),
            (behind(3).any(|l| dates::shows_date(l)), "a date below"),
            (longer, "another candidate goes on"),
            (c.value.ends_with(['。', '；']), "ends like a sentence"),
        ];
        facts.into_iter().filter(|f| f.0).for_each(|f| c.note(f.1));
    }
}

/// Evidence that names the origin of a value.
const ORIGINS: [Evidence; 10] = [
    "h1",
    "h2",
    "class of a title",
    "meta og:title",
    "other meta title",
    "linked data headline",
    "document title",
    "title in WeChat's script",
    "right above a byline",
    "bold or cell",
];

/// Returns the text of the first `<h1>` that has letters and is not a prompt.
pub(super) fn first_h1(page: &Page<'_>) -> Option<String> {
    let mut headings = page.tree.elements(Tag::H1).map(|e| truncate(&text_of(e), MAX_TITLE));
    headings.find(|t| !t.is_empty() && !FIELDS.headline.asks.begin(t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::testing;

    fn title(page: &str) -> String {
        testing::with_fields(page, |f| f.title().unwrap_or_default())
    }

    #[test]
    fn where_the_head_only_names_the_site_the_dated_heading_is_the_headline() {
        let page = "<html><head><title>公司新闻-河南某某材料股份有限公司</title></head><body><h3>联系我们</h3>\
            <h3>公司六面顶压机通过省级鉴定</h3><p>发布日期：2026-11-20</p></body></html>";
        assert_eq!(title(page), "公司六面顶压机通过省级鉴定");
    }

    #[test]
    fn the_first_heading_stands_in_but_no_longer_than_a_title() {
        let page = format!("<div><h1>{}</h1></div>", "许昌".repeat(3_000));
        let title = title(&page);
        assert!(title.starts_with("许昌") && title.chars().count() <= MAX_TITLE + 1, "{}", title.chars().count());
    }

    #[test]
    fn a_headline_that_the_head_cuts_off_is_read_from_its_heading() {
        let page =
            "<html><head><title>许昌超硬材料产业订单饱满..._某网</title></head><body><h1>许昌超硬材料产业订单饱满 前十月增长一成</h1></body></html>";
        assert_eq!(title(page), "许昌超硬材料产业订单饱满 前十月增长一成");
    }

    #[test]
    fn site_names_are_cut_off_titles() {
        let table = [
            ("许昌发制品出口增长一成_许昌网", "许昌发制品出口增长一成"),
            ("许昌发制品出口增长一成-新闻频道-许昌网", "许昌发制品出口增长一成"),
            ("5G-A商用加速 河南基站破万 - 大河网", "5G-A商用加速 河南基站破万"),
            ("无分隔的标题", "无分隔的标题"),
        ];
        for (text, expected) in table {
            let parts = title_parts(text);
            assert!(parts.contains(&expected.to_owned()), "{parts:?}");
        }
    }

    fn title_parts(text: &str) -> Vec<String> {
        let mut found = Collection::default();
        add_parts(text, "document title", &mut found);
        found.all.into_iter().map(|c| c.value).collect()
    }
}
