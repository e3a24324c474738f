//! The news of a period for 一周综述: events, organisations, and what editors did.

use std::collections::{HashMap, HashSet};

use chrono::DateTime;
use rusqlite::{Connection, params};

use crate::config::settings::Publication;
use crate::review::{ReviewEvent, ReviewIssue, ReviewOrganisation, ReviewPeriod, ReviewWork};
use crate::store::Result;
use crate::store::organisations::IS_WATCHED;
use crate::store::review_counts::{Counted, lead, most_copied};
use crate::store::trends::{Names, Span};

/// Most events.
const MAX_EVENTS: usize = 12;
/// Most organisations.
const MAX_ORGANISATIONS: usize = 15;
/// How much more an event weighs that is new, and each of its sources against each of its stories.
const NEW: f64 = 1.5;
const SOURCE: f64 = 2.0;

/// An event's stories in the period, and what all its articles there say.
#[derive(Default)]
struct EventOfPeriod {
    stories: Vec<i64>,
    sources: HashSet<std::sync::Arc<str>>,
}

impl EventOfPeriod {
    fn weight(&self) -> f64 {
        let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        SOURCE * number(self.sources.len()) + number(self.stories.len())
    }
}

/// Returns the most important events of the period, each once: those of most sources and stories; new ones weigh half as much again.
/// One story is no event of the period, however many sources copy it.
pub(super) fn events(c: &Connection, counted: &Counted) -> Result<Vec<ReviewEvent>> {
    let mut events: HashMap<i64, EventOfPeriod> = HashMap::new();
    for (_, story) in counted.current() {
        if let Some(event) = story.event {
            events.entry(event).or_default().stories.push(story.id);
        }
    }
    note_sources(c, &counted.spans.current, &mut events)?;
    let mut found: Vec<(f64, i64, EventOfPeriod)> =
        events.into_iter().filter(|(_, e)| e.stories.len() > 1).map(|(id, e)| (e.weight(), id, e)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
    // whether an event is new is asked only of those that can still be among the first
    let least = found.get(MAX_EVENTS - 1).map_or(0.0, |f| f.0) / NEW;
    let mut out = Vec::new();
    for (weight, id, event) in found.into_iter().take_while(|f| f.0 >= least).take(MAX_EVENTS * 8) {
        let (first, last): (i64, i64) = c
            .prepare_cached("SELECT min(effective), max(effective) FROM article WHERE event_id = ?1 AND effective < ?2")?
            .query_row(params![id, counted.spans.current.until], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let is_new = first >= counted.spans.current.from;
        let Some(lead) = most_copied(c, &event.stories)?.map(|id| lead(c, id)).transpose()?.flatten() else { continue };
        let time = |t| DateTime::from_timestamp(t, 0).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (stories, sources) = (count(event.stories.len()), count(event.sources.len()));
        let row = ReviewEvent { event: id, lead, first_seen: time(first), last_seen: time(last), is_new, stories, sources };
        out.push((if is_new { weight * NEW } else { weight }, row));
    }
    out.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(out.into_iter().take(MAX_EVENTS).map(|(_, e)| e).collect())
}

/// Adds the sources of all articles of the period, copies too.
fn note_sources(c: &Connection, span: &Span, events: &mut HashMap<i64, EventOfPeriod>) -> Result<()> {
    let mut s = c.prepare_cached(
        "SELECT event_id, source_id FROM article INDEXED BY article_period WHERE is_on_topic = 1 AND effective >= ?1 AND effective < ?2
         AND event_id IS NOT NULL",
    )?;
    let mut rows = s.query(params![span.from, span.until])?;
    let mut names = Names::default();
    while let Some(r) = rows.next()? {
        if let Some(event) = events.get_mut(&r.get(0)?) {
            event.sources.insert(names.read(r, 1)?);
        }
    }
    Ok(())
}

/// An organisation's stories: in each period, and those of the current one.
struct OrganisationStories {
    by_period: Vec<u32>,
    current: Vec<i64>,
}

impl OrganisationStories {
    fn rate(&self, counted: &Counted) -> f64 {
        counted.rate(u32::try_from(self.current.len()).unwrap_or(u32::MAX))
    }

    /// Returns the mean of the weeks before.
    fn mean(&self) -> f64 {
        let weeks = f64::from(u32::try_from(self.by_period.len().max(1)).unwrap_or(u32::MAX));
        f64::from(self.by_period.iter().sum::<u32>()) / weeks
    }
}

/// Returns the organisations that are more in the news than usual, watched ones first, and how many others are named. Watched ones need
/// one story, others two.
pub(super) fn organisations(c: &Connection, counted: &Counted) -> Result<(Vec<ReviewOrganisation>, usize)> {
    let mut found: HashMap<i64, OrganisationStories> = HashMap::new();
    let mut named = c.prepare_cached(
        "SELECT DISTINCT coalesce(o.main_id, o.id) FROM article_organisation x JOIN organisation o ON o.id = x.organisation_id WHERE x.article_id = ?1",
    )?;
    for story in &counted.stories {
        let mut rows = named.query([story.id])?;
        while let Some(r) = rows.next()? {
            let of = found
                .entry(r.get(0)?)
                .or_insert_with(|| OrganisationStories { by_period: vec![0; counted.spans.earlier.len()], current: Vec::new() });
            match story.period.checked_sub(1).and_then(|at| of.by_period.get_mut(at)) {
                Some(n) => *n += 1,
                None => of.current.push(story.id),
            }
        }
    }
    found.retain(|_, o| !o.current.is_empty());
    let mut about = c.prepare_cached(&format!("SELECT m.name, {IS_WATCHED} FROM organisation m WHERE m.id = ?1"))?;
    let named = found.len();
    let mut rows = Vec::new();
    for (id, of) in found {
        let (name, is_watched): (String, bool) = about.query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))?;
        if is_watched || (of.current.len() > 1 && of.rate(counted) > of.mean()) {
            rows.push((is_watched, of.current.len(), id, name, of));
        }
    }
    rows.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| a.3.cmp(&b.3)));
    let mut out = Vec::new();
    for (is_watched, stories, id, name, of) in rows.into_iter().take(MAX_ORGANISATIONS) {
        let lead = most_copied(c, &of.current)?.map(|id| lead(c, id)).transpose()?.flatten();
        let stories = u32::try_from(stories).unwrap_or(u32::MAX);
        out.push(ReviewOrganisation { id, name, is_watched, stories, rate: of.rate(counted), mean: of.mean(), lead });
    }
    let others = named - out.len();
    Ok((out, others))
}

/// Returns the issues of a period, and what editors kept and dropped.
pub(super) fn work(c: &Connection, p: &Publication, period: ReviewPeriod, span: &Span) -> Result<ReviewWork> {
    let mut s = c.prepare_cached(
        "SELECT e.id, e.date, iif(e.numbered, e.number, NULL), coalesce(json_extract(e.payload, '$.finalised'), 0),
                (SELECT count(*) FROM item i WHERE i.edition_id = e.id), e.extra
         FROM edition e WHERE e.publication = ?1 AND e.date >= ?2 AND e.date <= ?3 ORDER BY e.date, e.id",
    )?;
    let mut rows = s.query(params![p.name, period.first_day().to_string(), period.last_day().to_string()])?;
    let mut issues = Vec::new();
    while let Some(r) = rows.next()? {
        let (number, extra): (Option<u32>, bool) = (r.get(2)?, r.get(5)?);
        let series = if extra { "增刊" } else { "" };
        let label = number.map_or_else(|| format!("{series}未编号"), |n| format!("{series}第{n}期"));
        let Ok(date) = r.get::<_, String>(1)?.parse() else { continue };
        issues.push(ReviewIssue { id: r.get(0)?, label, date, is_final: r.get(3)?, items: r.get::<_, u32>(4)? as usize });
    }
    let (kept, dropped) = c
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE d.action = 'kept'), count(*) FILTER (WHERE d.action = 'dropped')
             FROM decision d JOIN edition e ON e.id = d.edition_id WHERE d.at >= ?2 AND d.at < ?3 AND e.publication = ?1",
        )?
        .query_row(params![p.name, span.from, span.until], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(ReviewWork { issues, kept, dropped })
}
