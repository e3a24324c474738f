//! `qingbao learn ranking|backtest`: what is learned from the decisions of editors, and what it would have done.

use anyhow::Context as _;
use chrono::Utc;
use clap::Args;

use crate::cli::output::outln;
use crate::cli::{CommandContext, find_publication};
use crate::ranking::backtest;
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct PublicationArgs {
    /// Name of the publication; the first one by default
    #[arg(long)]
    publication: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct BacktestArgs {
    #[command(flatten)]
    publication: PublicationArgs,
    /// Newest issues to replay
    #[arg(long, default_value_t = 60)]
    issues: usize,
}

/// Trains the ranking of a publication now.
pub(super) async fn train(args: &PublicationArgs, context: &CommandContext) -> anyhow::Result<()> {
    let name = find_publication(context, args.publication.as_deref())?.name.clone();
    let pipeline = context.pipeline_beside()?;
    let model = pipeline.issues().train_ranking(&name, Utc::now()).await?;
    let m = model.with_context(|| {
        format!("{name} has nothing to learn from: no final issues; imported ones teach only beside articles of the archive (run a crawl)")
    })?;
    outln!("{} issues, {} decisions, {} features", m.issues, m.decisions, m.weights.len())?;
    let c = &m.comparison;
    outln!("on the last {} issues a wanted candidate stood before another: without learning {:.3}, with it {:.3}", c.issues, c.before, c.learned)?;
    outln!("log-likelihood gained {:.1}; share of the learned part that counts: {:.1}", c.gain, m.share)?;
    Ok(())
}

/// Replays past issues.
pub(super) async fn replay(args: &BacktestArgs, context: &CommandContext) -> anyhow::Result<()> {
    let (name, most) = (find_publication(context, args.publication.publication.as_deref())?.name.clone(), args.issues);
    let issues = Store::open_beside(&context.data)?.run(move |s| s.observed_issues(&name, most)).await?;
    anyhow::ensure!(issues.len() > 1, "{} final issues with candidates: two are needed", issues.len());
    let result = tokio::task::spawn_blocking(move || backtest(&issues)).await?;
    outln!("{result}")?;
    Ok(())
}
