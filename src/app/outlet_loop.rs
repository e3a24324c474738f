//! Finds alerts, and sends notifications to the outlets. Every outlet sends on a task of its own: a slow one holds up nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::alarm_clock::AlarmClock;
use crate::health::{Alarm, Component};
use crate::pipeline::{ConfigHandle, Pipeline, Result};
use crate::store::Store;

/// How often bursts and silent sources are looked for.
const SIGNAL_INTERVAL: TimeDelta = TimeDelta::minutes(10);
/// An outlet that is still sending is looked at again after this.
const BUSY_WAIT: TimeDelta = TimeDelta::seconds(20);

/// The outlets of the service.
#[derive(Default)]
struct Outlets {
    /// Those that are sending, by name.
    sending: HashMap<String, JoinHandle<Result<Option<String>>>>,
    /// Why those that accept nothing do not.
    failing: BTreeMap<String, String>,
    signals_at: Option<DateTime<Utc>>,
}

/// Runs until the service stops; what is being sent then is finished.
pub(super) async fn run(live: Arc<ConfigHandle>, mut clock: AlarmClock, mut stopped: watch::Receiver<bool>) {
    if let Err(e) = live.pipeline().store().run(Store::recover_deliveries).await {
        tracing::error!("deliveries: {e}");
    }
    let (mut outlets, mut due) = (Outlets::default(), None);
    while clock.wait(due, &mut stopped).await {
        let pipeline = live.pipeline();
        pipeline.health().heartbeat(Component::Outlets);
        due = match outlets.round(&live, &pipeline, &stopped, Utc::now()).await {
            Ok(next) => next,
            Err(e) => {
                tracing::error!("outlets: {e}");
                Some(Utc::now())
            }
        };
    }
    for (_, task) in outlets.sending {
        let _ = task.await;
    }
}

impl Outlets {
    /// Does what is due; returns when to come again.
    async fn round(
        &mut self,
        live: &Arc<ConfigHandle>,
        pipeline: &Arc<Pipeline>,
        stopped: &watch::Receiver<bool>,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>> {
        if self.signals_at.is_none_or(|at| now - at >= SIGNAL_INTERVAL || at > now) {
            pipeline.record_signals(now).await?;
            self.signals_at = Some(now);
        }
        let alerts = pipeline.raise_alerts(now).await?;
        // the mail loop reports what cannot be made
        if pipeline.queue_due(now).await.is_ok_and(|letters| letters > 0) {
            live.bells().mail.notify_one();
        }
        pipeline.store().run(move |s| s.expire_deliveries(now)).await?;
        self.collect(pipeline).await;
        if pipeline.store().run(Store::mail_hold).await?.is_none() {
            for name in pipeline.store().run(move |s| s.outlets_due(now)).await? {
                self.start(live, pipeline, stopped, name);
            }
        }
        let next = pipeline.store().run(|s| Ok((s.next_notification()?, s.next_outlet_delivery()?))).await?;
        let delivery = if self.sending.is_empty() { next.1 } else { next.1.map(|at| at.max(now + BUSY_WAIT)) };
        Ok([alerts, next.0, delivery, Some(now + SIGNAL_INTERVAL)].into_iter().flatten().min())
    }

    /// Takes the results of the outlets that ended.
    async fn collect(&mut self, pipeline: &Pipeline) {
        let ended: Vec<String> = self.sending.iter().filter(|(_, task)| task.is_finished()).map(|(name, _)| name.clone()).collect();
        for name in ended {
            let Some(task) = self.sending.remove(&name) else { continue };
            match task.await {
                Ok(Ok(None)) => drop(self.failing.remove(&name)),
                Ok(Ok(Some(why))) => drop(self.failing.insert(name, why)),
                Ok(Err(e)) => tracing::error!(outlet = name, "{e}"),
                Err(e) => tracing::error!(outlet = name, "sending panicked: {e}"),
            }
        }
        let words: Vec<String> = self.failing.iter().map(|(name, why)| format!("推送渠道“{name}”发不出消息：{why}")).collect();
        pipeline.health().alarm(Alarm::Outlets, (!words.is_empty()).then(|| words.join("；")));
    }

    fn start(&mut self, live: &Arc<ConfigHandle>, pipeline: &Arc<Pipeline>, stopped: &watch::Receiver<bool>, name: String) {
        if self.sending.contains_key(&name) {
            return;
        }
        let (live, pipeline, stopped, outlet) = (Arc::clone(live), Arc::clone(pipeline), stopped.clone(), name.clone());
        let task = tokio::spawn(async move {
            let result = pipeline.send_to_outlet(&outlet, &stopped).await;
            live.bells().outlets.notify_one();
            result
        });
        self.sending.insert(name, task);
    }
}
