//! 今日草稿: the issue under the editors' hands.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use chrono::Utc;

use crate::issue::edit::{Change, DropReason, Edit, MAX_FOREWORD, MAX_SUMMARY, MAX_TITLE, Place};
use crate::issue::manual_item;
use crate::model::{ArticleId, Edition, EditionId, Item, WebUrl};
use crate::render;
use crate::store::{Direction, EditResult, Session};
use crate::web::access::Editor;
use crate::web::desk_state::{self, Conflict, Outcome};
use crate::web::form::{Fields, Form};
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

#[derive(Template)]
#[template(path = "desk.html")]
struct EditorPage {
    frame: Layout,
    e: Edition,
    version: u32,
    others: Vec<(i64, String)>,
    reasons: Vec<(&'static str, &'static str)>,
    columns: Vec<String>,
    /// What 撤销 and 重做 would do.
    undo: Option<String>,
    redo: Option<String>,
    /// Characters of a headline, a summary and the foreword.
    limits: (usize, usize, usize),
    letters: Vec<(String, &'static str)>,
    finals: usize,
    said: Flash,
}

/// What is said above the page.
#[derive(Default)]
struct Flash {
    words: String,
    /// What the editor had written when somebody else was faster.
    kept: Vec<(String, String)>,
}

/// An issue with its version, or the page that says there is none.
pub(super) async fn load(console: &AppState, session: &Session, id: EditionId) -> Result<(Edition, u32), Response> {
    let found = stored(console.store.run(move |s| s.edition_with_version(id)).await)?;
    found.ok_or_else(|| response::refused(console, session, StatusCode::NOT_FOUND, "没有这一期"))
}

pub(super) async fn newest(State(console): State<AppState>, Editor(session): Editor) -> Response {
    match stored(console.store.run(|s| s.editions(1)).await) {
        Ok(list) => match list.first() {
            Some(e) => Redirect::to(&console.path(&format!("/draft/{}", e.id))).into_response(),
            None => response::refused(&console, &session, StatusCode::OK, "还没有草稿：到了发刊时间会自动生成，也可以运行 qingbao digest build"),
        },
        Err(answer) => answer,
    }
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    show(&console, &session, EditionId(id), Flash::default()).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, id: EditionId, said: Flash) -> Result<Response, Response> {
    let (e, version) = load(console, session, id).await?;
    let store = &console.store;
    let others = stored(store.run(|s| s.editions(12)).await)?;
    let (undo, redo) = stored(store.run(move |s| Ok((s.next_step(id, Direction::Back)?, s.next_step(id, Direction::Forth)?))).await)?;
    let letters = stored(store.run(move |s| s.messages_of(id)).await)?;
    let pipeline = console.pipeline();
    let publication = pipeline.settings().publication_named(&e.publication);
    let page = EditorPage {
        frame: Layout::new(console, session, "今日草稿"),
        others: others.into_iter().map(|o| (o.id.0, format!("{} 第{}期", o.date, o.number_in_year))).collect(),
        reasons: DropReason::ALL.iter().map(|r| (r.1, r.2)).collect(),
        columns: e.columns.iter().map(|c| c.name.clone()).collect(),
        undo,
        redo,
        limits: (MAX_TITLE, MAX_SUMMARY, MAX_FOREWORD),
        letters: letters.into_iter().map(|l| (l.recipient, l.state.chinese())).collect(),
        finals: publication.map_or(0, |p| p.final_recipients.len()),
        e,
        version,
        said,
    };
    Ok(response::page(&page))
}

/// The changes that a form asks for: what was written in its fields, and what its button says.
async fn asked(console: &AppState, session: &Session, id: EditionId, fields: &Fields) -> Result<Vec<Change>, Response> {
    let article = fields.number("article").map_or(ArticleId(0), ArticleId);
    let text = |name| fields.text(name).to_owned();
    // a field that is as it was says nothing, but for a program that does not tell how it was
    let edit = |name: &str| {
        let (was, now) = (fields.get(&format!("{name}_was")).map(str::to_owned), fields.get(name)?.to_owned());
        Some(Edit { was, now }).filter(|e| e.was.as_ref() != Some(&e.now))
    };
    let mut changes = Vec::new();
    let (title, summary) = (edit("title"), edit("summary"));
    if title.is_some() || summary.is_some() {
        changes.push(Change::Rewrite { article, title, summary });
    }
    let action = match fields.text("do") {
        _ if !fields.text("drop").is_empty() => Some(drop_items(fields, fields.text("drop"))),
        "drop" => Some(drop_items(fields, fields.text("reason"))),
        _ if !fields.text("split").is_empty() => Some(split(console, session, article, fields.text("split")).await?),
        "split" => Some(split(console, session, article, fields.text("copy")).await?),
        "up" => Some(Change::Shift { article, up: true }),
        "down" => Some(Change::Shift { article, up: false }),
        "top" => Some(Change::Move { article, column: text("column"), place: Place::Top }),
        "move" => {
            let place = fields.number("before").map_or(Place::End, |id| Place::Before(ArticleId(id)));
            Some(Change::Move { article, column: text("column"), place })
        }
        "foreword" => edit("foreword").map(Change::Foreword),
        "merge" => Some(Change::Merge { article, into: ArticleId(fields.number("into").unwrap_or(0)) }),
        "finalise" => Some(Change::Finalise(Utc::now())),
        "add" => Some(add(console, session, id, article, fields).await?),
        "paste" => {
            let told = |words: &str| response::refused(console, session, StatusCode::UNPROCESSABLE_ENTITY, words);
            let url = WebUrl::parse(fields.text("url")).map_err(|_| told("这不是一个网址：请粘贴以 http:// 或 https:// 开头的完整地址"))?;
            let article = console.pipeline().crawler().add_by_url(url, console.live.sources().allow_private).await.map_err(|words| told(&words))?;
            Some(add(console, session, id, article, fields).await?)
        }
        _ => None,
    };
    changes.extend(action);
    Ok(changes)
}

/// Takes out the items of `articles`, or the form's own.
fn drop_items(fields: &Fields, reason: &str) -> Change {
    let several = fields.text("articles");
    let ids = if several.is_empty() { fields.text("article") } else { several };
    let articles = ids.split(',').filter_map(|id| id.trim().parse().ok()).map(ArticleId).collect();
    Change::Drop { articles, reason: DropReason::parse(reason).unwrap_or(DropReason::Other) }
}

async fn split(console: &AppState, session: &Session, article: ArticleId, copy: &str) -> Result<Change, Response> {
    let copy = ArticleId(copy.parse().unwrap_or(0));
    Ok(Change::Split { article, item: Box::new(item(console, session, copy).await?) })
}

async fn add(console: &AppState, session: &Session, id: EditionId, article: ArticleId, fields: &Fields) -> Result<Change, Response> {
    let (e, _) = load(console, session, id).await?;
    let item = item(console, session, article).await?;
    let proposed = e.columns.first().map(|c| c.name.clone()).unwrap_or_default();
    let column = Some(fields.text("column").to_owned()).filter(|c| !c.is_empty()).unwrap_or(proposed);
    Ok(Change::Add { item: Box::new(item), column })
}

/// An article of the archive as an item.
async fn item(console: &AppState, session: &Session, article: ArticleId) -> Result<Item, Response> {
    let this = Arc::clone(console);
    let item = console.store.run(move |s| {
        if s.article(article)?.is_none() {
            return Ok(None);
        }
        manual_item(&s.whole_archive(), article, &this.pipeline().settings().summarise, this.zone()).map(Some)
    });
    stored(item.await)?.ok_or_else(|| response::refused(console, session, StatusCode::UNPROCESSABLE_ENTITY, "没有这篇文章"))
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    make(&console, EditionId(id), &form).await.unwrap_or_else(|answer| answer)
}

async fn make(console: &AppState, id: EditionId, form: &Form) -> Result<Response, Response> {
    let (fields, who) = (&form.fields, form.session.name.clone());
    let seen = fields.number("version").unwrap_or(0);
    let step = match fields.text("do") {
        "undo" => Some(Direction::Back),
        "redo" => Some(Direction::Forth),
        _ => None,
    };
    let changes = if step.is_some() { Vec::new() } else { asked(console, &form.session, id, fields).await? };
    let finalise = changes.iter().any(|c| matches!(c, Change::Finalise(_)));
    let done = console.store.run(move |s| match step {
        Some(direction) => s.step_edition(id, seen, direction, &who, Utc::now()),
        None => s.change_edition(id, seen, &changes, &who, Utc::now()),
    });
    let (code, words, conflict) = match stored(done.await)? {
        EditResult::Updated(_) => {
            if finalise {
                send(console, id).await?;
            }
            if !form.by_script {
                let anchor = if fields.text("article").is_empty() { String::new() } else { format!("#a{}", fields.text("article")) };
                return Ok(Redirect::to(&console.path(&format!("/draft/{id}{anchor}"))).into_response());
            }
            (StatusCode::OK, String::new(), None)
        }
        EditResult::Conflict(_) => (StatusCode::CONFLICT, "别人刚刚改过这一期：请看过最新的内容再操作".to_owned(), None),
        EditResult::Rejected(e) => {
            let conflict = Conflict::of(&e);
            let code = if conflict.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            (code, e.to_string(), conflict)
        }
        EditResult::NothingToUndo => (StatusCode::UNPROCESSABLE_ENTITY, "没有可以撤销或重做的改动".to_owned(), None),
    };
    if form.by_script {
        let state = desk_state::read(console, &form.session, id, seen, fields.number("article").unwrap_or(0)).await?;
        return Ok((code, Json(Outcome { words, conflict, state })).into_response());
    }
    let mine = |name: &str, label: &str| Some((label.to_owned(), fields.text(name).to_owned())).filter(|(_, v)| !v.is_empty());
    let kept: Vec<_> = [mine("title", "标题"), mine("summary", "摘要"), mine("foreword", "编者的话")].into_iter().flatten().collect();
    let words = if kept.is_empty() { words } else { format!("{words}。您写的文字在下面，没有丢") };
    let page = show(console, &form.session, id, Flash { words, kept }).await?;
    Ok((code, page).into_response())
}

/// Queues the letters of a finished issue.
async fn send(console: &AppState, id: EditionId) -> Result<(), Response> {
    if let Some((edition, _)) = stored(console.store.run(move |s| s.edition_with_version(id)).await)? {
        let letters = console.pipeline().issues().enqueue_issue(&edition, Utc::now()).await.map_err(|e| response::broken(&e))?;
        tracing::info!(issue = %edition.issue_label(), letters, "issue finished");
    }
    Ok(())
}

/// The issue as its mail, for a frame without rights.
pub(super) async fn preview(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let e = match load(&console, &session, EditionId(id)).await {
        Ok((e, _)) => e,
        Err(answer) => return answer,
    };
    match render::page(&e, "cid:") {
        Ok((page, chart)) => {
            let picture = chart.map(|png| format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png)));
            let page = page.replace("\"cid:\"", &format!("\"{}\"", picture.unwrap_or_default()));
            let csp = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups; frame-ancestors 'self'";
            let mut answer = axum::response::Html(page).into_response();
            answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp));
            answer.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
            answer
        }
        Err(e) => response::broken(&e),
    }
}

/// The issue as a document.
pub(super) async fn document(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let e = match load(&console, &session, EditionId(id)).await {
        Ok((e, _)) => e,
        Err(answer) => return answer,
    };
    let made = tokio::task::spawn_blocking(move || render::docx(&e).map(|bytes| (render::file_stem(&e), bytes))).await;
    match made {
        Ok(Ok((stem, bytes))) => {
            let name: String = url::form_urlencoded::byte_serialize(stem.as_bytes()).collect();
            let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
            let disposition = format!("attachment; filename=\"issue-{id}.docx\"; filename*=UTF-8''{}.docx", name.replace('+', "%20"));
            ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
        }
        Ok(Err(e)) => response::broken(&e),
        Err(e) => response::broken(&e),
    }
}
