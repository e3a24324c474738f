//! 今日草稿: the issue under the editors' hands.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use chrono::Utc;

use crate::issue::edit::{Change, DropReason};
use crate::issue::manual_item;
use crate::model::{ArticleId, Edition, EditionId, Item, WebUrl};
use crate::render;
use crate::store::{EditResult, Session};
use crate::web::access::Editor;
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
    changes: Vec<(String, String, String)>,
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
    let changes = stored(store.run(move |s| s.edition_history(id, 8)).await)?;
    let letters = stored(store.run(move |s| s.messages_of(id)).await)?;
    let zone = console.zone();
    let pipeline = console.pipeline();
    let publication = pipeline.settings().publication_named(&e.publication);
    let page = EditorPage {
        frame: Layout::new(console, session, "今日草稿"),
        others: others.into_iter().map(|o| (o.id.0, format!("{} 第{}期", o.date, o.number_in_year))).collect(),
        reasons: DropReason::ALL.iter().map(|r| (r.1, r.2)).collect(),
        columns: e.columns.iter().map(|c| c.name.clone()).collect(),
        changes: changes.into_iter().map(|(who, what, at)| (who, what, at.with_timezone(&zone).format("%H:%M").to_string())).collect(),
        letters: letters.into_iter().map(|l| (l.recipient, l.state.chinese())).collect(),
        finals: publication.map_or(0, |p| p.final_recipients.len()),
        e,
        version,
        said,
    };
    Ok(response::page(&page))
}

/// The change that a form asks for.
async fn asked(console: &AppState, session: &Session, id: EditionId, fields: &Fields) -> Result<Option<Change>, Response> {
    let article = fields.number("article").map_or(ArticleId(0), ArticleId);
    let text = |name| fields.text(name).to_owned();
    Ok(Some(match fields.text("do") {
        "rewrite" => Change::Rewrite { article, title: text("title"), summary: text("summary") },
        "drop" => Change::Drop { article, reason: DropReason::parse(fields.text("reason")).unwrap_or(DropReason::Other) },
        "up" => Change::Shift { article, up: true },
        "down" => Change::Shift { article, up: false },
        "move" => Change::Move { article, column: text("column"), place: fields.number("place").unwrap_or(usize::MAX) },
        "foreword" => Change::Foreword(fields.text("foreword").to_owned()),
        "merge" => Change::Merge { article, into: ArticleId(fields.number("into").unwrap_or(0)) },
        "split" => {
            let copy = ArticleId(fields.number("copy").unwrap_or(0));
            Change::Split { article, item: Box::new(item(console, session, copy).await?) }
        }
        "finalise" => Change::Finalise(Utc::now()),
        "add" | "paste" => {
            let article = if fields.text("do") == "paste" {
                let told = |words: &str| response::refused(console, session, StatusCode::UNPROCESSABLE_ENTITY, words);
                let url = WebUrl::parse(fields.text("url")).map_err(|_| told("这不是一个网址：请粘贴以 http:// 或 https:// 开头的完整地址"))?;
                console.pipeline().crawler().add_by_url(url, console.live.sources().allow_private).await.map_err(|words| told(&words))?
            } else {
                article
            };
            let (e, _) = load(console, session, id).await?;
            let item = item(console, session, article).await?;
            let proposed = e.columns.first().map(|c| c.name.clone()).unwrap_or_default();
            let column = if fields.text("column").is_empty() { proposed } else { text("column") };
            Change::Add { item: Box::new(item), column }
        }
        _ => return Ok(None),
    }))
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
    let undo = fields.text("do") == "undo";
    let change = asked(console, &form.session, id, fields).await?;
    let finalise = matches!(change, Some(Change::Finalise(_)));
    let done = console.store.run(move |s| match change {
        _ if undo => s.undo_edition(id, seen, &who, Utc::now()),
        Some(change) => s.change_edition(id, seen, &change, &who, Utc::now()),
        None => Ok(EditResult::NothingToUndo),
    });
    let (code, words) = match stored(done.await)? {
        EditResult::Updated(version) => {
            if finalise {
                send(console, id).await?;
            }
            if form.by_script {
                return Ok(version.to_string().into_response());
            }
            let anchor = if fields.text("article").is_empty() { String::new() } else { format!("#a{}", fields.text("article")) };
            return Ok(Redirect::to(&console.path(&format!("/draft/{id}{anchor}"))).into_response());
        }
        EditResult::Conflict(_) => (StatusCode::CONFLICT, "别人刚刚改过这一期：下面是最新的内容，您写的文字没有丢，请对照后再保存".to_owned()),
        EditResult::Rejected(e) => (StatusCode::UNPROCESSABLE_ENTITY, e.to_string()),
        EditResult::NothingToUndo => (StatusCode::UNPROCESSABLE_ENTITY, "没有可以撤销的改动".to_owned()),
    };
    if form.by_script {
        return Ok((code, words).into_response());
    }
    let mine = |name: &str, label: &str| Some((label.to_owned(), fields.text(name).to_owned())).filter(|(_, v)| !v.is_empty());
    let kept = [mine("title", "标题"), mine("summary", "摘要"), mine("foreword", "编者的话")].into_iter().flatten().collect();
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
