//! One look at a page → what to store and what to tell.

use chrono_tz::Tz;

use crate::page_watch::change::Change;
use crate::page_watch::compare::{Comparison, compare};
use crate::page_watch::memory::Memory;
use crate::page_watch::outline::Version;
use crate::page_watch::report::{ChangeReport, report, report_redesign};

/// A page with fewer than one in this many lines of the stored one is odd; so is one that keeps fewer of them.
const ODD_SHARE: usize = 5;
/// Fewest lines of a page whose lines may all be new without being another page.
const MIN_LINES: usize = 5;

/// A look at a page, with the stored version.
#[derive(Debug)]
pub struct Look<'a> {
    /// `None`: the first look, or one with other settings.
    pub stored: Option<&'a Version>,
    pub new: &'a Version,
    /// Name of the page, for titles.
    pub name: &'a str,
    pub zone: Tz,
    /// Fewest characters, new and gone, that are a change.
    pub min_change: u32,
}

/// What follows from a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was stored: this version is the base line.
    BaseLine,
    /// The stored version stays.
    Unchanged,
    /// It differs only in what was told before: stored, not told.
    ToldBefore,
    /// Stored and told.
    Changed(ChangeReport),
    /// It has little in common with the stored version: numbers of lines, stored, new and kept.
    Odd { stored: usize, new: usize, kept: usize },
    /// It has been odd in the same way for several looks: it is the new base line.
    Redesigned(ChangeReport),
}

/// Judges a look, and remembers it.
pub fn judge(look: &Look<'_>, memory: &mut Memory) -> Verdict {
    let now = look.new.seen_at;
    let Some(stored) = look.stored else {
        *memory = Memory::default();
        memory.begin_look(now);
        return Verdict::BaseLine;
    };
    let comparison = compare(stored, look.new, look.zone);
    if is_odd(&comparison) {
        if memory.see_odd(&look.new.blocks) {
            memory.forget_odd();
            return Verdict::Redesigned(report_redesign(look.name, &comparison));
        }
        return Verdict::Odd { stored: comparison.old, new: comparison.new, kept: comparison.kept };
    }
    memory.forget_odd();
    memory.begin_look(now);
    if comparison.changes.is_empty() {
        return Verdict::Unchanged;
    }
    if comparison.changes.iter().map(|c| size(&c.change)).sum::<usize>() < look.min_change as usize {
        return Verdict::Unchanged;
    }
    let (changes, told_before) = memory.news(comparison, now);
    if changes.is_empty() {
        return if told_before { Verdict::ToldBefore } else { Verdict::Unchanged };
    }
    let since = stored.seen_at.with_timezone(&look.zone).format("%Y-%m-%d %H:%M").to_string();
    Verdict::Changed(report(look.name, &changes, &since))
}

/// Few lines say little: all of three prices may change at once.
fn is_odd(c: &Comparison) -> bool {
    c.old >= MIN_LINES && (c.new * ODD_SHARE < c.old || c.kept * ODD_SHARE < c.old)
}

/// Counts the characters of a change, new and gone.
fn size(change: &Change) -> usize {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    match change {
        Change::Added { text, .. } | Change::Removed { text, .. } => letters(text),
        Change::Changed { details, .. } => details.iter().map(|d| differing(&d.old, &d.new)).sum(),
    }
}

/// Counts the characters between the common beginning and the common end of two texts, in both.
fn differing(old: &str, new: &str) -> usize {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count().min(old.len().min(new.len()) - start);
    old.len() + new.len() - 2 * (start + end)
}
