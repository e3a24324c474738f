//! 我的账号: change of one's own password, and the remaining time of the session.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde_json::json;

use crate::store::Session;
use crate::web::access::{Editor, Watcher, address, cookie};
use crate::web::form::Form;
use crate::web::password_policy::{MIN_PASSWORD_CHARS, check_password};
use crate::web::response::{Layout, stored};
use crate::web::throttle::Attempt;
use crate::web::{AppState, password, response};

const PATH: &str = "/account";

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Layout,
    said: String,
    error: String,
    least: usize,
}

fn show(console: &AppState, session: &Session, said: &str, error: &str) -> Response {
    let (frame, said, error) = (Layout::new(console, session, "我的账号"), said.to_owned(), error.to_owned());
    response::page(&AccountPage { frame, said, error, least: MIN_PASSWORD_CHARS })
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let words = console.flash(&session, PATH).words;
    show(&console, &session, &words, "")
}

/// Changes the account's own password and ends its other sessions.
pub(super) async fn change(State(console): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (from, token) = (address(&parts), cookie(&parts.headers).unwrap_or_default());
    let form = match <Form as axum::extract::FromRequest<AppState>>::from_request(Request::from_parts(parts, body), &console).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let session = form.session;
    let (old, new, again) = (form.fields.text("old").to_owned(), form.fields.text("new").to_owned(), form.fields.text("again"));
    let refused = |code: StatusCode, words: &str| (code, show(&console, &session, "", words)).into_response();
    if let Err(weak) = check_password(&session.name, &new) {
        return refused(StatusCode::BAD_REQUEST, &format!("没有修改：{}", weak.chinese()));
    }
    if new != again {
        return refused(StatusCode::BAD_REQUEST, "两次输入的新密码不一样");
    }
    // at an open page, guessing passwords must not be faster than at the login page
    let attempt = Attempt::new(&session.name, from);
    if let Err(wait) = console.throttle.begin(&attempt, Instant::now()) {
        return refused(StatusCode::TOO_MANY_REQUESTS, &format!("尝试次数过多，请 {} 秒后再试", wait.as_secs() + 1));
    }
    let name = session.name.clone();
    let account = match stored(console.store.run(move |s| s.account(&name)).await) {
        Ok(account) => account,
        Err(answer) => return answer,
    };
    let Some(turn) = console.password_checks.turn().await else { return refused(StatusCode::SERVICE_UNAVAILABLE, "请稍后再试") };
    let checks = Arc::clone(&console);
    let hashed = tokio::task::spawn_blocking(move || {
        let right = checks.password_checks.matches(turn, &old, account.as_ref().map(|a| a.password.as_str()));
        right.then(|| password::hash(&new)).transpose()
    });
    match hashed.await {
        Ok(Ok(Some(hash))) => {
            console.throttle.succeeded(&attempt);
            let (name, keep) = (session.name.clone(), password::digest(&token));
            match stored(console.store.run(move |s| s.set_password(&name, &hash, Some(&keep), &name, Utc::now())).await) {
                Ok(_) => console.redirect_with(&session, PATH, "密码已修改；这个账号在别处的登录已结束".to_owned()),
                Err(answer) => answer,
            }
        }
        Ok(Ok(None)) => {
            console.throttle.failed(&attempt, Instant::now());
            refused(StatusCode::FORBIDDEN, "原密码不对")
        }
        Ok(Err(e)) => response::broken(&e),
        Err(e) => response::broken(&e),
    }
}

/// Returns how long the session lasts, without extending it.
pub(super) async fn session(Watcher(session): Watcher) -> Response {
    Json(json!({ "seconds": (session.expires - Utc::now()).num_seconds() })).into_response()
}

/// Extends the session.
pub(super) async fn renew(form: Form) -> Response {
    Json(json!({ "seconds": (form.session.expires - Utc::now()).num_seconds() })).into_response()
}
