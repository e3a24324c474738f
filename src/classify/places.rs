//! Places in an article, and its narrowest region.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::matcher::{LabelKey, Matches};
use crate::config::Taxonomy;
use crate::knowledge::gazetteer::{Division, divisions};

/// Most places returned.
const MAX_PLACES: usize = 8;
/// A place in the headline counts as this many mentions in the text.
const IN_TITLE: usize = 3;
/// The widest region.
pub(super) const NATION: &str = "全国";

/// Returns the places of a title and text, most frequent first.
pub(super) fn places(taxonomy: &Taxonomy, title: &Matches, text: &Matches) -> Vec<String> {
    let parts = [(title, IN_TITLE), (text, 1)];
    // frequency, and position in both lists: the taxonomy's places come first
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (hits, weight) in parts {
        for (i, n) in hits.indexed(LabelKey::place) {
            if let Some(p) = taxonomy.places.get(i) {
                counts.entry(&p.name).or_insert((0, i)).0 += n * weight;
            }
        }
        for (i, d, n) in named(hits, LabelKey::Division) {
            counts.entry(d.name).or_insert((0, taxonomy.places.len() + i)).0 += n * weight;
        }
    }
    let clear: BTreeSet<&str> = counts.keys().copied().collect();
    for (hits, weight) in parts {
        for (i, d, n) in named(hits, LabelKey::DivisionInContext).filter(|(_, d, _)| names_a_parent(d, &clear)) {
            counts.entry(d.name).or_insert((0, taxonomy.places.len() + i)).0 += n * weight;
        }
    }
    let mut ranked: Vec<(&str, (usize, usize))> = counts.into_iter().collect();
    ranked.sort_by_key(|(_, (n, place))| (std::cmp::Reverse(*n), *place));
    ranked.into_iter().take(MAX_PLACES).map(|(name, _)| name.to_owned()).collect()
}

/// Returns the narrowest of the taxonomy's levels that the article mentions more than in passing: in the headline, or twice in the
/// text.
pub(super) fn region_scope(taxonomy: &Taxonomy, title: &Matches, text: &Matches) -> String {
    let mut regions: BTreeMap<&str, usize> = BTreeMap::new();
    for (hits, weight) in [(title, 2), (text, 1)] {
        for (i, n) in hits.indexed(LabelKey::place) {
            taxonomy.places.get(i).into_iter().for_each(|p| *regions.entry(&p.region).or_default() += n * weight);
        }
        for (_, d, n) in named(hits, LabelKey::Division) {
            let level = std::iter::once(d).chain(d.parents()).map(|d| d.short).find(|short| taxonomy.levels.iter().any(|l| l == short));
            if let Some(level) = level {
                *regions.entry(level).or_default() += n * weight;
            }
        }
    }
    let level = taxonomy.levels.iter().find(|l| regions.get(l.as_str()).is_some_and(|n| *n > 1));
    level.map_or_else(|| NATION.to_owned(), Clone::clone)
}

fn named(hits: &Matches, of: fn(usize) -> LabelKey) -> impl Iterator<Item = (usize, &'static Division, usize)> {
    hits.indexed(of).into_iter().filter_map(|(i, n)| Some((i, divisions().get(i)?, n)))
}

/// Whether the text also names one of a division's parents.
fn names_a_parent(d: &Division, named: &BTreeSet<&str>) -> bool {
    d.parents().any(|p| named.contains(p.name))
}
