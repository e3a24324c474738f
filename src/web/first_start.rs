//! The first page of a new installation: sets up the institute and the first admin. Only who knows the code in the log sees it, and only
//! while there are no settings and no accounts.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;
use subtle::ConstantTimeEq as _;

use crate::config::taxonomy::sets::{self, IndustrySet};
use crate::mail::try_login;
use crate::pipeline::ConfigHandle;
use crate::setup::{AnswerError, DEFAULT_COLUMNS, MailAnswers, Question, SetupAnswers, SetupFiles, SetupPlan, mail_port, own_industries, split_list};
use crate::store::Role;
use crate::web::form::{self, Fields};
use crate::web::password_policy::check_password;
use crate::web::{AppState, password, response};

/// The actor in the audit log.
const WHO: &str = "初始设置";
const MAX_FORM_BYTES: usize = 256 << 10;

/// The code of a new installation; `None` once it is set up, or if it was when the console started.
#[derive(Debug, Default)]
pub(super) struct FirstStart {
    code: Mutex<Option<String>>,
    /// One form at a time.
    turn: tokio::sync::Mutex<()>,
}

impl FirstStart {
    /// Makes a code if there are no settings and no accounts, and logs the address of the page.
    pub(super) fn new(live: &ConfigHandle, has_accounts: bool, address: &str) -> Self {
        if has_accounts || live.config_path().exists() {
            return Self::default();
        }
        match password::fresh() {
            Ok(code) => {
                tracing::warn!("this is a new installation: set it up at http://{address}/setup?code={code} or with `qingbao setup`");
                Self { code: Mutex::new(Some(code)), ..Self::default() }
            }
            Err(e) => {
                tracing::error!("no code for the first page: {e}; use `qingbao setup`");
                Self::default()
            }
        }
    }

    /// Whether the installation waits to be set up.
    pub(super) fn is_open(&self) -> bool {
        self.code.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn takes(&self, given: &str) -> bool {
        let code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        code.as_ref().is_some_and(|code| bool::from(code.as_bytes().ct_eq(given.as_bytes())))
    }

    fn close(&self) {
        self.code.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[derive(Template)]
#[template(path = "first_start.html")]
struct FirstStartPage {
    base: String,
    code: String,
    sets: Vec<IndustrySet>,
    default_columns: String,
    sent: Sent,
    wrong: Vec<AnswerError>,
    /// What is wrong with no answer in particular.
    error: String,
}

impl FirstStartPage {
    /// Returns what is wrong with an answer.
    fn wrong_with(&self, key: &str) -> &str {
        self.wrong.iter().find(|e| e.question.key() == key).map_or("", |e| &e.chinese)
    }
}

/// The form as typed.
#[derive(Default)]
struct Sent {
    organiser: String,
    city: String,
    publication: String,
    industries: String,
    own_industries: String,
    columns: String,
    at: String,
    recipients: String,
    host: String,
    port: String,
    from: String,
    tls: String,
    user: String,
    admin: String,
    starter_sources: bool,
}

impl Sent {
    fn new(f: &Fields) -> Self {
        let text = |name| f.text(name).to_owned();
        Self {
            organiser: text("organiser"),
            city: text("city"),
            publication: text("publication"),
            industries: text("industries"),
            own_industries: text("own_industries"),
            columns: text("columns"),
            at: text("at"),
            recipients: text("recipients"),
            host: text("host"),
            port: text("port"),
            from: text("from"),
            tls: text("tls"),
            user: text("user"),
            admin: text("admin"),
            starter_sources: !f.text("starter_sources").is_empty(),
        }
    }

    /// Returns the answers, with what cannot be read.
    fn answers(&self, files: &SetupFiles) -> (SetupAnswers, Vec<AnswerError>) {
        let own = own_industries(&self.own_industries);
        let port = mail_port(&self.port);
        let wrong = |question, why: Option<&String>| why.map(|chinese| AnswerError { question, chinese: chinese.clone() });
        let unread = [wrong(Question::OwnIndustries, own.as_ref().err()), wrong(Question::Mail, port.as_ref().err())].into_iter().flatten().collect();
        let user = Some(self.user.clone()).filter(|u| !u.is_empty());
        let mail = MailAnswers {
            from: self.from.clone(),
            host: self.host.clone(),
            port: port.unwrap_or_default(),
            tls: self.tls.clone(),
            password_file: user.as_ref().map(|_| files.smtp_password.display().to_string()),
            user,
        };
        let answers = SetupAnswers {
            organiser: self.organiser.clone(),
            city: self.city.clone(),
            publication: self.publication.clone(),
            industries: self.industries.clone(),
            own_industries: own.unwrap_or_default(),
            columns: split_list(&self.columns),
            at: self.at.clone(),
            recipients: split_list(&self.recipients),
            mail: (!self.host.is_empty()).then_some(mail),
            admin: self.admin.clone(),
            starter_sources: Some(self.starter_sources),
            ..SetupAnswers::default()
        };
        (answers, unread)
    }
}

fn show(console: &AppState, code: &str, sent: Sent, wrong: Vec<AnswerError>, error: String) -> Response {
    response::page(&FirstStartPage {
        base: console.settings.base_path.clone(),
        code: code.to_owned(),
        sets: sets::sets().unwrap_or_default(),
        default_columns: DEFAULT_COLUMNS.map(|c| c.0).join("、"),
        sent,
        wrong,
        error,
    })
}

pub(super) async fn page(State(console): State<AppState>, uri: Uri) -> Response {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let code = fields.text("code");
    if !console.first_start.takes(code) {
        return Redirect::to(&console.path("/login")).into_response();
    }
    let columns = DEFAULT_COLUMNS.map(|c| c.0).join("、");
    let sent = Sent {
        industries: sets::NATIONAL.to_owned(),
        columns,
        at: "07:30".to_owned(),
        admin: "admin".to_owned(),
        starter_sources: true,
        ..Sent::default()
    };
    show(&console, code, sent, Vec::new(), String::new())
}

pub(super) async fn save(State(console): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let fields = match form::read(&parts, body, MAX_FORM_BYTES).await {
        Ok(fields) => fields,
        Err((code, why)) => return (code, why).into_response(),
    };
    let code = fields.text("code").to_owned();
    if !console.first_start.takes(&code) {
        return Redirect::to(&console.path("/login")).into_response();
    }
    let sent = Sent::new(&fields);
    let _turn = console.first_start.turn.lock().await;
    if !console.first_start.is_open() {
        return Redirect::to(&console.path("/login")).into_response();
    }
    match set_up(&console, &sent, &fields).await {
        Ok(()) => Redirect::to(&console.path("/login")).into_response(),
        Err((wrong, error)) => (StatusCode::UNPROCESSABLE_ENTITY, show(&console, &code, sent, wrong, error)).into_response(),
    }
}

type Refusal = (Vec<AnswerError>, String);

/// Checks everything, tries the mail account, writes the files and the account, and takes them over.
async fn set_up(console: &AppState, sent: &Sent, fields: &Fields) -> Result<(), Refusal> {
    let told = |words: String| (Vec::new(), words);
    let live = &console.live;
    let files = SetupFiles::new(Some(live.config_path()), live.sources_path(), Path::new("")).map_err(|e| told(e.to_string()))?;
    let (answers, unread) = sent.answers(&files);
    let plan = SetupPlan::new(&answers, &files.folder);
    let mut wrong: Vec<AnswerError> = unread.into_iter().chain(plan.as_ref().err().cloned().unwrap_or_default()).collect();
    let password = fields.get("password").unwrap_or_default().to_owned();
    let admin = Some(sent.admin.as_str()).filter(|a| !a.is_empty()).unwrap_or("admin");
    if let Err(e) = check_password(admin, &password) {
        wrong.push(AnswerError { question: Question::Admin, chinese: e.chinese() });
    } else if fields.get("again") != Some(&password) {
        wrong.push(AnswerError { question: Question::Admin, chinese: "两次输入的密码不一样".to_owned() });
    }
    let smtp_password = fields.get("smtp_password").filter(|p| !p.is_empty() && answers.mail.as_ref().is_some_and(|m| m.user.is_some()));
    if answers.mail.as_ref().is_some_and(|m| m.user.is_some()) && smtp_password.is_none() {
        wrong.push(AnswerError { question: Question::Mail, chinese: "写了登录名，还要写密码或授权码".to_owned() });
    }
    let plan = match plan {
        Ok(plan) if wrong.is_empty() => plan,
        _ => return Err((wrong, String::new())),
    };
    files.refuse_existing(false).map_err(|e| told(e.to_string()))?;
    if fields.text("untried").is_empty() {
        let tried = try_login(&plan.settings.mail, smtp_password).await;
        let refused = |why| vec![AnswerError { question: Question::Mail, chinese: format!("{} 登录没有成功：{why}", sent.host) }];
        tried.map_err(|why| (refused(why), String::new()))?;
    }
    let hash = tokio::task::spawn_blocking(move || password::hash(&password)).await.map_err(|e| told(e.to_string()))?;
    let hash = hash.map_err(|e| told(e.to_string()))?;
    files.write(&plan, smtp_password).map_err(|e| told(e.to_string()))?;
    let admin = plan.admin.clone();
    let added = console.store.run(move |s| s.add_account(&admin, Role::Admin, &hash, WHO, Utc::now())).await;
    added.map_err(|e| told(e.to_string()))?;
    console.first_start.close();
    let live = Arc::clone(live);
    tokio::task::spawn_blocking(move || live.refresh(true)).await.map_err(|e| told(e.to_string()))?;
    Ok(())
}
