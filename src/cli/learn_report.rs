//! `qingbao learn report`: what was learned, in Chinese sentences.

use chrono::{TimeDelta, Utc};

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::render::{decision_label, learning};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Count the decisions of so many days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
}

pub(super) fn run(args: &Args, context: &CommandContext) -> anyhow::Result<()> {
    let store = Store::open_beside(&context.data)?;
    for p in context.settings.publications() {
        let ranking = store.ranking(&p.name)?;
        let words = learning(&p.name, p.calendar.zone, context.settings.learning.enabled, ranking.as_ref());
        outln!("《{}》", words.publication)?;
        words.state.iter().try_for_each(|sentence| outln!("  {sentence}"))?;
        if !words.weights.is_empty() {
            outln!("  作用最大的：")?;
        }
        words.weights.iter().try_for_each(|weight| outln!("  - {weight}"))?;
        outln!("")?;
    }
    let counts = store.decision_counts(None, Utc::now() - TimeDelta::days(i64::from(args.days)))?;
    let counts: Vec<String> = counts.iter().map(|(action, n)| format!("{} {n} 次", decision_label(*action))).collect();
    let counts = if counts.is_empty() { "没有".to_owned() } else { counts.join("，") };
    outln!("近 {} 天编辑的取舍：{counts}。", args.days)?;
    Ok(())
}
