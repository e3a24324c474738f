//! Feeds and JSON for other programs, by token: finished issues, articles of an industry, the archive. Read-only, without drafts.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use chrono::Utc;
use serde_json::{Value, json};

use crate::model::{Article, ArticleId, Edition, EditionId, PublicationScope, Rule, Topic, TopicArticle, TopicId};
use crate::render::atom;
use crate::store::Store;
use crate::web::access::Editor;
use crate::web::evidence;
use crate::web::form::Fields;
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::{AppState, archive, password};

/// Default and maximum number of articles in a response.
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;

const DESCRIPTION: &str = include_str!("assets/openapi.json");

/// A program with a token, or a signed-in account.
pub(super) struct ApiClient {
    /// The publications whose issues it reads.
    pub(super) scope: PublicationScope,
}

impl FromRequestParts<AppState> for ApiClient {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &AppState) -> Result<Self, Response> {
        let Some(token) = token(&parts.headers) else {
            return Editor::from_request_parts(parts, console)
                .await
                .map(|Editor(session)| Self { scope: session.scope })
                .map_err(|refusal| as_json(&refusal));
        };
        let hash = password::digest(&token);
        let scope = console.store.run(move |s| s.scope_of_token(&hash, Utc::now())).await;
        stored(scope)?.map(|scope| Self { scope }).ok_or_else(unknown)
    }
}

/// Returns the refusal of an account as programs read it.
fn as_json(refusal: &Response) -> Response {
    // an issue of a publication that the account is kept from
    if refusal.status() == StatusCode::FORBIDDEN { refused(StatusCode::NOT_FOUND, NO_ISSUE) } else { unknown() }
}

const NO_ISSUE: &str = "there is no such finished issue";

fn unknown() -> Response {
    let asks = [(header::WWW_AUTHENTICATE, "Basic realm=\"qingbao\", charset=\"UTF-8\"")];
    (asks, refused(StatusCode::UNAUTHORIZED, "a token is needed; `qingbao token add NAME` makes one")).into_response()
}

pub(super) fn refused(code: StatusCode, why: &str) -> Response {
    (code, Json(json!({ "error": why }))).into_response()
}

/// Returns the bearer token (RFC 6750), or the password of Basic authentication (RFC 7617), which feed readers can send.
fn token(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    let pair = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    String::from_utf8(pair).ok()?.split_once(':').map(|(_, password)| password.to_owned())
}

pub(super) async fn description() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}

fn atom(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], text).into_response()
}

/// Returns the finished issue with this id, or the newest one, as far as the client reads its publication.
async fn finished(console: &AppState, client: ApiClient, id: Option<EditionId>) -> Result<Edition, Response> {
    let found = console.store.run(move |s| {
        let id = match id {
            Some(id) => Some(id),
            None => s.published_editions(&client.scope, 1)?.first().map(|e| e.id),
        };
        let found = id.map(|id| s.published_edition(id)).transpose()?.flatten();
        Ok(found.filter(|e| client.scope.includes(&e.publication)))
    });
    stored(found.await)?.ok_or_else(|| refused(StatusCode::NOT_FOUND, NO_ISSUE))
}

pub(super) async fn issue_feed(State(console): State<AppState>, client: ApiClient) -> Response {
    finished(&console, client, None).await.map_or_else(|answer| answer, |e| atom(atom::issue_feed(&e)))
}

pub(super) async fn industry_feed(State(console): State<AppState>, _: ApiClient, Path(name): Path<String>) -> Response {
    let name = name.strip_suffix(".atom").unwrap_or(&name).to_owned();
    if !console.vocabulary().industries.contains(&name) {
        return refused(StatusCode::NOT_FOUND, "there is no such industry; /api/v1/industries lists them");
    }
    let query = format!("industry={}", url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>());
    let filter = archive::filter(&Fields::parse(query.as_bytes()), console.zone());
    match stored(console.store.run(move |s| s.find(&filter, DEFAULT_LIMIT)).await) {
        Ok(found) => atom(atom::article_feed(&console.pipeline().settings().publication.name, &name, &found)),
        Err(answer) => answer,
    }
}

pub(super) async fn topics(State(console): State<AppState>, _: ApiClient) -> Response {
    match stored(console.store.run(|s| s.topics("")).await) {
        Ok(rows) => Json(json!({ "topics": rows.iter().map(|r| atom::topic(&r.topic)).collect::<Vec<_>>() })).into_response(),
        Err(answer) => answer,
    }
}

/// Returns a topic with its newest articles.
async fn topic_with_articles(console: &AppState, id: &str, most: usize) -> Result<(Topic, Vec<TopicArticle>), Response> {
    let id = TopicId(id.parse().unwrap_or(0));
    let found = console.store.run(move |s| s.topic(id)?.map(|t| Ok((t, s.topic_articles(id, most)?))).transpose());
    let (topic, mut articles) =
        stored(found.await)?.ok_or_else(|| refused(StatusCode::NOT_FOUND, "there is no such topic; /api/v1/topics lists them"))?;
    articles.retain(|a| !a.is_dismissed);
    Ok((topic, articles))
}

pub(super) async fn topic(State(console): State<AppState>, _: ApiClient, Path(id): Path<String>, uri: Uri) -> Response {
    let most = match limit(&fields(&uri)) {
        Ok(most) => most,
        Err(answer) => return answer,
    };
    match topic_with_articles(&console, &id, most).await {
        Ok((topic, articles)) => {
            let ids: Vec<ArticleId> = articles.iter().map(|a| a.headline.id).collect();
            let grades = match stored(console.store.run(move |s| s.grades(&ids)).await) {
                Ok(grades) => grades,
                Err(answer) => return answer,
            };
            let mut value = atom::topic(&topic);
            if let Some(fields) = value.as_object_mut() {
                let graded = |a: &TopicArticle| atom::with_grade(atom::topic_article(a), grades.get(&a.headline.id));
                fields.insert("articles".to_owned(), articles.iter().map(graded).collect());
            }
            Json(value).into_response()
        }
        Err(answer) => answer,
    }
}

pub(super) async fn topic_feed(State(console): State<AppState>, _: ApiClient, Path(id): Path<String>) -> Response {
    match topic_with_articles(&console, id.strip_suffix(".atom").unwrap_or(&id), DEFAULT_LIMIT).await {
        Ok((topic, articles)) => atom(atom::topic_feed(&console.pipeline().settings().publication.name, &topic, &articles)),
        Err(answer) => answer,
    }
}

pub(super) async fn rules(State(console): State<AppState>, client: ApiClient) -> Response {
    let is_readable = |r: &&Rule| r.draft.publication.as_ref().is_none_or(|p| client.scope.includes(p));
    match stored(console.store.run(Store::rules).await) {
        Ok(rules) => Json(json!({ "rules": rules.iter().filter(is_readable).map(atom::rule).collect::<Vec<_>>() })).into_response(),
        Err(answer) => answer,
    }
}

pub(super) async fn industries(State(console): State<AppState>, _: ApiClient) -> Json<Value> {
    Json(json!({ "industries": console.vocabulary().industries }))
}

pub(super) async fn issues(State(console): State<AppState>, client: ApiClient, uri: Uri) -> Response {
    let most = match limit(&fields(&uri)) {
        Ok(most) => most,
        Err(answer) => return answer,
    };
    match stored(console.store.run(move |s| s.published_editions(&client.scope, most)).await) {
        Ok(list) => {
            let one = |e: &crate::store::EditionRow| json!({ "id": e.id.0, "publication": e.publication, "series": e.series, "date": e.date, "year": e.year, "number": e.number_in_year, "total": e.cumulative_number, "items": e.items });
            Json(json!({ "issues": list.iter().map(one).collect::<Vec<_>>() })).into_response()
        }
        Err(answer) => answer,
    }
}

/// Returns an issue with the places of its sentences in their articles, and the grades of these.
async fn with_anchors(console: &AppState, client: ApiClient, id: Option<EditionId>) -> Result<Response, Response> {
    let e = finished(console, client, id).await?;
    let mut value = atom::issue(&e);
    if let Some(issue) = value.as_object_mut() {
        issue.insert("evidence".to_owned(), evidence::anchors(&evidence::checks(console, &e).await?));
    }
    let articles: Vec<ArticleId> = e.items().map(|i| i.article).collect();
    let grades = stored(console.store.run(move |s| s.grades(&articles)).await)?;
    for item in
        value.pointer_mut("/columns").and_then(Value::as_array_mut).into_iter().flatten().filter_map(|c| c.get_mut("items")?.as_array_mut()).flatten()
    {
        let judged = item.get("article").and_then(Value::as_i64).and_then(|id| grades.get(&ArticleId(id)));
        *item = atom::with_grade(item.take(), judged);
    }
    Ok(Json(value).into_response())
}

/// Returns an issue; `current` is the newest.
pub(super) async fn issue(State(console): State<AppState>, client: ApiClient, Path(id): Path<String>) -> Response {
    let id = match id.parse() {
        Ok(id) => Some(EditionId(id)),
        Err(_) if id == "current" => None,
        Err(_) => return refused(StatusCode::NOT_FOUND, "an issue is asked for by its id, or as current"),
    };
    with_anchors(&console, client, id).await.unwrap_or_else(|answer| answer)
}

/// Returns complete articles in order of arrival with `after`, otherwise the headlines that a search finds.
pub(super) async fn articles(State(console): State<AppState>, _: ApiClient, uri: Uri) -> Response {
    let f = fields(&uri);
    let most = match limit(&f) {
        Ok(most) => most,
        Err(answer) => return answer,
    };
    let after = f.number("after").map(ArticleId);
    if after.is_none() && !f.text("after").is_empty() {
        return refused(StatusCode::BAD_REQUEST, "after is the id of an article, 0 for the first page");
    }
    let filter = archive::filter(&f, console.zone());
    let found = console.store.run(move |s| {
        let mut found: Vec<(i64, Value)> = match after {
            Some(id) => s.articles_after(id, most)?.iter().map(|a| (a.headline.id.0, atom::article(a))).collect(),
            None => s.find(&filter, most)?.iter().map(|h| (h.id.0, atom::headline(h))).collect(),
        };
        let grades = s.grades(&found.iter().map(|(id, _)| ArticleId(*id)).collect::<Vec<_>>())?;
        for (id, article) in &mut found {
            *article = atom::with_grade(article.take(), grades.get(&ArticleId(*id)));
        }
        Ok(found)
    });
    match stored(found.await) {
        Ok(found) => {
            let next = found.last().filter(|_| after.is_some() && found.len() == most).map(|(id, _)| *id);
            Json(json!({ "articles": found.into_iter().map(|(_, a)| a).collect::<Vec<_>>(), "next": next })).into_response()
        }
        Err(answer) => answer,
    }
}

pub(super) async fn article(State(console): State<AppState>, _: ApiClient, Path(id): Path<i64>) -> Response {
    let found = console.store.run(move |s| {
        let graded = |a: &Article| Ok(atom::with_grade(atom::article(a), s.current_grades(&[a.headline.id], Utc::now())?.get(&a.headline.id)));
        s.article(ArticleId(id))?.as_ref().map(graded).transpose()
    });
    match stored(found.await) {
        Ok(Some(article)) => Json(article).into_response(),
        Ok(None) => refused(StatusCode::NOT_FOUND, "there is no such article"),
        Err(answer) => answer,
    }
}

pub(super) fn fields(uri: &Uri) -> Fields {
    Fields::parse(uri.query().unwrap_or_default().as_bytes())
}

/// Returns the most rows that a program asks for, or the refusal of what is no such number.
pub(super) fn limit(f: &Fields) -> Result<usize, Response> {
    number(f, "limit", DEFAULT_LIMIT, 1..=MAX_LIMIT)
}

/// Returns a number of the query, or the refusal of what is not one within the range.
pub(super) fn number<T>(f: &Fields, name: &str, default: T, range: RangeInclusive<T>) -> Result<T, Response>
where
    T: FromStr + PartialOrd + Display,
{
    match f.text(name) {
        "" => Ok(default),
        text => text
            .parse()
            .ok()
            .filter(|n| range.contains(n))
            .ok_or_else(|| refused(StatusCode::BAD_REQUEST, &format!("{name} is a whole number from {} to {}", range.start(), range.end()))),
    }
}
