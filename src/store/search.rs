//! Finding articles: words, and what is known of them.

use chrono::{NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, params_from_iter};

use crate::model::{Article, ArticleId, Headline};
use crate::store::articles::{match_words, read_article_with_texts};
use crate::store::{Result, Store};

/// Matches that are ranked, the newest of all.
const RANKED: i64 = 2_000;
/// Articles whose labels are looked at where nothing else narrows the search, the newest of all.
pub const MAX_LABEL_SCAN: i64 = 50_000;

/// What an article must be like; empty wishes ask for nothing.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Words it holds.
    pub words: Option<String>,
    /// An industry or theme it was given.
    pub industry: Option<String>,
    /// Its column.
    pub column: Option<String>,
    /// A place it names.
    pub place: Option<String>,
    /// An organisation it names.
    pub organisation: Option<String>,
    /// Its source's id.
    pub source: Option<String>,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Zone in which days count.
    pub zone: Tz,
}

impl Filter {
    /// Whether it asks for nothing.
    pub fn is_open(&self) -> bool {
        let wishes = [&self.words, &self.industry, &self.column, &self.place, &self.organisation, &self.source];
        wishes.iter().all(|w| w.is_none()) && self.from.is_none() && self.to.is_none()
    }
}

impl Store {
    /// Articles that hold all the words, best first. Any text is a valid search: nothing in it is query syntax.
    pub fn search(&self, query: &str, most: usize) -> Result<Vec<Headline>> {
        let words = Some(query.to_owned());
        self.find(
            &Filter { words, industry: None, column: None, place: None, organisation: None, source: None, from: None, to: None, zone: Tz::UTC },
            most,
        )
    }

    /// Articles that fit, best match first where words are given, else newest first.
    pub fn find(&self, f: &Filter, most: usize) -> Result<Vec<Headline>> {
        let (mut tests, mut values): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
        let mut test = |sql: &str, value: Value| {
            values.push(value);
            tests.push(sql.replace("?#", &format!("?{}", values.len())));
        };
        let words = f.words.as_deref().and_then(match_words);
        if f.words.is_some() && words.is_none() {
            return Ok(Vec::new());
        }
        let searched = words.is_some();
        if let Some(words) = words {
            // what half the archive holds is not ranked over the whole of it: the newest that match are
            let oldest = self.read(|c| {
                let sql = "SELECT rowid FROM article_words WHERE article_words MATCH ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ?2";
                Ok(c.prepare_cached(sql)?.query_row(rusqlite::params![words, RANKED], |r| r.get::<_, i64>(0)).optional()?)
            })?;
            test("article_words MATCH ?#", words.into());
            test("w.rowid > ?#", oldest.unwrap_or(0).into());
        }
        for name in [&f.industry, &f.place, &f.organisation].into_iter().flatten() {
            // most judgements do not hold the name at all: they need not be parsed; what JSON writes otherwise must be
            if !name.contains(['"', '\\', '/']) && !name.contains(char::is_control) {
                test("instr(a.judgement, ?#) > 0", name.clone().into());
            }
        }
        if let Some(name) = &f.industry {
            let given = "EXISTS (SELECT 1 FROM json_each(a.judgement, '$.industries') j WHERE json_extract(j.value, '$.name') = ?#) \
                         OR EXISTS (SELECT 1 FROM json_each(a.judgement, '$.themes') j WHERE json_extract(j.value, '$.name') = ?#)";
            test(&format!("({given})"), name.clone().into());
        }
        if let Some(place) = &f.place {
            test("EXISTS (SELECT 1 FROM json_each(a.judgement, '$.places') j WHERE j.value = ?#)", place.clone().into());
        }
        if let Some(name) = &f.organisation {
            // people write the short name: 瑞贝卡 of 河南瑞贝卡发制品股份有限公司
            let named = "EXISTS (SELECT 1 FROM json_each(a.judgement, '$.organisations') j WHERE instr(j.value, ?#) > 0) \
                         OR EXISTS (SELECT 1 FROM json_each(a.judgement, '$.mentioned') j WHERE instr(j.value, ?#) > 0)";
            test(&format!("({named})"), name.clone().into());
        }
        if let Some(column) = &f.column {
            test("json_extract(a.judgement, '$.column') = ?#", column.clone().into());
        }
        if let Some(source) = &f.source {
            test("a.source_id = ?#", source.clone().into());
        }
        let midnight = |day: NaiveDate| f.zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest().map(|t| t.timestamp());
        if let Some(from) = f.from.and_then(midnight) {
            test("a.effective >= ?#", from.into());
        }
        if let Some(to) = f.to.and_then(|d| d.succ_opt()).and_then(midnight) {
            test("a.effective < ?#", to.into());
        }
        let by_labels = [&f.industry, &f.column, &f.place, &f.organisation].iter().any(|w| w.is_some());
        if !searched && f.source.is_none() && by_labels {
            // the plus keeps the planner to the order by time: it ends at the first page
            test("+a.id > (SELECT max(id) FROM article) - ?#", MAX_LABEL_SCAN.into());
        }
        let join = if searched { "JOIN article_words w ON w.rowid = a.id" } else { "" };
        let condition = if tests.is_empty() { String::new() } else { format!("WHERE {}", tests.join(" AND ")) };
        let order = if searched { "bm25(article_words, 4.0, 1.0), a.effective DESC" } else { "a.effective DESC, a.id" };
        let mut out = Vec::new();
        let values: Vec<&dyn rusqlite::ToSql> = values.iter().map(|v| v as &dyn rusqlite::ToSql).collect();
        self.each_headline(&format!("{join} {condition} ORDER BY {order} LIMIT {most}"), &values, |h| {
            out.push(h);
            Ok(())
        })?;
        Ok(out)
    }

    /// One article, whole.
    pub fn article(&self, id: ArticleId) -> Result<Option<Article>> {
        let exists = self.read(|c| Ok(c.query_row("SELECT 1 FROM article WHERE id = ?1", params_from_iter([id.0]), |_| Ok(())).optional()?))?;
        exists.map(|()| read_article_with_texts(self, id)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_alone_and_together_is_a_valid_search() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let day = Some("2026-11-24".parse().unwrap());
        let text = |t: &str| Some(t.to_owned());
        for bits in 0u32..256 {
            let on = |bit: u32| bits & (1 << bit) != 0;
            let filter = Filter {
                words: text("发制品 \" OR NEAR(").filter(|_| on(0)),
                industry: text("发'制品").filter(|_| on(1)),
                column: text("行业动态").filter(|_| on(2)),
                source: text("a").filter(|_| on(3)),
                place: text("许'昌").filter(|_| on(6)),
                organisation: text("瑞贝卡").filter(|_| on(7)),
                from: day.filter(|_| on(4)),
                to: day.filter(|_| on(5)),
                zone: chrono_tz::Asia::Shanghai,
            };
            assert!(store.find(&filter, 10).unwrap().is_empty());
        }
        assert!(store.article(ArticleId(1)).unwrap().is_none());
    }
}
