use chrono::{Duration, TimeZone as _};

use super::*;

pub(super) fn report(id: i64, publisher: &str, title: &str, text: &str) -> Report {
    Report {
        article: ArticleId(id),
        story: id,
        source_name: "示例门户".into(),
        publisher: Some(publisher.into()),
        author: None,
        host: "news.example.cn".into(),
        weight: 1.0,
        published_at: Utc.with_ymd_and_hms(2026, 11, 3, 8, 0, 0).unwrap() + Duration::hours(id),
        title: title.into(),
        text: text.into(),
        is_sure: true,
        is_doubtful: false,
        record: Record::default(),
    }
}

const FIRST: (&str, &str) = (
    "云鹭科技隔膜项目在许昌投产",
    "本报讯（记者 甲某）11月3日，云鹭科技公司锂电池隔膜项目在许昌投产，总投资12.5亿元。车间主任乙某说，首条生产线有42名操作工，调试用了75天。",
);
const SECOND: (&str, &str) = (
    "投资12.5亿元 云鹭科技新厂开机",
    "走进许昌经开区的云鹭科技公司厂房，机器轰鸣。这个投资12.5亿元的隔膜项目当天投产。当地居民丙某告诉我们，他家有2人应聘，月薪6500元，厂区到洛阳的班车每天4班。",
);

fn pair() -> Vec<Report> {
    vec![report(1, "北岸日报", FIRST.0, FIRST.1), report(2, "南岸晚报", SECOND.0, SECOND.1)]
}

#[test]
fn two_independent_reports_that_agree_confirm_each_other() {
    let grades = grade(&pair());
    assert!(grades.iter().all(|g| g.credibility == Credibility::Confirmed && g.reliability == Reliability::B), "{grades:#?}");
    assert!(grades[0].credibility_reasons.contains(&CredibilityReason::ConfirmedBy(vec!["南岸晚报".into()])));
}

#[test]
fn reports_of_one_source_confirm_nothing() {
    let one_wire = |r: &mut Report| r.text = format!("据中原通讯社报道，{}", r.text);
    let one_story = |r: &mut Report| r.story = 1;
    let one_outlet = |r: &mut Report| r.publisher = Some("北岸日报".into());
    let one_announcement = |r: &mut Report| r.text = format!("云鹭科技公司11月3日公告，{}", r.text);
    let no_one = |r: &mut Report| r.publisher = Some("网络".into());
    for (at, change) in [one_wire as fn(&mut Report), one_story, one_outlet, one_announcement, no_one].into_iter().enumerate() {
        let mut reports = pair();
        reports.iter_mut().for_each(change);
        let grades = grade(&reports);
        assert!(grades.iter().all(|g| g.credibility != Credibility::Confirmed), "{at}: {grades:#?}");
    }
    let mut reports = pair();
    reports[1].text = FIRST.1.replace("车间主任乙某说，", "据了解，").replace("本报讯（记者 甲某）", "");
    assert_eq!(grade(&reports)[1].credibility_reasons.first(), Some(&CredibilityReason::OneFamily(2)), "copied without a name");
    let mut reports = pair();
    reports[1].text = "投资12.5亿元的云鹭科技公司隔膜项目3日已在许昌开机投产，引来不少人关注，前景看好。".into();
    assert!(grade(&reports).iter().all(|g| g.credibility != Credibility::Confirmed), "it adds nothing of its own");
    let mut reports = pair();
    reports[0].text = "云鹭科技公司的隔膜项目11月3日在许昌投产，总投资12.5亿元，记者在现场看到，场面十分热闹，阅读1023次。".into();
    assert!(grade(&reports).iter().all(|g| g.credibility != Credibility::Confirmed), "a counter is no fact of its own");
    let mut reports = pair();
    (reports[1].publisher, reports[0].publisher) = (Some("云鹭科技公司官网".into()), Some("北岸日报".into()));
    assert!(grade(&reports).iter().all(|g| g.credibility != Credibility::Confirmed), "the firm speaks of itself");
    let mut reports = pair();
    reports[1].is_sure = false;
    reports[0].text = FIRST.1.replace("总投资12.5亿元。", "投资巨大。");
    assert!(grade(&reports).iter().all(|g| g.credibility != Credibility::Confirmed), "perhaps another event");
}

#[test]
fn another_figure_is_a_contradiction_and_the_better_source_wins() {
    let mut reports = pair();
    (reports[1].title, reports[1].text) = (SECOND.0.replace("12.5亿元", "18亿元"), SECOND.1.replace("12.5亿元", "18亿元"));
    let grades = grade(&reports);
    assert!(grades.iter().all(|g| g.credibility == Credibility::Doubtful), "{grades:#?}");
    let expected =
        CredibilityReason::Contradicted { what: "投资".into(), mine: "12.5亿元".into(), theirs: "18亿元".into(), by: "南岸晚报".into() };
    assert_eq!(grades[0].credibility_reasons, [expected]);
    reports[0].publisher = Some("许昌市统计局".into());
    let grades = grade(&reports);
    assert_eq!((grades[0].credibility, grades[1].credibility), (Credibility::Doubtful, Credibility::Improbable));
    reports[1].published_at += Duration::days(3);
    assert!(grade(&reports).iter().all(|g| g.credibility_reasons.iter().all(|r| !matches!(r, CredibilityReason::Contradicted { .. }))));
}

#[test]
fn rumours_and_opinions_are_doubtful_and_vouch_for_none() {
    let mut reports = pair();
    reports[1].text = format!("网传消息称，{}", SECOND.1);
    let grades = grade(&reports);
    assert_eq!((grades[0].credibility, grades[1].credibility), (Credibility::ProbablyTrue, Credibility::Doubtful));
    assert_eq!(grades[1].credibility_reasons, [CredibilityReason::Rumour("网传".into())]);
}

#[test]
fn a_source_is_graded_by_standing_and_record() {
    let of = |change: fn(&mut Report)| {
        let mut reports = vec![report(1, "北岸日报", FIRST.0, FIRST.1)];
        reports.iter_mut().for_each(change);
        let grade = grade(&reports).remove(0);
        (grade.reliability, grade.reliability_reasons)
    };
    let named = |change: fn(&mut Report)| of(change).0;
    assert_eq!(of(|_| ()), (Reliability::B, vec![ReliabilityReason::Press]));
    assert_eq!(named(|r| r.publisher = Some("许昌市人民政府".into())), Reliability::A);
    assert_eq!(named(|r| r.publisher = Some("某某在线".into())), Reliability::C);
    assert_eq!(named(|r| r.publisher = Some("某某公众号".into())), Reliability::D);
    assert_eq!(named(|r| r.publisher = Some("佚名".into())), Reliability::F);
    assert_eq!(named(|r| r.weight = 0.2), Reliability::C);
    assert_eq!(of(|r| r.record.corrections = 1), (Reliability::C, vec![ReliabilityReason::Press, ReliabilityReason::Corrections(1)]));
    assert_eq!(named(|r| r.record = Record { corrections: 3, dropped_as_unreliable: 1, ..Record::default() }), Reliability::E);
    let corrected = of(|r| r.record.corrected_by_editors = 1);
    assert_eq!(corrected, (Reliability::C, vec![ReliabilityReason::Press, ReliabilityReason::CorrectedByEditors(1)]));
    assert_eq!(named(|r| r.record.withdrawn = 3), Reliability::D);
    let reprint = of(|r| r.text = format!("据中原通讯社报道，{}", FIRST.1));
    assert_eq!(reprint, (Reliability::D, vec![ReliabilityReason::Press, ReliabilityReason::ReprintOf("中原通讯社".into())]));
}

#[test]
fn who_was_later_with_a_story_is_lowered() {
    let mut reports = pair();
    (reports[1].story, reports[1].text) = (1, FIRST.1.into());
    let grades = grade(&reports);
    assert_eq!(grades[0].reliability_reasons, [ReliabilityReason::Press, ReliabilityReason::First]);
    assert_eq!(grades[1].reliability_reasons, [ReliabilityReason::Press, ReliabilityReason::LaterThan("北岸日报".into())]);
    assert_eq!((grades[0].reliability, grades[1].reliability), (Reliability::B, Reliability::C));
}

#[test]
fn nothing_and_too_much_are_graded_too() {
    assert!(grade(&[]).is_empty());
    let many: Vec<Report> = (0..60).map(|n| report(n, "", "", "")).collect();
    let grades = grade(&many);
    assert!(grades.len() == MAX_REPORTS && grades.iter().all(|g| g.credibility == Credibility::CannotBeJudged));
}
