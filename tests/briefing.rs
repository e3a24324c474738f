//! A draft of the subjects that a printed issue of the briefing had, in our own words: all are chosen, and most
//! land in the column where the editors had them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use qingbao::classify::{Classifier, SourceHints};
use qingbao::config::Taxonomy;
use qingbao::config::settings::{Publication, SummariseSettings};
use qingbao::issue;
use qingbao::issue::{InMemory, IssueInput};
use qingbao::model::{ArticleId, Confidence, Headline, Health, SourceId, StoryId, WebUrl};

/// Column of the printed issue, headline, text.
const SUBJECTS: [(&str, &str, &str); 5] = [
    (
        "行业动态",
        "加快培育新质生产力 以科技创新带动高质量发展",
        "会议日前在北京举行。会议强调，科技创新是发展新质生产力的核心要素，必须加强原创性、颠覆性的技术攻关，打好关键核心技术攻坚战。\n\
         会议指出，要及时把科技创新成果用到具体产业和产业链上，改造传统产业，壮大新兴产业。绿色发展是底色，要推进绿色科技创新。\n\
         会议要求，深化科技体制改革，畅通教育、科技、人才的循环，完善人才培养和使用的机制。",
    ),
    (
        "行业动态",
        "城市科技创新发展指数发布 二十三个国家自主创新示范区质量双提升",
        "1月28日，一场以城市高质量发展为题的论坛在北京举行，会上发布了城市科技创新发展指数。\n\
         指数显示，国家自主创新示范区和高新区数量与质量双提升，珠三角、长三角的创新群落市场化程度更高。\n\
         主办方介绍，各地不断打造区域科技创新中心，技术合同登记总量首次突破十万项。",
    ),
    (
        "行业趋势",
        "科研与教学如何双向奔赴 职业教育探索科教融汇新路",
        "地方两会上，科教融汇成为代表委员热议的话题。一位教授认为，职业教育要立足产业，走以教促产、产教融合的路。\n\
         几位院校书记和校长认为，目前职业教育与经济发展的联系还不够紧密，改革动力不足，未来要做“立地式”科研，把课题立在产业需求上。\n\
         专家建议，把中试车间办进学校，让教师和学生参与企业的技术难题，培养更多高技能人才。",
    ),
    (
        "行业报告",
        "双创服务全链条 产业园里企业有底气",
        "走进一座县级高新区的云商产业园，人工智能数据标注基地里上千名标注员正在忙碌。近年来，园区营收突破百亿元，落地孵化企业近两百家。\n\
         “减免租金、拎包入住，足不出园就能办完注册和税务。”一位总经理说。园区设立金融服务区，引进基金，为入驻企业提供投融资咨询。\n\
         园区每周开一次调度会，每半月与企业座谈，探索出“创业苗圃、孵化器、加速器、产业园”的双创模式，经验已在多地推广。",
    ),
    (
        "行业报告",
        "写好创新大文章 让新质生产力走进千行百业",
        "新质生产力由技术突破、要素配置和产业转型催生，科技创新是它的源头。近年来，一些地方围绕创新链条中的断点做文章，形成了可复制的样本。\n\
         要优化科研资源配置，加大研发投入，促进成果转化；要推动科技创新与产业创新融合，培育新的产业集群。\n\
         案例表明，打通技术、管理、模式的创新生态，才能让新质生产力真正落地。",
    ),
];

#[test]
fn the_subjects_of_a_printed_issue_land_in_its_columns() {
    let now: DateTime<Utc> = "2026-11-23T23:30:00Z".parse().unwrap();
    let classifier = Classifier::new(Taxonomy::load(None).unwrap()).unwrap();
    let articles = SUBJECTS
        .iter()
        .zip(1..)
        .map(|((_, title, text), id)| {
            let text: String = text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
            let judgement = Some(classifier.classify(title, &text, &SourceHints::default()));
            (
                text,
                Headline {
                    id: ArticleId(id),
                    source: SourceId::parse("test").unwrap(),
                    source_name: "示例网".into(),
                    region: None,
                    weight: 1.0,
                    url: WebUrl::parse(&format!("https://example.com/{id}.html")).unwrap(),
                    title: (*title).into(),
                    author: None,
                    publisher: None,
                    published_at: None,
                    fetched_at: now,
                    length: 1,
                    story: Some(StoryId(id)),
                    event: None,
                    classification: judgement,
                    confidence: Confidence::default(),
                },
            )
        })
        .collect();
    let publication = Publication::default();
    let material = IssueInput {
        publication: &publication,
        published: HashSet::new(),
        previous_items: Vec::new(),
        rising: Vec::new(),
        ranking: None,
        topics: std::collections::HashMap::new(),
        trend: Vec::new(),
        health: Health::default(),
        date: "2026-11-24".parse().unwrap(),
        now,
        levels: &[],
        summarise: &SummariseSettings::default(),
        screen: qingbao::issue::Screen::default(),
    };
    let draft = issue::build(&material, &InMemory(articles)).unwrap();
    let mut right = 0;
    for (column, title, _) in SUBJECTS {
        let found = draft.edition.columns.iter().find(|c| c.items.iter().any(|i| i.title == title)).map(|c| c.name.as_str());
        println!("{title}: {found:?}, the editors {column}");
        assert!(found.is_some(), "{title} is missing");
        right += usize::from(found == Some(column));
    }
    // a feature of a park and a leading article may stand among the news
    assert!(right >= 3, "{right} of {}", SUBJECTS.len());
}
