//! Signing and withdrawal of issues, and notices to their readers.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::config::settings::Publication;
use crate::issue::notice::{Notice, NoticeError, NoticeText, SentNotice};
use crate::issue::signing::{self, Signer, SigningAction, SigningError};
use crate::model::{ArticleId, AuditAction, Edition, EditionId, SigningStep};
use crate::store::accounts::duties_of;
use crate::store::audit::audit;
use crate::store::edition_revision::{load, record_kept, save};
use crate::store::editions::next_number;
use crate::store::outgoing_messages::{cancel_stale, queue_to_readers};
use crate::store::{OutgoingMessage, Result, Store};

/// Result of a signing step.
#[derive(Debug)]
pub enum SigningResult {
    /// The issue after the step.
    Done(Box<Edition>),
    /// Another editor changed the issue first.
    Conflict,
    /// The step is not allowed.
    Rejected(SigningError),
    /// The notice cannot be sent.
    NotSent(NoticeError),
    /// There is no such issue.
    Unknown,
}

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
    /// Takes a signing step with the account's current duties. A final issue gets its number if it has none, and its mails become
    /// due. `seen` must be the current version: nobody signs what he has not read.
    pub fn sign_edition(
        &self,
        id: EditionId,
        seen: u32,
        action: &SigningAction,
        publication: &Publication,
        who: &str,
        now: DateTime<Utc>,
    ) -> Result<SigningResult> {
        self.write(|t| {
            let Some((mut edition, version)) = load(t, id)? else { return Ok(SigningResult::Unknown) };
            if version != seen {
                return Ok(SigningResult::Conflict);
            }
            let duties = duties_of(t, who)?;
            if let Err(e) = signing::apply(&mut edition, action, &publication.signing, Signer { name: who, duties: &duties }, now) {
                return Ok(SigningResult::Rejected(e));
            }
            if edition.is_final {
                give_number(t, &mut edition, publication)?;
                record_kept(t, &edition, now)?;
                let due = now + chrono::TimeDelta::from_std(publication.withdraw_within).unwrap_or_default();
                t.execute("UPDATE edition SET letters_due = ?2 WHERE id = ?1", params![id.0, due.timestamp()])?;
            }
            save(t, &edition, version + 1)?;
            // mails and notices of an earlier version
            cancel_stale(t)?;
            audit(t, who, action.audited(), &edition.label_in_log(), now)?;
            Ok(SigningResult::Done(Box::new(edition)))
        })
    }

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
            let duties = duties_of(t, who)?;
            // submission fixed the steps, so a withdrawal needs none
            if let Err(e) = signing::apply(&mut edition, &SigningAction::Withdraw, &[], Signer { name: who, duties: &duties }, now) {
                return Ok(SigningResult::Rejected(e));
            }
            let round = edition.signing.round;
            t.execute("UPDATE edition SET letters_due = NULL WHERE id = ?1", [id.0])?;
            save(t, &edition, version + 1)?;
            audit(t, who, AuditAction::Withdraw, &edition.label_in_log(), now)?;
            cancel_stale(t)?;
            if !readers(t, id, round, RECEIVED)?.is_empty() {
                insert_notice(t, &edition, &text, who, today, now)?;
            }
            Ok(SigningResult::Done(Box::new(edition)))
        })
    }

    /// 更正: sends a numbered notice to everybody whose mail of a final issue was queued.
    pub fn correct_edition(
        &self,
        id: EditionId,
        seen: u32,
        text: NoticeText,
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
            let duties = duties_of(t, who)?;
            if let Err(e) = signing::may_correct(&edition, Signer { name: who, duties: &duties }) {
                return Ok(SigningResult::Rejected(e));
            }
            if readers(t, id, edition.signing.round, ADDRESSED)?.is_empty() {
                return Ok(SigningResult::NotSent(NoticeError::NoReaders));
            }
            insert_notice(t, &edition, &text, who, today, now)?;
            // a second click carries the old version
            save(t, &edition, version + 1)?;
            Ok(SigningResult::Done(Box::new(edition)))
        })
    }

    /// Returns final issues whose mails are due.
    pub fn letters_due(&self, now: DateTime<Utc>) -> Result<Vec<EditionId>> {
        self.read(|c| {
            let mut s = c.prepare_cached("SELECT id FROM edition WHERE letters_due <= ?1 ORDER BY id")?;
            let rows = s.query_map([now.timestamp()], |r| r.get(0).map(EditionId))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns when the mails of an issue are queued, if that is in the future.
    pub fn letters_due_at(&self, id: EditionId) -> Result<Option<DateTime<Utc>>> {
        self.read(|c| {
            let due: Option<i64> = c.query_row("SELECT letters_due FROM edition WHERE id = ?1", [id.0], |r| r.get(0))?;
            Ok(due.and_then(|t| DateTime::from_timestamp(t, 0)))
        })
    }

    /// Whether an issue may be discarded: started outside the calendar, without items, never final, and without queued mails.
    pub fn is_discardable(&self, id: EditionId) -> Result<bool> {
        self.read(|c| is_discardable(c, id))
    }

    /// Discards an issue that somebody started by mistake. Returns false if that is not allowed.
    pub fn discard_edition(&self, id: EditionId, who: &str, now: DateTime<Utc>) -> Result<bool> {
        self.write(|t| {
            let Some((edition, _)) = load(t, id)?.filter(|(e, _)| !e.is_frozen()) else { return Ok(false) };
            if !is_discardable(t, id)? {
                return Ok(false);
            }
            t.execute("DELETE FROM edition WHERE id = ?1", [id.0])?;
            audit(t, who, AuditAction::DiscardIssue, &edition.label_in_log(), now)?;
            Ok(true)
        })
    }

    /// Whether an issue has its final number.
    pub fn is_numbered(&self, id: EditionId) -> Result<bool> {
        self.read(|c| Ok(c.query_row("SELECT numbered FROM edition WHERE id = ?1", [id.0], |r| r.get(0))?))
    }

    /// Records that all mails of an issue are queued.
    pub fn clear_letters_due(&self, id: EditionId) -> Result<()> {
        self.write(|t| Ok(t.execute("UPDATE edition SET letters_due = NULL WHERE id = ?1", [id.0]).map(|_| ())?))
    }

    /// Returns notices whose mails must be queued. A withdrawal waits until it is known who has the issue.
    pub fn pending_notices(&self) -> Result<Vec<PendingNotice>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT {NOTICE}, id, edition_id, round FROM notice WHERE NOT queued AND NOT (kind = 'withdrawal' AND EXISTS (SELECT 1 FROM outbox o
                 WHERE o.edition_id = notice.edition_id AND o.final = notice.round AND o.notice_id IS NULL AND o.state = 'handing')) ORDER BY id"
            ))?;
            let rows = s.query_map([], |r| Ok((notice(r)?, r.get(6)?, EditionId(r.get(7)?), r.get(8)?)))?;
            let rows: Vec<(Notice, i64, EditionId, u32)> = rows.collect::<rusqlite::Result<_>>()?;
            let pending = rows.into_iter().map(|(notice, id, edition, round)| {
                let which = if matches!(notice.text, NoticeText::Withdrawal { .. }) { RECEIVED } else { ADDRESSED };
                Ok(PendingNotice { id, readers: readers(c, edition, round, which)?, notice, edition })
            });
            pending.collect()
        })
    }

    /// Queues the mails of a notice, once.
    pub fn queue_notice_letters(
        &self,
        pending: &PendingNotice,
        letters: &[OutgoingMessage],
        now: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> Result<()> {
        self.write(|t| {
            t.execute("UPDATE notice SET queued = 1 WHERE id = ?1", [pending.id])?;
            letters.iter().try_for_each(|l| queue_to_readers(t, pending.edition, pending.id, l, now, expires))
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

    /// Returns the names of the accounts with a duty.
    pub fn holders_of(&self, step: SigningStep) -> Result<Vec<String>> {
        self.read(|c| {
            let sql = "SELECT a.name FROM account a JOIN account_duty d ON d.account_id = a.id WHERE d.step = ?1 AND NOT a.disabled ORDER BY a.name";
            let mut s = c.prepare_cached(sql)?;
            let rows = s.query_map([step.as_str()], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn is_discardable(c: &Connection, id: EditionId) -> Result<bool> {
    let sql =
        "SELECT NOT scheduled AND NOT EXISTS (SELECT 1 FROM item WHERE edition_id = ?1) AND coalesce(json_extract(payload, '$.signing.round'), 0) = 0
                 AND NOT EXISTS (SELECT 1 FROM outbox WHERE edition_id = ?1) FROM edition WHERE id = ?1";
    Ok(c.query_row(sql, [id.0], |r| r.get(0)).optional()?.unwrap_or(false))
}

/// Numbers an issue that is final for the first time; one that had its number as a draft keeps it.
fn give_number(t: &Connection, edition: &mut Edition, publication: &Publication) -> Result<()> {
    let numbered: bool = t.query_row("SELECT numbered FROM edition WHERE id = ?1", [edition.id.0], |r| r.get(0))?;
    if !numbered {
        (edition.number_in_year, edition.cumulative_number) = next_number(t, edition, publication)?;
        t.execute(
            "UPDATE edition SET numbered = 1, number = ?2, total = ?3 WHERE id = ?1",
            params![edition.id.0, edition.number_in_year, edition.cumulative_number],
        )?;
    }
    Ok(())
}

fn readers(c: &Connection, id: EditionId, round: u32, which: &str) -> Result<Vec<String>> {
    let sql = format!("SELECT recipient FROM outbox WHERE edition_id = ?1 AND final = ?2 AND notice_id IS NULL AND {which} ORDER BY id");
    let mut s = c.prepare_cached(&sql)?;
    let rows = s.query_map(params![id.0, round], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

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
    let notice = Notice { number, date: today, text: text.clone() };
    audit(t, who, AuditAction::SendNotice, &format!("{} {}", notice.label(), e.label_in_log()), now)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::issue::tests::{article, build_with, now};
    use crate::model::Series;
    use crate::store::{DeliveryOutcome, DeliveryState, MessageContent, Role};

    const EVERYBODY: [&str; 3] = ["a@b.cn", "c@d.cn", "e@f.cn"];

    struct Desk {
        _dir: tempfile::TempDir,
        store: Store,
        publication: Publication,
    }

    impl Desk {
        fn new(signing: &[SigningStep]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path()).unwrap();
            let publication = Publication { signing: signing.to_vec(), initial_cumulative_number: 100, ..Publication::default() };
            for (name, step) in [("责编", SigningStep::Submit), ("审核人", SigningStep::Review), ("签发人", SigningStep::Sign)] {
                store.add_account(name, Role::Editor, "x", "命令行", now()).unwrap();
                store.set_duties(name, &[step], "命令行", now()).unwrap();
            }
            Self { _dir: dir, store, publication }
        }

        /// Makes a draft, this many days after the first day.
        fn draft(&self, day: i64) -> EditionId {
            let mut e = build_with(vec![article(1, "甲县粮油加工", "食品", "行业动态", 1)], &[]).edition;
            e.date += TimeDelta::days(day);
            self.store.commit_edition(e, &self.publication, &[], self.store.whole_archive().range).unwrap().id
        }

        fn edition(&self, id: EditionId) -> (Edition, u32) {
            self.store.edition_with_version(id).unwrap().unwrap()
        }

        fn sign(&self, id: EditionId, who: &str, action: &SigningAction) -> SigningResult {
            self.store.sign_edition(id, self.edition(id).1, action, &self.publication, who, now()).unwrap()
        }

        fn make_final(&self, id: EditionId) {
            for (who, action) in [
                ("责编", SigningAction::Submit),
                ("审核人", SigningAction::Approve(SigningStep::Review)),
                ("签发人", SigningAction::Approve(SigningStep::Sign)),
            ] {
                assert!(matches!(self.sign(id, who, &action), SigningResult::Done(_)), "{action:?}");
            }
        }

        fn withdraw(&self, id: EditionId, who: &str) -> SigningResult {
            self.store.withdraw_edition(id, self.edition(id).1, "数字有误", who, now().date_naive(), now()).unwrap()
        }

        fn queue(&self, id: EditionId) -> usize {
            let e = self.edition(id).0;
            let letter =
                |to: &&str| OutgoingMessage { recipient: (*to).to_owned(), message_id: format!("<{to}.{}@x>", e.signing.round), message: vec![1] };
            let letters: Vec<OutgoingMessage> = EVERYBODY.iter().map(letter).collect();
            let n = self.store.queue_messages(&e, &letters, now(), now() + TimeDelta::days(3)).unwrap();
            self.store.clear_letters_due(id).unwrap();
            n
        }

        /// Returns recipient and state of each mail of an issue.
        fn letters(&self, id: EditionId) -> Vec<(String, DeliveryState)> {
            self.store.messages_of(id).unwrap().into_iter().map(|l| (l.recipient, l.state)).collect()
        }
    }

    fn sent() -> DeliveryOutcome {
        DeliveryOutcome { state: DeliveryState::Sent, reply: "250 ok".to_owned(), next_try: 0, doubt: false }
    }

    #[test]
    fn signed_issues_are_numbered_without_gaps_and_doubles_whatever_became_of_drafts() {
        let desk = Desk::new(&[SigningStep::Review, SigningStep::Sign]);
        let (monday, tuesday, wednesday) = (desk.draft(0), desk.draft(1), desk.draft(2));
        let number = |id| desk.edition(id).0.cumulative_number;
        assert!(!desk.store.is_numbered(tuesday).unwrap());
        desk.make_final(tuesday);
        desk.make_final(monday);
        assert_eq!((number(tuesday), number(monday)), (101, 102), "in the order of signing");
        assert!(matches!(desk.withdraw(tuesday, "签发人"), SigningResult::Done(_)));
        desk.make_final(wednesday);
        desk.make_final(tuesday);
        assert_eq!((number(tuesday), number(wednesday)), (101, 103), "a number once given stays");
    }

    #[test]
    fn drafts_of_a_publication_without_signing_are_numbered_at_once_and_extra_issues_in_a_series_of_their_own() {
        let desk = Desk::new(&[]);
        let (first, second) = (desk.draft(0), desk.draft(1));
        let extra = Edition { series: Series::Extra, ..build_with(Vec::new(), &[]).edition };
        let start = || desk.store.start_edition(extra.clone(), &desk.publication, "责编", now()).unwrap().issue_label();
        assert_eq!((start(), start()), ("2026年增刊第1期".to_owned(), "2026年增刊第2期".to_owned()));
        assert_eq!((desk.edition(first).0.cumulative_number, desk.edition(second).0.cumulative_number), (101, 102));
        // the scheduled draft is still found and rebuilt
        assert_eq!(desk.draft(0), first);
    }

    #[test]
    fn only_accounts_with_the_duty_sign_and_each_step_is_in_the_log() {
        let desk = Desk::new(&[SigningStep::Review, SigningStep::Sign]);
        let id = desk.draft(0);
        for who in ["审核人", "签发人", "nobody"] {
            assert!(matches!(desk.sign(id, who, &SigningAction::Submit), SigningResult::Rejected(SigningError::NotYourDuty { .. })), "{who}");
        }
        assert!(matches!(desk.sign(id, "责编", &SigningAction::Finalise), SigningResult::Rejected(SigningError::NeedsSteps(_))));
        desk.store.disable_account("责编", true, "命令行", now()).unwrap();
        assert!(matches!(desk.sign(id, "责编", &SigningAction::Submit), SigningResult::Rejected(_)), "one who is kept out");
        desk.store.disable_account("责编", false, "命令行", now()).unwrap();
        desk.make_final(id);
        let log: Vec<(String, String)> = desk.store.audit_log(3).unwrap().into_iter().map(|l| (l.actor, l.action)).collect();
        let steps = [("签发人", "sign"), ("审核人", "review"), ("责编", "submit")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(log, steps);
    }

    #[test]
    fn an_issue_called_back_in_time_reaches_nobody_and_then_everybody_once() {
        let desk = Desk::new(&[SigningStep::Review, SigningStep::Sign]);
        let id = desk.draft(0);
        desk.make_final(id);
        assert_eq!(desk.store.letters_due(now() + TimeDelta::minutes(10)).unwrap(), [id]);
        let called_back = desk.edition(id).0;
        assert!(matches!(desk.withdraw(id, "审核人"), SigningResult::Rejected(SigningError::NotYourDuty { step: SigningStep::Sign, act: "撤回" })));
        assert!(matches!(desk.withdraw(id, "签发人"), SigningResult::Done(_)));
        assert!(desk.store.letters_due(now() + TimeDelta::minutes(10)).unwrap().is_empty());
        // mails composed meanwhile
        let late = OutgoingMessage { recipient: "a@b.cn".to_owned(), message_id: "<late@x>".to_owned(), message: vec![1] };
        assert_eq!(desk.store.queue_messages(&called_back, &[late], now(), now()).unwrap(), 0);
        assert!(desk.store.pending_notices().unwrap().is_empty());
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
        desk.store.finish_attempt(letters[0].id, &sent(), &[], now()).unwrap();
        desk.store.mark_sending(letters[1].id).unwrap();
        assert!(matches!(desk.withdraw(id, "责编"), SigningResult::Done(_)));
        assert!(!desk.store.mark_transmitting(letters[1].id).unwrap(), "its content does not leave any more");
        assert!(!desk.store.mark_sending(letters[2].id).unwrap());
        let states: Vec<DeliveryState> = desk.letters(id).into_iter().map(|l| l.1).collect();
        assert_eq!(states, [DeliveryState::Sent, DeliveryState::Cancelled, DeliveryState::Cancelled]);
        let again = desk.store.set_delivery_state(letters[2].id, DeliveryState::Queued, now(), now()).unwrap();
        assert!(!again, "no operator sends what was called back");
        let pending = desk.store.pending_notices().unwrap();
        assert_eq!((pending[0].readers.as_slice(), pending[0].notice.label()), (&["a@b.cn".to_owned()][..], "撤回通知〔2026〕1号".to_owned()));
        let letter = |to: &str| OutgoingMessage { recipient: to.to_owned(), message_id: "<n@x>".to_owned(), message: vec![1] };
        desk.store.queue_notice_letters(&pending[0], &[letter("a@b.cn")], now(), now() + TimeDelta::days(3)).unwrap();
        assert!(desk.store.pending_notices().unwrap().is_empty());
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
            assert!(desk.store.pending_notices().unwrap().is_empty(), "nobody knows yet whether it arrives");
            if killed {
                desk.store.recover_messages(crate::config::settings::AmbiguousDeliveryPolicy::Resend).unwrap();
            } else {
                desk.store.finish_attempt(letter, &DeliveryOutcome { state, ..sent() }, &[], now()).unwrap();
            }
            assert!(desk.store.due_messages(now() + TimeDelta::days(1), 9).unwrap().is_empty(), "{state:?}");
            let told = desk.store.pending_notices().unwrap();
            let reached = killed || state == DeliveryState::Sent;
            assert_eq!(told[0].readers.len(), usize::from(reached), "{state:?}, killed: {killed}");
        }
    }

    #[test]
    fn a_correction_is_numbered_and_goes_to_those_whose_letter_was_queued() {
        let desk = Desk::new(&[]);
        let (id, text) = (desk.draft(0), NoticeText::Correction { article: None, wrong: "20%".to_owned(), right: "2%".to_owned() });
        let correct = || desk.store.correct_edition(id, desk.edition(id).1, text.clone(), "责编", now().date_naive(), now()).unwrap();
        assert!(matches!(correct(), SigningResult::Rejected(_)), "a draft is changed, not corrected");
        desk.sign(id, "责编", &SigningAction::Finalise);
        assert!(matches!(correct(), SigningResult::NotSent(NoticeError::NoReaders)));
        desk.queue(id);
        let version = desk.edition(id).1;
        assert!(matches!(correct(), SigningResult::Done(_)) && matches!(correct(), SigningResult::Done(_)));
        let twice = desk.store.correct_edition(id, version, text.clone(), "责编", now().date_naive(), now()).unwrap();
        assert!(matches!(twice, SigningResult::Conflict), "the same click again");
        let labels: Vec<(String, usize)> = desk.store.pending_notices().unwrap().iter().map(|p| (p.notice.label(), p.readers.len())).collect();
        assert_eq!(labels, [("更正〔2026〕1号".to_owned(), 3), ("更正〔2026〕2号".to_owned(), 3)]);
        assert!(matches!(desk.withdraw(id, "责编"), SigningResult::Done(_)));
        assert!(desk.store.pending_notices().unwrap().is_empty(), "what is called back is not corrected");
    }
}
