//! Subcommands, one file each. Results go to standard output, the log to standard error.

mod add_source;
mod archive;
mod articles;
mod backup;
mod cluster_check;
mod demo;
mod digest;
mod doctor;
mod events;
mod healthcheck;
mod import_issues;
pub mod inspect;
mod labels;
mod learn;
mod learn_keywords;
mod learn_ranking;
mod learn_report;
mod learn_sentences;
mod log;
mod once;
mod organisations;
mod outbox;
mod outlets;
mod output;
mod phrases;
mod progress;
mod report;
mod review;
mod rules;
mod serve;
mod setup;
mod sources;
mod taxonomy;
mod token;
mod topics;
mod try_source;
mod user;
mod worker;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};
use rustix::fs::Mode;
use rustix::process::umask;
use tracing_subscriber::EnvFilter;

use crate::config::settings::Publication;
use crate::config::source_list::Vocabulary;
use crate::config::{Settings, SourceList, Taxonomy};
use crate::knowledge::CHANGED_DEFAULTS;
use crate::model::SourceId;
use crate::pipeline::Pipeline;
use crate::store::Store;

/// News-monitoring crawler that drafts a competitive-intelligence briefing (竞争情报快递) and mails it to the editors.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// Settings file (default: qingbao.toml in this folder, or built-in defaults)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Source list
    #[arg(long, global = true, value_name = "FILE", default_value = "sources.toml")]
    sources: PathBuf,
    /// Data folder: database, outbox, drafts
    #[arg(long, global = true, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// More log output: -v, -vv
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Log format
    #[arg(long, global = true, value_enum, default_value = "auto")]
    log_format: log::LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a new institute by questions, or by a file of answers; never overwrites a file
    Setup(setup::Args),
    /// Crawl a built-in sample news world on loopback and write the draft to DIR, with [publication] of the settings
    Demo(demo::Args),
    /// Crawl the sources once and make one draft, in the data folder
    Once(serve::CrawlArgs),
    /// Run the service: crawl, draft, mail, until SIGTERM
    Serve(serve::ServeArgs),
    /// Fetch and extract for a service on another machine, started with `serve --crawl nats://…`, until SIGTERM
    Worker(worker::Args),
    /// The source list: check, test, add, import, export, enable, disable
    #[command(subcommand)]
    Sources(sources::SourcesCommand),
    /// Move everything to another database: export, import
    #[command(subcommand)]
    Archive(archive::ArchiveCommand),
    /// The articles: search, export
    #[command(subcommand)]
    Articles(articles::ArticlesCommand),
    /// Events that several stories report: list, show
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Organisations in the news: list, show
    #[command(subcommand)]
    Organisations(organisations::OrganisationsCommand),
    /// Topics that editors follow (关注课题): list, show
    #[command(subcommand)]
    Topics(topics::TopicsCommand),
    /// Rules of editors on what is never chosen (不再报道): list
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// The review of a week or month (一周综述): week, month
    #[command(subcommand)]
    Report(review::ReportCommand),
    /// Editions: build, show, send, list, export
    #[command(subcommand)]
    Digest(digest::DigestCommand),
    /// Mail: list what waits or failed, and decide what to do with it
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Chat robots, webhooks and addresses that get notifications: list, test
    #[command(subcommand)]
    Outlet(outlets::OutletCommand),
    /// Console accounts
    #[command(subcommand)]
    User(user::UserCommand),
    /// Tokens for other programs that read issues and articles
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// The classifier's terms: print the built-in ones, check a file
    #[command(subcommand)]
    Taxonomy(taxonomy::TaxonomyCommand),
    /// Train the models that classify articles; import old issues
    #[command(subcommand)]
    Learn(learn::LearnCommand),
    /// Run single stages, from files to JSON lines
    #[command(subcommand)]
    Inspect(inspect::Stage),
    /// Check this installation and say what to do
    Doctor(doctor::Args),
    /// Copy the database while the service runs, and check the copy
    Backup(backup::BackupArgs),
    /// Replace the database by a backup; the service must be stopped
    Restore(backup::RestoreArgs),
    /// Ask the running service whether it is healthy
    Healthcheck,
    /// Return the text of PDFs from standard input
    #[command(name = crate::crawl::reader::READ_PDF, hide = true)]
    ReadPdf,
    /// Parse documents from standard input
    #[command(name = crate::crawl::reader::PARSE_DOCUMENTS, hide = true)]
    ParseDocuments,
    /// Run a task from standard input that may have crashed a worker
    #[command(name = crate::crawl::dispatch::nats::RUN_TASK, hide = true)]
    RunTask,
    /// Print completions for a shell
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for each command
    Man {
        /// Output folder
        dir: PathBuf,
    },
}

/// Starts the log on standard error, at the requested level (`RUST_LOG` wins).
pub fn start_log(cli: &Cli) {
    let level = match (cli.verbose, &cli.command) {
        (0, Command::Serve(_) | Command::Worker(_)) => "info",
        (0, _) => "error",
        (1, _) => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(format!("error,async_nats=off,qingbao={level}")));
    log::start(cli.log_format, filter);
}

/// Closes new files to other users: files 0640, folders 0750. A stricter umask stays.
fn close_files() {
    let closed = Mode::RWXO | Mode::WGRP;
    let before = umask(closed);
    umask(before | closed);
}

/// Runs a command; standard output that its reader closes (`| head`) ends it quietly.
///
/// # Errors
/// If the command fails.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    let result = run_command(cli);
    if result.as_ref().is_err_and(anyhow::Error::is::<output::OutputClosed>) { Ok(()) } else { result }
}

fn run_command(cli: Cli) -> anyhow::Result<()> {
    // a child needs no settings, and must not fail because of them
    match cli.command {
        Command::ReadPdf => return crate::crawl::reader::read_pdf(),
        Command::ParseDocuments => return crate::crawl::reader::parse_documents(),
        Command::RunTask => return crate::crawl::dispatch::nats::run_task(),
        _ => {}
    }
    // other commands read a table when they use it
    if matches!(cli.command, Command::Serve(_) | Command::Worker(_) | Command::Doctor(_)) {
        crate::knowledge::check()?;
    }
    // manual pages are for everybody
    if !matches!(cli.command, Command::Man { .. }) {
        close_files();
    }
    // setup writes the settings
    let settings = if matches!(cli.command, Command::Setup(_)) { Settings::default() } else { Settings::load(cli.config.as_deref())? };
    let context = CommandContext { settings, config: cli.config, sources: cli.sources, data: cli.data };
    match cli.command {
        Command::User(action) => user::run(&action, &context),
        Command::Token(action) => token::run(&action, &context),
        Command::Taxonomy(action) => unless_closed(taxonomy::run(&action, &context)),
        Command::Learn(action) => unless_closed(learn::run(&action, &context)),
        Command::Archive(action) => archive::run(&action, &context),
        Command::Backup(args) => backup::backup(&args, &context),
        Command::Restore(args) => backup::restore(&args, &context),
        Command::Healthcheck => healthcheck::run(&context),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "qingbao", &mut script);
            output::out!("{}", String::from_utf8_lossy(&script))
        }
        Command::Man { dir } => {
            make_folder(&dir)?;
            clap_mangen::generate_to(Cli::command(), &dir).with_context(|| format!("manual pages cannot be written into {}", dir.display()))
        }
        command => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(MAX_BLOCKING_THREADS).build()?;
            let result = runtime.block_on(run_async(command, context));
            // blocking work left behind (a stopped pass) must not delay the exit
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
            result
        }
    }
}

async fn run_async(command: Command, context: CommandContext) -> anyhow::Result<()> {
    match command {
        Command::Setup(args) => Box::pin(setup::run(&args, context)).await,
        Command::Demo(args) => demo::run(&args, &context).await,
        Command::Once(args) => Box::pin(once::run(&args, context)).await,
        Command::Serve(args) => Box::pin(serve::run(&args, context)).await,
        Command::Worker(args) => Box::pin(worker::run(&args, &context)).await,
        Command::Inspect(stage) => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let inspected = inspect::run(&stage, &context.settings, &mut out).await;
            unless_closed(inspected.and_then(|()| Ok(out.flush()?)))
        }
        Command::Sources(action) => sources::run(&action, &context).await,
        Command::Articles(action) => unless_closed(articles::run(&action, &context).await),
        Command::Events(action) => unless_closed(events::run(&action, &context).await),
        Command::Organisations(action) => unless_closed(organisations::run(&action, &context).await),
        Command::Topics(action) => unless_closed(topics::run(&action, &context).await),
        Command::Rules(action) => unless_closed(rules::run(&action, &context).await),
        Command::Report(action) => unless_closed(review::run(&action, &context).await),
        Command::Digest(action) => digest::run(&action, &context).await,
        Command::Outbox(action) => outbox::run(&action, &context).await,
        Command::Outlet(action) => outlets::run(&action, &context).await,
        Command::Doctor(args) => doctor::run(&args, &context).await,
        // handled above
        _ => Ok(()),
    }
}

/// For the store and CPU work: enough threads for writers to share a sync, few enough to need little memory.
const MAX_BLOCKING_THREADS: usize = 8;

struct CommandContext {
    settings: Settings,
    /// Where they were read from, if a file was given.
    config: Option<PathBuf>,
    sources: PathBuf,
    data: PathBuf,
}

impl CommandContext {
    fn taxonomy(&self) -> anyhow::Result<Taxonomy> {
        Ok(self.settings.load_taxonomy()?)
    }

    /// Returns a sentence for each default that changed since the release that made the database and that the settings leave out.
    fn changed_defaults(&self, store: &Store) -> Vec<String> {
        let Ok(Some(schema)) = store.upgraded_from() else { return Vec::new() };
        let file = self.config.as_deref().unwrap_or(Path::new(Settings::FILE));
        CHANGED_DEFAULTS.since(schema, &std::fs::read_to_string(file).unwrap_or_default())
    }

    /// A sentence for each column that stays empty because the taxonomy does not know it.
    fn unfilled_columns(&self, taxonomy: &Taxonomy) -> Vec<String> {
        let known = taxonomy.column_names().join(", ");
        let sentence = |p: &Publication, column: &str| {
            format!(
                "{}: the column {column} stays empty, for the taxonomy has only {known}; rename it, add a [[column]] to the taxonomy, or set \
                 kind = \"report\" where editors fill it",
                p.name
            )
        };
        self.settings.unfilled_columns(taxonomy).into_iter().map(|(p, column)| sentence(p, column)).collect()
    }

    /// Returns a sentence for each source that a publication names and the list does not have.
    fn unknown_sources(&self, list: &SourceList) -> Vec<String> {
        let sentence = |(p, id): (&Publication, &SourceId)| {
            format!(
                "{}: sources names {id}, which {} does not have; nothing comes from it until it has, or the id is corrected",
                p.name,
                self.sources.display()
            )
        };
        self.settings.unknown_sources(list).into_iter().map(sentence).collect()
    }

    fn vocabulary(&self) -> anyhow::Result<Vocabulary> {
        Ok(self.settings.vocabulary(&self.taxonomy()?))
    }

    /// Returns the source list; an empty one if there is no file.
    fn source_list_or_none(&self) -> anyhow::Result<SourceList> {
        if self.sources.exists() { self.source_list() } else { Ok(SourceList::default()) }
    }

    fn source_list(&self) -> anyhow::Result<SourceList> {
        Ok(SourceList::load(&self.sources, &self.vocabulary()?)?)
    }

    /// Returns a pipeline beside a running service.
    fn pipeline_beside(&self) -> anyhow::Result<Arc<Pipeline>> {
        self.pipeline(Store::open_beside(&self.data)?)
    }

    fn pipeline(&self, store: Store) -> anyhow::Result<Arc<Pipeline>> {
        Ok(Pipeline::new(store, self.settings.clone(), self.taxonomy()?)?)
    }
}

/// Returns an error with its causes, without causes that it already names.
pub fn format_error(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match () {
        () if told.is_empty() => cause,
        () if told.contains(&cause) => told,
        () => format!("{told}: {cause}"),
    })
}

/// `| head` closes the pipe, which is not an error.
fn unless_closed(result: anyhow::Result<()>) -> anyhow::Result<()> {
    let closed = |e: &anyhow::Error| {
        let by_csv = || match e.downcast_ref::<csv::Error>()?.kind() {
            csv::ErrorKind::Io(e) => Some(e),
            _ => None,
        };
        e.downcast_ref().or_else(by_csv).is_some_and(|e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if result.as_ref().is_err_and(closed) { Ok(()) } else { result }
}

/// Returns the publication of this name, or the first.
fn find_publication<'a>(context: &'a CommandContext, name: Option<&str>) -> anyhow::Result<&'a Publication> {
    let Some(name) = name else { return Ok(&context.settings.publication) };
    let names = || context.settings.publications().map(|p| p.name.as_str()).collect::<Vec<_>>().join("、");
    let found = context.settings.publication_named(name);
    found.with_context(|| format!("qingbao.toml has no publication {name:?}; it has {}", names()))
}

/// Creates a folder; the error names it.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("folder {} cannot be made", folder.display()))
}

/// Writes a file; the error names it.
fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written; check disk space and permissions", path.display()))
}
