//! 更正 and 撤回: notices to the readers of an issue.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::issue::notice::{Notice, NoticeError, NoticeText, SentNotice};
use crate::issue::signing::{self, Signer, SigningAction};
use crate::model::{ArticleId, AuditAction, Edition, EditionId};
use crate::rechecks::FindingState;
use crate::store::accounts::duties_of;
use crate::store::audit::audit;
use crate::store::edition_revision::{load, save};
use crate::store::notification_queue::{Subject, cancel_issue, raise};
use crate::store::outgoing_messages::cancel_stale;
use crate::store::recheck_findings::answer_finding;
use crate::store::signing::SigningResult;
use crate::store::{Result, Store};

/// A notice whose mails are not queued yet.
#[derive(Debug)]
pub struct PendingNotice {
    pub id: i64,
    pub notice: Notice,
    pub edition: EditionId,
    /// Bare addresses of everybody who has the issue or will get it.
    pub readers: Vec<String>,
}

/// Recipients who may already have the issue.
const RECEIVED: &str = "(state IN ('handing', 'sent', 'uncertain') OR doubts > 0)";
/// Those, and the recipients whose mail is queued.
const ADDRESSED: &str = "(state IN ('queued', 'sending', 'handing', 'sent', 'uncertain') OR doubts > 0)";

impl Store {
    /// 撤回: makes a final issue a draft again and cancels its queued mails. Everybody who may have one gets a notice.
    pub fn withdraw_edition(&self, id: EditionId, seen: u32, reason: &str, who: &str, today: NaiveDate, now: DateTime<Utc>) -> Result<SigningResult> {
        let text = match (NoticeText::Withdrawal { reason: reason.to_owned() }).checked() {
            Ok(text) => text,
            Err(e) => return Ok(SigningResult::NotSent(e)),
        };
        self.write(|t| {
            let Some((mut edition, version)) = load(t, id)? else { return Ok(SigningResult::Unknown) };
            if version != seen {
                return Ok(SigningResult::Conflict);
            }
            let duties = duties_of(t, who, &edition.publication)?;
            // submission fixed the steps, so a withdrawal needs none
            if let Err(e) = signing::apply(&mut edition, &SigningAction::Withdraw, &[], Signer { name: who, duties: &duties }, now) {
                return Ok(SigningResult::Rejected(e));
            }
            let round = edition.signing.round;
            cancel_issue(t, id, now)?;
            save(t, &edition, version + 1)?;
            audit(t, who, AuditAction::Withdraw, &edition.label_in_log(), now)?;
            cancel_stale(t)?;
            if !readers(t, id, round, RECEIVED)?.is_empty() || was_told_to_outlets(t, id, round)? {
                insert_notice(t, &edition, &text, who, today, now)?;
            }
            Ok(SigningResult::Done(Box::new(edition)))
        })
    }

    /// 更正: sends a numbered notice to everybody whose mail of a final issue was queued. `finding`: what a source changed that it answers.
    pub fn correct_edition(
        &self,
        id: EditionId,
        seen: u32,
        (text, finding): (NoticeText, Option<i64>),
        who: &str,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<SigningResult> {
        let text = match text.checked() {
            Ok(text) => text,
            Err(e) => return Ok(SigningResult::NotSent(e)),
        };
        self.write(|t| {
            let Some((edition, version)) = load(t, id)? else { return Ok(SigningResult::Unknown) };
            if version != seen {
                return Ok(SigningResult::Conflict);
            }
            if let NoticeText::Correction { article: Some(article), .. } = &text
                && edition.items().all(|i| i.article != *article)
            {
                return Ok(SigningResult::NotSent(NoticeError::NoItem));
            }
            let duties = duties_of(t, who, &edition.publication)?;
            if let Err(e) = signing::may_correct(&edition, Signer { name: who, duties: &duties }) {
                return Ok(SigningResult::Rejected(e));
            }
            let round = edition.signing.round;
            if readers(t, id, round, ADDRESSED)?.is_empty() && !was_told_to_outlets(t, id, round)? {
                return Ok(SigningResult::NotSent(NoticeError::NoReaders));
            }
            if let Some(finding) = finding
                && !answer_finding(t, id, finding, FindingState::Corrected, "", who, now)?
            {
                return Ok(SigningResult::NotSent(NoticeError::Answered));
            }
            insert_notice(t, &edition, &text, who, today, now)?;
            // a second click carries the old version
            save(t, &edition, version + 1)?;
            Ok(SigningResult::Done(Box::new(edition)))
        })
    }

    /// Returns a notice with its readers.
    pub fn pending_notice(&self, id: i64) -> Result<Option<PendingNotice>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!("SELECT {NOTICE}, edition_id, round FROM notice WHERE id = ?1"))?;
            let row: Option<(Notice, i64, u32)> = s.query_row([id], |r| Ok((notice(r)?, r.get(6)?, r.get(7)?))).optional()?;
            let Some((notice, edition, round)) = row else { return Ok(None) };
            let (edition, is_withdrawal) = (EditionId(edition), matches!(notice.text, NoticeText::Withdrawal { .. }));
            let readers = readers(c, edition, round, if is_withdrawal { RECEIVED } else { ADDRESSED })?;
            Ok(Some(PendingNotice { id, notice, edition, readers }))
        })
    }

    /// Returns the notices about an issue, oldest first.
    pub fn notices_of(&self, id: EditionId) -> Result<Vec<SentNotice>> {
        self.read(|c| {
            let letters = "(SELECT count(*) FROM outbox WHERE notice_id = notice.id)";
            let mut s = c.prepare_cached(&format!("SELECT {NOTICE}, user, at, {letters} FROM notice WHERE edition_id = ?1 ORDER BY id"))?;
            let rows = s.query_map([id.0], |r| {
                let at = DateTime::from_timestamp(r.get(7)?, 0).unwrap_or_default();
                let letters = usize::try_from(r.get::<_, i64>(8)?).unwrap_or(0);
                Ok(SentNotice { notice: notice(r)?, by: r.get(6)?, at, letters })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Returns the recipients of a round of an issue whose mails have one of the states in `which`.
fn readers(c: &Connection, id: EditionId, round: u32, which: &str) -> Result<Vec<String>> {
    let sql = format!("SELECT recipient FROM outbox WHERE edition_id = ?1 AND final = ?2 AND notice_id IS NULL AND {which} ORDER BY id");
    let mut s = c.prepare_cached(&sql)?;
    let rows = s.query_map(params![id.0, round], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether an outlet has, or may have, a round of an issue.
fn was_told_to_outlets(c: &Connection, id: EditionId, round: u32) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM notification n JOIN delivery d ON d.notification_id = n.id
               WHERE n.edition_id = ?1 AND n.kind = 'issue' AND n.round = ?2 AND (d.state IN ('sending', 'sent') OR d.doubts > 0))";
    Ok(c.prepare_cached(sql)?.query_row(params![id.0, round], |r| r.get(0))?)
}

/// The columns that [`notice`] reads.
const NOTICE: &str = "kind, number, date, article_id, wrong, right";

fn notice(r: &rusqlite::Row<'_>) -> rusqlite::Result<Notice> {
    let (wrong, right): (String, String) = (r.get(4)?, r.get(5)?);
    let text = if r.get::<_, String>(0)? == "withdrawal" {
        NoticeText::Withdrawal { reason: wrong }
    } else {
        NoticeText::Correction { article: r.get::<_, Option<i64>>(3)?.map(ArticleId), wrong, right }
    };
    Ok(Notice { number: r.get(1)?, date: r.get::<_, String>(2)?.parse().unwrap_or_default(), text })
}

/// Stores a notice under the next number of its kind and year.
fn insert_notice(t: &Connection, e: &Edition, text: &NoticeText, who: &str, today: NaiveDate, now: DateTime<Utc>) -> Result<()> {
    let (article, wrong, right) = match text {
        NoticeText::Correction { article, wrong, right } => (article.map(|a| a.0), wrong.as_str(), right.as_str()),
        NoticeText::Withdrawal { reason } => (None, reason.as_str(), ""),
    };
    let year = chrono::Datelike::year(&today);
    let number: u32 = t.query_row(
        "SELECT coalesce(max(number), 0) + 1 FROM notice WHERE publication = ?1 AND kind = ?2 AND year = ?3",
        params![e.publication, text.kind(), year],
        |r| r.get(0),
    )?;
    t.execute(
        "INSERT INTO notice (edition_id, publication, kind, year, number, round, article_id, wrong, right, user, at, date)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![e.id.0, e.publication, text.kind(), year, number, e.signing.round, article, wrong, right, who, now.timestamp(), today.to_string()],
    )?;
    raise(t, Subject::Notice(e.id, t.last_insert_rowid()), now, now)?;
    let notice = Notice { number, date: today, text: text.clone() };
    audit(t, who, AuditAction::SendNotice, &format!("{} {}", notice.label(), e.label_in_log()), now)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::issue::signing::SigningError;
    use crate::issue::tests::now;
    use crate::model::{NotificationKind, SigningStep};
    use crate::store::signing::tests::Desk;
    use crate::store::{DeliveryOutcome, DeliveryState, MessageContent, OutgoingMessage, PendingNotification, Takers};

    impl Desk {
        /// Returns what is not taken, due or not.
        fn pending(&self, now: DateTime<Utc>) -> Vec<PendingNotification> {
            self.store.pending_notifications(now).unwrap()
        }

        /// Returns the final issues whose letters are due.
        fn due(&self, now: DateTime<Utc>) -> Vec<EditionId> {
            self.pending(now).into_iter().filter(|n| n.kind == NotificationKind::Issue).filter_map(|n| n.edition).collect()
        }

        fn pending_notices(&self) -> Vec<PendingNotice> {
            self.pending(now()).iter().filter_map(|n| self.store.pending_notice(n.notice?).unwrap()).collect()
        }

        /// Queues the letters of the first pending notice.
        fn queue_notice(&self, letters: Vec<OutgoingMessage>) {
            let n = self.pending(now()).into_iter().find(|n| n.notice.is_some()).unwrap();
            let notice = self.pending_notices().into_iter().next().unwrap();
            let takers = Takers { notice: Some((notice, letters)), ..Takers::default() };
            self.store.take_notification(n.id, &takers, now(), now() + TimeDelta::days(3)).unwrap();
        }
    }

    fn sent() -> DeliveryOutcome {
        DeliveryOutcome { state: DeliveryState::Sent, reply: "250 ok".to_owned(), next_try: 0, doubt: false }
    }

    #[test]
    fn an_issue_called_back_in_time_reaches_nobody_and_then_everybody_once() {
        let desk = Desk::new(&[SigningStep::Review, SigningStep::Sign]);
        let id = desk.draft(0);
        desk.make_final(id);
        assert_eq!(desk.due(now() + TimeDelta::minutes(10)), [id]);
        let called_back = desk.edition(id).0;
        assert!(matches!(desk.withdraw(id, "审核人"), SigningResult::Rejected(SigningError::NotYourDuty { step: SigningStep::Sign, act: "撤回" })));
        assert!(matches!(desk.withdraw(id, "签发人"), SigningResult::Done(_)));
        assert!(desk.due(now() + TimeDelta::minutes(10)).is_empty());
        // mails composed meanwhile
        let late = OutgoingMessage { recipient: "a@b.cn".to_owned(), message_id: "<late@x>".to_owned(), message: vec![1] };
        assert_eq!(desk.store.queue_messages(&called_back, &[late], now(), now()).unwrap(), 0);
        assert!(desk.pending_notices().is_empty());
        desk.make_final(id);
        assert_eq!((desk.queue(id), desk.letters(id).len()), (3, 3));
    }

    #[test]
    fn those_who_may_have_an_issue_that_is_called_back_are_told_and_the_others_are_not() {
        let desk = Desk::new(&[]);
        let id = desk.draft(0);
        desk.sign(id, "责编", &SigningAction::Finalise);
        desk.queue(id);
        let letters = desk.store.messages_of(id).unwrap();
        // one is sent, one is being sent, one waits
        desk.store.mark_sending(letters[0].id).unwrap();
        desk.store.mark_transmitting(letters[0].id).unwrap();
        desk.store.finish_attempt(letters[0].id, &sent(), None, now()).unwrap();
        desk.store.mark_sending(letters[1].id).unwrap();
        assert!(matches!(desk.withdraw(id, "责编"), SigningResult::Done(_)));
        assert!(!desk.store.mark_transmitting(letters[1].id).unwrap(), "its content does not leave any more");
        assert!(!desk.store.mark_sending(letters[2].id).unwrap());
        let states: Vec<DeliveryState> = desk.letters(id).into_iter().map(|l| l.1).collect();
        assert_eq!(states, [DeliveryState::Sent, DeliveryState::Cancelled, DeliveryState::Cancelled]);
        let again = desk.store.set_delivery_state(letters[2].id, DeliveryState::Queued, now(), now()).unwrap();
        assert!(!again, "no operator sends what was called back");
        let pending = desk.pending_notices();
        assert_eq!((pending[0].readers.as_slice(), pending[0].notice.label()), (&["a@b.cn".to_owned()][..], "撤回通知〔2026〕1号".to_owned()));
        let letter = |to: &str| OutgoingMessage { recipient: to.to_owned(), message_id: "<n@x>".to_owned(), message: vec![1] };
        desk.queue_notice(vec![letter("a@b.cn")]);
        assert!(desk.pending_notices().is_empty());
        let notice = desk.store.messages_of(id).unwrap().into_iter().find(|l| l.content == MessageContent::Notice).unwrap();
        desk.sign(id, "责编", &SigningAction::Finalise);
        assert_eq!(desk.queue(id), 3, "the issue as it is now goes to everybody");
        let due = desk.store.due_messages(now() + TimeDelta::minutes(1), 9).unwrap();
        assert!(due.iter().all(|l| l.content == MessageContent::Final(2)), "a notice that still waits would take the new issue back");
        assert!(!desk.store.set_delivery_state(notice.id, DeliveryState::Queued, now(), now()).unwrap());
    }

    #[test]
    fn a_letter_under_way_when_its_issue_is_called_back_is_not_tried_again_and_the_notice_waits_for_its_end() {
        for (killed, state) in [(false, DeliveryState::Queued), (false, DeliveryState::Sent), (true, DeliveryState::Queued)] {
            let desk = Desk::new(&[]);
            let id = desk.draft(0);
            desk.sign(id, "责编", &SigningAction::Finalise);
            desk.queue(id);
            let letter = desk.store.messages_of(id).unwrap()[0].id;
            desk.store.mark_sending(letter).unwrap();
            desk.store.mark_transmitting(letter).unwrap();
            desk.withdraw(id, "责编");
            assert!(desk.pending_notices().is_empty(), "nobody knows yet whether it arrives");
            if killed {
                desk.store.recover_messages(crate::config::settings::AmbiguousDeliveryPolicy::Resend).unwrap();
            } else {
                desk.store.finish_attempt(letter, &DeliveryOutcome { state, ..sent() }, None, now()).unwrap();
            }
            assert!(desk.store.due_messages(now() + TimeDelta::days(1), 9).unwrap().is_empty(), "{state:?}");
            let told = desk.pending_notices();
            let reached = killed || state == DeliveryState::Sent;
            assert_eq!(told[0].readers.len(), usize::from(reached), "{state:?}, killed: {killed}");
        }
    }

    #[test]
    fn a_correction_is_numbered_and_goes_to_those_whose_letter_was_queued() {
        let desk = Desk::new(&[]);
        let (id, text) = (desk.draft(0), NoticeText::Correction { article: None, wrong: "20%".to_owned(), right: "2%".to_owned() });
        let correct = || desk.store.correct_edition(id, desk.edition(id).1, (text.clone(), None), "责编", now().date_naive(), now()).unwrap();
        assert!(matches!(correct(), SigningResult::Rejected(_)), "a draft is changed, not corrected");
        desk.sign(id, "责编", &SigningAction::Finalise);
        assert!(matches!(correct(), SigningResult::NotSent(NoticeError::NoReaders)));
        desk.queue(id);
        let version = desk.edition(id).1;
        assert!(matches!(correct(), SigningResult::Done(_)) && matches!(correct(), SigningResult::Done(_)));
        let twice = desk.store.correct_edition(id, version, (text.clone(), None), "责编", now().date_naive(), now()).unwrap();
        assert!(matches!(twice, SigningResult::Conflict), "the same click again");
        let labels: Vec<(String, usize)> = desk.pending_notices().iter().map(|p| (p.notice.label(), p.readers.len())).collect();
        assert_eq!(labels, [("更正〔2026〕1号".to_owned(), 3), ("更正〔2026〕2号".to_owned(), 3)]);
        assert!(matches!(desk.withdraw(id, "责编"), SigningResult::Done(_)));
        assert!(desk.pending_notices().is_empty(), "what is called back is not corrected");
    }
}
