//! Takes notifications from the queue: composes their mails and their messages to outlets, and queues both.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Pipeline, Result};
use crate::alerts::{self, Hours, Outgoing};
use crate::config::settings::{OutletKind, OutletSettings};
use crate::mail;
use crate::model::{AlertTarget, Edition, MailAddress, NotificationKind, NotificationText};
use crate::outlets::Outlet;
use crate::render;
use crate::store::{AlertSignal, OutgoingMessage, OutletText, PendingNotification, Store, StoreError, Takers, TermBurst};
use crate::trends::BurstPeriod;

/// Lines of a digest by mail.
const MAX_LINES: usize = 50;

impl Pipeline {
    /// Queues the letters and outlet messages of what is due; returns the number of new letters. What cannot be made stays due, and
    /// holds up nothing else.
    ///
    /// # Errors
    /// The first of those that cannot be made.
    pub async fn queue_due(&self, now: DateTime<Utc>) -> Result<usize> {
        let _alone = self.taking.lock().await;
        let (mut letters, mut failed) = (0, None);
        for notification in self.store().run(move |s| s.pending_notifications(now)).await? {
            let (id, kind, expires) = (notification.id, notification.kind, self.settings().mail.expires(now));
            let taken = async {
                let takers = self.takers(notification, now).await?;
                Ok(self.store().run(move |s| s.take_notification(id, &takers, now, expires)).await?)
            };
            match taken.await {
                Ok(new) => {
                    if new > 0 {
                        tracing::info!(kind = kind.as_str(), letters = new, "letters queued");
                    }
                    letters += new;
                }
                Err(e) => failed = failed.or(Some(e)),
            }
        }
        failed.map_or(Ok(letters), Err)
    }

    /// Composes everything that takes a notification.
    async fn takers(&self, n: PendingNotification, now: DateTime<Utc>) -> Result<Takers> {
        let edition = match n.edition {
            Some(id) => self.store().run(move |s| s.edition(id)).await?,
            None => None,
        };
        match (n.kind, edition, n.text) {
            (NotificationKind::Draft | NotificationKind::Issue, Some(edition), _) => self.of_issue(n.kind, &edition, &n.key, now).await,
            (NotificationKind::Notice, Some(edition), _) => self.of_notice(n.notice, &edition, &n.key, now).await,
            (NotificationKind::Report, _, Some(text)) => {
                let mut takers = self.by_kind(n.kind, &text, &n.key, now).await?;
                // an outlet is not told of its own failures
                takers.outlets.retain(|o| !n.key.starts_with(&format!("report:delivery:{}:", o.outlet)));
                takers.plain.extend(self.plain_letters(&text, &n.key, &self.settings().mail.operators, now).await?);
                Ok(takers)
            }
            (NotificationKind::Recheck, Some(edition), Some(text)) => self.of_recheck(text, &edition, &n.key, now).await,
            (NotificationKind::Alert, _, Some(text)) => self.of_alert(n.target, text, &n.key, now).await,
            // its issue was discarded
            _ => Ok(Takers::default()),
        }
    }

    async fn of_issue(&self, kind: NotificationKind, edition: &Edition, key: &str, now: DateTime<Utc>) -> Result<Takers> {
        // a draft of a publication that is gone is nobody's; a final issue waits for the publication to get its name back
        if kind == NotificationKind::Draft && self.settings().publication_named(&edition.publication).is_none() {
            return Ok(Takers::default());
        }
        let Some(issue) = self.issues().compose(edition, now).await? else { return Ok(Takers::default()) };
        let text = render::issue_notification(edition, self.settings().console.page(&format!("/draft/{}", edition.id)));
        Ok(Takers { issue: Some(issue), ..self.by_kind(kind, &text, key, now).await? })
    }

    async fn of_notice(&self, notice: Option<i64>, edition: &Edition, key: &str, now: DateTime<Utc>) -> Result<Takers> {
        let Some(id) = notice else { return Ok(Takers::default()) };
        let Some(pending) = self.store().run(move |s| s.pending_notice(id)).await? else { return Ok(Takers::default()) };
        let salt = self.store().run(Store::message_salt).await?;
        let mut letters = Vec::with_capacity(pending.readers.len());
        for to in &pending.readers {
            match MailAddress::parse(to) {
                Ok(to) => letters.push(mail::notice_to_reader(&pending.notice, edition, &self.settings().mail, &to, now, &salt)?),
                Err(e) => tracing::error!("{to} gets no notice: {e}"),
            }
        }
        let text = render::notice_notification(&pending.notice, edition);
        Ok(Takers { notice: Some((pending, letters)), ..self.by_kind(NotificationKind::Notice, &text, key, now).await? })
    }

    /// Composes what the editors of an issue are told: those of the settings who get its drafts.
    async fn of_recheck(&self, text: NotificationText, edition: &Edition, key: &str, now: DateTime<Utc>) -> Result<Takers> {
        let text = NotificationText { url: self.settings().console.page(&format!("/draft/{}", edition.id)), ..text };
        let publication = self.settings().publication_named(&edition.publication);
        let editors: Vec<MailAddress> = publication.map(|p| p.recipients_of(false).iter().map(|r| r.address.clone()).collect()).unwrap_or_default();
        let mut takers = self.by_kind(NotificationKind::Recheck, &text, key, now).await?;
        takers.plain.extend(self.plain_letters(&text, key, &editors, now).await?);
        Ok(takers)
    }

    async fn of_alert(&self, target: Option<AlertTarget>, text: NotificationText, key: &str, now: DateTime<Utc>) -> Result<Takers> {
        let outlet = match target {
            Some(AlertTarget::Address(to)) => return Ok(Takers { plain: self.plain_letters(&text, key, &[to], now).await?, ..Takers::default() }),
            Some(AlertTarget::Outlet(name)) => name,
            None => return Ok(Takers::default()),
        };
        match self.settings().outlet(&outlet) {
            Some(o) if o.kind == OutletKind::Mail => Ok(Takers { plain: self.plain_letters(&text, key, &o.to, now).await?, ..Takers::default() }),
            // one that the settings lost is reported by the sender
            _ => Ok(Takers { outlets: vec![OutletText { outlet, text }], ..Takers::default() }),
        }
    }

    /// Composes the messages of the outlets that take a kind.
    async fn by_kind(&self, kind: NotificationKind, text: &NotificationText, key: &str, now: DateTime<Utc>) -> Result<Takers> {
        let mut takers = Takers::default();
        for o in self.settings().outlets.iter().filter(|o| o.takes.contains(&kind)) {
            if o.kind == OutletKind::Mail {
                takers.plain.extend(self.plain_letters(text, key, &o.to, now).await?);
            } else {
                takers.outlets.push(OutletText { outlet: o.name.clone(), text: text.clone() });
            }
        }
        Ok(takers)
    }

    /// Composes mails that belong to no issue.
    async fn plain_letters(&self, text: &NotificationText, key: &str, to: &[MailAddress], now: DateTime<Utc>) -> Result<Vec<OutgoingMessage>> {
        if to.is_empty() {
            return Ok(Vec::new());
        }
        let key = format!("{} {key}", self.store().run(Store::message_salt).await?);
        let letters = to.iter().map(|to| mail::notification(text, &key, to, &self.settings().mail, now));
        Ok(letters.collect::<std::result::Result<_, _>>()?)
    }

    /// Raises the alerts that leave now; returns when to come again for those that wait.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn raise_alerts(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let mut next = None;
        for target in self.store().run(move |s| s.alert_targets(now)).await? {
            let to = self.raise_alerts_to(target, now).await?;
            next = [next, to].into_iter().flatten().min();
        }
        Ok(next)
    }

    async fn raise_alerts_to(&self, target: AlertTarget, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let most = match &target {
            AlertTarget::Outlet(name) => self.settings().outlet(name).map_or(MAX_LINES, |o| Outlet::max_lines(o.kind)),
            AlertTarget::Address(_) => MAX_LINES,
        };
        let (settings, zone, console) = (self.settings().alerts.clone(), self.settings().publication.calendar.zone, self.settings().console.clone());
        let planned = self.store().run(move |s| {
            let hours = Hours { settings: &settings, zone };
            let (waiting, told) = (s.alerts_waiting(&target)?, s.alerts_told(&target, now - TimeDelta::hours(1))?);
            let follow_ups = s.alert_follow_ups(&target, hours.last_digest(now), now)?;
            let plan = alerts::plan(&waiting, &follow_ups, &told, &hours, now);
            for message in &plan.messages {
                match message {
                    Outgoing::Single(hit) => {
                        let facts = s.hit_facts(*hit, &target)?;
                        let page = facts.report.as_ref().and_then(|r| console.page(&format!("/articles/{}", r.article)));
                        s.raise_alert(&target, &[*hit], &[alerts::single(&facts, page, zone)], now)?;
                    }
                    Outgoing::Digest(hits) => {
                        let facts = hits.iter().map(|hit| s.hit_facts(*hit, &target)).collect::<Result<Vec<_>, _>>()?;
                        s.raise_alert(&target, hits, &alerts::digest(&facts, most, console.page("/alerts").as_ref()), now)?;
                    }
                }
            }
            Ok(plan.next)
        });
        Ok(planned.await?)
    }

    /// Records bursts and silent sources, if an alert rule waits for them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn record_signals(&self, now: DateTime<Utc>) -> Result<()> {
        let zone = self.settings().publication.calendar.zone;
        let recorded = self.store().run(move |s| {
            let (bursts, silent) = s.awaited_signals()?;
            let mut signals = if silent { silent_sources(s, zone, now)? } else { Vec::new() };
            if bursts {
                signals.extend(burst_signals(s, zone, now)?);
            }
            s.record_signals(&signals, now)
        });
        Ok(recorded.await?)
    }
}

/// Returns the sources that have had a problem since yesterday or longer.
fn silent_sources(s: &Store, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<AlertSignal>, StoreError> {
    let (names, today) = (s.source_names()?, now.with_timezone(&zone).date_naive());
    let problems = s.source_problems(zone, now)?;
    let signal = |p: &crate::model::SourceProblem| {
        let source = names.iter().find(|n| n.1 == p.name)?.0.clone();
        let since = p.since.filter(|since| p.reason.is_outage() && *since < today)?;
        let detail = render::source_problem(p);
        Some(AlertSignal {
            subject: format!("source:{source}:{since}"), title: format!("来源“{}”没有更新", p.name), detail, source: Some(source)
        })
    };
    Ok(problems.iter().filter_map(signal).collect())
}

/// Returns the terms that rise today, each once a day.
fn burst_signals(s: &Store, zone: chrono_tz::Tz, now: DateTime<Utc>) -> Result<Vec<AlertSignal>, StoreError> {
    let today = now.with_timezone(&zone).date_naive();
    let bursts = s.bursts(now, BurstPeriod::Day)?;
    let mut out = Vec::with_capacity(bursts.len());
    for TermBurst { burst, stories } in bursts {
        let headline = stories.first().map(|id| s.headline(*id)).transpose()?;
        let example = headline.map(|h| format!("，例如《{}》", h.title)).unwrap_or_default();
        let detail = format!("今天有 {} 条报道，来自 {} 个来源，平常 {:.1} 条{example}", burst.stories, burst.sources, burst.expected);
        out.push(AlertSignal {
            subject: format!("burst:{}:{today}", burst.term), title: format!("热词突增：{}", burst.term), detail, source: None
        });
    }
    Ok(out)
}

impl crate::config::Settings {
    /// Returns an outlet by its name.
    pub fn outlet(&self, name: &str) -> Option<&OutletSettings> {
        self.outlets.iter().find(|o| o.name == name)
    }
}
