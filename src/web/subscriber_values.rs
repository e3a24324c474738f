//! What a subscriber gets, as forms show and send it.

use axum::http::StatusCode;
use axum::response::Response;

use crate::config::settings::{Publication, Recipient};
use crate::model::{MailAddress, SubscriberDraft};
use crate::store::{Session, Store, StoreError};
use crate::web::form::{Fields, Form};
use crate::web::response::stored;
use crate::web::{AppState, response};

/// Most names of a selection.
const MAX_NAMES: usize = 50;

/// What a form selects.
#[derive(Default, Clone)]
pub(super) struct Chosen {
    pub(super) columns: Vec<String>,
    pub(super) industries: Vec<String>,
    pub(super) topics: Vec<String>,
    pub(super) organisations: Vec<String>,
}

impl Chosen {
    pub(super) fn of_form(fields: &Fields) -> Self {
        let chosen = |prefix: &str| -> Vec<String> {
            let mut names: Vec<String> = fields.starting_with(prefix).take(MAX_NAMES).map(str::to_owned).collect();
            names.sort();
            names.dedup();
            names
        };
        let split = fields.text("organisations").split(['\n', '、', ';', '；']).map(str::trim).filter(|n| !n.is_empty());
        let organisations = split.take(MAX_NAMES).map(str::to_owned).collect();
        Self { columns: chosen("column-"), industries: chosen("industry-"), topics: chosen("topic-"), organisations }
    }

    pub(super) fn of_draft(d: &SubscriberDraft) -> Self {
        let d = d.clone();
        Self { columns: d.columns, industries: d.industries, topics: d.topics, organisations: d.organisations }
    }
}

/// What can be selected, each with whether it is.
pub(super) struct Choices {
    pub(super) columns: Vec<(String, bool)>,
    pub(super) industries: Vec<(String, bool)>,
    pub(super) topics: Vec<(String, bool)>,
    pub(super) organisations: String,
}

impl Choices {
    pub(super) fn new(console: &AppState, publication: &str, topics: &[String], chosen: &Chosen) -> Self {
        let pipeline = console.pipeline();
        let columns = pipeline.settings().publication_named(publication).map(Publication::column_names).unwrap_or_default();
        let marked = |names: &[String], chosen: &[String]| {
            // what was chosen stays on offer, even if the settings or topics lack it now
            let gone = chosen.iter().filter(|n| !names.contains(n));
            names.iter().chain(gone).map(|n| (n.clone(), chosen.contains(n))).collect()
        };
        Self {
            columns: marked(&columns, &chosen.columns),
            industries: marked(&console.vocabulary().industries, &chosen.industries),
            topics: marked(topics, &chosen.topics),
            organisations: chosen.organisations.join("\n"),
        }
    }
}

pub(super) fn open_topics(s: &Store, account: &str) -> Result<Vec<String>, StoreError> {
    Ok(s.topics(account)?.into_iter().filter(|t| t.topic.closed_at.is_none()).map(|t| t.topic.draft.title).collect())
}

/// Why a subscriber is not saved, with the status that says so.
pub(super) type Mistake = (StatusCode, String);

pub(super) fn wrong(words: impl Into<String>) -> Mistake {
    (StatusCode::UNPROCESSABLE_ENTITY, words.into())
}

pub(super) fn taken() -> Mistake {
    (StatusCode::CONFLICT, "这个邮箱已经在这份刊物的订阅人或收件人里".to_owned())
}

/// Reads the fields of a subscriber; refuses names that nothing has. `before`: what is stored may stay.
pub(super) async fn draft(
    console: &AppState,
    form: &Form,
    publication: &Publication,
    before: &Chosen,
) -> Result<Result<SubscriberDraft, Mistake>, Response> {
    let address = match MailAddress::parse(form.fields.text("address")) {
        Ok(address) if is_fixed(publication, &address) => return Ok(Err(taken())),
        Ok(address) => address,
        Err(e) => return Ok(Err(wrong(e.chinese()))),
    };
    let mut chosen = Chosen::of_form(&form.fields);
    let (asked, account) = (chosen.organisations.clone(), form.session.name.clone());
    let (unknown, topics) = stored(console.store.run(move |s| Ok((s.unknown_organisations(&asked)?, open_topics(s, &account)?))).await)?;
    if !unknown.is_empty() {
        return Ok(Err(wrong(format!("文章里没有这些机构：{}。请按“机构”页上的名称写", unknown.join("、")))));
    }
    let columns = publication.column_names();
    let lists = [
        ("栏目", &chosen.columns, &columns, &before.columns),
        ("行业", &chosen.industries, &console.vocabulary().industries, &before.industries),
        ("课题", &chosen.topics, &topics, &before.topics),
    ];
    for (what, names, known, stored) in lists {
        if let Some(name) = names.iter().find(|n| !known.contains(n) && !stored.contains(n)) {
            return Ok(Err(wrong(format!("没有叫“{name}”的{what}"))));
        }
    }
    chosen.columns.sort_by_key(|c| publication.columns.iter().position(|q| q.name == *c));
    let Chosen { columns, industries, topics, organisations } = chosen;
    Ok(Ok(SubscriberDraft { address, columns, industries, topics, organisations }))
}

/// Returns the publication of this name, or the one that the account sees if none is named.
pub(super) fn publication_of(console: &AppState, session: &Session, name: Option<&str>) -> Result<Publication, Response> {
    let Some(name) = name else { return console.shown_publication(session) };
    console
        .pipeline()
        .settings()
        .publication_named(name)
        .cloned()
        .ok_or_else(|| response::refused(console, session, StatusCode::NOT_FOUND, "没有这份刊物，名称可能刚刚改过"))
}

/// Returns those whom the settings name, each once.
pub(super) fn fixed(p: &Publication) -> impl Iterator<Item = &Recipient> {
    let again = |r: &Recipient| p.recipients.iter().any(|q| q.address.bare().eq_ignore_ascii_case(&r.address.bare()));
    p.recipients.iter().chain(p.final_recipients.iter().filter(move |r| !again(r)))
}

pub(super) fn is_fixed(p: &Publication, address: &MailAddress) -> bool {
    fixed(p).any(|r| r.address.bare().eq_ignore_ascii_case(&address.bare()))
}
