//! Tries a changed taxonomy: which articles would get a label, and which would lose one. Pure.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, BuildError};

use super::{Classifier, SourceHints};
use crate::config::Taxonomy;
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

/// Two classifiers whose taxonomies differ.
pub struct Trial<'a> {
    before: &'a Classifier,
    after: &'a Classifier,
    /// Old and new name of a renamed part: its articles neither come nor go by the name alone.
    renamed: Option<(String, String)>,
    /// The words that only one of them has for a part.
    words: AhoCorasick,
    /// Names that only one of them has.
    names: BTreeSet<String>,
    /// The kinds of parts that differ.
    kinds: BTreeSet<Kind>,
    /// Any article may differ, whatever its words: the model gives one of those names, or columns are weighed differently.
    is_general: bool,
}

/// Kinds of parts of a taxonomy, and of their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Topic,
    Column,
    Place,
    Organisation,
}

/// A part of a taxonomy: its lists of words, folded as texts are, and what else decides on it.
#[derive(Default, PartialEq, Eq)]
struct Part {
    lists: [BTreeSet<String>; 3],
    other: String,
}

impl Part {
    fn new(lists: [&[String]; 3], other: String) -> Self {
        let set = |list: &[String]| list.iter().map(|w| w.chars().map(fold_width_and_case).collect()).collect();
        Self { lists: lists.map(set), other }
    }

    /// Returns the words whose articles the difference can touch.
    fn different(&self, other: &Self) -> BTreeSet<String> {
        let of_lists = self.lists.iter().zip(&other.lists);
        if self.other == other.other {
            of_lists.flat_map(|(a, b)| a.symmetric_difference(b)).cloned().collect()
        } else {
            of_lists.flat_map(|(a, b)| a.union(b)).cloned().collect()
        }
    }
}

/// Returns the parts of a taxonomy by kind and name.
fn parts(taxonomy: &Taxonomy) -> BTreeMap<(Kind, &str), Part> {
    let topics = taxonomy.industries.iter().chain(&taxonomy.themes);
    let topics = topics.map(|t| ((Kind::Topic, t.name.as_str()), Part::new([&t.terms, &t.weak, &t.exclude], String::new())));
    let columns = taxonomy.columns.iter().map(|c| ((Kind::Column, c.name.as_str()), Part::new([&c.title, &c.text, &[]], c.base.to_string())));
    let places = taxonomy.places.iter().map(|p| ((Kind::Place, p.name.as_str()), Part::new([&p.names, &[], &[]], p.region.clone())));
    let organisations = taxonomy.organisations.iter().map(|o| {
        let industries = o.industries.join("\n");
        ((Kind::Organisation, o.name.as_str()), Part::new([&o.names, &[], &[]], industries))
    });
    topics.chain(columns).chain(places).chain(organisations).collect()
}

impl<'a> Trial<'a> {
    /// Compares two classifiers.
    ///
    /// # Errors
    /// If the changed words are too many for an automaton.
    pub fn new(before: &'a Classifier, after: &'a Classifier, renamed: Option<(&str, &str)>) -> Result<Self, BuildError> {
        let (old, new) = (parts(&before.taxonomy), parts(&after.taxonomy));
        let (mut words, mut names, mut kinds) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (none, mut is_general) = (Part::default(), false);
        let mut compare = |(kind, name): (Kind, &str), a: &Part, b: &Part, is_renamed: bool| {
            let is_one_sided = *a == none || *b == none;
            if a != b || is_renamed {
                kinds.insert(kind);
                words.extend(a.different(b));
                // any article may move between columns
                is_general |= kind == Kind::Column && (is_one_sided || is_renamed || a.other != b.other);
            }
            if is_one_sided || is_renamed {
                names.insert(name.to_owned());
            }
        };
        let to = renamed.map(|(_, to)| to);
        for (&(kind, name), part) in &old {
            let is_renamed = !new.contains_key(&(kind, name)) && renamed.is_some_and(|(from, _)| from == name);
            let now = if is_renamed { to.and_then(|to| new.get(&(kind, to))) } else { new.get(&(kind, name)) };
            compare((kind, name), part, now.unwrap_or(&none), is_renamed);
        }
        for (&(kind, name), part) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            if to == Some(name) {
                compare((kind, name), part, part, true);
            } else {
                compare((kind, name), &none, part, false);
            }
        }
        words.remove("");
        is_general |= after.model.is_some_and(|m| names.iter().any(|n| m.industries().contains(n) && new.contains_key(&(Kind::Topic, n.as_str()))));
        let renamed = renamed.map(|(from, to)| (from.to_owned(), to.to_owned()));
        Ok(Self { before, after, renamed, words: AhoCorasick::new(&words)?, names, kinds, is_general })
    }

    /// Whether an article's labels can differ: it has a changed word or a changed label. Much cheaper than classifying it.
    pub fn may_differ(&self, title: &str, text: &str, labels: Option<&Classification>) -> bool {
        let named = |c: &Classification| self.labels(c).iter().any(|l| self.names.contains(&l.name));
        if self.is_general || labels.map_or(!self.names.is_empty(), named) {
            return true;
        }
        let has_word = |part: &str| self.words.is_match(&part.chars().map(fold_width_and_case).collect::<String>());
        has_word(title) || has_word(text)
    }

    /// Returns the labels that an article would get and lose. `current` is its classification, if the old classifier made it.
    pub fn changes(&self, title: &str, text: &str, hints: &SourceHints<'_>, current: Option<&Classification>) -> Vec<LabelChange> {
        let (title, text) = (Segmented::new(title), Segmented::new(text));
        let classify = |c: &Classifier| c.classify_segmented(&title, &text, hints);
        let before = current.map_or_else(|| self.labels(&classify(self.before)), |c| self.labels(c));
        let (mut before, after) = (before, self.labels(&classify(self.after)));
        if let Some((from, to)) = &self.renamed {
            before.iter_mut().filter(|l| l.name == *from).for_each(|l| l.name.clone_from(to));
        }
        let missing = |of: &[Label], in_list: &[Label], comes: bool| -> Vec<LabelChange> {
            let only = of.iter().filter(|l| in_list.iter().all(|other| other.name != l.name));
            only.map(|l| LabelChange { name: l.name.clone(), comes, why: l.evidence.clone() }).collect()
        };
        [missing(&after, &before, true), missing(&before, &after, false)].concat()
    }

    /// Returns the labels of the kinds that differ. Topics are always among them: the names of organisations speak for industries too.
    fn labels(&self, c: &Classification) -> Vec<Label> {
        let plain = |name: &String, evidence: &[String]| Label { name: name.clone(), score: 0.0, evidence: evidence.to_vec(), p: None };
        let of = |kind: Kind, labels: Vec<Label>| if self.kinds.contains(&kind) { labels } else { Vec::new() };
        let topics = c.industries.iter().chain(&c.themes).cloned();
        let column = of(Kind::Column, vec![plain(&c.column, &c.column_reasons)]);
        let places = of(Kind::Place, c.places.iter().map(|p| plain(p, &[])).collect());
        let organisations = of(Kind::Organisation, c.watched_organisations.iter().map(|o| plain(o, &[])).collect());
        topics.chain(column).chain(places).chain(organisations).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn places_organisations_and_columns_are_compared_too() {
        let more = format!("{FILE}[[place]]\nname = \"河湾镇\"\nnames = [\"河湾\"]\n[[organisation]]\nname = \"云鹭茶厂\"\nnames = [\"云鹭\"]\n");
        let (may, said) = tried(FILE, &more, None, "云鹭在河湾镇建厂");
        assert!(may && said.iter().any(|s| s.starts_with("+河湾镇")) && said.iter().any(|s| s.starts_with("+云鹭茶厂")), "{said:?}");
        assert!(!tried(FILE, &more, None, "钧瓷出口增长").0, "no changed word");
        let column = format!("{FILE}[[column]]\nname = \"领导关注\"\ntitle = [\"书记\", \"调研\"]\nbase = 3\n");
        assert!(tried(FILE, &column, None, "钧瓷出口增长").0, "any article may move between columns");
    }
}
