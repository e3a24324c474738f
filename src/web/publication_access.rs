//! Which publications a session may see and change: every request of an account with a limit is checked here, before its page runs.

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;

use crate::config::settings::Publication;
use crate::model::{EditionId, PublicationScope, RuleId, SubscriberId};
use crate::store::{EditionFilter, Session};
use crate::web::response::stored;
use crate::web::{AppState, Console, response};

/// The field of forms and queries that names a publication.
pub(super) const FIELD: &str = "publication";
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
    for (_, name) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).filter(|(field, _)| field == FIELD) {
        check_named(console, session, &name)?;
    }
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
pub(super) fn check_named(console: &AppState, session: &Session, name: &str) -> Result<(), Response> {
    let name = name.trim();
    if name.is_empty() || session.scope.includes(name) { Ok(()) } else { Err(refused(console, session, NOT_YOURS)) }
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
}
