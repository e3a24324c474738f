//! The page of a source: its state, its settings in `sources.toml`, and a preview of changes.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::config::edit_sources;
use crate::crawl::{preview, preview_mailbox};
use crate::model::{AuditAction, Mailbox, SourceId, SourceKind};
use crate::store::{Session, Silence, SourceHealth};
use crate::web::access::Admin;
use crate::web::form::{AdminForm, Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::source_list;
use crate::web::source_preview::{SourcePreview, kind_name, mailbox_words, source_preview};
use crate::web::source_values::{MAILBOX_FIELDS, PAGE_FIELDS, RawFields, SELECTOR_FIELDS, SERIES_FIELDS, TEXT_FIELDS, TextField, read};
use crate::web::{AppState, archive, response};

/// Number of visits shown.
const FETCH_LOG_ROWS: usize = 20;
/// What is said of a source that the file does not have.
const NOT_LISTED: &str = "sources.toml 里没有这个来源";

#[derive(Template)]
#[template(path = "source.html")]
#[allow(clippy::struct_excessive_bools)] // what the template opens and ticks
struct SourcePage {
    frame: Layout,
    id: String,
    /// Key, label, hint, value.
    texts: Vec<(&'static str, &'static str, &'static str, String)>,
    /// The same for rarely needed settings, and whether any is set.
    selectors: Vec<(&'static str, &'static str, &'static str, String)>,
    any_selector: bool,
    /// The same for a watched page, what it leaves out, and whether it is one.
    watched: Vec<(&'static str, &'static str, &'static str, String)>,
    ignore: String,
    is_page: bool,
    /// The address of a mailbox, whose settings are in the file alone.
    mailbox: Option<String>,
    /// The same for a series, and whether it is one.
    series: Vec<(&'static str, &'static str, &'static str, String)>,
    is_series: bool,
    kinds: Vec<(&'static str, &'static str, bool)>,
    columns: Vec<(String, bool)>,
    industries: Vec<(String, bool)>,
    weight: String,
    render: bool,
    trouble: Vec<String>,
    /// Number of its articles, and time of the newest.
    brought: String,
    /// Time, address, result, size and duration.
    visits: Vec<(String, String, String, String)>,
    words: String,
    tried: Option<SourcePreview>,
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path(id): Path<String>) -> Response {
    let stated = SourceId::parse(&id).and_then(|id| edit_sources::raw_fields(console.live.sources_path(), &id).ok().flatten());
    let Some(stated) = stated else {
        return response::refused(&console, &session, StatusCode::NOT_FOUND, "sources.toml 里没有这个来源，或文件暂时有误");
    };
    show(&console, &session, id, &stated, String::new(), None).await.unwrap_or_else(|answer| answer)
}

async fn show(
    console: &AppState,
    session: &Session,
    id: String,
    stated: &RawFields,
    words: String,
    tried: Option<SourcePreview>,
) -> Result<Response, Response> {
    let said = |key: &str| stated.get(key).cloned().unwrap_or_default();
    let (zone, now) = (console.zone(), Utc::now());
    let (mut health, mut visits) = (None, Vec::new());
    let key = SourceId::parse(&id);
    if let Some(id) = key.clone() {
        (health, visits) = stored(console.store.run(move |s| Ok((s.source_health(&id, now)?, s.fetch_log_of(&id, FETCH_LOG_ROWS)?))).await)?;
    }
    let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let fields = |all: &[TextField]| all.iter().map(|(key, label, hint)| (*key, *label, *hint, said(key))).collect();
    let list = console.live.sources();
    let mailbox = key.and_then(|id| list.get(&id)?.mailbox.as_ref().map(Mailbox::address));
    let chosen: Vec<&str> = stated.get("industries").map(|t| t.lines().collect()).unwrap_or_default();
    let page = SourcePage {
        frame: Layout::new(console, session, "来源"),
        texts: fields(if mailbox.is_some() { &MAILBOX_FIELDS } else { &TEXT_FIELDS }),
        any_selector: SELECTOR_FIELDS.iter().any(|(key, ..)| !said(key).is_empty()),
        selectors: fields(&SELECTOR_FIELDS),
        watched: fields(&PAGE_FIELDS),
        ignore: said("ignore"),
        is_page: said("kind") == SourceKind::Page.as_str(),
        // a mailbox stays one: it has no address to read in another way
        kinds: SourceKind::ALL
            .into_iter()
            .filter(|kind| (*kind == SourceKind::Imap) == mailbox.is_some())
            .map(|kind| (kind.as_str(), kind_name(kind), said("kind") == kind.as_str()))
            .collect(),
        series: fields(&SERIES_FIELDS),
        is_series: said("kind") == SourceKind::Series.as_str(),
        columns: archive::columns(console).into_iter().map(|c| (c.clone(), said("column") == c)).collect(),
        industries: console.vocabulary().industries.iter().map(|i| (i.clone(), chosen.contains(&i.as_str()))).collect(),
        weight: said("weight"),
        render: said("render") == "true",
        trouble: health.as_ref().map(|h| troubles(h, zone)).unwrap_or_default(),
        brought: health.as_ref().map(|h| article_counts(h, zone)).unwrap_or_default(),
        visits: visits
            .into_iter()
            .map(|v| (at(v.at), v.url, visit_result(&v.code, &v.outcome), format!("{:.1} KB，{} 毫秒", v.bytes as f64 / 1024.0, v.millis)))
            .collect(),
        mailbox,
        id,
        words,
        tried,
    };
    Ok(response::page(&page))
}

/// Returns the result of a visit in words; for an error also the program's message, which names status and cause.
fn visit_result(code: &str, outcome: &str) -> String {
    let words = response::outcome(code);
    if matches!(code, "ok" | "not-modified") { words.to_owned() } else { format!("{words}（{outcome}）") }
}

fn article_counts(h: &SourceHealth, zone: chrono_tz::Tz) -> String {
    let newest = h.newest.map(|t| format!("，最新一篇 {}", t.with_timezone(&zone).format("%Y-%m-%d"))).unwrap_or_default();
    format!("取到文章 {} 篇{newest}，近四周平均每周 {:.1} 篇", h.articles, h.articles_a_week())
}

/// Returns the problems of a source, with remedies.
fn troubles(h: &SourceHealth, zone: chrono_tz::Tz) -> Vec<String> {
    let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let mut out = Vec::new();
    if h.disabled_reason.is_some() {
        out.push("已休眠：网站表示此页已不存在。请改正网址，再在来源列表里唤醒。".to_owned());
    } else if h.failures > 0 {
        let since = h.failing_since.map(|t| format!("，自 {} 起", at(t))).unwrap_or_default();
        out.push(format!("连续 {} 次失败{since}：{}", h.failures, h.last_error_zh.clone().unwrap_or_default()));
    }
    if h.has_lost_its_layout() {
        out.push("过去能读出文章，现在读不出：网页可能改版了。可点“试一试”，不行就填写列表选择器。".to_owned());
    }
    if let Some(url) = &h.moved_to {
        out.push(format!("网站说它已永久搬到 {url}：请确认后改写网址。"));
    }
    if let Some(wall) = h.page_wall {
        out.push(format!("列表能打开，但文章打不开：{}。", wall.chinese()));
    }
    match h.silence().filter(|_| h.page_wall.is_none()) {
        Some(Silence::Since(newest)) => {
            out.push(format!(
                "自 {} 起没有新文章，比它平时的间隔长得多：网页可能已停更，或栏目换了地址。",
                newest.with_timezone(&zone).format("%Y-%m-%d")
            ));
        }
        Some(Silence::Never) => out.push("能打开，但没有取到过文章：请点“试一试”，看看列表和正文能否读出。".to_owned()),
        None => {}
    }
    if let Some(t) = h.backed_off_until {
        out.push(format!("网站要求稍后再来，{} 之前不访问。", at(t)));
    }
    if h.insecure {
        out.push("不验证它的证书（tls = \"insecure\"）。".to_owned());
    }
    out
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<String>, AdminForm(form): AdminForm) -> Response {
    make(&console, id, &form).await.unwrap_or_else(|answer| answer)
}

actions! {
    /// What an admin does with one source.
    SourceAction { Preview = "try", Save = "save", Remove = "remove" }
}

async fn make(console: &AppState, id: String, form: &Form) -> Result<Response, Response> {
    let Form { session, fields: f, .. } = form;
    let Some(key) = SourceId::parse(&id) else {
        return Err(response::refused(console, session, StatusCode::NOT_FOUND, "没有这个来源"));
    };
    let (fields, stated) = read(f, &console.vocabulary().industries);
    let failed = |e: edit_sources::EditError| format!("没有保存，请改正后再试：{}", e.chinese());
    let (words, tried) = match form.action(console)? {
        SourceAction::Remove if f.text("sure") == "yes" => return remove(console, &key, session).await,
        SourceAction::Remove => return ask_removal(console, &key, session).await,
        SourceAction::Save => match edit_sources::set_fields(console.live.sources_path(), &key, &fields, &console.vocabulary()) {
            Ok(true) => {
                let (who, subject) = (session.name.clone(), id.clone());
                stored(console.store.run(move |s| s.audit(&who, AuditAction::EditSource, &subject, Utc::now())).await)?;
                console.live.refresh(false);
                return Ok(Redirect::to(&console.path(&format!("/sources/{id}"))).into_response());
            }
            Ok(false) => (NOT_LISTED.to_owned(), None),
            Err(e) => (failed(e), None),
        },
        SourceAction::Preview => match edit_sources::with_fields(console.live.sources_path(), &key, &fields, &console.vocabulary()) {
            Ok(Some(source)) => {
                let pipeline = console.pipeline();
                let reader = pipeline.crawler().reader(Arc::clone(&source));
                if source.mailbox.is_some() {
                    let words = mailbox_words(preview_mailbox(&reader).await);
                    return Ok(show(console, session, id, &stated, words, None).await?.into_response());
                }
                match preview::preview_source(&reader).await {
                    Ok(p) => (String::new(), Some(source_preview(console, &reader, source.url.as_str(), p).await)),
                    Err(e) => (format!("读不到：{}", e.chinese()), None),
                }
            }
            Ok(None) => (NOT_LISTED.to_owned(), None),
            Err(e) => (failed(e), None),
        },
    };
    let code = if tried.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((code, show(console, session, id, &stated, words, tried).await?).into_response())
}

#[derive(Template)]
#[template(path = "source_remove.html")]
struct RemovalQuestion {
    frame: Layout,
    id: String,
    name: String,
    articles: u32,
}

/// Asks for confirmation before removing a source.
async fn ask_removal(console: &AppState, id: &SourceId, session: &Session) -> Result<Response, Response> {
    let list = console.live.sources();
    let Some(source) = list.sources.iter().find(|s| s.id == *id) else {
        return Err(response::refused(console, session, StatusCode::NOT_FOUND, NOT_LISTED));
    };
    let asked = id.clone();
    let health = stored(console.store.run(move |s| s.source_health(&asked, Utc::now())).await)?;
    let frame = Layout::new(console, session, "来源");
    let articles = health.map_or(0, |h| h.articles);
    Ok(response::page(&RemovalQuestion { frame, id: id.to_string(), name: source.name.clone(), articles }))
}

/// Removes a source from the file; its articles stay.
async fn remove(console: &AppState, id: &SourceId, session: &Session) -> Result<Response, Response> {
    let refused = |code, words: &str| response::refused(console, session, code, words);
    let list = console.live.sources();
    let name = list.sources.iter().find(|s| s.id == *id).map_or(id.as_str(), |s| s.name.as_str());
    match edit_sources::remove(console.live.sources_path(), id, &console.vocabulary()) {
        Ok(true) => {
            let (who, subject) = (session.name.clone(), id.to_string());
            stored(console.store.run(move |s| s.audit(&who, AuditAction::RemoveSource, &subject, Utc::now())).await)?;
            console.live.refresh(false);
            Ok(console.redirect_with(session, source_list::PATH, format!("已删除来源“{name}”；抓到的文章留在文章库里。")))
        }
        Ok(false) => Err(refused(StatusCode::NOT_FOUND, NOT_LISTED)),
        Err(e) => Err(refused(StatusCode::CONFLICT, &e.chinese())),
    }
}
