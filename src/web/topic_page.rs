//! The page of a topic: its articles in time, what is new since the editor's last visit, and its answer.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;

use crate::model::{ArticleId, Edition, EditionId, Series, Topic, TopicAnswer, TopicArticle, TopicEvidence, TopicId, TopicState};
use crate::store::{EditResult, Role, Session, Store, StoreError};
use crate::text::normalize::truncate;
use crate::topics::timeline::{TopicGroup, group};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::form::{Fields, Form};
use crate::web::issue_changes::{Refusal, add_to};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::topics::{PATH, facts, search_archive, state_words};
use crate::web::{AppState, response};

/// Articles on the page.
const MAX_ARTICLES: usize = 300;
/// Issue items offered as the answer.
const MAX_ITEMS: usize = 20;
/// Longest answer, in characters.
const MAX_ANSWER: usize = 4_000;
/// Articles put into a report at once.
const MAX_PICKED: usize = 50;

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicPage {
    frame: Layout,
    topic: Topic,
    facts: String,
    state: String,
    is_overdue: bool,
    recipients: String,
    /// Stories with an article that is new since the last visit, and the others.
    fresh: Vec<GroupView>,
    earlier: Vec<GroupView>,
    dismissed: Vec<ArticleView>,
    unseen: usize,
    /// More articles than the page shows.
    is_cut: bool,
    answer: Option<AnswerView>,
    /// Places of the answer: value of the option, and words.
    items: Vec<(String, String)>,
    /// Publications that an issue can be made of.
    reports: Vec<String>,
    may_delete: bool,
}

struct GroupView {
    first: ArticleView,
    others: Vec<ArticleView>,
}

struct ArticleView {
    row: HeadlineRow,
    evidence: Vec<TopicEvidence>,
    is_new: bool,
}

struct AnswerView {
    text: String,
    /// Issue and item.
    link: Option<(i64, String)>,
}

/// What the store knows of a topic.
struct Loaded {
    topic: Topic,
    articles: Vec<TopicArticle>,
    seen: i64,
    editions: HashMap<EditionId, Edition>,
    items: Vec<(EditionId, ArticleId)>,
}

fn load(s: &Store, id: TopicId, account: &str) -> Result<Option<Loaded>, StoreError> {
    let Some(topic) = s.topic(id)? else { return Ok(None) };
    let articles = s.topic_articles(id, MAX_ARTICLES + 1)?;
    let seen = s.visit_topic(id, account, Utc::now())?;
    let items: Vec<(EditionId, ArticleId)> = s.topic_items(id, MAX_ITEMS)?.into_iter().map(|i| (i.edition, i.article)).collect();
    let mut editions = HashMap::new();
    let answered = topic.answer.as_ref().and_then(|a| a.edition);
    for edition in items.iter().map(|i| i.0).chain(answered) {
        if !editions.contains_key(&edition)
            && let Some(e) = s.edition(edition)?
        {
            editions.insert(edition, e);
        }
    }
    Ok(Some(Loaded { topic, articles, seen, editions, items }))
}

/// Returns an issue, or an item of it, in words.
fn place_words(e: &Edition, article: Option<ArticleId>) -> String {
    let item = article.and_then(|a| e.items().find(|i| i.article == a)).map(|i| format!("：{}", truncate(&i.title, 40)));
    format!("{} {}{}", e.publication, e.issue_label(), item.unwrap_or_default())
}

/// Returns what may be the answer: items of issues that tell of the topic, and those issues.
fn places(loaded: &Loaded) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut last = None;
    for (id, article) in &loaded.items {
        let Some(e) = loaded.editions.get(id) else { continue };
        out.push((format!("{id}:{article}"), place_words(e, Some(*article))));
        if last != Some(*id) {
            out.push((format!("{id}:"), format!("{}（整期）", place_words(e, None))));
        }
        last = Some(*id);
    }
    out
}

fn answer(topic: &Topic, editions: &HashMap<EditionId, Edition>) -> Option<AnswerView> {
    let a = topic.answer.as_ref()?;
    let link = a.edition.and_then(|id| Some((id.0, place_words(editions.get(&id)?, a.article))));
    Some(AnswerView { text: a.text.clone(), link })
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let account = session.name.clone();
    let mut loaded = match stored(console.store.run(move |s| load(s, TopicId(id), &account)).await) {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个课题"),
        Err(answer) => return answer,
    };
    let (zone, now, seen) = (console.zone(), Utc::now(), loaded.seen);
    let is_cut = loaded.articles.len() > MAX_ARTICLES;
    loaded.articles.truncate(MAX_ARTICLES);
    let (items, answer) = (places(&loaded), answer(&loaded.topic, &loaded.editions));
    let view = |a: TopicArticle| ArticleView { is_new: a.is_news && a.number > seen, row: row(&a.headline, zone), evidence: a.evidence };
    let (dismissed, articles): (Vec<_>, Vec<_>) = loaded.articles.into_iter().partition(|a| a.is_dismissed);
    let newest = articles.iter().map(|a| a.headline.sort_time()).max();
    let state = loaded.topic.state(newest, now, now.with_timezone(&zone).date_naive());
    let groups = group(articles).into_iter().filter_map(|TopicGroup { articles }| {
        let mut articles = articles.into_iter().map(view);
        Some(GroupView { first: articles.next()?, others: articles.collect() })
    });
    let (fresh, earlier): (Vec<GroupView>, Vec<GroupView>) = groups.partition(|g| g.first.is_new || g.others.iter().any(|a| a.is_new));
    let pipeline = console.pipeline();
    let recipients: Vec<String> = loaded.topic.draft.recipients.iter().map(ToString::to_string).collect();
    response::page(&TopicPage {
        facts: facts(&loaded.topic).join(" · "),
        state: state_words(state),
        is_overdue: matches!(state, TopicState::Overdue(_)),
        recipients: recipients.join("、"),
        unseen: fresh.iter().flat_map(|g| std::iter::once(&g.first).chain(&g.others)).filter(|a| a.is_new).count(),
        fresh,
        earlier,
        dismissed: dismissed.into_iter().map(view).collect(),
        is_cut,
        answer,
        items,
        reports: pipeline.settings().publications().filter(|p| p.is_on_demand()).map(|p| p.name.clone()).collect(),
        may_delete: may_delete(&session, &loaded.topic),
        topic: loaded.topic,
        frame: Layout::new(&console, &session, "关注课题"),
    })
}

fn may_delete(session: &Session, topic: &Topic) -> bool {
    session.role == Role::Admin || session.name == topic.draft.owner
}

/// Applies an editor's action on a topic.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    let (id, who, store, now) = (TopicId(id), form.session.name.clone(), &console.store, Utc::now());
    let article = ArticleId(form.fields.number("article").unwrap_or(0));
    let done = match form.fields.text("do") {
        "dismiss" => store.run(move |s| s.dismiss_from_topic(id, article, true, &who, now)).await,
        "restore" => store.run(move |s| s.dismiss_from_topic(id, article, false, &who, now)).await,
        "close" => {
            let answer = asked_answer(&form.fields);
            store.run(move |s| s.close_topic(id, answer.as_ref(), &who, now)).await
        }
        "reopen" => store.run(move |s| s.reopen_topic(id, &who, now)).await.inspect(|_| search_archive(&console)),
        "delete" => return delete(&console, id, &form).await,
        "report" => return report(&console, id, &form).await,
        _ => return response::refused(&console, &form.session, StatusCode::BAD_REQUEST, "不认识的操作"),
    };
    match stored(done) {
        Ok(true) => Redirect::to(&console.path(&format!("{PATH}/{id}"))).into_response(),
        Ok(false) => response::refused(&console, &form.session, StatusCode::NOT_FOUND, "没有这个课题，或者课题里没有这篇文章"),
        Err(answer) => answer,
    }
}

/// Returns the answer of the form: a text, an issue or an item `12:345`, or both.
fn asked_answer(f: &Fields) -> Option<TopicAnswer> {
    let text: String = f.text("answer").chars().take(MAX_ANSWER).collect();
    let (edition, article) = f.text("place").split_once(':').unwrap_or_default();
    let (edition, article) = (edition.parse().ok().map(EditionId), article.parse().ok().map(ArticleId));
    (!text.is_empty() || edition.is_some()).then_some(TopicAnswer { text, edition, article })
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

/// 放入专报: starts an issue of a publication on demand with the ticked articles.
async fn report(console: &AppState, id: TopicId, form: &Form) -> Response {
    let refused = |words: &str| response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, words);
    let mut picked: Vec<ArticleId> = form.fields.starting_with("pick-").filter_map(|id| id.parse().ok()).map(ArticleId).collect();
    if picked.is_empty() || picked.len() > MAX_PICKED {
        return refused(&format!("请先勾选要放进专报的文章，最多 {MAX_PICKED} 篇"));
    }
    let pipeline = console.pipeline();
    let Some(publication) = pipeline.settings().publication_named(form.fields.text("publication")).filter(|p| p.is_on_demand()) else {
        return refused("没有这个专报");
    };
    // in the order of the page; only the topic's own
    let order = match stored(console.store.run(move |s| s.topic_articles(id, MAX_ARTICLES)).await) {
        Ok(articles) => articles,
        Err(answer) => return answer,
    };
    picked = order.iter().map(|a| a.headline.id).filter(|id| picked.contains(id)).collect();
    let edition = match pipeline.issues().start(publication, Series::Regular, form.session.name.clone(), Utc::now()).await {
        Ok(edition) => edition,
        Err(e) => return response::broken(&e),
    };
    let mut changes = Vec::new();
    for article in picked {
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
        let of = |text: &str| asked_answer(&Fields::parse(text.as_bytes())).map(|a| (a.text, a.edition.map(|e| e.0), a.article.map(|a| a.0)));
        assert_eq!(of("answer=&place="), None);
        assert_eq!(of("answer=已报&place="), Some(("已报".to_owned(), None, None)));
        assert_eq!(of("place=12:345"), Some((String::new(), Some(12), Some(345))));
        assert_eq!(of("place=12:"), Some((String::new(), Some(12), None)));
    }
}
