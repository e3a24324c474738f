//! `qingbao token`: which other programs may read issues and articles.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::cli::user::read_publications;
use crate::store::Store;
use crate::web::{fresh_token, token_hash};

/// The actor in the audit log.
const WHO: &str = "命令行";

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print it once; it replaces an earlier one of that name
    Add {
        /// A name for the program that uses it
        name: String,
        /// It reads only the issues of this publication; several times for several (default: all)
        #[arg(long = "publication", value_name = "NAME")]
        publications: Vec<String>,
    },
    /// Revoke a token
    Revoke {
        /// Its name
        name: String,
    },
    /// Print the tokens' names and their last use
    List,
}

pub(super) fn run(action: &TokenCommand, context: &CommandContext) -> anyhow::Result<()> {
    let store = Store::open_beside(&context.data)?;
    let now = Utc::now();
    match action {
        TokenCommand::Add { name, publications } => {
            let name = name.trim();
            anyhow::ensure!(
                (1..=40).contains(&name.chars().count()) && !name.chars().any(char::is_control),
                "{name:?} is no name: 1 to 40 characters"
            );
            let scope = read_publications(publications, context)?;
            let token = fresh_token()?;
            store.put_token(name, &token_hash(&token), &scope, WHO, now)?;
            outln!("token   {token}\nIt is not shown again. Send it as `Authorization: Bearer TOKEN`, or as the password of HTTP Basic.")?;
        }
        TokenCommand::Revoke { name } => {
            anyhow::ensure!(store.revoke_token(name, WHO, now)?, "there is no token {name:?}; `qingbao token list` prints them");
            outln!("{name} is taken back")?;
        }
        TokenCommand::List => {
            let zone = context.settings.publication.calendar.zone;
            let day = |t: DateTime<Utc>| t.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
            for t in store.tokens()? {
                let of = t.scope.names().collect::<Vec<_>>().join(",");
                let used = t.used.map_or_else(|| "never".to_owned(), day);
                outln!("{}\tmade {}\tused {used}\t{}", t.name, day(t.created), if of.is_empty() { "every publication" } else { &of })?;
            }
        }
    }
    Ok(())
}
