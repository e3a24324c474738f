//! The form of a topic: to make one, to register a request (约稿), and to change one. It shows what the topic would match before
//! it is saved.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::model::{MailAddress, Topic, TopicDraft, TopicFilter, TopicId, TopicKind, TopicRequest};
use crate::store::{Session, Store, StoreError, TopicPreview};
use crate::topics;
use crate::web::access::Editor;
use crate::web::archive::{HeadlineRow, row};
use crate::web::form::{Fields, Form};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::topics::search_archive;
use crate::web::{AppState, response};

/// Limits, in characters and in number.
const MAX_TITLE: usize = 60;
const MAX_QUESTION: usize = 1_000;
const MAX_NAME: usize = 40;
const MAX_NAMES: usize = 20;
const MAX_RECIPIENTS: usize = 50;
/// What a preview looks at, and how many articles it names.
const PREVIEW_DAYS: i64 = 30;
const EXAMPLES: usize = 5;

#[derive(Template)]
#[template(path = "topic_form.html")]
struct FormPage {
    frame: Layout,
    /// `None` for a new topic.
    id: Option<i64>,
    values: Values,
    kinds: [(&'static str, &'static str, bool); 3],
    /// Industry names, and whether they are ticked.
    industries: Vec<(String, bool)>,
    owners: Vec<String>,
    mistakes: Vec<String>,
    preview: Option<PreviewView>,
}

struct PreviewView {
    days: i64,
    matching: usize,
    tried: usize,
    is_complete: bool,
    examples: Vec<HeadlineRow>,
}

/// The fields as the form shows them.
#[derive(Debug, Default)]
struct Values {
    title: String,
    question: String,
    kind: String,
    expression: String,
    industries: Vec<String>,
    places: String,
    organisations: String,
    owner: String,
    recipients: String,
    due: String,
    is_request: bool,
    asked_by: String,
    asked_on: String,
}

impl Values {
    fn of_form(f: &Fields, known: &[String]) -> Self {
        let text = |name: &str| f.text(name).to_owned();
        Self {
            title: text("title"),
            question: text("question"),
            kind: text("kind"),
            expression: text("expression"),
            industries: f.industries(known),
            places: text("places"),
            organisations: text("organisations"),
            owner: text("owner"),
            recipients: text("recipients"),
            due: text("due"),
            is_request: f.get("asked_by").is_some(),
            asked_by: text("asked_by"),
            asked_on: text("asked_on"),
        }
    }

    fn of_topic(t: Topic) -> Self {
        let d = t.draft;
        let recipients: Vec<String> = d.recipients.iter().map(ToString::to_string).collect();
        Self {
            title: d.title,
            question: d.question,
            kind: d.kind.as_str().to_owned(),
            expression: d.filter.expression,
            industries: d.filter.industries,
            places: d.filter.places.join("、"),
            organisations: d.filter.organisations.join("、"),
            owner: d.owner,
            recipients: recipients.join("\n"),
            due: d.due.map(|d| d.to_string()).unwrap_or_default(),
            is_request: d.request.is_some(),
            asked_on: d.request.as_ref().map(|r| r.on.to_string()).unwrap_or_default(),
            asked_by: d.request.map(|r| r.by).unwrap_or_default(),
        }
    }

    /// Returns the topic, or every mistake.
    fn check(&self, owners: &[String]) -> Result<TopicDraft, Vec<String>> {
        let mut wrong = Vec::new();
        let mut refuse = |is_wrong: bool, words: String| {
            if is_wrong {
                wrong.push(words);
            }
        };
        let length = self.title.chars().count();
        refuse(!(1..=MAX_TITLE).contains(&length), format!("课题名要写 1 到 {MAX_TITLE} 个字"));
        refuse(self.question.chars().count() > MAX_QUESTION, format!("问题最多 {MAX_QUESTION} 个字"));
        let kind = TopicKind::parse(&self.kind);
        refuse(kind.is_none(), "请选类别".to_owned());
        let (places, organisations) = (names(&self.places), names(&self.organisations));
        for (field, list) in [("地域", &places), ("机构", &organisations)] {
            refuse(list.len() > MAX_NAMES, format!("{field}最多 {MAX_NAMES} 个"));
            refuse(list.iter().any(|n| n.chars().count() > MAX_NAME), format!("{field}的名称最多 {MAX_NAME} 个字，之间用顿号隔开"));
        }
        let filter = TopicFilter { expression: self.expression.clone(), industries: self.industries.clone(), places, organisations };
        if let Err(e) = topics::check(&filter) {
            refuse(true, format!("要找的词：{}", e.chinese()));
        }
        refuse(!owners.contains(&self.owner), "请选负责人".to_owned());
        let mut recipients = Vec::new();
        let mut addresses: Vec<&str> = self.recipients.split(['\n', '、', '，', ',', ';', '；']).map(str::trim).filter(|a| !a.is_empty()).collect();
        addresses.dedup();
        refuse(addresses.len() > MAX_RECIPIENTS, format!("收件人最多 {MAX_RECIPIENTS} 个"));
        for address in addresses.into_iter().take(MAX_RECIPIENTS) {
            match MailAddress::parse(address) {
                Ok(address) => recipients.push(address),
                Err(e) => refuse(true, e.chinese()),
            }
        }
        let mut day = |text: &str, field: &str| -> Option<NaiveDate> {
            let day = text.parse().ok();
            refuse(day.is_none() && !text.is_empty(), format!("{field}要写成 2026-12-31 的样子"));
            day
        };
        let (due, asked_on) = (day(&self.due, "期限"), day(&self.asked_on, "约稿日期"));
        refuse(self.asked_by.chars().count() > MAX_NAME, format!("约稿人最多 {MAX_NAME} 个字"));
        refuse(self.is_request && self.asked_by.is_empty(), "请写约稿人".to_owned());
        refuse(self.is_request && self.asked_on.is_empty(), "请写约稿日期".to_owned());
        let request = asked_on.filter(|_| self.is_request).map(|on| TopicRequest { by: self.asked_by.clone(), on });
        match kind {
            Some(kind) if wrong.is_empty() => Ok(TopicDraft {
                title: self.title.clone(),
                question: self.question.clone(),
                kind,
                filter,
                owner: self.owner.clone(),
                recipients,
                due,
                request,
            }),
            _ => Err(wrong),
        }
    }
}

/// Returns the names of a list, each once.
fn names(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in text.split(['、', '，', ',', ';', '；', '\n']).map(str::trim).filter(|n| !n.is_empty()) {
        if !out.iter().any(|known| known == name) {
            out.push(name.to_owned());
        }
    }
    out
}

/// Returns the accounts that may own a topic; a former owner stays one.
fn owners(s: &Store, former: &str) -> Result<Vec<String>, StoreError> {
    let mut out: Vec<String> = s.accounts()?.into_iter().filter(|a| !a.disabled).map(|a| a.name).collect();
    if !former.is_empty() && !out.iter().any(|name| name == former) {
        out.push(former.to_owned());
    }
    Ok(out)
}

fn render(
    console: &AppState,
    session: &Session,
    id: Option<TopicId>,
    values: Values,
    owners: Vec<String>,
    tried: Result<Option<TopicPreview>, Vec<String>>,
) -> Response {
    let (preview, mistakes) = tried.map_or_else(|mistakes| (None, mistakes), |preview| (preview, Vec::new()));
    let zone = console.zone();
    let mut industries: Vec<(String, bool)> = console.vocabulary().industries.iter().map(|i| (i.clone(), values.industries.contains(i))).collect();
    // one that the taxonomy has no longer stays visible
    industries.extend(values.industries.iter().filter(|i| !console.vocabulary().industries.contains(i)).map(|i| (i.clone(), true)));
    let code = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let preview = preview.map(|p| PreviewView {
        days: PREVIEW_DAYS,
        matching: p.matching,
        tried: p.tried,
        is_complete: p.is_complete,
        examples: p.examples.iter().map(|h| row(h, zone)).collect(),
    });
    let page = FormPage {
        frame: Layout::new(console, session, "关注课题"),
        id: id.map(|i| i.0),
        kinds: TopicKind::ALL.map(|(_, word, chinese)| (word, chinese, word == values.kind)),
        industries,
        owners,
        mistakes,
        preview,
        values,
    };
    (code, response::page(&page)).into_response()
}

/// The empty form; `?request=1` for a request, `?expression=` with words to start from.
pub(super) async fn new(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let is_request = !f.text("request").is_empty();
    let today = Utc::now().with_timezone(&console.zone()).date_naive();
    let values = Values {
        kind: TopicKind::Decision.as_str().to_owned(),
        expression: f.text("expression").to_owned(),
        owner: session.name.clone(),
        is_request,
        asked_on: if is_request { today.to_string() } else { String::new() },
        ..Values::default()
    };
    match stored(console.store.run(|s| owners(s, "")).await) {
        Ok(owners) => render(&console, &session, None, values, owners, Ok(None)),
        Err(answer) => answer,
    }
}

pub(super) async fn edit(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let id = TopicId(id);
    let found = console.store.run(move |s| s.topic(id)?.map(|t| Ok((owners(s, &t.draft.owner)?, t))).transpose());
    match stored(found.await) {
        Ok(Some((owners, topic))) => render(&console, &session, Some(id), Values::of_topic(topic), owners, Ok(None)),
        Ok(None) => response::refused(&console, &session, StatusCode::NOT_FOUND, "没有这个课题"),
        Err(answer) => answer,
    }
}

pub(super) async fn add(State(console): State<AppState>, form: Form) -> Response {
    sent(&console, form, None).await
}

pub(super) async fn save(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    sent(&console, form, Some(TopicId(id))).await
}

/// Checks a form, and previews or saves its topic.
async fn sent(console: &AppState, form: Form, id: Option<TopicId>) -> Response {
    let known = console.store.run(move |s| {
        let topic = id.map(|id| s.topic(id)).transpose()?.flatten();
        Ok((owners(s, topic.as_ref().map_or("", |t| &t.draft.owner))?, topic))
    });
    let (owners, topic) = match stored(known.await) {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    if id.is_some() && topic.is_none() {
        return response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个课题");
    }
    let mut industries = console.vocabulary().industries.clone();
    industries.extend(topic.into_iter().flat_map(|t| t.draft.filter.industries));
    let values = Values::of_form(&form.fields, &industries);
    let draft = match values.check(&owners) {
        Ok(draft) => draft,
        Err(mistakes) => return render(console, &form.session, id, values, owners, Err(mistakes)),
    };
    let now = Utc::now();
    if form.fields.text("do") == "preview" {
        let since = now - TimeDelta::days(PREVIEW_DAYS);
        return match stored(console.store.run(move |s| s.preview_topic(draft.filter, since, EXAMPLES)).await) {
            Ok(preview) => render(console, &form.session, id, values, owners, Ok(Some(preview))),
            Err(answer) => answer,
        };
    }
    match stored(put(console, &form.session, id, draft, now).await) {
        Ok(id) => {
            search_archive(console);
            Redirect::to(&console.path(&format!("/topics/{id}"))).into_response()
        }
        Err(answer) => answer,
    }
}

async fn put(console: &AppState, session: &Session, id: Option<TopicId>, draft: TopicDraft, now: DateTime<Utc>) -> Result<TopicId, StoreError> {
    let who = session.name.clone();
    let saved = console.store.run(move |s| match id {
        Some(id) => s.edit_topic(id, &draft, &who, now).map(|_| id),
        None => s.add_topic(&draft, &who, now),
    });
    saved.await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(fields: &str) -> Values {
        let all = format!("title=固态电池&kind=warning&expression=固态电池&owner=甲&{fields}");
        Values::of_form(&Fields::parse(all.as_bytes()), &["食品".to_owned()])
    }

    #[test]
    fn a_form_becomes_a_topic_or_a_list_of_mistakes() {
        let owners = ["甲".to_owned()];
        let sent = "industry-0=食品&places=许昌、长葛，许昌&recipients=a@b.cn%0A处长 <c@d.cn>&due=2026-12-01&asked_by=王处&asked_on=2026-11-20";
        let draft = values(sent).check(&owners).unwrap();
        assert_eq!((draft.filter.places.len(), draft.filter.industries.len(), draft.recipients.len()), (2, 1, 2));
        assert_eq!(draft.request.map(|r| (r.by, r.on.to_string())), Some(("王处".to_owned(), "2026-11-20".to_owned())));
        for (sent, why) in [
            ("title=", "课题名要写"),
            ("kind=x", "请选类别"),
            ("expression=(许昌", "第 1 个字处：这个括号"),
            ("expression=-招聘", "还要写至少一个要找的词"),
            ("owner=乙", "请选负责人"),
            ("recipients=abc", "“abc”不是邮箱"),
            ("due=明天", "期限要写成"),
            ("asked_by=&asked_on=2026-11-20", "请写约稿人"),
        ] {
            let wrong = values(sent).check(&owners).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains(why), "{sent}: {wrong:?}");
        }
    }
}
