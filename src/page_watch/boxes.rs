//! Boxes of a page that are furniture: menus, footers, adverts, offers of other pages.

use crate::extract::nodes::{hidden, names};
use crate::html::{NodeRef, Tag, Tree};
use crate::knowledge::{PAGE_WATCH, Words};
use crate::page_watch::masks::folded;
use crate::text::normalize::{collapse_whitespace, normalized_key};

/// An element with more than this share of the page's letters is no furniture, in percent: by its name, and by its heading.
const MAX_NAMED_SHARE: usize = 75;
const MAX_SHARE: usize = 50;
/// Nodes examined for the first text of a box, and behind a heading.
const MAX_NODES: usize = 200;
/// Longest heading of a box.
const MAX_HEADING: usize = 12;
/// Nodes and bytes of a box that are examined for evidence.
const MAX_BOX_NODES: usize = 500;
const MAX_BOX_BYTES: usize = 8_000;
/// Letters outside links that are a text of its own.
const LONG_TEXT: usize = 40;
/// Fewest links of a menu.
const MENU_LINKS: usize = 3;

/// The furniture of a page.
pub(super) struct Furniture {
    left_out: Vec<bool>,
}

impl Furniture {
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let mut out = Self { left_out: vec![false; tree.len()] };
        let letters = Letters::of(tree);
        for e in tree.root().descendants().filter(|n| n.tag().is_some()) {
            let named = || match named(e) {
                Named::Furniture => true,
                Named::Perhaps => !Evidence::of(e).is_content(),
                Named::Not => false,
            };
            if letters.share(e) <= MAX_NAMED_SHARE && (named() || is_menu(e)) {
                out.leave_out(e);
            }
        }
        out.leave_out_offers(tree, &letters);
        out
    }

    pub(super) fn contains(&self, e: NodeRef<'_>) -> bool {
        self.left_out.get(e.id().index()) == Some(&true)
    }

    fn leave_out(&mut self, e: NodeRef<'_>) {
        self.left_out.get_mut(e.id().index()).into_iter().for_each(|n| *n = true);
    }

    /// Leaves out the boxes whose heading offers other pages.
    fn leave_out_offers(&mut self, tree: &Tree<'_>, letters: &Letters) {
        for text in tree.root().descendants() {
            let Some(words) = text.text().filter(|t| t.len() <= MAX_HEADING * 8 && is_offer(t)) else { continue };
            let length = normalized_key(words).chars().count();
            // the heading is the largest element that says only these words
            let Some(heading) = text.ancestors().take_while(|a| letters.count(*a) <= length).last() else { continue };
            if heading.parent().is_some_and(|b| !b.is(Tag::Body) && first_text_is_in(b, heading) && letters.share(b) <= MAX_SHARE) {
                heading.parent().into_iter().for_each(|b| self.leave_out(b));
                continue;
            }
            // a heading without a box of its own: what stands below it, up to the next heading
            self.leave_out(heading);
            let level = heading.tag().filter(|t| t.is_heading());
            for next in heading
                .next_siblings()
                .take(MAX_NODES)
                .filter(|n| n.tag().is_some())
                .take_while(|n| level.is_none() || !n.tag().is_some_and(Tag::is_heading))
            {
                if letters.share(next) > MAX_SHARE {
                    break;
                }
                self.leave_out(next);
                if level.is_none() {
                    break;
                }
            }
        }
    }
}

fn is_offer(text: &str) -> bool {
    let words = collapse_whitespace(text);
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    PAGE_WATCH.headings.contains(words) && !PAGE_WATCH.headings_of_watched.contains(words)
}

fn first_text_is_in(b: NodeRef<'_>, heading: NodeRef<'_>) -> bool {
    let first = b.descendants().take(MAX_NODES).find(|n| n.text().is_some_and(|t| t.chars().any(char::is_alphanumeric)));
    first.is_some_and(|t| heading.range().contains(&t.id().index()))
}

/// What an element is by its tag, or by class and id.
enum Named {
    Not,
    Furniture,
    /// Its name is a hint, its content decides.
    Perhaps,
}

fn named(e: NodeRef<'_>) -> Named {
    match e.tag() {
        Some(Tag::Nav | Tag::Footer) => return Named::Furniture,
        Some(Tag::Aside) => return Named::Perhaps,
        Some(Tag::Body | Tag::Html) | None => return Named::Not,
        _ => {}
    }
    let names = names(e).to_ascii_lowercase();
    let mut out = Named::Not;
    for name in names.split_ascii_whitespace() {
        let has = |words: &Words| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(word));
        match (has(&PAGE_WATCH.containers), has(&PAGE_WATCH.hints)) {
            (true, _) if !has(&PAGE_WATCH.content_names) => return Named::Furniture,
            (false, false) => {}
            _ => out = Named::Perhaps,
        }
    }
    out
}

/// What a box holds.
#[derive(Default)]
struct Evidence {
    text: String,
    /// Letters, and those of links.
    letters: usize,
    linked: usize,
    links: usize,
    has_rows: bool,
}

impl Evidence {
    fn of(e: NodeRef<'_>) -> Self {
        let (mut out, mut link_end) = (Self::default(), 0);
        for node in e.descendants().take(MAX_BOX_NODES) {
            let in_link = node.id().index() < link_end;
            if node.is(Tag::A) && !in_link {
                link_end = node.range().end;
                out.links += 1;
            }
            out.has_rows |= node.is(Tag::Tr);
            let Some(text) = node.text().filter(|_| !node.ancestors().take(2).any(hidden)) else { continue };
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            out.letters += letters;
            out.linked += if in_link { letters } else { 0 };
            if out.text.len() < MAX_BOX_BYTES {
                out.text.push_str(text);
            }
        }
        out
    }

    /// Whether it holds prices, dates or a long text, and is neither a list of links nor an advert.
    fn is_content(&self) -> bool {
        let text = folded(&self.text);
        if !self.has_rows && PAGE_WATCH.adverts.is_match(&text) {
            return false;
        }
        if self.linked * 2 > self.letters {
            // a notice with one link to its text
            return self.links == 1 && PAGE_WATCH.notices.is_match(&text);
        }
        let has_amount = PAGE_WATCH.amount.find_iter(&text).any(|m| m.as_str().contains(|c: char| c.is_ascii_digit()));
        self.letters - self.linked >= LONG_TEXT || has_amount || PAGE_WATCH.date.is_match(&text)
    }
}

/// Whether an element is a list of links with one to the home page.
fn is_menu(e: NodeRef<'_>) -> bool {
    if !matches!(e.tag(), Some(Tag::Ul | Tag::Ol | Tag::Div | Tag::P | Tag::Tr | Tag::Td)) {
        return false;
    }
    let links: Vec<NodeRef<'_>> =
        e.child_elements().filter_map(|n| if n.is(Tag::A) { Some(n) } else { n.child_elements().next().filter(|c| c.is(Tag::A)) }).collect();
    links.len() >= MENU_LINKS
        && links.iter().any(|a| PAGE_WATCH.menu_items.contains(collapse_whitespace(&a.texts().collect::<String>()).to_lowercase().as_str()))
}

/// Counts visible letters before each node.
struct Letters(Vec<u32>);

impl Letters {
    fn of(tree: &Tree<'_>) -> Self {
        let (mut before, mut count, mut hidden_end) = (Vec::with_capacity(tree.len() + 1), 0u32, 0);
        for node in std::iter::once(tree.root()).chain(tree.root().descendants()) {
            before.push(count);
            let index = node.id().index();
            if node.tag().is_some() && index >= hidden_end && hidden(node) {
                hidden_end = node.range().end;
            }
            if let Some(text) = node.text().filter(|_| index >= hidden_end) {
                let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
                count = count.saturating_add(u32::try_from(letters).unwrap_or(u32::MAX));
            }
        }
        before.push(count);
        Self(before)
    }

    fn count(&self, e: NodeRef<'_>) -> usize {
        let of = |n: usize| self.0.get(n).or(self.0.last()).copied().unwrap_or(0) as usize;
        of(e.range().end).saturating_sub(of(e.range().start))
    }

    /// Returns the share of the page's letters, in percent.
    fn share(&self, e: NodeRef<'_>) -> usize {
        let all = self.0.last().copied().unwrap_or(0) as usize;
        self.count(e) * 100 / all.max(1)
    }
}
