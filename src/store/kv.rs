//! Key-value settings, and trending keywords.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::store::{Result, Store};

/// A trending keyword needs at least this many articles in a week.
const MIN_MENTIONS: i64 = 3;
/// Compared with the weeks before.
const RISE_FACTOR: i64 = 3;
/// In seconds.
const DAY: i64 = 86_400;

/// Its key.
const MESSAGE_SALT: &str = "message_salt";

impl Store {
    pub fn kv(&self, name: &str) -> Result<Option<String>> {
        self.read(|c| Ok(c.prepare_cached("SELECT value FROM fact WHERE name = ?1")?.query_row([name], |r| r.get(0)).optional()?))
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

    /// Returns why mail is held, if it is: after a restore.
    pub fn mail_hold(&self) -> Result<Option<String>> {
        self.kv("held")
    }

    /// Releases held mail; returns whether it was held.
    pub fn release_mail(&self) -> Result<bool> {
        self.write(|t| Ok(t.execute("DELETE FROM fact WHERE name = 'held'", [])? > 0))
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

    /// Returns keywords that are far more frequent in the last seven days than in the four weeks before, most frequent first.
    pub fn rising_keywords(&self, now: DateTime<Utc>, most: usize) -> Result<Vec<String>> {
        self.read(|c| {
            let today = now.timestamp() / DAY;
            let first: Option<i64> = c.query_row("SELECT min(day) FROM keyword_day", [], |r| r.get(0))?;
            // without weeks to compare with, every word would trend
            if first.is_none_or(|first| first > today - 21) {
                return Ok(Vec::new());
            }
            let mut s = c.prepare_cached(
                "SELECT word, sum(articles) FILTER (WHERE day > ?1 - 7) AS now, coalesce(sum(articles) FILTER (WHERE day <= ?1 - 7), 0) AS before
                 FROM keyword_day WHERE day > ?1 - 35 GROUP BY word HAVING now >= ?2 AND now * 4 >= ?3 * (before + 4) ORDER BY now DESC, word LIMIT ?4",
            )?;
            let rows = s.query_map(params![today, MIN_MENTIONS, RISE_FACTOR, i64::try_from(most).unwrap_or(i64::MAX)], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_rises_only_against_weeks_before() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let now: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
        let today = now.timestamp() / DAY;
        let add = |day: i64, word: &str, n: i64| {
            store.write(|t| Ok(t.execute("INSERT INTO keyword_day VALUES (?1, ?2, ?3)", params![day, word, n])?)).unwrap();
        };
        add(today, "固态电池", 5);
        assert!(store.rising_keywords(now, 5).unwrap().is_empty(), "a first week has nothing to rise against");
        add(today - 1, "发制品", 6);
        for back in 7..30 {
            add(today - back, "发制品", 1);
        }
        assert_eq!(store.rising_keywords(now, 5).unwrap(), ["固态电池"]);
    }

    #[test]
    fn rules_are_compared_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.reclassify("1-a", DateTime::UNIX_EPOCH).unwrap(), 0);
        assert_eq!(store.reclassify("1-a", DateTime::UNIX_EPOCH).unwrap(), 0);
    }
}
