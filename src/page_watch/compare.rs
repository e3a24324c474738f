//! Two versions of a page → what changed. Every pass is linear: lines are found by hashes, and similar lines by few common bigrams.

use std::collections::{HashMap, VecDeque};

use chrono_tz::Tz;

use crate::page_watch::blocks::BlockKind;
use crate::page_watch::change::{Change, FoundChange, hash};
use crate::page_watch::details::details;
use crate::page_watch::moves::Homes;
use crate::page_watch::outline::{Line, Version, key_in_section, lines};
use crate::page_watch::similar::{Grams, pairs};

/// Least similarity of two lines at one place, of two lines anywhere, and of two rows at one place.
const SIMILAR_AT_PLACE: f64 = 0.3;
const SIMILAR_ANYWHERE: f64 = 0.5;
/// Longest line that may be replaced by another one at its place: a name, a post.
const MAX_REPLACED: usize = 24;
/// Largest gap whose lines are compared one by one.
const MAX_GAP: usize = 30;

/// What [`compare`] found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// In the order of the new version; what is gone stands where it was.
    pub changes: Vec<FoundChange>,
    /// Lines that both versions have, of how many of the old one, and of the new one.
    pub kept: usize,
    pub old: usize,
    pub new: usize,
}

/// The state of a comparison.
struct Matching<'a> {
    old: Vec<Line<'a>>,
    new: Vec<Line<'a>>,
    /// For each old line its new one, and whether they say the same.
    to_new: Vec<Option<(usize, bool)>>,
    to_old: Vec<Option<usize>>,
}

/// Compares two versions of one page. `zone`: of the source.
pub fn compare(old: &Version, new: &Version, zone: Tz) -> Comparison {
    let (old, new) = (lines(old, zone), lines(new, zone));
    let mut m = Matching { to_new: vec![None; old.len()], to_old: vec![None; new.len()], old, new };
    m.match_equal(key_in_section, |_, _| true);
    m.match_equal(|l| l.key(|m| &m.dated, true), |_, _| true);
    m.match_equal(|l| l.key(|m| &m.undated, true), |_, _| true);
    m.match_equal(|l| l.key(|m| &m.skeleton, true), |a, b| a.masked.says_the_same(&b.masked));
    m.drop_furniture();
    m.pair_labels();
    m.match_equal(|l| l.key(|m| &m.undated, false), |_, _| true);
    m.pair_at_places();
    m.pair_similar();
    m.finish()
}

impl<'a> Matching<'a> {
    fn open_old(&self) -> impl Iterator<Item = (usize, &Line<'a>)> {
        self.old.iter().enumerate().filter(|(o, _)| self.to_new.get(*o) == Some(&None))
    }

    fn open_new(&self) -> impl Iterator<Item = (usize, &Line<'a>)> {
        self.new.iter().enumerate().filter(|(n, _)| self.to_old.get(*n) == Some(&None))
    }

    fn pair(&mut self, o: usize, n: usize, same: bool) {
        if let (Some(to_new), Some(to_old)) = (self.to_new.get_mut(o), self.to_old.get_mut(n)) {
            (*to_new, *to_old) = (Some((n, same)), Some(o));
        }
    }

    /// Matches lines with one key, in order: a line that only moved says nothing new.
    fn match_equal(&mut self, key: impl Fn(&Line<'_>) -> u64, may: impl Fn(&Line<'_>, &Line<'_>) -> bool) {
        let mut by_key: HashMap<u64, VecDeque<usize>> = HashMap::new();
        for (n, line) in self.open_new() {
            by_key.entry(key(line)).or_default().push_back(n);
        }
        let mut found = Vec::new();
        for (o, line) in self.open_old() {
            let Some(waiting) = by_key.get_mut(&key(line)) else { continue };
            if let Some(n) = waiting.front().copied().filter(|n| self.new.get(*n).is_some_and(|new| may(line, new))) {
                waiting.pop_front();
                found.push((o, n));
            }
        }
        for (o, n) in found {
            self.pair(o, n, true);
        }
    }

    /// Lines that show only counters and the date of the look need no partner.
    fn drop_furniture(&mut self) {
        let old: Vec<usize> = self.open_old().filter(|(_, l)| l.is_furniture()).map(|(o, _)| o).collect();
        let new: Vec<usize> = self.open_new().filter(|(_, l)| l.is_furniture()).map(|(n, _)| n).collect();
        for o in old {
            self.to_new.get_mut(o).into_iter().for_each(|t| *t = Some((usize::MAX, true)));
        }
        for n in new {
            self.to_old.get_mut(n).into_iter().for_each(|t| *t = Some(usize::MAX));
        }
    }

    /// Pairs lines that one label names, in one section or, if that is renamed, anywhere. A label that two lines have names neither.
    fn pair_labels(&mut self) {
        for in_section in [true, false] {
            let mut by_label: HashMap<(BlockKind, &str, &str), Vec<usize>> = HashMap::new();
            let label = |l: &Line<'a>| (l.kind, if in_section { l.section } else { "" }, l.label());
            for (n, line) in self.open_new().filter(|(_, l)| !l.label().is_empty()) {
                by_label.entry(label(line)).or_default().push(n);
            }
            let mut of_old: HashMap<(BlockKind, &str, &str), Vec<usize>> = HashMap::new();
            for (o, line) in self.open_old().filter(|(_, l)| !l.label().is_empty()) {
                of_old.entry(label(line)).or_default().push(o);
            }
            let mut found = Vec::new();
            for (label, old) in of_old {
                if let (Some([n]), [o]) = (by_label.get(&label).map(Vec::as_slice), old.as_slice()) {
                    found.push((*o, *n));
                }
            }
            for (o, n) in found {
                self.pair_if_changed(o, n);
            }
        }
    }

    /// Pairs lines between the same neighbours.
    fn pair_at_places(&mut self) {
        let mut gaps: HashMap<usize, (Vec<usize>, Vec<usize>)> = HashMap::new();
        let mut before = usize::MAX;
        for (o, to) in self.to_new.iter().enumerate() {
            match to {
                Some((n, _)) if *n != usize::MAX => before = *n,
                Some(_) => {}
                None => gaps.entry(before).or_default().0.push(o),
            }
        }
        before = usize::MAX;
        for (n, to) in self.to_old.iter().enumerate() {
            match to {
                Some(o) if *o != usize::MAX => before = n,
                Some(_) => {}
                None => gaps.entry(before).or_default().1.push(n),
            }
        }
        let mut found = Vec::new();
        for (old, new) in gaps.into_values().filter(|(old, new)| old.len().max(new.len()) <= MAX_GAP) {
            let only = old.len() == 1 && new.len() == 1;
            let mut taken = vec![false; new.len()];
            for o in &old {
                let best = new.iter().enumerate().filter(|(i, _)| taken.get(*i) == Some(&false));
                let best = best.filter_map(|(i, n)| Some((i, *n, alike(self.old.get(*o)?, self.new.get(*n)?, only)?)));
                if let Some((i, n, _)) = best.max_by(|a, b| a.2.total_cmp(&b.2).then(b.0.cmp(&a.0))) {
                    taken.get_mut(i).into_iter().for_each(|t| *t = true);
                    found.push((*o, n));
                }
            }
        }
        for (o, n) in found {
            self.pair_if_changed(o, n);
        }
    }

    /// Pairs similar lines of any places.
    fn pair_similar(&mut self) {
        let of = |l: &Line<'a>| l.text;
        let old: Vec<(usize, &str)> = self.open_old().map(|(o, l)| (o, of(l))).collect();
        let new: Vec<(usize, &str)> = self.open_new().map(|(n, l)| (n, of(l))).collect();
        let found = pairs(&old, &new, SIMILAR_ANYWHERE);
        for (o, n) in found {
            let both = self.old.get(o).zip(self.new.get(n));
            // rows of different labels are different things
            if both.is_some_and(|(a, b)| a.kind == b.kind && (a.kind != BlockKind::Row || a.label() == b.label())) {
                self.pair_if_changed(o, n);
            }
        }
    }

    fn pair_if_changed(&mut self, o: usize, n: usize) {
        let same = self.old.get(o).zip(self.new.get(n)).is_some_and(|(a, b)| a.masked.says_the_same(&b.masked));
        self.pair(o, n, same);
    }

    fn finish(self) -> Comparison {
        let homes = Homes::of(&self.old, &self.new);
        let mut out = Comparison { old: self.old.len(), new: self.new.len(), ..Comparison::default() };
        let is_kept = |(o, to): (usize, &Option<(usize, bool)>)| match to {
            Some((_, true)) => true,
            Some((n, false)) => self.old.get(o).zip(self.new.get(*n)).is_some_and(|(a, b)| is_one_thing(a, b)),
            None => false,
        };
        out.kept = self.to_new.iter().enumerate().filter(|(o, to)| is_kept((*o, to))).count();
        // old lines without a partner, by the old line before them
        let mut next_old = 0;
        let mut anchor = 0;
        for (n, to) in self.to_old.iter().enumerate() {
            let partner = to.filter(|o| *o != usize::MAX);
            if let Some(o) = partner {
                while next_old <= o {
                    self.push_removed(&mut out.changes, next_old, anchor);
                    next_old += 1;
                }
            }
            let Some(new) = self.new.get(n) else { continue };
            match (partner.and_then(|o| self.old.get(o).map(|old| (o, old))), to) {
                (Some((o, old)), _) if self.to_new.get(o).is_some_and(|t| t.is_some_and(|(_, same)| !same)) => {
                    out.changes.extend(changed(old, new, anchor));
                }
                (Some((_, old)), _) => {
                    anchor = new.key(|m| &m.undated, true);
                    out.changes.extend(homes.moved(old, new));
                }
                (None, None) => push(&mut out.changes, added(new, anchor), new.name),
                (None, Some(_)) => {}
            }
        }
        for o in next_old..self.old.len() {
            self.push_removed(&mut out.changes, o, anchor);
        }
        out
    }

    fn push_removed(&self, changes: &mut Vec<FoundChange>, o: usize, anchor: u64) {
        let Some(line) = self.old.get(o).filter(|_| self.to_new.get(o) == Some(&None)) else { return };
        let change = Change::Removed { section: line.section.to_owned(), text: line.text.to_owned() };
        let slot = hash(&["-", line.section, &anchor.to_string()]);
        let found = FoundChange { change, slot, value: hash(&[&line.masked.undated]), id: hash(&["-", line.section, &line.masked.undated]) };
        push(changes, found, line.name);
    }
}

/// Adds a change. A value goes with its name if that came or went as well: they are one thing.
fn push(changes: &mut Vec<FoundChange>, found: FoundChange, name: &str) {
    if let Some(last) = changes.last_mut().filter(|_| !name.is_empty())
        && let (Change::Added { text, .. }, Change::Added { text: value, .. }) | (Change::Removed { text, .. }, Change::Removed { text: value, .. }) =
            (&mut last.change, &found.change)
        && text.split('\t').next() == Some(name)
    {
        text.push('\t');
        text.push_str(value);
        last.id ^= found.id;
        last.value ^= found.value;
        return;
    }
    changes.push(found);
}

/// Returns how likely two lines at one place are the same thing, or `None`.
fn alike(old: &Line<'_>, new: &Line<'_>, only: bool) -> Option<f64> {
    if old.kind != new.kind {
        return None;
    }
    let similarity = Grams::of(&old.masked.undated).similarity(&Grams::of(&new.masked.undated));
    let short = |l: &Line<'_>| l.masked.undated.chars().count() <= MAX_REPLACED;
    let replaced = match old.kind {
        // one cell stays: another person in the same post
        BlockKind::Row => {
            old.cells.len() == new.cells.len()
                && old.cells.iter().zip(&new.cells).any(|(a, b)| !a.undated.is_empty() && a == b)
                && (only || old.label() == new.label())
        }
        BlockKind::TableHead => old.cells.len() == new.cells.len(),
        BlockKind::Text | BlockKind::Heading => only && short(old) && short(new) && old.section == new.section,
        BlockKind::Item => false,
    };
    let least = if old.kind == BlockKind::Row { SIMILAR_ANYWHERE } else { SIMILAR_AT_PLACE };
    let differ = old.kind == BlockKind::Row && !only && old.label() != new.label();
    (replaced || similarity >= least && !differ).then_some(similarity)
}

/// Whether a changed line is surely the same thing, and not another one at its place.
fn is_one_thing(old: &Line<'_>, new: &Line<'_>) -> bool {
    let one_label = !new.label().is_empty() && old.label() == new.label();
    one_label || Grams::of(&old.masked.undated).similarity(&Grams::of(&new.masked.undated)) >= SIMILAR_AT_PLACE
}

fn changed(old: &Line<'_>, new: &Line<'_>, anchor: u64) -> Option<FoundChange> {
    let details = details(old, new);
    if details.is_empty() {
        return None;
    }
    let (was, is) = (&old.masked.undated, &new.masked.undated);
    let change = Change::Changed { section: new.section.to_owned(), old: old.text.to_owned(), new: new.text.to_owned(), details };
    let slot = if new.label().is_empty() { hash(&["-", new.section, &anchor.to_string()]) } else { hash(&["=", new.section, new.label()]) };
    Some(FoundChange { change, slot, value: hash(&[is]), id: hash(&["=", new.section, was, is]) })
}

fn added(line: &Line<'_>, anchor: u64) -> FoundChange {
    let change = Change::Added { section: line.section.to_owned(), text: line.text.to_owned() };
    let slot = hash(&["-", line.section, &anchor.to_string()]);
    FoundChange { change, slot, value: hash(&[&line.masked.undated]), id: hash(&["+", line.section, &line.masked.undated]) }
}
