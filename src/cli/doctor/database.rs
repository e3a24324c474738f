//! Checks what the database holds, and beside it the settings that belong to it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::CommandContext;
use crate::cli::report::{Level, Report};
use crate::model::{AlertTarget, SigningStep};
use crate::pipeline::columns_without_topic;
use crate::store::{BACKUP_MAX_AGE, Role, Store};

/// Documents shown.
const MAX_CRASHED: usize = 20;

pub(super) fn check(f: &mut Report, context: &CommandContext, store: &Store) {
    state(f, store);
    signing(f, context, store);
    alerts(f, context, store);
    topics(f, context, store);
    subscribers(f, context, store);
    context.changed_defaults(store).iter().for_each(|words| f.line(Level::Warning, "defaults", words));
}

/// Checks that the topics that subscribers in the settings want are there.
fn subscribers(f: &mut Report, context: &CommandContext, store: &Store) {
    for p in context.settings.publications() {
        let wanted: Vec<&str> = p.recipients.iter().chain(&p.final_recipients).flat_map(|r| &r.topics).map(String::as_str).collect();
        match store.titles_without_topic(&wanted) {
            Ok(missing) if missing.is_empty() => {}
            Ok(missing) => f.line(Level::Warning, "subscribers", &format!("{}: no open topic has the title {}", p.name, missing.join(", "))),
            Err(e) => f.line(Level::Warning, "subscribers", &e.to_string()),
        }
    }
}

/// Checks that the columns for topics have one.
fn topics(f: &mut Report, context: &CommandContext, store: &Store) {
    match columns_without_topic(store, &context.settings) {
        Ok(empty) if empty.is_empty() => f.line(Level::Ok, "topics", "every column for a topic has one"),
        Ok(empty) => empty.iter().for_each(|sentence| f.line(Level::Warning, "topics", sentence)),
        Err(e) => f.line(Level::Warning, "topics", &e.to_string()),
    }
}

fn state(f: &mut Report, store: &Store) {
    let found = store.damage();
    let first = match &found {
        Ok(lines) => lines.first().cloned(),
        Err(e) => Some(e.to_string()),
    };
    match first {
        None => f.line(Level::Ok, "integrity", "every page and every reference is right"),
        Some(words) => f.line(Level::Error, "integrity", &format!("{words}; stop the service and `qingbao restore` the last backup")),
    }
    if let Ok(Some(why)) = store.mail_hold() {
        f.line(Level::Warning, "outbox", &format!("no letter leaves, {why}; `qingbao outbox release`"));
    }
    let waiting = store.outbox(false, 1_000).map_or(0, |l| l.len());
    f.check(waiting == 0, "letters", "none waits or went wrong", &format!("{waiting} wait or went wrong: `qingbao outbox list`"));
    let age = store.last_backup().ok().flatten().map(|t: DateTime<Utc>| Utc::now() - t);
    let words = age.map_or_else(|| "never".to_owned(), |a| format!("{} h ago", a.num_hours()));
    let hint = format!("{words}: enable qingbao-backup.timer, or run `qingbao backup DIR` by cron");
    f.check(age.is_some_and(|a| a <= BACKUP_MAX_AGE), "backup", &words, &hint);
    let failing = store.gauges(Utc::now()).map_or(0, |g| g.sources.iter().filter(|s| s.0 != "ok").map(|s| s.1).sum::<i64>());
    f.check(failing == 0, "health", "no source fails", &format!("{failing} sources fail or rest: `qingbao sources list`"));
    let crashed = store.crashed_documents(MAX_CRASHED).unwrap_or_default();
    f.check(crashed.is_empty(), "documents", "none ends its parser", "these end their parser and are left out; the others are read:");
    for d in crashed {
        f.detail(&format!("         {} {}: {}", d.source, d.url, d.how));
    }
    match store.audit_damage() {
        Ok(None) => f.line(Level::Ok, "log", "every line of who did what is as it was written"),
        Ok(Some((at, line))) => {
            let words = format!("changed, added by hand, or one before it removed: {} UTC {line}", at.format("%F %R"));
            f.line(Level::Error, "log", &words);
        }
        Err(e) => f.line(Level::Warning, "log", &e.to_string()),
    }
    let admin = store.accounts().is_ok_and(|a| a.iter().any(|a| a.role == Role::Admin && !a.disabled));
    f.check(admin, "accounts", "there is an admin", "nobody can sign in as admin: qingbao user add NAME --role admin");
}

/// Checks that each signing step has an account with the duty, and that no letters of final issues are overdue.
fn signing(f: &mut Report, context: &CommandContext, store: &Store) {
    // the mail loop queues them within a minute
    let overdue = store.letters_overdue(Utc::now(), TimeDelta::minutes(10)).unwrap_or_default();
    let ids: Vec<String> = overdue.iter().map(ToString::to_string).collect();
    let bad = format!("letters of issue {} are not queued: the service does not run, or its publication has another name now", ids.join(", "));
    f.check(overdue.is_empty(), "final issues", "no letters wait to be queued", &bad);
    for account in store.accounts().unwrap_or_default() {
        let gone: Vec<&str> = account.limit.names().filter(|name| context.settings.publication_named(name).is_none()).collect();
        if !gone.is_empty() {
            let words =
                format!("{} is limited to {}, which the settings do not have: qingbao user publications NAME …", account.name, gone.join(", "));
            f.line(Level::Warning, "accounts", &words);
        }
    }
    for p in context.settings.publications().filter(|p| !p.signing.is_empty()) {
        let nobody = |step: &SigningStep| store.holders_of(*step, &p.name).is_ok_and(|h| h.is_empty());
        let missing: Vec<&str> = std::iter::once(&SigningStep::Submit).chain(&p.signing).filter(|s| nobody(s)).map(|s| s.as_str()).collect();
        let bad = format!("nobody may {} issues of {}: qingbao user duties NAME {}", missing.join(" or "), p.name, missing.join(","));
        f.check(missing.is_empty(), "signing", &format!("every step of {} has somebody", p.name), &bad);
    }
}

/// Checks that alert rules tell outlets that the settings have.
fn alerts(f: &mut Report, context: &CommandContext, store: &Store) {
    let rules = store.alert_rules().unwrap_or_default();
    let lost = |t: &AlertTarget| matches!(t, AlertTarget::Outlet(name) if context.settings.outlet(name).is_none());
    let wrong: Vec<String> = rules.iter().filter(|r| r.is_enabled && r.draft.targets.iter().any(lost)).map(|r| r.draft.name.clone()).collect();
    let bad = format!("{} tell outlets that qingbao.toml does not have: change them on the page 提醒", wrong.join(", "));
    f.check(wrong.is_empty(), "alerts", &format!("{} rules, all of whose outlets are there", rules.len()), &bad);
}
