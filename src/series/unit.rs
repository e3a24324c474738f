//! Units, and what one is in another.

use serde::{Deserialize, Serialize};

use crate::knowledge::SERIES;
use crate::series::fold::folded;

/// A unit: its text, what it measures, and its size there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    text: String,
    /// Empty for a mere power of ten: 12.3 亿.
    family: String,
    factor: f64,
}

impl Unit {
    /// Reads a unit that is known: 亿元, 元/吨, %.
    pub fn parse(text: &str) -> Option<Self> {
        let text = folded(text);
        let text = text.strip_prefix('个').filter(|rest| rest.contains("百分点")).unwrap_or(&text);
        let (above, below) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let (mut family, mut factor) = one(above)?;
        if let Some(below) = below {
            let (below, size) = one(below)?;
            family = format!("{family}/{below}");
            factor /= size;
        }
        Some(Self { text: text.to_owned(), family, factor })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether figures of this unit differ by percentage points.
    pub fn is_rate(&self) -> bool {
        self.family == "%"
    }

    /// Returns by what a figure in this unit is multiplied to be one in the other; `None` if they measure different things.
    pub fn to(&self, other: &Self) -> Option<f64> {
        let is_same = self.family == other.family || self.family.is_empty();
        is_same.then(|| self.factor / other.factor)
    }
}

/// Returns family and size of a unit without division.
fn one(text: &str) -> Option<(String, f64)> {
    if let Some(unit) = SERIES.units.get(text) {
        return Some((unit.family.clone(), unit.factor));
    }
    if let Some(scale) = SERIES.scales.get(text) {
        return Some((String::new(), *scale));
    }
    // 万千瓦时 is 万 and 千瓦时: the longest unit at the end counts
    let split = text.char_indices().skip(1).map(|(at, _)| text.split_at(at));
    let found = split.filter_map(|(scale, unit)| Some((SERIES.scales.get(scale)?, SERIES.units.get(unit)?)));
    found.map(|(scale, unit)| (unit.family.clone(), scale * unit.factor)).next()
}

/// Returns the unit in a head or caption: 出口额（万美元）, 单位：亿元.
pub(super) fn in_heading(text: &str) -> Option<Unit> {
    let text = folded(text);
    if let Some(unit) = SERIES.unit_label.captures(&text).and_then(|c| Unit::parse(c.name("unit")?.as_str())) {
        return Some(unit);
    }
    let mut units = text.split(['(', '[', '【']).skip(1).filter_map(|part| Unit::parse(part.split([')', ']', '】']).next()?));
    units.next().or_else(|| text.ends_with('%').then(|| Unit::parse("%")).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_one_kind_are_converted() {
        let table = [
            ("万元", "亿元", Some(1e-4)),
            ("亿元", "万元", Some(1e4)),
            ("元/公斤", "元/吨", Some(1000.0)),
            ("千克", "吨", Some(0.001)),
            ("亿", "万美元", Some(1e4)),
            ("万千瓦时", "度", Some(1e4)),
            ("亿元", "亿美元", None),
            ("%", "点", None),
            ("元/吨", "元", None),
        ];
        for (from, to, factor) in table {
            let got = Unit::parse(from).unwrap().to(&Unit::parse(to).unwrap());
            assert!(got.zip(factor).map_or(got == factor, |(a, b)| (a / b - 1.0).abs() < 1e-9), "{from} {to}: {got:?}");
        }
        assert!(Unit::parse("同比").is_none() && Unit::parse("").is_none() && Unit::parse("年").is_none());
    }

    #[test]
    fn heads_and_captions_name_units() {
        let of = |text: &str| in_heading(text).map(|u| u.text().to_owned());
        let table = [
            ("出口额（万美元）", Some("万美元")),
            ("单位：亿元", Some("亿元")),
            ("规模以上工业增加值（单位: 亿元、%）", None),
            ("增速（%）", Some("%")),
            ("铝合金价格[元/吨]", Some("元/吨")),
            ("许昌（2026年）", None),
            ("产量", None),
        ];
        for (text, unit) in table {
            assert_eq!(of(text).as_deref(), unit, "{text}");
        }
    }
}
