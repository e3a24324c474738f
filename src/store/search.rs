//! Search: words and labels.

use chrono::{NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, params_from_iter};

use crate::model::{Article, ArticleId, GradeFloor, Headline};
use crate::store::articles::{match_words, read_article_with_texts};
use crate::store::{Result, Store};

/// Matches that are ranked: those stored last.
const RANKED: usize = 2_000;

/// What articles must match; empty fields match all.
#[derive(Debug, Clone)]
pub struct Filter {
    pub words: Option<String>,
    /// An industry or theme.
    pub industry: Option<String>,
    pub column: Option<String>,
    /// A place in the text.
    pub place: Option<String>,
    /// An organisation in the text.
    pub organisation: Option<String>,
    pub source: Option<String>,
    /// Only articles with these grades or better; those without a stored grade have none.
    pub floor: GradeFloor,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
    /// Time zone of the days.
    pub zone: Tz,
}

impl Filter {
    /// Whether it matches everything.
    pub fn is_open(&self) -> bool {
        let wishes = [&self.words, &self.industry, &self.column, &self.place, &self.organisation, &self.source];
        wishes.iter().all(|w| w.is_none()) && self.floor.is_open() && self.from.is_none() && self.to.is_none()
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

    /// SQL: whether a row has the name with this number. People write the short name of organisations: 云鹭 of 四川云鹭发制品股份有限公司.
    fn names(self, value: usize) -> String {
        match self {
            Self::Organisation => format!("organisation_id IN (SELECT id FROM organisation WHERE instr(name, ?{value}) > 0)"),
            _ => format!("name = ?{value}"),
        }
    }

    /// SQL: whether an article of this time and id has the label.
    fn labels(self, value: usize, effective: &str, id: &str) -> String {
        let (table, names) = (self.name(), self.names(value));
        format!("EXISTS (SELECT 1 FROM {table} x WHERE x.{names} AND x.effective = {effective} AND x.article_id = {id})")
    }
}

/// Returns the wanted labels, the rarest kind first.
fn wanted_labels(f: &Filter) -> impl Iterator<Item = (LabelTable, &str)> {
    let all = [
        (LabelTable::Organisation, &f.organisation),
        (LabelTable::Place, &f.place),
        (LabelTable::Industry, &f.industry),
        (LabelTable::Column, &f.column),
    ];
    all.into_iter().filter_map(|(table, name)| Some((table, name.as_deref()?)))
}

/// The SQL of a filter: tests of the article `a` with its words `w`, and their values.
struct Query {
    /// The filter has words; their match expression is the first value.
    searched: bool,
    tests: Vec<String>,
    values: Vec<Value>,
    /// Wanted labels, with the numbers of their values.
    labels: Vec<(LabelTable, usize)>,
    /// Reads a label's rows, which are ordered by time, instead of articles.
    by_label: bool,
}

impl Query {
    /// Returns `None` if nothing can match, because there is no word to search for.
    fn new(f: &Filter) -> Option<Self> {
        let (mut tests, mut values): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
        let mut test = |sql: &str, value: Value| {
            values.push(value);
            tests.push(sql.replace("?#", &format!("?{}", values.len())));
        };
        let searched = f.words.is_some();
        if let Some(words) = &f.words {
            test("article_words MATCH ?#", match_words(words)?.into());
        }
        if let Some(source) = &f.source {
            test("a.source_id = ?#", source.clone().into());
        }
        let grade = |scale: &str| {
            format!(
                "EXISTS (SELECT 1 FROM grade g LEFT JOIN grade_overruled o ON o.article_id = g.article_id
                             WHERE g.article_id = a.id AND coalesce(o.{scale}, g.{scale}) <= ?#)"
            )
        };
        if let Some(least) = f.floor.reliability {
            test(&grade("reliability"), least.code().to_owned().into());
        }
        if let Some(least) = f.floor.credibility {
            test(&grade("credibility"), i64::from(least.code()).into());
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
        let by_label = !labels.is_empty() && !searched && f.source.is_none();
        if !by_label {
            tests.extend(labels.iter().map(|(table, value)| table.labels(*value, "a.effective", "a.id")));
        }
        Some(Self { searched, tests, values, labels, by_label })
    }

    fn conditions(&self) -> String {
        if self.tests.is_empty() { String::new() } else { format!("WHERE {}", self.tests.join(" AND ")) }
    }

    /// Returns SQL for the ids of matching articles: the newest by the first label; by words those stored last; else any.
    fn ids(&self, most: usize) -> String {
        match self.labels.split_first() {
            Some(((table, value), others)) if self.by_label => {
                let mut fits: Vec<String> = vec![table.names(*value)];
                fits.extend(self.tests.iter().map(|t| t.replacen("a.effective", "l.effective", 1).replace("a.id", "l.article_id")));
                fits.extend(others.iter().map(|(table, value)| table.labels(*value, "l.effective", "l.article_id")));
                let (table, fits) = (table.name(), fits.join(" AND "));
                format!("SELECT DISTINCT l.article_id AS id, l.effective FROM {table} l WHERE {fits} ORDER BY l.effective DESC LIMIT {most}")
            }
            _ if self.searched => {
                // the word index knows nothing of articles: join them only if a test needs them
                let join = if self.tests.len() > 1 { "JOIN article a ON a.id = w.rowid" } else { "" };
                format!("SELECT w.rowid AS id FROM article_words w {join} {} ORDER BY w.rowid DESC LIMIT {most}", self.conditions())
            }
            _ => format!("SELECT a.id FROM article a {} LIMIT {most}", self.conditions()),
        }
    }
}

impl Store {
    /// Returns articles with all the words, best match first. Any text is valid: nothing in it is query syntax.
    pub fn search(&self, query: &str, most: usize) -> Result<Vec<Headline>> {
        let words = Some(query.to_owned());
        self.find(
            &Filter {
                words,
                industry: None,
                column: None,
                place: None,
                organisation: None,
                source: None,
                floor: GradeFloor::default(),
                from: None,
                to: None,
                zone: Tz::UTC,
            },
            most,
        )
    }

    /// Returns matching articles, best match first if there are words, else newest first.
    pub fn find(&self, f: &Filter, most: usize) -> Result<Vec<Headline>> {
        let Some(mut query) = Query::new(f) else { return Ok(Vec::new()) };
        if query.searched {
            // if very many match, rank only the newest of them
            let sql = format!("SELECT id FROM ({}) LIMIT 1 OFFSET {RANKED}", query.ids(RANKED + 1));
            let oldest =
                self.read(|c| Ok(c.prepare_cached(&sql)?.query_row(params_from_iter(&query.values), |r| r.get::<_, i64>(0)).optional()?))?;
            query.values.push(oldest.unwrap_or(0).into());
            query.tests.push(format!("w.rowid > ?{}", query.values.len()));
        } else if query.by_label {
            query.tests = vec![format!("a.id IN (SELECT id FROM ({}))", query.ids(most))];
        }
        let join = if query.searched { "JOIN article_words w ON w.rowid = a.id" } else { "" };
        let order = if query.searched { "bm25(article_words, 4.0, 1.0), a.effective DESC" } else { "a.effective DESC, a.id" };
        let mut out = Vec::new();
        let values: Vec<&dyn rusqlite::ToSql> = query.values.iter().map(|v| v as &dyn rusqlite::ToSql).collect();
        self.each_headline(&format!("{join} {} ORDER BY {order} LIMIT {most}", query.conditions()), &values, |h| {
            out.push(h);
            Ok(())
        })?;
        Ok(out)
    }

    /// Returns the number of matching articles, counted up to `most`.
    pub fn count(&self, f: &Filter, most: usize) -> Result<usize> {
        let Some(query) = Query::new(f) else { return Ok(0) };
        let sql = format!("SELECT count(*) FROM ({})", query.ids(most));
        self.read(|c| Ok(c.prepare_cached(&sql)?.query_row(params_from_iter(&query.values), |r| r.get::<_, i64>(0))?))
            .map(|n| usize::try_from(n).unwrap_or(0))
    }

    /// Returns an article with everything.
    pub fn article(&self, id: ArticleId) -> Result<Option<Article>> {
        let exists = self.read(|c| Ok(c.query_row("SELECT 1 FROM article WHERE id = ?1", params_from_iter([id.0]), |_| Ok(())).optional()?))?;
        exists.map(|()| read_article_with_texts(self, id)).transpose()
    }
}

#[cfg(test)]
mod tests;
