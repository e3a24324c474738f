//! 送审, 审核, 签发 and later steps: the part of the draft's page that signs, withdraws or corrects an issue.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::Utc;

use crate::config::settings::Publication;
use crate::issue::notice::NoticeText;
use crate::issue::signing::SigningAction;
use crate::model::{ArticleId, Edition, EditionId, Item, Series, SigningStep};
use crate::store::{Announce, SigningResult, StoreError};
use crate::web::evidence;
use crate::web::form::{Fields, Form, actions};
use crate::web::issue_changes::{load, stale_facts};
use crate::web::issue_editor::{Done, answer};
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::{AppState, response};

/// Most characters of the reason why there is no 更正.
const MAX_REASON: usize = 200;

actions! {
    /// What an editor or signer does with an issue as a whole, or answers to what a source changed.
    SigningRequest {
        Finalise = "finalise",
        Submit = "submit",
        Approve = "approve",
        Return = "return",
        Recall = "recall",
        Withdraw = "withdraw",
        Discard = "discard",
        Correct = "correct",
        DismissChange = "dismiss-change",
    }
}

/// Takes a signing step, or withdraws or corrects an issue.
pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    make(&console, EditionId(id), &form).await.unwrap_or_else(|answer| answer)
}

async fn make(console: &AppState, id: EditionId, form: &Form) -> Result<Response, Response> {
    let (e, _) = load(console, &form.session, id).await?;
    let (fields, who, now) = (&form.fields, form.session.name.clone(), Utc::now());
    let (seen, today) = (fields.number("version").unwrap_or(0), now.with_timezone(&console.zone()).date_naive());
    let store = &console.store;
    let refused = |words: &str| Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    let request = match fields.action() {
        Ok(request) => request,
        Err(words) => return answer(console, id, form, refused(&words)).await,
    };
    let done = match request {
        SigningRequest::Finalise => sign(console, &e, form, SigningAction::Finalise).await?,
        SigningRequest::Submit => sign(console, &e, form, SigningAction::Submit).await?,
        SigningRequest::Approve => match SigningStep::parse(fields.text("step")) {
            Some(step) => sign(console, &e, form, SigningAction::Approve(step)).await?,
            None => refused("不认识的审签步骤"),
        },
        SigningRequest::Return => sign(console, &e, form, SigningAction::Return(remarks(&e, fields))).await?,
        SigningRequest::Recall => sign(console, &e, form, SigningAction::Recall).await?,
        SigningRequest::Withdraw => {
            let reason = fields.text("reason").to_owned();
            signed(console, form, store.run(move |s| s.withdraw_edition(id, seen, &reason, &who, today, now)).await).await?
        }
        SigningRequest::Discard => {
            if stored(store.run(move |s| s.discard_edition(id, &who, now)).await)? {
                return Ok(Redirect::to(&console.path("/draft")).into_response());
            }
            refused("没有删除：只有另起的、没有内容也没有发过信的草稿可以删除，请先移出全部条目")
        }
        SigningRequest::Correct => {
            // the store refuses a remark about no item
            let about = Some(fields.text("about")).filter(|a| !matches!(*a, "" | "0"));
            let article = about.map(|a| ArticleId(a.parse().unwrap_or(i64::MIN)));
            let text = NoticeText::Correction { article, wrong: fields.text("wrong").to_owned(), right: fields.text("right").to_owned() };
            let finding = fields.number("finding");
            signed(console, form, store.run(move |s| s.correct_edition(id, seen, (text, finding), &who, today, now)).await).await?
        }
        SigningRequest::DismissChange => dismiss_change(console, id, form).await?,
    };
    answer(console, id, form, done).await
}

/// Takes a signing step. An issue with an outdated foreword, or with statements that its articles do not support, is not submitted unless
/// the editor confirms.
async fn sign(console: &AppState, e: &Edition, form: &Form, action: SigningAction) -> Result<Done, Response> {
    let refused = |words| Ok(Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words));
    if matches!(action, SigningAction::Finalise | SigningAction::Submit) && form.fields.text("anyway").is_empty() {
        let stale = stale_facts(console, e).await?;
        if !stale.is_empty() {
            return refused(format!("没有{0}：编者的话与内容不符，{1}。请改正，或勾选“仍要{0}”", action.chinese(), stale.join("；")));
        }
        let unsupported = evidence::lines(e, &evidence::checks(console, e).await?);
        if !unsupported.is_empty() {
            return refused(format!(
                "没有{0}：有 {1} 处说法原文不支持。{2}。请改正，或勾选“仍要{0}”",
                action.chinese(),
                unsupported.len(),
                unsupported.join("；")
            ));
        }
    }
    let pipeline = console.pipeline();
    let Some(publication) = pipeline.settings().publication_named(&e.publication).cloned() else {
        return refused(format!("没有成功：设置里已经没有《{}》这个刊物，请管理员在 qingbao.toml 里改回它的名称", e.publication));
    };
    let (id, seen, who) = (e.id, form.fields.number("version").unwrap_or(0), form.session.name.clone());
    signed(console, form, console.store.run(move |s| s.sign_edition(id, seen, &action, &publication, &who, Utc::now())).await).await
}

/// Records why there is no 更正 for what a source changed.
async fn dismiss_change(console: &AppState, edition: EditionId, form: &Form) -> Result<Done, Response> {
    let refused = |words: &str| Ok(Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words.to_owned()));
    let (reason, who) = (form.fields.text("reason").trim().to_owned(), form.session.name.clone());
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return refused("没有保存：请写明不更正的原因，最多 200 个字");
    }
    let finding = form.fields.number("finding").unwrap_or(0);
    let done = console.store.run(move |s| s.dismiss_finding(edition, finding, &reason, &who, Utc::now())).await;
    if stored(done)? { Ok(Done::success()) } else { refused("没有保存：这处原文变化已经有人处理过") }
}

/// Converts the store's answer, and starts the mail of a final issue.
async fn signed(console: &AppState, form: &Form, result: Result<SigningResult, StoreError>) -> Result<Done, Response> {
    Ok(match stored(result)? {
        SigningResult::Done(_) => {
            // the mail loop retries a failed queueing, and an alarm reports it
            if let Err(e) = console.pipeline().queue_due(Utc::now()).await {
                tracing::error!("letters of final issues: {e}");
            }
            console.live.bells().mail.notify_one();
            console.live.bells().outlets.notify_one();
            Done::success()
        }
        SigningResult::Conflict => Done::refused(StatusCode::CONFLICT, "别人刚刚改过这一期：请看过最新的内容再操作".to_owned()),
        SigningResult::Rejected(e) => Done::refused(StatusCode::FORBIDDEN, e.to_string()),
        SigningResult::NotSent(e) => Done::refused(StatusCode::UNPROCESSABLE_ENTITY, e.to_string()),
        SigningResult::Unknown => return Err(response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这一期")),
    })
}

fn remarks(e: &Edition, fields: &Fields) -> Vec<(Option<ArticleId>, String)> {
    let about = |i: &Item| (Some(i.article), fields.text(&format!("remark-{}", i.article)).to_owned());
    std::iter::once((None, fields.text("remark").to_owned())).chain(e.items().map(about)).collect()
}

/// Starts an issue outside the calendar.
pub(super) async fn start(State(console): State<AppState>, form: Form) -> Response {
    let pipeline = console.pipeline();
    let Some(publication) = pipeline.settings().publication_named(form.fields.text("publication")) else {
        return response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "没有这个刊物");
    };
    if form.fields.text("do") == "draft" {
        return first_draft(&console, publication).await;
    }
    let series = if publication.is_on_demand() { Series::Regular } else { Series::Extra };
    match pipeline.issues().start(publication, series, form.session.name.clone(), Utc::now()).await {
        Ok(e) => Redirect::to(&console.path(&format!("/draft/{}", e.id))).into_response(),
        Err(e) => response::broken(&e),
    }
}

/// Makes today's draft now and queues its mail, if there is none yet.
async fn first_draft(console: &AppState, publication: &Publication) -> Response {
    let (pipeline, now) = (console.pipeline(), Utc::now());
    let sources = console.live.sources().count_of(&publication.sources);
    match pipeline.issues().draft(publication, publication.calendar.today(now), sources, Announce::Yes, now).await {
        Ok(e) => {
            console.live.bells().ring_all();
            Redirect::to(&console.path(&format!("/draft/{}", e.id))).into_response()
        }
        Err(e) => response::broken(&e),
    }
}
