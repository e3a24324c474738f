//! What elements are: blocks, hidden, outside any article.

use ego_tree::{NodeId, NodeRef};
use rustc_hash::{FxHashMap, FxHashSet};
use scraper::node::Element;
use scraper::{ElementRef, Node};

/// What is known of some elements; ids are our own numbers, so the hash need not fear anybody.
pub(super) type NodeMap<T> = FxHashMap<NodeId, T>;
/// Some elements.
pub(super) type NodeSet = FxHashSet<NodeId>;

/// Elements whose content is never text of the page.
fn is_never_text(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "iframe"
            | "object"
            | "embed"
            | "svg"
            | "math"
            | "canvas"
            | "video"
            | "audio"
            | "select"
            | "option"
            | "button"
            | "input"
            | "textarea"
            | "head"
            | "map"
    )
}

/// Elements whose content is never part of the article, though bylines may stand there.
fn is_never_body(name: &str) -> bool {
    matches!(name, "nav" | "footer" | "aside" | "figcaption")
}

/// Elements that begin a new line.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "tbody"
            | "tr"
            | "ul"
            | "details"
    )
}

/// Length of the shortest style that hides, `display:none`.
const MIN_HIDING: usize = 12;

/// An attribute by its name. `Element::attr` makes an atom of the name each time, which costs more than to look at the few
/// attributes an element has.
pub(super) fn attr<'a>(e: &'a Element, name: &str) -> Option<&'a str> {
    e.attrs().find(|(n, _)| *n == name).map(|(_, value)| value)
}

pub(super) fn element(node: NodeRef<'_, Node>) -> Option<ElementRef<'_>> {
    ElementRef::wrap(node)
}

pub(super) fn skipped(e: &ElementRef<'_>) -> bool {
    is_never_body(e.value().name()) || hidden(e)
}

pub(super) fn hidden(e: &ElementRef<'_>) -> bool {
    let v = e.value();
    is_never_text(v.name())
        || attr(v, "hidden").is_some()
        || attr(v, "aria-hidden") == Some("true") && attr(v, "class").is_none_or(|c| !c.contains("fallback"))
        || attr(v, "style").filter(|s| s.len() >= MIN_HIDING).is_some_and(|s| {
            if !contains_word(s, b"none") && !contains_word(s, b"hidden") {
                return false;
            }
            let s: String = s.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
            s.contains("display:none") || s.contains("visibility:hidden") && !s.contains("opacity:0")
        })
}

fn contains_word(text: &str, word: &[u8]) -> bool {
    text.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}

pub(super) fn names(e: &ElementRef<'_>) -> String {
    let v = e.value();
    format!("{} {}", attr(v, "class").unwrap_or_default(), attr(v, "id").unwrap_or_default())
}
