//! What a report says that an earlier one did not.

use std::collections::HashSet;

use crate::events::figures::Figures;
use crate::events::grams::GramSet;
use crate::events::letters::folded;
use crate::text::segment::sentences;

/// Share of the information of a sentence without figures that must be new.
const NEW: f32 = 0.75;
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
    letters: usize,
}

impl Told {
    /// Adds a report, title or text.
    pub fn add(&mut self, report: &str) {
        let letters: Vec<char> = folded(report).take(MAX_TOLD - self.letters.min(MAX_TOLD)).collect();
        self.letters += letters.len();
        self.grams.extend(GramSet::new(&letters).iter().map(|(hash, _)| hash));
        self.figures.extend(Figures::new(&letters).values);
    }

    /// Whether nothing was told yet.
    pub fn is_empty(&self) -> bool {
        self.letters == 0
    }

    /// Returns the first sentence of a text that says something not told before: a figure or day, or, where it has none, mostly other
    /// words.
    pub fn new_sentence<'a>(&self, text: &'a str) -> Option<&'a str> {
        let mut letters = 0;
        let read = text.lines().flat_map(sentences).take_while(|s| {
            letters += s.chars().count();
            letters <= LETTERS
        });
        read.map(str::trim).filter(|s| s.chars().count() >= LONG_ENOUGH).find(|sentence| self.is_new(sentence))
    }

    fn is_new(&self, sentence: &str) -> bool {
        let sentence: Vec<char> = folded(sentence).collect();
        let (grams, figures) = (GramSet::new(&sentence), Figures::new(&sentence).values);
        if figures.is_empty() {
            let new: f32 = grams.iter().filter(|(hash, _)| !self.grams.contains(hash)).map(|(_, bits)| bits).sum();
            return grams.weight > 0.0 && new >= NEW * grams.weight;
        }
        figures.iter().any(|f| !self.figures.contains(f))
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
}
