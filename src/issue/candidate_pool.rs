//! The candidates of an edition, in a few dozen bytes per article.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::config::settings::ColumnQuota;
use crate::issue::eligibility::{NotChosen, unfit};
use crate::issue::rank::{Points, RankReason, TOPIC, article_points, features, source_authority};
use crate::issue::{IssueInput, PreviousItem};
use crate::model::{ArticleId, Classification, EventId, EventMember, Headline, StoryId};
use crate::ranking::{CandidateFeatures, PointKind, Ranking};
use crate::text::normalize::normalized_key;

/// Penalty for a headline like another.
pub(super) const TITLE_SIMILARITY_PENALTY: f64 = 2.5;
/// Minimum share of common letter pairs (Dice) in similar headlines.
pub(super) const SIMILARITY_THRESHOLD: f64 = 0.5;
/// Penalty for a report of an event that an earlier issue had.
const FOLLOW_UP: f64 = 1.0;
/// Points per doubling of the copies.
const COPIES: f64 = 0.4;
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

/// Fewest points that a learned reason adds or takes to be told, and the most of such reasons.
const TOLD_POINTS: f64 = 0.3;
const MAX_LEARNED_REASONS: usize = 3;

/// A story that may become an item.
pub(super) struct Candidate {
    pub(super) story: StoryId,
    pub(super) lead: ArticleId,
    /// All its articles in the window, earliest first.
    pub(super) copies: Vec<ArticleId>,
    event: Option<EventMember>,
    /// Whether other stories of the window may report its event, or an earlier issue did.
    pub(super) has_related: bool,
    /// The articles of other stories of the event, in order of their rank.
    pub(super) reports: Vec<ArticleId>,
    pub(super) score: f64,
    pub(super) column: usize,
    /// Index of the earlier issue with a similar headline.
    similar_to: Option<usize>,
    /// Index of the latest earlier item about its event.
    pub(super) follows: Option<usize>,
    /// Points that it loses because an earlier issue had it.
    repetition: (PointKind, f64),
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
fn copies_points(copies: usize) -> f64 {
    COPIES * (copies as f64).log2()
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
    pub(super) fn add(&mut self, h: &Headline, columns: &[String], input: &IssueInput<'_>) {
        let Some(j) = &h.classification else { return };
        let firm = firm(h).map_or(0, |name| number(&mut self.firms, name) + 1);
        let topics = input.topics.get(&h.id).map_or(&[][..], Vec::as_slice);
        let is_fed_by_topic = |column: &ColumnQuota| is_fed_by(column, topics);
        let points = article_points(h, input.levels, input.now);
        let sum = points.iter().map(|(_, points, _)| points).sum();
        let (learned, moved_to) = learned(h, topics, points.iter().map(|(kind, points, _)| (*kind, *points)).collect(), input);
        let topic = j.industries.first().or(j.themes.first()).map(|l| l.name.as_str()).unwrap_or_default();
        self.records.push(CandidateRecord {
            article: h.id,
            story: h.story.unwrap_or(StoryId(h.id.0)),
            event: h.event,
            sort_time: h.sort_time().timestamp(),
            length: h.length,
            source: number(&mut self.sources, h.source.as_str()),
            topic: number(&mut self.topics, topic),
            column: own_column(j, moved_to, columns),
            topic_column: input.publication.columns.iter().position(is_fed_by_topic),
            is_followed: !topics.is_empty(),
            authority: source_authority(h),
            firm,
            // an editor asked for the articles of a topic's column; only a doubtful text waits for him
            is_eligible: unfit(j, h.confidence, learned).is_none()
                || !h.confidence.is_doubtful() && input.publication.columns.iter().any(is_fed_by_topic),
            is_near: points.iter().any(|(kind, ..)| *kind == PointKind::Region),
            points: sum,
            learned,
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
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.sort_time.cmp(&a.sort_time)).then(a.story.cmp(&b.story)));
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

/// Returns why an article's topic, text or worth keeps it from an issue.
pub(super) fn unfit_for(h: &Headline, input: &IssueInput<'_>) -> Option<NotChosen> {
    let topics = input.topics.get(&h.id).map_or(&[][..], Vec::as_slice);
    // an editor asked for the articles of a topic's column; only a doubtful text waits for him
    if !h.confidence.is_doubtful() && input.publication.columns.iter().any(|c| is_fed_by(c, topics)) {
        return None;
    }
    let j = h.classification.as_ref()?;
    let points = article_points(h, input.levels, input.now);
    let (learned, _) = learned(h, topics, points.iter().map(|(kind, points, _)| (*kind, *points)).collect(), input);
    unfit(j, h.confidence, learned)
}

/// Returns the column that an article's label, or the learned ranking, gives it.
fn own_column(j: &Classification, moved_to: Option<&str>, columns: &[String]) -> usize {
    let name = moved_to.filter(|_| !j.manually_edited).unwrap_or(&j.column);
    // articles of a column that this publication lacks go to its first one
    columns.iter().position(|n| n == name).unwrap_or(0)
}

/// Returns the column for which an article would be chosen.
pub(super) fn column_of<'a>(h: &Headline, input: &IssueInput<'a>) -> Option<&'a ColumnQuota> {
    let columns = &input.publication.columns;
    let topics = input.topics.get(&h.id).map_or(&[][..], Vec::as_slice);
    let points = article_points(h, input.levels, input.now);
    let (_, moved_to) = learned(h, topics, points.iter().map(|(kind, points, _)| (*kind, *points)).collect(), input);
    let own = own_column(h.classification.as_ref()?, moved_to, &input.publication.column_names());
    columns.iter().find(|column| is_fed_by(column, topics)).or_else(|| columns.get(own))
}

fn is_fed_by(column: &ColumnQuota, topics: &[String]) -> bool {
    column.topic.as_ref().is_some_and(|t| topics.contains(t))
}

/// Returns the points that the learned ranking gives, and the column to which it moves an article.
fn learned<'a>(h: &Headline, topics: &[String], points: Vec<(PointKind, f64)>, input: &IssueInput<'a>) -> (f64, Option<&'a str>) {
    input.ranking.filter(|r| r.is_of_use()).map_or((0.0, None), |ranking| {
        let known = features(h, topics, points, input.now);
        (ranking.unbounded_points(&known), ranking.column(&known))
    })
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

/// Headlines of the last issues, indexed by letter pairs.
struct SimilarHeadlines {
    words: Vec<Box<[u32]>>,
    by_pair: HashMap<u32, Vec<usize>>,
}

impl SimilarHeadlines {
    fn new(shown: &[PreviousItem]) -> Self {
        let words: Vec<Box<[u32]>> = shown.iter().map(|s| pairs(&s.title)).collect();
        let mut by_pair: HashMap<u32, Vec<usize>> = HashMap::new();
        for (i, w) in words.iter().enumerate() {
            for pair in w {
                by_pair.entry(*pair).or_default().push(i);
            }
        }
        Self { words, by_pair }
    }

    /// Returns the most similar headline and its similarity.
    fn closest(&self, words: &[u32]) -> Option<(usize, f64)> {
        let mut common: HashMap<usize, usize> = HashMap::new();
        for i in words.iter().filter_map(|p| self.by_pair.get(p)).flatten() {
            *common.entry(*i).or_default() += 1;
        }
        let alike = |(i, n): (usize, usize)| (i, 2.0 * n as f64 / (words.len() + self.words.get(i).map_or(0, |w| w.len())) as f64);
        common.into_iter().map(alike).filter(|(_, alike)| *alike >= SIMILARITY_THRESHOLD).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }
}

fn number(known: &mut HashMap<String, u32>, name: &str) -> u32 {
    if let Some(n) = known.get(name) {
        return *n;
    }
    let n = u32::try_from(known.len()).unwrap_or(u32::MAX);
    known.insert(name.to_owned(), n);
    n
}

/// Returns the pairs of neighbouring letters of a headline, as sorted numbers.
fn pairs(title: &str) -> Box<[u32]> {
    let letters: Vec<char> = normalized_key(title).chars().collect();
    let mut out: Vec<u32> = letters.windows(2).map(hash).collect();
    out.sort_unstable();
    out.dedup();
    out.into()
}

fn hash(pair: &[char]) -> u32 {
    let mut h = FxHasher::default();
    pair.hash(&mut h);
    (h.finish() >> 32) as u32
}

/// Returns Dice's coefficient of two sorted sets.
pub(super) fn dice(a: &[u32], b: &[u32]) -> f64 {
    let common = a.iter().filter(|x| b.binary_search(x).is_ok()).count();
    if common == 0 { 0.0 } else { 2.0 * common as f64 / (a.len() + b.len()) as f64 }
}
