//! 订阅人: who gets a publication, besides those of `qingbao.toml`.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::config::settings::Publication;
use crate::model::{MailAddress, SubscriberId};
use crate::store::{MAX_SUBSCRIBERS, Session, Store, StoreError, SubscriberEdit};
use crate::web::access::Editor;
use crate::web::form::{AdminForm, Fields, Form, actions};
use crate::web::response::{Layout, stored};
use crate::web::subscriber_values::{Choices, Chosen, Mistake, draft, fixed, is_fixed, open_topics, publication_of, taken, wrong};
use crate::web::{AppState, response};

const PATH: &str = "/subscribers";
/// Most lines of a pasted list.
const MAX_LINES: usize = 2_000;
/// Wrong lines that are shown.
const MAX_SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "subscribers.html")]
struct SubscribersPage {
    frame: Layout,
    words: String,
    publication: String,
    rows: Vec<SubscriberRow>,
    /// Which version of an issue subscribers get.
    gets: &'static str,
    /// The form of a new subscriber.
    address: String,
    choices: Choices,
    mistake: String,
    /// Lines of a pasted list that were not read.
    pasted: String,
}

/// What a form that was not saved keeps.
#[derive(Default)]
struct Unsaved {
    /// What is wrong, with the status that says so.
    mistake: Option<Mistake>,
    words: String,
    address: String,
    chosen: Chosen,
    pasted: String,
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

pub(super) async fn list(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let shown = async {
        let publication = publication_of(&console, &session, fields.get("publication"))?;
        let words = console.flash(&session, PATH).words;
        show(&console, &session, publication, Unsaved { words, ..Unsaved::default() }).await
    };
    shown.await.unwrap_or_else(|answer: Response| answer)
}

async fn show(console: &AppState, session: &Session, publication: Publication, unsaved: Unsaved) -> Result<Response, Response> {
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
    let (code, mistake) = unsaved.mistake.unwrap_or_default();
    let page = SubscribersPage {
        frame: Layout::new(console, session, "订阅人").of_publication(&publication.name),
        words: unsaved.words,
        rows: fixed.chain(kept).collect(),
        gets: if publication.mails_subscribers(true) { "签发以后的那一版" } else { "草稿" },
        choices: Choices::new(console, &publication.name, &topics, &unsaved.chosen),
        publication: publication.name,
        address: unsaved.address,
        mistake,
        pasted: unsaved.pasted,
    };
    Ok((code, response::page(&page)).into_response())
}

fn day(at: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d").to_string()
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

pub(super) fn refused(console: &AppState, form: &Form, code: StatusCode, words: &str) -> Response {
    response::refused(console, &form.session, code, words)
}

async fn add(console: &AppState, form: &Form) -> Result<Response, Response> {
    let publication = publication_of(console, &form.session, form.fields.get("publication"))?;
    let mistake = match draft(console, form, &publication, &Chosen::default()).await? {
        Err(mistake) => mistake,
        Ok(draft) => {
            let (who, name, words) = (form.session.name.clone(), publication.name.clone(), format!("已添加 {}", draft.address));
            let done = console.store.run(move |s| s.add_subscriber(&name, &draft, &who, Utc::now()));
            match stored(done.await)? {
                SubscriberEdit::Saved => return Ok(back(console, form, &publication.name, words)),
                SubscriberEdit::Full => (StatusCode::CONFLICT, format!("一份刊物最多 {MAX_SUBSCRIBERS} 位订阅人")),
                SubscriberEdit::Known | SubscriberEdit::Missing => taken(),
            }
        }
    };
    let (address, chosen) = (form.fields.text("address").to_owned(), Chosen::of_form(&form.fields));
    show(console, &form.session, publication, Unsaved { mistake: Some(mistake), address, chosen, ..Unsaved::default() }).await
}

/// Adds the addresses of a pasted list. Lines that cannot be read stay in the form, the others are added.
async fn import(console: &AppState, form: &Form) -> Result<Response, Response> {
    let publication = publication_of(console, &form.session, form.fields.get("publication"))?;
    let list = form.fields.text("list");
    let lines: Vec<&str> = list.lines().filter(|l| !l.trim().is_empty()).collect();
    if lines.len() > MAX_LINES {
        let mistake = Some(wrong(format!("一次最多导入 {MAX_LINES} 行")));
        return show(console, &form.session, publication, Unsaved { mistake, pasted: list.to_owned(), ..Unsaved::default() }).await;
    }
    let (mut addresses, mut refused, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let (read, failed): (Vec<_>, Vec<_>) = MailAddress::read_line(line).into_iter().partition(Result::is_ok);
        addresses.extend(read.into_iter().flatten());
        if let Some(Err(e)) = failed.into_iter().next() {
            refused.push(line);
            reasons.push(e.chinese());
        }
    }
    let total = addresses.len();
    addresses.retain(|a| !is_fixed(&publication, a));
    let (who, name) = (form.session.name.clone(), publication.name.clone());
    let (added, too_many) = stored(console.store.run(move |s| s.import_subscribers(&name, &addresses, &who, Utc::now())).await)?;
    let mut words = format!("导入 {added} 位，{} 位已经有了", total - added - too_many);
    if too_many > 0 {
        words = format!("{words}，{too_many} 位没有加：一份刊物最多 {MAX_SUBSCRIBERS} 位");
    }
    if refused.is_empty() {
        return Ok(back(console, form, &publication.name, words));
    }
    reasons.truncate(MAX_SHOWN);
    let words = format!("{words}。有 {} 行读不懂，留在下面，改好再导入：{}", refused.len(), reasons.join("；"));
    show(console, &form.session, publication, Unsaved { words, pasted: refused.join("\n"), ..Unsaved::default() }).await
}

async fn set_active(console: &AppState, form: &Form, active: bool) -> Result<Response, Response> {
    let (id, who) = (SubscriberId(form.fields.number("id").unwrap_or(0)), form.session.name.clone());
    let done = console.store.run(move |s| Ok((s.subscriber(id)?, s.set_subscriber_active(id, active, &who, Utc::now())?)));
    let (Some(subscriber), SubscriberEdit::Saved) = stored(done.await)? else { return Err(missing(console, &form.session)) };
    let words = if active { "恢复发送给" } else { "不再发送给" };
    Ok(back(console, form, &subscriber.publication, format!("{words} {}", subscriber.draft.address)))
}

/// Returns to the list of a publication with a message.
pub(super) fn back(console: &AppState, form: &Form, publication: &str, words: String) -> Response {
    let answer = console.redirect_with(&form.session, PATH, words);
    if console.shown_publication(&form.session).is_ok_and(|p| p.name == publication) {
        return answer;
    }
    let name: String = url::form_urlencoded::byte_serialize(publication.as_bytes()).collect();
    Redirect::to(&format!("{}?publication={name}", console.path(PATH))).into_response()
}

pub(super) fn missing(console: &AppState, session: &Session) -> Response {
    response::refused(console, session, StatusCode::NOT_FOUND, "没有这位订阅人")
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
