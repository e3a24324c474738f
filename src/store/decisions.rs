//! What editors decided on the candidates of issues, and the rankings trained on it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::issue::RankedCandidate;
use crate::issue::edit::{Change, DropReason};
use crate::model::{ArticleId, Edition, EditionId, Headline, Item};
use crate::ranking::{CandidateFeatures, Observation, ObservedIssue, Outcome, RankingModel};
use crate::store::{Result, Store, invalid_value};

/// For stored rankings.
const ZSTD_LEVEL: i32 = 3;
/// Trained rankings kept per publication.
const MAX_MODELS: i64 = 30;
/// How long an article counts as just opened.
const OPENED: TimeDelta = TimeDelta::hours(12);

/// What an editor did with an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionAction {
    /// Printed in a final issue; the detail is its column.
    Kept,
    Dropped,
    /// Moved to another column.
    Moved,
    /// Moved towards the front of its column.
    PutUp,
    Retitled,
    Rewritten,
    Merged,
    /// Its labels were corrected.
    Corrected,
    /// Added by hand.
    Added,
    /// Its page was opened.
    Opened,
    /// A reader said 有用, 没用, or wrote 批示; the detail is its text.
    Useful,
    Useless,
    Remark,
}

impl DecisionAction {
    const ALL: [Self; 13] = [
        Self::Kept,
        Self::Dropped,
        Self::Moved,
        Self::PutUp,
        Self::Retitled,
        Self::Rewritten,
        Self::Merged,
        Self::Corrected,
        Self::Added,
        Self::Opened,
        Self::Useful,
        Self::Useless,
        Self::Remark,
    ];

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == code)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Dropped => "dropped",
            Self::Moved => "moved",
            Self::PutUp => "put-up",
            Self::Retitled => "retitled",
            Self::Rewritten => "rewritten",
            Self::Merged => "merged",
            Self::Corrected => "corrected",
            Self::Added => "added",
            Self::Opened => "opened",
            Self::Useful => "useful",
            Self::Useless => "useless",
            Self::Remark => "remark",
        }
    }
}

/// A trained ranking.
#[derive(Debug)]
pub struct StoredRanking {
    pub trained_at: DateTime<Utc>,
    pub model: RankingModel,
}

/// Replaces the candidates of a draft.
pub(super) fn replace_candidates(t: &Connection, id: EditionId, candidates: &[RankedCandidate]) -> Result<()> {
    t.execute("DELETE FROM candidate WHERE edition_id = ?1", [id.0])?;
    let sql = "INSERT OR IGNORE INTO candidate (edition_id, article_id, rank, was_proposed, features) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = t.prepare_cached(sql)?;
    for c in candidates {
        let features = serde_json::to_string(&c.features).map_err(invalid_value("features"))?;
        insert.execute(params![id.0, c.article.0, i64::try_from(c.rank).unwrap_or(i64::MAX), c.was_proposed, features])?;
    }
    Ok(())
}

/// Records a decision.
pub(super) fn record(
    t: &Connection,
    edition: Option<EditionId>,
    article: ArticleId,
    action: DecisionAction,
    detail: &str,
    who: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    t.prepare_cached("INSERT INTO decision (edition_id, article_id, action, detail, who, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        edition.map(|e| e.0),
        article.0,
        action.as_str(),
        detail,
        who,
        now.timestamp()
    ])?;
    Ok(())
}

/// Records what changes of an edition decided.
pub(super) fn record_changes(t: &Connection, before: &Edition, after: &Edition, changes: &[Change], who: &str, now: DateTime<Utc>) -> Result<()> {
    let put = |article: ArticleId, action, detail: &str| record(t, Some(after.id), article, action, detail, who, now);
    for change in changes {
        match change {
            Change::Drop { articles, reason } => articles.iter().try_for_each(|a| put(*a, DecisionAction::Dropped, reason.as_str()))?,
            Change::Move { article, .. } | Change::Shift { article, .. } => {
                if let Some((action, column)) = moved(before, after, *article) {
                    put(*article, action, column)?;
                }
            }
            Change::Rewrite { article, title, summary, text, note } => {
                if title.is_some() {
                    put(*article, DecisionAction::Retitled, "")?;
                }
                if summary.is_some() || text.is_some() || note.is_some() {
                    put(*article, DecisionAction::Rewritten, "")?;
                }
            }
            Change::Merge { article, into } => put(*article, DecisionAction::Merged, &into.0.to_string())?,
            Change::Add { item, column } => {
                put(item.article, DecisionAction::Added, column)?;
                add_candidate(t, after.id, item, column)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns how an item was moved, and its column.
fn moved<'a>(before: &Edition, after: &'a Edition, article: ArticleId) -> Option<(DecisionAction, &'a str)> {
    let place = |e: &Edition| e.columns.iter().enumerate().find_map(|(at, c)| Some((at, c.items.iter().position(|i| i.article == article)?)));
    let ((old, was), (new, is)) = (place(before)?, place(after)?);
    let column = after.columns.get(new)?.name.as_str();
    match () {
        () if old != new => Some((DecisionAction::Moved, column)),
        () if is < was => Some((DecisionAction::PutUp, column)),
        () => None,
    }
}

/// Stores an item that no draft had among its candidates: what is known of it is what the item tells.
fn add_candidate(t: &Connection, id: EditionId, item: &Item, column: &str) -> Result<()> {
    let features = CandidateFeatures {
        title: item.title.clone(),
        column: column.to_owned(),
        industries: item.industries.clone(),
        themes: item.themes.clone(),
        places: item.places.clone(),
        region: item.region_scope.clone(),
        publisher: item.publisher.clone(),
        keywords: item.keywords.clone(),
        ..CandidateFeatures::default()
    };
    let features = serde_json::to_string(&features).map_err(invalid_value("features"))?;
    t.prepare_cached("INSERT OR IGNORE INTO candidate (edition_id, article_id, rank, was_proposed, features) VALUES (?1, ?2, 0, 0, ?3)")?
        .execute(params![id.0, item.article.0, features])?;
    Ok(())
}

/// Records the items of a final issue.
pub(super) fn record_kept(t: &Connection, edition: &Edition, who: &str, now: DateTime<Utc>) -> Result<()> {
    t.execute("DELETE FROM decision WHERE edition_id = ?1 AND action = 'kept'", [edition.id.0])?;
    for column in &edition.columns {
        for item in &column.items {
            record(t, Some(edition.id), item.article, DecisionAction::Kept, &column.name, who, now)?;
        }
    }
    Ok(())
}

impl Store {
    /// Records that an editor opened the page of an article, once in a while.
    pub fn record_opened(&self, article: ArticleId, who: &str, now: DateTime<Utc>) -> Result<()> {
        let known = self.read(|c| {
            let sql = "SELECT 1 FROM decision WHERE article_id = ?1 AND action = 'opened' AND who = ?2 AND at > ?3 AND edition_id IS NULL";
            Ok(c.prepare_cached(sql)?.query_row(params![article.0, who, (now - OPENED).timestamp()], |_| Ok(())).optional()?.is_some())
        })?;
        if known {
            return Ok(());
        }
        self.write(|t| record(t, None, article, DecisionAction::Opened, "", who, now))
    }

    /// Returns the last final issues of a publication with candidates, oldest first.
    pub fn observed_issues(&self, publication: &str, most: usize) -> Result<Vec<ObservedIssue>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT e.id, e.date, c.rank, c.was_proposed, c.features,
                   (SELECT iif(d.action = 'merged', 'repeated', d.detail) FROM decision d WHERE d.edition_id = e.id AND d.article_id = c.article_id
                    AND d.action IN ('dropped', 'merged') ORDER BY d.id DESC LIMIT 1),
                   (SELECT d.detail FROM decision d WHERE d.edition_id = e.id AND d.article_id = c.article_id AND d.action = 'kept'),
                   EXISTS (SELECT 1 FROM decision d WHERE d.edition_id IS NULL AND d.article_id = c.article_id AND d.action = 'opened'),
                   (SELECT coalesce(sum(iif(d.action = 'useful', 1, -1)), 0) FROM decision d WHERE d.edition_id = e.id AND d.article_id = c.article_id
                    AND d.action IN ('useful', 'useless'))
                 FROM (SELECT id, date FROM edition WHERE publication = ?1 AND json_extract(payload, '$.finalised')
                       AND EXISTS (SELECT 1 FROM candidate WHERE edition_id = edition.id) ORDER BY date DESC, id DESC LIMIT ?2) e
                 JOIN candidate c ON c.edition_id = e.id ORDER BY e.date, e.id, c.was_proposed DESC, c.rank",
            )?;
            let mut rows = s.query(params![publication, i64::try_from(most).unwrap_or(i64::MAX)])?;
            let (mut out, mut last): (Vec<ObservedIssue>, Option<i64>) = (Vec::new(), None);
            while let Some(r) = rows.next()? {
                let id: i64 = r.get(0)?;
                if last != Some(id) {
                    last = Some(id);
                    out.push(ObservedIssue { date: r.get(1)?, observations: Vec::new() });
                }
                let (reason, printed): (Option<String>, Option<String>) = (r.get(5)?, r.get(6)?);
                let observation = Observation {
                    features: serde_json::from_str(&r.get::<_, String>(4)?).map_err(invalid_value("features"))?,
                    outcome: outcome(r.get(3)?, printed.is_some(), r.get(7)?, reason.as_deref().and_then(DropReason::parse)),
                    column: printed.filter(|column| !column.is_empty()),
                    rank: usize::try_from(r.get::<_, i64>(2)?).unwrap_or(0),
                    readers: r.get(8)?,
                };
                out.last_mut().into_iter().for_each(|issue| issue.observations.push(observation.clone()));
            }
            Ok(out)
        })
    }

    /// Returns the newest classified articles that no issue printed.
    pub fn unprinted(&self, most: usize) -> Result<Vec<Headline>> {
        let rest = "WHERE a.judgement IS NOT NULL AND NOT EXISTS (SELECT 1 FROM item i WHERE i.article_id = a.id) ORDER BY a.id DESC LIMIT ?1";
        self.headlines(rest, params![i64::try_from(most).unwrap_or(i64::MAX)])
    }

    /// Stores a trained ranking; the oldest ones go.
    pub fn add_ranking(&self, publication: &str, model: &RankingModel, now: DateTime<Utc>) -> Result<()> {
        let json = serde_json::to_vec(model).map_err(invalid_value("ranking"))?;
        let packed = zstd::encode_all(json.as_slice(), ZSTD_LEVEL).map_err(invalid_value("ranking"))?;
        self.write(|t| {
            t.execute(
                "INSERT INTO ranking_model (publication, trained_at, share, model) VALUES (?1, ?2, ?3, ?4)",
                params![publication, now.timestamp(), model.share, packed],
            )?;
            let old = "DELETE FROM ranking_model WHERE publication = ?1 AND id NOT IN
                         (SELECT id FROM ranking_model WHERE publication = ?1 ORDER BY id DESC LIMIT ?2)";
            t.execute(old, params![publication, MAX_MODELS])?;
            Ok(())
        })
    }

    /// Returns the newest ranking of a publication.
    pub fn ranking(&self, publication: &str) -> Result<Option<StoredRanking>> {
        self.read(|c| {
            let sql = "SELECT trained_at, model FROM ranking_model WHERE publication = ?1 ORDER BY id DESC LIMIT 1";
            let row: Option<(i64, Vec<u8>)> = c.prepare_cached(sql)?.query_row([publication], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            row.map(|(at, packed)| {
                let json = zstd::decode_all(packed.as_slice()).map_err(invalid_value("ranking"))?;
                Ok(StoredRanking {
                    trained_at: DateTime::from_timestamp(at, 0).unwrap_or_default(),
                    model: serde_json::from_slice(&json).map_err(invalid_value("ranking"))?,
                })
            })
            .transpose()
        })
    }

    /// Returns how many items editors kept since a time, and for each reason as stored how many they dropped, the most first.
    pub fn kept_and_dropped(&self, publication: Option<&str>, since: DateTime<Utc>) -> Result<(u32, Vec<(String, u32)>)> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT action = 'kept', iif(action = 'kept', '', detail), count(*) FROM decision WHERE at >= ?1 AND action IN ('kept', 'dropped')
                 AND (?2 IS NULL OR edition_id IN (SELECT id FROM edition WHERE publication = ?2)) GROUP BY 1, 2 ORDER BY 3 DESC",
            )?;
            let mut rows = s.query(params![since.timestamp(), publication])?;
            let (mut kept, mut dropped) = (0, Vec::new());
            while let Some(r) = rows.next()? {
                if r.get(0)? {
                    kept += r.get::<_, u32>(2)?;
                } else {
                    dropped.push((r.get(1)?, r.get(2)?));
                }
            }
            Ok((kept, dropped))
        })
    }

    /// Returns the number of decisions since a moment by action, most frequent first.
    pub fn decision_counts(&self, publication: Option<&str>, since: DateTime<Utc>) -> Result<Vec<(DecisionAction, usize)>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                // a drop that was undone does not count
                "SELECT action, count(*) FROM decision d WHERE at >= ?1 AND (?2 IS NULL OR edition_id IN (SELECT id FROM edition WHERE publication = ?2)) AND NOT (action = 'dropped' AND EXISTS (SELECT 1 FROM decision k
                   WHERE k.edition_id = d.edition_id AND k.article_id = d.article_id AND k.action = 'kept')) GROUP BY 1 ORDER BY 2 DESC, 1",
            )?;
            let mut rows = s.query(params![since.timestamp(), publication])?;
            let mut out = Vec::new();
            while let Some(r) = rows.next()? {
                let code: String = r.get(0)?;
                out.extend(DecisionAction::parse(&code).map(|a| (a, r.get::<_, i64>(1))));
            }
            out.into_iter().map(|(a, n)| Ok((a, usize::try_from(n?).unwrap_or(0)))).collect()
        })
    }

    /// Returns when the newest issue became final, or was imported; `None` without any.
    pub fn last_taught(&self, publication: &str) -> Result<Option<DateTime<Utc>>> {
        self.read(|c| {
            let sql = "SELECT max(at) FROM (
                         SELECT d.at FROM edition e JOIN decision d ON d.edition_id = e.id WHERE e.publication = ?1 AND d.action = 'kept'
                         UNION ALL SELECT imported_at FROM imported_issue WHERE publication = ?1)";
            let at: Option<i64> = c.prepare_cached(sql)?.query_row([publication], |r| r.get(0))?;
            Ok(at.and_then(|at| DateTime::from_timestamp(at, 0)))
        })
    }
}

fn outcome(was_proposed: bool, is_printed: bool, was_opened: bool, reason: Option<DropReason>) -> Outcome {
    match (was_proposed, is_printed) {
        (true, true) => Outcome::Kept,
        (false, true) => Outcome::Added,
        (true, false) if matches!(reason, Some(DropReason::Repeated | DropReason::ReportedBefore)) => Outcome::Repeated,
        (true, false) => Outcome::Dropped,
        (false, false) if was_opened => Outcome::Left,
        (false, false) => Outcome::PassedOver,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Publication;
    use crate::issue::edit::{Edit, Place};
    use crate::issue::signing::SigningAction;
    use crate::issue::tests::{article, build_with, now};
    use crate::store::{Direction, EditResult, SigningResult};

    /// A store with a draft of these articles.
    struct Desk {
        _dir: tempfile::TempDir,
        store: Store,
        id: EditionId,
        version: u32,
    }

    impl Desk {
        fn new(articles: i64) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path()).unwrap();
            let titles =
                ["甲县水泥错峰生产", "乙市粮油加工投产", "丙厂瓷砖出口", "丁园区签约", "戊企业扩产", "己市场调查", "庚项目开工", "辛协会成立"];
            let made = (1..=articles).map(|n| article(n, titles[usize::try_from(n).unwrap() - 1], "食品", "行业动态", n)).collect();
            let draft = build_with(made, &[]);
            let id = store.commit_edition(draft, &Publication::default(), store.whole_archive().range).unwrap().id;
            Self { _dir: dir, store, id, version: 1 }
        }

        fn change(&mut self, change: Change) {
            let done = self.store.change_edition(self.id, &[change], "张三", now()).unwrap();
            assert!(matches!(done, EditResult::Updated(_)), "{done:?}");
            self.version += 1;
        }

        fn drop_item(&mut self, article: i64, reason: DropReason) {
            self.change(Change::Drop { articles: vec![ArticleId(article)], reason });
        }

        fn finish(&self) -> Vec<(i64, Outcome, Option<String>)> {
            let done = self.store.sign_edition(self.id, self.version, &SigningAction::Finalise, &Publication::default(), "张三", now()).unwrap();
            assert!(matches!(done, SigningResult::Done(_)));
            let issues = self.store.observed_issues(&Publication::default().name, 9).unwrap();
            let ids: Vec<i64> = self
                .store
                .read(|c| {
                    let mut s = c.prepare("SELECT article_id FROM candidate ORDER BY was_proposed DESC, rank")?;
                    Ok(s.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
                })
                .unwrap();
            ids.into_iter().zip(&issues[0].observations).map(|(id, o)| (id, o.outcome, o.column.clone())).collect()
        }
    }

    fn outcome_of(found: &[(i64, Outcome, Option<String>)], id: i64) -> (Outcome, Option<&str>) {
        found.iter().find(|f| f.0 == id).map(|f| (f.1, f.2.as_deref())).unwrap()
    }

    #[test]
    fn what_became_of_each_candidate_is_read_from_the_final_issue() {
        let mut desk = Desk::new(6);
        desk.drop_item(1, DropReason::OffTopic);
        desk.drop_item(2, DropReason::ReportedBefore);
        desk.drop_item(3, DropReason::Stale);
        let undone = desk.store.step_edition(desk.id, desk.version, Direction::Back, "张三", now()).unwrap();
        assert!(matches!(undone, EditResult::Updated(_)));
        desk.version += 1;
        desk.change(Change::Move { article: ArticleId(4), column: "财经数据".into(), place: Place::End });
        desk.change(Change::Rewrite {
            article: ArticleId(5), title: Some(Edit::any("戊企业扩大生产")), summary: None, text: None, note: None
        });
        desk.change(Change::Merge { article: ArticleId(6), into: ArticleId(5) });
        let found = desk.finish();
        assert_eq!(outcome_of(&found, 1), (Outcome::Dropped, None));
        assert_eq!(outcome_of(&found, 2), (Outcome::Repeated, None));
        assert_eq!(outcome_of(&found, 3), (Outcome::Kept, Some("行业动态")), "the drop was undone");
        assert_eq!(outcome_of(&found, 4), (Outcome::Kept, Some("财经数据")));
        assert_eq!(outcome_of(&found, 6), (Outcome::Repeated, None), "merged");
        let counts = desk.store.decision_counts(None, DateTime::UNIX_EPOCH).unwrap();
        let expected = [
            (DecisionAction::Kept, 3),
            (DecisionAction::Dropped, 2),
            (DecisionAction::Merged, 1),
            (DecisionAction::Moved, 1),
            (DecisionAction::Retitled, 1),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn an_item_added_by_hand_and_one_passed_over_are_told_apart() {
        let mut desk = Desk::new(8);
        let added = crate::model::Item {
            article: ArticleId(77),
            title: "癸厂投产".into(),
            ..desk.store.edition(desk.id).unwrap().unwrap().items().next().unwrap().clone()
        };
        desk.change(Change::Add { item: Box::new(added), column: "行业趋势".into() });
        let passed = RankedCandidate { article: ArticleId(78), rank: 1, was_proposed: false, features: CandidateFeatures::default() };
        desk.store
            .write(|t| {
                let sql = "INSERT INTO candidate (edition_id, article_id, rank, was_proposed, features) VALUES (?1, ?2, 1, 0, '{}')";
                Ok(t.execute(sql, params![desk.id.0, passed.article.0])?)
            })
            .unwrap();
        let found = desk.finish();
        assert_eq!(outcome_of(&found, 78).0, Outcome::PassedOver);
        assert_eq!(outcome_of(&found, 77), (Outcome::Added, Some("行业趋势")));
    }

    #[test]
    fn an_opened_article_is_recorded_once_in_a_while() {
        let desk = Desk::new(1);
        for hours in [0, 1, 13] {
            desk.store.record_opened(ArticleId(1), "张三", now() + TimeDelta::hours(hours)).unwrap();
        }
        desk.store.record_opened(ArticleId(1), "李四", now()).unwrap();
        assert_eq!(desk.store.decision_counts(None, DateTime::UNIX_EPOCH).unwrap(), [(DecisionAction::Opened, 3)]);
    }

    #[test]
    fn the_newest_ranking_is_read_as_it_was_stored_and_old_ones_go() {
        let desk = Desk::new(1);
        assert!(desk.store.ranking("甲").unwrap().is_none());
        for n in 0..40 {
            let model = RankingModel { issues: n, share: 0.7, ..RankingModel::default() };
            desk.store.add_ranking("甲", &model, now()).unwrap();
        }
        let newest = desk.store.ranking("甲").unwrap().unwrap();
        assert_eq!((newest.model.issues, newest.trained_at), (39, now()));
        let kept: i64 = desk.store.read(|c| Ok(c.query_row("SELECT count(*) FROM ranking_model", [], |r| r.get(0))?)).unwrap();
        assert_eq!(kept, MAX_MODELS);
    }
}
