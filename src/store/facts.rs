//! Single facts, and what the archive says of words over time.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use super::{Result, Store};

/// Articles of a week that must name a word before it is told.
const HEARD: i64 = 3;
/// How many times more often than before.
const RISEN: i64 = 3;
/// A day, in seconds.
const DAY: i64 = 86_400;

impl Store {
    /// Has the articles since a moment judged anew if they were judged by other rules than these; gives how many.
    pub fn judge_anew(&self, rules: &str, since: DateTime<Utc>) -> Result<usize> {
        self.write(|t| {
            let before: Option<String> = t.query_row("SELECT value FROM fact WHERE name = 'rules'", [], |r| r.get(0)).optional()?;
            if before.as_deref() == Some(rules) {
                return Ok(0);
            }
            t.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('rules', ?1)", [rules])?;
            Ok(t.execute("UPDATE article SET judgement = NULL WHERE effective >= ?1 AND judgement IS NOT NULL", [since.timestamp()])?)
        })
    }

    /// Keywords that the last seven days name far more often than the four weeks before, most often first.
    pub fn rising_words(&self, now: DateTime<Utc>, most: usize) -> Result<Vec<String>> {
        self.read(|c| {
            let today = now.timestamp() / DAY;
            let mut s = c.prepare_cached(
                "SELECT word, sum(articles) FILTER (WHERE day > ?1 - 7) AS now, coalesce(sum(articles) FILTER (WHERE day <= ?1 - 7), 0) AS before
                 FROM keyword_day WHERE day > ?1 - 35 GROUP BY word HAVING now >= ?2 AND now * 4 >= ?3 * (before + 4) ORDER BY now DESC, word LIMIT ?4",
            )?;
            let rows = s.query_map(params![today, HEARD, RISEN, i64::try_from(most).unwrap_or(i64::MAX)], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
