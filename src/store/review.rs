//! Counts a period for 一周综述. Reads the stories of the period and of eight weeks before from indexes, and single articles by id: the
//! cost does not grow with the archive.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};

use crate::config::settings::Publication;
use crate::review::{EARLIER_WEEKS, Review, ReviewPeriod, ReviewTopic, RisingTerm};
use crate::store::review_archive::Archive;
use crate::store::review_counts::{Counted, DAY, as_float, lead, most_copied};
use crate::store::trends::{Span, Spans, Story, StoryLabel, each_label, rising, stories};
use crate::store::{Result, Store};

/// Most rows of places.
const MAX_PLACES: usize = 12;
/// Most rising terms.
const MAX_TERMS: usize = 12;
/// Of terms that share at least this part of their stories, the first stands for the others.
const SAME_STORIES: f64 = 0.6;
/// How long after a period the sources' problems are still those of the period.
const SOURCES_KNOWN: TimeDelta = TimeDelta::days(8);

/// What a review asks for.
#[derive(Debug, Clone)]
pub struct ReviewRequest {
    pub publication: Publication,
    pub period: ReviewPeriod,
    /// Names of the taxonomy's industries: themes are no industries.
    pub industries: Vec<String>,
}

impl Store {
    /// Returns the review of a period; `None` if it has not begun, or its time cannot be computed.
    pub fn review(&self, request: &ReviewRequest, now: DateTime<Utc>) -> Result<Option<Review>> {
        let (p, period) = (&request.publication, request.period);
        let Some((mut spans, unfinished_at)) = spans(p, period, now) else { return Ok(None) };
        let until = DateTime::from_timestamp(spans.current.until, 0).unwrap_or(now);
        let zone = p.calendar.zone;
        let sources = if now - until <= SOURCES_KNOWN { Some(self.problems_of(&p.sources, zone, now)?) } else { None };
        let topics = self.review_topics(p, &spans.current)?;
        self.read(|c| {
            let archive = Archive::read(c)?;
            let mut weeks = Vec::with_capacity(EARLIER_WEEKS);
            for week in spans.earlier {
                // all days of the week, also if only a part of it is compared
                if archive.has(c, &Span { until: week.from + 7 * DAY, ..week })? {
                    weeks.push(week);
                }
            }
            spans.earlier = weeks;
            let counted = Counted { stories: of_publication(c, stories(c, &spans)?, p)?, spans };
            let all = counted.series(|_| true);
            let (organisations, other_organisations) = super::review_news::organisations(c, &counted)?;
            Ok(Some(Review {
                publication: p.name.clone(),
                period: period.to_string(),
                first_day: period.first_day(),
                last_day: period.last_day(),
                unfinished_at,
                is_complete: archive.has(c, &counted.spans.current)?,
                stories: counted.row("全部", &all, None),
                industries: counted.rows(c, StoryLabel::Industry, &all, |name| request.industries.iter().any(|i| i == name))?,
                columns: counted.rows(c, StoryLabel::Column, &all, |name| p.columns.iter().any(|q| q.name == name))?,
                places: counted.rows(c, StoryLabel::Place, &all, |_| true)?.into_iter().take(MAX_PLACES).collect(),
                terms: terms(c, &counted)?,
                events: super::review_news::events(c, &counted)?,
                organisations,
                other_organisations,
                topics,
                sources,
                work: super::review_news::work(c, p, period, &counted.spans.current)?,
            }))
        })
    }

    /// Returns the topics that were open in a period or have articles of it, those with most articles first.
    fn review_topics(&self, p: &Publication, span: &Span) -> Result<Vec<ReviewTopic>> {
        let mut out = Vec::new();
        for row in self.topics("")? {
            let topic = row.topic;
            let is_before = |at: DateTime<Utc>| at.timestamp() < span.from;
            if topic.closed_at.is_some_and(is_before) {
                continue;
            }
            let (articles, newest) = self.read(|c| {
                let mut s = c.prepare_cached(
                    "SELECT a.source_id, count(*) FILTER (WHERE m.effective >= ?2), max(m.effective) FROM topic_article m JOIN article a ON a.id = m.article_id
                     WHERE m.topic_id = ?1 AND m.dismissed = 0 AND m.effective < ?3 GROUP BY a.source_id",
                )?;
                let mut rows = s.query(params![topic.id.0, span.from, span.until])?;
                let mut counted: (u32, Option<i64>) = (0, None);
                while let Some(r) = rows.next()? {
                    if p.sources.takes(&r.get::<_, String>(0)?) {
                        counted = (counted.0.saturating_add(r.get(1)?), counted.1.max(r.get(2)?));
                    }
                }
                Ok(counted)
            })?;
            // a topic that was made later finds articles of before
            if topic.created_at.timestamp() >= span.until && articles == 0 {
                continue;
            }
            let newest = newest.and_then(|t| DateTime::from_timestamp(t, 0));
            let is_closed = topic.closed_at.is_some_and(|at| at.timestamp() < span.until);
            out.push(ReviewTopic { id: topic.id.0, title: topic.draft.title, articles, newest, due: topic.draft.due, is_closed });
        }
        out.sort_by_key(|t| std::cmp::Reverse(t.articles));
        Ok(out)
    }
}

/// Returns the period, as far as it has passed, and the weeks before. Of a week that is not over, the same part of the weeks before.
fn spans(p: &Publication, period: ReviewPeriod, now: DateTime<Utc>) -> Option<(Spans, Option<DateTime<Utc>>)> {
    let (from, end) = period.moments(&p.calendar)?;
    let until = end.min(now);
    if until <= from {
        return None;
    }
    let current = Span { from: from.timestamp(), until: until.timestamp() };
    let length = if period.is_week() { current.until - current.from } else { 7 * DAY };
    let earlier = (1..=EARLIER_WEEKS).filter_map(|back| {
        let from = current.from - 7 * DAY * i64::try_from(back).ok()?;
        Some(Span { from, until: from + length })
    });
    Some((Spans { current, earlier: earlier.collect() }, (now < end).then_some(until)))
}

/// Returns the stories that belong to a publication, as `issue::matches_publication` tells.
fn of_publication(c: &Connection, stories: Vec<Story>, p: &Publication) -> Result<Vec<Story>> {
    let stories: Vec<Story> = stories.into_iter().filter(|s| p.sources.takes(&s.source)).collect();
    let mut fits = vec![p.industries.is_empty(); stories.len()];
    let note = |label, wanted: &[String], fits: &mut Vec<bool>| {
        each_label(c, label, &stories, |at, name| {
            if let Some(fits) = fits.get_mut(at) {
                *fits |= wanted.iter().any(|w| **w == *name);
            }
        })
    };
    if !p.industries.is_empty() {
        note(StoryLabel::Industry, &p.industries, &mut fits)?;
    }
    if !p.places.is_empty() {
        let mut near: Vec<bool> = stories.iter().map(|s| p.places.iter().any(|w| **w == *s.region_scope)).collect();
        note(StoryLabel::Place, &p.places, &mut near)?;
        fits.iter_mut().zip(near).for_each(|(fits, near)| *fits &= near);
    }
    Ok(stories.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(s, _)| s).collect())
}

/// Returns the rising terms with the headline behind each. Terms of mostly the same stories are one.
fn terms(c: &Connection, counted: &Counted) -> Result<Vec<RisingTerm>> {
    let mut out: Vec<(RisingTerm, HashSet<usize>)> = Vec::new();
    for (burst, stories) in rising(c, &counted.stories, &counted.spans)? {
        let stories: HashSet<usize> = stories.into_iter().collect();
        let shared = |other: &HashSet<usize>| as_float(i64::try_from(other.intersection(&stories).count()).unwrap_or_default());
        let least = |other: &HashSet<usize>| as_float(i64::try_from(other.len().min(stories.len())).unwrap_or_default());
        if let Some((first, _)) = out.iter_mut().find(|(_, other)| shared(other) >= SAME_STORIES * least(other)) {
            first.related.push(burst.term.to_string());
            continue;
        }
        if out.len() == MAX_TERMS {
            break;
        }
        let ids: Vec<i64> = stories.iter().filter_map(|at| counted.stories.get(*at)).map(|s| s.id).collect();
        let lead = most_copied(c, &ids)?.map(|id| lead(c, id)).transpose()?.flatten();
        let (term, related) = (burst.term.to_string(), Vec::new());
        out.push((RisingTerm { term, stories: burst.stories, sources: burst.sources, expected: burst.expected, related, lead }, stories));
    }
    Ok(out.into_iter().map(|(term, _)| term).collect())
}
