//! Figures over time: compares what a poll read with what is stored, and stores what it tells.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::crawl::watch_page::LookResult;
use crate::crawl::{Crawler, Result};
use crate::fetch::Validators;
use crate::model::{Source, WebUrl};
use crate::series::report::{self, SeriesName};
use crate::series::{SeriesRead, judge};
use crate::store::{FetchRecord, PollPlan, SeriesPoll};

/// What a poll of figures brought.
pub(super) struct FiguresAnswer {
    pub(super) read: SeriesRead,
    pub(super) validators: Validators,
    pub(super) moved: Option<WebUrl>,
    pub(super) at: DateTime<Utc>,
}

impl Crawler {
    /// Returns the validators to send: none if there is nothing that an unchanged document could be compared with.
    pub(super) async fn series_validators(&self, source: &Arc<Source>, validators: Validators) -> Result<Validators> {
        let asked = Arc::clone(source);
        let stored = self.store.run(move |s| s.stored_series(&asked)).await?;
        Ok(if stored.figures.is_empty() { Validators::default() } else { validators })
    }

    /// Compares figures with the stored ones, and stores the result.
    pub(super) async fn apply_figures(
        &self,
        source: &Arc<Source>,
        answer: FiguresAnswer,
        plan: impl FnOnce(bool) -> PollPlan + Send + 'static,
        log: FetchRecord,
    ) -> Result<LookResult> {
        let FiguresAnswer { read, validators, moved, at } = answer;
        if let Some(charset) = &read.garbled {
            tracing::warn!(source = %source.id, "many characters cannot be read as {charset}; set charset for this source");
        }
        if !read.conflicting.is_empty() {
            let periods: Vec<String> = read.conflicting.iter().take(5).map(|p| p.code()).collect();
            tracing::warn!(source = %source.id, "periods with two values are left out: {}", periods.join(", "));
        }
        let asked = Arc::clone(source);
        let stored = self.store.run(move |s| s.stored_series(&asked)).await?;
        let judged = match judge(&read, &stored, &source.series, at.with_timezone(&source.timezone).date_naive()) {
            Ok(judged) => judged,
            Err(odd) => return Ok(LookResult::Odd(odd.english(), odd.chinese(), Box::new(log))),
        };
        let source = Arc::clone(source);
        let committed = self.store.run(move |s| {
            let name = source.series.name.as_deref().unwrap_or(&source.name);
            let entries = report::entries(&judged, SeriesName { name, publisher: &source.name, is_cumulative: read.is_cumulative });
            let poll = SeriesPoll { read: &read, judged: &judged, entries: &entries, validators: &validators, moved: moved.as_ref() };
            s.commit_series(&source, &poll, at, plan, &log)
        });
        Ok(LookResult::Done(committed.await?))
    }
}
