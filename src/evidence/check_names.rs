//! Names of a sentence, and who says it.

use std::collections::HashSet;
use std::ops::Range;

use crate::evidence::article::Facts;
use crate::evidence::marks;
use crate::evidence::names::{is_alias, is_person, is_short_form, kind, names, starts_word};
use crate::evidence::sentence::{Sentence, overlap};
use crate::evidence::support::Fault;
use crate::knowledge::EVIDENCE;
use crate::knowledge::gazetteer;

/// How far from a statement its speaker may stand in the article.
const SPEAKER_BEFORE: usize = 260;
const SPEAKER_BEHIND: usize = 80;
/// Most letters of a name that another one may replace.
const MAX_NAME: usize = 12;

impl Sentence<'_> {
    pub(super) fn speakers(&mut self) {
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
            let other = |theirs: &str| !is_same(theirs) && !EVIDENCE.speakers.pronouns.contains(theirs);
            if let Some(theirs) = here.filter(|s| other(name(&s.letters))) {
                self.complain(Fault::Speaker, &speaker.letters, Some(&theirs.letters));
                continue;
            }
            // the speaker may stand before or behind what is said
            let Some(about) = self.blocks.iter().find(|b| b.end() > speaker.end).map(|b| b.article) else { continue };
            let near = |s: &&marks::Speaker| s.end + SPEAKER_BEFORE >= about && s.letters.start <= about + SPEAKER_BEHIND;
            // 他说 refers to a speaker named earlier
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

    pub(super) fn names(&mut self, facts: &Facts) {
        self.anchor_names();
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
            if let Some((own, place)) = gap.article.as_ref().and_then(|place| self.other_person(&gap.statement, place)) {
                if seen.insert(own.clone()) {
                    self.complain(Fault::Name, &own, Some(&place));
                }
                continue;
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

    /// Returns two persons who differ in the letters of a gap: 刘海波 for 刘海涛.
    fn other_person(&self, gap: &Range<usize>, place: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        if gap.len() > 2 || place.len() > 2 || place.is_empty() {
            return None;
        }
        (1..=2).find_map(|before| {
            let own = gap.start.checked_sub(before)?..gap.end;
            let theirs = place.start.checked_sub(before)?..place.end;
            let (mine, other) = (self.folded.part(own.clone()), self.article.folded.part(theirs.clone()));
            let are_persons = own.len() == 3 && theirs.len() == 3 && is_person(mine) && is_person(other);
            let are_words = || starts_word(&self.folded, own.start) && starts_word(&self.article.folded, theirs.start);
            (are_persons && !self.article.folded.text.contains(mine) && are_words()).then_some((own, theirs))
        })
    }

    /// Names that the article has, in the same place or elsewhere, have their support there.
    fn anchor_names(&mut self) {
        let article = self.article;
        for name in names(&self.folded, &(0..self.folded.len())) {
            let elsewhere = || {
                let word = self.folded.part(name.clone());
                article.folded.text.find(word).map(|at| article.folded.letters(at..at + word.len()))
            };
            if let Some(theirs) = self.same_in_article(&name).or_else(elsewhere) {
                self.anchor(&name, &theirs);
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
        // a name that the article has elsewhere is replaced only by one of its kind: 成都 before 海关 is added
        let is_replaced = is_tight && other.is_some_and(|t| !is_known || kind(&said) == kind(article.folded.part(t.clone())));
        let has_form = has_form || (!is_known && is_short_form(&said, &article.folded));
        if (!is_known && !has_form && (is_replaced || !self.is_note())) || (is_known && is_replaced) {
            self.complain(Fault::Name, name, other);
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
