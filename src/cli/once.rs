//! `qingbao once`: one crawl, one issue, its messages.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;

use crate::cli::output::{out, outln};
use crate::cli::phrases::{Language, Phrase};
use crate::cli::progress::ProgressDisplay;
use crate::cli::serve::{CrawlArgs, WaitForNats, start_pipeline};
use crate::cli::{CommandContext, write_file};
use crate::crawl::{CrawlMode, CrawlSummary};
use crate::mail::SendSummary;
use crate::model::Edition;
use crate::pipeline::Pipeline;
use crate::render;
use crate::store::Announce;

pub(super) async fn run(args: &CrawlArgs, context: CommandContext) -> anyhow::Result<()> {
    run_in(Language::of_terminal(), args, context).await
}

/// The same in a given language.
pub(super) async fn run_in(language: Language, args: &CrawlArgs, mut context: CommandContext) -> anyhow::Result<()> {
    let list = Arc::new(context.source_list()?);
    anyhow::ensure!(!list.sources.is_empty(), "{}", Phrase::NoSources.line(language, &[&context.sources.display()]));
    let pipeline = start_pipeline(args, &mut context, WaitForNats::Yes).await?;
    let progress = ProgressDisplay::new(language);
    let report = pipeline.crawler().run_once(&|| Arc::clone(&list), CrawlMode::Once, &progress).await?;
    pipeline.crawler().close().await;
    progress.finish();
    let now = Utc::now();
    let mut editions = Vec::new();
    for p in &context.settings.additional_publications {
        let edition = pipeline.issues().draft(p, p.calendar.today(now), list.count_of(&p.sources), Announce::Yes, now).await?;
        pipeline.queue_due(now).await?;
        write_draft(&context.data.join("drafts"), &pipeline, &edition)?;
        editions.push(edition);
    }
    let p = &context.settings.publication;
    let edition = pipeline.issues().draft(p, p.calendar.today(now), list.count_of(&p.sources), Announce::Yes, now).await?;
    pipeline.record_signals(now).await?;
    pipeline.raise_alerts(now).await?;
    let queued = pipeline.queue_due(now).await?;
    pipeline.send_to_outlets().await?;
    let sent = pipeline.issues().send(context.data.join("outbox"), now).await?;
    write_draft(&context.data.join("drafts"), &pipeline, &edition)?;
    editions.insert(0, edition);
    out!("{}", summary(language, &report, &editions, &sent, None))?;
    if queued == 0 {
        outln!("{}", Phrase::MailedBefore.line(language, &[]))?;
    }
    anyhow::ensure!(report.failed.len() < report.sources() || report.sources() == 0, "{}", Phrase::EverySourceFailed.line(language, &[]));
    let refused: Vec<String> = sent.failed.iter().map(|(to, why)| format!("{to} ({why})")).collect();
    anyhow::ensure!(refused.is_empty(), "{}", Phrase::LettersGivenUp.line(language, &[&refused.len(), &refused.join("; ")]));
    Ok(())
}

/// Writes the edition as .html and .docx into a folder.
pub(super) fn write_draft(folder: &Path, pipeline: &Pipeline, edition: &Edition) -> anyhow::Result<()> {
    let edition = &pipeline.store().with_printed_grades(edition.clone(), Utc::now())?;
    let (stem, files) = (render::file_stem(edition), pipeline.store().item_files(edition)?);
    write_file(&folder.join(format!("{stem}.html")), render::page(edition, &files)?.as_bytes())?;
    write_file(&folder.join(format!("{stem}.docx")), &render::docx(edition, &files, pipeline.settings().template_of(&edition.publication))?)
}

/// Returns the table printed after a pass. `deliberate` is a source that is meant to fail.
pub(super) fn summary(language: Language, r: &CrawlSummary, editions: &[Edition], sent: &SendSummary, deliberate: Option<&str>) -> String {
    let mut out = String::new();
    let mut add = |phrase: Phrase, values: &[&dyn Display]| {
        out.push_str(&phrase.line(language, values));
        out.push('\n');
    };
    add(Phrase::Sources, &[&(r.changed + r.unchanged), &r.unchanged, &r.failed.len()]);
    for (id, reason) in &r.failed {
        add(if deliberate == Some(id.as_str()) { Phrase::DeliberateFailure } else { Phrase::FailedSource }, &[id, language.of(reason)]);
    }
    add(Phrase::Entries, &[&r.new_entries]);
    add(Phrase::Articles, &[&r.articles, &r.duplicates, &r.failed_pages]);
    for (url, reason) in r.failures.iter().take(20) {
        add(Phrase::LostPage, &[url, reason]);
    }
    for p in &r.host_backoffs {
        let until = p.until.with_timezone(&chrono::Local).format("%F %H:%M:%S");
        add(Phrase::WaitingHost, &[&p.host_key, &until, &p.waiting, &p.reason]);
    }
    for e in editions {
        add(Phrase::Stories, &[&e.health.candidates, &e.health.merged]);
        let label = if editions.len() > 1 { format!("{} {}", e.publication, e.issue_label()) } else { e.issue_label() };
        add(Phrase::Issue, &[&label, &e.item_count()]);
        for c in &e.columns {
            add(Phrase::Column, &[&c.name, &c.items.len()]);
        }
    }
    for path in &sent.sent {
        add(Phrase::MailSent, &[path]);
    }
    for (to, why) in &sent.deferred {
        add(Phrase::MailDeferred, &[to, why]);
    }
    for (to, why) in &sent.failed {
        add(Phrase::MailFailed, &[to, why]);
    }
    add(Phrase::Time, &[&format!("{:.1}", r.elapsed.as_secs_f64())]);
    out
}
