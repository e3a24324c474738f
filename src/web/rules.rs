//! 不再报道: the list of rules, and the page of each.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::model::{Rule, RuleDraft, RuleEffect, RuleEvidence, RuleId, RuleKind, RuleState, SourceId};
use crate::store::{DraftWithHits, RulePreview, Session, Store, StoreError};
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::form::{Action as _, Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::rule_warnings::{unknown_organisation, warnings};
use crate::web::{AppState, Console, response};

pub(super) const PATH: &str = "/rules";
/// What a preview looks at, and how many articles it names.
pub(super) const PREVIEW_DAYS: i64 = 30;
pub(super) const MAX_NAMED: usize = 50;

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Layout,
    words: String,
    active: Vec<RuleLine>,
    resting: Vec<RuleLine>,
}

/// A rule in the list.
struct RuleLine {
    id: i64,
    summary: String,
    reason: String,
    state: RuleState,
    facts: String,
    /// What is wrong with the name that it says; empty if nothing is.
    warning: String,
}

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    frame: Layout,
    /// False for a rule on all publications, if the account is limited to some.
    may_change: bool,
    line: RuleLine,
    /// What it would have excluded in the last days.
    preview: PreviewView,
    /// What it excluded since it was made.
    since: PreviewView,
}

/// What a rule excludes, as its page and form show it.
pub(super) struct PreviewView {
    pub(super) title: String,
    pub(super) preview: RulePreview,
    pub(super) hits: Vec<HitView>,
    /// Open drafts with some of them: id, label and number.
    pub(super) drafts: Vec<(i64, String, usize)>,
    pub(super) warnings: Vec<String>,
}

pub(super) struct HitView {
    pub(super) row: HeadlineRow,
    pub(super) why: String,
    pub(super) is_printed: bool,
}

impl PreviewView {
    pub(super) fn new(title: String, mut preview: RulePreview, warnings: Vec<String>, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Self {
        let hits = std::mem::take(&mut preview.hits).into_iter().map(|h| HitView {
            row: row(&h.headline, zone),
            why: h.evidence.iter().map(RuleEvidence::words).collect::<Vec<_>>().join("；"),
            is_printed: h.is_printed,
        });
        let (hits, today) = (hits.collect(), now.with_timezone(&zone).date_naive());
        let drafts = preview.drafts.iter().map(|d| (d.edition.0, draft_label(d, today), d.items));
        Self { title, hits, drafts: drafts.collect(), warnings, preview }
    }
}

fn draft_label(d: &DraftWithHits, today: NaiveDate) -> String {
    let day = if d.date == today { "今日".to_owned() } else { format!(" {} 的", d.date) };
    format!("《{}》{day}草稿里还有", d.publication)
}

/// Ids and names of sources.
pub(super) type SourceNames = [(SourceId, String)];

/// Returns what a rule says in one line.
pub(super) fn summary(sources: &SourceNames, d: &RuleDraft) -> String {
    let name = |id: &SourceId| sources.iter().find(|s| s.0 == *id).map_or_else(|| id.to_string(), |s| s.1.clone());
    let column = d.column.as_ref().map_or(String::new(), |c| format!("的“{c}”"));
    let source = d.source.as_ref().map(|s| format!("来源“{}”{column}", name(s)));
    let content = format!("{}：{}", d.kind.chinese(), d.text);
    match (d.effect, d.kind, source) {
        (_, RuleKind::Source, source) => format!("不要{}", source.unwrap_or_default()),
        (RuleEffect::OnlyIf, _, source) => format!("{}只要有{content}", source.unwrap_or_default()),
        (RuleEffect::Exclude, _, None) => format!("不要{content}"),
        (RuleEffect::Exclude, _, Some(source)) => format!("{source}不要{content}"),
    }
}

/// Whether some organisation has the name that a rule on an organisation says.
pub(super) fn is_known(s: &Store, d: &RuleDraft) -> Result<bool, StoreError> {
    Ok(d.kind != RuleKind::Organisation || s.organisation_named(&d.text)?.is_some())
}

fn line(zone: chrono_tz::Tz, sources: &SourceNames, rule: &Rule, is_known: bool, now: DateTime<Utc>) -> RuleLine {
    let d = &rule.draft;
    let facts = [
        d.publication.as_ref().map_or("全部刊物".to_owned(), |p| format!("只对《{p}》")),
        format!("{} {} 建立", rule.author, rule.created_at.with_timezone(&zone).format("%Y-%m-%d")),
        d.expires.map_or("不过期".to_owned(), |last| format!("到 {last} 为止")),
    ];
    let state = rule.state(now.with_timezone(&zone).date_naive());
    let warning = if is_known { String::new() } else { unknown_organisation(&d.text) };
    RuleLine { id: rule.id.0, summary: summary(sources, d), reason: d.reason.clone(), state, facts: facts.join(" · "), warning }
}

pub(super) async fn list(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let publication = match console.shown_publication(&session) {
        Ok(p) => p.name,
        Err(answer) => return answer,
    };
    // a rule of a publication that the settings no longer have has no other list
    let beside = console.issues_beside(&session, &publication);
    let found = console.store.run(move |s| {
        let known = |r: Rule| Ok::<_, StoreError>((is_known(s, &r.draft)?, r));
        let is_here = |r: &Rule| r.draft.publication.as_ref().is_none_or(|p| beside.scope.includes(p) && !beside.except.contains(p));
        Ok((s.rules()?.into_iter().filter(is_here).map(known).collect::<Result<Vec<_>, _>>()?, s.source_names()?))
    });
    let (rules, sources) = match stored(found.await) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (zone, now) = (console.zone(), Utc::now());
    let lines = rules.iter().map(|(is_known, r)| line(zone, &sources, r, *is_known, now));
    let (active, resting) = lines.partition(|l| l.state == RuleState::Active);
    let words = console.flash(&session, PATH).words;
    response::page(&RulesPage { frame: Layout::new(&console, &session, "不再报道"), words, active, resting })
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    show(&console, &session, RuleId(id)).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, id: RuleId) -> Result<Response, Response> {
    let now = Utc::now();
    let found = console.store.run(move |s| {
        let Some(rule) = s.rule(id)? else { return Ok(None) };
        let preview = s.preview_rule(&rule.draft, now - TimeDelta::days(PREVIEW_DAYS), MAX_NAMED)?;
        let since = s.preview_rule(&rule.draft, rule.created_at, MAX_NAMED)?;
        Ok(Some((is_known(s, &rule.draft)?, rule, preview, since, s.source_names()?)))
    });
    let Some((is_known, rule, mut preview, mut since, sources)) = stored(found.await)? else { return Err(missing(console, session)) };
    preview.drafts.retain(|d| session.scope.includes(&d.publication));
    since.drafts.retain(|d| session.scope.includes(&d.publication));
    let may_change = !session.scope.is_limited() || rule.draft.publication.is_some();
    let zone = console.zone();
    let warnings = warnings(&rule.draft, &preview, PREVIEW_DAYS, &console.vocabulary().industries, is_known);
    Ok(response::page(&RulePage {
        may_change,
        frame: Layout::new(console, session, "不再报道"),
        line: line(zone, &sources, &rule, is_known, now),
        preview: PreviewView::new(format!("过去 {PREVIEW_DAYS} 天"), preview, warnings, zone, now),
        since: PreviewView::new("建立以来".to_owned(), since, Vec::new(), zone, now),
    }))
}

pub(super) fn missing(console: &Console, session: &Session) -> Response {
    response::refused(console, session, StatusCode::NOT_FOUND, "没有这条规则")
}

actions! {
    /// What an editor does with a rule.
    RuleAction {
        Disable = "disable",
        Enable = "enable",
        Delete = "delete",
    }
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    let (id, who, now) = (RuleId(id), form.session.name.clone(), Utc::now());
    let action = match RuleAction::parse(form.fields.text("do")) {
        Ok(action) => action,
        Err(words) => return response::refused(&console, &form.session, StatusCode::BAD_REQUEST, &words),
    };
    if action == RuleAction::Delete && form.fields.text("sure") != "yes" {
        return response::refused(&console, &form.session, StatusCode::BAD_REQUEST, "没有删除：请先勾选“确认”再按“删除”");
    }
    let done = console.store.run(move |s| match action {
        RuleAction::Disable => s.enable_rule(id, false, &who, now),
        RuleAction::Enable => s.enable_rule(id, true, &who, now),
        RuleAction::Delete => s.delete_rule(id, &who, now),
    });
    match stored(done.await) {
        Ok(false) => missing(&console, &form.session),
        Ok(true) if action == RuleAction::Delete => console.redirect_with(&form.session, PATH, "已删除规则".to_owned()),
        Ok(true) => Redirect::to(&console.path(&format!("{PATH}/{id}"))).into_response(),
        Err(answer) => answer,
    }
}
