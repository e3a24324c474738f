//! Finds the names of organisations in a text: companies, institutes, universities, associations.
//!
//! From an ending (有限公司, 研究院 …), words before it belong to the name up to punctuation, up to a word that is never part of
//! a name (记者, 董事长), or up to a verb if what follows the verb is a name already. A name that begins with a place seldom has
//! anything before it. Stock names are found by their code: 云鹭股份(600000). Linear: each ending looks back a bounded number of words.

use crate::classify::bodies::{by_body, by_group};
use crate::classify::organisation_start::{Mention, is_sentence, mention, walk_back, without_our};
use crate::classify::organisation_words::{BUSINESS, Token, is_business, tokens};
use crate::knowledge::CLASSIFY;
use crate::knowledge::gazetteer::is_place;
use crate::text::normalize::is_han;
use crate::text::segment::{Segmented, part_of_speech};

/// Most words between a name and 分公司.
const MAX_TO_BRANCH: usize = 4;
/// Longest short name of a stock, in characters (rules of the exchanges: eight bytes).
const MAX_STOCK_CHARS: usize = 4;

/// Returns every mention in the first `bytes` of a text, in order.
pub(super) fn mentions(words: &Segmented, bytes: usize) -> Vec<Mention> {
    let tokens = tokens(words, bytes);
    let mut out: Vec<Mention> = Vec::new();
    for at in 0..tokens.len() {
        let Some(found) =
            by_body(&tokens, at).or_else(|| by_ending(&tokens, at)).or_else(|| by_group(&tokens, at)).or_else(|| by_stock_code(&tokens, at))
        else {
            continue;
        };
        // 中国科学院 in 中国科学院自动化研究所
        while out.last().is_some_and(|last| last.end > found.start && last.start >= found.start) {
            out.pop();
        }
        if out.last().is_none_or(|last| last.end <= found.start) {
            out.push(found);
        }
    }
    out
}

/// Returns the name that ends with the word at `at`.
fn by_ending(tokens: &[Token<'_>], at: usize) -> Option<Mention> {
    let (first, is_sure) = ending(tokens, at)?;
    let start = without_our(tokens, walk_back(tokens, first)?);
    let last = branch(tokens, at).unwrap_or(at);
    let own = tokens.get(start..first).unwrap_or_default();
    // 清华大学 is one word of the dictionary
    let is_whole_word = first > at;
    let lost_its_head = || own.first().is_some_and(|t| matches!(t.word, "省" | "市" | "县" | "区"));
    // 成都市行业协会 is any
    let is_vague = || !is_sure && own.last().is_some_and(|t| CLASSIFY.organisation.vague.contains(t.word));
    // 中国国际金融股份有限公司
    let is_national = || is_sure && own.len() > 1 && own.first().is_some_and(|t| t.word == "中国");
    if !is_whole_word && (!is_name(own) && !is_national() || is_vague() || lost_its_head() || !is_sure && is_sentence(own)) {
        return None;
    }
    mention(tokens, start, last, is_sure)
}

/// If a name ends with this word, returns the start of its ending and whether only companies use it.
fn ending(tokens: &[Token<'_>], at: usize) -> Option<(usize, bool)> {
    let known = &CLASSIFY.organisation;
    let word = tokens.get(at)?.word;
    let before = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i)).map_or("", |t| t.word);
    if known.companies.contains(word) {
        let mut first = at;
        // the segmenter may split an ending: 集团|股份|有限公司
        while first > 0 && tokens.get(first - 1).is_some_and(|t| known.parts.contains(t.word)) {
            first -= 1;
        }
        return Some((first, true));
    }
    if word == "公司" && before(1) == "集团" {
        return Some((at - 1, true));
    }
    let next = tokens.get(at + 1).map_or("", |t| t.word);
    // not the end of the name: 集团 in 集团有限公司
    if known.companies.contains(next) || known.parts.contains(next) || next == "公司" && word == "集团" {
        return None;
    }
    if known.weak.contains(word) || known.more_weak.contains(word) {
        return Some((at, false));
    }
    let is_whole = !BUSINESS.contains(word)
        && known
            .weak
            .iter()
            .any(|e| word.strip_suffix(e).is_some_and(|head| head.chars().nth(1).is_some() && (!BUSINESS.contains(head) || head == "中国")));
    (is_whole && matches!(part_of_speech(word), Some("nt" | "nz"))).then(|| (at + 1, known.bodies.end(word) && begins_with_land(word)))
}

/// Whether a word of the dictionary begins with a country or a place: 中国汽车工业协会.
fn begins_with_land(word: &str) -> bool {
    let mut heads = word.char_indices().map(|(i, _)| i).skip(2).take(3).filter_map(|end| word.get(..end));
    heads.any(|head| is_place(head) || CLASSIFY.organisation.countries.contains(head))
}

/// Whether the words before an ending make it a name: not only words of business, and two letters at least.
fn is_name(own: &[Token<'_>]) -> bool {
    let letters: usize = own.iter().map(|t| t.word.chars().filter(|c| is_han(*c) || c.is_ascii_alphanumeric()).count()).sum();
    let singles = own.iter().filter(|t| t.is_single()).count();
    let is_generic = |t: &Token<'_>| is_business(t.word) || t.word.chars().all(|c| matches!(c, '(' | ')') || c.is_ascii_digit());
    letters >= 2 && !own.iter().all(is_generic) && (own.len() > 1 || singles == 0)
}

/// Returns the last word of the branch that follows a name: 成都分公司.
fn branch(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let next = tokens
        .get(at + 1..)?
        .iter()
        .take(MAX_TO_BRANCH + 1)
        .take_while(|t| t.is_name_like() && (!t.stops() || CLASSIFY.organisation.branches.contains(t.word)));
    let n = next.enumerate().find(|(_, t)| CLASSIFY.organisation.branches.contains(t.word)).map(|(n, _)| n)?;
    // 有限公司分公司 names none
    (n > 0).then_some(at + 1 + n)
}

/// Returns the stock whose code is opened by the bracket at `at`: 云鹭股份(600000.sh).
fn by_stock_code(tokens: &[Token<'_>], at: usize) -> Option<Mention> {
    let code = tokens.get(at + 1).filter(|_| tokens.get(at).is_some_and(|t| t.word == "("))?.word;
    let is_stock =
        code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()) && CLASSIFY.organisation.stock_codes.iter().any(|start| code.starts_with(start));
    if !is_stock {
        return None;
    }
    let mut start = at;
    let mut letters = 0;
    while let Some(before) = start.checked_sub(1).and_then(|i| tokens.get(i)) {
        letters += before.word.chars().count();
        if letters > MAX_STOCK_CHARS || !before.is_name_like() || before.stops() {
            break;
        }
        start -= 1;
    }
    let own = tokens.get(start..at).unwrap_or_default();
    let count: usize = own.iter().map(|t| t.word.chars().count()).sum();
    (count >= 2 && own.iter().any(|t| !BUSINESS.contains(t.word))).then(|| mention(tokens, start, at - 1, true)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        mentions(&Segmented::new(text), usize::MAX).into_iter().map(|m| m.name).collect()
    }

    #[test]
    fn a_name_has_nothing_of_its_sentence() {
        let table: [(&str, &[&str]); 33] = [
            ("日前中国石油天然气集团有限公司表示", &["中国石油天然气集团有限公司"]),
            ("项目由许昌云鹭新材料有限公司与河南云鹭集团共建", &["许昌云鹭新材料有限公司", "河南云鹭集团"]),
            ("记者从许昌云鹭新材料有限公司获悉", &["许昌云鹭新材料有限公司"]),
            ("公司旗下控股子公司许昌云鹭置业有限公司中标", &["许昌云鹭置业有限公司"]),
            ("其全资子公司云鹭医药有限公司", &["云鹭医药有限公司"]),
            ("董事长走访许昌云鹭新材料有限公司", &["许昌云鹭新材料有限公司"]),
            ("走访云鹭新材料有限公司", &["云鹭新材料有限公司"]),
            ("２０２６年１１月许昌云鹭纸业有限公司投产", &["许昌云鹭纸业有限公司"]),
            ("“云鹭集团”的许昌云鹭置业有限公司", &["云鹭集团", "许昌云鹭置业有限公司"]),
            ("云鹭集团和白鹇集团以及青鸾集团", &["云鹭集团", "白鹇集团", "青鸾集团"]),
            ("云鹭投资发展有限公司收购白鹇控股有限公司", &["云鹭投资发展有限公司", "白鹇控股有限公司"]),
            ("许昌市投资集团有限公司", &["许昌市投资集团有限公司"]),
            ("云鹭（集团）股份有限公司", &["云鹭（集团）股份有限公司"]),
            ("云鹭(中国)有限公司", &["云鹭（中国）有限公司"]),
            ("银梯咨询顾问（北京）有限公司", &["银梯咨询顾问（北京）有限公司"]),
            ("中铁云鹭工程有限公司许昌分公司", &["中铁云鹭工程有限公司许昌分公司"]),
            ("国网河南省电力公司", &["国网河南省电力公司"]),
            ("国网河南省电力有限公司", &["国网河南省电力有限公司"]),
            ("中国科学院自动化研究所的大学", &["中国科学院自动化研究所"]),
            ("中国科学院大学", &["中国科学院大学"]),
            ("中概股云鹭高科技有限公司", &["云鹭高科技有限公司"]),
            ("看好云鹭股份（600000）", &["云鹭股份"]),
            ("云鹭纸业(002999.SZ)涨停", &["云鹭纸业"]),
            ("半导体ETF(512480)", &[]),
            ("TCL集团", &["TCL集团"]),
            ("后者为太阳控股股份有限公司", &["太阳控股股份有限公司"]),
            ("辽宁亲和源投资有限公司", &["辽宁亲和源投资有限公司"]),
            ("我区利星行（临沂）汽车有限公司", &["利星行（临沂）汽车有限公司"]),
            ("中国国有企业结构调整基金股份有限公司", &["中国国有企业结构调整基金股份有限公司"]),
            ("沈阳盛情康养产业有限公司、旅居养老服务有限公司", &["沈阳盛情康养产业有限公司", "旅居养老服务有限公司"]),
            ("中国国际金融股份有限公司", &["中国国际金融股份有限公司"]),
            ("会见世界银行行长", &[]),
            ("国盛金融控股集团股份有限公司", &["国盛金融控股集团股份有限公司"]),
        ];
        let wrong: Vec<_> = table.into_iter().map(|(text, names)| (text, named(text), names)).filter(|(_, found, names)| found != names).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_name_keeps_the_words_and_places_inside_it() {
        for name in [
            "许昌云鹭电网有限责任公司",
            "大同云鹭集团有限责任公司",
            "宁波均鹭电子股份有限公司",
            "北京和鹭时系统工程有限公司",
            "杭州有鹭科技有限公司",
            "河南可鹭科技有限公司",
            "华为技术有限公司",
            "许昌三和机械有限公司",
            "许昌鹭能机械有限公司",
            "许昌德安康医药有限公司",
            "新乡宁鹭机械有限公司",
            "光大兴陇信托有限责任公司",
            "中国铁路郑州局集团有限公司",
            "江苏新能昊鹭新能源发展有限公司",
        ] {
            for text in [name.to_owned(), format!("中标人为{name}，"), format!("记者从{name}获悉"), format!("由{name}与白鹇集团共建")]
            {
                assert!(named(&text).iter().any(|n| n == name), "{text}: {:?}", named(&text));
            }
        }
        assert_eq!(named("许昌云鹭集团和白鹇集团有限公司"), ["许昌云鹭集团", "白鹇集团有限公司"]);
        assert_eq!(named("许昌市科技局和云鹭科技有限公司"), ["云鹭科技有限公司"]);
    }

    #[test]
    fn universities_and_institutes_are_named_by_their_place() {
        let sure = |text: &str| mentions(&Segmented::new(text), usize::MAX).into_iter().filter(|m| m.is_sure).map(|m| m.name).collect::<Vec<_>>();
        for name in [
            "河南农业大学",
            "许昌云鹭学院",
            "中国物流与采购联合会",
            "中国上市公司协会",
            "中国汽车工业协会",
            "中国科学院宁波材料技术与工程研究所",
            "许昌市中心医院",
            "中国农业银行",
            "上海证券交易所",
        ] {
            assert_eq!(sure(&format!("近日，{name}发布报告")), [name]);
        }
        for text in
            ["各大学", "本科院校", "某研究所", "行业协会", "许昌市行业协会", "全国大学", "中国商业银行", "许昌医院", "全国百强医院", "许昌的大学"]
        {
            assert!(named(text).is_empty(), "{text}: {:?}", named(text));
        }
    }

    #[test]
    fn words_of_business_name_nothing() {
        for text in [
            "生物医药股份有限公司",
            "县域产业园",
            "该公司",
            "有限公司",
            "科技有限公司",
            "上市公司",
            "国有银行",
            "一家研究院",
            "重点实验室",
            "农业大学",
            "新材料股份有限公司",
            "某科技公司",
            "（集团）有限公司",
            "两家集团公司",
            "城建 集团股份有限公司",
            "送进医院",
            "会计师协会",
            "美国6月谘商会",
            "中央企业集团",
            "有限公司分公司",
        ] {
            assert!(named(text).is_empty(), "{text}: {:?}", named(text));
        }
    }

    #[test]
    fn a_mention_stands_where_the_text_has_it() {
        let words = Segmented::new("由云鹭集团（以下简称“云鹭”）");
        let found = mentions(&words, usize::MAX);
        assert_eq!(found.iter().filter_map(|m| words.text().get(m.start..m.end)).collect::<Vec<_>>(), ["云鹭集团"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(许昌|科技|股份|有限公司|集团|大学|研究院|分公司|投资|与|，|a|（|）|\\(600000\\)| ){0,30}") {
            let _ = mentions(&Segmented::new(&text), usize::MAX);
        }
    }
}
