//! Trains the block model: `cargo run --release --example train_blocks -- FOLDER... [--out MODEL] [--folds 5] [--texts FILE]`.
//!
//! Each FOLDER has labelled pages: `truth.json` is `{NAME: {url, body, with, without, refuse}}`, and the page is FOLDER/NAME,
//! FOLDER/NAME.html or FOLDER/html/NAME.html. `body` is the article's text; pages without one may say passages that belong to it
//! (`with`) and not (`without`). With `--folds` whole sites are left out in turn and F1 of words is printed by folder. The same
//! pages give the same model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)] // what cannot be read must end the run

#[path = "../boost/mod.rs"]
mod boost;
mod labels;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use boost::{Growth, Table, Target, grow};
use labels::{Page, f1, misled, read, shortened};
use qingbao::extract::training::{BlockModel, Part, WIDTH, choose, is_asked, text};

const TREES: usize = 120;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1)).cloned();
    let options: Vec<usize> = (0..arguments.len()).filter(|i| arguments[*i].starts_with("--")).collect();
    let is_folder = |i: &usize| !options.contains(i) && !options.iter().any(|o| o + 1 == *i);
    let folders: Vec<PathBuf> = (0..arguments.len()).filter(is_folder).map(|i| PathBuf::from(&arguments[i])).collect();
    let mut pages: Vec<Page> = folders.iter().flat_map(|f| read(f)).collect();
    let short: Vec<Page> = pages.iter().flat_map(|p| (0..SHORT_FORMS).filter_map(|n| shortened(p, n))).collect();
    let misled: Vec<Page> = pages.iter().filter_map(misled).collect();
    pages.extend(short);
    pages.extend(misled);
    eprintln!("{} pages, {} blocks", pages.len(), pages.iter().map(|p| p.targets.len()).sum::<usize>());
    if let Some(folds) = value("--folds") {
        measure(&pages, folds.parse().unwrap(), value("--texts").as_deref().map(Path::new));
    }
    if let Some(out) = value("--out") {
        std::fs::write(out, train(&pages.iter().collect::<Vec<_>>()).0.to_bytes()).unwrap();
    }
}

/// Short forms of each Chinese page.
const SHORT_FORMS: u64 = 2;

/// Of blocks far from what the rules choose that belong to nothing, one in so many is learned from.
const SPARSE: usize = 4;

fn train(pages: &[&Page]) -> BlockModel {
    let (mut figures, mut targets) = (Vec::new(), Vec::new());
    for page in pages {
        let rows = page.sample.figures.chunks_exact(WIDTH).zip(&page.targets).enumerate();
        for (i, (row, target)) in rows.filter(|(_, (row, t))| t.weight > 0.0 && is_asked(row)) {
            let far = row[WIDTH - 1] == 0.0 && target.kept < 0.1;
            if !far || i % SPARSE == 0 {
                figures.extend_from_slice(row);
                targets.push(Target { weight: target.weight * if far { SPARSE as f32 } else { 1.0 }, ..*target });
            }
        }
    }
    let started = std::time::Instant::now();
    let model = BlockModel(grow(&Table::new(&figures, WIDTH), &targets, &Growth { trees: TREES, ..Growth::default() }));
    eprintln!("{} blocks learned in {:?}", targets.len(), started.elapsed());
    model
}

/// Every page's log-odds by a model that has seen no page of its site.
fn measure(pages: &[Page], folds: u64, texts: Option<&Path>) {
    let mut odds: Vec<Vec<f32>> = vec![Vec::new(); pages.len()];
    for fold in 0..folds {
        let others: Vec<&Page> = pages.iter().filter(|p| p.site % folds != fold).collect();
        let model = train(&others);
        for (p, o) in pages.iter().zip(&mut odds).filter(|(p, _)| p.site % folds == fold) {
            *o = model.log_odds(&p.sample.figures);
        }
    }
    let full: Vec<usize> = (0..pages.len()).filter(|i| pages[*i].body.is_some()).collect();
    let mut sums: BTreeMap<&str, (f64, f64, f64, usize)> = BTreeMap::new();
    for i in &full {
        let (p, truth) = (&pages[*i], pages[*i].body.as_deref().unwrap());
        let ours = f1(truth, &text(&p.sample, &kept(p, &odds[*i])));
        let rules = f1(truth, &text(&p.sample, &p.sample.parts.iter().map(|p| *p == Part::Chosen).collect::<Vec<_>>()));
        for set in [p.folder.as_str(), "all"] {
            let s = sums.entry(set).or_default();
            *s = (s.0 + ours, s.1 + rules, s.2 + p.ceiling, s.3 + 1);
        }
    }
    for (set, (ours, rules, ceiling, n)) in sums {
        let n = n as f64;
        println!("{set:16} {n:4} pages  model {:.4}  rules {:.4}  best possible {:.4}", ours / n, rules / n, ceiling / n);
    }
    if let Some(file) = texts {
        let line = |(p, o): (&Page, &Vec<f32>)| {
            let text = text(&p.sample, &kept(p, o));
            serde_json::json!({"file": p.name, "set": p.folder, "text": text, "odds": o, "lines": p.sample.lines,
                "kept": p.targets.iter().map(|t| t.kept).collect::<Vec<_>>(), "chosen": p.sample.parts.iter().map(|p| *p == Part::Chosen).collect::<Vec<_>>(), "letters": p.sample.letters, "body": p.body,
                "refuse": p.refuse})
            .to_string()
        };
        std::fs::write(file, pages.iter().zip(&odds).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    }
}

fn kept(page: &Page, odds: &[f32]) -> Vec<bool> {
    choose(odds, &page.sample.parts, &page.sample.letters).kept
}
