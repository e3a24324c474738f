//! 候选文章: articles that may be added to an issue.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use chrono::Utc;

use crate::config::settings::{Publication, SummariseSettings};
use crate::issue::{self, Archive as _, CandidateList, Exclusion};
use crate::model::{ArticleId, Edition, EditionId, GradeFloor, GradeMark, Headline, RuleEvidence, RuleId};
use crate::pipeline::{Pipeline, PipelineError};
use crate::render::mark_title;
use crate::store::{Filter, Session, Store, StoreError};
use crate::web::access::Editor;
use crate::web::article_grade::{self, FloorChoice};
use crate::web::form::Fields;
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, archive, issue_changes, response, rules};

/// Number of candidates shown.
const MAX_CANDIDATES: usize = 60;
/// Number of candidates ranked.
const MAX_RANKED: usize = 2_000;

#[derive(Template)]
#[template(path = "pool.html")]
struct CandidatesPage {
    frame: Layout,
    id: i64,
    version: u32,
    columns: Vec<String>,
    q: String,
    industry: String,
    place: String,
    source: String,
    reliability: String,
    credibility: String,
    reliabilities: Vec<FloorChoice>,
    credibilities: Vec<FloorChoice>,
    /// Number of candidates that a filter by grade leaves out because they have no grade yet.
    ungraded: usize,
    view: PoolView,
    /// Number of excluded articles.
    excluded: usize,
    industries: Vec<String>,
    sources: Vec<(String, String)>,
    found: Vec<CandidateRow>,
}

/// Which articles the page shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PoolView {
    /// The best candidates, or the results of a search.
    Best,
    Late,
    /// Those that a rule excludes, or whose story was dropped.
    Excluded,
}

/// Why an article is excluded, and the rule.
#[derive(Clone)]
pub(super) struct Why {
    pub(super) words: String,
    pub(super) rule: Option<i64>,
}

struct CandidateRow {
    why: Option<Why>,
    id: i64,
    /// Its rank, if it is a candidate.
    rank: String,
    title: String,
    publisher: String,
    date: String,
    /// Its grade, and what that says.
    grade: Option<(String, String)>,
    column: String,
    industries: String,
    /// Titles of its topics (关注课题).
    topics: String,
    summary: String,
    /// Its column, if the issue already has it.
    there: Option<String>,
}

/// Number of excluded articles shown.
const MAX_EXCLUDED: usize = 200;
/// Articles without a grade that are graded for one page: bounds its time. The draft's best candidates have theirs from when it was made.
const MAX_GRADED: usize = 24;

/// The articles of a page, and what a filter by grade left out.
#[derive(Default)]
struct Offered {
    found: Vec<Headline>,
    marks: HashMap<ArticleId, GradeMark>,
    ungraded: usize,
}

impl Offered {
    /// Keeps those that fit a floor, all if it is open.
    fn at_least(store: &Store, found: Vec<Headline>, floor: GradeFloor) -> Result<Self, StoreError> {
        let ids: Vec<ArticleId> = found.iter().map(|h| h.id).collect();
        let (marks, ungraded) = graded(store, &ids, floor)?;
        let found = found.into_iter().filter(|h| floor.accepts(marks.get(&h.id).copied())).collect();
        Ok(Self { found, marks, ungraded })
    }
}

/// Returns the grades of articles, and how many have none if a floor needs them.
fn graded(store: &Store, ids: &[ArticleId], floor: GradeFloor) -> Result<(HashMap<ArticleId, GradeMark>, usize), StoreError> {
    let mut marks = store.marks(ids)?;
    store.grade_missing(ids, &mut marks, MAX_GRADED, Utc::now())?;
    let ungraded = if floor.is_open() { 0 } else { ids.iter().filter(|id| !marks.contains_key(id)).count() };
    Ok((marks, ungraded))
}

/// The candidates, which are costly: they need all articles of the window.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    scores: HashMap<ArticleId, f64>,
    excluded: Vec<(ArticleId, Exclusion)>,
}

impl From<CandidateList> for Ranks {
    fn from(r: CandidateList) -> Self {
        Self { scores: r.scores.into_iter().collect(), excluded: r.excluded }
    }
}

/// What a ranking is of: an issue, and a version of the rules (不再报道).
pub(super) type RankingKey = (EditionId, String);

pub(super) async fn ranking(console: &AppState, e: &Edition) -> Result<Arc<Ranks>, Response> {
    let (pipeline, name, date) = (console.pipeline(), e.publication.clone(), e.date);
    let version = stored(console.store.run(Store::rules_version).await)?;
    let ranks = async move {
        let ranked = pipeline.issues().rank_candidates(publication(&pipeline, &name), date, MAX_RANKED).await?;
        Ok::<Ranks, PipelineError>(ranked.into())
    };
    console.ranking.get((e.id, version), ranks).await.map_err(|e| response::broken(&e))
}

/// Returns the publication of an issue; the first one if the settings no longer have its name.
fn publication<'a>(pipeline: &'a Pipeline, name: &str) -> &'a Publication {
    let settings = pipeline.settings();
    settings.publication_named(name).unwrap_or(&settings.publication)
}

/// Shows articles to add: the best candidates, or the results of an archive search.
pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>, uri: Uri) -> Response {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    offer(&console, &session, EditionId(id), &fields).await.unwrap_or_else(|answer| answer)
}

async fn offer(console: &AppState, session: &Session, id: EditionId, f: &Fields) -> Result<Response, Response> {
    let (e, version) = issue_changes::load(console, session, id).await?;
    let there: HashMap<ArticleId, String> = e.columns.iter().flat_map(|c| c.items.iter().map(|i| (i.article, c.name.clone()))).collect();
    let late = !f.text("late").is_empty();
    let is_excluded = !f.text("excluded").is_empty();
    let floor = article_grade::floor(f);
    let (offered_articles, ranks): (Offered, Arc<Ranks>) = if is_excluded {
        let ranks = ranking(console, &e).await?;
        let ids: Vec<ArticleId> = ranks.excluded.iter().take(MAX_EXCLUDED).map(|(id, _)| *id).collect();
        let found = console.store.run(move |s| Offered::at_least(s, ids.into_iter().map(|id| s.headline(id)).collect::<Result<_, _>>()?, floor));
        (stored(found.await)?, ranks)
    } else if late {
        // the ranking covers the window, and none of these articles is in it
        let pipeline = console.pipeline();
        let found = pipeline
            .issues()
            .late_arrivals(publication(&pipeline, &e.publication), e.date, MAX_CANDIDATES)
            .await
            .map_err(|e| response::broken(&e))?;
        (stored(console.store.run(move |s| Offered::at_least(s, found, floor)).await)?, Arc::default())
    } else {
        let ranks = ranking(console, &e).await?;
        let (filter, known) = (archive::filter(f, console.zone()), Arc::clone(&ranks));
        let taken: Vec<ArticleId> = there.keys().copied().collect();
        (stored(console.store.run(move |s| best(s, &filter, &known, &taken)).await)?, ranks)
    };
    let excluded = ranks.excluded.len();
    let Offered { found, marks, ungraded } = offered_articles;
    let this = Arc::clone(console);
    let found = console.store.run(move |s| {
        let pipeline = this.pipeline();
        let summaries = &pipeline.settings().summarise;
        let words = if is_excluded { exclusion_words(s, &ranks.excluded)? } else { HashMap::new() };
        let rows = found.into_iter().map(|h| {
            let why = words.get(&h.id).cloned();
            let grade = marks.get(&h.id).map(|mark| (mark.to_string(), mark_title(*mark)));
            Ok(CandidateRow { why, grade, ..offered(s, h, &ranks, &there, summaries, this.zone())? })
        });
        rows.collect()
    });
    let found = stored(found.await)?;
    Ok(response::page(&CandidatesPage {
        frame: Layout::new(console, session, "候选文章"),
        id: id.0,
        version,
        columns: e.columns.iter().map(|c| c.name.clone()).collect(),
        q: f.text("q").to_owned(),
        industry: f.text("industry").to_owned(),
        place: f.text("place").to_owned(),
        source: f.text("source").to_owned(),
        reliability: f.text("reliability").to_owned(),
        credibility: f.text("credibility").to_owned(),
        reliabilities: article_grade::reliability_floors(),
        credibilities: article_grade::credibility_floors(),
        ungraded,
        view: if is_excluded {
            PoolView::Excluded
        } else if late {
            PoolView::Late
        } else {
            PoolView::Best
        },
        excluded,
        industries: console.vocabulary().industries.clone(),
        sources: console.live.sources().sources.iter().map(|s| (s.id.to_string(), s.name.clone())).collect(),
        found,
    }))
}

/// Returns the best candidates that are not in the issue yet, or the results of a search.
fn best(store: &Store, filter: &Filter, ranks: &Ranks, there: &[ArticleId]) -> Result<Offered, StoreError> {
    let floor = filter.floor;
    if (Filter { floor: GradeFloor::default(), ..filter.clone() }).is_open() {
        let mut best: Vec<(ArticleId, f64)> = ranks.scores.iter().filter(|(id, _)| !there.contains(id)).map(|(id, rank)| (*id, *rank)).collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.0.cmp(&a.0.0)));
        let mut ids: Vec<ArticleId> = best.into_iter().map(|(id, _)| id).collect();
        if floor.is_open() {
            ids.truncate(MAX_CANDIDATES);
        }
        let (marks, ungraded) = graded(store, &ids, floor)?;
        ids.retain(|id| floor.accepts(marks.get(id).copied()));
        let found = ids.into_iter().take(MAX_CANDIDATES).map(|id| store.headline(id)).collect::<Result<_, _>>()?;
        return Ok(Offered { found, marks, ungraded });
    }
    let mut found = store.find(filter, MAX_CANDIDATES)?;
    // candidates first, best first; then articles of earlier issues and old ones
    let rank = |h: &Headline| ranks.scores.get(&h.id).copied().unwrap_or(f64::NEG_INFINITY);
    found.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    Offered::at_least(store, found, floor)
}

/// Returns why articles are excluded, in words.
pub(super) fn exclusion_words(store: &Store, excluded: &[(ArticleId, Exclusion)]) -> Result<HashMap<ArticleId, Why>, StoreError> {
    let sources = store.source_names()?;
    let names: HashMap<RuleId, String> = store.rules()?.into_iter().map(|r| (r.id, rules::summary(&sources, &r.draft))).collect();
    let words = |why: &Exclusion| match why {
        Exclusion::Dropped(reason) => Why { words: format!("曾剔除（{}），没有新情况", reason.chinese()), rule: None },
        Exclusion::Rule(m) => {
            let evidence: Vec<String> = m.evidence.iter().map(RuleEvidence::words).collect();
            let name = names.get(&m.rule).map_or("规则已删除", String::as_str);
            Why { words: format!("{name}（{}）", evidence.join("；")), rule: names.contains_key(&m.rule).then_some(m.rule.0) }
        }
    };
    Ok(excluded.iter().take(MAX_EXCLUDED).map(|(id, why)| (*id, words(why))).collect())
}

fn offered(
    store: &Store,
    h: Headline,
    ranks: &Ranks,
    there: &HashMap<ArticleId, String>,
    settings: &SummariseSettings,
    zone: chrono_tz::Tz,
) -> Result<CandidateRow, StoreError> {
    let date = h.sort_time().with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let j = h.classification.clone().unwrap_or_default();
    let industries = j.industries.iter().chain(&j.themes).map(|l| l.name.as_str()).collect::<Vec<_>>().join("、");
    let rank = ranks.scores.get(&h.id).map(|r| format!("{r:.1}")).unwrap_or_default();
    let summary = issue::summary(&h, &store.whole_archive().text(h.id)?, settings, zone);
    let topics = store.article_topics(h.id)?.into_iter().map(|(_, title)| title).collect::<Vec<_>>().join("、");
    let there = there.get(&h.id).cloned();
    let publisher = h.publisher_or_source().to_owned();
    Ok(CandidateRow {
        why: None,
        grade: None,
        rank,
        id: h.id.0,
        publisher,
        title: h.title,
        date,
        column: j.column,
        industries,
        topics,
        summary,
        there,
    })
}
