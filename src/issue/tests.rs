use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, TimeZone, Utc};

use super::*;
use crate::config::settings::{ColumnQuota, SummariseSettings};
use crate::model::{Classification, Confidence, EventId, EventMember, GradeFloor, GradeMark, Label, PrintedGrades, Reliability, SourceId, WebUrl};

pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 23, 30, 0).unwrap()
}

/// Returns a classified article of this age in hours.
pub(crate) fn article(id: i64, title: &str, industry: &str, column: &str, hours: i64) -> Headline {
    Headline {
        id: ArticleId(id),
        source: SourceId::parse(&format!("s{}", id % 3)).unwrap(),
        source_name: format!("来源{}", id % 3),
        region: None,
        weight: 1.0,
        url: WebUrl::parse(&format!("https://a.cn/{id}.html")).unwrap(),
        title: title.to_owned(),
        author: None,
        publisher: Some("许昌日报".to_owned()),
        published_at: Some((now() - Duration::hours(hours)).fixed_offset()),
        fetched_at: now(),
        length: 120,
        story: Some(StoryId(id)),
        event: None,
        classification: Some(Classification {
            industries: if industry.is_empty() {
                Vec::new()
            } else {
                vec![Label { name: industry.to_owned(), score: 0.8, evidence: vec![industry.to_owned()], p: None }]
            },
            column: column.to_owned(),
            ..Classification::default()
        }),
        confidence: Confidence::default(),
    }
}

/// Returns the input of an edition without anything but its settings.
pub(crate) fn input<'a>(publication: &'a Publication, summarise: &'a SummariseSettings) -> IssueInput<'a> {
    IssueInput {
        publication,
        published: HashSet::new(),
        previous_items: Vec::new(),
        trend: Vec::new(),
        rising: Vec::new(),
        topics: HashMap::new(),
        ranking: None,
        health: Health::default(),
        date: "2026-11-24".parse().unwrap(),
        now: now(),
        levels: &[],
        summarise,
        screen: Screen::default(),
    }
}

pub(crate) fn build_with(headlines: Vec<Headline>, used: &[i64]) -> Draft {
    build_after(headlines, used, Vec::new())
}

fn build_after(headlines: Vec<Headline>, used: &[i64], shown: Vec<PreviousItem>) -> Draft {
    let levels = ["许昌", "河南"].map(str::to_owned);
    let (publication, summarise) = (Publication::default(), SummariseSettings::default());
    let input = IssueInput {
        published: used.iter().map(|i| StoryId(*i)).collect(),
        previous_items: shown,
        health: Health { sources: 3, ..Health::default() },
        levels: &levels,
        ..input(&publication, &summarise)
    };
    let text = |h: &Headline| format!("{}的正文第一句话说明了事情的经过和结果。第二句话补充了数据：同比增长12.5%。", h.title);
    build(&input, &InMemory(headlines.into_iter().map(|h| (text(&h), h)).collect())).unwrap()
}

#[test]
fn a_topic_raises_its_articles_and_may_have_a_column() {
    let (usual, summarise) = (Publication::default(), SummariseSettings::default());
    let mut input = IssueInput {
        topics: [(ArticleId(2), vec!["假发".to_owned(), "出口".to_owned()]), (ArticleId(3), vec!["假发".to_owned()])].into(),
        ..input(&usual, &summarise)
    };
    let archive = || {
        let articles = [("水泥企业错峰生产", "建材"), ("假发出口增长", "建材"), ("明星戴假发", "")];
        InMemory(articles.iter().zip(1..).map(|((title, industry), n)| (String::new(), article(n, title, industry, "行业动态", 2))).collect())
    };
    let ranked = build(&input, &archive()).unwrap();
    assert_eq!(titles(&ranked, 0), ["假发出口增长", "水泥企业错峰生产"]);
    let reasons = &ranked.edition.columns[0].items[0].reasons;
    assert!(reasons.contains(&"关注课题：假发".to_owned()) && reasons.contains(&"关注课题：出口".to_owned()), "{reasons:?}");
    let mut publication = usual.clone();
    let column = ColumnQuota { topic: Some("假发".into()), name: "领导关注".into(), quota: 3, ..usual.columns[0].clone() };
    publication.columns.push(column);
    input.publication = &publication;
    let fed = build(&input, &archive()).unwrap();
    assert_eq!((titles(&fed, 0), titles(&fed, 5).len()), (vec!["水泥企业错峰生产"], 2));
}

/// Articles in memory whose grades are known.
struct Graded(InMemory, HashMap<ArticleId, GradeMark>);

impl Archive for Graded {
    type Error = ArticleId;

    fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<(), ArticleId> {
        self.0.each(take)
    }

    fn headline(&self, id: ArticleId) -> Result<Headline, ArticleId> {
        self.0.headline(id)
    }

    fn text(&self, id: ArticleId) -> Result<String, ArticleId> {
        self.0.text(id)
    }

    fn grade(&self, id: ArticleId, _: DateTime<Utc>) -> Result<Option<GradeMark>, ArticleId> {
        Ok(self.1.get(&id).copied())
    }
}

#[test]
fn a_columns_floor_keeps_out_what_is_worse_or_unknown() {
    let titles_of = ["水泥企业错峰生产", "假发出口增长", "锅炉厂房开工", "陶瓷窑炉改造", "电梯配件涨价"];
    let articles =
        titles_of.iter().zip(1..).map(|(title, n)| (String::new(), article(n, title, "建材", if n == 5 { "财经数据" } else { "行业动态" }, 2)));
    let marks = [(1, "C3"), (2, "D1"), (3, "F2"), (5, "E5")].map(|(id, mark)| (ArticleId(id), GradeMark::parse(mark).unwrap()));
    let archive = Graded(InMemory(articles.collect()), marks.into());
    let mut publication = Publication { grades: PrintedGrades::Marks, ..Publication::default() };
    publication.columns[0].floor = GradeFloor { reliability: Some(Reliability::C), credibility: None };
    let summarise = SummariseSettings::default();
    let input = input(&publication, &summarise);
    let draft = build(&input, &archive).unwrap();
    assert_eq!(titles(&draft, 0), ["水泥企业错峰生产"]);
    assert_eq!(draft.edition.columns[3].items.len(), 1, "the floor is that of one column");
    assert!(
        draft.edition.printed_grades == PrintedGrades::Marks && draft.candidates.iter().filter(|c| !c.was_proposed).count() == 3,
        "editors can still take them"
    );
}

fn titles(d: &Draft, column: usize) -> Vec<&str> {
    d.edition.columns[column].items.iter().map(|i| i.title.as_str()).collect()
}

#[test]
fn items_go_to_their_columns_and_off_topic_ones_nowhere() {
    let d = build_with(
        vec![
            article(1, "许昌发制品出口增长", "发制品", "财经数据", 2),
            article(2, "电影票房破纪录", "", "行业动态", 2),
            article(3, "水泥企业错峰生产", "建材", "行业动态", 2),
            article(4, "不存在的栏目", "食品", "专题", 2),
        ],
        &[],
    );
    assert_eq!(titles(&d, 3), ["许昌发制品出口增长"]);
    assert_eq!(d.edition.item_count(), 3);
    assert!(titles(&d, 0).contains(&"不存在的栏目"));
}

#[test]
fn an_article_of_doubtful_text_waits_for_an_editor() {
    let mut doubtful = article(1, "许昌发制品出口增长", "发制品", "行业动态", 2);
    doubtful.confidence.body = Some(0.6);
    assert_eq!(build_with(vec![doubtful.clone()], &[]).edition.item_count(), 0);
    doubtful.classification.as_mut().unwrap().manually_edited = true;
    assert_eq!(build_with(vec![doubtful], &[]).edition.item_count(), 1);
}

#[test]
fn copies_of_a_story_become_one_item() {
    let mut copy = article(2, "许昌发制品出口增长（转载）", "发制品", "行业动态", 1);
    copy.story = Some(StoryId(1));
    let d = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 5), copy], &[]);
    let item = &d.edition.columns[0].items[0];
    assert_eq!((d.edition.item_count(), item.copies.len(), item.title.as_str()), (1, 1, "许昌发制品出口增长"));
    assert_eq!(d.edition.health.merged, 1);
}

#[test]
fn stories_of_other_days_do_not_come_again() {
    let d = build_with(vec![article(1, "旧闻", "食品", "行业动态", 5), article(2, "新闻", "食品", "行业动态", 5)], &[1]);
    assert_eq!(titles(&d, 0), ["新闻"]);
}

#[test]
fn quotas_hold_and_industries_are_spread() {
    let mut articles: Vec<Headline> = (0..30).map(|i| article(i, &format!("食品新闻{i}"), "食品", "行业动态", 1)).collect();
    articles.push(article(90, "建材新闻", "建材", "行业动态", 20));
    let d = build_with(articles, &[]);
    assert_eq!(d.edition.columns[0].items.len(), 10);
    assert!(titles(&d, 0).contains(&"建材新闻"), "{:?}", titles(&d, 0));
}

#[test]
fn of_the_copies_the_most_authoritative_leads_and_the_earliest_is_named() {
    let mut official = article(2, "许昌发制品出口增长", "发制品", "行业动态", 1);
    (official.story, official.publisher) = (Some(StoryId(1)), Some("新华社".to_owned()));
    let d = build_with(vec![article(1, "许昌发制品出口增长", "发制品", "行业动态", 5), official], &[]);
    let item = &d.edition.columns[0].items[0];
    assert_eq!((item.publisher.as_str(), item.earliest.as_ref().map(|c| c.url.as_str())), ("新华社", Some("https://a.cn/1.html")));
    assert!(item.reasons.iter().any(|r| r == "权威来源") && item.reasons.iter().any(|r| r == "1 家转载"), "{:?}", item.reasons);
}

#[test]
fn what_an_earlier_issue_told_in_other_words_comes_last() {
    let shown = vec![PreviousItem { number: 12, title: "许昌发制品出口额增长一成".to_owned(), article: ArticleId(99), event: None }];
    let d = build_after(
        vec![article(1, "许昌发制品出口增长一成", "发制品", "行业动态", 1), article(2, "水泥企业错峰生产", "建材", "行业动态", 30)],
        &[],
        shown,
    );
    assert_eq!(titles(&d, 0), ["水泥企业错峰生产", "许昌发制品出口增长一成"]);
    assert!(d.edition.columns[0].items[1].reasons.iter().any(|r| r.contains("第12期")), "{:?}", d.edition.columns[0].items[1].reasons);
}

/// Returns an article of an event.
fn report(id: i64, title: &str, event: i64, confidence: f64) -> Headline {
    Headline { event: Some(EventMember { event: EventId(event), confidence }), ..article(id, title, "食品", "行业动态", id) }
}

#[test]
fn an_event_is_printed_once_with_its_other_reports() {
    let sure = vec![report(1, "云鹭食品扩建冷链仓库", 1, 1.0), report(2, "一食品企业新建冷库投用", 1, 0.95)];
    let d = build_with(sure, &[]);
    let items = &d.edition.columns[0].items;
    assert_eq!(items.iter().map(|i| (i.article.0, i.copies.len(), i.reports.len())).collect::<Vec<_>>(), [(1, 0, 1)]);
    assert!(items[0].reasons.iter().any(|r| r == "同一事件另有 1 篇报道"), "{:?}", items[0].reasons);
    let doubtful = vec![report(1, "云鹭食品扩建冷链仓库", 1, 1.0), report(2, "一食品企业新建冷库投用", 1, 0.7)];
    let d = build_with(doubtful, &[]);
    let events: Vec<Option<EventId>> = d.edition.items().map(|i| i.event).collect();
    assert_eq!(events, [Some(EventId(1)); 2], "an editor decides, and finds the other");
    assert_eq!(build_with(vec![report(1, "云鹭食品扩建冷链仓库", 1, 1.0)], &[]).edition.items().next().unwrap().event, None);
}

#[test]
fn a_follow_up_names_the_issue_and_what_is_new() {
    let previous = PreviousItem { number: 12, title: "云鹭食品冷链仓库开工".to_owned(), article: ArticleId(9), event: Some(EventId(9)) };
    let archive = vec![report(1, "云鹭食品冷链仓库投用", 9, 0.95), report(9, "云鹭食品冷链仓库开工", 9, 1.0)];
    let d = build_after(archive, &[9], vec![previous]);
    let reasons = &d.edition.columns[0].items[0].reasons;
    assert!(reasons.iter().any(|r| r == "第12期《云鹭食品冷链仓库开工》的后续") && reasons.iter().any(|r| r == "没有新情况"), "{reasons:?}");
}

#[test]
fn headlines_that_sound_the_same_do_not_stand_side_by_side() {
    let mut all: Vec<Headline> = (0..12).map(|i| article(i, "许昌再生金属产业园投产仪式举行", "节能环保", "行业动态", 1)).collect();
    all.push(article(50, "某县水泥厂错峰停窑三个月", "建材", "行业动态", 40));
    assert_eq!(titles(&build_with(all, &[]), 0)[1], "某县水泥厂错峰停窑三个月");
}

/// Returns an article with the model's verdict.
fn judged(id: i64, title: &str, industry: &str, worth: f64) -> Headline {
    let mut h = article(id, title, industry, "行业动态", 2);
    if let Some(j) = &mut h.classification {
        (j.is_on_topic, j.worth) = (Some(true), Some(worth));
    }
    h
}

#[test]
fn what_is_on_topic_is_chosen_without_an_industry_and_what_is_not_worth_it_never() {
    let mut off = judged(3, "球队夺冠", "", 0.9);
    off.classification.as_mut().unwrap().is_on_topic = Some(false);
    let all = vec![judged(1, "民间投资促进办法印发", "", 0.9), judged(2, "新款手机限时优惠", "新一代信息技术", 0.05), off];
    assert_eq!(titles(&build_with(all, &[]), 0), ["民间投资促进办法印发"]);
}

#[test]
fn worth_ranks_before_freshness() {
    let mut old = judged(1, "固态电池中试线投产", "新能源汽车", 0.95);
    old.published_at = Some((now() - Duration::hours(60)).fixed_offset());
    let all = vec![judged(2, "某厂参加展会", "新能源汽车", 0.4), old];
    assert_eq!(titles(&build_with(all, &[]), 0)[0], "固态电池中试线投产");
}

#[test]
fn one_firm_does_not_fill_a_column() {
    let firm = [
        "签署供货合同",
        "拟建新产线",
        "获准上市新药",
        "与高校合作",
        "设立子公司",
        "扩大出口",
        "完成验收",
        "投资研究院",
        "回应传闻",
        "更名",
        "招标",
        "调研",
    ];
    let mut all: Vec<Headline> = firm.iter().zip(0..).map(|(what, id)| judged(id, &format!("甲乙药业：{what}"), "生物医药", 0.9)).collect();
    all.extend(["水泥错峰", "玻璃提价", "瓷砖出口"].iter().zip(50..).map(|(t, id)| judged(id, t, "建材", 0.8)));
    let d = build_with(all, &[]);
    let shown = titles(&d, 0);
    assert!(["水泥错峰", "玻璃提价", "瓷砖出口"].iter().all(|t| shown.contains(t)), "{shown:?}");
}

#[test]
fn a_limit_is_shared_by_the_columns_best_item_first() {
    let subjects = ["水泥错峰", "玻璃提价", "瓷砖出口", "石膏扩产"];
    let mut all: Vec<Headline> = subjects.iter().zip(1..).map(|(t, id)| article(id, t, "建材", "行业动态", 30)).collect();
    all.push(article(9, "建材行业研究报告发布", "建材", "行业报告", 1));
    let publication = Publication { max_per_industry: Some(2), ..Publication::default() };
    let summarise = SummariseSettings::default();
    let input = input(&publication, &summarise);
    let draft = build(&input, &InMemory(all.into_iter().map(|h| (String::new(), h)).collect())).unwrap();
    assert_eq!((titles(&draft, 0).len(), titles(&draft, 2)), (1, vec!["建材行业研究报告发布"]));
}

#[test]
fn an_empty_day_is_said() {
    let d = build_with(Vec::new(), &[]);
    assert!(d.edition.foreword.contains("没有"), "{}", d.edition.foreword);
}
