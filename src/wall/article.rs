//! What speaks against a wall: a headline and sentences that are not about getting in.

use crate::html::{Edge, Tag};
use crate::knowledge::WALLS;
use crate::wall::marks::{Place, marks};

/// Clauses of a text that count, and the least of a headline, in bytes of their letters: a Chinese one has three, a Latin one has one.
const MIN_PROSE: usize = 90;
const MIN_HEADLINE: usize = 12;
/// Longest block that is kept, in bytes; walls are shorter.
const MAX_BLOCK: usize = 4096;
/// Separators between the parts of a title.
const BETWEEN: [char; 6] = ['-', '_', '|', '–', '—', '·'];
/// Evidence of an article, gathered on one walk over a page.
#[derive(Default)]
pub(super) struct ArticleSigns {
    /// Its title or a heading is more than a label.
    headline: bool,
    /// Its title, or a part of it, says that the page is an entrance.
    label: bool,
    /// Letters of its clauses that are no wall's words, in bytes.
    prose: usize,
    block: String,
    /// Where the walk is inside of: links, scripts and fields, whose texts are no sentences.
    inside: usize,
}

impl ArticleSigns {
    /// Whether the page has a headline and a text of its own.
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

    /// The text since the last edge of a block: clauses count where it is written in sentences.
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

/// Letters of a headline beside its labels, in bytes.
fn beyond_labels(headline: &str) -> usize {
    let mut rest = headline.to_owned();
    for label in WALLS.labels.iter() {
        rest = rest.replace(label, " ");
    }
    letters(&rest)
}
