//! Grades and their reasons, in words.

use crate::grades::{CredibilityReason, Grade, JudgedGrade, ReliabilityReason};
use crate::model::{Credibility, GradeMark, Reliability};

/// A grade as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeWords {
    /// B2
    pub mark: String,
    /// 来源通常可靠，信息很可能属实
    pub title: String,
    pub reliability_reasons: Vec<String>,
    pub credibility_reasons: Vec<String>,
    /// What an editor says instead: who, and why.
    pub overruled: Option<(String, String)>,
}

/// Returns a grade in words.
pub fn grade_words(judged: &JudgedGrade) -> GradeWords {
    let Grade { reliability_reasons, credibility_reasons, .. } = &judged.computed;
    GradeWords {
        mark: judged.mark().to_string(),
        title: mark_title(judged.mark()),
        reliability_reasons: reliability_reasons.iter().map(reliability_reason).collect(),
        credibility_reasons: credibility_reasons.iter().map(credibility_reason).collect(),
        overruled: judged.overruled.as_ref().map(|o| (o.who.clone(), o.reason.clone())),
    }
}

/// Returns 来源通常可靠，信息很可能属实.
pub fn mark_title(mark: GradeMark) -> String {
    format!("来源{}，信息{}", reliability(mark.reliability), credibility(mark.credibility))
}

/// Returns what a letter says of a source.
pub fn reliability(grade: Reliability) -> &'static str {
    match grade {
        Reliability::A => "完全可靠",
        Reliability::B => "通常可靠",
        Reliability::C => "比较可靠",
        Reliability::D => "通常不可靠",
        Reliability::E => "不可靠",
        Reliability::F => "可靠性无法判断",
    }
}

/// Returns what a figure says of information.
pub fn credibility(grade: Credibility) -> &'static str {
    match grade {
        Credibility::Confirmed => "已证实",
        Credibility::ProbablyTrue => "很可能属实",
        Credibility::PossiblyTrue => "可能属实",
        Credibility::Doubtful => "存疑",
        Credibility::Improbable => "不大可能属实",
        Credibility::CannotBeJudged => "真伪无法判断",
    }
}

fn reliability_reason(reason: &ReliabilityReason) -> String {
    match reason {
        ReliabilityReason::Authority => "政府部门发布".to_owned(),
        ReliabilityReason::CentralMedia => "中央媒体".to_owned(),
        ReliabilityReason::Press => "报社、通讯社".to_owned(),
        ReliabilityReason::NamedOutlet => "署名的媒体".to_owned(),
        ReliabilityReason::UnknownOutlet => "不认识的媒体".to_owned(),
        ReliabilityReason::SelfMedia => "自媒体".to_owned(),
        ReliabilityReason::Anonymous => "没有署名".to_owned(),
        ReliabilityReason::Heavy => "配置里的权重较高，升一级".to_owned(),
        ReliabilityReason::Light => "配置里的权重较低，降一级".to_owned(),
        ReliabilityReason::First => "最先报道".to_owned(),
        ReliabilityReason::ReprintOf(outlet) => format!("转载自{outlet}，按原出处降一级"),
        ReliabilityReason::LaterThan(outlet) => format!("晚于{outlet}的同一篇稿件，降一级"),
        ReliabilityReason::Corrections(n) => format!("近期发过 {n} 次更正，降级"),
        ReliabilityReason::DroppedAsUnreliable(n) => format!("编辑曾以“来源不可靠”剔除它的 {n} 篇，降级"),
        ReliabilityReason::CorrectedByEditors(n) => format!("刊用它的 {n} 篇后发过更正，降级"),
        ReliabilityReason::Withdrawn(n) => format!("撤下过 {n} 篇已发的文章，降级"),
    }
}

fn credibility_reason(reason: &CredibilityReason) -> String {
    match reason {
        CredibilityReason::ConfirmedBy(outlets) => format!("{}独立报道，数字和事实一致", outlets.join("、")),
        CredibilityReason::AlsoToldBy(outlet) => format!("{outlet}也有报道，但一致的事实还不够证实"),
        CredibilityReason::OneFamily(n) => format!("{n} 篇出自同一来源，只算一家"),
        CredibilityReason::Standing => "来源可靠，没有相反的报道".to_owned(),
        CredibilityReason::Alone => "没有别家独立报道".to_owned(),
        CredibilityReason::Rumour(word) => format!("用了传闻的说法：{word}"),
        CredibilityReason::Opinion(word) => format!("是个人看法：{word}"),
        CredibilityReason::Contradicted { what, mine, theirs, by } => format!("{what}：这里是{mine}，{by}说是{theirs}"),
        CredibilityReason::UnknownSource => "来源无从判断".to_owned(),
        CredibilityReason::NoText => "正文太短，或可能不全".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_is_told_with_its_reasons() {
        let computed = Grade {
            reliability: Reliability::B,
            reliability_reasons: vec![ReliabilityReason::Press, ReliabilityReason::First],
            credibility: Credibility::Confirmed,
            credibility_reasons: vec![CredibilityReason::OneFamily(3), CredibilityReason::ConfirmedBy(vec!["南岸晚报".into()])],
        };
        let words = grade_words(&JudgedGrade { computed, computed_at: chrono::DateTime::UNIX_EPOCH, overruled: None });
        assert_eq!((words.mark.as_str(), words.title.as_str()), ("B1", "来源通常可靠，信息已证实"));
        assert_eq!(words.reliability_reasons, ["报社、通讯社", "最先报道"]);
        assert_eq!(words.credibility_reasons, ["3 篇出自同一来源，只算一家", "南岸晚报独立报道，数字和事实一致"]);
    }
}
