//! 文章库: search of the archive.

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use crate::model::Headline;
use crate::store::Filter;
use crate::web::access::Editor;
use crate::web::form::Fields;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, Console, article_grade, response};

/// Articles on one page.
const PAGE_SIZE: usize = 50;

#[derive(Template)]
#[template(path = "articles.html")]
struct ArticlesPage {
    frame: Layout,
    q: String,
    industry: String,
    column: String,
    source: String,
    place: String,
    organisation: String,
    from: String,
    to: String,
    industries: Vec<String>,
    columns: Vec<String>,
    sources: Vec<(String, String)>,
    found: Vec<HeadlineRow>,
    /// Number of articles found, and the range on this page.
    shown: String,
    /// Queries of the previous and next page.
    previous: Option<String>,
    next: Option<String>,
}

/// Maximum number of pages.
const MAX_PAGES: usize = 20;
/// Articles are counted up to this number; beyond it the page says “more”.
const MAX_COUNTED: usize = 10_000;

/// Returns the line with the number of articles: `before` this page, `on` it, and in all, counted up to one above [`MAX_COUNTED`].
fn count_line(before: usize, on: usize, all: usize) -> String {
    let total = if all > MAX_COUNTED { "10,000 条以上".to_owned() } else { format!("共 {all} 条") };
    match on {
        0 if before > 0 => format!("{total}，这一页没有"),
        0 => "0 条".to_owned(),
        _ if before == 0 && on >= all => total,
        _ => format!("第 {}–{} 条，{total}", before + 1, before + on),
    }
}

/// Returns the query of another page of the same search.
fn query_of_page(f: &Fields, page: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["q", "industry", "column", "source", "place", "organisation", "reliability", "credibility", "from", "to"] {
        if !f.text(name).is_empty() {
            query.append_pair(name, f.text(name));
        }
    }
    query.append_pair("page", &page.to_string()).finish()
}

/// Returns every column once.
pub(super) fn columns(console: &Console) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for c in &console.vocabulary().columns {
        if !out.contains(c) {
            out.push(c.clone());
        }
    }
    out
}

pub(super) struct HeadlineRow {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) publisher: String,
    pub(super) date: String,
    pub(super) labels: String,
    pub(super) column: String,
    /// Whether its text was recognised on pictures.
    pub(super) is_recognised: bool,
}

pub(super) fn row(h: &Headline, zone: chrono_tz::Tz) -> HeadlineRow {
    let j = h.classification.clone().unwrap_or_default();
    HeadlineRow {
        id: h.id.0,
        title: h.title.clone(),
        publisher: h.publisher_or_source().to_owned(),
        date: h.sort_time().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
        labels: j.industries.iter().chain(&j.themes).map(|l| l.name.as_str()).collect::<Vec<_>>().join("、"),
        column: j.column,
        is_recognised: h.confidence.ocr.is_some(),
    }
}

/// Returns the archive filter for a query.
pub(super) fn filter(f: &Fields, zone: chrono_tz::Tz) -> Filter {
    let some = |name: &str| Some(f.text(name).to_owned()).filter(|t| !t.is_empty());
    let day = |name: &str| f.text(name).parse::<chrono::NaiveDate>().ok();
    Filter {
        words: some("q"),
        industry: some("industry"),
        column: some("column"),
        place: some("place"),
        organisation: some("organisation"),
        source: some("source"),
        floor: article_grade::floor(f),
        from: day("from"),
        to: day("to"),
        zone,
    }
}

pub(super) async fn search(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let filter = filter(&f, console.zone());
    let page = f.number("page").unwrap_or(1).clamp(1, MAX_PAGES);
    // one article more than shown reveals whether there is another page
    let found = console.store.run(move |s| Ok((s.find(&filter, page * PAGE_SIZE + 1)?, s.count(&filter, MAX_COUNTED + 1)?)));
    let (found, all) = match stored(found.await) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (before, more) = ((page - 1) * PAGE_SIZE, found.len() > page * PAGE_SIZE);
    let found: Vec<Headline> = found.into_iter().skip(before).take(PAGE_SIZE).collect();
    let list = console.live.sources();
    response::page(&ArticlesPage {
        frame: Layout::new(&console, &session, "文章库"),
        q: f.text("q").to_owned(),
        industry: f.text("industry").to_owned(),
        column: f.text("column").to_owned(),
        source: f.text("source").to_owned(),
        place: f.text("place").to_owned(),
        organisation: f.text("organisation").to_owned(),
        from: f.text("from").to_owned(),
        to: f.text("to").to_owned(),
        industries: console.vocabulary().industries.clone(),
        columns: columns(&console),
        sources: list.sources.iter().map(|s| (s.id.to_string(), s.name.clone())).collect(),
        shown: count_line(before, found.len(), all),
        found: found.iter().map(|h| row(h, console.zone())).collect(),
        previous: (page > 1).then(|| query_of_page(&f, page - 1)),
        next: (more && page < MAX_PAGES).then(|| query_of_page(&f, page + 1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_how_many_there_are_in_all() {
        assert_eq!(count_line(0, 0, 0), "0 条");
        assert_eq!(count_line(0, 7, 7), "共 7 条");
        assert_eq!(count_line(0, 50, 73), "第 1–50 条，共 73 条");
        assert_eq!(count_line(50, 23, 73), "第 51–73 条，共 73 条");
        assert_eq!(count_line(100, 0, 73), "共 73 条，这一页没有");
        assert_eq!(count_line(0, 50, MAX_COUNTED), "第 1–50 条，共 10000 条");
        assert_eq!(count_line(950, 50, MAX_COUNTED + 1), "第 951–1000 条，10,000 条以上");
    }
}
