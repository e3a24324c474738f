//! Pages as answers, and what stands on all of them.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::Console;
use crate::store::{Role, Session, StoreError};

/// What the frame of every page shows.
pub(super) struct Frame {
    pub(super) base: String,
    pub(super) title: &'static str,
    pub(super) user: String,
    pub(super) role: &'static str,
    pub(super) admin: bool,
    pub(super) csrf: String,
    /// What must be seen by people.
    pub(super) alarms: Vec<String>,
}

impl Frame {
    pub(super) fn new(console: &Console, session: &Session, title: &'static str) -> Self {
        Self {
            base: console.settings.base_path.clone(),
            title,
            user: session.name.clone(),
            role: session.role.chinese(),
            admin: session.role == Role::Admin,
            csrf: session.csrf.clone(),
            alarms: console.pipeline().vitals().alarms().into_values().collect(),
        }
    }
}

/// A page, or the reason why there is none.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(e) => broken(&e),
    }
}

/// A fault of ours: told to the log, not to the browser.
pub(super) fn broken(e: &dyn std::error::Error) -> Response {
    tracing::error!("console: {e}");
    (StatusCode::INTERNAL_SERVER_ERROR, "系统出错，请稍后再试；详细原因在运行日志里").into_response()
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: Frame,
    words: &'a str,
}

/// A refusal in words.
pub(super) fn refused(console: &Console, session: &Session, code: StatusCode, words: &str) -> Response {
    (code, page(&Message { frame: Frame::new(console, session, "提示"), words })).into_response()
}

/// The answer of a store call, or a broken page.
pub(super) fn stored<T>(result: Result<T, StoreError>) -> Result<T, Response> {
    result.map_err(|e| broken(&e))
}
