//! An article by itself: its points, the column that it would get, and what keeps it out of an issue.

use crate::config::settings::ColumnQuota;
use crate::issue::IssueInput;
use crate::issue::eligibility::{NotChosen, unfit};
use crate::issue::rank::{Points, article_points, features};
use crate::model::{Classification, Headline};

/// What topics, settings and the learned ranking say of an article.
pub(super) struct Assessment<'a> {
    /// Titles of its topics (关注课题).
    pub(super) topics: &'a [String],
    pub(super) points: Vec<Points<'a>>,
    /// Points that the learned ranking adds.
    pub(super) learned: f64,
    /// Index of the column that its label, or the learned ranking, gives it.
    pub(super) column: usize,
    /// Index of the column of one of its topics, if the publication has one.
    pub(super) topic_column: Option<usize>,
    /// Why its topic, text or worth keeps it from the issue.
    pub(super) unfit: Option<NotChosen>,
}

impl<'a> Assessment<'a> {
    pub(super) fn new(h: &'a Headline, j: &Classification, input: &'a IssueInput<'_>) -> Self {
        let columns = &input.publication.columns;
        let topics = input.topics.get(&h.id).map_or(&[][..], Vec::as_slice);
        let points = article_points(h, input.levels, input.now);
        let (learned, moved_to) = input.ranking.filter(|r| r.is_of_use()).map_or((0.0, None), |ranking| {
            let known = features(h, topics, points.iter().map(|(kind, points, _)| (*kind, *points)).collect(), input.now);
            (ranking.unbounded_points(&known), ranking.column(&known))
        });
        let name = moved_to.filter(|_| !j.manually_edited).unwrap_or(&j.column);
        // articles of a column that this publication lacks go to its first one
        let column = columns.iter().position(|c| c.name == name).unwrap_or(0);
        let topic_column = columns.iter().position(|c| c.topic.as_ref().is_some_and(|t| topics.contains(t)));
        // an editor asked for the articles of a topic's column; only a doubtful text waits for him
        let is_asked_for = topic_column.is_some() && !h.confidence.is_doubtful();
        let unfit = if is_asked_for { None } else { unfit(j, h.confidence, learned) };
        Self { topics, points, learned, column, topic_column, unfit }
    }

    /// Returns the column for which the article would be chosen.
    pub(super) fn column<'p>(&self, input: &IssueInput<'p>) -> Option<&'p ColumnQuota> {
        input.publication.columns.get(self.topic_column.unwrap_or(self.column))
    }
}
