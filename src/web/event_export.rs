//! Events as JSON for other programs.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use chrono::{TimeDelta, Utc};
use serde_json::json;

use crate::model::EventId;
use crate::render::atom;
use crate::store::EventRow;
use crate::web::AppState;
use crate::web::api::{ApiClient, fields, limit, number, refused};
use crate::web::path::Path;
use crate::web::response::stored;

/// Default and highest number of days back.
const DAYS: i64 = 30;
const MAX_DAYS: i64 = 366;

/// The events of the last days that several stories report.
pub(super) async fn list(State(console): State<AppState>, _: ApiClient, uri: Uri) -> Response {
    let f = fields(&uri);
    let (days, most) = match number(&f, "days", DAYS, 1..=MAX_DAYS).and_then(|days| Ok((days, limit(&f)?))) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    match stored(console.store.run(move |s| s.recent_events(Utc::now() - TimeDelta::days(days), most)).await) {
        Ok(rows) => Json(json!({ "events": rows.iter().map(atom::event).collect::<Vec<_>>() })).into_response(),
        Err(answer) => answer,
    }
}

/// An event with its articles, or the one that it was joined to.
pub(super) async fn one(State(console): State<AppState>, _: ApiClient, Path(id): Path<i64>) -> Response {
    let found = console.store.run(move |s| {
        let with_articles = |e: EventRow| {
            let articles = s.event_articles(e.event)?;
            let grades = s.grades(&articles.iter().map(|a| a.id).collect::<Vec<_>>())?;
            Ok((articles.iter().map(|a| atom::with_grade(atom::event_article(a), grades.get(&a.id))).collect::<Vec<_>>(), e))
        };
        s.event(EventId(id))?.map(with_articles).transpose()
    });
    match stored(found.await) {
        Ok(Some((articles, event))) => {
            let mut value = atom::event(&event);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("articles".to_owned(), articles.into());
            }
            Json(value).into_response()
        }
        Ok(None) => refused(StatusCode::NOT_FOUND, "there is no such event; /api/v1/events lists those of the last days"),
        Err(answer) => answer,
    }
}
