//! What a report says that an earlier one did not.

use crate::events::grams::GramSet;
use crate::events::letters::folded;
use crate::text::segment::sentences;

/// Share of a sentence's information that must be new.
const NEW: f32 = 0.6;
/// Letters of a sentence that says something.
const LONG_ENOUGH: usize = 10;
/// Letters compared: bounds the time.
const LETTERS: usize = 5_000;

/// Returns the first sentence of a text of which most is not in the text told before.
pub fn new_sentence<'a>(text: &'a str, told: &str) -> Option<&'a str> {
    let known = GramSet::new(&folded(told).take(LETTERS).collect::<Vec<_>>());
    let mut letters = 0;
    let read = text.lines().flat_map(sentences).take_while(|s| {
        letters += s.chars().count();
        letters <= LETTERS
    });
    read.map(str::trim).filter(|s| s.chars().count() >= LONG_ENOUGH).find(|sentence| {
        let grams = GramSet::new(&folded(sentence).take(LETTERS).collect::<Vec<_>>());
        grams.weight > 0.0 && grams.without(&known).weight >= NEW * grams.weight
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
        assert_eq!(new_sentence("", told), None);
    }
}
