//! `qingbao taxonomy`: prints the built-in terms, and checks a file.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::CommandContext;
use crate::config::Taxonomy;

#[derive(Debug, Subcommand)]
pub(super) enum TaxonomyCommand {
    /// Print the built-in taxonomy, to edit it: `taxonomy = "FILE"` in qingbao.toml replaces it
    Print,
    /// Report the mistakes of a taxonomy with line and column
    Check {
        /// The file (default: the one in the settings)
        file: Option<PathBuf>,
    },
}

pub(super) fn run(action: &TaxonomyCommand, context: &CommandContext) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match action {
        TaxonomyCommand::Print => out.write_all(Taxonomy::load_for(None, &context.settings.region)?.to_toml().as_bytes())?,
        TaxonomyCommand::Check { file } => {
            let t = Taxonomy::load_for(file.as_deref().or(context.settings.taxonomy.as_deref()), &context.settings.region)?;
            writeln!(
                out,
                "{} industries, {} themes, {} columns, {} places, {} organisations: nothing is wrong",
                t.industries.len(),
                t.themes.len(),
                t.columns.len(),
                t.places.len(),
                t.organisations.len()
            )?;
        }
    }
    Ok(())
}
