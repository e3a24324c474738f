//! What a reader says of an item, through the signed link of his mail: no login, no cookie. Mail scanners fetch links, so a link only
//! opens a page; its button records.

use std::collections::HashMap;
use std::time::Instant;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;

use crate::config::settings::Publication;
use crate::issue::feedback::{FeedbackLink, LINK_DAYS, MAX_REMARK, Verdict, is_expired};
use crate::model::{ArticleId, Edition};
use crate::store::{Feedback, OwnFeedback, Store, StoreError};
use crate::web::access::address;
use crate::web::filter_values::without_noise;
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::subscribers::reader_names;
use crate::web::throttle::Attempt;
use crate::web::{AppState, form, response};

/// Maximum size of a form, in bytes: a text of 500 characters, escaped.
const MAX_BYTES: usize = 16 << 10;

#[derive(Template)]
#[template(path = "feedback.html")]
struct FeedbackPage {
    base: String,
    /// What is wrong with the link; empty if nothing is.
    problem: String,
    publication: String,
    issue: String,
    title: String,
    /// 有用, 没用 or 批示.
    verdict: Verdict,
    /// What the reader said before.
    own: OwnFeedback,
    is_withdrawn: bool,
    most: usize,
    /// A remark that was not recorded, as the reader sent it.
    sent: String,
}

/// A link that was signed here, with its issue and reader.
struct Opened {
    link: FeedbackLink,
    edition: Edition,
    title: String,
    reader: String,
    own: OwnFeedback,
}

fn open(s: &Store, token: &str) -> Result<Option<Opened>, StoreError> {
    let key = s.feedback_key()?;
    let Some(link) = key.read(token) else { return Ok(None) };
    let (Some(edition), Some(reader)) = (s.edition(link.edition)?, s.reader_of(&key, &link)?) else { return Ok(None) };
    // an item may have been removed after its draft was mailed
    let title = edition.items().find(|i| i.article == link.article).map(|i| i.title.clone()).unwrap_or_default();
    let own = s.own_feedback(link.edition, link.article, &reader)?;
    Ok(Some(Opened { link, edition, title, reader, own }))
}

/// Opens a link; a forged one slows down its sender and is answered like a page that does not exist.
async fn opened(console: &AppState, parts: &Parts, token: String) -> Result<Opened, Response> {
    let attempt = Attempt::new("feedback", address(parts));
    if let Err(wait) = console.feedback_throttle.begin(&attempt, Instant::now()) {
        let seconds = wait.as_secs() + 1;
        let words = format!("打开的链接有误，请 {seconds} 秒后再试");
        return Err((StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())], page(console, None, &words, "")).into_response());
    }
    let Some(opened) = stored(console.store.run(move |s| open(s, &token)).await)? else {
        return Err((StatusCode::NOT_FOUND, page(console, None, "没有这个页面。请从邮件里完整地复制链接。", "")).into_response());
    };
    console.feedback_throttle.withdraw(&attempt);
    let today = Utc::now().with_timezone(&console.zone()).date_naive();
    if is_expired(&opened.edition, today) {
        return Err((StatusCode::GONE, page(console, None, &format!("这个链接已过期：发刊 {LINK_DAYS} 天以内有效。"), "")).into_response());
    }
    Ok(opened)
}

fn page(console: &AppState, opened: Option<&Opened>, problem: &str, sent: &str) -> Response {
    let edition = opened.map(|o| &o.edition);
    response::page(&FeedbackPage {
        base: console.settings.base_path.clone(),
        problem: problem.to_owned(),
        publication: edition.map(|e| e.publication.clone()).unwrap_or_default(),
        issue: edition.map(Edition::issue_label).unwrap_or_default(),
        title: opened.map(|o| o.title.clone()).unwrap_or_default(),
        verdict: opened.map_or(Verdict::Useful, |o| o.link.verdict),
        own: opened.map(|o| o.own.clone()).unwrap_or_default(),
        // it was final once and is no longer
        is_withdrawn: edition.is_some_and(|e| !e.is_final && e.signing.round > 0),
        most: MAX_REMARK,
        sent: sent.to_owned(),
    })
}

pub(super) async fn show(State(console): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match opened(&console, &parts, token).await {
        Ok(opened) => page(&console, Some(&opened), "", ""),
        Err(answer) => answer,
    }
}

/// Records what the link says.
pub(super) async fn record(State(console): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let opened = match opened(&console, &parts, token.clone()).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    let fields = match form::read(&parts, body, MAX_BYTES).await {
        Ok(fields) => fields,
        Err((code, why)) => return (code, page(&console, None, why, "")).into_response(),
    };
    let remark = if opened.link.verdict == Verdict::Remark { without_noise(fields.text("remark")) } else { String::new() };
    let length = remark.chars().count();
    let wrong = match opened.link.verdict {
        Verdict::Remark if length == 0 => "还没有写批示。".to_owned(),
        Verdict::Remark if length > MAX_REMARK => format!("批示最多 {MAX_REMARK} 个字，现在有 {length} 个，请删短一些。"),
        _ => String::new(),
    };
    if !wrong.is_empty() {
        return (StatusCode::UNPROCESSABLE_ENTITY, page(&console, Some(&opened), &wrong, &remark)).into_response();
    }
    let done = console.store.run(move |s| s.record_feedback(&opened.link, &opened.reader, &remark, Utc::now())).await;
    match stored(done) {
        Ok(_) => Redirect::to(&console.path(&format!("/feedback/{token}"))).into_response(),
        Err(answer) => answer,
    }
}

/// What readers said, as editors see it.
#[derive(Default)]
pub(super) struct FeedbackView {
    /// 2 位读者认为有用，1 位认为没用; empty if nobody said so.
    pub(super) counts: String,
    /// Name and text of each 批示.
    pub(super) remarks: Vec<(String, String)>,
}

impl FeedbackView {
    /// Returns the view; `name` returns the name of an address.
    pub(super) fn new(f: &Feedback, name: &impl Fn(&str) -> String) -> Self {
        let counts = match (f.useful, f.useless) {
            (0, 0) => String::new(),
            (n, 0) => format!("{n} 位读者认为有用"),
            (0, n) => format!("{n} 位读者认为没用"),
            (n, m) => format!("{n} 位读者认为有用，{m} 位认为没用"),
        };
        Self { counts, remarks: f.remarks.iter().map(|r| (name(&r.address), r.text.clone())).collect() }
    }
}

/// Returns what readers said of items, with their names.
pub(super) fn views(
    s: &Store,
    found: HashMap<ArticleId, Feedback>,
    publications: &[Publication],
) -> Result<HashMap<ArticleId, FeedbackView>, StoreError> {
    let names = if found.values().all(|f| f.remarks.is_empty()) { HashMap::new() } else { reader_names(s, publications)? };
    let name = |address: &str| names.get(&address.to_ascii_lowercase()).cloned().unwrap_or_else(|| address.to_owned());
    Ok(found.into_iter().map(|(id, f)| (id, FeedbackView::new(&f, &name))).collect())
}
