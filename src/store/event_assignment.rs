//! Finds the event of a new article.

use std::rc::Rc;

use chrono::{DateTime, NaiveDate};
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use crate::events::{Archive, Candidate, Draft, EventModel, INDEXED_TERMS, Joined, MAX_MEMBERS, Profile, join, most_alike};
use crate::model::{ArticleId, EventMember};
use crate::store::{Result, StoreError};

/// Most articles examined per term, the newest ones.
const MAX_PER_TERM: i64 = 24;
/// A report of an event comes at most this long before or after another one, in seconds.
const REACH: i64 = 10 * 86_400;
/// Articles stored more than this before the earliest one within reach are not examined, in seconds: some pages have a date ahead.
const AHEAD: i64 = 86_400;
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
    insert_terms(t, id, terms.iter().take(INDEXED_TERMS).map(|(term, _)| *term))
}

/// Gives an article an event that no other article joins.
pub(super) fn assign_own_event(t: &Connection, id: ArticleId) -> Result<()> {
    t.prepare_cached("UPDATE article SET event_id = ?2, event_confidence = NULL WHERE id = ?1")?.execute(params![id.0, new_event(t)?])?;
    Ok(())
}

/// Adds the terms of an article to the index, all in one statement: SQLite opens a savepoint for each.
fn insert_terms(t: &Connection, id: ArticleId, terms: impl Iterator<Item = u32>) -> Result<()> {
    let values: Vec<i64> = std::iter::once(id.0).chain(terms.map(i64::from)).collect();
    let rows: Vec<String> = (2..=values.len()).map(|n| format!("(?{n}, ?1)")).collect();
    if !rows.is_empty() {
        let sql = format!("INSERT OR IGNORE INTO event_term (term, article_id) VALUES {}", rows.join(", "));
        t.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    }
    Ok(())
}

fn find_event(t: &Connection, id: ArticleId, effective: i64, profile: &Profile, terms: &[(u32, f32)]) -> Result<Option<Joined<i64>>> {
    let Some(model) = EventModel::built_in() else { return Ok(None) };
    let mut load = t.prepare_cached(&format!(
        "SELECT title, substr(text, 1, {TEXT_CHARS}), effective, event_id FROM article WHERE id = ?1 AND event_id IS NOT NULL AND abs(effective - ?2) <= {REACH}"
    ))?;
    let mut candidates = Vec::new();
    for article in sharing_terms(t, id, first_within_reach(t, id, effective)?, terms)? {
        let read = |r: &rusqlite::Row<'_>| Ok((read_draft(r)?, r.get::<_, i64>(3)?));
        let found = load.query_row(params![article, effective], read).optional()?;
        // most have other news: that is seen before everything is compared
        let alike = found.filter(|(draft, _)| draft.tells_title(profile));
        candidates.extend(alike.map(|(draft, event)| Candidate { article, event, profile: Rc::new(draft.profile()) }));
    }
    join(model, profile, candidates, StoredArticles(t))
}

/// Returns the id of the first article that may be within reach of a time. Ids grow with the time of storing, and nothing is stored
/// before it is published.
fn first_within_reach(t: &Connection, before: ArticleId, effective: i64) -> Result<i64> {
    let mut stored = t.prepare_cached("SELECT id, fetched FROM article WHERE id >= ?1 ORDER BY id LIMIT 1")?;
    let (mut low, mut high) = (0, before.0);
    while low < high {
        let middle = low.midpoint(high);
        let (id, fetched): (i64, i64) = stored.query_row([middle], |r| Ok((r.get(0)?, r.get(1)?)))?;
        if fetched < effective - REACH - AHEAD {
            low = id + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The articles around a new one.
struct StoredArticles<'a>(&'a Connection);

impl Archive for StoredArticles<'_> {
    type Article = i64;
    type Event = i64;
    type Error = StoreError;

    fn members(&mut self, event: i64) -> Result<Vec<(i64, bool)>> {
        let mut newest = self.0.prepare_cached(&format!(
            "SELECT id, coalesce(event_confidence, 1.0) >= {} FROM article
             WHERE event_id = ?1 AND (story_id = id OR story_id IS NULL) ORDER BY id DESC LIMIT {MAX_MEMBERS}",
            EventMember::SURE
        ))?;
        let rows = newest.query_map([event], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn profile(&mut self, article: i64) -> Result<Option<Rc<Profile>>> {
        let sql = format!("SELECT title, substr(text, 1, {TEXT_CHARS}), effective FROM article WHERE id = ?1");
        Ok(self.0.prepare_cached(&sql)?.query_row([article], |r| Ok(Rc::new(read_draft(r)?.profile()))).optional()?)
    }
}

fn read_draft(r: &rusqlite::Row<'_>) -> rusqlite::Result<Draft> {
    let (title, text, effective): (String, String, i64) = (r.get(0)?, r.get(1)?, r.get(2)?);
    Ok(Draft::new(&title, &text, local_day(effective)))
}

/// Returns the day in China of a time.
fn local_day(seconds: i64) -> Option<NaiveDate> {
    Some(DateTime::from_timestamp(seconds, 0)?.with_timezone(&chrono_tz::Asia::Shanghai).date_naive())
}

/// Returns the articles that share the rarest terms, from a first one on, best first.
fn sharing_terms(t: &Connection, mine: ArticleId, from: i64, terms: &[(u32, f32)]) -> Result<Vec<i64>> {
    // the limit is no parameter: SQLite prepares a statement again each time its limit is bound
    let mut newest = t.prepare_cached(&format!(
        "SELECT article_id FROM event_term WHERE term = ?1 AND article_id >= ?2 AND article_id <> ?3 ORDER BY article_id DESC LIMIT {MAX_PER_TERM}"
    ))?;
    let mut found: Vec<(i64, f32)> = Vec::new();
    for (term, bits) in terms {
        let rows = newest.query_map(params![i64::from(*term), from, mine.0], |r| r.get::<_, i64>(0))?;
        for article in rows {
            found.push((article?, *bits));
        }
    }
    found.sort_by_key(|(article, _)| *article);
    let sum = |same: &[(i64, f32)]| same.first().map(|(article, _)| (*article, same.iter().map(|(_, bits)| bits).sum()));
    Ok(most_alike(found.chunk_by(|a, b| a.0 == b.0).filter_map(sum)))
}
