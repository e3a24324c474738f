//! `qingbao sources add`: finds everything from an address.

use serde_json::json;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::cli::try_source::{show, with_reader};
use crate::config::edit_sources;
use crate::config::edit_sources::NewSource;
use crate::crawl::preview::{self, Preview};
use crate::model::{Source, SourceId, SourceKind, WebUrl};

#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // independent switches of the command line
pub(super) struct AddArgs {
    /// Address of a feed, a list page or a site
    url: String,
    /// Stable key (default: made from the host)
    #[arg(long)]
    id: Option<String>,
    /// Name shown to editors (default: the page's title)
    #[arg(long)]
    name: Option<String>,
    /// 全国, or the name of a province or city
    #[arg(long)]
    region: Option<String>,
    /// Only print what would be added
    #[arg(long)]
    dry_run: bool,
    /// Allow a private or loopback address
    #[arg(long)]
    allow_private: bool,
    /// Load the page in the headless browser
    #[arg(long)]
    render: bool,
    /// Watch this one page for changes
    #[arg(long)]
    page: bool,
    /// Read figures over time from this address
    #[arg(long, conflicts_with = "page")]
    series: bool,
    /// Without the entries, for other commands
    #[arg(skip)]
    quiet: bool,
}

impl AddArgs {
    /// An address for another command, which prints by itself.
    pub(super) fn quietly(url: &str, allow_private: bool) -> Self {
        Self {
            url: url.to_owned(),
            id: None,
            name: None,
            region: None,
            dry_run: false,
            allow_private,
            render: false,
            page: false,
            series: false,
            quiet: true,
        }
    }
}

/// Finds what an address brings, and prints it unless `quiet`.
async fn tried(context: &CommandContext, source: &Source, quiet: bool) -> anyhow::Result<Preview> {
    with_reader(context, source.clone(), async |reader| {
        let preview =
            if source.tells_itself() { Box::pin(preview::preview_source(reader)).await? } else { Box::pin(preview::discover_source(reader)).await? };
        if !quiet {
            show(reader, &preview, 1).await?;
        }
        Ok(preview)
    })
    .await
}

/// A source found behind an address.
pub(super) struct FoundSource {
    pub(super) new: NewSource,
    pub(super) preview: Preview,
}

/// Finds what an address brings, and prints its entries unless `quiet`.
///
/// # Errors
/// The address is no address, is in the list already, or brings nothing.
pub(super) async fn find(args: &AddArgs, context: &CommandContext) -> anyhow::Result<FoundSource> {
    let url = WebUrl::typed(&args.url)?;
    let list = context.source_list_or_none()?;
    if let Some(known) = list.sources.iter().find(|s| s.url == url) {
        anyhow::bail!("{url} is in {} already, as {}", context.sources.display(), known.id);
    }
    let id = match &args.id {
        Some(id) => SourceId::parse(id).ok_or_else(|| anyhow::anyhow!("{id:?} is no id: a-z, 0-9 and - only"))?,
        None => edit_sources::free_id(&url, &list.sources.iter().map(|s| s.id.clone()).collect::<std::collections::HashSet<_>>())
            .ok_or_else(|| anyhow::anyhow!("no id can be made from {url}; give one with --id"))?,
    };
    let kind = args.page.then_some(SourceKind::Page).or(args.series.then_some(SourceKind::Series));
    let asked = Source { kind, allow_private: args.allow_private, render: args.render, ..Source::plain(id.clone(), id.to_string(), url) };
    let (asked, preview) = match tried(context, &asked, args.quiet).await {
        // an address without a scheme was tried as https
        Err(e) => {
            let asked = Source { url: WebUrl::typed_plain(&args.url).ok_or(e)?, ..asked };
            let preview = tried(context, &asked, args.quiet).await?;
            (asked, preview)
        }
        Ok(preview) => (asked, preview),
    };
    if preview.url != asked.url && list.sources.iter().any(|s| s.url == preview.url) {
        anyhow::bail!("its feed {} is in {} already", preview.url, context.sources.display());
    }
    let new = NewSource {
        id,
        name: args.name.clone().or_else(|| preview.name.clone()).unwrap_or_else(|| preview.url.host().to_owned()),
        url: preview.url.clone(),
        // let the kind of a list be detected, in case the site changes; a feed stays a feed
        kind: preview.found.kind.filter(|k| matches!(k, SourceKind::Feed | SourceKind::Page | SourceKind::Series)),
        region: args.region.clone(),
        allow_private: args.allow_private,
        render: args.render,
    };
    Ok(FoundSource { new, preview })
}

pub(super) async fn run(args: &AddArgs, context: &CommandContext) -> anyhow::Result<()> {
    let FoundSource { new, preview } = find(args, context).await?;
    for c in &preview.columns {
        outln!("{}", json!({"list": c.url, "name": c.name, "entries": c.entries}))?;
    }
    if args.dry_run {
        outln!("{}", edit_sources::as_toml(&new))?;
        return Ok(());
    }
    edit_sources::add(&context.sources, &[new], &context.vocabulary()?)?;
    outln!("added to {}; a running service takes it over within half a minute", context.sources.display())?;
    Ok(())
}
