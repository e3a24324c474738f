//! `qingbao demo`: the whole pipeline once, on loopback, without configuration. With `--serve` also the console, filled.

mod serve;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::cli::CommandContext;
use crate::cli::once::{summary, write_draft};
use crate::cli::output::{out, outln};
use crate::cli::phrases::{Language, Phrase};
use crate::cli::progress::ProgressDisplay;
use crate::config::{Settings, SourceList, Taxonomy};
use crate::crawl::{CrawlMode, CrawlSummary};
use crate::demo::{self, BROKEN_SITE, DemoWorld};
use crate::model::Edition;
use crate::pipeline::Pipeline;
use crate::store::{Announce, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder for the draft; its `data` folder is recreated each time
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Fill a console with three days of sample news, and serve it until Ctrl+C
    #[arg(long)]
    serve: bool,
    /// Address of that console, on loopback
    #[arg(long, value_name = "ADDRESS:PORT", requires = "serve")]
    listen: Option<SocketAddr>,
}

pub(super) async fn run(args: &Args, context: &CommandContext) -> anyhow::Result<()> {
    let language = Language::of_terminal();
    if args.serve {
        return serve::run(args, context, language).await;
    }
    let now = Utc::now();
    let demo = Demo::new(&args.out, own_settings(context)).await?;
    let (report, edition) = demo.issue(&DemoWorld::at(now), now).await?;
    demo.pipeline.queue_due(now).await?;
    let sent = demo.pipeline.issues().send(args.out.clone(), now).await?;
    write_draft(&args.out, &demo.pipeline, &edition)?;
    out!("{}", summary(language, &report, std::slice::from_ref(&edition), &sent, Some(BROKEN_SITE)))?;
    outln!("{}", Phrase::DemoDraft.line(language, &[&args.out.display()]))?;
    outln!("{}", Phrase::DemoServe.line(language, &[]))?;
    outln!("{}", Phrase::DemoNext.line(language, &[&demo.data.display()]))
}

/// The reader's own publication; sources and mail are the sample world's, and mail becomes files.
fn own_settings(context: &CommandContext) -> Settings {
    let mut settings = Settings { publication: context.settings.publication.clone(), ..Settings::default() };
    // the sample world needs no delay between requests; real hosts get one
    settings.fetch.host_delay = Duration::ZERO;
    settings.publication.window = Duration::from_hours(96);
    settings
}

/// A running sample world with an empty archive.
struct Demo {
    data: PathBuf,
    server: demo::Server,
    taxonomy: Taxonomy,
    pipeline: Arc<Pipeline>,
}

impl Demo {
    async fn new(out: &Path, settings: Settings) -> anyhow::Result<Self> {
        let server = demo::start(DemoWorld::at(Utc::now())).await.context("no loopback port can be opened")?;
        let data = out.join("data");
        clear(&data)?;
        let taxonomy = Taxonomy::load(None)?;
        let pipeline = Pipeline::new(Store::open(&data)?, settings, taxonomy.clone())?;
        Ok(Self { data, server, taxonomy, pipeline })
    }

    /// Crawls the world of a time, and makes the issue of that day.
    async fn issue(&self, world: &DemoWorld, now: DateTime<Utc>) -> anyhow::Result<(CrawlSummary, Edition)> {
        self.server.show(world.clone());
        let settings = self.pipeline.settings();
        let list = SourceList::parse("sample world", &world.sources(&self.server.base), &settings.vocabulary(&self.taxonomy))?;
        let (list, progress) = (Arc::new(list), ProgressDisplay::new(Language::of_terminal()));
        let report = self.pipeline.crawler().run_once(&|| Arc::clone(&list), CrawlMode::Once, &progress).await?;
        progress.finish();
        let (today, sources) = (settings.publication.calendar.today(now), list.sources.len());
        let edition = self.pipeline.issues().draft(&settings.publication, today, sources, Announce::Yes, now).await?;
        Ok((report, edition))
    }
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
