//! An issue as mail, document and PDF, and its files.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;

use crate::libreoffice;
use crate::model::{Edition, EditionId, FileId};
use crate::render::{self, Files, RenderError};
use crate::store::Session;
use crate::web::access::Editor;
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::{AppState, issue_changes, response};

/// Returns the issue as its mail, for a sandboxed frame.
pub(super) async fn preview(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let page = match render(&console, &session, EditionId(id), render::page).await {
        Ok(page) => page,
        Err(answer) => return answer,
    };
    let csp = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups; frame-ancestors 'self'";
    let mut answer = axum::response::Html(page).into_response();
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp));
    answer.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    answer
}

/// Returns the issue as a document.
pub(super) async fn document(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    match render(&console, &session, EditionId(id), written(&console)).await {
        Ok((stem, bytes)) => download(&format!("issue-{id}.docx"), &format!("{stem}.docx"), render::DOCX, bytes),
        Err(answer) => answer,
    }
}

/// Returns the issue as PDF, if LibreOffice is installed.
pub(super) async fn pdf(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let (stem, docx) = match render(&console, &session, EditionId(id), written(&console)).await {
        Ok(made) => made,
        Err(answer) => return answer,
    };
    match libreoffice::pdf(&docx, &console.pipeline().settings().pdf).await {
        Ok(bytes) => download(&format!("issue-{id}.pdf"), &format!("{stem}.pdf"), "application/pdf", bytes),
        Err(e) => {
            tracing::warn!(issue = id, "no PDF: {e}");
            response::refused(&console, &session, StatusCode::SERVICE_UNAVAILABLE, e.chinese())
        }
    }
}

/// Writes the document; also returns the stem of its file name.
fn written(console: &AppState) -> impl Fn(&Edition, &Files) -> Result<(String, Vec<u8>), RenderError> + Send + 'static {
    let pipeline = console.pipeline();
    move |e, files| Ok((render::file_stem(e), render::docx(e, files, pipeline.settings().template_of(&e.publication))?))
}

/// Loads an issue with its files and renders it, outside the async threads.
async fn render<T: Send + 'static>(
    console: &AppState,
    session: &Session,
    id: EditionId,
    make: impl Fn(&Edition, &Files) -> Result<T, RenderError> + Send + 'static,
) -> Result<T, Response> {
    let (e, _) = issue_changes::load(console, session, id).await?;
    let (files, e) = stored(console.store.run(move |s| Ok((s.item_files(&e)?, s.with_printed_grades(e, Utc::now())?))).await)?;
    let made = tokio::task::spawn_blocking(move || make(&e, &files)).await;
    made.map_err(|e| response::broken(&e))?.map_err(|e| response::broken(&e))
}

/// Returns a picture or attachment of an item.
pub(super) async fn file(State(console): State<AppState>, Editor(session): Editor, Path((id, file)): Path<(i64, i64)>) -> Response {
    match stored(console.store.run(move |s| s.item_file(EditionId(id), FileId(file))).await) {
        Ok(Some((_, media_type, bytes))) if media_type == "image/png" => ([(header::CONTENT_TYPE, media_type)], bytes).into_response(),
        Ok(Some((name, media_type, bytes))) => download(&format!("file-{file}"), &name, &media_type, bytes),
        Ok(None) => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个文件"),
        Err(answer) => answer,
    }
}

/// Returns a download with a file name that may be Chinese (RFC 6266); `plain` is for programs without support for that.
pub(super) fn download(plain: &str, name: &str, media_type: &str, bytes: Vec<u8>) -> Response {
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", encoded.replace('+', "%20"));
    let headers: [(HeaderName, String); 2] = [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}
