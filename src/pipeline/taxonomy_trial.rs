//! 试算: a changed taxonomy classifies recent articles again; nothing is stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Pipeline, Result};
use crate::classify::Classifier;
use crate::classify::trial::{LabelChange, Trial};
use crate::config::{SourceList, Taxonomy};
use crate::crawl::{CrawlError, hints};
use crate::model::ArticleId;
use crate::store::TrialArticle;

/// How far back a trial looks: the articles that a saved taxonomy classifies again.
pub const TRIAL_DAYS: i64 = 30;
/// Articles that a trial reads at most, and the time after which it stops: a person waits for it.
const MAX_READ: usize = 50_000;
const TIME_LIMIT: Duration = Duration::from_secs(12);
/// Articles named for each label in each direction.
const MAX_NAMED: usize = 40;

/// An article that would get or lose a label.
#[derive(Debug, Clone)]
pub struct TrialRow {
    pub article: ArticleId,
    pub title: String,
    pub source: String,
    /// The words behind the label.
    pub why: Vec<String>,
}

/// What would change for one label.
#[derive(Debug, Clone, Default)]
pub struct LabelTrial {
    pub coming: usize,
    pub going: usize,
    /// Some of the articles that would get it, the newest first.
    pub comes: Vec<TrialRow>,
    /// Some of the articles that would lose it.
    pub goes: Vec<TrialRow>,
}

/// The result of a trial.
#[derive(Debug, Clone, Default)]
pub struct TaxonomyTrial {
    /// By industry or theme.
    pub labels: BTreeMap<String, LabelTrial>,
    /// Articles read, of all of the last days.
    pub tried: usize,
    pub all: usize,
    /// Those with a changed word or label, which were classified again.
    pub classified: usize,
    /// Those that editors labelled: no taxonomy changes them.
    pub corrected: usize,
    pub elapsed: Duration,
}

impl TaxonomyTrial {
    fn add(&mut self, a: &TrialArticle, change: LabelChange) {
        let label = self.labels.entry(change.name).or_default();
        let (count, rows) = if change.comes { (&mut label.coming, &mut label.comes) } else { (&mut label.going, &mut label.goes) };
        *count += 1;
        if rows.len() < MAX_NAMED {
            rows.push(TrialRow { article: a.id, title: a.title.clone(), source: a.source_name.clone(), why: change.why });
        }
    }
}

impl Pipeline {
    /// Tries a taxonomy on the articles of the last days. `renamed` is the old and new name of a renamed topic.
    pub async fn try_taxonomy(
        &self,
        taxonomy: Taxonomy,
        renamed: Option<(String, String)>,
        sources: Arc<SourceList>,
        now: DateTime<Utc>,
    ) -> Result<TaxonomyTrial> {
        let crawler = Arc::clone(self.crawler());
        let tried = self.store().run(move |s| {
            let taxonomy = taxonomy.with_watched(s.watched_by_editors()?, &s.unwatched_by_editors()?).with_firms(s.firms()?);
            let renamed = renamed.as_ref().map(|(from, to)| (from.as_str(), to.as_str()));
            let after = match Classifier::new(taxonomy) {
                Ok(after) => after,
                Err(e) => return Ok(Err(e)),
            };
            let trial = match Trial::new(crawler.classifier(), &after, renamed) {
                Ok(trial) => trial,
                Err(e) => return Ok(Err(e)),
            };
            // what the classifier in force stored need not be computed again
            let is_current = s.rules_of_classifications()? == Some(crawler.classifier().ruleset_version());
            let (mut out, started) = (TaxonomyTrial::default(), Instant::now());
            out.all = s.each_for_trial(now - TimeDelta::days(TRIAL_DAYS), |a| {
                if out.tried == MAX_READ || started.elapsed() > TIME_LIMIT {
                    return false;
                }
                out.tried += 1;
                if a.classification.as_ref().is_some_and(|c| c.manually_edited) {
                    out.corrected += 1;
                } else if trial.may_differ(&a.title, &a.text, a.classification.as_ref()) {
                    out.classified += 1;
                    let current = a.classification.as_ref().filter(|_| is_current);
                    for change in trial.changes(&a.title, &a.text, &hints(&sources, &a.source), current) {
                        out.add(&a, change);
                    }
                }
                true
            })?;
            out.elapsed = started.elapsed();
            Ok(Ok(out))
        });
        Ok(tried.await?.map_err(CrawlError::Taxonomy)?)
    }
}
