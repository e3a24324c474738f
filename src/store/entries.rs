//! Entries, their pages, and the articles made from them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::dedup::fingerprint::MinHashSignature;
use crate::discover::{KnownEntries, identity};
use crate::fetch::host_key;
use crate::model::canonical_url::canonicalise;
use crate::model::{ArticleId, Classification, Entry, EntryId, Extracted, Identity, Source, SourceId, StoredPage, WebUrl};
use crate::store::alert_hits::NewsArticle;
use crate::store::fetch_log::log_fetch;
use crate::store::sightings::{record_known, record_sightings};
use crate::store::url_parameters::NewCopy;
use crate::store::writer::BeforeCommit;
use crate::store::{FetchRecord, Result, Store, invalid_value, url_parameters};

/// For stored pages: the fastest, because they are read at most once.
const ZSTD_LEVEL: i32 = 1;
/// Known entries of a source that a poll gets, newest first: more than most list pages show.
const KNOWN_ENTRIES: u32 = 200;

/// The columns of a [`PendingEntry`].
pub(super) const PENDING_ENTRY_COLUMNS: &str = "e.id, e.source_id, e.identity, e.url, e.title, e.published_at, e.summary, e.content_html, e.tries, \
     (e.identity LIKE 'page-change:%' OR e.identity LIKE 'inbox-mail:%' OR e.identity LIKE 'series:%' OR e.identity <> e.canonical AND EXISTS (SELECT 1 FROM entry o WHERE o.canonical = e.canonical AND o.source_id = e.source_id AND o.id <> e.id))";

/// An entry without an article yet.
#[derive(Debug, Clone)]
pub struct PendingEntry {
    pub id: EntryId,
    pub source: SourceId,
    /// As listed.
    pub entry: Entry,
    /// Attempts so far.
    pub attempts: u32,
    /// Other entries of its source have the same address; the source tells them apart by id or title.
    pub shares_address: bool,
}

impl PendingEntry {
    /// Whether its page covers other entries too, so that the feed's text is its article.
    pub fn is_part_of_page(&self) -> bool {
        self.shares_address && self.entry.content_html.is_some()
    }
}

/// A compressed page.
#[derive(Debug)]
pub struct RawPage {
    url: WebUrl,
    content_type: Option<String>,
    /// zstd.
    body: Vec<u8>,
}

impl RawPage {
    /// Compresses a page: CPU work.
    pub fn compress(url: &WebUrl, content_type: Option<&str>, body: &[u8]) -> Result<Self> {
        let body = zstd::bulk::compress(body, ZSTD_LEVEL).map_err(invalid_value("page"))?;
        Ok(Self { url: url.clone(), content_type: content_type.map(str::to_owned), body })
    }
}

/// A classified article to store.
#[derive(Debug)]
pub struct NewArticle {
    pub entry: EntryId,
    pub source: SourceId,
    /// After redirects.
    pub url: WebUrl,
    /// Tells it from other articles at the same address, if they come from the feed's text.
    pub part: Option<String>,
    /// From the page, else the list.
    pub title: String,
    /// From the page, else the list.
    pub published_at: Option<DateTime<chrono::FixedOffset>>,
    pub extracted: Extracted,
    /// Time of the fetch.
    pub fetched: DateTime<Utc>,
    /// Title and text as words of the full-text index.
    pub words: (String, String),
    pub classification: Classification,
    /// MinHash signature.
    pub signature: MinHashSignature,
}

impl Store {
    /// Returns entries after this one that have a page and no article.
    pub fn fetched(&self, behind: EntryId, limit: usize) -> Result<Vec<PendingEntry>> {
        self.read(|c| {
            let mut s = c.prepare(&format!(
                "SELECT {PENDING_ENTRY_COLUMNS} FROM entry e JOIN source s ON s.id = e.source_id WHERE e.state = 'fetched' AND s.retired = 0 AND e.id > ?1
                 ORDER BY e.id LIMIT ?2"
            ))?;
            let mut rows = s.query(params![behind.0, i64::try_from(limit).unwrap_or(i64::MAX)])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                out.push(read_open(r)?);
            }
            Ok(out)
        })
    }

    /// Stores a page with its line in the fetch log; its entry then waits for extraction. A page that comes twice, from a worker whose
    /// first result seemed lost, leaves an entry that is done as it is.
    pub fn commit_page(&self, entry: EntryId, page: &RawPage, log: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            let waits = t.prepare_cached("UPDATE entry SET state = 'fetched', error = NULL WHERE id = ?1 AND state <> 'done'")?.execute([entry.0])?;
            if waits > 0 {
                t.prepare_cached("INSERT OR REPLACE INTO page (entry_id, url, content_type, body, fetched) VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![entry.0, page.url.as_str(), page.content_type, page.body, now.timestamp()])?;
            }
            log_fetch(t, log, now)
        })
    }

    pub fn page(&self, entry: EntryId) -> Result<Option<StoredPage>> {
        self.read(|c| {
            let row: Option<(String, Option<String>, Vec<u8>, i64)> = c
                .query_row("SELECT url, content_type, body, fetched FROM page WHERE entry_id = ?1", [entry.0], |r| {
                    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))
                })
                .optional()?;
            let Some((url, content_type, body, fetched)) = row else { return Ok(None) };
            Ok(Some(StoredPage {
                url: WebUrl::parse(&url).map_err(invalid_value("page address"))?,
                content_type,
                body: zstd::decode_all(body.as_slice()).map_err(invalid_value("page"))?,
                fetched: DateTime::from_timestamp(fetched, 0).ok_or("out of range").map_err(invalid_value("page time"))?,
            }))
        })
    }

    /// Records a failure; `due` is the time of the next attempt, `None` gives the entry up.
    pub fn entry_failed(&self, entry: EntryId, error: &str, due: Option<DateTime<Utc>>, log: Option<&FetchRecord>, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            let state = if due.is_none() { "failed" } else { "pending" };
            t.prepare_cached(
                "UPDATE entry SET tries = tries + 1, error = ?2, state = ?3, due = coalesce(?4, due) WHERE id = ?1 AND state <> 'done'",
            )?
            .execute(params![entry.0, error, state, due.map(|d| d.timestamp())])?;
            log.map_or(Ok(()), |l| log_fetch(t, l, now))
        })
    }

    /// Retries a page that was given up, or polls a source; returns false if there is neither.
    pub fn retry(&self, source: &SourceId, url: &str) -> Result<bool> {
        self.write(|t| {
            let pages = t
                .prepare_cached(
                    "UPDATE entry SET state = 'pending', tries = 0, due = 0, error = NULL, crash = NULL
                     WHERE source_id = ?1 AND url = ?2 AND state IN ('failed', 'pending')",
                )?
                .execute(params![source.as_str(), url])?;
            let polls = t
                .prepare_cached("UPDATE source SET next_due = 0 WHERE id = ?1 AND resting IS NULL AND NOT ?2")?
                .execute(params![source.as_str(), pages > 0])?;
            Ok(pages + polls > 0)
        })
    }

    /// Records that a site asked for a delay until `due`; this costs the entry no attempt.
    pub fn entry_postponed(&self, entry: EntryId, due: DateTime<Utc>, log: Option<&FetchRecord>, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.prepare_cached("UPDATE entry SET due = ?2 WHERE id = ?1")?.execute(params![entry.0, due.timestamp()])?;
            log.map_or(Ok(()), |l| log_fetch(t, l, now))
        })
    }

    /// Stores an article with its classification and story, and the line in the fetch log if `log` has one. Returns `None` if the
    /// archive already has the address.
    pub fn commit_article(&self, new: &NewArticle, log: Option<&FetchRecord>) -> Result<Option<ArticleId>> {
        let a = &new.extracted;
        let attachments = serde_json::to_string(&a.attachments).map_err(invalid_value("attachments"))?;
        let confidence = serde_json::to_string(&a.confidence).map_err(invalid_value("confidence"))?;
        let effective = new.published_at.map_or(new.fetched.timestamp(), |p| p.timestamp().min(new.fetched.timestamp()));
        self.write_with_hook(|t| {
            let copy = NewCopy { entry: new.entry, url: &new.url, title: &new.title, text: &a.text, signature: &new.signature };
            url_parameters::learn_from_article(t, &copy, new.fetched)?;
            let canonical = url_parameters::canonical(t, &new.url)?;
            url_parameters::adopt_old_spelling(t, &new.url, &canonical)?;
            let inserted = t
                .prepare_cached(
                    "INSERT OR IGNORE INTO article (entry_id, source_id, canonical, url, title, author, publisher, published_at, effective, fetched, text, html, image,
                     attachments, confidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                )?
                .execute(params![
                    new.entry.0,
                    new.source.as_str(),
                    new.part.as_ref().map_or_else(|| canonical.to_string(), |part| format!("{canonical}#{part}")),
                    new.url.as_str(),
                    new.title,
                    a.author,
                    a.publisher,
                    new.published_at.map(|p| p.to_rfc3339()),
                    effective,
                    new.fetched.timestamp(),
                    a.text,
                    a.html,
                    a.image.as_ref().map(WebUrl::as_str),
                    attachments,
                    confidence
                ])?;
            let id = ArticleId(t.last_insert_rowid());
            if inserted == 1 {
                crate::store::articles::store_classification(t, id, &new.title, &a.text, &new.classification, &new.signature)?;
                let topics = self.match_topics(t, id, &new.title, &a.text, &new.classification, true)?;
                let news = NewsArticle { id, title: &new.title, text: &a.text, labels: &new.classification, topics: &topics };
                self.match_alerts(t, &news, new.fetched)?;
            }
            let article = if inserted == 1 { Some(id) } else { article_at(t, &new.url)? };
            article.map_or(Ok(()), |article| record_sightings(t, article, new.entry))?;
            t.prepare_cached("UPDATE source SET wall = NULL WHERE id = ?1 AND wall IS NOT NULL")?.execute([new.source.as_str()])?;
            // the same result may come twice: the article is then the entry's own
            t.prepare_cached(
                "UPDATE entry SET content_html = NULL,
                   state = CASE WHEN EXISTS (SELECT 1 FROM article WHERE entry_id = ?1) THEN 'done' ELSE 'duplicate' END WHERE id = ?1",
            )?
            .execute([new.entry.0])?;
            log.map_or(Ok(()), |l| log_fetch(t, l, new.fetched))?;
            let stored = (inserted == 1).then_some(id);
            Ok((stored, stored.map(|id| index(id, new.words.clone()))))
        })
    }
}

fn article_at(c: &Connection, url: &WebUrl) -> Result<Option<ArticleId>> {
    let canonical = url_parameters::canonical(c, url)?;
    let id = c.prepare_cached("SELECT id FROM article WHERE canonical = ?1")?.query_row([canonical.as_str()], |r| r.get(0));
    Ok(id.optional()?.map(ArticleId))
}

/// Adds an article to the full-text index.
fn index(id: ArticleId, (title, text): (String, String)) -> BeforeCommit {
    Box::new(move |t| {
        t.prepare_cached("INSERT INTO article_words (rowid, title, text) VALUES (?1, ?2, ?3)")?.execute(params![id.0, title, text])?;
        Ok(())
    })
}

impl Store {
    /// Returns the article at an address, in any spelling.
    pub fn article_at(&self, url: &WebUrl) -> Result<Option<ArticleId>> {
        self.read(|c| article_at(c, url))
    }

    /// Returns the newest entries of a source; if a further page of its list failed, only those from before.
    pub fn known_entries(&self, id: &SourceId) -> Result<KnownEntries> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT identity, url FROM entry WHERE source_id = ?1 AND first_seen < coalesce((SELECT gap_since FROM source WHERE id = ?1), first_seen + 1)
                 ORDER BY first_seen DESC, place, id LIMIT ?2",
            )?;
            let rows = s.query_map(params![id.as_str(), KNOWN_ENTRIES], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let rows: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
            let urls: Vec<WebUrl> = rows.iter().filter_map(|(_, url)| WebUrl::parse(url).ok()).collect();
            let hosts: HashSet<&str> = urls.iter().map(WebUrl::host).collect();
            let ignored = url_parameters::ignored(c, hosts)?;
            // also by the current spelling: release 1.0 spelled some differently
            let addresses: Vec<String> = urls.iter().map(|u| ignored.canonicalise(u).to_string()).collect();
            Ok(KnownEntries::new(rows.into_iter().map(|(identity, _)| identity).chain(addresses), ignored))
        })
    }

    /// Adds an entry for an address that an editor gave. The crawl does not fetch it.
    pub fn manual_entry(&self, source: &Source, url: &WebUrl, now: DateTime<Utc>) -> Result<PendingEntry> {
        let id = self.write(|t| {
            t.execute(
                "INSERT INTO source (id, name, url, lane, retired) VALUES (?1, ?2, ?3, '', 1) ON CONFLICT (id) DO NOTHING",
                params![source.id.as_str(), source.name, url.as_str()],
            )?;
            t.execute(
                "INSERT INTO entry (source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?3, ?4, '', 'done', ?5)
                 ON CONFLICT (source_id, identity) DO NOTHING",
                params![source.id.as_str(), url.as_str(), canonicalise(url).as_str(), url.as_str(), now.timestamp()],
            )?;
            let sql = "SELECT id FROM entry WHERE source_id = ?1 AND identity = ?2";
            Ok(t.query_row(sql, params![source.id.as_str(), url.as_str()], |r| r.get(0).map(EntryId))?)
        })?;
        let entry = Entry { id: None, url: url.clone(), title: String::new(), published_at: None, summary: None, content_html: None };
        Ok(PendingEntry { id, source: source.id.clone(), entry, attempts: 0, shares_address: false })
    }
}

/// Reads [`PENDING_ENTRY_COLUMNS`].
pub(super) fn read_open(r: &Row<'_>) -> Result<PendingEntry> {
    let published: Option<String> = r.get(5)?;
    Ok(PendingEntry {
        id: EntryId(r.get(0)?),
        source: SourceId::parse(&r.get::<_, String>(1)?).ok_or("not an id").map_err(invalid_value("source id"))?,
        entry: Entry {
            id: r.get(2)?,
            url: WebUrl::parse(&r.get::<_, String>(3)?).map_err(invalid_value("entry address"))?,
            title: r.get(4)?,
            published_at: published.and_then(|p| DateTime::parse_from_rfc3339(&p).ok()),
            summary: r.get(6)?,
            content_html: r.get(7)?,
        },
        attempts: r.get(8)?,
        shares_address: r.get(9)?,
    })
}

/// The outcome of adding an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inserted {
    /// Its page must be fetched.
    New,
    /// New for this source; another source had it before.
    KnownElsewhere,
    /// This source listed it before.
    Listed,
}

/// Adds an entry unless its source listed it before.
pub(super) fn insert_entry(t: &Connection, source: &Source, entry: &Entry, place: i64, now: DateTime<Utc>) -> Result<Inserted> {
    let canonical = url_parameters::canonical(t, &entry.url)?;
    url_parameters::adopt_old_spelling(t, &entry.url, &canonical)?;
    let identity = identity(entry, source.identity, &canonical);
    // The same address from another source is fetched once; this row only records that this source lists it too. The same holds
    // for an entry that this source had when it told entries apart by address.
    let known: bool = t
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM entry WHERE canonical = ?1 AND (source_id <> ?2 OR identity <> ?3 AND (?4 OR identity = canonical AND title = ?5)))",
        )?
        .query_row(params![canonical.as_str(), source.id.as_str(), identity, source.identity == Identity::Url, entry.title], |r| r.get(0))?;
    let n = t
        .prepare_cached(
            "INSERT OR IGNORE INTO entry (source_id, identity, canonical, url, title, published_at, summary, content_html, state, first_seen, lane, place)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            source.id.as_str(),
            identity,
            canonical.as_str(),
            entry.url.as_str(),
            entry.title,
            entry.published_at.map(|p| p.to_rfc3339()),
            entry.summary,
            entry.content_html,
            if known { "duplicate" } else { "pending" },
            now.timestamp(),
            host_key(source, &entry.url),
            place
        ])?;
    if n == 0 {
        return Ok(Inserted::Listed);
    }
    if known {
        record_known(t, EntryId(t.last_insert_rowid()), canonical.as_str())?;
        return Ok(Inserted::KnownElsewhere);
    }
    Ok(Inserted::New)
}

#[cfg(test)]
mod tests;
