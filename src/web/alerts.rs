//! 提醒: the list of alert rules with what they found, the outlets, and the page of each rule.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::config::settings::{OutletKind, OutletSettings};
use crate::model::{
    AlertCondition, AlertRule, AlertRuleId, AlertTarget, AuditAction, DeliveryId, MailAddress, NotificationText, Paragraph, SourceId, TopicId,
};
use crate::outlets::{Outlet, SendResult};
use crate::store::{AlertLine, AlertTally, Delivery, Session, Store, StoreError};
use crate::web::access::Editor;
use crate::web::form::{Form, actions};
use crate::web::path::Path;
use crate::web::response::{Layout, stored};
use crate::web::{AppState, Console, response};

pub(super) const PATH: &str = "/alerts";
/// Hits and deliveries on the page.
const MAX_LISTED: usize = 50;

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    frame: Layout,
    words: String,
    hours: String,
    active: Vec<RuleLine>,
    resting: Vec<RuleLine>,
    hits: Vec<HitView>,
    outlets: Vec<OutletView>,
    deliveries: Vec<DeliveryView>,
}

#[derive(Template)]
#[template(path = "alert.html")]
struct AlertPage {
    frame: Layout,
    line: RuleLine,
    hits: Vec<HitView>,
}

/// A rule in the list.
struct RuleLine {
    id: i64,
    name: String,
    summary: String,
    facts: String,
    is_enabled: bool,
    /// A target that the settings do not have; empty if all are there.
    warning: String,
}

struct HitView {
    title: String,
    detail: String,
    time: String,
    article: Option<i64>,
    reports: usize,
    rules: String,
    told: String,
    waiting: String,
}

/// An outlet of the settings.
struct OutletView {
    name: String,
    kind: &'static str,
    takes: String,
    last: String,
    problem: String,
}

struct DeliveryView {
    id: i64,
    outlet: String,
    title: String,
    state: &'static str,
    facts: String,
}

/// Names of topics and sources, for summaries.
pub(super) struct Names {
    pub(super) topics: Vec<(TopicId, String)>,
    pub(super) sources: Vec<(SourceId, String)>,
}

impl Names {
    pub(super) fn load(s: &Store) -> Result<Self, StoreError> {
        Ok(Self { topics: s.open_topic_titles()?, sources: s.source_names()? })
    }

    /// Returns what a condition waits for in one line.
    pub(super) fn summary(&self, condition: &AlertCondition) -> String {
        match condition {
            AlertCondition::Topic(id) => {
                let title = self.topics.iter().find(|t| t.0 == *id).map_or("（已结束）", |t| t.1.as_str());
                format!("课题“{title}”有新文章")
            }
            AlertCondition::Articles(f) => {
                let parts = [
                    (!f.expression.is_empty()).then(|| format!("词语 {}", f.expression)),
                    (!f.industries.is_empty()).then(|| format!("行业 {}", f.industries.join("、"))),
                    (!f.places.is_empty()).then(|| format!("地域 {}", f.places.join("、"))),
                    (!f.organisations.is_empty()).then(|| format!("机构 {}", f.organisations.join("、"))),
                ];
                format!("文章：{}", parts.into_iter().flatten().collect::<Vec<_>>().join("，"))
            }
            AlertCondition::Burst => "热词突增".to_owned(),
            AlertCondition::SilentSource(None) => "有来源没有更新或出错".to_owned(),
            AlertCondition::SilentSource(Some(id)) => {
                let name = self.sources.iter().find(|s| s.0 == *id).map_or(id.as_str(), |s| s.1.as_str());
                format!("来源“{name}”没有更新或出错")
            }
        }
    }
}

fn labels(targets: &[AlertTarget]) -> String {
    targets.iter().map(AlertTarget::label).collect::<Vec<_>>().join("、")
}

fn line(console: &Console, names: &Names, rule: &AlertRule, tallies: &[AlertTally]) -> RuleLine {
    let (d, zone) = (&rule.draft, console.zone());
    let tally = tallies.iter().find(|t| t.rule == rule.id);
    let last = tally.and_then(|t| t.last).map(|at| format!("，最近 {}", at.with_timezone(&zone).format("%m-%d %H:%M"))).unwrap_or_default();
    let facts = [
        format!("{}告诉 {}", d.mode.chinese(), labels(&d.targets)),
        format!("30 天 {} 次{last}", tally.map_or(0, |t| t.hits)),
        format!("{} {} 建立", rule.author, rule.created_at.with_timezone(&zone).format("%Y-%m-%d")),
    ];
    let pipeline = console.pipeline();
    let missing = |t: &&AlertTarget| matches!(t, AlertTarget::Outlet(name) if pipeline.settings().outlet(name).is_none());
    let missing: Vec<String> = d.targets.iter().filter(missing).map(AlertTarget::label).collect();
    let warning = if missing.is_empty() { String::new() } else { format!("qingbao.toml 里没有推送渠道 {}", missing.join("、")) };
    let summary = names.summary(&d.condition);
    RuleLine { id: rule.id.0, name: d.name.clone(), summary, facts: facts.join(" · "), is_enabled: rule.is_enabled, warning }
}

fn hit(zone: Tz, h: AlertLine) -> HitView {
    HitView {
        time: h.at.with_timezone(&zone).format("%m-%d %H:%M").to_string(),
        article: h.article.map(|a| a.0),
        reports: h.reports,
        rules: h.rules.join("、"),
        told: labels(&h.told),
        waiting: labels(&h.waiting),
        title: h.title,
        detail: h.detail,
    }
}

fn delivery(zone: Tz, d: Delivery) -> DeliveryView {
    let facts = [
        Some(d.queued_at.with_timezone(&zone).format("%m-%d %H:%M").to_string()),
        Some(format!("试过 {} 次", d.attempts)).filter(|_| d.attempts > 0),
        Some("可能已经收到过一次".to_owned()).filter(|_| d.ambiguous_attempts > 0),
        d.reply,
    ];
    let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    DeliveryView { id: d.id.0, outlet: d.outlet, title: d.text.title, state: d.state.chinese(), facts }
}

fn outlet_view(zone: Tz, o: &OutletSettings, record: (Option<DateTime<Utc>>, Option<Delivery>)) -> OutletView {
    let problem = if o.kind == OutletKind::Mail { None } else { Outlet::open(o).err().map(|e| e.chinese()) };
    let waiting = record.1.map(|d| format!("{}：{}", d.state.chinese(), d.reply.unwrap_or_default()));
    OutletView {
        name: o.name.clone(),
        kind: o.kind.chinese(),
        takes: o.takes.iter().map(|k| k.chinese()).collect::<Vec<_>>().join("、"),
        last: match record.0 {
            _ if o.kind == OutletKind::Mail => o.to.iter().map(MailAddress::bare).collect::<Vec<_>>().join("、"),
            Some(at) => format!("最近发出 {}", at.with_timezone(&zone).format("%m-%d %H:%M")),
            None => "还没有发过".to_owned(),
        },
        problem: problem.or(waiting).unwrap_or_default(),
    }
}

pub(super) async fn list(State(console): State<AppState>, Editor(session): Editor) -> Response {
    let words = console.flash(&session, PATH).words;
    show_list(&console, &session, words).await.unwrap_or_else(|answer| answer)
}

async fn show_list(console: &AppState, session: &Session, words: String) -> Result<Response, Response> {
    let (now, zone, pipeline) = (Utc::now(), console.zone(), console.pipeline());
    let found = console.store.run({
        let pipeline = std::sync::Arc::clone(&pipeline);
        move |s| {
            let settings = pipeline.settings();
            let record = |o: &OutletSettings| Ok::<_, StoreError>(outlet_view(zone, o, s.outlet_record(&o.name)?));
            let outlets = settings.outlets.iter().map(record).collect::<Result<Vec<_>, _>>()?;
            Ok((
                s.alert_rules()?,
                s.alert_tallies(now)?,
                Names::load(s)?,
                s.alert_hits(None, MAX_LISTED)?,
                outlets,
                s.recent_deliveries(false, MAX_LISTED)?,
            ))
        }
    });
    let (rules, tallies, names, hits, outlets, deliveries) = stored(found.await)?;
    let (active, resting) = rules.iter().map(|r| line(console, &names, r, &tallies)).partition(|l| l.is_enabled);
    let alerts = &pipeline.settings().alerts;
    let quiet = alerts.quiet.map_or(String::new(), |(from, to)| format!("{}到{}不打扰，", from.format("%H:%M"), to.format("%H:%M")));
    let hours = format!("{quiet}每天 {} 汇总，每小时最多 {} 条", alerts.digest_at.format("%H:%M"), alerts.max_per_hour);
    Ok(response::page(&AlertsPage {
        frame: Layout::new(console, session, "提醒"),
        words,
        hours,
        active,
        resting,
        hits: hits.into_iter().map(|h| hit(zone, h)).collect(),
        outlets,
        deliveries: deliveries.into_iter().map(|d| delivery(zone, d)).collect(),
    }))
}

pub(super) async fn page(State(console): State<AppState>, Editor(session): Editor, Path(id): Path<i64>) -> Response {
    let (id, now) = (AlertRuleId(id), Utc::now());
    let found = console.store.run(move |s| {
        let Some(rule) = s.alert_rule(id)? else { return Ok(None) };
        Ok(Some((rule, s.alert_tallies(now)?, Names::load(s)?, s.alert_hits(Some(id), MAX_LISTED)?)))
    });
    match stored(found.await) {
        Ok(Some((rule, tallies, names, hits))) => response::page(&AlertPage {
            frame: Layout::new(&console, &session, "提醒"),
            line: line(&console, &names, &rule, &tallies),
            hits: hits.into_iter().map(|h| hit(console.zone(), h)).collect(),
        }),
        Ok(None) => missing(&console, &session),
        Err(answer) => answer,
    }
}

pub(super) fn missing(console: &Console, session: &Session) -> Response {
    response::refused(console, session, StatusCode::NOT_FOUND, "没有这条提醒")
}

actions! {
    /// What an editor does with an alert rule.
    AlertAction {
        Disable = "disable",
        Enable = "enable",
        Delete = "delete",
    }
}

pub(super) async fn change(State(console): State<AppState>, Path(id): Path<i64>, form: Form) -> Response {
    let (id, who, now) = (AlertRuleId(id), form.session.name.clone(), Utc::now());
    let action = match form.action(&console) {
        Ok(action) => action,
        Err(answer) => return answer,
    };
    if action == AlertAction::Delete && form.fields.text("sure") != "yes" {
        return response::refused(&console, &form.session, StatusCode::BAD_REQUEST, "没有删除：请先勾选“确认”再按“删除”");
    }
    let done = console.store.run(move |s| match action {
        AlertAction::Disable => s.enable_alert_rule(id, false, &who, now),
        AlertAction::Enable => s.enable_alert_rule(id, true, &who, now),
        AlertAction::Delete => s.delete_alert_rule(id, &who, now),
    });
    match stored(done.await) {
        Ok(false) => missing(&console, &form.session),
        Ok(true) if action == AlertAction::Delete => console.redirect_with(&form.session, PATH, "已删除提醒".to_owned()),
        Ok(true) => Redirect::to(&console.path(&format!("{PATH}/{id}"))).into_response(),
        Err(answer) => answer,
    }
}

actions! {
    /// What an editor does with a message to an outlet, or with an outlet.
    DeliveryAction {
        Retry = "retry",
        Cancel = "cancel",
        Test = "test",
    }
}

pub(super) async fn change_delivery(State(console): State<AppState>, form: Form) -> Response {
    let done = match form.action(&console) {
        Ok(DeliveryAction::Test) => test(&console, &form).await,
        Ok(DeliveryAction::Retry) => retry(&console, &form, true).await,
        Ok(DeliveryAction::Cancel) => retry(&console, &form, false).await,
        Err(answer) => return answer,
    };
    match done {
        Ok(words) => console.redirect_with(&form.session, PATH, words),
        Err(answer) => answer,
    }
}

async fn retry(console: &AppState, form: &Form, again: bool) -> Result<String, Response> {
    let (now, expires) = (Utc::now(), Utc::now() + TimeDelta::days(1));
    let (id, who) = (DeliveryId(form.fields.number("delivery").unwrap_or(0)), form.session.name.clone());
    let action = if again { AuditAction::RetryDelivery } else { AuditAction::CancelDelivery };
    let changed = console.store.run(move |s| {
        let changed = s.change_delivery(id, again, now, expires)?;
        if changed {
            s.audit(&who, action, &id.to_string(), now)?;
        }
        Ok(changed)
    });
    if !stored(changed.await)? {
        return Ok("没有改动：这条消息正在发送，或已经发出".to_owned());
    }
    console.live.bells().outlets.notify_one();
    Ok(if again { "已排队重发".to_owned() } else { "已取消这条消息".to_owned() })
}

/// Queues a mail that tries out an outlet of addresses.
async fn test_mail(console: &AppState, form: &Form, name: String, now: DateTime<Utc>) -> Result<String, Response> {
    let paragraphs = vec![Paragraph::plain(format!("这是发到“{name}”的测试邮件。收到它，说明发信设置可用。"))];
    let text = NotificationText { title: "【测试】竞争情报快递推送测试".to_owned(), paragraphs, url: None };
    let (who, subject, target) = (form.session.name.clone(), name.clone(), AlertTarget::Outlet(name.clone()));
    let raised = console.store.run(move |s| {
        s.audit(&who, AuditAction::TestOutlet, &subject, now)?;
        s.raise_test(&target, &text, now)
    });
    stored(raised.await)?;
    console.live.bells().outlets.notify_one();
    Ok(format!("测试邮件已排队发给“{name}”，请到收件箱看一看"))
}

/// 试发: sends a message at once, beside the queue.
async fn test(console: &AppState, form: &Form) -> Result<String, Response> {
    let (name, pipeline, now) = (form.fields.text("outlet").to_owned(), console.pipeline(), Utc::now());
    let Some(settings) = pipeline.settings().outlet(&name) else {
        return Err(response::refused(console, &form.session, StatusCode::NOT_FOUND, "没有这个推送渠道"));
    };
    if settings.kind == OutletKind::Mail {
        return test_mail(console, form, name, now).await;
    }
    let outlet = match Outlet::open(settings) {
        Ok(outlet) => outlet,
        Err(e) => return Ok(format!("没有试发：{}", e.chinese())),
    };
    let (who, subject) = (form.session.name.clone(), name.clone());
    stored(console.store.run(move |s| s.audit(&who, AuditAction::TestOutlet, &subject, now)).await)?;
    Ok(match outlet.send(&outlet.test_message(now), now).await {
        SendResult::Accepted => format!("“{name}”收下了试发的消息，请到群里看一看"),
        SendResult::Throttled { reply, .. } => format!("“{name}”说发得太快，请稍后再试：{reply}"),
        SendResult::Refused { reply } => format!("“{name}”拒绝了试发的消息：{reply}"),
        SendResult::Unavailable { reply } => format!("连不上“{name}”：{reply}"),
        SendResult::Unknown { reply } => format!("“{name}”没有答复，可能收到了：{reply}"),
    })
}
