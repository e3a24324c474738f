//! Mailboxes: how far each was read, and what its mails brought.
//!
//! A mail is one transaction: its entries, its row, and the place up to which the folder was read. A program that is killed reads
//! the mail again or not at all.

use std::collections::HashSet;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::fetch::host_key;
use crate::inbox::MailSkip;
use crate::model::canonical_url::canonicalise;
use crate::model::{Entry, EntryId, Source, SourceId, SourceKind, WebUrl};
use crate::store::entries::{Inserted, insert_entry};
use crate::store::fetch_log::log_fetch;
use crate::store::source_state::record_success;
use crate::store::{FetchRecord, PollPlan, Result, Store, invalid_value};

/// How far a folder was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxState {
    /// Mails that arrived before are left alone.
    pub since: DateTime<Utc>,
    pub validity: u32,
    pub last_uid: u32,
}

/// An article that a mail holds.
#[derive(Debug, Clone)]
pub struct MailArticle {
    /// Which of the mail's articles: 0 is its text.
    pub number: usize,
    pub title: String,
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Untrusted HTML.
    pub html: String,
    /// The page of the letter, if everybody may see it.
    pub page: Option<WebUrl>,
    pub publisher: Option<String>,
}

/// A mail that was read, with everything that it brings.
#[derive(Debug, Clone)]
pub struct NewMail {
    pub key: String,
    pub uid: u32,
    pub subject: String,
    pub sender: String,
    pub skipped: Option<MailSkip>,
    pub articles: Vec<MailArticle>,
    /// Pages to fetch.
    pub links: Vec<WebUrl>,
}

impl Store {
    /// Returns how far a mailbox was read; `None` if it never was.
    pub fn mailbox_state(&self, source: &Source) -> Result<Option<MailboxState>> {
        self.read(|c| {
            let sql = "SELECT since, validity, last_uid FROM mailbox WHERE source_id = ?1 AND url = ?2";
            let row = c
                .prepare_cached(sql)?
                .query_row(params![source.id.as_str(), source.url.as_str()], |r| Ok((r.get::<_, i64>(0)?, r.get(1)?, r.get(2)?)));
            Ok(row.optional()?.map(|(since, validity, last_uid)| MailboxState {
                since: DateTime::from_timestamp(since, 0).unwrap_or_default(),
                validity,
                last_uid,
            }))
        })
    }

    /// Starts a folder, or starts it again because its ids changed. Mails that were seen are told by their keys.
    pub fn open_mailbox(&self, source: &Source, state: MailboxState) -> Result<()> {
        self.write(|t| {
            t.prepare_cached(
                "INSERT INTO mailbox (source_id, url, since, validity, last_uid) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (source_id) DO UPDATE SET url = ?2, since = ?3, validity = ?4, last_uid = ?5",
            )?
            .execute(params![source.id.as_str(), source.url.as_str(), state.since.timestamp(), state.validity, state.last_uid])?;
            Ok(())
        })
    }

    /// Returns which of some mails were seen.
    pub fn known_mails(&self, source: &SourceId, keys: &[String]) -> Result<HashSet<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT EXISTS (SELECT 1 FROM mail WHERE source_id = ?1 AND key = ?2)")?;
            let mut known = HashSet::new();
            for key in keys {
                if s.query_row(params![source.as_str(), key], |r| r.get(0))? {
                    known.insert(key.clone());
                }
            }
            Ok(known)
        })
    }

    /// Records that a known mail is here again, by a copy, a move or new ids.
    pub fn mail_seen_again(&self, source: &Source, state: MailboxState, key: &str, uid: u32) -> Result<()> {
        self.write(|t| {
            t.prepare_cached("UPDATE mail SET validity = ?3, uid = ?4, moved = 0 WHERE source_id = ?1 AND key = ?2")?.execute(params![
                source.id.as_str(),
                key,
                state.validity,
                uid
            ])?;
            advance(t, source, state, uid)
        })
    }

    /// Stores a mail with all that it brings, and how far the folder is read now. Returns the number of new entries; none if the
    /// mail was seen before.
    pub fn commit_mail(&self, source: &Source, state: MailboxState, mail: &NewMail, now: DateTime<Utc>) -> Result<usize> {
        self.write(|t| {
            let inserted = t
                .prepare_cached(
                    "INSERT OR IGNORE INTO mail (source_id, key, subject, sender, seen, skipped, validity, uid) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    source.id.as_str(),
                    mail.key,
                    mail.subject,
                    mail.sender,
                    now.timestamp(),
                    mail.skipped.map(MailSkip::as_str),
                    state.validity,
                    mail.uid
                ])?;
            let id = t.last_insert_rowid();
            advance(t, source, state, mail.uid)?;
            let mut new = 0;
            if inserted == 1 {
                for article in &mail.articles {
                    new += usize::from(insert_article(t, source, mail, article, id, now)?);
                }
                for (place, link) in (0i64..).zip(&mail.links) {
                    new += usize::from(insert_link(t, source, link, id, place, now)?);
                }
            }
            Ok(new)
        })
    }

    /// Returns read mails that still lie in the folder, oldest first.
    pub fn unmoved_mails(&self, source: &SourceId, validity: u32, most: usize) -> Result<Vec<u32>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT uid FROM mail WHERE source_id = ?1 AND validity = ?2 AND moved = 0 ORDER BY uid LIMIT ?3")?;
            let rows = s.query_map(params![source.as_str(), validity, i64::try_from(most).unwrap_or(i64::MAX)], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Records that mails were moved.
    pub fn mails_moved(&self, source: &SourceId, validity: u32, uids: &[u32]) -> Result<()> {
        self.write(|t| {
            let mut s = t.prepare_cached("UPDATE mail SET moved = 1 WHERE source_id = ?1 AND validity = ?2 AND uid = ?3")?;
            uids.iter().try_for_each(|uid| Ok(s.execute(params![source.as_str(), validity, uid]).map(|_| ())?))
        })
    }

    /// Records a round without a fault, with its line in the fetch log.
    pub fn mailbox_polled(&self, source: &Source, plan: &PollPlan, log: &FetchRecord, now: DateTime<Utc>) -> Result<()> {
        self.write(|t| {
            t.prepare_cached("UPDATE source SET kind = ?2 WHERE id = ?1")?.execute(params![source.id.as_str(), SourceKind::Imap.as_str()])?;
            record_success(t, &source.id, None, plan, now)?;
            log_fetch(t, log, now)
        })
    }

    /// Returns the sender's name for the article of an entry.
    pub fn mail_publisher(&self, entry: EntryId) -> Result<Option<String>> {
        self.read(|c| {
            let publisher =
                c.prepare_cached("SELECT publisher FROM mail_entry WHERE entry_id = ?1")?.query_row([entry.0], |r| r.get(0)).optional()?;
            Ok(publisher.flatten())
        })
    }
}

fn advance(t: &Connection, source: &Source, state: MailboxState, uid: u32) -> Result<()> {
    t.prepare_cached("UPDATE mailbox SET last_uid = max(last_uid, ?3) WHERE source_id = ?1 AND validity = ?2")?.execute(params![
        source.id.as_str(),
        state.validity,
        uid
    ])?;
    Ok(())
}

/// Adds an article of a mail; false if another mailbox brought the same mail.
fn insert_article(t: &Connection, source: &Source, mail: &NewMail, article: &MailArticle, id: i64, now: DateTime<Utc>) -> Result<bool> {
    let number = article.number.to_string();
    let own = WebUrl::stand_in(&[&mail.key, &number]).map_err(invalid_value("address of a mail"))?;
    // several letters may have one page, the newest: each is an article of its own
    let (canonical, url) = (canonicalise(&own), article.page.as_ref().unwrap_or(&own));
    let known: bool = t.prepare_cached("SELECT EXISTS (SELECT 1 FROM entry WHERE canonical = ?1)")?.query_row([canonical.as_str()], |r| r.get(0))?;
    let n = t
        .prepare_cached(
            "INSERT OR IGNORE INTO entry (source_id, identity, canonical, url, title, published_at, content_html, state, first_seen, lane, place)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0)",
        )?
        .execute(params![
            source.id.as_str(),
            format!("inbox-mail:{}:{number}", mail.key),
            canonical.as_str(),
            url.as_str(),
            article.title,
            article.published_at.map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, false)),
            article.html,
            if known { "duplicate" } else { "pending" },
            now.timestamp(),
            host_key(source, &source.url)
        ])?;
    if n == 0 {
        return Ok(false);
    }
    link_entry(t, EntryId(t.last_insert_rowid()), id, article.publisher.as_deref())?;
    Ok(!known)
}

/// Adds a page that an editor's mail links to. The crawl fetches it like any entry: with robots.txt, delays and the address filter.
fn insert_link(t: &Connection, source: &Source, link: &WebUrl, id: i64, place: i64, now: DateTime<Utc>) -> Result<bool> {
    let entry = Entry { id: None, url: link.clone(), title: String::new(), published_at: None, summary: None, content_html: None };
    if insert_entry(t, source, &entry, place, now)? != Inserted::New {
        return Ok(false);
    }
    let sql = "SELECT id FROM entry WHERE source_id = ?1 AND url = ?2 ORDER BY id DESC LIMIT 1";
    let entry = t.prepare_cached(sql)?.query_row(params![source.id.as_str(), link.as_str()], |r| r.get(0).map(EntryId))?;
    link_entry(t, entry, id, None)?;
    Ok(true)
}

fn link_entry(t: &Connection, entry: EntryId, mail: i64, publisher: Option<&str>) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO mail_entry (entry_id, mail_id, publisher) VALUES (?1, ?2, ?3)";
    t.prepare_cached(sql)?.execute(params![entry.0, mail, publisher])?;
    Ok(())
}
