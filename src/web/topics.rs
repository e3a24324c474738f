//! 关注课题: the list of topics.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::model::{Topic, TopicState};
use crate::store::{Role, Session, TopicRow};
use crate::web::access::Editor;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

pub(super) const PATH: &str = "/topics";

#[derive(Template)]
#[template(path = "topics.html")]
struct TopicsPage {
    frame: Layout,
    words: String,
    open: Vec<TopicLine>,
    closed: Vec<TopicLine>,
}

/// A topic in the list.
struct TopicLine {
    id: i64,
    title: String,
    question: String,
    kind: &'static str,
    state: TopicState,
    /// 约稿, owner, due date, articles.
    facts: Vec<String>,
    unseen: usize,
}

/// Returns a topic's state in words; empty if there is nothing to say.
pub(super) fn state_words(state: TopicState) -> String {
    match state {
        TopicState::Active => String::new(),
        TopicState::Quiet(days) => format!("{days} 天没有新情况"),
        TopicState::Overdue(days) => format!("已逾期 {days} 天"),
        TopicState::Closed => "已结束".to_owned(),
    }
}

impl TopicLine {
    fn words(&self) -> String {
        state_words(self.state)
    }

    fn is_overdue(&self) -> bool {
        matches!(self.state, TopicState::Overdue(_))
    }
}

/// Searches the archive in the background for topics that are new or changed.
pub(super) fn search_archive(console: &AppState) {
    let store = console.store.clone();
    tokio::spawn(async move {
        if let Err(e) = store.run(crate::store::Store::search_archive_for_topics).await {
            tracing::warn!("the archive could not be searched for topics, which a restart does again: {e}");
        }
    });
}

/// Whether an account may delete a topic or change its owner.
pub(super) fn may_delete(session: &Session, topic: &Topic) -> bool {
    session.role == Role::Admin || session.name == topic.draft.owner
}

/// Returns when, who and until when, for the line below a topic's title.
pub(super) fn facts(t: &Topic) -> Vec<String> {
    let d = &t.draft;
    let request = d.request.as_ref().map(|r| format!("约稿：{}，{}", r.by, r.on));
    let due = d.due.map(|due| format!("期限 {due}"));
    request.into_iter().chain(due).chain([format!("负责 {}", d.owner)]).collect()
}

fn line(row: TopicRow, zone: chrono_tz::Tz, now: DateTime<Utc>) -> TopicLine {
    let state = row.topic.state(row.newest, now, now.with_timezone(&zone).date_naive());
    let newest = row.newest.map(|t| format!("最近 {}", t.with_timezone(&zone).format("%Y-%m-%d")));
    let mut facts = facts(&row.topic);
    facts.push(format!("共 {} 条", row.articles));
    facts.extend(newest);
    if row.topic.is_searching {
        facts.push("正在查文章库".to_owned());
    }
    let d = row.topic.draft;
    TopicLine { id: row.topic.id.0, title: d.title, question: d.question, kind: d.kind.chinese(), state, facts, unseen: row.unseen }
}

/// Overdue topics come first, the latest of them at the top, then those with something new.
fn order(line: &TopicLine) -> (i64, bool) {
    match line.state {
        TopicState::Overdue(days) => (-days, false),
        TopicState::Active | TopicState::Quiet(_) => (0, line.unseen == 0),
        TopicState::Closed => (1, false),
    }
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let account = session.name.clone();
    let rows = match stored(console.store.run(move |s| s.topics(&account)).await) {
        Ok(rows) => rows,
        Err(answer) => return answer,
    };
    let (zone, now) = (console.zone(), Utc::now());
    let mut lines: Vec<TopicLine> = rows.into_iter().map(|r| line(r, zone, now)).collect();
    lines.sort_by_key(order);
    let (closed, open) = lines.into_iter().partition(|l| l.state == TopicState::Closed);
    let words = console.flash(&session, PATH).words;
    response::page(&TopicsPage { frame: Layout::new(&console, &session, "关注课题"), words, open, closed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overdue_topics_stand_first_and_what_is_new_before_what_is_not() {
        let line = |title: &str, state, unseen| TopicLine {
            id: 1,
            title: title.into(),
            question: String::new(),
            kind: "预警",
            state,
            facts: Vec::new(),
            unseen,
        };
        let mut lines = [
            line("静", TopicState::Quiet(20), 0),
            line("完", TopicState::Closed, 0),
            line("新", TopicState::Active, 2),
            line("迟一天", TopicState::Overdue(1), 0),
            line("迟九天", TopicState::Overdue(9), 0),
        ];
        lines.sort_by_key(order);
        assert_eq!(lines.iter().map(|l| l.title.as_str()).collect::<Vec<_>>(), ["迟九天", "迟一天", "新", "静", "完"]);
        assert_eq!(lines.iter().map(TopicLine::words).collect::<Vec<_>>(), ["已逾期 9 天", "已逾期 1 天", "", "20 天没有新情况", "已结束"]);
    }
}
