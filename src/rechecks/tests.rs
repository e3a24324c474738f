//! Changes of substance and changes of layout.

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::model::WebUrl;

const TITLE: &str = "云鹭股份三季度营收增长12.5%";
const TEXT: &str = "云鹭股份10月28日公布三季报。公司前三季度实现营业收入42.6亿元，同比增长12.5%。\n公司董事长周明远表示，新生产线将在明年投产。项目总投资8亿元，达产后年产值可达20亿元。\n当地政府称，将继续做好服务。";

fn copy<'a>(title: &'a str, text: &'a str) -> Copy<'a> {
    Copy { title, text, confidence: Some(0.9) }
}

fn against(title: &str, text: &str) -> Comparison {
    compare(&copy(TITLE, TEXT), &copy(title, text))
}

fn kinds(title: &str, text: &str) -> Vec<ChangeKind> {
    match against(title, text) {
        Comparison::Changed(d) => d.kinds(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn layout_counters_and_links_are_no_change() {
    let same = [
        TEXT.replace('\n', ""),
        TEXT.replace('。', "。\n"),
        TEXT.replace('，', ",").replace('。', ". "),
        format!("发布时间：2026-10-29 08:30　阅读量：1024次\n{TEXT}\n责任编辑：某某"),
        format!("{TEXT}\n阅读 3.2万\n【责编：某某】\n相关阅读\n许昌另有一家公司投产\n全市前三季度增长5.6%"),
        format!("今天是2026年11月1日 星期日\n{TEXT}\n上一篇：别的新闻\n下一篇：还有新闻"),
        TEXT.replace("42.6亿元", "４２.６亿元").replace("表示，", "表示: "),
        TEXT.replace("新生产线", "新的生产线"),
    ];
    for text in same {
        assert_eq!(against(TITLE, &text), Comparison::Same, "{text}");
    }
    for title in ["（组图）云鹭股份三季度营收增长12.5%", "云鹭股份三季度营收增长12.5%_云鹭新闻网", "云鹭股份三季度营收增长12.5％ "]
    {
        assert_eq!(against(title, TEXT), Comparison::Same, "{title}");
    }
}

#[test]
fn changes_of_substance_are_told_by_their_kind() {
    assert_eq!(kinds("云鹭股份三季度营收增幅放缓", TEXT), [ChangeKind::Headline, ChangeKind::Figures]);
    assert_eq!(kinds("云鹭公司三季度营收增长12.5%", TEXT), [ChangeKind::Headline]);
    assert_eq!(kinds(TITLE, &TEXT.replace("42.6亿元", "24.6亿元")), [ChangeKind::Figures]);
    assert_eq!(kinds(TITLE, &TEXT.replace("同比增长12.5%", "同比增长1.25%")), [ChangeKind::Figures]);
    assert_eq!(kinds(TITLE, &TEXT.replace("周明远", "周名远")), [ChangeKind::Text]);
    assert_eq!(kinds(TITLE, &TEXT.replace("将在明年投产", "不会在明年投产")), [ChangeKind::Text]);
    assert_eq!(kinds(TITLE, &TEXT.replace("项目总投资8亿元，达产后年产值可达20亿元。", "")), [ChangeKind::Text]);
    let Comparison::Changed(d) = against(TITLE, &format!("{TEXT}公司随后称数据有误。")) else { panic!() };
    assert_eq!(d.added, ["公司随后称数据有误。"]);
    let Comparison::Changed(d) = against(TITLE, &TEXT.replace("8亿元", "6亿元")) else { panic!() };
    assert_eq!(d.changed, [("项目总投资8亿元，达产后年产值可达20亿元。".to_owned(), "项目总投资6亿元，达产后年产值可达20亿元。".to_owned())]);
    let (wrong, right) = correction(TITLE, "云鹭日报", &d).unwrap();
    assert!(wrong.contains("8亿元") && right.contains("6亿元"), "{wrong} {right}");
}

#[test]
fn what_may_be_read_badly_is_doubtful() {
    for text in ["云鹭股份10月28日公布三季报。", "网站首页的一段话。另一段毫不相干的话，说的是天气。今天多云。"]
    {
        assert!(matches!(against(TITLE, text), Comparison::Doubtful(_)), "{text}");
    }
    let unsure = Copy { confidence: Some(0.3), ..copy(TITLE, "云鹭股份10月28日公布三季报。") };
    assert!(matches!(compare(&copy(TITLE, TEXT), &unsure), Comparison::Doubtful(_)));
}

#[test]
fn a_page_that_says_it_is_gone_is_withdrawn_and_one_of_maintenance_is_not() {
    for page in ["您访问的页面不存在", "该文章已删除", "抱歉，您要查看的内容已被删除", "本文已撤稿", "404 Not Found", "稿件已下线"]
    {
        assert!(says_withdrawn(page), "{page}");
    }
    for page in [
        "系统维护中，您访问的页面不存在，请稍后再试",
        "该评论已删除",
        "请输入验证码",
        "503 Service Unavailable",
        &format!("{TEXT}{}", "长".repeat(2_000)),
    ] {
        assert!(!says_withdrawn(page), "{page}");
    }
}

#[test]
fn a_redirect_to_the_home_page_leads_away_and_one_to_https_does_not() {
    let url = |text: &str| WebUrl::parse(text).unwrap();
    let (article, list) = (url("http://a.cn/news/1.html"), url("http://a.cn/news/"));
    for away in ["http://a.cn/", "https://www.a.cn/index.html", "http://a.cn/news/"] {
        assert!(leads_away(&article, &url(away), &list), "{away}");
    }
    for stays in ["https://a.cn/news/1.html", "http://www.a.cn/news/1.html", "http://a.cn/news/2026/1.html"] {
        assert!(!leads_away(&article, &url(stays), &list), "{stays}");
    }
    assert!(same_address(&article, &url("https://a.cn/news/1.html")) && !same_address(&article, &list));
}

#[test]
fn looks_are_planned_by_days_and_sooner_where_a_source_changed_before() {
    let printed: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
    let days = [1, 3, 7, 14, 30, 50, 90];
    let all = |often| {
        let (mut at, mut out) = (printed, Vec::new());
        while let Some(next) = (Plan { days: &days, often }).next(printed, at) {
            out.push((next - printed).num_hours());
            at = next;
        }
        out
    };
    assert_eq!(all(false), [24, 72, 168, 336, 720, 1_200]);
    assert_eq!(all(true), [12, 24, 36, 72, 84, 168, 336, 360, 600, 720, 1_080, 1_200]);
    let late = printed + TimeDelta::days(8);
    assert_eq!((Plan { days: &days, often: false }).next(printed, late), Some(printed + TimeDelta::days(14)), "what was missed is not caught up");
    assert_eq!((allowance(10_000, 480, 5), allowance(100, 9, 5), allowance(0, 0, 5)), (20, 0, 0));
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_comparison(a in "([一-十约超万亿元%0-9.,，。不说-]{0,20}\n?){0,6}", b in "([一-十约超万亿元%0-9.,，。不说-]{0,20}\n?){0,6}") {
        proptest::prop_assert_eq!(compare(&copy("题", &a), &copy("题", &a)), Comparison::Same);
        let _ = compare(&copy(&a, &b), &copy(&b, &a));
    }
}
