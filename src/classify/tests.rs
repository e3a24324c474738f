//! Rules and model on headlines written for these tests.

use super::*;
use crate::model::Firm;

fn judge(title: &str, text: &str) -> Classification {
    Classifier::new(Taxonomy::load(None).unwrap()).unwrap().classify(title, text, &SourceHints::default())
}

/// Returns the labels of the rules alone.
fn by_rules(title: &str) -> Vec<String> {
    let mut c = Classifier::new(Taxonomy::load(None).unwrap()).unwrap();
    c.model = None;
    c.classify(title, "", &SourceHints::default()).industries.into_iter().map(|l| l.name).collect()
}

#[test]
fn a_body_is_not_what_it_is_named_for() {
    for title in [
        "工业和信息化部召开座谈会研究工业经济",
        "河南省工业和信息化厅公布企业名单",
        "国家能源局召开企业座谈会",
        "中国石油化工大学企业管理项目签约",
        "某某半导体基金项目签约",
    ] {
        assert_eq!(by_rules(title), Vec::<String>::new(), "{title}");
    }
    assert!(by_rules("工业和信息化部：半导体企业订单增长").contains(&"新一代信息技术".to_owned()));
}

#[test]
fn names_inside_longer_names_and_words_of_every_industry_are_no_evidence() {
    for title in ["隆平高科上半年业绩公布", "企业数据平台项目签约", "跨境电商企业座谈会召开"] {
        assert_eq!(by_rules(title), Vec::<String>::new(), "{title}");
    }
    assert!(by_rules("平高中标特高压项目").contains(&"装备制造".to_owned()));
}

#[test]
fn an_industry_that_the_model_does_not_know_stays_with_the_rules() {
    let taxonomy = "[[industry]]\nname = \"制刷\"\nterms = [\"毛刷\"]\n[[column]]\nname = \"要闻\"\nbase = 1";
    let c = Classifier::new(Taxonomy::parse("t", taxonomy).unwrap()).unwrap();
    let j = c.classify("毛刷企业订单增长", "", &SourceHints::default());
    assert_eq!((j.industries.iter().map(|l| (l.name.as_str(), l.p)).collect::<Vec<_>>(), j.column.as_str()), (vec![("制刷", None)], "要闻"));
    assert!(j.on_topic());
}

#[test]
fn the_model_tells_what_is_on_topic_and_worth_a_look() {
    let p = |title: &str| {
        let j = judge(title, "");
        (j.on_topic(), j.worth.unwrap(), j.industries.first().and_then(|l| l.p))
    };
    let (chips, match_report) = (p("国产芯片企业建成新产线 产能翻番"), p("主场迎来三连胜 球队升至积分榜第二"));
    assert!(chips.0 && chips.1 > 0.5 && chips.2.is_some(), "{chips:?}");
    assert!(!match_report.0 && match_report.1 < 0.3, "{match_report:?}");
}

fn industries(title: &str) -> Vec<String> {
    judge(title, "").industries.into_iter().map(|l| l.name).collect()
}

#[test]
fn word_borders_keep_traps_apart() {
    for trap in [
        "我市细化工作举措 深化工程建设",
        "日本人发明新游戏",
        "警方查获大量假发票",
        "公司研发制品亮相展会",
        "女星戴假发上春晚 粉丝热议",
        "龙头发力带动全局",
    ] {
        assert!(industries(trap).is_empty(), "{trap}: {:?}", industries(trap));
    }
}

#[test]
fn headlines_of_each_industry_are_told() {
    let table = [
        ("许昌发制品出口额前三季度增长一成", "发制品"),
        ("河南首个智算中心在许昌投运", "新一代信息技术"),
        ("培育钻石产业迎来新一轮扩产", "新材料"),
        ("禹州中药材产业年产值突破百亿元", "生物医药"),
        ("工业机器人企业签约落户", "智能装备"),
        ("动力电池项目投产 年产能十吉瓦时", "新能源汽车"),
        ("再生金属循环经济产业园通过验收", "节能环保"),
        ("许继电气中标特高压换流阀项目", "装备制造"),
        ("预制菜产业园开工建设", "食品"),
        ("水泥行业冬季错峰生产方案公布", "建材"),
        ("尼龙新材料化工园区扩建", "化工"),
        ("纺织服装出口企稳回升", "轻纺"),
        // exclusions of an industry
        ("农药登记新规实施", "化工"),
    ];
    for (title, expected) in table {
        assert!(industries(title).contains(&expected.to_owned()), "{title}: {:?}", industries(title));
    }
}

#[test]
fn everyday_words_speak_for_an_industry_only_in_its_company() {
    for trap in ["喝白酒能暖身子吗", "男子带方便面乘高铁上热搜", "孩子的玩具怎么收纳", "加满一箱汽油去景区"] {
        assert!(industries(trap).is_empty(), "{trap}: {:?}", industries(trap));
    }
    for (title, expected) in [
        ("白酒企业前三季度业绩分化", "食品"),
        ("橡胶库存下降 期货价格走强", "化工"),
        ("玩具出口订单增长两成", "轻纺"),
        ("水泥需求回落 企业错峰减产", "建材"),
    ] {
        assert!(industries(title).contains(&expected.to_owned()), "{title}: {:?}", industries(title));
    }
}

#[test]
fn places_and_organisations_are_named() {
    let j = judge("许继电气在许昌建安区扩产", "许继集团负责人表示，长葛市的配套企业将受益。");
    assert_eq!(j.watched_organisations, ["许继集团"]);
    assert_eq!(j.region_scope, "许昌");
    assert!(j.places.starts_with(&["许昌市".to_owned()]) && j.places.contains(&"长葛市".to_owned()), "{:?}", j.places);
}

#[test]
fn a_watched_firm_takes_no_article_of_another() {
    let watched = vec![vec!["许昌云鹭食品有限公司".to_owned(), "云鹭".to_owned()]];
    let firms = vec![Firm { name: "白鹇".into(), industries: vec!["食品".into()] }];
    let c = Classifier::new(Taxonomy::load(None).unwrap().with_watched(watched, &[]).with_firms(firms)).unwrap();
    let judge = |title: &str, text: &str| c.classify(title, text, &SourceHints::default());
    for own in ["许昌云鹭食品有限公司投产", "云鹭投产", "云鹭食品有限公司投产", "河南许昌云鹭食品有限公司投产"]
    {
        assert_eq!(judge(own, "").watched_organisations, ["许昌云鹭食品有限公司"], "{own}");
    }
    for other in ["河南云鹭不锈钢产业集团有限公司", "上海云鹭机械有限公司", "许昌云鹭食品有限公司洛阳分公司"]
    {
        let j = judge(&format!("{other}投产"), "");
        assert!(j.watched_organisations.is_empty(), "{other}: {:?}", j.watched_organisations);
        assert_eq!(j.other_organisations, [other]);
    }
    let told = judge("云鹭投产", "上海云鹭机械有限公司（以下简称“云鹭”）投产，云鹭说。");
    assert!(told.watched_organisations.is_empty(), "{:?}", told.watched_organisations);
    let both = judge("云鹭投产", "许昌云鹭食品有限公司（以下简称“云鹭”）向上海云鹭机械有限公司采购。");
    assert_eq!(
        (both.watched_organisations.as_slice(), both.other_organisations.as_slice()),
        (&["许昌云鹭食品有限公司".to_owned()][..], &["上海云鹭机械有限公司".to_owned()][..])
    );
    let industries = |title: &str| judge(title, "").industries.into_iter().filter(|l| l.evidence == ["白鹇"]).count();
    assert_eq!((industries("白鹇扩建基地"), industries("上海白鹇机械有限公司扩建基地")), (1, 0));
}

#[test]
fn a_region_named_in_passing_is_not_the_level() {
    assert_eq!(judge("全国规上工业企业利润增长", "其中，河南增长较快。").region_scope, "全国");
    assert_eq!(judge("河南智能终端产业提速", "").region_scope, "河南");
}

#[test]
fn a_term_with_a_trades_suffix_is_the_term() {
    for title in ["芯片业复苏 订单回升", "水泥业错峰停窑 企业减产", "半导体股走强"] {
        assert!(!industries(title).is_empty(), "{title}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(title in "\\PC{0,30}", text in "\\PC{0,80}") {
        let _ = judge(&title, &text);
    }
}

#[test]
fn the_model_too_knows_that_a_body_is_not_what_it_is_named_for() {
    for body in ["工业和信息化部", "河南省工业和信息化厅", "许昌市工业和信息化局"] {
        let j = judge(&format!("{body}关于印发水泥行业稳增长工作方案的通知"), "水泥行业稳增长。");
        assert!(j.industries.iter().all(|l| l.name != "新一代信息技术" && !l.evidence.is_empty()), "{body}: {:?}", j.industries);
    }
}

#[test]
fn a_firm_known_by_name_alone_has_the_industries_that_an_editor_named() {
    let firms = vec![Firm { name: "云鹭控股".into(), industries: vec!["食品".into()] }];
    let taught = Classifier::new(Taxonomy::load(None).unwrap().with_firms(firms)).unwrap();
    let (title, text) = ("云鹭控股拟投资5亿元扩建生产基地", "公司公告，项目建成后产能将提高三成。");
    let j = taught.classify(title, text, &SourceHints::default());
    assert!(j.industries.iter().any(|l| l.name == "食品" && l.evidence == ["云鹭控股"]), "{:?}", j.industries);
    assert!(j.watched_organisations.is_empty() && j.other_organisations.contains(&"云鹭控股".to_owned()));
    assert!(!judge(title, text).industries.iter().any(|l| l.name == "食品"));
    let passing = taught.classify("某市召开企业座谈会", "云鹭控股等企业参加。", &SourceHints::default());
    assert!(!passing.industries.iter().any(|l| l.name == "食品"));
}
