//! 今日草稿: the issue under the editors' hands.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;

use crate::issue::edit::{Change, DropReason, MAX_ATTACHMENTS, MAX_FOREWORD, MAX_NOTE, MAX_SUMMARY, MAX_TEXT, MAX_TITLE};
use crate::model::{Edition, EditionId, Print};
use crate::pipeline::find_soffice;
use crate::store::{Direction, EditResult, Session};
use crate::web::access::Editor;
use crate::web::desk_state::{self, Conflict, Outcome};
use crate::web::form::Form;
use crate::web::issue_changes::{Refusal, asked, load, stale_facts};
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
    most: Limits,
    /// What the foreword says that is not true of the items.
    stale: Vec<String>,
    letters: Vec<(String, &'static str)>,
    finals: usize,
    /// Whether PDFs can be made here.
    pdf: bool,
    said: Flash,
}

/// Most characters of each text, and most attachments.
struct Limits {
    title: usize,
    summary: usize,
    text: usize,
    note: usize,
    foreword: usize,
    attachments: usize,
}

const LIMITS: Limits =
    Limits { title: MAX_TITLE, summary: MAX_SUMMARY, text: MAX_TEXT, note: MAX_NOTE, foreword: MAX_FOREWORD, attachments: MAX_ATTACHMENTS };

/// What is said above the page.
#[derive(Default)]
struct Flash {
    words: String,
    /// What the editor had written when somebody else was faster.
    kept: Vec<(String, String)>,
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
        most: LIMITS,
        stale: stale_facts(console, &e).await?,
        letters: letters.into_iter().map(|l| (l.recipient, l.state.chinese())).collect(),
        finals: publication.map_or(0, |p| p.final_recipients.len()),
        pdf: find_soffice(&pipeline.settings().pdf).is_ok(),
        e,
        version,
        said,
    };
    Ok(response::page(&page))
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    make(&console, EditionId(id), &form).await.unwrap_or_else(|answer| answer)
}

async fn make(console: &AppState, id: EditionId, form: &Form) -> Result<Response, Response> {
    let fields = &form.fields;
    let step = match fields.text("do") {
        "undo" => Some(Direction::Back),
        "redo" => Some(Direction::Forth),
        _ => None,
    };
    let changes = if step.is_some() { Ok(Vec::new()) } else { asked(console, &form.session, id, fields).await };
    let done = match changes {
        Ok(changes) => carry_out(console, &form.session, id, fields.number("version").unwrap_or(0), step, changes).await?,
        Err(Refusal::Words(words)) => Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words),
        Err(Refusal::Answer(answer)) => return Err(answer),
    };
    answer(console, id, form, done).await
}

/// What came of a form.
pub(super) struct Done {
    pub(super) code: StatusCode,
    /// Empty where all went well.
    pub(super) words: String,
    conflict: Option<Conflict>,
}

impl Done {
    /// Nothing was done, and why.
    pub(super) fn refused(code: StatusCode, words: String) -> Self {
        Self { code, words, conflict: None }
    }
}

/// Takes a step or makes changes, and sends an issue that is finished by them.
pub(super) async fn carry_out(
    console: &AppState,
    session: &Session,
    id: EditionId,
    seen: u32,
    step: Option<Direction>,
    changes: Vec<Change>,
) -> Result<Done, Response> {
    let (who, finalise) = (session.name.clone(), changes.iter().any(|c| matches!(c, Change::Finalise(_))));
    let done = console.store.run(move |s| match step {
        Some(direction) => s.step_edition(id, seen, direction, &who, Utc::now()),
        None => s.change_edition(id, seen, &changes, &who, Utc::now()),
    });
    let (code, words, conflict) = match stored(done.await)? {
        EditResult::Updated(_) => {
            if finalise {
                send(console, id).await?;
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
    Ok(Done { code, words, conflict })
}

/// Tells the script, or the browser that has none, what came of a form.
pub(super) async fn answer(console: &AppState, id: EditionId, form: &Form, done: Done) -> Result<Response, Response> {
    let (fields, Done { code, words, conflict }) = (&form.fields, done);
    if form.by_script {
        let (seen, at) = (fields.number("version").unwrap_or(0), fields.number("article").unwrap_or(0));
        let state = desk_state::read(console, &form.session, id, seen, at).await?;
        return Ok((code, Json(Outcome { words, conflict, state })).into_response());
    }
    if code == StatusCode::OK {
        let anchor = if fields.text("article").is_empty() { String::new() } else { format!("#a{}", fields.text("article")) };
        return Ok(Redirect::to(&console.path(&format!("/draft/{id}{anchor}"))).into_response());
    }
    let mine = |(name, label): (&str, &str)| Some((label.to_owned(), fields.text(name).to_owned())).filter(|(_, v)| !v.is_empty());
    let texts = [("title", "标题"), ("summary", "摘要"), ("text", "全文"), ("note", "按语"), ("foreword", "编者的话")];
    let kept: Vec<_> = texts.into_iter().filter_map(mine).collect();
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
