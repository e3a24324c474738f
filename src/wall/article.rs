//! Evidence against a wall: a headline, and sentences that are not about signing in.

use crate::html::{Edge, Tag};
use crate::knowledge::WALLS;
use crate::wall::marks::{Place, marks};

/// Fewest letters of prose, and of a headline, in bytes: a Chinese letter has three, a Latin one has one.
const MIN_PROSE: usize = 90;
const MIN_HEADLINE: usize = 12;
/// Longest block kept, in bytes. Walls are shorter.
const MAX_BLOCK: usize = 4096;
/// Separators between the parts of a title.
const BETWEEN: [char; 6] = ['-', '_', '|', '–', '—', '·'];
/// Evidence for an article, collected in one walk over a page.
#[derive(Default)]
pub(super) struct ArticleSigns {
    /// The title or a heading is more than a label.
    headline: bool,
    /// The title, or a part of it, says that the page is an entrance.
    label: bool,
    /// Letters of clauses without wall words, in bytes.
    prose: usize,
    block: String,
    /// Depth inside links, scripts and form fields, whose texts are not sentences.
    inside: usize,
}

impl ArticleSigns {
    /// Returns whether the page has a headline and a text.
    pub(super) fn is_found(&self) -> bool {
        self.headline && !self.label && self.prose >= MIN_PROSE
    }

    pub(super) fn note(&mut self, edge: Edge<'_>) {
        match edge {
            Edge::Open(_, tag) if is_aside(tag) => self.inside += 1,
            Edge::Close(_, tag) if is_aside(tag) => self.inside = self.inside.saturating_sub(1),
            Edge::Open(_, tag) if !is_inline(tag) => self.end_block(),
            Edge::Close(_, tag @ (Tag::Title | Tag::H1 | Tag::H2)) => self.end_headline(tag),
            Edge::Close(_, tag) if !is_inline(tag) => self.end_block(),
            Edge::Text(_, text) if self.inside == 0 && self.block.len() + text.len() <= MAX_BLOCK => self.block.push_str(text),
            _ => {}
        }
    }

    fn end_headline(&mut self, tag: Tag) {
        let text = std::mem::take(&mut self.block).to_lowercase();
        self.headline |= text.split(BETWEEN).any(|part| beyond_labels(part) >= MIN_HEADLINE);
        // "登录 - 某某网"
        self.label |= tag == Tag::Title && text.split(BETWEEN).any(|part| WALLS.entrances.are_in(part) && beyond_labels(part) == 0);
    }

    /// Counts the clauses of the text since the last block border, if it consists of sentences.
    pub(super) fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block).to_lowercase();
        if !block.contains(['，', '。', '！', '？', '；']) && !block.contains(". ") && !block.trim_end().ends_with('.') {
            return;
        }
        let clauses = block.split(['，', '。', '！', '？', '；', '：', ',', '!', '?', ';']).flat_map(|c| c.split(". "));
        self.prose += clauses.filter(|c| !is_of_walls(c)).map(letters).sum::<usize>();
    }
}

fn is_aside(tag: Tag) -> bool {
    matches!(tag, Tag::A | Tag::Script | Tag::Style | Tag::Noscript | Tag::Template | Tag::Option | Tag::Label | Tag::Button | Tag::Textarea)
}

fn is_inline(tag: Tag) -> bool {
    matches!(tag, Tag::B | Tag::Strong | Tag::Em | Tag::I | Tag::Span | Tag::Font | Tag::U | Tag::Img)
}

fn is_of_walls(clause: &str) -> bool {
    WALLS.addresses.are_in(clause) || marks().any(|m| m.place == Place::Words && clause.contains(m.text))
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).map(char::len_utf8).sum()
}

/// Returns the letters of a headline without its labels, in bytes.
fn beyond_labels(headline: &str) -> usize {
    let mut rest = headline.to_owned();
    for label in WALLS.labels.iter() {
        rest = rest.replace(label, " ");
    }
    letters(&rest)
}
