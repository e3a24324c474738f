//! Creates databases with this version's schema, and upgrades older ones.

use std::path::Path;

use rusqlite::Connection;

use crate::store::error::classify;
use crate::store::kv::UPGRADED_FROM;
use crate::store::migrations::{MIGRATIONS, migrate};
use crate::store::open::connect;
use crate::store::{Result, StoreError, backup};

/// Creates a new database under another name and renames it, so that the file is complete from its first moment, whenever we are
/// killed.
pub(super) fn create(path: &Path) -> Result<()> {
    let beside = path.with_extension("db.new");
    let fail = |source| StoreError::Folder { path: beside.display().to_string(), source };
    if beside.exists() {
        std::fs::remove_file(&beside).map_err(fail)?;
    }
    let mut connection = connect(&beside, true)?;
    // must precede the first table, so that the file can shrink
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    migrate(&mut connection, &beside)?;
    connection.close().map_err(|(_, e)| e)?;
    std::fs::rename(&beside, path).map_err(fail)
}

/// Whether the schema is this version's.
pub(super) fn is_current(path: &Path) -> Result<bool> {
    let version: i64 = connect(path, false)?.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(|e| classify(path, e))?;
    Ok(version >= i64::try_from(MIGRATIONS.len()).unwrap_or(0))
}

/// Upgrades an older schema; keeps a checked copy of the file.
pub(super) fn upgrade(connection: &mut Connection, path: &Path) -> Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |r| r.get(0)).map_err(|e| classify(path, e))?;
    if version >= i64::try_from(MIGRATIONS.len()).unwrap_or(0) {
        return migrate(connection, path);
    }
    let kept = backup::before_upgrade(connection, path, version)?;
    tracing::warn!("the database has schema {version} and is brought up to {}; as it was it is kept as {}", MIGRATIONS.len(), kept.display());
    migrate(connection, path)?;
    connection.execute("INSERT OR IGNORE INTO fact (name, value) VALUES (?1, ?2)", [UPGRADED_FROM, &version.to_string()])?;
    if connection.query_row("PRAGMA auto_vacuum", [], |r| r.get::<_, i64>(0))? == 0 {
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite_migration::Migrations;

    use super::*;
    use crate::store::Store;

    #[test]
    fn migrations_are_sound() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn letters_of_an_older_schema_come_along() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        let mut old = connect(&path, true).unwrap();
        Migrations::from_slice(MIGRATIONS).to_version(&mut old, 3).unwrap();
        old.execute_batch(
            "INSERT INTO edition (id, publication, date, year, number, total, built, payload) VALUES (7, 'p', '2026-11-24', 2026, 1, 1, 0, '{}');
             INSERT INTO outbox (edition_id, recipient, message_id, message, state, tries, queued) VALUES (7, 'a@b.cn', '<m@b.cn>', x'41', 'sending', 2, 1000);",
        )
        .unwrap();
        drop(old);
        let store = Store::open(dir.path()).unwrap();
        let letter = store.messages_of(crate::model::EditionId(7)).unwrap().remove(0);
        assert_eq!(
            (letter.recipient.as_str(), letter.message.as_slice(), letter.attempts, letter.ambiguous_attempts),
            ("a@b.cn", b"A".as_slice(), 2, 0)
        );
        // of unknown fate: it is sent again, and operators are told
        assert_eq!(store.recover_messages(crate::config::settings::AmbiguousDeliveryPolicy::Resend).unwrap().len(), 1);
        assert_eq!(store.due_messages(chrono::Utc::now(), 9).unwrap()[0].ambiguous_attempts, 1);
    }

    #[test]
    fn final_issues_of_an_older_schema_keep_their_letters_and_can_be_called_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        let mut old = connect(&path, true).unwrap();
        Migrations::from_slice(MIGRATIONS).to_version(&mut old, 18).unwrap();
        let mut edition = crate::issue::tests::build_with(Vec::new(), &[]).edition;
        (edition.id, edition.is_final) = (crate::model::EditionId(7), true);
        let payload = serde_json::to_string(&edition).unwrap();
        let insert =
            "INSERT INTO edition (id, publication, date, year, number, total, built, payload) VALUES (7, 'p', '2026-11-24', 2026, 1, 1, 0, ?1)";
        old.execute(insert, [payload]).unwrap();
        old.execute_batch(
            "INSERT INTO outbox (edition_id, final, recipient, message_id, message, state, queued, expires)
               VALUES (7, 0, 'a@b.cn', '<d@b.cn>', x'41', 'sent', 1, 2), (7, 1, 'a@b.cn', '<f@b.cn>', x'41', 'sent', 1, 2);
             INSERT INTO edition_step (edition_id, version, patch, user, what, at) VALUES (7, 2, '{}', 'u', 'w', 1);
             INSERT INTO item (edition_id, story_id, article_id) VALUES (7, 1, 1);",
        )
        .unwrap();
        drop(old);
        let store = Store::open(dir.path()).unwrap();
        let kept = Connection::open(&path).unwrap();
        let n: i64 = kept.query_row("SELECT (SELECT count(*) FROM edition_step) + (SELECT count(*) FROM item)", [], |r| r.get(0)).unwrap();
        assert_eq!(n, 2, "what belongs to an issue stays when its table is made anew");
        let id = crate::model::EditionId(7);
        assert_eq!(store.messages_of(id).unwrap().len(), 2);
        let now = chrono::Utc::now();
        let text = crate::issue::notice::NoticeText::Correction { article: None, wrong: "a".to_owned(), right: "b".to_owned() };
        assert!(matches!(store.correct_edition(id, 1, (text, None), "u", now.date_naive(), now).unwrap(), crate::store::SigningResult::Done(_)));
        let pending = store.pending_notifications(chrono::Utc::now()).unwrap();
        assert_eq!(store.pending_notice(pending[0].notice.unwrap()).unwrap().unwrap().readers, ["a@b.cn"]);
    }

    /// Every row of the named tables as text, in the columns of a schema.
    fn rows(c: &Connection, tables: &[(String, String)]) -> Vec<String> {
        let mut out = Vec::new();
        for (table, columns) in tables {
            let mut s = c.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1, 2")).unwrap();
            let n = s.column_count();
            let mut found = s.query([]).unwrap();
            while let Some(row) = found.next().unwrap() {
                let values: Vec<String> = (0..n).map(|i| format!("{:?}", row.get_ref(i).unwrap())).collect();
                out.push(format!("{table}: {}", values.join(" ")));
            }
        }
        out
    }

    #[test]
    fn nothing_of_the_first_schema_is_lost_on_the_way_to_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("qingbao.db");
        let mut old = connect(&path, true).unwrap();
        Migrations::from_slice(MIGRATIONS).to_version(&mut old, 1).unwrap();
        old.execute_batch(
            "INSERT INTO source (id, name, url, etag, kind, layout, last_ok, failures) VALUES ('a', '甲', 'https://a.example/', '\"x\"', 'list', 'ul', 5, 2);
             INSERT INTO entry (id, source_id, identity, canonical, url, title, summary, state, tries, first_seen)
               VALUES (3, 'a', 'i', 'c', 'https://a.example/1', '题', '摘要', 'fetched', 1, 9), (4, 'a', 'j', 'd', 'https://a.example/2', '二', NULL, 'done', 0, 9);
             INSERT INTO page (entry_id, url, body, fetched) VALUES (3, 'https://a.example/1', x'28b52ffd', 9);
             INSERT INTO article (id, entry_id, source_id, canonical, url, title, author, effective, fetched, text, html, story_id)
               VALUES (7, 4, 'a', 'd', 'https://a.example/2', '二', '某', 8, 9, '正文', '<p>正文</p>', 7);
             INSERT INTO article_words (rowid, title, text) VALUES (7, '二', '正文');
             INSERT INTO edition (id, publication, date, year, number, total, built, payload) VALUES (2, 'p', '2026-11-24', 2026, 1, 1, 0, '{}');",
        )
        .unwrap();
        let kept: Vec<(String, String)> = ["source", "entry", "page", "article", "edition"]
            .map(|t| {
                let sql = format!("SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info('{t}') WHERE name <> 'story_id')");
                (t.to_owned(), old.query_row(&sql, [], |r| r.get(0)).unwrap())
            })
            .into();
        let before = rows(&old, &kept);
        drop(old);
        let store = Store::open(dir.path()).unwrap();
        let after = connect(&path, false).unwrap();
        assert_eq!(rows(&after, &kept), before);
        let version: i64 = after.query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
        assert_eq!(usize::try_from(version).unwrap(), MIGRATIONS.len());
        assert_eq!(store.search("正文", 5).unwrap().len(), 1, "what was indexed is found");
        assert!(path.with_extension("db.schema-1").exists(), "as it was it is kept beside");
    }

    #[test]
    fn a_newer_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(Store::open(dir.path()).unwrap());
        Connection::open(dir.path().join("qingbao.db")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(Store::open(dir.path()), Err(StoreError::TooNew(_))));
    }
}
