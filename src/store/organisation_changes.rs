//! What editors change of organisations: names, merges, watching, notes.
//!
//! A merge is kept apart from other names: the main name of a merged organisation has no `head_id`, and points to the main name into
//! which it was merged. Its names keep pointing to it, so a split gives everything back as it was.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::audit::audit;
use crate::model::AuditAction;
use crate::store::organisations::{IS_REMOVABLE, head_of, id_of, main_of, name_of};
use crate::store::topics::search_again_for;
use crate::store::{Result, Store};

/// An editor's change of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganisationChange {
    /// Gives it this name; the old one stays as another name.
    Rename(String),
    /// Joins it to the organisation with this name.
    MergeInto(String),
    /// Makes another name, by its id, an organisation of its own; with the main name of a merged organisation, or a name that editors
    /// gave it, all of that organisation.
    SplitOff(i64),
    /// Removes a name, by its id, that only editors gave and no article uses.
    RemoveName(i64),
    Watch(bool),
    /// Writes the note of it, or of an organisation that was merged into it, in place of the one that the editor saw.
    Note {
        of: i64,
        text: String,
        seen: String,
    },
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganisationResult {
    /// With the id of the organisation's page.
    Done(i64),
    /// It cannot be done.
    Refused,
    /// Another editor changed the note meanwhile; with that note.
    NoteChanged(String),
}

impl From<Option<i64>> for OrganisationResult {
    fn from(page: Option<i64>) -> Self {
        page.map_or(Self::Refused, Self::Done)
    }
}

impl Store {
    /// Applies an editor's change.
    pub fn change_organisation(&self, id: i64, change: &OrganisationChange, who: &str, now: DateTime<Utc>) -> Result<OrganisationResult> {
        self.write(|t| {
            let Some(main) = main_of(t, id)? else { return Ok(OrganisationResult::Refused) };
            let name = name_of(t, main)?;
            let mut names = names_with(t, main)?;
            let (result, action, subject) = match change {
                OrganisationChange::Rename(new) => (rename(t, main, new, now)?.into(), AuditAction::RenameOrganisation, format!("{name}：{new}")),
                OrganisationChange::MergeInto(other) => (merge(t, main, other)?.into(), AuditAction::MergeOrganisations, format!("{name}：{other}")),
                OrganisationChange::SplitOff(other) => {
                    let own = name_of(t, *other)?;
                    (split(t, main, *other)?.then_some(main).into(), AuditAction::SplitOrganisation, format!("{name}：{own}"))
                }
                OrganisationChange::RemoveName(other) => {
                    let own = name_of(t, *other)?;
                    (remove(t, main, *other)?.then_some(main).into(), AuditAction::RemoveOrganisationName, format!("{name}：{own}"))
                }
                OrganisationChange::Watch(yes) => {
                    t.execute("UPDATE organisation SET watched = ?2 WHERE id = ?1", params![main, yes])?;
                    let action = if *yes { AuditAction::WatchOrganisation } else { AuditAction::UnwatchOrganisation };
                    (OrganisationResult::Done(main), action, name)
                }
                OrganisationChange::Note { of, text, seen } => {
                    let of_name = name_of(t, *of)?;
                    (note(t, main, *of, text, seen)?, AuditAction::NoteOrganisation, format!("{of_name}：{text}"))
                }
            };
            if matches!(result, OrganisationResult::Done(_)) {
                audit(t, who, action, &subject, now)?;
            }
            if let OrganisationResult::Done(page) = result
                && !matches!(change, OrganisationChange::Watch(_) | OrganisationChange::Note { .. })
            {
                names.extend(names_with(t, page)?);
                search_again_for(t, &names, now)?;
            }
            Ok(result)
        })
    }
}

/// Returns all names of an organisation.
fn names_with(t: &Connection, main: i64) -> Result<BTreeSet<String>> {
    let mut s = t.prepare_cached("SELECT name FROM organisation WHERE id = ?1 OR main_id = ?1")?;
    Ok(s.query_map([main], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Makes a name the main one: a new name, or one that the organisation has.
fn rename(t: &Connection, main: i64, name: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
    let known = id_of(t, name)?;
    if let Some(known) = known {
        // the name of another organisation: they must be merged
        if known == main || main_of(t, known)? != Some(main) {
            return Ok(None);
        }
        let head = head_of(t, known)?;
        if head != main {
            turn_round(t, main, head)?;
        }
        if head != known {
            replace_head(t, head, known)?;
        }
        return Ok(Some(known));
    }
    t.execute("INSERT INTO organisation (name, created_at) VALUES (?1, ?2)", params![name, now.timestamp()])?;
    let new = t.last_insert_rowid();
    replace_head(t, main, new)?;
    Ok(Some(new))
}

/// Gives an organisation that is not merged into another one a new main name, which has its note and is watched like it.
fn replace_head(t: &Connection, old: i64, new: i64) -> Result<()> {
    t.execute(
        "UPDATE organisation SET (watched, note, created_at) = (SELECT watched, note, created_at FROM organisation WHERE id = ?2),
         main_id = NULL, head_id = NULL, joined_by = 'editor' WHERE id = ?1",
        [new, old],
    )?;
    // what the taxonomy lists keeps its mark under its own name
    t.execute("UPDATE organisation SET main_id = ?1, head_id = ?1, joined_by = 'editor', watched = NULL, note = '' WHERE id = ?2", [new, old])?;
    t.execute("UPDATE organisation SET main_id = ?1, head_id = iif(head_id = ?2, ?1, head_id) WHERE main_id = ?2", [new, old])?;
    t.execute("UPDATE organisation SET merged_into_id = ?1 WHERE merged_into_id = ?2", [new, old])?;
    Ok(())
}

/// Makes a merged organisation the main one, and merges those into it into which it was merged.
fn turn_round(t: &Connection, main: i64, head: i64) -> Result<()> {
    t.execute("UPDATE organisation SET main_id = ?1 WHERE main_id = ?2", [head, main])?;
    t.execute("UPDATE organisation SET main_id = ?1, joined_by = 'editor' WHERE id = ?2", [head, main])?;
    let (mut at, mut into) = (head, None);
    while at != main {
        let next: Option<i64> = t.query_row("SELECT merged_into_id FROM organisation WHERE id = ?1", [at], |r| r.get(0))?;
        t.execute("UPDATE organisation SET merged_into_id = ?2 WHERE id = ?1", params![at, into])?;
        into = Some(at);
        at = next.unwrap_or(main);
    }
    t.execute("UPDATE organisation SET merged_into_id = ?2 WHERE id = ?1", params![main, into])?;
    t.execute("UPDATE organisation SET main_id = NULL WHERE id = ?1", [head])?;
    Ok(())
}

fn merge(t: &Connection, main: i64, other: &str) -> Result<Option<i64>> {
    let Some(other) = id_of(t, other)? else { return Ok(None) };
    let Some(into) = main_of(t, other)?.filter(|into| *into != main) else { return Ok(None) };
    let head = head_of(t, other)?;
    t.execute("UPDATE organisation SET main_id = ?1 WHERE main_id = ?2", [into, main])?;
    t.execute("UPDATE organisation SET main_id = ?1, merged_into_id = ?3, joined_by = 'editor' WHERE id = ?2", [into, main, head])?;
    Ok(Some(into))
}

fn split(t: &Connection, main: i64, other: i64) -> Result<bool> {
    let sql = "SELECT coalesce(head_id, id), joined_by = 'editor' FROM organisation WHERE id = ?1 AND main_id = ?2";
    let Some((head, by_editor)) = t.query_row(sql, [other, main], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, bool>(1)?))).optional()? else {
        return Ok(false);
    };
    if head == other || by_editor && head != main {
        split_merged(t, main, head)?;
    } else {
        t.execute("UPDATE organisation SET main_id = NULL, head_id = NULL, joined_by = 'editor' WHERE id = ?1", [other])?;
    }
    Ok(true)
}

/// Gives a merged organisation back its names, and the organisations that were merged into it.
fn split_merged(t: &Connection, main: i64, head: i64) -> Result<()> {
    t.execute(
        "WITH RECURSIVE part (id) AS (SELECT ?2 UNION SELECT o.id FROM part p JOIN organisation o ON o.merged_into_id = p.id)
         UPDATE organisation SET main_id = ?2 WHERE main_id = ?1 AND (id IN part OR head_id IN part)",
        [main, head],
    )?;
    t.execute("UPDATE organisation SET main_id = NULL, merged_into_id = NULL, joined_by = 'editor' WHERE id = ?1", [head])?;
    Ok(())
}

fn remove(t: &Connection, main: i64, other: i64) -> Result<bool> {
    let sql = format!("DELETE FROM organisation WHERE id IN (SELECT o.id FROM organisation o WHERE o.id = ?2 AND o.main_id = ?1 AND {IS_REMOVABLE})");
    Ok(t.execute(&sql, [main, other])? > 0)
}

fn note(t: &Connection, main: i64, of: i64, text: &str, seen: &str) -> Result<OrganisationResult> {
    let sql = "SELECT note FROM organisation WHERE id = ?1 AND head_id IS NULL AND coalesce(main_id, id) = ?2";
    let Some(stored) = t.query_row(sql, [of, main], |r| r.get::<_, String>(0)).optional()? else { return Ok(OrganisationResult::Refused) };
    // browsers send line ends as CR LF
    if stored.replace("\r\n", "\n") != seen.replace("\r\n", "\n") && stored != text {
        return Ok(OrganisationResult::NoteChanged(stored));
    }
    t.execute("UPDATE organisation SET note = ?2 WHERE id = ?1", params![of, text])?;
    Ok(OrganisationResult::Done(main))
}
