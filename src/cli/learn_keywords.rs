//! `qingbao learn keywords`: trains the model that chooses keywords, and prints how good it is.

use std::io::Write as _;

use serde::Deserialize;

use crate::classify::keywords::{candidates, choose};
use crate::cli::labels::{PARTS, TrainingFiles, read_labels};
use crate::cli::write_file;
use crate::learn::Logistic;

/// Credit for a phrase inside an editor's keyword, or around one.
const IN_PART: f32 = 0.2;

#[derive(Deserialize)]
struct LabelledArticle {
    title: String,
    text: String,
    keywords: Vec<String>,
}

struct Example {
    wanted: Vec<String>,
    phrases: Vec<(String, Vec<f32>)>,
}

pub(super) fn run(args: &TrainingFiles) -> anyhow::Result<()> {
    let (articles, _) = read_labels::<LabelledArticle>(&args.labels)?;
    let examples: Vec<Example> = articles.into_iter().map(|a| Example { phrases: candidates(&a.title, &a.text), wanted: a.keywords }).collect();
    let mut sums = [0.0; 4];
    for part in 0..PARTS {
        let inside = examples.iter().enumerate().filter(|(i, _)| i % PARTS != part).map(|(_, e)| e);
        let model = train(inside);
        for e in examples.iter().skip(part).step_by(PARTS) {
            let chosen = choose(&model, e.phrases.iter().map(|(phrase, f)| (phrase.as_str(), f.as_slice())));
            sums.iter_mut().zip(figures(&chosen, &e.wanted)).for_each(|(sum, x)| *sum += x / examples.len() as f64);
        }
    }
    let [exact, good, found, count] = sums;
    let mut out = std::io::stdout().lock();
    writeln!(out, "left out in turn: exactly an editor's {exact:.3}, good in part {good:.3}, of an editor's found {found:.3}, {count:.1} each")?;
    write_file(&args.out, &serde_json::to_vec(&train(examples.iter()))?)?;
    writeln!(out, "{} articles -> {}", examples.len(), args.out.display())?;
    Ok(())
}

fn train<'a>(examples: impl Iterator<Item = &'a Example>) -> Logistic {
    let rows: Vec<(&[f32], f32)> = examples.flat_map(|e| e.phrases.iter().map(|(phrase, f)| (f.as_slice(), target(phrase, &e.wanted)))).collect();
    Logistic::fit(&rows)
}

fn target(phrase: &str, wanted: &[String]) -> f32 {
    let fits = |w: &String| w.contains(phrase) || phrase.contains(w.as_str());
    if wanted.iter().any(|w| w == phrase) {
        1.0
    } else if wanted.iter().any(fits) {
        IN_PART
    } else {
        0.0
    }
}

/// Returns precision, precision with partial credit, recall, and the number of chosen keywords.
fn figures(chosen: &[String], wanted: &[String]) -> [f64; 4] {
    let fits = |a: &String, b: &String| a.contains(b.as_str()) || b.contains(a.as_str());
    let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
    let exact = chosen.iter().filter(|c| wanted.contains(c)).count();
    let good = chosen.iter().filter(|c| wanted.iter().any(|w| fits(c, w))).count();
    let found = wanted.iter().filter(|w| chosen.iter().any(|c| fits(c, w))).count();
    [share(exact, chosen.len()), share(good, chosen.len()), share(found, wanted.len()), chosen.len() as f64]
}
