//! The page of a series: chart, figures, revisions, and the figures as CSV.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use chrono::{DateTime, Utc};

use crate::model::{FigureRow, Figures, Source, SourceId, printed};
use crate::render::figures_chart;
use crate::series::compare::Scale;
use crate::store::{Role, SeriesHistory, Session, StoredRevision};
use crate::text::spreadsheet::disarmed;
use crate::web::access::Editor;
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Most figures on the page; the file has all.
const MAX_ROWS: usize = 60;

#[derive(Template)]
#[template(path = "series.html")]
struct SeriesPage {
    frame: Layout,
    id: String,
    name: String,
    source: String,
    url: String,
    may_configure: bool,
    caption: String,
    /// 月度数据（累计）.
    kind: String,
    chart: Option<(String, String)>,
    heads: Vec<String>,
    table: Vec<Vec<String>>,
    more: usize,
    /// Period, before, now, when it was seen.
    revisions: Vec<(String, String, String, String)>,
    /// Article, title, whether it waits for an editor.
    articles: Vec<(i64, String, bool)>,
}

/// Returns the source of an id; one that is no series has no figures.
fn series_of(console: &AppState, id: &str) -> Option<Arc<Source>> {
    SourceId::parse(id).and_then(|id| console.live.sources().get(&id).cloned())
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<String>) -> Response {
    match series_of(&console, &id) {
        Some(source) => show(&console, &session, &source).await.unwrap_or_else(|answer| answer),
        None => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个数据序列"),
    }
}

async fn show(console: &AppState, session: &Session, source: &Source) -> Result<Response, Response> {
    let id = source.id.clone();
    let history = stored(console.store.run(move |s| s.series_history(&id)).await)?;
    let zone = console.zone();
    let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let all = history.as_ref().map(|h| figures(source, h));
    let shown = all.as_ref().map(|f| last(f, MAX_ROWS));
    let chart = all.as_ref().map(|f| last(f, f.rows.last().map_or(0, |r| r.period.frequency().shown_periods())));
    let picture = |f: Figures| Some((base64::engine::general_purpose::STANDARD.encode(figures_chart(&f)?), f.alt()));
    let mut rows = shown.map(|f| f.table()).unwrap_or_default().into_iter();
    let page = SeriesPage {
        frame: Layout::new(console, session, "来源"),
        id: source.id.to_string(),
        name: source.series.name.clone().unwrap_or_else(|| source.name.clone()),
        source: source.name.clone(),
        url: source.url.to_string(),
        may_configure: session.role == Role::Admin,
        caption: all.as_ref().map(Figures::caption).unwrap_or_default(),
        kind: history
            .as_ref()
            .map(|h| format!("{}度数据{}", h.frequency.chinese(), if h.is_cumulative { "（累计）" } else { "" }))
            .unwrap_or_default(),
        chart: chart.and_then(picture),
        more: all.as_ref().map_or(0, |f| f.rows.len().saturating_sub(MAX_ROWS)),
        heads: rows.next().unwrap_or_default(),
        table: rows.collect(),
        revisions: history.iter().flat_map(|h| h.revisions.iter().map(|r| revision(r, h.is_cumulative, at(r.seen_at)))).collect(),
        articles: history.iter().flat_map(|h| h.articles.iter().map(|(id, title, doubtful)| (id.0, title.clone(), *doubtful))).collect(),
    };
    Ok(response::page(&page))
}

fn revision(r: &StoredRevision, is_cumulative: bool, seen: String) -> (String, String, String, String) {
    (r.new.period.chinese(is_cumulative), printed(r.old.value, r.old.decimals), printed(r.new.value, r.new.decimals), seen)
}

/// Returns everything stored, with its changes.
fn figures(source: &Source, h: &SeriesHistory) -> Figures {
    let scale = Scale::of(h.unit.as_deref(), h.is_cumulative);
    Figures {
        name: source.series.name.clone().unwrap_or_else(|| source.name.clone()),
        unit: h.unit.clone().unwrap_or_default(),
        cumulative: h.is_cumulative,
        publisher: source.name.clone(),
        rows: h.figures.values().map(|f| scale.row(&h.figures, *f)).collect(),
    }
}

fn last(figures: &Figures, most: usize) -> Figures {
    let rows: Vec<FigureRow> = figures.rows.iter().skip(figures.rows.len().saturating_sub(most)).cloned().collect();
    Figures { rows, ..figures.clone() }
}

/// The figures as a file: Excel takes UTF-8 with a byte order mark.
pub(super) async fn csv_file(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<String>) -> Response {
    let Some(source) = series_of(&console, &id) else {
        return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个数据序列");
    };
    let asked = source.id.clone();
    let history = match stored(console.store.run(move |s| s.series_history(&asked)).await) {
        Ok(history) => history,
        Err(answer) => return answer,
    };
    let text = history.map(|h| csv_of(&figures(&source, &h), &h, console.zone())).unwrap_or_default();
    let name = format!("attachment; filename=\"{}.csv\"", source.id);
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], format!("\u{feff}{text}")).into_response()
}

/// A line per period: its code, the figure as a number, changes, when it was first seen.
fn csv_of(figures: &Figures, h: &SeriesHistory, zone: chrono_tz::Tz) -> String {
    let change = |c: Option<crate::model::FigureChange>| c.map(|c| printed(c.value(), 2)).unwrap_or_default();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let previous = figures.rows.first().map_or("环比", |r| Figures::previous_word(r.period.frequency()));
    let percent = if Scale::of(h.unit.as_deref(), h.is_cumulative).is_rate { "百分点" } else { "%" };
    let heads =
        ["时间".to_owned(), disarmed(figures.caption()), format!("同比（{percent}）"), format!("{previous}（{percent}）"), "首次见到".to_owned()];
    // writing to a vector cannot fail
    let _ = writer.write_record(&heads);
    for r in figures.rows.iter().rev() {
        let seen = h.first_seen.get(&r.period).map(|t| t.with_timezone(&zone).format("%Y-%m-%d").to_string()).unwrap_or_default();
        // a number that is negative is no formula: it has nothing but figures
        let _ = writer.write_record([disarmed(r.period.code()), r.printed(), change(r.on_year), change(r.on_previous), seen]);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
