//! `qingbao sources test`: shows what one source would bring.

use std::sync::Arc;

use serde_json::json;

use crate::cli::output::outln;
use crate::cli::{CommandContext, inspect};
use crate::crawl::preview;
use crate::crawl::preview::Preview;
use crate::crawl::preview_mailbox;
use crate::crawl::reader::{Converters, CpuPool, Parser, Reader};
use crate::fetch::{Fetcher, NoopSiteStore};
use crate::inbox::MailSkip;
use crate::model::{Source, SourceId, SourceKind, WebUrl};
use crate::page_watch::WatchedPage;
use crate::series::SeriesRead;

#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // switches of the command line
pub(super) struct TestArgs {
    /// Id from sources.toml, or an address
    id_or_url: String,
    /// Also fetch this many articles
    #[arg(long, default_value_t = 1)]
    articles: usize,
    /// Allow a private or loopback address
    #[arg(long)]
    allow_private: bool,
    /// Load the page in the headless browser
    #[arg(long)]
    render: bool,
    /// Read the address as one page to watch for changes
    #[arg(long)]
    page: bool,
    /// Read the address as figures over time
    #[arg(long, conflicts_with = "page")]
    series: bool,
}

pub(super) async fn run(args: &TestArgs, context: &CommandContext) -> anyhow::Result<()> {
    let source = chosen(args, context)?;
    with_reader(context, source, async |reader| {
        if reader.source().mailbox.is_some() {
            return show_mailbox(reader).await;
        }
        let preview = preview::preview_source(reader).await?;
        show(reader, &preview, args.articles).await?;
        Ok(())
    })
    .await
}

/// Reads with its own fetcher, and closes it.
pub(super) async fn with_reader<T>(
    context: &CommandContext,
    source: Source,
    work: impl AsyncFnOnce(&Reader<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let fetcher = Fetcher::new(&context.settings.fetch, Arc::new(NoopSiteStore))?;
    let parser = Parser::new(Arc::new(CpuPool::new()?));
    parser.set_converters(Converters::from(&context.settings));
    let result = work(&Reader::new(&parser, &fetcher, Arc::new(source))).await;
    fetcher.close().await;
    result
}

fn chosen(args: &TestArgs, context: &CommandContext) -> anyhow::Result<Source> {
    let id_or_url = &args.id_or_url;
    let mut source = match WebUrl::parse(id_or_url) {
        Ok(url) => {
            let id = SourceId::parse("test").ok_or_else(|| anyhow::anyhow!("no id"))?;
            Source { allow_private: args.allow_private, ..Source::plain(id, "test".to_owned(), url) }
        }
        Err(_) => match SourceId::parse(id_or_url).and_then(|id| context.source_list().map(|l| l.get(&id).cloned()).transpose()) {
            Some(found) => Source::clone(&*found?),
            None => anyhow::bail!("no source {id_or_url:?} in {}; `qingbao sources list` prints the ids", context.sources.display()),
        },
    };
    source.render |= args.render;
    if args.page {
        source.kind = Some(SourceKind::Page);
    }
    if args.series {
        source.kind = Some(SourceKind::Series);
    }
    Ok(source)
}

/// Prints one line for each of the newest mails: what it would bring. Nothing is changed on the server.
async fn show_mailbox(reader: &Reader<'_>) -> anyhow::Result<()> {
    let mails = preview_mailbox(reader).await.map_err(|e| anyhow::anyhow!(e.english))?;
    let source = reader.source();
    outln!("{}", json!({"source": source.id.as_str(), "url": source.address(), "kind": SourceKind::Imap.as_str(), "mails": mails.len()}))?;
    for m in mails {
        let sent = m.header.sent.map(|t| t.to_rfc3339());
        let line = json!({
            "from": m.header.sender.address, "name": m.header.sender.name, "subject": m.header.subject, "sent": sent,
            "skipped": m.skip.map(MailSkip::as_str), "articles": m.articles, "links": m.links, "notes": m.notes,
        });
        outln!("{line}")?;
    }
    Ok(())
}

/// Prints one line for a watched page, and its blocks.
fn show_page(source: &Source, preview: &Preview, page: &WatchedPage) -> anyhow::Result<()> {
    let warnings: Vec<String> = page.garbled.iter().map(|c| format!("many characters cannot be read as {c}; set charset for this source")).collect();
    outln!(
        "{}",
        json!({"source": source.id.as_str(), "url": preview.url, "kind": SourceKind::Page.as_str(), "blocks": page.blocks.len(), "cut": page.cut, "warnings": warnings, "moved_to": preview.permanent_redirect})
    )?;
    for block in &page.blocks {
        outln!("{}", json!({"block": block.kind.name(), "text": block.text}))?;
    }
    Ok(())
}

/// Prints one line for a series: which table and columns are taken; and one per period.
fn show_series(source: &Source, preview: &Preview, series: &SeriesRead) -> anyhow::Result<()> {
    let conflicting: Vec<String> = series.conflicting.iter().map(|p| p.code()).collect();
    outln!(
        "{}",
        json!({"source": source.id.as_str(), "url": preview.url, "kind": SourceKind::Series.as_str(), "table": series.caption, "period": series.period_head, "value": series.value_head, "unit": series.unit, "every": series.frequency.chinese(), "cumulative": series.is_cumulative, "figures": series.figures.len(), "conflicting": conflicting, "left_out": series.left_out, "moved_to": preview.permanent_redirect})
    )?;
    for f in series.figures.iter().rev() {
        outln!("{}", json!({"period": f.period.code(), "value": f.value, "decimals": f.decimals}))?;
    }
    Ok(())
}

/// Prints one line for the source, one per entry, one per article.
pub(super) async fn show(reader: &Reader<'_>, preview: &Preview, articles: usize) -> anyhow::Result<()> {
    let (source, found) = (reader.source(), &preview.found);
    if let Some(page) = &preview.watched {
        return show_page(source, preview, page);
    }
    if let Some(series) = &preview.series {
        return show_series(source, preview, series);
    }
    let kind = found.kind.map_or("", SourceKind::as_str);
    outln!(
        "{}",
        json!({"source": source.id.as_str(), "url": preview.url, "kind": kind, "layout": found.selector_path, "entries": found.entries.len(), "notes": found.notes, "warnings": inspect::warnings(&found.limits), "moved_to": preview.permanent_redirect})
    )?;
    for e in found.entries.iter().take(20) {
        outln!("{}", json!({"url": e.url, "title": e.title, "published_at": e.published_at.map(|d| d.to_rfc3339())}))?;
    }
    for e in found.entries.iter().take(articles) {
        let line = match preview::entry_article(reader, e).await {
            Ok(a) => json!({
                "article": e.url, "title": a.title, "publisher": a.publisher, "author": a.author,
                "published_at": a.published_at.map(|d| d.to_rfc3339()), "charset": a.charset, "text": a.text, "image": a.image, "attachments": a.attachments, "warnings": a.warnings,
            }),
            Err(reason) => json!({"article": e.url, "error": reason.to_string()}),
        };
        outln!("{line}")?;
    }
    Ok(())
}
