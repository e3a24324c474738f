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
    let mut is_winner = false;
    for sentence in text.lines().flat_map(sentences) {
        let folded = fold(sentence);
        let is_named = names.iter().any(|n| folded.contains(n.as_str()));
        let amounts = match (is_named, is_winner) {
            (true, _) => amounts(&folded),
            // the price follows the winner
            (false, true) => price(&folded).into_iter().collect(),
            (false, false) => continue,
        };
        is_winner = is_named && CLASSIFY.winner.is_match(&folded);
        if !amounts.is_empty() {
            out.push(Sum { amounts, sentence: truncate(sentence, MAX_CHARS) });
        }
        if out.len() == MAX_SENTENCES {
            break;
        }
    }
    out
}

/// Returns the amounts of a sentence, each once; of a range both ends: 3.5亿–4亿元.
fn amounts(sentence: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for found in MONEY.captures_iter(sentence) {
        let part = |name: &str| found.name(name).map(|m| m.as_str().replace(' ', ""));
        let Some(to) = part("to") else { continue };
        let amount = part("from").map_or_else(|| to.clone(), |from| format!("{from}–{to}"));
        if !out.contains(&amount) {
            out.push(amount);
        }
    }
    // 中标人：云鹭公司，中标价：35605000元
    if out.is_empty() && CLASSIFY.winner.is_match(sentence) {
        out.extend(sentence.split([',', ';', ' ', '、']).find_map(price));
    }
    out
}

/// Returns the price that a sentence or a clause begins with.
fn price(sentence: &str) -> Option<String> {
    Some(CLASSIFY.price.captures(sentence)?.name("sum")?.as_str().replace(' ', ""))
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

    fn of(text: &str) -> Vec<String> {
        sums(text, ["云鹭"].into_iter()).into_iter().flat_map(|s| s.amounts).collect()
    }

    #[test]
    fn both_ends_of_a_range_are_told() {
        for (text, amount) in
            [("云鹭预计亏损约3.5亿至4亿元。", "3.5亿–4亿元"), ("云鹭预计盈利3.5亿元-4亿元。", "3.5亿–4亿元"), ("云鹭拟投资3～5亿元。", "3–5亿元")]
        {
            assert_eq!(of(text), [amount], "{text}");
        }
        assert_eq!(of("云鹭2026年11月投资3亿元。"), ["3亿元"]);
    }

    #[test]
    fn the_price_of_a_tender_is_its_winners() {
        assert_eq!(of("中标人：云鹭公司。中标价：35605000元。"), ["35605000元"]);
        assert_eq!(of("供应商名称：云鹭公司\n中标（成交）金额：1,280.5万元"), ["1,280.5万元"]);
        assert_eq!(of("中标人：云鹭公司，中标价：35605000元。"), ["35605000元"]);
        assert!(of("中标人：云鹭公司。地址：许昌市示例路5号。中标价：35605000元。").is_empty());
        assert!(of("招标人：云鹭公司。中标价：35605000元。").is_empty());
    }
}
