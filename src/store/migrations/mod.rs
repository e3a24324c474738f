//! The schema's versions and migrations.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::store::{Result, StoreError};

pub(super) const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("001_first.sql")),
    M::up(include_str!("002_frontier.sql")),
    M::up(include_str!("003_extras.sql")),
    M::up(include_str!("004_judgement.sql")),
    M::up(include_str!("005_letters.sql")),
    M::up(include_str!("006_console.sql")),
    M::up(include_str!("007_outlets.sql")),
    M::up(include_str!("008_upkeep.sql")),
    M::up(include_str!("009_addresses.sql")),
    M::up(include_str!("010_sightings.sql")),
    M::up(include_str!("011_crashed.sql")),
    M::up(include_str!("012_candidates.sql")),
    M::up(include_str!("013_steps.sql")),
    M::up(include_str!("014_files.sql")),
    M::up(include_str!("015_labels.sql")),
    M::up(include_str!("016_firms.sql")),
    M::up(include_str!("017_confidence.sql")),
    M::up(include_str!("018_audit_chain.sql")),
    M::up(include_str!("019_signing.sql")).foreign_key_check(),
    M::up(include_str!("020_events.sql")),
    M::up(include_str!("021_topics.sql")),
    M::up(include_str!("022_organisations.sql")),
    M::up(include_str!("023_organisation_merges.sql")),
    M::up(include_str!("024_decisions.sql")),
    M::up(include_str!("025_rules.sql")),
    M::up(include_str!("026_imported_issues.sql")),
    M::up(include_str!("027_notifications.sql")).foreign_key_check(),
    M::up(include_str!("028_page_watch.sql")),
    M::up(include_str!("029_trends.sql")),
    M::up(include_str!("030_subscribers.sql")),
    M::up(include_str!("031_grades.sql")),
    M::up(include_str!("032_rechecks.sql")).foreign_key_check(),
    M::up(include_str!("033_notice_article.sql")),
    M::up(include_str!("034_publication_scopes.sql")),
    M::up(include_str!("035_series.sql")),
    M::up(include_str!("036_mailboxes.sql")),
];

/// Migrates the schema to the last version.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    use rusqlite_migration::{Error, MigrationDefinitionError};
    // a table with foreign keys to it can only be rebuilt like this (https://www.sqlite.org/lang_altertable.html, 7)
    connection.execute_batch("PRAGMA foreign_keys = OFF")?;
    let migrated = Migrations::from_slice(MIGRATIONS).to_latest(connection);
    connection.execute_batch("PRAGMA foreign_keys = ON")?;
    migrated.map_err(|e| match e {
        Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => StoreError::TooNew(path.display().to_string()),
        e => StoreError::Migration(e),
    })
}
