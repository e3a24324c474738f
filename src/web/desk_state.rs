//! State of the draft's page for its script: content of the issue, undo and redo, other editors.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::issue::edit::EditError;
use crate::model::{Edition, EditionId, FileId, Item, Print};
use crate::store::{Direction, Session, Store, StoreError};
use crate::web::access::Watcher;
use crate::web::evidence::{self, Checks};
use crate::web::form::Fields;
use crate::web::issue_changes::{Choice, stale_facts};
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::rule_offers::Offer;
use crate::web::{AppState, audit_words, response};

/// An editor who is silent for this long is no longer shown.
const PRESENCE: Duration = Duration::from_secs(30);
/// Maximum number of editors remembered.
const MAX_PRESENT: usize = 200;

/// Position of each editor: issue and item.
#[derive(Default)]
pub(super) struct Presence(Mutex<HashMap<(EditionId, String), (i64, Instant)>>);

impl Presence {
    /// Records an editor's item (0 for none) and returns where the others are.
    fn note(&self, edition: EditionId, who: &str, article: i64) -> Vec<Person> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, at)| at.elapsed() < PRESENCE);
        if all.len() < MAX_PRESENT {
            all.insert((edition, who.to_owned()), (article, Instant::now()));
        }
        let others = all.iter().filter(|((e, name), _)| *e == edition && name != who);
        let mut out: Vec<Person> = others.map(|((_, name), (article, _))| Person { name: name.clone(), article: *article }).collect();
        out.sort_by(|a, b| a.name.cmp(&b.name));
        out
    }
}

#[derive(Serialize)]
struct Person {
    name: String,
    article: i64,
}

/// The parts of the issue that the script does not have yet.
#[derive(Serialize)]
pub(super) struct DeskState {
    version: u32,
    #[serde(rename = "final")]
    is_final: bool,
    /// The changes that 撤销 and 重做 would make.
    undo: Option<String>,
    redo: Option<String>,
    people: Vec<Person>,
    /// The account, and its CSRF token.
    user: String,
    csrf: String,
    /// `None` if the script has the current version.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
}

#[derive(Serialize)]
struct Content {
    foreword: String,
    foreword_edited: bool,
    /// Statements of the foreword that no longer match the items.
    stale: Vec<String>,
    /// What of each item has no support in its article.
    evidence: Checks,
    columns: Vec<Column>,
}

#[derive(Serialize)]
struct Column {
    name: String,
    items: Vec<i64>,
    texts: BTreeMap<i64, Texts>,
}

#[derive(Serialize)]
struct Texts {
    title: String,
    summary: String,
    note: String,
    /// The full text, if it is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    print: Print,
    text_edited: bool,
    files: Vec<FileId>,
}

impl From<&Item> for Texts {
    fn from(i: &Item) -> Self {
        Self {
            title: i.title.clone(),
            summary: i.summary.clone(),
            note: i.note.clone(),
            text: (i.print == Print::Full).then(|| i.text.clone()),
            print: i.print,
            text_edited: i.text_edited,
            files: i.files().map(|f| f.id).collect(),
        }
    }
}

/// Result of a change.
#[derive(Serialize)]
pub(super) struct Outcome {
    pub(super) words: String,
    pub(super) conflict: Option<Conflict>,
    /// Alternatives offered to the editor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) choices: Vec<Choice>,
    /// Rules (不再报道) offered for the item that was dropped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) offers: Vec<Offer>,
    pub(super) state: Option<DeskState>,
}

/// A text changed by another editor.
#[derive(Serialize)]
pub(super) struct Conflict {
    field: &'static str,
    theirs: String,
}

impl Conflict {
    pub(super) fn of(error: &EditError) -> Option<Self> {
        match error {
            EditError::Conflict { field, theirs } => Some(Self { field, theirs: theirs.clone() }),
            _ => None,
        }
    }
}

pub(super) async fn get(State(console): State<AppState>, Watcher(session): Watcher, Path(id): Path<i64>, uri: Uri) -> Response {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let (known, article) = (fields.number("version").unwrap_or(0), fields.number("at").unwrap_or(0));
    match read(&console, &session, EditionId(id), known, article).await {
        Ok(Some(state)) => Json(state).into_response(),
        Ok(None) => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这一期"),
        Err(answer) => answer,
    }
}

/// Returns the state for an editor at an item who has the version `known`.
pub(super) async fn read(console: &AppState, session: &Session, id: EditionId, known: u32, article: i64) -> Result<Option<DeskState>, Response> {
    let people = console.presence.note(id, &session.name, article);
    let Some((edition, version, undo, redo)) = stored(console.store.run(move |s| load(s, id)).await)? else { return Ok(None) };
    let content = if version == known {
        None
    } else {
        Some(content(&edition, stale_facts(console, &edition).await?, evidence::checks(console, &edition).await?))
    };
    Ok(Some(DeskState {
        version,
        is_final: edition.is_frozen(),
        undo,
        redo,
        people,
        user: session.name.clone(),
        csrf: session.csrf.clone(),
        content,
    }))
}

type Loaded = (Edition, u32, Option<String>, Option<String>);

fn load(s: &Store, id: EditionId) -> Result<Option<Loaded>, StoreError> {
    let Some((edition, version)) = s.edition_with_version(id)? else { return Ok(None) };
    let next = |direction| s.next_step(id, direction).map(|found| found.map(audit_words::step));
    Ok(Some((edition, version, next(Direction::Back)?, next(Direction::Forth)?)))
}

fn content(e: &Edition, stale: Vec<String>, evidence: Checks) -> Content {
    let column = |c: &crate::model::ColumnItems| Column {
        name: c.name.clone(),
        items: c.items.iter().map(|i| i.article.0).collect(),
        texts: c.items.iter().map(|i| (i.article.0, Texts::from(i))).collect(),
    };
    Content { foreword: e.foreword.clone(), foreword_edited: e.foreword_edited, stale, evidence, columns: e.columns.iter().map(column).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_see_where_the_others_are() {
        let presence = Presence::default();
        let names = |people: Vec<Person>| people.into_iter().map(|p| (p.name, p.article)).collect::<Vec<_>>();
        assert_eq!(names(presence.note(EditionId(1), "甲", 7)), []);
        assert_eq!(names(presence.note(EditionId(1), "乙", 9)), [("甲".to_owned(), 7)]);
        assert_eq!(names(presence.note(EditionId(2), "丙", 7)), []);
        assert_eq!(names(presence.note(EditionId(1), "甲", 8)), [("乙".to_owned(), 9)]);
    }
}
