//! Measures how many faults in summaries the checks find, and how many true sentences they doubt.
//!
//! `cargo run --release --example planted_faults -- [FILE.jsonl] [--seed N] [--show N] [--half 0|1]` plants 2,000 faults of 8 kinds in the
//! summaries of made-up articles, or of a file with `title` and `text` per line. `--half` takes every second line of the file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a mistake here must end the run
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // numbers are small

mod articles;
mod measure;
mod plant;

use articles::{Article, Random};
use measure::measure;
use plant::KINDS;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)?.parse::<usize>().ok());
    let (seed, show) = (option("--seed").unwrap_or(1) as u64, option("--show").unwrap_or(0));
    let all = match args.first().filter(|a| !a.starts_with("--")) {
        Some(file) => read(file, option("--half")),
        None => articles::make(&mut Random(seed), 300),
    };
    let found = measure(&all, 2_000, seed, show);
    for kind in KINDS {
        let (planted, any, right) = found.kinds[&(kind as u8)];
        println!(
            "{:<10} {planted:>5} planted, {:>5.1}% found, {:>5.1}% named as such",
            format!("{kind:?}"),
            share(any, planted),
            share(right, planted)
        );
    }
    let sum = found.kinds.values().fold((0, 0), |s, k| (s.0 + k.0, s.1 + k.1));
    println!("{:<10} {:>5} planted, {:>5.1}% found", "all", sum.0, share(sum.1, sum.0));
    for (name, (all, alarms)) in [("sentences of summaries", found.verbatim), ("sentences that an editor changed", found.edited)] {
        println!("{name}: {all}, {alarms} with an alarm ({:.2}%)", share(alarms, all));
    }
    println!("an issue of 30 items: {:.0} ms", found.time.as_secs_f64() * 1000.0 / found.articles.max(1) as f64 * 30.0);
}

fn share(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}

fn read(file: &str, half: Option<usize>) -> Vec<Article> {
    let text = std::fs::read_to_string(file).expect("the file of articles");
    let lines = text.lines().enumerate().filter(|(i, _)| half.is_none_or(|h| i % 2 == h));
    let value = |l: &str| serde_json::from_str::<serde_json::Value>(l).expect("a line of JSON");
    let field = |v: &serde_json::Value, name: &str| v[name].as_str().unwrap_or_default().to_owned();
    lines.map(|(_, l)| value(l)).map(|v| Article { title: field(&v, "title"), text: field(&v, "text") }).collect()
}
