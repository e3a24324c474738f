//! What the head of a page says, and its title.

use std::collections::HashMap;

use crate::extract::landmarks::Landmarks;
use crate::extract::read;
use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::text::dates;
use crate::text::normalize::{collapse_whitespace, normalized_key, truncate};

/// Longest title kept, in characters.
pub const MAX_TITLE: usize = 200;
/// Most `<meta>` and objects of linked data read.
const MAX_META: usize = 500;
const MAX_LD: usize = 32;
/// Longest heading looked at, in letters.
const LONGEST_HEADING: usize = 120;

const TITLE_NAMES: [&str; 5] = ["articletitle", "og:title", "twitter:title", "dc.title", "title"];

/// Separators between headline and site name in `<title>`.
const TITLE_SEPARATORS: [&str; 12] = ["_", "|", " - ", " – ", " — ", "-", "—", "–", "丨", "｜", " :: ", "»"];

/// What the head of a page says.
pub(super) struct Head {
    pub(super) meta: HashMap<String, String>,
    ld: Vec<serde_json::Value>,
    title: Option<String>,
}

/// The text of an element on one line, its first pieces if there are many.
pub(super) fn text_of(e: NodeRef<'_>) -> String {
    collapse_whitespace(&e.texts().take(200).collect::<String>())
}

/// The text of an element, unless it is too long for a headline.
fn short_heading(e: NodeRef<'_>) -> Option<String> {
    read::short_text(e.texts().take(200), 4 * LONGEST_HEADING * 2)
}

/// The objects of one script of linked data.
fn linked_data(script: NodeRef<'_>) -> Vec<serde_json::Value> {
    match serde_json::from_str::<serde_json::Value>(script.texts().next().unwrap_or_default().trim()) {
        Ok(serde_json::Value::Array(a)) => a,
        Ok(serde_json::Value::Object(o)) => match o.get("@graph") {
            Some(serde_json::Value::Array(a)) => a.clone(),
            _ => vec![serde_json::Value::Object(o)],
        },
        _ => Vec::new(),
    }
}

impl Head {
    pub(super) fn read(tree: &Tree<'_>) -> Self {
        let (mut meta, mut ld, mut title) = (HashMap::new(), Vec::new(), None);
        for e in tree.root().descendants() {
            match e.tag() {
                Some(Tag::Meta) if meta.len() < MAX_META => {
                    let name = [Attr::Name, Attr::Property, Attr::Itemprop, Attr::HttpEquiv].iter().find_map(|a| e.attr(*a));
                    if let (Some(name), Some(content)) = (name, e.attr(Attr::Content).map(collapse_whitespace).filter(|c| !c.is_empty())) {
                        meta.entry(name.trim().to_ascii_lowercase()).or_insert(content);
                    }
                }
                Some(Tag::Title) if title.is_none() => title = Some(text_of(e)).filter(|t| !t.is_empty()),
                Some(Tag::Script) if ld.len() < MAX_LD && e.attr(Attr::Type) == Some("application/ld+json") => ld.extend(linked_data(e)),
                _ => {}
            }
        }
        Self { meta, ld, title }
    }

    pub(super) fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.meta.get(*n)).map(String::as_str)
    }

    /// Every name under a key, parted by commas: of a text, of objects with a name, or of lists of these.
    pub(super) fn ld_names(&self, key: &str) -> Option<String> {
        fn names(value: &serde_json::Value) -> Vec<String> {
            match value {
                serde_json::Value::Array(all) => all.iter().take(6).filter(|v| !v.is_array()).flat_map(names).collect(),
                serde_json::Value::Object(o) => o.get("name").and_then(|n| n.as_str()).map(collapse_whitespace).into_iter().collect(),
                serde_json::Value::String(s) => vec![collapse_whitespace(s)],
                _ => Vec::new(),
            }
        }
        let found = self.ld.iter().filter_map(|v| v.get(key)).map(names).find(|n| !n.is_empty())?;
        Some(found.join(", "))
    }

    pub(super) fn ld_text(&self, key: &str) -> Option<String> {
        self.ld.iter().find_map(|v| match v.get(key)? {
            serde_json::Value::String(s) => Some(collapse_whitespace(s)),
            serde_json::Value::Object(o) => o.get("name").and_then(|n| n.as_str()).map(collapse_whitespace),
            serde_json::Value::Array(a) => a.first().and_then(|f| f.get("name").or(Some(f))).and_then(|n| n.as_str()).map(collapse_whitespace),
            _ => None,
        })
    }
}

/// The headline: a heading whose words lie in `<title>`, else what `<meta>` says, else the longest part of `<title>`; where that
/// only names the site, the one heading with a date below it. `seen`: what a reader sees, line by line.
pub(super) fn title(tree: &Tree<'_>, landmarks: &Landmarks<'_>, head: &Head, seen: &[String]) -> Option<String> {
    let said = head.meta(&TITLE_NAMES).map(str::to_owned).or_else(|| head.ld_text("headline"));
    let document = head.title.clone();
    let whole = normalized_key(&format!("{} {}", document.as_deref().unwrap_or_default(), said.as_deref().unwrap_or_default()));
    let cut_off = [&document, &said].into_iter().flatten().find_map(|t| cut_off(t));
    let mut best: Option<(f64, String)> = None;
    for e in &landmarks.headings {
        let Some(text) = short_heading(*e) else { continue };
        let letters = normalized_key(&text);
        let n = letters.chars().count();
        let fits = whole.contains(&letters) || cut_off.as_ref().is_some_and(|c| letters.starts_with(c));
        if !(4..=LONGEST_HEADING).contains(&n) || !fits {
            continue;
        }
        let weight = match e.tag() {
            Some(Tag::H1) => 1.5,
            Some(Tag::H2 | Tag::H3) => 1.2,
            Some(Tag::Td | Tag::B | Tag::Strong | Tag::Font) => 0.9,
            _ => 1.0,
        };
        let rated = n as f64 * weight;
        if best.as_ref().is_none_or(|(b, _)| rated > *b) {
            best = Some((rated, text));
        }
    }
    let heading = best.map(|(_, t)| t).filter(|t| !is_site_name(t, document.as_deref()));
    let of_head = || said.map(|t| headline_part(&t)).or_else(|| document.map(|t| headline_part(&t)));
    heading
        .or_else(|| match of_head() {
            Some(t) if names_a_site(&t) => dated_heading(landmarks, seen).or(Some(t)),
            t => t,
        })
        .or_else(|| first_h1(tree))
        .map(|t| truncate(&t, MAX_TITLE))
        .filter(|t| !t.is_empty())
}

/// Whether a text names a site or one of its columns, by its end: many sites have the same `<title>` on all pages.
fn names_a_site(text: &str) -> bool {
    const ENDS: [&str; 26] = [
        "公司",
        "集团",
        "官网",
        "网站",
        "门户",
        "首页",
        "网",
        "政府",
        "委员会",
        "局",
        "厅",
        "协会",
        "学会",
        "商会",
        "研究院",
        "研究所",
        "大学",
        "学院",
        "医院",
        "中心",
        "新闻",
        "动态",
        "资讯",
        "详情",
        "正文",
        "公告",
    ];
    ENDS.iter().any(|e| text.ends_with(e))
}

/// The heading with a date right below it, where there is one such and no more: lists have many.
fn dated_heading(landmarks: &Landmarks<'_>, seen: &[String]) -> Option<String> {
    let lines: Vec<String> = seen.iter().map(|l| normalized_key(l)).collect();
    let dated = |letters: &str| {
        let at = lines.iter().position(|l| l == letters);
        at.is_some_and(|at| seen.iter().skip(at + 1).take(2).any(|l| dates::shows_date(l)))
    };
    let named = landmarks
        .headings
        .iter()
        .filter(|e| !matches!(e.tag(), Some(Tag::Td | Tag::B | Tag::Strong | Tag::Font)))
        .take(100)
        .filter_map(|e| short_heading(*e));
    let mut found = named.filter(|t| {
        let letters = normalized_key(t);
        (6..=LONGEST_HEADING).contains(&letters.chars().count()) && dated(&letters)
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// The letters of a headline that the head of the page cuts off: `许昌超硬材料产业…_许昌网`.
fn cut_off(text: &str) -> Option<String> {
    let part = headline_part(text);
    let letters = normalized_key(part.strip_suffix('…').or_else(|| part.strip_suffix(".."))?);
    (letters.chars().count() >= 8).then_some(letters)
}

fn first_h1(tree: &Tree<'_>) -> Option<String> {
    tree.elements(Tag::H1).map(text_of).find(|t| !t.is_empty())
}

/// Whether a heading is only the tail of `<title>`: the site's name, not the headline.
fn is_site_name(heading: &str, document: Option<&str>) -> bool {
    let Some(document) = document else { return false };
    let part = headline_part(document);
    let (h, p) = (normalized_key(heading), normalized_key(&part));
    !p.contains(&h) && !h.contains(&p)
}

/// `<title>` without the site's name: the longest part between separators, the first of equals.
fn headline_part(text: &str) -> String {
    let mut best = text.to_owned();
    for separator in TITLE_SEPARATORS {
        // a bare hyphen between letters or figures belongs to the headline: 5G-A, C919-2
        if separator == "-" && hyphen_inside_word(&best) {
            continue;
        }
        let parts: Vec<&str> = best.split(separator).map(str::trim).filter(|p| !p.is_empty()).collect();
        if parts.len() < 2 {
            continue;
        }
        let first = parts.first().copied().unwrap_or_default();
        let longest = parts.iter().copied().reduce(|a, b| if b.chars().count() > a.chars().count() { b } else { a }).unwrap_or(first);
        let spread = longest.chars().count();
        // a hyphen inside the headline ("5G-A") must not cut it: the rest must look like a site's name
        let rest_is_short = parts.iter().filter(|p| **p != longest).all(|p| p.chars().count() * 2 <= spread + 12);
        if rest_is_short {
            best = if first.chars().count() * 2 >= spread { first.to_owned() } else { longest.to_owned() };
        }
    }
    best
}

fn hyphen_inside_word(text: &str) -> bool {
    let mut parts = text.split('-').peekable();
    while let Some(part) = parts.next() {
        let before = part.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
        if before && parts.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_head_only_names_the_site_the_dated_heading_is_the_headline() {
        let of = |body: &str| {
            let page = format!("<html><head><title>公司新闻-河南某某材料股份有限公司</title></head><body><h3>联系我们</h3>{body}</body></html>");
            let html = Tree::parse(&page);
            title(&html, &Landmarks::of(&html), &Head::read(&html), &crate::extract::read::visible_lines(&html)).unwrap()
        };
        let item = "<h3>公司六面顶压机通过省级鉴定</h3><p>发布日期：2026-11-20</p>";
        assert_eq!(of(item), "公司六面顶压机通过省级鉴定");
        assert_eq!(of(&format!("{item}<h3>公司参加国际磨料展览会</h3><p>2026-11-18</p>")), "河南某某材料股份有限公司", "a list");
        assert_eq!(of("<h3>公司六面顶压机通过省级鉴定</h3><p>浏览：3</p>"), "河南某某材料股份有限公司");
    }

    #[test]
    fn a_headline_that_the_head_cuts_off_is_read_from_its_heading() {
        let page =
            "<html><head><title>许昌超硬材料产业订单饱满..._某网</title></head><body><h1>许昌超硬材料产业订单饱满 前十月增长一成</h1></body></html>";
        let html = Tree::parse(page);
        assert_eq!(title(&html, &Landmarks::of(&html), &Head::read(&html), &[]).as_deref(), Some("许昌超硬材料产业订单饱满 前十月增长一成"));
    }

    #[test]
    fn site_names_are_cut_off_titles() {
        let table = [
            ("许昌发制品出口增长一成_许昌网", "许昌发制品出口增长一成"),
            ("许昌发制品出口增长一成-新闻频道-许昌网", "许昌发制品出口增长一成"),
            ("5G-A商用加速 河南基站破万 - 大河网", "5G-A商用加速 河南基站破万"),
            ("新华网|工信部：制造业数字化转型提速", "工信部：制造业数字化转型提速"),
            ("无分隔的标题", "无分隔的标题"),
        ];
        for (text, expected) in table {
            assert_eq!(headline_part(text), expected);
        }
    }
}
