//! Builds an edition from classified articles: one item per story, ranked, spread over industries and sources, sorted into columns.
//!
//! Pure: the same articles, settings and time give the same edition. Each item lists the reasons for its place.

mod archive;
mod assessment;
mod candidate;
mod candidate_pool;
mod change;
mod choice;
pub mod edit;
mod eligibility;
pub mod feedback;
mod fields;
pub mod foreword;
mod input;
mod item;
pub mod notice;
mod rank;
mod recipient_filter;
mod relative_dates;
pub mod rewrite;
mod same_story;
mod screen;
pub(crate) mod sentence_model;
pub(crate) mod sentence_training;
pub mod sentences;
pub mod signing;
mod similar_headlines;
pub mod steps;
pub mod summarise;
#[cfg(test)]
pub(crate) mod tests;
mod why_not;

use std::collections::{HashMap, HashSet};

use crate::config::settings::Publication;
use crate::model::{ArticleId, ColumnItems, Edition, EditionId, Headline, Health, Item, MadeBy, Series, Signing, StoryId, Trend, WEEKS};
use crate::ranking::{CandidateFeatures, Ranking};

pub use archive::{Archive, InMemory};
use candidate_pool::Pool;
use choice::Choice;
pub use eligibility::{NotChosen, may_be_chosen};
pub use input::{IssueInput, PreviousItem};
pub use item::{manual_item, summary};
pub use rank::{content_features, feature_label, learned_reason};
pub use recipient_filter::{ItemSubjects, filter_for_recipient};
pub use same_story::{SameStory, same_story};
use screen::Verdict;
pub use screen::{DroppedStory, Exclusion, Screen};
pub use why_not::why_not;

/// Candidates beside the items that are stored with an edition: as many as editors look through.
const REMEMBERED_CANDIDATES: usize = 80;

/// An unnumbered edition and its stories.
#[derive(Debug)]
pub struct Draft {
    pub edition: Edition,
    /// Story and article of each item.
    pub stories: Vec<(StoryId, ArticleId)>,
    /// The items and the best of the other candidates, as the ranking saw them.
    pub candidates: Vec<RankedCandidate>,
}

impl From<Edition> for Draft {
    fn from(edition: Edition) -> Self {
        Self { edition, stories: Vec::new(), candidates: Vec::new() }
    }
}

/// A candidate of an edition.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedCandidate {
    pub article: ArticleId,
    /// Its place among the items, or among the other candidates; from 1.
    pub rank: usize,
    pub was_proposed: bool,
    pub features: CandidateFeatures,
}

/// Builds the edition of a day.
///
/// # Errors
/// If the archive cannot be read.
pub fn build<A: Archive>(input: &IssueInput<'_>, archive: &A) -> Result<Draft, A::Error> {
    let publication = input.publication;
    let Screened { pool, returning, .. } = pool(input, archive)?;
    let (articles, stories) = pool.counts();
    let mut health = input.health.clone();
    health.merged = articles - stories;
    let candidates = pool.candidates(input);
    health.candidates += candidates.len();
    let (mut stories, mut columns, mut ranked, mut others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (column, Choice { chosen, others: rest }) in publication.columns.iter().zip(choice::choose(candidates, input, archive)?) {
        stories.extend(chosen.iter().map(|c| (c.story, c.lead)));
        others.extend(rest);
        let mut items = Vec::with_capacity(chosen.len());
        for c in &chosen {
            let lead = archive.headline(c.lead)?;
            let features = c.features(&lead, input);
            items.push(Item { print: column.print, ..item::of_candidate(c, &lead, &features, returning.get(&c.lead), input, archive)? });
            ranked.push(RankedCandidate { article: c.lead, rank: ranked.len() + 1, was_proposed: true, features });
        }
        columns.push(ColumnItems { name: column.name.clone(), items });
    }
    others.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.story.cmp(&b.story)));
    for (c, rank) in others.iter().take(REMEMBERED_CANDIDATES).zip(1..) {
        let features = c.features(&archive.headline(c.lead)?, input);
        ranked.push(RankedCandidate { article: c.lead, rank, was_proposed: false, features });
    }
    mark_uncertain(&mut columns, &ranked, input.ranking);
    Ok(Draft { edition: edition(input, columns, health), stories, candidates: ranked })
}

/// Marks the least certain tenth of the items for an editor's look.
fn mark_uncertain(columns: &mut [ColumnItems], candidates: &[RankedCandidate], ranking: Option<&Ranking>) {
    let Some(ranking) = ranking.filter(|r| r.is_active()) else { return };
    let mut unsure: Vec<(f64, ArticleId)> =
        candidates.iter().filter(|c| c.was_proposed).map(|c| ((ranking.probability(&c.features) - 0.5).abs(), c.article)).collect();
    unsure.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.0.cmp(&b.1.0)));
    unsure.truncate(unsure.len().div_ceil(10));
    for item in columns.iter_mut().flat_map(|c| &mut c.items) {
        item.is_uncertain = unsure.iter().any(|(_, article)| *article == item.article);
    }
}

/// Returns an edition without items, for editors to fill.
pub fn empty(input: &IssueInput<'_>) -> Edition {
    let columns = input.publication.columns.iter().map(|c| ColumnItems { name: c.name.clone(), items: Vec::new() }).collect();
    edition(input, columns, input.health.clone())
}

fn edition(input: &IssueInput<'_>, columns: Vec<ColumnItems>, health: Health) -> Edition {
    let publication = input.publication;
    let mut edition = Edition {
        id: EditionId(0),
        publication: publication.name.clone(),
        organiser: publication.organiser.clone(),
        year: 0,
        number_in_year: 0,
        cumulative_number: 0,
        date: input.date,
        built_at: Some(input.now),
        is_final: false,
        made_by: MadeBy::ThisProgram,
        series: Series::Regular,
        layout: publication.layout,
        signing: Signing::default(),
        classification_notice: publication.classification_notice.clone(),
        printer: publication.printer.clone(),
        imprint: publication.imprint.clone(),
        trend: with_all_industries(&input.trend, &columns),
        trend_is_before: true,
        foreword: String::new(),
        foreword_edited: false,
        foreword_template: publication.foreword.clone(),
        rising: input.rising.clone(),
        home: input.levels.first().cloned().unwrap_or_default(),
        own_items: 0,
        printed_grades: publication.grades,
        columns,
        health,
    };
    edition.foreword = foreword::compose(&edition);
    edition
}

/// The articles of the window that match a publication.
#[derive(Default)]
struct Screened {
    pool: Pool,
    /// Articles of dropped stories that tell something new, each with its reason.
    returning: HashMap<ArticleId, String>,
    /// Articles that would be candidates if editors wanted them, one per story.
    excluded: Vec<(ArticleId, Exclusion)>,
}

fn pool<A: Archive>(input: &IssueInput<'_>, archive: &A) -> Result<Screened, A::Error> {
    let (mut out, mut failed) = (Screened::default(), None);
    let mut stories = HashSet::new();
    archive.each(&mut |h| {
        if failed.is_some() || !matches_publication(h, input.publication) {
            return;
        }
        match input.screen.judge(h, |id| archive.text(id)) {
            Ok(Verdict::Candidate) => out.pool.add(h, input),
            Ok(Verdict::Returns(reason)) => {
                out.returning.insert(h.id, reason);
                out.pool.add(h, input);
            }
            Ok(Verdict::Excluded(why)) => {
                let story = h.story.unwrap_or(StoryId(h.id.0));
                if may_be_chosen(h) && !input.published.contains(&story) && stories.insert(story) {
                    out.excluded.push((h.id, why));
                }
            }
            Err(e) => failed = Some(e),
        }
    })?;
    failed.map_or(Ok(out), Err)
}

/// The candidates of an issue.
#[derive(Debug, Default)]
pub struct CandidateList {
    /// Article and rank score of each story that may become an item, best first.
    pub scores: Vec<(ArticleId, f64)>,
    /// Articles that a rule excludes, or whose story was dropped.
    pub excluded: Vec<(ArticleId, Exclusion)>,
}

/// Ranks the candidates as [`build`] does.
///
/// # Errors
/// If the archive cannot be read.
pub fn rank_candidates<A: Archive>(input: &IssueInput<'_>, archive: &A, most: usize) -> Result<CandidateList, A::Error> {
    let Screened { pool, excluded, .. } = pool(input, archive)?;
    let mut scores: Vec<(ArticleId, f64)> = pool.candidates(input).iter().map(|c| (c.lead, c.score)).collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.0.cmp(&a.0.0)));
    scores.truncate(most);
    Ok(CandidateList { scores, excluded })
}

/// Returns the trend before this issue, with a row for each industry of its draft: an editor's foreword may name one that has no
/// items left.
fn with_all_industries(before: &[Trend], columns: &[ColumnItems]) -> Vec<Trend> {
    let mut out = before.to_vec();
    for industry in columns.iter().flat_map(|c| &c.items).filter_map(|i| i.industries.first()) {
        if out.iter().all(|t| t.industry != *industry) {
            out.push(Trend { industry: industry.clone(), weeks: [0; WEEKS] });
        }
    }
    out
}

/// Whether an article matches a publication.
pub(crate) fn matches_publication(h: &Headline, publication: &Publication) -> bool {
    let Some(j) = h.classification.as_ref().filter(|_| publication.sources.takes(h.source.as_str())) else { return false };
    let (industries, places) = (&publication.industries, &publication.places);
    let industry = industries.is_empty() || j.industries.iter().chain(&j.themes).any(|l| industries.contains(&l.name));
    industry && (places.is_empty() || places.contains(&j.region_scope) || j.places.iter().any(|p| places.contains(p)))
}
