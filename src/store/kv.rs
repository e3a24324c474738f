//! Key-value settings.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _};

use crate::store::{Result, Store};

/// Its key.
const MESSAGE_SALT: &str = "message_salt";
/// Key of the schema with which the first upgrade found the database.
pub(super) const UPGRADED_FROM: &str = "upgraded_from";

/// Returns the version of something that changes: rules, topics. `name` is its key.
pub(super) fn version(c: &Connection, name: &str) -> Result<Option<String>> {
    Ok(c.prepare_cached("SELECT value FROM fact WHERE name = ?1")?.query_row([name], |r| r.get(0)).optional()?)
}

/// Sets a new version. It is random, not counted: a number whose transaction was lost would be given twice.
pub(super) fn new_version(t: &Connection, name: &str) -> Result<()> {
    t.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?1, lower(hex(randomblob(8))))", [name])?;
    Ok(())
}

impl Store {
    pub fn kv(&self, name: &str) -> Result<Option<String>> {
        self.read(|c| version(c, name))
    }

    pub fn put_kv(&self, name: &str, value: &str) -> Result<()> {
        self.write(|t| Ok(t.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?1, ?2)", [name, value]).map(|_| ())?))
    }

    /// Returns this database's random salt, created on first use, so that no other database makes the same Message-ID.
    pub fn message_salt(&self) -> Result<String> {
        if let Some(salt) = self.kv(MESSAGE_SALT)? {
            return Ok(salt);
        }
        self.write(|t| {
            t.execute("INSERT OR IGNORE INTO fact (name, value) VALUES (?1, lower(hex(randomblob(8))))", [MESSAGE_SALT])?;
            Ok(t.query_row("SELECT value FROM fact WHERE name = ?1", [MESSAGE_SALT], |r| r.get(0))?)
        })
    }

    /// Returns the schema with which the first upgrade found this database; `None` if this version made it.
    pub fn upgraded_from(&self) -> Result<Option<i64>> {
        Ok(self.kv(UPGRADED_FROM)?.and_then(|n| n.parse().ok()))
    }

    /// Returns why mail is held, if it is: after a restore.
    pub fn mail_hold(&self) -> Result<Option<String>> {
        self.kv("held")
    }

    /// Releases held mail; returns whether it was held.
    pub fn release_mail(&self) -> Result<bool> {
        self.write(|t| Ok(t.execute("DELETE FROM fact WHERE name = 'held'", [])? > 0))
    }

    /// Returns which rules classified the recent articles, or will: those without a classification.
    pub fn rules_of_classifications(&self) -> Result<Option<String>> {
        self.kv("rules")
    }

    /// Marks articles since a moment for classification if other rules classified them; returns how many.
    pub fn reclassify(&self, rules: &str, since: DateTime<Utc>) -> Result<usize> {
        self.write(|t| {
            let before: Option<String> = t.query_row("SELECT value FROM fact WHERE name = 'rules'", [], |r| r.get(0)).optional()?;
            if before.as_deref() == Some(rules) {
                return Ok(0);
            }
            t.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('rules', ?1)", [rules])?;
            Ok(t.execute("UPDATE article SET judgement = NULL WHERE effective >= ?1 AND judgement IS NOT NULL AND NOT coalesce(json_extract(judgement, '$.by_hand'), 0)", [since.timestamp()])?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_compared_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.reclassify("1-a", DateTime::UNIX_EPOCH).unwrap(), 0);
        assert_eq!(store.reclassify("1-a", DateTime::UNIX_EPOCH).unwrap(), 0);
    }
}
