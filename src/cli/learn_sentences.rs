//! `qingbao learn sentences`: trains the models that rate sentences, and prints how good the summaries are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use serde::Deserialize;

use crate::cli::labels::{PARTS, TrainingFiles, read_labels};
use crate::cli::write_file;
use crate::issue::sentence_model::{Features, Models, add_clean_places, features};
use crate::issue::sentence_training::{Sample, fit};
use crate::issue::sentences::sentences;
use crate::issue::summarise::summarise_by;

/// Length of measured summaries, in characters.
const LENGTH: usize = 230;
/// Credit for an acceptable sentence.
const ACCEPTABLE: f32 = 0.3;
/// A longer labelled sentence, in bytes, may lie inside one of ours.
const FRAGMENT: usize = 9;

/// An article, its sentences, and the numbers of those an editor would take, would accept, and would never take.
#[derive(Deserialize)]
struct LabelledArticle {
    title: String,
    text: String,
    sentences: Vec<String>,
    best: Vec<usize>,
    also: Vec<usize>,
    furniture: Vec<usize>,
    #[serde(default)]
    source: String,
}

pub(super) fn run(args: &TrainingFiles) -> anyhow::Result<()> {
    let (articles, _) = read_labels::<LabelledArticle>(&args.labels)?;
    for a in &articles {
        let outside = a.best.iter().chain(&a.also).chain(&a.furniture).find(|i| **i >= a.sentences.len());
        anyhow::ensure!(outside.is_none(), "{:?} has {} sentences; there is no number {}", a.title, a.sentences.len(), outside.unwrap_or(&0));
    }
    let mut out = std::io::stdout().lock();
    for (name, by_family) in [("Mixed", false), ("ByFamily", true)] {
        let folds: Vec<String> =
            articles.iter().enumerate().map(|(i, a)| if by_family { a.source.clone() } else { (i % PARTS).to_string() }).collect();
        writeln!(out, "{name}")?;
        measure(&articles, &folds, &mut out)?;
    }
    write_file(&args.out, &train(&articles.iter().collect::<Vec<_>>()).to_bytes())?;
    writeln!(out, "{} articles -> {}", articles.len(), args.out.display())?;
    Ok(())
}

/// Trains both models. The furniture model must not see the places among sentences that are not furniture, because they follow
/// from it.
fn train(articles: &[&LabelledArticle]) -> Models {
    let labelled: Vec<(Vec<Features>, Vec<Label>)> = articles.iter().map(|a| labels(a)).collect();
    let samples = |placed: bool, target: fn(&Label) -> f32| -> Vec<Sample> {
        let of = |(plain, labels): &(Vec<Features>, Vec<Label>)| {
            let mut seen = plain.clone();
            if placed {
                add_clean_places(&mut seen, &labels.iter().map(|l| l.furniture).collect::<Vec<_>>());
            }
            seen.into_iter().zip(labels).map(|(features, l)| Sample { features, target: target(l) }).collect::<Vec<_>>()
        };
        labelled.iter().flat_map(of).collect()
    };
    Models { furniture: fit(&samples(false, |l| l.furniture)), taken: fit(&samples(true, |l| l.taken)) }
}

/// Whether a sentence is furniture, and how much an editor wants it.
struct Label {
    furniture: f32,
    taken: f32,
}

/// Returns our sentences with the labels of those that contain them, or that they contain.
fn labels(a: &LabelledArticle) -> (Vec<Features>, Vec<Label>) {
    let own = sentences(&a.title, &a.text);
    let given: Vec<String> = a.sentences.iter().map(|s| letters(s)).collect();
    let label = |sentence: &String| {
        let key = letters(sentence);
        let same = |s: &String| s.contains(&key) || s.len() > FRAGMENT && key.contains(s.as_str());
        let inside: Vec<usize> = given.iter().enumerate().filter(|(_, s)| same(s)).map(|(i, _)| i).collect();
        let share = |list: &[usize]| inside.iter().filter(|i| list.contains(i)).count() as f32 / inside.len().max(1) as f32;
        let taken = if share(&a.best) > 0.0 { 1.0 } else { ACCEPTABLE * share(&a.also) };
        Label { furniture: share(&a.furniture).round(), taken }
    };
    (features(&a.title, &own), own.iter().map(label).collect())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Prints how well models trained on the other folds choose each fold's summaries.
fn measure(articles: &[LabelledArticle], folds: &[String], out: &mut impl std::io::Write) -> anyhow::Result<()> {
    let mut all = Figures::default();
    for name in folds.iter().collect::<BTreeSet<_>>() {
        let part = |inside: bool| articles.iter().zip(folds).filter(move |(_, fold)| (*fold == name) == inside).map(|(a, _)| a);
        let models = train(&part(false).collect::<Vec<_>>());
        let mut of_fold = Figures::default();
        for a in part(true).filter(|a| !a.best.is_empty()) {
            of_fold.add(a, &summarise_by(&models, &a.title, &a.text, LENGTH, None).text);
        }
        writeln!(out, "  {name:12} {of_fold}")?;
        all.join(&of_fold);
    }
    writeln!(out, "  {:12} {all}", "all")?;
    Ok(())
}

/// Sums over summaries, in character pairs shared with an editor's sentences.
#[derive(Default)]
struct Figures {
    count: usize,
    f1: f64,
    precision: f64,
    recall: f64,
    furniture: f64,
}

impl Figures {
    fn add(&mut self, a: &LabelledArticle, summary: &str) {
        let of = |list: &mut dyn Iterator<Item = &usize>| pairs(&list.filter_map(|i| a.sentences.get(*i)).map(|s| letters(s)).collect::<String>());
        let accepted: BTreeSet<&usize> = a.best.iter().chain(&a.also).collect();
        let (best, accepted, own) = (of(&mut a.best.iter()), of(&mut accepted.into_iter()), pairs(&letters(summary)));
        let mut furniture = of(&mut a.furniture.iter());
        for (pair, n) in &mut furniture {
            *n = (*n - accepted.get(pair).copied().unwrap_or_default()).max(0.0);
        }
        let (p, r) = (common(&own, &accepted) / total(&own), common(&own, &best) / total(&best));
        self.count += 1;
        self.f1 += if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
        self.precision += p;
        self.recall += r;
        self.furniture += common(&own, &furniture) / total(&own);
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.f1 += other.f1;
        self.precision += other.precision;
        self.recall += other.recall;
        self.furniture += other.furniture;
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let n = self.count.max(1) as f64;
        let (p, r, furniture) = (self.precision / n, self.recall / n, self.furniture / n);
        write!(f, "{:3} texts: F1 {:.3} (precision {p:.3}, recall {r:.3}), furniture {furniture:.3}", self.count, self.f1 / n)
    }
}

type Pairs = BTreeMap<(char, char), f64>;

fn pairs(letters: &str) -> Pairs {
    let mut out = Pairs::new();
    for pair in letters.chars().zip(letters.chars().skip(1)) {
        *out.entry(pair).or_default() += 1.0;
    }
    out
}

fn common(a: &Pairs, b: &Pairs) -> f64 {
    a.iter().filter_map(|(pair, n)| b.get(pair).map(|m| n.min(*m))).sum()
}

fn total(pairs: &Pairs) -> f64 {
    pairs.values().sum::<f64>().max(1.0)
}
