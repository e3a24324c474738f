//! 账号: management of accounts, for admins.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;

use crate::model::{PublicationScope, SigningStep};
use crate::store::{AccountChange, Role, is_account_name};
use crate::web::access::{Admin, cookie};
use crate::web::flash::Flash;
use crate::web::form::{AdminForm, Form, actions};
use crate::web::response::{Layout, stored};
use crate::web::{AppState, password, response};

const PATH: &str = "/accounts";

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Layout,
    /// Whether accounts can be limited to publications.
    has_several: bool,
    rows: Vec<AccountRow>,
    /// Account and its new password, shown once.
    fresh: Option<(String, String)>,
    roles: [(&'static str, &'static str); 2],
}

struct AccountRow {
    name: String,
    role: &'static str,
    disabled: bool,
    last_login: String,
    own: bool,
    /// Signing steps, and whether the account has the duty.
    duties: Vec<(&'static str, &'static str, bool)>,
    is_admin: bool,
    /// The publications that it can be limited to.
    publications: Vec<LimitChoice>,
}

struct LimitChoice {
    name: String,
    is_chosen: bool,
    /// The settings no longer have it.
    is_gone: bool,
}

/// Returns the publications that an account can be limited to: those of the settings, and those that it is limited to already.
fn limit_choices(known: &[String], limit: &PublicationScope) -> Vec<LimitChoice> {
    let gone = limit.names().filter(|n| known.iter().all(|k| k != n)).map(|n| (n, true));
    let all = known.iter().map(|n| (n.as_str(), false)).chain(gone);
    all.map(|(n, is_gone)| LimitChoice { name: n.to_owned(), is_chosen: limit.names().any(|l| l == n), is_gone }).collect()
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin) -> Response {
    let (accounts, logins) = match stored(console.store.run(|s| Ok((s.accounts()?, s.last_logins()?))).await) {
        Ok(all) => all,
        Err(answer) => return answer,
    };
    let (zone, known) = (console.zone(), console.publications_of(&PublicationScope::All));
    let has_several = known.len() > 1 || accounts.iter().any(|a| a.limit.is_limited());
    let rows = accounts.into_iter().map(|a| AccountRow {
        last_login: logins.get(&a.name).map_or_else(|| "从未".to_owned(), |t| t.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()),
        own: a.name == session.name,
        is_admin: a.role == Role::Admin,
        publications: limit_choices(&known, &a.limit),
        duties: SigningStep::ALL.iter().map(|d| (d.as_str(), d.duty(), a.duties.contains(d))).collect(),
        name: a.name,
        role: a.role.as_str(),
        disabled: a.disabled,
    });
    let roles = [Role::Editor, Role::Admin].map(|r| (r.as_str(), response::role(r)));
    let fresh = console.flash(&session, PATH).password;
    response::page(&AccountsPage { frame: Layout::new(&console, &session, "账号"), has_several, rows: rows.collect(), fresh, roles })
}

actions! {
    /// What an admin does with an account.
    AccountAction {
        Add = "add",
        ResetPassword = "reset",
        SetRole = "role",
        SetDuties = "duties",
        LimitPublications = "publications",
        Disable = "disable",
        Enable = "enable",
        Remove = "remove",
    }
}

/// Adds, changes or removes an account, or resets its password.
pub(super) async fn change(State(console): State<AppState>, headers: HeaderMap, AdminForm(form): AdminForm) -> Response {
    let name = form.fields.text("name").to_owned();
    // accounts of earlier releases may have other names
    let action = match form.action(&console) {
        Ok(action) => action,
        Err(answer) => return answer,
    };
    if action == AccountAction::Add && !is_account_name(&name) {
        let words = "账号名用 1 到 40 个汉字、字母或数字，中间可以有 - _ . · @ 和空格";
        return response::refused(&console, &form.session, StatusCode::BAD_REQUEST, words);
    }
    match action {
        AccountAction::Add | AccountAction::ResetPassword => {
            // an admin who resets his own password stays signed in to read it
            let keep = cookie(&headers).filter(|_| name == form.session.name).map(|token| password::digest(&token));
            let role = match (action, Role::parse(form.fields.text("role"))) {
                (AccountAction::ResetPassword, _) => None,
                (_, Some(role)) => Some(role),
                (_, None) => return response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "不认识的角色"),
            };
            give_password(&console, &form, role, name, keep).await
        }
        AccountAction::SetRole => match Role::parse(form.fields.text("role")) {
            Some(role) => apply_change(&console, &form, move |s, who| s.set_role(&name, role, who, Utc::now())).await,
            None => response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "不认识的角色"),
        },
        AccountAction::SetDuties => {
            let duties: Vec<SigningStep> = SigningStep::ALL.into_iter().filter(|d| !form.fields.text(d.as_str()).is_empty()).collect();
            apply_change(&console, &form, move |s, who| s.set_duties(&name, &duties, who, Utc::now())).await
        }
        AccountAction::LimitPublications => limit(&console, &form, name).await.unwrap_or_else(|answer| answer),
        AccountAction::Disable => apply_change(&console, &form, move |s, who| s.disable_account(&name, true, who, Utc::now())).await,
        AccountAction::Enable => apply_change(&console, &form, move |s, who| s.disable_account(&name, false, who, Utc::now())).await,
        AccountAction::Remove if form.fields.text("sure") == "yes" => {
            apply_change(&console, &form, move |s, who| s.remove_account(&name, who, Utc::now())).await
        }
        AccountAction::Remove => response::refused(&console, &form.session, StatusCode::BAD_REQUEST, "没有删除：请先勾选“确认”再按“删除”"),
    }
}

/// Creates an account with a role, or without one resets its password and keeps its role. The password is generated and shown once.
async fn give_password(console: &AppState, form: &Form, new: Option<Role>, name: String, keep: Option<Vec<u8>>) -> Response {
    let made = tokio::task::spawn_blocking(|| password::fresh().and_then(|p| Ok((password::hash(&p)?, p))));
    let (hash, plain) = match made.await {
        Ok(Ok(made)) => made,
        Ok(Err(e)) => return response::broken(&e),
        Err(e) => return response::broken(&e),
    };
    let (who, subject) = (form.session.name.clone(), name.clone());
    let done = console.store.run(move |s| {
        let now = Utc::now();
        match new {
            Some(role) => s.add_account(&subject, role, &hash, &who, now),
            None => s.set_password(&subject, &hash, keep.as_deref(), &who, now),
        }
    });
    match stored(done.await) {
        Ok(true) => console.redirect_with_flash(&form.session, PATH, Flash { words: String::new(), password: Some((name, plain)) }),
        Ok(false) if new.is_some() => response::refused(console, &form.session, StatusCode::CONFLICT, "已经有这个账号；忘了密码请按“重置密码”"),
        Ok(false) => response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个账号"),
        Err(answer) => answer,
    }
}

/// Limits an account to the ticked publications; without a tick to none.
async fn limit(console: &AppState, form: &Form, name: String) -> Result<Response, Response> {
    let limit = PublicationScope::of_names(form.fields.starting_with("of-").map(str::to_owned));
    let (known, subject) = (console.publications_of(&PublicationScope::All), name.clone());
    let before = stored(console.store.run(move |s| s.account(&subject)).await)?.map(|a| a.limit).unwrap_or_default();
    let is_offered = |n: &str| known.iter().any(|k| k == n) || before.names().any(|b| b == n);
    if !limit.names().all(is_offered) {
        let words = "没有改：没有这份简报，名称可能刚刚改过";
        return Err(response::refused(console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, words));
    }
    Ok(apply_change(console, form, move |s, who| s.limit_account(&name, &limit, who, Utc::now())).await)
}

/// Applies a change that the store may refuse.
async fn apply_change(
    console: &AppState,
    form: &Form,
    change: impl FnOnce(&crate::store::Store, &str) -> crate::store::Result<AccountChange> + Send + 'static,
) -> Response {
    let who = form.session.name.clone();
    match stored(console.store.run(move |s| change(s, &who)).await) {
        Ok(AccountChange::Done) => Redirect::to(&console.path(PATH)).into_response(),
        Ok(AccountChange::Unknown) => response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个账号"),
        Ok(AccountChange::NoLimitForAdmins) => {
            response::refused(console, &form.session, StatusCode::CONFLICT, "管理员可以编全部简报，不能限定；要限定，请先把角色改成编辑")
        }
        Ok(AccountChange::LastAdmin) => {
            response::refused(console, &form.session, StatusCode::CONFLICT, "这是最后一个能用的管理员账号：请先设另一位管理员")
        }
        Err(answer) => answer,
    }
}
