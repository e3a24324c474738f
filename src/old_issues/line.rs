//! Lines of an old issue, and what their shape says.

use crate::knowledge::OLD_ISSUES;
use crate::text::normalize::{collapse_whitespace, is_han, is_letter};

/// Longest name of a column and longest line of a title, in characters.
pub(super) const MAX_COLUMN: usize = 14;
pub(super) const MAX_TITLE_LINE: usize = 50;

/// Longest heading within an article that its first words tell, in characters.
const MAX_SUBHEADING: usize = 8;
/// Fewest signs of a line that only separates.
const LEAST_SEPARATOR: usize = 2;

/// How a document formats a line; text files format none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// Level of a heading style; 0: none.
    pub heading: u8,
    pub bold: bool,
    pub centred: bool,
    /// Font size in half points; 0: unknown.
    pub half_points: u16,
    /// Whether it is a line of Word's own table of contents.
    pub in_contents: bool,
}

/// A line or paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Its text; tabs separate the cells of a table row.
    pub text: String,
    /// Whether an empty line precedes it.
    pub after_blank: bool,
    pub style: Style,
}

/// Removes empty lines, separators and page numbers, and cleans the others.
pub(super) fn cleaned<'a>(lines: impl IntoIterator<Item = (&'a str, Style)>) -> Vec<Line> {
    let (mut out, mut after_blank) = (Vec::new(), false);
    for (at, (text, style)) in lines.into_iter().enumerate() {
        let cells: Vec<String> = text.split('\t').map(collapse_whitespace).collect();
        let text = cells.join("\t").trim().to_owned();
        if text.is_empty() || is_separator(&text) {
            after_blank = true;
        } else if !is_page_number(&text) {
            out.push(Line { number: at + 1, text, after_blank, style });
            after_blank = false;
        }
    }
    out
}

/// Whether a line is one repeated sign, such as ===== or * * *.
fn is_separator(text: &str) -> bool {
    let mut signs = text.chars().filter(|c| !c.is_whitespace());
    let Some(first) = signs.next() else { return false };
    let count = 1 + signs.clone().count();
    count >= LEAST_SEPARATOR && !first.is_alphanumeric() && signs.all(|c| c == first)
}

/// Whether a line is only the number of a page, such as — 3 — or 第3页 共8页.
fn is_page_number(text: &str) -> bool {
    let rest: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '—' | '–' | '－' | '·' | '/')).collect();
    let is_figures = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit());
    let has_dash = text.starts_with(['-', '—', '–', '－', '·']);
    let page = || rest.strip_prefix('第')?.split_once('页').map(|(n, rest)| is_figures(n) && (rest.is_empty() || rest.starts_with('共')));
    has_dash && is_figures(&rest) && rest.len() <= 3 || page().unwrap_or(false)
}

/// Returns the folded letters of a text, to compare headings.
pub(super) fn key(text: &str) -> String {
    crate::text::normalize::normalized_key(text)
}

/// What stands before a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// ●, ◆, §
    Mark(char),
    /// 【…】
    Bracket(char),
    /// 一、
    Han,
    /// （一）
    HanParen,
    /// 1.
    Figure,
    /// （1）
    FigureParen,
    /// 第一部分
    Part,
    Plain,
}

/// A line without what stands before its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading<'a> {
    pub(super) form: Form,
    pub(super) number: Option<u32>,
    pub(super) text: &'a str,
}

impl<'a> Heading<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let line = line.trim();
        let plain = Self { form: Form::Plain, number: None, text: line };
        let Some(first) = line.chars().next() else { return plain };
        if OLD_ISSUES.marks.contains(first) {
            let text = line.trim_matches(|c: char| OLD_ISSUES.marks.contains(c) || c.is_whitespace());
            let text = in_brackets(text).map_or(text, |(_, text)| text);
            return Self { form: Form::Mark(first), number: None, text };
        }
        if let Some((open, text)) = in_brackets(line) {
            return Self { form: Form::Bracket(open), number: None, text };
        }
        numbered(line).unwrap_or(plain)
    }
}

/// Returns the content of a line that is wholly in brackets or between dashes.
fn in_brackets(line: &str) -> Option<(char, &str)> {
    let (open, close) = (line.chars().next()?, line.chars().last()?);
    let inner = line.get(open.len_utf8()..line.len().checked_sub(close.len_utf8())?)?;
    if OLD_ISSUES.brackets.iter().any(|pair| pair.chars().eq([open, close])) && !inner.contains([open, close]) {
        return Some((open, inner.trim()));
    }
    let is_dash = |c: char| matches!(c, '-' | '—' | '–' | '=' | '~' | '·');
    if !is_dash(open) || !is_dash(close) {
        return None;
    }
    Some((open, line.trim_matches(|c: char| is_dash(c) || c.is_whitespace()))).filter(|(_, text)| !text.is_empty())
}

fn numbered(line: &str) -> Option<Heading<'_>> {
    let paren = line.strip_prefix(['（', '(', '[', '［', '【', '〔']);
    let rest = paren.unwrap_or(line);
    let is_part = paren.is_none() && rest.starts_with('第');
    let rest = if is_part { rest.strip_prefix('第')? } else { rest };
    let (number, is_han_number, rest) = leading_number(rest)?;
    let (form, rest) = match () {
        () if is_part => {
            (Form::Part, ["部分", "版", "章", "编", "栏"].iter().find_map(|w| rest.strip_prefix(w))?.trim_start_matches(['：', ':', '、']))
        }
        () if paren.is_some() => {
            (if is_han_number { Form::HanParen } else { Form::FigureParen }, rest.strip_prefix(['）', ')', ']', '］', '】', '〕'])?)
        }
        () if is_han_number => (Form::Han, rest.strip_prefix(['、', '.', '．'])?),
        () => match rest.strip_prefix(['）', ')']) {
            Some(rest) => (Form::FigureParen, rest),
            None => (Form::Figure, rest.strip_prefix(['.', '．', '、'])?),
        },
    };
    let text = rest.trim();
    let is_decimal = line.strip_suffix(rest).is_some_and(|before| before.ends_with(['.', '．'])) && continues_number(rest);
    (!text.is_empty() && !is_decimal).then_some(Heading { form, number: Some(number), text })
}

/// Whether the figures behind a point belong to the number before it: 3.5亿元 and 1.2.3, but not 1.2023年, 2.5月份 and 1.3.5亿元.
fn continues_number(rest: &str) -> bool {
    let after_figures = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let unit = rest.get(rest.len() - after_figures(rest)..).unwrap_or_default();
    let is_amount = unit.strip_prefix('.').is_some_and(|f| f.get(f.len() - after_figures(f)..).is_some_and(|u| OLD_ISSUES.amounts.begin(u)));
    let is_counted = OLD_ISSUES.counted.begin(unit) && !OLD_ISSUES.measured.begin(unit);
    unit.len() < rest.len() && !is_counted && !is_amount
}

/// Returns a number of at most three characters at the start, whether it is in Chinese numerals, and the rest.
fn leading_number(text: &str) -> Option<(u32, bool, &str)> {
    let figures: &str = text.split(|c: char| !c.is_ascii_digit()).next()?;
    if !figures.is_empty() {
        return (figures.len() <= 2).then_some((figures.parse().ok()?, false, text.get(figures.len()..)?));
    }
    let end = text.char_indices().find(|(_, c)| !"一二三四五六七八九十".contains(*c)).map_or(text.len(), |(at, _)| at);
    Some((han_number(text.get(..end)?)?, true, text.get(end..)?))
}

/// Reads 七, 十二, 一百零三, and digits such as 二〇二四.
pub(super) fn han_number(text: &str) -> Option<u32> {
    if text.is_empty() || text.chars().count() > 6 {
        return None;
    }
    if text.chars().all(|c| c.is_ascii_digit()) {
        return text.parse().ok();
    }
    let digit = |c: char| {
        if "○零".contains(c) { Some(0) } else { "〇一二三四五六七八九".chars().position(|d| d == c).and_then(|d| u32::try_from(d).ok()) }
    };
    if !text.contains(['十', '百']) {
        return text.chars().try_fold(0_u32, |n, c| n.checked_mul(10)?.checked_add(digit(c)?));
    }
    let (mut sum, mut last) = (0_u32, None);
    for c in text.chars() {
        match c {
            '百' => sum += last.take().unwrap_or(1) * 100,
            '十' => sum += last.take().unwrap_or(1) * 10,
            c => last = Some(digit(c)?),
        }
    }
    Some(sum + last.unwrap_or(0))
}

/// Whether a text may be a title: short, with letters, and no sentence.
pub(super) fn may_be_title(text: &str) -> bool {
    let length = text.chars().count();
    (4..=MAX_TITLE_LINE).contains(&length)
        && !text.contains(['。', '\t'])
        && !text.ends_with(['；', '：', '，', '、', ';', ':', ',', '.', '…'])
        && !text.starts_with("——")
        && text.chars().filter(|c| is_letter(*c)).count() >= 4
        && text.chars().any(is_han)
}

/// Whether a text is a usual heading within an article: 主要做法, 存在问题及建议.
pub(super) fn is_subheading(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dense.chars().count() <= MAX_SUBHEADING && OLD_ISSUES.subheadings.begin(&dense)
}

/// Whether a title may go on after this character.
pub(super) fn is_letter_or_quote(c: char) -> bool {
    is_letter(c) || matches!(c, '”' | '》' | '、' | '“' | '《')
}

/// Whether a text may name a column: very short, without punctuation.
pub(super) fn may_be_column(text: &str) -> bool {
    let length = text.chars().count();
    (2..=MAX_COLUMN).contains(&length)
        && text.chars().all(|c| is_letter(c) || matches!(c, ' ' | '·' | '、' | '—' | '-' | '&' | '/' | '“' | '”'))
        && text.chars().any(is_han)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_told_by_what_stands_before_them() {
        let of = |line| {
            let h = Heading::of(line);
            (h.form, h.number, h.text)
        };
        assert_eq!(of("●行业动态"), (Form::Mark('●'), None, "行业动态"));
        assert_eq!(of("◆【行业动态】◆"), (Form::Mark('◆'), None, "行业动态"));
        assert_eq!(of("【行业动态】"), (Form::Bracket('【'), None, "行业动态"));
        assert_eq!(of("—— 行业动态 ——"), (Form::Bracket('—'), None, "行业动态"));
        assert_eq!(of("十二、行业动态"), (Form::Han, Some(12), "行业动态"));
        assert_eq!(of("（一）甲县办会"), (Form::HanParen, Some(1), "甲县办会"));
        assert_eq!(of("3．甲县办会"), (Form::Figure, Some(3), "甲县办会"));
        assert_eq!(of("(4) 甲县办会"), (Form::FigureParen, Some(4), "甲县办会"));
        assert_eq!(of("第二部分 要闻"), (Form::Part, Some(2), "要闻"));
        assert_eq!(of("1.2023年甲县办会"), (Form::Figure, Some(1), "2023年甲县办会"));
        assert_eq!(of("1．1—2月产值增长"), (Form::Figure, Some(1), "1—2月产值增长"));
        assert_eq!(of("2、5月份产值增长"), (Form::Figure, Some(2), "5月份产值增长"));
        assert_eq!(of("（3）20家企业入园"), (Form::FigureParen, Some(3), "20家企业入园"));
        assert_eq!(of("1.3.2亿元投向丁镇"), (Form::Figure, Some(1), "3.2亿元投向丁镇"));
        assert_eq!(of("[4] 甲县办会"), (Form::FigureParen, Some(4), "甲县办会"));
        assert_eq!(of("4. 3.5亿元投向丁镇"), (Form::Figure, Some(4), "3.5亿元投向丁镇"));
        for plain in ["1.2.3节", "2.5个百分点", "3.5万家企业", "2.1总体情况"] {
            assert_eq!(of(plain).0, Form::Plain, "{plain}");
        }
        for plain in ["3.5亿元投产", "一季度产值增长", "【行业】动态】", "（甲县）办会", "第三季度", "——副题", ""] {
            assert_eq!(of(plain).0, Form::Plain, "{plain}");
        }
    }

    #[test]
    fn page_numbers_and_empty_lines_are_no_lines() {
        let lines = cleaned(["", "甲", "— 3 —", "第3页 共8页", "=====", "* * *", "———", "　", "乙\t丙", "2024"].map(|t| (t, Style::default())));
        let texts: Vec<(&str, bool)> = lines.iter().map(|l| (l.text.as_str(), l.after_blank)).collect();
        assert_eq!(texts, [("甲", true), ("乙\t丙", true), ("2024", false)]);
    }

    #[test]
    fn chinese_numbers_are_read() {
        for (text, n) in [("七", 7), ("十", 10), ("二十三", 23), ("一百零三", 103), ("二〇二四", 2024), ("12", 12)] {
            assert_eq!(han_number(text), Some(n), "{text}");
        }
        assert_eq!((han_number("甲"), han_number(""), han_number("一二三四五六七")), (None, None, None));
    }
}
