//! 运行: issues and their mails, and the audit log.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};

use crate::mail;
use crate::model::{AuditAction, OutboxId};
use crate::store::DeliveryState;
use crate::web::access::Admin;
use crate::web::cluster::ClusterView;
use crate::web::form::{AdminForm, actions};
use crate::web::response::{Layout, stored};
use crate::web::{AppState, audit_words, response};

#[derive(Template)]
#[template(path = "operation.html")]
struct OperationsPage {
    frame: Layout,
    version: &'static str,
    publications: Vec<(String, String)>,
    letters: Vec<MessageRow>,
    log: Vec<(String, String, String, String)>,
    articles: usize,
    space: String,
    backup: String,
    /// State of the cluster, if there are remote workers.
    cluster: Option<ClusterView>,
    /// Time, source, address, result, and the same in English.
    failed: Vec<(String, String, String, String, String)>,
    /// Source, address, how it crashed its parser.
    crashed: Vec<(String, String, String)>,
}

struct MessageRow {
    id: i64,
    to: String,
    state: &'static str,
    tries: u32,
    next: String,
    words: String,
    sent: bool,
}

pub(super) async fn page(State(console): State<AppState>, Admin(session): Admin) -> Response {
    let loaded = console
        .store
        .run(|s| Ok((s.outbox(true, 60)?, s.audit_log(40)?, s.article_count()?, s.failed_fetches(30)?, s.last_backup()?, s.crashed_documents(20)?)));
    let (letters, log, articles, failed, backup, crashed) = match stored(loaded.await) {
        Ok(all) => all,
        Err(answer) => return answer,
    };
    let (zone, now) = (console.zone(), Utc::now());
    let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let pipeline = console.pipeline();
    let publications = pipeline.settings().publications().map(|p| {
        let next = p.calendar.next_moment(p.at, now);
        (p.name.clone(), next.map_or_else(|| "—".to_owned(), at))
    });
    let letters = letters.into_iter().map(|l| MessageRow {
        id: l.id.0,
        words: mail::explain(&l),
        to: l.recipient,
        state: mail::delivery_state(l.state),
        tries: l.attempts,
        next: DateTime::from_timestamp(l.next_attempt, 0).filter(|_| l.state == DeliveryState::Queued && l.attempts > 0).map(at).unwrap_or_default(),
        sent: l.state == DeliveryState::Sent,
    });
    response::page(&OperationsPage {
        frame: Layout::new(&console, &session, "运行"),
        version: env!("CARGO_PKG_VERSION"),
        publications: publications.collect(),
        letters: letters.collect(),
        log: log.into_iter().map(|l| (at(l.at), l.actor, audit_words::chinese(&l.action).to_owned(), l.target)).collect(),
        articles,
        space: console
            .store
            .disk_usage()
            .map_or_else(|e| e.to_string(), |s| format!("数据库 {}，磁盘剩余 {}（共 {}）", size(s.database), size(s.free), size(s.total))),
        backup: backup.map_or_else(|| "还没有备份过：请启用 qingbao-backup.timer，或定期运行 qingbao backup".to_owned(), at),
        cluster: pipeline.crawler().dispatcher().cluster_status().map(|status| ClusterView::new(status, at)),
        failed: failed.into_iter().map(|f| (at(f.at), f.source, f.url, response::outcome(&f.code).to_owned(), f.outcome)).collect(),
        crashed: crashed.into_iter().map(|d| (d.source, d.url, d.how)).collect(),
    })
}

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MB") } else { format!("{:.1} GB", mib / 1024.0) }
}

actions! {
    /// What an admin does with a message of the outbox.
    MessageAction { Retry = "retry", Cancel = "cancel", MarkSent = "done" }
}

pub(super) async fn change(State(console): State<AppState>, AdminForm(form): AdminForm) -> Response {
    let (state, action) = match form.action(&console) {
        Ok(MessageAction::Retry) => (DeliveryState::Queued, AuditAction::RetryLetter),
        Ok(MessageAction::Cancel) => (DeliveryState::Cancelled, AuditAction::CancelLetter),
        Ok(MessageAction::MarkSent) => (DeliveryState::Sent, AuditAction::SettleLetter),
        Err(answer) => return answer,
    };
    let id = form.fields.number("id").unwrap_or(0);
    let (who, now) = (form.session.name.clone(), Utc::now());
    let expires = console.pipeline().settings().mail.expires(now);
    let followed = console.store.run(move |s| {
        let followed = s.set_delivery_state(OutboxId(id), state, now, expires)?;
        if followed {
            s.audit(&who, action, &id.to_string(), now)?;
        }
        Ok(followed)
    });
    match stored(followed.await) {
        Ok(true) => Redirect::to(&console.path("/operation")).into_response(),
        Ok(false) => response::refused(&console, &form.session, StatusCode::CONFLICT, "这封邮件已经发出或正在发送"),
        Err(answer) => answer,
    }
}
