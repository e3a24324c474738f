//! What a report says that an earlier one did not.
//!
//! Only a fact is news: a figure, an act, or, in a sentence of mostly other words, a date or a name. A sentence of praise or hope is
//! none, whatever its words.

use std::collections::HashSet;

use crate::events::facts::{self, Act, ActState};
use crate::events::grams::GramSet;
use crate::events::letters::folded;
use crate::text::segment::sentences;

/// Share of a sentence's information that must be new if a date or name is all that is new: other words for what was told name them too.
const NEW: f32 = 0.5;
/// Letters of a sentence that says something.
const LONG_ENOUGH: usize = 10;
/// Letters of a text that are searched for news, and letters kept of what was told: bound time and memory.
const LETTERS: usize = 5_000;
const MAX_TOLD: usize = 400_000;

/// What earlier reports told. Each is read once, however many follow.
#[derive(Debug, Default)]
pub struct Told {
    grams: HashSet<u64>,
    figures: HashSet<u64>,
    dates: HashSet<u64>,
    planned: HashSet<usize>,
    done: HashSet<usize>,
    letters: usize,
}

impl Told {
    /// Adds a report, title or text.
    pub fn add(&mut self, report: &str) {
        let letters: Vec<char> = folded(report).take(MAX_TOLD - self.letters.min(MAX_TOLD)).collect();
        self.letters += letters.len();
        self.grams.extend(GramSet::new(&letters).iter().map(|(hash, _)| hash));
        let text: String = letters.into_iter().collect();
        self.figures.extend(facts::figures(&text));
        self.dates.extend(facts::dates(&text).flatten());
        for act in facts::clauses(&text).flat_map(facts::acts) {
            let told = if act.state == ActState::Planned { &mut self.planned } else { &mut self.done };
            told.insert(act.kind);
        }
    }

    /// Whether nothing was told yet.
    pub fn is_empty(&self) -> bool {
        self.letters == 0
    }

    /// Returns the first sentence of a text that tells a fact not told before.
    pub fn new_sentence<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut letters = 0;
        let read = text.lines().flat_map(sentences).take_while(|s| {
            letters += s.chars().count();
            letters <= LETTERS
        });
        read.map(str::trim).filter(|s| s.chars().count() >= LONG_ENOUGH).find(|sentence| self.is_new(sentence))
    }

    fn is_new(&self, sentence: &str) -> bool {
        let letters: Vec<char> = folded(sentence).collect();
        let text: String = letters.iter().collect();
        if facts::figures(&text).iter().any(|f| !self.figures.contains(f)) {
            return true;
        }
        let telling: Vec<&str> = facts::clauses(&text).filter(|clause| !facts::is_empty(clause)).collect();
        if telling.iter().flat_map(|clause| facts::acts(clause)).any(|act| self.is_new_act(act)) {
            return true;
        }
        let names_or_dates =
            || telling.iter().any(|clause| self.has_new_date(clause) || facts::names(clause).iter().any(|n| !self.grams.contains(n)));
        self.is_mostly_new(&letters) && names_or_dates()
    }

    /// An act that was planned is new when it is done.
    fn is_new_act(&self, act: Act) -> bool {
        let is_planned = self.planned.contains(&act.kind);
        !act.is_supposed && !self.done.contains(&act.kind) && (!is_planned || act.state == ActState::Done)
    }

    fn has_new_date(&self, clause: &str) -> bool {
        facts::dates(clause).any(|[day, _]| !self.dates.contains(&day))
    }

    fn is_mostly_new(&self, letters: &[char]) -> bool {
        let grams = GramSet::new(letters);
        let new: f32 = grams.iter().filter(|(hash, _)| !self.grams.contains(hash)).map(|(_, bits)| bits).sum();
        grams.weight > 0.0 && new >= NEW * grams.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_sentence<'a>(text: &'a str, told: &str) -> Option<&'a str> {
        let mut all = Told::default();
        all.add(told);
        all.new_sentence(text)
    }

    #[test]
    fn all_that_was_told_counts() {
        let long = format!("{}\n云鹭股份与平湖轻工合资设立公司，注册资本3.6亿元。", "许昌市召开会议研究部署当前经济工作。\n".repeat(1_000));
        assert_eq!(new_sentence("合资公司的注册资本为3.6亿元人民币。", &long), None, "told behind the first 5,000 letters");
        let mut told = Told::default();
        assert!(told.is_empty());
        told.add("总投资12亿元");
        told.add("年产能5万吨");
        assert!(told.new_sentence("该项目总投资12亿元，年产能5万吨。").is_none() && !told.is_empty());
        assert!(told.new_sentence("该项目总投资12亿元，年产能6万吨。").is_some());
    }

    #[test]
    fn a_sentence_with_something_new_is_found() {
        let told = "云鹭股份年产5万吨新材料项目在许昌开工，总投资12亿元。";
        let text = "云鹭股份年产5万吨新材料项目开工，总投资12亿元。\n首批设备下月进场，预计明年三季度试生产，届时可新增就业三百人。";
        assert!(new_sentence(text, told).is_some_and(|s| s.starts_with("首批设备")));
        assert_eq!(new_sentence(told, told), None);
        assert_eq!(new_sentence("据悉，该项目投资额达120,000万元，年产能5万吨，投产后预计带动上下游企业。", told), None, "the same figures");
        assert!(new_sentence("该项目投资额达12亿元，其中设备占9.1亿元。", told).is_some());
        assert_eq!(new_sentence("", told), None);
        let mut both = Told::default();
        both.add(told);
        both.add("设备占9.1亿元。");
        assert_eq!(both.new_sentence("该项目投资额达12亿元，其中设备占9.1亿元。"), None, "each told a part");
    }

    const STORY: &str = "云鹭股份年产5万吨新材料项目在许昌开工，总投资12亿元，占地两百亩，预计2027年投产。";

    #[test]
    fn empty_phrases_are_no_news() {
        for phrase in [
            "业内人士认为，该项目将进一步推动当地产业高质量发展。",
            "据悉，这也是企业坚持创新驱动发展战略的生动实践，展现了许昌制造的新形象。",
            "该项目的实施对于延伸区域产业链条具有十分重要的意义。",
            "下一步，企业将继续加大研发力度，不断提高市场竞争能力。",
            "当地有关部门负责人表示，要全力以赴做好各项服务工作，让企业安心经营。",
            "项目投产后将有效带动上下游配套企业集聚，助力乡村全面振兴。",
            "专家指出，这充分说明我国实体经济的韧性和活力不断增强。",
            "一批批新项目落地生根，一幅幅崭新的画卷正在徐徐展开。",
            "作为世界500强企业的合作伙伴，公司始终以客户为中心。",
            "此举为河南加快建设先进制造业强省注入了强劲动能。",
            "现场机器轰鸣，工人们干劲十足，一派热火朝天的景象。",
            "我们有信心、有决心把这件好事办好，不辜负群众的期待。",
            "近年来，许昌持续优化营商环境，赢得了广大客商的广泛好评。",
            "责任编辑：李小满  来源：云鹭日报客户端",
            "记者在采访中了解到，不少居民对家门口的变化感到十分高兴。",
            "站在新的起点上，全体干部职工必将奋力谱写新时代的壮丽篇章。",
            "公司负责人说，绿色低碳理念贯穿生产经营的全过程。",
            "5G时代，数字化浪潮正深刻改变着传统行业的面貌。",
        ] {
            assert_eq!(new_sentence(phrase, STORY), None, "{phrase}");
        }
    }

    #[test]
    fn facts_are_news() {
        for fact in [
            "目前已完成设备投资3.2亿元，其余资金年内到位。",
            "据了解，该项目环评昨日获批，企业可以进场施工。",
            "云鹭股份与德国一家设备商签约，采购整条生产线。",
            "一名工人在安装设备时从高处坠落，送医后死亡。",
            "项目因手续不全被责令停工整改，复工时间未定。",
            "市生态环境局对该企业作出行政处罚决定。",
            "承建方以拖欠工程款为由将公司起诉到法院。",
            "公司董事长昨天提出辞职，董事会已经接受。",
            "本报昨日报道有误，现更正如下，并向读者致歉。",
            "该项目已正式投产，首批产品发往客户。",
            "项目全部建成以后可以解决三百人就业问题。",
            "首批设备预计明年年底运到工地安装调试。",
            "参与建设的还有白鹇科技有限公司和当地施工队伍。",
            "产品主要销往洛阳一带的汽车零部件厂商。",
            "公司股票今起停牌，等待重大事项公告。",
            "受此影响，附近居民连夜疏散，道路一度封锁。",
            "董事会同意收购同行的全部股权，价格尚未披露。",
            "市场监管部门在抽检中发现其产品不合格。",
        ] {
            assert!(new_sentence(fact, STORY).is_some(), "{fact}");
        }
    }

    #[test]
    fn what_was_told_in_other_words_is_no_news() {
        for copy in ["总投资达12亿元的新材料项目破土动工，占地200亩。", "许昌的这个项目由云鹭控股投资兴建，计划于2027年投产。"]
        {
            assert_eq!(new_sentence(copy, STORY), None, "{copy}");
        }
    }
}
