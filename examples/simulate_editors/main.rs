//! Measures the learned ranking with made-up editors.
//!
//! `cargo run --release --example simulate_editors -- LABELS.jsonl --seeds 3` deals labelled articles into issues, gives each a date,
//! source, publisher, place and company by a fixed seed, and lets editors with hidden tastes work on the drafts: they drop what they
//! do not like and add what they like of the candidates. A line of LABELS is `{"title", "text", "industries", "column" or null,
//! "worthy": 0 to 2}`. The judgement of an article is that of a model trained on the other half of the labels.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a file that cannot be read must end the run

mod editor;
mod figures;
mod world;

use std::collections::HashSet;
use std::time::Instant;

use qingbao::config::settings::{Publication, SummariseSettings};
use qingbao::issue::{self, InMemory, IssueInput, RankedCandidate};
use qingbao::model::{ArticleId, Health};
use qingbao::ranking::{Observation, ObservedIssue, Outcome, Ranking, train};

use crate::editor::{Editor, TASTES};
use crate::figures::{DraftFigures, IssueRow, print_summary};
use crate::world::{Article, ISSUES, World};

/// Candidates beside the draft that an editor looks through.
const LOOKED_AT: usize = 60;

fn main() {
    let mut args = std::env::args().skip(1);
    let labels = args.next().expect("usage: simulate_editors LABELS.jsonl [--seeds N]");
    let seeds: u64 = args.skip_while(|a| a != "--seeds").nth(1).map_or(1, |n| n.parse().expect("a number after --seeds"));
    let judged = world::read(&labels);
    eprintln!("{} articles judged", judged.len());
    for taste in TASTES {
        let runs: Vec<Vec<IssueRow>> = (1..=seeds).map(|seed| run(&World::new(&judged, seed), &Editor::new(taste, seed))).collect();
        print_summary(taste.name, &runs);
    }
}

/// Lets an editor make all issues.
fn run(world: &World, editor: &Editor) -> Vec<IssueRow> {
    let (publication, summarise, levels) =
        (Publication::default(), SummariseSettings { length: 40, ..SummariseSettings::default() }, world::levels());
    let quota: usize = publication.columns.iter().map(|c| c.quota).sum();
    let (mut history, mut rows) = (Vec::new(), Vec::new());
    for n in 0..ISSUES {
        let articles = world.issue(n);
        let started = Instant::now();
        let ranking = Ranking::new(train(&history));
        let seconds = started.elapsed().as_secs_f64();
        let make = |ranking: Option<&Ranking>| {
            let input = IssueInput {
                publication: &publication,
                published: HashSet::new(),
                previous_items: Vec::new(),
                trend: Vec::new(),
                rising: Vec::new(),
                topics: std::collections::HashMap::new(),
                ranking,
                screen: qingbao::issue::Screen::default(),
                health: Health::default(),
                date: world::time(n).date_naive(),
                now: world::time(n),
                levels: &levels,
                summarise: &summarise,
            };
            let archive = InMemory(articles.iter().map(|a| (String::new(), a.headline.clone())).collect());
            issue::build(&input, &archive).unwrap().candidates
        };
        let (learned, before) = (make(Some(&ranking)), make(None));
        let wanted = editor.wanted(articles, n, &publication.columns);
        let (observed, mut row) = work(&learned, articles, &wanted, quota, &ranking);
        row.before = work(&before, articles, &wanted, quota, &Ranking::default()).1.learned;
        let foreseen = editor.foreseen(articles, n, &publication.columns);
        let hits = foreseen.intersection(&wanted).count();
        row.foreseen =
            DraftFigures { precision: hits as f64 / foreseen.len().max(1) as f64, edits: foreseen.len() - hits + (wanted.len() - hits), moves: 0 };
        row.seconds = seconds;
        row.share = ranking.model().share;
        if editor.is_random() {
            // what random decisions cost is seen by readers who want what is worthy
            let worthy = articles.iter().filter(|a| a.worthy > 0 && a.column.is_some()).map(|a| a.headline.id).collect();
            row.learned.precision = precision(&learned, &worthy);
            row.before.precision = precision(&before, &worthy);
        }
        rows.push(row);
        history.push(ObservedIssue { date: world::time(n).date_naive().to_string(), observations: observed });
    }
    rows
}

fn precision(candidates: &[RankedCandidate], wanted: &HashSet<ArticleId>) -> f64 {
    let proposed: Vec<_> = candidates.iter().filter(|c| c.was_proposed).collect();
    proposed.iter().filter(|c| wanted.contains(&c.article)).count() as f64 / proposed.len().max(1) as f64
}

/// What the editor does with a draft and its candidates.
fn work(
    candidates: &[RankedCandidate],
    articles: &[Article],
    wanted: &HashSet<ArticleId>,
    quota: usize,
    ranking: &Ranking,
) -> (Vec<Observation>, IssueRow) {
    let mut row = IssueRow::default();
    let (mut observed, mut printed) = (Vec::new(), candidates.iter().filter(|c| c.was_proposed && wanted.contains(&c.article)).count());
    row.learned.precision = precision(candidates, wanted);
    for c in candidates.iter().filter(|c| c.was_proposed || c.rank <= LOOKED_AT) {
        let likes = wanted.contains(&c.article);
        let outcome = match (c.was_proposed, likes) {
            (true, true) => Outcome::Kept,
            (true, false) => Outcome::Dropped,
            (false, true) if printed < quota => {
                printed += 1;
                Outcome::Added
            }
            (false, _) => Outcome::PassedOver,
        };
        row.learned.edits += usize::from(matches!(outcome, Outcome::Dropped | Outcome::Added));
        let right = articles.iter().find(|a| a.headline.id == c.article).and_then(|a| a.column.clone());
        let column = right.filter(|_| outcome.is_wanted());
        row.learned.moves += usize::from(column.as_ref().is_some_and(|right| ranking.column(&c.features).unwrap_or(&c.features.column) != right));
        if c.was_proposed && ranking.is_active() {
            row.forecasts.push((ranking.probability(&c.features), likes));
        }
        observed.push(Observation { features: c.features.clone(), outcome, column, rank: c.rank, readers: 0 });
    }
    (observed, row)
}
