//! Reads an exported archive into an empty database, in one transaction: all of it, or nothing. An import that was killed left
//! nothing, and starts again.

use std::collections::HashMap;
use std::io::{BufRead, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::extract::sanitise;
use crate::model::{AuditAction, Classification, Edition, MailAddress, WebUrl};
use crate::store::archive_export::{ArchiveError, FORMAT, FORMAT_KEY, columns_of};
use crate::store::archive_kinds::{FACTS, KINDS};
use crate::store::audit::audit;
use crate::store::migrations::MIGRATIONS;
use crate::store::{Result, Store, StoreError};
use crate::text::segment::Segmented;

/// Longest line: letters with their documents, and files of items.
const MAX_LINE: u64 = 64 << 20;
/// A database with rows of these is not empty.
const OWN: [&str; 8] = ["entry", "article", "edition", "topic", "rule", "alert_rule", "subscriber", "firm"];

/// What an import brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportedArchive {
    pub rows: u64,
    pub articles: u64,
    pub editions: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    row: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: bool,
    rows: u64,
}

impl Store {
    /// Imports an archive. Mail is held afterwards, because the other installation may have sent what waits here.
    ///
    /// # Errors
    /// The database is not empty, or a line is wrong; then nothing is imported.
    pub fn import_archive(&self, from: &mut dyn BufRead, who: &str, now: DateTime<Utc>) -> Result<ImportedArchive, ArchiveError> {
        let mut failed = None;
        let imported = self.write(|t| {
            import(t, from, who, now).map_err(|e| {
                failed = Some(e);
                StoreError::Cancelled
            })
        });
        match failed {
            Some(e) => Err(e),
            None => Ok(imported?),
        }
    }
}

fn import(t: &Connection, from: &mut dyn BufRead, who: &str, now: DateTime<Utc>) -> Result<ImportedArchive, ArchiveError> {
    empty(t)?;
    let mut importer = Importer::new(t)?;
    let mut lines = Lines { from, number: 0, line: Vec::new() };
    let head = lines.next()?.ok_or_else(|| wrong(1, "the file is empty"))?;
    check_head(head).map_err(|cause| wrong(1, cause))?;
    loop {
        let Some(text) = lines.next()? else { return Err(wrong(lines.number + 1, "the file ends before its last line")) };
        if let Ok(end) = serde_json::from_str::<End>(text) {
            let is_complete = end.end && end.rows == importer.done.rows;
            let number = lines.number;
            if !is_complete || lines.next()?.is_some() {
                return Err(wrong(number, format!("the file says {} rows, and {} came before this line", end.rows, importer.done.rows)));
            }
            break;
        }
        let row: Result<Row, _> = serde_json::from_str(text);
        let done = row.map_err(|e| e.to_string()).and_then(|row| importer.add(&row));
        done.map_err(|cause| wrong(lines.number, cause))?;
    }
    let done = importer.done;
    settle(t, who, now, &done)?;
    Ok(done)
}

fn wrong(line: u64, cause: impl Into<String>) -> ArchiveError {
    ArchiveError::Line { line, cause: cause.into() }
}

/// Lines of bounded length.
struct Lines<'a> {
    from: &'a mut dyn BufRead,
    number: u64,
    line: Vec<u8>,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<&str>, ArchiveError> {
        self.line.clear();
        self.number += 1;
        let read = (&mut *self.from).take(MAX_LINE).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            self.number -= 1;
            return Ok(None);
        }
        if read as u64 == MAX_LINE {
            return Err(wrong(self.number, format!("it is longer than {} MB", MAX_LINE >> 20)));
        }
        std::str::from_utf8(&self.line).map(Some).map_err(|_| wrong(self.number, "it is no UTF-8 text"))
    }
}

fn check_head(text: &str) -> Result<(), String> {
    let head: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let number = |key: &str| head.get(key).and_then(Value::as_u64);
    let format = number(FORMAT_KEY).ok_or("this is no export of `qingbao archive export`")?;
    let schema = number("schema").ok_or("it says no schema version")?;
    if format != FORMAT || schema > MIGRATIONS.len() as u64 {
        return Err(format!("a newer version made it (format {format}, schema {schema}); install that version"));
    }
    Ok(())
}

/// Checks that there is nothing of value, and removes what a start of the service leaves: sources and listed organisations.
fn empty(t: &Connection) -> Result<(), ArchiveError> {
    for table in OWN {
        let is_used: bool = t.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {table})"), [], |r| r.get(0)).map_err(StoreError::from)?;
        if is_used {
            return Err(ArchiveError::NotEmpty(table));
        }
    }
    for kind in KINDS.iter().rev().filter(|kind| kind.name != "fact") {
        t.execute(&format!("DELETE FROM {}", kind.name), []).map_err(StoreError::from)?;
    }
    Ok(())
}

struct Importer<'a> {
    t: &'a Connection,
    /// The columns of each kind.
    columns: HashMap<&'static str, Vec<String>>,
    done: ImportedArchive,
}

impl<'a> Importer<'a> {
    fn new(t: &'a Connection) -> Result<Self> {
        let mut columns = HashMap::new();
        for kind in KINDS {
            columns.insert(kind.name, columns_of(t, kind.name)?.into_iter().map(|c| c.name).collect());
        }
        Ok(Self { t, columns, done: ImportedArchive::default() })
    }

    fn add(&mut self, row: &Row) -> Result<(), String> {
        let Some((kind, columns)) = self.columns.get_key_value(row.kind.as_str()) else {
            return Err(format!("no kind of line is called {:?}", row.kind));
        };
        if let Some(unknown) = row.row.keys().find(|key| !columns.contains(key)) {
            return Err(format!("{kind} has no field {unknown:?}"));
        }
        check(kind, &row.row)?;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (name, value) in columns.iter().filter_map(|name| Some((name, row.row.get(name)?))) {
            names.push(format!("\"{name}\""));
            let value = to_sql(value).ok_or_else(|| format!("{kind}: the value of {name:?} is no text, number, bytes or null"))?;
            values.push(harmless(kind, name, value));
        }
        let places = vec!["?"; names.len()].join(", ");
        let or = if *kind == "fact" { "OR REPLACE " } else { "" };
        let sql = format!("INSERT {or}INTO {kind} ({}) VALUES ({places})", names.join(", "));
        let mut statement = self.t.prepare_cached(&sql).map_err(|e| e.to_string())?;
        statement.execute(params_from_iter(values)).map_err(|e| format!("{kind}: {e}"))?;
        self.done.rows += 1;
        match *kind {
            "article" => {
                self.done.articles += 1;
                self.index(&row.row)?;
            }
            "edition" => self.done.editions += 1,
            _ => {}
        }
        Ok(())
    }

    /// Adds an article to the full-text index.
    fn index(&self, row: &Map<String, Value>) -> Result<(), String> {
        let words = |key| Segmented::new(row.get(key).and_then(Value::as_str).unwrap_or_default()).fts_tokens();
        let id = row.get("id").and_then(Value::as_i64).ok_or("an article without id")?;
        let mut statement = self.t.prepare_cached("INSERT INTO article_words (rowid, title, text) VALUES (?1, ?2, ?3)").map_err(|e| e.to_string())?;
        statement.execute((id, words("title"), words("text"))).map(|_| ()).map_err(|e| e.to_string())
    }
}

fn to_sql(value: &Value) -> Option<Sql> {
    Some(match value {
        Value::Null => Sql::Null,
        Value::Number(n) => Sql::Integer(n.as_i64()?),
        Value::String(text) => Sql::Text(text.clone()),
        Value::Object(one) if one.len() == 1 => match (one.get("real"), one.get("base64")) {
            (Some(x), _) => Sql::Real(x.as_str()?.parse().ok()?),
            (_, bytes) => Sql::Blob(STANDARD.decode(bytes?.as_str()?).ok()?),
        },
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Returns a value that pages and mails may trust: the HTML of articles is sanitised again.
fn harmless(kind: &str, name: &str, value: Sql) -> Sql {
    match value {
        Sql::Text(html) if kind == "article" && name == "html" => Sql::Text(sanitise(&html, None)),
        value => value,
    }
}

/// Checks what pages and mail rely on: addresses, issues and classifications.
fn check(kind: &str, row: &Map<String, Value>) -> Result<(), String> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_url = |key: &str| WebUrl::parse(text(key)).map(|_| ()).map_err(|e| format!("{kind}: {key}: {e}"));
    let is_address = |key: &str| MailAddress::parse(text(key)).map(|_| ()).map_err(|e| format!("{kind}: {key}: {e}"));
    match kind {
        "fact" if !FACTS.contains(&text("name")) => Err(format!("fact {:?} is no part of an archive", text("name"))),
        "article" => {
            is_url("url")?;
            match row.get("judgement") {
                Some(Value::String(json)) => json_of::<Classification>(kind, "judgement", json),
                _ => Ok(()),
            }
        }
        "entry" | "source" | "article_version" => is_url("url"),
        "edition" | "edition_state" => json_of::<Edition>(kind, "payload", text("payload")),
        "subscriber" => is_address("address"),
        "outbox" => is_address("recipient"),
        _ => Ok(()),
    }
}

fn json_of<T: serde::de::DeserializeOwned>(kind: &str, key: &str, json: &str) -> Result<(), String> {
    serde_json::from_str::<T>(json).map(|_| ()).map_err(|e| format!("{kind}: {key}: {e}"))
}

/// Pages that waited for their parser are fetched again; mail and messages to outlets wait for an operator.
fn settle(t: &Connection, who: &str, now: DateTime<Utc>, done: &ImportedArchive) -> Result<()> {
    t.execute("UPDATE entry SET state = 'pending' WHERE state = 'fetched'", [])?;
    let held = format!("imported at {}: letters that wait may have been sent by the other installation", now.format("%F %H:%M UTC"));
    t.execute("INSERT OR REPLACE INTO fact (name, value) VALUES ('held', ?1)", [held])?;
    audit(t, who, AuditAction::ImportArchive, &format!("{} articles, {} issues", done.articles, done.editions), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::now;
    use crate::store::archive_kinds::LEFT_OUT;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        (dir, store)
    }

    fn import_text(store: &Store, text: &str) -> Result<ImportedArchive, String> {
        store.import_archive(&mut text.as_bytes(), "命令行", now()).map_err(|e| e.to_string())
    }

    fn exported(store: &Store) -> String {
        let mut out = Vec::new();
        store.export_archive(None, now(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_table_is_part_of_an_export_or_left_out_for_a_reason() {
        let (_dir, store) = store();
        let sql =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'article\\_words\\_%' ESCAPE '\\'";
        let tables: Vec<String> = store.read(|c| Ok(c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)).unwrap();
        let mut known: Vec<&str> = KINDS.iter().map(|k| k.name).chain(LEFT_OUT.iter().map(|l| l.0)).collect();
        let mut tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        known.sort_unstable();
        tables.sort_unstable();
        assert_eq!(known, tables);
    }

    #[test]
    fn the_html_of_articles_is_sanitised_and_other_texts_stay() {
        let html = "<p>甲<b>乙</b></p><script>alert(1)</script><img src=x onerror=alert(1)>".to_owned();
        let Sql::Text(clean) = harmless("article", "html", Sql::Text(html.clone())) else { panic!("no text") };
        assert!(clean.starts_with("<p>甲<b>乙</b></p>") && !clean.contains("alert"), "{clean}");
        assert_eq!(harmless("article", "html", Sql::Text(clean.clone())), Sql::Text(clean));
        assert_eq!(harmless("article", "text", Sql::Text(html.clone())), Sql::Text(html));
    }

    #[test]
    fn hostile_lines_are_named_and_leave_nothing() {
        let (_dir, store) = store();
        let whole = exported(&store);
        let head = whole.lines().next().unwrap();
        let end = r#"{"end":true,"rows":1}"#;
        let source = r#"{"kind":"source","row":{"id":"a","name":"甲","url":"https://a.cn/"}}"#;
        let deep = format!("{{\"kind\":{}", "[".repeat(100_000));
        for (lines, wanted) in [
            (String::new(), "line 1: the file is empty"),
            ("{}".to_owned(), "line 1: this is no export"),
            (r#"{"qingbao_archive":2,"schema":1}"#.to_owned(), "line 1: a newer version made it"),
            (head.to_owned(), "line 2: the file ends before its last line"),
            (format!("{head}\n{source}\n"), "line 3: the file ends"),
            (format!("{head}\n{end}"), "line 2: the file says 1 rows, and 0 came"),
            (format!("{head}\n{source}\n{end}\n{source}"), "line 3: the file says 1 rows"),
            (format!("{head}\n{source}\n{source}\n{end}"), "line 3: source: UNIQUE"),
            (format!("{head}\n{}", source.replace("https://a.cn/", "javascript:alert(1)")), "line 2: source: url"),
            (format!("{head}\n{}", source.replace("\"source\"", "\"account\"")), "line 2: no kind of line"),
            (format!("{head}\n{}", source.replace("\"name\"", "\"name) --\"")), "line 2: source has no field"),
            (format!("{head}\n{}", source.replace("\"甲\"", "[1]")), "line 2: source: the value of \"name\""),
            (format!("{head}\n{{\"kind\":\"fact\",\"row\":{{\"name\":\"held\",\"value\":\"\"}}}}"), "line 2: fact \"held\" is no part"),
            (format!("{head}\n{{\"kind\":\"band\",\"row\":{{\"band\":1,\"value\":1,\"article_id\":9}}}}"), "line 2: band: FOREIGN KEY"),
            (format!("{head}\n{{\"kind\":\"edition\",\"row\":{{\"id\":1,\"payload\":\"{{}}\"}}}}"), "line 2: edition: payload"),
            (format!("{head}\n{deep}"), "line 2: "),
        ] {
            let told = import_text(&store, &lines).unwrap_err();
            assert!(told.starts_with(wanted), "{told}: wanted {wanted}");
        }
        let bytes = [head.as_bytes(), b"\n\xff\xfe\n"].concat();
        let told = store.import_archive(&mut bytes.as_slice(), "命令行", now()).unwrap_err().to_string();
        assert!(told.starts_with("line 2: it is no UTF-8"), "{told}");
        assert_eq!(exported(&store), whole);
        assert_eq!(import_text(&store, &format!("{head}\n{source}\n{end}")).unwrap().rows, 1);
    }

    #[test]
    fn a_line_without_end_is_not_read_into_memory() {
        let (_dir, store) = store();
        let mut endless = std::io::BufReader::new(std::io::repeat(b'['));
        let told = store.import_archive(&mut endless, "命令行", now()).unwrap_err().to_string();
        assert!(told.starts_with("line 1: it is longer than 64 MB"), "{told}");
    }
}
