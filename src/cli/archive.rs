//! `qingbao archive`: everything as JSON lines, and into an empty database.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{NaiveDate, Utc};
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::output::{OutputClosed, outln};
use crate::store::{ArchiveError, Store};

/// The actor in the audit log.
const WHO: &str = "命令行";

#[derive(Debug, Subcommand)]
pub(super) enum ArchiveCommand {
    /// Write articles, issues, notices, decisions, rules, topics, alerts, subscribers and letters as JSON lines; no accounts, no secrets.
    /// The service may run meanwhile
    Export {
        /// The file to write, `-` for standard output
        #[arg(long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
        /// Only articles and issues since this day, and what they need
        #[arg(long, value_name = "YYYY-MM-DD")]
        since: Option<NaiveDate>,
    },
    /// Read an export into an empty database, all of it or nothing; mail waits afterwards until `qingbao outbox release`
    Import {
        /// The file, `-` for standard input
        file: PathBuf,
    },
}

pub(super) fn run(action: &ArchiveCommand, context: &CommandContext) -> anyhow::Result<()> {
    match action {
        ArchiveCommand::Export { out, since } => export(context, out, *since),
        ArchiveCommand::Import { file } => import(context, file),
    }
}

fn export(context: &CommandContext, out: &Path, since: Option<NaiveDate>) -> anyhow::Result<()> {
    let (store, now) = (Store::open_beside(&context.data)?, Utc::now());
    if out == Path::new("-") {
        anyhow::ensure!(!std::io::stdout().is_terminal(), "an archive is long: name a file with --out, or send the output somewhere");
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        return match store.export_archive(since, now, &mut stdout) {
            Err(ArchiveError::Io(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => Err(OutputClosed.into()),
            written => Ok(written.map(|_| ())?),
        };
    }
    // a file of this name is replaced by a whole one, or stays
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || format!("{} cannot be written; check disk space and permissions", out.display());
    let beside = tempfile_beside(folder, out);
    let written = File::create(&beside).map_err(ArchiveError::from).and_then(|file| {
        let mut file = BufWriter::new(file);
        let rows = store.export_archive(since, now, &mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        Ok(rows)
    });
    let rows = written.inspect_err(|_| drop(std::fs::remove_file(&beside))).with_context(named)?;
    std::fs::rename(&beside, out).with_context(named)?;
    outln!("{}: {rows} rows", out.display())
}

fn tempfile_beside(folder: &Path, out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    folder.join(name)
}

fn import(context: &CommandContext, file: &Path) -> anyhow::Result<()> {
    let mut from: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(file).with_context(|| format!("{} cannot be read", file.display()))?))
    };
    let store = Store::open(&context.data)?;
    let done = store.import_archive(&mut from, WHO, Utc::now()).with_context(|| format!("{} is not imported", file.display()))?;
    outln!("imported into {}: {} rows, {} articles, {} issues", context.data.display(), done.rows, done.articles, done.editions)?;
    outln!("No letter is sent for now: the other installation may have sent what waits. `qingbao outbox list` shows it,")?;
    outln!("`qingbao outbox cancel N` calls one off, `qingbao outbox release` lets the others go. Accounts are added with `qingbao user add`.")
}
