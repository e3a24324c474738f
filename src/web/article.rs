//! The page of an article, with its corrections by editors.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{NaiveDate, Utc};

use crate::classify::is_place;
use crate::config::settings::Publication;
use crate::issue::NotChosen;
use crate::model::{ArticleId, Classification, Confidence, EditionState, Firm, Headline, Label, PublicationScope, TopicId};
use crate::pipeline::ConfigHandle;
use crate::render::{GradeWords, grade_words};
use crate::store::{EditionRow, Store, StoreError};
use crate::text::segment::part_of_speech;
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, columns, row};
use crate::web::article_grade::{self, GradeChoice};
use crate::web::candidates::{Why, exclusion_words};
use crate::web::feedback::{self, FeedbackView};
use crate::web::form::{Fields, Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::source_changes::{self, VersionView};
use crate::web::{AppState, response};

#[derive(Template)]
#[template(path = "article.html")]
struct ArticlePage {
    frame: Layout,
    h: Headline,
    row: HeadlineRow,
    j: Classification,
    labels: Vec<(Label, String)>,
    paragraphs: Vec<String>,
    copies: Vec<HeadlineRow>,
    /// Other sources with the article.
    also_in: Vec<String>,
    industries: Vec<(String, bool)>,
    columns: Vec<String>,
    /// The extractor's confidence in each field; empty if unknown.
    confidence: String,
    /// Whether it tells a figure of a series.
    is_figure: bool,
    /// Companies in the headline with industries set by an editor.
    firms: Vec<Firm>,
    /// Reliability of its source and credibility of what it says.
    grade: Option<GradeWords>,
    reliabilities: Vec<GradeChoice>,
    credibilities: Vec<GradeChoice>,
    /// Topics (关注课题) that it belongs to.
    topics: Vec<(TopicId, String)>,
    /// What readers said of it.
    feedback: FeedbackView,
    /// The newest open issues.
    issues: Vec<OpenIssue>,
    /// What its source changed after it was printed, newest first.
    versions: Vec<VersionView>,
    /// The search for an article to add to the story, and its results.
    asked: String,
    candidates: Vec<HeadlineRow>,
}

/// An issue to which the article can be added.
struct OpenIssue {
    id: i64,
    version: u32,
    publication: String,
    date: NaiveDate,
    label: String,
    columns: Vec<String>,
    /// The article's column, if the issue already has the article.
    there: Option<String>,
    /// Why it is no candidate of this issue, if it is none.
    why_not: Option<Why>,
}

/// Number of newest issues searched for drafts.
const MAX_OPEN_ISSUES: usize = 12;

/// Maximum number of search results for one story.
const MAX_CANDIDATES: usize = 15;

/// Returns the newest scheduled issue of each publication and those started outside the calendar, as far as they are open.
fn open_issues(s: &Store, article: ArticleId, scope: &PublicationScope) -> Result<Vec<OpenIssue>, StoreError> {
    let rows = s.editions_of(&scope.into(), MAX_OPEN_ISSUES)?;
    let is_newest = |row: &EditionRow| rows.iter().find(|r| r.scheduled && r.publication == row.publication).is_some_and(|r| r.id == row.id);
    let open = rows.iter().filter(|r| r.state == EditionState::Draft && (!r.scheduled || is_newest(r)));
    let mut out = Vec::new();
    for id in open.map(|r| r.id) {
        let Some((e, version)) = s.edition_with_version(id)? else { continue };
        let there = e.columns.iter().find(|c| c.items.iter().any(|i| i.article == article)).map(|c| c.name.clone());
        let label = format!("{} {}", e.publication, e.issue_label());
        let columns = e.columns.into_iter().map(|c| c.name).collect();
        out.push(OpenIssue { id: id.0, version, publication: e.publication, date: e.date, label, columns, there, why_not: None });
    }
    Ok(out)
}

/// Adds why the article is no candidate of the issues that lack it.
async fn add_reasons(console: &AppState, h: &Headline, issues: &mut [OpenIssue]) -> Result<(), Response> {
    let pipeline = console.pipeline();
    for issue in issues.iter_mut().filter(|i| i.there.is_none()) {
        let Some(publication) = pipeline.settings().publication_named(&issue.publication) else { continue };
        let why = pipeline.issues().why_not(publication, issue.date, h.clone()).await.map_err(|e| response::broken(&e))?;
        issue.why_not = match why {
            Some(NotChosen::Excluded(why)) => {
                let id = h.id;
                stored(console.store.run(move |s| Ok(exclusion_words(s, &[(id, why)])?.remove(&id))).await)?
            }
            why => why.map(|why| Why { words: why.chinese(), rule: None }),
        };
    }
    Ok(())
}

/// Returns the extractor's confidence in words.
fn confidence(of: &Confidence) -> String {
    let fields = [("标题", of.title), ("日期", of.date), ("来源", of.publisher), ("作者", of.author), ("正文", of.body), ("文字识别", of.ocr)];
    let known = fields.iter().filter_map(|(name, p)| p.map(|p| format!("{name} {:.0}%", p * 100.0)));
    known.collect::<Vec<_>>().join("　")
}

actions! {
    /// What an editor corrects of an article.
    ArticleAction {
        CorrectLabels = "correct", ForgetFirm = "forget", Merge = "merge", Split = "split",
        OverruleGrade = "overrule-grade", RestoreGrade = "restore-grade",
    }
}

/// Applies an editor's corrections of an article.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    let copy = form.fields.number("copy").map_or(ArticleId(0), ArticleId);
    let (id, who, store, now) = (ArticleId(id), form.session.name.clone(), &console.store, Utc::now());
    let done = match form.action(&console) {
        Ok(ArticleAction::CorrectLabels) => return correct(&console, id, &form).await,
        Ok(ArticleAction::ForgetFirm) => {
            let (firm, live) = (Firm { name: form.fields.text("firm").to_owned(), industries: Vec::new() }, Arc::clone(&console.live));
            store.run(move |s| name_firm(s, &live, &firm, &who).map(|()| true)).await
        }
        Ok(ArticleAction::Merge) => store.run(move |s| s.merge_stories(copy, id, &who, now)).await,
        Ok(ArticleAction::Split) => store.run(move |s| s.split_story(copy, id, &who, now)).await,
        Ok(ArticleAction::OverruleGrade) => match article_grade::requested(&console, &form) {
            Ok(said) => store.run(move |s| s.overrule_grade(id, &said)).await,
            Err(answer) => return answer,
        },
        Ok(ArticleAction::RestoreGrade) => store.run(move |s| s.restore_grade(id, &who, now)).await,
        Err(answer) => return answer,
    };
    match stored(done) {
        Ok(true) => Redirect::to(&console.path(&format!("/articles/{id}"))).into_response(),
        Ok(false) => response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "没有这篇文章，或者已经是这样了"),
        Err(answer) => answer,
    }
}

/// Maximum length of a company name.
const MAX_FIRM_CHARS: usize = 30;

/// Returns what is wrong with a company name: it would match headlines about something else.
pub(super) fn firm_name_error(name: &str) -> Option<String> {
    let is_written = |c: char| c.is_alphanumeric() || "（）()·-&'. ".contains(c);
    if !(2..=MAX_FIRM_CHARS).contains(&name.chars().count()) || !name.chars().all(is_written) {
        return Some(format!("企业名要写 2 到 {MAX_FIRM_CHARS} 个字"));
    }
    let is_word = part_of_speech(name).is_some_and(|tag| !matches!(tag, "nr" | "nrt" | "nt" | "nz"));
    let is_number = name.chars().all(char::is_numeric);
    (is_word || is_number || is_place(name)).then(|| format!("“{name}”不是企业独有的名字：标题里有它的文章不一定说的是这家企业"))
}

/// Stores an editor's industries for a company and updates the classifier.
pub(super) fn name_firm(store: &Store, live: &ConfigHandle, firm: &Firm, who: &str) -> Result<(), StoreError> {
    store.set_firm(firm, who, Utc::now())?;
    live.refresh(true);
    Ok(())
}

/// Applies corrected labels and the company that they hold for from now on; ignores names that the taxonomy lacks.
async fn correct(console: &AppState, id: ArticleId, form: &Form) -> Response {
    let industries = form.fields.industries(&console.vocabulary().industries);
    let Some(column) = console.vocabulary().columns.iter().find(|c| *c == form.fields.text("column")).cloned() else {
        return response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "没有这个栏目");
    };
    let name = form.fields.text("firm").trim();
    let wrong = firm_name_error(name).or_else(|| industries.is_empty().then(|| "请先勾选这家企业的行业".to_owned()));
    if let Some(answer) = wrong.filter(|_| !name.is_empty()) {
        return response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, &answer);
    }
    let firm = (!name.is_empty()).then(|| Firm { name: name.to_owned(), industries: industries.clone() });
    let (who, live) = (form.session.name.clone(), Arc::clone(&console.live));
    let done = console.store.run(move |s| {
        let done = s.set_labels(id, &industries, &column, &who, Utc::now())?;
        if let Some(firm) = firm.filter(|_| done) {
            name_firm(s, &live, &firm, &who)?;
        }
        Ok(done)
    });
    match stored(done.await) {
        Ok(true) => Redirect::to(&console.path(&format!("/articles/{id}"))).into_response(),
        Ok(false) => response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这篇文章"),
        Err(answer) => answer,
    }
}

/// Records that the page was opened, beside the answer: neither waits for it nor fails with it.
fn record_opened(store: &Store, article: ArticleId, who: String) {
    let store = store.clone();
    tokio::spawn(async move {
        if let Err(e) = store.run(move |s| s.record_opened(article, &who, Utc::now())).await {
            tracing::warn!("an opened article is not recorded: {e}");
        }
    });
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>, uri: Uri) -> Response {
    let asked = Fields::parse(uri.query().unwrap_or_default().as_bytes()).text("q").to_owned();
    let (words, scope) = (asked.clone(), session.scope.clone());
    let publications: Vec<Publication> = console.pipeline().settings().publications().cloned().collect();
    let loaded = console.store.run(move |s| {
        let Some(a) = s.article(ArticleId(id))? else { return Ok(None) };
        let copies = a.headline.story.map(|story| s.copies(story)).transpose()?.unwrap_or_default();
        let firms: Vec<Firm> = s.firms()?.into_iter().filter(|f| a.headline.title.contains(&f.name)).collect();
        let candidates = if words.is_empty() { Vec::new() } else { s.search(&words, MAX_CANDIDATES)? };
        let (issues, topics) = (open_issues(s, ArticleId(id), &scope)?, s.article_topics(ArticleId(id))?);
        let said = HashMap::from([(ArticleId(id), s.feedback_of_article(ArticleId(id), &scope)?)]);
        let said = feedback::views(s, said, &publications)?.remove(&ArticleId(id)).unwrap_or_default();
        let grade = s.update_grade(ArticleId(id), Utc::now())?.as_ref().map(grade_words);
        let versions = s.article_versions(ArticleId(id))?;
        Ok(Some((a, copies, s.also_in(ArticleId(id))?, firms, (issues, topics, candidates, said, grade, versions))))
    });
    let (a, copies, also_in, firms, (mut issues, topics, candidates, feedback, grade, versions)) = match stored(loaded.await) {
        Ok(Some(found)) => found,
        Ok(None) => return response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这篇文章"),
        Err(answer) => return answer,
    };
    record_opened(&console.store, ArticleId(id), session.name.clone());
    let (h, zone) = (a.headline, console.zone());
    if let Err(answer) = add_reasons(&console, &h, &mut issues).await {
        return answer;
    }
    let j = h.classification.clone().unwrap_or_default();
    let labels = j.industries.iter().chain(&j.themes).map(|l| (l.clone(), l.evidence.join("、"))).collect();
    response::page(&ArticlePage {
        confidence: confidence(&h.confidence),
        is_figure: console.live.sources().get(&h.source).is_some_and(|s| s.is_series()),
        frame: Layout::new(&console, &session, "文章"),
        row: row(&h, zone),
        labels,
        paragraphs: a.text.lines().map(str::to_owned).collect(),
        // the page's own 来源 is the same for all copies; show the source that found each
        copies: copies.iter().filter(|c| c.id != h.id).map(|c| HeadlineRow { publisher: c.source_name.clone(), ..row(c, zone) }).collect(),
        industries: console.vocabulary().industries.iter().map(|i| (i.clone(), j.industries.iter().any(|l| l.name == *i))).collect(),
        columns: columns(&console),
        also_in,
        firms,
        grade,
        reliabilities: article_grade::reliabilities(),
        credibilities: article_grade::credibilities(),
        topics,
        feedback,
        versions: source_changes::versions(versions, zone),
        issues,
        candidates: candidates.iter().filter(|c| c.id != h.id && copies.iter().all(|k| k.id != c.id)).map(|c| row(c, zone)).collect(),
        asked,
        h,
        j,
    })
}
