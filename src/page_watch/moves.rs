//! Lines that stand below another heading now: 在售 → 停产.

use std::collections::HashMap;

use crate::page_watch::blocks::BlockKind;
use crate::page_watch::change::{Change, FoundChange, hash};
use crate::page_watch::details::Detail;
use crate::page_watch::outline::Line;
use crate::text::normalize::truncate;

/// Longest name of a line that moved.
const MAX_NAME: usize = 24;

/// The headings, and rows that name parts of tables, that both versions have, with their first lines in each.
pub(super) struct Homes(HashMap<String, (usize, usize)>);

impl Homes {
    pub(super) fn of(old: &[Line<'_>], new: &[Line<'_>]) -> Self {
        let firsts = |lines: &[Line<'_>]| {
            let mut out: HashMap<String, usize> = HashMap::new();
            for (n, line) in lines.iter().enumerate() {
                let (section, group) = line.home();
                out.entry(section).or_insert(n);
                out.entry(group).or_insert(n);
            }
            out
        };
        let new = firsts(new);
        Self(firsts(old).into_iter().filter_map(|(home, o)| new.get(&home).copied().map(|n| (home, (o, n)))).collect())
    }

    /// Whether two homes stand in one order in both versions. If not, they were sorted anew, and what follows them did not move.
    fn stay(&self, a: &str, b: &str) -> bool {
        self.0.get(a).zip(self.0.get(b)).is_some_and(|(a, b)| a.0.cmp(&b.0) == a.1.cmp(&b.1))
    }

    /// Returns the change if an item or row stands below another heading now: 在售 → 停产. A heading that is new or gone
    /// has only been put in or renamed, which is told itself. A value goes with its name.
    pub(super) fn moved(&self, old: &Line<'_>, new: &Line<'_>) -> Option<FoundChange> {
        let (was, is) = (old.home(), new.home());
        let goes_with_its_name = !new.name.is_empty() && new.name != new.section && old.name == new.name;
        if was == is || goes_with_its_name || matches!(new.kind, BlockKind::Heading | BlockKind::TableHead) {
            return None;
        }
        let (from, to) = if was.1 == is.1 || old.group.is_empty() || new.group.is_empty() {
            ((was.0 != is.0).then_some((&was.0, old.section))?, (&is.0, new.section))
        } else {
            ((&was.1, old.group), (&is.1, new.group))
        };
        if from.0.is_empty() || to.0.is_empty() || !self.stay(from.0, to.0) {
            return None;
        }
        let label = if new.is_row() && !new.label().is_empty() { new.label() } else { new.text };
        let details = vec![Detail { label: truncate(label, MAX_NAME), old: from.1.to_owned(), new: to.1.to_owned() }];
        let change = Change::Changed { section: new.section.to_owned(), old: old.text.to_owned(), new: new.text.to_owned(), details };
        let text = &new.masked.undated;
        Some(FoundChange { change, slot: hash(&["^", text]), value: hash(&[to.0]), id: hash(&["^", from.0, to.0, text]) })
    }
}
