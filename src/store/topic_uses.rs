//! The names of industries, themes, columns, places and organisations in the archive, and where else a name is used.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::model::{ArticleId, Classification, SourceId};
use crate::store::{Result, Store, invalid_value};

/// Articles since a time, by name.
#[derive(Debug, Clone, Default)]
pub struct LabelCounts {
    /// Industries and themes.
    pub topics: HashMap<String, u32>,
    pub columns: HashMap<String, u32>,
    pub places: HashMap<String, u32>,
    pub organisations: HashMap<String, u32>,
}

/// What says the name of an industry or theme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicUses {
    /// Issues with an item of it.
    pub issues: u32,
    /// Rules (不再报道) on it.
    pub rules: u32,
    /// Titles of open topics (关注课题) limited to it.
    pub topics: Vec<String>,
    /// Names of alerts limited to it.
    pub alerts: Vec<String>,
    /// Addresses of subscribers who chose it.
    pub subscribers: Vec<String>,
    /// Names of firms that editors gave it.
    pub firms: Vec<String>,
    /// Articles that editors gave it.
    pub corrected: u32,
}

/// An article as a trial of another taxonomy needs it.
#[derive(Debug, Clone)]
pub struct TrialArticle {
    pub id: ArticleId,
    pub title: String,
    pub text: String,
    pub source: SourceId,
    pub source_name: String,
    pub classification: Option<Classification>,
}

/// SQL: the row's list of industries has the name.
const NAMED: &str = "EXISTS (SELECT 1 FROM json_each(industries) WHERE value = ?1)";

impl Store {
    /// Counts articles since a time by their labels.
    pub fn label_counts(&self, since: DateTime<Utc>) -> Result<LabelCounts> {
        self.read(|c| {
            let count = |sql: &str| -> Result<HashMap<String, u32>> {
                let mut s = c.prepare_cached(sql)?;
                let rows = s.query_map([since.timestamp()], |r| Ok((r.get(0)?, r.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            };
            Ok(LabelCounts {
                topics: count("SELECT name, count(*) FROM article_industry WHERE effective >= ?1 GROUP BY name")?,
                columns: count("SELECT name, count(*) FROM article_column WHERE effective >= ?1 GROUP BY name")?,
                places: count("SELECT name, count(*) FROM article_place WHERE effective >= ?1 GROUP BY name")?,
                organisations: count(
                    "SELECT o.name, count(*) FROM article_organisation a JOIN organisation o ON o.id = a.organisation_id WHERE a.effective >= ?1 GROUP BY o.id",
                )?,
            })
        })
    }

    /// Returns what says the name of an industry or theme.
    pub fn topic_uses(&self, name: &str) -> Result<TopicUses> {
        let quoted = serde_json::to_string(name).map_err(invalid_value("name"))?;
        self.read(|c| {
            let names = |sql: &str| -> Result<Vec<String>> {
                let mut s = c.prepare_cached(sql)?;
                let rows = s.query_map([name], |r| r.get(0))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            };
            let count = |sql: &str, what: &str| -> Result<u32> { Ok(c.prepare_cached(sql)?.query_row([what], |r| r.get(0))?) };
            Ok(TopicUses {
                issues: count("SELECT count(*) FROM edition WHERE instr(payload, ?1) > 0", &quoted)?,
                rules: count("SELECT count(*) FROM rule WHERE kind = 'topic' AND text = ?1", name)?,
                topics: names(&format!("SELECT title FROM topic WHERE closed IS NULL AND {NAMED} ORDER BY id"))?,
                alerts: names(&format!("SELECT name FROM alert_rule WHERE {NAMED} ORDER BY id"))?,
                subscribers: names(&format!("SELECT address FROM subscriber WHERE {NAMED} ORDER BY id"))?,
                firms: names(&format!("SELECT name FROM firm WHERE {NAMED} ORDER BY name"))?,
                corrected: count(
                    "SELECT count(*) FROM article_industry i JOIN article a ON a.id = i.article_id WHERE i.name = ?1 AND a.judgement ->> '$.by_hand'",
                    name,
                )?,
            })
        })
    }

    /// Calls back for the newest articles since a time until it returns false; returns how many articles there are.
    pub fn each_for_trial(&self, since: DateTime<Utc>, mut each: impl FnMut(TrialArticle) -> bool) -> Result<usize> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT a.id, a.title, a.text, a.source_id, s.name, a.judgement FROM article a JOIN source s ON s.id = a.source_id
                 WHERE a.effective >= ?1 ORDER BY a.effective DESC, a.id",
            )?;
            let mut rows = s.query(params![since.timestamp()])?;
            while let Some(r) = rows.next()? {
                let classification: Option<String> = r.get(5)?;
                let article = TrialArticle {
                    id: ArticleId(r.get(0)?),
                    title: r.get(1)?,
                    text: r.get(2)?,
                    source: SourceId::parse(&r.get::<_, String>(3)?).ok_or("not an id").map_err(invalid_value("source id"))?,
                    source_name: r.get(4)?,
                    classification: classification.map(|j| serde_json::from_str(&j)).transpose().map_err(invalid_value("judgement"))?,
                };
                if !each(article) {
                    break;
                }
            }
            let all: i64 = c.prepare_cached("SELECT count(*) FROM article WHERE effective >= ?1")?.query_row([since.timestamp()], |r| r.get(0))?;
            Ok(usize::try_from(all).unwrap_or(0))
        })
    }
}
