//! Mailboxes: reads new mails, stores what each brings, and moves it on the server afterwards.
//!
//! Mails are read in the order of their ids, and each is committed before the next one. A mail that was seen is told by its key
//! (`inbox::message_key`), so a round that is repeated, a copy or new ids bring nothing twice.

mod contents;
mod preview;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use tokio::sync::Notify;

use crate::crawl::mailbox::contents::{RoundError, articles_of, fetched};
use crate::crawl::poll_source::{PollFailure, PollResult};
use crate::crawl::reader::Reader;
use crate::crawl::{Crawler, Result};
use crate::fetch::RequestStats;
use crate::fetch::imap::{self, IdleEnd, ImapError, MailHead, Session};
use crate::inbox::{MailSkip, is_from_editor, message_key, names_editor};
use crate::model::{Mailbox, Source, SourceId};
use crate::schedule::poll_interval::RefreshHints;
use crate::store::{FetchRecord, MailboxState, NewMail};

pub use preview::{MailPreview, preview_mailbox};

/// Mails per round; the next round follows at once.
const ROUND: usize = 50;
/// Mails moved per round.
const MAX_MOVES: usize = 500;
/// At the first look, mails of this many days are read.
const FIRST_DAYS: TimeDelta = TimeDelta::days(14);
/// Before this, a server may log an idle client off (RFC 2177).
const IDLE: Duration = Duration::from_mins(28);

/// One connection per mailbox: a poll interrupts the connection that waits for news.
#[derive(Debug, Default)]
pub(super) struct MailboxTurns(Mutex<HashMap<SourceId, Arc<MailboxTurn>>>);

#[derive(Debug, Default)]
struct MailboxTurn {
    connection: tokio::sync::Mutex<()>,
    wanted: Notify,
}

impl MailboxTurns {
    fn of(&self, id: &SourceId) -> Arc<MailboxTurn> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default())
    }
}

/// What a round did.
#[derive(Debug, Default)]
struct Round {
    mails: usize,
    entries: usize,
    bytes: usize,
    /// More mails are waiting.
    is_cut: bool,
}

impl Crawler {
    /// Reads the new mails of a mailbox.
    pub(super) async fn poll_mailbox(self: &Arc<Self>, source: &Arc<Source>) -> Result<PollResult> {
        let turn = self.mailboxes.of(&source.id);
        turn.wanted.notify_one();
        let _connection = turn.connection.lock().await;
        let (id, zone, started) = (source.id.clone(), self.settings.publication.calendar.zone, Instant::now());
        let (state, days) = self.store.run(move |s| Ok((s.source_state(&id)?, s.article_days(&id, zone)?))).await?;
        let (mut round, now) = (Round::default(), Utc::now());
        let result = self.read_mails(source, &mut round).await;
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let log = |code, outcome| FetchRecord {
            source: source.id.clone(),
            url: source.url.clone(),
            listing: true,
            code,
            outcome,
            bytes: round.bytes,
            stats: RequestStats { millis, requests: 1, ..RequestStats::default() },
            conditional: false,
        };
        match result {
            Ok(()) => {
                let mut plan = self.plan_next_poll(source, (&state, &days), &RefreshHints::default(), round.entries > 0, now);
                if round.is_cut {
                    plan.next_due = now;
                }
                // days without a letter are no fault of the mailbox
                plan.quiet = false;
                let (polled, log) = (Arc::clone(source), log("ok", format!("{} mails", round.mails)));
                self.store.run(move |s| s.mailbox_polled(&polled, &plan, &log, now)).await?;
                Ok(if round.mails == 0 { PollResult::Unchanged } else { PollResult::New(round.entries, Vec::new()) })
            }
            Err(RoundError::Mailbox(e)) => {
                let flaky = e.is_flaky() && state.failures == 0;
                let failure = PollFailure { code: e.code(), english: e.to_string(), chinese: e.chinese(), flaky, ..PollFailure::default() };
                let log = log(e.code(), e.to_string());
                self.poll_failed(source, &state, failure, log).await
            }
            Err(RoundError::Interrupted(reason)) => {
                let (english, chinese) = (format!("a mail could not be read: {reason}"), "解析被外部中断，稍后重试".to_owned());
                let log = log("interrupted", english.clone());
                self.poll_failed(source, &state, PollFailure { code: "interrupted", english, chinese, outage: true, ..PollFailure::default() }, log)
                    .await
            }
            Err(RoundError::Crawl(e)) => Err(e),
        }
    }

    async fn read_mails(self: &Arc<Self>, source: &Arc<Source>, round: &mut Round) -> std::result::Result<(), RoundError> {
        let Some(mailbox) = &source.mailbox else { return Ok(()) };
        let mut session = imap::connect(mailbox, source.allow_private).await?;
        let folder = session.open(&mailbox.folder, mailbox.move_to.is_none()).await?;
        let state = self.opened(source, folder.validity).await?;
        let mut uids = session.after(state.last_uid, Some(state.since)).await?;
        round.is_cut = uids.len() > ROUND;
        uids.truncate(ROUND);
        let heads = session.heads(&uids).await?;
        let keys: Vec<String> = heads.iter().map(|h| message_key(&h.header)).collect();
        let (id, asked) = (source.id.clone(), keys.clone());
        let known = self.store.run(move |s| s.known_mails(&id, &asked)).await?;
        let mut seen = Vec::new();
        for (head, key) in heads.into_iter().zip(keys) {
            let uid = head.uid;
            if known.contains(&key) {
                let source = Arc::clone(source);
                self.store.run(move |s| s.mail_seen_again(&source, state, &key, uid)).await?;
            } else if let Some((mail, bytes)) = self.read_mail(source, mailbox, &mut session, head, key).await? {
                let source = Arc::clone(source);
                (round.mails, round.bytes) = (round.mails + 1, round.bytes + bytes);
                round.entries += self.store.run(move |s| s.commit_mail(&source, state, &mail, Utc::now())).await?;
            }
            seen.push(uid);
        }
        if let Some(target) = &mailbox.move_to {
            self.move_read(source, &mut session, state, target, seen).await?;
        }
        session.logout().await;
        Ok(())
    }

    /// Returns how far the folder was read; starts it if it is new or its ids changed.
    async fn opened(&self, source: &Arc<Source>, validity: u32) -> std::result::Result<MailboxState, RoundError> {
        let asked = Arc::clone(source);
        let known = self.store.run(move |s| s.mailbox_state(&asked)).await?;
        if let Some(state) = known.filter(|s| s.validity == validity) {
            return Ok(state);
        }
        if known.is_some() {
            tracing::warn!(source = %source.id, "the server numbers the mails of the folder anew (UIDVALIDITY): it is read again, and known mails are passed over");
        }
        let state = MailboxState { since: known.map_or_else(|| Utc::now() - FIRST_DAYS, |s| s.since), validity, last_uid: 0 };
        let opened = Arc::clone(source);
        self.store.run(move |s| s.open_mailbox(&opened, state)).await?;
        Ok(state)
    }

    /// Fetches and reads one mail; `None` if it is gone.
    async fn read_mail(
        &self,
        source: &Arc<Source>,
        mailbox: &Mailbox,
        session: &mut Session,
        head: MailHead,
        key: String,
    ) -> std::result::Result<Option<(NewMail, usize)>, RoundError> {
        let reader = Reader::offline(self.executor.parser(), Arc::clone(source));
        let Some((mail, bytes)) = fetched(&reader, mailbox, session, &head).await? else { return Ok(None) };
        let (articles, notes) = articles_of(&reader, &mail, Utc::now()).await?;
        let is_editor = is_from_editor(&mail.header.sender, mailbox);
        if !is_editor && names_editor(&mail.header.sender, mailbox) {
            let authserv = mailbox.trusted_authserv.as_deref().unwrap_or("none is set");
            tracing::warn!(source = %source.id, "a mail that names an editor as its sender is not authenticated by trusted_authserv ({authserv}): its links are not fetched");
        }
        let links = if is_editor && mail.skip.is_none() { mail.links.clone() } else { Vec::new() };
        // an editor's mail with links is a list of pages, and no letter
        let articles = if links.is_empty() { articles } else { articles.into_iter().filter(|a| a.number > 0).collect() };
        let sender = mail.header.sender.address.clone().unwrap_or_default();
        let skipped = mail.skip.or((articles.is_empty() && links.is_empty()).then_some(MailSkip::Empty));
        let subject = &mail.header.subject;
        if let Some(why) = skipped {
            tracing::info!(source = %source.id, %sender, %subject, reason = why.as_str(), "a mail brings nothing");
        } else {
            tracing::info!(source = %source.id, %sender, %subject, articles = articles.len(), links = links.len(), "a mail was read");
        }
        for note in notes {
            tracing::info!(source = %source.id, %subject, "{note}");
        }
        let subject = mail.header.subject;
        Ok(Some((NewMail { key, uid: head.uid, subject, sender, skipped, articles, links }, bytes)))
    }

    /// Moves the mails of this round, and those that an earlier one read and could not move.
    async fn move_read(
        &self,
        source: &Arc<Source>,
        session: &mut Session,
        state: MailboxState,
        target: &str,
        seen: Vec<u32>,
    ) -> std::result::Result<(), RoundError> {
        let id = source.id.clone();
        let mut uids = self.store.run(move |s| s.unmoved_mails(&id, state.validity, MAX_MOVES)).await?;
        uids.extend(seen);
        uids.sort_unstable();
        uids.dedup();
        session.move_mails(&uids, target).await?;
        let id = source.id.clone();
        Ok(self.store.run(move |s| s.mails_moved(&id, state.validity, &uids)).await?)
    }

    /// Waits until a mailbox has news; also returns, with false, after half an hour and when a poll needs the connection.
    ///
    /// # Errors
    /// The mailbox cannot be watched.
    pub async fn wait_for_mail(&self, source: &Arc<Source>) -> std::result::Result<Option<bool>, ImapError> {
        let Some(mailbox) = &source.mailbox else { return Ok(None) };
        let turn = self.mailboxes.of(&source.id);
        let _connection = turn.connection.lock().await;
        let mut session = imap::connect(mailbox, source.allow_private).await?;
        let folder = session.open(&mailbox.folder, true).await?;
        let asked = Arc::clone(source);
        let state = self.store.run(move |s| s.mailbox_state(&asked)).await.ok().flatten();
        let is_behind = state.is_none_or(|s| s.validity != folder.validity || folder.next.is_some_and(|next| next > s.last_uid.saturating_add(1)));
        if is_behind && !session.after(state.map_or(0, |s| s.last_uid), state.map(|s| s.since)).await?.is_empty() {
            session.logout().await;
            return Ok(Some(true));
        }
        let end = tokio::select! {
            end = session.idle(IDLE) => end?,
            () = turn.wanted.notified() => IdleEnd::Quiet,
        };
        Ok(match end {
            IdleEnd::News => Some(true),
            IdleEnd::Quiet => Some(false),
            IdleEnd::Unsupported => None,
        })
    }
}
