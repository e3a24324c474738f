//! The signing section of the draft's page: steps, accounts with their duties, remarks and notices.

use chrono::{DateTime, Utc};

use crate::config::settings::Publication;
use crate::issue::notice::NoticeText;
use crate::issue::signing::state_words;
use crate::model::{ArticleId, Edition, EditionState, Remark, SigningStep};
use crate::store::{Session, Store, StoreError};

/// Signing state of an issue, for its page.
pub(super) struct SigningView {
    /// 编辑中, 待审核 …
    pub(super) state: String,
    /// 送审 and the steps after it; empty: any editor makes the issue final.
    pub(super) steps: Vec<StepView>,
    /// The next step, if this account may take it.
    pub(super) mine: Option<SigningStep>,
    /// Whether this account may recall its 送审.
    pub(super) recall: bool,
    /// Whether it may withdraw or correct the final issue.
    pub(super) withdraw: bool,
    /// When the mails of the final issue will be queued, if they are not yet.
    pub(super) letters_at: Option<String>,
    /// Remarks of the last return: item and text.
    pub(super) remarks: Vec<(Option<ArticleId>, String)>,
    /// Notices: label, text, time, account, number of mails.
    pub(super) notices: Vec<(String, String, String, String, usize)>,
    /// Whether the draft may be discarded: somebody started it, and nobody has received a mail of it.
    pub(super) discardable: bool,
    /// Note on its number, which may change until the issue is signed.
    pub(super) number_note: &'static str,
}

pub(super) struct StepView {
    pub(super) step: SigningStep,
    /// Account and time, once taken.
    pub(super) taken: Option<String>,
    /// Accounts with the duty.
    pub(super) holders: String,
}

impl SigningView {
    /// Returns the section for this account.
    pub(super) fn read(
        s: &Store,
        e: &Edition,
        publication: Option<&Publication>,
        session: &Session,
        zone: chrono_tz::Tz,
    ) -> Result<Self, StoreError> {
        let duties = s.account(&session.name)?.map(|a| a.duties).unwrap_or_default();
        let state = e.state();
        let at = |t: DateTime<Utc>| t.with_timezone(&zone).format("%m-%d %H:%M").to_string();
        // after 送审 the issue's own steps, before it those of the settings
        let behind = if state == EditionState::Draft { publication.map_or(&[][..], |p| &p.signing) } else { &e.signing.required };
        let steps = if behind.is_empty() { &[] } else { &[SigningStep::Submit][..] };
        let step = |step: &SigningStep| {
            let taken = e.signing.signatures.iter().find(|s| s.step == *step).map(|s| format!("{} {}", s.by, at(s.at)));
            Ok(StepView { step: *step, taken, holders: s.holders_of(*step, &e.publication)?.join("、") })
        };
        let next = match state {
            EditionState::Draft => steps.first().copied(),
            EditionState::Submitted(step) => Some(step),
            EditionState::Final => None,
        };
        let remark = |r: &Remark| (r.article, format!("{}（{}）：{}", r.by, at(r.at), r.text));
        let notices = s.notices_of(e.id)?.into_iter().map(|n| (n.notice.label(), notice_line(&n.notice.text), at(n.at), n.by, n.letters)).collect();
        Ok(Self {
            state: state_words(e),
            steps: steps.iter().chain(behind).map(step).collect::<Result<_, StoreError>>()?,
            mine: next.filter(|n| duties.contains(n)),
            recall: matches!(state, EditionState::Submitted(_)) && e.signing.signatures.len() == 1 && duties.contains(&SigningStep::Submit),
            withdraw: state == EditionState::Final && !e.is_imported() && e.signing.required.last().is_none_or(|last| duties.contains(last)),
            letters_at: s.letters_due_at(e.id)?.map(at),
            remarks: e.signing.remarks.iter().map(remark).collect(),
            notices,
            discardable: s.is_discardable(e.id)?,
            number_note: if e.is_imported() || s.is_numbered(e.id)? { "" } else { "期号签发时定" },
        })
    }

    /// Whether this account's next step makes the issue final.
    pub(super) fn next_is_last(&self) -> bool {
        self.steps.last().is_some_and(|s| Some(s.step) == self.mine)
    }

    /// Returns the remarks about the issue itself.
    pub(super) fn general(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().filter(|r| r.0.is_none()).map(|r| r.1.as_str())
    }

    /// Returns the remarks about an item.
    pub(super) fn about(&self, article: &ArticleId) -> impl Iterator<Item = &str> {
        self.remarks.iter().filter(move |r| r.0 == Some(*article)).map(|r| r.1.as_str())
    }
}

/// Returns a notice in one line.
fn notice_line(text: &NoticeText) -> String {
    match text {
        NoticeText::Correction { wrong, right, .. } => format!("原文：{wrong}　应为：{right}"),
        NoticeText::Withdrawal { reason } => reason.clone(),
    }
}
