//! 事件: what several articles report, and the editors' corrections of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{TimeDelta, Utc};

use crate::events::{Told, amounts};
use crate::grades::MAX_REPORTS;
use crate::model::{ArticleId, EventId, Headline, PublicationScope, StoryId};
use crate::render::GradeWords;
use crate::store::{EventChange, EventIssue, EventRow, Store, StoreError};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::article_grade;
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
    grade: Option<GradeWords>,
    /// Whether an editor should confirm that it belongs here.
    is_doubtful: bool,
    /// What its articles say that those before them did not.
    news: Vec<News>,
}

/// A new fact that an article of a story tells.
#[derive(Debug, PartialEq, Eq)]
struct News {
    sentence: String,
    /// The copy that tells it, unless it is the story's first article.
    copy: Option<ArticleId>,
    /// Publisher and time of that copy.
    by: String,
}

/// Everything an event's page shows.
struct Loaded {
    title: String,
    articles: Vec<Headline>,
    texts: BTreeMap<i64, String>,
    issues: Vec<EventIssue>,
    found: Vec<(Headline, usize)>,
    grades: HashMap<ArticleId, GradeWords>,
}

fn load(s: &Store, id: EventId, words: &str, scope: &PublicationScope) -> Result<Loaded, StoreError> {
    let articles = s.event_articles(id)?;
    // first one article of each story, then their copies
    let leads: Vec<ArticleId> = stories(&articles).into_iter().map(|(lead, _)| lead.id).collect();
    let known: BTreeSet<ArticleId> = leads.iter().copied().collect();
    let copies = articles.iter().map(|a| a.id).filter(|id| !known.contains(id));
    let read = leads.iter().copied().chain(copies).take(MAX_READ);
    let texts = read.map(|id| Ok((id.0, s.text(id)?))).collect::<Result<_, StoreError>>()?;
    let mut found = Vec::new();
    for h in if words.is_empty() { Vec::new() } else { s.search(words, MAX_FOUND)? } {
        let stories = h.event.map(|e| s.event_stories(e.event)).transpose()?.unwrap_or_default();
        found.push((h, stories.saturating_sub(1)));
    }
    let title = s.event(id)?.map(|e| e.title).unwrap_or_default();
    let graded: Vec<ArticleId> = leads.iter().copied().take(MAX_REPORTS).collect();
    let grades = article_grade::grades(s, &graded, Utc::now())?;
    Ok(Loaded {
        title,
        issues: s.issues_with_event(id)?.into_iter().filter(|i| scope.includes(&i.publication)).collect(),
        articles,
        texts,
        found,
        grades,
    })
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

/// Returns what each article says that the earlier ones did not, in their order.
fn news<'a>(articles: &[Headline], texts: &'a BTreeMap<i64, String>) -> BTreeMap<i64, &'a str> {
    let (mut told, mut out) = (Told::default(), BTreeMap::new());
    for (a, text) in articles.iter().filter_map(|a| Some((a, texts.get(&a.id.0)?))) {
        if let Some(sentence) = (!told.is_empty()).then(|| told.new_sentence(text)).flatten() {
            out.insert(a.id.0, sentence);
        }
        told.add(&a.title);
        told.add(text);
    }
    out
}

/// Returns the texts whose figures are shown: one of each story, with what its copies tell beyond it.
fn story_texts(stories: &[(&Headline, usize)], articles: &[Headline], texts: &BTreeMap<i64, String>, news: &BTreeMap<i64, &str>) -> Vec<String> {
    let mut beyond: BTreeMap<Option<StoryId>, Vec<&str>> = BTreeMap::new();
    for a in articles.iter().filter(|a| a.story.is_some()) {
        beyond.entry(a.story).or_default().extend(news.get(&a.id.0));
    }
    let told = |lead: &Headline| {
        let text = texts.get(&lead.id.0)?;
        let beyond = beyond.get(&lead.story).map(|b| b.join("\n")).unwrap_or_default();
        Some(format!("{beyond}\n{text}"))
    };
    stories.iter().filter_map(|(lead, _)| told(lead)).collect()
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
    let day = |at: chrono::DateTime<Utc>| at.with_timezone(&console.zone()).format("%-m月%-d日").to_string();
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
    let scope = session.scope.clone();
    let loaded = console.store.run(move |s| Ok((load(s, EventId(id), &words, &scope)?, s.merged_into(EventId(id))?)));
    let loaded = match stored(loaded.await) {
        Ok((_, Some(into))) => return Redirect::to(&console.path(&format!("/events/{into}"))).into_response(),
        Ok((loaded, None)) if loaded.articles.is_empty() => return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个事件"),
        Ok((loaded, None)) => loaded,
        Err(answer) => return answer,
    };
    let zone = console.zone();
    let stories = stories(&loaded.articles);
    let mut days: Vec<(String, Vec<Report>)> = Vec::new();
    let news = news(&loaded.articles, &loaded.texts);
    let told_by = |a: &Headline, lead: &Headline| {
        let shown = row(a, zone);
        let is_copy = a.id != lead.id;
        let sentence = (*news.get(&a.id.0)?).to_owned();
        Some(News {
            sentence,
            copy: is_copy.then_some(a.id),
            by: if is_copy { format!("{} · {}", shown.publisher, shown.date) } else { String::new() },
        })
    };
    let mut of_story: BTreeMap<Option<StoryId>, Vec<&Headline>> = BTreeMap::new();
    for a in &loaded.articles {
        of_story.entry(a.story).or_default().push(a);
    }
    for (lead, copies) in &stories {
        let news = match of_story.get(&lead.story).filter(|_| lead.story.is_some()) {
            Some(all) => all.iter().filter_map(|a| told_by(a, lead)).collect(),
            None => told_by(lead, lead).into_iter().collect(),
        };
        let day = lead.sort_time().with_timezone(&zone).format("%Y年%-m月%-d日").to_string();
        let grade = loaded.grades.get(&lead.id).cloned();
        let report = Report { row: row(lead, zone), copies: *copies, grade, is_doubtful: lead.event.is_some_and(|e| !e.is_sure()), news };
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
        amounts: amounts(story_texts(&stories, &loaded.articles, &loaded.texts, &news).iter().map(String::as_str), MAX_AMOUNTS),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::article;

    #[test]
    fn a_copy_that_tells_more_is_shown_with_its_figures() {
        let of_story =
            |id: i64, story: i64| Headline { story: Some(StoryId(story)), ..article(id, "云鹭新材料项目开工", "建材", "行业动态", 1) };
        let articles = [of_story(1, 1), of_story(2, 1), of_story(3, 3)];
        let texts = [
            "云鹭新材料项目开工，总投资12亿元。",
            "云鹭新材料项目开工，总投资12亿元。\n项目年产能5万吨，前景十分广阔。",
            "云鹭新材料项目开工，年产能5万吨。",
        ];
        let texts: BTreeMap<i64, String> = (1..).zip(texts.map(str::to_owned)).collect();
        let news = news(&articles, &texts);
        assert_eq!(news, BTreeMap::from([(2, "项目年产能5万吨，前景十分广阔。")]));
        let told = story_texts(&stories(&articles), &articles, &texts, &news);
        assert_eq!(amounts(told.iter().map(String::as_str), 9), [("产能5万吨".to_owned(), 2), ("总投资12亿元".to_owned(), 1)]);
    }
}
