//! 送审, 审核, 签发 and what comes after: the part of the draft's page that signs an issue, calls it back or corrects it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::config::settings::Publication;
use crate::issue::notice::NoticeText;
use crate::issue::signing::{SigningAction, state_words};
use crate::model::{ArticleId, Edition, EditionId, EditionState, SigningStep};
use crate::store::{Session, SigningResult, Store, StoreError};
use crate::web::form::{Fields, Form};
use crate::web::issue_changes::{Refusal, load, stale_facts};
use crate::web::issue_editor::{Done, answer};
use crate::web::response::stored;
use crate::web::{AppState, response};

/// The way of an issue to its readers, as its page shows it.
pub(super) struct SigningView {
    /// 编辑中, 待审核 …
    pub(super) state: String,
    /// 送审 and the steps behind it; empty: any editor makes the issue final.
    pub(super) steps: Vec<StepView>,
    /// The step that is next, if this account may take it.
    pub(super) mine: Option<SigningStep>,
    /// Whether this account may take its 送审 back.
    pub(super) recall: bool,
    /// Whether it may call the final issue back, or correct it.
    pub(super) withdraw: bool,
    /// When the letters of the final issue are queued, if they are not yet.
    pub(super) letters_at: Option<String>,
    /// Why it was sent back: who, and what.
    pub(super) remarks: Vec<(Option<ArticleId>, String)>,
    /// Notices: label, day, who, letters.
    pub(super) notices: Vec<(String, String, String, usize)>,
    /// Whether its number is given when it is signed.
    pub(super) provisional: bool,
}

/// One step.
pub(super) struct StepView {
    pub(super) step: SigningStep,
    /// Who took it, and when.
    pub(super) taken: Option<String>,
    /// Who may.
    pub(super) holders: String,
}

impl SigningView {
    /// What the page has to say to this account.
    pub(super) fn read(
        s: &Store,
        e: &Edition,
        publication: Option<&Publication>,
        session: &Session,
        zone: chrono_tz::Tz,
    ) -> Result<Self, StoreError> {
        let duties = s.account(&session.name)?.map(|a| a.duties).unwrap_or_default();
        let state = e.state();
        let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
        // those of the issue from 送审 on, those of the settings before
        let behind = if state == EditionState::Draft { publication.map_or(&[][..], |p| &p.signing) } else { &e.signing.required };
        let steps = if behind.is_empty() { &[] } else { &[SigningStep::Submit][..] };
        let step = |step: &SigningStep| {
            let taken = e.signing.signatures.iter().find(|s| s.step == *step).map(|s| format!("{} {}", s.by, at(s.at)));
            Ok(StepView { step: *step, taken, holders: s.holders_of(*step)?.join("、") })
        };
        let next = match state {
            EditionState::Draft => steps.first().copied(),
            EditionState::Submitted(step) => Some(step),
            EditionState::Final => None,
        };
        let remark = |r: &crate::model::Remark| (r.article, format!("{}（{}）：{}", r.by, at(r.at), r.text));
        let notices = s.notices_of(e.id)?.into_iter().map(|n| (n.notice.label(), at(n.at), n.by, n.letters)).collect();
        Ok(Self {
            state: state_words(e),
            steps: steps.iter().chain(behind).map(step).collect::<Result<_, StoreError>>()?,
            mine: next.filter(|n| duties.contains(n)),
            recall: matches!(state, EditionState::Submitted(_)) && e.signing.signatures.len() == 1 && duties.contains(&SigningStep::Submit),
            withdraw: state == EditionState::Final && e.signing.required.last().is_none_or(|last| duties.contains(last)),
            letters_at: s.letters_due_at(e.id)?.map(at),
            remarks: e.signing.remarks.iter().map(remark).collect(),
            notices,
            provisional: !s.is_numbered(e.id)?,
        })
    }

    /// Whether a step makes the issue final.
    pub(super) fn is_last(&self, step: &SigningStep) -> bool {
        self.steps.last().is_some_and(|s| s.step == *step)
    }

    /// Remarks about the issue itself.
    pub(super) fn general(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().filter(|r| r.0.is_none()).map(|r| r.1.as_str())
    }

    /// Remarks about an item.
    pub(super) fn about(&self, article: &ArticleId) -> impl Iterator<Item = &str> {
        self.remarks.iter().filter(move |r| r.0 == Some(*article)).map(|r| r.1.as_str())
    }
}

/// Takes a step, calls an issue back, or corrects it.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    make(&console, EditionId(id), &form).await.unwrap_or_else(|answer| answer)
}

async fn make(console: &AppState, id: EditionId, form: &Form) -> Result<Response, Response> {
    let (e, _) = load(console, &form.session, id).await?;
    let (fields, who, now) = (&form.fields, form.session.name.clone(), Utc::now());
    let (seen, today) = (fields.number("version").unwrap_or(0), now.with_timezone(&console.zone()).date_naive());
    let store = &console.store;
    let result = match fields.text("do") {
        "withdraw" => {
            let reason = fields.text("reason").to_owned();
            store.run(move |s| s.withdraw_edition(id, seen, &reason, &who, today, now)).await
        }
        "correct" => {
            let article = fields.number("about").filter(|n| *n != 0).map(ArticleId);
            let text = NoticeText::Correction { article, wrong: fields.text("wrong").to_owned(), right: fields.text("right").to_owned() };
            store.run(move |s| s.correct_edition(id, text, &who, today, now)).await
        }
        _ => {
            let action = match action(console, &e, fields).await {
                Ok(action) => action,
                Err(Refusal::Words(words)) => return answer(console, id, form, Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words)).await,
                Err(Refusal::Answer(answer)) => return Err(answer),
            };
            let pipeline = console.pipeline();
            // one whose publication is gone from the settings needs no steps
            let publication = pipeline.settings().publication_named(&e.publication).cloned().unwrap_or_default();
            store.run(move |s| s.sign_edition(id, seen, &action, &publication, &who, now)).await
        }
    };
    let done = match stored(result)? {
        SigningResult::Done(_) => {
            console.pipeline().issues().queue_due(Utc::now()).await.map_err(|e| response::broken(&e))?;
            Done::refused(StatusCode::OK, String::new())
        }
        SigningResult::Conflict => Done::refused(StatusCode::CONFLICT, "别人刚刚改过这一期：请看过最新的内容再操作".to_owned()),
        SigningResult::Rejected(e) => Done::refused(StatusCode::FORBIDDEN, e.to_string()),
        SigningResult::NotSent(e) => Done::refused(StatusCode::UNPROCESSABLE_ENTITY, e.to_string()),
        SigningResult::Unknown => return Err(response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这一期")),
    };
    answer(console, id, form, done).await
}

/// The step that a form asks for. An issue is not submitted with a foreword that is not true any more, unless the editor says so.
async fn action(console: &AppState, e: &Edition, fields: &Fields) -> Result<SigningAction, Refusal> {
    let action = match fields.text("do") {
        "finalise" => SigningAction::Finalise,
        "submit" => SigningAction::Submit,
        "approve" => match SigningStep::parse(fields.text("step")) {
            Some(step) => SigningAction::Approve(step),
            None => return Err(Refusal::Words("不认识的操作".to_owned())),
        },
        "return" => SigningAction::Return(remarks(e, fields)),
        "recall" => SigningAction::Recall,
        _ => return Err(Refusal::Words("不认识的操作".to_owned())),
    };
    if matches!(action, SigningAction::Finalise | SigningAction::Submit) && fields.text("anyway").is_empty() {
        let stale = stale_facts(console, e).await?;
        if !stale.is_empty() {
            let words = format!("没有{0}：编者的话与内容不符，{1}。请改正，或勾选“仍要{0}”", action.chinese(), stale.join("；"));
            return Err(Refusal::Words(words));
        }
    }
    Ok(action)
}

fn remarks(e: &Edition, fields: &Fields) -> Vec<(Option<ArticleId>, String)> {
    let about = |i: &crate::model::Item| (Some(i.article), fields.text(&format!("remark-{}", i.article)).to_owned());
    std::iter::once((None, fields.text("remark").to_owned())).chain(e.items().map(about)).collect()
}

/// Starts an issue beside the calendar.
pub(super) async fn start(State(console): State<AppState>, form: Form) -> Response {
    let pipeline = console.pipeline();
    let Some(publication) = pipeline.settings().publication_named(form.fields.text("publication")) else {
        return response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "没有这个刊物");
    };
    let extra = !publication.is_on_demand();
    match pipeline.issues().start(publication, extra, form.session.name.clone(), Utc::now()).await {
        Ok(e) => Redirect::to(&console.path(&format!("/draft/{}", e.id))).into_response(),
        Err(e) => response::broken(&e),
    }
}
