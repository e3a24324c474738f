//! 今日草稿: the editing page of an issue.

use std::collections::HashMap;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;

use crate::config::settings::Publication;
use crate::issue::edit::{DropReason, MAX_ATTACHMENTS, MAX_FOREWORD, MAX_NOTE, MAX_SUMMARY, MAX_TEXT, MAX_TITLE};
use crate::libreoffice::find_soffice;
use crate::mail;
use crate::model::{ArticleId, Edition, EditionId, EditionState, Item, Print, SigningStep};
use crate::pipeline::recipients;
use crate::render::GradeWords;
use crate::store::{Direction, EditResult, EditionRow, Session};
use crate::web::access::Editor;
use crate::web::article_grade;
use crate::web::desk_state::{self, Conflict, Outcome};
use crate::web::dropped::{self, DroppedView};
use crate::web::evidence::{self, CheckStatus, Checks, ItemCheck};
use crate::web::feedback::{self, FeedbackView};
use crate::web::form::{Fields, Form};
use crate::web::issue_changes::{Choice, Refusal, Request, load, requested, stale_facts};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::rule_offers::Offer;
use crate::web::signing_view::SigningView;
use crate::web::source_changes::{self, FindingView, Proposal};
use crate::web::{AppState, audit_words, response};

#[derive(Template)]
#[template(path = "desk.html")]
struct EditorPage {
    frame: Layout,
    e: Edition,
    version: u32,
    others: Vec<(i64, String)>,
    /// Imported issues.
    old: Vec<(i64, String)>,
    reasons: Vec<(&'static str, &'static str)>,
    columns: Vec<String>,
    /// The changes that 撤销 and 重做 would make.
    undo: Option<String>,
    redo: Option<String>,
    most: Limits,
    /// Statements of the foreword that no longer match the items.
    stale: Vec<String>,
    /// What of each item has no support in its article.
    evidence: Checks,
    /// Each mail: recipient, contents, state.
    letters: Vec<(String, String, &'static str)>,
    finals: usize,
    /// What readers said of its items.
    feedback: HashMap<ArticleId, FeedbackView>,
    /// Grades of the items (B2).
    grades: HashMap<ArticleId, GradeWords>,
    /// Items whose text was recognised on pictures: the confidence in percent.
    recognised: HashMap<ArticleId, i64>,
    /// What sources changed in its items.
    findings: Vec<FindingView>,
    /// The 更正 to fill into the form.
    proposal: Option<Proposal>,
    /// Whether PDF output is available.
    pdf: bool,
    signing: SigningView,
    dropped: Vec<DroppedView>,
    /// Publications whose issues can be started: name, and label of the button.
    startable: Vec<(String, String)>,
    said: Notice,
}

/// The page before the first issue.
#[derive(Template)]
#[template(path = "no_issue.html")]
struct NoIssuePage {
    frame: Layout,
    publication: String,
    /// When the calendar makes the next issue.
    next: Option<String>,
}

/// Maximum characters of each text, and number of attachments.
struct Limits {
    title: usize,
    summary: usize,
    text: usize,
    note: usize,
    foreword: usize,
    attachments: usize,
}

const LIMITS: Limits =
    Limits { title: MAX_TITLE, summary: MAX_SUMMARY, text: MAX_TEXT, note: MAX_NOTE, foreword: MAX_FOREWORD, attachments: MAX_ATTACHMENTS };

impl EditorPage {
    fn check_of(&self, item: &Item) -> Option<&ItemCheck> {
        self.evidence.get(&item.article.0).map(AsRef::as_ref)
    }

    fn findings_of(&self, article: &ArticleId) -> impl Iterator<Item = &FindingView> {
        self.findings.iter().filter(move |f| f.article == *article)
    }

    /// Returns the items whose changes wait for an answer.
    fn open_findings(&self) -> Vec<&Item> {
        self.e.items().filter(|i| self.findings_of(&i.article).any(|f| f.is_open)).collect()
    }

    fn is_proposed(&self, item: &Item) -> bool {
        self.proposal.as_ref().is_some_and(|p| p.article == item.article)
    }

    /// Whether this account may send a 更正 now.
    fn may_correct(&self) -> bool {
        self.signing.withdraw && self.signing.letters_at.is_none() && !self.letters.is_empty()
    }

    /// Whether 送审 or 定稿 asks for confirmation.
    fn needs_confirmation(&self) -> bool {
        !self.stale.is_empty() || self.evidence.values().any(|c| !c.unsupported.is_empty())
    }
}

/// Most issues made here, and most old issues, that the list of issues offers.
const MAX_OTHERS: usize = 12;
const MAX_OLD: usize = 500;

/// A message above the page, and what its forms are filled with.
#[derive(Default)]
struct Notice {
    /// The finding whose 更正 is filled in.
    finding: Option<i64>,
    words: String,
    /// The editor's texts, if another editor was faster.
    kept: Vec<(String, String)>,
    /// Alternatives offered to the editor.
    choices: Vec<Choice>,
}

pub(super) async fn newest(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let p = match console.shown_publication(&session) {
        Ok(p) => p,
        Err(answer) => return answer,
    };
    let filter = console.issues_beside(&session, &p.name);
    match stored(console.store.run(move |s| s.own_editions(&filter, 1)).await) {
        Ok(list) => {
            if let Some(e) = list.first() {
                return Redirect::to(&console.path(&format!("/draft/{}", e.id))).into_response();
            }
            let next = p.calendar.next_moment(p.at, Utc::now()).map(|t| t.with_timezone(&console.zone()).format("%-m月%-d日 %H:%M").to_string());
            response::page(&NoIssuePage { frame: Layout::new(&console, &session, "今日草稿"), publication: p.name, next })
        }
        Err(answer) => answer,
    }
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>, uri: Uri) -> Response {
    let finding = Fields::parse(uri.query().unwrap_or_default().as_bytes()).number("finding");
    show(&console, &session, EditionId(id), Notice { finding, ..Notice::default() }).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, id: EditionId, said: Notice) -> Result<Response, Response> {
    let (e, version) = load(console, session, id).await?;
    let store = &console.store;
    let filter = console.issues_beside(session, &e.publication);
    let (others, old) = stored(store.run(move |s| Ok((s.own_editions(&filter, MAX_OTHERS)?, s.imported_editions(&filter, MAX_OLD)?))).await)?;
    let (undo, redo) = stored(store.run(move |s| Ok((s.next_step(id, Direction::Back)?, s.next_step(id, Direction::Forth)?))).await)?;
    let letters = stored(store.run(move |s| s.messages_of(id)).await)?;
    let publications: Vec<Publication> = console.pipeline().settings().publications().cloned().collect();
    let items = e.clone();
    let grades = stored(store.run(move |s| article_grade::grades_of_items(s, &items)).await)?;
    let ids: Vec<ArticleId> = e.items().map(|i| i.article).collect();
    let recognised = stored(store.run(move |s| s.recognised(&ids)).await)?;
    let said_by_readers = stored(store.run(move |s| feedback::views(s, s.feedback_of_edition(id)?, &publications)).await)?;
    let pipeline = console.pipeline();
    let publication = pipeline.settings().publication_named(&e.publication);
    let finals = match publication.cloned() {
        Some(p) => stored(store.run(move |s| Ok(recipients(s, &p, true)?.len())).await)?,
        None => 0,
    };
    let (copy, p, who, zone) = (e.clone(), publication.cloned(), session.clone(), console.zone());
    let signing = stored(store.run(move |s| SigningView::read(s, &copy, p.as_ref(), &who, zone)).await)?;
    let (copy, finding) = (e.clone(), said.finding);
    let (findings, proposal) =
        stored(store.run(move |s| Ok((source_changes::findings(s, id, zone)?, source_changes::proposal(s, &copy, finding)?))).await)?;
    let page = EditorPage {
        findings,
        proposal,
        signing,
        dropped: dropped::views(console, &e).await?,
        startable: pipeline.settings().publications().filter(|p| session.scope.includes(&p.name)).map(|p| (p.name.clone(), started_as(p))).collect(),
        frame: Layout::new(console, session, "今日草稿").of_publication(&e.publication),
        others: others.iter().map(|o| (o.id.0, row_label(o))).collect(),
        old: old.iter().map(|o| (o.id.0, row_label(o))).collect(),
        reasons: DropReason::ALL.iter().map(|r| (r.1, r.2)).collect(),
        columns: e.columns.iter().map(|c| c.name.clone()).collect(),
        undo: undo.map(audit_words::step),
        redo: redo.map(audit_words::step),
        most: LIMITS,
        stale: stale_facts(console, &e).await?,
        evidence: if e.is_frozen() { Checks::new() } else { evidence::checks(console, &e).await? },
        letters: letters.into_iter().map(|l| (l.recipient, mail::message_content(l.content), mail::delivery_state(l.state))).collect(),
        finals,
        feedback: said_by_readers,
        grades,
        recognised,
        pdf: find_soffice(&pipeline.settings().pdf).is_ok(),
        e,
        version,
        said,
    };
    Ok(response::page(&page))
}

/// Returns 2026-11-24 竞争情报快递 2026年第3期(总第3期)（待审核）.
fn row_label(row: &EditionRow) -> String {
    let state = match row.state {
        EditionState::Draft => String::new(),
        EditionState::Submitted(step) => format!("（待{}）", step.chinese()),
        EditionState::Final if row.is_imported => String::new(),
        EditionState::Final => "（已定稿）".to_owned(),
    };
    format!("{} {} {}{state}", row.date, row.publication, row.label())
}

/// Returns the label of the button that starts an issue of a publication.
fn started_as(p: &Publication) -> String {
    if p.is_on_demand() { format!("《{}》新一期", p.name) } else { format!("《{}》增刊", p.name) }
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    make(&console, EditionId(id), &form).await.unwrap_or_else(|answer| answer)
}

async fn make(console: &AppState, id: EditionId, form: &Form) -> Result<Response, Response> {
    let fields = &form.fields;
    let done = match requested(console, &form.session, id, fields).await {
        Ok(request) => {
            let unwanted = request.dropped_as_off_topic();
            let mut done = carry_out(console, &form.session, id, fields.number("version").unwrap_or(0), request).await?;
            if done.code == StatusCode::OK {
                done.offers = dropped::offered(console, id, unwanted).await?;
            }
            done
        }
        Err(Refusal::Words(words)) => Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words),
        Err(Refusal::Choices(words, choices)) => Done { choices, ..Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words) },
        Err(Refusal::Answer(answer)) => return Err(answer),
    };
    answer(console, id, form, done).await
}

/// Result of a form.
pub(super) struct Done {
    pub(super) code: StatusCode,
    /// Empty on success.
    pub(super) words: String,
    conflict: Option<Conflict>,
    choices: Vec<Choice>,
    /// Rules (不再报道) offered for the item that was dropped.
    offers: Vec<Offer>,
}

impl Done {
    pub(super) fn success() -> Self {
        Self::refused(StatusCode::OK, String::new())
    }

    /// Returns a refusal with its reason.
    pub(super) fn refused(code: StatusCode, words: String) -> Self {
        Self { code, words, conflict: None, choices: Vec::new(), offers: Vec::new() }
    }
}

/// Undoes or redoes a step, or makes changes.
pub(super) async fn carry_out(console: &AppState, session: &Session, id: EditionId, seen: u32, request: Request) -> Result<Done, Response> {
    let who = session.name.clone();
    let done = console.store.run(move |s| match request {
        Request::Step(direction) => s.step_edition(id, seen, direction, &who, Utc::now()),
        Request::Changes(changes) => s.change_edition(id, &changes, &who, Utc::now()),
    });
    Ok(match stored(done.await)? {
        EditResult::Updated(_) => Done::success(),
        EditResult::Conflict(_) => Done::refused(StatusCode::CONFLICT, "别人刚刚改过这一期：请看过最新的内容再操作".to_owned()),
        EditResult::Rejected(e) => {
            let conflict = Conflict::of(&e);
            let code = if conflict.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            Done { conflict, ..Done::refused(code, e.to_string()) }
        }
        EditResult::NothingToUndo => Done::refused(StatusCode::UNPROCESSABLE_ENTITY, "没有可以撤销或重做的改动".to_owned()),
    })
}

/// Reports the result of a form to the script, or to a browser without it.
pub(super) async fn answer(console: &AppState, id: EditionId, form: &Form, done: Done) -> Result<Response, Response> {
    let (fields, Done { code, words, conflict, choices, offers }) = (&form.fields, done);
    if form.by_script {
        let (seen, at) = (fields.number("version").unwrap_or(0), fields.number("article").unwrap_or(0));
        let state = desk_state::read(console, &form.session, id, seen, at).await?;
        return Ok((code, Json(Outcome { words, conflict, choices, offers, state })).into_response());
    }
    if code == StatusCode::OK {
        let anchor = match fields.text("article") {
            _ if !offers.is_empty() => "#dropped".to_owned(),
            "" => String::new(),
            article => format!("#a{article}"),
        };
        return Ok(Redirect::to(&console.path(&format!("/draft/{id}{anchor}"))).into_response());
    }
    let mine = |(name, label): (&str, &str)| Some((label.to_owned(), fields.text(name).to_owned())).filter(|(_, v)| !v.is_empty());
    let texts = [
        ("title", "标题"),
        ("summary", "摘要"),
        ("text", "全文"),
        ("note", "按语"),
        ("foreword", "编者的话"),
        ("remark", "意见"),
        ("wrong", "原文"),
        ("right", "应为"),
        ("reason", "原因"),
    ];
    let remarks = fields.starting_with("remark-").map(|text| ("对一条的意见".to_owned(), text.to_owned()));
    let kept: Vec<_> = texts.into_iter().filter_map(mine).chain(remarks).collect();
    let words = if kept.is_empty() { words } else { format!("{words}。您写的文字在下面，没有丢") };
    let page = show(console, &form.session, id, Notice { words, kept, choices, finding: fields.number("finding") }).await?;
    Ok((code, page).into_response())
}
