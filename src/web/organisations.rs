//! 机构: the list of organisations.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;

use crate::model::OrganisationKind;
use crate::store::{self, OrganisationRow};
use crate::web::access::Editor;
use crate::web::form::Fields;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Organisations on one page.
const PAGE_SIZE: usize = 50;
/// Maximum number of pages.
const MAX_PAGES: usize = 1_000;

#[derive(Template)]
#[template(path = "organisations.html")]
struct OrganisationsPage {
    frame: Layout,
    q: String,
    only_watched: bool,
    rows: Vec<Row>,
    /// Number of organisations found, and the range on this page.
    shown: String,
    /// Queries of the previous and next page, and of the table.
    previous: Option<String>,
    next: Option<String>,
    export: String,
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

/// Reads the rows that a query asks for: so many, after those of the pages before.
pub(super) async fn find(console: &AppState, f: &Fields, skip: usize, most: usize) -> Result<store::OrganisationPage, Response> {
    let (words, only_watched) = (f.text("q").to_owned(), !f.text("watched").is_empty());
    stored(console.store.run(move |s| s.organisations(&words, only_watched, skip, most, Utc::now())).await)
}

/// Returns the page that a query asks for, from 1.
pub(super) fn page_number(f: &Fields) -> usize {
    f.number("page").unwrap_or(1).clamp(1, MAX_PAGES)
}

/// Returns the query of the same search, of a page or of all.
fn query(f: &Fields, page: Option<usize>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["q", "watched"] {
        if !f.text(name).is_empty() {
            query.append_pair(name, f.text(name));
        }
    }
    if let Some(page) = page {
        query.append_pair("page", &page.to_string());
    }
    query.finish()
}

/// Returns the line with the number of organisations: `before` this page, `on` it, and in all.
fn count_line(before: usize, on: usize, all: usize) -> String {
    match on {
        0 if before > 0 => format!("共 {all} 个，这一页没有"),
        _ if before == 0 && on >= all => format!("共 {all} 个"),
        _ => format!("第 {}–{} 个，共 {all} 个", before + 1, before + on),
    }
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
    let page = page_number(&f);
    let before = (page - 1) * PAGE_SIZE;
    match find(&console, &f, before, PAGE_SIZE).await {
        Ok(found) => response::page(&OrganisationsPage {
            frame: Layout::new(&console, &session, "机构"),
            q: f.text("q").to_owned(),
            only_watched: !f.text("watched").is_empty(),
            shown: count_line(before, found.rows.len(), found.total),
            previous: (page > 1).then(|| query(&f, Some(page - 1))),
            next: (found.total > before + PAGE_SIZE && page < MAX_PAGES).then(|| query(&f, Some(page + 1))),
            export: query(&f, None),
            rows: found.rows.into_iter().map(|row| Row { kind: kind(&row.name), row }).collect(),
        }),
        Err(answer) => answer,
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_how_many_there_are_in_all() {
        let lines = [count_line(0, 0, 0), count_line(0, 7, 7), count_line(50, 23, 73), count_line(100, 0, 73)];
        assert_eq!(lines, ["共 0 个", "共 7 个", "第 51–73 个，共 73 个", "共 73 个，这一页没有"]);
        let f = Fields::parse("q=云鹭&watched=1&page=3&x=y".as_bytes());
        assert_eq!(query(&f, Some(4)), "q=%E4%BA%91%E9%B9%AD&watched=1&page=4");
    }
}
