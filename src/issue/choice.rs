//! The choice of items: a set, not a list. Each candidate is weighed against the items already chosen for its column, and limits hold
//! for the whole issue.

use std::collections::HashMap;

use crate::config::settings::{ColumnQuota, Publication};
use crate::issue::IssueInput;
use crate::issue::archive::Archive;
use crate::issue::candidate::Candidate;
use crate::issue::similar_headlines::{SIMILARITY_THRESHOLD, TITLE_SIMILARITY_PENALTY, dice};
use crate::model::GradeMark;
use crate::ranking::Ranking;

/// Penalty for each item already chosen of the same industry or source, and for one with a similar headline (maximal marginal
/// relevance, Carbonell and Goldstein 1998, with labels and headlines as similarity).
const SAME_INDUSTRY: f64 = 0.45;
const SAME_SOURCE: f64 = 0.2;
/// Penalty for each item already chosen whose headline begins with the same company.
const SAME_FIRM: f64 = 1.2;
/// Below this probability of being kept, a column that has its minimum stays short.
const LEAST_PROBABILITY: f64 = 0.1;
/// Candidates compared with each other, per open place.
const CANDIDATES_PER_SLOT: usize = 20;

/// The items and the other candidates of a column.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) chosen: Vec<Candidate>,
    pub(super) others: Vec<Candidate>,
}

/// Chooses the items of each column of the publication, in their order. The best item of all columns comes first, so that no column
/// uses up a limit before another had its turn.
///
/// # Errors
/// If the archive cannot be read.
pub(super) fn choose<A: Archive>(candidates: Vec<Candidate>, input: &IssueInput<'_>, archive: &A) -> Result<Vec<Choice>, A::Error> {
    let quotas = &input.publication.columns;
    let mut by_column: Vec<Vec<Candidate>> = quotas.iter().map(|_| Vec::new()).collect();
    for c in candidates {
        if let Some(column) = by_column.get_mut(c.column) {
            column.push(c);
        }
    }
    let mut open: Vec<OpenColumn<'_>> = quotas.iter().zip(by_column).map(|(quota, candidates)| OpenColumn::new(quota, candidates)).collect();
    let mut limits = Limits::new(input);
    loop {
        let nexts = open.iter_mut().enumerate().filter_map(|(at, column)| Some((column.next(&limits)?.0, at)));
        let Some((_, at)) = nexts.reduce(|a, b| if b.0 > a.0 { b } else { a }) else { break };
        if let Some(column) = open.get_mut(at) {
            column.take(&mut limits, |c| archive.grade(c.lead, input.now))?;
        }
    }
    Ok(open.into_iter().map(OpenColumn::close).collect())
}

/// A column that is being filled.
struct OpenColumn<'a> {
    quota: &'a ColumnQuota,
    choice: Choice,
    candidates: Vec<Candidate>,
    /// Score and index of its next item, if they are known.
    next: Option<(f64, usize)>,
}

impl<'a> OpenColumn<'a> {
    fn new(quota: &'a ColumnQuota, mut candidates: Vec<Candidate>) -> Self {
        candidates.sort_by(Candidate::best_first);
        let others = candidates.split_off(candidates.len().min(quota.quota * CANDIDATES_PER_SLOT));
        Self { quota, choice: Choice { chosen: Vec::new(), others }, candidates, next: None }
    }

    /// Returns score and index of its next item; `None` if it is full, or has none left.
    fn next(&mut self, limits: &Limits<'_>) -> Option<(f64, usize)> {
        let chosen = &self.choice.chosen;
        if chosen.len() >= self.quota.quota {
            return None;
        }
        let fits = |c: &Candidate| limits.allow(c) && (chosen.len() < self.quota.min || !limits.is_hopeless(c));
        if !self.next.and_then(|(_, i)| self.candidates.get(i)).is_some_and(fits) {
            let open = self.candidates.iter().enumerate().filter(|(_, c)| fits(c));
            self.next = open.map(|(i, c)| (mmr_score(c, chosen), i)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        }
        self.next
    }

    /// Chooses its next item, unless its grade is below the column's floor. Grades take time: only those of items that would be chosen
    /// are asked for.
    fn take<E>(&mut self, limits: &mut Limits<'_>, grade_of: impl Fn(&Candidate) -> Result<Option<GradeMark>, E>) -> Result<(), E> {
        let Some((_, i)) = self.next.take() else { return Ok(()) };
        let c = self.candidates.remove(i);
        let floor = self.quota.floor;
        if floor.is_open() || floor.accepts(grade_of(&c)?) {
            limits.count(&c);
            self.choice.chosen.push(c);
        } else {
            self.choice.others.push(c);
        }
        Ok(())
    }

    fn close(mut self) -> Choice {
        self.choice.others.extend(self.candidates);
        self.choice
    }
}

/// What the items chosen so far leave open.
struct Limits<'a> {
    publication: &'a Publication,
    ranking: Option<&'a Ranking>,
    firms: HashMap<u32, usize>,
    industries: HashMap<u32, usize>,
    outside: usize,
}

impl<'a> Limits<'a> {
    fn new(input: &IssueInput<'a>) -> Self {
        let ranking = input.ranking.filter(|r| r.is_active());
        Self { publication: input.publication, ranking, firms: HashMap::new(), industries: HashMap::new(), outside: 0 }
    }

    /// Whether the issue takes another item of this company, industry and distance.
    fn allow(&self, c: &Candidate) -> bool {
        let is_full = |counts: &HashMap<u32, usize>, key: u32, most: usize| counts.get(&key).is_some_and(|n| *n >= most);
        let firm = c.firm != 0 && is_full(&self.firms, c.firm, self.publication.max_per_firm);
        let outside = !c.is_near && self.publication.max_outside.is_some_and(|most| self.outside >= most);
        !firm && !outside && !self.publication.max_per_industry.is_some_and(|most| is_full(&self.industries, c.topic, most))
    }

    /// Whether editors are sure to drop the candidate.
    fn is_hopeless(&self, c: &Candidate) -> bool {
        self.ranking.is_some_and(|r| r.probability_of_points(c.score) < LEAST_PROBABILITY)
    }

    fn count(&mut self, c: &Candidate) {
        *self.firms.entry(c.firm).or_default() += 1;
        *self.industries.entry(c.topic).or_default() += 1;
        self.outside += usize::from(!c.is_near);
    }
}

fn mmr_score(c: &Candidate, chosen: &[Candidate]) -> f64 {
    let same_industry = chosen.iter().filter(|o| o.topic == c.topic).count() as f64;
    let same_source = chosen.iter().filter(|o| o.source == c.source).count() as f64;
    let same_firm = chosen.iter().filter(|o| c.firm != 0 && o.firm == c.firm).count() as f64;
    let alike = chosen.iter().map(|o| dice(&o.words, &c.words)).fold(0.0, f64::max);
    c.score
        - SAME_INDUSTRY * same_industry
        - SAME_SOURCE * same_source
        - SAME_FIRM * same_firm
        - if alike >= SIMILARITY_THRESHOLD { TITLE_SIMILARITY_PENALTY * alike } else { 0.0 }
}
