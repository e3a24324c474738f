//! `qingbao articles`: search, export.

use std::io::Write;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Subcommand, ValueEnum};

use crate::cli::CommandContext;
use crate::model::{Article, Headline};
use crate::render::atom;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum ArticlesCommand {
    /// Articles with all the words, best match first
    Search {
        /// Words; parts of long words count
        #[arg(required = true)]
        words: Vec<String>,
        /// Most results
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// All articles, newest first
    Export {
        /// Only articles published since this day (2026-11-24)
        #[arg(long)]
        since: Option<NaiveDate>,
        /// Format
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
}

/// Form of an export.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ExportFormat {
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values with a heading
    Csv,
}

pub(super) async fn run(action: &ArticlesCommand, context: &CommandContext) -> anyhow::Result<()> {
    let store = Store::open_beside(&context.data)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match action {
        ArticlesCommand::Search { words, limit } => {
            let (query, limit) = (words.join(" "), *limit);
            for a in store.run(move |s| s.search(&query, limit)).await? {
                writeln!(out, "{}\t{}\t{}\t{}", day(&a, context), a.publisher_or_source(), a.title, a.url)?;
            }
        }
        ArticlesCommand::Export { since, format } => {
            let since = match since {
                Some(d) => {
                    context.settings.publication.calendar.moment(*d, NaiveTime::MIN).context("that day does not exist in the publication's zone")?
                }
                None => DateTime::<Utc>::MIN_UTC,
            };
            // one at a time: an archive may be larger than memory
            heading(*format, &mut out)?;
            store.each_since(since, |a| export(&a, *format, &mut out))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn day(a: &Headline, context: &CommandContext) -> String {
    a.sort_time().with_timezone(&context.settings.publication.calendar.zone).date_naive().to_string()
}

fn heading(format: ExportFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    if matches!(format, ExportFormat::Csv) {
        // without a BOM Excel assumes the system's encoding
        writeln!(out, "\u{feff}id,source,url,title,author,publisher,published_at,column,industries,text")?;
    }
    Ok(())
}

fn export(article: &Article, format: ExportFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    let (a, text) = (&article.headline, &article.text);
    let j = a.classification.clone().unwrap_or_default();
    match format {
        ExportFormat::Jsonl => {
            writeln!(out, "{}", atom::article(article))?;
        }
        ExportFormat::Csv => {
            let names: Vec<&str> = j.industries.iter().map(|l| l.name.as_str()).collect();
            let fields = [
                a.id.to_string(),
                a.source.to_string(),
                a.url.to_string(),
                a.title.clone(),
                a.author.clone().unwrap_or_default(),
                a.publisher.clone().unwrap_or_default(),
                a.published_at.map(|d| d.to_rfc3339()).unwrap_or_default(),
                j.column.clone(),
                names.join("、"),
                text.clone(),
            ];
            writeln!(out, "{}", fields.iter().map(|f| csv_field(f)).collect::<Vec<_>>().join(","))?;
        }
    }
    Ok(())
}

/// Returns a field by RFC 4180; prefixes formulas with an apostrophe. Chinese editions of Excel also accept full-width signs.
fn csv_field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_formulas_disarmed() {
        assert_eq!(csv_field("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        for f in ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1+1", "\t=1", "\r=1"] {
            assert!(csv_field(f).trim_start_matches('"').starts_with('\''), "{f}");
        }
    }
}
