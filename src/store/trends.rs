//! Terms that rise, counted by story from the archive.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};

use crate::model::ArticleId;
use crate::store::{Result, Store, invalid_value};
use crate::trends::{Burst, BurstPeriod, Limits, Period, TermCount, bursts};

/// Stories that are listed behind a burst.
const MAX_STORIES: usize = 50;
/// Seconds of a week.
const WEEK: i64 = 7 * 86_400;

/// SQL: the articles on topic of a time, the earliest first, with their stories.
const STORIES: &str = "SELECT id, effective, event_id, source_id, coalesce(region_scope, ''), coalesce(story_id, id)
     FROM article INDEXED BY article_period WHERE is_on_topic = 1 AND effective >= ?1 AND effective < ?2 ORDER BY effective";
/// SQL: an article that was published later.
const LATER: &str =
    "SELECT id, effective, event_id, source_id, coalesce(region_scope, '') FROM article WHERE id = ?1 AND is_on_topic = 1 AND effective >= ?2";

/// A term that rises, and its stories.
#[derive(Debug, Clone, PartialEq)]
pub struct TermBurst {
    pub burst: Burst,
    /// The first article of each of its stories, those with most copies first.
    pub stories: Vec<ArticleId>,
}

/// A span of time, without its end, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) until: i64,
}

/// A period and the earlier ones that it is compared with; none overlap.
#[derive(Debug, Clone)]
pub(super) struct Spans {
    pub(super) current: Span,
    /// The latest first.
    pub(super) earlier: Vec<Span>,
}

impl Spans {
    /// Returns the period that ends now, and those before it.
    fn until(now: DateTime<Utc>, period: BurstPeriod) -> Self {
        // what is published in this second belongs to it
        let (end, length) = (now.timestamp() + 1, period.length().num_seconds());
        let span = |back: i32| Span { from: end - length * i64::from(back + 1), until: end - length * i64::from(back) };
        Self { current: span(0), earlier: (1..=period.earlier()).map(span).collect() }
    }

    /// Returns the time from the beginning of the first to the end of the last.
    pub(super) fn whole(&self) -> Span {
        let all = || self.earlier.iter().chain([&self.current]);
        Span { from: all().map(|s| s.from).min().unwrap_or_default(), until: all().map(|s| s.until).max().unwrap_or_default() }
    }

    /// Returns which period a time lies in: 0 is the current one, the others follow.
    pub(super) fn place(&self, at: i64) -> Option<usize> {
        [self.current].iter().chain(&self.earlier).position(|s| s.from <= at && at < s.until)
    }
}

/// A story, counted where it was first published: its first article may be a copy of a later day that was fetched earlier.
#[derive(Debug, Clone)]
pub(super) struct Story {
    /// Its first article.
    pub(super) id: i64,
    /// As [`Spans::place`] gives it.
    pub(super) period: usize,
    pub(super) event: Option<i64>,
    pub(super) source: Arc<str>,
    pub(super) region_scope: Arc<str>,
}

/// Returns the stories on topic of some periods. Reads an index alone, except for stories whose first article is of a later time.
pub(super) fn stories(c: &Connection, spans: &Spans) -> Result<Vec<Story>> {
    let whole = spans.whole();
    let (mut all, mut later) = (c.prepare_cached(STORIES)?, c.prepare_cached(LATER)?);
    let mut names = Names::default();
    // when each story was published, and what its first article says
    let mut found: Vec<(i64, i64, Option<Story>)> = Vec::new();
    let mut places: HashMap<i64, usize> = HashMap::new();
    let mut rows = all.query(params![whole.from, whole.until])?;
    while let Some(r) = rows.next()? {
        let (id, at, story): (i64, i64, i64) = (r.get(0)?, r.get(1)?, r.get(5)?);
        let place = *places.entry(story).or_insert(found.len());
        if place == found.len() {
            found.push((story, at, None));
        }
        if let Some((_, _, first)) = found.get_mut(place).filter(|_| id == story) {
            *first = Some(read_story(r, &mut names)?);
        }
    }
    let mut out = Vec::with_capacity(found.len());
    for (id, at, mut first) in found {
        let Some(period) = spans.place(at) else { continue };
        if first.is_none() {
            let mut rows = later.query(params![id, whole.until])?;
            first = rows.next()?.map(|r| read_story(r, &mut names)).transpose()?;
        }
        out.extend(first.map(|story| Story { period, ..story }));
    }
    Ok(out)
}

fn read_story(r: &Row<'_>, names: &mut Names) -> Result<Story> {
    Ok(Story { id: r.get(0)?, period: 0, event: r.get(2)?, source: names.read(r, 3)?, region_scope: names.read(r, 4)? })
}

/// Texts that many rows share.
#[derive(Default)]
pub(super) struct Names(HashSet<Arc<str>>);

impl Names {
    pub(super) fn read(&mut self, r: &Row<'_>, column: usize) -> Result<Arc<str>> {
        Ok(self.shared(r.get_ref(column)?.as_str().map_err(invalid_value("name"))?))
    }

    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// Labels of articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoryLabel {
    Keyword,
    /// Industries and themes.
    Industry,
    Column,
    Place,
}

impl StoryLabel {
    fn table(self) -> &'static str {
        match self {
            Self::Keyword => "article_keyword",
            Self::Industry => "article_industry",
            Self::Column => "article_column",
            Self::Place => "article_place",
        }
    }
}

/// Calls back for each label of some stories, with the story's place in the list.
pub(super) fn each_label(c: &Connection, label: StoryLabel, stories: &[Story], mut each: impl FnMut(usize, Arc<str>)) -> Result<()> {
    let mut s = c.prepare_cached(&format!("SELECT name FROM {} WHERE article_id = ?1", label.table()))?;
    let mut names = Names::default();
    for (at, story) in stories.iter().enumerate() {
        let mut rows = s.query([story.id])?;
        while let Some(r) = rows.next()? {
            each(at, names.read(r, 0)?);
        }
    }
    Ok(())
}

/// A term's stories by period, and its stories and sources in the current one.
struct TermStories {
    by_period: Vec<u32>,
    current: Vec<usize>,
}

/// Returns the terms that rise among some stories, with the places of their current stories in the list.
pub(super) fn rising(c: &Connection, stories: &[Story], spans: &Spans) -> Result<Vec<(Burst, Vec<usize>)>> {
    let mut terms: HashMap<Arc<str>, TermStories> = HashMap::new();
    each_label(c, StoryLabel::Keyword, stories, |at, term| {
        let Some(story) = stories.get(at) else { return };
        let known = terms.entry(term).or_insert_with(|| TermStories { by_period: vec![0; spans.earlier.len() + 1], current: Vec::new() });
        if let Some(n) = known.by_period.get_mut(story.period) {
            *n += 1;
        }
        if story.period == 0 {
            known.current.push(at);
        }
    })?;
    let mut periods: Vec<Period> = [spans.current].iter().chain(&spans.earlier).map(|span| empty(span, &spans.current)).collect();
    for story in stories {
        if let Some(p) = periods.get_mut(story.period) {
            p.stories += 1;
        }
    }
    for (term, of) in &terms {
        let mut by_source: HashMap<&str, u32> = HashMap::new();
        for story in of.current.iter().filter_map(|at| stories.get(*at)) {
            *by_source.entry(&story.source).or_default() += 1;
        }
        let sources = u32::try_from(by_source.len()).unwrap_or(u32::MAX);
        let largest_source = by_source.values().copied().max().unwrap_or_default();
        for (period, n) in periods.iter_mut().zip(&of.by_period).filter(|(_, n)| **n > 0) {
            period.terms.push(TermCount { term: Arc::clone(term), stories: *n, sources, largest_source });
        }
    }
    let (current, earlier) = periods.split_at(1);
    let Some(current) = current.first() else { return Ok(Vec::new()) };
    let found = bursts(current, earlier, &Limits::default());
    Ok(found.into_iter().map(|b| (terms.remove(&b.term).map(|t| t.current).unwrap_or_default(), b)).map(|(at, b)| (b, at)).collect())
}

fn empty(span: &Span, current: &Span) -> Period {
    let is_day = current.until - current.from < WEEK;
    Period { is_same_weekday: is_day && (current.from - span.from) % WEEK == 0, ..Period::default() }
}

impl Store {
    /// Returns the terms that rise in the day or week that ends now, the surest first, each with its stories. Stories on topic are counted,
    /// copies once.
    pub fn bursts(&self, now: DateTime<Utc>, period: BurstPeriod) -> Result<Vec<TermBurst>> {
        let spans = Spans::until(now, period);
        self.read(|c| {
            let stories = stories(c, &spans)?;
            let mut copies = c.prepare_cached("SELECT count(*) FROM article WHERE story_id = ?1")?;
            let mut out = Vec::new();
            for (burst, current) in rising(c, &stories, &spans)? {
                let mut ids: Vec<(i64, i64)> = Vec::with_capacity(current.len());
                for id in current.iter().filter_map(|at| stories.get(*at)).map(|s| s.id) {
                    ids.push((copies.query_row([id], |r| r.get(0))?, id));
                }
                ids.sort_unstable_by(|a, b| b.cmp(a));
                out.push(TermBurst { burst, stories: ids.into_iter().take(MAX_STORIES).map(|(_, id)| ArticleId(id)).collect() });
            }
            Ok(out)
        })
    }

    /// Returns the terms that rise in the last seven days, the surest first.
    pub fn rising_keywords(&self, now: DateTime<Utc>, most: usize) -> Result<Vec<String>> {
        let rising = self.bursts(now, BurstPeriod::Week)?;
        Ok(rising.into_iter().take(most).map(|b| b.burst.term.to_string()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn now() -> DateTime<Utc> {
        "2026-11-24T00:00:00Z".parse().unwrap()
    }

    /// Adds stories of a day, each of another source, with keywords, and one copy of each.
    fn add(t: &Connection, days_ago: i64, stories: i64, keywords: &str) -> Result<()> {
        let at = now().timestamp() - days_ago * DAY - 3_600;
        for n in 0..stories {
            let source = format!("s{}", n % 7);
            t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES (?1, ?1, 'https://a.cn/')", [&source])?;
            let mut first = None;
            for copy in 0..2 {
                let id: i64 = t.query_row("SELECT coalesce(max(id), 0) + 1 FROM article", [], |r| r.get(0))?;
                let story = *first.get_or_insert(id);
                t.execute(
                    "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?1, ?1, 'https://a.cn/', '题', 'done', 0)",
                    params![id, source],
                )?;
                let json =
                    format!(r#"{{"industries":[{{"name":"发制品"}}],"column":"行业动态","keywords":[{keywords}],"places":[],"organisations":[]}}"#);
                t.execute(
                    "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id)
                     VALUES (?1, ?1, ?2, ?1, 'https://a.cn/', '题', ?3, ?3, '', '', ?4)",
                    params![id, source, at + copy, story],
                )?;
                crate::store::labels::store_judgement(t, ArticleId(id), &json)?;
            }
        }
        Ok(())
    }

    fn store(dir: &std::path::Path, fill: impl Fn(&Connection) -> Result<()>) -> Store {
        let store = Store::open(dir).unwrap();
        store.write(|t| fill(t)).unwrap();
        store
    }

    #[test]
    fn a_term_rises_only_against_days_and_weeks_before() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), |t| add(t, 0, 6, "\"固态电池\""));
        assert!(store.rising_keywords(now(), 5).unwrap().is_empty(), "a first week has nothing to rise against");
        store.write(|t| (1..40).try_for_each(|back| add(t, back, 6, "\"发制品\""))).unwrap();
        store.write(|t| add(t, 0, 3, "\"发制品\"")).unwrap();
        assert_eq!(store.rising_keywords(now(), 5).unwrap(), ["固态电池"]);
        let found = store.bursts(now(), BurstPeriod::Day).unwrap();
        let burst = &found[0];
        assert_eq!(
            (found.len(), &*burst.burst.term, burst.burst.stories, burst.burst.sources),
            (1, "固态电池", 6, 6),
            "copies count once: {found:?}"
        );
        assert_eq!(burst.stories.len(), 6);
        assert!(store.bursts(now() - BurstPeriod::Week.length(), BurstPeriod::Week).unwrap().is_empty(), "a week ago");
    }

    #[test]
    fn a_story_counts_where_it_was_published_first() {
        let dir = tempfile::tempdir().unwrap();
        // three stories of two articles each, all of the last day; the second article was published two days before
        let store = store(dir.path(), |t| {
            add(t, 0, 3, "\"发制品\"")?;
            t.execute("UPDATE article SET effective = effective - 2 * 86400 WHERE id <> story_id", [])?;
            Ok(())
        });
        let counted = |now: DateTime<Utc>| -> Vec<usize> {
            let spans = Spans::until(now, BurstPeriod::Day);
            store.read(|c| Ok(stories(c, &spans)?.into_iter().map(|s| s.period).collect())).unwrap()
        };
        assert!(counted(now()).iter().all(|period| *period != 0), "{:?}", counted(now()));
        assert_eq!(counted(now() - chrono::TimeDelta::days(2)), [0, 0, 0]);
    }

    #[test]
    fn stories_off_topic_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), |t| {
            (1..40).try_for_each(|back| add(t, back, 6, "\"发制品\""))?;
            add(t, 0, 9, "\"联赛\"")?;
            t.execute("UPDATE article SET judgement = json_set(judgement, '$.on_topic', json('false')) WHERE judgement LIKE '%联赛%'", [])?;
            Ok(())
        });
        assert!(store.rising_keywords(now(), 5).unwrap().is_empty());
    }

    #[test]
    fn stories_are_found_in_an_index_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), |t| add(t, 0, 2, "\"发制品\""));
        // which columns are read from which cursor; the table is the first that is opened
        let program = |sql: &str| -> Vec<(String, i64)> {
            store
                .read(|c| {
                    let mut s = c.prepare(&format!("EXPLAIN {sql}"))?;
                    let steps = s.query_map(params![1, 2], |r| Ok((r.get(1)?, r.get(2)?)))?;
                    Ok(steps.collect::<rusqlite::Result<_>>()?)
                })
                .unwrap()
        };
        let steps = program(STORIES);
        let table = steps.iter().find(|s| s.0 == "OpenRead").unwrap().1;
        assert!(steps.iter().any(|s| s.0 == "SeekGE") && !steps.contains(&("Column".to_owned(), table)), "{steps:?}");
        assert!(!steps.iter().any(|s| s.0 == "FinishSeek"), "{steps:?}");
    }
}
