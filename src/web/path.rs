//! Parts of a path. An address that does not parse is a page that does not exist.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use crate::web::access::Editor;
use crate::web::{AppState, response};

const MISSING: &str = "没有这个页面";

/// Like axum's, but refuses in the console's words.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        match axum::extract::Path::from_request_parts(parts, console).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) if is_api(parts, console) => Err(missing_in_api()),
            Err(_) => {
                let Editor(session) = Editor::from_request_parts(parts, console).await?;
                Err(response::refused(console, &session, StatusCode::NOT_FOUND, MISSING))
            }
        }
    }
}

/// Answers an address that has no page.
pub(super) async fn missing(axum::extract::State(console): axum::extract::State<AppState>, request: axum::extract::Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if is_api(&parts, &console) {
        return missing_in_api();
    }
    match Editor::from_request_parts(&mut parts, &console).await {
        Ok(Editor(session)) => response::refused(&console, &session, StatusCode::NOT_FOUND, MISSING),
        Err(_) => (StatusCode::NOT_FOUND, MISSING).into_response(),
    }
}

fn missing_in_api() -> Response {
    let error = serde_json::json!({ "error": "there is no such address; /api/v1/openapi.json lists them" });
    (StatusCode::NOT_FOUND, axum::Json(error)).into_response()
}

/// Whether a program asks.
fn is_api(parts: &Parts, console: &AppState) -> bool {
    let whole = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |u| &u.0).path();
    whole.strip_prefix(console.settings.base_path.as_str()).unwrap_or(whole).starts_with("/api/")
}
