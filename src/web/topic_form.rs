//! The form of a topic: to make one, to register a request (约稿), and to change one. It shows what the topic would match before
//! it is saved.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{Topic, TopicDraft, TopicId, TopicKind};
use crate::store::{Session, Store, StoreError, TopicEdit, TopicPreview};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::filter_values::FilterValues;
use crate::web::form::{Fields, Form};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::topic_values::{Known, Values};
use crate::web::topics::{may_delete, search_archive};
use crate::web::{AppState, response};

/// What a preview looks at, and how many articles it names.
const PREVIEW_DAYS: i64 = 30;
const EXAMPLES: usize = 5;

#[derive(Template)]
#[template(path = "topic_form.html")]
struct FormPage {
    frame: Layout,
    /// `None` for a new topic.
    id: Option<i64>,
    values: Values,
    kinds: [(&'static str, &'static str, bool); 3],
    /// Industry names, and whether they are ticked.
    industries: Vec<(String, bool)>,
    owners: Vec<String>,
    outcome: Outcome,
    preview: Option<PreviewView>,
}

/// What came of a form that was not saved.
#[derive(Default)]
struct Outcome {
    mistakes: Vec<String>,
    /// Another open topic with the title.
    same_title: Option<i64>,
    /// Fields that differ from those of another editor: label, stored value, value of this form.
    differences: Vec<(&'static str, String, String)>,
    preview: Option<TopicPreview>,
    /// Organisations that no article has named.
    unknown: Vec<String>,
}

impl Outcome {
    fn code(&self) -> StatusCode {
        match (self.differences.is_empty(), self.mistakes.is_empty()) {
            (false, _) => StatusCode::CONFLICT,
            (true, false) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, true) => StatusCode::OK,
        }
    }
}

struct PreviewView {
    days: i64,
    matching: usize,
    tried: usize,
    is_complete: bool,
    examples: Vec<HeadlineRow>,
}

/// Returns the accounts that may own a topic; a former owner stays one.
fn owners(s: &Store, former: &str) -> Result<Vec<String>, StoreError> {
    let mut out: Vec<String> = s.accounts()?.into_iter().filter(|a| !a.disabled).map(|a| a.name).collect();
    if !former.is_empty() && !out.iter().any(|name| name == former) {
        out.push(former.to_owned());
    }
    Ok(out)
}

fn render(console: &AppState, session: &Session, id: Option<TopicId>, values: Values, owners: Vec<String>, mut outcome: Outcome) -> Response {
    let zone = console.zone();
    let industries = values.filter.ticks(&console.vocabulary().industries);
    let preview = outcome.preview.take().map(|p| PreviewView {
        days: PREVIEW_DAYS,
        matching: p.matching,
        tried: p.tried,
        is_complete: p.is_complete,
        examples: p.examples.iter().map(|h| row(h, zone)).collect(),
    });
    let code = outcome.code();
    let page = FormPage {
        frame: Layout::new(console, session, "关注课题"),
        id: id.map(|i| i.0),
        kinds: TopicKind::ALL.map(|(_, word, chinese)| (word, chinese, word == values.kind)),
        industries,
        owners,
        outcome,
        preview,
        values,
    };
    (code, response::page(&page)).into_response()
}

/// The empty form; `?request=1` for a request, `?expression=` with words to start from.
pub(super) async fn new(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let is_request = !f.text("request").is_empty();
    let today = Utc::now().with_timezone(&console.zone()).date_naive();
    let values = Values {
        kind: TopicKind::Decision.as_str().to_owned(),
        filter: FilterValues { expression: f.text("expression").to_owned(), ..FilterValues::default() },
        owner: session.name.clone(),
        is_request,
        asked_on: if is_request { today.to_string() } else { String::new() },
        ..Values::default()
    };
    match stored(console.store.run(|s| owners(s, "")).await) {
        Ok(owners) => render(&console, &session, None, values, owners, Outcome::default()),
        Err(answer) => answer,
    }
}

pub(super) async fn edit(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let id = TopicId(id);
    let found = console.store.run(move |s| s.topic(id)?.map(|t| Ok((owners(s, &t.draft.owner)?, t))).transpose());
    match stored(found.await) {
        Ok(Some((owners, topic))) => render(&console, &session, Some(id), Values::of_topic(topic), owners, Outcome::default()),
        Ok(None) => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个课题"),
        Err(answer) => answer,
    }
}

pub(super) async fn add(State(console): State<AppState>, form: Form) -> Response {
    sent(&console, form, None).await
}

pub(super) async fn save(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    sent(&console, form, Some(TopicId(id))).await
}

/// Checks a form, and previews or saves its topic.
async fn sent(console: &AppState, form: Form, id: Option<TopicId>) -> Response {
    let known = console.store.run(move |s| {
        let topic = id.map(|id| s.topic(id)).transpose()?.flatten();
        Ok((owners(s, topic.as_ref().map_or("", |t| &t.draft.owner))?, topic))
    });
    let (owners, topic) = match stored(known.await) {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    if id.is_some() && topic.is_none() {
        return response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个课题");
    }
    let vocabulary = console.vocabulary();
    let mut industries = vocabulary.industries.clone();
    industries.extend(topic.iter().flat_map(|t| t.draft.filter.industries.clone()));
    let values = Values::of_form(&form.fields, &industries);
    let (now, is_preview) = (Utc::now(), form.fields.text("do") == "preview");
    if let Some(topic) = topic.clone().filter(|t| !is_preview && t.draft.version() != values.version) {
        return conflict(console, &form.session, topic, values, owners);
    }
    let checked = values.check(&Known {
        owners: &owners,
        places: &vocabulary.places,
        stored: topic.as_ref().map(|t| &t.draft),
        may_change_owner: topic.as_ref().is_some_and(|t| may_delete(&form.session, t)),
        today: now.with_timezone(&console.zone()).date_naive(),
    });
    let outcome = match checked {
        Err(mistakes) => Outcome { mistakes, ..Outcome::default() },
        Ok(draft) if is_preview => {
            let since = now - TimeDelta::days(PREVIEW_DAYS);
            let tried = console.store.run(move |s| {
                let unknown = s.unknown_organisations(&draft.filter.organisations)?;
                Ok(Outcome { unknown, preview: Some(s.preview_topic(draft.filter, since, EXAMPLES)?), ..Outcome::default() })
            });
            match stored(tried.await) {
                Ok(outcome) => outcome,
                Err(answer) => return answer,
            }
        }
        Ok(draft) => match stored(put(console, &form.session, id, draft, values.version.clone(), now).await) {
            Ok(TopicEdit::Saved(id)) => {
                search_archive(console);
                return Redirect::to(&console.path(&format!("/topics/{id}"))).into_response();
            }
            Ok(TopicEdit::Missing) => return response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个课题"),
            Ok(TopicEdit::Conflict(topic)) => return conflict(console, &form.session, *topic, values, owners),
            Ok(TopicEdit::SameTitle(other)) => {
                Outcome { mistakes: vec!["已有同名课题，没有保存".to_owned()], same_title: Some(other.0), ..Outcome::default() }
            }
            Err(answer) => return answer,
        },
    };
    render(console, &form.session, id, values, owners, outcome)
}

/// Shows what another editor saved meanwhile beside what this one wrote; saving again replaces it.
fn conflict(console: &AppState, session: &Session, topic: Topic, mut values: Values, owners: Vec<String>) -> Response {
    let id = topic.id;
    let stored = Values::of_topic(topic);
    let differences = values.differences(&stored);
    if differences.is_empty() {
        // both wrote the same, or one editor pressed twice
        return Redirect::to(&console.path(&format!("/topics/{id}"))).into_response();
    }
    values.version = stored.version;
    render(console, session, Some(id), values, owners, Outcome { differences, ..Outcome::default() })
}

async fn put(
    console: &AppState,
    session: &Session,
    id: Option<TopicId>,
    draft: TopicDraft,
    seen: String,
    now: DateTime<Utc>,
) -> Result<TopicEdit, StoreError> {
    let who = session.name.clone();
    let saved = console.store.run(move |s| match id {
        Some(id) => s.edit_topic(id, &draft, &seen, &who, now),
        None => s.add_topic(&draft, &who, now),
    });
    saved.await
}
