//! Stories corrected by editors. A story is named by the row of one of its articles.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{ArticleId, AuditAction, Edition};
use crate::store::audit::audit;
use crate::store::{Result, Store};

/// Most articles of a story that are read.
const MAX_MEMBERS: i64 = 10_000;

impl Store {
    /// Returns the articles of an article's story, including itself.
    pub fn story_members(&self, article: ArticleId) -> Result<Vec<ArticleId>> {
        self.read(|c| {
            let Some(story) = story(c, article.0)? else { return Ok(Vec::new()) };
            let mut s = c.prepare_cached("SELECT id FROM article WHERE story_id = ?1 LIMIT ?2")?;
            let members = s.query_map([story, MAX_MEMBERS], |r| r.get(0).map(ArticleId))?;
            Ok(members.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Gives an article that is of another one's story its own story; returns false if it is not, or already has its own.
    pub fn split_story(&self, article: ArticleId, from: ArticleId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, article.0)? else { return Ok(false) };
            let done = story(t, article.0)? == story(t, from.0)? && split(t, article.0)?;
            if done {
                audit(t, who, AuditAction::SplitStory, &title, now)?;
            }
            Ok(done)
        })
    }

    /// Merges the stories of two articles, with all their copies; returns false if one is missing, or they are already one story.
    pub fn merge_stories(&self, article: ArticleId, into: ArticleId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some(title) = title(t, article.0)? else { return Ok(false) };
            let done = merge(t, article.0, into.0)?;
            if done {
                audit(t, who, AuditAction::MergeStories, &title, now)?;
            }
            Ok(done)
        })
    }
}

/// Adjusts the archive to a finished issue: copies named by its items belong to their stories, and no two items have the same
/// story.
pub(super) fn reconcile_stories(t: &Connection, edition: &Edition) -> Result<()> {
    let mut told: Vec<i64> = Vec::new();
    for item in edition.items() {
        // query again each time, because a split may change a story's number
        let before = told.iter().map(|a| story(t, *a)).collect::<Result<HashSet<_>>>()?;
        if before.contains(&story(t, item.article.0)?) {
            split(t, item.article.0)?;
        }
        for copy in item.copies.iter().filter_map(|c| c.article) {
            merge(t, copy.0, item.article.0)?;
        }
        told.push(item.article.0);
    }
    Ok(())
}

fn title(t: &Connection, article: i64) -> Result<Option<String>> {
    Ok(t.prepare_cached("SELECT title FROM article WHERE id = ?1")?.query_row([article], |r| r.get(0)).optional()?)
}

fn story(t: &Connection, article: i64) -> Result<Option<i64>> {
    let found = t.prepare_cached("SELECT coalesce(story_id, id) FROM article WHERE id = ?1")?.query_row([article], |r| r.get(0));
    Ok(found.optional()?)
}

fn split(t: &Connection, article: i64) -> Result<bool> {
    let Some(old) = story(t, article)? else { return Ok(false) };
    let rest: Option<i64> = t.query_row("SELECT min(id) FROM article WHERE story_id = ?1 AND id <> ?2", params![old, article], |r| r.get(0))?;
    let Some(first) = rest else { return Ok(false) };
    if old == article {
        // the story had this article's number: the others take that of the earliest of them
        t.execute("UPDATE article SET story_id = ?1 WHERE story_id = ?2 AND id <> ?2", params![first, old])?;
    }
    t.execute("UPDATE article SET story_id = id WHERE id = ?1", [article])?;
    update_items(t, old)?;
    Ok(true)
}

fn merge(t: &Connection, article: i64, into: i64) -> Result<bool> {
    let (Some(old), Some(new)) = (story(t, article)?, story(t, into)?) else { return Ok(false) };
    if old == new {
        return Ok(false);
    }
    t.execute("UPDATE article SET story_id = ?1 WHERE story_id = ?2 OR id = ?3", params![new, old, article])?;
    // one story has one event
    let event =
        "UPDATE article SET (event_id, event_confidence) = (SELECT event_id, event_confidence FROM article WHERE id = ?2) WHERE story_id = ?1";
    t.execute(event, params![new, into])?;
    update_items(t, old)?;
    Ok(true)
}

/// Points the items of earlier issues to the current number of their story.
fn update_items(t: &Connection, story: i64) -> Result<()> {
    let sql =
        "UPDATE item SET story_id = coalesce((SELECT coalesce(story_id, id) FROM article WHERE id = item.article_id), story_id) WHERE story_id = ?1";
    t.prepare_cached(sql)?.execute([story])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Publication;
    use crate::issue::signing::SigningAction;
    use crate::issue::tests::{article, build_with, now};
    use crate::model::Copy;
    use crate::store::SigningResult;

    /// Articles 1, 2 and 3 have one story, 4 another.
    fn store(dir: &std::path::Path) -> Store {
        let store = Store::open(dir).unwrap();
        let fill = |t: &Connection| {
            t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
            for n in 1..=4 {
                let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)";
                t.execute(entry, [n])?;
                let article = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id)
                               VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', '题', 0, 0, '文', '', iif(?1 = 4, 4, 1))";
                t.execute(article, [n])?;
            }
            Ok(())
        };
        store.write(fill).unwrap();
        store
    }

    fn stories(store: &Store) -> Vec<i64> {
        (1..=4).map(|n| store.headline(ArticleId(n)).unwrap().story.unwrap().0).collect()
    }

    #[test]
    fn an_article_leaves_its_story_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        assert_eq!(store.story_members(ArticleId(2)).unwrap(), [1, 2, 3].map(ArticleId));
        assert_eq!(store.story_members(ArticleId(9)).unwrap(), []);
        assert!(!store.split_story(ArticleId(1), ArticleId(4), "张三", now()).unwrap(), "of another story");
        assert!(store.split_story(ArticleId(1), ArticleId(2), "张三", now()).unwrap());
        assert_eq!(stories(&store), [1, 2, 2, 4], "the others keep together");
        assert!(!store.split_story(ArticleId(1), ArticleId(1), "张三", now()).unwrap(), "it stands alone");
        assert!(store.merge_stories(ArticleId(1), ArticleId(3), "张三", now()).unwrap());
        assert_eq!(stories(&store), [2, 2, 2, 4]);
        assert!(!store.merge_stories(ArticleId(9), ArticleId(3), "张三", now()).unwrap());
    }

    #[test]
    fn a_finished_issue_settles_which_articles_tell_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let news = |id, title: &str, hours| article(id, title, "食品", "行业动态", hours);
        let mut draft = build_with(vec![news(1, "甲县粮油加工", 1), news(2, "乙厂乳品扩产", 20)], &[]).edition;
        let url = draft.columns[0].items[0].url.clone().unwrap();
        draft.columns[0].items[0].copies.push(Copy { publisher: "丁".into(), url, article: Some(ArticleId(4)) });
        let id = store.commit_edition(draft.into(), &Publication::default(), store.whole_archive().range).unwrap().id;
        let done = store.sign_edition(id, 1, &SigningAction::Finalise, &Publication::default(), "张三", now()).unwrap();
        assert!(matches!(done, SigningResult::Done(_)));
        let [a, b, c, d] = stories(&store)[..] else { panic!() };
        assert!(a == c && a == d && a != b, "4 came to 1 and 3; 2 is told apart");
    }
}
