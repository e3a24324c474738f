//! When a loop of the service goes round again.
//!
//! What is due lies in the store. The scheduler crate holds one job for each loop, at the next due moment, and goes by the
//! clock on the wall: a machine that slept or whose clock was set wakes in time. Whoever makes something due before that
//! rings the loop's bell. A ring too many finds nothing to do; one that is lost costs [`MAX_SLEEP`].

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, watch};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Longest time without a round: what other processes change (`qingbao outbox retry`) rings no bell.
const MAX_SLEEP: Duration = Duration::from_mins(1);
/// How soon a round comes again that left something undone.
const RETRY: TimeDelta = TimeDelta::seconds(20);

pub(super) struct AlarmClock {
    scheduler: JobScheduler,
    bell: Arc<Notify>,
    set: Option<(DateTime<Utc>, Job)>,
}

impl AlarmClock {
    pub(super) fn new(scheduler: &JobScheduler, bell: &Arc<Notify>) -> Self {
        Self { scheduler: scheduler.clone(), bell: Arc::clone(bell), set: None }
    }

    /// Waits until something is due or the bell rings; returns false when the service stops. What is due by now was left
    /// undone by the round before.
    pub(super) async fn wait(&mut self, due: Option<DateTime<Utc>>, stopped: &mut watch::Receiver<bool>) -> bool {
        let bell = Arc::clone(&self.bell);
        let ring = async {
            if let Err(e) = self.set(due).await {
                tracing::warn!("scheduler: {e}");
            }
            bell.notified().await;
        };
        tokio::select! {
            biased;
            _ = stopped.wait_for(|s| *s) => false,
            () = ring => true,
            () = tokio::time::sleep(MAX_SLEEP) => true,
        }
    }

    /// Puts the job in place of the one before.
    async fn set(&mut self, due: Option<DateTime<Utc>>) -> Result<(), JobSchedulerError> {
        let now = Utc::now();
        let due = due.map(|at| if at > now { at } else { now + RETRY });
        if self.set.as_ref().map(|(at, _)| *at) == due {
            return Ok(());
        }
        // one that rang is taken away by the scheduler itself
        if let Some((_, old)) = self.set.take().filter(|(at, _)| *at > now) {
            self.scheduler.remove(&old.guid()).await?;
        }
        if let Some(at) = due {
            let bell = Arc::clone(&self.bell);
            // the crate counts in whole seconds, as the store does
            let seconds = u64::try_from(at.timestamp() - now.timestamp()).unwrap_or(0);
            let job = Job::new_one_shot(Duration::from_secs(seconds), move |_, _| bell.notify_one())?;
            self.scheduler.add(job.clone()).await?;
            self.set = Some((at, job));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clock_rings_at_its_last_moment_and_at_the_bell() {
        let scheduler = JobScheduler::new().await.unwrap();
        scheduler.start().await.unwrap();
        let bell = Arc::new(Notify::new());
        let (stop, mut stopped) = watch::channel(false);
        let mut clock = AlarmClock::new(&scheduler, &bell);
        bell.notify_one();
        assert!(clock.wait(Some(Utc::now() + TimeDelta::hours(20)), &mut stopped).await, "rung before");
        for _ in 0..2 {
            let due = Utc::now() + TimeDelta::seconds(2);
            assert!(clock.wait(Some(due), &mut stopped).await);
            let late = Utc::now() - due;
            assert!((-1..3).contains(&late.num_seconds()), "{late}");
        }
        stop.send(true).unwrap();
        assert!(!clock.wait(None, &mut stopped).await);
    }
}
