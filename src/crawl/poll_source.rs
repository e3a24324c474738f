//! Source polls: builds their tasks and applies the results.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::config::LocalizedMessage;
use crate::crawl::dispatch::TaskMeta;
use crate::crawl::executor::{Task, TaskKind, TaskReport, TaskResult};
use crate::crawl::poll_figures::FiguresAnswer;
use crate::crawl::watch_page::{LookResult, WatchedAnswer};
use crate::crawl::{Crawler, Result};
use crate::discover::LimitReached;
use crate::fetch::{FetchError, MAX_HOST_WAIT, Redirect, host_key, jitter};
use crate::health::Alarm;
use crate::model::{Source, WebUrl};
use crate::schedule::poll_interval::{IntervalLimits, RefreshHints, back_off, next_poll, to_time_delta};
use crate::schedule::silence::quiet_from;
use crate::store::{FailureRecord, FetchRecord, PollPlan, SourceState};

/// Delay before the single quick retry of a flaky error.
pub(super) const QUICK_RETRY: TimeDelta = TimeDelta::seconds(4);
/// Delay after an outage of our network.
pub(super) const OUTAGE_RETRY: TimeDelta = TimeDelta::minutes(3);
/// "Not found" for this long, and this often, disables a source.
const NOT_FOUND_PERIOD: TimeDelta = TimeDelta::days(3);
const NOT_FOUND_LIMIT: u32 = 4;

/// The outcome of a poll.
#[derive(Debug)]
pub(super) enum PollResult {
    Unchanged,
    /// Number of new entries, and warnings that a setting of the source would solve.
    New(usize, Vec<LimitReached>),
    /// Reason, and whether a retry follows within moments.
    Failed {
        reason: LocalizedMessage,
        retry_soon: bool,
    },
}

impl Crawler {
    /// Builds the task of a poll.
    pub(super) async fn poll_task(&self, source: &Arc<Source>, keep: bool, redirects: Vec<Redirect>) -> Result<Task> {
        let id = source.id.clone();
        let (state, known) = self.store.run(move |s| Ok((s.source_state(&id)?, s.known_entries(&id)?))).await?;
        let ask = if source.is_page() {
            TaskKind::Watch { validators: self.page_validators(source, state.validators).await? }
        } else if source.is_series() {
            TaskKind::Figures { validators: self.series_validators(source, state.validators).await? }
        } else {
            TaskKind::Poll { validators: state.validators, previous_selector: state.selector_path, read_older_pages: state.last_ok.is_none(), known }
        };
        Ok(Task { source: Arc::clone(source), url: source.url.clone(), kind: ask, keep_alive: keep, host_key: None, redirects, initial_delay: false })
    }

    /// Stores the result of a poll.
    pub(super) async fn apply_poll(self: &Arc<Self>, source: &Arc<Source>, about: &TaskMeta, report: TaskReport) -> Result<PollResult> {
        let (id, zone) = (source.id.clone(), self.settings.publication.calendar.zone);
        let (state, days) = self.store.run(move |s| Ok((s.source_state(&id)?, s.article_days(&id, zone)?))).await?;
        let log = self.log_report(about, &report);
        let down = self.network_down(source, &source.url, &report);
        let now = Utc::now();
        match report.result {
            TaskResult::NotModified { permanent_redirect: moved, fresh_for: fresh } => {
                let hints = RefreshHints { max_age: fresh, ..RefreshHints::default() };
                let looked = self.plan_next_poll(source, (&state, &days), &hints, false, now);
                let id = source.id.clone();
                self.store.run(move |s| s.source_unchanged(&id, moved.as_ref(), &looked, &log, now)).await?;
                Ok(PollResult::Unchanged)
            }
            TaskResult::Entries { found, validators, permanent_redirect: moved } if !source.tells_itself() => {
                let (this, source, most) = (Arc::clone(self), Arc::clone(source), self.settings.fetch.max_entries);
                let warnings = found.limits.iter().filter(|l| l.needs_setting()).cloned().collect();
                let commit = self.store.run(move |s| {
                    let plan = |changed| this.plan_next_poll(&source, (&state, &days), &found.refresh_hints, changed, now);
                    s.commit_entries(&source, (&found, &validators, moved.as_ref()), most, now, plan, &log)
                });
                Ok(PollResult::New(commit.await?, warnings))
            }
            TaskResult::Watched { page, validators, permanent_redirect: moved, fresh_for } if source.is_page() => {
                let (this, polled) = (Arc::clone(self), Arc::clone(source));
                let hints = RefreshHints { max_age: fresh_for, ..RefreshHints::default() };
                let before = state.clone();
                let plan = move |changed| this.plan_next_poll(&polled, (&before, &days), &hints, changed, now);
                let answer = WatchedAnswer { page: *page, validators, moved, at: report.at };
                match self.apply_look(source, answer, plan, log).await? {
                    LookResult::Done(new) => Ok(PollResult::New(new, Vec::new())),
                    LookResult::Odd(english, chinese, log) => {
                        self.poll_failed(source, &state, PollFailure { code: "odd-page", english, chinese, ..PollFailure::default() }, *log).await
                    }
                }
            }
            TaskResult::Figures { read, validators, permanent_redirect: moved, fresh_for } if source.is_series() => {
                let (this, polled) = (Arc::clone(self), Arc::clone(source));
                let hints = RefreshHints { max_age: fresh_for, ..RefreshHints::default() };
                let before = state.clone();
                let plan = move |changed| this.plan_next_poll(&polled, (&before, &days), &hints, changed, now);
                let answer = FiguresAnswer { read: *read, validators, moved, at: report.at };
                match self.apply_figures(source, answer, plan, log).await? {
                    LookResult::Done(new) => Ok(PollResult::New(new, Vec::new())),
                    LookResult::Odd(english, chinese, log) => {
                        self.poll_failed(source, &state, PollFailure { code: "odd-figures", english, chinese, ..PollFailure::default() }, *log).await
                    }
                }
            }
            TaskResult::Failed(e) => self.poll_fetch_failed(source, &state, &e, down, log).await,
            TaskResult::ParseFailed(e) => {
                let failure = PollFailure { code: e.code(), english: e.to_string(), chinese: e.chinese(), ..PollFailure::default() };
                self.poll_failed(source, &state, failure, log).await
            }
            TaskResult::Interrupted => {
                let (english, chinese) = ("its parser was killed from outside".to_owned(), "解析被外部中断，稍后重试".to_owned());
                // not the source's fault: handled like an outage of our own network
                self.poll_failed(source, &state, PollFailure { code: "interrupted", english, chinese, outage: true, ..PollFailure::default() }, log)
                    .await
            }
            TaskResult::DeadLettered(english) => {
                let chinese = "处理这个来源的程序多次意外中断".to_owned();
                self.poll_failed(source, &state, PollFailure { code: "poison", english, chinese, ..PollFailure::default() }, log).await
            }
            // also the answer to a task that was given out before the source's kind changed
            TaskResult::Entries { .. }
            | TaskResult::Watched { .. }
            | TaskResult::Figures { .. }
            | TaskResult::Article { .. }
            | TaskResult::NoArticle(_)
            | TaskResult::Redirected(_) => {
                let (english, chinese) = ("an answer to another question came".to_owned(), "应答与问题不符".to_owned());
                self.poll_failed(source, &state, PollFailure { code: "broken", english, chinese, ..PollFailure::default() }, log).await
            }
        }
    }

    /// Plans the next poll. `days`: days on which the source brought articles, newest first.
    pub(super) fn plan_next_poll(
        &self,
        source: &Source,
        (state, days): (&SourceState, &[NaiveDate]),
        refresh_hints: &RefreshHints,
        changed: bool,
        now: DateTime<Utc>,
    ) -> PollPlan {
        let mut change_rate = state.change_rate;
        change_rate.record(state.last_poll, now, changed);
        let (next_due, interval) = next_poll(now, source.interval, &change_rate, refresh_hints, self.interval_limits());
        let calendar = &self.settings.publication.calendar;
        // judge a poll with new entries as of the previous poll, because their articles are not fetched yet
        let judged = state.last_ok.map(|last| if changed { last } else { now });
        // a page may stay as it is for years, and a figure come once a year
        let quiet = !source.tells_itself() && judged.is_some_and(|t| quiet_from(days, calendar).is_none_or(|from| calendar.today(t) >= from));
        PollPlan { change_rate, next_due, interval, quiet }
    }

    fn interval_limits(&self) -> IntervalLimits {
        IntervalLimits { min: self.settings.fetch.min_interval, max: self.settings.fetch.max_interval }
    }

    async fn poll_fetch_failed(&self, source: &Arc<Source>, state: &SourceState, e: &FetchError, down: bool, log: FetchRecord) -> Result<PollResult> {
        let mut failure = PollFailure { code: e.code(), english: e.to_string(), chinese: e.chinese(), ..PollFailure::default() };
        failure.flaky = e.is_flaky() && state.failures == 0;
        if let Some(after) = e.retry_after() {
            failure.after = Some(after);
            self.back_off_host(source, &source.url, after, e).await?;
        }
        failure.outage = down;
        let failing_for = state.failing_since.map_or(TimeDelta::zero(), |since| Utc::now() - since);
        failure.disabled_reason = match e {
            FetchError::Status(410) => Some("answered 410 Gone".to_owned()),
            FetchError::Status(404) if state.failures + 1 >= NOT_FOUND_LIMIT && failing_for >= NOT_FOUND_PERIOD => {
                Some(format!("answered 404 Not Found {} times in {} days", state.failures + 1, failing_for.num_days()))
            }
            _ => None,
        };
        self.poll_failed(source, state, failure, log).await
    }

    pub(super) async fn poll_failed(&self, source: &Arc<Source>, state: &SourceState, failure: PollFailure, log: FetchRecord) -> Result<PollResult> {
        let now = Utc::now();
        let interval = source.interval.unwrap_or_else(|| state.change_rate.interval(self.interval_limits().min, self.interval_limits().max));
        let wait = back_off(interval, state.failures + 1, jitter(source.id.as_str(), u64::from(state.failures)));
        let soon = failure.flaky || failure.after.is_some_and(|a| a <= MAX_HOST_WAIT && state.failures == 0);
        let next_due = match failure.after {
            _ if failure.outage => now + OUTAGE_RETRY,
            Some(after) if soon => now + to_time_delta(after) + TimeDelta::seconds(1),
            Some(after) => now + to_time_delta(wait.max(after)),
            None if failure.flaky => now + QUICK_RETRY,
            None => now + to_time_delta(wait),
        };
        if let Some(why) = &failure.disabled_reason {
            tracing::warn!(source = %source.id, "put to rest: {why}; correct its address in sources.toml, or run `qingbao sources enable {}`", source.id);
        }
        let trouble = FailureRecord {
            code: failure.code,
            english: failure.english.clone(),
            chinese: failure.chinese.clone(),
            next_due,
            counts: !failure.outage,
            disabled_reason: failure.disabled_reason,
        };
        let id = source.id.clone();
        self.store.run(move |s| s.source_failed(&id, &trouble, Some(&log), now)).await?;
        let reason = LocalizedMessage { english: failure.english, chinese: failure.chinese };
        Ok(PollResult::Failed { reason, retry_soon: soon })
    }

    /// Stores a host's back-off, so that it survives a restart. A forbidding robots.txt is stored with it.
    pub(super) async fn back_off_host(&self, source: &Source, url: &WebUrl, after: Duration, e: &FetchError) -> Result<()> {
        if !matches!(e, FetchError::Busy { .. }) {
            return Ok(());
        }
        let (host_key, reason, until) = (host_key(source, url), e.to_string(), Utc::now() + to_time_delta(after));
        Ok(self.store.run(move |s| s.back_off_host(&host_key, until, &reason)).await?)
    }

    /// Whether the network failed and not the site; any answer proves that the network works.
    pub(super) fn network_down(&self, source: &Source, url: &WebUrl, report: &TaskReport) -> bool {
        match &report.result {
            TaskResult::Failed(e) if e.is_network() => {
                let (down, news) = self.outages.failed(&host_key(source, url));
                if down {
                    self.health.alarm(Alarm::Network, Some("所有网站都连接不上，可能是本机网络中断；来源不因此记为异常".to_owned()));
                }
                if news {
                    tracing::error!(
                        "the network seems to be down: nobody can be reached; sources are tried again every few minutes and none is blamed"
                    );
                }
                return down;
            }
            _ if report.stats.status.is_some() => {
                self.outages.answered();
                self.health.alarm(Alarm::Network, None);
            }
            _ => {}
        }
        false
    }
}

/// Why a poll failed, and what follows.
#[derive(Debug, Default)]
pub(super) struct PollFailure {
    pub(super) code: &'static str,
    pub(super) english: String,
    pub(super) chinese: String,
    /// The delay that the site asked for.
    pub(super) after: Option<Duration>,
    pub(super) flaky: bool,
    pub(super) outage: bool,
    pub(super) disabled_reason: Option<String>,
}

impl Crawler {
    /// Builds the line for the fetch log.
    pub(super) fn log_report(&self, about: &TaskMeta, report: &TaskReport) -> FetchRecord {
        let words = report.code_and_message();
        let (visit, bytes) = (report.stats, report.bytes);
        tracing::debug!(source = %about.source, url = %about.url, report = %words.1, bytes, millis = visit.millis, "fetched");
        self.health.record_fetch(words.0, Duration::from_millis(visit.millis));
        about.fetch_record(visit, bytes, words)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Taxonomy;
    use crate::model::SourceId;
    use crate::store::Store;

    use super::*;

    #[test]
    fn silence_is_told_at_the_first_poll_that_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let crawler = Crawler::new(Store::open(dir.path()).unwrap(), Arc::default(), Taxonomy::load(None).unwrap(), None).unwrap();
        let source = Source::plain(SourceId::parse("a").unwrap(), "甲".to_owned(), WebUrl::parse("https://a.cn/").unwrap());
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let noon = |text: &str| day(text).and_hms_opt(4, 0, 0).unwrap().and_utc();
        // articles every day, the last on the 20th; polled on the 21st, and not before the fifth day after it
        let days: Vec<NaiveDate> = (0..20).map(|n| day("2026-07-20") - TimeDelta::days(n)).collect();
        let state = SourceState { last_ok: Some(noon("2026-07-21")), ..SourceState::default() };
        let quiet = |at: &str, changed| crawler.plan_next_poll(&source, (&state, &days), &RefreshHints::default(), changed, noon(at)).quiet;
        assert!(!quiet("2026-07-24", false), "the fourth day");
        assert!(quiet("2026-07-25", false), "the fifth day");
        assert!(!quiet("2026-07-25", true), "it has brought news, which are fetched now");
    }
}
