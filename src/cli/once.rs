//! `qingbao once`: one crawl, one issue, its messages.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;

use crate::cli::output::{out, outln};
use crate::cli::progress::ProgressDisplay;
use crate::cli::serve::{CrawlArgs, WaitForNats, start_pipeline};
use crate::cli::{CommandContext, write_file};
use crate::crawl::{CrawlMode, CrawlSummary};
use crate::mail::SendSummary;
use crate::model::Edition;
use crate::pipeline::Pipeline;
use crate::render;
use crate::store::Announce;

pub(super) async fn run(args: &CrawlArgs, mut context: CommandContext) -> anyhow::Result<()> {
    let list = Arc::new(context.source_list()?);
    let pipeline = start_pipeline(args, &mut context, WaitForNats::Yes).await?;
    let progress = ProgressDisplay::new();
    let report = pipeline.crawler().run_once(&|| Arc::clone(&list), CrawlMode::Once, &progress).await?;
    pipeline.crawler().close().await;
    progress.finish();
    let now = Utc::now();
    let enabled = list.enabled().count();
    for p in &context.settings.additional_publications {
        let edition = pipeline.issues().draft(p, p.calendar.today(now), enabled, Announce::Yes, now).await?;
        pipeline.queue_due(now).await?;
        write_draft(&context.data.join("drafts"), &pipeline, &edition)?;
    }
    let p = &context.settings.publication;
    let edition = pipeline.issues().draft(p, p.calendar.today(now), enabled, Announce::Yes, now).await?;
    pipeline.record_signals(now).await?;
    pipeline.raise_alerts(now).await?;
    let queued = pipeline.queue_due(now).await?;
    pipeline.send_to_outlets().await?;
    let sent = pipeline.issues().send(context.data.join("outbox"), now).await?;
    write_draft(&context.data.join("drafts"), &pipeline, &edition)?;
    out!("{}", summary(&report, &edition, &sent))?;
    if queued == 0 {
        outln!("Today's issue was mailed before and stays as it is; what is new waits for the next one.")?;
    }
    anyhow::ensure!(report.failed.len() < report.sources() || report.sources() == 0, "every source failed; is the network down?");
    let refused: Vec<String> = sent.failed.iter().map(|(to, why)| format!("{to} ({why})")).collect();
    anyhow::ensure!(refused.is_empty(), "{} letters were given up: {}; `qingbao outbox list`", refused.len(), refused.join("; "));
    Ok(())
}

/// Writes the edition as .html and .docx into a folder.
pub(super) fn write_draft(folder: &Path, pipeline: &Pipeline, edition: &Edition) -> anyhow::Result<()> {
    let edition = &pipeline.store().with_printed_grades(edition.clone(), Utc::now())?;
    let (stem, files) = (render::file_stem(edition), pipeline.store().item_files(edition)?);
    write_file(&folder.join(format!("{stem}.html")), render::page(edition, &files)?.as_bytes())?;
    write_file(&folder.join(format!("{stem}.docx")), &render::docx(edition, &files, pipeline.settings().template_of(&edition.publication))?)
}

/// Returns the table printed after a pass.
pub(super) fn summary(report: &CrawlSummary, edition: &Edition, sent: &SendSummary) -> String {
    let mut out = String::new();
    let _ = write_summary(&mut out, report, edition, sent);
    out
}

fn write_summary(out: &mut String, r: &CrawlSummary, e: &Edition, sent: &SendSummary) -> std::fmt::Result {
    writeln!(out, "sources    {} ok ({} unchanged), {} failed", r.changed + r.unchanged, r.unchanged, r.failed.len())?;
    for (id, reason) in &r.failed {
        writeln!(out, "  failed   {id}: {reason}")?;
    }
    writeln!(out, "entries    {} new", r.new_entries)?;
    writeln!(out, "articles   {} new, {} known already, {} lost", r.articles, r.duplicates, r.failed_pages)?;
    for (url, reason) in r.failures.iter().take(20) {
        writeln!(out, "  lost     {url}: {reason}")?;
    }
    for p in &r.host_backoffs {
        let until = p.until.with_timezone(&chrono::Local).format("%F %H:%M:%S");
        writeln!(out, "  waiting  {} until {until}, {} held back: {}", p.host_key, p.waiting, p.reason)?;
    }
    writeln!(out, "stories    {} candidates, {} copies merged", e.health.candidates, e.health.merged)?;
    writeln!(out, "issue      {}, {} items", e.issue_label(), e.item_count())?;
    for c in &e.columns {
        writeln!(out, "  {}  {}", c.name, c.items.len())?;
    }
    for path in &sent.sent {
        writeln!(out, "mail       sent: {path}")?;
    }
    for (to, why) in &sent.deferred {
        writeln!(out, "mail       to {to} stays queued and is tried again: {why}")?;
    }
    for (to, why) in &sent.failed {
        writeln!(out, "mail       to {to} given up: {why}")?;
    }
    writeln!(out, "time       {:.1} s", r.elapsed.as_secs_f64())
}
