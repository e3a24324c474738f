//! `qingbao report`: the review of a week or month (一周综述).

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::Utc;
use clap::{Args, Subcommand};

use crate::cli::output::{out, outln};
use crate::cli::{CommandContext, find_publication, write_file};
use crate::render;
use crate::review::ReviewPeriod;
use crate::store::{ReviewRequest, Store};

#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// An ISO week: counts against the eight weeks before, rising terms, events, organisations, topics
    Week(ReportArgs),
    /// A calendar month, against the eight weeks before it
    Month(ReportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Name of the publication (default: the first)
    #[arg(long)]
    publication: Option<String>,
    /// Week like 2026-W48, or month like 2026-11 (default: the last one that is over)
    #[arg(long)]
    period: Option<String>,
    /// Write it as .docx instead of printing it
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    docx: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(action: &ReportCommand, context: &CommandContext) -> anyhow::Result<()> {
    let (args, is_week) = match action {
        ReportCommand::Week(args) => (args, true),
        ReportCommand::Month(args) => (args, false),
    };
    let (p, now) = (find_publication(context, args.publication.as_deref())?.clone(), Utc::now());
    let today = p.calendar.today(now);
    let last = if is_week { ReviewPeriod::week_of(today) } else { ReviewPeriod::month_of(today) }.previous();
    let period = match &args.period {
        Some(text) => ReviewPeriod::parse(text).filter(|p| p.is_week() == is_week),
        None => last,
    };
    let example = if is_week { "2026-W48" } else { "2026-11" };
    let period = period.with_context(|| format!("--period {:?} is no {example}", args.period.as_deref().unwrap_or_default()))?;
    let industries = context.settings.vocabulary(&context.taxonomy()?).industries;
    let (store, zone) = (Store::open_beside(&context.data)?, p.calendar.zone);
    let request = ReviewRequest { publication: p.clone(), period, industries };
    let review = store.run(move |s| s.review(&request, now)).await?.with_context(|| format!("{period} has not begun yet"))?;
    if let Some(file) = &args.docx {
        return write_file(file, &render::review_docx(&review, &p.organiser, &p.classification_notice, zone)?);
    }
    if args.json {
        outln!("{}", serde_json::to_string(&review)?)?;
    } else {
        out!("{}", render::review_text(&review, zone))?;
    }
    Ok(())
}
