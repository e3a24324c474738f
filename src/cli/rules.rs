//! `qingbao rules`: list.

use std::io::Write as _;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::CommandContext;
use crate::model::{Rule, SourceId};
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
        writeln!(out, "{}", line(&rule))?;
    }
    out.flush()?;
    Ok(())
}

fn line(rule: &Rule) -> Value {
    let d = &rule.draft;
    json!({
        "id": rule.id.0, "kind": d.kind.as_str(), "effect": d.effect.as_str(), "text": d.text, "source": d.source.as_ref().map(SourceId::as_str),
        "column": d.column, "publication": d.publication, "reason": d.reason, "author": rule.author,
        "created_at": rule.created_at.to_rfc3339(), "expires": d.expires, "enabled": rule.is_enabled,
    })
}
