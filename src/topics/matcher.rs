//! All topics on one article: one automaton finds the words of all of them, then only the topics whose words occur are evaluated.
//!
//! A topic that could match an article without any of its words asks for labels; it is found by them.

pub(crate) mod evidence;

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{AhoCorasick, BuildError};

use crate::classify::short_name;
use crate::model::{Classification, TopicEvidence, TopicFilter, TopicId};
use crate::topics::expression::{Expression, ExpressionError};
use crate::topics::fold::Folded;

/// Longest text examined, in bytes: about 20,000 Chinese characters.
pub(crate) const MAX_BYTES: usize = 60_000;

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// It would match nearly every article.
    #[error("there is neither a word to look for nor a label")]
    Unbounded,
}

impl TopicError {
    /// Returns the message for the console.
    pub fn chinese(&self) -> String {
        match self {
            Self::Expression(e) => e.chinese(),
            Self::Unbounded => "还要写至少一个要找的词（只有“-”的词不够），或选行业、地域、机构".to_owned(),
        }
    }
}

/// Parses a filter's expression, and checks that the filter does not match everything.
pub fn check(filter: &TopicFilter) -> Result<Expression, TopicError> {
    let expression = Expression::parse(&filter.expression)?;
    let has_labels = !(filter.industries.is_empty() && filter.places.is_empty() && filter.organisations.is_empty());
    if expression.matches_nothing() && !has_labels { Err(TopicError::Unbounded) } else { Ok(expression) }
}

/// A kind of label that a topic may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum LabelKind {
    Industry,
    Place,
    Organisation,
}

struct CompiledTopic<I> {
    id: I,
    expression: Expression,
    filter: TopicFilter,
}

impl<I> CompiledTopic<I> {
    fn labels(&self) -> [(LabelKind, &[String]); 3] {
        let f = &self.filter;
        [(LabelKind::Industry, &f.industries), (LabelKind::Place, &f.places), (LabelKind::Organisation, &f.organisations)]
    }
}

/// A word of the automaton.
#[derive(Default)]
struct Pattern {
    starts_latin: bool,
    ends_latin: bool,
    /// Topics that use it: number of the topic, number of the word in its expression.
    users: Vec<(usize, usize)>,
}

/// The first place of a word in title and text, as a range of the folded text.
#[derive(Debug, Clone, Copy, Default)]
struct Hit {
    title: Option<(usize, usize)>,
    text: Option<(usize, usize)>,
}

/// A topic that an article belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicMatch<I = TopicId> {
    pub topic: I,
    pub evidence: Vec<TopicEvidence>,
}

/// All topics, or other filters with ids of type `I`, compiled.
pub struct Matcher<I = TopicId> {
    automaton: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
    topics: Vec<CompiledTopic<I>>,
    /// Topics that are found by a label.
    by_label: HashMap<(LabelKind, String), Vec<usize>>,
}

impl<I> Default for Matcher<I> {
    fn default() -> Self {
        Self { automaton: None, patterns: Vec::new(), topics: Vec::new(), by_label: HashMap::new() }
    }
}

impl<I: Copy> Matcher<I> {
    /// Compiles topics. Leaves out filters that [`check`] refuses.
    ///
    /// # Errors
    /// If there are too many words for one automaton.
    pub fn new(topics: impl IntoIterator<Item = (I, TopicFilter)>) -> Result<Self, BuildError> {
        let mut out = Self::default();
        let mut words: BTreeMap<String, Pattern> = BTreeMap::new();
        for (id, filter) in topics {
            let Ok(expression) = check(&filter) else { continue };
            let number = out.topics.len();
            for (n, word) in expression.words().iter().enumerate() {
                let pattern = words.entry(word.text.clone()).or_default();
                pattern.users.push((number, n));
            }
            let topic = CompiledTopic { id, expression, filter };
            if topic.expression.matches_nothing() {
                let asked = topic.labels().into_iter().find(|(_, names)| !names.is_empty());
                for (kind, name) in asked.into_iter().flat_map(|(kind, names)| names.iter().map(move |n| (kind, n))) {
                    let name = if kind == LabelKind::Place { short_name(name) } else { name };
                    out.by_label.entry((kind, name.to_owned())).or_default().push(number);
                }
            }
            out.topics.push(topic);
        }
        if !words.is_empty() {
            out.automaton = Some(AhoCorasick::new(words.keys())?);
        }
        out.patterns = words
            .into_iter()
            .map(|(word, pattern)| Pattern {
                starts_latin: word.starts_with(|c: char| c.is_ascii_alphanumeric()),
                ends_latin: word.ends_with(|c: char| c.is_ascii_alphanumeric()),
                ..pattern
            })
            .collect();
        Ok(out)
    }

    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Returns whether a topic asks for organisations, so that labels should have all their names.
    pub fn asks_for_organisations(&self) -> bool {
        self.topics.iter().any(|t| !t.filter.organisations.is_empty())
    }

    /// Returns the topics of an article, with the reasons.
    pub fn find(&self, title: &str, text: &str, labels: &Classification) -> Vec<TopicMatch<I>> {
        if self.is_empty() {
            return Vec::new();
        }
        let article = Article { title: (title, Folded::new(title, MAX_BYTES)), text: (text, Folded::new(text, MAX_BYTES)), labels };
        let mut hits: HashMap<usize, Hit, rustc_hash::FxBuildHasher> = HashMap::default();
        self.scan(&article.title.1.text, |pattern, range| {
            hits.entry(pattern).or_default().title.get_or_insert(range);
        });
        self.scan(&article.text.1.text, |pattern, range| {
            hits.entry(pattern).or_default().text.get_or_insert(range);
        });
        // topic, word, place; topics found by a label have no word
        let mut touched: Vec<(usize, Option<usize>, Hit)> = Vec::new();
        for (pattern, hit) in &hits {
            let users = self.patterns.get(*pattern).into_iter().flat_map(|p| &p.users);
            touched.extend(users.map(|(topic, word)| (*topic, Some(*word), *hit)));
        }
        let by_label = article.label_names().filter_map(|key| self.by_label.get(&key)).flatten();
        touched.extend(by_label.map(|topic| (*topic, None, Hit::default())));
        // in the order in which the editor wrote the words
        touched.sort_unstable_by_key(|(topic, word, _)| (*topic, *word));
        let mut memory = (Vec::new(), Vec::new());
        let topics = touched.chunk_by(|a, b| a.0 == b.0);
        topics.filter_map(|words| self.topics.get(words.first()?.0)?.judge(&article, words, &mut memory)).collect()
    }

    /// Calls back for every whole word in a folded text.
    fn scan(&self, text: &str, mut found: impl FnMut(usize, (usize, usize))) {
        let latin = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        for m in self.automaton.iter().flat_map(|a| a.find_overlapping_iter(text)) {
            let number = m.pattern().as_usize();
            let Some(p) = self.patterns.get(number) else { continue };
            let before = m.start().checked_sub(1).and_then(|i| text.as_bytes().get(i));
            // AI is no word of SAIC
            if (p.starts_latin && latin(before)) || (p.ends_latin && latin(text.as_bytes().get(m.end()))) {
                continue;
            }
            found(number, (m.start(), m.end()));
        }
    }
}

/// Returns whether two names mean one place, with or without its ending: 成都 is 成都市, but 吉林省 is not 吉林市.
pub fn is_same_place(a: &str, b: &str) -> bool {
    a == b || short_name(a) == b || short_name(b) == a
}

/// An article, ready to be judged: each text with its folded form.
struct Article<'a> {
    title: (&'a str, Folded),
    text: (&'a str, Folded),
    labels: &'a Classification,
}

impl Article<'_> {
    /// Returns every label that topics may ask for, places by their short names.
    fn label_names(&self) -> impl Iterator<Item = (LabelKind, String)> {
        let j = self.labels;
        let industries = j.industries.iter().chain(&j.themes).map(|l| (LabelKind::Industry, l.name.clone()));
        let places = j.places.iter().map(|p| (LabelKind::Place, short_name(p).to_owned()));
        industries.chain(places).chain(j.all_organisations().into_iter().map(|o| (LabelKind::Organisation, o.to_owned())))
    }

    fn has(&self, kind: LabelKind, name: &str) -> bool {
        let j = self.labels;
        match kind {
            LabelKind::Industry => j.industries.iter().chain(&j.themes).any(|l| l.name == name),
            LabelKind::Place => j.places.iter().any(|p| is_same_place(p, name)),
            LabelKind::Organisation => j.watched_organisations.iter().chain(&j.other_organisations).any(|o| o == name),
        }
    }
}

impl<I: Copy> CompiledTopic<I> {
    /// Judges an article that has some of the topic's words; `memory` is reused from topic to topic.
    fn judge(&self, article: &Article<'_>, words: &[(usize, Option<usize>, Hit)], memory: &mut (Vec<bool>, Vec<bool>)) -> Option<TopicMatch<I>> {
        let (has, values) = memory;
        has.clear();
        has.resize(self.expression.words().len(), false);
        let words = words.iter().filter_map(|(_, n, hit)| Some(((*n)?, self.expression.words().get((*n)?)?, *hit)));
        for (n, word, hit) in words.clone() {
            if let Some(has) = has.get_mut(n) {
                *has = hit.title.is_some() || (hit.text.is_some() && !word.title_only);
            }
        }
        if !self.expression.matches(|n| has.get(n).copied().unwrap_or(false), values) {
            return None;
        }
        let mut named = Vec::new();
        for (kind, names) in self.labels().into_iter().filter(|(_, names)| !names.is_empty()) {
            let found: Vec<&String> = names.iter().filter(|name| article.has(kind, name)).collect();
            if found.is_empty() {
                return None;
            }
            named.extend(found.into_iter().map(|name| (kind, name.as_str())));
        }
        let sought = words.filter(|(_, word, _)| word.is_sought).map(|(_, word, hit)| (word.title_only, hit));
        Some(TopicMatch { topic: self.id, evidence: evidence::collect(article, sought, &named) })
    }
}
