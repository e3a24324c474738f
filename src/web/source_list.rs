//! 来源: the state of all sources; adding, pausing and resuming them.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};

use crate::config::edit_sources;
use crate::config::edit_sources::NewSource;
use crate::config::opml::{self, Import};
use crate::crawl::preview;
use crate::model::{AuditAction, Source, SourceId, SourceKind, WebUrl};
use crate::store::{Session, Silence, SourceHealth, Store, StoreError};
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::wall::Wall;
use crate::web::access::Editor;
use crate::web::form::{AdminForm, Fields, Form, actions};
use crate::web::response::{Layout, stored};
use crate::web::source_preview::{IN_BROWSER, SourcePreview, kind_name, source_preview};
use crate::web::{AppState, response};

pub(super) const PATH: &str = "/sources";

#[derive(Template)]
#[template(path = "sources.html")]
struct SourceListPage {
    frame: Layout,
    rows: Vec<SourceRow>,
    words: String,
    tried: Option<SourcePreview>,
    /// How the address was read: the value of the choice on the page.
    read_as: &'static str,
}

/// State of a source.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SourceState {
    Disabled,
    NotPolled,
    /// The site answered that the address is gone.
    Resting,
    Failing,
    /// Its articles are unreadable.
    Walled,
    NeverBroughtAny,
    Silent,
    Fine,
}

impl SourceState {
    fn of(source: &Source, health: Option<&SourceHealth>) -> Self {
        let Some(h) = health.filter(|_| source.enabled) else {
            return if source.enabled { Self::NotPolled } else { Self::Disabled };
        };
        match (h.silence(), h.failures) {
            _ if h.disabled_reason.is_some() => Self::Resting,
            (_, 1..) => Self::Failing,
            _ if h.page_wall.is_some() => Self::Walled,
            (Some(Silence::Never), _) => Self::NeverBroughtAny,
            (Some(Silence::Since(_)), _) => Self::Silent,
            (None, 0) => Self::Fine,
        }
    }

    fn is_bad(self) -> bool {
        !matches!(self, Self::Disabled | Self::NotPolled | Self::Fine)
    }

    fn chinese(self) -> &'static str {
        match self {
            Self::Disabled => "已停用",
            Self::NotPolled => "未抓取",
            Self::Resting => "已休眠",
            Self::Failing => "异常",
            Self::Walled => "文章打不开",
            Self::NeverBroughtAny => "没有取到过文章",
            Self::Silent => "久无更新",
            Self::Fine => "正常",
        }
    }
}

struct SourceRow {
    id: String,
    name: String,
    url: String,
    is_mailbox: bool,
    enabled: bool,
    state: SourceState,
    trouble: String,
    last_ok: String,
    articles: u32,
    newest: String,
    weekly: String,
    /// For a working source that went silent: id and title of its newest article.
    last_article: Option<(i64, String)>,
    /// The last eight weeks, as points of a line.
    spark: String,
    weeks: String,
}

pub(super) async fn list(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let words = console.flash(&session, PATH).words;
    show(&console, &session, words, None).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, words: String, tried: Option<SourcePreview>) -> Result<Response, Response> {
    let list = console.live.sources();
    let (known, zone, now) = (list.sources.clone(), console.zone(), Utc::now());
    let row_of = move |s: &Store, source: &Source| {
        let health = s.source_health(&source.id, now)?;
        let is_silent = source.enabled && health.as_ref().is_some_and(|h| h.silence().is_some());
        let last_article = if is_silent { s.newest_article(&source.id)? } else { None };
        Ok(SourceRow { last_article: last_article.map(|(id, title)| (id.0, title)), ..row(source, health.as_ref(), zone) })
    };
    let rows = console.store.run(move |s| known.iter().map(|source| row_of(s, source)).collect::<Result<Vec<_>, StoreError>>());
    let mut rows = stored(rows.await)?;
    rows.sort_by_key(|r| !r.state.is_bad());
    Ok(response::page(&SourceListPage {
        frame: Layout::new(console, session, "来源"),
        rows,
        words,
        read_as: tried.as_ref().map_or("", SourcePreview::read_as),
        tried,
    }))
}

fn row(source: &Source, health: Option<&SourceHealth>, zone: chrono_tz::Tz) -> SourceRow {
    let local = |t: DateTime<Utc>| t.with_timezone(&zone);
    let state = SourceState::of(source, health);
    let cause = |h: &SourceHealth| h.last_error_zh.clone().or_else(|| h.page_wall.map(Wall::chinese));
    let trouble = health.filter(|_| state.is_bad()).and_then(cause).unwrap_or_default();
    let weeks = health.map(|h| h.weeks).unwrap_or_default();
    SourceRow {
        spark: spark(&weeks),
        weeks: weeks.iter().map(u32::to_string).collect::<Vec<_>>().join("、"),
        id: source.id.to_string(),
        name: source.name.clone(),
        url: source.address(),
        is_mailbox: source.mailbox.is_some(),
        enabled: source.enabled,
        state,
        trouble,
        last_ok: health.and_then(|h| h.last_ok).map(|t| local(t).format("%m-%d %H:%M").to_string()).unwrap_or_default(),
        articles: health.map(|h| h.articles).unwrap_or_default(),
        newest: health.and_then(|h| h.newest).map(|t| format!("{}（{}）", local(t).format("%Y-%m-%d"), age(Utc::now() - t))).unwrap_or_default(),
        last_article: None,
        weekly: health.map(|h| format!("{:.1}", h.articles_a_week())).unwrap_or_default(),
    }
}

/// Returns counts by week as points of a line.
pub(super) fn spark(weeks: &[u32]) -> String {
    let most = weeks.iter().copied().max().unwrap_or(0).max(1);
    let point = |(i, n): (usize, &u32)| format!("{},{}", i * 10 + 1, 20 - n * 18 / most);
    weeks.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}

/// Returns an age in days.
fn age(since: chrono::TimeDelta) -> String {
    match since.num_days() {
        ..1 => "一天内".to_owned(),
        days => format!("{days} 天前"),
    }
}

/// Returns the sources as OPML for feed readers.
pub(super) async fn opml(State(console): State<AppState>, Editor(_): Editor) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/x-opml; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"sources.opml\"")];
    (headers, opml::write(&console.live.sources())).into_response()
}

pub(super) async fn change(State(console): State<AppState>, AdminForm(form): AdminForm) -> Response {
    make(&console, &form).await.unwrap_or_else(|answer| answer)
}

actions! {
    /// What an admin does on the list of sources.
    SourceListAction { Preview = "try", Add = "add", Import = "import", Poll = "look", Enable = "enable", Disable = "disable" }
}

async fn make(console: &AppState, form: &Form) -> Result<Response, Response> {
    let f = &form.fields;
    let (done, action) = match form.action(console)? {
        SourceListAction::Preview => return try_address(console, form).await,
        SourceListAction::Add => (add(console, form), AuditAction::AddSource),
        SourceListAction::Import => (import(console, f.text("opml")).await, AuditAction::ImportSources),
        SourceListAction::Poll => (poll_now(console, f.text("id")).await?, AuditAction::PollSource),
        SourceListAction::Enable => (switch(console, f.text("id"), true).await?, AuditAction::EnableSource),
        SourceListAction::Disable => (switch(console, f.text("id"), false).await?, AuditAction::DisableSource),
    };
    match done {
        Ok(subject) => {
            let who = form.session.name.clone();
            let told = match action {
                AuditAction::AddSource => format!("已加入来源“{}”，马上开始第一次抓取。", added_name(f)),
                AuditAction::ImportSources => format!("导入完毕：{subject}"),
                _ => String::new(),
            };
            stored(console.store.run(move |s| s.audit(&who, action, &subject, Utc::now())).await)?;
            console.live.refresh(false);
            console.live.bells().crawl.notify_one();
            Ok(console.redirect_with(&form.session, PATH, told))
        }
        Err(words) => Ok((StatusCode::UNPROCESSABLE_ENTITY, show(console, &form.session, words, None).await?).into_response()),
    }
}

async fn poll_now(console: &AppState, id: &str) -> Result<Result<String, String>, Response> {
    let Some(id) = SourceId::parse(id) else { return Ok(Err("没有这个来源".to_owned())) };
    let asked = id.clone();
    let due = stored(console.store.run(move |s| s.poll_now(&asked)).await)?;
    Ok(if due { Ok(id.to_string()) } else { Err("这个来源还没有抓取过，或已休眠（请先唤醒）".to_owned()) })
}

async fn switch(console: &AppState, id: &str, on: bool) -> Result<Result<String, String>, Response> {
    let Some(id) = SourceId::parse(id) else { return Ok(Err("没有这个来源".to_owned())) };
    if on {
        let id = id.clone();
        stored(console.store.run(move |s| s.reactivate_source(&id)).await)?;
    }
    Ok(match edit_sources::set_enabled(console.live.sources_path(), &id, on, &console.vocabulary()) {
        Ok(true) => Ok(id.to_string()),
        Ok(false) => Err("sources.toml 里没有这个来源".to_owned()),
        Err(e) => Err(e.chinese()),
    })
}

/// Previews an address, without writing anything.
async fn try_address(console: &AppState, form: &Form) -> Result<Response, Response> {
    let asked = form.fields.text("url");
    let tried = match WebUrl::typed(asked) {
        Err(e) => Err(e.chinese()),
        Ok(url) => {
            let id = SourceId::parse("preview").ok_or_else(|| response::refused(console, &form.session, StatusCode::BAD_REQUEST, "内部错误"))?;
            let mut tried = Err(String::new());
            // an address without a scheme was tried as https first
            for url in [Some(url), WebUrl::typed_plain(asked)].into_iter().flatten() {
                let source = Source {
                    kind: typed_self_told(form.fields.text("as")),
                    render: form.fields.text("as") == IN_BROWSER,
                    allow_private: console.live.sources().allow_private,
                    ..Source::plain(id.clone(), "preview".to_owned(), url)
                };
                let pipeline = console.pipeline();
                let reader = pipeline.crawler().reader(Arc::new(source));
                let found =
                    if reader.source().tells_itself() { preview::preview_source(&reader).await } else { preview::discover_source(&reader).await };
                match found {
                    Ok(p) => {
                        tried = Ok(source_preview(console, &reader, asked, p).await);
                        break;
                    }
                    Err(e) => tried = Err(format!("读不到这个地址：{}", e.chinese())),
                }
            }
            tried
        }
    };
    match tried {
        Ok(tried) => show(console, &form.session, String::new(), Some(tried)).await,
        Err(words) => Ok((StatusCode::UNPROCESSABLE_ENTITY, show(console, &form.session, words, None).await?).into_response()),
    }
}

/// Maximum number of rejected addresses shown, and characters of each.
const MAX_NAMED: usize = 5;
const MAX_ADDRESS_CHARS: usize = 120;
/// Characters shown of an unknown kind.
const MAX_KIND_CHARS: usize = 20;

/// Adds the sources of an OPML file that are not on the list yet.
async fn import(console: &AppState, text: &str) -> Result<String, String> {
    let (text, list) = (text.to_owned(), console.live.sources());
    let read = console.pipeline().crawler().cpu(move || opml::news(&text, &list)).await;
    let Import { new, known, refused, left_out } = read.ok_or("这份 OPML 无法读取")?;
    if left_out > 0 {
        return Err(format!("一次最多导入 {} 个来源，这里多出 {left_out} 个：请分成几份导入", opml::MAX_OUTLINES));
    }
    if new.is_empty() && known == 0 && refused.is_empty() {
        return Err("这里面没有来源：请粘贴 OPML 文件的全部内容".to_owned());
    }
    let named =
        refused.iter().take(MAX_NAMED).map(|r| format!("\n第 {} 行 {}：{}", r.line, truncate(&r.address, MAX_ADDRESS_CHARS), r.reason.chinese()));
    let came = format!("新增 {} 个，已有 {known} 个，不能用的 {} 个{}", new.len(), refused.len(), named.collect::<String>());
    if new.is_empty() {
        return Err(format!("没有导入新的来源：{came}"));
    }
    edit_sources::add(console.live.sources_path(), &new, &console.vocabulary()).map_err(|e| e.chinese())?;
    Ok(came)
}

/// Returns the name of a new source: the form's, else its host.
fn added_name(f: &Fields) -> String {
    let name = collapse_whitespace(f.text("name"));
    if name.is_empty() { WebUrl::typed(f.text("url")).map_or(name, |url| url.host().to_owned()) } else { name }
}

/// Reads how an address is to be read, if not for articles.
fn typed_self_told(word: &str) -> Option<SourceKind> {
    SourceKind::parse(word).filter(|k| matches!(k, SourceKind::Page | SourceKind::Series))
}

/// Reads the kind that the preview names; an empty word is none.
fn typed_kind(word: &str) -> Result<Option<SourceKind>, String> {
    if word.is_empty() {
        return Ok(None);
    }
    let known = SourceKind::ALL.into_iter().find(|k| kind_name(*k) == word || k.as_str() == word);
    known.map(Some).ok_or_else(|| format!("不认识的类型“{}”", truncate(word, MAX_KIND_CHARS)))
}

fn add(console: &AppState, form: &Form) -> Result<String, String> {
    let f = &form.fields;
    let url = WebUrl::typed(f.text("url")).map_err(|e| e.chinese())?;
    let list = console.live.sources();
    if list.sources.iter().any(|s| s.url == url) {
        return Err("这个地址已经在来源里了".to_owned());
    }
    let id = edit_sources::free_id(&url, &list.sources.iter().map(|s| s.id.clone()).collect::<HashSet<_>>())
        .ok_or("不能从这个地址生成编号，请在 sources.toml 里添加")?;
    let name = added_name(f);
    let region = Some(f.text("region").to_owned()).filter(|r| !r.is_empty());
    // only a feed, a watched page and a series are written down: the others may change their kind, which is found again at each poll
    let kind = typed_kind(f.text("kind"))?.filter(|k| matches!(k, SourceKind::Feed | SourceKind::Page | SourceKind::Series));
    let new = NewSource { id: id.clone(), name, url, kind, region, allow_private: false, render: f.text("as") == IN_BROWSER };
    edit_sources::add(console.live.sources_path(), &[new], &console.vocabulary()).map_err(|e| e.chinese())?;
    Ok(id.to_string())
}
