//! Chooses the column of the briefing for an article, from genre words, figures, length and the source's hint.

use crate::classify::matcher::{LabelKey, Matches};
use crate::config::Taxonomy;
use crate::knowledge::CLASSIFY;

const TITLE_WORD: f64 = 2.0;
const TEXT_WORD: f64 = 0.6;
/// Most words in the text that count: a long article mentions everything once.
const MAX_TEXT_WORDS: f64 = 4.0;
const HINT: f64 = 3.0;
const FIGURE_IN_TITLE: f64 = 2.0;
const LONG: f64 = 1.5;
/// An article with this many characters is long.
const LONG_ARTICLE: usize = 1800;

/// A column with its score and the evidence for it.
pub(super) struct RatedColumn {
    pub(super) name: String,
    pub(super) points: f64,
    pub(super) reasons: Vec<String>,
}

/// Rates all columns, in the taxonomy's order.
pub(super) fn rate(taxonomy: &Taxonomy, title: &Matches, text: &Matches, folded_title: &str, length: usize, hint: Option<&str>) -> Vec<RatedColumn> {
    let mut out = Vec::new();
    for (i, rule) in taxonomy.columns.iter().enumerate() {
        let mut reasons = Vec::new();
        let mut points = rule.base as f64 * 0.75;
        let headline = title.get(LabelKey::ColumnTitle(i));
        if !headline.is_empty() {
            points += TITLE_WORD * headline.len() as f64;
            reasons.push(format!("标题：{}", join(headline)));
        }
        let body = text.get(LabelKey::ColumnText(i));
        if !body.is_empty() {
            points += TEXT_WORD * (body.len() as f64).min(MAX_TEXT_WORDS);
            reasons.push(format!("正文：{}", join(body)));
        }
        if rule.name.contains("数据") && CLASSIFY.figure.is_match(folded_title) {
            points += FIGURE_IN_TITLE;
            reasons.push("标题含数字".to_owned());
        }
        if rule.name.contains("报告") && length > LONG_ARTICLE {
            points += LONG;
            reasons.push("长文".to_owned());
        }
        if hint == Some(rule.name.as_str()) {
            points += HINT;
            reasons.push("来源提示".to_owned());
        }
        out.push(RatedColumn { name: rule.name.clone(), points, reasons });
    }
    out
}

fn join(words: &[(String, usize)]) -> String {
    words.iter().take(4).map(|w| w.0.as_str()).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use crate::classify::{Classifier, SourceHints};
    use crate::config::Taxonomy;

    #[test]
    fn genres_are_told_by_their_words() {
        let c = Classifier::new(Taxonomy::load(None).unwrap()).unwrap();
        let table = [
            ("许继集团智能电力装备产业园开工", "近日，项目在许昌经开区举行开工仪式。", "行业动态"),
            ("专家解读：具身智能的未来趋势与挑战", "业内人士认为，未来五年有望迎来突破，专家建议加快布局。", "行业趋势"),
            ("中国发制品产业发展报告：一个县域集群的样本", "报告显示，通过调研走访，案例表明模式可行。", "行业报告"),
            ("前三季度全省规上工业增加值同比增长7.8%", "据统计局数据，累计增速比上半年加快0.3个百分点。", "财经数据"),
            ("人民银行下调再贷款利率 支持中小企业融资", "各银行业金融机构加大信贷投放，授信额度提高。", "金融要点"),
        ];
        for (title, text, expected) in table {
            let j = c.classify(title, text, &SourceHints::default());
            assert_eq!(j.column, expected, "{title}: {:?}", j.column_reasons);
        }
    }

    #[test]
    fn a_hint_tips_the_scale_but_does_not_decide() {
        let c = Classifier::new(Taxonomy::load(None).unwrap()).unwrap();
        let hint = SourceHints { column: Some("金融要点"), industries: &[] };
        assert_eq!(c.classify("一条没有特征的消息", "", &hint).column, "金融要点");
        assert_eq!(c.classify("前三季度产量同比增长7.8%", "据统计局数据，增速加快。", &hint).column, "财经数据");
    }
}
