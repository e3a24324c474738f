//! `qingbao sources`: list, check, test, add, import, export, enable, disable.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::add_source;
use crate::cli::add_source::AddArgs;
use crate::cli::output::{out, outln};
use crate::cli::try_source;
use crate::cli::try_source::TestArgs;
use crate::config::SourceList;
use crate::config::edit_sources;
use crate::config::opml::{self, Import};
use crate::fetch::charset;
use crate::model::{Source, SourceId};
use crate::pipeline::columns_without_topic;
use crate::store::{Silence, SourceHealth, Store};

/// In bytes.
const MAX_OPML: u64 = 16 << 20;

#[derive(Debug, Subcommand)]
pub(super) enum SourcesCommand {
    /// Print the list with each source's state
    List,
    /// Check sources.toml; report every mistake with its place and exit with 2. Beside a database, also print what each source
    /// brought
    Check,
    /// Poll one source now and print what it would bring; nothing is stored
    Test(TestArgs),
    /// Add a source by its address: find its feed or list, and print what it brings
    Add(AddArgs),
    /// Add the sources of an OPML file that are not in the list
    Import {
        /// The file, or - for standard input
        opml: PathBuf,
    },
    /// Write the list as OPML
    Export {
        /// The file, or - for standard output
        opml: PathBuf,
    },
    /// Enable a source, also one that was disabled automatically
    Enable {
        /// Id from sources.toml
        id: String,
    },
    /// Stop polling a source; its articles stay
    Disable {
        /// Id from sources.toml
        id: String,
    },
}

pub(super) async fn run(action: &SourcesCommand, context: &CommandContext) -> anyhow::Result<()> {
    match action {
        SourcesCommand::Check => {
            let list = context.source_list()?;
            let mut warnings = context.unfilled_columns(&context.taxonomy()?);
            warnings.extend(context.unknown_sources(&list));
            if list.sources.is_empty() {
                warnings.push(format!("{} has no source: nothing is crawled", context.sources.display()));
            }
            if let Ok(store) = Store::open_beside(&context.data) {
                print_health(&list, &store)?;
                warnings.extend(columns_without_topic(&store, &context.settings)?);
            }
            for sentence in warnings {
                outln!("warning: {sentence}")?;
            }
            outln!("{}: {} sources, {} enabled, no problems", context.sources.display(), list.sources.len(), list.enabled().count())?;
            Ok(())
        }
        SourcesCommand::List => list(context),
        SourcesCommand::Test(args) => try_source::run(args, context).await,
        SourcesCommand::Add(args) => add_source::run(args, context).await,
        SourcesCommand::Import { opml } => import(context, opml),
        SourcesCommand::Export { opml } => export(context, opml),
        SourcesCommand::Enable { id } => switch(context, id, true),
        SourcesCommand::Disable { id } => switch(context, id, false),
    }
}

fn import(context: &CommandContext, file: &Path) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_OPML).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(MAX_OPML).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("{} cannot be read", file.display()))?;
    let list = context.source_list_or_none()?;
    let Import { new, known, refused, left_out } = opml::news(&charset::decode(&bytes, None, None).text, &list);
    anyhow::ensure!(
        left_out == 0,
        "{} lists {left_out} sources more than the {} that are read at once; split it",
        file.display(),
        opml::MAX_OUTLINES
    );
    for r in &refused {
        eprintln!("{}:{}: {} is left out: {}", file.display(), r.line, r.address, r.reason);
    }
    anyhow::ensure!(!new.is_empty() || known > 0, "{} lists no source; is it an OPML file?", file.display());
    edit_sources::add(&context.sources, &new, &context.vocabulary()?)?;
    let left = if refused.is_empty() { String::new() } else { format!(", {} left out", refused.len()) };
    outln!("{} sources added to {}, {known} listed already{left}", new.len(), context.sources.display())?;
    Ok(())
}

fn export(context: &CommandContext, file: &Path) -> anyhow::Result<()> {
    let text = opml::write(&context.source_list()?);
    if file.as_os_str() == "-" {
        out!("{text}")?;
        return Ok(());
    }
    std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

fn list(context: &CommandContext) -> anyhow::Result<()> {
    let (store, now) = (Store::open_beside(&context.data).ok(), Utc::now());
    for s in &context.source_list()?.sources {
        let health = store.as_ref().and_then(|d| d.source_health(&s.id, now).transpose()).transpose()?;
        outln!("{}\t{}\t{}\t{}", s.id, s.name, s.address(), describe(s, health.as_ref()))?;
    }
    Ok(())
}

/// Prints what each source brought: articles, newest date, and whether it fails, is quiet or never brought one.
fn print_health(list: &SourceList, store: &Store) -> anyhow::Result<()> {
    for s in list.enabled() {
        let health = store.source_health(&s.id, Utc::now())?;
        outln!("{}\t{}", s.id, health.map_or_else(|| "not looked at yet".to_owned(), |h| article_counts(s, &h)))?;
    }
    Ok(())
}

fn article_counts(s: &Source, h: &SourceHealth) -> String {
    let newest = h.newest.map(|t| format!(", newest {}", t.with_timezone(&s.timezone).format("%F"))).unwrap_or_default();
    let trouble = match (&h.disabled_reason, h.silence()) {
        (Some(_), _) => "; resting",
        (None, _) if h.failures > 0 => "; failing",
        (None, Some(Silence::Since(_))) => "; gone quiet",
        (None, Some(Silence::Never)) => "; never brought an article",
        (None, None) => "",
    };
    format!("{} articles{newest}{trouble}", h.articles)
}

/// Describes a source's state in one line.
fn describe(s: &Source, health: Option<&SourceHealth>) -> String {
    let Some(h) = health.filter(|_| s.enabled) else {
        return if s.enabled { "not looked at yet".to_owned() } else { "disabled".to_owned() };
    };
    let at = |t: DateTime<Utc>| t.with_timezone(&s.timezone).format("%F %H:%M").to_string();
    let day = |t: DateTime<Utc>| t.with_timezone(&s.timezone).format("%F").to_string();
    let mut words = Vec::new();
    match (&h.disabled_reason, &h.last_error, h.last_ok) {
        (Some(why), ..) => words.push(format!("resting: {why}; correct the address, or run `qingbao sources enable {}`", s.id)),
        (None, Some(e), _) if h.failures > 0 => {
            let since = h.failing_since.map(|t| format!(" since {}", at(t))).unwrap_or_default();
            words.push(format!("failing{since} ({} times): {e}", h.failures));
        }
        (.., Some(t)) => words.push(format!("ok {}", at(t))),
        _ => words.push("not looked at yet".to_owned()),
    }
    if h.has_lost_its_layout() {
        words.push("its list used to be read: the layout has changed".to_owned());
    }
    if let Some((at_time, before, after)) = &h.layout_changed {
        words.push(format!("list layout changed {}: {before} → {after}; `qingbao sources test {}` shows what is taken", at(*at_time), s.id));
    }
    if let Some(wall) = h.page_wall {
        words.push(format!("its article pages cannot be read: its site {wall}"));
    }
    match h.silence() {
        Some(Silence::Since(newest)) => words.push(format!("gone quiet: no article since {}", day(newest))),
        Some(Silence::Never) => words.push(format!("answers, but never brought an article; `qingbao sources test {}` shows what is taken", s.id)),
        None => {}
    }
    if let Some(until) = h.backed_off_until {
        words.push(format!("left alone until {}, as its site asked", at(until)));
    }
    if h.polls.0 > 0 {
        let newest = h.newest.map(|t| format!(", newest {}", day(t))).unwrap_or_default();
        words.push(format!(
            "{} articles{newest}, {:.1} a week, {:.0} % of {} looks failed",
            h.articles,
            h.articles_a_week(),
            h.failed_share() * 100.0,
            h.polls.0
        ));
    }
    if let (Some(every), Some(next), None) = (h.interval, h.next_due, &h.disabled_reason) {
        let fixed = if s.interval.is_some() { "" } else { " (found)" };
        words.push(format!("every {} min{fixed}, next {}", every.as_secs() / 60, at(next)));
    }
    if let Some(m) = &h.moved_to {
        words.push(format!("moved to {m}, write that into sources.toml"));
    }
    if h.insecure {
        words.push("certificate not judged (tls = \"insecure\")".to_owned());
    }
    if let Some(why) = &s.robots_exempt {
        words.push(format!("robots.txt not obeyed: {why}"));
    }
    words.join("; ")
}

fn switch(context: &CommandContext, id: &str, on: bool) -> anyhow::Result<()> {
    let list = context.source_list()?;
    let known = SourceId::parse(id).and_then(|id| list.get(&id).cloned());
    let Some(source) = known else { anyhow::bail!("no source {id:?} in {}; `qingbao sources list` prints the ids", context.sources.display()) };
    let changed = source.enabled != on && edit_sources::set_enabled(&context.sources, &source.id, on, &context.vocabulary()?)?;
    // beside a running service, which reloads the changed file by itself
    let woken = on && Store::open_beside(&context.data).ok().map(|d| d.reactivate_source(&source.id)).transpose()?.unwrap_or(false);
    let word = if on { "enabled" } else { "disabled" };
    match (changed, woken) {
        (_, true) => outln!("{id}: {word}, and asked again")?,
        (true, false) => outln!("{id}: {word}")?,
        (false, false) => outln!("{id}: was {word} already")?,
    }
    Ok(())
}
