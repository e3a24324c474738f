//! Amounts of money in the sentences that name an organisation, and headlines of tenders.

use std::sync::LazyLock;

use regex::Regex;

use crate::knowledge::CLASSIFY;
use crate::text::normalize::{fold_width_and_case, truncate};
use crate::text::segment::sentences;

/// Longest sentence shown, in characters.
const MAX_CHARS: usize = 160;
/// Most sentences of one text.
const MAX_SENTENCES: usize = 5;

static MONEY: LazyLock<&Regex> = LazyLock::new(|| &CLASSIFY.money);

/// A sentence with amounts of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// As written: 3.5亿元.
    pub amounts: Vec<String>,
    pub sentence: String,
}

/// Returns the sentences that name an organisation by one of its names and contain amounts of money. They are quoted, not
/// understood: an amount may be of something else in the sentence.
pub fn sums<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Vec<Sum> {
    let fold = |t: &str| -> String { t.chars().map(fold_width_and_case).collect() };
    let names: Vec<String> = names.map(fold).filter(|n| !n.is_empty()).collect();
    let mut out = Vec::new();
    for sentence in text.lines().flat_map(sentences) {
        let folded = fold(sentence);
        if !names.iter().any(|n| folded.contains(n.as_str())) {
            continue;
        }
        let mut amounts: Vec<String> = Vec::new();
        for amount in MONEY.find_iter(&folded).map(|m| m.as_str().replace(' ', "")) {
            if !amounts.contains(&amount) {
                amounts.push(amount);
            }
        }
        if !amounts.is_empty() {
            out.push(Sum { amounts, sentence: truncate(sentence, MAX_CHARS) });
        }
        if out.len() == MAX_SENTENCES {
            break;
        }
    }
    out
}

/// Whether a headline is of a tender or a purchase.
pub fn is_tender(title: &str) -> bool {
    CLASSIFY.tender.are_in(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_beside_a_name_are_quoted_with_their_sentence() {
        let text = "云鹭新材拟投资３.5亿元建厂，其中贷款 8,000 万元。市里去年投资12亿元。云鹭新材料公司获1200万美元订单，占比5%。云鹭新材有300人。";
        let found = sums(text, ["云鹭新材", "许昌云鹭新材料有限公司"].into_iter());
        let amounts: Vec<&[String]> = found.iter().map(|s| s.amounts.as_slice()).collect();
        assert_eq!(amounts, [&["3.5亿元".to_owned(), "8,000万元".to_owned()][..], &["1200万美元".to_owned()]]);
        assert!(sums(text, std::iter::empty()).is_empty());
    }
}
