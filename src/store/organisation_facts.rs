//! What the archive says of an organisation: articles, industries, places, neighbours.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::model::{Headline, WEEKS};
use crate::store::organisations::{IS_WATCHED, main_of};
use crate::store::{Result, Store};
use crate::text::normalize::without_han_spaces;

/// Articles of an organisation that are counted: the newest.
const MAX_COUNTED: i64 = 2_000;
/// Most industries, places and neighbours.
const MAX_FACTS: i64 = 12;
/// Articles of an organisation of the list whose industries are counted: the newest.
const MAX_LISTED_ARTICLES: i64 = 300;
/// The period of the list, in seconds.
const PERIOD: i64 = 30 * 86_400;
const WEEK: i64 = 7 * 86_400;

/// An organisation in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRow {
    pub id: i64,
    pub name: String,
    pub is_watched: bool,
    /// Articles of the last 30 days, and of the 30 days before.
    pub recent: u32,
    pub before: u32,
    /// Its most frequent industries in the last 60 days.
    pub industries: Vec<String>,
}

/// Some of the organisations that a search finds, in order, and how many it finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganisationPage {
    pub rows: Vec<OrganisationRow>,
    pub total: usize,
}

/// Counts over an organisation's newest articles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganisationFacts {
    pub articles: u32,
    pub industries: Vec<(String, u32)>,
    pub places: Vec<(String, u32)>,
    /// Organisations named in the same articles: id, name, articles.
    pub neighbours: Vec<(i64, String, u32)>,
    /// Articles by week, the newest last.
    pub weeks: [u32; WEEKS],
}

/// SQL: the newest articles of organisation ?1, as `article_id` and `effective`.
const NAMED: &str = "WITH named AS (SELECT DISTINCT x.article_id, x.effective FROM article_organisation x
     WHERE x.organisation_id IN (SELECT id FROM organisation WHERE id = ?1 OR main_id = ?1) ORDER BY x.effective DESC LIMIT ?2)";

impl Store {
    /// Returns organisations: those watched first, then those most in the news in the last 30 days. Without words, those watched or
    /// in the news in the last 60 days; with words, those with such a name.
    pub fn organisations(&self, words: &str, only_watched: bool, skip: usize, most: usize, now: DateTime<Utc>) -> Result<OrganisationPage> {
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let words = without_han_spaces(words);
        self.read(|c| {
            let (mut found, total) = listed(c, &words, only_watched, (number(skip), number(most)), now)?;
            for row in &mut found {
                let facts = counts(c, "article_industry", row.id, MAX_LISTED_ARTICLES)?;
                row.industries = facts.into_iter().take(2).map(|(name, _)| name).collect();
            }
            Ok(OrganisationPage { rows: found, total })
        })
    }

    /// Returns the counts of an organisation's newest articles.
    pub fn organisation_facts(&self, id: i64, now: DateTime<Utc>) -> Result<OrganisationFacts> {
        self.read(|c| {
            let Some(main) = main_of(c, id)? else { return Ok(OrganisationFacts::default()) };
            let articles = c.prepare_cached(&format!("{NAMED} SELECT count(*) FROM named"))?.query_row([main, MAX_COUNTED], |r| r.get(0))?;
            let mut weeks = [0; WEEKS];
            let sql = format!("{NAMED} SELECT (?3 - effective) / {WEEK}, count(*) FROM named WHERE effective <= ?3 GROUP BY 1");
            let mut s = c.prepare_cached(&sql)?;
            let mut rows = s.query(params![main, MAX_COUNTED, now.timestamp()])?;
            while let Some(r) = rows.next()? {
                let back = usize::try_from(r.get::<_, i64>(0)?).unwrap_or(WEEKS);
                if let Some(week) = (WEEKS - 1).checked_sub(back).and_then(|at| weeks.get_mut(at)) {
                    *week = r.get(1)?;
                }
            }
            let sql = format!(
                "{NAMED} SELECT m.id, m.name, count(DISTINCT x.article_id) AS n FROM named k JOIN article_organisation x ON x.article_id = k.article_id
                 JOIN organisation o ON o.id = x.organisation_id JOIN organisation m ON m.id = coalesce(o.main_id, o.id)
                 WHERE m.id <> ?1 GROUP BY m.id ORDER BY n DESC, m.name LIMIT {MAX_FACTS}"
            );
            let mut s = c.prepare_cached(&sql)?;
            let neighbours = s.query_map([main, MAX_COUNTED], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
            let (industries, places) = (counts(c, "article_industry", main, MAX_COUNTED)?, counts(c, "article_place", main, MAX_COUNTED)?);
            Ok(OrganisationFacts { articles, industries, places, neighbours, weeks })
        })
    }

    /// Returns the newest articles that name an organisation.
    pub fn organisation_articles(&self, id: i64, most: usize) -> Result<Vec<Headline>> {
        let Some(main) = self.read(|c| main_of(c, id))? else { return Ok(Vec::new()) };
        let named = "WHERE a.id IN (SELECT article_id FROM (SELECT DISTINCT x.article_id, x.effective FROM article_organisation x
             WHERE x.organisation_id IN (SELECT id FROM organisation WHERE id = ?1 OR main_id = ?1) ORDER BY x.effective DESC LIMIT ?2))
             ORDER BY a.effective DESC, a.id";
        let mut out = Vec::new();
        self.each_headline(named, params![main, i64::try_from(most).unwrap_or(i64::MAX)], |h| {
            out.push(h);
            Ok(())
        })?;
        Ok(out)
    }
}

fn counts(c: &Connection, table: &str, main: i64, most: i64) -> Result<Vec<(String, u32)>> {
    let sql = format!(
        "{NAMED} SELECT l.name, count(*) AS n FROM named k JOIN {table} l ON l.article_id = k.article_id GROUP BY l.name ORDER BY n DESC, l.name LIMIT {MAX_FACTS}"
    );
    let mut s = c.prepare_cached(&sql)?;
    Ok(s.query_map([main, most], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// Reads the articles of the last 60 days, and everything watched.
fn listed(c: &Connection, words: &str, only_watched: bool, (skip, most): (i64, i64), now: DateTime<Utc>) -> Result<(Vec<OrganisationRow>, usize)> {
    let found = format!(
        "WITH counted AS (
             SELECT coalesce(o.main_id, o.id) AS id, count(DISTINCT iif(a.effective > ?1 - {PERIOD}, a.id, NULL)) AS recent,
                    count(DISTINCT iif(a.effective <= ?1 - {PERIOD}, a.id, NULL)) AS before
             FROM article a JOIN article_organisation x ON x.article_id = a.id JOIN organisation o ON o.id = x.organisation_id
             WHERE a.effective > ?1 - 2 * {PERIOD} AND a.effective <= ?1 GROUP BY 1),
         matching AS (SELECT DISTINCT coalesce(main_id, id) AS id FROM organisation WHERE ?3 <> '' AND instr(name, ?3) > 0),
         found AS (
             SELECT m.id AS id, m.name AS name, {IS_WATCHED} AS watched, coalesce(k.recent, 0) AS recent, coalesce(k.before, 0) AS before
             FROM organisation m LEFT JOIN counted k ON k.id = m.id
             WHERE m.main_id IS NULL AND iif(?3 = '', {IS_WATCHED} OR k.recent > 0 OR k.before > 0, m.id IN (SELECT id FROM matching))
             AND ({IS_WATCHED} OR NOT ?2))"
    );
    let all = params![now.timestamp(), only_watched, words, most, skip];
    let sql = format!(
        "{found} SELECT id, name, watched, recent, before, count(*) OVER () FROM found
         ORDER BY watched DESC, recent DESC, before DESC, length(name), name LIMIT ?4 OFFSET ?5"
    );
    let mut s = c.prepare_cached(&sql)?;
    let mut rows = s.query(all)?;
    let (mut out, mut total): (_, i64) = (Vec::new(), 0);
    while let Some(r) = rows.next()? {
        total = r.get(5)?;
        out.push(OrganisationRow {
            id: r.get(0)?,
            name: r.get(1)?,
            is_watched: r.get(2)?,
            recent: r.get(3)?,
            before: r.get(4)?,
            industries: Vec::new(),
        });
    }
    if out.is_empty() && skip > 0 {
        // a page behind the last one does not tell the total
        total = c.prepare_cached(&format!("{found} SELECT count(*) FROM found"))?.query_row(all.get(..3).unwrap_or(all), |r| r.get(0))?;
    }
    Ok((out, usize::try_from(total).unwrap_or(0)))
}
