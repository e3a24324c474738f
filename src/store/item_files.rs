//! Pictures and attachments of an edition's items.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::model::{Edition, EditionId, FileId, ItemFile};
use crate::store::{Result, Store};

/// For all files of an edition, including those of dropped items: many mail servers refuse messages of more than 25 MB, and
/// base64 adds a third.
pub const MAX_EDITION_FILES: usize = 15 << 20;

impl Store {
    /// Stores a file; returns `None` if the edition's files would become too large.
    pub fn add_item_file(&self, edition: EditionId, name: &str, media_type: &str, body: &[u8], now: DateTime<Utc>) -> Result<Option<ItemFile>> {
        self.write(|t| {
            let sum = "SELECT coalesce(sum(octet_length(body)), 0) FROM item_file WHERE edition_id = ?1";
            let there: i64 = t.prepare_cached(sum)?.query_row([edition.0], |r| r.get(0))?;
            if usize::try_from(there).unwrap_or(usize::MAX).saturating_add(body.len()) > MAX_EDITION_FILES {
                return Ok(None);
            }
            t.prepare_cached("INSERT INTO item_file (edition_id, name, media_type, body, at) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
                edition.0,
                name,
                media_type,
                body,
                now.timestamp()
            ])?;
            let id = FileId(t.last_insert_rowid());
            Ok(Some(ItemFile { id, name: name.to_owned(), media_type: media_type.to_owned(), size: body.len() }))
        })
    }

    /// Removes a file that no item uses.
    pub fn remove_item_file(&self, id: FileId) -> Result<()> {
        self.write(|t| {
            t.prepare_cached("DELETE FROM item_file WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        })
    }

    /// Returns a file of an edition: name, MIME type, bytes.
    pub fn item_file(&self, edition: EditionId, id: FileId) -> Result<Option<(String, String, Vec<u8>)>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT name, media_type, body FROM item_file WHERE edition_id = ?1 AND id = ?2")?;
            Ok(s.query_row(params![edition.0, id.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?)
        })
    }

    /// Returns the files of an edition's items.
    pub fn item_files(&self, edition: &Edition) -> Result<HashMap<FileId, Vec<u8>>> {
        let mut out = HashMap::new();
        for file in edition.items().flat_map(crate::model::Item::files) {
            if let Some((_, _, body)) = self.item_file(edition.id, file.id)? {
                out.insert(file.id, body);
            }
        }
        Ok(out)
    }

    /// Returns the titles of articles that editors dropped from an edition.
    pub fn dropped_titles(&self, edition: EditionId) -> Result<Vec<String>> {
        self.read(|c| {
            let sql =
                "SELECT DISTINCT a.title FROM decision d JOIN article a ON a.id = d.article_id WHERE d.edition_id = ?1 AND d.action = 'dropped'";
            let mut s = c.prepare_cached(sql)?;
            let titles = s.query_map([edition.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(titles)
        })
    }
}
