//! 事件: what several articles report, and the editors' corrections of it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{TimeDelta, Utc};

use crate::events::{Told, amounts};
use crate::model::{ArticleId, EventId, Headline};
use crate::store::{EventChange, EventIssue, EventRow, Store, StoreError};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::form::{Action, Fields, Form};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Events of so many days are listed.
const LISTED_DAYS: i64 = 30;
const MAX_LISTED: usize = 100;
/// Articles whose figures are read.
const MAX_READ: usize = 40;
/// Figures shown.
const MAX_AMOUNTS: usize = 12;
/// Search results for one event.
const MAX_FOUND: usize = 15;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    frame: Layout,
    events: Vec<ListedEvent>,
}

/// An event of the list.
struct ListedEvent {
    id: i64,
    title: String,
    from: String,
    to: String,
    sure: usize,
    doubtful: usize,
    sources: usize,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Layout,
    id: i64,
    title: String,
    from: String,
    to: String,
    sources: Vec<String>,
    /// Figures with the number of stories that tell them.
    amounts: Vec<(String, usize)>,
    /// Issues that had articles of it, each with its name and the headlines.
    issues: Vec<(EventIssue, String, Vec<String>)>,
    days: Vec<(String, Vec<Report>)>,
    asked: String,
    /// Found articles, each with the number of other stories of its event.
    found: Vec<(HeadlineRow, usize)>,
}

/// A story of an event.
struct Report {
    row: HeadlineRow,
    copies: usize,
    /// Whether an editor should confirm that it belongs here.
    is_doubtful: bool,
    /// What it says that the stories before it did not.
    news: Option<String>,
}

/// Everything an event's page shows.
struct Loaded {
    title: String,
    articles: Vec<Headline>,
    texts: BTreeMap<i64, String>,
    issues: Vec<EventIssue>,
    found: Vec<(Headline, usize)>,
}

fn load(s: &Store, id: EventId, words: &str) -> Result<Loaded, StoreError> {
    let articles = s.event_articles(id)?;
    let leads = stories(&articles).into_iter().take(MAX_READ).map(|(lead, _)| lead.id);
    let texts = leads.map(|id| Ok((id.0, s.text(id)?))).collect::<Result<_, StoreError>>()?;
    let mut found = Vec::new();
    for h in if words.is_empty() { Vec::new() } else { s.search(words, MAX_FOUND)? } {
        let stories = h.event.map(|e| s.event_stories(e.event)).transpose()?.unwrap_or_default();
        found.push((h, stories.saturating_sub(1)));
    }
    let title = s.event(id)?.map(|e| e.title).unwrap_or_default();
    Ok(Loaded { title, issues: s.issues_with_event(id)?, articles, texts, found })
}

/// Returns the first article of each story with the number of its copies, earliest first.
fn stories(articles: &[Headline]) -> Vec<(&Headline, usize)> {
    let mut out: Vec<(&Headline, usize)> = Vec::new();
    let mut place = BTreeMap::new();
    for a in articles {
        let known = place.get(&a.story).and_then(|at: &usize| out.get_mut(*at));
        if let Some((_, copies)) = known.filter(|_| a.story.is_some()) {
            *copies += 1;
        } else {
            place.insert(a.story, out.len());
            out.push((a, 0));
        }
    }
    out
}

fn by_issue(rows: Vec<EventIssue>) -> Vec<(EventIssue, String, Vec<String>)> {
    let mut out: Vec<(EventIssue, String, Vec<String>)> = Vec::new();
    for row in rows {
        match out.last_mut().filter(|(issue, ..)| issue.edition == row.edition) {
            Some((.., titles)) => titles.push(row.title),
            None => out.push((row.clone(), issue_name(&row), vec![row.title])),
        }
    }
    out
}

fn issue_name(issue: &EventIssue) -> String {
    let number = issue.number.map_or_else(|| "未编号".to_owned(), |n| format!("第{n}期"));
    format!("{} {number}{}", issue.publication, if issue.is_final { "" } else { "（草稿）" })
}

pub(super) async fn list(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let since = Utc::now() - TimeDelta::days(LISTED_DAYS);
    let found = match stored(console.store.run(move |s| s.recent_events(since, MAX_LISTED)).await) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let day = |at: chrono::DateTime<Utc>| at.with_timezone(&console.zone()).format("%m月%d日").to_string();
    let listed = |row: EventRow| ListedEvent {
        id: row.event.0,
        title: row.title,
        from: day(row.first_seen),
        to: day(row.last_seen),
        sure: row.sure,
        doubtful: row.doubtful,
        sources: row.sources,
    };
    response::page(&EventsPage { events: found.into_iter().map(listed).collect(), frame: Layout::new(&console, &session, "事件") })
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>, uri: Uri) -> Response {
    let asked = Fields::parse(uri.query().unwrap_or_default().as_bytes()).text("q").to_owned();
    let words = asked.clone();
    let loaded = console.store.run(move |s| Ok((load(s, EventId(id), &words)?, s.merged_into(EventId(id))?)));
    let loaded = match stored(loaded.await) {
        Ok((_, Some(into))) => return Redirect::to(&console.path(&format!("/events/{into}"))).into_response(),
        Ok((loaded, None)) if loaded.articles.is_empty() => return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个事件"),
        Ok((loaded, None)) => loaded,
        Err(answer) => return answer,
    };
    let zone = console.zone();
    let stories = stories(&loaded.articles);
    let mut days: Vec<(String, Vec<Report>)> = Vec::new();
    let mut told = Told::default();
    for (lead, copies) in &stories {
        let text = loaded.texts.get(&lead.id.0).map(String::as_str).unwrap_or_default();
        let news = (!told.is_empty()).then(|| told.new_sentence(text).map(str::to_owned)).flatten();
        told.add(&lead.title);
        told.add(text);
        let day = lead.sort_time().with_timezone(&zone).format("%Y年%m月%d日").to_string();
        let report = Report { row: row(lead, zone), copies: *copies, is_doubtful: lead.event.is_some_and(|e| !e.is_sure()), news };
        match days.last_mut().filter(|(d, _)| *d == day) {
            Some((_, reports)) => reports.push(report),
            None => days.push((day, vec![report])),
        }
    }
    let known: BTreeSet<i64> = loaded.articles.iter().map(|a| a.id.0).collect();
    let sources: BTreeSet<&str> = loaded.articles.iter().flat_map(|h| [h.publisher_or_source(), &h.source_name]).collect();
    let time = |h: Option<&Headline>| h.map(|h| h.sort_time().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
    response::page(&EventPage {
        frame: Layout::new(&console, &session, "事件"),
        id,
        title: loaded.title,
        from: time(loaded.articles.first()),
        to: time(loaded.articles.last()),
        sources: sources.into_iter().map(str::to_owned).collect(),
        amounts: amounts(loaded.texts.values().map(String::as_str), MAX_AMOUNTS),
        issues: by_issue(loaded.issues),
        days,
        found: loaded.found.iter().filter(|(h, _)| !known.contains(&h.id.0)).map(|(h, others)| (row(h, zone), *others)).collect(),
        asked,
    })
}

impl Action for EventChange {
    const WORDS: &'static [(&'static str, Self)] = &[("join", Self::Join), ("join-all", Self::JoinAll), ("part", Self::Part)];
}

/// Joins an article's event with this one, or takes its story out.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    let Some(article) = form.fields.number("article").map(ArticleId) else {
        return response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "没有指明文章");
    };
    let change = match form.action::<EventChange>(&console) {
        Ok(change) => change,
        Err(answer) => return answer,
    };
    let (who, now) = (form.session.name.clone(), Utc::now());
    let done = console.store.run(move |s| s.change_event(EventId(id), article, change, &who, now));
    match stored(done.await) {
        Ok(true) => Redirect::to(&console.path(&format!("/events/{id}"))).into_response(),
        Ok(false) => response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "没有这篇文章，或者已经是这样了；请刷新页面再看"),
        Err(answer) => answer,
    }
}
