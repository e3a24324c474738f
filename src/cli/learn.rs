//! `qingbao learn`: trains the model that judges articles, and says how well it judges.

use std::io::{BufRead as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::Utc;
use clap::{Args, Subcommand, ValueEnum};
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::classify::Classifier;
use crate::cli::{CommandContext, write_file};
use crate::config::Taxonomy;
use crate::learn::{Example, Folds, Provenance, learnable, train};

/// Largest file of labels, unpacked.
const MAX_FILE: u64 = 1 << 30;
/// Parts that are left out in turn.
const PARTS: usize = 5;

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum LearnCommand {
    /// Train on labelled articles: print figures by cross-validation, write the model
    ///
    /// The labels are JSON lines, gzipped if the name ends in .gz: {title, text, industries: [name …], column: name or null (off
    /// topic), worthy: 0, 1 or 2, source: its family}. Figures are of articles that the models were not trained with. The
    /// texts are not written into the model, only weights of hashed n-grams.
    Train(TrainArgs),
}

/// How to train.
#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// Labelled articles
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// Where to write the model
    #[arg(long, value_name = "MODEL")]
    out: PathBuf,
    /// Figures to print: with families of sources left out whole, with articles of each left out, or both
    #[arg(long, value_enum, default_value = "both")]
    folds: FoldsChoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FoldsChoice {
    Family,
    Mixed,
    Both,
}

#[derive(Deserialize)]
struct LabelledArticle {
    title: String,
    #[serde(default)]
    text: String,
    industries: Vec<String>,
    column: Option<String>,
    worthy: u8,
    #[serde(default)]
    source: String,
}

pub(super) fn run(action: &LearnCommand, context: &CommandContext) -> anyhow::Result<()> {
    let LearnCommand::Train(args) = action;
    let (articles, labels_sha256) = read_labels(&args.labels)?;
    let taxonomy = context.taxonomy()?;
    let (all, columns) = (taxonomy.industry_names(), taxonomy.column_names());
    let industries = learnable(&all, articles.iter().flat_map(|a| a.industries.iter().cloned()));
    check_names(&articles, &all, &columns)?;
    let examples = examples(&articles, taxonomy, &industries, &columns)?;
    let folds = match args.folds {
        FoldsChoice::Family => vec![Folds::ByFamily(PARTS)],
        FoldsChoice::Mixed => vec![Folds::Mixed(PARTS)],
        FoldsChoice::Both => vec![Folds::Mixed(PARTS), Folds::ByFamily(PARTS)],
    };
    let settings = format!("{folds:?}, {} industries with labels enough: {}", industries.len(), industries.join(" "));
    let provenance = Provenance { date: Utc::now().date_naive().to_string(), items: articles.len(), labels_sha256, settings };
    let trained = train(&examples, &industries, &columns, &folds, provenance);
    let mut out = std::io::stdout().lock();
    for (folds, figures) in &trained.figures {
        writeln!(out, "{folds:?}\n{figures}")?;
    }
    write_file(&args.out, &trained.file)?;
    writeln!(out, "{} articles -> {}, {} bytes, sha256 {}", articles.len(), args.out.display(), trained.file.len(), hex(&trained.file))?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn read_labels(path: &Path) -> anyhow::Result<(Vec<LabelledArticle>, String)> {
    let named = || format!("labels {}", path.display());
    let packed = std::fs::read(path).with_context(named)?;
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|e| e == "gz") {
        GzDecoder::new(packed.as_slice()).take(MAX_FILE).read_to_end(&mut bytes).with_context(named)?;
    } else {
        bytes.clone_from(&packed);
    }
    let mut out = Vec::new();
    for (n, line) in bytes.lines().enumerate() {
        let line = line.with_context(named)?;
        if !line.trim().is_empty() {
            out.push(serde_json::from_str(&line).with_context(|| format!("{}, line {}", named(), n + 1))?);
        }
    }
    anyhow::ensure!(!out.is_empty(), "{} has no labelled articles", path.display());
    Ok((out, hex(&packed)))
}

/// A name that the taxonomy lacks would be learned by nobody.
fn check_names(articles: &[LabelledArticle], industries: &[String], columns: &[String]) -> anyhow::Result<()> {
    for a in articles {
        let unknown = a.industries.iter().find(|i| !industries.contains(i)).or(a.column.as_ref().filter(|c| !columns.contains(c)));
        if let Some(name) = unknown {
            anyhow::bail!("{:?} of {:?} is neither an industry nor a column of the taxonomy in force", name, a.title);
        }
    }
    Ok(())
}

fn examples(articles: &[LabelledArticle], taxonomy: Taxonomy, industries: &[String], columns: &[String]) -> anyhow::Result<Vec<Example>> {
    let classifier = Classifier::new(taxonomy)?;
    let example = |(article, a, text): (usize, &LabelledArticle, &str)| Example {
        article,
        industries: a.industries.iter().filter_map(|i| industries.iter().position(|n| n == i)).collect(),
        column: a.column.as_ref().and_then(|c| columns.iter().position(|n| n == c)),
        worth: a.worthy,
        family: a.source.clone(),
        signals: classifier.signals(&a.title, text, industries, columns),
        title: a.title.clone(),
        text: text.to_owned(),
    };
    // each also by its title alone: what has no text must not look like the sources that have none
    let whole = articles.iter().enumerate().map(|(i, a)| (i, a, a.text.as_str()));
    let titles = articles.iter().enumerate().filter(|(_, a)| !a.text.is_empty()).map(|(i, a)| (i, a, ""));
    Ok(whole.chain(titles).map(example).collect())
}
