//! 一周综述 and its month.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use chrono::Utc;

use crate::config::settings::Publication;
use crate::render::{self, ReviewCell, ReviewLink, ReviewSection, sections};
use crate::review::{CountRow, Review, ReviewPeriod, number};
use crate::store::{ReviewRequest, Session};
use crate::trends::Verdict;
use crate::web::access::Editor;
use crate::web::form::Fields;
use crate::web::issue_output::download;
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Units of a bar's drawing, and of a line of weeks.
const BAR: f64 = 200.0;
const LINE: (f64, f64) = (80.0, 18.0);

/// A publication and a period.
pub(super) type ReviewKey = (String, ReviewPeriod);

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    frame: Layout,
    heading: String,
    /// Path of the page, and the query that keeps the publication.
    path: String,
    query: String,
    previous: Option<String>,
    next: Option<String>,
    /// The week or month instead.
    other: (String, &'static str),
    sections: Vec<PageSection>,
    /// How many weeks before are drawn.
    weeks: usize,
    legend: String,
}

struct PageSection {
    title: &'static str,
    paragraphs: Vec<String>,
    heads: Vec<&'static str>,
    rows: Vec<(Vec<PageCell>, Option<Bar>)>,
    has_bars: bool,
}

struct PageCell {
    text: String,
    href: Option<String>,
}

/// A row's drawing: the range of the weeks before, their mean, the period, and the line of the weeks.
struct Bar {
    low: String,
    range: String,
    mean: String,
    current: String,
    class: &'static str,
    points: String,
    words: String,
}

pub(super) async fn this_week(State(console): State<AppState>, editor: Editor, uri: Uri) -> Response {
    let today = Utc::now().with_timezone(&console.zone()).date_naive();
    show(&console, editor.0, &uri, ReviewPeriod::week_of(today)).await
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(period): Path<String>, uri: Uri) -> Response {
    match of_path(&uri, &period) {
        Some(period) => show(&console, session, &uri, period).await,
        None => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这一周或这一月：地址写成 /week/2026-W48 或 /month/2026-11"),
    }
}

/// Returns the period of a path: weeks are under `/week`, months under `/month`.
fn of_path(uri: &Uri, period: &str) -> Option<ReviewPeriod> {
    let is_month = uri.path().split('/').any(|part| part == "month");
    ReviewPeriod::parse(period).filter(|p| p.is_week() != is_month)
}

/// Returns the review as .docx.
pub(super) async fn document(State(console): State<AppState>, Editor(session): Editor, Path(period): Path<String>, uri: Uri) -> Response {
    let Some(period) = of_path(&uri, &period) else {
        return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这一周或这一月");
    };
    let p = match publication(&console, &session, &uri) {
        Ok(p) => p,
        Err(answer) => return answer,
    };
    let review = match counted(&console, &p, period).await {
        Ok(Some(review)) => review,
        Ok(None) => return response::refused(&console, &session, StatusCode::NOT_FOUND, "这一期还没有开始"),
        Err(answer) => return answer,
    };
    let name = format!("{}.docx", render::review_stem(&review));
    let made = tokio::task::spawn_blocking(move || render::review_docx(&review, &p.organiser, &p.classification_notice, p.calendar.zone)).await;
    match made {
        Ok(Ok(bytes)) => download(&format!("review-{period}.docx"), &name, render::DOCX, bytes),
        Ok(Err(e)) => response::broken(&e),
        Err(e) => response::broken(&e),
    }
}

/// Returns the publication that the address names, or the one that the account sees; an error page for a name that is none.
fn publication(console: &AppState, session: &Session, uri: &Uri) -> Result<Publication, Response> {
    let pipeline = console.pipeline();
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let settings = pipeline.settings();
    let name = fields.text("publication");
    if name.is_empty() {
        return console.shown_publication(session);
    }
    settings
        .publication_named(name)
        .cloned()
        .ok_or_else(|| response::refused(console, session, StatusCode::NOT_FOUND, &format!("没有名为“{name}”的刊物，也许改过名")))
}

/// Returns the review, at most some minutes old; `None` if its period has not begun.
async fn counted(console: &AppState, p: &Publication, period: ReviewPeriod) -> Result<Option<Arc<Review>>, Response> {
    let store = console.store.clone();
    let request = ReviewRequest { publication: p.clone(), period, industries: console.vocabulary().industries.clone() };
    let found = console.reviews.get((p.name.clone(), period), async move { store.run(move |s| s.review(&request, Utc::now())).await });
    let review = stored(found.await)?;
    Ok(review.as_ref().clone().map(Arc::new))
}

async fn show(console: &AppState, session: Session, uri: &Uri, period: ReviewPeriod) -> Response {
    let p = match publication(console, &session, uri) {
        Ok(p) => p,
        Err(answer) => return answer,
    };
    let review = match counted(console, &p, period).await {
        Ok(Some(review)) => review,
        Ok(None) => return response::refused(console, &session, StatusCode::NOT_FOUND, "这一期还没有开始"),
        Err(answer) => return answer,
    };
    // links keep to this publication, whatever the account chooses on another page
    let query = if console.publications_of(&session.scope).len() > 1 { format!("?{}", encoded("publication", &p.name)) } else { String::new() };
    let frame = Layout::new(console, &session, if period.is_week() { "一周综述" } else { "一月综述" }).of_publication(&p.name);
    let path = |period: ReviewPeriod| format!("{}/{}/{period}", frame.base, if period.is_week() { "week" } else { "month" });
    let begins = |period: &ReviewPeriod| period.first_day() <= p.calendar.today(Utc::now());
    let other = if period.is_week() { ReviewPeriod::month_of(period.first_day()) } else { ReviewPeriod::week_of(period.first_day()) };
    response::page(&ReviewPage {
        heading: format!("{} {}", review.kind(), period.label()),
        path: path(period),
        previous: period.previous().map(path),
        next: period.next().filter(begins).map(path),
        other: (path(other), if period.is_week() { "看全月" } else { "看一周" }),
        query,
        sections: sections(&review, p.calendar.zone).into_iter().map(|s| page_section(s, &review, &frame.base)).collect(),
        weeks: review.known_weeks(),
        legend: render::review_legend(&review),
        frame,
    })
}

fn encoded(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

fn page_section(s: ReviewSection, r: &Review, base: &str) -> PageSection {
    let most = s.chart.iter().map(|c| c.rate.max(c.range.1)).fold(1.0, f64::max);
    let mut bars = s.chart.iter().map(|row| bar(row, most));
    let (heads, rows) = s.table.map(|t| (t.heads, t.rows)).unwrap_or_default();
    let rows = rows.into_iter().map(|row| (row.into_iter().map(|c| page_cell(c, r, base)).collect(), bars.next())).collect();
    PageSection { title: s.title, paragraphs: s.paragraphs, heads, rows, has_bars: !s.chart.is_empty() }
}

fn page_cell(cell: ReviewCell, r: &Review, base: &str) -> PageCell {
    let href = cell.link.map(|link| match link {
        ReviewLink::Article(id, _) => format!("{base}/articles/{id}"),
        ReviewLink::Event(id) => format!("{base}/events/{id}"),
        ReviewLink::Organisation(id) => format!("{base}/organisations/{id}"),
        ReviewLink::Topic(id) => format!("{base}/topics/{id}"),
        ReviewLink::Issue(id) => format!("{base}/draft/{id}"),
        ReviewLink::Search(field, value) => {
            let days = [("from", r.first_day.to_string()), ("to", r.last_day.to_string())];
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair(field, &value).extend_pairs(days);
            format!("{base}/articles?{}", query.finish())
        }
    });
    PageCell { text: cell.text, href }
}

fn bar(row: &CountRow, most: f64) -> Bar {
    let place = |n: f64| format!("{:.1}", (n / most).clamp(0.0, 1.0) * BAR);
    let class = match row.verdict() {
        Verdict::More => "more",
        Verdict::Fewer => "fewer",
        Verdict::Usual | Verdict::Unknown => "usual",
    };
    let line: Vec<f64> = row.weeks.iter().map(|n| f64::from(*n)).chain([row.rate]).collect();
    let highest = line.iter().copied().fold(1.0, f64::max);
    let step = LINE.0 / f64::from(u32::try_from(line.len().saturating_sub(1)).unwrap_or(1).max(1));
    let points: Vec<String> =
        (0u32..).zip(&line).map(|(i, n)| format!("{:.1},{:.1}", 1.0 + f64::from(i) * step, LINE.1 + 1.0 - n / highest * LINE.1)).collect();
    let weeks: Vec<String> = line.iter().map(|n| number(*n)).collect();
    Bar {
        low: place(row.range.0),
        range: place(row.range.1 - row.range.0),
        mean: place(row.mean),
        current: place(row.rate),
        class,
        points: points.join(" "),
        words: format!("{}：此前 {} 周到本期依次每周 {}", row.name, row.weeks.len(), weeks.join("、")),
    }
}
