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

/// A table of labels.
#[derive(Clone, Copy)]
enum LabelTable {
    Organisation,
    Place,
    Industry,
    Column,
}

impl LabelTable {
    fn name(self) -> &'static str {
        match self {
            Self::Organisation => "article_organisation",
            Self::Place => "article_place",
            Self::Industry => "article_industry",
            Self::Column => "article_column",
        }
    }

    /// Whether a row of it has the name with this number. People write the short name of organisations: 瑞贝卡 of
    /// 河南瑞贝卡发制品股份有限公司.
    fn names(self, value: usize) -> String {
        match self {
            Self::Organisation => format!("organisation_id IN (SELECT id FROM organisation WHERE instr(name, ?{value}) > 0)"),
            _ => format!("name = ?{value}"),
        }
    }

    /// Whether an article of this time and id has the label.
    fn labels(self, value: usize, effective: &str, id: &str) -> String {
        let (table, names) = (self.name(), self.names(value));
        format!("EXISTS (SELECT 1 FROM {table} x WHERE x.{names} AND x.effective = {effective} AND x.article_id = {id})")
    }
}

/// The labels that are asked for, those that fewest articles have first.
fn wanted_labels(f: &Filter) -> impl Iterator<Item = (LabelTable, &str)> {
    let all = [
        (LabelTable::Organisation, &f.organisation),
        (LabelTable::Place, &f.place),
        (LabelTable::Industry, &f.industry),
        (LabelTable::Column, &f.column),
    ];
    all.into_iter().filter_map(|(table, name)| Some((table, name.as_deref()?)))
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
        let labels: Vec<(LabelTable, usize)> = wanted_labels(f)
            .map(|(table, name)| {
                values.push(name.to_owned().into());
                (table, values.len())
            })
            .collect();
        match labels.split_first() {
            // the rows of one label are in the order of time: the first that fit are the newest
            Some(((table, value), others)) if !searched && f.source.is_none() => {
                let mut fits: Vec<String> = vec![table.names(*value)];
                fits.extend(tests.drain(..).map(|t| t.replacen("a.effective", "l.effective", 1)));
                fits.extend(others.iter().map(|(table, value)| table.labels(*value, "l.effective", "l.article_id")));
                let newest = format!(
                    "SELECT DISTINCT l.article_id, l.effective FROM {} l WHERE {} ORDER BY l.effective DESC LIMIT {most}",
                    table.name(),
                    fits.join(" AND ")
                );
                tests.push(format!("a.id IN (SELECT article_id FROM ({newest}))"));
            }
            _ => tests.extend(labels.iter().map(|(table, value)| table.labels(*value, "a.effective", "a.id"))),
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
    use crate::store::labels::store_judgement;

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

    #[test]
    fn labels_are_found_as_they_are_now() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let judgement = |industry: &str, place: &str, organisation: &str| {
            format!(
                r#"{{"industries":[{{"name":"{industry}","score":1,"evidence":[]}}],"column":"行业动态","keywords":[],"places":["{place}"],"organisations":["{organisation}"],"mentioned":["示例{organisation}"]}}"#
            )
        };
        store
            .write(|t| {
                t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
                for n in 1..=6i64 {
                    t.execute("INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)", [n])?;
                    let j = judgement(if n % 2 == 0 { "食品" } else { "建材" }, if n % 3 == 0 { "许昌市" } else { "郑州市" }, "瑞贝卡");
                    t.execute("INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html) VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', '题', ?1, 0, '文', '')", [n])?;
                    store_judgement(t, ArticleId(n), &j)?;
                }
                store_judgement(t, ArticleId(6), &judgement("化工", "许昌市", "许继"))?;
                Ok(())
            })
            .unwrap();
        let find = |industry: Option<&str>, place: Option<&str>, organisation: Option<&str>, source: Option<&str>, most: usize| -> Vec<i64> {
            let text = |t: Option<&str>| t.map(str::to_owned);
            let filter = Filter {
                words: None,
                industry: text(industry),
                column: text(Some("行业动态")),
                place: text(place),
                organisation: text(organisation),
                source: text(source),
                from: None,
                to: None,
                zone: Tz::UTC,
            };
            store.find(&filter, most).unwrap().into_iter().map(|h| h.id.0).collect()
        };
        assert_eq!(find(Some("食品"), None, None, None, 10), [4, 2]);
        assert_eq!(find(Some("建材"), None, None, None, 10), [5, 3, 1]);
        assert_eq!(find(Some("建材"), Some("许昌市"), None, None, 10), [3]);
        assert_eq!(find(None, None, Some("贝卡"), None, 2), [5, 4]);
        assert_eq!(find(None, Some("许昌市"), None, Some("a"), 10), [6, 3]);
        assert_eq!(find(Some("化工"), None, Some("许继"), Some("a"), 10), [6]);
    }
}
