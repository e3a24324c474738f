//! Trains the models that choose title, date, 来源 and author: `cargo run --example train_fields -- FOLDER… --out MODEL`; with
//! `--folds 5` it also prints figures by cross-validation, whole sites left out; `--rows FILE` writes what it learns from.
//!
//! A FOLDER has a `truth.json` of `{PAGE: {url, title, date, publisher, author}}`, where an absent field is unknown and an empty
//! one is none, and the pages beside it as `PAGE` or `html/PAGE.html`. The same pages give the same model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a file that cannot be read must end the run

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};
use qingbao::extract::candidates::{Candidate, Evidence, Field, FieldModel};
use qingbao::extract::{Context, fields::Fields};
use qingbao::fetch::charset;
use qingbao::html::Tree;
use qingbao::model::{ArticleSelectors, WebUrl};
use qingbao::text::dates::Clock;
use serde_json::{Value, json};

/// A candidate to learn from.
struct Row {
    evidence: Vec<Evidence>,
    right: bool,
    value: String,
}

/// The candidates of one field of one page.
struct Case {
    page: String,
    site: String,
    field: Field,
    /// Whether the page has a value at all.
    has_value: bool,
    rows: Vec<Row>,
}

/// Of the pages with a date, one in so many is learned from as if it had none, too.
const WITHOUT_DAY: usize = 8;
const FIELDS: [Field; 4] = [Field::Title, Field::Date, Field::Publisher, Field::Author];
/// Least probability of a value that is given: every article needs a title.
const LEAST: [f32; 4] = [0.05, 0.5, 0.5, 0.3];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1)).cloned();
    let folders = arguments.iter().take_while(|a| !a.starts_with("--"));
    let cases: Vec<Case> = folders.flat_map(|f| read(Path::new(f))).collect();
    if let Some(file) = value("--rows") {
        let line = |c: &Case| {
            json!({"page": c.page, "site": c.site, "field": c.field, "has": c.has_value, "rows": c.rows.iter().map(|r| json!({"e": r.evidence, "y": r.right, "v": r.value})).collect::<Vec<_>>()}).to_string()
        };
        std::fs::write(file, cases.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    }
    if let Some(folds) = value("--folds") {
        for field in FIELDS {
            measure(&cases, field, folds.parse().unwrap());
        }
    }
    if let Some(out) = value("--out") {
        let models: BTreeMap<Field, FieldModel> =
            FIELDS.iter().map(|f| (*f, train(&cases.iter().filter(|c| c.field == *f).collect::<Vec<_>>(), *f))).collect();
        std::fs::write(out, serde_json::to_string_pretty(&models).unwrap() + "\n").unwrap();
    }
}

fn read(folder: &Path) -> Vec<Case> {
    let truth: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("truth.json")).unwrap().replace(": NaN", ": null")).unwrap();
    let mut out = Vec::new();
    for (key, truth) in truth {
        let plain = folder.join(&key);
        let file = if plain.is_file() { plain } else { folder.join(format!("html/{key}.html")) };
        let Ok(bytes) = std::fs::read(file) else { continue };
        if truth.get("refuse").is_some_and(|r| r == true) {
            continue;
        }
        let url = truth.get("url").and_then(Value::as_str).and_then(|u| WebUrl::parse(u).ok());
        let site = url.as_ref().and_then(|u| u.as_url().host_str().map(|h| h.trim_start_matches("www.").to_owned()));
        let site = site.unwrap_or_else(|| key.split('-').next().unwrap_or_default().to_owned());
        let text = charset::decode(&bytes, None, None).text;
        let tree = Tree::parse(&text);
        let selectors = ArticleSelectors::default();
        let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 29, 0, 0, 0).unwrap());
        let context = Context { url: url.as_ref(), selectors: &selectors, clock };
        let fields = Fields::of(&tree, &text, &context);
        let mut add = |field, name: &str, rows: Vec<Row>| {
            if truth.get(name).is_some_and(|v| name != "title" || v.is_string()) {
                let has_value = truth.get(name).and_then(Value::as_str).is_some_and(|v| !v.is_empty());
                out.push(Case { page: key.clone(), site: site.clone(), field, has_value, rows });
            }
        };
        add(Field::Title, "title", rows(&fields.titles, Clone::clone, |v| answers(&truth, "title").iter().any(|t| letters(t) == letters(v))));
        add(Field::Date, "date", rows(&fields.dates, |d| d.at.to_rfc3339(), |d| answers(&truth, "date").iter().any(|t| same_day(t, d.at))));
        add(
            Field::Publisher,
            "publisher",
            rows(&fields.publishers, Clone::clone, |v| answers(&truth, "publisher").iter().any(|t| letters(t) == letters(v))),
        );
        add(Field::Author, "author", rows(&fields.authors, Clone::clone, |v| answers(&truth, "author").iter().any(|t| names(t) == names(v))));
        // what dates look like on a page that does not name its own
        let days: Vec<_> = fields.dates.iter().map(|d| d.value.at).filter(|d| answers(&truth, "date").iter().any(|t| same_day(t, *d))).collect();
        if let Some(day) = days.first().filter(|_| fold(&key, WITHOUT_DAY) == 0) {
            let other = Fields::without_day(&tree, &text, &context, day.date_naive());
            let rows = rows(&other.dates, |d| d.at.to_rfc3339(), |d| answers(&truth, "date").iter().any(|t| same_day(t, d.at)));
            out.push(Case { page: format!("without day/{key}"), site: site.clone(), field: Field::Date, has_value: false, rows });
        }
    }
    out
}

fn rows<T>(candidates: &[Candidate<T>], shown: impl Fn(&T) -> String, is_right: impl Fn(&T) -> bool) -> Vec<Row> {
    candidates.iter().map(|c| Row { evidence: c.evidence.clone(), right: is_right(&c.value), value: shown(&c.value) }).collect()
}

/// The values that are right.
fn answers(truth: &Value, name: &str) -> Vec<String> {
    let other = truth.get(format!("{name}_alt")).cloned().unwrap_or_default();
    let all = [truth.get(name).cloned().unwrap_or_default()].into_iter().chain(other.as_array().cloned().unwrap_or_else(|| vec![other]));
    let texts: Vec<String> = all.filter_map(|v| v.as_str().map(str::to_owned)).filter(|t| !t.is_empty()).collect();
    let parts = texts.iter().filter(|_| name == "publisher").flat_map(|t| t.split('/')).map(str::to_owned).collect::<Vec<_>>();
    texts.into_iter().chain(parts).collect()
}

fn letters(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn names(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty() && !["and", "und", "et", "by"].contains(w));
    words.map(str::to_owned).collect()
}

fn same_day(truth: &str, at: DateTime<chrono::FixedOffset>) -> bool {
    let day = truth.get(..10).unwrap_or_default();
    let utc = DateTime::parse_from_rfc3339(truth).map(|t| t.with_timezone(&Utc).date_naive().to_string());
    [at.date_naive().to_string(), at.with_timezone(&Utc).date_naive().to_string()].iter().any(|d| d == day || utc.as_ref().is_ok_and(|u| u == d))
}

/// A model with its threshold.
fn train(cases: &[&Case], field: Field) -> FieldModel {
    FieldModel { threshold: LEAST[FIELDS.iter().position(|f| *f == field).unwrap()], ..fit(cases) }
}

/// The most probable candidate.
fn best<'a>(model: &FieldModel, case: &'a Case) -> Option<(f32, &'a Row)> {
    case.rows.iter().map(|r| (model.probability(&r.evidence), r)).reduce(|a, b| if b.0 > a.0 { b } else { a })
}

/// Rounds over all pages, and how weights shrink.
const EPOCHS: usize = 30;
const SHRINK: f32 = 3e-4;

/// Logistic regression by `AdaGrad` (Duchi et al. 2011) with shrinkage, in an order of its own that is always the same.
fn fit(cases: &[&Case]) -> FieldModel {
    let names: BTreeSet<Evidence> = cases.iter().flat_map(|c| &c.rows).flat_map(|r| r.evidence.iter().copied()).collect();
    let number: BTreeMap<Evidence, usize> = names.iter().copied().zip(1..).collect();
    let rows: Vec<(Vec<usize>, f32)> = cases
        .iter()
        .flat_map(|c| &c.rows)
        .map(|r| (r.evidence.iter().map(|e| number[e]).chain([0]).collect(), f32::from(u8::from(r.right))))
        .collect();
    let (mut weights, mut squares) = (vec![0f32; names.len() + 1], vec![1e-6f32; names.len() + 1]);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut seed = 1u64;
    for _ in 0..EPOCHS {
        for i in (1..order.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, usize::try_from(seed >> 33).unwrap() % (i + 1));
        }
        for (features, target) in order.iter().map(|i| &rows[*i]) {
            let p = 1.0 / (1.0 + (-features.iter().map(|f| weights[*f]).sum::<f32>()).exp());
            for f in features {
                let gradient = p - target + SHRINK * weights[*f];
                squares[*f] += gradient * gradient;
                weights[*f] -= 0.1 * gradient / squares[*f].sqrt();
            }
        }
    }
    let rounded = |w: f32| (w * 1000.0).round() / 1000.0;
    let named = number.iter().map(|(name, i)| ((*name).to_owned(), rounded(weights[*i]))).collect();
    FieldModel { threshold: 0.5, bias: rounded(weights[0]), weights: named }
}

fn fold(site: &str, folds: usize) -> usize {
    let hash = site.bytes().fold(1_469_598_103_934_665_603_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(1_099_511_628_211));
    usize::try_from(hash >> 40).unwrap() % folds
}

/// What cross-validation finds, by collection.
#[derive(Default)]
struct Figures {
    pages: usize,
    right: usize,
    wrong: usize,
    sure: usize,
    sure_right: usize,
    reachable: usize,
}

fn measure(cases: &[Case], field: Field, folds: usize) {
    let cases: Vec<&Case> = cases.iter().filter(|c| c.field == field).collect();
    let mut found: BTreeMap<String, Figures> = BTreeMap::new();
    for part in 0..folds {
        let (kept, others): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|c| fold(&c.site, folds) == part);
        let model = train(&others, field);
        for case in kept {
            let set = case.page.split_once('/').map_or("others", |(set, _)| set);
            for figures in [set, "all"].map(str::to_owned) {
                let f = found.entry(figures).or_default();
                f.pages += 1;
                f.reachable += usize::from(case.rows.iter().any(|r| r.right));
                if let Some((p, row)) = best(&model, case).filter(|(p, _)| *p >= model.threshold) {
                    f.right += usize::from(row.right);
                    f.wrong += usize::from(!row.right);
                    f.sure += usize::from(p >= 0.9);
                    f.sure_right += usize::from(p >= 0.9 && row.right);
                }
            }
        }
    }
    for (set, f) in found {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        println!(
            "{field:?} {set:12} {:4} pages  right {:.3}  wrong {:.3}  a candidate is right {:.3}  given with 0.9: {:.3}, right {:.3}",
            f.pages,
            share(f.right, f.pages),
            share(f.wrong, f.pages),
            share(f.reachable, f.pages),
            share(f.sure, f.pages),
            share(f.sure_right, f.sure)
        );
    }
}
