//! A sentence beside its article: which letters of the article are in the place of its own.

use std::ops::Range;

use crate::evidence::align::{Block, Gap, align, gaps};
use crate::evidence::article::Article;
use crate::evidence::folded::Folded;
use crate::evidence::support::{Anchor, Fault, StatementKind, Unsupported};

/// Letters on each side of two places that are compared.
const MAX_CONTEXT: usize = 10;
/// Letters before a place that another place needs in common with it, and how many more it needs than the places that say the same.
const MIN_BEFORE: usize = 3;
const MORE_ALIKE: usize = 5;

/// A sentence, aligned with its article.
pub(super) struct Sentence<'a> {
    pub(super) article: &'a Article,
    pub(super) kind: StatementKind,
    pub(super) folded: Folded,
    pub(super) blocks: Vec<Block>,
    pub(super) gaps: Vec<Gap>,
    /// Byte of the text where the sentence starts.
    pub(super) start: usize,
    pub(super) anchors: Vec<Anchor>,
    pub(super) unsupported: Vec<Unsupported>,
}

impl<'a> Sentence<'a> {
    pub(super) fn new(article: &'a Article, kind: StatementKind, text: &str, start: usize) -> Self {
        let folded = Folded::new(text);
        let blocks = align(&folded, &article.folded, &article.index);
        let gaps = gaps(&blocks, &folded, &article.folded);
        Self { article, kind, folded, blocks, gaps, start, anchors: Vec::new(), unsupported: Vec::new() }
    }

    pub(super) fn anchor(&mut self, letters: &Range<usize>, article: &Range<usize>) {
        let (field, bytes) = self.article.place(article);
        self.anchors.push(Anchor { statement: self.bytes(letters), field, article: bytes });
    }

    pub(super) fn bytes(&self, letters: &Range<usize>) -> Range<usize> {
        let own = self.folded.origin(letters);
        self.start + own.start..self.start + own.end
    }

    /// The same in words that are not those of the article's place.
    pub(super) fn complain_in_words(&mut self, fault: Fault, letters: &Range<usize>, said: &str, article_says: &str) {
        self.unsupported.push(Unsupported {
            fault,
            statement: self.bytes(letters),
            said: said.to_owned(),
            article_says: Some(article_says.to_owned()),
        });
    }

    pub(super) fn complain(&mut self, fault: Fault, letters: &Range<usize>, theirs: Option<&Range<usize>>) {
        let article_says = theirs.map(|t| self.article.folded.part(t.clone()).to_owned());
        let said = self.folded.part(letters.clone()).to_owned();
        self.unsupported.push(Unsupported { fault, statement: self.bytes(letters), said, article_says });
    }

    /// The longest common parts are the support of the sentence.
    pub(super) fn anchor_blocks(&mut self) {
        let mut blocks = self.blocks.clone();
        blocks.sort_by_key(|b| std::cmp::Reverse(b.length));
        for b in blocks.iter().take(3) {
            self.anchor(&(b.statement..b.end()), &(b.article..b.article_end()));
        }
    }

    /// Whether it is an editor's note, which is reported only where it contradicts the article.
    pub(super) fn is_note(&self) -> bool {
        self.kind == StatementKind::Note
    }

    /// Whether letters are part of one common part; returns their place in the article.
    pub(super) fn same_in_article(&self, letters: &Range<usize>) -> Option<Range<usize>> {
        let block = self.blocks.iter().find(|b| b.statement <= letters.start && letters.end <= b.end())?;
        let start = block.article + (letters.start - block.statement);
        Some(start..start + letters.len())
    }

    /// Anchors letters that the article has with the same letters around them.
    pub(super) fn anchor_verbatim(&mut self, letters: &Range<usize>) -> bool {
        let around = letters.start.saturating_sub(1)..(letters.end + 2).min(self.folded.len());
        let Some(same) = self.same_in_article(&around).filter(|_| letters.start > 0) else { return false };
        let start = same.start + 1;
        self.anchor(letters, &(start..start + letters.len()));
        true
    }

    /// Returns how many letters before and behind both places are the same.
    fn likeness(&self, own: &Range<usize>, theirs: &Range<usize>) -> (usize, usize) {
        let article = &self.article.folded;
        let pairs = (1..=MAX_CONTEXT)
            .map(|i| (own.start.checked_sub(i).and_then(|at| self.folded.char(at)), theirs.start.checked_sub(i).and_then(|at| article.char(at))));
        let before = pairs.take_while(|(a, b)| a.is_some() && a == b).count();
        let pairs = (0..MAX_CONTEXT).map(|i| (self.folded.char(own.end + i), article.char(theirs.end + i)));
        (before, pairs.take_while(|(a, b)| a.is_some() && a == b).count())
    }

    /// Returns where the article says something else with the same words around it, and says this one only among other words.
    /// `said` tells whether a place of the article says this one.
    pub(super) fn replaced(&self, own: &Range<usize>, places: impl Iterator<Item = (Range<usize>, bool)>) -> Option<Range<usize>> {
        let (mut same, mut other): (usize, Option<(usize, Range<usize>)>) = (0, None);
        for (theirs, is_same) in places {
            let (before, behind) = self.likeness(own, &theirs);
            let all = before + behind;
            if is_same {
                same = same.max(all);
            } else if before >= MIN_BEFORE && other.as_ref().is_none_or(|(best, _)| all > *best) {
                other = Some((all, theirs));
            }
        }
        other.filter(|(all, _)| *all >= same + MORE_ALIKE).map(|(_, theirs)| theirs)
    }

    /// Returns the letters of the article in the place of these.
    pub(super) fn in_place(&self, letters: &Range<usize>) -> Option<Range<usize>> {
        if let Some(same) = self.same_in_article(letters) {
            return Some(same);
        }
        let mut out: Option<Range<usize>> = None;
        for gap in &self.gaps {
            let g = &gap.statement;
            let overlaps = (g.start < letters.end && g.end > letters.start) || (g.is_empty() && letters.start < g.start && g.start < letters.end);
            let Some(place) = gap.article.clone().filter(|_| overlaps) else { continue };
            let from = place.start - usize::from(letters.start < g.start).min(place.start);
            let to = place.end + usize::from(letters.end > g.end);
            out = Some(out.map_or(from..to, |o: Range<usize>| o.start.min(from)..o.end.max(to)));
        }
        out
    }
}

/// Whether two ranges have letters in common.
pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
