//! The versions of a watched page, and the difference between any two.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::model::{Source, SourceId};
use crate::page_watch::{Change, compare};
use crate::store::{PageVersionRow, Session, StoredPageVersion};
use crate::text::normalize::truncate;
use crate::web::access::Admin;
use crate::web::form::Fields;
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

/// Most differences and lines shown, and characters of one.
const MAX_CHANGES: usize = 300;
const MAX_LINES: usize = 2_000;
const MAX_CHARS: usize = 1_000;

#[derive(Template)]
#[template(path = "page_versions.html")]
struct VersionsPage {
    frame: Layout,
    id: String,
    name: String,
    url: String,
    versions: Vec<ListedVersion>,
    difference: Option<Difference>,
    /// Lines that change with every look.
    ignored: Vec<String>,
}

struct ListedVersion {
    id: i64,
    seen: String,
    lines: u32,
    title: String,
    article: Option<i64>,
    is_old: bool,
    is_new: bool,
}

/// What two versions differ in.
struct Difference {
    old: String,
    new: String,
    /// What it is, before, and now.
    changes: Vec<(String, String, String)>,
    /// Heading and line.
    added: Vec<(String, String)>,
    removed: Vec<(String, String)>,
    left_out: usize,
    /// The newer version.
    lines: Vec<String>,
}

/// Ids of two versions.
struct Asked {
    old: Option<i64>,
    new: Option<i64>,
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path(id): Path<String>, uri: Uri) -> Response {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let asked = Asked { old: query.text("old").parse().ok(), new: query.text("new").parse().ok() };
    let source = SourceId::parse(&id).and_then(|id| console.live.sources().get(&id).cloned());
    let Some(source) = source else { return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个来源") };
    show(&console, &session, source, &asked).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, source: Arc<Source>, asked: &Asked) -> Result<Response, Response> {
    let id = source.id.clone();
    let rows = stored(console.store.run(move |s| s.page_versions(&id)).await)?;
    // the newest change, unless others are asked for
    let newest = |n: usize| rows.get(n).map(|r| r.id);
    let known = |id: Option<i64>| id.filter(|id| rows.iter().any(|r| r.id == *id));
    let (old, new) = (known(asked.old).or(newest(1)), known(asked.new).or(newest(0)));
    let (watched, pair) = (Arc::clone(&source), old.zip(new));
    let (versions, memory) = stored(
        console
            .store
            .run(move |s| {
                let one = |id| s.page_version(&watched.id, id);
                let versions = pair.map(|(a, b)| Ok::<_, crate::store::StoreError>((one(a)?, one(b)?))).transpose()?;
                Ok((versions, s.page_state(&watched)?.1))
            })
            .await,
    )?;
    let zone = console.zone();
    let at = move |t: DateTime<Utc>| t.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let difference = match versions {
        Some((Some(a), Some(b))) => {
            let source = Arc::clone(&source);
            console.pipeline().crawler().cpu(move || difference(a, b, &source, at)).await
        }
        _ => None,
    };
    let page = VersionsPage {
        frame: Layout::new(console, session, "来源"),
        id: source.id.to_string(),
        name: source.name.clone(),
        url: source.url.to_string(),
        versions: rows.into_iter().map(|r| listed(r, old, new, at)).collect(),
        difference,
        ignored: memory.ignored(),
    };
    Ok(response::page(&page))
}

fn listed(r: PageVersionRow, old: Option<i64>, new: Option<i64>, at: impl Fn(DateTime<Utc>) -> String) -> ListedVersion {
    ListedVersion {
        id: r.id,
        seen: at(r.seen_at),
        lines: r.lines,
        title: r.title.unwrap_or_else(|| "没有出文章（底稿，或几天内报过的变化）".to_owned()),
        article: r.article.map(|a| a.0),
        is_old: old == Some(r.id),
        is_new: new == Some(r.id),
    }
}

/// Compares two versions, the older one first whatever the order asked for.
fn difference(a: StoredPageVersion, b: StoredPageVersion, source: &Source, at: impl Fn(DateTime<Utc>) -> String) -> Difference {
    let (old, new) = if a.id <= b.id { (a.version, b.version) } else { (b.version, a.version) };
    let found = compare(&old, &new, source.timezone).changes;
    let text = |text: &str| truncate(&text.replace('\t', "　"), MAX_CHARS);
    let (mut changes, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
    for change in found.iter().take(MAX_CHANGES) {
        match &change.change {
            Change::Changed { section, details, .. } => {
                for d in details {
                    let label = if d.label.is_empty() { section } else { &d.label };
                    changes.push((text(label), text(&d.old), text(&d.new)));
                }
            }
            Change::Added { section, text: line } => added.push((text(section), text(line))),
            Change::Removed { section, text: line } => removed.push((text(section), text(line))),
        }
    }
    Difference {
        old: at(old.seen_at),
        new: at(new.seen_at),
        changes,
        added,
        removed,
        left_out: found.len().saturating_sub(MAX_CHANGES),
        lines: new.blocks.iter().take(MAX_LINES).map(|b| text(&b.text)).collect(),
    }
}
