//! 词表: what speaks for which industry, theme, column, place and organisation, and the last change taken back.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::config::taxonomy::edit::TopicGroup;
use crate::config::taxonomy::files::{self, Files, SaveError, TaxonomyText, Undo};
use crate::config::{Taxonomy, taxonomy};
use crate::model::AuditAction;
use crate::pipeline::{ConfigHandle, TRIAL_DAYS};
use crate::store::{LabelCounts, Session};
use crate::web::access::Admin;
use crate::web::form::{AdminForm, Form, actions};
use crate::web::response::{Layout, stored};
use crate::web::{AppState, NOT_IN_DEMO, response};

pub(super) const PATH: &str = "/taxonomy";
pub(super) const TITLE: &str = "词表";
/// Key of the last change, as JSON.
const UNDO_KEY: &str = "taxonomy_undo";

/// The last saved change.
#[derive(Serialize, Deserialize)]
struct LastChange {
    who: String,
    at: DateTime<Utc>,
    /// In words, as the audit log has it.
    what: String,
    undo: Undo,
}

#[derive(Template)]
#[template(path = "taxonomy.html")]
struct TaxonomyPage {
    frame: Layout,
    words: String,
    mistake: String,
    days: i64,
    /// The file; empty: the built-in taxonomy.
    file: String,
    groups: Vec<GroupView>,
    /// Columns, places and organisations.
    names: Vec<NamesView>,
    /// The change that one step takes back.
    last: Option<String>,
}

struct GroupView {
    key: &'static str,
    name: &'static str,
    topics: Vec<TopicRow>,
}

struct TopicRow {
    name: String,
    href: String,
    terms: usize,
    weak: usize,
    exclude: usize,
    articles: u32,
}

struct NamesView {
    key: &'static str,
    name: &'static str,
    /// Said beside the number.
    note: &'static str,
    rows: Vec<NameRow>,
}

struct NameRow {
    name: String,
    href: String,
    facts: String,
    articles: u32,
}

/// Returns the address of a topic's page.
pub(super) fn topic_path(group: TopicGroup, name: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("{PATH}/{}/{}", group.key(), encoded.replace('+', "%20"))
}

pub(super) fn paths(live: &ConfigHandle) -> Files<'_> {
    Files { settings: live.config_path(), sources: live.sources_path() }
}

pub(super) async fn list(State(console): State<AppState>, Admin(session): Admin) -> Response {
    let words = console.flash(&session, PATH).words;
    show(&console, &session, words, String::new()).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, words: String, mut mistake: String) -> Result<Response, Response> {
    let since = Utc::now() - TimeDelta::days(TRIAL_DAYS);
    let found = console.store.run(move |s| Ok((s.label_counts(since)?, s.kv(UNDO_KEY)?)));
    let (counts, last) = stored(found.await)?;
    let settings = console.pipeline().settings().clone();
    let (file, taxonomy) = match TaxonomyText::load(&settings).and_then(|text| read(&text, &settings)) {
        Ok(read) => read,
        Err(e) => {
            mistake = e.chinese();
            (String::new(), Taxonomy::default())
        }
    };
    let code = if mistake.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let last = last.and_then(|json| serde_json::from_str::<LastChange>(&json).ok());
    let zone = console.zone();
    let page = TaxonomyPage {
        frame: Layout::new(console, session, TITLE),
        words,
        mistake,
        days: TRIAL_DAYS,
        file,
        groups: TopicGroup::ALL.iter().filter(|g| g.0.is_topic()).map(|g| group_view(g.0, &taxonomy, &counts)).collect(),
        names: names_views(&taxonomy, &counts),
        last: last.map(|l| format!("{}，{} {}", l.what, l.who, l.at.with_timezone(&zone).format("%m-%d %H:%M"))),
    };
    Ok((code, response::page(&page)).into_response())
}

fn read(text: &TaxonomyText, settings: &crate::config::Settings) -> Result<(String, Taxonomy), crate::config::ConfigError> {
    let file = text.path.as_ref().map(|p| p.display().to_string()).unwrap_or_default();
    let taxonomy = Taxonomy::parse_for(&file, &text.text, &settings.region)?;
    Ok((file, taxonomy))
}

fn group_view(group: TopicGroup, taxonomy: &Taxonomy, counts: &LabelCounts) -> GroupView {
    let row = |t: &taxonomy::Topic| TopicRow {
        href: topic_path(group, &t.name),
        terms: t.terms.len(),
        weak: t.weak.len(),
        exclude: t.exclude.len(),
        articles: counts.topics.get(&t.name).copied().unwrap_or(0),
        name: t.name.clone(),
    };
    GroupView { key: group.key(), name: group.chinese(), topics: taxonomy.topics(group).iter().map(row).collect() }
}

fn names_views(taxonomy: &Taxonomy, counts: &LabelCounts) -> Vec<NamesView> {
    let view = |group: TopicGroup, note, rows| NamesView { key: group.key(), name: group.chinese(), note, rows };
    let place = |p: &taxonomy::Place| name_row(TopicGroup::Place, &p.name, p.region.clone(), &p.names, &counts.places);
    let organisation =
        |o: &taxonomy::Organisation| name_row(TopicGroup::Organisation, &o.name, o.industries.join("、"), &o.names, &counts.organisations);
    vec![
        view(TopicGroup::Column, "", taxonomy.columns.iter().map(|c| column_row(c, counts)).collect()),
        view(TopicGroup::Place, "（全国的省、市、县另已内置）", taxonomy.places.iter().map(place).collect()),
        view(TopicGroup::Organisation, "", taxonomy.organisations.iter().map(organisation).collect()),
    ]
}

fn column_row(c: &taxonomy::ColumnRule, counts: &LabelCounts) -> NameRow {
    let facts = format!("标题词 {} 个，正文词 {} 个", c.title.len(), c.text.len());
    let href = topic_path(TopicGroup::Column, &c.name);
    NameRow { href, facts, articles: counts.columns.get(&c.name).copied().unwrap_or(0), name: c.name.clone() }
}

fn name_row(group: TopicGroup, name: &str, fact: String, names: &[String], counts: &HashMap<String, u32>) -> NameRow {
    let others: Vec<&str> = names.iter().filter(|n| *n != name).map(String::as_str).collect();
    let facts = [fact, others.join("、")].into_iter().filter(|f| !f.is_empty()).collect::<Vec<_>>().join(" · ");
    NameRow { href: topic_path(group, name), facts, articles: counts.get(name).copied().unwrap_or(0), name: name.to_owned() }
}

actions! {
    /// What an admin does on the page of the whole taxonomy.
    TaxonomyAction { Undo = "undo" }
}

pub(super) async fn change(State(console): State<AppState>, AdminForm(form): AdminForm) -> Response {
    undo(&console, &form).await.unwrap_or_else(|answer| answer)
}

async fn undo(console: &AppState, form: &Form) -> Result<Response, Response> {
    let TaxonomyAction::Undo = form.action(console)?;
    let json = stored(console.store.run(|s| s.kv(UNDO_KEY)).await)?.unwrap_or_default();
    let Ok(last) = serde_json::from_str::<LastChange>(&json) else {
        return show(console, &form.session, String::new(), "没有可以撤销的改动".to_owned()).await;
    };
    let (live, undo) = (console.live.clone(), last.undo);
    match in_files(console, move || files::restore(paths(&live), &undo)).await {
        Ok(()) => {
            record(console, form, AuditAction::UndoTaxonomy, last.what.clone(), None).await?;
            Ok(console.redirect_with(&form.session, PATH, format!("已撤销：{}", last.what)))
        }
        Err(words) => show(console, &form.session, String::new(), format!("没有撤销：{words}")).await,
    }
}

/// Reads and writes files off the async threads; returns the reason of a failure in Chinese. A demo keeps its own settings.
pub(super) async fn in_files<T: Send + 'static>(
    console: &AppState,
    work: impl FnOnce() -> Result<T, SaveError> + Send + 'static,
) -> Result<T, String> {
    if console.settings.is_demo {
        return Err(NOT_IN_DEMO.to_owned());
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|e| e.chinese()),
        Err(_) => Err("程序内部出错，原因在运行日志里".to_owned()),
    }
}

/// Has the service take the new files over, and stores who changed what and how to take it back.
pub(super) async fn record(console: &AppState, form: &Form, action: AuditAction, what: String, undo: Option<Undo>) -> Result<(), Response> {
    let (live, who, now) = (console.live.clone(), form.session.name.clone(), Utc::now());
    let last = undo.map(|undo| LastChange { who: who.clone(), at: now, what: what.clone(), undo });
    let json = last.and_then(|l| serde_json::to_string(&l).ok()).unwrap_or_default();
    let done = console.store.run(move |s| {
        live.refresh(false);
        s.put_kv(UNDO_KEY, &json)?;
        s.audit(&who, action, &what, now)
    });
    stored(done.await)
}
