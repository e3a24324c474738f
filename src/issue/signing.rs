//! 送审, 审核, 签发: applies a signing step to an issue, or says why it is not allowed. Pure.
//!
//! Editors work on a draft. A 责任编辑 submits it, which freezes it. An account with the duty of the next step takes that step, or
//! returns the issue with remarks. The last step makes the issue final. If the settings name no steps, any editor makes it final
//! (定稿).

use chrono::{DateTime, Utc};

use crate::model::{ArticleId, AuditAction, Edition, EditionState, Remark, Signature, Signing, SigningStep};
use crate::text::normalize::collapse_whitespace;

/// Maximum length of a remark, in characters.
pub const MAX_REMARK: usize = 500;

/// A signing action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SigningAction {
    /// 定稿, if no step is required.
    Finalise,
    /// 送审.
    Submit,
    /// Takes a step.
    Approve(SigningStep),
    /// 退回, with requested changes to items or to the issue (`None`).
    Return(Vec<(Option<ArticleId>, String)>),
    /// 撤回送审, before the first review.
    Recall,
    /// 撤回: makes a final issue a draft again.
    Withdraw,
}

impl SigningAction {
    /// Returns its action in the audit log.
    pub fn audited(&self) -> AuditAction {
        match self {
            Self::Finalise => AuditAction::Finalise,
            Self::Submit | Self::Approve(SigningStep::Submit) => AuditAction::Submit,
            Self::Approve(SigningStep::Review) => AuditAction::Review,
            Self::Approve(SigningStep::Sign) => AuditAction::Sign,
            Self::Return(_) => AuditAction::Return,
            Self::Recall => AuditAction::Recall,
            Self::Withdraw => AuditAction::Withdraw,
        }
    }

    /// Returns the action in Chinese.
    pub fn chinese(&self) -> &'static str {
        match self {
            Self::Finalise => "定稿",
            Self::Approve(SigningStep::Review) => "审核通过",
            Self::Approve(step) => step.chinese(),
            Self::Submit => "送审",
            Self::Return(_) => "退回",
            Self::Recall => "撤回送审",
            Self::Withdraw => "撤回",
        }
    }
}

/// The acting account and its duties.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// Account name.
    pub name: &'a str,
    pub duties: &'a [SigningStep],
}

/// Why a step is not allowed; shown to editors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The account lacks the duty.
    #[error("没有{act}：要有“{}”的职责，请管理员在“账号”页设置", .step.duty())]
    NotYourDuty {
        /// The missing duty.
        step: SigningStep,
        /// The attempted action.
        act: &'static str,
    },
    /// The issue has no items.
    #[error("本期还没有内容")]
    Empty,
    /// The settings require steps.
    #[error("没有定稿：本刊须经{0}，请先送审")]
    NeedsSteps(String),
    /// The settings require no steps.
    #[error("本刊没有设置审核、签发，请直接定稿")]
    NoSteps,
    /// The issue waits for another step.
    #[error("本期现在{0}，不能{1}：请看过最新的状态再操作")]
    WrongState(String, &'static str),
    /// The issue was made before this program.
    #[error("这一期是导入的旧刊，不能审签、撤回或更正")]
    Imported,
    /// A return without remarks.
    #[error("没有退回：请写明要改什么")]
    NoRemark,
    /// A remark is too long.
    #[error("每条意见最多 {MAX_REMARK} 字")]
    TooLong,
}

/// Takes a step. `required` are the steps after 送审 that the settings require.
///
/// # Errors
/// If the step is not allowed; the edition stays unchanged.
pub fn apply(e: &mut Edition, action: &SigningAction, required: &[SigningStep], who: Signer<'_>, now: DateTime<Utc>) -> Result<(), SigningError> {
    if e.is_imported() {
        return Err(SigningError::Imported);
    }
    let wrong = |e: &Edition| Err(SigningError::WrongState(state_words(e), action.chinese()));
    match (action, e.state()) {
        (SigningAction::Finalise | SigningAction::Submit, EditionState::Draft) if e.item_count() == 0 => return Err(SigningError::Empty),
        (SigningAction::Finalise, EditionState::Draft) if required.is_empty() => finish(e, now),
        (SigningAction::Finalise, EditionState::Draft) => return Err(SigningError::NeedsSteps(step_names(required))),
        (SigningAction::Submit, EditionState::Draft) if required.is_empty() => return Err(SigningError::NoSteps),
        (SigningAction::Submit, EditionState::Draft) => {
            needs(who, SigningStep::Submit, action.chinese())?;
            e.signing.required = required.to_vec();
            e.signing.signatures = vec![signature(SigningStep::Submit, who, now)];
        }
        (SigningAction::Approve(step), EditionState::Submitted(next)) if *step == next => {
            needs(who, next, action.chinese())?;
            e.signing.signatures.push(signature(next, who, now));
            if e.signing.next_step().is_none() {
                finish(e, now);
            }
        }
        (SigningAction::Return(remarks), EditionState::Submitted(next)) => {
            needs(who, next, action.chinese())?;
            let remarks = read_remarks(remarks, who, now)?;
            e.signing = Signing { remarks, round: e.signing.round, ..Signing::default() };
        }
        (SigningAction::Recall, EditionState::Submitted(_)) if e.signing.signatures.len() == 1 => {
            needs(who, SigningStep::Submit, action.chinese())?;
            e.signing.signatures.clear();
            e.signing.required.clear();
        }
        (SigningAction::Withdraw, EditionState::Final) => {
            if let Some(last) = e.signing.required.last() {
                needs(who, *last, action.chinese())?;
            }
            e.is_final = false;
            e.signing = Signing { round: e.signing.round, ..Signing::default() };
        }
        _ => return wrong(e),
    }
    Ok(())
}

/// Checks that an account may withdraw or correct a final issue: it needs the duty of the last step.
///
/// # Errors
/// If it lacks the duty, or the issue is not final or was imported.
pub fn may_correct(e: &Edition, who: Signer<'_>) -> Result<(), SigningError> {
    if e.is_imported() {
        return Err(SigningError::Imported);
    }
    if !e.is_final {
        return Err(SigningError::WrongState(state_words(e), "更正"));
    }
    e.signing.required.last().map_or(Ok(()), |last| needs(who, *last, "更正"))
}

fn finish(e: &mut Edition, now: DateTime<Utc>) {
    (e.is_final, e.built_at) = (true, Some(now));
    e.signing.round += 1;
    e.signing.remarks.clear();
}

fn needs(who: Signer<'_>, step: SigningStep, act: &'static str) -> Result<(), SigningError> {
    if who.duties.contains(&step) { Ok(()) } else { Err(SigningError::NotYourDuty { step, act }) }
}

fn signature(step: SigningStep, who: Signer<'_>, at: DateTime<Utc>) -> Signature {
    Signature { step, by: who.name.to_owned(), at }
}

fn read_remarks(remarks: &[(Option<ArticleId>, String)], who: Signer<'_>, at: DateTime<Utc>) -> Result<Vec<Remark>, SigningError> {
    let cleaned = remarks.iter().map(|(article, text)| (*article, collapse_whitespace(text))).filter(|(_, text)| !text.is_empty());
    let out: Vec<Remark> = cleaned.map(|(article, text)| Remark { article, text, by: who.name.to_owned(), at }).collect();
    if out.is_empty() {
        return Err(SigningError::NoRemark);
    }
    if out.iter().any(|r| r.text.chars().count() > MAX_REMARK) {
        return Err(SigningError::TooLong);
    }
    Ok(out)
}

fn step_names(steps: &[SigningStep]) -> String {
    steps.iter().map(|s| s.chinese()).collect::<Vec<_>>().join("、")
}

/// Returns the issue's state in Chinese: 编辑中, 已撤回, 待审核, 待签发, 已定稿, 已签发 or 旧刊.
pub fn state_words(e: &Edition) -> String {
    match e.state() {
        _ if e.is_imported() => "旧刊".to_owned(),
        EditionState::Draft if e.signing.round > 0 => "已撤回，编辑中".to_owned(),
        EditionState::Draft => "编辑中".to_owned(),
        EditionState::Submitted(step) => format!("待{}", step.chinese()),
        EditionState::Final if e.signing.required.contains(&SigningStep::Sign) => "已签发".to_owned(),
        EditionState::Final => "已定稿".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::edit::{Change, Edit, EditError};
    use crate::issue::tests::{article, build_with, now};

    const STEPS: [SigningStep; 2] = [SigningStep::Review, SigningStep::Sign];

    fn draft() -> Edition {
        build_with(vec![article(1, "甲县粮油加工", "食品", "行业动态", 1)], &[]).edition
    }

    fn with(duties: &[SigningStep]) -> Signer<'_> {
        Signer { name: "张三", duties }
    }

    fn back() -> SigningAction {
        SigningAction::Return(vec![(Some(ArticleId(1)), " 数字\n核对 ".to_owned()), (None, "  ".to_owned())])
    }

    /// An issue in each state.
    fn issue_in(state: EditionState) -> Edition {
        let mut e = draft();
        let all = &SigningStep::ALL;
        let mut take = |action| apply(&mut e, &action, &STEPS, with(all), now()).unwrap();
        if state != EditionState::Draft {
            take(SigningAction::Submit);
        }
        if matches!(state, EditionState::Submitted(SigningStep::Sign) | EditionState::Final) {
            take(SigningAction::Approve(SigningStep::Review));
        }
        if state == EditionState::Final {
            take(SigningAction::Approve(SigningStep::Sign));
        }
        assert_eq!(e.state(), state);
        e
    }

    #[test]
    fn each_step_is_taken_in_its_state_by_its_duty_and_by_no_other() {
        use EditionState::{Draft, Final, Submitted};
        use SigningStep::{Review, Sign, Submit};
        let states = [Draft, Submitted(Review), Submitted(Sign), Final];
        // the duty and the states that each action needs
        let table: [(SigningAction, &[(EditionState, SigningStep)]); 7] = [
            (SigningAction::Finalise, &[]),
            (SigningAction::Submit, &[(Draft, Submit)]),
            (SigningAction::Approve(Review), &[(Submitted(Review), Review)]),
            (SigningAction::Approve(Sign), &[(Submitted(Sign), Sign)]),
            (back(), &[(Submitted(Review), Review), (Submitted(Sign), Sign)]),
            (SigningAction::Recall, &[(Submitted(Review), Submit)]),
            (SigningAction::Withdraw, &[(Final, Sign)]),
        ];
        for (action, allowed) in table {
            for state in states {
                for duties in [&[][..], &[Submit], &[Review], &[Sign]] {
                    let (before, mut e) = (issue_in(state), issue_in(state));
                    let done = apply(&mut e, &action, &STEPS, with(duties), now());
                    let may = allowed.iter().any(|(s, duty)| *s == state && duties.contains(duty));
                    assert_eq!(done.is_ok(), may, "{action:?} in {state:?} with {duties:?}: {done:?}");
                    assert_eq!(e == before, !may, "{action:?} in {state:?} with {duties:?}");
                }
            }
        }
    }

    #[test]
    fn a_submitted_issue_does_not_change_and_comes_back_with_remarks() {
        let mut e = issue_in(EditionState::Submitted(SigningStep::Review));
        assert_eq!(Change::Foreword(Edit::any("x")).apply(&mut e), Err(EditError::Submitted));
        assert_eq!(apply(&mut e, &SigningAction::Return(Vec::new()), &STEPS, with(&STEPS), now()), Err(SigningError::NoRemark));
        apply(&mut e, &back(), &STEPS, with(&STEPS), now()).unwrap();
        let remarks: Vec<_> = e.signing.remarks.iter().map(|r| (r.article, r.text.as_str(), r.by.as_str())).collect();
        assert_eq!((e.state(), remarks), (EditionState::Draft, vec![(Some(ArticleId(1)), "数字 核对", "张三")]));
        Change::Foreword(Edit::any("x")).apply(&mut e).unwrap();
    }

    #[test]
    fn where_the_settings_name_no_step_any_editor_makes_an_issue_final() {
        let mut e = draft();
        assert_eq!(apply(&mut e, &SigningAction::Submit, &[], with(&STEPS), now()), Err(SigningError::NoSteps));
        apply(&mut e, &SigningAction::Finalise, &[], with(&[]), now()).unwrap();
        assert_eq!((e.state(), e.signing.round, e.built_at), (EditionState::Final, 1, Some(now())));
        assert_eq!(Change::Foreword(Edit::any("x")).apply(&mut e), Err(EditError::Final));
        apply(&mut e, &SigningAction::Withdraw, &[], with(&[]), now()).unwrap();
        apply(&mut e, &SigningAction::Finalise, &[], with(&[]), now()).unwrap();
        assert_eq!(e.signing.round, 2);
    }

    #[test]
    fn one_step_is_enough_where_the_settings_say_so() {
        let mut e = draft();
        let (steps, all) = ([SigningStep::Review], SigningStep::ALL);
        apply(&mut e, &SigningAction::Submit, &steps, with(&all), now()).unwrap();
        apply(&mut e, &SigningAction::Approve(SigningStep::Review), &steps, with(&all), now()).unwrap();
        assert_eq!((e.state(), state_words(&e)), (EditionState::Final, "已定稿".to_owned()));
    }
}
