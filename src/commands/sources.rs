//! `qingbao sources`: list, check, test.

use chrono::Utc;
use clap::Subcommand;
use serde_json::json;

use super::World;
use crate::config::SourceList;
use crate::config::sources::Vocabulary;
use crate::discover;
use crate::extract::{self, Context};
use crate::fetch::{Fetched, Fetcher, Page, Request, Validators, charset};
use crate::model::{Source, WebUrl};
use crate::store::Store;
use crate::text::dates::Clock;

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Print the list with what is known of each source
    List,
    /// Check sources.toml; exit code 2 and every problem with its place if something is wrong
    Check,
    /// Ask one source now and show what would be taken; nothing is stored
    Test {
        /// Id from sources.toml, or an address
        id_or_url: String,
        /// Also fetch this many of the articles
        #[arg(long, default_value_t = 1)]
        articles: usize,
        /// The address may be private or loopback
        #[arg(long)]
        allow_private: bool,
    },
}

pub(super) async fn run(action: &Action, world: &World) -> anyhow::Result<()> {
    match action {
        Action::Check => {
            let list = world.source_list()?;
            let on = list.sources.iter().filter(|s| s.enabled).count();
            println!("{}: {} sources, {on} enabled, no problems", world.sources.display(), list.sources.len());
            Ok(())
        }
        Action::List => list(world),
        Action::Test { id_or_url, articles, allow_private } => test(world, id_or_url, *articles, *allow_private).await,
    }
}

fn list(world: &World) -> anyhow::Result<()> {
    let store = Store::open_beside(&world.data).ok();
    for s in &world.source_list()?.sources {
        let state = store.as_ref().and_then(|d| d.source_state(&s.id).ok()).unwrap_or_default();
        let health = match (&state.last_error, state.last_ok) {
            _ if !s.enabled => "disabled".to_owned(),
            (Some(e), _) => format!("failing ({}): {e}", state.failures),
            (None, Some(t)) => {
                format!("ok {}", chrono::DateTime::from_timestamp(t, 0).unwrap_or_default().with_timezone(&s.timezone).format("%F %H:%M"))
            }
            (None, None) => "not looked at yet".to_owned(),
        };
        let moved = state.moved_to.map(|m| format!("; moved to {m}, write that into sources.toml")).unwrap_or_default();
        println!("{}\t{}\t{}\t{health}{moved}", s.id, s.name, s.url);
    }
    Ok(())
}

async fn test(world: &World, id_or_url: &str, articles: usize, allow_private: bool) -> anyhow::Result<()> {
    let source = match WebUrl::parse(id_or_url) {
        Ok(url) => of_url(&url, allow_private)?,
        Err(_) => match world.source_list()?.get(id_or_url) {
            Some(s) => s.clone(),
            None => anyhow::bail!("no source {id_or_url:?} in {}; `qingbao sources list` prints the ids", world.sources.display()),
        },
    };
    let fetcher = Fetcher::new(&world.settings.fetch)?;
    let page = get(&fetcher, &source, &source.url, world.settings.fetch.max_feed_bytes).await?;
    let clock = Clock::new(source.timezone, Utc::now());
    let found = discover::discover(&page.body, page.content_type.as_deref(), &page.url, &source, &clock)
        .map_err(|e| anyhow::anyhow!("{}: {e}", source.url))?;
    let kind = found.kind.map_or("", crate::model::SourceKind::as_str);
    println!(
        "{}",
        json!({"source": source.id.as_str(), "kind": kind, "layout": found.layout, "entries": found.entries.len(), "notes": found.notes, "moved_to": page.moved})
    );
    for e in found.entries.iter().take(20) {
        println!("{}", json!({"url": e.url, "title": e.title, "published_at": e.published_at.map(|d| d.to_rfc3339())}));
    }
    for e in found.entries.iter().take(articles) {
        let line = match get(&fetcher, &source, &e.url, world.settings.fetch.max_page_bytes).await {
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

/// A source with nothing but an address, as sources.toml would read it.
fn of_url(url: &WebUrl, allow_private: bool) -> anyhow::Result<Source> {
    let text =
        format!("[[source]]\nid = \"test\"\nname = \"test\"\nurl = {}\nallow_private = {allow_private}\n", toml_edit::Value::from(url.as_str()));
    let list = SourceList::parse("command line", &text, &Vocabulary::default())?;
    list.sources.into_iter().next().ok_or_else(|| anyhow::anyhow!("no source"))
}

async fn get(fetcher: &Fetcher, source: &Source, url: &WebUrl, max_bytes: usize) -> anyhow::Result<Page> {
    let none = Validators::default();
    match fetcher.get(&Request { url, source, validators: &none, max_bytes }).await {
        Ok(Fetched::Page(page)) => Ok(*page),
        Ok(Fetched::NotModified) => anyhow::bail!("{url}: answered 304 to a first request"),
        Err(e) => anyhow::bail!("{url}: {e}"),
    }
}
