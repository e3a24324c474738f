//! The candidates of an edition, in a few dozen bytes per article.

use std::collections::{HashMap, HashSet};

use crate::issue::IssueInput;
use crate::issue::assessment::Assessment;
use crate::issue::candidate::{Candidate, copies_points};
use crate::issue::rank::{TOPIC, source_authority};
use crate::issue::similar_headlines::{SimilarHeadlines, TITLE_SIMILARITY_PENALTY, pairs};
use crate::model::{ArticleId, EventId, EventMember, Headline, StoryId};
use crate::ranking::{PointKind, Ranking};

/// Penalty for a report of an event that an earlier issue had.
const FOLLOW_UP: f64 = 1.0;
/// Longest company name before a colon.
const MAX_FIRM_CHARS: usize = 8;

/// The data of an article that the selection needs.
struct CandidateRecord {
    article: ArticleId,
    story: StoryId,
    event: Option<EventMember>,
    /// Seconds since 1970.
    sort_time: i64,
    length: usize,
    source: u32,
    topic: u32,
    column: usize,
    /// The column of one of its topics, if the publication has one.
    topic_column: Option<usize>,
    is_followed: bool,
    authority: u8,
    firm: u32,
    is_near: bool,
    is_eligible: bool,
    points: f64,
    /// Points that the learned ranking adds.
    learned: f64,
    words: Box<[u32]>,
}

/// The articles of the window.
#[derive(Default)]
pub(super) struct Pool {
    records: Vec<CandidateRecord>,
    sources: HashMap<String, u32>,
    topics: HashMap<String, u32>,
    firms: HashMap<String, u32>,
}

impl Pool {
    /// Adds a classified article.
    pub(super) fn add(&mut self, h: &Headline, input: &IssueInput<'_>) {
        let Some(j) = &h.classification else { return };
        let assessed = Assessment::new(h, j, input);
        let topic = j.industries.first().or(j.themes.first()).map(|l| l.name.as_str()).unwrap_or_default();
        self.records.push(CandidateRecord {
            article: h.id,
            story: h.story.unwrap_or(StoryId(h.id.0)),
            event: h.event,
            sort_time: h.sort_time().timestamp(),
            length: h.length,
            source: number(&mut self.sources, h.source.as_str()),
            topic: number(&mut self.topics, topic),
            column: assessed.column,
            topic_column: assessed.topic_column,
            is_followed: !assessed.topics.is_empty(),
            authority: source_authority(h),
            firm: firm(h).map_or(0, |name| number(&mut self.firms, name) + 1),
            is_eligible: assessed.unfit.is_none(),
            is_near: assessed.points.iter().any(|(kind, ..)| *kind == PointKind::Region),
            points: assessed.points.iter().map(|(_, points, _)| points).sum(),
            learned: assessed.learned,
            words: pairs(&h.title),
        });
    }

    /// Returns the number of articles and of stories.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.records.len(), self.records.iter().map(|b| b.story).collect::<HashSet<_>>().len())
    }

    /// Returns one candidate per event that is eligible: its best story that was not published before.
    pub(super) fn candidates(mut self, input: &IssueInput<'_>) -> Vec<Candidate> {
        let echoes = SimilarHeadlines::new(&input.previous_items);
        let mut told: HashMap<EventId, usize> = HashMap::new();
        for (at, event) in input.previous_items.iter().enumerate().filter_map(|(at, p)| Some((at, p.event?))) {
            told.entry(event).or_insert(at); // the newest comes first
        }
        let mut stories_of: HashMap<EventId, HashSet<StoryId>> = HashMap::new();
        for (event, story) in self.records.iter().filter_map(|b| Some((b.event?.event, b.story))) {
            stories_of.entry(event).or_default().insert(story);
        }
        self.records.sort_unstable_by_key(|b| (b.story, b.sort_time, b.article));
        let stories = self.records.chunk_by(|a, b| a.story == b.story);
        let unpublished = stories.filter(|c| c.first().is_some_and(|b| !input.published.contains(&b.story)));
        let mut candidates: Vec<Candidate> = unpublished.filter_map(|c| candidate(c, &echoes, &told, input.ranking)).collect();
        for c in &mut candidates {
            let is_shared = |event: EventId| stories_of.get(&event).is_some_and(|stories| stories.len() > 1);
            c.has_related = c.follows.is_some() || c.event.is_some_and(|e| is_shared(e.event));
        }
        one_per_event(candidates)
    }
}

/// Keeps the best candidate of each event; the articles of the others become its reports.
fn one_per_event(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(Candidate::best_first);
    let mut out: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut first: HashMap<EventId, usize> = HashMap::new();
    for c in candidates {
        let event = c.event.filter(|e| e.is_sure()).map(|e| e.event);
        if let Some(best) = event.and_then(|event| first.get(&event)).and_then(|at| out.get_mut(*at)) {
            best.reports.extend(c.copies);
        } else {
            first.extend(event.map(|event| (event, out.len())));
            out.push(c);
        }
    }
    out
}

/// Returns the company that a headline is about: the text before its first colon (恒瑞医药：…), else an organisation that it names.
fn firm(h: &Headline) -> Option<&str> {
    let before_colon = h.title.split_once(['：', ':']).map(|(name, _)| name.trim());
    let named = || h.classification.as_ref()?.all_organisations().into_iter().find(|o| h.title.contains(o));
    before_colon.filter(|name| (2..=MAX_FIRM_CHARS).contains(&name.chars().count())).or_else(named)
}

fn candidate(copies: &[CandidateRecord], echoes: &SimilarHeadlines, told: &HashMap<EventId, usize>, ranking: Option<&Ranking>) -> Option<Candidate> {
    let longest = copies.iter().map(|b| b.length).max()?;
    // of the copies that are not cut short the one with the highest authority; of these the earliest
    let whole = copies.iter().filter(|b| b.length * 10 >= longest * 8);
    let lead = whole.reduce(|best, b| if b.authority > best.authority { b } else { best }).filter(|b| b.is_eligible)?;
    let echo = echoes.closest(&lead.words);
    let event = copies.iter().find_map(|b| b.event);
    let follows = event.filter(|e| e.is_sure()).and_then(|e| told.get(&e.event)).copied();
    // what an earlier issue had counts once
    let similar = echo.map_or(0.0, |(_, alike)| -TITLE_SIMILARITY_PENALTY * alike);
    let repetition = match follows {
        Some(_) => (PointKind::FollowUp, similar.min(-FOLLOW_UP)),
        None => (PointKind::Similar, similar),
    };
    let followed = if copies.iter().any(|b| b.is_followed) { TOPIC } else { 0.0 };
    let of_story = [(PointKind::Copies, copies_points(copies.len())), (PointKind::Topic, followed), repetition];
    let learned = lead.learned + ranking.map_or(0.0, |r| of_story.iter().map(|(kind, points)| r.points_of(*kind, *points)).sum());
    let score = lead.points + of_story.iter().map(|(_, points)| points).sum::<f64>() + Ranking::bounded(learned);
    Some(Candidate {
        story: lead.story,
        lead: lead.article,
        copies: copies.iter().map(|b| b.article).collect(),
        event,
        has_related: false,
        reports: Vec::new(),
        score: (score * 1000.0).round() / 1000.0,
        column: copies.iter().find_map(|b| b.topic_column).unwrap_or(lead.column),
        similar_to: echo.map(|(shown, _)| shown),
        follows,
        repetition,
        sort_time: lead.sort_time,
        source: lead.source,
        topic: lead.topic,
        firm: lead.firm,
        is_near: lead.is_near,
        words: lead.words.clone(),
    })
}

fn number(known: &mut HashMap<String, u32>, name: &str) -> u32 {
    if let Some(n) = known.get(name) {
        return *n;
    }
    let n = u32::try_from(known.len()).unwrap_or(u32::MAX);
    known.insert(name.to_owned(), n);
    n
}
