//! 订阅人: who gets a publication, besides those of `qingbao.toml`.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::config::settings::{Publication, Recipient};
use crate::model::{MailAddress, Subscriber, SubscriberDraft, SubscriberId};
use crate::store::{MAX_SUBSCRIBERS, Session, Store, StoreError, SubscriberEdit};
use crate::web::access::{Admin, Editor};
use crate::web::form::{AdminForm, Fields, Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, response};

const PATH: &str = "/subscribers";
/// Most lines of a pasted list, and names of a selection.
const MAX_LINES: usize = 2_000;
const MAX_NAMES: usize = 50;
/// Wrong lines that are shown.
const MAX_SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "subscribers.html")]
struct SubscribersPage {
    frame: Layout,
    words: String,
    /// Every publication.
    publications: Vec<String>,
    publication: String,
    rows: Vec<SubscriberRow>,
    /// Which version of an issue subscribers get.
    gets: &'static str,
    choices: Choices,
}

/// A subscriber in the list.
struct SubscriberRow {
    /// `None`: fixed by `qingbao.toml`.
    id: Option<i64>,
    name: String,
    address: String,
    selection: String,
    is_active: bool,
    last_mailed: String,
    added: String,
}

#[derive(Template)]
#[template(path = "subscriber.html")]
struct SubscriberPage {
    frame: Layout,
    id: i64,
    publication: String,
    address: String,
    choices: Choices,
}

/// What can be selected, each with whether it is.
struct Choices {
    columns: Vec<(String, bool)>,
    industries: Vec<(String, bool)>,
    topics: Vec<(String, bool)>,
    organisations: String,
}

impl Choices {
    fn new(console: &AppState, publication: &str, topics: &[String], draft: Option<&SubscriberDraft>) -> Self {
        let pipeline = console.pipeline();
        let columns = pipeline.settings().publication_named(publication).map(Publication::column_names).unwrap_or_default();
        let marked = |names: &[String], chosen: Option<&Vec<String>>| {
            // what was chosen stays on offer, even if the settings or topics lack it now
            let gone = chosen.into_iter().flatten().filter(|n| !names.contains(n));
            names.iter().chain(gone).map(|n| (n.clone(), chosen.is_some_and(|c| c.contains(n)))).collect()
        };
        Self {
            columns: marked(&columns, draft.map(|d| &d.columns)),
            industries: marked(&console.vocabulary().industries, draft.map(|d| &d.industries)),
            topics: marked(topics, draft.map(|d| &d.topics)),
            organisations: draft.map(|d| d.organisations.join("\n")).unwrap_or_default(),
        }
    }
}

fn open_topics(s: &Store, account: &str) -> Result<Vec<String>, StoreError> {
    Ok(s.topics(account)?.into_iter().filter(|t| t.topic.closed_at.is_none()).map(|t| t.topic.draft.title).collect())
}

pub(super) async fn list(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let asked = Fields::parse(uri.query().unwrap_or_default().as_bytes()).text("publication").to_owned();
    show(&console, &session, &asked).await.unwrap_or_else(|answer| answer)
}

/// Returns the publication of this name, or the first.
fn publication_of(console: &AppState, name: &str) -> Publication {
    let pipeline = console.pipeline();
    pipeline.settings().publication_named(name).unwrap_or(&pipeline.settings().publication).clone()
}

async fn show(console: &AppState, session: &Session, asked: &str) -> Result<Response, Response> {
    let publication = publication_of(console, asked);
    let (name, account) = (publication.name.clone(), session.name.clone());
    let loaded = console.store.run(move |s| Ok((s.subscribers(&name)?, s.last_mailed(&name)?, open_topics(s, &account)?)));
    let (subscribers, mailed, topics) = stored(loaded.await)?;
    let zone = console.zone();
    let when = |address: &str| mailed.get(&address.to_ascii_lowercase()).map_or_else(|| "还没有".to_owned(), |t| day(*t, zone));
    let fixed = fixed(&publication).map(|r| SubscriberRow {
        id: None,
        name: r.address.name().unwrap_or_default().to_owned(),
        address: r.address.bare(),
        selection: selection(&r.columns, &r.industries, &r.topics, &r.organisations),
        is_active: true,
        last_mailed: when(&r.address.bare()),
        added: "写在 qingbao.toml 里".to_owned(),
    });
    let kept = subscribers.into_iter().map(|s| SubscriberRow {
        id: Some(s.id.0),
        name: s.draft.address.name().unwrap_or_default().to_owned(),
        address: s.draft.address.bare(),
        selection: selection(&s.draft.columns, &s.draft.industries, &s.draft.topics, &s.draft.organisations),
        is_active: s.is_active,
        last_mailed: when(&s.draft.address.bare()),
        added: format!("{} {}", s.added_by, day(s.added_at, zone)),
    });
    Ok(response::page(&SubscribersPage {
        frame: Layout::new(console, session, "订阅人"),
        words: console.flash(session, PATH).words,
        publications: console.pipeline().settings().publications().map(|p| p.name.clone()).collect(),
        rows: fixed.chain(kept).collect(),
        gets: if publication.mails_subscribers(true) { "签发以后的那一版" } else { "草稿" },
        choices: Choices::new(console, &publication.name, &topics, None),
        publication: publication.name,
    }))
}

fn day(at: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d").to_string()
}

/// Returns those whom the settings name, each once.
fn fixed(p: &Publication) -> impl Iterator<Item = &Recipient> {
    let again = |r: &Recipient| p.recipients.iter().any(|q| q.address.bare().eq_ignore_ascii_case(&r.address.bare()));
    p.recipients.iter().chain(p.final_recipients.iter().filter(move |r| !again(r)))
}

/// Returns a selection in words: 行业动态；发制品；课题：固态电池.
fn selection(columns: &[String], industries: &[String], topics: &[String], organisations: &[String]) -> String {
    let labels: Vec<String> = [columns, industries].iter().filter(|l| !l.is_empty()).map(|l| l.join("、")).collect();
    let further = [("课题", topics), ("机构", organisations)];
    let further = further.iter().filter(|(_, l)| !l.is_empty()).map(|(word, l)| format!("{word}：{}", l.join("、")));
    let all: Vec<String> = (!labels.is_empty()).then(|| labels.join("里的")).into_iter().chain(further).collect();
    if all.is_empty() { "全部".to_owned() } else { all.join("；") }
}

actions! {
    /// What an admin does with subscribers.
    SubscriberAction { Add = "add", Import = "import", Save = "save", Stop = "stop", Resume = "resume" }
}

/// Adds, imports, stops or resumes subscribers.
pub(super) async fn change(State(console): State<AppState>, AdminForm(form): AdminForm) -> Response {
    let done = match form.action(&console) {
        Ok(SubscriberAction::Add) => add(&console, &form).await,
        Ok(SubscriberAction::Import) => import(&console, &form).await,
        Ok(SubscriberAction::Stop) => set_active(&console, &form, false).await,
        Ok(SubscriberAction::Resume) => set_active(&console, &form, true).await,
        Ok(SubscriberAction::Save) => Err(response::refused(&console, &form.session, StatusCode::UNPROCESSABLE_ENTITY, "请在订阅人的页面上修改")),
        Err(answer) => Err(answer),
    };
    done.unwrap_or_else(|answer| answer)
}

fn refused(console: &AppState, form: &Form, code: StatusCode, words: &str) -> Response {
    response::refused(console, &form.session, code, words)
}

/// Reads the fields of a subscriber; refuses names that nothing has.
async fn draft(console: &AppState, form: &Form, publication: &Publication) -> Result<SubscriberDraft, Response> {
    let fields = &form.fields;
    let wrong = |words: &str| refused(console, form, StatusCode::UNPROCESSABLE_ENTITY, words);
    let address = MailAddress::parse(fields.text("address")).map_err(|e| wrong(&e.chinese()))?;
    let chosen = |prefix: &str| -> Vec<String> {
        let mut names: Vec<String> = fields.starting_with(prefix).take(MAX_NAMES).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    };
    let split = fields.text("organisations").split(['\n', '、', ';', '；']).map(str::trim).filter(|n| !n.is_empty());
    let organisations: Vec<String> = split.take(MAX_NAMES).map(str::to_owned).collect();
    let asked = organisations.clone();
    let unknown = stored(console.store.run(move |s| s.unknown_organisations(&asked)).await)?;
    if !unknown.is_empty() {
        return Err(wrong(&format!("文章里没有这些机构：{}。请按“机构”页上的名称写", unknown.join("、"))));
    }
    let mut columns = chosen("column-");
    columns.sort_by_key(|c| publication.columns.iter().position(|q| q.name == *c));
    Ok(SubscriberDraft { address, columns, industries: chosen("industry-"), topics: chosen("topic-"), organisations })
}

fn taken(console: &AppState, form: &Form) -> Response {
    refused(console, form, StatusCode::CONFLICT, "这个邮箱已经在这份刊物的订阅人或收件人里")
}

fn is_fixed(p: &Publication, address: &MailAddress) -> bool {
    fixed(p).any(|r| r.address.bare().eq_ignore_ascii_case(&address.bare()))
}

async fn add(console: &AppState, form: &Form) -> Result<Response, Response> {
    let publication = publication_of(console, form.fields.text("publication"));
    let draft = draft(console, form, &publication).await?;
    if is_fixed(&publication, &draft.address) {
        return Err(taken(console, form));
    }
    let (who, name, words) = (form.session.name.clone(), publication.name.clone(), format!("已添加 {}", draft.address));
    let done = console.store.run(move |s| s.add_subscriber(&name, &draft, &who, Utc::now()));
    match stored(done.await)? {
        SubscriberEdit::Saved => Ok(back(console, form, &publication.name, words)),
        SubscriberEdit::Full => Err(refused(console, form, StatusCode::CONFLICT, &format!("一份刊物最多 {MAX_SUBSCRIBERS} 位订阅人"))),
        SubscriberEdit::Known | SubscriberEdit::Missing => Err(taken(console, form)),
    }
}

/// Adds a pasted list, one address on each line. Wrong lines are told, the others are added.
async fn import(console: &AppState, form: &Form) -> Result<Response, Response> {
    let publication = publication_of(console, form.fields.text("publication"));
    let lines: Vec<&str> = form.fields.text("list").lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if lines.len() > MAX_LINES {
        return Err(refused(console, form, StatusCode::UNPROCESSABLE_ENTITY, &format!("一次最多导入 {MAX_LINES} 行")));
    }
    let (mut addresses, mut wrong) = (Vec::new(), Vec::new());
    for (n, line) in lines.iter().enumerate() {
        match MailAddress::parse(line) {
            Ok(address) if is_fixed(&publication, &address) => {}
            Ok(address) => addresses.push(address),
            Err(e) => wrong.push(format!("第 {} 行：{}", n + 1, e.chinese())),
        }
    }
    let (who, name, total) = (form.session.name.clone(), publication.name.clone(), lines.len());
    let (added, too_many) = stored(console.store.run(move |s| s.import_subscribers(&name, &addresses, &who, Utc::now())).await)?;
    let known = total - added - too_many - wrong.len();
    let mut words = format!("导入 {added} 位，{known} 位已经有了，{} 行不是邮箱", wrong.len());
    if too_many > 0 {
        words = format!("{words}，{too_many} 位没有加：一份刊物最多 {MAX_SUBSCRIBERS} 位");
    }
    if !wrong.is_empty() {
        wrong.truncate(MAX_SHOWN);
        words = format!("{words}。{}", wrong.join("；"));
    }
    Ok(back(console, form, &publication.name, words))
}

async fn set_active(console: &AppState, form: &Form, active: bool) -> Result<Response, Response> {
    let (id, who) = (SubscriberId(form.fields.number("id").unwrap_or(0)), form.session.name.clone());
    let done = console.store.run(move |s| Ok((s.subscriber(id)?, s.set_subscriber_active(id, active, &who, Utc::now())?)));
    let (Some(subscriber), SubscriberEdit::Saved) = stored(done.await)? else { return Err(missing(console, &form.session)) };
    let words = if active { "恢复发送给" } else { "不再发送给" };
    Ok(back(console, form, &subscriber.publication, format!("{words} {}", subscriber.draft.address)))
}

/// Returns to the list of a publication with a message.
fn back(console: &AppState, form: &Form, publication: &str, words: String) -> Response {
    let answer = console.redirect_with(&form.session, PATH, words);
    if console.pipeline().settings().publication.name == publication {
        return answer;
    }
    let name: String = url::form_urlencoded::byte_serialize(publication.as_bytes()).collect();
    Redirect::to(&format!("{}?publication={name}", console.path(PATH))).into_response()
}

fn missing(console: &AppState, session: &Session) -> Response {
    response::refused(console, session, StatusCode::NOT_FOUND, "没有这位订阅人")
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path(id): Path<i64>) -> Response {
    let account = session.name.clone();
    let loaded = console.store.run(move |s| Ok((s.subscriber(SubscriberId(id))?, open_topics(s, &account)?)));
    match stored(loaded.await) {
        Ok((Some(Subscriber { publication, draft, .. }), topics)) => {
            let choices = Choices::new(&console, &publication, &topics, Some(&draft));
            let address = draft.address.to_string();
            response::page(&SubscriberPage { frame: Layout::new(&console, &session, "订阅人"), id, publication, address, choices })
        }
        Ok((None, _)) => missing(&console, &session),
        Err(answer) => answer,
    }
}

pub(super) async fn save(State(console): State<AppState>, Path(id): Path<i64>, AdminForm(form): AdminForm) -> Response {
    match form.action(&console) {
        Ok(SubscriberAction::Save) => store_changes(&console, &form, SubscriberId(id)).await.unwrap_or_else(|answer| answer),
        Ok(_) => refused(&console, &form, StatusCode::UNPROCESSABLE_ENTITY, "请在订阅人的列表里操作"),
        Err(answer) => answer,
    }
}

async fn store_changes(console: &AppState, form: &Form, id: SubscriberId) -> Result<Response, Response> {
    let Some(before) = stored(console.store.run(move |s| s.subscriber(id)).await)? else { return Err(missing(console, &form.session)) };
    let publication = publication_of(console, &before.publication);
    let draft = draft(console, form, &publication).await?;
    if is_fixed(&publication, &draft.address) {
        return Err(taken(console, form));
    }
    let (who, words) = (form.session.name.clone(), format!("已保存 {}", draft.address));
    match stored(console.store.run(move |s| s.edit_subscriber(id, &draft, &who, Utc::now())).await)? {
        SubscriberEdit::Saved => Ok(back(console, form, &before.publication, words)),
        SubscriberEdit::Missing => Err(missing(console, &form.session)),
        SubscriberEdit::Known | SubscriberEdit::Full => Err(taken(console, form)),
    }
}

/// Returns the names that people read of the recipients of a publication, by address in lower case.
pub(super) fn reader_names(s: &Store, publications: &[Publication]) -> Result<HashMap<String, String>, StoreError> {
    let mut out = HashMap::new();
    let mut put = |a: &MailAddress| {
        if let Some(name) = a.name() {
            out.insert(a.bare().to_ascii_lowercase(), name.to_owned());
        }
    };
    for p in publications {
        fixed(p).for_each(|r| put(&r.address));
        s.subscribers(&p.name)?.iter().for_each(|s| put(&s.draft.address));
    }
    Ok(out)
}
