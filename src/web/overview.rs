//! 概览: charts of the archive, each with its figures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{TimeDelta, Utc};

use crate::issue::edit::DropReason;
use crate::model::WEEKS;
use crate::render::{LearningWords, decision_label, learning};
use crate::store::Overview;
use crate::web::access::Editor;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Decisions that are counted.
const DECISIONS: TimeDelta = TimeDelta::days(30);

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
    dropped: Vec<(&'static str, u32)>,
    learned: Vec<LearningWords>,
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
    let o = match counted(&console).await {
        Ok(o) => o,
        Err(answer) => return answer,
    };
    let (learned, decisions) = match learned(&console).await {
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
        dropped: o.dropped.iter().map(|(reason, n)| (words(reason), *n)).collect(),
        learned,
        decisions,
        o,
    })
}

/// Returns what was learned for each publication, and the decisions of the last days.
async fn learned(console: &AppState) -> Result<(Vec<LearningWords>, Vec<(&'static str, usize)>), Response> {
    let pipeline = console.pipeline();
    let found = console.store.run(move |s| {
        let settings = pipeline.settings();
        let mut words = Vec::new();
        for p in settings.publications() {
            words.push(learning(&p.name, p.calendar.zone, settings.learning.enabled, s.ranking(&p.name)?.as_ref()));
        }
        Ok((words, s.decision_counts(Utc::now() - DECISIONS)?))
    });
    let (words, counts) = stored(found.await)?;
    Ok((words, counts.into_iter().map(|(action, n)| (decision_label(action), n)).collect()))
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
