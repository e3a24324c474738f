//! Working the outbox off: every step is recorded before the next, so a killed process loses nothing and repeats only
//! a letter whose acceptance was not recorded yet.

use chrono::{DateTime, Utc};

use super::transport::{Outcome, Transport};
use crate::store::{LetterState, Result, Store};

/// Waits between tries, in minutes; the last repeats.
const BACK_OFF: [i64; 6] = [1, 5, 15, 60, 180, 360];
/// Tries before a letter is given up: about a week.
const MAX_TRIES: u32 = 32;
const BATCH: usize = 50;

/// What came of working the outbox off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Accepted.
    pub sent: Vec<String>,
    /// Still queued, with the reason.
    pub later: Vec<(String, String)>,
    /// Given up, with the reason.
    pub failed: Vec<(String, String)>,
}

/// Sends every letter that is due, one after the other.
pub async fn send_due(store: &Store, transport: &Transport, now: DateTime<Utc>) -> Result<Report> {
    let mut report = Report::default();
    let due = store.run(move |s| s.due_letters(now, BATCH)).await?;
    for letter in due {
        let id = letter.id;
        store.run(move |s| s.letter_begins(id)).await?;
        let outcome = transport.send(&letter).await;
        let tries = letter.tries + 1;
        let (state, reply, next_try) = match outcome {
            Outcome::Accepted(reply) => (LetterState::Sent, reply, 0),
            Outcome::Refused(reply) => (LetterState::Failed, reply, 0),
            Outcome::Later(reply) if tries >= MAX_TRIES => (LetterState::Failed, reply, 0),
            Outcome::Later(reply) => (LetterState::Queued, reply, now.timestamp() + 60 * wait(tries)),
        };
        let words = reply.clone();
        store.run(move |s| s.letter_ends(id, state, &words, next_try)).await?;
        match state {
            LetterState::Sent => report.sent.push(reply),
            LetterState::Failed => report.failed.push((letter.recipient, reply)),
            LetterState::Queued | LetterState::Sending => report.later.push((letter.recipient, reply)),
        }
    }
    Ok(report)
}

fn wait(tries: u32) -> i64 {
    let i = usize::try_from(tries.saturating_sub(1)).unwrap_or(0).min(BACK_OFF.len() - 1);
    BACK_OFF.get(i).copied().unwrap_or(360)
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::config::settings::{MailSettings, Publication, SmtpSettings};
    use crate::digest::tests::{article, build_with, now};
    use crate::mail::{MailAddress, compose};
    use crate::model::EditionId;
    use crate::render;

    /// A store with one letter queued.
    fn queued(dir: &std::path::Path) -> (Store, EditionId) {
        let store = Store::open(dir).unwrap();
        let draft = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 2)], &[]);
        let edition = store.commit_edition(draft.edition, &Publication::default(), &[]).unwrap();
        let to = MailAddress::parse("a@b.cn").unwrap();
        let letter = compose(&edition, &render::parts(&edition).unwrap(), &MailSettings::default(), &to, now()).unwrap();
        assert_eq!(store.queue_letters(edition.id, &[letter], now()).unwrap(), 1);
        (store, edition.id)
    }

    fn eml_files(dir: &std::path::Path) -> usize {
        std::fs::read_dir(dir).map_or(0, |d| d.filter(|e| e.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|x| x == "eml"))).count())
    }

    #[tokio::test]
    async fn a_letter_is_sent_once_however_often_the_outbox_is_worked_off() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let transport = Transport::Files(dir.path().join("outbox"));
        assert_eq!(send_due(&store, &transport, now()).await.unwrap().sent.len(), 1);
        assert_eq!(send_due(&store, &transport, now() + Duration::days(9)).await.unwrap(), Report::default());
        assert_eq!(eml_files(&dir.path().join("outbox")), 1);
        assert_eq!(store.letters_of(edition).unwrap()[0].state, LetterState::Sent);
    }

    #[tokio::test]
    async fn a_letter_found_in_sending_goes_out_again_with_the_same_message_id() {
        let dir = tempfile::tempdir().unwrap();
        let (store, edition) = queued(dir.path());
        let before = store.letters_of(edition).unwrap().remove(0);
        // the process was killed after the try began and before its end was recorded
        store.letter_begins(before.id).unwrap();
        let transport = Transport::Files(dir.path().join("outbox"));
        assert_eq!(send_due(&store, &transport, now()).await.unwrap().sent.len(), 1);
        let after = store.letters_of(edition).unwrap().remove(0);
        assert_eq!((after.message_id, after.message), (before.message_id, before.message));
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
            password_file: None,
            timeout: std::time::Duration::from_secs(5),
        };
        let settings = MailSettings { smtp: Some(smtp), ..MailSettings::default() };
        let transport = Transport::new(&settings, dir.path().join("outbox")).unwrap();
        let mut at = now();
        for wait in [1, 5, 15] {
            assert_eq!(send_due(&store, &transport, at).await.unwrap().later.len(), 1);
            assert!(store.due_letters(at + Duration::minutes(wait) - Duration::seconds(1), 9).unwrap().is_empty(), "{wait} minutes");
            at += Duration::minutes(wait);
        }
        assert_eq!(store.letters_of(edition).unwrap()[0].state, LetterState::Queued);
    }
}
