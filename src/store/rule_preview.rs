//! What a rule excludes, or would have excluded, of the archive.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::params;

use crate::exclusions::RuleSet;
use crate::issue::may_be_chosen;
use crate::model::{ArticleId, EditionId, Headline, RuleDraft, RuleEvidence, RuleId};
use crate::store::{Result, Store, invalid_value};

/// Articles that are tried at most: the newest.
const MAX_TRIED: usize = 20_000;

/// An article that a rule excludes.
#[derive(Debug, Clone)]
pub struct RuleHit {
    pub headline: Headline,
    pub evidence: Vec<RuleEvidence>,
    /// It is in a final issue.
    pub is_printed: bool,
}

/// An open draft with items that a rule excludes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftWithHits {
    pub edition: EditionId,
    pub publication: String,
    pub date: NaiveDate,
    pub items: usize,
}

/// What a rule excludes of the articles since a time. Articles off topic are only counted if they were printed or stand in a draft.
#[derive(Debug, Clone, Default)]
pub struct RulePreview {
    /// Those that might be chosen without it, were printed or stand in a draft.
    pub matching: usize,
    /// Those of them that were printed, of all that were.
    pub printed: usize,
    pub printed_of: usize,
    /// Articles beside the matching ones that would not be chosen without it either: doubtful texts and those of little worth.
    pub unfit: usize,
    /// Open drafts that have some of them, the newest first.
    pub drafts: Vec<DraftWithHits>,
    /// Some of them: printed ones first, then the newest.
    pub hits: Vec<RuleHit>,
    /// Articles tried, and whether those are all.
    pub tried: usize,
    pub is_complete: bool,
}

impl Store {
    /// Tries a rule on the articles since a time, in the issues of its publication; names `most` of those that it excludes.
    pub fn preview_rule(&self, draft: &RuleDraft, since: DateTime<Utc>, most: usize) -> Result<RulePreview> {
        let printed = self.printed_since(draft.publication.as_deref(), since)?;
        let mut in_drafts = self.open_drafts(draft.publication.as_deref())?;
        let rules = self.compile(std::iter::once((RuleId(0), draft.clone())))?;
        let mut out = RulePreview { is_complete: true, printed_of: printed.len(), ..RulePreview::default() };
        let (mut others, mut found) = (Vec::new(), BTreeMap::new());
        let rest = "WHERE a.fetched >= ?1 AND a.judgement IS NOT NULL ORDER BY a.id DESC LIMIT ?2";
        let limit = i64::try_from(MAX_TRIED + 1).unwrap_or(i64::MAX);
        self.each_headline(rest, params![since.timestamp(), limit], |h| {
            if out.tried == MAX_TRIED {
                out.is_complete = false;
                return Ok(());
            }
            out.tried += 1;
            let is_printed = printed.contains(&h.id);
            let drafts = in_drafts.remove(&h.id).unwrap_or_default();
            let is_shown = is_printed || !drafts.is_empty();
            if !is_shown && !h.classification.as_ref().is_some_and(crate::model::Classification::on_topic) {
                return Ok(());
            }
            let Some(evidence) = self.excluded_by(&rules, &h)? else { return Ok(()) };
            if !is_shown && !may_be_chosen(&h) {
                out.unfit += 1;
                return Ok(());
            }
            for draft in drafts {
                found.entry(std::cmp::Reverse(draft.edition)).or_insert(draft).items += 1;
            }
            out.matching += 1;
            out.printed += usize::from(is_printed);
            let list = if is_printed { &mut out.hits } else { &mut others };
            if list.len() < most {
                list.push(RuleHit { headline: h, evidence, is_printed });
            }
            Ok(())
        })?;
        out.hits.extend(others);
        out.hits.truncate(most);
        out.drafts = found.into_values().collect();
        Ok(out)
    }

    fn excluded_by(&self, rules: &RuleSet, h: &Headline) -> Result<Option<Vec<RuleEvidence>>> {
        let text = if rules.needs_text() { self.text(h.id)? } else { String::new() };
        Ok(rules.find(h, &text).into_iter().next().map(|m| m.evidence))
    }

    /// Returns the articles of the drafts that editors work on, each with those drafts: of each publication the newest issue of its
    /// calendar, and those beside the calendar.
    fn open_drafts(&self, publication: Option<&str>) -> Result<HashMap<ArticleId, Vec<DraftWithHits>>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT i.article_id, e.id, e.publication, e.date FROM edition e JOIN item i ON i.edition_id = e.id
                 WHERE NOT coalesce(json_extract(e.payload, '$.finalised'), 0) AND (?1 IS NULL OR e.publication = ?1)
                   AND (NOT e.scheduled OR e.date = (SELECT max(n.date) FROM edition n WHERE n.publication = e.publication AND n.scheduled))",
            )?;
            let mut rows = s.query(params![publication])?;
            let mut out: HashMap<ArticleId, Vec<DraftWithHits>> = HashMap::new();
            while let Some(r) = rows.next()? {
                let date = r.get::<_, String>(3)?.parse().map_err(invalid_value("date of an edition"))?;
                let draft = DraftWithHits { edition: EditionId(r.get(1)?), publication: r.get(2)?, date, items: 0 };
                out.entry(ArticleId(r.get(0)?)).or_default().push(draft);
            }
            Ok(out)
        })
    }

    /// Returns the articles of final issues made since a time, of one publication or of all.
    fn printed_since(&self, publication: Option<&str>, since: DateTime<Utc>) -> Result<HashSet<ArticleId>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT i.article_id FROM edition e JOIN item i ON i.edition_id = e.id
                 WHERE e.built >= ?1 AND (?2 IS NULL OR e.publication = ?2) AND json_extract(e.payload, '$.finalised')",
            )?;
            let ids = s.query_map(params![since.timestamp(), publication], |r| r.get(0).map(ArticleId))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }
}
