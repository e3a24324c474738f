//! `qingbao worker`: fetches and extracts for a coordinator on another machine.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::CommandContext;
use crate::cli::cluster_check::check_worker;
use crate::cli::report::Report;
use crate::crawl::dispatch::nats;
use crate::crawl::dispatch::nats::WorkerSettings;
use crate::crawl::reader::Converters;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// NATS servers, separated by commas (default: [crawl] in qingbao.toml)
    #[arg(long, value_name = "URL")]
    nats: Option<String>,
    /// Unique name of this worker (default: host name and process id)
    #[arg(long)]
    name: Option<String>,
    /// Tasks at once (default: [fetch] in qingbao.toml)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=4096))]
    at_once: Option<u16>,
    /// Only check NATS, permissions and coordinator
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(args: &Args, context: &CommandContext) -> anyhow::Result<()> {
    let mut crawl = context.settings.crawl.clone();
    if let Some(url) = &args.nats {
        crawl.named(url).map_err(anyhow::Error::msg)?;
    }
    let own = context.settings.fetch.clone();
    let at_once = args.at_once.map_or(own.at_once, usize::from);
    let settings = WorkerSettings {
        crawl,
        name: name(args.name.as_deref())?,
        concurrency: at_once,
        local_fetch: own,
        converters: Converters::from(&context.settings),
    };
    if args.check {
        let mut report = Report::default();
        check_worker(&mut report, &settings).await;
        return report.finish();
    }
    let (stop, stopped) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let work = nats::work(settings, stopped);
    tokio::pin!(work);
    tokio::select! {
        result = &mut work => return Ok(result?),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let _ = stop.send(true);
    Ok(work.await?)
}

/// Returns a name that can be part of a key: the given one, or host name and process id.
fn name(given: Option<&str>) -> anyhow::Result<String> {
    let host = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "worker".to_owned());
    // host names have dots
    let name = given.map_or_else(|| format!("{}-{}", host().trim(), std::process::id()), str::to_owned).replace('.', "-");
    anyhow::ensure!(nats::is_name(&name), "--name {name:?} is no name of a worker: 1 to 64 letters a-z, digits, - and _");
    Ok(name)
}
