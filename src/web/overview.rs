//! 概览: charts of the archive, each with its figures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{TimeDelta, Utc};

use crate::config::settings::Publication;
use crate::issue::edit::DropReason;
use crate::model::WEEKS;
use crate::render::{LearningWords, decision_label, learning};
use crate::store::Overview;
use crate::web::access::Editor;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Decisions that are counted.
const DECISIONS: TimeDelta = TimeDelta::days(30);
/// Items kept and dropped that are counted.
const CHOICES: TimeDelta = TimeDelta::days(60);

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Layout,
    bars: Vec<Bar>,
    most: u32,
    sum: u32,
    heads: Vec<String>,
    industries: Vec<IndustryRow>,
    o: Arc<Overview>,
    /// The publication whose editors' choices are counted.
    publication: String,
    kept: u32,
    dropped: Vec<(&'static str, u32)>,
    learned: LearningWords,
    decisions: Vec<(&'static str, usize)>,
}

/// An industry: count and shade of each week, and the sum.
type IndustryRow = (String, Vec<(u32, u32)>, u32);

/// A day's bar, in units of the chart.
struct Bar {
    x: u32,
    y: u32,
    height: u32,
    label: String,
    n: u32,
    named: bool,
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let publication = match console.shown_publication(&session) {
        Ok(p) => p,
        Err(answer) => return answer,
    };
    let o = match counted(&console).await {
        Ok(o) => o,
        Err(answer) => return answer,
    };
    let Decided { learned, decisions, kept, dropped } = match decided(&console, &publication).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let most = o.days.iter().map(|d| d.1).max().unwrap_or(0).max(1);
    let bars = (0u32..).zip(&o.days).map(|(i, (day, n))| {
        let height = n * 160 / most;
        Bar { x: 10 + i * 35, y: 180 - height, height, label: day.format("%-m-%-d").to_string(), n: *n, named: i % 7 == 6 }
    });
    let busiest = o.industries.iter().flat_map(|t| t.weeks).max().unwrap_or(1).max(1);
    let industries =
        o.industries.iter().map(|t| (t.industry.clone(), t.weeks.iter().map(|n| (*n, shade(*n, busiest))).collect(), t.weeks.iter().sum()));
    let words = |reason: &str| DropReason::ALL.iter().find(|r| r.1 == reason).map_or("其他", |r| r.2);
    response::page(&OverviewPage {
        frame: Layout::new(&console, &session, "概览"),
        bars: bars.collect(),
        most,
        sum: o.days.iter().map(|d| d.1).sum(),
        heads: (0..WEEKS).map(|w| if w + 1 == WEEKS { "本周".to_owned() } else { format!("前{}周", WEEKS - 1 - w) }).collect(),
        industries: industries.collect(),
        kept,
        dropped: dropped.iter().map(|(reason, n)| (words(reason), *n)).collect(),
        publication: publication.name,
        learned,
        decisions,
        o,
    })
}

/// What the editors of a publication decided, and what was learned of it.
struct Decided {
    learned: LearningWords,
    decisions: Vec<(&'static str, usize)>,
    kept: u32,
    /// Reason as stored, and how often.
    dropped: Vec<(String, u32)>,
}

async fn decided(console: &AppState, p: &Publication) -> Result<Decided, Response> {
    let (pipeline, p) = (console.pipeline(), p.clone());
    let found = console.store.run(move |s| {
        let (settings, now) = (pipeline.settings(), Utc::now());
        // what was opened outside of an issue counts where there is one publication only
        let of = (!settings.additional_publications.is_empty()).then_some(p.name.as_str());
        let learned = learning(&p.name, p.calendar.zone, settings.learning.enabled, s.ranking(&p.name)?.as_ref());
        let decisions = s.decision_counts(of, now - DECISIONS)?.into_iter().map(|(action, n)| (decision_label(action), n)).collect();
        let (kept, dropped) = s.kept_and_dropped(of, now - CHOICES)?;
        Ok(Decided { learned, decisions, kept, dropped })
    });
    stored(found.await)
}

/// Returns one of six shades.
fn shade(n: u32, most: u32) -> u32 {
    if n == 0 { 0 } else { (n * 5).div_ceil(most).min(5) }
}

/// Returns the figures, at most some minutes old: counting reads weeks of the archive.
pub(super) async fn counted(console: &AppState) -> Result<Arc<Overview>, Response> {
    let (store, zone) = (console.store.clone(), console.zone());
    stored(console.counted.get((), async move { store.run(move |s| s.overview(zone, Utc::now())).await }).await)
}
