//! Signing of issues.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::config::settings::Publication;
use crate::issue::notice::NoticeError;
use crate::issue::signing::{self, Signer, SigningAction, SigningError};
use crate::model::{AuditAction, Edition, EditionId, SigningStep};
use crate::store::accounts::duties_of;
use crate::store::audit::audit;
use crate::store::decisions::record_kept;
use crate::store::edition_revision::{load, save};
use crate::store::editions::next_number;
use crate::store::grades::fix_printed_grades;
use crate::store::notification_queue::{Subject, raise};
use crate::store::outgoing_messages::cancel_stale;
use crate::store::publication_scopes::MAY_WORK_ON;
use crate::store::{Result, Store};

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
            let duties = duties_of(t, who, &edition.publication)?;
            if let Err(e) = signing::apply(&mut edition, action, &publication.signing, Signer { name: who, duties: &duties }, now) {
                return Ok(SigningResult::Rejected(e));
            }
            if edition.is_final {
                give_number(t, &mut edition, publication)?;
                fix_printed_grades(t, &mut edition)?;
                super::stories::reconcile_stories(t, &edition)?;
                record_kept(t, &edition, who, now)?;
                let due = now + chrono::TimeDelta::from_std(publication.withdraw_within).unwrap_or_default();
                raise(t, Subject::Issue(id, edition.signing.round), now, due)?;
            }
            save(t, &edition, version + 1)?;
            // mails and notices of an earlier version
            cancel_stale(t)?;
            audit(t, who, action.audited(), &edition.label_in_log(), now)?;
            Ok(SigningResult::Done(Box::new(edition)))
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

    /// Returns the names of the accounts with a duty for a publication.
    pub fn holders_of(&self, step: SigningStep, publication: &str) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached(&format!(
                "SELECT a.name FROM account a JOIN account_duty d ON d.account_id = a.id WHERE d.step = ?1 AND NOT a.disabled AND {MAY_WORK_ON}
                 ORDER BY a.name"
            ))?;
            let rows = s.query_map([step.as_str(), publication], |r| r.get(0))?;
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

#[cfg(test)]
pub(super) mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::issue::tests::{article, build_with, now};
    use crate::model::Series;
    use crate::store::notification_queue::cancel_issue;
    use crate::store::{DeliveryState, OutgoingMessage, Role};

    const EVERYBODY: [&str; 3] = ["a@b.cn", "c@d.cn", "e@f.cn"];

    pub(in crate::store) struct Desk {
        _dir: tempfile::TempDir,
        pub(in crate::store) store: Store,
        publication: Publication,
    }

    impl Desk {
        pub(in crate::store) fn new(signing: &[SigningStep]) -> Self {
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
        pub(in crate::store) fn draft(&self, day: i64) -> EditionId {
            let mut e = build_with(vec![article(1, "甲县粮油加工", "食品", "行业动态", 1)], &[]).edition;
            e.date += TimeDelta::days(day);
            self.store.commit_edition(e.into(), &self.publication, self.store.whole_archive().range).unwrap().id
        }

        pub(in crate::store) fn edition(&self, id: EditionId) -> (Edition, u32) {
            self.store.edition_with_version(id).unwrap().unwrap()
        }

        pub(in crate::store) fn sign(&self, id: EditionId, who: &str, action: &SigningAction) -> SigningResult {
            self.store.sign_edition(id, self.edition(id).1, action, &self.publication, who, now()).unwrap()
        }

        pub(in crate::store) fn make_final(&self, id: EditionId) {
            for (who, action) in [
                ("责编", SigningAction::Submit),
                ("审核人", SigningAction::Approve(SigningStep::Review)),
                ("签发人", SigningAction::Approve(SigningStep::Sign)),
            ] {
                assert!(matches!(self.sign(id, who, &action), SigningResult::Done(_)), "{action:?}");
            }
        }

        pub(in crate::store) fn withdraw(&self, id: EditionId, who: &str) -> SigningResult {
            self.store.withdraw_edition(id, self.edition(id).1, "数字有误", who, now().date_naive(), now()).unwrap()
        }

        pub(in crate::store) fn queue(&self, id: EditionId) -> usize {
            let e = self.edition(id).0;
            let letter =
                |to: &&str| OutgoingMessage { recipient: (*to).to_owned(), message_id: format!("<{to}.{}@x>", e.signing.round), message: vec![1] };
            let letters: Vec<OutgoingMessage> = EVERYBODY.iter().map(letter).collect();
            let n = self.store.queue_messages(&e, &letters, now(), now() + TimeDelta::days(3)).unwrap();
            self.store.write(|t| cancel_issue(t, id, now())).unwrap();
            n
        }

        /// Returns recipient and state of each mail of an issue.
        pub(in crate::store) fn letters(&self, id: EditionId) -> Vec<(String, DeliveryState)> {
            self.store.messages_of(id).unwrap().into_iter().map(|l| (l.recipient, l.state)).collect()
        }
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
}
