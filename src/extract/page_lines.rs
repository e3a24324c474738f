//! The visible lines of a page, the position of the headline among them, and the kind of place of each line.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::extract::candidates::Evidence;
use crate::html::{Attr, NodeId, NodeRef, Tag, Tree};
use crate::knowledge::automaton;
use crate::text::dates;
use crate::text::normalize::normalized_key;

/// Search this many lines for the headline.
const LINES_OF_HEADLINE: usize = 400;

/// The visible lines of a page.
pub(super) struct PageLines {
    lines: Vec<String>,
    /// The first text node of each line.
    starts: Vec<NodeId>,
    /// Whether a line is mostly links.
    linked: Vec<bool>,
    title: Option<usize>,
}

impl PageLines {
    /// Takes lines with the nodes they begin at.
    pub(super) fn new(lines: Vec<String>, starts: Vec<NodeId>, linked: Vec<bool>) -> Self {
        Self { lines, starts, linked, title: None }
    }

    /// Finds the line of the headline.
    pub(super) fn find_headline(&mut self, title: Option<&str>) {
        self.title = title_line(&self.lines, title);
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Returns the lines around the headline, or none if the headline is not visible.
    pub(super) fn around(&self, before: usize, behind: usize) -> &[String] {
        self.title.map(|i| window(&self.lines, i.saturating_sub(before), i + behind)).unwrap_or_default()
    }

    /// Returns how far below the headline a line is.
    pub(super) fn distance(&self, line: usize) -> Evidence {
        let Some(title) = self.title else { return "no headline seen" };
        match (line.checked_sub(title), title.saturating_sub(line)) {
            (Some(0), _) => "in the headline's line",
            (Some(1..=3), _) => "1–3 lines below the headline",
            (Some(4..=8), _) => "4–8 lines below the headline",
            (Some(9..=20), _) => "9–20 lines below the headline",
            (Some(_), _) => "far below the headline",
            (None, 1..=3) => "1–3 lines above the headline",
            (None, _) => "far above the headline",
        }
    }

    /// Returns the places that contain a line.
    pub(super) fn place(&self, tree: &Tree<'_>, line: usize) -> Vec<Evidence> {
        let mut found = self.starts.get(line).and_then(|id| tree.get(*id)).map(place).unwrap_or_default();
        found.extend((self.linked.get(line) == Some(&true)).then_some("on a line of links"));
        found
    }
}

/// Returns evidence from the elements around a node, without duplicates.
pub(super) fn place(node: NodeRef<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (level, e) in std::iter::once(node).chain(node.ancestors()).enumerate() {
        let by_tag = match e.tag() {
            Some(Tag::A) => Some("in a link"),
            Some(Tag::Li | Tag::Ul | Tag::Ol) => Some("in a list"),
            Some(Tag::Nav | Tag::Footer) => Some("in nav or footer"),
            Some(Tag::Aside) => Some("in aside"),
            Some(Tag::Header) => Some("in header"),
            Some(Tag::Article) => Some("in article"),
            Some(Tag::Main) => Some("in main"),
            Some(Tag::Table | Tag::Tr | Tag::Td) => Some("in a table"),
            Some(Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4) => Some("in a heading"),
            Some(Tag::Form) => Some("in a form"),
            _ => None,
        };
        // the class of a wrapper around the whole page says nothing about a line
        let by_class = by_class(e).into_iter().filter(|(_, near)| level < NEAR || !near).map(|(name, _)| name);
        for evidence in by_tag.into_iter().chain(by_class) {
            if !found.contains(&evidence) && !matches!(e.tag(), Some(Tag::Body | Tag::Html)) {
                found.push(evidence);
            }
        }
    }
    found
}

/// Longest class examined, in bytes.
const LONGEST_CLASS: usize = 400;
/// How many levels up a class says something about a line.
const NEAR: usize = 5;

/// Returns evidence from class and id of an element, in the order of the table.
fn by_class(e: NodeRef<'_>) -> Vec<(Evidence, bool)> {
    static WORDS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
        let (words, classes): (Vec<&str>, Vec<usize>) =
            CLASSES.iter().zip(0..).flat_map(|((_, words, _), n)| words.iter().map(move |w| (*w, n))).unzip();
        (automaton(&words, true), classes)
    });
    let (words, classes) = &*WORDS;
    let names = [Attr::Class, Attr::Id].into_iter().filter_map(|a| e.attr(a)).map(|n| &n[..n.floor_char_boundary(LONGEST_CLASS)]);
    let found = names.flat_map(|n| words.find_overlapping_iter(n).filter_map(|m| classes.get(m.pattern().as_usize())));
    let mask = found.fold(0u32, |mask, n| mask | 1 << n);
    CLASSES.iter().zip(0..).filter(|(_, n)| mask >> n & 1 > 0).map(|((name, _, near), _)| (*name, *near)).collect()
}

/// Evidence, words in class and id that give it, and whether only nearby elements count.
const CLASSES: [(Evidence, &[&str], bool); 10] = [
    ("class of comments", &["comment", "respond", "reply", "disqus", "pinglun"], false),
    (
        "class of related articles",
        &["related", "recommend", "recent", "similar", "latest", "popular", "trending", "teaser", "xgyd", "tuijian", "hot", "more-"],
        false,
    ),
    ("class of a sidebar", &["sidebar", "side-bar", "widget", "secondary", "rightcol", "right-col"], false),
    ("class of a footer", &["footer", "copyright", "bottom", "foot"], false),
    ("class of an event", &["event", "termin", "calendar", "agenda", "veranstaltung"], false),
    ("class of publication", &["publish", "pubdate", "pubtime", "posted", "dateline", "datum"], true),
    ("class of a change", &["updated", "modified", "update-", "revis"], true),
    ("class of a date", &["date", "time", "shijian", "datetime", "datum"], true),
    ("class of a byline", &["byline", "meta", "author", "source", "info", "autor", "credit", "signature"], true),
    ("class of an article", &["article", "post", "entry", "content", "story", "news"], true),
];

fn window(lines: &[String], from: usize, to: usize) -> &[String] {
    lines.get(from.min(lines.len())..to.min(lines.len())).unwrap_or_default()
}

fn title_line(lines: &[String], title: Option<&str>) -> Option<usize> {
    let title = normalized_key(title?);
    // a line of another length cannot be the headline, and most lines are
    let is_alike = |l: &str| (title.len()..=title.len() * 4 + 60).contains(&l.len());
    let among = || lines.iter().take(LINES_OF_HEADLINE).enumerate();
    let exact: Vec<usize> = among().filter(|(_, l)| is_alike(l) && normalized_key(l) == title).map(|(i, _)| i).collect();
    // the last one followed by a date, otherwise the last: earlier ones are echoes and breadcrumbs, later ones lists of hot news
    let dated = |i: &&usize| window(lines, **i + 1, **i + 6).iter().any(|l| dates::shows_date(l));
    let exact = exact.iter().rfind(dated).or(exact.last()).copied();
    exact.or_else(|| among().find(|(_, l)| l.len() >= title.len() && l.chars().count() < 200 && normalized_key(l).contains(&title)).map(|(i, _)| i))
}

/// Returns the lines by their letters, to find lines with equal letters.
pub(super) fn by_key(lines: &[String]) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    for (i, line) in lines.iter().enumerate().take(LINES_OF_HEADLINE * 2) {
        found.entry(normalized_key(line)).or_insert(i);
    }
    found
}
