//! Which query parameters of a site tell its articles apart.
//!
//! A parameter that may be a tracker (`from`, `sid` …) counts until the site served the same article, listed under the same
//! title, at two addresses that differ only in it; from then on it is ignored at that host. It counts permanently once a list of
//! the host has different titles for such addresses. One row per host and name; the names are a short list.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::dedup::fingerprint::MinHashSignature;
use crate::model::canonical_url::{CanonicalUrl, IgnoredParameters, canonicalise, differing, doubtful, strip_doubtful};
use crate::model::{Entry, EntryId, WebUrl};
use crate::store::Result;
use crate::text::normalize::normalized_key;

/// Returns what is ignored at these hosts.
pub(super) fn ignored<'a>(c: &Connection, hosts: impl IntoIterator<Item = &'a str>) -> Result<IgnoredParameters> {
    let mut out = Vec::new();
    let mut s = c.prepare_cached("SELECT name FROM url_parameter WHERE host = ?1 AND ignored = 1")?;
    for host in hosts {
        for name in s.query_map([host], |r| r.get::<_, String>(0))? {
            out.push((host.to_owned(), name?));
        }
    }
    Ok(IgnoredParameters::new(out))
}

/// Returns the canonical form of an address, as far as its site is known.
pub(super) fn canonical(c: &Connection, url: &WebUrl) -> Result<CanonicalUrl> {
    if doubtful(url).is_empty() { Ok(canonicalise(url)) } else { Ok(ignored(c, [url.host()])?.canonicalise(url)) }
}

/// Learns from a list: addresses that differ only in doubtful parameters and have different titles.
pub(super) fn learn_from_list(t: &Connection, entries: &[Entry], now: DateTime<Utc>) -> Result<()> {
    let mut first: HashMap<CanonicalUrl, &Entry> = HashMap::new();
    let mut learned: HashSet<(&str, &str)> = HashSet::new();
    for e in entries.iter().filter(|e| !doubtful(&e.url).is_empty()) {
        let before = *first.entry(strip_doubtful(&e.url)).or_insert(e);
        if normalized_key(&before.title) == normalized_key(&e.title) {
            continue;
        }
        for name in differing(&before.url, &e.url) {
            if learned.insert((e.url.host(), name)) {
                learn(t, name, false, (&before.url, &e.url), now)?;
            }
        }
    }
    Ok(())
}

/// A new article, with what tells whether another one is the same.
pub(super) struct NewCopy<'a> {
    pub(super) entry: EntryId,
    /// After redirects.
    pub(super) url: &'a WebUrl,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) signature: &'a MinHashSignature,
}

/// Learns from an article already in the archive: listed under the same title at another address of the same site, it redirects
/// to the same address, or has the same title and text.
pub(super) fn learn_from_article(t: &Connection, new: &NewCopy<'_>, now: DateTime<Utc>) -> Result<()> {
    let listed = |entry: EntryId| -> Result<Option<(WebUrl, String)>> {
        let mut s = t.prepare_cached("SELECT url, title FROM entry WHERE id = ?1")?;
        let row: Option<(String, String)> = s.query_row([entry.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        Ok(row.and_then(|(url, title)| Some((WebUrl::parse(&url).ok()?, normalized_key(&title)))).filter(|(_, title)| !title.is_empty()))
    };
    let Some((own, title)) = listed(new.entry)? else { return Ok(()) };
    // equal texts have equal fingerprints
    let band = new.signature.bands().first().copied().map(i64::from);
    let mut s = t.prepare_cached(
        "SELECT entry_id FROM article WHERE id IN (SELECT article_id FROM band WHERE band = 0 AND value = ?1 ORDER BY article_id DESC LIMIT 50)
           AND title = ?2 AND text = ?3
         UNION SELECT entry_id FROM article WHERE canonical = ?4",
    )?;
    let canonical = canonical(t, new.url)?;
    let rows = s.query_map(params![band, new.title, new.text, canonical.as_str()], |r| r.get(0).map(EntryId))?;
    for entry in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let Some((other, _)) = listed(entry)?.filter(|(_, other)| *other == title) else { continue };
        for name in differing(&other, &own) {
            learn(t, name, true, (&other, &own), now)?;
        }
    }
    Ok(())
}

/// Evidence from a list stays, because the list has titles for it.
fn learn(t: &Connection, name: &str, ignored: bool, (one, other): (&WebUrl, &WebUrl), now: DateTime<Utc>) -> Result<()> {
    let changed = t
        .prepare_cached(
            "INSERT INTO url_parameter (host, name, ignored, one, other, learned) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (host, name) DO UPDATE SET ignored = 0, one = ?4, other = ?5, learned = ?6 WHERE ignored = 1 AND ?3 = 0",
        )?
        .execute(params![one.host(), name, ignored, one.as_str(), other.as_str(), now.timestamp()])?;
    if changed == 0 {
        return Ok(());
    }
    let what = if ignored { "does not tell articles apart: one article is" } else { "tells articles apart: different ones are" };
    tracing::info!("at {} the parameter {name} {what} at {one} and {other}", one.host());
    respell(t, one)
}

/// Rewrites the stored addresses of a host by what is known of it now: once for each finding.
fn respell(t: &Connection, of: &WebUrl) -> Result<()> {
    let ignored = ignored(t, [of.host()])?;
    let site = canonicalise(of).to_string();
    // everything that begins with `host:port/`, by index: `0` follows `/`
    let site = site.split('/').next().unwrap_or(&site);
    let changed = |table: &str| -> Result<Vec<(i64, String, CanonicalUrl)>> {
        let sql =
            format!("SELECT id, canonical, url FROM {table} WHERE canonical >= ?1 || '/' AND canonical < ?1 || '0' AND url LIKE '%?%' ORDER BY id");
        let mut s = t.prepare(&sql)?;
        let mut rows = s.query([site])?;
        let mut out = Vec::new();
        while let Some(r) = rows.next()? {
            let (id, old, url): (i64, String, String) = (r.get(0)?, r.get(1)?, r.get(2)?);
            let new = WebUrl::parse(&url).ok().map(|u| ignored.canonicalise(&u)).filter(|new| new.as_str() != old);
            out.extend(new.map(|new| (id, old, new)));
        }
        Ok(out)
    };
    for (id, old, new) in changed("entry")? {
        respell_entry(t, id, &old, &new)?;
    }
    for (id, _, new) in changed("article")? {
        t.prepare_cached("UPDATE OR IGNORE article SET canonical = ?2 WHERE id = ?1")?.execute(params![id, new.as_str()])?;
    }
    Ok(())
}

/// An entry whose article another entry now has need not be fetched.
fn respell_entry(t: &Connection, id: i64, old: &str, new: &CanonicalUrl) -> Result<()> {
    t.prepare_cached(
        "UPDATE entry SET canonical = ?2, state = CASE WHEN state = 'pending' AND EXISTS (SELECT 1 FROM entry o WHERE o.canonical = ?2 AND o.id < ?1)
           THEN 'duplicate' ELSE state END WHERE id = ?1",
    )?
    .execute(params![id, new.as_str()])?;
    t.prepare_cached("UPDATE OR IGNORE entry SET identity = ?3 WHERE id = ?1 AND identity = ?2")?.execute(params![id, old, new.as_str()])?;
    Ok(())
}

/// Release 1.0 ignored every doubtful parameter. Finds an entry or article by that old form, and stores the current one.
pub(super) fn adopt_old_spelling(t: &Connection, url: &WebUrl, canonical: &CanonicalUrl) -> Result<()> {
    let old = strip_doubtful(url);
    if old == *canonical {
        return Ok(());
    }
    let same = |table: &str| -> Result<Vec<i64>> {
        let mut s = t.prepare_cached(&format!("SELECT id, url FROM {table} WHERE canonical = ?1 ORDER BY id LIMIT 50"))?;
        let mut rows = s.query([old.as_str()])?;
        let mut out = Vec::new();
        while let Some(r) = rows.next()? {
            let stored = WebUrl::parse(&r.get::<_, String>(1)?).ok();
            if stored.is_some_and(|stored| canonicalise(&stored) == canonicalise(url)) {
                out.push(r.get(0)?);
            }
        }
        Ok(out)
    };
    for id in same("entry")? {
        respell_entry(t, id, old.as_str(), canonical)?;
    }
    for id in same("article")? {
        t.prepare_cached("UPDATE OR IGNORE article SET canonical = ?2 WHERE id = ?1")?.execute(params![id, canonical.as_str()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    fn entry(address: &str, title: &str) -> Entry {
        Entry { id: None, url: url(address), title: title.to_owned(), published_at: None, summary: None, content_html: None }
    }

    /// A store with entries at these addresses.
    fn store(addresses: &[&str]) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        store.write(|t| {
            t.execute("INSERT INTO source (id, name, url) VALUES ('s', 's', 'https://a.cn/')", [])?;
            for address in addresses {
                let spelled = canonical(t, &url(address))?.to_string();
                let sql = "INSERT INTO entry (source_id, identity, canonical, url, title, state, first_seen) VALUES ('s', ?1, ?1, ?2, '', 'pending', 0)";
                t.execute(sql, [spelled.as_str(), address])?;
            }
            Ok(())
        })
        .unwrap();
        (dir, store)
    }

    fn stored(store: &Store) -> Vec<(String, String)> {
        store
            .read(|c| {
                let mut s = c.prepare("SELECT canonical, state FROM entry ORDER BY id")?;
                let rows = s.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }

    #[test]
    fn what_a_list_showed_is_stronger_than_one_article_at_two_addresses() {
        let (_dir, store) = store(&["https://a.cn/v?sid=1", "https://a.cn/v?sid=2", "https://a.cn:8443/v?sid=2", "https://b.cn/v?sid=2"]);
        let row = |address: &str, state: &str| (address.to_owned(), state.to_owned());
        let learn_ignored =
            || store.write(|t| learn(t, "sid", true, (&url("https://a.cn/v?sid=1"), &url("https://a.cn/v?sid=2")), Utc::now())).unwrap();
        learn_ignored();
        // the second no longer waits for the article of the first; the other host is not affected
        assert_eq!(stored(&store)[..2], [row("a.cn/v", "pending"), row("a.cn/v", "duplicate")]);
        assert_eq!(stored(&store)[3], row("b.cn/v?sid=2", "pending"));
        let list = [entry("https://a.cn/v?sid=3", "许昌召开大会"), entry("https://a.cn/v?sid=4", "河南出台措施")];
        store.write(|t| learn_from_list(t, &list, Utc::now())).unwrap();
        assert_eq!(stored(&store)[1].0, "a.cn/v?sid=2");
        learn_ignored();
        assert_eq!(store.read(|c| canonical(c, &list[0].url)).unwrap().as_str(), "a.cn/v?sid=3");
    }

    #[test]
    fn a_list_that_names_one_article_twice_proves_nothing() {
        let (_dir, store) = store(&[]);
        let same =
            [entry("https://a.cn/v?from=pic", "许昌召开大会"), entry("https://a.cn/v", "许昌召开大会"), entry("https://a.cn/w?from=pic", "别的")];
        store.write(|t| learn_from_list(t, &same, Utc::now())).unwrap();
        assert_eq!(store.read(|c| Ok(c.query_row("SELECT count(*) FROM url_parameter", [], |r| r.get::<_, i64>(0))?)).unwrap(), 0);
    }
}
