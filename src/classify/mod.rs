//! An article's text → industries, themes, column, keywords, places, organisations, with evidence.
//!
//! One automaton matches every word of the taxonomy; a match counts if it begins and ends at a word border. Pure: the
//! same text and taxonomy always give the same result.

pub mod background;
mod bodies;
mod column;
pub mod keywords;
mod known_organisations;
mod learned;
mod matcher;
mod organisation;
mod organisation_names;
mod organisation_start;
mod organisation_words;
mod organisations;
mod phrases;
mod places;
pub mod sums;
mod topics;
pub mod trial;

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

use crate::config::Taxonomy;
use crate::config::taxonomy::Organisation;
use crate::learn::{Model, Signals, narrow};
use crate::model::{Classification, Label};
use crate::text::segment::Segmented;

pub use crate::knowledge::gazetteer::{is_part_of_place, is_place, short_name};

use column::RatedColumn;
use known_organisations::is_own_name;
use matcher::{LabelKey, Matcher, Matches};
use topics::{given, main_subjects, topics};

/// Increment this if the same taxonomy starts to give different results.
const VERSION: u32 = 5;
/// Score of an industry that follows from a firm's name.
const FIRM: f64 = 0.75;
/// Longest text examined, in bytes: about 20,000 Chinese characters.
const MAX_BYTES: usize = 60_000;

/// Known facts about an article's source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceHints<'a> {
    /// The column that its articles usually belong to.
    pub column: Option<&'a str>,
    /// The industries it writes about.
    pub industries: &'a [String],
}

/// A taxonomy compiled for matching.
pub struct Classifier {
    taxonomy: Taxonomy,
    matcher: Matcher,
    model: Option<&'static Model<'static>>,
}

/// The result of the rules alone.
struct Rules {
    judged: Classification,
    /// Every industry that a word supports, however weakly.
    supported_by_words: Vec<Label>,
    /// Industries of the firms in the title, unless the firms' names state them.
    by_firm: Vec<Label>,
    /// `supported_by_words` by the title alone.
    supported_by_title: Vec<Label>,
    columns: Vec<RatedColumn>,
    length: usize,
    has_text: bool,
    off_topic: [usize; 2],
    context: [usize; 2],
    /// Number of organisations as the trained model counts them.
    organisations: usize,
}

impl Rules {
    fn signals(&self, industries: &[String], columns: &[String]) -> Signals {
        let scores = |labels: &[Label]| -> Vec<f32> {
            let score = |name: &String| labels.iter().find(|l| l.name == *name).map_or(0.0, |l| narrow(l.score));
            industries.iter().map(score).collect()
        };
        Signals {
            scores: scores(&self.supported_by_words),
            title_scores: scores(&self.supported_by_title),
            column: columns.iter().position(|c| *c == self.judged.column),
            column_points: columns.iter().map(|name| self.columns.iter().find(|c| c.name == *name).map_or(0.0, |c| narrow(c.points))).collect(),
            theme: self.judged.themes.first().map_or(0.0, |l| narrow(l.score)),
            length: self.length,
            has_text: self.has_text,
            places: self.judged.places.len(),
            organisations: self.organisations,
            off_topic: self.off_topic,
            context: self.context,
        }
    }
}

impl Classifier {
    /// Builds the automaton. Fails if the taxonomy is too large.
    pub fn new(taxonomy: Taxonomy) -> Result<Self, aho_corasick::BuildError> {
        let matcher = Matcher::new(&taxonomy)?;
        Ok(Self { taxonomy, matcher, model: Model::built_in() })
    }

    /// Returns the regions from the narrowest to the widest.
    pub fn levels(&self) -> &[String] {
        &self.taxonomy.levels
    }

    /// Returns a short name of taxonomy and rules. If it changes, articles need a new classification.
    pub fn ruleset_version(&self) -> String {
        let mut h = rustc_hash::FxHasher::default();
        format!("{:?}{:?}", self.taxonomy, self.model.map(Model::provenance)).hash(&mut h);
        format!("{VERSION}-{:016x}", h.finish())
    }

    /// Classifies an article.
    pub fn classify(&self, title: &str, text: &str, hints: &SourceHints<'_>) -> Classification {
        self.classify_segmented(&Segmented::new(title), &Segmented::new(text), hints)
    }

    /// Classifies an article that is already segmented.
    pub fn classify_segmented(&self, title: &Segmented, text: &Segmented, hints: &SourceHints<'_>) -> Classification {
        let mut rules = self.rules(title, text, hints);
        rules.judged.keywords = keywords::extract(title, text);
        match self.model {
            Some(model) => learned::judge(model, &self.taxonomy, rules, title, text, hints),
            None => rules.judged,
        }
    }

    /// Returns the rules' result as features for a model with these industries and columns.
    pub fn signals(&self, title: &str, text: &str, industries: &[String], columns: &[String]) -> Signals {
        self.rules(&Segmented::new(title), &Segmented::new(text), &SourceHints::default()).signals(industries, columns)
    }

    fn rules(&self, title: &Segmented, text: &Segmented, hints: &SourceHints<'_>) -> Rules {
        let (in_title, in_text) = (self.matcher.find(title, MAX_BYTES), self.matcher.find(text, MAX_BYTES));
        let length = title.text().chars().count() + text.text().chars().count();
        let supported_by_words = topics(&self.taxonomy.industries, LabelKey::industry, &in_title, &in_text, length, hints.industries);
        let title_chars = title.text().chars().count();
        let supported_by_title = topics(&self.taxonomy.industries, LabelKey::industry, &in_title, &Matches::default(), title_chars, &[]);
        let themes = topics(&self.taxonomy.themes, LabelKey::theme, &in_title, &in_text, length, &[]);
        let columns = column::rate(&self.taxonomy, &in_title, &in_text, title.text(), length, hints.column);
        let best = columns.iter().reduce(|best, c| if c.points > best.points { c } else { best });
        let (column, column_reasons) = best.map(|c| (c.name.clone(), c.reasons.clone())).unwrap_or_default();
        let count = |key: LabelKey| [in_title.count(key), in_text.count(key)];
        let found = organisations::find(title, text, MAX_BYTES);
        let list = &self.taxonomy.organisations;
        let listed = [(title, &in_title, &found.mentions[0]), (text, &in_text, &found.mentions[1])]
            .map(|(part, hits, mentions)| known_organisations::listed_in(part.text(), &hits.listed, mentions, &found, list));
        let by_firm = self.by_firm(&listed[0]);
        let mut industries = given(main_subjects(supported_by_words.clone(), &supported_by_title));
        add_missing(&mut industries, &by_firm);
        let organisations = self.counted(title, text, &in_title, &in_text);
        let (watched, others) = self.organisations(&listed);
        let is_listed = |name: &String| listed.iter().flat_map(BTreeMap::keys).filter_map(|i| list.get(*i)).any(|o| is_own_name(o, name));
        let named: Vec<String> = found.names.into_iter().filter(|n| !is_listed(n)).collect();
        Rules {
            organisations,
            length,
            has_text: !text.text().is_empty(),
            off_topic: count(LabelKey::OffTopic),
            context: count(LabelKey::Context),
            judged: Classification {
                places: places::places(&self.taxonomy, &in_title, &in_text),
                region_scope: places::region_scope(&self.taxonomy, &in_title, &in_text),
                watched_organisations: watched,
                other_organisations: others.into_iter().chain(named.iter().cloned()).collect(),
                aliases: found.aliases.into_iter().filter(|a| named.contains(&a.of)).collect(),
                industries,
                themes: given(themes),
                column,
                column_reasons,
                ..Classification::default()
            },
            supported_by_words,
            columns,
            supported_by_title,
            by_firm,
        }
    }

    /// Returns the taxonomy's organisations in an article: those to watch, and others.
    fn organisations(&self, listed: &[BTreeMap<usize, usize>; 2]) -> (Vec<String>, Vec<String>) {
        let found = most_frequent(listed, |i| self.taxonomy.organisations.get(i));
        let (watched, others): (Vec<&Organisation>, Vec<&Organisation>) = found.into_iter().partition(|o| o.is_watched);
        let names = |list: Vec<&Organisation>| list.into_iter().map(|o| o.name.clone()).collect();
        (names(watched), names(others))
    }

    /// Returns the industries of the firms in a title.
    fn by_firm(&self, in_title: &BTreeMap<usize, usize>) -> Vec<Label> {
        let firms = in_title.keys().filter_map(|i| self.taxonomy.organisations.get(*i));
        let label = |o: &Organisation, name: &String| Label { name: name.clone(), score: FIRM, evidence: vec![o.name.clone()], p: None };
        firms.flat_map(|o| o.industries.iter().map(move |name| label(o, name))).collect()
    }

    /// Returns the number of organisations as the trained model was given it: every listed name counts, also one inside a longer name.
    fn counted(&self, title: &Segmented, text: &Segmented, in_title: &Matches, in_text: &Matches) -> usize {
        let all = [in_title, in_text].map(|hits| hits.indexed(LabelKey::organisation).into_iter().collect());
        let known = |name: &str| self.taxonomy.organisations.iter().any(|o| o.names.iter().any(|n| name.contains(n.as_str())));
        let others = organisation::counted(title, text, MAX_BYTES).into_iter().filter(|n| !known(n)).count();
        most_frequent(&all, |i| self.taxonomy.organisations.get(i)).len() + others
    }
}

/// Adds missing labels.
fn add_missing(labels: &mut Vec<Label>, more: &[Label]) {
    for l in more {
        if !labels.iter().any(|known| known.name == l.name) {
            labels.push(l.clone());
        }
    }
}

/// Returns the most frequent of what a title and a text name.
fn most_frequent<T>(named: &[BTreeMap<usize, usize>; 2], get: impl Fn(usize) -> Option<T>) -> Vec<T> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (found, weight) in named.iter().zip([3, 1]) {
        for (i, n) in found {
            *counts.entry(*i).or_default() += n * weight;
        }
    }
    let mut ranked: Vec<(usize, usize)> = counts.into_iter().collect();
    ranked.sort_by_key(|(i, n)| (std::cmp::Reverse(*n), *i));
    ranked.into_iter().take(8).filter_map(|(i, _)| get(i)).collect()
}

#[cfg(test)]
mod tests;
