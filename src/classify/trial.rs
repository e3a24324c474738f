//! Tries a changed taxonomy: which articles would get a label, and which would lose one. Pure.

use std::collections::{BTreeSet, HashMap};

use aho_corasick::{AhoCorasick, BuildError};

use super::{Classifier, SourceHints};
use crate::config::taxonomy::Topic;
use crate::model::{Classification, Label};
use crate::text::normalize::fold_width_and_case;
use crate::text::segment::Segmented;

/// A label that an article would get or lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    pub name: String,
    /// The article would get it; otherwise it would lose it.
    pub comes: bool,
    /// The words behind the label.
    pub why: Vec<String>,
}

/// Two classifiers whose taxonomies differ in some industries and themes.
pub struct Trial<'a> {
    before: &'a Classifier,
    after: &'a Classifier,
    /// Old and new name of a renamed topic: its articles neither come nor go by the name alone.
    renamed: Option<(String, String)>,
    /// The words that only one of them has for a topic.
    words: AhoCorasick,
    /// Names that only one of them has.
    names: BTreeSet<String>,
    /// The model gives one of those names, with or without the taxonomy's words.
    is_known_to_model: bool,
}

impl<'a> Trial<'a> {
    /// Compares two classifiers.
    ///
    /// # Errors
    /// If the changed words are too many for an automaton.
    pub fn new(before: &'a Classifier, after: &'a Classifier, renamed: Option<(&str, &str)>) -> Result<Self, BuildError> {
        let (old, new) = (topics(before), topics(after));
        let (mut words, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (name, topic) in &old {
            match new.get(renamed.filter(|(from, _)| from == name).map_or(*name, |(_, to)| to)) {
                Some(other) => words.extend(different(topic, other)),
                None => words.extend(different(topic, &Topic::default())),
            }
        }
        for (name, topic) in new.iter().filter(|(name, _)| !old.contains_key(*name) && renamed.is_none_or(|(_, to)| to != **name)) {
            words.extend(different(topic, &Topic::default()));
            names.insert((*name).to_owned());
        }
        names.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|name| (*name).to_owned()));
        names.extend(renamed.map(|(_, to)| to.to_owned()));
        words.remove("");
        let is_known_to_model = after.model.is_some_and(|m| names.iter().any(|n| m.industries().contains(n) && new.contains_key(n.as_str())));
        let renamed = renamed.map(|(from, to)| (from.to_owned(), to.to_owned()));
        Ok(Self { before, after, renamed, words: AhoCorasick::new(&words)?, names, is_known_to_model })
    }

    /// Whether an article's labels can differ: it has a changed word or a changed label. Much cheaper than classifying it.
    pub fn may_differ(&self, title: &str, text: &str, labels: Option<&Classification>) -> bool {
        let named = |c: &Classification| c.industries.iter().chain(&c.themes).any(|l| self.names.contains(&l.name));
        if self.is_known_to_model || labels.map_or(!self.names.is_empty(), named) {
            return true;
        }
        let has_word = |part: &str| self.words.is_match(&part.chars().map(fold_width_and_case).collect::<String>());
        has_word(title) || has_word(text)
    }

    /// Returns the labels that an article would get and lose. `current` is its classification, if the old classifier made it.
    pub fn changes(&self, title: &str, text: &str, hints: &SourceHints<'_>, current: Option<&Classification>) -> Vec<LabelChange> {
        let (title, text) = (Segmented::new(title), Segmented::new(text));
        let classify = |c: &Classifier| c.classify_segmented(&title, &text, hints);
        let (mut before, after) = (labels(current.cloned().unwrap_or_else(|| classify(self.before))), labels(classify(self.after)));
        if let Some((from, to)) = &self.renamed {
            before.iter_mut().filter(|l| l.name == *from).for_each(|l| l.name.clone_from(to));
        }
        let missing = |of: &[Label], in_list: &[Label], comes: bool| -> Vec<LabelChange> {
            let only = of.iter().filter(|l| in_list.iter().all(|other| other.name != l.name));
            only.map(|l| LabelChange { name: l.name.clone(), comes, why: l.evidence.clone() }).collect()
        };
        [missing(&after, &before, true), missing(&before, &after, false)].concat()
    }
}

/// Returns industries and themes.
fn labels(classification: Classification) -> Vec<Label> {
    classification.industries.into_iter().chain(classification.themes).collect()
}

/// Industries and themes by name.
fn topics(classifier: &Classifier) -> HashMap<&str, &Topic> {
    let taxonomy = &classifier.taxonomy;
    taxonomy.industries.iter().chain(&taxonomy.themes).map(|t| (t.name.as_str(), t)).collect()
}

/// Returns the words that two topics do not share, folded as texts are.
fn different(a: &Topic, b: &Topic) -> BTreeSet<String> {
    let lists = [(&a.terms, &b.terms), (&a.weak, &b.weak), (&a.exclude, &b.exclude)];
    let set = |list: &[String]| list.iter().map(|w| w.chars().map(fold_width_and_case).collect()).collect::<BTreeSet<String>>();
    lists.into_iter().flat_map(|(a, b)| set(a).symmetric_difference(&set(b)).cloned().collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Taxonomy;

    const FILE: &str = "[[industry]]\nname = \"茶业\"\nterms = [\"毛尖\", \"红茶\"]\nexclude = [\"红茶菌\"]\n[[industry]]\nname = \"陶瓷\"\nterms = [\"钧瓷\"]\n[[column]]\nname = \"行业动态\"\n";

    fn classifier(text: &str) -> Classifier {
        Classifier::new(Taxonomy::parse("t", text).unwrap()).unwrap()
    }

    fn tried(before: &str, after: &str, renamed: Option<(&str, &str)>, title: &str) -> (bool, Vec<String>) {
        let (before, after) = (classifier(before), classifier(after));
        let trial = Trial::new(&before, &after, renamed).unwrap();
        let labels = before.classify(title, "", &SourceHints::default());
        let changes = trial.changes(title, "", &SourceHints::default(), None);
        assert_eq!(trial.changes(title, "", &SourceHints::default(), Some(&labels)), changes);
        let said = changes.iter().map(|c| format!("{}{} {}", if c.comes { "+" } else { "-" }, c.name, c.why.join("、")));
        (trial.may_differ(title, "", Some(&labels)), said.collect())
    }

    #[test]
    fn a_new_word_brings_articles_and_a_removed_one_takes_them_away() {
        let more = FILE.replace("\"毛尖\"", "\"毛尖\", \"黑茶\"");
        let title = "黑茶产量今年增长两成";
        assert_eq!(tried(FILE, &more, None, title), (true, vec!["+茶业 黑茶".to_owned()]));
        assert_eq!(tried(&more, FILE, None, title), (true, vec!["-茶业 黑茶".to_owned()]));
        assert_eq!(tried(FILE, &more, None, "钧瓷出口增长"), (false, Vec::new()), "no changed word: it is not classified again");
    }

    #[test]
    fn an_excluded_phrase_takes_articles_away() {
        let fewer = FILE.replace("\"红茶菌\"", "\"红茶菌\", \"红茶坊小区\"");
        let (may, said) = tried(FILE, &fewer, None, "红茶坊小区完成改造");
        assert!(may && said.len() <= 1, "{said:?}");
    }

    #[test]
    fn a_new_name_moves_no_article_and_a_removed_topic_loses_all_of_its_articles() {
        let renamed = FILE.replace("\"茶业\"", "\"茶产业\"");
        assert_eq!(tried(FILE, &renamed, Some(("茶业", "茶产业")), "毛尖开采"), (true, Vec::new()));
        let removed = FILE.replace("[[industry]]\nname = \"陶瓷\"\nterms = [\"钧瓷\"]\n", "");
        assert_eq!(tried(FILE, &removed, None, "钧瓷出口增长"), (true, vec!["-陶瓷 钧瓷".to_owned()]));
        assert_eq!(tried(&removed, FILE, None, "钧瓷出口增长"), (true, vec!["+陶瓷 钧瓷".to_owned()]));
    }

    #[test]
    fn what_is_not_looked_at_would_not_have_differed() {
        let before = Taxonomy::load(None).unwrap();
        let mut after = before.clone();
        let food = after.industries.iter_mut().find(|t| t.name == "食品").unwrap();
        food.terms.retain(|w| w != "预制菜");
        food.terms.push("早餐工程".to_owned());
        let (before, after) = (Classifier::new(before).unwrap(), Classifier::new(after).unwrap());
        let trial = Trial::new(&before, &after, None).unwrap();
        let articles = include_str!("../../tests/data/judged.tsv").lines().skip(1).filter_map(|l| l.split('\t').nth(2)).take(60);
        for title in articles {
            let labels = before.classify(title, "", &SourceHints::default());
            if !trial.may_differ(title, "", Some(&labels)) {
                assert_eq!(trial.changes(title, "", &SourceHints::default(), None), [], "{title}");
            }
        }
    }
}
