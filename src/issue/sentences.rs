//! Splits an article into sentences that a summary may quote: without leading datelines, bylines, numbering and repeated headline,
//! with closed quotation marks, long ones cut at semicolons.

use crate::knowledge::{Pattern, SENTENCES};
use crate::text::normalize::{collapse_whitespace, fold_width_and_case, is_letter, normalized_key};
use crate::text::segment;

/// Maximum number of sentences read.
pub const MAX_SENTENCES: usize = 80;
/// Longer sentences are cut at semicolons.
const LONG: usize = 120;
/// Longest quotation of several sentences that is kept whole.
const MAX_QUOTATION: usize = 160;
/// Minimum letters after a dateline.
const MIN_REST: usize = 6;

/// A dateline begins within this many letters.
const HEAD: usize = 40;

/// Returns the first [`MAX_SENTENCES`] sentences of an article in order: the rest of a long one is detail.
pub fn sentences(title: &str, text: &str) -> Vec<String> {
    let title = normalized_key(title);
    let mut out: Vec<String> = Vec::new();
    for paragraph in paragraphs(text) {
        if out.len() >= MAX_SENTENCES {
            break;
        }
        for sentence in with_closed_quotations(segment::sentences(&paragraph)) {
            for clause in clauses(&sentence) {
                let own = without_credits(without_front(without_title(without_front(without_credits(clause)), &title)));
                if own.chars().any(is_letter) && SENTENCES.record.find_iter(own).nth(1).is_none() {
                    out.push(own.to_owned());
                }
            }
        }
    }
    out.truncate(MAX_SENTENCES);
    out
}

/// Returns the lines of a text without table rows. Joins the lines of a text wrapped at a fixed width.
fn paragraphs(text: &str) -> Vec<String> {
    let lines = || text.lines().filter(|l| !l.contains('\t')).map(collapse_whitespace).map(without_quotes).filter(|l| !l.is_empty());
    let open = |line: &str| line.chars().next_back().is_some_and(|c| is_letter(c) || matches!(c, '，' | '、' | ','));
    let widths: Vec<usize> = lines().filter(|l| open(l)).map(|l| l.chars().count()).collect();
    let widest = widths.iter().copied().max().unwrap_or_default();
    let full = |n: usize| n >= 20 && n + 6 >= widest;
    // headings also end without a full stop, but few of them have the same length
    let wrapped = widest <= 80 && widths.iter().filter(|n| full(**n)).count() >= 3;
    let mut out: Vec<String> = Vec::new();
    let mut is_continued = false;
    for line in lines() {
        let next = wrapped && open(&line) && full(line.chars().count());
        match out.last_mut().filter(|_| is_continued) {
            Some(last) => last.push_str(&line),
            None => out.push(line),
        }
        is_continued = next;
    }
    out
}

/// Returns a line without share quotes.
fn without_quotes(line: String) -> String {
    if line.contains('%') { SENTENCES.quote.replace_all(&line, "").into_owned() } else { line }
}

/// Joins the sentences of a quotation, so that every quotation mark opened is closed.
fn with_closed_quotations(parts: Vec<&str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut depth = 0i32;
    for part in parts {
        if let Some(last) = out.last_mut().filter(|last| depth > 0 && last.chars().count() + part.chars().count() <= MAX_QUOTATION) {
            last.push_str(part);
        } else {
            depth = 0;
            out.push(part.to_owned());
        }
        depth += open_quotations(part);
    }
    out
}

/// Returns how many more quotation marks open than close.
pub(super) fn open_quotations(text: &str) -> i32 {
    text.chars().map(|c| i32::from(matches!(c, '“' | '「' | '《')) - i32::from(matches!(c, '”' | '」' | '》'))).sum()
}

/// Cuts a long sentence at its semicolons; returns a short one whole.
fn clauses(sentence: &str) -> Vec<&str> {
    if sentence.chars().count() <= LONG || open_quotations(sentence) != 0 {
        return vec![sentence];
    }
    let mut depth = 0;
    let mut start = 0;
    let mut out = Vec::new();
    for (at, c) in sentence.char_indices() {
        depth += i32::from(matches!(c, '“' | '（' | '(')) - i32::from(matches!(c, '”' | '）' | ')'));
        if c == '；' && depth <= 0 {
            let end = at + c.len_utf8();
            out.extend(sentence.get(start..end));
            start = end;
        }
    }
    out.extend(sentence.get(start..));
    out
}

/// Returns the sentence without credits at either end.
fn without_credits(sentence: &str) -> &str {
    let rest = sentence.trim();
    let bracketed = rest.starts_with(['（', '(', '【', '[']) || rest.ends_with(['）', ')', '】', ']']);
    if !bracketed {
        return rest;
    }
    let (mut from, mut to) = (0, rest.len());
    for found in SENTENCES.credits.find_iter(rest) {
        if found.start() == 0 { from = found.end() } else { to = found.start() }
    }
    rest.get(from..to).unwrap_or_default().trim()
}

fn without_front(sentence: &str) -> &str {
    let mut rest = sentence.trim();
    for _ in 0..4 {
        let head = rest.char_indices().nth(HEAD).and_then(|(end, _)| rest.get(..end)).unwrap_or(rest);
        let (numbered, wire) = (!rest.starts_with(is_plain_opening), rest.contains("日电") || rest.contains("日讯"));
        let letterhead = rest.starts_with(['（', '(']) || rest.contains("第一条") || head.contains("日");
        let known = &*SENTENCES;
        let found = [
            (std::slice::from_ref(&known.numbering), numbered),
            (&known.letterheads, letterhead),
            (std::slice::from_ref(&known.wire), wire),
            (&known.datelines, known.dateline_words.are_in(head)),
        ];
        let behind = found.into_iter().filter(|(_, likely)| *likely).find_map(|(patterns, _)| behind(patterns, rest));
        match behind {
            Some(behind) => rest = behind,
            None => break,
        }
    }
    rest
}

/// Whether a sentence that begins with this character is not numbered.
fn is_plain_opening(c: char) -> bool {
    is_letter(c) && !c.is_ascii_digit() && !"一二三四五六七八九十".contains(c)
}

/// Returns the text after the first match, if enough is left.
fn behind<'a>(patterns: &[Pattern], text: &'a str) -> Option<&'a str> {
    let rest = patterns.iter().find_map(|p| p.find(text)).and_then(|m| text.get(m.end()..))?;
    let enough = rest.chars().filter(|c| is_letter(*c)).take(MIN_REST).count() == MIN_REST;
    (enough && rest.len() < text.len()).then_some(rest)
}

/// Returns the sentence without the headline repeated at its front, `原标题：` included.
fn without_title<'a>(sentence: &'a str, title: &str) -> &'a str {
    let body = SENTENCES.title_labels.iter().find_map(|p| sentence.strip_prefix(p)).unwrap_or(sentence);
    if title.chars().count() < MIN_REST {
        return body;
    }
    let mut wanted = title.chars();
    let mut rest = body.char_indices().filter(|(_, c)| is_letter(fold_width_and_case(*c)));
    let mut end = 0;
    for letter in wanted.by_ref() {
        match rest.next() {
            Some((at, c)) if fold_width_and_case(c) == letter => end = at + c.len_utf8(),
            _ => return body,
        }
    }
    if body.get(end..).is_some_and(|rest| rest.starts_with(|c| SENTENCES.continuations.contains(c))) {
        return body;
    }
    let behind = body.get(end..).unwrap_or_default().trim_start_matches(|c: char| !is_letter(c) && !matches!(c, '“' | '《' | '（'));
    let enough = behind.chars().filter(|c| is_letter(*c)).take(MIN_REST * 2).count() == MIN_REST * 2;
    if enough { behind } else { body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines_bylines_and_numbers_are_left_out() {
        for (text, expected) in [
            ("许昌网讯（记者 张三）许昌海关11月20日发布数据。", "许昌海关11月20日发布数据。"),
            ("新华社北京12月5日电 座谈会5日在京召开。", "座谈会5日在京召开。"),
            ("会议讲话强调加大力度新华社北京12月4日电 座谈会4日下午在京召开。", "座谈会4日下午在京召开。"),
            ("每经记者 李四 每经编辑 王五 示例制药公告称子公司停产。", "示例制药公告称子公司停产。"),
            ("（三）对小微企业减免三个月房屋租金。", "对小微企业减免三个月房屋租金。"),
            ("（责任单位：市税务局、市财政局）2.受影响的企业可申请缓缴。", "2.受影响的企业可申请缓缴。"),
            ("3.5亿元资金已经下达各县。", "3.5亿元资金已经下达各县。"),
            ("据悉，项目明年投产运行。", "项目明年投产运行。"),
            ("产值达到六亿元。（完）", "产值达到六亿元。"),
            ("产值达到六亿元。（责任编辑：李四）【编辑 王五】", "产值达到六亿元。"),
            ("产值达到六亿元（本报记者 张三）", "产值达到六亿元"),
            ("（记者 张三）产值达到六亿元。", "产值达到六亿元。"),
            ("产值达到六亿元（同比增长12%）。", "产值达到六亿元（同比增长12%）。"),
            ("（完善的体系）已经建成。", "（完善的体系）已经建成。"),
            (
                "示例市人民政府 2026年2月20日 （此件公开发布） 示例市碳排放管理办法 第一章 总 则 第一条 为推进降碳，制定本办法。",
                "为推进降碳，制定本办法。",
            ),
            ("示例市人民政府 2026年2月20日示例市招商办法出台十条措施。", "示例市招商办法出台十条措施。"),
            ("（600000）公司当日收到补贴二十亿元。", "公司当日收到补贴二十亿元。"),
            ("示例铁建(9.20,-0.05,-0.54%)中标地铁项目。", "示例铁建中标地铁项目。"),
            ("发文机构： 发布时间：2026-06-09 发文字号：第71号 政策类型：政策文件。新办法下月施行。", "新办法下月施行。"),
        ] {
            assert_eq!(sentences("", text), [expected]);
        }
    }

    #[test]
    fn a_headline_in_front_of_the_first_sentence_is_left_out() {
        let text = "原标题：示例水泥：单季盈利创新高公司预计三季度盈利同比增长180%左右。";
        assert_eq!(sentences("示例水泥：单季盈利创新高", text), ["公司预计三季度盈利同比增长180%左右。"]);
        assert_eq!(sentences("示例水泥创新高", "示例水泥创新高"), ["示例水泥创新高"]);
    }

    #[test]
    fn quotations_stay_whole_and_long_sentences_are_cut_at_semicolons() {
        assert_eq!(sentences("", "他说：“订单多。人手紧。”随后离开。"), ["他说：“订单多。人手紧。”", "随后离开。"]);
        let clause = "对承租国有房屋的小微企业减免三个月租金，对承租高风险地区所在街道房屋的再减免三个月，由各区按季度兑现到位";
        let found = sentences("", &format!("{clause}；{clause}；{clause}。"));
        assert_eq!(found, [format!("{clause}；"), format!("{clause}；"), format!("{clause}。")]);
    }

    #[test]
    fn lines_of_a_fixed_width_are_joined_and_headings_are_not() {
        let text = "示例市发文实行合格证电子化\n近日，示例市住房和城乡建设局办公室印发通知，决定在全市范围内实行\n职业培训合格证的电子化管理，并要求各县区在年底之前完成培训机构和\n考核人员的信息登记，逾期不登记的机构不得继续承担培训任务，已经登\n记的要按季度更新。\n加强考核管理\n考核按属地原则进行。";
        let found = sentences("", text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.iter().any(|s| s.contains("实行职业培训") && s.ends_with("按季度更新。")), "{found:?}");
    }
}
