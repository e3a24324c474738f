//! A story that may become an item: its points with their reasons, and what the learned ranking knows of it.

use std::cmp::Ordering;

use crate::issue::IssueInput;
use crate::issue::rank::{Points, RankReason, TOPIC, article_points, features};
use crate::model::{ArticleId, EventMember, Headline, StoryId};
use crate::ranking::{CandidateFeatures, PointKind};

/// Points per doubling of the copies.
const COPIES: f64 = 0.4;
/// Fewest points that a learned reason adds or takes to be told, and the most of such reasons.
const TOLD_POINTS: f64 = 0.3;
const MAX_LEARNED_REASONS: usize = 3;

/// A story that may become an item.
pub(super) struct Candidate {
    pub(super) story: StoryId,
    pub(super) lead: ArticleId,
    /// All its articles in the window, earliest first.
    pub(super) copies: Vec<ArticleId>,
    pub(super) event: Option<EventMember>,
    /// Whether other stories of the window may report its event, or an earlier issue did.
    pub(super) has_related: bool,
    /// The articles of other stories of the event, in order of their rank.
    pub(super) reports: Vec<ArticleId>,
    pub(super) score: f64,
    pub(super) column: usize,
    /// Index of the earlier issue with a similar headline.
    pub(super) similar_to: Option<usize>,
    /// Index of the latest earlier item about its event.
    pub(super) follows: Option<usize>,
    /// Points that it loses because an earlier issue had it.
    pub(super) repetition: (PointKind, f64),
    pub(super) sort_time: i64,
    pub(super) source: u32,
    pub(super) topic: u32,
    /// The company in the headline; 0 if none.
    pub(super) firm: u32,
    /// Whether it is about one of the two nearest levels.
    pub(super) is_near: bool,
    pub(super) words: Box<[u32]>,
}

impl Candidate {
    /// The order of candidates: by score; ties newest first, then by story, so that a rebuilt edition is the same.
    pub(super) fn best_first(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(other.sort_time.cmp(&self.sort_time)).then(self.story.cmp(&other.story))
    }

    /// Returns its points with their reasons, given its lead article.
    fn points<'a>(&self, lead: &'a Headline, input: &'a IssueInput<'_>) -> Vec<Points<'a>> {
        let mut out = article_points(lead, input.levels, input.now);
        let titles = self.topics(input);
        for (at, title) in titles.into_iter().enumerate() {
            out.push((PointKind::Topic, if at == 0 { TOPIC } else { 0.0 }, Some(RankReason::Topic(title))));
        }
        let others = self.copies.len() - 1;
        if others > 0 {
            out.push((PointKind::Copies, copies_points(self.copies.len()), Some(RankReason::Copies(others))));
        }
        if !self.reports.is_empty() {
            out.push((PointKind::Copies, 0.0, Some(RankReason::Reports(self.reports.len()))));
        }
        let previous = |at: usize| input.previous_items.get(at);
        if let Some(s) = self.follows.and_then(previous) {
            out.push((PointKind::FollowUp, self.repetition.1, Some(RankReason::FollowsUp { number: s.number, title: &s.title })));
        } else if let Some(s) = self.similar_to.and_then(previous) {
            out.push((PointKind::Similar, self.repetition.1, Some(RankReason::SimilarTo { number: s.number, title: &s.title })));
        }
        out
    }

    /// Returns the titles of the topics of its copies, each once.
    fn topics<'a>(&self, input: &'a IssueInput<'_>) -> Vec<&'a str> {
        let mut titles: Vec<&str> = self.copies.iter().filter_map(|c| input.topics.get(c)).flatten().map(String::as_str).collect();
        titles.sort_unstable();
        titles.dedup();
        titles
    }

    /// Returns what the learned ranking knows of it, given its lead article.
    pub(super) fn features(&self, lead: &Headline, input: &IssueInput<'_>) -> CandidateFeatures {
        let points = self.points(lead, input).into_iter().filter(|(_, points, _)| *points != 0.0).map(|(kind, points, _)| (kind, points)).collect();
        let topics: Vec<String> = self.topics(input).into_iter().map(str::to_owned).collect();
        features(lead, &topics, points, input.now)
    }

    /// Returns the reasons for its rank, strongest first, given its lead article and features.
    pub(super) fn reasons(&self, lead: &Headline, features: &CandidateFeatures, input: &IssueInput<'_>) -> Vec<String> {
        let mut all: Vec<(f64, RankReason<'_>)> =
            self.points(lead, input).into_iter().filter_map(|(_, points, reason)| Some((points, reason?))).collect();
        let learned = input.ranking.iter().flat_map(|r| r.reasons(features, MAX_LEARNED_REASONS));
        all.extend(learned.filter(|(_, points)| points.abs() >= TOLD_POINTS).map(|(w, points)| (points, RankReason::Learned(w, points))));
        all.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        all.into_iter().map(|(_, reason)| reason.to_string()).collect()
    }
}

/// Returns the points for so many copies.
pub(super) fn copies_points(copies: usize) -> f64 {
    COPIES * (copies as f64).log2()
}
