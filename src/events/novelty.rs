//! What a report says that an earlier one did not.

use crate::events::figures::Figures;
use crate::events::grams::GramSet;
use crate::events::letters::folded;
use crate::text::segment::sentences;

/// Share of the information of a sentence without figures that must be new.
const NEW: f32 = 0.75;
/// Letters of a sentence that says something.
const LONG_ENOUGH: usize = 10;
/// Letters compared: bounds the time.
const LETTERS: usize = 5_000;

/// Returns the first sentence of a text that says something not told before: a figure or day, or, where it has none, mostly other words.
pub fn new_sentence<'a>(text: &'a str, told: &str) -> Option<&'a str> {
    sentence_beyond(text, &[told])
}

/// Returns the first sentence of a text that says something that none of several earlier texts told.
pub fn sentence_beyond<'a>(text: &'a str, told: &[&str]) -> Option<&'a str> {
    let told: Vec<char> = told.iter().flat_map(|t| folded(t).take(LETTERS)).collect();
    let (known, figures) = (GramSet::new(&told), Figures::new(&told));
    let mut letters = 0;
    let read = text.lines().flat_map(sentences).take_while(|s| {
        letters += s.chars().count();
        letters <= LETTERS
    });
    read.map(str::trim).filter(|s| s.chars().count() >= LONG_ENOUGH).find(|sentence| {
        let sentence: Vec<char> = folded(sentence).collect();
        let (grams, its) = (GramSet::new(&sentence), Figures::new(&sentence));
        if its.values.is_empty() {
            return grams.weight > 0.0 && grams.without(&known).weight >= NEW * grams.weight;
        }
        its.values.iter().any(|v| figures.values.binary_search(v).is_err())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_with_something_new_is_found() {
        let told = "云鹭股份年产5万吨新材料项目在许昌开工，总投资12亿元。";
        let text = "云鹭股份年产5万吨新材料项目开工，总投资12亿元。\n首批设备下月进场，预计明年三季度试生产，届时可新增就业三百人。";
        assert!(new_sentence(text, told).is_some_and(|s| s.starts_with("首批设备")));
        assert_eq!(new_sentence(told, told), None);
        assert_eq!(new_sentence("据悉，该项目投资额达120,000万元，年产能5万吨，投产后预计带动上下游企业。", told), None, "the same figures");
        assert!(new_sentence("该项目投资额达12亿元，其中设备占9.1亿元。", told).is_some());
        assert_eq!(new_sentence("", told), None);
        let both = [told, "设备占9.1亿元。"];
        assert_eq!(sentence_beyond("该项目投资额达12亿元，其中设备占9.1亿元。", &both), None, "each told a part");
    }
}
