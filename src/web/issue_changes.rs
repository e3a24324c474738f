//! A form of the draft's page → the changes it asks for.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use chrono::Utc;

use crate::issue::edit::{Change, DropReason, Edit, Place};
use crate::issue::{foreword, manual_item, summarise};
use crate::model::{ArticleId, Edition, EditionId, FileId, Item, Print, WebUrl};
use crate::store::Session;
use crate::web::form::Fields;
use crate::web::response::stored;
use crate::web::{AppState, response};

/// An issue with its version, or the page that says there is none.
pub(super) async fn load(console: &AppState, session: &Session, id: EditionId) -> Result<(Edition, u32), Response> {
    let found = stored(console.store.run(move |s| s.edition_with_version(id)).await)?;
    found.ok_or_else(|| response::refused(console, session, StatusCode::NOT_FOUND, "没有这一期"))
}

/// Why a form makes no change.
pub(super) enum Refusal {
    /// Told to the editor.
    Words(String),
    /// Another page altogether.
    Answer(Response),
}

impl From<Response> for Refusal {
    fn from(answer: Response) -> Self {
        Self::Answer(answer)
    }
}

fn words(words: &str) -> Refusal {
    Refusal::Words(words.to_owned())
}

/// The changes that a form asks for: what was written in its fields, and what its button says.
pub(super) async fn asked(console: &AppState, session: &Session, id: EditionId, fields: &Fields) -> Result<Vec<Change>, Refusal> {
    let article = fields.number("article").map_or(ArticleId(0), ArticleId);
    let text = |name| fields.text(name).to_owned();
    // a field that is as it was says nothing, but for a program that does not tell how it was
    let edit = |name: &str| {
        let (was, now) = (fields.get(&format!("{name}_was")).map(str::to_owned), fields.get(name)?.to_owned());
        Some(Edit { was, now }).filter(|e| e.was.as_ref() != Some(&e.now))
    };
    let mut changes = Vec::new();
    let writes = fields.text("do") == "write";
    let (title, summary, full, note) = (edit("title"), edit("summary"), edit("text"), edit("note"));
    if !writes && [&title, &summary, &full, &note].iter().any(|e| e.is_some()) {
        changes.push(Change::Rewrite { article, title, summary, text: full, note });
    }
    let action = match fields.text("do") {
        _ if !fields.text("drop").is_empty() => Some(drop_items(fields, fields.text("drop"))),
        "drop" => Some(drop_items(fields, fields.text("reason"))),
        _ if !fields.text("split").is_empty() => Some(split(console, article, fields.text("split")).await?),
        "split" => Some(split(console, article, fields.text("copy")).await?),
        "up" => Some(Change::Shift { article, up: true }),
        "down" => Some(Change::Shift { article, up: false }),
        "top" => Some(Change::Move { article, column: text("column"), place: Place::Top }),
        "move" => {
            let place = fields.number("before").map_or(Place::End, |id| Place::Before(ArticleId(id)));
            Some(Change::Move { article, column: text("column"), place })
        }
        "foreword" => edit("foreword").map(Change::Foreword),
        "merge" => Some(Change::Merge { article, into: ArticleId(fields.number("into").unwrap_or(0)) }),
        "finalise" => Some(finalise(console, session, id, fields).await?),
        "compose-foreword" => Some(Change::ComposeForeword),
        "print-summary" => Some(Change::Print { article, print: Print::Summary }),
        "print-full" => Some(Change::Print { article, print: Print::Full }),
        "reset-text" => Some(Change::ResetText { article, text: item(console, article).await?.text }),
        "write" => Some(Change::Write { title: text("title"), text: text("text"), publisher: text("publisher"), column: text("column") }),
        "add" => Some(add(console, session, id, article, fields).await?),
        "paste" => {
            let url = WebUrl::parse(fields.text("url")).map_err(|_| words("这不是一个网址：请粘贴以 http:// 或 https:// 开头的完整地址"))?;
            let added = console.pipeline().crawler().add_by_url(url, console.live.sources().allow_private).await;
            let article = added.map_err(Refusal::Words)?;
            Some(add(console, session, id, article, fields).await?)
        }
        _ if !fields.text("remove-file").is_empty() => Some(Change::RemoveFile { article, file: FileId(fields.number("remove-file").unwrap_or(0)) }),
        _ => None,
    };
    changes.extend(action);
    Ok(changes)
}

/// Takes out the items of `articles`, or the form's own.
fn drop_items(fields: &Fields, reason: &str) -> Change {
    let several = fields.text("articles");
    let ids = if several.is_empty() { fields.text("article") } else { several };
    let articles = ids.split(',').filter_map(|id| id.trim().parse().ok()).map(ArticleId).collect();
    Change::Drop { articles, reason: DropReason::parse(reason).unwrap_or(DropReason::Other) }
}

async fn split(console: &AppState, article: ArticleId, copy: &str) -> Result<Change, Refusal> {
    let copy = ArticleId(copy.parse().unwrap_or(0));
    Ok(Change::Split { article, item: Box::new(item(console, copy).await?) })
}

async fn add(console: &AppState, session: &Session, id: EditionId, article: ArticleId, fields: &Fields) -> Result<Change, Refusal> {
    let (e, _) = load(console, session, id).await?;
    let mut item = item(console, article).await?;
    let proposed = e.columns.first().map(|c| c.name.clone()).unwrap_or_default();
    let column = Some(fields.text("column").to_owned()).filter(|c| !c.is_empty()).unwrap_or(proposed);
    let pipeline = console.pipeline();
    item.print = pipeline.settings().publication_named(&e.publication).map_or(Print::Summary, |p| p.print_of(&column));
    Ok(Change::Add { item: Box::new(item), column })
}

/// An article of the archive as an item.
async fn item(console: &AppState, article: ArticleId) -> Result<Item, Refusal> {
    let this = Arc::clone(console);
    let item = console.store.run(move |s| {
        if s.article(article)?.is_none() {
            return Ok(None);
        }
        manual_item(&s.whole_archive(), article, &this.pipeline().settings().summarise, this.zone()).map(Some)
    });
    stored(item.await)?.ok_or_else(|| words("没有这篇文章"))
}

/// 定稿, unless the foreword is not true any more and the editor has not said that it may be so.
async fn finalise(console: &AppState, session: &Session, id: EditionId, fields: &Fields) -> Result<Change, Refusal> {
    let (e, _) = load(console, session, id).await?;
    let stale = stale_facts(console, &e).await?;
    if !stale.is_empty() && fields.text("anyway").is_empty() {
        return Err(Refusal::Words(format!("没有定稿：编者的话与内容不符，{}。请改正，或勾选“仍要定稿”", stale.join("；"))));
    }
    Ok(Change::Finalise(Utc::now()))
}

/// What the foreword of an issue says that is not true of its items.
pub(super) async fn stale_facts(console: &AppState, e: &Edition) -> Result<Vec<String>, Response> {
    if !e.foreword_edited || e.is_final {
        return Ok(Vec::new());
    }
    let id = e.id;
    let dropped = stored(console.store.run(move |s| s.dropped_titles(id)).await)?;
    let dropped: Vec<String> = dropped.iter().map(|t| summarise::normalize_title(t)).collect();
    Ok(foreword::stale_facts(e, &dropped))
}
