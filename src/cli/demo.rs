//! `qingbao demo`: the whole pipeline once, on loopback, without configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::Utc;

use crate::cli::CommandContext;
use crate::cli::once::{summary, write_draft};
use crate::cli::output::{out, outln};
use crate::cli::progress::ProgressDisplay;
use crate::config::{Settings, SourceList, Taxonomy};
use crate::crawl::CrawlMode;
use crate::demo;
use crate::pipeline::Pipeline;
use crate::store::{Announce, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder for the draft; its `data` folder is recreated each time
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
}

pub(super) async fn run(args: &Args, context: &CommandContext) -> anyhow::Result<()> {
    let now = Utc::now();
    let world = demo::DemoWorld::at(now);
    let server = demo::start(world.clone()).await.context("no loopback port can be opened")?;
    let data = args.out.join("data");
    clear(&data)?;
    let text = world.sources(&server.base);
    let taxonomy = Taxonomy::load(None)?;
    // the reader's own publication; sources and mail are the sample world's
    let mut settings = Settings { publication: context.settings.publication.clone(), ..Settings::default() };
    let list = Arc::new(SourceList::parse("sample world", &text, &settings.vocabulary(&taxonomy))?);
    // the sample world needs no delay between requests; real hosts get one
    settings.fetch.host_delay = Duration::ZERO;
    settings.publication.window = Duration::from_hours(96);
    let pipeline = Pipeline::new(Store::open(&data)?, settings, taxonomy)?;
    let progress = ProgressDisplay::new();
    let report = pipeline.crawler().run_once(&|| Arc::clone(&list), CrawlMode::Once, &progress).await?;
    progress.finish();
    let today = pipeline.settings().publication.calendar.today(now);
    let edition = pipeline.issues().draft(&pipeline.settings().publication, today, list.sources.len(), Announce::Yes, now).await?;
    pipeline.queue_due(now).await?;
    let sent = pipeline.issues().send(args.out.clone(), now).await?;
    write_draft(&args.out, &pipeline, &edition)?;
    out!("{}", summary(&report, &edition, &sent))?;
    outln!("draft      in {}: open the .html in a browser, the .docx in Word or WPS, the .eml in a mail program", args.out.display())?;
    outln!("next       qingbao articles search 发制品 --data {}", data.display())?;
    Ok(())
}

/// Removes the database of an earlier demo, and nothing else.
fn clear(data: &Path) -> anyhow::Result<()> {
    for name in ["qingbao.db", "qingbao.db-wal", "qingbao.db-shm"] {
        let path = data.join(name);
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| format!("{} of an earlier demo cannot be removed", path.display()))?;
        }
    }
    Ok(())
}
