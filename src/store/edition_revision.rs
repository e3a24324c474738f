//! Editions under the editors' hands: each change is a version, and each version is kept until the issue is final.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::issue::edit::{Change, EditError};
use crate::model::{ArticleId, Classification, Edition, EditionId, Label};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value, stories};

/// States kept of one edition.
const MAX_REVISIONS: i64 = 200;

/// What came of a change.
#[derive(Debug)]
pub enum EditResult {
    /// The new version.
    Updated(u32),
    /// Somebody else was faster; the version there is.
    Conflict(u32),
    /// It cannot be done.
    Rejected(EditError),
    /// Nothing to go back to.
    NothingToUndo,
}

impl Store {
    /// An edition with its version.
    pub fn edition_with_version(&self, id: EditionId) -> Result<Option<(Edition, u32)>> {
        self.read(|c| load(c, id))
    }

    /// Makes a change to the version that the editor saw.
    pub fn change_edition(&self, id: EditionId, seen: u32, change: &Change, who: &str, now: DateTime<Utc>) -> Result<EditResult> {
        self.write(|t| {
            let Some((mut edition, version)) = load(t, id)? else { return Ok(EditResult::Rejected(EditError::NoItem)) };
            if version != seen {
                return Ok(EditResult::Conflict(version));
            }
            let before = serde_json::to_string(&edition).map_err(invalid_value("edition"))?;
            if let Err(e) = change.clone().apply(&mut edition) {
                return Ok(EditResult::Rejected(e));
            }
            t.execute(
                "INSERT OR REPLACE INTO edition_state (edition_id, version, payload, user, what, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id.0, version, before, who, change.chinese(), now.timestamp()],
            )?;
            t.execute("DELETE FROM edition_state WHERE edition_id = ?1 AND version < ?2", params![id.0, i64::from(version) - MAX_REVISIONS])?;
            save(t, &edition, version + 1)?;
            record(t, id, change, &edition, now)?;
            audit(t, who, change.chinese(), &edition.issue_label(), now)?;
            Ok(EditResult::Updated(version + 1))
        })
    }

    /// Goes back by one change; itself a new version, so that nobody's later save is overwritten unseen.
    pub fn undo_edition(&self, id: EditionId, seen: u32, who: &str, now: DateTime<Utc>) -> Result<EditResult> {
        self.write(|t| {
            let Some((edition, version)) = load(t, id)? else { return Ok(EditResult::NothingToUndo) };
            if version != seen {
                return Ok(EditResult::Conflict(version));
            }
            if edition.is_final {
                return Ok(EditResult::Rejected(EditError::Final));
            }
            let last: Option<(i64, String)> = t
                .query_row("SELECT version, payload FROM edition_state WHERE edition_id = ?1 ORDER BY version DESC LIMIT 1", [id.0], |r| {
                    Ok((r.get(0)?, r.get(1)?))
                })
                .optional()?;
            let Some((state, payload)) = last else { return Ok(EditResult::NothingToUndo) };
            let before: Edition = serde_json::from_str(&payload).map_err(invalid_value("edition"))?;
            t.execute("DELETE FROM edition_state WHERE edition_id = ?1 AND version = ?2", params![id.0, state])?;
            save(t, &before, version + 1)?;
            audit(t, who, "撤销", &before.issue_label(), now)?;
            Ok(EditResult::Updated(version + 1))
        })
    }

    /// Industries and column of an article as an editor wants them; false where there is no such article.
    pub fn set_labels(&self, id: ArticleId, industries: &[String], column: &str, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let row: Option<(String, Option<String>)> =
                t.query_row("SELECT title, judgement FROM article WHERE id = ?1", [id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            let Some((title, json)) = row else { return Ok(false) };
            let mut j: Classification = json.map(|j| serde_json::from_str(&j).map_err(invalid_value("judgement"))).transpose()?.unwrap_or_default();
            let label = |name: &String| Label { name: name.clone(), score: 1.0, evidence: vec!["编辑指定".to_owned()], p: None };
            (j.industries, j.manually_edited) = (industries.iter().map(label).collect(), true);
            (j.column, j.column_p, j.column_reasons) = (column.to_owned(), None, vec!["编辑指定".to_owned()]);
            let json = serde_json::to_string(&j).map_err(invalid_value("judgement"))?;
            t.execute("UPDATE article SET judgement = ?2 WHERE id = ?1", params![id.0, json])?;
            audit(t, who, "更正标签", &title, now)?;
            Ok(true)
        })
    }

    /// What can be undone, newest first: who, what, when.
    pub fn edition_history(&self, id: EditionId, most: usize) -> Result<Vec<(String, String, DateTime<Utc>)>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT user, what, at FROM edition_state WHERE edition_id = ?1 ORDER BY version DESC LIMIT ?2")?;
            let rows = s.query_map(params![id.0, i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                Ok((r.get(0)?, r.get(1)?, DateTime::from_timestamp(r.get(2)?, 0).unwrap_or_default()))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn load(c: &Connection, id: EditionId) -> Result<Option<(Edition, u32)>> {
    let row: Option<(String, u32)> =
        c.query_row("SELECT payload, version FROM edition WHERE id = ?1", [id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    row.map(|(payload, version)| Ok((serde_json::from_str(&payload).map_err(invalid_value("edition"))?, version))).transpose()
}

fn save(t: &Connection, edition: &Edition, version: u32) -> Result<()> {
    let payload = serde_json::to_string(edition).map_err(invalid_value("edition"))?;
    t.execute("UPDATE edition SET payload = ?2, version = ?3 WHERE id = ?1", params![edition.id.0, payload, version])?;
    // what later issues take for shown
    t.execute("DELETE FROM item WHERE edition_id = ?1", [edition.id.0])?;
    let mut insert = t.prepare_cached(
        "INSERT OR IGNORE INTO item (edition_id, story_id, article_id) SELECT ?1, coalesce(story_id, id), id FROM article WHERE id = ?2",
    )?;
    for item in edition.columns.iter().flat_map(|c| &c.items) {
        insert.execute(params![edition.id.0, item.article.0])?;
    }
    Ok(())
}

/// Remembers what was dropped, and at the end what was kept.
fn record(t: &Connection, id: EditionId, change: &Change, edition: &Edition, now: DateTime<Utc>) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO decision (edition_id, article_id, kept, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    match change {
        Change::Drop { article, reason } => {
            t.prepare_cached(sql)?.execute(params![id.0, article.0, false, reason.as_str(), now.timestamp()])?;
        }
        Change::Finalise(_) => {
            stories::reconcile_stories(t, edition)?;
            for item in edition.columns.iter().flat_map(|c| &c.items) {
                t.prepare_cached(sql)?.execute(params![id.0, item.article.0, true, None::<&str>, now.timestamp()])?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Publication;
    use crate::issue::tests::{article, build_with, now};

    #[test]
    fn every_change_is_a_version_and_can_be_undone_until_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let draft = build_with(vec![article(1, "甲县粮油加工", "食品", "行业动态", 1)], &[]);
        let id = store.commit_edition(draft.edition, &Publication::default(), &[], store.whole_archive().range).unwrap().id;
        let foreword = |text: &str| Change::Foreword(text.to_owned());
        assert!(matches!(store.change_edition(id, 1, &foreword("一"), "张三", now()).unwrap(), EditResult::Updated(2)));
        assert!(
            matches!(store.change_edition(id, 1, &foreword("二"), "李四", now()).unwrap(), EditResult::Conflict(2)),
            "李四 saw the first version"
        );
        assert!(matches!(store.change_edition(id, 2, &foreword("三"), "李四", now()).unwrap(), EditResult::Updated(3)));
        assert!(matches!(store.undo_edition(id, 3, "李四", now()).unwrap(), EditResult::Updated(4)));
        let (edition, version) = store.edition_with_version(id).unwrap().unwrap();
        assert_eq!((edition.foreword.as_str(), version), ("一", 4));
        assert!(matches!(store.undo_edition(id, 4, "李四", now()).unwrap(), EditResult::Updated(5)));
        assert!(matches!(store.undo_edition(id, 5, "李四", now()).unwrap(), EditResult::NothingToUndo));
        // a draft that editors have touched is not built anew
        let again = build_with(Vec::new(), &[]);
        assert_eq!(store.commit_edition(again.edition, &Publication::default(), &[], store.whole_archive().range).unwrap().item_count(), 1);
        assert!(matches!(store.change_edition(id, 5, &Change::Finalise(now()), "张三", now()).unwrap(), EditResult::Updated(6)));
        assert!(matches!(store.change_edition(id, 6, &foreword("四"), "张三", now()).unwrap(), EditResult::Rejected(EditError::Final)));
        assert!(matches!(store.undo_edition(id, 6, "张三", now()).unwrap(), EditResult::Rejected(EditError::Final)));
    }
}
