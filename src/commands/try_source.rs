//! `qingbao sources test`: what would be taken from one source.

use std::sync::Arc;

use chrono::Utc;
use serde_json::json;

use super::World;
use crate::discover;
use crate::extract::{self, Context};
use crate::fetch::{Expect, Fetched, Fetcher, NoShelf, Page, Request, Validators, charset};
use crate::model::{Source, SourceId, SourceKind, WebUrl};
use crate::text::dates::Clock;

/// Of what.
#[derive(Debug, clap::Args)]
pub(super) struct TestArgs {
    /// Id from sources.toml, or an address
    id_or_url: String,
    /// Also fetch this many of the articles
    #[arg(long, default_value_t = 1)]
    articles: usize,
    /// The address may be private or loopback
    #[arg(long)]
    allow_private: bool,
    /// Through the headless browser
    #[arg(long)]
    render: bool,
}

pub(super) async fn run(args: &TestArgs, world: &World) -> anyhow::Result<()> {
    let source = chosen(args, world)?;
    let fetcher = Fetcher::new(&world.settings.fetch, Arc::new(NoShelf))?;
    let result = show(&fetcher, &source, args.articles).await;
    fetcher.close().await;
    result
}

fn chosen(args: &TestArgs, world: &World) -> anyhow::Result<Source> {
    let id_or_url = &args.id_or_url;
    let mut source = match WebUrl::parse(id_or_url) {
        Ok(url) => {
            let id = SourceId::parse("test").ok_or_else(|| anyhow::anyhow!("no id"))?;
            Source { allow_private: args.allow_private, ..Source::plain(id, "test".to_owned(), url) }
        }
        Err(_) => match SourceId::parse(id_or_url).and_then(|id| world.source_list().map(|l| l.get(&id).cloned()).transpose()) {
            Some(found) => Source::clone(&*found?),
            None => anyhow::bail!("no source {id_or_url:?} in {}; `qingbao sources list` prints the ids", world.sources.display()),
        },
    };
    source.render |= args.render;
    Ok(source)
}

async fn show(fetcher: &Fetcher, source: &Source, articles: usize) -> anyhow::Result<()> {
    let page = get(fetcher, source, &source.url, Expect::Listing).await?;
    let clock = Clock::new(source.timezone, Utc::now());
    let found = discover::discover(&page.body, page.content_type.as_deref(), &page.url, source, &clock)
        .map_err(|e| anyhow::anyhow!("{}: {e}", source.url))?;
    let kind = found.kind.map_or("", SourceKind::as_str);
    println!(
        "{}",
        json!({"source": source.id.as_str(), "kind": kind, "layout": found.layout, "entries": found.entries.len(), "notes": found.notes, "moved_to": page.moved})
    );
    for e in found.entries.iter().take(20) {
        println!("{}", json!({"url": e.url, "title": e.title, "published_at": e.published_at.map(|d| d.to_rfc3339())}));
    }
    for e in found.entries.iter().take(articles) {
        let line = match get(fetcher, source, &e.url, Expect::Page).await {
            Ok(page) => {
                let decoded = charset::decode(&page.body, page.content_type.as_deref(), source.charset);
                let context = Context { url: Some(&page.url), selectors: &source.article, clock };
                match extract::extract(&decoded.text, &context) {
                    Ok(a) => {
                        json!({"article": e.url, "title": a.title, "publisher": a.publisher, "author": a.author, "published_at": a.published_at.map(|d| d.to_rfc3339()), "charset": decoded.charset, "text": a.text, "warnings": a.warnings})
                    }
                    Err(err) => json!({"article": e.url, "error": err.to_string()}),
                }
            }
            Err(err) => json!({"article": e.url, "error": err.to_string()}),
        };
        println!("{line}");
    }
    Ok(())
}

async fn get(fetcher: &Fetcher, source: &Source, url: &WebUrl, expect: Expect) -> anyhow::Result<Page> {
    let none = Validators::default();
    match fetcher.get(&Request { url, source, validators: &none, expect, keep: true }).await.result {
        Ok(Fetched::Page(page)) => Ok(*page),
        Ok(Fetched::NotModified { .. }) => anyhow::bail!("{url}: answered 304 to a first request"),
        Err(e) => anyhow::bail!("{url}: {e}"),
    }
}
