//! Whether the statements of an issue have support in their article: where each sentence, figure, name and date comes from, and what
//! the article does not say.
//!
//! A statement is aligned with the article (`align.rs`). What both have word for word is supported. Where they differ, figures, dates,
//! directions of change, names, negations and speakers of both are compared: a paraphrase says the same of them. Words are in
//! `src/data/evidence.toml`.

mod align;
mod article;
mod check;
mod days;
mod figures;
mod folded;
mod marks;
mod names;
mod statements;
mod support;

pub use article::Article;
pub use statements::{Checked, ItemTexts, check_item, check_text};
pub use support::{Anchor, Fault, Field, Statement, StatementKind, Unsupported};

#[cfg(test)]
mod tests {
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

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_check(title in ".{0,20}", text in "([一-十约超万亿元%0-9.,，。不说-]{0,30}\n?){0,6}", sentence in "[一-十约超万亿元%0-9.,，。不说-]{0,60}") {
            let article = Article::new(&title, &text, "", None);
            for s in check_text(&article, StatementKind::Summary, &sentence) {
                proptest::prop_assert!(sentence.get(s.range.clone()).is_some());
                for a in s.anchors {
                    let whole = if a.field == Field::Title { &title } else { &text };
                    proptest::prop_assert!(whole.get(a.article).is_some());
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
}
