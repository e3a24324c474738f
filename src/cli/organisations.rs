//! `qingbao organisations`: list, show.

use std::io::Write as _;

use anyhow::Context as _;
use chrono::Utc;
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::articles::ExportFormat;
use crate::store::Store;
use crate::web::{Dossier, article_table, csv_bytes, dossier_json, list_table, row_json};

#[derive(Debug, Subcommand)]
pub(super) enum OrganisationsCommand {
    /// Organisations: those watched first, then those most in the news in the last 30 days
    List {
        /// Part of a name; without it, only those watched or in the news in the last 60 days
        words: Option<String>,
        /// Only those watched
        #[arg(long)]
        watched: bool,
        /// Most organisations
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Format
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
    /// What the archive says of an organisation as one JSON object, or its newest articles as CSV
    Show {
        /// Its id, from the list or the address of its page
        id: i64,
        /// Format
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
}

pub(super) async fn run(action: &OrganisationsCommand, context: &CommandContext) -> anyhow::Result<()> {
    let store = Store::open_beside(&context.data)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match action {
        OrganisationsCommand::List { words, watched, limit, format } => {
            let (words, watched, limit) = (words.clone().unwrap_or_default(), *watched, *limit);
            let found = store.run(move |s| s.organisations(&words, watched, 0, limit, Utc::now())).await?;
            match format {
                ExportFormat::Jsonl => found.rows.iter().try_for_each(|o| writeln!(out, "{}", row_json(o)))?,
                ExportFormat::Csv => out.write_all(&csv_bytes(list_table(&found))?)?,
            }
        }
        OrganisationsCommand::Show { id, format } => {
            let wanted = *id;
            let found = store.run(move |s| Dossier::read(s, wanted)).await?;
            let dossier = found.with_context(|| format!("there is no organisation {id}; `qingbao organisations list` shows them"))?;
            match format {
                ExportFormat::Jsonl => writeln!(out, "{}", dossier_json(&dossier))?,
                ExportFormat::Csv => out.write_all(&csv_bytes(article_table(&dossier, context.settings.publication.calendar.zone))?)?,
            }
        }
    }
    out.flush()?;
    Ok(())
}
