//! Finds the event of a new article.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::events::{EventModel, INDEXED_TERMS, Joined, MAX_MEMBERS, Member, Profile, join, most_alike};
use crate::model::{ArticleId, EventMember};
use crate::store::Result;

/// Most articles examined per term, the newest ones.
const MAX_PER_TERM: i64 = 24;
/// A report of an event comes at most this long before or after another one, in seconds.
const REACH: i64 = 10 * 86_400;
/// Characters read of a text: more than are compared.
const TEXT_CHARS: i64 = 900;

/// Makes an event without articles; returns its id.
pub(super) fn new_event(t: &Connection) -> Result<i64> {
    t.prepare_cached("INSERT INTO event (merged_into) VALUES (NULL)")?.execute([])?;
    Ok(t.last_insert_rowid())
}

/// Joins an event to another one, whose articles are then as sure as before, but at most so sure.
pub(super) fn merge(t: &Connection, event: i64, into: i64, at_most: Option<f64>) -> Result<()> {
    let sql = "UPDATE article SET event_id = ?1, event_confidence = iif(?3 IS NULL, event_confidence, min(coalesce(event_confidence, 1.0), ?3)) WHERE event_id = ?2";
    t.prepare_cached(sql)?.execute(params![into, event, at_most])?;
    t.prepare_cached("UPDATE event SET merged_into = ?1 WHERE id = ?2")?.execute([into, event])?;
    Ok(())
}

/// Whether an editor told stories of two events apart.
fn are_parted(t: &Connection, event: i64, other: i64) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM event_parted p WHERE
                (p.story_id IN (SELECT story_id FROM article WHERE event_id = ?1) AND p.other_id IN (SELECT story_id FROM article WHERE event_id = ?2))
             OR (p.other_id IN (SELECT story_id FROM article WHERE event_id = ?1) AND p.story_id IN (SELECT story_id FROM article WHERE event_id = ?2)))";
    Ok(t.prepare_cached(sql)?.query_row([event, other], |r| r.get(0))?)
}

/// Gives a newly classified article its event: that of its story, else that of the articles most like it, else one of its own.
pub(super) fn assign_event(t: &Connection, id: ArticleId, story: i64, title: &str, text: &str) -> Result<()> {
    let mut place = t.prepare_cached("UPDATE article SET event_id = ?2, event_confidence = ?3 WHERE id = ?1")?;
    let of_story = "SELECT event_id, event_confidence FROM article WHERE story_id = ?1 AND id <> ?2 AND event_id IS NOT NULL ORDER BY id LIMIT 1";
    let known: Option<(i64, Option<f64>)> = t.prepare_cached(of_story)?.query_row(params![story, id.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    if let Some((event, confidence)) = known {
        place.execute(params![id.0, event, confidence])?;
        return Ok(());
    }
    let effective: i64 = t.prepare_cached("SELECT effective FROM article WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?;
    let profile = Profile::new(title, text, local_day(effective));
    let terms = profile.terms();
    let joined = find_event(t, id, effective, &profile, &terms)?;
    match &joined {
        None => place.execute(params![id.0, new_event(t)?, None::<f64>])?,
        Some(j) => place.execute(params![id.0, j.event, f64::from(j.confidence)])?,
    };
    for (event, other) in joined.iter().flat_map(|j| j.merged.iter().map(|other| (j.event, *other))) {
        if !are_parted(t, event, other)? {
            merge(t, other, event, Some(EventMember::SURE - 0.001))?;
        }
    }
    let mut insert = t.prepare_cached("INSERT OR IGNORE INTO event_term (term, article_id) VALUES (?1, ?2)")?;
    for (term, _) in terms.into_iter().take(INDEXED_TERMS) {
        insert.execute(params![i64::from(term), id.0])?;
    }
    Ok(())
}

fn find_event(t: &Connection, id: ArticleId, effective: i64, profile: &Profile, terms: &[(u32, f32)]) -> Result<Option<Joined<i64>>> {
    let Some(model) = EventModel::built_in() else { return Ok(None) };
    let mut load = t.prepare_cached(&format!(
        "SELECT event_id, title, substr(text, 1, {TEXT_CHARS}), effective FROM article WHERE id = ?1 AND event_id IS NOT NULL AND abs(effective - ?2) <= {REACH}"
    ))?;
    let mut candidates = Vec::new();
    for other in sharing_terms(t, id, terms)? {
        let read = |r: &rusqlite::Row<'_>| Ok((r.get::<_, i64>(0)?, read_profile(r, 1)?));
        candidates.extend(load.query_row(params![other, effective], read).optional()?);
    }
    let mut newest = t.prepare_cached(&format!(
        "SELECT title, substr(text, 1, {TEXT_CHARS}), effective, coalesce(event_confidence, 1.0) >= {} FROM article
         WHERE event_id = ?1 AND (story_id = id OR story_id IS NULL) ORDER BY id DESC LIMIT {MAX_MEMBERS}",
        EventMember::SURE
    ))?;
    let members = |event: i64| -> Result<Vec<Member>> {
        let rows = newest.query_map([event], |r| Ok(Member { profile: read_profile(r, 0)?, is_sure: r.get(3)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    join(model, profile, candidates, members)
}

fn read_profile(r: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Profile> {
    let (title, text, effective): (String, String, i64) = (r.get(from)?, r.get(from + 1)?, r.get(from + 2)?);
    Ok(Profile::new(&title, &text, local_day(effective)))
}

/// Returns the day in China of a time.
fn local_day(seconds: i64) -> Option<NaiveDate> {
    Some(DateTime::from_timestamp(seconds, 0)?.with_timezone(&chrono_tz::Asia::Shanghai).date_naive())
}

/// Returns the articles that share the rarest terms, best first.
fn sharing_terms(t: &Connection, mine: ArticleId, terms: &[(u32, f32)]) -> Result<Vec<i64>> {
    let mut newest = t.prepare_cached("SELECT article_id FROM event_term WHERE term = ?1 AND article_id <> ?2 ORDER BY article_id DESC LIMIT ?3")?;
    let mut shared: BTreeMap<i64, f32> = BTreeMap::new();
    for (term, bits) in terms {
        let rows = newest.query_map(params![i64::from(*term), mine.0, MAX_PER_TERM], |r| r.get::<_, i64>(0))?;
        for article in rows {
            *shared.entry(article?).or_default() += bits;
        }
    }
    Ok(most_alike(shared))
}
