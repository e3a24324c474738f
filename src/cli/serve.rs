//! `qingbao serve`: the background service.

use std::sync::Arc;
use std::time::Duration;

use crate::app;
use crate::cli::CommandContext;
use crate::config::settings::DispatcherKind;
use crate::crawl::dispatch::Dispatcher;
use crate::crawl::dispatch::nats::NatsDispatcher;
use crate::pipeline::{ConfigHandle, Pipeline};
use crate::store::Store;

#[derive(Debug, Default, clap::Args)]
pub(super) struct CrawlArgs {
    /// Who fetches and extracts: `local`, or workers over NATS at this address (default: [crawl] in qingbao.toml)
    #[arg(long, value_name = "local|nats://HOST:4222")]
    pub(super) crawl: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    crawl: CrawlArgs,
    /// Address of the console (default: [console] in qingbao.toml)
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
}

pub(super) async fn run(args: &ServeArgs, mut context: CommandContext) -> anyhow::Result<()> {
    context.settings.console.listen = args.listen.or(context.settings.console.listen);
    let pipeline = start_pipeline(&args.crawl, &mut context, WaitForNats::No).await?;
    let live = ConfigHandle::new(pipeline, context.config.clone(), context.sources.clone(), &context.taxonomy()?)?;
    app::serve(Arc::new(live), context.data.clone()).await?;
    Ok(())
}

/// Whether a command waits for NATS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitForNats {
    /// A pass: without NATS it is an error.
    Yes,
    /// The service: console and mail work without it, and the crawl starts when NATS is reachable.
    No,
}

/// For a pass.
const NATS_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the database and starts the requested dispatcher.
pub(super) async fn start_pipeline(args: &CrawlArgs, context: &mut CommandContext, wait: WaitForNats) -> anyhow::Result<Arc<Pipeline>> {
    if let Some(what) = &args.crawl {
        context.settings.crawl.named(what).map_err(anyhow::Error::msg)?;
    }
    // lock the database before connecting to anything
    let store = Store::open(&context.data)?;
    context.changed_defaults(&store).iter().for_each(|words| tracing::warn!("{words}"));
    let dispatcher: Option<Arc<dyn Dispatcher>> = match context.settings.crawl.dispatcher {
        DispatcherKind::Local => None,
        DispatcherKind::Nats => {
            let dispatcher = NatsDispatcher::start(&context.settings.crawl, &context.settings.fetch);
            if wait == WaitForNats::Yes {
                dispatcher.wait_ready(NATS_TIMEOUT).await?;
            }
            Some(Arc::new(dispatcher))
        }
    };
    Ok(Pipeline::with_dispatcher(store, context.settings.clone(), context.taxonomy()?, dispatcher)?)
}
