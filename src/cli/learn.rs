//! `qingbao learn`: trains the built-in models, and prints how good they are; imports old issues.

use std::io::Write as _;

use chrono::Utc;
use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;

use crate::classify::Classifier;
use crate::cli::labels::{PARTS, TrainingFiles, read_labels, sha256_hex};
use crate::cli::learn_ranking::{BacktestArgs, PublicationArgs};
use crate::cli::{CommandContext, import_issues, learn_keywords, learn_ranking, learn_report, learn_sentences, write_file};
use crate::config::Taxonomy;
use crate::learn::{Example, Folds, Provenance, learnable, train};

#[derive(Debug, Subcommand)]
pub(super) enum LearnCommand {
    /// Train on labelled articles: print figures by cross-validation, write the model
    ///
    /// The labels are JSON lines, gzipped if the name ends in .gz: {title, text, industries: [name …], column: name or null (off
    /// topic), worthy: 0, 1 or 2, source: its family}. Figures are of articles that the models were not trained with. The
    /// texts are not written into the model, only weights of hashed n-grams.
    Train(TrainArgs),
    /// Train on articles with keywords of editors: print figures by cross-validation, write the weights
    ///
    /// The labels are JSON lines, gzipped if the name ends in .gz: {title, text, keywords: [word …]}.
    Keywords(TrainingFiles),
    /// Train on articles with sentences that editors chose: print figures by cross-validation, write the models
    ///
    /// The labels are JSON lines, gzipped if the name ends in .gz: {title, text, sentences: [text …], source: its family}, and the
    /// numbers of the sentences that an editor would take (best), accept (also) and never take (furniture).
    Sentences(TrainingFiles),
    /// Import old issues (.docx, .doc, .txt) into the archive, and print what was understood
    ///
    /// Each file becomes a final issue of the publication. It is never mailed; new issues count on from the highest number. Columns are
    /// those of the settings, of the table of contents, of marks such as ● and 【】, and short lines that most of the files have. A file
    /// that was imported before changes nothing. A file whose number or date is taken is refused; the others are still imported. A .doc
    /// needs LibreOffice.
    Import(import_issues::Args),
    /// Train the ranking on the decisions of editors now; the service does so every night
    Ranking(PublicationArgs),
    /// Replay past issues in time order: what the ranking would have chosen, with and without learning
    Backtest(BacktestArgs),
    /// Print what was learned of each publication from its editors' decisions, in Chinese sentences
    Report(learn_report::Args),
}

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    files: TrainingFiles,
    /// Figures to print: leaving out whole families of sources, leaving out articles of each, or both
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
    match action {
        LearnCommand::Train(args) => train_judgement(args, context),
        LearnCommand::Keywords(args) => learn_keywords::run(args),
        LearnCommand::Sentences(args) => learn_sentences::run(args),
        LearnCommand::Import(args) => import_issues::run(args, context),
        LearnCommand::Ranking(args) => tokio::runtime::Runtime::new()?.block_on(learn_ranking::train(args, context)),
        LearnCommand::Backtest(args) => tokio::runtime::Runtime::new()?.block_on(learn_ranking::replay(args, context)),
        LearnCommand::Report(args) => learn_report::run(args, context),
    }
}

fn train_judgement(args: &TrainArgs, context: &CommandContext) -> anyhow::Result<()> {
    let (articles, labels_sha256) = read_labels::<LabelledArticle>(&args.files.labels)?;
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
    write_file(&args.files.out, &trained.file)?;
    writeln!(out, "{} articles -> {}, {} bytes, sha256 {}", articles.len(), args.files.out.display(), trained.file.len(), sha256_hex(&trained.file))?;
    Ok(())
}

/// Refuses labels with names that the taxonomy lacks, or with a worth out of range.
fn check_names(articles: &[LabelledArticle], industries: &[String], columns: &[String]) -> anyhow::Result<()> {
    for a in articles {
        anyhow::ensure!(a.worthy <= 2, "worthy is {} of {:?}; it is 0, 1 or 2", a.worthy, a.title);
        let unknown = a.industries.iter().find(|i| !industries.contains(i)).or(a.column.as_ref().filter(|c| !columns.contains(c)));
        if let Some(name) = unknown {
            anyhow::bail!("{:?} of {:?} is neither an industry nor a column of the taxonomy in force", name, a.title);
        }
    }
    Ok(())
}

fn examples(articles: &[LabelledArticle], taxonomy: Taxonomy, industries: &[String], columns: &[String]) -> anyhow::Result<Vec<Example>> {
    let classifier = Classifier::new(taxonomy)?;
    let example = |a: &LabelledArticle| Example {
        industries: a.industries.iter().filter_map(|i| industries.iter().position(|n| n == i)).collect(),
        column: a.column.as_ref().and_then(|c| columns.iter().position(|n| n == c)),
        worth: a.worthy,
        family: a.source.clone(),
        signals: classifier.signals(&a.title, &a.text, industries, columns),
        title: a.title.clone(),
        text: a.text.clone(),
    };
    Ok(articles.iter().map(example).collect())
}
