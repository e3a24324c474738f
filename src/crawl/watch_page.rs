//! Watched pages: compares what a poll read with the stored version, and stores what it tells.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::crawl::{Crawler, Result};
use crate::fetch::Validators;
use crate::model::{Source, WebUrl};
use crate::page_watch::{Look, Memory, Verdict, Version, WatchedPage, judge};
use crate::store::{FetchRecord, PageLook, PollPlan};

/// What a poll of a page brought.
pub(super) struct WatchedAnswer {
    pub(super) page: WatchedPage,
    pub(super) validators: Validators,
    pub(super) moved: Option<WebUrl>,
    pub(super) at: DateTime<Utc>,
}

/// The outcome of a look.
pub(super) enum LookResult {
    /// Number of new entries.
    Done(usize),
    /// The page is odd: English and Chinese reason. It is polled again like a source that failed.
    Odd(String, String, Box<FetchRecord>),
}

impl Crawler {
    /// Returns the validators to send: none if there is no version that an unchanged page could be compared with.
    pub(super) async fn page_validators(&self, source: &Arc<Source>, validators: Validators) -> Result<Validators> {
        let asked = Arc::clone(source);
        let has_version = self.store.run(move |s| s.has_page_version(&asked)).await?;
        Ok(if has_version { validators } else { Validators::default() })
    }

    /// Compares a page with its stored version, and stores the result.
    pub(super) async fn apply_look(
        &self,
        source: &Arc<Source>,
        answer: WatchedAnswer,
        plan: impl FnOnce(bool) -> PollPlan + Send + 'static,
        log: FetchRecord,
    ) -> Result<LookResult> {
        let asked = Arc::clone(source);
        let (stored, memory) = self.store.run(move |s| s.page_state(&asked)).await?;
        let WatchedAnswer { page, validators, moved, at } = answer;
        if page.cut {
            tracing::warn!(source = %source.id, "the page is longer than can be watched: only its beginning is compared; set select to the part that matters");
        }
        let new = Version { seen_at: at, blocks: page.blocks };
        let watched = Arc::clone(source);
        let judged = self.cpu(move || {
            let mut memory: Memory = memory;
            let stored = stored.map(|s| s.version);
            let look = Look { stored: stored.as_ref(), new: &new, name: &watched.name, zone: watched.timezone, min_change: watched.page.min_change };
            let verdict = judge(&look, &mut memory);
            (verdict, memory, new)
        });
        let Some((verdict, memory, new)) = judged.await else {
            let english = "its versions cannot be compared; this is a fault of the program".to_owned();
            return Ok(LookResult::Odd(english, "页面的前后版本无法比较".to_owned(), Box::new(log)));
        };
        if let Verdict::Odd { stored, new, kept } = verdict {
            let id = source.id.clone();
            self.store.run(move |s| s.put_page_memory(&id, &memory)).await?;
            let english = format!("looks like another page: {new} lines, before {stored}, of which {kept} are still there");
            let chinese = format!("页面和以前大不一样：现在 {new} 行，以前 {stored} 行，只剩 {kept} 行相同，可能是出错页或验证页；暂不算变化");
            return Ok(LookResult::Odd(english, chinese, Box::new(log)));
        }
        let source = Arc::clone(source);
        let committed = self.store.run(move |s| {
            let report = if let Verdict::Changed(report) | Verdict::Redesigned(report) = &verdict { Some(report) } else { None };
            let version = (verdict != Verdict::Unchanged).then_some(&new);
            let look = PageLook { version, report, memory: &memory, validators: &validators, moved: moved.as_ref() };
            s.commit_page_look(&source, &look, at, plan, &log)
        });
        Ok(LookResult::Done(committed.await?))
    }
}
