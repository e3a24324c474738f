//! Which alerts leave now for one outlet or address, and which wait: quiet hours, the daily digest, and a limit per hour.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::config::settings::AlertSettings;
use crate::model::AlertHitId;

/// An alert older than this did not leave at once; it comes with the others that waited.
const FRESH: TimeDelta = TimeDelta::minutes(10);
/// The period of the limit.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub hit: AlertHitId,
    /// When it was found.
    pub at: DateTime<Utc>,
    /// False: with the daily digest.
    pub at_once: bool,
}

/// A message to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    Single(AlertHitId),
    /// Several in one message.
    Digest(Vec<AlertHitId>),
}

/// What leaves now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub messages: Vec<Outgoing>,
    /// When to plan again for what waits.
    pub next: Option<DateTime<Utc>>,
}

/// The hours of the settings in their zone.
#[derive(Debug, Clone)]
pub struct Hours<'a> {
    pub settings: &'a AlertSettings,
    pub zone: Tz,
}

impl Hours<'_> {
    /// Returns the end of the quiet hours that a moment is in.
    pub fn quiet_end(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (from, to) = self.settings.quiet?;
        let local = at.with_timezone(&self.zone).naive_local();
        let time = local.time();
        let is_quiet = if from < to { (from..to).contains(&time) } else { time >= from || time < to };
        is_quiet.then(|| self.next(to, local))
    }

    /// Returns the last moment of the daily digest.
    pub fn last_digest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.next_digest(now) - TimeDelta::days(1)
    }

    /// Returns the next moment of the daily digest.
    pub fn next_digest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.next(self.settings.digest_at, now.with_timezone(&self.zone).naive_local())
    }

    /// Returns the first moment after another at which clocks show a time of day.
    fn next(&self, time: NaiveTime, after: NaiveDateTime) -> DateTime<Utc> {
        let today = after.date().and_time(time);
        let local = if today > after { today } else { today + TimeDelta::days(1) };
        // a time that the change of clocks skips is an hour later
        let found = self.zone.from_local_datetime(&local).earliest().or_else(|| self.zone.from_local_datetime(&(local + HOUR)).earliest());
        found.map_or_else(|| local.and_utc(), |at| at.to_utc())
    }
}

/// Plans the messages to one outlet or address. `sent` are the times of those of the last hour, oldest first; `follow_ups` have been
/// told, and have new reports since.
pub fn plan(waiting: &[Waiting], follow_ups: &[AlertHitId], sent: &[DateTime<Utc>], hours: &Hours<'_>, now: DateTime<Utc>) -> Plan {
    if waiting.is_empty() && follow_ups.is_empty() {
        return Plan::default();
    }
    if let Some(end) = hours.quiet_end(now) {
        return Plan { next: Some(end), ..Plan::default() };
    }
    let last_digest = hours.last_digest(now);
    let (mut fresh, mut together, mut later) = (Vec::new(), Vec::new(), false);
    for w in waiting {
        match w.at_once {
            true if now - w.at <= FRESH && hours.quiet_end(w.at).is_none() => fresh.push(w.hit),
            true => together.push(w.hit),
            false if w.at < last_digest => together.push(w.hit),
            false => later = true,
        }
    }
    together.extend(follow_ups);
    let next = later.then(|| hours.next_digest(now));
    let left = hours.settings.max_per_hour.saturating_sub(sent.len());
    if left == 0 {
        let free = sent.first().map_or(now, |first| *first) + HOUR;
        return Plan { messages: Vec::new(), next: Some(next.map_or(free, |n| n.min(free))) };
    }
    if fresh.len() + usize::from(!together.is_empty()) > left {
        let rest = fresh.split_off(left - 1);
        together.splice(0..0, rest);
    }
    let mut messages: Vec<Outgoing> = fresh.into_iter().map(Outgoing::Single).collect();
    match together.as_slice() {
        [] => {}
        [only] if !follow_ups.contains(only) => messages.push(Outgoing::Single(*only)),
        _ => messages.push(Outgoing::Digest(together)),
    }
    Plan { messages, next }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings() -> AlertSettings {
        AlertSettings { max_per_hour: 3, ..AlertSettings::default() }
    }

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-30T{text}:00+08:00").parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc()
    }

    fn hit(id: i64, time: &str, at_once: bool) -> Waiting {
        Waiting { hit: AlertHitId(id), at: at(time), at_once }
    }

    fn planned(waiting: &[Waiting], follow_ups: &[i64], sent: &[&str], now: &str) -> Plan {
        let settings = settings();
        let hours = Hours { settings: &settings, zone: chrono_tz::Asia::Shanghai };
        let (follow_ups, sent): (Vec<_>, Vec<_>) = (follow_ups.iter().map(|id| AlertHitId(*id)).collect(), sent.iter().map(|t| at(t)).collect());
        plan(waiting, &follow_ups, &sent, &hours, at(now))
    }

    fn single(id: i64) -> Outgoing {
        Outgoing::Single(AlertHitId(id))
    }

    fn digest(ids: &[i64]) -> Outgoing {
        Outgoing::Digest(ids.iter().map(|id| AlertHitId(*id)).collect())
    }

    #[test]
    fn an_alert_leaves_at_once_unless_it_is_night() {
        assert_eq!(planned(&[hit(1, "10:00", true)], &[], &[], "10:01"), Plan { messages: vec![single(1)], next: None });
        let night = planned(&[hit(1, "22:30", true)], &[], &[], "22:31");
        assert_eq!(night, Plan { messages: Vec::new(), next: Some(at("07:00") + TimeDelta::days(1)) });
        // what waited comes in one message, a single one as it is
        assert_eq!(planned(&[hit(1, "05:00", true), hit(2, "06:59", true)], &[], &[], "07:00").messages, [digest(&[1, 2])]);
        assert_eq!(planned(&[hit(1, "05:00", true)], &[], &[], "07:00").messages, [single(1)]);
    }

    #[test]
    fn the_digest_comes_once_a_day_with_later_reports() {
        let waiting = [hit(1, "10:00", false)];
        assert_eq!(planned(&waiting, &[], &[], "16:59"), Plan { messages: Vec::new(), next: Some(at("17:00")) });
        assert_eq!(planned(&waiting, &[], &[], "17:00").messages, [single(1)]);
        assert_eq!(planned(&waiting, &[9], &[], "17:00").messages, [digest(&[1, 9])]);
        assert_eq!(planned(&[], &[9], &[], "17:00").messages, [digest(&[9])]);
    }

    #[test]
    fn what_exceeds_the_limit_comes_in_one_message() {
        let five: Vec<Waiting> = (1..=5).map(|id| hit(id, "10:00", true)).collect();
        assert_eq!(planned(&five, &[], &[], "10:01").messages, [single(1), single(2), digest(&[3, 4, 5])]);
        assert_eq!(planned(&five, &[], &["09:20", "09:40"], "10:01").messages, [digest(&[1, 2, 3, 4, 5])]);
        assert_eq!(planned(&five, &[], &["09:20", "09:40", "10:00"], "10:01"), Plan { messages: Vec::new(), next: Some(at("10:20")) });
    }

    proptest! {
        #[test]
        fn every_hit_is_told_once_or_waits_with_a_time(
            hits in prop::collection::vec((0i64..2_880, any::<bool>()), 0..40), now in 2_880i64..4_320, sent in 0usize..5
        ) {
            let (start, settings) = (at("00:00"), settings());
            let hours = Hours { settings: &settings, zone: chrono_tz::Asia::Shanghai };
            let (now, mut n) = (start + TimeDelta::minutes(now), 0);
            let waiting: Vec<Waiting> = hits.iter().map(|(minute, at_once)| { n += 1; Waiting { hit: AlertHitId(n), at: start + TimeDelta::minutes(*minute), at_once: *at_once } }).collect();
            let sent = vec![now - TimeDelta::minutes(30); sent];
            let p = plan(&waiting, &[], &sent, &hours, now);
            prop_assert!(p.messages.len() <= settings.max_per_hour.saturating_sub(sent.len()));
            let mut told: Vec<AlertHitId> = p.messages.iter().flat_map(|m| match m { Outgoing::Single(id) => vec![*id], Outgoing::Digest(ids) => ids.clone() }).collect();
            let all = told.len();
            told.sort_unstable();
            told.dedup();
            prop_assert_eq!(told.len(), all);
            prop_assert!(all == waiting.len() || p.next.is_some_and(|next| next > now));
        }
    }
}
