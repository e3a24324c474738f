//! `qingbao user`: console accounts. There is no default password.

use anyhow::Context as _;
use chrono::Utc;
use clap::Subcommand;

use crate::cli::CommandContext;
use crate::cli::output::outln;
use crate::model::{PublicationScope, SigningStep};
use crate::store::{AccountChange, Role, Store, is_account_name};
use crate::web::{check_password, fresh_password, hash_password};

/// The actor in the audit log.
const WHO: &str = "命令行";

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add an account, or reset its password; without a file a new password is printed once
    Add {
        /// Name to sign in with
        name: String,
        /// editor or admin (default: unchanged; editor for a new account)
        #[arg(long)]
        role: Option<String>,
        /// Signing duties: submit, review, sign, separated by commas; "" for none (default: unchanged)
        #[arg(long)]
        duties: Option<String>,
        /// Limit it to a publication, by name; several times for several (default: unchanged; all for a new account)
        #[arg(long = "publication", value_name = "NAME")]
        publications: Vec<String>,
        /// File with the password, `-` for standard input
        #[arg(long, value_name = "FILE")]
        password_file: Option<String>,
    },
    /// Set which steps of signing an account may take; its password stays
    Duties {
        /// Its name
        name: String,
        /// submit, review, sign, parted by commas; "" for none
        duties: String,
    },
    /// Limit an account to some publications: it sees, edits, signs and sends only these. Without --publication: to none
    Publications {
        /// Its name
        name: String,
        /// Name of a publication; several times for several
        #[arg(long = "publication", value_name = "NAME")]
        publications: Vec<String>,
    },
    /// Keep an account out and end its sessions
    Disable {
        /// Its name
        name: String,
    },
    /// Enable an account
    Enable {
        /// Its name
        name: String,
    },
    /// Remove an account and end its sessions; the audit log keeps what it did
    Remove {
        /// Its name
        name: String,
    },
    /// Print the accounts
    List,
}

pub(super) fn run(action: &UserCommand, context: &CommandContext) -> anyhow::Result<()> {
    let store = match Store::open_beside(&context.data) {
        Ok(store) => store,
        // the first admin may be added before the first crawl
        Err(_) => Store::open(&context.data)?,
    };
    let now = Utc::now();
    match action {
        UserCommand::Add { name, role, duties, publications, password_file } => {
            let name = name.trim();
            anyhow::ensure!(is_account_name(name), "{name:?} is no name of an account: 1 to 40 letters and figures, - _ . · @ within");
            let role = role.as_deref().map(|r| Role::parse(r).with_context(|| format!("role {r:?} is not one of editor, admin"))).transpose()?;
            let duties = duties.as_deref().map(read_duties).transpose()?;
            let limit = read_publications(publications, context)?;
            anyhow::ensure!(!limit.is_limited() || role != Some(Role::Admin), "an admin works on every publication; leave out --publication");
            let password = match password_file {
                Some(path) => given(path, name)?,
                None => fresh_password()?,
            };
            let hash = hash_password(&password)?;
            if !store.add_account(name, role.unwrap_or(Role::Editor), &hash, WHO, now)? {
                if let Some(role) = role {
                    require_done(store.set_role(name, role, WHO, now)?, name)?;
                }
                anyhow::ensure!(store.set_password(name, &hash, None, WHO, now)?, "another account has the same letters: `qingbao user list`");
            }
            if let Some(duties) = duties {
                require_done(store.set_duties(name, &duties, WHO, now)?, name)?;
            }
            if limit.is_limited() {
                require_done(store.limit_account(name, &limit, WHO, now)?, name)?;
            }
            let account = store.account(name)?.with_context(|| format!("{name} is gone again"))?;
            let may = if account.disabled { "is kept out: `qingbao user enable`" } else { "may sign in at the console" };
            outln!("{name} ({}) {may}", account.role.as_str())?;
            if password_file.is_none() {
                outln!("password   {password}\nIt is not shown again; `qingbao user add {name}` gives a new one.")?;
            }
        }
        UserCommand::Duties { name, duties } => {
            let duties = read_duties(duties)?;
            require_done(store.set_duties(name, &duties, WHO, now)?, name)?;
            let words: Vec<&str> = duties.iter().map(|d| d.as_str()).collect();
            outln!("{name} may {}", if words.is_empty() { "take no step of signing".to_owned() } else { words.join(", ") })?;
        }
        UserCommand::Publications { name, publications } => {
            let limit = read_publications(publications, context)?;
            require_done(store.limit_account(name, &limit, WHO, now)?, name)?;
            let names: Vec<&str> = limit.names().collect();
            outln!("{name} works on {}", if names.is_empty() { "every publication".to_owned() } else { names.join(", ") })?;
        }
        UserCommand::Disable { name } | UserCommand::Enable { name } => {
            let off = matches!(action, UserCommand::Disable { .. });
            require_done(store.disable_account(name, off, WHO, now)?, name)?;
            outln!("{name} is {}", if off { "kept out" } else { "let in" })?;
        }
        UserCommand::Remove { name } => {
            require_done(store.remove_account(name, WHO, now)?, name)?;
            outln!("{name} is removed")?;
        }
        UserCommand::List => {
            for a in store.accounts()? {
                let duties: Vec<&str> = a.duties.iter().map(|d| d.as_str()).collect();
                let publications: Vec<&str> = if a.role == Role::Admin { Vec::new() } else { a.limit.names().collect() };
                let state = if a.disabled { "disabled" } else { "enabled" };
                outln!("{}\t{}\t{state}\t{}\t{}", a.name, a.role.as_str(), duties.join(","), publications.join(","))?;
            }
        }
    }
    Ok(())
}

fn read_duties(words: &str) -> anyhow::Result<Vec<SigningStep>> {
    let words = words.split(',').map(str::trim).filter(|w| !w.is_empty());
    words.map(|w| SigningStep::parse(w).with_context(|| format!("duty {w:?} is not one of submit, review, sign"))).collect()
}

/// Returns the limit to these publications, which the settings must have.
pub(super) fn read_publications(names: &[String], context: &CommandContext) -> anyhow::Result<PublicationScope> {
    for name in names {
        let known = || context.settings.publications().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        anyhow::ensure!(context.settings.publication_named(name).is_some(), "there is no publication {name:?}; the settings have {}", known());
    }
    Ok(PublicationScope::of_names(names.iter().cloned()))
}

fn require_done(change: AccountChange, name: &str) -> anyhow::Result<()> {
    match change {
        AccountChange::Done => Ok(()),
        AccountChange::Unknown => anyhow::bail!("there is no account {name:?}; `qingbao user list` prints them"),
        AccountChange::NoLimitForAdmins => anyhow::bail!("{name} is an admin, and admins work on every publication"),
        AccountChange::LastAdmin => anyhow::bail!("{name} is the last admin; make another one first: `qingbao user add NAME --role admin`"),
    }
}

fn given(path: &str, name: &str) -> anyhow::Result<String> {
    let text =
        if path == "-" { std::io::read_to_string(std::io::stdin())? } else { std::fs::read_to_string(path).with_context(|| path.to_owned())? };
    // the console's form is trimmed as well
    let password = text.trim().to_owned();
    check_password(name, &password).map_err(|weak| anyhow::anyhow!("{weak}（{}）", weak.chinese()))?;
    Ok(password)
}
