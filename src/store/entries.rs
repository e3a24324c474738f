//! Entries, the pages behind them, and the articles made of these.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Result, Store, bad};
use crate::dedup::canonical::canonicalise;
use crate::discover::Discovered;
use crate::fetch::{Page, Validators};
use crate::model::{ArticleId, Entry, EntryId, Extracted, Identity, Source, SourceId, WebUrl};
use crate::text::chars::skeleton;
use crate::text::words;

/// Compression of stored pages: fast, for they are read again once at most.
const ZSTD_LEVEL: i32 = 3;

/// An entry whose article is still to be made.
#[derive(Debug, Clone)]
pub struct OpenEntry {
    /// Row.
    pub id: EntryId,
    /// Source.
    pub source: SourceId,
    /// Entry as listed.
    pub entry: Entry,
    /// Tries so far.
    pub tries: u32,
}

/// A page as stored.
#[derive(Debug, Clone)]
pub struct StoredPage {
    /// After redirects.
    pub url: WebUrl,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Decompressed.
    pub body: Vec<u8>,
    /// When it came.
    pub fetched: DateTime<Utc>,
}

/// An article to be stored.
#[derive(Debug)]
pub struct NewArticle<'a> {
    /// Its entry.
    pub entry: &'a OpenEntry,
    /// Where it is, after redirects.
    pub url: &'a WebUrl,
    /// What the page said.
    pub extracted: &'a Extracted,
    /// When it came.
    pub fetched: DateTime<Utc>,
}

/// What makes an entry the same as one seen before.
fn identity(entry: &Entry, kind: Identity) -> String {
    let url = || canonicalise(&entry.url).to_string();
    match kind {
        Identity::Url => url(),
        Identity::Guid => entry.id.clone().unwrap_or_else(url),
        Identity::Title => {
            let title = skeleton(&entry.title);
            if title.is_empty() { url() } else { title }
        }
    }
}

impl Store {
    /// Commits what a look at a source brought: entries and the validators that vouch for them, or neither.
    /// Gives the number of new entries.
    pub fn commit_entries(&self, source: &Source, found: &Discovered, page: &Page, max: usize, now: DateTime<Utc>, next_due: i64) -> Result<usize> {
        self.write(|t| {
            let mut new = 0;
            for entry in found.entries.iter().take(max) {
                new += insert_entry(t, source, entry, now)?;
            }
            let Validators { etag, last_modified } = &page.validators;
            t.execute(
                "UPDATE source SET etag = ?2, last_modified = ?3, moved_to = ?4, kind = ?5, layout = ?6, last_ok = ?7, next_due = ?8,
                   failures = 0, failing_since = NULL, last_error = NULL, last_error_zh = NULL WHERE id = ?1",
                params![
                    source.id.as_str(),
                    etag,
                    last_modified,
                    page.moved.as_ref().map(WebUrl::as_str),
                    found.kind.map(crate::model::SourceKind::as_str),
                    found.layout,
                    now.timestamp(),
                    next_due
                ],
            )?;
            Ok(new)
        })
    }

    /// Entries whose page is still to be fetched, tried less than so often, behind a row, oldest first.
    pub fn pending(&self, limit: usize, tries: u32, after: i64) -> Result<Vec<OpenEntry>> {
        self.open_entries("pending", limit, tries, after)
    }

    /// Entries whose page is here and whose article is not.
    pub fn fetched(&self, limit: usize) -> Result<Vec<OpenEntry>> {
        self.open_entries("fetched", limit, u32::MAX, 0)
    }

    fn open_entries(&self, state: &str, limit: usize, tries: u32, after: i64) -> Result<Vec<OpenEntry>> {
        self.read(|c| {
            let mut s = c.prepare(
                "SELECT e.id, e.source_id, e.identity, e.url, e.title, e.published_at, e.summary, e.content_html, e.tries
                 FROM entry e JOIN source s ON s.id = e.source_id
                 WHERE e.state = ?1 AND e.tries < ?3 AND e.id > ?4 AND s.retired = 0 ORDER BY e.id LIMIT ?2",
            )?;
            let mut rows = s.query(params![state, i64::try_from(limit).unwrap_or(i64::MAX), tries, after])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let published: Option<String> = r.get(5)?;
                out.push(OpenEntry {
                    id: EntryId(r.get(0)?),
                    source: SourceId::parse(&r.get::<_, String>(1)?).ok_or("not an id").map_err(bad("source id"))?,
                    entry: Entry {
                        id: r.get(2)?,
                        url: WebUrl::parse(&r.get::<_, String>(3)?).map_err(bad("entry address"))?,
                        title: r.get(4)?,
                        published_at: published.and_then(|p| DateTime::parse_from_rfc3339(&p).ok()),
                        summary: r.get(6)?,
                        content_html: r.get(7)?,
                    },
                    tries: r.get(8)?,
                });
            }
            Ok(out)
        })
    }

    /// Keeps a page; its entry waits for extraction.
    pub fn commit_page(&self, entry: EntryId, page: &Page, now: DateTime<Utc>) -> Result<()> {
        let body = zstd::encode_all(page.body.as_slice(), ZSTD_LEVEL).map_err(bad("page"))?;
        self.write(|t| {
            t.execute(
                "INSERT OR REPLACE INTO page (entry_id, url, content_type, body, fetched) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![entry.0, page.url.as_str(), page.content_type, body, now.timestamp()],
            )?;
            t.execute("UPDATE entry SET state = 'fetched', error = NULL WHERE id = ?1", [entry.0])?;
            Ok(())
        })
    }

    /// The page of an entry.
    pub fn page(&self, entry: EntryId) -> Result<Option<StoredPage>> {
        self.read(|c| {
            let row: Option<(String, Option<String>, Vec<u8>, i64)> = c
                .query_row("SELECT url, content_type, body, fetched FROM page WHERE entry_id = ?1", [entry.0], |r| {
                    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))
                })
                .optional()?;
            let Some((url, content_type, body, fetched)) = row else { return Ok(None) };
            Ok(Some(StoredPage {
                url: WebUrl::parse(&url).map_err(bad("page address"))?,
                content_type,
                body: zstd::decode_all(body.as_slice()).map_err(bad("page"))?,
                fetched: DateTime::from_timestamp(fetched, 0).ok_or("out of range").map_err(bad("page time"))?,
            }))
        })
    }

    /// Notes that an entry could not be had; `last` gives it up.
    pub fn entry_failed(&self, entry: EntryId, error: &str, last: bool) -> Result<()> {
        self.write(|t| {
            t.execute(
                "UPDATE entry SET tries = tries + 1, error = ?2, state = CASE WHEN ?3 THEN 'failed' ELSE 'pending' END WHERE id = ?1",
                params![entry.0, error, last],
            )?;
            Ok(())
        })
    }

    /// Stores an article; `None` where the same address is in the archive already.
    pub fn commit_article(&self, new: &NewArticle<'_>) -> Result<Option<ArticleId>> {
        let a = new.extracted;
        let listed = &new.entry.entry;
        let title = a.title.clone().filter(|t| !t.is_empty()).unwrap_or_else(|| listed.title.clone());
        let published = a.published_at.or(listed.published_at);
        let effective = published.map_or(new.fetched.timestamp(), |p| p.timestamp().min(new.fetched.timestamp()));
        self.write(|t| {
            let inserted = t.execute(
                "INSERT OR IGNORE INTO article (entry_id, source_id, canonical, url, title, author, publisher, published_at, effective, fetched, text, html)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    new.entry.id.0,
                    new.entry.source.as_str(),
                    canonicalise(new.url).as_str(),
                    new.url.as_str(),
                    title,
                    a.author,
                    a.publisher,
                    published.map(|p| p.to_rfc3339()),
                    effective,
                    new.fetched.timestamp(),
                    a.text,
                    a.html
                ],
            )?;
            let id = t.last_insert_rowid();
            if inserted == 1 {
                t.execute(
                    "INSERT INTO article_words (rowid, title, text) VALUES (?1, ?2, ?3)",
                    params![id, words::index_form(&title), words::index_form(&a.text)],
                )?;
            }
            let state = if inserted == 1 { "done" } else { "duplicate" };
            t.execute("UPDATE entry SET state = ?2, content_html = NULL WHERE id = ?1", params![new.entry.id.0, state])?;
            Ok((inserted == 1).then_some(ArticleId(id)))
        })
    }
}

fn insert_entry(t: &Transaction<'_>, source: &Source, entry: &Entry, now: DateTime<Utc>) -> Result<usize> {
    let canonical = canonicalise(&entry.url);
    // the same address from another source is fetched once; this row only remembers that it was listed here too
    let known: bool = t
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM entry WHERE canonical = ?1 AND NOT (source_id = ?2 AND identity = ?3))")?
        .query_row(params![canonical.as_str(), source.id.as_str(), identity(entry, source.identity)], |r| r.get(0))?;
    let n = t
        .prepare_cached(
            "INSERT OR IGNORE INTO entry (source_id, identity, canonical, url, title, published_at, summary, content_html, state, first_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            source.id.as_str(),
            identity(entry, source.identity),
            canonical.as_str(),
            entry.url.as_str(),
            entry.title,
            entry.published_at.map(|p| p.to_rfc3339()),
            entry.summary,
            entry.content_html,
            if known { "duplicate" } else { "pending" },
            now.timestamp()
        ])?;
    Ok(if known { 0 } else { n })
}
