//! An article's text → industries, themes, column, keywords, places, organisations, and why.
//!
//! One automaton holds every word of the taxonomy; a hit counts where it begins and ends at a word border. Pure: the
//! same text and taxonomy always give the same answer.

mod column;
pub mod keywords;
mod learned;
mod matcher;
mod organisation;

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

use crate::config::Taxonomy;
use crate::config::taxonomy::Topic;
use crate::learn::{Model, Signals, narrow};
use crate::model::{Classification, Label};
use crate::text::segment::Segmented;

use matcher::{LabelKey, Matcher, Matches};

/// Goes up when the same taxonomy comes to mean something else.
const VERSION: u32 = 3;
/// A topic below this score is not given.
const THRESHOLD: f64 = 0.42;
/// Most industries, and most themes, per article.
const MAX_LABELS: usize = 4;
/// A topic that scores less than this share of the best is not given.
const BESIDE_BEST: f64 = 0.75;
/// Weight of a word in the headline; one in the text counts 1.
const IN_TITLE: f64 = 3.0;
/// Weight of a weak word that has company.
const WEAK: f64 = 0.55;
/// Texts up to this many characters count fully; longer ones must say more to mean as much.
const FULL_LENGTH: f64 = 800.0;
/// What a source's own field adds to an industry the text speaks of anyway.
const HINT: f64 = 0.8;
/// Words of every industry: no evidence where nothing else speaks for the topic.
const GENERIC: [&str; 12] = ["智能", "平台", "数据", "设备", "健康", "大数据", "装备", "材料", "网络", "绿色", "自动化", "信息化"];
/// Longest text looked at, in bytes: about 20,000 Chinese characters.
const MAX_BYTES: usize = 60_000;

/// Regions from the narrowest to the widest.
const LEVELS: [&str; 3] = ["许昌", "河南", NATION];
const NATION: &str = "全国";

/// What is known of an article's source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceHints<'a> {
    /// The column its articles most likely belong to.
    pub column: Option<&'a str>,
    /// The industries it writes about.
    pub industries: &'a [String],
}

/// A taxonomy made ready.
pub struct Classifier {
    taxonomy: Taxonomy,
    matcher: Matcher,
    model: Option<&'static Model<'static>>,
}

/// What the rules alone say of an article.
struct Rules {
    judged: Classification,
    /// Every industry that a word speaks for, however little.
    spoken_for: Vec<Label>,
    /// The same by the title alone.
    title_spoken_for: Vec<Label>,
    length: usize,
    has_text: bool,
    off_topic: [usize; 2],
    context: [usize; 2],
}

impl Rules {
    fn signals(&self, industries: &[String], columns: &[String]) -> Signals {
        let scores = |labels: &[Label]| -> Vec<f32> {
            let score = |name: &String| labels.iter().find(|l| l.name == *name).map_or(0.0, |l| narrow(l.score));
            industries.iter().map(score).collect()
        };
        Signals {
            scores: scores(&self.spoken_for),
            title_scores: scores(&self.title_spoken_for),
            column: columns.iter().position(|c| *c == self.judged.column),
            theme: self.judged.themes.first().map_or(0.0, |l| narrow(l.score)),
            length: self.length,
            has_text: self.has_text,
            places: self.judged.places.len(),
            organisations: self.judged.watched_organisations.len() + self.judged.other_organisations.len(),
            off_topic: self.off_topic,
            context: self.context,
        }
    }
}

impl Classifier {
    /// Builds the automaton; a taxonomy too large for it is an error.
    pub fn new(taxonomy: Taxonomy) -> Result<Self, aho_corasick::BuildError> {
        let matcher = Matcher::new(&taxonomy)?;
        Ok(Self { taxonomy, matcher, model: Model::built_in() })
    }

    /// A short name of the taxonomy and of how it is read: another one, and articles are to be judged anew.
    pub fn ruleset_version(&self) -> String {
        let mut h = rustc_hash::FxHasher::default();
        format!("{:?}{:?}", self.taxonomy, self.model.map(Model::provenance)).hash(&mut h);
        format!("{VERSION}-{:016x}", h.finish())
    }

    /// Judges one article.
    pub fn classify(&self, title: &str, text: &str, hints: &SourceHints<'_>) -> Classification {
        self.classify_segmented(&Segmented::new(title), &Segmented::new(text), hints)
    }

    /// Judges one article whose words are known already.
    pub fn classify_segmented(&self, title: &Segmented, text: &Segmented, hints: &SourceHints<'_>) -> Classification {
        let mut rules = self.rules(title, text, hints);
        let evidence: Vec<&str> =
            rules.judged.industries.iter().chain(&rules.judged.themes).flat_map(|l| l.evidence.iter().map(String::as_str)).collect();
        rules.judged.keywords = keywords::extract(title, text, &evidence, &rules.judged.places);
        match self.model {
            Some(model) => learned::judge(model, &self.taxonomy, rules, title, text, hints),
            None => rules.judged,
        }
    }

    /// What the rules say of an article, as features for a model with these industries and columns.
    pub fn signals(&self, title: &str, text: &str, industries: &[String], columns: &[String]) -> Signals {
        self.rules(&Segmented::new(title), &Segmented::new(text), &SourceHints::default()).signals(industries, columns)
    }

    fn rules(&self, title: &Segmented, text: &Segmented, hints: &SourceHints<'_>) -> Rules {
        let (in_title, in_text) = (self.matcher.find(title, MAX_BYTES), self.matcher.find(text, MAX_BYTES));
        let length = title.text().chars().count() + text.text().chars().count();
        let spoken_for = topics(&self.taxonomy.industries, LabelKey::industry, &in_title, &in_text, length, hints.industries);
        let title_chars = title.text().chars().count();
        let title_spoken_for = topics(&self.taxonomy.industries, LabelKey::industry, &in_title, &Matches::default(), title_chars, &[]);
        let themes = topics(&self.taxonomy.themes, LabelKey::theme, &in_title, &in_text, length, &[]);
        let (column, column_reasons) = column::choose(&self.taxonomy, &in_title, &in_text, title.text(), length, hints.column);
        let count = |key: LabelKey| [in_title.count(key), in_text.count(key)];
        Rules {
            length,
            has_text: !text.text().is_empty(),
            off_topic: count(LabelKey::OffTopic),
            context: count(LabelKey::Context),
            judged: Classification {
                places: named(&in_title, &in_text, LabelKey::place, |i| self.taxonomy.places.get(i).map(|p| p.name.clone())),
                region_scope: self.region_scope(&in_title, &in_text),
                watched_organisations: named(&in_title, &in_text, LabelKey::organisation, |i| {
                    self.taxonomy.organisations.get(i).map(|o| o.name.clone())
                }),
                other_organisations: self.other_organisations(title, text),
                industries: given(spoken_for.clone()),
                themes: given(themes),
                column,
                column_reasons,
                ..Classification::default()
            },
            spoken_for,
            title_spoken_for,
        }
    }

    /// The narrowest region the article speaks of more than in passing: named in the headline, or twice in the text.
    fn region_scope(&self, title: &Matches, text: &Matches) -> String {
        let mut regions: BTreeMap<&str, usize> = BTreeMap::new();
        for (hits, weight) in [(title, 2), (text, 1)] {
            for (i, n) in hits.indexed(LabelKey::place) {
                if let Some(p) = self.taxonomy.places.get(i) {
                    *regions.entry(&p.region).or_default() += n * weight;
                }
            }
        }
        let speaks_of = |r: &&str| regions.get(r).is_some_and(|n| *n > 1);
        LEVELS.into_iter().find(speaks_of).unwrap_or(NATION).to_owned()
    }

    /// Organisations told by the form of their names, without those of the watch list.
    fn other_organisations(&self, title: &Segmented, text: &Segmented) -> Vec<String> {
        let watched = |name: &str| self.taxonomy.organisations.iter().any(|o| o.names.iter().any(|n| name.contains(n.as_str())));
        organisation::find(title, text, MAX_BYTES).into_iter().filter(|n| !watched(n)).collect()
    }
}

/// The labels that a text speaks of strongly enough; what is said only in passing beside a main subject is none.
fn given(mut labels: Vec<Label>) -> Vec<Label> {
    let best = labels.first().map_or(0.0, |l| l.score);
    labels.retain(|l| l.score >= THRESHOLD.max(best * BESIDE_BEST));
    labels.truncate(MAX_LABELS);
    labels
}

/// Every topic that a word of a text speaks for, best first.
fn topics(topics: &[Topic], of: LabelKeyFn, title: &Matches, text: &Matches, length: usize, hinted: &[String]) -> Vec<Label> {
    let off = title.count(LabelKey::OffTopic) as f64 + 0.25 * text.count(LabelKey::OffTopic) as f64;
    let context = title.count(LabelKey::Context) + text.count(LabelKey::Context);
    let mut out: Vec<Label> = topics
        .iter()
        .enumerate()
        .filter_map(|(i, topic)| {
            let hint = if hinted.contains(&topic.name) { HINT } else { 0.0 };
            let (strength, evidence) = topic_score(i, of, title, text, length, context);
            // the source's field alone is no evidence: an editor reads the article, not the masthead
            let strength = if strength > 0.0 { strength + hint } else { 0.0 };
            let score = 1.0 - (-strength / (1.0 + off) / 3.0).exp();
            (score > 0.0).then(|| Label { name: topic.name.clone(), score: round(score), evidence, p: None })
        })
        .collect();
    out.sort_by(|a, b| b.score.total_cmp(&a.score));
    out
}

type LabelKeyFn = fn(usize, bool) -> LabelKey;

/// How strongly a text speaks for a topic, and with which words.
fn topic_score(topic: usize, of: LabelKeyFn, title: &Matches, text: &Matches, length: usize, context: usize) -> (f64, Vec<String>) {
    let (strong, weak) = (of(topic, false), of(topic, true));
    let mut words: BTreeMap<&str, f64> = BTreeMap::new();
    let dilution = (FULL_LENGTH / length.max(1) as f64).clamp(0.3, 1.0);
    let add = |hits: &[(String, usize)], weight: f64| -> f64 { hits.iter().map(|(_, n)| weight * (1.0 + 0.3 * (*n as f64 - 1.0).min(4.0))).sum() };
    let sure = add(title.get(strong), IN_TITLE) + add(text.get(strong), dilution);
    let is_specific = title.get(weak).iter().chain(text.get(weak)).any(|(w, _)| !GENERIC.contains(&w.as_str()));
    let has_company = sure > 0.0 || (context > 0 && is_specific);
    let unsure = if has_company { add(title.get(weak), IN_TITLE * WEAK) + add(text.get(weak), dilution * WEAK) } else { 0.0 };
    for (word, n) in title.get(strong).iter().chain(text.get(strong)) {
        *words.entry(word).or_default() += *n as f64 * 2.0;
    }
    if has_company {
        for (word, n) in title.get(weak).iter().chain(text.get(weak)) {
            *words.entry(word).or_default() += *n as f64;
        }
    }
    let mut evidence: Vec<(&str, f64)> = words.into_iter().collect();
    evidence.sort_by(|a, b| b.1.total_cmp(&a.1));
    (sure + unsure, evidence.into_iter().take(6).map(|(w, _)| w.to_owned()).collect())
}

/// Names of places or organisations, most often named first.
fn named(title: &Matches, text: &Matches, of: fn(usize) -> LabelKey, name: impl Fn(usize) -> Option<String>) -> Vec<String> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (hits, weight) in [(title, 3), (text, 1)] {
        for (i, n) in hits.indexed(of) {
            *counts.entry(i).or_default() += n * weight;
        }
    }
    let mut ranked: Vec<(usize, usize)> = counts.into_iter().collect();
    ranked.sort_by_key(|(i, n)| (std::cmp::Reverse(*n), *i));
    ranked.into_iter().take(8).filter_map(|(i, _)| name(i)).collect()
}

fn round(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(title: &str, text: &str) -> Classification {
        Classifier::new(Taxonomy::load(None).unwrap()).unwrap().classify(title, text, &SourceHints::default())
    }

    /// What the rules alone say.
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
            // what one industry excludes
            ("农药登记新规实施", "化工"),
        ];
        for (title, expected) in table {
            assert!(industries(title).contains(&expected.to_owned()), "{title}: {:?}", industries(title));
        }
    }

    #[test]
    fn everyday_words_speak_for_an_industry_only_in_its_company() {
        for trap in ["喝白酒能暖身子吗", "男子带方便面乘高铁上热搜", "孩子的玩具怎么收纳", "加满一箱汽油去景区"]
        {
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
}
