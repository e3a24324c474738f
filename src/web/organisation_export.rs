//! Organisations as CSV for tables, and as JSON for other programs.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::model::{Headline, OrganisationKind};
use crate::render::atom;
use crate::store::{OrganisationPage, OrganisationRow};
use crate::text::spreadsheet::disarmed;
use crate::web::access::Editor;
use crate::web::api::{ApiClient, fields, limit, refused};
use crate::web::organisation::Dossier;
use crate::web::organisations::{find, page_number};
use crate::web::path::Path;
use crate::web::response::{broken, stored};
use crate::web::{AppState, response};

/// Most organisations in the table.
const MAX_ROWS: usize = 10_000;

/// Rows of cells, with a heading.
pub(crate) type Table = Vec<Vec<String>>;

/// Returns a table as CSV, with a mark that makes spreadsheets read UTF-8. Cells that a spreadsheet would calculate are disarmed.
///
/// # Errors
/// Those of the writer.
pub(crate) fn csv_bytes(table: Table) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
    for row in table {
        out.write_record(row.into_iter().map(disarmed))?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

fn csv(name: &str, table: Table) -> Response {
    let headers: [(HeaderName, String); 2] =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    match csv_bytes(table) {
        Ok(bytes) => (headers, bytes).into_response(),
        Err(e) => broken(&e),
    }
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Returns the list as a table.
pub(crate) fn list_table(found: &OrganisationPage) -> Table {
    let mut rows = vec![cells(["编号", "名称", "类别", "关注", "近30天", "前30天", "行业"])];
    rows.extend(found.rows.iter().map(|o| {
        let (kind, watched) = (crate::web::organisations::kind(&o.name), if o.is_watched { "是" } else { "" });
        cells([&o.id.to_string(), &o.name, kind, watched, &o.recent.to_string(), &o.before.to_string(), &o.industries.join("、")])
    }));
    if found.total > found.rows.len() {
        let note = format!("只列出前 {} 个，共 {} 个：请按名称或关注查找后再导出", found.rows.len(), found.total);
        rows.push(cells(["", &note, "", "", "", "", ""]));
    }
    rows
}

/// The list as CSV.
pub(super) async fn list_csv(State(console): State<AppState>, Editor(_): Editor, uri: Uri) -> Response {
    match find(&console, &fields(&uri), 0, MAX_ROWS).await {
        Ok(found) => csv("organisations.csv", list_table(&found)),
        Err(answer) => answer,
    }
}

/// Returns the articles of an organisation as a table, with times of a zone.
pub(crate) fn article_table(d: &Dossier, zone: chrono_tz::Tz) -> Table {
    let mut rows = vec![cells(["机构", "文章", "新闻", "时间", "标题", "来源", "网址", "栏目", "行业", "金额"])];
    let amounts = |h: &Headline| -> String {
        let of_it = d.sums.iter().filter(|(article, _)| article.id == h.id).flat_map(|(_, sum)| sum.amounts.iter().map(String::as_str));
        of_it.collect::<Vec<_>>().join("、")
    };
    for h in &d.articles {
        let r = crate::web::archive::row(h, zone);
        let story = h.story.map(|s| s.0.to_string()).unwrap_or_default();
        let (id, url, amounts) = (h.id.0.to_string(), h.url.to_string(), amounts(h));
        rows.push(cells([&d.organisation.name, &id, &story, &r.date, &r.title, &r.publisher, &url, &r.column, &r.labels, &amounts]));
    }
    rows
}

/// The articles of an organisation as CSV.
pub(super) async fn csv_file(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    match stored(console.store.run(move |s| Dossier::read(s, id)).await) {
        Ok(Some(d)) => csv(&format!("organisation-{}.csv", d.organisation.id), article_table(&d, console.zone())),
        Ok(None) => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个机构"),
        Err(answer) => answer,
    }
}

/// Returns an organisation of the list as JSON.
pub(crate) fn row_json(o: &OrganisationRow) -> Value {
    json!({
        "id": o.id, "name": o.name, "kind": OrganisationKind::of(&o.name).as_str(), "watched": o.is_watched, "recent": o.recent, "before": o.before,
        "industries": o.industries,
    })
}

/// The list as JSON.
pub(super) async fn list(State(console): State<AppState>, _: ApiClient, uri: Uri) -> Response {
    let f = fields(&uri);
    let most = match limit(&f) {
        Ok(most) => most,
        Err(answer) => return answer,
    };
    let page = page_number(&f);
    let before = (page - 1) * most;
    match find(&console, &f, before, most).await {
        Ok(found) => {
            let next = (found.total > before + found.rows.len() && !found.rows.is_empty()).then_some(page + 1);
            Json(json!({ "organisations": found.rows.iter().map(row_json).collect::<Vec<_>>(), "total": found.total, "next": next })).into_response()
        }
        Err(answer) => answer,
    }
}

/// An organisation as JSON.
pub(super) async fn one(State(console): State<AppState>, _: ApiClient, Path(id): Path<i64>) -> Response {
    match stored(console.store.run(move |s| Dossier::read(s, id)).await) {
        Ok(Some(d)) => Json(dossier_json(&d)).into_response(),
        Ok(None) => refused(StatusCode::NOT_FOUND, "there is no such organisation"),
        Err(answer) => answer,
    }
}

/// Returns what the archive says of an organisation as JSON.
pub(crate) fn dossier_json(d: &Dossier) -> Value {
    let (o, f) = (&d.organisation, &d.facts);
    let counted = |list: &[(String, u32)]| list.iter().map(|(name, n)| json!({ "name": name, "articles": n })).collect::<Vec<_>>();
    let neighbours: Vec<Value> = f.neighbours.iter().map(|(id, name, n)| json!({ "id": id, "name": name, "articles": n })).collect();
    let sums: Vec<Value> = d.sums.iter().map(|(h, sum)| json!({ "article": h.id.0, "amounts": sum.amounts, "sentence": sum.sentence })).collect();
    let merged: Vec<Value> = o.other_names.iter().filter(|n| n.is_merged()).map(|n| json!({ "id": n.id, "name": n.name, "note": n.note })).collect();
    json!({
        "id": o.id, "name": o.name, "aliases": o.names().skip(1).collect::<Vec<_>>(), "kind": OrganisationKind::of(&o.name).as_str(),
        "watched": o.is_watched, "note": o.note, "merged": merged, "articles_named": f.articles, "weeks": f.weeks,
        "industries": counted(&f.industries), "places": counted(&f.places), "neighbours": neighbours, "sums": sums,
        "tenders": d.tenders().map(|h| h.id.0).collect::<Vec<_>>(), "articles": d.articles.iter().map(atom::headline).collect::<Vec<_>>(),
    })
}
