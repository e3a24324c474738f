//! Sends what is queued for an outlet. Each outlet works on its own, so that none waits for another.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::{Pipeline, Result};
use crate::outlets::{Outlet, OutletMessage, SendResult};
use crate::store::{AttemptEnd, Delivery, OutletState, Store};

/// Minutes until an outlet that accepts nothing is tried again; the last repeats until its messages expire.
const BACK_OFF: [i64; 6] = [1, 2, 5, 10, 15, 30];

impl Pipeline {
    /// Sends everything that is due to an outlet, one after the other, until the service stops. Returns why the outlet accepts nothing,
    /// in Chinese.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn send_to_outlet(&self, name: &str, stopped: &watch::Receiver<bool>) -> Result<Option<String>> {
        let settings = self.settings().outlet(name);
        let outlet = match settings.map(Outlet::open) {
            Some(Ok(outlet)) => outlet,
            Some(Err(e)) => return self.postpone(name, 1, e.chinese()).await.map(Some),
            None => return self.postpone(name, 6, format!("qingbao.toml 里没有叫“{name}”的推送渠道")).await.map(Some),
        };
        let pause = settings.map_or(Duration::ZERO, |s| {
            let pace = Outlet::pace(s.kind);
            pace.per / pace.messages.max(1)
        });
        let mut works = false;
        while !*stopped.borrow() {
            let (outlet_name, now) = (name.to_owned(), Utc::now());
            let Some(delivery) = self.store().run(move |s| s.begin_delivery(&outlet_name, now)).await? else { break };
            let result = outlet.send(&message(&delivery), Utc::now()).await;
            let is_throttled = matches!(result, SendResult::Throttled { .. });
            let (asked, own) = (name.to_owned(), delivery.attempts);
            let tries = if works { own } else { self.store().run(move |s| s.most_attempts(&asked)).await? };
            let (end, wait) = end_of(result, tries, Utc::now());
            let (reply, is_sent, outlet_name) = (end.reply.clone(), end.state == OutletState::Sent, name.to_owned());
            log(&delivery, &end);
            self.store().run(move |s| s.finish_delivery(&delivery, &end, Utc::now())).await?;
            match wait {
                // the outlet accepted others just now: it is the message that it does not like
                Some(_) if works && !is_throttled => {}
                Some(until) => {
                    self.store().run(move |s| s.postpone_outlet(&outlet_name, until)).await?;
                    return Ok(Some(reply));
                }
                None if is_sent && !works => {
                    works = true;
                    self.store().run(move |s| s.release_outlet(&outlet_name, Utc::now())).await?;
                }
                None => {}
            }
            tokio::time::sleep(pause).await;
        }
        Ok(None)
    }

    /// Sends what is due to every outlet, to all at once.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn send_to_outlets(&self) -> Result<()> {
        if self.store().run(Store::mail_hold).await?.is_some() {
            return Ok(());
        }
        let (_stop, stopped) = watch::channel(false);
        let names = self.store().run(|s| s.outlets_due(Utc::now())).await?;
        let sent = futures_util::future::join_all(names.iter().map(|name| self.send_to_outlet(name, &stopped))).await;
        sent.into_iter().try_for_each(|result| result.map(|_| ()))
    }

    async fn postpone(&self, name: &str, tries: u32, why: String) -> Result<String> {
        tracing::warn!(outlet = name, "messages wait: {why}");
        let (name, until) = (name.to_owned(), Utc::now() + back_off(tries));
        self.store().run(move |s| s.postpone_outlet(&name, until)).await?;
        Ok(why)
    }
}

/// Returns a delivery as the outlet sends it.
fn message(d: &Delivery) -> OutletMessage {
    OutletMessage {
        id: format!("{}-{}", d.notification, d.id),
        kind: d.kind,
        title: d.text.title.clone(),
        paragraphs: d.text.paragraphs.clone(),
        url: d.text.url.clone(),
        at: d.queued_at,
        repeated: d.ambiguous_attempts > 0,
    }
}

/// Returns what is recorded of an attempt, and until when the outlet waits.
fn end_of(result: SendResult, tries: u32, now: DateTime<Utc>) -> (AttemptEnd, Option<DateTime<Utc>>) {
    let end = |state, reply, next_try, is_ambiguous| AttemptEnd { state, reply, next_try, is_ambiguous };
    let later = now + back_off(tries);
    match result {
        SendResult::Accepted => (end(OutletState::Sent, "已接收".to_owned(), now, false), None),
        SendResult::Refused { reply } => (end(OutletState::Failed, reply, now, false), None),
        SendResult::Throttled { retry_after, reply } => {
            let until = now + TimeDelta::from_std(retry_after).unwrap_or(TimeDelta::minutes(1));
            (end(OutletState::Queued, reply, until, false), Some(until))
        }
        SendResult::Unavailable { reply } => (end(OutletState::Queued, reply, later, false), Some(later)),
        SendResult::Unknown { reply } => (end(OutletState::Queued, reply, later, true), Some(later)),
    }
}

fn back_off(tries: u32) -> TimeDelta {
    let i = usize::try_from(tries.saturating_sub(1)).unwrap_or(0).min(BACK_OFF.len() - 1);
    TimeDelta::minutes(BACK_OFF.get(i).copied().unwrap_or(30))
}

fn log(d: &Delivery, end: &AttemptEnd) {
    match end.state {
        OutletState::Sent => tracing::info!(outlet = d.outlet, kind = d.kind.as_str(), "message sent"),
        OutletState::Queued => tracing::warn!(outlet = d.outlet, kind = d.kind.as_str(), "message waits: {}", end.reply),
        _ => tracing::error!(outlet = d.outlet, kind = d.kind.as_str(), "message given up: {}", end.reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_ends_as_the_outlet_answered() {
        let (now, reply) = (DateTime::from_timestamp(1_800_000_000, 0).unwrap(), || "答".to_owned());
        let of = |result| {
            let (end, wait) = end_of(result, 2, now);
            (end.state, end.is_ambiguous, (end.next_try - now).num_seconds(), wait.map(|w| (w - now).num_seconds()))
        };
        assert_eq!(of(SendResult::Accepted), (OutletState::Sent, false, 0, None));
        assert_eq!(of(SendResult::Refused { reply: reply() }), (OutletState::Failed, false, 0, None));
        let pause = Duration::from_mins(10);
        assert_eq!(of(SendResult::Throttled { retry_after: pause, reply: reply() }), (OutletState::Queued, false, 600, Some(600)));
        assert_eq!(of(SendResult::Unavailable { reply: reply() }), (OutletState::Queued, false, 120, Some(120)));
        assert_eq!(of(SendResult::Unknown { reply: reply() }), (OutletState::Queued, true, 120, Some(120)));
    }
}
