//! Every word of the taxonomy in one automaton, with word borders.

use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, BuildError};

use crate::config::Taxonomy;
use crate::text::chars::{fold, is_han};
use crate::text::words;

/// Words of at least this many Han characters need no word border: they hold no other meaning.
const SAFE_LENGTH: usize = 4;

/// What a word speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Meaning {
    Industry(usize),
    IndustryWeak(usize),
    Theme(usize),
    ThemeWeak(usize),
    ColumnTitle(usize),
    ColumnText(usize),
    Place(usize),
    Organisation(usize),
    Context,
    OffTopic,
    Exclude,
}

impl Meaning {
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

/// Words found in a text, by meaning, with how often.
#[derive(Debug, Default)]
pub(super) struct Hits(HashMap<Meaning, Vec<(String, usize)>>);

impl Hits {
    pub(super) fn of(&self, meaning: Meaning) -> &[(String, usize)] {
        self.0.get(&meaning).map_or(&[], Vec::as_slice)
    }

    /// How many different words of this meaning.
    pub(super) fn count(&self, meaning: Meaning) -> usize {
        self.of(meaning).len()
    }

    /// Number and frequency of each meaning of an indexed kind.
    pub(super) fn indexed(&self, of: fn(usize) -> Meaning) -> Vec<(usize, usize)> {
        let kind = std::mem::discriminant(&of(0));
        self.0
            .iter()
            .filter(|(m, _)| std::mem::discriminant(*m) == kind)
            .filter_map(|(m, words)| match m {
                Meaning::Place(i) | Meaning::Organisation(i) => Some((*i, words.iter().map(|w| w.1).sum())),
                _ => None,
            })
            .collect()
    }
}

/// The automaton.
pub(super) struct Matcher {
    automaton: AhoCorasick,
    /// As the taxonomy spells them, with what they speak for.
    words: Vec<(String, Vec<Meaning>)>,
}

impl Matcher {
    pub(super) fn new(taxonomy: &Taxonomy) -> Result<Self, BuildError> {
        let mut words: BTreeMap<String, (String, Vec<Meaning>)> = BTreeMap::new();
        let mut add = |list: &[String], meaning: Meaning| {
            for word in list {
                let folded: String = word.chars().map(fold).collect();
                let (_, meanings) = words.entry(folded).or_insert_with(|| (word.clone(), Vec::new()));
                if !meanings.contains(&meaning) {
                    meanings.push(meaning);
                }
            }
        };
        for (i, t) in taxonomy.industries.iter().enumerate() {
            add(&t.terms, Meaning::Industry(i));
            add(&t.weak, Meaning::IndustryWeak(i));
            add(&t.exclude, Meaning::Exclude);
        }
        for (i, t) in taxonomy.themes.iter().enumerate() {
            add(&t.terms, Meaning::Theme(i));
            add(&t.weak, Meaning::ThemeWeak(i));
            add(&t.exclude, Meaning::Exclude);
        }
        for (i, c) in taxonomy.columns.iter().enumerate() {
            add(&c.title, Meaning::ColumnTitle(i));
            add(&c.text, Meaning::ColumnText(i));
        }
        taxonomy.places.iter().enumerate().for_each(|(i, p)| add(&p.names, Meaning::Place(i)));
        taxonomy.organisations.iter().enumerate().for_each(|(i, o)| add(&o.names, Meaning::Organisation(i)));
        add(&taxonomy.context, Meaning::Context);
        add(&taxonomy.off_topic, Meaning::OffTopic);
        words.remove("");
        let automaton = AhoCorasick::new(words.keys())?;
        Ok(Self { automaton, words: words.into_values().collect() })
    }

    /// Every word of the taxonomy in a folded text.
    pub(super) fn find(&self, text: &str) -> Hits {
        let borders = borders(text);
        let mut excluded: Vec<(usize, usize)> = Vec::new();
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for m in self.automaton.find_overlapping_iter(text) {
            let Some((word, meanings)) = self.words.get(m.pattern().as_usize()) else { continue };
            if meanings.contains(&Meaning::Exclude) {
                excluded.push((m.start(), m.end()));
            }
            if whole_word(text, word, m.start(), m.end(), &borders) {
                found.push((m.start(), m.end(), m.pattern().as_usize()));
            }
        }
        self.collect(&found, &excluded)
    }

    fn collect(&self, found: &[(usize, usize, usize)], excluded: &[(usize, usize)]) -> Hits {
        let mut hits = Hits::default();
        for (start, end, pattern) in found {
            let Some((word, meanings)) = self.words.get(*pattern) else { continue };
            let cancelled = excluded.iter().any(|(s, e)| s <= start && end <= e);
            // 新能源 inside 新能源汽车 says nothing of its own
            let inside = |m: &Meaning| {
                found.iter().any(|(s, e, p)| {
                    (e - s) > (end - start)
                        && s <= start
                        && end <= e
                        && self.words.get(*p).is_some_and(|w| w.1.iter().any(|o| o.is_topic() && m.is_topic()))
                })
            };
            for m in meanings {
                if *m == Meaning::Exclude || (m.is_topic() && (cancelled || inside(m))) {
                    continue;
                }
                let list = hits.0.entry(*m).or_default();
                match list.iter_mut().find(|(w, _)| w == word) {
                    Some((_, n)) => *n += 1,
                    None => list.push((word.clone(), 1)),
                }
            }
        }
        hits
    }
}

/// Byte offsets at which words begin or end.
fn borders(text: &str) -> HashSet<usize> {
    let mut at = 0;
    let mut out: HashSet<usize> = HashSet::from([0]);
    for word in words::cut(text) {
        at += word.len();
        out.insert(at);
    }
    out
}

fn whole_word(text: &str, word: &str, start: usize, end: usize, borders: &HashSet<usize>) -> bool {
    let before = text.get(..start).and_then(|t| t.chars().next_back());
    let after = text.get(end..).and_then(|t| t.chars().next());
    let alnum = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let latin_start = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    let latin_end = word.ends_with(|c: char| c.is_ascii_alphanumeric());
    if (latin_start && alnum(before)) || (latin_end && alnum(after)) {
        return false;
    }
    word.chars().filter(|c| is_han(*c)).count() >= SAFE_LENGTH || ((latin_start || borders.contains(&start)) && (latin_end || borders.contains(&end)))
}
