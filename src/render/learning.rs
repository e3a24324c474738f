//! What was learned from editors' decisions, in words.

use chrono_tz::Tz;

use crate::issue::learned_reason;
use crate::ranking::RankingModel;
use crate::store::{DecisionAction, StoredRanking};

/// Weights that are told.
const TOLD_WEIGHTS: usize = 10;

/// What was learned for a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearningWords {
    pub publication: String,
    /// Sentences: whether it learns, from what, and whether it helps.
    pub state: Vec<String>,
    /// What counts most.
    pub weights: Vec<String>,
}

/// Returns what was learned for a publication.
pub fn learning(publication: &str, zone: Tz, is_enabled: bool, ranking: Option<&StoredRanking>) -> LearningWords {
    let mut state = vec![
        if is_enabled {
            "学习开着：有一期定稿以后，下一个凌晨训练。"
        } else {
            "学习关着（[learning] enabled = false）：只按原来的规则排序。"
        }
        .to_owned(),
    ];
    match ranking {
        None => state.push("还没有训练过。".to_owned()),
        Some(StoredRanking { trained_at, model }) => {
            let when = trained_at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
            state.push(format!("最近一次训练：{when}，学了 {} 期的 {} 条取舍。", model.issues, model.decisions));
            state.push(verdict(model, is_enabled));
            state.extend(comparison(model));
        }
    }
    let strongest = ranking.map(|r| r.model.strongest(TOLD_WEIGHTS)).unwrap_or_default();
    let weights = strongest.into_iter().map(|(w, moved)| learned_reason(w, moved)).collect();
    LearningWords { publication: publication.to_owned(), state, weights }
}

fn verdict(model: &RankingModel, is_enabled: bool) -> String {
    let percent = f64::from(model.share) * 100.0;
    match (model.share > 0.0, is_enabled) {
        (true, true) => format!("学到的比原来的排序好，已经在用，占 {percent:.0}%。"),
        (true, false) => format!("学到的比原来的排序好；打开学习以后占 {percent:.0}%。"),
        (false, _) => "还没有比原来的排序更好，先不用。".to_owned(),
    }
}

/// Returns how often a wanted candidate stood before an unwanted one; `None` if no issue had both.
fn comparison(model: &RankingModel) -> Option<String> {
    let c = &model.comparison;
    (c.before > 0.0 || c.learned > 0.0).then(|| {
        let (before, learned) = (c.before * 100.0, c.learned * 100.0);
        format!("最近 {} 期里，要的一条排在不要的一条前面：原来的排序 {before:.0}%，用学到的 {learned:.0}%（随便排是 50%）。", c.issues)
    })
}

/// Returns the Chinese name of a decision.
pub fn decision_label(action: DecisionAction) -> &'static str {
    match action {
        DecisionAction::Kept => "采用",
        DecisionAction::Dropped => "移出",
        DecisionAction::Moved => "换栏目",
        DecisionAction::PutUp => "往前排",
        DecisionAction::Retitled => "改标题",
        DecisionAction::Rewritten => "改文字",
        DecisionAction::Merged => "并入别的一条",
        DecisionAction::Corrected => "更正行业、栏目",
        DecisionAction::Added => "加入",
        DecisionAction::Opened => "打开文章页",
        DecisionAction::Useful => "读者认为有用",
        DecisionAction::Useless => "读者认为没用",
        DecisionAction::Remark => "读者批示",
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;
    use crate::ranking::{Comparison, Feature, FeatureKind, LearnedWeight, PointKind};

    fn trained(share: f32) -> StoredRanking {
        let weight = |kind, name: &str, weight| LearnedWeight { feature: Feature { kind, name: name.to_owned() }, weight, kept: 18, seen: 20 };
        StoredRanking {
            trained_at: "2026-11-23T19:00:05Z".parse().unwrap(),
            model: RankingModel {
                issues: 24,
                decisions: 1320,
                share,
                weights: vec![
                    weight(FeatureKind::Industry, "建材", 1.5),
                    weight(FeatureKind::Letters, "建材", 2.5),
                    weight(FeatureKind::Points(PointKind::Fresh), "", -0.5),
                ],
                comparison: Comparison { issues: 10, before: 0.64, learned: 0.81, gain: 12.0 },
                ..RankingModel::default()
            },
        }
    }

    #[test]
    fn a_trained_ranking_is_told_in_sentences() {
        let words = learning("甲刊", Shanghai, true, Some(&trained(0.7)));
        assert_eq!(
            words.state,
            [
                "学习开着：有一期定稿以后，下一个凌晨训练。",
                "最近一次训练：2026-11-24 03:00，学了 24 期的 1320 条取舍。",
                "学到的比原来的排序好，已经在用，占 70%。",
                "最近 10 期里，要的一条排在不要的一条前面：原来的排序 64%，用学到的 81%（随便排是 50%）。",
            ]
        );
        assert_eq!(words.weights, ["常采用：行业 建材（20 条采用 18 条）"]);
    }

    #[test]
    fn what_does_not_help_yet_is_said_so() {
        let state = |is_enabled, ranking: Option<&StoredRanking>| learning("甲刊", Shanghai, is_enabled, ranking).state.join("");
        assert!(state(true, Some(&trained(0.0))).contains("还没有比原来的排序更好，先不用。"));
        assert!(state(true, None).contains("还没有训练过"));
        let off = state(false, Some(&trained(0.4)));
        assert!(off.contains("学习关着") && off.contains("打开学习以后占 40%") && !off.contains("已经在用"), "{off}");
        let mut early = trained(0.0);
        early.model.comparison = Comparison::default();
        assert!(!state(true, Some(&early)).contains("最近 0 期"));
    }
}
