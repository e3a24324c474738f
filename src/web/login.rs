//! Login and logout.

use std::sync::Arc;
use std::time::{Duration, Instant};

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{TimeDelta, Utc};

use crate::model::AuditAction;
use crate::schedule::poll_interval::to_time_delta;
use crate::web::access::{COOKIE, address, cookie};
use crate::web::form;
use crate::web::form::{Fields, Form};
use crate::web::password::Turn;
use crate::web::throttle::Attempt;
use crate::web::{AppState, password, response};

/// Maximum size of a form before login, in bytes, and maximum length of a name; `user add` has the same limit.
const MAX_LOGIN_BYTES: usize = 16 << 10;
const MAX_NAME_CHARS: usize = 40;
/// Maximum wait for a password check.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// Lifetime of the cookie: longer than any session; the store knows when the session ends.
const COOKIE_TTL: TimeDelta = TimeDelta::days(31);

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    base: String,
    next: String,
    name: String,
    error: String,
    /// Whether the first page waits to be filled in.
    is_new: bool,
    demo: bool,
}

fn login(console: &AppState, next: &str, name: &str, error: &str) -> Response {
    let [next, name, error] = [next, name, error].map(str::to_owned);
    let (base, is_new, demo) = (console.settings.base_path.clone(), console.first_start.is_open(), console.settings.is_demo);
    response::page(&Login { base, next, name, error, is_new, demo })
}

/// Returns the page after login: only our own pages, so that no link redirects elsewhere.
fn safe_next(console: &AppState, next: &str) -> String {
    let ours = next.starts_with(&console.path("/")) && !next.starts_with("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    if ours { next.to_owned() } else { console.path("/draft") }
}

pub(super) async fn form(State(console): State<AppState>, uri: Uri) -> Response {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    login(&console, &safe_next(&console, fields.text("next")), "", "")
}

pub(super) async fn sign_in(State(console): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let from = address(&parts);
    let fields = match form::read(&parts, body, MAX_LOGIN_BYTES).await {
        Ok(fields) => fields,
        Err((code, why)) => return (code, why).into_response(),
    };
    let next = safe_next(&console, fields.text("next"));
    let name: String = fields.text("name").chars().take(MAX_NAME_CHARS).collect();
    let attempt = Attempt::new(&name, from);
    if let Err(wait) = console.throttle.begin(&attempt, Instant::now()) {
        let seconds = wait.as_secs() + 1;
        return later(seconds, login(&console, &next, &name, &format!("尝试次数过多，请 {seconds} 秒后再试")));
    }
    // each check takes 19 MiB: excess ones wait, but not for long
    let Ok(Some(turn)) = tokio::time::timeout(TURN_TIMEOUT, console.password_checks.turn()).await else {
        console.throttle.withdraw(&attempt);
        return later(TURN_TIMEOUT.as_secs(), login(&console, &next, &name, "登录的人太多，请稍后再试"));
    };
    match check(&console, turn, name.clone(), fields.text("password").to_owned()).await {
        Ok(Some(cookie)) => {
            console.throttle.succeeded(&attempt);
            let mut answer = Redirect::to(&next).into_response();
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
            answer
        }
        Ok(None) => {
            console.throttle.failed(&attempt, Instant::now());
            let (who, subject) = (name.clone(), from.map(|ip| ip.to_string()).unwrap_or_default());
            if let Err(e) = console.store.run(move |s| s.audit(&who, AuditAction::SignInFailed, &subject, Utc::now())).await {
                tracing::error!("console: {e}");
            }
            (StatusCode::UNAUTHORIZED, login(&console, &next, &name, "账号或密码不对")).into_response()
        }
        Err(answer) => answer,
    }
}

/// Returns a page with the seconds to wait before the next attempt.
fn later(seconds: u64, page: Response) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], page).into_response()
}

/// Opens a session and returns its cookie if the password is right.
async fn check(console: &AppState, turn: Turn, name: String, given: String) -> Result<Option<HeaderValue>, Response> {
    let account = response::stored(console.store.run(move |s| s.account(&name)).await)?.filter(|a| !a.disabled);
    let hash = account.as_ref().map(|a| a.password.clone());
    // about 30 ms of CPU and 19 MiB: off the async threads
    let checks = Arc::clone(console);
    let right = tokio::task::spawn_blocking(move || checks.password_checks.matches(turn, &given, hash.as_deref())).await.unwrap_or(false);
    let Some(account) = account.filter(|_| right) else { return Ok(None) };
    let (token, csrf) = password::token().and_then(|t| Ok((t, password::token()?))).map_err(|e| response::broken(&e))?;
    let digest = password::digest(&token);
    let lasts = to_time_delta(console.settings.session);
    response::stored(console.store.run(move |s| s.open_session(&digest, &account, &csrf, Utc::now(), lasts)).await)?;
    let secure = if console.settings.https { "; Secure" } else { "" };
    let text = format!("{COOKIE}={token}; Path={}; HttpOnly; SameSite=Lax; Max-Age={}{secure}", console.path("/"), COOKIE_TTL.num_seconds());
    HeaderValue::from_str(&text).map(Some).map_err(|e| response::broken(&e))
}

pub(super) async fn sign_out(State(console): State<AppState>, headers: axum::http::HeaderMap, _form: Form) -> Response {
    if let Some(token) = cookie(&headers) {
        let digest = password::digest(&token);
        if let Err(e) = console.store.run(move |s| s.close_session(&digest)).await {
            return response::broken(&e);
        }
    }
    let mut answer = Redirect::to(&console.path("/login")).into_response();
    let gone = format!("{COOKIE}=; Path={}; Max-Age=0", console.path("/"));
    if let Ok(value) = HeaderValue::from_str(&gone) {
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    answer
}
