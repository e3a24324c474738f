//! 一周综述 by mail: to the addresses of a publication's `weekly_review`, on Monday at the time of its issues, about the week before.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::settings::Publication;
use crate::mail;
use crate::pipeline::{ConfigHandle, Result};
use crate::render;
use crate::review::ReviewPeriod;
use crate::store::{ReviewRequest, Store};

/// How late in the week it is still sent: news of last week is old on Friday.
const CATCH_UP: TimeDelta = TimeDelta::days(4);

/// How long after a start a review waits for the crawl. A source that answers nothing for so long is not waited for.
const CRAWL_TIMEOUT: Duration = Duration::from_hours(3);

/// Queues the reviews that are due, each once. A review is mailed once and never corrected, so it waits until the archive has its news.
pub(super) async fn review_if_due(live: &ConfigHandle, now: DateTime<Utc>) -> Result<()> {
    let pipeline = live.pipeline();
    for p in pipeline.settings().publications().filter(|p| !p.weekly_review.is_empty()) {
        if let Some(period) = due(p, now) {
            queue(live, p, period, now).await?;
        }
    }
    Ok(())
}

/// Returns the week that is due: the one before, from Monday's time on.
fn due(p: &Publication, now: DateTime<Utc>) -> Option<ReviewPeriod> {
    let this = ReviewPeriod::week_of(p.calendar.today(now));
    let at = p.calendar.moment(this.first_day(), p.at)?;
    (at <= now && now - at <= CATCH_UP).then(|| this.previous())?
}

async fn queue(live: &ConfigHandle, p: &Publication, period: ReviewPeriod, now: DateTime<Utc>) -> Result<()> {
    let pipeline = live.pipeline();
    let (key, week) = (format!("weekly-review.{}", p.name), period.to_string());
    let (asked, store) = (key.clone(), pipeline.store());
    if store.run(move |s| s.kv(&asked)).await?.is_some_and(|last| last >= week) {
        return Ok(());
    }
    let Some(moments) = period.moments(&p.calendar) else { return Ok(()) };
    let health = pipeline.health();
    let is_starting = health.uptime() < CRAWL_TIMEOUT;
    if (is_starting && !health.first_crawl_done()) || !store.run(move |s| s.is_ready_for_review(moments, is_starting, now)).await? {
        return Ok(());
    }
    let request = ReviewRequest { publication: p.clone(), period, industries: live.vocabulary().industries.clone() };
    let Some(review) = store.run(move |s| s.review(&request, now)).await? else { return Ok(()) };
    let (organiser, notice, zone) = (p.organiser.clone(), p.classification_notice.clone(), p.calendar.zone);
    let made = tokio::task::spawn_blocking(move || render::review_mail(&review, &organiser, &notice, zone)).await;
    let parts = made.unwrap_or_else(|_| Err(render::RenderError::Html(askama::Error::Fmt)))?;
    let salt = store.run(Store::message_salt).await?;
    let settings = pipeline.settings();
    let mut letters = Vec::with_capacity(p.weekly_review.len());
    for to in &p.weekly_review {
        letters.push(mail::compose_review(&parts, &p.name, &week, &settings.mail, to, now, &salt)?);
    }
    let (count, expires) = (letters.len(), settings.mail.expires(now));
    // killed between the two, it is queued again: the same Message-IDs are ignored
    store
        .run(move |s| {
            s.queue_letters(&letters, now, expires)?;
            s.put_kv(&key, &week)
        })
        .await?;
    live.bells().mail.notify_one();
    tracing::info!(publication = %p.name, %period, letters = count, "weekly review queued");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_from_monday_morning_to_friday() {
        let p = Publication::default();
        let due = |t: &str| due(&p, t.parse().unwrap()).map(|w| w.to_string());
        assert_eq!(due("2026-11-29T23:29:59Z"), None, "07:29:59 on Monday");
        assert_eq!(due("2026-11-29T23:30:00Z").as_deref(), Some("2026-W48"));
        assert_eq!(due("2026-12-03T12:00:00Z").as_deref(), Some("2026-W48"), "Thursday");
        assert_eq!(due("2026-12-05T12:00:00Z"), None, "Saturday");
    }
}
