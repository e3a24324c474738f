//! The form of an alert rule: it shows what the rule would have found before it is saved.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{AlertCondition, AlertDraft, AlertMode, AlertRuleId, AlertTarget, MailAddress, SourceId, TopicFilter, TopicId};
use crate::store::{AlertEdit, Session};
use crate::text::normalize::collapse_whitespace;
use crate::web::access::Editor;
use crate::web::alerts::{Names, PATH, missing};
use crate::web::archive::{HeadlineRow, row};
use crate::web::filter_values::{FilterValues, MAX_NAME, Mistakes, addresses};
use crate::web::form::{Fields, Form};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, Console, response};

/// What a preview looks at, and how many articles it names.
const PREVIEW_DAYS: i64 = 30;
const EXAMPLES: usize = 8;
/// More alerts a day than this are worth a warning.
const MANY_A_DAY: usize = 5;

/// The fields as the form shows them.
#[derive(Debug, Default, Clone)]
struct Values {
    name: String,
    kind: String,
    mode: String,
    topic: String,
    source: String,
    filter: FilterValues,
    /// Names of the ticked outlets.
    outlets: Vec<String>,
    recipients: String,
    /// The version of the rule that the editor saw; empty for a new one.
    version: String,
}

#[derive(Template)]
#[template(path = "alert_form.html")]
struct FormPage {
    frame: Layout,
    /// The rule that is changed; `None` for a new one.
    id: Option<i64>,
    values: Values,
    kinds: [(&'static str, &'static str); 4],
    modes: Vec<(&'static str, &'static str)>,
    industries: Vec<(String, bool)>,
    topics: Vec<(String, String)>,
    sources: Vec<(String, String)>,
    /// Names, what they are, and whether they are ticked.
    outlets: Vec<(String, &'static str, bool)>,
    mistakes: Vec<String>,
    preview: Option<PreviewView>,
}

struct PreviewView {
    days: i64,
    matching: usize,
    is_complete: bool,
    tried: usize,
    is_much: bool,
    examples: Vec<HeadlineRow>,
}

/// What a form is checked against.
struct Known {
    names: Names,
    industries: Vec<String>,
    places: Vec<String>,
    outlets: Vec<(String, &'static str)>,
}

impl Values {
    fn of_fields(f: &Fields, known: &Known) -> Self {
        let ticked = known.outlets.iter().enumerate().filter(|(i, o)| f.text(&format!("outlet-{i}")) == o.0);
        Self {
            name: collapse_whitespace(f.text("name")),
            kind: f.text("kind").to_owned(),
            mode: f.text("mode").to_owned(),
            topic: f.text("topic").to_owned(),
            source: f.text("source").to_owned(),
            filter: FilterValues::of_form(f, &known.industries),
            outlets: ticked.map(|(_, o)| o.0.clone()).collect(),
            recipients: f.text("recipients").to_owned(),
            version: f.text("version").to_owned(),
        }
    }

    fn of_draft(d: &AlertDraft) -> Self {
        let (mut outlets, mut recipients) = (Vec::new(), Vec::new());
        for target in &d.targets {
            match target {
                AlertTarget::Outlet(name) => outlets.push(name.clone()),
                AlertTarget::Address(address) => recipients.push(address.bare()),
            }
        }
        Self {
            name: d.name.clone(),
            kind: d.condition.kind().to_owned(),
            mode: d.mode.as_str().to_owned(),
            topic: if let AlertCondition::Topic(id) = &d.condition { id.to_string() } else { String::new() },
            source: if let AlertCondition::SilentSource(Some(id)) = &d.condition { id.to_string() } else { String::new() },
            filter: if let AlertCondition::Articles(f) = &d.condition { FilterValues::of_filter(f) } else { FilterValues::default() },
            outlets,
            recipients: recipients.join("\n"),
            version: d.version(),
        }
    }

    /// Returns the rule, or every mistake.
    fn check(&self, known: &Known) -> Result<AlertDraft, Vec<String>> {
        let mut wrong = Mistakes::default();
        let length = self.name.chars().count();
        wrong.add(!(1..=MAX_NAME).contains(&length), || format!("名称要写 1 到 {MAX_NAME} 个字，现在有 {length} 个"));
        let mode = AlertMode::parse(&self.mode);
        wrong.add(mode.is_none(), || "请选什么时候告诉".to_owned());
        let condition = self.condition(known, &mut wrong);
        let targets = self.outlets.iter().cloned().map(AlertTarget::Outlet);
        let targets: Vec<AlertTarget> = targets.chain(addresses(&self.recipients, &mut wrong).into_iter().map(AlertTarget::Address)).collect();
        wrong.add(targets.is_empty(), || "请选推送渠道，或写收件人".to_owned());
        match (condition, mode) {
            (Some(condition), Some(mode)) if wrong.0.is_empty() => Ok(AlertDraft { name: self.name.clone(), condition, mode, targets }),
            _ => Err(wrong.0),
        }
    }

    fn condition(&self, known: &Known, wrong: &mut Mistakes) -> Option<AlertCondition> {
        match self.kind.as_str() {
            "articles" => Some(AlertCondition::Articles(self.filter.check(&known.places, None, wrong))),
            "topic" => {
                let topic = self.topic.parse().ok().map(TopicId).filter(|id| known.names.topics.iter().any(|t| t.0 == *id));
                wrong.add(topic.is_none(), || "请选一个课题".to_owned());
                topic.map(AlertCondition::Topic)
            }
            "burst" => Some(AlertCondition::Burst),
            "silent-source" if self.source.is_empty() => Some(AlertCondition::SilentSource(None)),
            "silent-source" => {
                let source = SourceId::parse(&self.source).filter(|id| known.names.sources.iter().any(|s| s.0 == *id));
                wrong.add(source.is_none(), || "没有这个来源".to_owned());
                source.map(|id| AlertCondition::SilentSource(Some(id)))
            }
            _ => {
                wrong.add(true, || "请选提醒什么".to_owned());
                None
            }
        }
    }
}

async fn known(console: &Console) -> Result<Known, Response> {
    let (vocabulary, pipeline) = (console.vocabulary(), console.pipeline());
    Ok(Known {
        names: stored(console.store.run(Names::load).await)?,
        industries: vocabulary.industries.clone(),
        places: vocabulary.places.clone(),
        outlets: pipeline.settings().outlets.iter().map(|o| (o.name.clone(), o.kind.chinese())).collect(),
    })
}

fn render(
    console: &Console,
    session: &Session,
    id: Option<AlertRuleId>,
    known: Known,
    values: Values,
    mistakes: Vec<String>,
    preview: Option<PreviewView>,
) -> Response {
    let code = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let outlets = known.outlets.into_iter().map(|(name, kind)| (name.clone(), kind, values.outlets.contains(&name)));
    let page = FormPage {
        frame: Layout::new(console, session, "提醒"),
        id: id.map(|id| id.0),
        kinds: AlertCondition::KINDS,
        modes: AlertMode::ALL.iter().map(|m| (m.1, m.2)).collect(),
        industries: values.filter.ticks(&known.industries),
        topics: known.names.topics.into_iter().map(|(id, title)| (id.to_string(), title)).collect(),
        sources: known.names.sources.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        outlets: outlets.collect(),
        values,
        mistakes,
        preview,
    };
    (code, response::page(&page)).into_response()
}

/// Tries a filter on the last days.
async fn tried(console: &AppState, filter: TopicFilter, now: DateTime<Utc>) -> Result<PreviewView, Response> {
    let since = now - TimeDelta::days(PREVIEW_DAYS);
    let found = stored(console.store.run(move |s| s.preview_topic(filter, since, EXAMPLES)).await)?;
    let zone = console.zone();
    Ok(PreviewView {
        days: PREVIEW_DAYS,
        matching: found.matching,
        is_complete: found.is_complete,
        tried: found.tried,
        is_much: found.matching > MANY_A_DAY * usize::try_from(PREVIEW_DAYS).unwrap_or(30),
        examples: found.examples.iter().map(|h| row(h, zone)).collect(),
    })
}

/// The form; filled in by the query: `?topic=` from the page of a topic, `?organisations=` from that of an organisation.
pub(super) async fn new(State(console): State<AppState>, Editor(session): Editor, uri: Uri) -> Response {
    let f = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    filled(&console, &session, &f).await.unwrap_or_else(|answer| answer)
}

async fn filled(console: &AppState, session: &Session, f: &Fields) -> Result<Response, Response> {
    let known = known(console).await?;
    let mut values = Values::of_fields(f, &known);
    if values.kind.is_empty() {
        (if values.topic.is_empty() { "articles" } else { "topic" }).clone_into(&mut values.kind);
    }
    if values.mode.is_empty() {
        AlertMode::AtOnce.as_str().clone_into(&mut values.mode);
    }
    let topic = TopicId(values.topic.parse().unwrap_or(0));
    if let Some(topic) = stored(console.store.run(move |s| s.topic(topic)).await)? {
        values.recipients = topic.draft.recipients.iter().map(MailAddress::bare).collect::<Vec<_>>().join("\n");
        values.name = topic.draft.title.chars().take(MAX_NAME).collect();
    }
    if values.name.is_empty() {
        values.name = values.filter.organisations.chars().take(MAX_NAME).collect();
    }
    if known.outlets.len() == 1 {
        values.outlets = known.outlets.iter().map(|o| o.0.clone()).collect();
    }
    Ok(render(console, session, None, known, values, Vec::new(), None))
}

pub(super) async fn add(State(console): State<AppState>, form: Form) -> Response {
    sent(&console, &form, None).await.unwrap_or_else(|answer| answer)
}

/// The form of a stored rule.
pub(super) async fn edit(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let loaded = async {
        let id = AlertRuleId(id);
        let rule = stored(console.store.run(move |s| s.alert_rule(id)).await)?.ok_or_else(|| missing(&console, &session))?;
        Ok(render(&console, &session, Some(id), known(&console).await?, Values::of_draft(&rule.draft), Vec::new(), None))
    };
    loaded.await.unwrap_or_else(|answer: Response| answer)
}

pub(super) async fn save(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    sent(&console, &form, Some(AlertRuleId(id))).await.unwrap_or_else(|answer| answer)
}

async fn sent(console: &AppState, form: &Form, id: Option<AlertRuleId>) -> Result<Response, Response> {
    let (known, now) = (known(console).await?, Utc::now());
    let mut values = Values::of_fields(&form.fields, &known);
    let draft = match values.check(&known) {
        Ok(draft) => draft,
        Err(mistakes) => return Ok(render(console, &form.session, id, known, values, mistakes, None)),
    };
    if form.fields.text("do") != "save" {
        let preview = match draft.condition {
            AlertCondition::Articles(filter) => Some(tried(console, filter, now).await?),
            _ => None,
        };
        return Ok(render(console, &form.session, id, known, values, Vec::new(), preview));
    }
    let (who, seen) = (form.session.name.clone(), values.version.clone());
    let done = console.store.run(move |s| match id {
        Some(id) => s.edit_alert_rule(id, &draft, &seen, &who, now),
        None => s.add_alert_rule(&draft, &who, now),
    });
    let mistake = match stored(done.await)? {
        AlertEdit::Saved(id) => return Ok(Redirect::to(&console.path(&format!("{PATH}/{id}"))).into_response()),
        AlertEdit::Missing => return Err(missing(console, &form.session)),
        AlertEdit::NameTaken => "已有同名的提醒，没有保存".to_owned(),
        AlertEdit::Conflict(rule) => {
            values.version = rule.draft.version();
            format!("别人刚改了这条提醒，现在是“{}”：{}。再按“保存”就改成您写的", rule.draft.name, known.names.summary(&rule.draft.condition))
        }
    };
    Ok(render(console, &form.session, id, known, values, vec![mistake], None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(fields: &str) -> Result<AlertDraft, Vec<String>> {
        let known = Known {
            names: Names {
                topics: vec![(TopicId(3), "固态电池".to_owned())],
                sources: SourceId::parse("daily").map(|id| (id, "日报".to_owned())).into_iter().collect(),
            },
            industries: vec!["食品".to_owned()],
            places: Vec::new(),
            outlets: vec![("值班群".to_owned(), "钉钉群机器人")],
        };
        let all = format!("name=题&mode=at-once&outlet-0=值班群&{fields}");
        Values::of_fields(&Fields::parse(all.as_bytes()), &known).check(&known)
    }

    #[test]
    fn a_form_becomes_a_rule_or_a_list_of_mistakes() {
        let rule = checked("kind=articles&expression=电池&industry-0=食品&places=许昌&recipients=a@b.cn").unwrap();
        assert_eq!(
            (
                rule.targets.len(),
                Values::of_draft(&rule)
                    .check(&Known {
                        names: Names { topics: Vec::new(), sources: Vec::new() },
                        industries: Vec::new(),
                        places: Vec::new(),
                        outlets: Vec::new(),
                    })
                    .unwrap()
            ),
            (2, rule.clone()),
            "a stored rule's form makes the same rule"
        );
        assert_eq!(checked("kind=topic&topic=3").unwrap().condition, AlertCondition::Topic(TopicId(3)));
        assert_eq!(checked("kind=silent-source").unwrap().condition, AlertCondition::SilentSource(None));
        for (sent, why) in [
            ("kind=x", "请选提醒什么"),
            ("kind=burst&name=", "名称要写"),
            ("kind=burst&mode=x", "请选什么时候"),
            ("kind=burst&outlet-0=", "请选推送渠道"),
            ("kind=burst&recipients=abc", "“abc”不是邮箱"),
            ("kind=topic&topic=4", "请选一个课题"),
            ("kind=articles", "还要写至少一个要找的词"),
            ("kind=articles&expression=a&places=火星", "不是认识的地名"),
            ("kind=silent-source&source=gone", "没有这个来源"),
        ] {
            let wrong = checked(sent).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains(why), "{sent}: {wrong:?}");
        }
    }
}
