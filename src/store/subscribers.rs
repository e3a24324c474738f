//! Subscribers that the console keeps.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::model::{AuditAction, MailAddress, Subscriber, SubscriberDraft, SubscriberId};
use crate::store::audit::audit;
use crate::store::{Result, Store, invalid_value};

const COLUMNS: &str = "id, publication, address, name, columns, industries, topics, organisations, active, added_by, added_at";
/// Most subscribers of a publication in the console: each gets a message with the document of his own.
pub const MAX_SUBSCRIBERS: usize = 500;

/// The outcome of adding or changing a subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriberEdit {
    Saved,
    /// The publication has this address already.
    Known,
    Missing,
    /// There are too many.
    Full,
}

impl Store {
    /// Returns the subscribers of a publication, by address.
    pub fn subscribers(&self, publication: &str) -> Result<Vec<Subscriber>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT {COLUMNS} FROM subscriber WHERE publication = ?1 ORDER BY address"))?;
            let rows = s.query_map([publication], |r| Ok(read(r)))?;
            rows.map(|r| r?).collect()
        })
    }

    pub fn subscriber(&self, id: SubscriberId) -> Result<Option<Subscriber>> {
        self.read(|c| load(c, id))
    }

    /// Returns when each address was last sent something of a publication.
    pub fn last_mailed(&self, publication: &str) -> Result<HashMap<String, DateTime<Utc>>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT lower(o.recipient), max(o.queued) FROM edition e JOIN outbox o ON o.edition_id = e.id
                 WHERE e.publication = ?1 AND o.state = 'sent' GROUP BY 1",
            )?;
            let rows = s.query_map([publication], |r| Ok((r.get(0)?, DateTime::from_timestamp(r.get(1)?, 0).unwrap_or_default())))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Adds a subscriber.
    pub fn add_subscriber(&self, publication: &str, draft: &SubscriberDraft, who: &str, now: DateTime<Utc>) -> Result<SubscriberEdit> {
        self.write(|t| {
            let done = insert(t, publication, draft, who, now)?;
            if done == SubscriberEdit::Saved {
                audit(t, who, AuditAction::AddSubscriber, &subject(publication, &draft.address), now)?;
            }
            Ok(done)
        })
    }

    /// Adds subscribers of the whole issue; returns how many are new, and how many there is no room for.
    pub fn import_subscribers(&self, publication: &str, addresses: &[MailAddress], who: &str, now: DateTime<Utc>) -> Result<(usize, usize)> {
        self.write(|t| {
            let (mut added, mut too_many) = (0, 0);
            for address in addresses {
                match insert(t, publication, &SubscriberDraft::of_everything(address.clone()), who, now)? {
                    SubscriberEdit::Saved => added += 1,
                    SubscriberEdit::Full => too_many += 1,
                    SubscriberEdit::Known | SubscriberEdit::Missing => {}
                }
            }
            if added > 0 {
                audit(t, who, AuditAction::ImportSubscribers, &format!("{publication}：{added} 人"), now)?;
            }
            Ok((added, too_many))
        })
    }

    /// Changes a subscriber.
    pub fn edit_subscriber(&self, id: SubscriberId, draft: &SubscriberDraft, who: &str, now: DateTime<Utc>) -> Result<SubscriberEdit> {
        self.write(|t| {
            let Some(before) = load(t, id)? else { return Ok(SubscriberEdit::Missing) };
            if before.draft == *draft {
                return Ok(SubscriberEdit::Saved);
            }
            let bare = draft.address.bare();
            let sql = "SELECT 1 FROM subscriber WHERE publication = ?1 AND address = ?2 AND id <> ?3";
            if t.prepare_cached(sql)?.exists(params![before.publication, bare, id.0])? {
                return Ok(SubscriberEdit::Known);
            }
            let [columns, industries, topics, organisations] = lists(draft)?;
            t.execute(
                "UPDATE subscriber SET address = ?2, name = ?3, columns = ?4, industries = ?5, topics = ?6, organisations = ?7 WHERE id = ?1",
                params![id.0, bare, draft.address.name().unwrap_or_default(), columns, industries, topics, organisations],
            )?;
            audit(t, who, AuditAction::EditSubscriber, &subject(&before.publication, &draft.address), now)?;
            Ok(SubscriberEdit::Saved)
        })
    }

    /// Stops mail to a subscriber, or resumes it.
    pub fn set_subscriber_active(&self, id: SubscriberId, active: bool, who: &str, now: DateTime<Utc>) -> Result<SubscriberEdit> {
        self.write(|t| {
            let Some(before) = load(t, id)? else { return Ok(SubscriberEdit::Missing) };
            if before.is_active != active {
                t.execute("UPDATE subscriber SET active = ?2 WHERE id = ?1", params![id.0, active])?;
                let action = if active { AuditAction::ResumeSubscriber } else { AuditAction::StopSubscriber };
                audit(t, who, action, &subject(&before.publication, &before.draft.address), now)?;
            }
            Ok(SubscriberEdit::Saved)
        })
    }
}

fn insert(t: &Connection, publication: &str, draft: &SubscriberDraft, who: &str, now: DateTime<Utc>) -> Result<SubscriberEdit> {
    let count: i64 = t.prepare_cached("SELECT count(*) FROM subscriber WHERE publication = ?1")?.query_row([publication], |r| r.get(0))?;
    if usize::try_from(count).unwrap_or(0) >= MAX_SUBSCRIBERS {
        return Ok(SubscriberEdit::Full);
    }
    let [columns, industries, topics, organisations] = lists(draft)?;
    let sql = "INSERT OR IGNORE INTO subscriber (publication, address, name, columns, industries, topics, organisations, added_by, added_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let name = draft.address.name().unwrap_or_default();
    let n = t.prepare_cached(sql)?.execute(params![
        publication,
        draft.address.bare(),
        name,
        columns,
        industries,
        topics,
        organisations,
        who,
        now.timestamp()
    ])?;
    Ok(if n > 0 { SubscriberEdit::Saved } else { SubscriberEdit::Known })
}

fn lists(draft: &SubscriberDraft) -> Result<[String; 4]> {
    let json = |names: &Vec<String>| serde_json::to_string(names).map_err(invalid_value("names"));
    Ok([json(&draft.columns)?, json(&draft.industries)?, json(&draft.topics)?, json(&draft.organisations)?])
}

fn load(c: &Connection, id: SubscriberId) -> Result<Option<Subscriber>> {
    let sql = format!("SELECT {COLUMNS} FROM subscriber WHERE id = ?1");
    c.prepare_cached(&sql)?.query_row([id.0], |r| Ok(read(r))).optional()?.transpose()
}

fn read(r: &Row<'_>) -> Result<Subscriber> {
    let names = |at: usize| -> Result<Vec<String>> { serde_json::from_str(&r.get::<_, String>(at)?).map_err(invalid_value("names")) };
    let (address, name): (String, String) = (r.get(2)?, r.get(3)?);
    let written = if name.is_empty() { address } else { format!("{name} <{address}>") };
    Ok(Subscriber {
        id: SubscriberId(r.get(0)?),
        publication: r.get(1)?,
        draft: SubscriberDraft {
            address: MailAddress::parse(&written).map_err(invalid_value("address"))?,
            columns: names(4)?,
            industries: names(5)?,
            topics: names(6)?,
            organisations: names(7)?,
        },
        is_active: r.get(8)?,
        added_by: r.get(9)?,
        added_at: DateTime::from_timestamp(r.get(10)?, 0).unwrap_or_default(),
    })
}

fn subject(publication: &str, address: &MailAddress) -> String {
    format!("{publication}：{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_subscribes_once_to_a_publication() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let draft = |text: &str| SubscriberDraft {
            columns: vec!["行业动态".to_owned()],
            topics: vec!["固态电池".to_owned()],
            ..SubscriberDraft::of_everything(MailAddress::parse(text).unwrap())
        };
        let add = |publication: &str, text: &str| store.add_subscriber(publication, &draft(text), "管理员", Utc::now()).unwrap();
        assert_eq!(add("快报", "张三 <a@b.cn>"), SubscriberEdit::Saved);
        assert_eq!(add("快报", "A@B.cn"), SubscriberEdit::Known);
        assert_eq!(add("专报", "a@b.cn"), SubscriberEdit::Saved);
        let list = ["a@b.cn", "c@d.cn", "C@d.cn"].map(|a| MailAddress::parse(a).unwrap());
        assert_eq!(store.import_subscribers("快报", &list, "管理员", Utc::now()).unwrap(), (1, 0));
        let found = store.subscribers("快报").unwrap();
        assert_eq!(found.iter().map(|s| s.draft.address.to_string()).collect::<Vec<_>>(), ["张三 <a@b.cn>", "c@d.cn"]);
        assert_eq!((&found[0].draft, &found[1].draft.columns), (&draft("张三 <a@b.cn>"), &Vec::new()));
        let edit = |id, text: &str| store.edit_subscriber(id, &draft(text), "管理员", Utc::now()).unwrap();
        assert_eq!(edit(found[1].id, "a@b.cn"), SubscriberEdit::Known);
        assert_eq!(edit(found[1].id, "李四 <e@f.cn>"), SubscriberEdit::Saved);
        assert_eq!(edit(SubscriberId(99), "g@h.cn"), SubscriberEdit::Missing);
        assert_eq!(store.set_subscriber_active(found[0].id, false, "管理员", Utc::now()).unwrap(), SubscriberEdit::Saved);
        let active: Vec<bool> = store.subscribers("快报").unwrap().iter().map(|s| s.is_active).collect();
        assert_eq!(active, [false, true]);
        assert!(store.last_mailed("快报").unwrap().is_empty());
        let many: Vec<MailAddress> = (0..MAX_SUBSCRIBERS).map(|n| MailAddress::parse(&format!("r{n}@b.cn")).unwrap()).collect();
        assert_eq!(store.import_subscribers("快报", &many, "管理员", Utc::now()).unwrap(), (MAX_SUBSCRIBERS - 2, 2));
        assert_eq!(add("快报", "z@b.cn"), SubscriberEdit::Full);
    }
}
