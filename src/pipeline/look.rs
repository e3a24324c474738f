//! First stage: look at a source for new entries.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Pipeline, Result};
use crate::discover::{self, Discovered};
use crate::fetch::{Answer, Expect, FetchError, Fetched, PATIENCE, Page, Request, Validators, jitter, lane};
use crate::model::{Source, WebUrl};
use crate::schedule::rhythm::{Bounds, Wishes, back_off, delta, next_look};
use crate::store::{FetchRecord, Looked, SourceState, Trouble};
use crate::text::dates::Clock;
use crate::vitals::Alarm;

/// A fault of the kind that comes and goes is tried once more after this.
pub(super) const HICCUP: TimeDelta = TimeDelta::seconds(4);
/// A source is asked again this soon where the network was down.
pub(super) const NETWORK: TimeDelta = TimeDelta::minutes(3);
/// "Not found" for so long, and so often, puts a source to rest.
const LOST_FOR: TimeDelta = TimeDelta::days(3);
const LOST_TIMES: u32 = 4;

/// What came of looking at one source.
#[derive(Debug)]
pub(super) enum Look {
    Unchanged,
    New(usize),
    /// Reason, and whether it is tried again within moments.
    Failed {
        reason: String,
        soon: bool,
    },
}

/// Further pages of a list that are read when it is looked at for the first time.
const OLDER_PAGES: usize = 2;

impl Pipeline {
    pub(super) async fn look(self: &Arc<Self>, source: &Arc<Source>, keep: bool) -> Result<Look> {
        let id = source.id.clone();
        let state = self.store.run(move |s| s.source_state(&id)).await?;
        let request = Request { url: &source.url, source, validators: &state.validators, expect: Expect::Listing, keep };
        let answer = self.fetcher.get(&request).await;
        let log = self.record(&request, &answer);
        let down = self.network_down(source, &source.url, &answer);
        match answer.result {
            Ok(Fetched::NotModified { moved, fresh }) => {
                let looked = self.plan(source, &state, &Wishes { fresh, ..Wishes::default() }, false, Utc::now());
                let id = source.id.clone();
                self.store.run(move |s| s.source_unchanged(&id, moved.as_ref(), &looked, &log, Utc::now())).await?;
                Ok(Look::Unchanged)
            }
            Ok(Fetched::Page(page)) => self.take_entries(source, *page, state, log).await,
            Err(e) => self.fetch_failed(source, &state, &e, down, log).await,
        }
    }

    async fn take_entries(self: &Arc<Self>, source: &Arc<Source>, page: Page, state: SourceState, mut log: FetchRecord) -> Result<Look> {
        let (now, source_then) = (Utc::now(), Arc::clone(source));
        let clock = Clock::new(source.timezone, now);
        // no document may take the crawl with it
        let learned = state.layout.clone();
        let parsed = self.cpu(move || {
            let found = discover::discover(&page.body, page.content_type.as_deref(), &page.url, &source_then, learned.as_deref(), &clock);
            (page, found)
        });
        let whole = match parsed.await {
            Some((page, Ok(found))) => {
                let mut parts = Vec::new();
                for url in &found.parts {
                    parts.extend(self.further(source, url, None).await);
                }
                Some((page, found.with_parts(parts)))
            }
            other => other,
        };
        let (page, found): (Page, Discovered) = match whole {
            Some((page, Ok(found))) => (page, found),
            Some((_, Err(e))) => {
                (log.code, log.outcome) = (e.code(), e.to_string());
                return self.failed(source, &state, Failure::of_document(e.code(), e.to_string(), e.chinese()), log).await;
            }
            None => {
                let failure = Failure::of_document("broken", "the parser gave up on this document".to_owned(), "内容无法解析".to_owned());
                (log.code, log.outcome) = (failure.code, failure.english.clone());
                return self.failed(source, &state, failure, log).await;
            }
        };
        for note in &found.notes {
            tracing::debug!(source = %source.id, "repaired: {note}");
        }
        let found = if state.last_ok.is_none() { self.with_older_pages(source, found, &page.url).await } else { found };
        let wishes = Wishes { fresh: page.fresh, ..found.wishes };
        let (this, source, most) = (Arc::clone(self), Arc::clone(source), self.settings.fetch.max_entries);
        let commit = self.store.run(move |s| {
            let plan = |changed| this.plan(&source, &state, &wishes, changed, now);
            s.commit_entries(&source, (&found, &page), most, now, plan, &log)
        });
        Ok(Look::New(commit.await?))
    }

    /// On the first look at a list, its next pages too: later looks need only what is new.
    async fn with_older_pages(self: &Arc<Self>, source: &Arc<Source>, mut found: Discovered, first: &WebUrl) -> Discovered {
        let mut seen = HashSet::from([first.clone()]);
        let mut next = found.next.take();
        while let Some(url) = next.take().filter(|n| seen.len() <= OLDER_PAGES && seen.insert(n.clone())) {
            let Some(mut older) = self.further(source, &url, found.layout.clone()).await else { break };
            next = older.next.take();
            found.absorb(older);
        }
        found
    }

    /// Another document of a source.
    async fn further(self: &Arc<Self>, source: &Arc<Source>, url: &WebUrl, learned: Option<String>) -> Option<Discovered> {
        let none = Validators::default();
        let request = Request { url, source, validators: &none, expect: Expect::Listing, keep: true };
        let Ok(Fetched::Page(page)) = self.fetcher.get(&request).await.result else { return None };
        let (source, clock) = (Arc::clone(source), Clock::new(source.timezone, Utc::now()));
        let found =
            self.cpu(move || discover::discover(&page.body, page.content_type.as_deref(), &page.url, &source, learned.as_deref(), &clock)).await;
        found?.ok()
    }

    /// What is observed now, and when to look again.
    fn plan(&self, source: &Source, state: &SourceState, wishes: &Wishes, changed: bool, now: DateTime<Utc>) -> Looked {
        let mut rhythm = state.rhythm;
        rhythm.record(state.last_look, now, changed);
        let (next_due, interval) = next_look(now, source.interval, &rhythm, wishes, self.bounds());
        Looked { rhythm, next_due, interval }
    }

    fn bounds(&self) -> Bounds {
        Bounds { floor: self.settings.fetch.min_interval, ceiling: self.settings.fetch.max_interval }
    }

    async fn fetch_failed(&self, source: &Arc<Source>, state: &SourceState, e: &FetchError, down: bool, log: FetchRecord) -> Result<Look> {
        let mut failure = Failure { code: e.code(), english: e.to_string(), chinese: e.chinese(), ..Failure::default() };
        failure.hiccup = e.is_hiccup() && state.failures == 0;
        if let Some(after) = e.asked_wait() {
            failure.after = Some(after);
            self.pause(source, &source.url, after, e).await?;
        }
        failure.network = down;
        let failing_for = state.failing_since.map_or(TimeDelta::zero(), |since| Utc::now() - since);
        failure.resting = match e {
            FetchError::Status(410) => Some("answered 410 Gone".to_owned()),
            FetchError::Status(404) if state.failures + 1 >= LOST_TIMES && failing_for >= LOST_FOR => {
                Some(format!("answered 404 Not Found {} times in {} days", state.failures + 1, failing_for.num_days()))
            }
            _ => None,
        };
        self.failed(source, state, failure, log).await
    }

    async fn failed(&self, source: &Arc<Source>, state: &SourceState, failure: Failure, log: FetchRecord) -> Result<Look> {
        let now = Utc::now();
        let interval = source.interval.unwrap_or_else(|| state.rhythm.interval(self.bounds().floor, self.bounds().ceiling));
        let wait = back_off(interval, state.failures + 1, jitter(source.id.as_str(), u64::from(state.failures)));
        let soon = failure.hiccup || failure.after.is_some_and(|a| a <= PATIENCE && state.failures == 0);
        let next_due = match failure.after {
            _ if failure.network => now + NETWORK,
            Some(after) if soon => now + delta(after) + TimeDelta::seconds(1),
            Some(after) => now + delta(wait.max(after)),
            None if failure.hiccup => now + HICCUP,
            None => now + delta(wait),
        };
        if let Some(why) = &failure.resting {
            tracing::warn!(source = %source.id, "put to rest: {why}; correct its address in sources.toml, or run `qingbao sources enable {}`", source.id);
        }
        let trouble = Trouble {
            code: failure.code,
            english: failure.english.clone(),
            chinese: failure.chinese,
            next_due,
            counts: !failure.network,
            resting: failure.resting,
        };
        let id = source.id.clone();
        self.store.run(move |s| s.source_failed(&id, &trouble, Some(&log), now)).await?;
        Ok(Look::Failed { reason: failure.english, soon })
    }

    /// Remembers that a lane is to be left alone, over restarts too. What robots.txt closes is remembered with it.
    pub(super) async fn pause(&self, source: &Source, url: &WebUrl, after: Duration, e: &FetchError) -> Result<()> {
        if !matches!(e, FetchError::Busy { .. }) {
            return Ok(());
        }
        let (lane, reason, until) = (lane(source, url), e.to_string(), Utc::now() + delta(after));
        Ok(self.store.run(move |s| s.pause_lane(&lane, until, &reason)).await?)
    }

    /// Whether this failure is the network's and not the site's; any answer proves that the network works.
    pub(super) fn network_down(&self, source: &Source, url: &WebUrl, answer: &Answer) -> bool {
        match &answer.result {
            Err(e) if e.is_network() => {
                let (down, news) = self.network.failed(&lane(source, url));
                if down {
                    self.vitals.alarm(Alarm::Network, Some("所有网站都连接不上，可能是本机网络中断；来源不因此记为异常".to_owned()));
                }
                if news {
                    tracing::error!(
                        "the network seems to be down: nobody can be reached; sources are tried again every few minutes and none is blamed"
                    );
                }
                return down;
            }
            _ if answer.visit.status.is_some() => {
                self.network.answered();
                self.vitals.alarm(Alarm::Network, None);
            }
            _ => {}
        }
        false
    }
}

/// Why a look failed, and what follows.
#[derive(Debug, Default)]
struct Failure {
    code: &'static str,
    english: String,
    chinese: String,
    /// Asked to stay away for this long.
    after: Option<Duration>,
    hiccup: bool,
    network: bool,
    resting: Option<String>,
}

impl Failure {
    fn of_document(code: &'static str, english: String, chinese: String) -> Self {
        Self { code, english, chinese, ..Self::default() }
    }
}

impl Pipeline {
    /// The line in the fetch log.
    pub(super) fn record(&self, request: &Request<'_>, answer: &Answer) -> FetchRecord {
        let (code, outcome, bytes) = match &answer.result {
            Ok(Fetched::NotModified { .. }) => ("not-modified", "not modified".to_owned(), 0),
            Ok(Fetched::Page(p)) => ("ok", "ok".to_owned(), p.body.len()),
            Err(e) => (e.code(), e.to_string(), 0),
        };
        tracing::debug!(source = %request.source.id, url = %request.url, %outcome, bytes, millis = answer.visit.millis, "fetched");
        self.vitals.visited(code, std::time::Duration::from_millis(answer.visit.millis));
        FetchRecord {
            source: request.source.id.clone(),
            url: request.url.clone(),
            listing: request.expect == Expect::Listing,
            code,
            outcome,
            bytes,
            visit: answer.visit,
            conditional: !request.validators.is_empty(),
        }
    }
}
