//! Versions of watched pages.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fetch::{Validators, host_key};
use crate::model::canonical_url::canonicalise;
use crate::model::{ArticleId, EntryId, Source, SourceId, SourceKind, WebUrl};
use crate::page_watch::{Block, ChangeReport, Memory, Version};
use crate::store::fetch_log::log_fetch;
use crate::store::source_state::{moment, reading_settings, record_success};
use crate::store::{FetchRecord, PollPlan, Result, Store, invalid_value};

/// Versions kept of a page: the newest, and those with a change. Older ones go first.
const NEWEST: i64 = 5;
const WITH_CHANGES: i64 = 40;
/// Most bytes kept of a page.
const MAX_BYTES: i64 = 8 << 20;
const ZSTD_LEVEL: i32 = 3;

/// A version as stored.
#[derive(Debug, Clone)]
pub struct StoredPageVersion {
    pub id: i64,
    pub version: Version,
}

/// A line of the list of versions.
#[derive(Debug, Clone)]
pub struct PageVersionRow {
    pub id: i64,
    pub seen_at: DateTime<Utc>,
    pub lines: u32,
    /// Title of its entry; `None`: a base line, or a change told before.
    pub title: Option<String>,
    pub article: Option<ArticleId>,
}

/// The result of a look at a page.
#[derive(Debug)]
pub struct PageLook<'a> {
    /// `None`: the stored version stays.
    pub version: Option<&'a Version>,
    /// The change to tell.
    pub report: Option<&'a ChangeReport>,
    pub memory: &'a Memory,
    pub validators: &'a Validators,
    pub moved: Option<&'a WebUrl>,
}

impl Store {
    /// Returns the version to compare with, if it was read with the same settings, and what earlier looks taught.
    pub fn page_state(&self, source: &Source) -> Result<(Option<StoredPageVersion>, Memory)> {
        let settings = page_settings(source)?;
        self.read(|c| {
            let sql = "SELECT id, seen_at, blocks FROM page_version WHERE source_id = ?1 AND settings = ?2
                       AND id = (SELECT max(id) FROM page_version WHERE source_id = ?1)";
            let version = c.prepare_cached(sql)?.query_row(params![source.id.as_str(), settings], |r| Ok(read_version(r))).optional()?;
            let sql = "SELECT memory FROM page_memory WHERE source_id = ?1";
            let memory: Option<Vec<u8>> = c.prepare_cached(sql)?.query_row([source.id.as_str()], |r| r.get(0)).optional()?;
            // what cannot be read is learned again
            Ok((version.transpose()?, memory.and_then(|m| unpacked(&m).ok()).unwrap_or_default()))
        })
    }

    /// Whether there is a version to compare with.
    pub fn has_page_version(&self, source: &Source) -> Result<bool> {
        let settings = page_settings(source)?;
        self.read(|c| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM page_version WHERE id = (SELECT max(id) FROM page_version WHERE source_id = ?1) AND settings = ?2)";
            Ok(c.prepare_cached(sql)?.query_row(params![source.id.as_str(), settings], |r| r.get(0))?)
        })
    }

    /// Commits a look: version, entry, memory, validators and the line in the fetch log, all or none. `plan` learns whether
    /// something is told. Returns the number of new entries.
    pub fn commit_page_look(
        &self,
        source: &Source,
        look: &PageLook<'_>,
        now: DateTime<Utc>,
        plan: impl FnOnce(bool) -> PollPlan,
        log: &FetchRecord,
    ) -> Result<usize> {
        let settings = page_settings(source)?;
        let blocks = look.version.map(|v| packed(&v.blocks).map(|b| (v, b))).transpose()?;
        let memory = packed(look.memory)?;
        self.write(|t| {
            let entry = look.report.map(|report| insert_change(t, source, report, now)).transpose()?.flatten();
            if let Some((version, blocks)) = &blocks {
                t.prepare_cached(
                    "INSERT INTO page_version (source_id, seen_at, settings, lines, blocks, title, entry_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    source.id.as_str(),
                    version.seen_at.timestamp(),
                    settings,
                    i64::try_from(version.blocks.len()).unwrap_or(i64::MAX),
                    blocks,
                    look.report.map(|r| &r.title),
                    entry.map(|e| e.0)
                ])?;
                delete_old_versions(t, &source.id)?;
            }
            put_memory(t, &source.id, &memory)?;
            t.prepare_cached("UPDATE source SET etag = ?2, last_modified = ?3, kind = ?4 WHERE id = ?1")?.execute(params![
                source.id.as_str(),
                look.validators.etag,
                look.validators.last_modified,
                SourceKind::Page.as_str()
            ])?;
            record_success(t, &source.id, look.moved, &plan(entry.is_some()), now)?;
            log_fetch(t, log, now)?;
            Ok(usize::from(entry.is_some()))
        })
    }

    /// Stores what a look taught that changed nothing else.
    pub fn put_page_memory(&self, id: &SourceId, memory: &Memory) -> Result<()> {
        let memory = packed(memory)?;
        self.write(|t| put_memory(t, id, &memory))
    }

    /// Returns the versions of a page, newest first.
    pub fn page_versions(&self, id: &SourceId) -> Result<Vec<PageVersionRow>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT v.id, v.seen_at, v.lines, v.title, a.id FROM page_version v LEFT JOIN article a ON a.entry_id = v.entry_id
                 WHERE v.source_id = ?1 ORDER BY v.id DESC",
            )?;
            let read = |r: &Row<'_>| {
                Ok(PageVersionRow {
                    id: r.get(0)?,
                    seen_at: moment(r, 1)?.unwrap_or_default(),
                    lines: r.get(2)?,
                    title: r.get(3)?,
                    article: r.get::<_, Option<i64>>(4)?.map(ArticleId),
                })
            };
            let rows = s.query_map([id.as_str()], read)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns one version of a page.
    pub fn page_version(&self, source: &SourceId, id: i64) -> Result<Option<StoredPageVersion>> {
        self.read(|c| {
            let sql = "SELECT id, seen_at, blocks FROM page_version WHERE source_id = ?1 AND id = ?2";
            c.prepare_cached(sql)?.query_row(params![source.as_str(), id], |r| Ok(read_version(r))).optional()?.transpose()
        })
    }
}

/// A hash of the address and of all settings that decide what is read of the page.
fn page_settings(source: &Source) -> Result<String> {
    Ok(format!("{} {}", reading_settings(source)?, source.url))
}

/// Adds the entry that tells a change; `None` if it is there already.
fn insert_change(t: &Connection, source: &Source, report: &ChangeReport, now: DateTime<Utc>) -> Result<Option<EntryId>> {
    insert_told_entry(t, source, &format!("page-change:{}", now.timestamp()), &report.title, &report.html, now)
}

/// Adds an entry that has its whole article; `None` if it is there already.
pub(super) fn insert_told_entry(
    t: &Connection,
    source: &Source,
    identity: &str,
    title: &str,
    html: &str,
    now: DateTime<Utc>,
) -> Result<Option<EntryId>> {
    // two entries of one page are two articles, and neither is the page that others link to
    let canonical = format!("{}#{identity}", canonicalise(&source.url));
    let n = t
        .prepare_cached(
            "INSERT OR IGNORE INTO entry (source_id, identity, canonical, url, title, published_at, content_html, state, first_seen, lane, place)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', ?8, ?9, 0)",
        )?
        .execute(params![
            source.id.as_str(),
            identity,
            canonical,
            source.url.as_str(),
            title,
            now.with_timezone(&source.timezone).fixed_offset().to_rfc3339_opts(SecondsFormat::Secs, false),
            html,
            now.timestamp(),
            host_key(source, &source.url)
        ])?;
    Ok((n > 0).then(|| EntryId(t.last_insert_rowid())))
}

fn put_memory(t: &Connection, id: &SourceId, memory: &[u8]) -> Result<()> {
    t.prepare_cached("INSERT INTO page_memory (source_id, memory) VALUES (?1, ?2) ON CONFLICT (source_id) DO UPDATE SET memory = ?2")?
        .execute(params![id.as_str(), memory])?;
    Ok(())
}

/// Keeps the newest versions and those with changes, within the bytes of a page. The newest one always stays.
fn delete_old_versions(t: &Connection, id: &SourceId) -> Result<()> {
    t.prepare_cached(
        "DELETE FROM page_version WHERE source_id = ?1
           AND id NOT IN (SELECT id FROM page_version WHERE source_id = ?1 ORDER BY id DESC LIMIT ?2)
           AND id NOT IN (SELECT id FROM page_version WHERE source_id = ?1 AND title IS NOT NULL ORDER BY id DESC LIMIT ?3)",
    )?
    .execute(params![id.as_str(), NEWEST, WITH_CHANGES])?;
    t.prepare_cached(
        "DELETE FROM page_version WHERE id IN
           (SELECT id FROM (SELECT id, row_number() OVER w AS n, sum(octet_length(blocks)) OVER w AS bytes FROM page_version WHERE source_id = ?1
                            WINDOW w AS (ORDER BY id DESC)) WHERE n > 1 AND bytes > ?2)",
    )?
    .execute(params![id.as_str(), MAX_BYTES])?;
    Ok(())
}

fn read_version(r: &Row<'_>) -> Result<StoredPageVersion> {
    let blocks: Vec<Block> = unpacked(&r.get::<_, Vec<u8>>(2)?)?;
    Ok(StoredPageVersion { id: r.get(0)?, version: Version { seen_at: moment(r, 1)?.unwrap_or_default(), blocks } })
}

fn packed<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(value).map_err(invalid_value("page version"))?;
    zstd::bulk::compress(&json, ZSTD_LEVEL).map_err(invalid_value("page version"))
}

fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let json = zstd::decode_all(bytes).map_err(invalid_value("page version"))?;
    serde_json::from_slice(&json).map_err(invalid_value("page version"))
}
