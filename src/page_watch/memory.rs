//! What earlier looks at a page taught.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::knowledge::PAGE_WATCH;
use crate::page_watch::blocks::Block;
use crate::page_watch::change::{Change, FoundChange, hash};
use crate::page_watch::compare::Comparison;
use crate::page_watch::masks::folded;

/// A place that changed at this many looks in a row is furniture: within a day, and over any time.
const QUICK_STREAK: u32 = 3;
const SLOW_STREAK: u32 = 6;
const QUICK: TimeDelta = TimeDelta::days(1);
/// Looks without a change after which a place counts again.
const CALM_LOOKS: u64 = 10;
/// A change is not told again within this time. A server that shows two versions in turn tells each once.
const TOLD_FOR: TimeDelta = TimeDelta::days(7);
/// Looks at which an odd page must look the same to be the new one.
const ODD_LOOKS: u32 = 3;
/// Most places and told changes remembered.
const MAX_PLACES: usize = 2_000;
const MAX_TOLD: usize = 4_000;
/// Lines remembered of an odd page.
const SKETCH: usize = 64;

/// What is remembered of a page beside its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Looks so far at which the page was read.
    looks: u64,
    places: HashMap<u64, Flicker>,
    /// Changes that were told, and when they were last seen.
    told: HashMap<u64, DateTime<Utc>>,
    odd: Option<OddPage>,
}

/// A place of the page that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Flicker {
    /// Changes at looks in a row, since when, and at which look last.
    streak: u32,
    since: DateTime<Utc>,
    look: u64,
    value: u64,
    ignored: bool,
    /// Shown to admins.
    sample: String,
}

/// A page that has little in common with the stored one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OddPage {
    looks: u32,
    /// The smallest hashes of its lines.
    sketch: Vec<u64>,
}

impl Memory {
    /// Begins a look at a page that could be read.
    pub(super) fn begin_look(&mut self, now: DateTime<Utc>) {
        self.looks += 1;
        let looks = self.looks;
        self.places.retain(|_, p| looks.saturating_sub(p.look) <= CALM_LOOKS);
        self.told.retain(|_, at| now - *at <= TOLD_FOR);
    }

    /// Returns the changes to tell, and whether some were told in the last days. Places that change with every look tell nothing.
    pub(super) fn news(&mut self, comparison: Comparison, now: DateTime<Utc>) -> (Vec<Change>, bool) {
        let (mut out, mut told_before) = (Vec::new(), false);
        let mut counted = HashSet::new();
        for found in comparison.changes {
            // one place may hold several lines, all new
            let ignored = if counted.insert(found.slot) { self.see(&found, now) } else { self.places.get(&found.slot).is_some_and(|p| p.ignored) };
            if ignored {
                continue;
            }
            if self.was_told(found.id, now) {
                told_before = true;
            } else {
                out.push(found.change);
            }
        }
        (out, told_before)
    }

    /// Counts a change at its place on the page; returns whether that place changes too often to be reported.
    fn see(&mut self, found: &FoundChange, now: DateTime<Utc>) -> bool {
        let looks = self.looks;
        let (sample, is_fact) = describe(&found.change);
        if self.places.len() >= MAX_PLACES && !self.places.contains_key(&found.slot) {
            return false;
        }
        let place = self.places.entry(found.slot).or_insert_with(|| Flicker {
            streak: 0,
            since: now,
            look: looks,
            value: 0,
            ignored: false,
            sample: String::new(),
        });
        if place.value == found.value {
            // it differs from the stored version, but not from the last look
            return place.ignored;
        }
        if looks.saturating_sub(place.look) <= 1 {
            place.streak += 1;
        } else {
            (place.streak, place.since) = (1, now);
        }
        (place.value, place.look, place.sample) = (found.value, looks, sample);
        let quick = place.streak >= QUICK_STREAK && now - place.since <= QUICK;
        // a price may change daily: it is a fact
        place.ignored |= !is_fact && (quick || place.streak >= SLOW_STREAK);
        place.ignored
    }

    fn was_told(&mut self, id: u64, now: DateTime<Utc>) -> bool {
        if self.told.len() >= MAX_TOLD && !self.told.contains_key(&id) {
            return false;
        }
        self.told.insert(id, now).is_some()
    }

    /// Counts a look at a page that has little in common with the stored one. Returns whether it has looked the same way often enough.
    pub(super) fn see_odd(&mut self, blocks: &[Block]) -> bool {
        let mut sketch: Vec<u64> = blocks.iter().map(|b| hash(&[&folded(&b.text)])).collect();
        sketch.sort_unstable();
        sketch.dedup();
        sketch.truncate(SKETCH);
        let is_same = |odd: &OddPage| {
            let before: HashSet<&u64> = odd.sketch.iter().collect();
            sketch.iter().filter(|h| before.contains(h)).count() * 2 >= sketch.len().max(odd.sketch.len())
        };
        let looks = self.odd.as_ref().filter(|o| is_same(o)).map_or(0, |o| o.looks) + 1;
        self.odd = Some(OddPage { looks, sketch });
        looks >= ODD_LOOKS
    }

    /// The page looks as usual again, or its odd form is the new one.
    pub(super) fn forget_odd(&mut self) {
        self.odd = None;
    }

    /// Returns a line of each place that is ignored because it changes with every look.
    pub fn ignored(&self) -> Vec<String> {
        let mut out: Vec<String> = self.places.values().filter(|p| p.ignored).map(|p| p.sample.clone()).collect();
        out.sort();
        out
    }
}

/// Returns a line of a change, and whether it tells an amount.
fn describe(change: &Change) -> (String, bool) {
    let (text, label) = match change {
        // a heading names the page, not the figure: 价目表
        Change::Changed { section, new, details, .. } => (new, details.iter().map(|d| d.label.as_str()).filter(|l| l != section).collect::<String>()),
        Change::Added { text, .. } | Change::Removed { text, .. } => (text, String::new()),
    };
    let sample: String = text.replace('\t', " ").chars().take(60).collect();
    let is_fact = PAGE_WATCH.amount.is_match(&folded(&format!("{label}{text}")));
    (sample, is_fact)
}
