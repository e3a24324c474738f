//! The stories of a period and of the weeks before, counted for 一周综述.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _};

use crate::review::{CountRow, Lead, Share};
use crate::store::Result;
use crate::store::trends::{Spans, Story, StoryLabel, each_label};
use crate::trends::{Series, Verdict, compare};

pub(super) const DAY: i64 = 86_400;

/// The stories of a publication, by period.
pub(super) struct Counted {
    pub(super) stories: Vec<Story>,
    /// The period, as far as it has passed, and the weeks before that the archive has.
    pub(super) spans: Spans,
}

impl Counted {
    /// Returns the stories of the current period, with their places in the list.
    pub(super) fn current(&self) -> impl Iterator<Item = (usize, &Story)> {
        self.stories.iter().enumerate().filter(|(_, s)| s.period == 0)
    }

    pub(super) fn series(&self, fits: impl Fn(&Story) -> bool) -> Series {
        let mut counts = vec![0; self.spans.earlier.len() + 1];
        for story in self.stories.iter().filter(|s| fits(s)) {
            if let Some(count) = counts.get_mut(story.period) {
                *count += 1;
            }
        }
        as_series(&counts)
    }

    /// Returns the stories in as many days as each earlier week has.
    pub(super) fn rate(&self, stories: u32) -> f64 {
        let week = self.spans.earlier.first().unwrap_or(&self.spans.current);
        f64::from(stories) * as_float(week.until - week.from) / as_float(self.spans.current.until - self.spans.current.from)
    }

    pub(super) fn row(&self, name: &str, series: &Series, share: Option<Share>) -> CountRow {
        // the latest is first
        let weeks = series.earlier.iter().rev().copied().collect();
        let row = CountRow::new(name, series.current, self.rate(series.current), weeks, share);
        // a month that began some days ago tells little of its weeks
        if self.rate(1) > 1.0 { CountRow { count: Verdict::Unknown, ..row } } else { row }
    }

    /// Returns a row for each name of a label, those with most stories first.
    pub(super) fn rows(&self, c: &Connection, label: StoryLabel, all: &Series, wanted: impl Fn(&str) -> bool) -> Result<Vec<CountRow>> {
        let mut counts: BTreeMap<Arc<str>, Vec<u32>> = BTreeMap::new();
        each_label(c, label, &self.stories, |at, name| {
            let Some(period) = self.stories.get(at).map(|s| s.period).filter(|_| wanted(&name)) else { return };
            let counts = counts.entry(name).or_insert_with(|| vec![0; self.spans.earlier.len() + 1]);
            if let Some(n) = counts.get_mut(period) {
                *n += 1;
            }
        })?;
        let series: Vec<Series> = counts.values().map(|n| as_series(n)).collect();
        let verdicts = compare(&series, all);
        let part = |of: u32, all: u32| f64::from(of) / f64::from(all.max(1)) * 100.0;
        let sum = |series: &Series| series.earlier.iter().sum::<u32>();
        let row = |((name, series), verdict): ((&Arc<str>, &Series), Verdict)| {
            let share = Share { current: part(series.current, all.current), usual: part(sum(series), sum(all)), verdict };
            self.row(name, series, Some(share))
        };
        let mut rows: Vec<CountRow> = counts.keys().zip(&series).zip(verdicts).map(row).collect();
        rows.sort_by(|a, b| b.current.cmp(&a.current).then_with(|| b.mean.total_cmp(&a.mean)));
        Ok(rows)
    }
}

fn as_series(counts: &[u32]) -> Series {
    Series { current: counts.first().copied().unwrap_or_default(), earlier: counts.get(1..).unwrap_or_default().to_vec() }
}

/// Returns the story that most articles copy; of equals the latest.
pub(super) fn most_copied(c: &Connection, stories: &[i64]) -> Result<Option<i64>> {
    let mut s = c.prepare_cached("SELECT count(*) FROM article WHERE story_id = ?1")?;
    let mut best = None;
    for id in stories {
        best = best.max(Some((s.query_row([id], |r| r.get::<_, i64>(0))?, *id)));
    }
    Ok(best.map(|(_, id)| id))
}

/// Returns an article for display; `None` if it is gone.
pub(super) fn lead(c: &Connection, id: i64) -> Result<Option<Lead>> {
    let sql = "SELECT a.title, a.url, coalesce(a.publisher, s.name) FROM article a JOIN source s ON s.id = a.source_id WHERE a.id = ?1";
    let read = |r: &rusqlite::Row<'_>| Ok(Lead { article: id, title: r.get(0)?, url: r.get(1)?, publisher: r.get(2)? });
    Ok(c.prepare_cached(sql)?.query_row([id], read).optional()?)
}

#[allow(clippy::cast_precision_loss)] // seconds of some months, and counts
pub(super) fn as_float(n: i64) -> f64 {
    n as f64
}
