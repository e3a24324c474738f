//! Trains the ranking of a publication on the decisions of its editors, and on issues made before this program.

use chrono::{DateTime, Utc};

use super::Result;
use super::issues::IssueMaker;
use crate::issue;
use crate::model::Classification;
use crate::ranking::{self, CandidateFeatures, Observation, ObservedIssue, Outcome, RankingModel};
use crate::store::ImportedItem;

/// Issues from whose decisions the ranking is learned.
const MAX_ISSUES: usize = 120;
/// Imported issues that count, and articles of the archive beside each of their items: what those editors passed over is not known.
const MAX_IMPORTED: usize = 40;
const BACKGROUND_PER_ITEM: usize = 4;
const MAX_BACKGROUND: usize = 2_000;

impl IssueMaker {
    /// Trains the ranking of a publication, and stores it. Returns `None` if there is nothing to learn from.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn train_ranking(&self, publication: &str, now: DateTime<Utc>) -> Result<Option<RankingModel>> {
        let mut issues = self.imported_issues(publication).await?;
        let name = publication.to_owned();
        issues.extend(self.store.run(move |s| s.observed_issues(&name, MAX_ISSUES)).await?);
        if issues.is_empty() {
            return Ok(None);
        }
        let Some(model) = self.crawler.cpu(move || ranking::train(&issues)).await else { return Ok(None) };
        let (name, stored) = (publication.to_owned(), model.clone());
        self.store.run(move |s| s.add_ranking(&name, &stored, now)).await?;
        Ok(Some(model))
    }

    /// Returns the imported issues: their items were wanted, articles of the archive that were never printed stand for the others.
    async fn imported_issues(&self, publication: &str) -> Result<Vec<ObservedIssue>> {
        let name = publication.to_owned();
        let read = self.store.run(move |s| {
            let mut items: Vec<ImportedItem> = Vec::new();
            s.each_imported_item(&name, |item| items.push(item))?;
            let wanted = (items.len() * BACKGROUND_PER_ITEM).min(MAX_BACKGROUND);
            Ok((items, s.unprinted(wanted)?))
        });
        let (items, unprinted) = read.await?;
        if unprinted.is_empty() {
            return Ok(Vec::new());
        }
        let crawler = std::sync::Arc::clone(&self.crawler);
        let observed = self.crawler.cpu(move || {
            let observe = |title: &str, j: &Classification, outcome| Observation {
                // the classifier's column is no heading that those editors printed
                features: CandidateFeatures { column: String::new(), ..issue::content_features(title, j, crawler.levels()) },
                outcome,
                column: None,
                rank: 0,
                readers: 0,
            };
            let issues: Vec<&[ImportedItem]> = items.chunk_by(|a, b| a.edition == b.edition).collect();
            let mut background = unprinted.iter().cycle();
            let newest = issues.len().saturating_sub(MAX_IMPORTED);
            let one = |items: &&[ImportedItem]| {
                let printed = items.iter().map(|i| observe(&i.title, &crawler.classify_text(&i.title, &i.text), Outcome::Added));
                let printed: Vec<Observation> = printed.collect();
                let others = background.by_ref().take((items.len() * BACKGROUND_PER_ITEM).min(unprinted.len()));
                let others: Vec<Observation> =
                    others.filter_map(|h| Some(observe(&h.title, h.classification.as_ref()?, Outcome::Background))).collect();
                ObservedIssue { date: items.first().map(|i| i.date.to_string()).unwrap_or_default(), observations: [printed, others].concat() }
            };
            issues.iter().skip(newest).map(one).collect()
        });
        Ok(observed.await.unwrap_or_default())
    }
}
