//! What editors do on the page of a topic: 不相关, 答复并结束, 重开, 删除, 放入专报.

use std::collections::HashSet;
use std::num::ParseIntError;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;
use tokio::sync::Mutex;

use crate::model::{ArticleId, Edition, EditionId, EditionState, Series, TopicAnswer, TopicId};
use crate::store::{EditResult, Store, StoreError, TopicClosing, TopicEdit};
use crate::web::filter_values::without_noise;
use crate::web::form::Form;
use crate::web::issue_changes::{Refusal, add_to};
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::topic_page::{MAX_ARTICLES, Note, place_words, show};
use crate::web::topics::{PATH, may_delete, search_archive};
use crate::web::{AppState, response};

/// Longest answer, in characters.
const MAX_ANSWER: usize = 4_000;
/// Articles put into a report at once.
const MAX_PICKED: usize = 50;
/// Latest issues among which a report with the same articles is sought.
const MAX_COMPARED: usize = 50;

/// Returns the page with a refusal, which keeps what the editor sent.
async fn refuse(console: &AppState, form: &Form, id: TopicId, code: StatusCode, note: Note) -> Response {
    let page = show(console, &form.session, id, note).await;
    if page.status().is_success() { (code, page).into_response() } else { page }
}

/// Applies an editor's action on a topic.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    let (id, who, store, now) = (TopicId(id), form.session.name.clone(), &console.store, Utc::now());
    let article = ArticleId(form.fields.number("article").unwrap_or(0));
    let done = match form.fields.text("do") {
        "dismiss" => store.run(move |s| s.dismiss_from_topic(id, article, true, &who, now)).await,
        "restore" => store.run(move |s| s.dismiss_from_topic(id, article, false, &who, now)).await,
        "close" => return close(&console, id, &form).await,
        "reopen" => return reopen(&console, id, &form).await,
        "delete" => return delete(&console, id, &form).await,
        "report" => return report(&console, id, &form).await,
        _ => return response::refused(&console, &form.session, StatusCode::BAD_REQUEST, "不认识的操作"),
    };
    match stored(done) {
        Ok(true) => to_page(&console, id),
        Ok(false) => response::refused(&console, &form.session, StatusCode::NOT_FOUND, "没有这个课题，或者课题里没有这篇文章"),
        Err(answer) => answer,
    }
}

fn to_page(console: &AppState, id: TopicId) -> Response {
    Redirect::to(&console.path(&format!("{PATH}/{id}"))).into_response()
}

/// Returns the answer of the form: a text, an issue `12:` or an item `12:345`, or both.
fn asked_answer(text: &str, place: &str) -> Result<Option<TopicAnswer>, ParseIntError> {
    let (edition, article) = place.split_once(':').unwrap_or((place, ""));
    let number = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
    let edition = if place.is_empty() { None } else { Some(EditionId(edition.parse()?)) };
    let article = number(article)?.map(ArticleId);
    Ok((!text.is_empty() || edition.is_some()).then(|| TopicAnswer { text: text.to_owned(), edition, article }))
}

/// 答复并结束
async fn close(console: &AppState, id: TopicId, form: &Form) -> Response {
    let (text, place) = (without_noise(form.fields.text("answer")), form.fields.text("place").to_owned());
    let sent = |words: String| Note { words, answer: Some((text.clone(), place.clone())), ..Note::default() };
    let no_such_place = || sent("没有结束：答复登在哪一期，请从列表里选".to_owned());
    let length = text.chars().count();
    if length > MAX_ANSWER {
        let words = format!("没有结束：答复最多 {MAX_ANSWER} 个字，现在有 {length} 个");
        return refuse(console, form, id, StatusCode::UNPROCESSABLE_ENTITY, sent(words)).await;
    }
    let Ok(answer) = asked_answer(&text, &place) else {
        return refuse(console, form, id, StatusCode::UNPROCESSABLE_ENTITY, no_such_place()).await;
    };
    let (who, given) = (form.session.name.clone(), answer.clone());
    let closed = console.store.run(move |s| Ok((s.close_topic(id, given.as_ref(), &who, Utc::now())?, s.topic(id)?.and_then(|t| t.answer))));
    match stored(closed.await) {
        Ok((TopicClosing::Closed, _)) => to_page(console, id),
        // pressed twice
        Ok((TopicClosing::AlreadyClosed, known)) if known == answer => to_page(console, id),
        Ok((TopicClosing::AlreadyClosed, _)) => {
            let note = sent("没有保存：这个课题已经由别人结束，下面是存着的答复。要改答复，请先重开课题".to_owned());
            refuse(console, form, id, StatusCode::CONFLICT, note).await
        }
        Ok((TopicClosing::NoSuchPlace, _)) => refuse(console, form, id, StatusCode::UNPROCESSABLE_ENTITY, no_such_place()).await,
        Ok((TopicClosing::Missing, _)) => response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个课题"),
        Err(answer) => answer,
    }
}

async fn reopen(console: &AppState, id: TopicId, form: &Form) -> Response {
    let who = form.session.name.clone();
    match stored(console.store.run(move |s| s.reopen_topic(id, &who, Utc::now())).await) {
        Ok(TopicEdit::SameTitle(_)) => {
            let note = Note::new("没有重开：已有同名课题，请先给其中一个改名");
            refuse(console, form, id, StatusCode::UNPROCESSABLE_ENTITY, note).await
        }
        Ok(TopicEdit::Missing) => response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个课题"),
        Ok(TopicEdit::Saved(_) | TopicEdit::Conflict(_)) => {
            search_archive(console);
            to_page(console, id)
        }
        Err(answer) => answer,
    }
}

async fn delete(console: &AppState, id: TopicId, form: &Form) -> Response {
    let topic = match stored(console.store.run(move |s| s.topic(id)).await) {
        Ok(Some(topic)) => topic,
        Ok(None) => return response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个课题"),
        Err(answer) => return answer,
    };
    if !may_delete(&form.session, &topic) {
        return response::refused(console, &form.session, StatusCode::FORBIDDEN, "只有负责人和管理员可以删除课题");
    }
    if form.fields.text("sure") != "yes" {
        return response::refused(console, &form.session, StatusCode::BAD_REQUEST, "没有删除：请先勾选“确认”再按“删除”");
    }
    let who = form.session.name.clone();
    match stored(console.store.run(move |s| s.delete_topic(id, &who, Utc::now())).await) {
        Ok(_) => console.redirect_with(&form.session, PATH, format!("已删除课题“{}”", topic.draft.title)),
        Err(answer) => answer,
    }
}

/// Returns a report that is not final and has all of these articles.
fn open_report(s: &Store, publication: &str, picked: &HashSet<ArticleId>) -> Result<Option<Edition>, StoreError> {
    let rows = s.editions(MAX_COMPARED)?;
    for row in rows.iter().filter(|r| r.publication == publication && r.state != EditionState::Final) {
        let edition = s.edition(row.id)?;
        let there: HashSet<ArticleId> = edition.iter().flat_map(|e| e.items().map(|i| i.article)).collect();
        if picked.is_subset(&there) {
            return Ok(edition);
        }
    }
    Ok(None)
}

/// 放入专报: starts an issue of a publication on demand with the ticked articles.
async fn report(console: &AppState, id: TopicId, form: &Form) -> Response {
    /// One at a time: a button that is pressed twice finds the report that it made.
    static REPORTING: Mutex<()> = Mutex::const_new(());
    let refused = |words: &str| response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, words);
    let sent: Vec<&str> = form.fields.starting_with("pick-").collect();
    let picked: HashSet<ArticleId> = sent.iter().filter_map(|id| id.parse().ok()).map(ArticleId).collect();
    if sent.is_empty() || sent.len() > MAX_PICKED {
        return refused(&format!("请先勾选要放进专报的文章，最多 {MAX_PICKED} 篇"));
    }
    let pipeline = console.pipeline();
    let Some(publication) = pipeline.settings().publication_named(form.fields.text("publication")).filter(|p| p.is_on_demand()) else {
        return refused("没有这个专报");
    };
    let _one = REPORTING.lock().await;
    let (name, wanted) = (publication.name.clone(), picked.clone());
    let found = console.store.run(move |s| Ok((s.topic_articles(id, MAX_ARTICLES)?, open_report(s, &name, &wanted)?)));
    let (articles, twin) = match stored(found.await) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    // in the order of the page; only the topic's own
    let order: Vec<ArticleId> = articles.iter().filter(|a| !a.is_dismissed).map(|a| a.headline.id).filter(|id| picked.contains(id)).collect();
    if order.len() != picked.len() || picked.len() != sent.len() {
        let note = Note {
            picked, ..Note::new("没有放入专报：勾选的文章有的已经不在这个课题里，请看看现在的列表，再勾选一次")
        };
        return refuse(console, form, id, StatusCode::UNPROCESSABLE_ENTITY, note).await;
    }
    if let Some(twin) = twin.filter(|_| form.fields.text("again") != "yes") {
        let twin = Some((twin.id.0, place_words(&twin, None)));
        let note = Note { picked, twin, ..Note::new("没有另起一期：有一期专报已经放了这些文章，还没有定稿") };
        return refuse(console, form, id, StatusCode::CONFLICT, note).await;
    }
    let edition = match pipeline.issues().start(publication, Series::Regular, form.session.name.clone(), Utc::now()).await {
        Ok(edition) => edition,
        Err(e) => return response::broken(&e),
    };
    let mut changes = Vec::new();
    for article in order {
        match add_to(console, &edition, article, "").await {
            Ok(change) => changes.push(change),
            Err(Refusal::Words(words) | Refusal::Choices(words, _)) => return refused(&words),
            Err(Refusal::Answer(answer)) => return answer,
        }
    }
    let (who, edition) = (form.session.name.clone(), edition.id);
    match stored(console.store.run(move |s| s.change_edition(edition, &changes, &who, Utc::now())).await) {
        Ok(EditResult::Updated(_)) => Redirect::to(&console.path(&format!("/draft/{edition}"))).into_response(),
        Ok(_) => refused("新的一期已经建好，但这些文章没有放进去：请打开它，从候选中加入"),
        Err(answer) => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_text_or_a_place_in_an_issue() {
        let of = |text: &str, place: &str| asked_answer(text, place).map(|a| a.map(|a| (a.text, a.edition.map(|e| e.0), a.article.map(|a| a.0))));
        assert_eq!(of("", ""), Ok(None));
        assert_eq!(of("已报", ""), Ok(Some(("已报".to_owned(), None, None))));
        assert_eq!(of("", "12:345"), Ok(Some((String::new(), Some(12), Some(345)))));
        assert_eq!(of("", "12:"), Ok(Some((String::new(), Some(12), None))));
        for place in ["abc", ":3", "12:x", "12:3:4"] {
            assert!(of("已报", place).is_err(), "{place}");
        }
    }
}
