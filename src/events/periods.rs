//! The periods that a text is about: statistics of another month are another event.

use crate::knowledge::EVENTS;

/// A period: 2026年1-11月.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Period {
    year: Option<String>,
    /// 1-11月, 上半年; empty for a year.
    part: String,
}

impl Period {
    /// Returns the periods of a text, in order.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let mut out = Vec::new();
        for c in EVENTS.period.captures_iter(text) {
            let Some(whole) = c.get(0) else { continue };
            let rest = text.get(whole.end()..).unwrap_or_default();
            let part = c.name("p").map_or("", |p| p.as_str());
            let year = c.name("y").or(c.name("y2")).map(|y| y.as_str().to_owned());
            // 11月24日 is a day
            let is_day = part.ends_with('月') && day_follows(rest);
            if !is_day {
                out.push(Self { year, part: part.replace(['前', '份'], "") });
            }
        }
        out
    }

    /// Whether two texts about these periods cannot mean the same one.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        self.part != other.part || self.year.is_some() && other.year.is_some() && self.year != other.year
    }
}

fn day_follows(rest: &str) -> bool {
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    (1..=2).contains(&digits) && rest.chars().nth(digits) == Some('日')
}

/// Returns the numbers of a series in a text: 第3批.
pub(super) fn series(text: &str) -> Vec<String> {
    EVENTS.series.find_iter(text).map(|m| m.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_compared() {
        let first = |text: &str| Period::all(text).into_iter().next().unwrap();
        assert!(first("2026年1-11月").contradicts(&first("1-10月份")));
        assert!(!first("2026年前三季度").contradicts(&first("前三季度")));
        assert!(first("2026年上半年").contradicts(&first("2025年上半年")));
        assert!(first("2026年").contradicts(&first("2026年1月份")));
        assert!(Period::all("11月24日召开").is_empty());
        assert_eq!(series("第三批名单和第12期"), ["第三批", "第12期"]);
    }
}
