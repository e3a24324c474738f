//! `qingbao topics`: list, show.

use std::io::Write as _;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::model::TopicId;
use crate::render::atom;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// All topics, newest first, one JSON object per line
    List,
    /// The articles of a topic with the words that matched, newest first, one JSON object per line
    Show {
        /// Its id, from the list or the address of its page
        id: i64,
        /// Most articles
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

pub(super) async fn run(action: &TopicsCommand, context: &CommandContext) -> anyhow::Result<()> {
    let store = Store::open_beside(&context.data)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match action {
        TopicsCommand::List => {
            for row in store.run(|s| s.topics("")).await? {
                writeln!(out, "{}", atom::topic(&row.topic))?;
            }
        }
        TopicsCommand::Show { id, limit } => {
            let (id, limit) = (TopicId(*id), *limit);
            let found = store.run(move |s| s.topic(id)?.map(|_| s.topic_articles(id, limit)).transpose()).await?;
            let articles = found.with_context(|| format!("there is no topic {id}; `qingbao topics list` shows them"))?;
            let grades = store.grades(&articles.iter().map(|a| a.headline.id).collect::<Vec<_>>())?;
            for article in articles.iter().filter(|a| !a.is_dismissed) {
                writeln!(out, "{}", atom::with_grade(atom::topic_article(article), grades.get(&article.headline.id)))?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
