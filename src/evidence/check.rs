//! Compares a sentence with its article.

use std::collections::HashSet;
use std::ops::Range;

use crate::evidence::align::{Block, Gap, align, gaps};
use crate::evidence::article::{Article, Facts};
use crate::evidence::days::Day;
use crate::evidence::figures::Figure;
use crate::evidence::folded::Folded;
use crate::evidence::marks::{self, Direction};
use crate::evidence::names::{is_alias, is_person, names};
use crate::evidence::support::{Anchor, Fault, Statement, StatementKind, Unsupported};
use crate::knowledge::EVIDENCE;
use crate::knowledge::gazetteer;
use crate::text::normalize::is_letter;

/// Share of a sentence's letter pairs that its article has. Below it the sentence comes from somewhere else.
const MIN_SHARE: f64 = 0.5;
/// The same of a headline, which editors word freely.
const MIN_TITLE_SHARE: f64 = 0.34;
/// Letters that a sentence needs for a verdict on its source.
const MIN_LETTERS: usize = 8;
/// How far from a statement its speaker may stand in the article.
const SPEAKER_BEFORE: usize = 260;
const SPEAKER_BEHIND: usize = 80;
/// Most letters of a name that another one may replace.
const MAX_NAME: usize = 12;

/// Checks one sentence of a text.
pub(super) fn check(article: &Article, kind: StatementKind, text: &str, range: Range<usize>) -> Statement {
    let folded = Folded::new(text.get(range.clone()).unwrap_or_default());
    let blocks = align(&folded, &article.folded, &article.index);
    let gaps = gaps(&blocks, &folded, &article.folded);
    let mut sentence = Sentence { article, folded, blocks, gaps, start: range.start, anchors: Vec::new(), unsupported: Vec::new() };
    sentence.anchor_blocks();
    let facts = Facts::new(&sentence.folded, article.published);
    sentence.figures(&facts);
    sentence.days(&facts);
    if kind != StatementKind::Note {
        sentence.directions();
        sentence.negations();
        sentence.speakers();
        sentence.names(&facts);
        sentence.source(if kind == StatementKind::Title { MIN_TITLE_SHARE } else { MIN_SHARE });
    }
    Statement { kind, range, anchors: sentence.anchors, unsupported: sentence.unsupported }
}

struct Sentence<'a> {
    article: &'a Article,
    folded: Folded,
    blocks: Vec<Block>,
    gaps: Vec<Gap>,
    /// Byte of the text where the sentence starts.
    start: usize,
    anchors: Vec<Anchor>,
    unsupported: Vec<Unsupported>,
}

impl Sentence<'_> {
    fn anchor(&mut self, letters: &Range<usize>, article: &Range<usize>) {
        let (field, bytes) = self.article.place(article);
        self.anchors.push(Anchor { statement: self.bytes(letters), field, article: bytes });
    }

    fn bytes(&self, letters: &Range<usize>) -> Range<usize> {
        let own = self.folded.origin(letters);
        self.start + own.start..self.start + own.end
    }

    fn complain(&mut self, fault: Fault, letters: &Range<usize>, theirs: Option<&Range<usize>>) {
        let article_says = theirs.map(|t| self.article.folded.part(t.clone()).to_owned());
        let said = self.folded.part(letters.clone()).to_owned();
        self.unsupported.push(Unsupported { fault, statement: self.bytes(letters), said, article_says });
    }

    /// The longest common parts are the support of the sentence.
    fn anchor_blocks(&mut self) {
        let mut blocks = self.blocks.clone();
        blocks.sort_by_key(|b| std::cmp::Reverse(b.length));
        for b in blocks.iter().take(3) {
            self.anchor(&(b.statement..b.end()), &(b.article..b.article_end()));
        }
    }

    /// Whether letters are part of one common part; returns their place in the article.
    fn same_in_article(&self, letters: &Range<usize>) -> Option<Range<usize>> {
        let block = self.blocks.iter().find(|b| b.statement <= letters.start && letters.end <= b.end())?;
        let start = block.article + (letters.start - block.statement);
        Some(start..start + letters.len())
    }

    /// Anchors letters that the article has with the same letters around them.
    fn anchor_verbatim(&mut self, letters: &Range<usize>) -> bool {
        let around = letters.start.saturating_sub(1)..(letters.end + 2).min(self.folded.len());
        let Some(same) = self.same_in_article(&around).filter(|_| letters.start > 0) else { return false };
        let start = same.start + 1;
        self.anchor(letters, &(start..start + letters.len()));
        true
    }

    /// Returns the letters of the article in the place of these.
    fn in_place(&self, letters: &Range<usize>) -> Option<Range<usize>> {
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

    fn figures(&mut self, facts: &Facts) {
        let directions = marks::directions(&self.folded);
        for figure in &facts.figures {
            if self.anchor_verbatim(&figure.letters) {
                continue;
            }
            let place = self.in_place(&figure.letters);
            let article = self.article;
            let here = || article.figures.iter().filter(|f| place.as_ref().is_some_and(|p| overlap(&f.letters, p)));
            // 下降3.2% is -3.2%
            let falls = directions.iter().any(|(l, d)| *d == Direction::Down && l.end <= figure.letters.start && l.end + 6 >= figure.letters.start);
            let supports = |f: &&Figure| figure.is_supported_by(f) || (falls && figure.is_opposite_of(f));
            let elsewhere = |own: &Figure| article.figures.iter().find(|f| own.is_supported_by(f));
            let found = here().find(supports);
            let contradicts = here().find(|f| figure.is_comparable(f) || figure.differs_in_measure(f)).filter(|f| !self.is_moved(f, facts));
            match (found, contradicts) {
                (Some(f), _) => self.anchor(&figure.letters, &f.letters),
                (None, Some(f)) => {
                    let fault = if figure.differs_in_measure(f) { Fault::Measure } else { Fault::Figure };
                    self.complain(fault, &figure.letters, Some(&f.letters));
                }
                (None, None) => match elsewhere(figure).or_else(|| article.figures.iter().find(supports)) {
                    Some(f) => self.anchor(&figure.letters, &f.letters),
                    None => {
                        let near = article.figures.iter().find(|f| figure.differs_in_measure(f) && !f.unit.is_empty() && !figure.unit.is_empty());
                        let fault = if near.is_some() { Fault::Measure } else { Fault::Figure };
                        self.complain(fault, &figure.letters, near.map(|f| &f.letters));
                    }
                },
            }
        }
    }

    /// Whether the sentence has a figure of the article in another place, so that the editor may have changed the order.
    fn is_moved(&self, theirs: &Figure, facts: &Facts) -> bool {
        let in_place = |own: &Figure| {
            let place = self.in_place(&own.letters);
            self.article.figures.iter().any(|f| place.as_ref().is_some_and(|p| overlap(&f.letters, p)) && own.is_supported_by(f))
        };
        facts.figures.iter().any(|own| own.equals(theirs) && !in_place(own))
    }

    /// The same of a date.
    fn is_moved_day(&self, theirs: &Day, facts: &Facts) -> bool {
        let in_place = |own: &Day| {
            let place = self.in_place(&own.letters);
            self.article.days.iter().any(|d| place.as_ref().is_some_and(|p| overlap(&d.letters, p)) && own.is_supported_by(d))
        };
        facts.days.iter().any(|own| own.is_supported_by(theirs) && !in_place(own))
    }

    fn days(&mut self, facts: &Facts) {
        for day in &facts.days {
            if self.anchor_verbatim(&day.letters) {
                continue;
            }
            let place = self.in_place(&day.letters);
            let article = self.article;
            let here = || article.days.iter().filter(|d| place.as_ref().is_some_and(|p| overlap(&d.letters, p)));
            let found = here().find(|d| day.is_supported_by(d));
            let contradicts = here().find(|d| day.is_like(d)).filter(|d| !self.is_moved_day(d, facts));
            match (found, contradicts) {
                (Some(d), _) => self.anchor(&day.letters, &d.letters),
                (None, Some(d)) => self.complain(Fault::Date, &day.letters, Some(&d.letters)),
                (None, None) => match article.days.iter().find(|d| day.is_supported_by(d)) {
                    Some(d) => self.anchor(&day.letters, &d.letters),
                    None if day.is_of(article.published) => {}
                    None => self.complain(Fault::Date, &day.letters, None),
                },
            }
        }
    }

    fn directions(&mut self) {
        for (letters, direction) in marks::directions(&self.folded) {
            if self.same_in_article(&letters).is_some() {
                continue;
            }
            let article = self.article;
            let place = self.in_place(&letters);
            let here: Vec<_> = article.directions.iter().filter(|(l, _)| place.as_ref().is_some_and(|p| overlap(l, p))).collect();
            let opposite = here.iter().find(|(_, d)| *d != direction);
            if here.iter().any(|(_, d)| *d == direction) {
                continue;
            }
            if let Some((theirs, _)) = opposite {
                self.complain(Fault::Direction, &letters, Some(theirs));
                continue;
            }
            // a paraphrase: the next figure has a direction in the article too
            let theirs = self.direction_of_next_figure(letters.end);
            let is_opposite = theirs.as_ref().is_some_and(|(_, d)| *d != direction);
            if is_opposite || (theirs.is_none() && !article.directions.iter().any(|(_, d)| *d == direction)) {
                self.complain(Fault::Direction, &letters, theirs.filter(|_| is_opposite).map(|t| t.0).as_ref());
            }
        }
    }

    /// Returns the direction that the article gives the figure behind a place of the sentence.
    fn direction_of_next_figure(&self, from: usize) -> Option<(Range<usize>, Direction)> {
        let figures = Facts::new(&self.folded, self.article.published).figures;
        let next = figures.iter().find(|f| f.letters.start >= from && f.letters.start < from + 6)?;
        let theirs = self.article.figures.iter().find(|f| next.equals(f) && (f.unit == "%" || f.unit == "百分点"))?;
        let before = self.article.directions.iter().rfind(|(l, _)| l.end <= theirs.letters.start)?;
        (before.0.end + 6 >= theirs.letters.start).then(|| before.clone())
    }

    fn negations(&mut self) {
        let own = marks::negations(&self.folded);
        for at in 0..self.gaps.len() {
            let Some(gap) = self.gaps.get(at).cloned() else { continue };
            let Some(place) = gap.article.clone() else { continue };
            let inside = |all: &[Range<usize>], part: &Range<usize>| all.iter().filter(|n| overlap(n, part)).cloned().collect::<Vec<_>>();
            let (mine, mut theirs) = (inside(&own, &gap.statement), inside(&self.article.negations, &place));
            // before the first common part, and where a clause was dropped, only a negation of what follows counts
            let is_edge = gap.statement.start == 0 || self.drops_clause(&gap, &place);
            if gap.statement.end >= self.folded.len() && gap.statement.start > 0 {
                theirs.clear();
            } else if is_edge {
                theirs.retain(|n| n.end >= place.end);
            }
            match (mine.as_slice(), theirs.as_slice()) {
                ([], [n, ..]) if !self.has_negation_near(&own, &gap.statement) => {
                    let end = (n.end + 4).min(self.article.folded.len());
                    let letters = gap.statement.start.saturating_sub(1)..(gap.statement.end + 1).min(self.folded.len());
                    self.complain(Fault::Negation, &letters, Some(&(n.start..end)));
                }
                ([n, ..], []) => self.complain(Fault::Negation, n, None),
                _ => {}
            }
        }
    }

    /// Whether the sentence leaves out a whole clause of the article here.
    fn drops_clause(&self, gap: &Gap, place: &Range<usize>) -> bool {
        gap.statement.len() <= 2
            && self.article.folded.chars.get(place.clone()).is_some_and(|c| c.iter().any(|c| matches!(c, ',' | '。' | ';' | '、' | '(' | ')')))
    }

    /// Whether a negation touches the gap: 未 may be in the common part and 能 in the gap.
    fn has_negation_near(&self, own: &[Range<usize>], gap: &Range<usize>) -> bool {
        own.iter().any(|n| n.end + 1 >= gap.start && n.start <= gap.end + 1)
    }

    fn speakers(&mut self) {
        for speaker in marks::speakers(&self.folded) {
            let with_statement = speaker.letters.start..(speaker.end + 3).min(self.folded.len());
            if self.same_in_article(&with_statement).is_some() {
                continue;
            }
            let said = self.folded.part(speaker.letters.clone()).to_owned();
            let is_same = |theirs: &str| theirs.contains(&said) || said.contains(theirs) || is_alias(&said, theirs) || shares_words(&said, theirs);
            if EVIDENCE.speakers.pronouns.contains(&said) || (!self.article.publisher.is_empty() && is_same(&self.article.publisher)) {
                continue;
            }
            let article = self.article;
            let name = |l: &Range<usize>| article.folded.part(l.clone());
            let place = self.in_place(&speaker.letters);
            // what is said has its speaker in the article right before it
            let direct = self.blocks.iter().find(|b| b.end() > speaker.end + 2).and_then(|b| {
                let verb_end = (b.article + speaker.end).saturating_sub(b.statement);
                article.speakers.iter().find(|s| s.end.abs_diff(verb_end) <= 2)
            });
            let here = direct.or_else(|| article.speakers.iter().find(|s| place.as_ref().is_some_and(|p| overlap(&s.letters, p))));
            if let Some(theirs) = here {
                if !is_same(name(&theirs.letters)) && !EVIDENCE.speakers.pronouns.contains(name(&theirs.letters)) {
                    self.complain(Fault::Speaker, &speaker.letters, Some(&theirs.letters));
                    continue;
                }
            }
            // the speaker may stand before or behind what is said
            let Some(about) = self.blocks.iter().find(|b| b.end() > speaker.end).map(|b| b.article) else { continue };
            let near = |s: &&marks::Speaker| s.end + SPEAKER_BEFORE >= about && s.letters.start <= about + SPEAKER_BEHIND;
            // 他说 stands for a speaker who is named before
            let mentioned = article.folded.text.contains(&said);
            let stands_for = |s: &&marks::Speaker| mentioned && EVIDENCE.speakers.pronouns.contains(name(&s.letters));
            let supported = article.speakers.iter().filter(near).find(|s| is_same(name(&s.letters)) || stands_for(s));
            if supported.is_none() {
                let nearest = article.speakers.iter().rfind(|s| s.end <= about + 1 && s.end + SPEAKER_BEFORE >= about);
                if !mentioned || nearest.is_some() {
                    self.complain(Fault::Speaker, &speaker.letters, nearest.map(|s| &s.letters));
                }
            }
        }
    }

    fn names(&mut self, facts: &Facts) {
        let mut seen: HashSet<Range<usize>> = HashSet::new();
        for gap in self.gaps.clone() {
            let widened = gap.statement.start.saturating_sub(1)..(gap.statement.end + 1).min(self.folded.len());
            if gap.statement.is_empty() {
                continue;
            }
            let theirs = gap.article.as_ref().map(|p| names(&self.article.folded, p)).unwrap_or_default();
            let is_tight =
                gap.statement.end < self.folded.len() && gap.statement.len() <= MAX_NAME && gap.article.as_ref().is_some_and(|a| a.len() <= MAX_NAME);
            let mut mine = names(&self.folded, &widened);
            if is_tight && is_person(self.folded.part(gap.statement.clone())) && !mine.iter().any(|n| n.contains(&gap.statement.start)) {
                mine.push(gap.statement.clone());
            }
            for name in mine.into_iter().filter(|n| overlap(n, &gap.statement)) {
                let is_fact = facts.figures.iter().map(|f| &f.letters).chain(facts.days.iter().map(|d| &d.letters)).any(|l| overlap(l, &name));
                if is_fact || !seen.insert(name.clone()) {
                    continue;
                }
                self.name(&name, &theirs, is_tight);
            }
        }
    }

    /// A name that the article lacks, or another name in its place.
    fn name(&mut self, name: &Range<usize>, theirs: &[Range<usize>], is_tight: bool) {
        let said = self.folded.part(name.clone()).to_owned();
        let article = self.article;
        let other = theirs.iter().find(|t| {
            let word = article.folded.part((*t).clone());
            (is_tight || !self.folded.text.contains(word)) && !is_alias(&said, word)
        });
        let short = gazetteer::short_name(&said);
        let is_known = article.folded.text.contains(short) || article.publisher.contains(&said);
        let has_form = theirs.iter().any(|t| is_alias(&said, article.folded.part(t.clone())));
        if (!is_known && !has_form) || (is_known && is_tight && other.is_some()) {
            self.complain(Fault::Name, name, other);
        }
    }

    /// Tells a sentence of another article.
    fn source(&mut self, least: f64) {
        let letters: Vec<char> = self.folded.chars.iter().copied().filter(|c| is_letter(*c)).collect();
        if letters.len() < MIN_LETTERS {
            return;
        }
        let pairs = self.folded.chars.windows(2).filter(|w| w.iter().all(|c| is_letter(*c)));
        let (mut all, mut found) = (0.0, 0.0);
        for pair in pairs {
            all += 1.0;
            found += if self.article.index.contains_pair(pair) { 1.0 } else { 0.0 };
        }
        if found < least * all {
            self.complain(Fault::Foreign, &(0..self.folded.len()), None);
        }
    }
}

/// Whether two texts share half of their letter pairs.
fn shares_words(a: &str, b: &str) -> bool {
    let pairs = |t: &str| t.chars().zip(t.chars().skip(1)).collect::<HashSet<_>>();
    let (a, b) = (pairs(a), pairs(b));
    let least = a.len().min(b.len());
    least > 0 && 2 * a.intersection(&b).count() >= least
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
