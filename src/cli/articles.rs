//! `qingbao articles`: search, export.

use std::io::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Subcommand, ValueEnum};

use crate::cli::CommandContext;
use crate::model::{Article, Headline};
use crate::render::atom;
use crate::store::Store;
use crate::text::spreadsheet::disarmed;

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
            match format {
                ExportFormat::Jsonl => store.each_since(since, |a| {
                    let grades = store.grades(&[a.headline.id])?;
                    anyhow::Ok(writeln!(out, "{}", atom::with_grade(atom::article(&a), grades.get(&a.headline.id)))?)
                })?,
                ExportFormat::Csv => {
                    // without the mark at the start Excel takes UTF-8 for the system's own encoding
                    write!(out, "\u{feff}")?;
                    let mut csv = csv::Writer::from_writer(&mut out);
                    csv.write_record(["id", "source", "url", "title", "author", "publisher", "published_at", "column", "industries", "text"])?;
                    store.each_since(since, |a| anyhow::Ok(csv.write_record(row(&a).map(disarmed))?))?;
                    csv.flush()?;
                }
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn day(a: &Headline, context: &CommandContext) -> String {
    a.sort_time().with_timezone(&context.settings.publication.calendar.zone).date_naive().to_string()
}

/// Returns the fields of an article's line.
fn row(article: &Article) -> [String; 10] {
    let a = &article.headline;
    let j = a.classification.clone().unwrap_or_default();
    let names: Vec<&str> = j.industries.iter().map(|l| l.name.as_str()).collect();
    [
        a.id.to_string(),
        a.source.to_string(),
        a.url.to_string(),
        a.title.clone(),
        a.author.clone().unwrap_or_default(),
        a.publisher.clone().unwrap_or_default(),
        a.published_at.map(|d| d.to_rfc3339()).unwrap_or_default(),
        j.column.clone(),
        names.join("、"),
        article.text.clone(),
    ]
}
