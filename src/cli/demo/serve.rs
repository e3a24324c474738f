//! `qingbao demo --serve`: a console with three days of sample news, for a first look.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Args, Demo, own_settings};
use crate::app;
use crate::cli::once::summary;
use crate::cli::output::{out, outln};
use crate::cli::phrases::{Language, Phrase};
use crate::cli::{CommandContext, write_file};
use crate::demo::{BROKEN_SITE, DemoWorld};
use crate::issue::signing::SigningAction;
use crate::model::{
    AlertCondition, AlertDraft, AlertMode, AlertTarget, EditionId, MailAddress, SigningStep, SubscriberDraft, TopicDraft, TopicFilter, TopicKind,
};
use crate::pipeline::ConfigHandle;
use crate::store::{Role, Store};
use crate::web::{self, fresh_password, hash_password};

/// The actor in the audit log.
const WHO: &str = "演示";
const EDITOR: &str = "演示编辑";
const ADMIN: &str = "演示管理员";
/// Issues before today's are of this many days ago.
const EARLIER_DAYS: [i64; 2] = [2, 1];

pub(super) async fn run(args: &Args, context: &CommandContext, language: Language) -> anyhow::Result<()> {
    let mut settings = own_settings(context);
    settings.console.is_demo = true;
    settings.console.listen = args.listen.or(settings.console.listen);
    let address = settings.console.listen.context("the demo's console has no address")?;
    anyhow::ensure!(address.ip().is_loopback(), "{address} is not on loopback: a demo is for this computer only; write 127.0.0.1:8320");
    let listener = web::listen(&settings.console).await.with_context(|| taken(address))?.context("the console is off")?;
    outln!("{}", Phrase::DemoPreparing.line(language, &[]))?;

    let now = Utc::now();
    let world = DemoWorld::with_second_reports(now);
    let demo = Demo::new(&args.out, settings).await?;
    let passwords = add_accounts(demo.pipeline.store(), now)?;
    add_wishes(&demo, now)?;
    for days in EARLIER_DAYS {
        let then = now - TimeDelta::days(days);
        let (_, edition) = demo.issue(&world.until(then), then).await?;
        make_final(&demo, edition.id, then)?;
    }
    let (report, edition) = demo.issue(&world, now).await?;
    demo.pipeline.store().search_archive_for_topics()?;
    demo.pipeline.record_signals(now).await?;
    demo.pipeline.raise_alerts(now).await?;
    demo.pipeline.queue_due(now).await?;
    let outbox = demo.data.join("outbox");
    let sent = demo.pipeline.issues().send(outbox.clone(), now).await?;

    let sources = demo.data.join("sources.toml");
    write_file(&sources, world.sources(&demo.server.base).as_bytes())?;
    // a settings file of the reader is not touched by what is tried here
    let config = demo.data.join("qingbao.toml");
    out!("{}", summary(language, &report, std::slice::from_ref(&edition), &sent, Some(BROKEN_SITE)))?;
    outln!("{}", Phrase::DemoConsole.line(language, &[&listener.local_addr()?]))?;
    outln!("{}", Phrase::DemoAccounts.line(language, &[]))?;
    for (name, password) in &passwords {
        outln!("{}", Phrase::DemoAccount.line(language, &[name, password]))?;
    }
    outln!("{}", Phrase::DemoSteps.line(language, &[]))?;
    outln!("{}", Phrase::DemoEnd.line(language, &[&outbox.display()]))?;
    let live = ConfigHandle::new(Arc::clone(&demo.pipeline), Some(config), sources, &demo.taxonomy)?;
    app::serve_on(Arc::new(live), demo.data.clone(), Some(listener)).await?;
    Ok(())
}

fn taken(address: SocketAddr) -> String {
    format!("{address} cannot be opened; if another program has it, choose one with --listen 127.0.0.1:8321")
}

/// Adds an editor, who may also sign, and an admin; returns names and passwords.
fn add_accounts(store: &Store, now: DateTime<Utc>) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut out = Vec::new();
    for (name, role) in [(EDITOR, Role::Editor), (ADMIN, Role::Admin)] {
        let password = fresh_password()?;
        store.add_account(name, role, &hash_password(&password)?, WHO, now)?;
        store.set_duties(name, &[SigningStep::Submit, SigningStep::Review, SigningStep::Sign], WHO, now)?;
        out.push((name, password));
    }
    Ok(out)
}

/// Adds a topic, an alert and a subscriber, so that their pages show something.
fn add_wishes(demo: &Demo, now: DateTime<Utc>) -> anyhow::Result<()> {
    let store = demo.pipeline.store();
    let topic = TopicDraft {
        title: "发制品出口".to_owned(),
        question: "发制品的订单和价格怎样变化？".to_owned(),
        kind: TopicKind::Decision,
        filter: TopicFilter { expression: "发制品".to_owned(), ..TopicFilter::default() },
        owner: EDITOR.to_owned(),
        recipients: Vec::new(),
        due: None,
        request: None,
    };
    store.add_topic(&topic, EDITOR, now)?;
    let alert = AlertDraft {
        name: "算力项目".to_owned(),
        condition: AlertCondition::Articles(TopicFilter { expression: "算力".to_owned(), ..TopicFilter::default() }),
        mode: AlertMode::AtOnce,
        targets: vec![AlertTarget::Address(MailAddress::parse("duty@demo.example")?)],
    };
    store.add_alert_rule(&alert, EDITOR, now)?;
    let reader = SubscriberDraft::of_everything(MailAddress::parse("读者 <reader@demo.example>")?);
    store.add_subscriber(&demo.pipeline.settings().publication.name, &reader, ADMIN, now)?;
    Ok(())
}

/// Makes an issue final. One that needs several people to sign stays a draft.
fn make_final(demo: &Demo, id: EditionId, now: DateTime<Utc>) -> anyhow::Result<()> {
    let (store, publication) = (demo.pipeline.store(), &demo.pipeline.settings().publication);
    if let Some((_, version)) = store.edition_with_version(id)? {
        store.sign_edition(id, version, &SigningAction::Finalise, publication, EDITOR, now)?;
    }
    Ok(())
}
