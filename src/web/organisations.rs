//! 机构: the list of organisations.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;

use crate::model::OrganisationKind;
use crate::store::OrganisationRow;
use crate::web::access::Editor;
use crate::web::form::Fields;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Most organisations in the list.
pub(super) const MAX_ROWS: usize = 200;

#[derive(Template)]
#[template(path = "organisations.html")]
struct OrganisationsPage {
    frame: Layout,
    q: String,
    only_watched: bool,
    rows: Vec<Row>,
}

struct Row {
    row: OrganisationRow,
    kind: &'static str,
}

impl Row {
    /// Kind and industries.
    fn facts(&self) -> Vec<&str> {
        std::iter::once(self.kind).filter(|k| !k.is_empty()).chain(self.row.industries.iter().map(String::as_str)).collect()
    }

    fn trend(&self) -> &'static str {
        match self.row.recent.cmp(&self.row.before) {
            std::cmp::Ordering::Greater => "↑",
            std::cmp::Ordering::Equal => "→",
            std::cmp::Ordering::Less => "↓",
        }
    }
}

/// Returns the kind that a name's ending tells, in Chinese; empty if it tells none.
pub(super) fn kind(name: &str) -> &'static str {
    match OrganisationKind::of(name) {
        OrganisationKind::Company => "企业",
        OrganisationKind::Institute => "科研院所",
        OrganisationKind::Authority => "机关",
        OrganisationKind::University => "高校",
        OrganisationKind::Association => "社团",
        OrganisationKind::Other => "",
    }
}

/// Reads the rows that a query asks for.
pub(super) async fn find(console: &AppState, f: &Fields) -> Result<Vec<OrganisationRow>, Response> {
    let (words, only_watched) = (f.text("q").to_owned(), !f.text("watched").is_empty());
    stored(console.store.run(move |s| s.organisations(&words, only_watched, MAX_ROWS, Utc::now())).await)
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let name = f.text("name").to_owned();
    if !name.is_empty() {
        // a link by name, from the page of an article
        let asked = name.clone();
        match stored(console.store.run(move |s| s.organisation_named(&asked)).await) {
            Ok(Some(id)) => return Redirect::to(&console.path(&format!("/organisations/{id}"))).into_response(),
            Ok(None) => return Redirect::to(&console.path(&format!("/organisations?q={}", encoded(&name)))).into_response(),
            Err(answer) => return answer,
        }
    }
    match find(&console, &f).await {
        Ok(rows) => response::page(&OrganisationsPage {
            frame: Layout::new(&console, &session, "机构"),
            q: f.text("q").to_owned(),
            only_watched: !f.text("watched").is_empty(),
            rows: rows.into_iter().map(|row| Row { kind: kind(&row.name), row }).collect(),
        }),
        Err(answer) => answer,
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
