//! Revisions of editions: each change makes a version, and can be undone.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::issue::edit::{Change, EditError};
use crate::issue::steps::Patch;
use crate::model::{ArticleId, AuditAction, Classification, Edition, EditionId, EditionState};
use crate::store::audit::audit;
use crate::store::decisions::{self, DecisionAction};
use crate::store::labels::store_judgement;
use crate::store::{Result, Store, invalid_value};

/// Undo steps kept per edition.
const MAX_STEPS: i64 = 500;

/// Undo or redo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// 撤销
    Back,
    /// 重做
    Forth,
}

impl Direction {
    fn audited(self) -> AuditAction {
        match self {
            Self::Back => AuditAction::Undo,
            Self::Forth => AuditAction::Redo,
        }
    }

    fn sql(self, columns: &str) -> String {
        let (undone, order) = match self {
            Self::Back => (0, "DESC"),
            Self::Forth => (1, "ASC"),
        };
        format!("SELECT {columns} FROM edition_step WHERE edition_id = ?1 AND undone = {undone} ORDER BY version {order} LIMIT 1")
    }
}

/// The outcome of a change.
#[derive(Debug)]
pub enum EditResult {
    /// The new version.
    Updated(u32),
    /// Another editor was faster; this is the current version.
    Conflict(u32),
    /// The change is impossible.
    Rejected(EditError),
    NothingToUndo,
}

impl Store {
    pub fn edition_with_version(&self, id: EditionId) -> Result<Option<(Edition, u32)>> {
        self.read(|c| load(c, id))
    }

    /// Makes all of the changes or none. Concurrent changes by other editors stay, unless they are to the same text.
    pub fn change_edition(&self, id: EditionId, changes: &[Change], who: &str, now: DateTime<Utc>) -> Result<EditResult> {
        self.write(|t| {
            let Some((before, version)) = load(t, id)? else { return Ok(EditResult::Rejected(EditError::NoItem)) };
            let mut edition = before.clone();
            for change in changes {
                if let Err(e) = change.clone().apply(&mut edition) {
                    return Ok(EditResult::Rejected(e));
                }
            }
            if edition == before {
                return Ok(EditResult::Updated(version));
            }
            t.execute(
                "DELETE FROM edition_step WHERE edition_id = ?1 AND (undone = 1 OR version <= ?2)",
                params![id.0, i64::from(version) + 1 - MAX_STEPS],
            )?;
            let Some(action) = changes.last().map(Change::audited) else { return Ok(EditResult::Updated(version)) };
            let back = serde_json::to_string(&Patch::between(&edition, &before)).map_err(invalid_value("step"))?;
            t.execute(
                "INSERT OR REPLACE INTO edition_step (edition_id, version, patch, user, what, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![id.0, version + 1, back, who, action.as_str(), now.timestamp()],
            )?;
            save(t, &edition, version + 1)?;
            decisions::record_changes(t, &before, &edition, changes, who, now)?;
            audit(t, who, action, &edition.label_in_log(), now)?;
            Ok(EditResult::Updated(version + 1))
        })
    }

    /// Undoes the last step or redoes the last undone one; both make a new version. The editor must have seen the current
    /// version, because the step may be another editor's.
    pub fn step_edition(&self, id: EditionId, seen: u32, direction: Direction, who: &str, now: DateTime<Utc>) -> Result<EditResult> {
        self.write(|t| {
            let Some((mut edition, version)) = load(t, id)? else { return Ok(EditResult::NothingToUndo) };
            if version != seen {
                return Ok(EditResult::Conflict(version));
            }
            match edition.state() {
                EditionState::Draft => {}
                EditionState::Submitted(_) => return Ok(EditResult::Rejected(EditError::Submitted)),
                EditionState::Final => return Ok(EditResult::Rejected(EditError::Final)),
            }
            let step: Option<(i64, String)> =
                t.prepare_cached(&direction.sql("version, patch"))?.query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            let Some((step, patch)) = step else { return Ok(EditResult::NothingToUndo) };
            let patch: Patch = serde_json::from_str(&patch).map_err(invalid_value("step"))?;
            let inverse = serde_json::to_string(&patch.apply(&mut edition)).map_err(invalid_value("step"))?;
            t.execute(
                "UPDATE edition_step SET patch = ?3, undone = ?4 WHERE edition_id = ?1 AND version = ?2",
                params![id.0, step, inverse, direction == Direction::Back],
            )?;
            save(t, &edition, version + 1)?;
            audit(t, who, direction.audited(), &edition.label_in_log(), now)?;
            Ok(EditResult::Updated(version + 1))
        })
    }

    /// Returns the step that would be taken back, or made again: the code of its action (of earlier versions, its words), and who took
    /// it.
    pub fn next_step(&self, id: EditionId, direction: Direction) -> Result<Option<(String, String)>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&direction.sql("what, user"))?;
            Ok(s.query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
        })
    }

    /// Sets the industries and column of an article; returns false if there is no such article.
    pub fn set_labels(&self, id: ArticleId, industries: &[String], column: &str, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let row: Option<(String, Option<String>, String)> = t
                .query_row("SELECT title, judgement, text FROM article WHERE id = ?1", [id.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
                .optional()?;
            let Some((title, json, text)) = row else { return Ok(false) };
            let mut j: Classification = json.map(|j| serde_json::from_str(&j).map_err(invalid_value("judgement"))).transpose()?.unwrap_or_default();
            j.correct(industries, column);
            let json = serde_json::to_string(&j).map_err(invalid_value("judgement"))?;
            store_judgement(t, id, &json)?;
            self.match_topics(t, id, &title, &text, &j, false)?;
            decisions::record(t, None, id, DecisionAction::Corrected, column, who, now)?;
            audit(t, who, AuditAction::CorrectLabels, &title, now)?;
            Ok(true)
        })
    }
}

pub(super) fn load(c: &Connection, id: EditionId) -> Result<Option<(Edition, u32)>> {
    let row: Option<(String, u32)> =
        c.query_row("SELECT payload, version FROM edition WHERE id = ?1", [id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    row.map(|(payload, version)| Ok((serde_json::from_str(&payload).map_err(invalid_value("edition"))?, version))).transpose()
}

pub(super) fn save(t: &Connection, edition: &Edition, version: u32) -> Result<()> {
    let payload = serde_json::to_string(edition).map_err(invalid_value("edition"))?;
    t.execute("UPDATE edition SET payload = ?2, version = ?3 WHERE id = ?1", params![edition.id.0, payload, version])?;
    // later issues read here what was shown
    t.execute("DELETE FROM item WHERE edition_id = ?1", [edition.id.0])?;
    let mut insert = t.prepare_cached(
        "INSERT OR IGNORE INTO item (edition_id, story_id, article_id) SELECT ?1, coalesce(story_id, id), id FROM article WHERE id = ?2",
    )?;
    for item in edition.items() {
        insert.execute(params![edition.id.0, item.article.0])?;
    }
    // an item that an editor wrote belongs to no story: its own id stands for one
    let mut insert = t.prepare_cached("INSERT OR IGNORE INTO item (edition_id, story_id, article_id) VALUES (?1, ?2, ?2)")?;
    for item in edition.items().filter(|i| i.url.is_none()) {
        insert.execute(params![edition.id.0, item.article.0])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Publication;
    use crate::issue::edit::Edit;
    use crate::issue::signing::SigningAction;
    use crate::issue::tests::{article, build_with, now};
    use crate::store::SigningResult;

    fn store_with_draft() -> (tempfile::TempDir, Store, EditionId) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let draft = build_with(vec![article(1, "甲县粮油加工", "食品", "行业动态", 1)], &[]);
        let id = store.commit_edition(draft, &Publication::default(), store.whole_archive().range).unwrap().id;
        (dir, store, id)
    }

    fn foreword(text: &str) -> [Change; 1] {
        [Change::Foreword(Edit::any(text))]
    }

    #[test]
    fn every_change_is_a_step_that_can_be_taken_back_and_made_again_until_the_end() {
        let (_dir, store, id) = store_with_draft();
        let change = |text: &str, who: &str| store.change_edition(id, &foreword(text), who, now()).unwrap();
        let step = |seen, direction| store.step_edition(id, seen, direction, "李四", now()).unwrap();
        let text = || store.edition_with_version(id).unwrap().map(|(e, version)| (e.foreword, version)).unwrap();
        assert!(matches!(change("一", "张三"), EditResult::Updated(2)));
        assert!(matches!(change("三", "李四"), EditResult::Updated(3)), "another version, but no text of 张三 that 李四 saw otherwise");
        assert!(matches!(change("三", "李四"), EditResult::Updated(3)), "nothing new is no step");
        assert!(matches!(step(2, Direction::Back), EditResult::Conflict(3)));
        assert!(matches!(step(3, Direction::Back), EditResult::Updated(4)));
        assert_eq!(text(), ("一".to_owned(), 4));
        assert!(matches!(step(4, Direction::Back), EditResult::Updated(5)));
        assert!(matches!(step(5, Direction::Back), EditResult::NothingToUndo));
        assert!(matches!(step(5, Direction::Forth), EditResult::Updated(6)));
        assert_eq!(text(), ("一".to_owned(), 6));
        assert_eq!(store.next_step(id, Direction::Forth).unwrap(), Some(("edit-foreword".to_owned(), "李四".to_owned())));
        assert!(matches!(change("四", "张三"), EditResult::Updated(7)));
        assert!(matches!(step(7, Direction::Forth), EditResult::NothingToUndo), "a new change ends what could be made again");
        // a draft that editors have changed is not rebuilt
        let again = build_with(Vec::new(), &[]);
        assert_eq!(store.commit_edition(again, &Publication::default(), store.whole_archive().range).unwrap().item_count(), 1);
        let finalise = |seen| store.sign_edition(id, seen, &SigningAction::Finalise, &Publication::default(), "张三", now()).unwrap();
        assert!(matches!(finalise(6), SigningResult::Conflict), "not what was seen");
        assert!(matches!(finalise(7), SigningResult::Done(_)));
        assert!(matches!(change("五", "张三"), EditResult::Rejected(EditError::Final)));
        assert!(matches!(step(8, Direction::Back), EditResult::Rejected(EditError::Final)));
    }

    #[test]
    fn changes_are_made_all_or_none_and_cost_what_they_change() {
        let (dir, store, id) = store_with_draft();
        let drop = Change::Drop { articles: vec![ArticleId(9)], reason: crate::issue::edit::DropReason::Other };
        let changes = [foreword("写了一半").to_vec(), vec![drop]].concat();
        assert!(matches!(store.change_edition(id, &changes, "张三", now()).unwrap(), EditResult::Rejected(EditError::NoItem)));
        for n in 0..600u32 {
            assert!(matches!(store.change_edition(id, &foreword(&format!("第{n}稿")), "张三", now()).unwrap(), EditResult::Updated(_)));
        }
        let c = Connection::open(dir.path().join("qingbao.db")).unwrap();
        let (steps, bytes): (i64, i64) =
            c.query_row("SELECT count(*), sum(length(patch)) FROM edition_step", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert!(steps <= MAX_STEPS && bytes < 40 * steps, "{steps} steps, {bytes} bytes");
    }
}
