//! `qingbao rules`: list.

use std::io::Write as _;

use clap::Subcommand;

use crate::cli::CommandContext;
use crate::render::atom;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// All rules, newest first, one JSON object per line
    List,
}

pub(super) async fn run(action: &RulesCommand, context: &CommandContext) -> anyhow::Result<()> {
    let RulesCommand::List = action;
    let store = Store::open_beside(&context.data)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for rule in store.run(Store::rules).await? {
        writeln!(out, "{}", atom::rule(&rule))?;
    }
    out.flush()?;
    Ok(())
}
