//! What sources changed in printed articles: versions on the page of an article, findings on the page of an issue.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::{ArticleId, Edition, EditionId};
use crate::rechecks::{Difference, FindingState, correction};
use crate::store::{ArticleVersion, Finding, Store, StoreError};

/// A difference, in words.
pub(super) struct DifferenceView {
    pub(super) seen: String,
    /// 标题变了、数字变了
    pub(super) label: String,
    /// What, before, now.
    pub(super) rows: Vec<(&'static str, String, String)>,
    pub(super) left_out: usize,
}

impl DifferenceView {
    fn new(seen: DateTime<Utc>, difference: &Difference, zone: Tz) -> Self {
        let seen = seen.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
        Self { seen, label: difference.label(), rows: difference.rows(), left_out: difference.left_out }
    }
}

/// A version of an article.
pub(super) struct VersionView {
    pub(super) difference: DifferenceView,
    pub(super) title: String,
    /// Empty: withdrawn.
    pub(super) paragraphs: Vec<String>,
}

/// Returns the versions of an article, newest first.
pub(super) fn versions(versions: Vec<ArticleVersion>, zone: Tz) -> Vec<VersionView> {
    let view = |v: ArticleVersion| VersionView {
        difference: DifferenceView::new(v.seen, &v.difference, zone),
        paragraphs: v.text.lines().map(str::to_owned).collect(),
        title: v.title,
    };
    versions.into_iter().map(view).collect()
}

/// What a source changed in an item of an issue.
pub(super) struct FindingView {
    pub(super) id: i64,
    pub(super) article: ArticleId,
    pub(super) difference: DifferenceView,
    /// Whether it waits for an answer.
    pub(super) is_open: bool,
    /// Whether a 更正 can be proposed.
    pub(super) is_of_substance: bool,
    /// What an editor answered.
    pub(super) answer: String,
}

/// Returns what sources changed in the items of an issue.
pub(super) fn findings(s: &Store, edition: EditionId, zone: Tz) -> Result<Vec<FindingView>, StoreError> {
    Ok(s.findings_of(edition)?.into_iter().map(|f| view(f, zone)).collect())
}

fn view(f: Finding, zone: Tz) -> FindingView {
    let who = f.who.unwrap_or_default();
    let answer = match f.state {
        FindingState::Open => String::new(),
        FindingState::Dismissed => format!("{who}：不更正，{}", f.reason),
        FindingState::Corrected => format!("{who}已发更正"),
    };
    FindingView {
        id: f.id,
        article: f.article,
        is_open: f.state == FindingState::Open,
        is_of_substance: f.difference.is_of_substance(),
        difference: DifferenceView::new(f.seen, &f.difference, zone),
        answer,
    }
}

/// A proposed 更正, for its form.
pub(super) struct Proposal {
    pub(super) finding: i64,
    pub(super) article: ArticleId,
    pub(super) wrong: String,
    pub(super) right: String,
}

/// Returns the 更正 that a finding of an issue proposes, if it is open.
pub(super) fn proposal(s: &Store, e: &Edition, finding: Option<i64>) -> Result<Option<Proposal>, StoreError> {
    let Some(id) = finding else { return Ok(None) };
    let found = s.findings_of(e.id)?.into_iter().find(|f| f.id == id && f.state == FindingState::Open);
    let proposed = found.and_then(|f| {
        let item = e.items().find(|i| i.article == f.article)?;
        let (wrong, right) = correction(&item.title, &item.publisher, &f.difference)?;
        Some(Proposal { finding: id, article: f.article, wrong, right })
    });
    Ok(proposed)
}
