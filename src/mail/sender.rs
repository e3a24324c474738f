//! Sends the outbox. Every step is recorded before the next, so a killed process loses nothing and repeats only a message whose
//! acceptance it had not recorded yet.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::settings::{AmbiguousDeliveryPolicy, MailSettings};
use crate::mail::delivery::DeliveryResult;
use crate::mail::notice;
use crate::mail::transport::Transport;
use crate::store::{CALLED_BACK, DeliveryOutcome, DeliveryState, OutboxMessage, Result, Store};

/// Minutes between attempts; the last repeats until the message expires.
const BACK_OFF: [i64; 6] = [2, 5, 15, 60, 180, 360];
/// After a refused login, because providers lock accounts that keep trying.
const LOGIN_WAIT: TimeDelta = TimeDelta::minutes(30);
/// Refused logins before the message is given up.
const LOGIN_TRIES: u32 = 4;
const SEND_BATCH: usize = 50;

/// What one run of the outbox did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendSummary {
    pub sent: Vec<String>,
    /// Recipient and reason.
    pub deferred: Vec<(String, String)>,
    /// Given up, or waiting for an operator's decision: recipient and reason.
    pub failed: Vec<(String, String)>,
}

/// Sends every due message, one after the other. Calls `beat` after each step, because a server may take minutes for one.
///
/// # Errors
/// Those of the store; finished work is recorded.
pub async fn send_due(
    store: &Store,
    transport: &mut Transport,
    settings: &MailSettings,
    beat: &(dyn Fn() + Sync),
    now: DateTime<Utc>,
) -> Result<SendSummary> {
    let mut report = SendSummary::default();
    if let Some(why) = store.run(Store::mail_hold).await? {
        tracing::warn!("no letter is sent, {why}; `qingbao outbox list` shows them, `qingbao outbox release` lets them go");
        return Ok(report);
    }
    recover_and_expire(store, settings, now, &mut report).await?;
    let due = store.run(move |s| s.due_messages(now, SEND_BATCH)).await?;
    let pause = settings.smtp.as_ref().map_or(Duration::ZERO, |s| s.pause);
    for (i, letter) in due.into_iter().enumerate() {
        if i > 0 {
            tokio::time::sleep(pause).await;
        }
        let id = letter.id;
        if !store.run(move |s| s.mark_sending(id)).await? {
            continue;
        }
        beat();
        let outcome = match transport.mail_and_rcpt(&letter).await {
            Ok(()) => {
                if !store.run(move |s| s.mark_transmitting(id)).await? {
                    // the server still waits for the content
                    transport.close().await;
                    continue;
                }
                beat();
                transport.data(&letter).await
            }
            Err(outcome) => outcome,
        };
        let no_login = matches!(outcome, DeliveryResult::LoginRefused(_));
        let end = outcome_of(outcome, letter.attempts + 1, settings.on_uncertain, now);
        let told = matches!(end.state, DeliveryState::Failed | DeliveryState::Uncertain) || end.doubt;
        let operators = if told { notice::about(&letter, end.state, &end.reply) } else { None };
        let words = end.reply.clone();
        let state = end.state;
        store.run(move |s| s.finish_attempt(id, &end, operators.as_ref(), now)).await?;
        match state {
            DeliveryState::Sent => report.sent.push(words),
            DeliveryState::Queued => report.deferred.push((letter.recipient, words)),
            _ => report.failed.push((letter.recipient, words)),
        }
        if no_login {
            break;
        }
    }
    transport.close().await;
    Ok(report)
}

/// Resolves what a killed process left, and gives up expired messages.
async fn recover_and_expire(store: &Store, settings: &MailSettings, now: DateTime<Utc>, report: &mut SendSummary) -> Result<()> {
    let policy = settings.on_uncertain;
    let unknown = store.run(move |s| s.recover_messages(policy)).await?;
    let late = store.run(move |s| s.expire_messages(now)).await?;
    let mut reports = Vec::new();
    for letter in &unknown {
        tracing::warn!(to = %letter.recipient, id = %letter.message_id, "it is not known whether this letter was accepted; policy: {policy:?}");
        reports.extend(notice::about(letter, letter.state, "发送时程序中断，没有记下服务器的答复"));
    }
    for letter in late {
        let reason = letter.reply.clone().unwrap_or_else(|| "一直没有发出".to_owned());
        reports.extend(notice::about(&letter, DeliveryState::Expired, &reason));
        report.failed.push((letter.recipient, format!("expired: {reason}")));
    }
    store.run(move |s| reports.iter().try_for_each(|r| s.raise_report(&r.key, &r.text, now))).await
}

fn outcome_of(outcome: DeliveryResult, tries: u32, policy: AmbiguousDeliveryPolicy, now: DateTime<Utc>) -> DeliveryOutcome {
    let end = |state, reply, wait: TimeDelta, doubt| DeliveryOutcome { state, reply, next_try: (now + wait).timestamp(), doubt };
    let back_off = TimeDelta::minutes(wait(tries));
    match outcome {
        DeliveryResult::Accepted(reply) => end(DeliveryState::Sent, reply, TimeDelta::zero(), false),
        DeliveryResult::Refused(reply) => end(DeliveryState::Failed, reply, TimeDelta::zero(), false),
        DeliveryResult::Later(reply) => end(DeliveryState::Queued, reply, back_off, false),
        DeliveryResult::LoginRefused(reply) if tries >= LOGIN_TRIES => end(DeliveryState::Failed, reply, TimeDelta::zero(), false),
        DeliveryResult::LoginRefused(reply) => end(DeliveryState::Queued, reply, LOGIN_WAIT, false),
        DeliveryResult::Uncertain(reply) if policy == AmbiguousDeliveryPolicy::Hold => end(DeliveryState::Uncertain, reply, TimeDelta::zero(), true),
        DeliveryResult::Uncertain(reply) => end(DeliveryState::Queued, reply, back_off, true),
    }
}

fn wait(tries: u32) -> i64 {
    let i = usize::try_from(tries.saturating_sub(1)).unwrap_or(0).min(BACK_OFF.len() - 1);
    BACK_OFF.get(i).copied().unwrap_or(360)
}

/// Returns what a person should know of a message besides its state.
pub fn explain(letter: &OutboxMessage) -> String {
    let reply = letter.reply.as_deref().unwrap_or_default();
    if letter.state == DeliveryState::Cancelled && reply.ends_with(CALLED_BACK) {
        let doubt = if letter.ambiguous_attempts > 0 { "，可能已送达过一次" } else { "" };
        return format!("这一期已经撤回，不再发送{doubt}");
    }
    let hint = crate::mail::reply_hint::hint(reply).map(|h| format!("　{h}")).unwrap_or_default();
    let doubt = if letter.ambiguous_attempts > 0 { "　可能已送达过一次（同一 Message-ID）" } else { "" };
    format!("{reply}{hint}{doubt}")
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::config::settings::{Publication, SmtpSettings};
    use crate::issue::tests::{article, build_with, now};
    use crate::mail::compose;
    use crate::model::EditionId;
    use crate::model::MailAddress;
    use crate::render;

    /// A store with one queued message.
    fn queued(dir: &std::path::Path) -> (Store, EditionId) {
        let store = Store::open(dir).unwrap();
        let draft = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 2)], &[]);
        let edition = store.commit_edition(draft, &Publication::default(), store.whole_archive().range).unwrap();
        let to = MailAddress::parse("a@b.cn").unwrap();
        let letter =
            compose(&edition, &render::parts(&edition, &render::Files::new(), None).unwrap(), &MailSettings::default(), &to, now(), "salt").unwrap();
        assert_eq!(store.queue_messages(&edition, &[letter], now(), now() + Duration::days(3)).unwrap(), 1);
        (store, edition.id)
    }

    /// Returns the number of reports to operators.
    fn reports(store: &Store) -> usize {
        let pending = store.pending_notifications(now() + Duration::days(30)).unwrap();
        pending.iter().filter(|n| n.kind == crate::model::NotificationKind::Report).count()
    }

    fn eml_files(dir: &std::path::Path) -> usize {
        std::fs::read_dir(dir).map_or(0, |d| d.filter(|e| e.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|x| x == "eml"))).count())
    }

    #[tokio::test]
    async fn a_letter_is_sent_once_however_often_the_outbox_is_worked_off() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let mut transport = Transport::Files(dir.path().join("outbox"));
        assert_eq!(send_due(&store, &mut transport, &MailSettings::default(), &|| {}, now()).await.unwrap().sent.len(), 1);
        assert_eq!(
            send_due(&store, &mut transport, &MailSettings::default(), &|| {}, now() + Duration::days(9)).await.unwrap(),
            SendSummary::default()
        );
        assert_eq!(eml_files(&dir.path().join("outbox")), 1);
        assert_eq!(store.messages_of(edition).unwrap()[0].state, DeliveryState::Sent);
    }

    #[tokio::test]
    async fn a_letter_found_in_sending_goes_out_again_with_the_same_message_id() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let before = store.messages_of(edition).unwrap().remove(0);
        // the process was killed after the content left and before the answer was recorded
        store.mark_sending(before.id).unwrap();
        store.mark_transmitting(before.id).unwrap();
        let mut transport = Transport::Files(dir.path().join("outbox"));
        assert_eq!(send_due(&store, &mut transport, &MailSettings::default(), &|| {}, now()).await.unwrap().sent.len(), 1);
        let after = store.messages_of(edition).unwrap().remove(0);
        assert_eq!((after.message_id, after.message, after.ambiguous_attempts), (before.message_id, before.message, 1));
    }

    #[tokio::test]
    async fn under_hold_a_letter_of_unknown_fate_waits_for_a_word_and_operators_are_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let id = store.messages_of(edition).unwrap()[0].id;
        store.mark_sending(id).unwrap();
        store.mark_transmitting(id).unwrap();
        let settings = MailSettings { on_uncertain: AmbiguousDeliveryPolicy::Hold, ..MailSettings::default() };
        let mut transport = Transport::Files(dir.path().join("outbox"));
        for _ in 0..2 {
            send_due(&store, &mut transport, &settings, &|| {}, now()).await.unwrap();
        }
        assert_eq!(store.messages_of(edition).unwrap()[0].state, DeliveryState::Uncertain);
        assert_eq!((eml_files(&dir.path().join("outbox")), reports(&store)), (0, 1), "the report alone, once");
        assert!(store.set_delivery_state(id, DeliveryState::Queued, now(), now() + Duration::days(1)).unwrap());
        assert_eq!(send_due(&store, &mut transport, &settings, &|| {}, now()).await.unwrap().sent.len(), 1);
        assert!(!store.set_delivery_state(id, DeliveryState::Queued, now(), now()).unwrap(), "sent letters stay sent");
    }

    #[tokio::test]
    async fn a_letter_that_is_too_late_is_given_up_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let mut transport = Transport::Files(dir.path().join("outbox"));
        let report = send_due(&store, &mut transport, &MailSettings::default(), &|| {}, now() + Duration::days(4)).await.unwrap();
        assert_eq!((report.failed.len(), report.sent.len(), reports(&store)), (1, 0, 1), "{report:?}");
        assert_eq!(store.messages_of(edition).unwrap()[0].state, DeliveryState::Expired);
    }

    #[tokio::test]
    async fn without_a_server_a_letter_waits_longer_after_each_try() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let smtp = SmtpSettings {
            host: "127.0.0.1".into(),
            port,
            tls: crate::config::settings::MailTls::None,
            user: None,
            ca_file: None,
            pause: std::time::Duration::ZERO,
            password_file: None,
            timeout: std::time::Duration::from_secs(5),
        };
        let settings = MailSettings { smtp: Some(smtp), ..MailSettings::default() };
        let mut transport = Transport::new(&settings, dir.path().join("outbox")).unwrap();
        let mut at = now();
        for wait in [2, 5, 15] {
            assert_eq!(send_due(&store, &mut transport, &settings, &|| {}, at).await.unwrap().deferred.len(), 1);
            assert!(store.due_messages(at + Duration::minutes(wait) - Duration::seconds(1), 9).unwrap().is_empty(), "{wait} minutes");
            at += Duration::minutes(wait);
            assert_eq!(store.next_delivery().unwrap(), Some(at));
        }
        assert_eq!(store.messages_of(edition).unwrap()[0].state, DeliveryState::Queued);
    }
}
