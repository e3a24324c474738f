//! Matches every word of the taxonomy with one automaton, at word borders.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, BuildError};

use crate::classify::organisation;
use crate::config::Taxonomy;
use crate::knowledge::CLASSIFY;
use crate::knowledge::gazetteer::divisions;
use crate::text::normalize::{fold_width_and_case, is_han};
use crate::text::segment::Segmented;

/// Words of at least this many Han characters are unambiguous and need no word border.
const MIN_UNAMBIGUOUS_LEN: usize = 4;

/// Returns a text without the names of authorities.
pub(super) fn without_authorities(text: &str) -> Cow<'_, str> {
    CLASSIFY.authority.replace_all(text, "。")
}

/// The label that a word supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum LabelKey {
    Industry(usize),
    IndustryWeak(usize),
    Theme(usize),
    ThemeWeak(usize),
    ColumnTitle(usize),
    ColumnText(usize),
    Place(usize),
    /// A place of the gazetteer, and a place that counts only beside one of its parents.
    Division(usize),
    DivisionInContext(usize),
    Organisation(usize),
    Context,
    OffTopic,
    Exclude,
}

impl LabelKey {
    pub(super) fn industry(i: usize, weak: bool) -> Self {
        if weak { Self::IndustryWeak(i) } else { Self::Industry(i) }
    }

    pub(super) fn theme(i: usize, weak: bool) -> Self {
        if weak { Self::ThemeWeak(i) } else { Self::Theme(i) }
    }

    pub(super) fn place(i: usize) -> Self {
        Self::Place(i)
    }

    pub(super) fn organisation(i: usize) -> Self {
        Self::Organisation(i)
    }

    fn is_topic(self) -> bool {
        matches!(self, Self::Industry(_) | Self::IndustryWeak(_) | Self::Theme(_) | Self::ThemeWeak(_))
    }
}

/// Words found in a text, by label, with their frequencies.
#[derive(Debug, Default)]
pub(super) struct Matches {
    words: HashMap<LabelKey, Vec<(String, usize)>>,
    /// Names of listed organisations, in order.
    pub(super) listed: Vec<ListedName>,
}

/// A listed organisation's name in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedName {
    pub(super) organisation: usize,
    /// Byte range in the folded text.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Matches {
    pub(super) fn get(&self, meaning: LabelKey) -> &[(String, usize)] {
        self.words.get(&meaning).map_or(&[], Vec::as_slice)
    }

    /// Returns the number of different words with this label.
    pub(super) fn count(&self, meaning: LabelKey) -> usize {
        self.get(meaning).len()
    }

    /// Returns number and frequency of each label of an indexed kind.
    pub(super) fn indexed(&self, of: fn(usize) -> LabelKey) -> Vec<(usize, usize)> {
        let kind = std::mem::discriminant(&of(0));
        self.words
            .iter()
            .filter(|(m, _)| std::mem::discriminant(*m) == kind)
            .filter_map(|(m, words)| match m {
                LabelKey::Place(i) | LabelKey::Division(i) | LabelKey::DivisionInContext(i) | LabelKey::Organisation(i) => {
                    Some((*i, words.iter().map(|w| w.1).sum()))
                }
                _ => None,
            })
            .collect()
    }
}

/// A word of the taxonomy, with the conditions that a match must meet.
struct Word {
    /// The taxonomy's spelling.
    text: String,
    meanings: Vec<LabelKey>,
    starts_latin: bool,
    ends_latin: bool,
    /// Whether it is long enough to need no word border.
    is_unambiguous: bool,
}

impl Word {
    fn new((text, meanings): (String, Vec<LabelKey>)) -> Self {
        let is_latin = |c: char| c.is_ascii_alphanumeric();
        Self {
            starts_latin: text.starts_with(is_latin),
            ends_latin: text.ends_with(is_latin),
            is_unambiguous: text.chars().filter(|c| is_han(*c)).count() >= MIN_UNAMBIGUOUS_LEN,
            text,
            meanings,
        }
    }
}

pub(super) struct Matcher {
    automaton: AhoCorasick,
    words: Vec<Word>,
}

impl Matcher {
    pub(super) fn new(taxonomy: &Taxonomy) -> Result<Self, BuildError> {
        let mut words: BTreeMap<String, (String, Vec<LabelKey>)> = BTreeMap::new();
        let mut add = |list: &[String], meaning: LabelKey| {
            for word in list {
                let folded: String = word.chars().map(fold_width_and_case).collect();
                let (_, meanings) = words.entry(folded).or_insert_with(|| (word.clone(), Vec::new()));
                if !meanings.contains(&meaning) {
                    meanings.push(meaning);
                }
            }
        };
        for (i, t) in taxonomy.industries.iter().enumerate() {
            add(&t.terms, LabelKey::Industry(i));
            add(&t.weak, LabelKey::IndustryWeak(i));
            add(&t.exclude, LabelKey::Exclude);
        }
        for (i, t) in taxonomy.themes.iter().enumerate() {
            add(&t.terms, LabelKey::Theme(i));
            add(&t.weak, LabelKey::ThemeWeak(i));
            add(&t.exclude, LabelKey::Exclude);
        }
        for (i, c) in taxonomy.columns.iter().enumerate() {
            add(&c.title, LabelKey::ColumnTitle(i));
            add(&c.text, LabelKey::ColumnText(i));
        }
        taxonomy.places.iter().enumerate().for_each(|(i, p)| add(&p.names, LabelKey::Place(i)));
        let known: HashSet<&str> = taxonomy.places.iter().map(|p| p.name.as_str()).collect();
        for (i, d) in divisions().iter().enumerate().filter(|(_, d)| !known.contains(d.name)) {
            let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<String>>();
            add(&owned(&d.clear), LabelKey::Division(i));
            add(&owned(&d.in_context), LabelKey::DivisionInContext(i));
        }
        taxonomy.organisations.iter().enumerate().for_each(|(i, o)| add(&o.names, LabelKey::Organisation(i)));
        add(&taxonomy.context, LabelKey::Context);
        add(&taxonomy.off_topic, LabelKey::OffTopic);
        words.remove("");
        let automaton = AhoCorasick::new(words.keys())?;
        Ok(Self { automaton, words: words.into_values().map(Word::new).collect() })
    }

    /// Finds every word of the taxonomy in the first `bytes` of a text.
    pub(super) fn find(&self, words: &Segmented, bytes: usize) -> Matches {
        let borders = WordBoundaries::new(words);
        let text = words.text().get(..words.text().floor_char_boundary(bytes)).unwrap_or_default();
        let authorities = CLASSIFY.authority.find_iter(text).map(|m| (m.start(), m.end()));
        let mut excluded: Vec<(usize, usize)> = authorities.chain(organisation::named_for_a_field(words, bytes)).collect();
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for m in self.automaton.find_overlapping_iter(text) {
            let Some(word) = self.words.get(m.pattern().as_usize()) else { continue };
            if word.meanings.contains(&LabelKey::Exclude) {
                excluded.push((m.start(), m.end()));
            }
            if whole_word(text, word, m.start(), m.end(), &borders) {
                found.push((m.start(), m.end(), m.pattern().as_usize()));
            }
        }
        self.collect(&found, &excluded)
    }

    fn listed(&self, found: &[(usize, usize, usize)]) -> Vec<ListedName> {
        let name = |start: usize, end: usize, meaning: &LabelKey| match meaning {
            LabelKey::Organisation(organisation) => Some(ListedName { organisation: *organisation, start, end }),
            _ => None,
        };
        let of = |(start, end, pattern): &(usize, usize, usize)| {
            let meanings = self.words.get(*pattern).map_or(&[][..], |w| &w.meanings);
            meanings.iter().filter_map(|m| name(*start, *end, m)).collect::<Vec<_>>()
        };
        found.iter().flat_map(of).collect()
    }

    fn collect(&self, found: &[(usize, usize, usize)], excluded: &[(usize, usize)]) -> Matches {
        let is_topic = |pattern: usize| self.words.get(pattern).is_some_and(|w| w.meanings.iter().any(|m| m.is_topic()));
        let topics: Vec<(usize, usize)> = found.iter().filter(|f| is_topic(f.2)).map(|f| (f.0, f.1)).collect();
        // 新能源 inside 新能源汽车 does not count separately
        let inside = IntervalSet::new(topics);
        let cancelled = IntervalSet::new(excluded.to_vec());
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let mut topic_counts: BTreeMap<usize, usize> = BTreeMap::new();
        for (start, end, pattern) in found {
            *counts.entry(*pattern).or_default() += 1;
            // an excluded phrase suppresses matches inside it, but may itself be a term of another topic
            if !cancelled.contains(*start, *end) && !inside.contains(*start, *end) {
                *topic_counts.entry(*pattern).or_default() += 1;
            }
        }
        let mut hits = Matches { listed: self.listed(found), ..Matches::default() };
        for (pattern, all) in counts {
            let Some(word) = self.words.get(pattern) else { continue };
            for m in word.meanings.iter().filter(|m| **m != LabelKey::Exclude) {
                let n = if m.is_topic() { topic_counts.get(&pattern).copied().unwrap_or(0) } else { all };
                if n > 0 {
                    hits.words.entry(*m).or_default().push((word.text.clone(), n));
                }
            }
        }
        hits
    }
}

/// Intervals of a text, searchable for one that contains another.
struct IntervalSet {
    /// Sorted by start; for equal starts the longest first.
    stretches: Vec<(usize, usize)>,
    /// The greatest end of all intervals up to this one.
    reach: Vec<usize>,
}

impl IntervalSet {
    fn new(mut stretches: Vec<(usize, usize)>) -> Self {
        stretches.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
        let reach = stretches
            .iter()
            .scan(0, |furthest, (_, end)| {
                *furthest = (*furthest).max(*end);
                Some(*furthest)
            })
            .collect();
        Self { stretches, reach }
    }

    /// Returns whether a longer interval contains this one.
    fn contains(&self, start: usize, end: usize) -> bool {
        // intervals that begin earlier, or begin here and end later
        let count = self.stretches.partition_point(|(s, e)| *s < start || (*s == start && *e > end));
        count.checked_sub(1).and_then(|last| self.reach.get(last)).is_some_and(|reach| *reach >= end)
    }
}

/// Byte offsets at which words begin or end.
struct WordBoundaries(Vec<bool>);

impl WordBoundaries {
    fn new(words: &Segmented) -> Self {
        let mut out = vec![false; words.text().len() + 1];
        for offset in std::iter::once(0).chain(words.ends()) {
            out.get_mut(offset).into_iter().for_each(|b| *b = true);
        }
        Self(out)
    }

    fn contains(&self, offset: usize) -> bool {
        self.0.get(offset).copied().unwrap_or(false)
    }
}

fn whole_word(text: &str, word: &Word, start: usize, end: usize, borders: &WordBoundaries) -> bool {
    let next = || text.get(end..).and_then(|t| t.chars().next());
    let alnum = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if (word.starts_latin && alnum(text.get(..start).and_then(|t| t.chars().next_back()))) || (word.ends_latin && alnum(next())) {
        return false;
    }
    // 芯片业, 机床商: the dictionary may contain or lack the whole word
    let suffixed = || next().filter(|c| CLASSIFY.term_endings.contains(*c)).is_some_and(|c| borders.contains(end + c.len_utf8()));
    let starts_well = word.starts_latin || borders.contains(start);
    let is_whole = starts_well && (word.ends_latin || borders.contains(end) || suffixed());
    word.is_unambiguous || (is_whole && !within_unknown_name(text, start, end, borders))
}

/// Returns whether a word missing from the dictionary is between single characters that are missing too: 平高 in 隆平高科.
fn within_unknown_name(text: &str, start: usize, end: usize, borders: &WordBoundaries) -> bool {
    let of_a_name = |c: &char| is_han(*c) && !CLASSIFY.beside_names.contains(*c);
    let in_pieces = text.get(start..end).is_some_and(|w| w.char_indices().all(|(i, c)| is_han(c) && borders.contains(start + i)));
    let before = text.get(..start).and_then(|t| t.chars().next_back()).filter(of_a_name);
    let after = text.get(end..).and_then(|t| t.chars().next()).filter(of_a_name);
    let alone = |c: char, from: usize| borders.contains(from) && borders.contains(from + c.len_utf8());
    in_pieces && before.is_some_and(|c| alone(c, start - c.len_utf8())) && after.is_some_and(|c| alone(c, end))
}
