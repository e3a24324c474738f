//! Metrics for monitoring, each read by an index or from a small table.

use chrono::{DateTime, Utc};

use crate::store::outgoing_messages::DeliveryState;
use crate::store::{Result, Store};

#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// Sources by state: ok, failing, disabled.
    pub sources: Vec<(&'static str, i64)>,
    /// Due polls.
    pub due_looks: i64,
    /// Articles to fetch.
    pub pending_pages: i64,
    /// Messages by state, without states that have none and without sent ones.
    pub outbox: Vec<(DeliveryState, i64)>,
    /// Age of the oldest waiting message, in seconds.
    pub oldest_letter: i64,
    /// Time of the last issue.
    pub last_issue: Option<DateTime<Utc>>,
    /// Time of the last backup.
    pub last_backup: Option<DateTime<Utc>>,
}

impl Store {
    pub fn gauges(&self, now: DateTime<Utc>) -> Result<Gauges> {
        let last_backup = self.last_backup()?;
        self.read(|c| {
            let one = |sql: &str| c.prepare_cached(sql)?.query_row([], |r| r.get::<_, i64>(0));
            let looked = "FROM source WHERE enabled = 1 AND retired = 0";
            let mut letters = c.prepare_cached("SELECT state, count(*), min(queued) FROM outbox WHERE state <> 'sent' GROUP BY state")?;
            let mut rows = letters.query([])?;
            let (mut outbox, mut oldest) = (Vec::new(), None::<i64>);
            while let Some(r) = rows.next()? {
                let state = DeliveryState::parse(&r.get::<_, String>(0)?);
                outbox.push((state, r.get(1)?));
                if matches!(state, DeliveryState::Queued | DeliveryState::Sending | DeliveryState::Transmitting) {
                    let at: i64 = r.get(2)?;
                    oldest = Some(oldest.map_or(at, |o| o.min(at)));
                }
            }
            Ok(Gauges {
                sources: vec![
                    ("ok", one(&format!("SELECT count(*) {looked} AND resting IS NULL AND failures = 0"))?),
                    ("failing", one(&format!("SELECT count(*) {looked} AND resting IS NULL AND failures > 0"))?),
                    ("resting", one(&format!("SELECT count(*) {looked} AND resting IS NOT NULL"))?),
                ],
                due_looks: one(&format!("SELECT count(*) {looked} AND resting IS NULL AND next_due <= {}", now.timestamp()))?,
                pending_pages: one("SELECT count(*) FROM entry WHERE state = 'pending'")?,
                outbox,
                oldest_letter: oldest.map_or(0, |t| (now.timestamp() - t).max(0)),
                last_issue: DateTime::from_timestamp(one("SELECT coalesce(max(built), 0) FROM edition")?, 0).filter(|t| t.timestamp() > 0),
                last_backup,
            })
        })
    }
}
