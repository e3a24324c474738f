//! The page 设置, for admins: reads and changes `qingbao.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::config::ConfigError;
use crate::config::edit_settings::{SettingsFile, problem_address, text_hash, write_secret};
use crate::config::edit_toml::EditError;
use crate::config::settings::unfilled_column;
use crate::knowledge::SettingGroup;
use crate::model::AuditAction;
use crate::pipeline::{ConfigHandle, ReloadError};
use crate::store::Session;
use crate::web::access::Admin;
use crate::web::form::{AdminForm, Fields, Form, actions};
use crate::web::new_publication::NewPublication;
use crate::web::path::Path;
use crate::web::response::{Layout, broken, stored};
use crate::web::settings_values::{Part, Values, has_password, secrets};
use crate::web::settings_view::{GROUPS, Remarks, SettingsPage, WHOLE_FILE, entries};
use crate::web::{AppState, NOT_IN_DEMO, response};

const PATH: &str = "/settings";
/// The key of the text before the last change.
const UNDO: &str = "settings_undo";

actions! {
    /// What an admin does with the settings.
    SettingsAction { Save = "save", SaveText = "text", Undo = "undo", AddPublication = "add-publication" }
}

/// The text before the last change, and what that made of it.
#[derive(Serialize, Deserialize)]
struct UndoStep {
    before: String,
    /// Recognises the text after the change.
    after: String,
    who: String,
    at: DateTime<Utc>,
}

/// The part of the page that an address names.
#[derive(Clone, Copy)]
struct Place {
    group: &'static str,
    /// `None`: the whole file.
    part: Option<Part>,
    publication: usize,
}

impl Place {
    fn new(group: &str, fields: &Fields) -> Option<Self> {
        let publication = fields.number("publication").unwrap_or(0);
        if group == WHOLE_FILE.0 {
            return Some(Self { group: WHOLE_FILE.0, part: None, publication });
        }
        let (word, _, group) = GROUPS.iter().find(|g| g.0 == group)?;
        Some(Self { group: word, part: Some(Part { group: *group, publication }), publication })
    }

    /// Returns the address below `/settings`.
    fn path(self) -> String {
        match self.publication {
            0 => format!("{PATH}/{}", self.group),
            n => format!("{PATH}/{}?publication={n}", self.group),
        }
    }
}

/// What the page shows besides the file.
#[derive(Default)]
struct Notes {
    words: String,
    mistakes: Vec<String>,
    by_address: BTreeMap<String, String>,
    typed: Values,
    /// The whole file as typed.
    text: Option<String>,
    is_conflict: bool,
    /// The publication to add, as typed.
    added: Option<NewPublication>,
}

pub(super) async fn first(State(console): State<AppState>, Admin(session): Admin) -> Response {
    let place = Place::new(GROUPS[0].0, &Fields::default());
    show_or_missing(&console, &session, place).await
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin, Path(group): Path<String>, uri: Uri) -> Response {
    let place = Place::new(&group, &Fields::parse(uri.query().unwrap_or_default().as_bytes()));
    show_or_missing(&console, &session, place).await
}

async fn show_or_missing(console: &AppState, session: &Session, place: Option<Place>) -> Response {
    let Some(place) = place else { return response::refused(console, session, StatusCode::NOT_FOUND, "没有这一组设置") };
    let notes = Notes { words: console.flash(session, PATH).words, ..Notes::default() };
    show(console, session, place, notes).await.unwrap_or_else(|answer| answer)
}

async fn show(console: &AppState, session: &Session, place: Place, notes: Notes) -> Result<Response, Response> {
    let path = console.live.config_path();
    let file = SettingsFile::read(path).map_err(|e| response::refused(console, session, StatusCode::CONFLICT, &e.chinese()))?;
    let step = stored(console.store.run(|s| s.kv(UNDO)).await)?.and_then(|json| serde_json::from_str::<UndoStep>(&json).ok());
    let undo = step.filter(|step| step.after == file.hash()).map(|step| {
        let at = step.at.with_timezone(&console.zone()).format("%m-%d %H:%M");
        format!("{} {at} 改的", step.who)
    });
    let mut publications = Vec::new();
    if place.part.is_some_and(|p| p.settings().any(|(s, _)| s.key.starts_with("publication."))) {
        let name = |n| file.value(&format!("publication.{n}.name")).unwrap_or_else(|| format!("第 {} 种", n + 1));
        publications = (0..file.count("publication")).map(|n| (n, name(n), n == place.publication)).collect();
    }
    let entries = place.part.map_or_else(Vec::new, |part| {
        let of_file = Values::of_file(&file, part);
        let values = of_file.clone().with(&notes.typed);
        entries(part, &values, &Remarks { mistakes: notes.by_address, file: of_file, is_conflict: notes.is_conflict })
    });
    let unfilled =
        if place.part.is_some_and(|p| p.group == SettingGroup::Columns) { unfilled_columns(console, place.publication) } else { Vec::new() };
    let groups = GROUPS.iter().map(|g| (g.0, g.1)).chain([WHOLE_FILE]);
    Ok(response::page(&SettingsPage {
        frame: Layout::new(console, session, "设置"),
        groups: groups.map(|(word, name)| (word, name, word == place.group)).collect(),
        group: place.group,
        publications,
        publication: place.publication,
        file: path.display().to_string(),
        seen: file.hash(),
        new: (place.group == GROUPS[0].0).then(|| notes.added.clone().unwrap_or_else(|| like_the_first(console))),
        is_adding: notes.added.is_some(),
        entries,
        text: (place.part.is_none() && !has_password(&file)).then(|| notes.text.unwrap_or_else(|| file.text().to_owned())),
        words: notes.words,
        unfilled,
        mistakes: notes.mistakes,
        undo,
    }))
}

/// Returns what to say of the columns of a publication that no article comes to.
fn unfilled_columns(console: &AppState, publication: usize) -> Vec<String> {
    let pipeline = console.pipeline();
    let settings = pipeline.settings();
    let Some(name) = settings.publications().nth(publication).map(|p| &p.name) else { return Vec::new() };
    let unfilled = settings.unfilled_columns(&settings.load_taxonomy().unwrap_or_default());
    unfilled.into_iter().filter(|(p, _)| p.name == *name).map(|(_, column)| unfilled_column(column)).collect()
}

pub(super) async fn change(State(console): State<AppState>, Path(group): Path<String>, AdminForm(form): AdminForm) -> Response {
    let Some(place) = Place::new(&group, &form.fields) else {
        return response::refused(&console, &form.session, StatusCode::NOT_FOUND, "没有这一组设置");
    };
    make(&console, &form, place).await.unwrap_or_else(|answer| answer)
}

async fn make(console: &AppState, form: &Form, place: Place) -> Result<Response, Response> {
    let Form { session, fields, .. } = form;
    let action = form.action::<SettingsAction>(console)?;
    if console.settings.is_demo {
        return Err(response::refused(console, session, StatusCode::FORBIDDEN, NOT_IN_DEMO));
    }
    let file = SettingsFile::read(console.live.config_path());
    let file = file.map_err(|e| response::refused(console, session, StatusCode::CONFLICT, &e.chinese()))?;
    if action != SettingsAction::Undo && fields.get("end").is_none() {
        return Err(response::refused(console, session, StatusCode::BAD_REQUEST, "表单没有传完整，请再试一次"));
    }
    let added = (action == SettingsAction::AddPublication).then(|| NewPublication::of_form(fields));
    let typed = place.part.filter(|_| added.is_none()).map(|part| Values::of_form(fields, part).typed(fields)).unwrap_or_default();
    let whole = (action == SettingsAction::SaveText).then(|| fields.get("text").unwrap_or_default().to_owned());
    let conflict = |typed, text, added| Notes {
        mistakes: vec!["设置刚被别人改过。您填的还在下面，请对照现在文件里的再保存".to_owned()],
        typed,
        text,
        is_conflict: true,
        added,
        ..Notes::default()
    };
    if fields.text("seen") != file.hash() {
        return Ok((StatusCode::CONFLICT, show(console, session, place, conflict(typed, whole, added)).await?).into_response());
    }
    let Prepared { text, labels, written, restart, publication } = match prepare(console, form, place, action, &file, typed.clone()).await? {
        Ok(prepared) => prepared,
        Err(words) => {
            let notes = Notes { mistakes: vec![words], typed, text: whole, added, ..Notes::default() };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(console, session, place, notes).await?).into_response());
        }
    };
    if text == file.text() {
        return Ok(console.redirect_below(session, PATH, &place.path(), "没有改动".to_owned()));
    }
    let before = file.text().to_owned();
    let (live, new) = (Arc::clone(&console.live), text.clone());
    let done = tokio::task::spawn_blocking(move || replace(&live, &file, &new)).await.map_err(|e| broken(&e))?;
    if let Err(refusal) = done {
        for path in written {
            // the settings do not name it
            let _ = std::fs::remove_file(path);
        }
        let (code, notes) = match refusal {
            Refusal::Changed => (StatusCode::CONFLICT, conflict(typed, whole, added)),
            Refusal::Wrong(e) => (StatusCode::UNPROCESSABLE_ENTITY, Notes { typed, text: whole, added, ..notes_of(&e, &text) }),
            Refusal::Other(words) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Notes { mistakes: vec![words], typed, text: whole, added, ..Notes::default() })
            }
        };
        return Ok((code, show(console, session, place, notes).await?).into_response());
    }
    let step = UndoStep { before, after: text_hash(&text), who: session.name.clone(), at: Utc::now() };
    take_over(console, action, &step, labels).await?;
    let words = match (action, restart) {
        (SettingsAction::Undo, _) => "已撤销上一次修改",
        (SettingsAction::AddPublication, _) => "已新增，下面是它的设置；出刊的日子在“日历”里改，订阅人在“订阅人”页加",
        (_, true) => "已保存；标着“重启后生效”的，要重启服务才生效",
        (_, false) => "已保存，已经生效",
    };
    let place = Place { publication: publication.unwrap_or(place.publication), ..place };
    Ok(console.redirect_below(session, PATH, &place.path(), words.to_owned()))
}

/// Returns the form of a new publication: the organiser of the first one.
fn like_the_first(console: &AppState) -> NewPublication {
    NewPublication { organiser: console.pipeline().settings().publication.organiser.clone(), ..NewPublication::default() }
}

/// Records a change, and has the service read the new file.
async fn take_over(console: &AppState, action: SettingsAction, step: &UndoStep, labels: String) -> Result<(), Response> {
    let json = serde_json::to_string(step).map_err(|e| broken(&e))?;
    let what = if action == SettingsAction::Undo { AuditAction::UndoSettings } else { AuditAction::EditSettings };
    let who = step.who.clone();
    stored(console.store.run(move |s| s.put_kv(UNDO, &json).and_then(|()| s.audit(&who, what, &labels, Utc::now()))).await)?;
    let live = Arc::clone(&console.live);
    tokio::task::spawn_blocking(move || live.refresh(true)).await.map_err(|e| broken(&e))?;
    Ok(())
}

/// A new text of the file.
struct Prepared {
    text: String,
    /// For the audit log.
    labels: String,
    /// New files with secrets.
    written: Vec<PathBuf>,
    restart: bool,
    /// The number of a new publication.
    publication: Option<usize>,
}

/// Makes the new text; the inner error is told on the page.
async fn prepare(
    console: &AppState,
    form: &Form,
    place: Place,
    action: SettingsAction,
    file: &SettingsFile,
    mut typed: Values,
) -> Result<Result<Prepared, String>, Response> {
    let plain = |text, labels: &str| Prepared { text, labels: labels.to_owned(), written: Vec::new(), restart: false, publication: None };
    match (action, place.part) {
        (SettingsAction::Undo, _) => {
            let step = stored(console.store.run(|s| s.kv(UNDO)).await)?.and_then(|json| serde_json::from_str::<UndoStep>(&json).ok());
            let step = step.filter(|step| step.after == file.hash());
            // there was no file before
            let text = |before: String| if before.trim().is_empty() { "# 没有写的项用默认值\n".to_owned() } else { before };
            Ok(step.map(|step| plain(text(step.before), "")).ok_or_else(|| "文件后来又改过，上一次修改撤销不了".to_owned()))
        }
        (SettingsAction::SaveText, None) if has_password(file) => Ok(Err("文件里带着密码，请在服务器上改".to_owned())),
        (SettingsAction::SaveText, None) => {
            let text = form.fields.get("text").unwrap_or_default();
            let end = if text.ends_with('\n') { "" } else { "\n" };
            Ok(Ok(Prepared { restart: true, ..plain(format!("{text}{end}"), WHOLE_FILE.1) }))
        }
        (SettingsAction::Save, Some(part)) => {
            let all = Values::of_form(&form.fields, part);
            let mut written = Vec::new();
            for new in secrets(&form.fields, part, &all) {
                let path = match write_secret(console.live.config_path(), &new.file_name(), new.secret) {
                    Ok(path) => path,
                    Err(e) => return Ok(Err(format!("{}写不进文件：{e}", new.setting.label))),
                };
                typed.put_secret_of(&all, new.target, path.display().to_string());
                written.push(path);
            }
            let text = if typed.is_empty() { file.text().to_owned() } else { file.with(typed.changes(part)) };
            Ok(Ok(Prepared { text, labels: typed.labels(part), written, restart: typed.needs_restart(part), publication: None }))
        }
        (SettingsAction::AddPublication, Some(_)) if place.group == GROUPS[0].0 => {
            let (new, pipeline) = (NewPublication::of_form(&form.fields), console.pipeline());
            Ok(new
                .change(file, pipeline.settings(), &console.live.sources())
                .map(|(changes, number)| Prepared {
                    publication: Some(number), ..plain(file.with(changes), &format!("新增简报《{}》", new.name))
                }))
        }
        _ => Ok(Err("这一组设置没有这项操作".to_owned())),
    }
}

/// Why the file stays as it was.
enum Refusal {
    Changed,
    Wrong(ConfigError),
    Other(String),
}

/// Checks a text as the service reads it, and replaces the file.
fn replace(live: &ConfigHandle, file: &SettingsFile, text: &str) -> Result<(), Refusal> {
    let (settings, taxonomy) = file.check(text).map_err(Refusal::Wrong)?;
    // the service runs these programs: who may choose them may run anything on the server
    let now = live.pipeline();
    let now = now.settings();
    if (&settings.fetch.browser, &settings.pdf.soffice) != (&now.fetch.browser, &now.pdf.soffice) {
        return Err(Refusal::Other("浏览器（fetch.browser）和 LibreOffice（pdf.soffice）的程序，只能在服务器上改设置文件".to_owned()));
    }
    live.check(settings, taxonomy).map_err(|e| match e {
        ReloadError::Config(e) => Refusal::Wrong(e),
        e @ ReloadError::Wire(_) => Refusal::Other(e.chinese()),
    })?;
    file.write(text).map_err(|e| match e {
        EditError::Changed(_) => Refusal::Changed,
        EditError::Config(e) => Refusal::Wrong(e),
        e @ EditError::Write { .. } => Refusal::Other(e.chinese()),
    })
}

/// Returns what is wrong with a text, and beside which fields.
fn notes_of(error: &ConfigError, text: &str) -> Notes {
    let mut notes = Notes::default();
    for problem in &error.problems {
        notes.mistakes.push(problem.chinese());
        if let Some(address) = problem_address(text, problem) {
            notes.by_address.entry(address).or_insert_with(|| problem.words.chinese.clone());
        }
    }
    notes
}
