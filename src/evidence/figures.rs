//! Figures of a text with their measures: 12.3亿元, 三成, 0.5个百分点, 超百家.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::evidence::folded::Folded;
use crate::knowledge::{EVIDENCE, Fixed};

/// Digits from which a figure may be rounded without a word that says so.
const EXACT_DIGITS: usize = 3;

/// How exact a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exactness {
    Exact,
    /// 约
    About,
    /// 近: a little less than that
    Nearly,
    /// 超, 逾, 余
    Above,
    /// 不足, 不到
    Below,
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) letters: Range<usize>,
    /// The same with 超 before it or 以上 behind it.
    pub(super) with_words: Range<usize>,
    /// Converted into the measure's base.
    pub(super) value: f64,
    /// The measure; empty: one that is not compared.
    pub(super) unit: &'static str,
    pub(super) exactness: Exactness,
    /// Digits as written, without scale.
    digits: f64,
    /// Number of significant digits, and the value of the last one.
    precision: (usize, f64),
    /// Whether the sign is part of it: -3.2%.
    is_negative: bool,
}

impl Figure {
    /// Whether both say the same amount of the same measure.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.is_comparable(other) && nearly(self.value, other.value, 1e-9) && self.is_negative == other.is_negative
    }

    /// Whether an article's figure supports this one: the same, or rounded with a word that says so.
    pub(super) fn is_supported_by(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.value, other.value);
        if self.equals(other) {
            // 超100亿元 is not 不足100亿元
            return !self.is_other_limit_than(other);
        }
        let (digits, step) = self.precision;
        if self.is_growth_of(other) {
            return true;
        }
        let is_right = match self.exactness {
            // 102.4亿元 of 102.36亿元
            Exactness::Exact => digits >= EXACT_DIGITS && (mine - theirs).abs() <= step * (0.5 + 1e-9),
            Exactness::About => true,
            Exactness::Above => theirs >= mine,
            Exactness::Nearly | Exactness::Below => theirs <= mine,
        };
        // rounded: fewer digits than the article, and less than one step away
        is_right && digits < other.precision.0 && (mine - theirs).abs() < step && self.is_comparable(other)
    }

    /// 增长1倍 is 增长100%.
    fn is_growth_of(&self, other: &Self) -> bool {
        let times = |f: &Self| match f.unit {
            "倍" => Some(f.value),
            "%" => Some(f.value / 100.0),
            _ => None,
        };
        self.unit != other.unit && times(self).zip(times(other)).is_some_and(|(a, b)| nearly(a, b, 1e-9))
    }

    /// Whether it is another figure with fewer digits.
    pub(super) fn is_rounded_from(&self, other: &Self) -> bool {
        self.precision.0 < other.precision.0 && (self.value - other.value).abs() < self.precision.1 && self.is_comparable(other)
    }

    /// Whether both say the same amount, one as a lower and one as an upper limit: 超三成, 不超三成.
    pub(super) fn is_other_limit_than(&self, other: &Self) -> bool {
        self.equals(other) && matches!((self.exactness, other.exactness), (Exactness::Above, Exactness::Below) | (Exactness::Below, Exactness::Above))
    }

    /// Whether it says this amount of its own measure, as exactly as it is written.
    pub(super) fn is_amount(&self, value: f64) -> bool {
        (self.value - value).abs() <= self.precision.1 * (0.5 + 1e-9)
    }

    /// Returns the value of its last digit.
    pub(super) fn step(&self) -> f64 {
        self.precision.1
    }

    /// Whether one is the other with the opposite sign.
    pub(super) fn is_opposite_of(&self, other: &Self) -> bool {
        self.is_comparable(other) && nearly(self.value, other.value, 1e-9) && self.is_negative != other.is_negative
    }

    /// Whether the measures may be compared.
    pub(super) fn is_comparable(&self, other: &Self) -> bool {
        self.unit == other.unit || self.unit.is_empty() || other.unit.is_empty()
    }

    /// Whether the digits are the same and only scale or measure differ.
    pub(super) fn differs_in_measure(&self, other: &Self) -> bool {
        nearly(self.digits, other.digits, 1e-9)
    }
}

fn nearly(a: f64, b: f64, share: f64) -> bool {
    (a - b).abs() <= share * a.abs().max(b.abs())
}

static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    let mut units: Vec<&str> = EVIDENCE.units.keys().map(String::as_str).collect();
    units.sort_by_key(|u| std::cmp::Reverse(u.len()));
    let of = |words: Vec<&str>| words.into_iter().map(regex::escape).collect::<Vec<_>>().join("|");
    let mut before: Vec<&str> =
        EVIDENCE.about.iter().chain(EVIDENCE.nearly.iter()).chain(EVIDENCE.above.iter()).chain(EVIDENCE.below.iter()).collect();
    before.sort_by_key(|w| std::cmp::Reverse(w.len()));
    let (units, words) = (of(units), of(before));
    let numeral = "[一二两三四五六七八九十百千零〇]+";
    let pattern = format!(
        "(?P<before>{words})?(?P<sign>[-−])?(?:(?P<n>\\d+(?:,\\d{{3}})*(?:\\.\\d+)?)|百分之(?P<share>{numeral})|(?P<word>{numeral}))(?P<more>余|多)?(?P<scale>万亿|[百千]?[万亿]|[百千])?(?P<more2>余|多)?(?P<unit>{units})?(?P<behind>{words})?"
    );
    Regex::new(&pattern).unwrap_or_else(|e| panic!("the pattern of figures is broken: {e}"))
});

/// Returns the figures of a text outside the given ranges, which are dates.
pub(super) fn figures(text: &Folded, dates: &[Range<usize>]) -> Vec<Figure> {
    let mut out: Vec<Figure> = Vec::new();
    let mut next_date = dates.iter().peekable();
    for found in FIGURE.captures_iter(&text.text) {
        let Some(figure) = figure(text, &found) else { continue };
        while next_date.next_if(|d| d.end <= figure.letters.start).is_some() {}
        if next_date.peek().is_some_and(|d| d.start < figure.letters.end) {
            continue;
        }
        join_range(&mut out, &figure, text);
        out.push(figure);
    }
    add_doublings(&mut out, text);
    out
}

static DOUBLING: Fixed = Fixed::new(r"翻了?(?P<n>[一两二三四])?番(?P<more>多|以上)?");

/// Adds 翻一番 as 增长1倍, 翻两番 as 增长3倍, in the order of the text.
fn add_doublings(out: &mut Vec<Figure>, text: &Folded) {
    let before = out.len();
    for found in DOUBLING.captures_iter(&text.text) {
        let Some(all) = found.get(0) else { continue };
        let times = found.name("n").and_then(|n| numeral(&n.as_str().replace('两', "二"))).unwrap_or(1.0);
        let letters = text.letters(all.range());
        out.retain(|f| f.letters.start >= letters.end || f.letters.end <= letters.start);
        let value = times.exp2() - 1.0;
        let exactness = if found.name("more").is_some() { Exactness::Above } else { Exactness::Exact };
        let with_words = letters.clone();
        out.push(Figure { letters, with_words, value, unit: "倍", exactness, digits: value, precision: (1, 1.0), is_negative: false });
    }
    if out.len() != before {
        out.sort_by_key(|f| f.letters.start);
    }
}

/// 10至15亿元: the first figure has the measure of the second.
fn join_range(out: &mut [Figure], figure: &Figure, text: &Folded) {
    let Some(last) = out.last_mut() else { return };
    let is_range = matches!(text.part(last.letters.end..figure.letters.start), "-" | "—" | "~" | "至" | "到" | "——" | "–" | "～");
    let is_bare = last.unit.is_empty() && nearly(last.value, last.digits, 1e-9);
    if is_range && is_bare && figure.digits > 0.0 {
        last.value = last.digits * (figure.value / figure.digits);
        last.unit = figure.unit;
    }
}

fn figure(text: &Folded, found: &Captures<'_>) -> Option<Figure> {
    let part = |name: &str| found.name(name).map_or("", |m| m.as_str());
    let (unit, factor) = EVIDENCE.units.get(part("unit")).map_or(("", 1.0), |(unit, factor)| (unit.as_str(), *factor));
    let is_share = !part("share").is_empty();
    let word = if is_share { part("share") } else { part("word") };
    let (digits, is_word) = match found.name("n") {
        Some(n) => (n.as_str().replace(',', "").parse::<f64>().ok()?, false),
        None => (numeral(word)?, true),
    };
    // 一 and 两 in running text count nothing unless a measure follows; 第一 is an ordinal number
    let number = found.name("n").or(found.name("share")).or(found.name("word"))?;
    let is_ordinal = text.text.get(..found.get(0)?.start()).is_some_and(|b| b.ends_with('第'));
    if is_word && !is_share && (is_ordinal || unit.is_empty() || (unit == "人" || unit == "点" || unit == "手" || unit == "股")) {
        let is_no_count = is_ordinal || unit == "点" || unit == "手" || word.chars().count() <= 1 || word.starts_with(['百', '千']);
        if is_no_count {
            return None;
        }
    }
    let scale = part("scale").chars().map(scale_of).product::<f64>();
    let (unit, factor) = if is_share { ("%", 1.0) } else { (unit, factor) };
    let edge = |w: &str| {
        if EVIDENCE.above.contains(w) {
            Exactness::Above
        } else if EVIDENCE.below.contains(w) {
            Exactness::Below
        } else if EVIDENCE.nearly.contains(w) {
            Exactness::Nearly
        } else if w.is_empty() && part("unit") != "成" {
            // 一成 is a rounded figure
            Exactness::Exact
        } else {
            Exactness::About
        }
    };
    let words = ["before", "behind", "more", "more2"].map(|n| edge(part(n)));
    let exactness = words.into_iter().find(|e| *e != Exactness::Exact).unwrap_or(Exactness::Exact);
    let end = ["unit", "more2", "scale", "more"].iter().find_map(|n| found.name(n).filter(|m| !m.is_empty())).unwrap_or(number).end();
    let (count, step) = found.name("n").map_or_else(|| precision(&digits.to_string()), |n| precision(&n.as_str().replace(',', "")));
    let precision = (count, step * scale * factor);
    let start = found.name("sign").unwrap_or(number).start();
    // 10-15: a hyphen between figures is no minus
    let is_negative = found.name("sign").is_some() && text.text.get(..start).is_none_or(|b| !b.ends_with(|c: char| c.is_alphanumeric() || c == '%'));
    let with_words = text.letters(found.get(0)?.range());
    Some(Figure { letters: text.letters(start..end), with_words, value: digits * scale * factor, unit, exactness, digits, precision, is_negative })
}

/// Returns the number of significant digits of a number, and the value of the last one.
fn precision(number: &str) -> (usize, f64) {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let significant = whole.trim_start_matches('0');
    if !decimals.is_empty() {
        return (significant.len() + decimals.len(), decimals.chars().fold(1.0, |step, _| step / 10.0));
    }
    let kept = significant.trim_end_matches('0');
    (kept.len(), significant.chars().skip(kept.len()).fold(1.0, |step, _| step * 10.0))
}

fn scale_of(c: char) -> f64 {
    match c {
        '百' => 1e2,
        '千' => 1e3,
        '万' => 1e4,
        '亿' => 1e8,
        _ => 1.0,
    }
}

/// Returns the value of a Chinese numeral below 万.
fn numeral(word: &str) -> Option<f64> {
    let (mut total, mut digit) = (0.0, None);
    let mut plain = 0.0;
    for c in word.chars() {
        if let Some(n) = "零一二三四五六七八九".chars().position(|d| d == c || (c == '两' && d == '二') || (c == '〇' && d == '零')) {
            let n = u32::try_from(n).ok()?;
            plain = plain * 10.0 + f64::from(n);
            digit = Some(f64::from(n));
        } else {
            let unit = if c == '十' { 10.0 } else { scale_of(c) };
            total += digit.take().filter(|d| *d > 0.0).unwrap_or(1.0) * unit;
            plain = 0.0;
        }
    }
    let is_plain = !word.contains(['十', '百', '千']);
    Some(if is_plain { plain } else { total + digit.unwrap_or(0.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(f64, &'static str)> {
        figures(&Folded::new(text), &[]).into_iter().map(|f| (f.value, f.unit)).collect()
    }

    #[test]
    fn figures_are_read_in_any_spelling() {
        for (text, value, unit) in [
            ("出口１２．５亿元", 1_250_000_000.0, "元"),
            ("出口1,250,000万元", 12_500_000_000.0, "元"),
            ("超过三成", 30.0, "%"),
            ("百分之十二", 12.0, "%"),
            ("提高0.5个百分点", 0.5, "百分点"),
            ("增至2.3倍", 2.3, "倍"),
            ("三百二十吨", 320.0, "吨"),
            ("5万亿元", 5e12, "元"),
            ("产能10余万吨", 100_000.0, "吨"),
        ] {
            let found = read(text);
            assert!(matches!(found.as_slice(), [(v, u)] if nearly(*v, value, 1e-9) && *u == unit), "{text}: {found:?}");
        }
        assert_eq!(read("10至15亿元"), [(1e9, "元"), (1.5e9, "元")]);
        assert!(read("第一名是一种进步").is_empty(), "{:?}", read("第一名是一种进步"));
    }

    #[test]
    fn a_rounded_figure_says_so() {
        let one = |text: &str| figures(&Folded::new(text), &[]).remove(0);
        let article = one("12.3亿元");
        assert!(one("102.4亿元").is_supported_by(&one("102.36亿元")) && !one("102.3亿元").is_supported_by(&one("102.36亿元")));
        assert!(
            one("翻一番").is_supported_by(&one("1倍")) && one("100%").is_supported_by(&one("1倍")) && !one("翻两番").is_supported_by(&one("1倍"))
        );
        assert!(one("5吉瓦时").is_supported_by(&one("5gwh")) && one("一年").is_supported_by(&one("12个月")));
        for (text, supported) in [
            ("12.3亿元", true),
            ("123000万元", true),
            ("约12亿元", true),
            ("超12亿元", true),
            ("12亿元", false),
            ("近12亿元", false),
            ("近13亿元", true),
            ("12余亿元", true),
            ("超13亿元", false),
            ("12.3万元", false),
            ("12.3亿美元", false),
        ] {
            assert_eq!(one(text).is_supported_by(&article), supported, "{text}");
        }
    }
}
