//! `qingbao events`: list, show.

use std::io::Write as _;

use anyhow::Context as _;
use chrono::{TimeDelta, Utc};
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::model::EventId;
use crate::render::atom;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// The events of the last days that several stories report, the latest first, one JSON object per line
    List {
        /// Days back
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
        /// Most events
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// The articles of an event, earliest first, one JSON object per line
    Show {
        /// Its id, from the list or the address of its page
        id: i64,
    },
}

pub(super) async fn run(action: &EventsCommand, context: &CommandContext) -> anyhow::Result<()> {
    let store = Store::open_beside(&context.data)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match action {
        EventsCommand::List { days, limit } => {
            let (since, limit) = (Utc::now() - TimeDelta::days(i64::from(*days)), *limit);
            for event in store.run(move |s| s.recent_events(since, limit)).await? {
                writeln!(out, "{}", atom::event(&event))?;
            }
        }
        EventsCommand::Show { id } => {
            let event = EventId(*id);
            let found = store.run(move |s| s.event(event)?.map(|e| s.event_articles(e.event)).transpose()).await?;
            let articles = found.with_context(|| format!("there is no event {id}; `qingbao events list` shows them"))?;
            let grades = store.grades(&articles.iter().map(|a| a.id).collect::<Vec<_>>())?;
            for article in articles {
                writeln!(out, "{}", atom::with_grade(atom::event_article(&article), grades.get(&article.id)))?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
