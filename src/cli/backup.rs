//! `qingbao backup` and `qingbao restore`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::Utc;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::store::{self, DatabaseSummary, Store, check_backup};

#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to write, or a folder, made if need be: there its name is the time, and the oldest backups are removed
    to: PathBuf,
    /// How many backups a folder keeps
    #[arg(long, default_value_t = 14)]
    keep: usize,
    /// Only check an existing backup
    #[arg(long)]
    check: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup
    from: PathBuf,
    /// Replace an existing database; it is kept beside the new one
    #[arg(long)]
    replace: bool,
}

/// Prefix of backup files.
const NAME: &str = "qingbao-";

pub(super) fn backup(args: &BackupArgs, context: &CommandContext) -> anyhow::Result<()> {
    if args.check {
        outln!("{} is whole: {}", args.to.display(), describe_summary(&check_backup(&args.to)?))?;
        return Ok(());
    }
    let (store, now) = (Store::open_beside(&context.data)?, Utc::now());
    let folder = args.to.is_dir() || !args.to.exists() && args.to.extension().is_none();
    if folder {
        std::fs::create_dir_all(&args.to).with_context(|| args.to.display().to_string())?;
    }
    let file = if folder { args.to.join(format!("{NAME}{}.db", now.format("%Y%m%d-%H%M%S"))) } else { args.to.clone() };
    let contents = store.backup(&file, now)?;
    outln!("{}: {}", file.display(), describe_summary(&contents))?;
    if folder {
        for old in older(&args.to, args.keep.max(1))? {
            std::fs::remove_file(&old).with_context(|| format!("{} cannot be removed", old.display()))?;
            outln!("removed {}", old.display())?;
        }
    }
    Ok(())
}

pub(super) fn restore(args: &RestoreArgs, context: &CommandContext) -> anyhow::Result<()> {
    let (contents, kept) = store::restore(&args.from, &context.data, args.replace, Utc::now())?;
    outln!("restored into {}: {}", context.data.display(), describe_summary(&contents))?;
    if let Some(kept) = kept {
        outln!("what was there is kept as {}", kept.display())?;
    }
    outln!("No letter is sent for now: since the backup was made some may have gone out. `qingbao outbox list` shows what waits,")?;
    outln!("`qingbao outbox cancel N` calls one off, `qingbao outbox release` lets the others go.")?;
    Ok(())
}

fn describe_summary(c: &DatabaseSummary) -> String {
    format!("{} articles, {} issues, {} letters, {:.1} MB", c.articles, c.editions, c.letters, c.bytes as f64 / 1e6)
}

/// Returns a folder's backups beyond the newest; their names sort by time.
fn older(folder: &Path, keep: usize) -> anyhow::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        let ours = name.starts_with(NAME) && path.extension().is_some_and(|e| e == "db");
        if ours {
            names.push(path);
        }
    }
    names.sort();
    names.truncate(names.len().saturating_sub(keep));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_the_newest_and_what_is_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["qingbao-20261101-000000.db", "qingbao-20261103-000000.db", "qingbao-20261102-000000.db", "other.db"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let old: Vec<String> = older(dir.path(), 2).unwrap().iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(old, ["qingbao-20261101-000000.db"]);
        assert!(older(dir.path(), 9).unwrap().is_empty());
    }
}
