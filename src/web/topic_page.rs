//! The page of a topic: its articles in time, what is new since the editor's last visit, and its answer.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Utc;

use crate::model::{ArticleId, Edition, EditionId, Topic, TopicArticle, TopicEvidence, TopicId, TopicState};
use crate::store::{Session, Store, StoreError};
use crate::text::normalize::truncate;
use crate::topics::timeline::{TopicGroup, Unseen, group};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::topics::{facts, may_delete, state_words};
use crate::web::{AppState, response};

/// Articles on the page.
pub(super) const MAX_ARTICLES: usize = 300;
/// Issue items offered as the answer.
const MAX_ITEMS: usize = 20;

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicPage {
    frame: Layout,
    topic: Topic,
    facts: String,
    state: String,
    is_overdue: bool,
    recipients: String,
    /// Events with a story that is new since the last visit, and the others.
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
    /// Organisations of the filter that no article has named.
    unknown: Vec<String>,
    note: Note,
}

/// What a refused form leaves on the page.
#[derive(Default)]
pub(super) struct Note {
    pub(super) words: String,
    /// The answer that was sent: text, and option of its place.
    pub(super) answer: Option<(String, String)>,
    /// Ticked articles.
    pub(super) picked: HashSet<ArticleId>,
    /// An open report with those articles: id and name.
    pub(super) twin: Option<(i64, String)>,
}

impl Note {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), ..Self::default() }
    }
}

struct GroupView {
    lead: ArticleView,
    reports: Vec<ArticleView>,
    copies: Vec<ArticleView>,
    unseen: usize,
}

struct ArticleView {
    row: HeadlineRow,
    evidence: Vec<TopicEvidence>,
    is_new: bool,
    is_picked: bool,
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
    unknown: Vec<String>,
}

fn load(s: &Store, id: TopicId, session: &Session) -> Result<Option<Loaded>, StoreError> {
    let Some(topic) = s.topic(id)? else { return Ok(None) };
    let articles = s.topic_articles(id, MAX_ARTICLES + 1)?;
    let seen = s.visit_topic(id, &session.name, Utc::now())?;
    let items: Vec<(EditionId, ArticleId)> = s.topic_items(id, MAX_ITEMS)?.into_iter().map(|i| (i.edition, i.article)).collect();
    let mut editions = HashMap::new();
    let answered = topic.answer.as_ref().and_then(|a| a.edition);
    for edition in items.iter().map(|i| i.0).chain(answered) {
        if !editions.contains_key(&edition)
            && let Some(e) = s.edition(edition)?.filter(|e| session.scope.includes(&e.publication))
        {
            editions.insert(edition, e);
        }
    }
    let unknown = s.unknown_organisations(&topic.draft.filter.organisations)?;
    Ok(Some(Loaded { topic, articles, seen, editions, items, unknown }))
}

/// Returns an issue, or an item of it, in words.
pub(super) fn place_words(e: &Edition, article: Option<ArticleId>) -> String {
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
    show(&console, &session, TopicId(id), Note::default()).await
}

pub(super) async fn show(console: &AppState, session: &Session, id: TopicId, note: Note) -> Response {
    let account = session.clone();
    let mut loaded = match stored(console.store.run(move |s| load(s, id, &account)).await) {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return response::refused(console, session, StatusCode::NOT_FOUND, "没有这个课题"),
        Err(answer) => return answer,
    };
    let (zone, now) = (console.zone(), Utc::now());
    let is_cut = loaded.articles.len() > MAX_ARTICLES;
    loaded.articles.truncate(MAX_ARTICLES);
    let (items, answer) = (places(&loaded), answer(&loaded.topic, &loaded.editions));
    let (dismissed, articles): (Vec<_>, Vec<_>) = loaded.articles.into_iter().partition(|a| a.is_dismissed);
    let unseen = Unseen::new(&articles, loaded.seen);
    let view = |a: TopicArticle| ArticleView {
        is_new: unseen.has(&a),
        is_picked: note.picked.contains(&a.headline.id),
        row: row(&a.headline, zone),
        evidence: a.evidence,
    };
    let views = |list: Vec<TopicArticle>| list.into_iter().map(view).collect::<Vec<_>>();
    let newest = articles.iter().map(|a| a.headline.sort_time()).max();
    let state = loaded.topic.state(newest, now, now.with_timezone(&zone).date_naive());
    let group_view = |g: TopicGroup| GroupView { lead: view(g.lead), reports: views(g.reports), copies: views(g.copies), unseen: g.unseen };
    let (fresh, earlier): (Vec<GroupView>, Vec<GroupView>) = group(articles, &unseen).into_iter().map(group_view).partition(|g| g.unseen > 0);
    let dismissed = views(dismissed);
    let pipeline = console.pipeline();
    let recipients: Vec<String> = loaded.topic.draft.recipients.iter().map(ToString::to_string).collect();
    response::page(&TopicPage {
        facts: facts(&loaded.topic).join(" · "),
        state: state_words(state),
        is_overdue: matches!(state, TopicState::Overdue(_)),
        recipients: recipients.join("、"),
        unseen: fresh.iter().map(|g| g.unseen).sum(),
        fresh,
        earlier,
        dismissed,
        is_cut,
        answer,
        items,
        reports: pipeline.settings().publications().filter(|p| p.is_on_demand() && session.scope.includes(&p.name)).map(|p| p.name.clone()).collect(),
        may_delete: may_delete(session, &loaded.topic),
        unknown: loaded.unknown,
        note,
        topic: loaded.topic,
        frame: Layout::new(console, session, "关注课题"),
    })
}

impl TopicPage {
    /// Returns the answer to start from: the one just sent, or the stored one of a topic that is open again.
    fn draft_answer(&self) -> &str {
        let sent = self.note.answer.as_ref().map(|a| a.0.as_str());
        sent.or(self.topic.answer.as_ref().map(|a| a.text.as_str())).unwrap_or_default()
    }

    fn is_chosen(&self, place: &str) -> bool {
        let stored =
            || self.topic.answer.as_ref().and_then(|a| Some(format!("{}:{}", a.edition?, a.article.map(|a| a.to_string()).unwrap_or_default())));
        self.note.answer.as_ref().map_or_else(|| stored().is_some_and(|s| s == place), |a| a.1 == place)
    }

    /// Whether the search is over and found nothing.
    fn found_nothing(&self) -> bool {
        !self.topic.is_searching && self.topic.closed_at.is_none() && self.fresh.is_empty() && self.earlier.is_empty() && self.dismissed.is_empty()
    }
}
