//! The grade of an article (B2) on pages, and editors' changes of it.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::grades::OverruledGrade;
use crate::model::{ArticleId, Credibility, Edition, GradeFloor, Reliability};
use crate::render::{GradeWords, credibility, grade_words, reliability};
use crate::store::{Store, StoreError};
use crate::web::form::{Fields, Form};
use crate::web::{AppState, response};

/// Most characters of a reason.
const MAX_REASON: usize = 200;

/// A grade to choose from: its code, and what it says.
pub(super) type GradeChoice = (String, &'static str);

/// A floor to choose from: its code, and its label.
pub(super) type FloorChoice = (String, String);

/// Returns the grades of a source.
pub(super) fn reliabilities() -> Vec<GradeChoice> {
    Reliability::ALL.iter().map(|r| (r.code().to_owned(), reliability(*r))).collect()
}

/// Returns the grades of information.
pub(super) fn credibilities() -> Vec<GradeChoice> {
    Credibility::ALL.iter().map(|c| (c.code().to_string(), credibility(*c))).collect()
}

/// Returns the floors of 来源可靠性 to choose from. What cannot be judged is no floor.
pub(super) fn reliability_floors() -> Vec<FloorChoice> {
    let label = |r: Reliability| match r {
        Reliability::A => format!("来源 A（{}）", reliability(r)),
        _ => format!("来源 {} 以上（{}）", r.code(), reliability(r)),
    };
    Reliability::ALL.into_iter().filter(|r| *r != Reliability::F).map(|r| (r.code().to_owned(), label(r))).collect()
}

/// Returns the values of 信息可信度 that a filter can demand as a minimum.
pub(super) fn credibility_floors() -> Vec<FloorChoice> {
    let label = |c: Credibility| match c {
        Credibility::Confirmed => format!("信息 1（{}）", credibility(c)),
        _ => format!("信息 {} 以上（{}）", c.code(), credibility(c)),
    };
    Credibility::ALL.into_iter().filter(|c| *c != Credibility::CannotBeJudged).map(|c| (c.code().to_string(), label(c))).collect()
}

/// Returns the floor that a query asks for.
pub(super) fn floor(f: &Fields) -> GradeFloor {
    GradeFloor { reliability: Reliability::parse(f.text("reliability")), credibility: f.number("credibility").and_then(Credibility::parse) }
}

/// Returns the grades of articles.
pub(super) fn grades(s: &Store, articles: &[ArticleId], now: DateTime<Utc>) -> Result<HashMap<ArticleId, GradeWords>, StoreError> {
    Ok(s.current_grades(articles, now)?.iter().map(|(id, grade)| (*id, grade_words(grade))).collect())
}

/// Returns the grades of an issue's items.
pub(super) fn grades_of_items(s: &Store, e: &Edition) -> Result<HashMap<ArticleId, GradeWords>, StoreError> {
    let articles: Vec<ArticleId> = e.items().filter(|i| i.url.is_some()).map(|i| i.article).collect();
    grades(s, &articles, Utc::now())
}

/// Reads what an editor says instead of the computed grades.
pub(super) fn requested(console: &AppState, form: &Form) -> Result<OverruledGrade, Response> {
    let refused = |why: &str| Err(response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, why));
    let reliability = Reliability::parse(form.fields.text("reliability"));
    let credibility = form.fields.number("credibility").and_then(Credibility::parse);
    let reason = form.fields.text("reason").trim().to_owned();
    if reliability.is_none() && credibility.is_none() {
        return refused("请选来源可靠性或信息可信度");
    }
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return refused("请写明理由，最多 200 个字");
    }
    Ok(OverruledGrade { reliability, credibility, reason, who: form.session.name.clone(), at: Utc::now() })
}
