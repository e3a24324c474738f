//! A worker: takes tasks, does them, tells what came. It holds no database and no mail password; what it must know of manners it
//! learns from the coordinator.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{AckKind, Message};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::NatsError;
use super::crew::{DeadLetter, Pulse};
use super::link::{DEAD_SUBJECT, Link, OUTCOME_SUBJECT, TERMS, connect};
use super::shelf::KvShelf;
use super::wire::{self, OutcomeMessage, TaskMessage, VERSION};
use crate::config::settings::{CrawlSettings, FetchSettings};
use crate::engine::About;
use crate::fetch::{Fetcher, Visit};
use crate::work::{Came, Hands, KeepNothing, Network, Outcome, Processors, Task};

/// How often a task in work is vouched for, and after how long without an answer it is let go: before somebody else gets it.
const VOUCH: Duration = Duration::from_secs(8);
const LET_GO: Duration = Duration::from_secs(22);
/// How often the connection is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(100);
/// Pause before NATS is tried again, and how long one request for tasks stands.
const RETRY: Duration = Duration::from_secs(1);
const STANDS: Duration = Duration::from_secs(5);
/// How often a sign of life is given.
const PULSE: Duration = Duration::from_secs(20);
/// A task newer than we understand is left for others for this long; one that failed for our own network, too.
const OTHERS: Duration = Duration::from_secs(10);
/// Tasks that were taken up before and came to no end, tried at once; and how often before one is given up.
const SUSPECTS: usize = 4;
const FALLS: u32 = 4;
/// So long after the connection stood up, tasks of before may come again as if they were new: a server that was killed may have
/// forgotten who was given what. Until then every task begins with a pause, and is looked at for being a ghost.
const UNEASY: Duration = Duration::from_secs(45);
/// Tasks are not taken from a server that was started anew before this: whoever is cut off from it still works on what the one
/// before had given out, until [`LET_GO`].
const QUIET: Duration = Duration::from_secs(25);
/// How long a stop waits for what is in work.
const STOP: Duration = Duration::from_secs(25);

/// What a worker is told on its own machine.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// How NATS is reached.
    pub crawl: CrawlSettings,
    /// Its name; unique among workers.
    pub name: String,
    /// Tasks in work at once.
    pub at_once: usize,
    /// Of the settings of fetching, what belongs to the machine: the browser.
    pub own: FetchSettings,
}

struct Worker {
    link: Link,
    settings: WorkerSettings,
    hands: RwLock<Arc<Hands>>,
    network: Network,
    suspects: Semaphore,
    connected: Mutex<Connected>,
    since: DateTime<Utc>,
    done: AtomicU64,
    in_work: AtomicUsize,
}

/// The connection as it was seen last.
struct Connected {
    /// Connections made so far.
    connects: u64,
    /// When the last was seen.
    since: Instant,
    /// The server; each start has an id of its own.
    server: String,
    /// No task is taken before.
    quiet_until: Instant,
}

/// Works until told to stop.
///
/// # Errors
/// NATS cannot be reached at the start. Later it is waited for.
pub async fn work(settings: WorkerSettings, mut stopped: watch::Receiver<bool>) -> Result<(), NatsError> {
    let js = connect(&settings.crawl, &format!("qingbao worker {}", settings.name)).await?;
    let Some((link, terms)) = wait_for_terms(&js, &mut stopped).await else { return Ok(()) };
    let processors = Arc::new(Processors::new()?);
    let hands = Hands::new(fetcher(&terms, &settings, &link)?, processors);
    let at_once = settings.at_once;
    let worker = Arc::new(Worker {
        link,
        settings,
        hands: RwLock::new(Arc::new(hands)),
        network: Network::default(),
        suspects: Semaphore::new(SUSPECTS),
        connected: Mutex::new(Connected { connects: 0, since: Instant::now(), server: String::new(), quiet_until: Instant::now() }),
        since: Utc::now(),
        done: AtomicU64::new(0),
        in_work: AtomicUsize::new(0),
    });
    tracing::info!(name = worker.settings.name, at_once, "worker started");
    let pulse = tokio::spawn(beat(Arc::clone(&worker), terms));
    let mut tasks = JoinSet::new();
    tokio::select! {
        _ = stopped.wait_for(|s| *s) => {}
        () = take_tasks(&worker, &mut tasks) => {}
    }
    pulse.abort();
    tracing::info!(in_work = tasks.len(), "stopping: what is in work is finished, or left to others");
    let _ = tokio::time::timeout(STOP, async { while tasks.join_next().await.is_some() {} }).await;
    let _ = worker.link.pulse.delete(worker.pulse_key()).await;
    let hands = worker.hands();
    hands.fetcher().close().await;
    Ok(())
}

/// The coordinator makes the streams and tells the terms; until then there is nothing to do.
async fn wait_for_terms(js: &async_nats::jetstream::Context, stopped: &mut watch::Receiver<bool>) -> Option<(Link, FetchSettings)> {
    let mut told = false;
    loop {
        match Link::find(js.clone()).await {
            Ok(link) => {
                if let Some(terms) = terms(&link).await {
                    return Some((link, terms));
                }
            }
            Err(e) if !told => tracing::warn!("waiting for a coordinator (qingbao serve --crawl nats://…): {e}"),
            Err(_) => {}
        }
        told = true;
        tokio::select! {
            _ = stopped.wait_for(|s| *s) => return None,
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

async fn terms(link: &Link) -> Option<FetchSettings> {
    serde_json::from_slice(&link.lore.get(TERMS).await.ok()??).ok()
}

fn fetcher(terms: &FetchSettings, settings: &WorkerSettings, link: &Link) -> Result<Arc<Fetcher>, NatsError> {
    let (browser, browser_tabs) = (settings.own.browser.clone(), settings.own.browser_tabs);
    let terms = FetchSettings { at_once: settings.at_once, browser, browser_tabs, ..terms.clone() };
    Ok(Arc::new(Fetcher::new(&terms, Arc::new(KvShelf::new(link.lore.clone())))?))
}

/// Signs of life, and new terms where there are some.
async fn beat(worker: Arc<Worker>, mut known: FetchSettings) {
    loop {
        let pulse = Pulse {
            name: worker.settings.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            speaks: VERSION,
            since: worker.since,
            done: worker.done.load(Ordering::Relaxed),
            in_work: worker.in_work.load(Ordering::Relaxed),
        };
        if let Ok(bytes) = serde_json::to_vec(&pulse)
            && let Err(e) = worker.link.pulse.put(worker.pulse_key(), bytes.into()).await
        {
            tracing::debug!("sign of life: {e}");
        }
        tokio::time::sleep(PULSE).await;
        if let Some(terms) = terms(&worker.link).await.filter(|t| *t != known) {
            match fetcher(&terms, &worker.settings, &worker.link) {
                Ok(fetcher) => {
                    let hands = worker.hands().with_fetcher(fetcher);
                    *worker.hands.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hands);
                    tracing::info!("the coordinator told new terms of fetching");
                    known = terms;
                }
                Err(e) => tracing::error!("new terms are not taken over: {e}"),
            }
        }
    }
}

/// Takes as many tasks as there is room for, for ever.
async fn take_tasks(worker: &Arc<Worker>, tasks: &mut JoinSet<()>) {
    let room = Arc::new(Semaphore::new(worker.settings.at_once));
    loop {
        let Ok(first) = Arc::clone(&room).acquire_owned().await else { return };
        while tasks.try_join_next().is_some() {}
        tokio::time::sleep_until(worker.quiet_until()).await;
        let (more, asked) = (room.available_permits(), Instant::now());
        let batch = worker.link.tasks.batch().max_messages(1 + more).expires(STANDS).messages().await;
        let mut messages = match batch {
            Ok(messages) => messages,
            Err(e) => {
                tracing::debug!("tasks cannot be had from NATS, tried again: {e}");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        let mut first = Some(first);
        let mut broken = false;
        while let Some(message) = messages.next().await {
            let Ok(message) = message else {
                broken = true;
                break;
            };
            // what was asked for finds room: permits come back only
            let permit = match first.take() {
                Some(permit) => permit,
                None => match Arc::clone(&room).acquire_owned().await {
                    Ok(permit) => permit,
                    Err(_) => return,
                },
            };
            let worker = Arc::clone(worker);
            tasks.spawn(async move { worker.take_up(message, asked, permit).await });
        }
        if broken {
            tokio::time::sleep(RETRY).await;
        }
    }
}

impl Worker {
    fn hands(&self) -> Arc<Hands> {
        Arc::clone(&self.hands.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the connection is new.
    fn is_uneasy(&self) -> bool {
        self.connected(|c| c.since.elapsed() < UNEASY)
    }

    fn quiet_until(&self) -> Instant {
        self.connected(|c| c.quiet_until)
    }

    fn connected<T>(&self, f: impl FnOnce(&Connected) -> T) -> T {
        let client = self.link.js.client();
        let connects = client.statistics().connects.load(Ordering::Relaxed);
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if connected.connects != connects {
            let (server, now) = (client.server_info().server_id, Instant::now());
            let other = !connected.server.is_empty() && connected.server != server;
            if other {
                tracing::warn!("another NATS server, or one started anew: no task is taken for {} s", QUIET.as_secs());
            }
            *connected = Connected { connects, since: now, server, quiet_until: if other { now + QUIET } else { connected.quiet_until } };
        }
        f(&connected)
    }

    fn pulse_key(&self) -> String {
        format!("worker.{}", self.settings.name)
    }

    /// `asked`: when tasks were asked for; this one was given to us later than that.
    async fn take_up(&self, message: Message, asked: Instant, _room: OwnedSemaphorePermit) {
        self.in_work.fetch_add(1, Ordering::Relaxed);
        let answer = tokio::select! {
            answer = self.deal_with(&message) => answer,
            () = self.vouch(&message, asked) => {
                tracing::warn!("no word from NATS: a task is let go, somebody else gets it");
                None
            }
        };
        if let Some(kind) = answer {
            // without an answer the task comes again, and its outcome is known by its id
            if let Err(e) = message.double_ack_with(kind).await {
                tracing::debug!("a task could not be settled: {e}");
            }
        }
        self.in_work.fetch_sub(1, Ordering::Relaxed);
    }

    /// What NATS is to be told of a task; nothing where it was let go.
    async fn deal_with(&self, message: &Message) -> Option<AckKind> {
        let (version, _) = wire::header(&message.message);
        if version.is_none_or(|v| v > VERSION) {
            tracing::warn!("a task is newer than this worker (form {version:?}, we know {VERSION}): left for others; update this worker");
            return Some(AckKind::Nak(Some(OTHERS)));
        }
        let TaskMessage { id, mut task } = match wire::unpack(&message.message, &self.link.large).await {
            Ok(task) => task,
            Err(e) => {
                self.bury("", "", &e.to_string()).await;
                return Some(AckKind::Term);
            }
        };
        let again = message.info().is_ok_and(|i| i.delivered > 1);
        let uneasy = self.is_uneasy();
        if uneasy && self.link.is_ghost(message).await? {
            tracing::warn!(url = %task.url, "a task came back with a restart of NATS after another in its lane and is deleted");
            return Some(AckKind::Term);
        }
        // whoever had it before may have asked a moment ago
        task.cold |= again || uneasy;
        tracing::debug!(id, url = %task.url, again, cold = task.cold, "task taken up");
        let hands = self.hands();
        let outcome = if again { self.run_suspect(&hands, &id, &task).await? } else { run(&hands, &task).await };
        if self.cut_off(&task, &outcome) {
            return Some(AckKind::Nak(Some(OTHERS)));
        }
        let rest = task.lane.as_deref().and_then(|lane| hands.fetcher().free_in(lane)).unwrap_or_default();
        self.tell(&id, &task, outcome, rest).await;
        self.done.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(id, "task done");
        Some(AckKind::Ack)
    }

    /// Does a task that was taken up before and came to no end: it may be what ended the worker. `None` where NATS does not answer.
    async fn run_suspect(&self, hands: &Hands, id: &str, task: &Task) -> Option<Outcome> {
        let suspect = format!("suspect.{id}");
        let _one_of_few = self.suspects.acquire().await.ok()?;
        let falls = self.falls(&suspect).await?;
        if falls >= FALLS {
            let reason = format!("whoever took it up ended without a word, {falls} times");
            self.bury(task.source.id.as_str(), task.url.as_str(), &reason).await;
            return Some(poison(reason));
        }
        self.link.pulse.put(suspect.as_str(), (falls + 1).to_string().into()).await.ok()?;
        let outcome = run(hands, task).await;
        let _ = self.link.pulse.delete(suspect.as_str()).await;
        Some(outcome)
    }

    /// How often a task brought its worker down, as far as is known.
    async fn falls(&self, suspect: &str) -> Option<u32> {
        let bytes = self.link.pulse.get(suspect).await.ok()?;
        Some(bytes.and_then(|b| std::str::from_utf8(&b).ok()?.parse().ok()).unwrap_or(0))
    }

    /// Keeps a task ours; comes back when that can no longer be promised: NATS is silent, or broke the connection off. A server
    /// that was killed may give the task to somebody else as soon as it is back.
    async fn vouch(&self, message: &Message, asked: Instant) {
        let lease = async {
            let mut sure = asked;
            let vouch = async || {
                tokio::time::sleep(VOUCH).await;
                let sent = Instant::now();
                message.double_ack_with(AckKind::Progress).await.is_ok().then_some(sent)
            };
            while let Ok(answered) = tokio::time::timeout_at(sure + LET_GO, vouch()).await {
                sure = answered.unwrap_or(sure);
            }
        };
        let connection = async {
            let client = self.link.js.client();
            let connects = || client.statistics().connects.load(Ordering::Relaxed);
            let this = connects();
            while client.connection_state() == State::Connected && connects() == this {
                tokio::time::sleep(GLANCE).await;
            }
        };
        tokio::select! { () = lease => {}, () = connection => {} }
    }

    /// Whether it is our own network that fails: others may fare better.
    fn cut_off(&self, task: &Task, outcome: &Outcome) -> bool {
        match &outcome.came {
            Came::Failed(e) if e.is_network() => {
                let (down, news) = self.network.failed(task.lane.as_deref().unwrap_or_default());
                if news {
                    tracing::error!("the network of this machine seems to be down: tasks are left to others");
                }
                down
            }
            _ if outcome.visit.status.is_some() => {
                self.network.answered();
                false
            }
            _ => false,
        }
    }

    /// Stores what came in the stream of outcomes, however long NATS takes: whoever vouches for the task ends it.
    async fn tell(&self, id: &str, task: &Task, outcome: Outcome, rest: Duration) {
        let lane = task.lane.clone().unwrap_or_default();
        let until = Instant::now() + rest;
        let rest = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
        let message = OutcomeMessage { id: id.to_owned(), lane, about: About::of(task), outcome, rest };
        loop {
            match self.store(id, &message).await {
                // the coordinator learns of an earlier try and not of this one: the lane stays held until it may be asked again
                Ok(true) => return tokio::time::sleep_until(until).await,
                Ok(false) => return,
                Err(e) => tracing::debug!("an outcome cannot be stored, tried again: {e}"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// One try; whether it was there already.
    async fn store(&self, id: &str, message: &OutcomeMessage) -> Result<bool, NatsError> {
        let (headers, bytes) = wire::pack(message, id, &self.link.large).await?;
        let publish = PublishMessage::build().headers(headers).message_id(id).payload(bytes.into());
        let sent = async { self.link.js.send_publish(OUTCOME_SUBJECT, publish).await?.await };
        sent.await.map(|ack| ack.duplicate).map_err(|e| NatsError::Message { what: "cannot be stored", cause: e.to_string() })
    }

    async fn bury(&self, source: &str, url: &str, reason: &str) {
        tracing::error!(source, url, "a task is given up: {reason}");
        let (source, url, reason, worker) = (source.to_owned(), url.to_owned(), reason.to_owned(), self.settings.name.clone());
        let letter = DeadLetter { at: Utc::now(), source, url, reason, worker };
        if let Ok(bytes) = serde_json::to_vec(&letter)
            && let Err(e) = async { self.link.js.publish(DEAD_SUBJECT, bytes.into()).await?.await }.await
        {
            tracing::error!("dead letter: {e}");
        }
    }
}

async fn run(hands: &Hands, task: &Task) -> Outcome {
    match hands.run(task, &KeepNothing).await {
        Ok(outcome) => outcome,
        Err(never) => match never {},
    }
}

fn poison(reason: String) -> Outcome {
    Outcome { visit: Visit::default(), at: Utc::now(), bytes: 0, kept: false, came: Came::Poison(reason) }
}
