//! The page of a subscriber.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;

use crate::model::{Subscriber, SubscriberId};
use crate::store::{Session, SubscriberEdit};
use crate::web::access::Admin;
use crate::web::form::{AdminForm, Form};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::subscriber_values::{Choices, Chosen, Mistake, draft, open_topics, publication_of, taken};
use crate::web::subscribers::{SubscriberAction, back, missing, refused};
use crate::web::{AppState, response};

#[derive(Template)]
#[template(path = "subscriber.html")]
struct SubscriberPage {
    frame: Layout,
    id: i64,
    publication: String,
    address: String,
    choices: Choices,
    mistake: String,
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path(id): Path<i64>) -> Response {
    let found = stored(console.store.run(move |s| s.subscriber(SubscriberId(id))).await);
    let shown = match found {
        Ok(Some(s)) => show_one(&console, &session, &s, s.draft.address.to_string(), &Chosen::of_draft(&s.draft), None).await,
        Ok(None) => Err(missing(&console, &session)),
        Err(answer) => Err(answer),
    };
    shown.unwrap_or_else(|answer| answer)
}

async fn show_one(
    console: &AppState,
    session: &Session,
    subscriber: &Subscriber,
    address: String,
    chosen: &Chosen,
    mistake: Option<Mistake>,
) -> Result<Response, Response> {
    let account = session.name.clone();
    let topics = stored(console.store.run(move |s| open_topics(s, &account)).await)?;
    let (code, mistake) = mistake.unwrap_or_default();
    let page = SubscriberPage {
        frame: Layout::new(console, session, "订阅人").of_publication(&subscriber.publication),
        id: subscriber.id.0,
        publication: subscriber.publication.clone(),
        address,
        choices: Choices::new(console, &subscriber.publication, &topics, chosen),
        mistake,
    };
    Ok((code, response::page(&page)).into_response())
}

pub(super) async fn save(State(console): State<AppState>, Path(id): Path<i64>, AdminForm(form): AdminForm) -> Response {
    match form.action(&console) {
        Ok(SubscriberAction::Save) => store_changes(&console, &form, SubscriberId(id)).await.unwrap_or_else(|answer| answer),
        Ok(_) => refused(&console, &form, StatusCode::UNPROCESSABLE_ENTITY, "请在订阅人的列表里操作"),
        Err(answer) => answer,
    }
}

async fn store_changes(console: &AppState, form: &Form, id: SubscriberId) -> Result<Response, Response> {
    let Some(before) = stored(console.store.run(move |s| s.subscriber(id)).await)? else { return Err(missing(console, &form.session)) };
    let publication = publication_of(console, &form.session, Some(&before.publication))?;
    let mistake = match draft(console, form, &publication, &Chosen::of_draft(&before.draft)).await? {
        Err(mistake) => mistake,
        Ok(draft) => {
            let (who, words) = (form.session.name.clone(), format!("已保存 {}", draft.address));
            match stored(console.store.run(move |s| s.edit_subscriber(id, &draft, &who, Utc::now())).await)? {
                SubscriberEdit::Saved => return Ok(back(console, form, &before.publication, words)),
                SubscriberEdit::Missing => return Err(missing(console, &form.session)),
                SubscriberEdit::Known | SubscriberEdit::Full => taken(),
            }
        }
    };
    show_one(console, &form.session, &before, form.fields.text("address").to_owned(), &Chosen::of_form(&form.fields), Some(mistake)).await
}
