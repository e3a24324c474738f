//! Grades of sources and information: computed when asked for, and what editors say instead.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::grades::{Grade, JudgedGrade, MAX_REPORTS, OverruledGrade, Record, Report, grade, names_correction};
use crate::issue::edit::DropReason;
use crate::model::{ArticleId, AuditAction, Confidence, Credibility, Edition, EventMember, GradeMark, PrintedGrades, Reliability, WebUrl};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value};

/// Articles of a source whose record counts, the latest before the report.
const RECORD: i64 = 300;
/// How long a stored grade is shown without a look at the event.
const FRESH: TimeDelta = TimeDelta::minutes(30);
/// Characters read of a text.
const TEXT_CHARS: i64 = 6_000;

const REPORT_COLUMNS: &str = "a.id, coalesce(a.story_id, a.id), s.name, a.publisher, a.author, a.url, s.weight, a.effective, a.title, \
     substr(a.text, 1, ?2), coalesce(a.event_confidence, 1.0), a.confidence, a.source_id, a.judgement ->> '$.by_hand'";

impl Store {
    /// Grades an article and the reports of its event, and stores what changed; `None` without the article.
    pub fn update_grade(&self, article: ArticleId, now: DateTime<Utc>) -> Result<Option<JudgedGrade>> {
        let reports = self.read(|c| reports(c, article))?;
        let grades: Vec<(ArticleId, Grade)> = reports.iter().map(|r| r.article).zip(grade(&reports)).collect();
        if !grades.iter().any(|(id, _)| *id == article) {
            return Ok(None);
        }
        let known = self.grades(&grades.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
        let changed: Vec<&(ArticleId, Grade)> =
            grades.iter().filter(|(id, g)| known.get(id).is_none_or(|k| k.computed != *g || !is_fresh(k, now))).collect();
        if !changed.is_empty() {
            self.write(|t| changed.iter().try_for_each(|(id, grade)| put(t, *id, grade, now)))?;
        }
        Ok(self.grades(&[article])?.remove(&article))
    }

    /// Returns the grades of articles, computed anew if they are not fresh: other reports of the event may have come since.
    pub fn current_grades(&self, articles: &[ArticleId], now: DateTime<Utc>) -> Result<HashMap<ArticleId, JudgedGrade>> {
        let mut known = HashMap::new();
        for id in articles {
            // read one by one: grading a report grades the others of its event
            let stored = self.grades(&[*id])?.remove(id).filter(|k| is_fresh(k, now));
            let current = if stored.is_some() { stored } else { self.update_grade(*id, now)? };
            known.extend(current.map(|grade| (*id, grade)));
        }
        Ok(known)
    }

    /// Returns the stored grades of articles, in one query however many they are.
    pub fn grades(&self, articles: &[ArticleId]) -> Result<HashMap<ArticleId, JudgedGrade>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT g.payload, o.reliability, o.credibility, o.reason, o.who, o.at, g.at, g.article_id
                 FROM json_each(?1) j JOIN grade g ON g.article_id = j.value LEFT JOIN grade_overruled o ON o.article_id = g.article_id",
            )?;
            let mut rows = s.query([id_list(articles)?])?;
            let mut out = HashMap::new();
            while let Some(r) = rows.next()? {
                let computed = serde_json::from_str(&r.get::<_, String>(0)?).map_err(invalid_value("payload"))?;
                let computed_at = DateTime::from_timestamp(r.get(6)?, 0).unwrap_or_default();
                out.insert(ArticleId(r.get(7)?), JudgedGrade { computed, computed_at, overruled: read_overruled(r)? });
            }
            Ok(out)
        })
    }

    /// Returns the stored marks of articles, in one query however many they are.
    pub fn marks(&self, articles: &[ArticleId]) -> Result<HashMap<ArticleId, GradeMark>> {
        self.read(|c| marks(c, articles))
    }

    /// Grades the articles that have no grade yet, at most `most` of them, and adds their marks.
    pub fn grade_missing(&self, articles: &[ArticleId], marks: &mut HashMap<ArticleId, GradeMark>, most: usize, now: DateTime<Utc>) -> Result<()> {
        for id in articles.iter().filter(|id| !marks.contains_key(id)).take(most).copied().collect::<Vec<_>>() {
            // grading a report grades the others of its event
            if !marks.contains_key(&id) {
                marks.extend(self.update_grade(id, now)?.map(|grade| (id, grade.mark())));
            }
        }
        Ok(())
    }

    /// Sets the grades that a draft prints, if its publication prints grades. A final issue keeps those with which it was made final.
    pub fn with_printed_grades(&self, mut edition: Edition, now: DateTime<Utc>) -> Result<Edition> {
        if edition.printed_grades == PrintedGrades::Marks && !edition.is_final {
            let current = self.current_grades(&graded_items(&edition), now)?;
            set_marks(&mut edition, |id| current.get(&id).map(JudgedGrade::mark));
        }
        Ok(edition)
    }

    /// Sets what an editor says instead of the computed grades; returns false without the article.
    pub fn overrule_grade(&self, article: ArticleId, said: &OverruledGrade) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, article)? else { return Ok(false) };
            // the half that is not said stays as somebody said it before, with his reason
            let sql = "INSERT INTO grade_overruled AS old (article_id, reliability, credibility, reason, who, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                       ON CONFLICT (article_id) DO UPDATE SET reliability = coalesce(excluded.reliability, old.reliability),
                         credibility = coalesce(excluded.credibility, old.credibility), who = excluded.who, at = excluded.at,
                         reason = iif(excluded.reliability IS NULL AND old.reliability IS NOT NULL OR excluded.credibility IS NULL AND old.credibility IS NOT NULL,
                           substr(old.reason || '；' || excluded.reason, 1, 2000), excluded.reason)";
            let (reliability, credibility) = (said.reliability.map(Reliability::code), said.credibility.map(Credibility::code));
            t.execute(sql, params![article.0, reliability, credibility, said.reason, said.who, said.at.timestamp()])?;
            let code = format!("{}{}", reliability.unwrap_or("-"), credibility.map_or_else(|| "-".to_owned(), |c| c.to_string()));
            audit(t, &said.who, AuditAction::OverruleGrade, &format!("{code} {title}（{}）", said.reason), said.at)?;
            Ok(true)
        })
    }

    /// Takes back what an editor said; returns false if nobody did.
    pub fn restore_grade(&self, article: ArticleId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let done = t.execute("DELETE FROM grade_overruled WHERE article_id = ?1", [article.0])? > 0;
            if let Some(title) = title(t, article)?.filter(|_| done) {
                audit(t, who, AuditAction::RestoreGrade, &title, now)?;
            }
            Ok(done)
        })
    }
}

/// Sets the grades that a final issue prints, if its publication prints grades.
pub(super) fn fix_printed_grades(t: &Connection, edition: &mut Edition) -> Result<()> {
    if edition.printed_grades == PrintedGrades::Marks {
        let stored = marks(t, &graded_items(edition))?;
        set_marks(edition, |id| stored.get(&id).copied());
    }
    Ok(())
}

/// Returns the articles of an issue's items.
fn graded_items(edition: &Edition) -> Vec<ArticleId> {
    edition.items().filter(|i| i.url.is_some()).map(|i| i.article).collect()
}

fn set_marks(edition: &mut Edition, mark_of: impl Fn(ArticleId) -> Option<GradeMark>) {
    edition.columns.iter_mut().flat_map(|c| &mut c.items).for_each(|item| item.mark = mark_of(item.article));
}

/// Returns ids as JSON, for one query however many they are.
fn id_list(articles: &[ArticleId]) -> Result<String> {
    serde_json::to_string(&articles.iter().map(|id| id.0).collect::<Vec<_>>()).map_err(invalid_value("article ids"))
}

fn marks(c: &Connection, articles: &[ArticleId]) -> Result<HashMap<ArticleId, GradeMark>> {
    let mut s = c.prepare_cached(
        "SELECT g.article_id, coalesce(o.reliability, g.reliability), coalesce(o.credibility, g.credibility)
         FROM json_each(?1) j JOIN grade g ON g.article_id = j.value LEFT JOIN grade_overruled o ON o.article_id = g.article_id",
    )?;
    let mut rows = s.query([id_list(articles)?])?;
    let mut out = HashMap::new();
    while let Some(r) = rows.next()? {
        let reliability = Reliability::parse(&r.get::<_, String>(1)?);
        let mark = reliability.zip(Credibility::parse(r.get(2)?)).map(|(reliability, credibility)| GradeMark { reliability, credibility });
        let id = ArticleId(r.get(0)?);
        out.extend(mark.map(|mark| (id, mark)));
    }
    Ok(out)
}

fn is_fresh(grade: &JudgedGrade, now: DateTime<Utc>) -> bool {
    (now - grade.computed_at).abs() < FRESH
}

fn title(t: &Connection, article: ArticleId) -> Result<Option<String>> {
    Ok(t.prepare_cached("SELECT title FROM article WHERE id = ?1")?.query_row([article.0], |r| r.get(0)).optional()?)
}

fn put(t: &Connection, id: ArticleId, grade: &Grade, now: DateTime<Utc>) -> Result<()> {
    let payload = serde_json::to_string(grade).map_err(invalid_value("payload"))?;
    // the article may be gone since it was read
    let sql = "INSERT OR REPLACE INTO grade (article_id, reliability, credibility, payload, at)
               SELECT id, ?2, ?3, ?4, ?5 FROM article WHERE id = ?1";
    t.prepare_cached(sql)?.execute(params![id.0, grade.reliability.code(), grade.credibility.code(), payload, now.timestamp()])?;
    Ok(())
}

fn read_overruled(r: &Row<'_>) -> rusqlite::Result<Option<OverruledGrade>> {
    let Some(reason) = r.get::<_, Option<String>>(3)? else { return Ok(None) };
    Ok(Some(OverruledGrade {
        reliability: r.get::<_, Option<String>>(1)?.as_deref().and_then(Reliability::parse),
        credibility: r.get::<_, Option<i64>>(2)?.and_then(Credibility::parse),
        reason,
        who: r.get(4)?,
        at: DateTime::from_timestamp(r.get(5)?, 0).unwrap_or_default(),
    }))
}

/// Returns the first reports of an article's event, with the article.
fn reports(c: &Connection, article: ArticleId) -> Result<Vec<Report>> {
    let of = |rest: &str| format!("SELECT {REPORT_COLUMNS} FROM article a JOIN source s ON s.id = a.source_id WHERE {rest}");
    let read = |(mut report, source): (Report, String)| {
        report.record = record(c, &source, report.published_at)?;
        Ok(report)
    };
    let event: Option<i64> =
        c.prepare_cached("SELECT event_id FROM article WHERE id = ?1")?.query_row([article.0], |r| r.get(0)).optional()?.flatten();
    let most = i64::try_from(MAX_REPORTS).unwrap_or(i64::MAX);
    let mut first = c.prepare_cached(&of("a.event_id = ?1 AND ?1 IS NOT NULL ORDER BY a.effective, a.id LIMIT ?3"))?;
    let rows = first.query_map(params![event, TEXT_CHARS, most], read_report)?;
    let mut found: Vec<(Report, String)> = rows.collect::<rusqlite::Result<_>>()?;
    if !found.iter().any(|(r, _)| r.article == article) {
        found.truncate(MAX_REPORTS - 1);
        found.extend(c.prepare_cached(&of("a.id = ?1"))?.query_row(params![article.0, TEXT_CHARS], read_report).optional()?);
    }
    found.into_iter().map(read).collect()
}

fn read_report(r: &Row<'_>) -> rusqlite::Result<(Report, String)> {
    let url: String = r.get(5)?;
    let host = WebUrl::parse(&url).ok().and_then(|u| u.as_url().host_str().map(str::to_owned));
    let confidence: Option<Confidence> = r.get::<_, Option<String>>(11)?.and_then(|json| serde_json::from_str(&json).ok());
    let was_checked = r.get::<_, Option<bool>>(13)?.unwrap_or(false);
    let report = Report {
        article: ArticleId(r.get(0)?),
        story: r.get(1)?,
        source_name: r.get(2)?,
        publisher: r.get(3)?,
        author: r.get(4)?,
        host: host.unwrap_or_default(),
        weight: r.get(6)?,
        published_at: DateTime::from_timestamp(r.get(7)?, 0).unwrap_or_default(),
        title: r.get(8)?,
        text: r.get(9)?,
        is_sure: r.get::<_, f64>(10)? >= EventMember::SURE,
        is_doubtful: confidence.is_some_and(|c| c.is_doubtful()) && !was_checked,
        record: Record::default(),
    };
    Ok((report, r.get(12)?))
}

/// Returns the record of a source up to a time. What tells that an article was withdrawn belongs into this query, as a column that
/// fills `Record::withdrawn`.
fn record(c: &Connection, source: &str, until: DateTime<Utc>) -> Result<Record> {
    let mut s = c.prepare_cached(
        "SELECT title, EXISTS (SELECT 1 FROM decision d WHERE d.article_id = a.id AND d.action = 'dropped' AND d.detail = ?3),
                EXISTS (SELECT 1 FROM notice n WHERE n.article_id = a.id AND n.kind = 'correction'),
                coalesce((SELECT v.text = '' FROM article_version v WHERE v.article_id = a.id ORDER BY v.id DESC LIMIT 1), 0)
         FROM article a WHERE source_id = ?1 AND effective < ?2 ORDER BY effective DESC LIMIT ?4",
    )?;
    let mut rows = s.query(params![source, until.timestamp(), DropReason::Unreliable.as_str(), RECORD])?;
    let mut out = Record::default();
    while let Some(r) = rows.next()? {
        out.corrections += u32::from(names_correction(&r.get::<_, String>(0)?));
        out.dropped_as_unreliable += u32::from(r.get::<_, bool>(1)?);
        out.corrected_by_editors += u32::from(r.get::<_, bool>(2)?);
        // a version without text is a withdrawn article
        out.withdrawn += u32::from(r.get::<_, bool>(3)?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
