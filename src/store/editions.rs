//! Editions. The number is assigned in the transaction that stores the edition, so there are neither gaps nor duplicates.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::config::settings::Publication;
use crate::issue::{Draft, PreviousItem};
use crate::model::{
    ArticleId, AuditAction, Edition, EditionId, EditionState, EventId, EventMember, PublicationScope, Series, Signing, StoryId, Trend, WEEKS,
    issue_label,
};
use crate::store::audit::audit;
use crate::store::decisions;
use crate::store::notification_queue::{WAITS, raise_draft};
use crate::store::publication_scopes::json_list;
use crate::store::{CandidateRange, Result, Store, invalid_value};

/// An edition in a list.
#[derive(Debug, Clone)]
pub struct EditionRow {
    pub id: EditionId,
    pub date: String,
    pub number_in_year: u32,
    /// Since the first issue.
    pub cumulative_number: u32,
    pub year: i32,
    pub publication: String,
    /// The series that its number counts in.
    pub series: Series,
    /// Whether the calendar made it; else somebody started it.
    pub scheduled: bool,
    /// Where it stands.
    pub state: EditionState,
    /// Whether it was made before this program.
    pub is_imported: bool,
    pub items: usize,
    /// Sent, and all.
    pub letters: (usize, usize),
}

/// Which issues a list has.
#[derive(Debug, Clone, Default)]
pub struct EditionFilter {
    pub scope: PublicationScope,
    /// Publications whose issues are left out, by name.
    pub except: BTreeSet<String>,
}

impl From<&PublicationScope> for EditionFilter {
    fn from(scope: &PublicationScope) -> Self {
        Self { scope: scope.clone(), except: BTreeSet::new() }
    }
}

/// Whether people are told of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    Yes,
    No,
}

impl EditionRow {
    /// 2026年第3期(总第3期), or 2026年增刊第1期.
    pub fn label(&self) -> String {
        issue_label(self.year, self.number_in_year, self.cumulative_number, self.series)
    }
}

impl Store {
    /// Stores a scheduled edition and assigns its number. It replaces an edition of the same day and keeps its number, unless
    /// messages of it exist or editors changed it: then the stored one is returned.
    pub fn commit_edition(&self, draft: Draft, publication: &Publication, candidates: CandidateRange) -> Result<Edition> {
        self.commit(draft, publication, candidates, None)
    }

    /// Like [`commit_edition`](Self::commit_edition), and raises the notification of the draft in the same transaction.
    pub fn announce_edition(&self, draft: Draft, publication: &Publication, candidates: CandidateRange, now: DateTime<Utc>) -> Result<Edition> {
        self.commit(draft, publication, candidates, Some(now))
    }

    fn commit(&self, draft: Draft, publication: &Publication, candidates: CandidateRange, announce: Option<DateTime<Utc>>) -> Result<Edition> {
        let Draft { mut edition, stories, candidates: ranked } = draft;
        self.write(|t| {
            let known: Option<(i64, u32, u32, String, u32)> = t
                .query_row(
                    "SELECT id, number, total, payload, version FROM edition WHERE publication = ?1 AND date = ?2 AND scheduled",
                    params![edition.publication, edition.date.to_string()],
                    |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)),
                )
                .optional()?;
            edition.year = edition.date.year();
            if let Some((id, number, total, payload, version)) = known {
                let letters: i64 = t.query_row("SELECT count(*) FROM outbox WHERE edition_id = ?1", [id], |r| r.get(0))?;
                if letters > 0 || version > 1 {
                    return serde_json::from_str(&payload).map_err(invalid_value("edition"));
                }
                (edition.id, edition.number_in_year, edition.cumulative_number) = (EditionId(id), number, total);
            } else {
                insert(t, &mut edition, publication, true)?;
            }
            let payload = serde_json::to_string(&edition).map_err(invalid_value("edition"))?;
            t.execute(
                "UPDATE edition SET payload = ?2, built = ?3, candidates_after = ?4, candidates_until = ?5 WHERE id = ?1",
                params![edition.id.0, payload, Utc::now().timestamp(), candidates.after.0, candidates.until.0],
            )?;
            t.execute("DELETE FROM item WHERE edition_id = ?1", [edition.id.0])?;
            let mut insert = t.prepare("INSERT OR IGNORE INTO item (edition_id, story_id, article_id) VALUES (?1, ?2, ?3)")?;
            for (story, article) in &stories {
                insert.execute(params![edition.id.0, story.0, article.0])?;
            }
            decisions::replace_candidates(t, edition.id, &ranked)?;
            if let Some(now) = announce {
                raise_draft(t, edition.id, now)?;
            }
            Ok(edition)
        })
    }

    /// Stores an edition that somebody started outside the schedule, and assigns its number.
    pub fn start_edition(&self, mut edition: Edition, publication: &Publication, who: &str, now: DateTime<Utc>) -> Result<Edition> {
        self.write(|t| {
            edition.year = edition.date.year();
            insert(t, &mut edition, publication, false)?;
            let payload = serde_json::to_string(&edition).map_err(invalid_value("edition"))?;
            t.execute("UPDATE edition SET payload = ?2 WHERE id = ?1", params![edition.id.0, payload])?;
            audit(t, who, AuditAction::StartIssue, &edition.label_in_log(), now)?;
            Ok(edition)
        })
    }

    pub fn edition(&self, id: EditionId) -> Result<Option<Edition>> {
        self.read(|c| {
            let payload: Option<String> = c.query_row("SELECT payload FROM edition WHERE id = ?1", [id.0], |r| r.get(0)).optional()?;
            payload.map(|p| serde_json::from_str(&p).map_err(invalid_value("edition"))).transpose()
        })
    }

    /// Returns a final edition whose time for withdrawal is over.
    pub fn published_edition(&self, id: EditionId) -> Result<Option<Edition>> {
        let waits = self
            .read(|c| Ok(c.query_row(&format!("SELECT {WAITS} FROM edition e WHERE id = ?1"), [id.0], |r| r.get(0)).optional()?.unwrap_or(false)))?;
        Ok(self.edition(id)?.filter(|e| e.is_final && !waits))
    }

    /// Returns the scheduled edition of a day.
    pub fn edition_of(&self, publication: &str, date: NaiveDate) -> Result<Option<EditionId>> {
        self.read(|c| {
            let id = c
                .query_row("SELECT id FROM edition WHERE publication = ?1 AND date = ?2 AND scheduled", params![publication, date.to_string()], |r| {
                    r.get(0)
                })
                .optional()?;
            Ok(id.map(EditionId))
        })
    }

    /// Returns editions, newest first.
    pub fn editions(&self, limit: usize) -> Result<Vec<EditionRow>> {
        self.edition_rows("true", &EditionFilter::default(), limit)
    }

    /// Returns the editions of a list, newest first.
    pub fn editions_of(&self, filter: &EditionFilter, limit: usize) -> Result<Vec<EditionRow>> {
        self.edition_rows("true", filter, limit)
    }

    /// Returns the publication of an issue.
    pub fn publication_of(&self, id: EditionId) -> Result<Option<String>> {
        self.read(|c| Ok(c.prepare_cached("SELECT publication FROM edition WHERE id = ?1")?.query_row([id.0], |r| r.get(0)).optional()?))
    }

    /// Returns final editions whose time for withdrawal is over, newest first.
    pub fn published_editions(&self, scope: &PublicationScope, limit: usize) -> Result<Vec<EditionRow>> {
        self.edition_rows(&format!("json_extract(payload, '$.finalised') AND NOT {WAITS}"), &scope.into(), limit)
    }

    pub(super) fn edition_rows(&self, which: &str, filter: &EditionFilter, limit: usize) -> Result<Vec<EditionRow>> {
        let only = filter.scope.is_limited().then(|| json_list(filter.scope.names()));
        let except = json_list(filter.except.iter().map(String::as_str));
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT id, date, number, total, year, (SELECT count(*) FROM item WHERE edition_id = e.id),
                   (SELECT count(*) FROM outbox WHERE edition_id = e.id AND state = 'sent'), (SELECT count(*) FROM outbox WHERE edition_id = e.id),
                   publication, extra, json_extract(payload, '$.finalised'), json_extract(payload, '$.signing'), scheduled,
                   coalesce(json_extract(payload, '$.made_by') = 'import', 0)
                 FROM edition e WHERE {which} AND (?2 IS NULL OR publication IN (SELECT value FROM json_each(?2)))
                   AND publication NOT IN (SELECT value FROM json_each(?3)) ORDER BY date DESC, id DESC LIMIT ?1"
            ))?;
            let rows = s.query_map(params![i64::try_from(limit).unwrap_or(i64::MAX), only, except], |r| {
                let n = |i| r.get::<_, i64>(i).map(|n| usize::try_from(n).unwrap_or(0));
                Ok(EditionRow {
                    id: EditionId(r.get(0)?),
                    date: r.get(1)?,
                    number_in_year: r.get(2)?,
                    cumulative_number: r.get(3)?,
                    year: r.get(4)?,
                    items: n(5)?,
                    publication: r.get(8)?,
                    series: if r.get(9)? { Series::Extra } else { Series::Regular },
                    scheduled: r.get(12)?,
                    state: state(r.get(10)?, r.get(11)?),
                    is_imported: r.get(13)?,
                    letters: (n(6)?, n(7)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns stories shown in editions of other days.
    pub fn published_stories(&self, publication: &str, except: NaiveDate) -> Result<HashSet<StoryId>> {
        self.read(|c| {
            let mut s =
                c.prepare("SELECT DISTINCT i.story_id FROM item i JOIN edition e ON e.id = i.edition_id WHERE e.publication = ?1 AND NOT (e.date = ?2 AND e.scheduled)")?;
            let rows = s.query_map(params![publication, except.to_string()], |r| r.get(0).map(StoryId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

impl Store {
    /// Counts items by industry and week in the issues before a day.
    pub fn weekly_counts(&self, publication: &str, date: NaiveDate) -> Result<Vec<Trend>> {
        self.read(|c| {
            let mut s = c.prepare(
                "SELECT json_extract(a.judgement, '$.industries[0].name') AS industry, CAST(julianday(?2) - julianday(e.date) AS INTEGER) / 7, count(*)
                 FROM edition e JOIN item i ON i.edition_id = e.id JOIN article a ON a.id = i.article_id
                 WHERE e.publication = ?1 AND e.date < ?2 AND e.date > date(?2, ?3) AND industry IS NOT NULL GROUP BY 1, 2 ORDER BY 1",
            )?;
            let mut rows = s.query(params![publication, date.to_string(), format!("-{} days", 7 * WEEKS)])?;
            let mut out: Vec<Trend> = Vec::new();
            while let Some(r) = rows.next()? {
                let (industry, back, n): (String, usize, u32) = (r.get(0)?, usize::try_from(r.get::<_, i64>(1)?).unwrap_or(WEEKS), r.get(2)?);
                if out.last().is_none_or(|t| t.industry != industry) {
                    out.push(Trend { industry, weeks: [0; WEEKS] });
                }
                let week = out.last_mut().and_then(|t| t.weeks.get_mut((WEEKS - 1).checked_sub(back)?));
                if let Some(week) = week {
                    *week += n;
                }
            }
            Ok(out)
        })
    }

    /// Returns items of the last issues before a day, newest first.
    pub fn recent_items(&self, publication: &str, date: NaiveDate, issues: usize) -> Result<Vec<PreviousItem>> {
        self.read(|c| {
            let last = "SELECT id, number, date FROM edition WHERE publication = ?1 AND date < ?2 ORDER BY date DESC LIMIT ?3";
            let mut s = c.prepare(&format!(
                "SELECT e.number, a.title, a.id, iif(coalesce(a.event_confidence, 1.0) >= {}, a.event_id, NULL) FROM ({last}) e JOIN item i ON i.edition_id = e.id JOIN article a ON a.id = i.article_id
                 ORDER BY e.date DESC, i.article_id",
                EventMember::SURE
            ))?;
            let rows = s.query_map(params![publication, date.to_string(), i64::try_from(issues).unwrap_or(i64::MAX)], |r| {
                Ok(PreviousItem { number: r.get(0)?, title: r.get(1)?, article: ArticleId(r.get(2)?), event: r.get::<_, Option<i64>>(3)?.map(EventId) })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Returns the state of an edition from two parts of its payload.
fn state(is_final: bool, signing: Option<String>) -> EditionState {
    signing.and_then(|s| serde_json::from_str::<Signing>(&s).ok()).unwrap_or_default().state(is_final)
}

/// Inserts the row of an edition; its payload follows. If issues are signed, a draft's number is provisional.
fn insert(t: &Connection, edition: &mut Edition, publication: &Publication, scheduled: bool) -> Result<()> {
    (edition.number_in_year, edition.cumulative_number) = next_number(t, edition, publication)?;
    t.execute(
        "INSERT INTO edition (publication, date, year, number, total, built, payload, scheduled, extra, numbered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, '{}', ?7, ?8, ?9)",
        params![
            edition.publication,
            edition.date.to_string(),
            edition.year,
            edition.number_in_year,
            edition.cumulative_number,
            Utc::now().timestamp(),
            scheduled,
            edition.series == Series::Extra,
            publication.signing.is_empty()
        ],
    )?;
    edition.id = EditionId(t.last_insert_rowid());
    Ok(())
}

/// SQL: whether an edition was imported.
const IS_IMPORTED: &str = "(id IN (SELECT edition_id FROM imported_issue))";

/// Returns the number of an edition in its series, within the year and in total: one more than the last final number.
pub(super) fn next_number(t: &Connection, edition: &Edition, publication: &Publication) -> Result<(u32, u32)> {
    let is_extra = edition.series == Series::Extra;
    let max = |what: &str, year: i32| -> Result<Option<u32>> {
        let sql = format!(
            "SELECT max({what}) FROM edition WHERE publication = ?1 AND extra = ?2 AND (numbered OR {IS_IMPORTED}) AND (?3 = 0 OR year = ?3)"
        );
        Ok(t.query_row(&sql, params![edition.publication, is_extra, year], |r| r.get(0))?)
    };
    let (total, number) = (max("total", 0)?, max("number", edition.year)?);
    // issues made before this program count only in its first year, and were not extra ones
    let made_here = format!("SELECT 1 FROM edition WHERE publication = ?1 AND extra = ?2 AND numbered AND NOT {IS_IMPORTED}");
    let counts = !is_extra && !t.prepare(&made_here)?.exists(params![edition.publication, is_extra])?;
    let before = if counts { (publication.issues_this_year, publication.initial_cumulative_number) } else { (0, 0) };
    Ok((number.unwrap_or(0).max(before.0) + 1, total.unwrap_or(0).max(before.1) + 1))
}
