use chrono::NaiveDate;

use super::*;

const TITLE: &str = "云鹭电气输变电设备项目在许昌开工";
const TEXT: &str = "昨日，云鹭电气输变电设备生产基地项目在许昌市开工建设，总投资12.3亿元，一期计划明年6月投产。\n云鹭电气总经理张砚秋表示，公司前三季度营业收入45.6亿元，同比增长10.2%，毛利率下降0.5个百分点。\n公司尚未取得环评批复，否认向禾川制药提供担保。行业专家李沐白认为，市场需求平稳，全年出口占比超过三成。";

fn faults(sentence: &str) -> Vec<(Fault, String)> {
    let article = Article::new(TITLE, TEXT, "许昌日报", NaiveDate::from_ymd_opt(2026, 12, 1));
    check_text(&article, StatementKind::Summary, sentence).into_iter().flat_map(|s| s.unsupported).map(|u| (u.fault, u.chinese())).collect()
}

#[test]
fn what_the_article_does_not_say_is_told_with_its_reason() {
    for (sentence, fault, reason) in [
        ("云鹭电气项目在许昌市开工建设，总投资12.5亿元。", Fault::Figure, "原文没有 12.5亿元；原文是 12.3亿元"),
        ("云鹭电气项目在许昌市开工建设，总投资12.3万元。", Fault::Measure, "单位与原文不同：12.3万元；原文是 12.3亿元"),
        ("公司前三季度营业收入45.6亿元，同比下降10.2%。", Fault::Direction, "增减与原文不同：下降；原文是 增长"),
        ("毛利率下降0.5%。", Fault::Measure, "单位与原文不同：0.5%；原文是 0.5个百分点"),
        ("11月29日，云鹭电气输变电设备生产基地项目在许昌市开工建设。", Fault::Date, "原文没有 11月29日 这个时间；原文是 昨日"),
        ("公司已取得环评批复。", Fault::Negation, "原文是“尚未取得环评”，这里少了否定"),
        ("公司尚未取得环评批复，否认向北岭重工提供担保。", Fault::Name, "北岭"),
        ("行业专家张砚秋认为，市场需求平稳。", Fault::Name, "李沐白"),
        ("示例研究院首席分析师认为，市场需求平稳，全年出口占比超过三成。", Fault::Speaker, "行业专家李沐白"),
        ("全年出口占比不超过三成。", Fault::Figure, "原文没有 不超过三成；原文是 超过三成"),
        ("全市召开防汛工作会议，部署山洪灾害防御。", Fault::Foreign, "这句话在原文里找不到"),
    ] {
        let found = faults(sentence);
        assert!(found.iter().any(|(f, words)| *f == fault && words.contains(reason)), "{sentence}: {found:?}");
    }
}

#[test]
fn a_paraphrase_has_support() {
    for sentence in [
        "11月30日，云鹭电气输变电设备生产基地项目在许昌市开工，总投资123000万元。",
        "总投资约12亿元，一期计划2027年6月投产。",
        "云鹭电气前三季度营收45.6亿元，同比上升10.2%，毛利率下滑0.5个百分点。",
        "张砚秋介绍，公司前三季度营业收入４５.６亿元，较上年同期增长一成。",
        "公司还没有取得环评批复。",
        "全年出口占比超30%。",
    ] {
        assert_eq!(faults(sentence), [], "{sentence}");
    }
}

#[test]
fn anchors_are_bytes_of_the_article() {
    let article = Article::new(TITLE, TEXT, "", None);
    let statements = check_text(&article, StatementKind::Summary, "总投资12.3亿元，一期计划明年6月投产。");
    let anchor = &statements[0].anchors[0];
    assert_eq!((anchor.field, &TEXT[anchor.article.clone()]), (Field::Text, "总投资12.3亿元，一期计划明年6月投产。"));
}

#[test]
fn names_have_anchors() {
    let article = Article::new(TITLE, TEXT, "", None);
    let statements = check_text(&article, StatementKind::Summary, "张砚秋介绍，项目在许昌市。");
    let words: Vec<&str> = statements[0].anchors.iter().filter(|a| a.field == Field::Text).map(|a| &TEXT[a.article.clone()]).collect();
    assert!(words.contains(&"张砚秋") && words.contains(&"许昌市"), "{words:?}");
}

#[test]
fn a_note_is_free_but_does_not_contradict_its_article() {
    let article = Article::new(TITLE, TEXT, "许昌日报", NaiveDate::from_ymd_opt(2026, 12, 1));
    let found =
        |note: &str| check_text(&article, StatementKind::Note, note).into_iter().flat_map(|s| s.unsupported).map(|u| u.fault).collect::<Vec<_>>();
    assert_eq!(found("建议关注云鹭电气，与北岭重工、洛阳的同类项目比较，预计竞争加剧、价格下跌。"), []);
    assert_eq!(found("公司前三季度营业收入45.6亿元，同比下降10.2%，值得关注。"), [Fault::Direction]);
    assert_eq!(found("云鹭电气输变电设备生产基地项目在洛阳市开工建设，值得关注。"), [Fault::Name]);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_check(title in ".{0,20}", text in "([一-十约超万亿元%0-9.,，。不说-]{0,30}\n?){0,6}", sentence in "[一-十约超万亿元%0-9.,，。不说-]{0,60}") {
        let article = Article::new(&title, &text, "", None);
        for s in check_text(&article, StatementKind::Summary, &sentence) {
            proptest::prop_assert!(sentence.get(s.range.clone()).is_some());
            for a in s.anchors {
                let field = if a.field == Field::Title { &title } else { &text };
                proptest::prop_assert!(field.get(a.article).is_some());
            }
        }
    }

    #[test]
    fn an_articles_own_sentences_have_support(text in "([一-龥]{4,12}[0-9]{1,3}(亿元|%|家)[一-龥]{4,12}。){1,6}") {
        let article = Article::new("", &text, "", None);
        for s in check_text(&article, StatementKind::Summary, &text) {
            proptest::prop_assert_eq!(s.unsupported, []);
        }
    }
}

const SECOND_TITLE: &str = "北岭锂电固态电池项目在魏都区开工";
const SECOND: &str = "11月29日，北岭锂电有限公司年产2GWh固态电池项目在魏都区开工，项目总投资23.46亿元。一期投资8亿元，计划于2027年底建成投产；二期投资15亿元。\n北岭锂电董事会秘书秦月笙表示，1月至10月公司营业收入7.92亿元，同比增长1倍，净利润8640万元，研发人员由120人增加到245人。\n许昌海关副关长苏慕白说，平均通关时间由36小时压缩至12小时。全市跨境电商综合试验区备案企业达到1268家，采购金额排名第三，本批是第六批。\n公司持股比例由35%提高到51%，期限为12个月，产品尚未通过车规认证。";

fn second(sentence: &str) -> Vec<(Fault, String)> {
    let article = Article::new(SECOND_TITLE, SECOND, "许昌日报", NaiveDate::from_ymd_opt(2026, 11, 30));
    check_text(&article, StatementKind::Summary, sentence).into_iter().flat_map(|s| s.unsupported).map(|u| (u.fault, u.chinese())).collect()
}

#[test]
fn what_editors_reword_has_support() {
    for sentence in [
        "1至10月，公司营业收入7.92亿元，同比翻一番。",
        "前10个月，公司营业收入增长100%，净利润0.864亿元。",
        "1—10月公司营收近8亿元。",
        "项目总投资23.5亿元，一期8亿元。",
        "北岭锂电2吉瓦时固态电池项目29日动工。",
        "研发人员由120人增加到245人，净增125人，翻了一番多。",
        "公司持股比例由35%提高到51%，提高16个百分点，期限一年。",
        "许昌海关将通关时间压缩24小时。",
        "跨境电商综试区备案企业1268家，突破1200家大关。",
        "董秘秦月笙表示，公司营业收入7.92亿元。",
        "北岭锂电项目预计2027年底投产。",
    ] {
        assert_eq!(second(sentence), [], "{sentence}");
    }
}

#[test]
fn right_figures_in_the_wrong_place_are_told() {
    for (sentence, fault) in [
        ("一期投资15亿元，二期投资8亿元。", Fault::Figure),
        ("公司持股比例由51%降低到35%。", Fault::Figure),
        ("1至10月公司营业收入环比增长1倍。", Fault::Basis),
        ("公司营业收入同比翻两番。", Fault::Figure),
        ("公司净利润近8000万元。", Fault::Figure),
        ("项目一期已建成投产。", Fault::Happened),
        ("采购金额排名第一。", Fault::Figure),
        ("许昌海关关长苏慕白说，通关时间由36小时压缩至12小时。", Fault::Name),
        ("上半年公司营业收入7.92亿元。", Fault::Date),
        ("北岭锂电董事会秘书秦月箫表示，净利润8640万元。", Fault::Name),
    ] {
        let found = second(sentence);
        assert!(found.iter().any(|(f, _)| *f == fault), "{sentence}: {found:?}");
    }
}
