//! Trains the model that tells whether two articles report one event.
//!
//! `cargo run --release --example train_events -- --sample FILE --grams OUT` counts n-grams of a sample of articles; rebuild after it.
//! `cargo run --release --example train_events -- LABELS --folds 5` prints figures by cross-validation over events and with whole kinds
//! of sources left out; `--out MODEL` writes the model; `--rows FILE` writes the features of all pairs.
//!
//! A line of LABELS is `{"title", "text", "date"?, "source", "event"}`, one of a sample `{"title", "text"}`. The same files give
//! the same model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a file that cannot be read must end the run

#[path = "../boost/mod.rs"]
mod boost;
mod figures;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boost::{Growth, Table, Target, grow};
use qingbao::events::{EventModel, GramFrequencies, INDEXED_TERMS, Profile, features, is_doubtful, is_template, most_alike};
use qingbao::learn::BoostedTrees;
use serde::Deserialize;

use crate::figures::{Link, Score};

/// Pairs per article that are learned from, those with the most in common.
const PAIRS: usize = 40;
/// Forests of which the mean is taken.
const FORESTS: u64 = 4;
const GROWTH: Growth = Growth { trees: 120, leaves: 16, rate: 0.05, ridge: 6.0, least_weight: 1.0, rows: 6, features: 2, seed: 7 };
/// Least precision of pairs that count as one event without an editor's look.
const SURE_PRECISION: f64 = 0.97;

#[derive(Deserialize)]
struct Sampled {
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Labelled {
    title: String,
    text: String,
    #[serde(default)]
    date: String,
    source: String,
    event: String,
}

/// What speaks against one event.
#[derive(Clone, Copy, PartialEq)]
enum Against {
    Nothing,
    /// It may be another event, however alike the articles are.
    Doubt,
    /// One template with two names, or titles that the other text does not tell.
    OtherNews,
}

impl Against {
    fn of(a: &Profile, b: &Profile) -> Self {
        match (is_template(a, b) || !a.tells_title(b), is_doubtful(a, b)) {
            (true, _) => Self::OtherNews,
            (false, true) => Self::Doubt,
            (false, false) => Self::Nothing,
        }
    }
}

/// Two articles, by place, with their features.
struct Pair {
    a: usize,
    b: usize,
    row: Vec<f32>,
    is_one_event: bool,
    against: Against,
    /// Whether the index finds the one for the other.
    is_found: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1)).cloned();
    if let (Some(sample), Some(out)) = (value("--sample"), value("--grams")) {
        let sampled: Vec<Sampled> = lines(&sample);
        let table = GramFrequencies::count(sampled.iter().map(|s| (s.title.as_str(), s.text.as_str())));
        std::fs::write(out, table.to_bytes().unwrap()).unwrap();
        return;
    }
    let articles: Vec<Labelled> = lines(arguments.first().expect("a file of labels"));
    let profiles: Vec<Profile> = articles.iter().map(|a| Profile::new(&a.title, &a.text, a.date.parse().ok())).collect();
    let pairs = pairs(&articles, &profiles);
    if let Some(out) = value("--rows") {
        let names: Vec<&str> = features(&profiles[0], &profiles[1]).iter().map(|(n, _)| *n).collect();
        let row = |p: &Pair| serde_json::json!([p.a, p.b, p.is_one_event, p.row]).to_string();
        let all: Vec<String> = std::iter::once(serde_json::json!(names).to_string()).chain(pairs.iter().map(row)).collect();
        std::fs::write(out, all.join("\n")).unwrap();
    }
    let folds: Option<usize> = value("--folds").map(|f| f.parse().unwrap());
    if let Some(folds) = folds {
        let events: Vec<&str> = articles.iter().map(|a| a.event.as_str()).collect();
        let kind: Vec<&str> = articles.iter().map(|a| kind(&a.source)).collect();
        for (name, groups, folds) in [("events", &events, folds), ("kinds of sources", &kind, 4)] {
            report(name, &articles, &pairs, groups, folds);
        }
    }
    if let Some(out) = value("--out") {
        let odds = out_of_fold(&articles, &pairs, &articles.iter().map(|a| a.event.as_str()).collect::<Vec<_>>(), folds.unwrap_or(5));
        let (related, sure) = thresholds(&articles, &pairs, &odds);
        let model = EventModel { related, sure, trees: train(pairs.iter()) };
        std::fs::write(out, model.to_bytes()).unwrap();
    }
}

fn lines<T: for<'a> Deserialize<'a>>(file: &str) -> Vec<T> {
    std::fs::read_to_string(file).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// Sources of one kind begin alike: `finance-flash`, `rss:…`.
fn kind(source: &str) -> &str {
    source.get(..3).unwrap_or(source)
}

/// Returns the pairs that share rare terms, and all pairs of one event.
fn pairs(articles: &[Labelled], profiles: &[Profile]) -> Vec<Pair> {
    let mut by_term: HashMap<u32, Vec<usize>> = HashMap::new();
    let terms: Vec<Vec<(u32, f32)>> = profiles.iter().map(Profile::terms).collect();
    for (a, terms) in terms.iter().enumerate() {
        for (t, _) in terms {
            by_term.entry(*t).or_default().push(a);
        }
    }
    let mut wanted: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut found: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (a, mine) in terms.iter().enumerate() {
        let (mut shared, mut indexed): (BTreeMap<usize, f32>, BTreeMap<usize, f32>) = Default::default();
        for (t, bits) in mine {
            for b in by_term[t].iter().filter(|b| **b != a) {
                *shared.entry(*b).or_default() += bits;
                // the index holds earlier articles
                if *b < a && terms[*b].iter().take(INDEXED_TERMS).any(|(o, _)| o == t) {
                    *indexed.entry(*b).or_default() += bits;
                }
            }
        }
        found.extend(most_alike(indexed).into_iter().map(|b| (b, a)));
        let mut ranked: Vec<(usize, f32)> = shared.into_iter().collect();
        ranked.sort_by(|x, y| y.1.total_cmp(&x.1));
        wanted.extend(ranked.into_iter().take(PAIRS).map(|(b, _)| (a.min(b), a.max(b))));
    }
    wanted.extend(&found);
    for a in 0..articles.len() {
        wanted.extend((a + 1..articles.len()).filter(|b| articles[a].event == articles[*b].event).map(|b| (a, b)));
    }
    let pair = |(a, b): (usize, usize)| Pair {
        is_found: found.contains(&(a, b)),
        against: Against::of(&profiles[a], &profiles[b]),
        a,
        b,
        row: features(&profiles[a], &profiles[b]).into_iter().map(|(_, v)| v).collect(),
        is_one_event: articles[a].event == articles[b].event,
    };
    let pairs: Vec<Pair> = wanted.into_iter().map(pair).collect();
    let (ones, known) = (pairs.iter().filter(|p| p.is_one_event).count(), pairs.iter().filter(|p| p.is_one_event && p.is_found).count());
    println!("{} articles, {} pairs, {ones} of one event; the index finds {known} of them", articles.len(), pairs.len());
    pairs
}

fn train<'a>(pairs: impl Iterator<Item = &'a Pair>) -> BoostedTrees {
    let (mut figures, mut targets, mut width) = (Vec::new(), Vec::new(), 0);
    for pair in pairs {
        width = pair.row.len();
        figures.extend_from_slice(&pair.row);
        targets.push(Target { kept: f32::from(u8::from(pair.is_one_event)), weight: 1.0 });
    }
    let table = Table::new(&figures, width);
    // the mean of several forests is surer than one
    let mut all = BoostedTrees::default();
    for seed in 1..=FORESTS {
        let grown = grow(&table, &targets, &Growth { seed: seed * 7919, ..GROWTH });
        all.bias += grown.bias / FORESTS as f32;
        all.trees.extend(grown.trees.into_iter().map(|mut t| {
            t.leaves.iter_mut().for_each(|l| *l /= FORESTS as f32);
            t
        }));
    }
    all
}

/// Returns the probability of each pair by trees that saw neither group of its articles.
fn out_of_fold(articles: &[Labelled], pairs: &[Pair], groups: &[&str], folds: usize) -> Vec<f32> {
    let names: BTreeSet<&str> = groups.iter().copied().collect();
    // a fixed shuffle, so that neighbours of the file do not share a fold
    let mut order: Vec<(u64, &str)> = names.into_iter().map(|n| (xxhash_rust::xxh3::xxh3_64(n.as_bytes()), n)).collect();
    order.sort_unstable();
    let fold: HashMap<&str, usize> = order.into_iter().enumerate().map(|(i, (_, n))| (n, i % folds)).collect();
    let of = |a: usize| fold[groups[a]];
    assert_eq!(articles.len(), groups.len());
    let mut out = vec![0.0; pairs.len()];
    for u in 0..folds {
        for v in u..folds {
            let is_asked = |p: &Pair| [(u, v), (v, u)].contains(&(of(p.a), of(p.b)));
            let is_hidden = |p: &Pair| [of(p.a), of(p.b)].iter().any(|f| *f == u || *f == v);
            if !pairs.iter().any(is_asked) {
                continue;
            }
            let trees = train(pairs.iter().filter(|p| !is_hidden(p)));
            for (p, o) in pairs.iter().zip(&mut out).filter(|(p, _)| is_asked(p)) {
                *o = 1.0 / (1.0 + (-trees.log_odds(&p.row, None)).exp());
            }
        }
    }
    out
}

fn report(name: &str, articles: &[Labelled], pairs: &[Pair], groups: &[&str], folds: usize) {
    let odds = out_of_fold(articles, pairs, groups, folds);
    let (related, sure) = thresholds(articles, pairs, &odds);
    let (all, precision, recall) = grouped(articles, pairs, &odds, related, sure);
    println!("left out: {name}\n  related from {related:.2}: {all}\n  sure from {sure:.2}: P {precision:.3} R {recall:.3}");
    for other in [0.6, 0.7, 0.8, 0.85, 0.9, 0.95] {
        let (_, precision, recall) = grouped(articles, pairs, &odds, related, other);
        println!("  were it {other:.2}: P {precision:.3} R {recall:.3}");
    }
}

/// Returns the thresholds with the best F1 of grouping, and the lowest one with [`SURE_PRECISION`].
fn thresholds(articles: &[Labelled], pairs: &[Pair], odds: &[f32]) -> (f32, f32) {
    let f1 = |t: f32| grouped(articles, pairs, odds, t, 1.0).0.f1;
    let tried = (6..=26).map(|n| n as f32 / 40.0);
    let related = tried.map(|t| (f1(t), t)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
    let is_precise = |sure: &f32| grouped(articles, pairs, odds, related, *sure).1 >= SURE_PRECISION;
    let sure = (1..100).map(|n| n as f32 / 100.0).filter(|t| *t > related).find(is_precise);
    (related, sure.unwrap_or(0.99))
}

/// Groups the articles with these probabilities.
fn grouped(articles: &[Labelled], pairs: &[Pair], odds: &[f32], related: f32, sure: f32) -> (Score, f64, f64) {
    let truth: Vec<&str> = articles.iter().map(|a| a.event.as_str()).collect();
    let link = |(p, o): (&Pair, &f32)| {
        (
            (p.a, p.b),
            Link { p: if p.against == Against::OtherNews { 0.0 } else { *o }, is_doubtful: p.against != Against::Nothing, is_found: p.is_found },
        )
    };
    figures::linkage(&truth, &pairs.iter().zip(odds).map(link).collect(), related, sure)
}
