//! What a rule excludes, or would have excluded, of the archive.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::exclusions::RuleSet;
use crate::model::{ArticleId, Headline, RuleDraft, RuleEvidence, RuleId};
use crate::store::{Result, Store};

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

/// What a rule excludes of the articles since a time. Articles off topic are not counted: they are no candidates without it.
#[derive(Debug, Clone, Default)]
pub struct RulePreview {
    pub matching: usize,
    /// Those of them that were printed.
    pub printed: usize,
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
        let rules = self.compile(std::iter::once((RuleId(0), draft.clone())))?;
        let mut out = RulePreview { is_complete: true, ..RulePreview::default() };
        let mut others = Vec::new();
        let rest = "WHERE a.fetched >= ?1 AND a.judgement IS NOT NULL ORDER BY a.id DESC LIMIT ?2";
        let limit = i64::try_from(MAX_TRIED + 1).unwrap_or(i64::MAX);
        self.each_headline(rest, params![since.timestamp(), limit], |h| {
            if out.tried == MAX_TRIED {
                out.is_complete = false;
                return Ok(());
            }
            out.tried += 1;
            let is_printed = printed.contains(&h.id);
            if !is_printed && !h.classification.as_ref().is_some_and(crate::model::Classification::on_topic) {
                return Ok(());
            }
            let Some(evidence) = self.excluded_by(&rules, &h)? else { return Ok(()) };
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
        Ok(out)
    }

    fn excluded_by(&self, rules: &RuleSet, h: &Headline) -> Result<Option<Vec<RuleEvidence>>> {
        let text = if rules.needs_text() { self.text(h.id)? } else { String::new() };
        Ok(rules.find(h, &text).into_iter().next().map(|m| m.evidence))
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
