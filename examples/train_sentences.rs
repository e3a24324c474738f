//! Trains the sentence models: `cargo run --example train_sentences -- --labels FILE --out MODEL`, or `--labels FILE --folds 5`
//! (`--folds source`) to measure by cross-validation.
//!
//! FILE has a JSON object per line: `title`, `text`, `sentences`, and the numbers of those an editor would take (`best`), would
//! accept (`also`) and would never take (`furniture`); `source` names the family of the text. The same file gives the same model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a file that cannot be read must end the run

use std::collections::{BTreeMap, BTreeSet};

use qingbao::issue::sentence_model::{Features, Model, Models, add_clean_places, features};
use qingbao::issue::sentences::sentences;
use qingbao::issue::summarise::{Summary, summarise_by};
use serde::Deserialize;

#[derive(Deserialize)]
struct Labelled {
    title: String,
    text: String,
    sentences: Vec<String>,
    best: Vec<usize>,
    also: Vec<usize>,
    furniture: Vec<usize>,
    #[serde(default)]
    source: String,
}

/// One sentence to learn from: what is seen of it, whether it is furniture, and how far an editor would take it.
struct Sample {
    features: Features,
    furniture: f32,
    taken: f32,
}

/// Letters of a summary that is measured.
const LENGTH: usize = 230;
/// How far an acceptable sentence counts as taken.
const ACCEPTABLE: f32 = 0.3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1)).cloned();
    let file = std::fs::read_to_string(value("--labels").expect("--labels FILE")).unwrap();
    let rows: Vec<Labelled> = file.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    if let Some(folds) = value("--folds") {
        measure(&rows, &folds);
    }
    if let Some(out) = value("--out") {
        std::fs::write(out, train(&rows.iter().collect::<Vec<_>>()).to_bytes()).unwrap();
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Samples of one text: our own sentences with the labels of those they lie in, or that lie in them.
fn samples(row: &Labelled) -> Vec<Sample> {
    let own = sentences(&row.title, &row.text);
    let labelled: Vec<String> = row.sentences.iter().map(|s| squeeze(s)).collect();
    let mut out: Vec<Sample> = own
        .iter()
        .zip(features(&row.title, &own))
        .map(|(sentence, features)| {
            let key = squeeze(sentence);
            let inside: Vec<usize> =
                (0..labelled.len()).filter(|i| labelled[*i].contains(&key) || labelled[*i].len() > 9 && key.contains(&labelled[*i])).collect();
            let all = inside.len().max(1) as f32;
            let share = |list: &[usize]| inside.iter().filter(|i| list.contains(i)).count() as f32 / all;
            let taken = if share(&row.best) > 0.0 { 1.0 } else { ACCEPTABLE * share(&row.also) };
            Sample { features, furniture: share(&row.furniture).round(), taken }
        })
        .collect();
    let furniture: Vec<f32> = out.iter().map(|s| s.furniture).collect();
    let mut all: Vec<Features> = out.iter().map(|s| s.features.clone()).collect();
    add_clean_places(&mut all, &furniture);
    // the taken model sees the places, the furniture model must not
    for (sample, placed) in out.iter_mut().zip(all) {
        sample.features = placed;
    }
    out
}

fn train(rows: &[&Labelled]) -> Models {
    let mut all: Vec<Sample> = rows.iter().flat_map(|r| samples(r)).collect();
    let taken = fit(&all, |s| s.taken, 3e-4);
    for (sample, plain) in all.iter_mut().zip(rows.iter().flat_map(|r| features(&r.title, &sentences(&r.title, &r.text)))) {
        sample.features = plain;
    }
    Models { furniture: fit(&all, |s| s.furniture, 3e-4), taken }
}

/// Logistic regression by `AdaGrad` (Duchi et al. 2011) with shrinkage, in an order of its own that is always the same.
fn fit(samples: &[Sample], target: impl Fn(&Sample) -> f32, shrink: f32) -> Model {
    let mut model = Model::default();
    let mut squares = (1e-6f32, vec![1e-6f32; model.figures.len()], vec![1e-6f32; model.buckets.len()]);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let mut seed = 1u64;
    let step = |w: &mut f32, square: &mut f32, gradient: f32| {
        *square += gradient * gradient;
        *w -= 0.1 * gradient / square.sqrt();
    };
    for _ in 0..EPOCHS {
        for i in (1..order.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, usize::try_from(seed >> 33).unwrap() % (i + 1));
        }
        for s in order.iter().map(|i| &samples[*i]) {
            let error = model.probability(&s.features) - target(s);
            step(&mut model.bias, &mut squares.0, error);
            for ((w, q), x) in model.figures.iter_mut().zip(&mut squares.1).zip(&s.features.figures) {
                step(w, q, error * x + shrink * *w);
            }
            for b in s.features.grams.iter().map(|b| usize::from(*b)) {
                let gradient = error * s.features.weight + shrink * 10.0 * model.buckets[b];
                step(&mut model.buckets[b], &mut squares.2[b], gradient);
            }
        }
    }
    model
}

/// Rounds over all sentences.
const EPOCHS: usize = 8;

fn measure(rows: &[Labelled], folds: &str) {
    let fold_of = |i: usize, row: &Labelled| match folds.parse::<usize>() {
        Ok(n) => (i % n).to_string(),
        Err(_) => row.source.clone(),
    };
    let names: BTreeSet<String> = rows.iter().enumerate().map(|(i, r)| fold_of(i, r)).collect();
    let mut sums = [0.0f64; 5];
    for name in names {
        let (mut kept, mut others) = (Vec::new(), Vec::new());
        for (i, row) in rows.iter().enumerate() {
            if fold_of(i, row) == name { kept.push(row) } else { others.push(row) }
        }
        let models = train(&others);
        let mut fold = [0.0f64; 5];
        for row in kept.iter().filter(|r| !r.best.is_empty()) {
            let scores = score(row, &summarise_by(&models, &row.title, &row.text, LENGTH, None));
            add(&mut fold, scores);
        }
        add(&mut sums, fold);
        println!("{name:12} {:3} texts  {}", kept.len(), shown(&fold));
    }
    println!("all          {:3} texts  {}", rows.len(), shown(&sums));
}

fn add(sums: &mut [f64; 5], more: [f64; 5]) {
    for (sum, x) in sums.iter_mut().zip(more) {
        *sum += x;
    }
}

fn shown(sums: &[f64; 5]) -> String {
    let n = sums[4].max(1.0);
    format!("F1 {:.3}  P {:.3}  R {:.3}  furniture {:.3}", sums[0] / n, sums[1] / n, sums[2] / n, sums[3] / n)
}

type Bigrams = BTreeMap<(char, char), f64>;

fn bigrams<'a>(parts: impl Iterator<Item = &'a str>) -> Bigrams {
    let letters: Vec<char> = squeeze(&parts.collect::<Vec<_>>().concat()).chars().collect();
    let mut out = Bigrams::new();
    for pair in letters.windows(2) {
        *out.entry((pair[0], pair[1])).or_default() += 1.0;
    }
    out
}

fn common(a: &Bigrams, b: &Bigrams) -> f64 {
    a.iter().filter_map(|(k, n)| b.get(k).map(|m| n.min(*m))).sum()
}

/// F1, precision against what an editor would accept, recall of what he would take, share of furniture; and 1 to count.
fn score(row: &Labelled, summary: &Summary) -> [f64; 5] {
    let of = |list: &[usize]| bigrams(list.iter().map(|i| row.sentences[*i].as_str()));
    let accepted: BTreeSet<usize> = row.best.iter().chain(&row.also).copied().collect();
    let (best, accepted, mut furniture) = (of(&row.best), of(&accepted.into_iter().collect::<Vec<_>>()), of(&row.furniture));
    for (k, n) in &mut furniture {
        *n = (*n - accepted.get(k).copied().unwrap_or_default()).max(0.0);
    }
    let own = bigrams(std::iter::once(summary.text.as_str()));
    let total = |b: &Bigrams| b.values().sum::<f64>().max(1.0);
    let (p, r) = (common(&own, &accepted) / total(&own), common(&own, &best) / total(&best));
    let f = if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
    [f, p, r, common(&own, &furniture) / total(&own), 1.0]
}
