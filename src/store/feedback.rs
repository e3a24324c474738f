//! What readers say of items, through the signed links of their mail.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

use crate::issue::ItemSubjects;
use crate::issue::feedback::{FeedbackKey, FeedbackLink, Verdict};
use crate::model::{ArticleId, Edition, EditionId, PublicationScope};
use crate::store::decisions::{DecisionAction, record};
use crate::store::publication_scopes::json_list;
use crate::store::{Result, Store};

/// Key of the secret that signs links.
const KEY: &str = "feedback_key";
/// Whether a decision was on an issue of the publications of ?2, if there is a list.
const OF_SCOPE: &str = "(?2 IS NULL OR edition_id IN (SELECT id FROM edition WHERE publication IN (SELECT value FROM json_each(?2))))";
/// Most names of the organisations of an article.
const MAX_NAMES: i64 = 500;

/// What readers said of an item or article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feedback {
    /// How many found it useful, and how many not.
    pub useful: usize,
    pub useless: usize,
    /// Oldest first.
    pub remarks: Vec<ReaderRemark>,
}

/// 批示.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRemark {
    /// Of the reader.
    pub address: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

/// What a reader said of an item so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnFeedback {
    /// Useful or useless.
    pub verdict: Option<Verdict>,
    pub remark: Option<String>,
}

impl From<Verdict> for DecisionAction {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Useful => Self::Useful,
            Verdict::Useless => Self::Useless,
            Verdict::Remark => Self::Remark,
        }
    }
}

impl Store {
    /// Returns the secret that signs links, created on first use.
    pub fn feedback_key(&self) -> Result<FeedbackKey> {
        if let Some(secret) = self.kv(KEY)? {
            return Ok(FeedbackKey::new(&secret));
        }
        let secret: String = self.write(|t| {
            t.execute("INSERT OR IGNORE INTO fact (name, value) VALUES (?1, lower(hex(randomblob(32))))", [KEY])?;
            Ok(t.query_row("SELECT value FROM fact WHERE name = ?1", [KEY], |r| r.get(0))?)
        })?;
        Ok(FeedbackKey::new(&secret))
    }

    /// Returns the address of the reader that a link names: one who was sent the issue.
    pub fn reader_of(&self, key: &FeedbackKey, link: &FeedbackLink) -> Result<Option<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT DISTINCT recipient FROM outbox WHERE edition_id = ?1")?;
            let mut rows = s.query([link.edition.0])?;
            while let Some(r) = rows.next()? {
                let address: String = r.get(0)?;
                if key.reader(link.edition, &address) == link.reader {
                    return Ok(Some(address));
                }
            }
            Ok(None)
        })
    }

    /// Returns what a reader said of an item so far.
    pub fn own_feedback(&self, edition: EditionId, article: ArticleId, reader: &str) -> Result<OwnFeedback> {
        self.read(|c| {
            let sql = "SELECT action, detail FROM decision WHERE article_id = ?1 AND edition_id = ?2 AND who = ?3
                       AND action IN ('useful', 'useless', 'remark')";
            let mut s = c.prepare_cached(sql)?;
            let mut rows = s.query(params![article.0, edition.0, reader])?;
            let mut out = OwnFeedback::default();
            while let Some(r) = rows.next()? {
                match r.get_ref(0)?.as_str() {
                    Ok("useful") => out.verdict = Some(Verdict::Useful),
                    Ok("useless") => out.verdict = Some(Verdict::Useless),
                    _ => out.remark = Some(r.get(1)?),
                }
            }
            Ok(out)
        })
    }

    /// Records what a reader says. 有用 and 没用 replace each other; a 批示 is kept as it was first. Returns whether it is new.
    pub fn record_feedback(&self, link: &FeedbackLink, reader: &str, remark: &str, now: DateTime<Utc>) -> Result<bool> {
        let action = DecisionAction::from(link.verdict);
        let replaced = match link.verdict {
            Verdict::Useful | Verdict::Useless => "action IN ('useful', 'useless')",
            Verdict::Remark => "action = 'remark'",
        };
        self.write(|t| {
            let place = params![link.article.0, link.edition.0, reader];
            let sql = format!("SELECT action FROM decision WHERE article_id = ?1 AND edition_id = ?2 AND who = ?3 AND {replaced}");
            let known: Option<String> = t.prepare_cached(&sql)?.query_row(place, |r| r.get(0)).optional()?;
            if known.as_deref() == Some(action.as_str()) {
                return Ok(false);
            }
            let sql = format!("DELETE FROM decision WHERE article_id = ?1 AND edition_id = ?2 AND who = ?3 AND {replaced}");
            t.prepare_cached(&sql)?.execute(place)?;
            record(t, Some(link.edition), link.article, action, remark, reader, now)?;
            Ok(true)
        })
    }

    /// Returns what readers said of the items of an issue.
    pub fn feedback_of_edition(&self, id: EditionId) -> Result<HashMap<ArticleId, Feedback>> {
        self.feedback("edition_id = ?1", id.0, &PublicationScope::All)
    }

    /// Returns what readers said of an article, in the issues of these publications.
    pub fn feedback_of_article(&self, id: ArticleId, scope: &PublicationScope) -> Result<Feedback> {
        Ok(self.feedback("article_id = ?1", id.0, scope)?.remove(&id).unwrap_or_default())
    }

    fn feedback(&self, place: &str, id: i64, scope: &PublicationScope) -> Result<HashMap<ArticleId, Feedback>> {
        self.read(|c| {
            // the conditions of both indexes; SQLite cannot use them for a union of actions
            let one =
                |actions: &str| format!("SELECT id, article_id, action, detail, who, at FROM decision WHERE {place} AND {actions} AND {OF_SCOPE}");
            let sql = format!("{} UNION ALL {} ORDER BY 1", one("action IN ('useful', 'useless')"), one("action = 'remark'"));
            let mut s = c.prepare_cached(&sql)?;
            let mut rows = s.query(params![id, scope.is_limited().then(|| json_list(scope.names()))])?;
            let mut out: HashMap<ArticleId, Feedback> = HashMap::new();
            while let Some(r) = rows.next()? {
                let f = out.entry(ArticleId(r.get(1)?)).or_default();
                match r.get_ref(2)?.as_str() {
                    Ok("useful") => f.useful += 1,
                    Ok("useless") => f.useless += 1,
                    _ => f.remarks.push(ReaderRemark {
                        text: r.get(3)?,
                        address: r.get(4)?,
                        at: DateTime::from_timestamp(r.get(5)?, 0).unwrap_or_default(),
                    }),
                }
            }
            Ok(out)
        })
    }

    /// Returns the topics and organisations of the items of an edition.
    pub fn item_subjects(&self, edition: &Edition) -> Result<ItemSubjects> {
        self.read(|c| {
            let mut topics = c.prepare_cached(
                "SELECT t.title FROM topic_article m JOIN topic t ON t.id = m.topic_id WHERE m.article_id = ?1 AND NOT m.dismissed ORDER BY t.id",
            )?;
            let mut organisations = c.prepare_cached(
                "SELECT DISTINCT n.name FROM article_organisation x JOIN organisation o ON o.id = x.organisation_id
                 JOIN organisation n ON n.id = coalesce(o.main_id, o.id) OR n.main_id = coalesce(o.main_id, o.id)
                 WHERE x.article_id = ?1 LIMIT ?2",
            )?;
            let mut out = ItemSubjects::default();
            for id in edition.items().map(|i| i.article) {
                let titles = topics.query_map([id.0], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
                let names = organisations.query_map([id.0, MAX_NAMES], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
                out.topics.insert(id, titles);
                out.organisations.insert(id, names);
            }
            Ok(out)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Publication;
    use crate::issue::signing::SigningAction;
    use crate::issue::tests::{article, build_with, now};
    use crate::ranking::Outcome;
    use crate::store::{OutgoingMessage, SigningResult};

    #[test]
    fn a_reader_says_one_thing_of_an_item_and_may_change_his_mind() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let draft = build_with(vec![article(1, "甲县水泥错峰生产", "建材", "行业动态", 1)], &[]);
        let edition = store.commit_edition(draft, &Publication::default(), store.whole_archive().range).unwrap();
        let letter = |to: &str| OutgoingMessage { recipient: to.to_owned(), message_id: format!("<{to}>"), message: Vec::new() };
        store.queue_messages(&edition, &[letter("a@b.cn"), letter("c@d.cn")], now(), now()).unwrap();
        let key = store.feedback_key().unwrap();
        let link =
            |verdict, address: &str| FeedbackLink { edition: edition.id, article: ArticleId(1), verdict, reader: key.reader(edition.id, address) };
        assert_eq!(store.reader_of(&key, &link(Verdict::Useful, "C@d.cn")).unwrap().as_deref(), Some("c@d.cn"));
        assert_eq!(store.reader_of(&key, &link(Verdict::Useful, "x@y.cn")).unwrap(), None);
        let say = |verdict, who: &str, text: &str| store.record_feedback(&link(verdict, who), who, text, now()).unwrap();
        assert!(say(Verdict::Useful, "a@b.cn", "") && !say(Verdict::Useful, "a@b.cn", ""), "once");
        assert!(say(Verdict::Useless, "a@b.cn", "") && say(Verdict::Useful, "c@d.cn", ""));
        assert!(say(Verdict::Remark, "a@b.cn", "请跟进") && !say(Verdict::Remark, "a@b.cn", "再请跟进"));
        let said = store.feedback_of_edition(edition.id).unwrap().remove(&ArticleId(1)).unwrap();
        assert_eq!((said.useful, said.useless), (1, 1));
        assert_eq!(said.remarks.iter().map(|r| (r.address.as_str(), r.text.as_str())).collect::<Vec<_>>(), [("a@b.cn", "请跟进")]);
        assert_eq!(store.feedback_of_article(ArticleId(1), &PublicationScope::All).unwrap(), said);
        assert_eq!(store.feedback_of_article(ArticleId(2), &PublicationScope::All).unwrap(), Feedback::default());
        let own = store.own_feedback(edition.id, ArticleId(1), "a@b.cn").unwrap();
        assert_eq!((own.verdict, own.remark.as_deref()), (Some(Verdict::Useless), Some("请跟进")));
        // the ranking hears of it beside the editors' decision
        say(Verdict::Useful, "a@b.cn", "");
        let done = store.sign_edition(edition.id, 1, &SigningAction::Finalise, &Publication::default(), "张三", now()).unwrap();
        assert!(matches!(done, SigningResult::Done(_)));
        let observed = &store.observed_issues(&edition.publication, 9).unwrap()[0].observations[0];
        assert_eq!((observed.outcome, observed.readers), (Outcome::Kept, 2));
    }
}
