//! Which publications a session may see and change: every request of an account with a limit is checked here, before its page runs. And the
//! publication whose pages an account chose to see.

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::config::settings::Publication;
use crate::model::{EditionId, PublicationScope, RuleId, SubscriberId};
use crate::store::{EditionFilter, Session};
use crate::web::form::{Fields, Form};
use crate::web::response::stored;
use crate::web::{AppState, Console, response};

/// The field of forms and queries that names a publication.
const FIELD: &str = "publication";
/// Pages that stay where they are when another publication is chosen; the others lead to its newest issue.
const LISTS: [&str; 5] = ["/overview", "/rules", "/subscribers", "/week", "/month"];

/// What an address is about, if that belongs to a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Issue(EditionId),
    Subscriber(SubscriberId),
    /// A rule, which may be seen, or also changed. One for all publications may be seen by everybody.
    Rule(RuleId, bool),
}

/// Returns the subject of a route whose first number is `id`.
fn subject(route: &str, id: i64, is_form: bool) -> Option<Subject> {
    let is_below = |parent: &str| route.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_below("/draft/{id}") || is_below("/api/v1/issues/{id}") {
        Some(Subject::Issue(EditionId(id)))
    } else if is_below("/subscribers/{id}") {
        Some(Subject::Subscriber(SubscriberId(id)))
    } else if is_below("/rules/{id}") {
        Some(Subject::Rule(RuleId(id), is_form || is_below("/rules/{id}/edit")))
    } else {
        None
    }
}

/// Refuses a request of an account about a publication that it is kept from.
pub(super) async fn check(parts: &mut Parts, console: &AppState, session: &Session) -> Result<(), Response> {
    if !session.scope.is_limited() {
        return Ok(());
    }
    check_field(console, session, &Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()))?;
    let Some(subject) = subject_of(parts, console).await else { return Ok(()) };
    let found = console.store.run(move |s| match subject {
        Subject::Issue(id) => s.publication_of(id).map(|p| p.map(Some)),
        Subject::Subscriber(id) => s.publication_of_subscriber(id).map(|p| p.map(Some)),
        Subject::Rule(id, _) => s.publication_of_rule(id),
    });
    match (stored(found.await)?, subject) {
        // the page says that there is none
        (None, _) | (Some(None), Subject::Rule(_, false)) => Ok(()),
        (Some(Some(publication)), _) if session.scope.includes(&publication) => Ok(()),
        (Some(None), _) => Err(refused(console, session, "这条规则对全部简报有效，您的账号只能看")),
        (Some(Some(_)), _) => Err(refused(console, session, NOT_YOURS)),
    }
}

const NOT_YOURS: &str = "您的账号没有这份简报的权限，需要的话请管理员在“账号”页开放";

/// Refuses a form or query that names a publication that the account is kept from.
pub(super) fn check_field(console: &AppState, session: &Session, fields: &Fields) -> Result<(), Response> {
    let named = fields.text(FIELD);
    if named.is_empty() || session.scope.includes(named) { Ok(()) } else { Err(refused(console, session, NOT_YOURS)) }
}

fn refused(console: &AppState, session: &Session, words: &str) -> Response {
    response::refused(console, session, StatusCode::FORBIDDEN, words)
}

async fn subject_of(parts: &mut Parts, console: &AppState) -> Option<Subject> {
    let route = parts.extensions.get::<MatchedPath>()?.as_str().to_owned();
    let route = route.strip_prefix(console.settings.base_path.as_str()).unwrap_or(&route);
    // decoded as the page's own parameters are
    let numbers = RawPathParams::from_request_parts(parts, console).await.ok()?;
    let id = numbers.iter().find(|(name, _)| *name == "id")?.1.parse().ok()?;
    subject(route, id, parts.method != Method::GET && parts.method != Method::HEAD)
}

impl Console {
    /// Returns the names of the publications that an account may work on, in the order of the settings.
    pub(super) fn publications_of(&self, scope: &PublicationScope) -> Vec<String> {
        self.pipeline().settings().publications().filter(|p| scope.includes(&p.name)).map(|p| p.name.clone()).collect()
    }

    /// Returns the publication whose pages an account sees: the one that it chose, else its first.
    pub(super) fn shown_publication(self: &AppState, session: &Session) -> Result<Publication, Response> {
        let pipeline = self.pipeline();
        let own = || pipeline.settings().publications().filter(|p| session.scope.includes(&p.name));
        let chosen = session.shown_publication.as_ref().and_then(|name| own().find(|p| p.name == *name));
        let words = "您的账号能编的简报已经不在设置里，也许改了名：请管理员在“账号”页重新指定";
        chosen.or_else(|| own().next()).cloned().ok_or_else(|| refused(self, session, words))
    }

    /// Returns the filter of the lists of issues beside one of a publication: its own, and those of publications that the settings no
    /// longer have.
    pub(super) fn issues_beside(&self, session: &Session, publication: &str) -> EditionFilter {
        let except = self.pipeline().settings().publications().filter(|p| p.name != publication).map(|p| p.name.clone()).collect();
        EditionFilter { scope: session.scope.clone(), except }
    }
}

/// Chooses the publication whose pages the account sees.
pub(super) async fn choose(State(console): State<AppState>, headers: HeaderMap, form: Form) -> Response {
    let (account, name) = (form.session.name.clone(), form.fields.text(FIELD).to_owned());
    if !console.publications_of(&form.session.scope).contains(&name) {
        return response::refused(&console, &form.session, StatusCode::NOT_FOUND, "没有这份简报，名称可能刚刚改过");
    }
    match stored(console.store.run(move |s| s.show_publication(&account, &name)).await) {
        Ok(()) => Redirect::to(&console.path(&page_before(&headers, &console.settings.base_path))).into_response(),
        Err(answer) => answer,
    }
}

/// Returns the list that the form was sent from, without its query, or the page of the newest issue.
fn page_before(headers: &HeaderMap, base: &str) -> String {
    let from = headers.get(header::REFERER).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<Uri>().ok());
    let path = from.as_ref().and_then(|uri| uri.path().strip_prefix(base)).unwrap_or_default();
    let is_list = |list: &&str| path.strip_prefix(*list).is_some_and(|rest| rest.is_empty() || (rest.starts_with('/') && !rest.contains("//")));
    match LISTS.into_iter().find(is_list) {
        Some("/week" | "/month") => path.trim_end_matches("/docx").to_owned(),
        // the page of a rule or subscriber is of the publication that was left
        Some(list) => list.to_owned(),
        None => "/draft".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_below_an_issue_is_about_it() {
        for route in ["/draft/{id}", "/draft/{id}/pool", "/draft/{id}/files/{file}", "/api/v1/issues/{id}"] {
            assert_eq!(subject(route, 3, false), Some(Subject::Issue(EditionId(3))), "{route}");
        }
        assert_eq!(subject("/rules/{id}", 3, false), Some(Subject::Rule(RuleId(3), false)));
        assert_eq!(subject("/rules/{id}", 3, true), Some(Subject::Rule(RuleId(3), true)));
        assert_eq!(subject("/rules/{id}/edit", 3, false), Some(Subject::Rule(RuleId(3), true)));
        assert_eq!(subject("/subscribers/{id}", 3, true), Some(Subject::Subscriber(SubscriberId(3))));
        for route in ["/draft", "/articles/{id}", "/topics/{id}", "/drafts/{id}"] {
            assert_eq!(subject(route, 3, true), None, "{route}");
        }
    }

    #[test]
    fn a_choice_leads_back_to_a_list_of_ours() {
        let before = |referer: &str, base: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::REFERER, referer.parse().unwrap());
            page_before(&headers, base)
        };
        assert_eq!(before("http://a.example/qb/rules/3?x=1", "/qb"), "/rules");
        assert_eq!(before("http://a.example/week/2026-W48", ""), "/week/2026-W48");
        assert_eq!(before("http://a.example/subscribers?publication=x", ""), "/subscribers");
        assert_eq!(before("http://a.example/week//evil.example", ""), "/draft");
        assert_eq!(before("http://a.example/draft/3", ""), "/draft");
        assert_eq!(page_before(&HeaderMap::new(), ""), "/draft");
    }
}
