//! Figures over time: what each source told, with revisions, and the entries that tell them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::fetch::Validators;
use crate::model::{ArticleId, EntryId, Figures, Frequency, Period, Source, SourceId, SourceKind, WebUrl};
use crate::series::compare::ByPeriod;
use crate::series::{Figure, FigureEntry, Judged, SeriesRead, StoredFigure, Told, report};
use crate::store::fetch_log::log_fetch;
use crate::store::page_versions::insert_told_entry;
use crate::store::source_state::{moment, record_success};
use crate::store::{FetchRecord, PollPlan, Result, Store, invalid_value};

/// Revisions and entries on the page of a series.
const MAX_LISTED: i64 = 200;

/// The result of a poll of figures.
#[derive(Debug)]
pub struct SeriesPoll<'a> {
    pub read: &'a SeriesRead,
    pub judged: &'a Judged,
    pub entries: &'a [FigureEntry],
    pub validators: &'a Validators,
    pub moved: Option<&'a WebUrl>,
}

/// What an entry tells of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntry {
    pub text: String,
    pub figures: Figures,
    /// An editor must look at it first (待核).
    pub is_doubtful: bool,
}

/// A revision as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRevision {
    pub old: Figure,
    pub new: Figure,
    pub seen_at: DateTime<Utc>,
}

/// Everything stored of a series.
#[derive(Debug, Clone)]
pub struct SeriesHistory {
    pub unit: Option<String>,
    pub frequency: Frequency,
    pub is_cumulative: bool,
    pub figures: ByPeriod,
    pub first_seen: BTreeMap<Period, DateTime<Utc>>,
    /// Newest first.
    pub revisions: Vec<StoredRevision>,
    /// Articles that tell its figures, newest first: article, title, whether it is doubtful.
    pub articles: Vec<(ArticleId, String, bool)>,
}

impl Store {
    /// Returns the figures to compare with; none if they were read with other settings.
    pub fn stored_series(&self, source: &Source) -> Result<StoredFigure> {
        let basis = basis(source)?;
        self.read(|c| {
            let sql = "SELECT unit FROM series WHERE source_id = ?1 AND basis = ?2";
            let unit: Option<Option<String>> = c.prepare_cached(sql)?.query_row(params![source.id.as_str(), basis], |r| r.get(0)).optional()?;
            let Some(unit) = unit else { return Ok(StoredFigure::default()) };
            let figures = stored_figures(c, &source.id)?.into_iter().map(|(f, _)| (f.period, f)).collect();
            Ok(StoredFigure { unit, figures })
        })
    }

    /// Commits a poll: figures, revisions, entries, validators and the line in the fetch log, all or none. `plan` learns whether
    /// something is told. Returns the number of new entries.
    pub fn commit_series(
        &self,
        source: &Source,
        poll: &SeriesPoll<'_>,
        now: DateTime<Utc>,
        plan: impl FnOnce(bool) -> PollPlan,
        log: &FetchRecord,
    ) -> Result<usize> {
        let basis = basis(source)?;
        self.write(|t| {
            put_series(t, source, poll, &basis)?;
            for figure in &poll.judged.changed {
                put_figure(t, &source.id, figure, now)?;
            }
            for r in &poll.judged.revised {
                t.prepare_cached(
                    "INSERT INTO series_revision (source_id, period, old, old_decimals, value, decimals, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    source.id.as_str(),
                    r.old.period.code(),
                    r.old.value,
                    r.old.decimals,
                    r.new.value,
                    r.new.decimals,
                    now.timestamp()
                ])?;
            }
            let mut told = 0;
            for entry in poll.entries {
                told += usize::from(insert_entry(t, source, entry, now)?);
            }
            t.prepare_cached("UPDATE source SET etag = ?2, last_modified = ?3, kind = ?4 WHERE id = ?1")?.execute(params![
                source.id.as_str(),
                poll.validators.etag,
                poll.validators.last_modified,
                SourceKind::Series.as_str()
            ])?;
            record_success(t, &source.id, poll.moved, &plan(told > 0), now)?;
            log_fetch(t, log, now)?;
            Ok(told)
        })
    }

    /// Returns what an entry tells.
    pub fn series_entry(&self, entry: EntryId) -> Result<Option<StoredEntry>> {
        self.read(|c| {
            let sql = "SELECT text, figures, doubtful FROM series_entry WHERE entry_id = ?1";
            c.prepare_cached(sql)?.query_row([entry.0], |r| Ok(read_entry(r))).optional()?.transpose()
        })
    }

    /// Returns the figures that an article tells, if it is one of a series.
    pub fn figures_of(&self, article: ArticleId) -> Result<Option<Figures>> {
        self.read(|c| {
            let sql = "SELECT e.text, e.figures, e.doubtful FROM series_entry e JOIN article a ON a.entry_id = e.entry_id WHERE a.id = ?1";
            Ok(c.prepare_cached(sql)?.query_row([article.0], |r| Ok(read_entry(r))).optional()?.transpose()?.map(|e| e.figures))
        })
    }

    /// Returns everything stored of a series; `None` before its first poll.
    pub fn series_history(&self, id: &SourceId) -> Result<Option<SeriesHistory>> {
        self.read(|c| {
            let sql = "SELECT unit, frequency, cumulative FROM series WHERE source_id = ?1";
            let row = |r: &Row<'_>| Ok((r.get::<_, Option<String>>(0)?, r.get::<_, String>(1)?, r.get::<_, bool>(2)?));
            let Some((unit, frequency, is_cumulative)) = c.prepare_cached(sql)?.query_row([id.as_str()], row).optional()? else { return Ok(None) };
            let stored = stored_figures(c, id)?;
            Ok(Some(SeriesHistory {
                unit,
                frequency: frequency_of(&frequency).ok_or("no frequency").map_err(invalid_value("frequency"))?,
                is_cumulative,
                figures: stored.iter().map(|(f, _)| (f.period, *f)).collect(),
                first_seen: stored.iter().map(|(f, at)| (f.period, *at)).collect(),
                revisions: revisions(c, id)?,
                articles: articles(c, id)?,
            }))
        })
    }
}

/// A hash of the address and of all settings that decide which figure is read.
fn basis(source: &Source) -> Result<String> {
    let s = &source.series;
    let what = (source.url.as_str(), &s.rows, &s.table, &s.row, &s.sheet, &s.period, &s.value);
    let how = (&s.unit, s.frequency, s.cumulative, &s.basis);
    let text = serde_json::to_vec(&(what, how)).map_err(invalid_value("settings"))?;
    Ok(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&text)))
}

/// Writes what the series is; another basis begins anew.
fn put_series(t: &Connection, source: &Source, poll: &SeriesPoll<'_>, basis: &str) -> Result<()> {
    let id = source.id.as_str();
    t.prepare_cached("DELETE FROM series WHERE source_id = ?1 AND basis <> ?2")?.execute(params![id, basis])?;
    t.prepare_cached(
        "INSERT INTO series (source_id, basis, unit, frequency, cumulative) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (source_id) DO UPDATE SET unit = ?3, frequency = ?4, cumulative = ?5",
    )?
    .execute(params![id, basis, poll.judged.unit, code_of(poll.read.frequency), poll.read.is_cumulative])?;
    Ok(())
}

fn put_figure(t: &Connection, id: &SourceId, figure: &Figure, now: DateTime<Utc>) -> Result<()> {
    t.prepare_cached(
        "INSERT INTO series_figure (source_id, period, value, decimals, first_seen) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (source_id, period) DO UPDATE SET value = ?3, decimals = ?4",
    )?
    .execute(params![id.as_str(), figure.period.code(), figure.value, figure.decimals, now.timestamp()])?;
    Ok(())
}

/// Adds an entry. Returns false if it is there already.
fn insert_entry(t: &Connection, source: &Source, entry: &FigureEntry, now: DateTime<Utc>) -> Result<bool> {
    let identity = match entry.told {
        Told::New(period) => format!("series:{}", period.code()),
        Told::Revised(period) => format!("series:{}:{}", period.code(), now.timestamp()),
    };
    let Some(id) = insert_told_entry(t, source, &identity, &entry.title, &report::html(entry), now)? else { return Ok(false) };
    let figures = serde_json::to_string(&entry.figures).map_err(invalid_value("figures"))?;
    t.prepare_cached("INSERT INTO series_entry (entry_id, text, figures, doubtful) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        id.0,
        entry.text,
        figures,
        entry.is_doubtful
    ])?;
    Ok(true)
}

fn read_entry(r: &Row<'_>) -> Result<StoredEntry> {
    let figures: String = r.get(1)?;
    Ok(StoredEntry { text: r.get(0)?, figures: serde_json::from_str(&figures).map_err(invalid_value("figures"))?, is_doubtful: r.get(2)? })
}

fn stored_figures(c: &Connection, id: &SourceId) -> Result<Vec<(Figure, DateTime<Utc>)>> {
    let mut s = c.prepare_cached("SELECT period, value, decimals, first_seen FROM series_figure WHERE source_id = ?1 ORDER BY period")?;
    let mut rows = s.query([id.as_str()])?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        out.push((Figure { period: period_at(r, 0)?, value: r.get(1)?, decimals: r.get(2)? }, moment(r, 3)?.unwrap_or_default()));
    }
    Ok(out)
}

fn revisions(c: &Connection, id: &SourceId) -> Result<Vec<StoredRevision>> {
    let sql = "SELECT period, old, old_decimals, value, decimals, seen_at FROM series_revision WHERE source_id = ?1 ORDER BY id DESC LIMIT ?2";
    let mut s = c.prepare_cached(sql)?;
    let mut rows = s.query(params![id.as_str(), MAX_LISTED])?;
    let mut out = Vec::new();
    while let Some(r) = rows.next()? {
        let period = period_at(r, 0)?;
        let figure = |value: f64, decimals: u8| Figure { period, value, decimals };
        out.push(StoredRevision { old: figure(r.get(1)?, r.get(2)?), new: figure(r.get(3)?, r.get(4)?), seen_at: moment(r, 5)?.unwrap_or_default() });
    }
    Ok(out)
}

fn articles(c: &Connection, id: &SourceId) -> Result<Vec<(ArticleId, String, bool)>> {
    let mut s = c.prepare_cached(
        "SELECT a.id, a.title, e.doubtful FROM article a JOIN series_entry e ON e.entry_id = a.entry_id WHERE a.source_id = ?1 ORDER BY a.id DESC LIMIT ?2",
    )?;
    let rows = s.query_map(params![id.as_str(), MAX_LISTED], |r| Ok((ArticleId(r.get(0)?), r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn period_at(r: &Row<'_>, column: usize) -> Result<Period> {
    let code: String = r.get(column)?;
    Period::of_code(&code).ok_or("no period").map_err(invalid_value("period"))
}

fn code_of(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Day => "day",
        Frequency::Week => "week",
        Frequency::Month => "month",
        Frequency::Quarter => "quarter",
        Frequency::Year => "year",
    }
}

fn frequency_of(code: &str) -> Option<Frequency> {
    Frequency::ALL.into_iter().find(|f| code_of(*f) == code)
}
