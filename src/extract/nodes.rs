//! Classes of elements: blocks, hidden elements, elements outside any article.

use crate::html::{Attr, NodeId, NodeRef, Tag};

/// Returns whether an element is part of no article.
pub(super) type SkipFn = fn(NodeRef<'_>) -> bool;

/// A set of nodes of one tree.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeSet(Vec<bool>);

impl NodeSet {
    pub(super) fn insert(&mut self, id: NodeId) {
        if self.0.len() <= id.index() {
            self.0.resize(id.index() + 1, false);
        }
        if let Some(slot) = self.0.get_mut(id.index()) {
            *slot = true;
        }
    }

    pub(super) fn contains(&self, id: NodeId) -> bool {
        self.0.get(id.index()).copied().unwrap_or(false)
    }
}

impl Extend<NodeId> for NodeSet {
    fn extend<I: IntoIterator<Item = NodeId>>(&mut self, ids: I) {
        ids.into_iter().for_each(|id| self.insert(id));
    }
}

/// Elements whose content is never text of the page.
fn is_never_text(tag: Tag) -> bool {
    use Tag::*;
    let of_scripts = matches!(tag, Script | Style | Noscript | Template | Head | Title);
    let of_forms = matches!(tag, Select | Option | Button | Input | Textarea);
    of_scripts || of_forms || matches!(tag, Iframe | Noframes | Object | Embed | Svg | Math | Canvas | Video | Audio | Map)
}

/// Elements whose content is never part of the article, although they may contain bylines.
fn is_never_body(tag: Tag) -> bool {
    matches!(tag, Tag::Nav | Tag::Footer | Tag::Aside | Tag::Figcaption)
}

/// Elements that begin a new line.
pub(crate) fn is_block(tag: Tag) -> bool {
    use Tag::*;
    let of_text = matches!(tag, Address | Article | Blockquote | Body | Center | Details | Div | Fieldset | Figcaption | Figure | Form | Hr);
    let of_lists = matches!(tag, Dd | Dl | Dt | Li | Ol | Ul | Table | Tbody | Tr);
    of_text || of_lists || tag.is_heading() || matches!(tag, Header | Main | P | Pre | Section)
}

pub(super) fn skipped(e: NodeRef<'_>) -> bool {
    e.tag().is_some_and(is_never_body) || hidden(e)
}

/// Returns whether an element is invisible to readers.
pub(crate) fn hidden(e: NodeRef<'_>) -> bool {
    let Some(tag) = e.tag() else { return false };
    if is_never_text(tag) {
        return true;
    }
    let shown_instead = || e.attr(Attr::Class).is_some_and(|c| c.contains("fallback"));
    e.attrs().any(|(attr, value)| match attr {
        Attr::Hidden => !is_streamed(e),
        Attr::AriaHidden => value == "true" && !shown_instead(),
        Attr::Style => hides(value),
        _ => false,
    })
}

/// Whether a script puts an element into its place: React sends late parts of a page as `<div hidden id="S:1">` (`renderToPipeableStream`).
fn is_streamed(e: NodeRef<'_>) -> bool {
    let number = e.attr(Attr::Id).and_then(|id| id.strip_prefix("S:"));
    number.is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Length of the shortest hiding style, `display:none`.
const MIN_HIDING: usize = 12;

/// Ignores `visibility: hidden`: 公众号 and others show their text by a script.
fn hides(style: &str) -> bool {
    if style.len() < MIN_HIDING || !contains_word(style, b"none") {
        return false;
    }
    style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase().contains("display:none")
}

fn contains_word(text: &str, word: &[u8]) -> bool {
    text.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}

pub(crate) fn names(e: NodeRef<'_>) -> String {
    format!("{} {}", e.attr(Attr::Class).unwrap_or_default(), e.attr(Attr::Id).unwrap_or_default())
}
