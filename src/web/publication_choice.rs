//! 简报切换: the publication whose pages an account sees.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::web::form::Form;
use crate::web::publication_access::FIELD;
use crate::web::response::stored;
use crate::web::{AppState, response};

/// Pages that stay where they are when another publication is chosen; the others lead to its newest issue.
const LISTS: [&str; 5] = ["/overview", "/rules", "/subscribers", "/week", "/month"];

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
