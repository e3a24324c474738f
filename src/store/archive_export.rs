//! The whole archive as JSON lines: a first line with the version, a line for each row, a last line that says how many. One read
//! transaction, so that the rows fit together; row by row, so that memory does not grow with the archive.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};

use crate::store::archive_kinds::{ArchiveKind, FACTS, KEEP_RECENT, KINDS};
use crate::store::migrations::MIGRATIONS;
use crate::store::{Result, Store, invalid_value};

/// The version of the format, in its first line.
pub(super) const FORMAT: u64 = 1;
pub(super) const FORMAT_KEY: &str = "qingbao_archive";

/// Why an archive is not written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("the archive's lines cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// A line is not what an export writes.
    #[error("line {line}: {cause}; nothing was imported")]
    Line { line: u64, cause: String },
    /// The database has articles, issues, topics, rules or subscribers.
    #[error("the database is not empty: it has rows of {0}; import into a new --data folder")]
    NotEmpty(&'static str),
}

impl Store {
    /// Writes the archive, without accounts and secrets; with `since` only articles and issues of these days, and what they need.
    /// Returns the number of rows.
    ///
    /// # Errors
    /// Those of the database and of `out`.
    pub fn export_archive(&self, since: Option<NaiveDate>, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u64, ArchiveError> {
        self.read(|c| {
            c.execute_batch("BEGIN")?;
            let written = export(c, since, now, out);
            let dropped: rusqlite::Result<()> =
                KEEP_RECENT.iter().try_for_each(|(name, _)| c.execute_batch(&format!("DROP TABLE IF EXISTS temp.{name}")));
            c.execute_batch("COMMIT")?;
            dropped?;
            Ok(written)
        })?
    }
}

fn export(c: &Connection, since: Option<NaiveDate>, now: DateTime<Utc>, out: &mut dyn Write) -> Result<u64, ArchiveError> {
    let head = json!({FORMAT_KEY: FORMAT, "schema": MIGRATIONS.len(), "made_at": now.to_rfc3339(), "since": since});
    writeln!(out, "{head}")?;
    if let Some(day) = since {
        let second = day.and_time(NaiveTime::MIN).and_utc().timestamp();
        for (name, ids) in KEEP_RECENT {
            c.execute_batch(&format!("CREATE TEMP TABLE {name} (id INTEGER PRIMARY KEY)")).map_err(crate::store::StoreError::from)?;
            let fill = format!("INSERT INTO temp.{name} {ids}");
            c.execute(&fill, params![day.to_string(), second]).map_err(crate::store::StoreError::from)?;
        }
    }
    let mut rows = 0;
    for kind in KINDS {
        rows += export_kind(c, kind, since.is_some(), out)?;
    }
    writeln!(out, "{}", json!({"end": true, "rows": rows}))?;
    out.flush()?;
    Ok(rows)
}

fn export_kind(c: &Connection, kind: &ArchiveKind, is_recent: bool, out: &mut dyn Write) -> Result<u64, ArchiveError> {
    let columns = columns_of(c, kind.name)?;
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let mut keys: Vec<&Column> = columns.iter().filter(|column| column.key > 0).collect();
    keys.sort_by_key(|column| column.key);
    let order: Vec<String> = keys.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let condition = match kind.name {
        "fact" => format!("WHERE name IN ('{}')", FACTS.join("', '")),
        _ if is_recent && !kind.recent.is_empty() => format!("WHERE {}", kind.recent),
        _ => String::new(),
    };
    let sql = format!("SELECT {} FROM {} {condition} ORDER BY {}", names.join(", "), kind.name, order.join(", "));
    let mut statement = c.prepare(&sql).map_err(crate::store::StoreError::from)?;
    let mut rows = statement.query([]).map_err(crate::store::StoreError::from)?;
    let mut written = 0;
    while let Some(row) = rows.next().map_err(crate::store::StoreError::from)? {
        let mut values = Map::new();
        for (at, column) in columns.iter().enumerate() {
            let value = row.get_ref(at).map_err(crate::store::StoreError::from)?;
            values.insert(column.name.clone(), to_json(value)?);
        }
        serde_json::to_writer(&mut *out, &json!({"kind": kind.name, "row": values})).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        written += 1;
    }
    Ok(written)
}

/// A column of a table.
pub(super) struct Column {
    pub(super) name: String,
    /// Its place in the primary key; 0: not part of it.
    pub(super) key: i64,
}

/// Returns the stored columns of a table, without computed ones.
pub(super) fn columns_of(c: &Connection, table: &str) -> Result<Vec<Column>> {
    let mut statement = c.prepare_cached("SELECT name, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")?;
    let rows = statement.query_map([table], |r| Ok(Column { name: r.get(0)?, key: r.get(1)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn to_json(value: ValueRef<'_>) -> Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => n.into(),
        // as text: reading a JSON number may change its last digit
        ValueRef::Real(x) => json!({"real": x.to_string()}),
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(invalid_value("text"))?.into(),
        ValueRef::Blob(bytes) => json!({"base64": STANDARD.encode(bytes)}),
    })
}
