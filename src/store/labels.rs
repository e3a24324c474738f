//! Classifications and their labels. Labels are stored twice, in the JSON and as rows, so that a search by label reads only an
//! index.

use rusqlite::{Connection, params};

use crate::model::ArticleId;
use crate::store::Result;
use crate::store::organisations::join_told_names;

/// Label tables: their content, and the part of the classification it comes from.
const LABELS: [(&str, &str, &str); 5] = [
    ("article_industry", "j.value ->> '$.name'", "json_each(a.judgement, '$.industries')"),
    ("article_industry", "j.value ->> '$.name'", "json_each(a.judgement, '$.themes')"),
    ("article_column", "j.value", "json_each(a.judgement, '$.column')"),
    ("article_keyword", "j.value", "json_each(a.judgement, '$.keywords')"),
    ("article_place", "j.value", "json_each(a.judgement, '$.places')"),
];
/// Parts of the classification that name organisations.
const ORGANISATIONS: [&str; 2] = ["json_each(a.judgement, '$.organisations')", "json_each(a.judgement, '$.mentioned')"];

/// Stores a classification as JSON and replaces its label rows.
pub(super) fn store_judgement(t: &Connection, id: ArticleId, json: &str) -> Result<()> {
    t.prepare_cached("UPDATE article SET judgement = ?2 WHERE id = ?1")?.execute(params![id.0, json])?;
    let run = |sql: String| -> Result<()> {
        t.prepare_cached(&sql)?.execute([id.0])?;
        Ok(())
    };
    for table in ["article_industry", "article_column", "article_keyword", "article_place", "article_organisation"] {
        run(format!("DELETE FROM {table} WHERE article_id = ?1"))?;
    }
    for (table, name, part) in LABELS {
        run(format!("INSERT OR IGNORE INTO {table} SELECT {name}, a.effective, a.id FROM article a, {part} j WHERE a.id = ?1"))?;
    }
    for part in ORGANISATIONS {
        run(format!("INSERT OR IGNORE INTO organisation (name, created_at) SELECT j.value, a.effective FROM article a, {part} j WHERE a.id = ?1"))?;
        let named = format!("article a, {part} j JOIN organisation o ON o.name = j.value WHERE a.id = ?1");
        run(format!("INSERT OR IGNORE INTO article_organisation SELECT o.id, a.effective, a.id FROM {named}"))?;
    }
    join_told_names(t, id)
}
