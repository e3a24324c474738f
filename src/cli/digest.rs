//! `qingbao digest`: build, show, send, list, export.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{NaiveDate, Utc};
use clap::{Subcommand, ValueEnum};

use crate::cli::output::{out, outln};
use crate::cli::{CommandContext, find_publication, write_file};
use crate::issue;
use crate::libreoffice;
use crate::mail::{self, DeliveryResult, Transport, compose};
use crate::model::MailAddress;
use crate::model::{Edition, EditionId, EditionState};
use crate::pipeline::{self, Pipeline};
use crate::render;
use crate::store::{Announce, EditionFilter, OutboxMessage, Store, StoreError};

#[derive(Debug, Subcommand)]
pub(super) enum DigestCommand {
    /// Build the draft of a day from the archive; a draft that was not mailed is rebuilt and keeps its number
    Build {
        /// Day of the issue (default: today)
        #[arg(long)]
        date: Option<NaiveDate>,
        /// Name of the publication (default: the first)
        #[arg(long)]
        publication: Option<String>,
    },
    /// Print an edition as text
    Show {
        /// Edition (default: the newest)
        id: Option<i64>,
        /// Also print why each item was chosen
        #[arg(long)]
        why: bool,
    },
    /// Queue an edition's mail and send what is due
    Send {
        /// Edition (default: the newest)
        id: Option<i64>,
        /// Send only a test copy to this address; nothing is recorded
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        /// Print the recipients and stop
        #[arg(long)]
        dry_run: bool,
    },
    /// Send a short test message and print each step of the dialogue with the mail server
    MailTest {
        /// Recipient
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// Print the editions, newest first
    List,
    /// Write an edition in another format
    Export {
        /// Edition
        id: i64,
        /// Format
        #[arg(long, value_enum)]
        format: IssueFormat,
        /// File (default: standard output)
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
}

/// Form of an exported edition.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum IssueFormat {
    /// Word document
    Docx,
    /// PDF, if LibreOffice is installed
    Pdf,
    /// Mail as HTML
    Html,
    /// Plain text
    Txt,
    /// The whole mail
    Eml,
    /// JSON
    Json,
}

pub(super) async fn run(action: &DigestCommand, context: &CommandContext) -> anyhow::Result<()> {
    // needs only the settings
    if let DigestCommand::MailTest { to } = action {
        return mail_test(context, to).await;
    }
    let pipeline = context.pipeline_beside()?;
    let store = pipeline.store();
    match action {
        DigestCommand::MailTest { .. } => {}
        DigestCommand::Build { date, publication } => {
            let now = Utc::now();
            let p = find_publication(context, publication.as_deref())?;
            let date = date.unwrap_or_else(|| p.calendar.today(now));
            let enabled = context.source_list()?.count_of(&p.sources);
            let edition = pipeline.issues().draft(p, date, enabled, Announce::No, now).await?;
            outln!("{}\t{}\t{}\t{} items", edition.id, edition.date, edition.issue_label(), edition.item_count())?;
        }
        DigestCommand::List => {
            for e in store.run(|s| s.editions(1000)).await? {
                outln!(
                    "{}\t{}\t{}\t{} items\t{}/{} letters sent\t{}\t{}",
                    e.id,
                    e.date,
                    e.label(),
                    e.items,
                    e.letters.0,
                    e.letters.1,
                    if e.is_imported { "imported".to_owned() } else { state_word(e.state) },
                    e.publication
                )?;
            }
        }
        DigestCommand::Show { id, why } => {
            let edition = store.with_printed_grades(find(store, *id).await?, Utc::now())?;
            out!("{}", render::text(&edition))?;
            if *why {
                out!("{}", reasons(&edition))?;
            }
        }
        DigestCommand::Send { id, to, dry_run } => {
            let edition = find(store, *id).await?;
            send(context, &pipeline, &edition, to.as_deref(), *dry_run).await?;
        }
        DigestCommand::Export { id, format, output } => {
            let edition = store.with_printed_grades(find(store, Some(*id)).await?, Utc::now())?;
            let bytes = export(context, store, &edition, *format).await?;
            match output {
                Some(path) => write_file(path, &bytes)?,
                None => std::io::stdout().lock().write_all(&bytes)?,
            }
        }
    }
    Ok(())
}

fn state_word(state: EditionState) -> String {
    match state {
        EditionState::Draft => "draft".to_owned(),
        EditionState::Submitted(step) => format!("waits for {}", step.as_str()),
        EditionState::Final => "final".to_owned(),
    }
}

fn reasons(edition: &Edition) -> String {
    let mut out = String::from("\n●入选理由\n\n");
    for i in edition.items() {
        out.push_str(&format!("{:.2}　{}：{}\n", i.score, i.title, i.reasons.join("；")));
    }
    out
}

async fn find(store: &Store, id: Option<i64>) -> anyhow::Result<Edition> {
    let id = match id {
        Some(id) => EditionId(id),
        None => store
            .run(|s| s.own_editions(&EditionFilter::default(), 1))
            .await?
            .first()
            .map(|e| e.id)
            .context("there is no edition yet; run `qingbao digest build`")?,
    };
    store.run(move |s| s.edition(id)).await?.with_context(|| format!("there is no edition {id}; `qingbao digest list` prints them"))
}

async fn send(context: &CommandContext, pipeline: &Pipeline, edition: &Edition, to: Option<&str>, dry_run: bool) -> anyhow::Result<()> {
    let now = Utc::now();
    anyhow::ensure!(!edition.is_imported(), "issue {} was imported from a file; old issues are not mailed", edition.id);
    if dry_run {
        let p = find_publication(context, Some(&edition.publication))?;
        let store = pipeline.store();
        let subjects = store.item_subjects(edition)?;
        for r in pipeline::recipients(store, p, edition.is_final)? {
            let n = issue::filter_for_recipient(edition, &r, &subjects).item_count();
            outln!("{} would go to {}, {n} items", render::subject(edition), r.address)?;
        }
        return Ok(());
    }
    if let Some(to) = to {
        let to = MailAddress::parse(to)?;
        let store = pipeline.store();
        let edition = &store.with_printed_grades(edition.clone(), now)?;
        let parts = render::parts(edition, &store.item_files(edition)?, context.settings.template_of(&edition.publication))?;
        let letter = compose(edition, &parts, &context.settings.mail, &to, now, &store.message_salt()?)?;
        let mut transport = Transport::new(&context.settings.mail, context.data.join("outbox"))?;
        let outcome = transport.send(&OutboxMessage::test_copy(letter)).await;
        transport.close().await;
        outln!("test copy to {to}: {}", accepted(outcome)?)?;
        return Ok(());
    }
    let id = edition.id;
    if let Some(due) = pipeline.store().run(move |s| s.letters_due_at(id)).await?.filter(|due| *due > now) {
        anyhow::bail!("issue {id} can be called back until {due}; its letters leave by themselves afterwards");
    }
    let queued = pipeline.issues().enqueue_issue(edition, now).await?;
    // only the process that holds the data folder sends: two at once would send a message twice
    let _alone = match Store::open(&context.data) {
        Ok(store) => store,
        Err(StoreError::InUse { pid, .. }) => {
            outln!("{queued} letters queued; the running service (pid {pid}) sends them within half a minute")?;
            return Ok(());
        }
        Err(e) => return Err(e.into()),
    };
    // such as reports to operators about an earlier run
    pipeline.queue_due(now).await?;
    let report = pipeline.issues().send(context.data.join("outbox"), now).await?;
    outln!("{queued} letters queued, {} sent, {} waiting, {} given up", report.sent.len(), report.deferred.len(), report.failed.len())?;
    for (to, why) in report.deferred.iter().chain(&report.failed) {
        outln!("  {to}: {why}")?;
    }
    Ok(())
}

/// Returns the server's answer, or an error that says what to do.
fn accepted(outcome: DeliveryResult) -> anyhow::Result<String> {
    let why = match outcome {
        DeliveryResult::Accepted(reply) => return Ok(reply),
        DeliveryResult::Later(why) | DeliveryResult::Refused(why) | DeliveryResult::LoginRefused(why) | DeliveryResult::Uncertain(why) => why,
    };
    match mail::hint(&why) {
        Some(hint) => anyhow::bail!("{why}\n{hint}"),
        None => anyhow::bail!(why),
    }
}

async fn mail_test(context: &CommandContext, to: &str) -> anyhow::Result<()> {
    let (to, now) = (MailAddress::parse(to)?, Utc::now());
    let id = format!("<test.{:x}@{}>", now.timestamp_micros(), context.settings.mail.from.domain());
    let text = "这是竞争情报快递系统的测试邮件。收到它，说明发信设置可用。\n";
    let letter = mail::compose_text("【测试】竞争情报快递发信测试", text, id, &context.settings.mail, &to, now)?;
    let mut transport = Transport::new(&context.settings.mail, context.data.join("outbox"))?.with_transcript();
    let outcome = transport.send(&OutboxMessage::test_copy(letter)).await;
    transport.close().await;
    for step in transport.steps() {
        outln!("  {step}")?;
    }
    outln!("发信正常，请到 {to} 的收件箱（或垃圾箱）查看。{}", accepted(outcome).context("发信失败")?)?;
    Ok(())
}

async fn export(context: &CommandContext, store: &Store, edition: &Edition, format: IssueFormat) -> anyhow::Result<Vec<u8>> {
    let (files, template) = (store.item_files(edition)?, context.settings.template_of(&edition.publication));
    Ok(match format {
        IssueFormat::Docx => render::docx(edition, &files, template)?,
        IssueFormat::Pdf => libreoffice::pdf(&render::docx(edition, &files, template)?, &context.settings.pdf).await?,
        IssueFormat::Html => render::page(edition, &files)?.into_bytes(),
        IssueFormat::Txt => render::text(edition).into_bytes(),
        IssueFormat::Json => serde_json::to_vec_pretty(edition)?,
        IssueFormat::Eml => {
            let p = find_publication(context, Some(&edition.publication))?;
            let to = p.recipients.first().context("no recipients in qingbao.toml")?;
            let edition = issue::filter_for_recipient(edition, to, &store.item_subjects(edition)?);
            let parts = render::parts(&edition, &files, template)?;
            // the issue's own time, so that the same issue always gives the same bytes
            let at = edition.built_at.unwrap_or_else(Utc::now);
            compose(&edition, &parts, &context.settings.mail, &to.address, at, &store.message_salt()?)?.message
        }
    })
}
