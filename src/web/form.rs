//! What browsers send: forms with their token, and queries.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::store::{Role, Session};
use crate::web::access::Editor;
use crate::web::connection_limit::Place;
use crate::web::{AppState, response};

/// Longest form, in bytes, and most fields.
const MAX_FORM_BYTES: usize = 1 << 20;
const MAX_FORM_FIELDS: usize = 200;
/// Longest wait for a whole form, however its bytes come.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// Fields of a form or query, the last of each name.
#[derive(Debug, Default)]
pub(super) struct Fields(HashMap<String, String>);

impl Fields {
    pub(super) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).take(MAX_FORM_FIELDS).map(|(k, v)| (k.into_owned(), v.into_owned())).collect())
    }

    /// A field as it was sent; `None` where it is missing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field, trimmed; empty where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |v| v.trim())
    }

    /// The boxes `industry-0`, `industry-1` … that are ticked, each by its name: those that are known, in their order.
    pub(super) fn industries(&self, known: &[String]) -> Vec<String> {
        let ticked: Vec<&str> = (0..known.len()).map(|i| self.text(&format!("industry-{i}"))).collect();
        known.iter().filter(|name| ticked.contains(&name.as_str())).cloned().collect()
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }
}

/// A form of somebody signed in that carries its session's token.
pub(super) struct Form {
    pub(super) session: Session,
    pub(super) fields: Fields,
    /// Sent by our own script, which wants a short answer.
    pub(super) by_script: bool,
}

/// A form of somebody who may do everything.
pub(super) struct AdminForm(pub(super) Form);

impl FromRequest<AppState> for AdminForm {
    type Rejection = Response;

    async fn from_request(request: Request, console: &AppState) -> Result<Self, Response> {
        let form = Form::from_request(request, console).await?;
        if form.session.role < Role::Admin {
            return Err(response::refused(console, &form.session, StatusCode::FORBIDDEN, "这项操作只有管理员可以做"));
        }
        Ok(Self(form))
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, console: &AppState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Editor(session) = Editor::from_request_parts(&mut parts, console).await?;
        let fields = read(&parts, body, MAX_FORM_BYTES).await.map_err(|(code, why)| response::refused(console, &session, code, why))?;
        if !same(fields.text("csrf"), &session.csrf) {
            return Err(response::refused(console, &session, StatusCode::FORBIDDEN, "页面已过期，请返回刷新后再试"));
        }
        let by_script = parts.headers.get("x-requested-by").is_some_and(|v| v == "console");
        Ok(Self { session, fields, by_script })
    }
}

/// Reads a form that comes from our own pages.
pub(super) async fn read(parts: &Parts, body: axum::body::Body, most: usize) -> Result<Fields, (StatusCode, &'static str)> {
    let said = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !matches!(said("sec-fetch-site"), "" | "same-origin" | "none") {
        return Err((StatusCode::FORBIDDEN, "请求来自别的网站"));
    }
    if !said(header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "只接受网页表单"));
    }
    let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, most)).await;
    let bytes = bytes.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "内容传得太慢"))?.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "内容太长"))?;
    if let Some(place) = parts.extensions.get::<Place>() {
        place.busy();
    }
    Ok(Fields::parse(&bytes))
}

/// Compares without telling by the clock how much is alike.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}
