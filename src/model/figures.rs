//! Figures over time, as an issue prints them: rows, table and caption.

use serde::{Deserialize, Serialize};

use crate::model::{Frequency, Period};

/// A difference between two periods.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FigureChange {
    Percent(f64),
    /// Between rates.
    Points(f64),
}

impl FigureChange {
    pub fn value(self) -> f64 {
        match self {
            Self::Percent(n) | Self::Points(n) => n,
        }
    }

    /// Returns 增长 4.5%, 下降 1.2%, 上升 0.3 个百分点 or 持平, with one decimal.
    pub fn chinese(self) -> String {
        let size = printed(self.value().abs(), 1);
        if size == "0.0" {
            return "持平".to_owned();
        }
        let grows = self.value() > 0.0;
        match self {
            Self::Percent(_) => format!("{} {size}%", if grows { "增长" } else { "下降" }),
            Self::Points(_) => format!("{} {size} 个百分点", if grows { "上升" } else { "下降" }),
        }
    }

    /// Returns the cell of a table: 4.5%, -1.2%, 0.3 个百分点.
    pub fn cell(self) -> String {
        let size = printed(self.value(), 1);
        let size = if size == "-0.0" { "0.0".to_owned() } else { size };
        match self {
            Self::Percent(_) => format!("{size}%"),
            Self::Points(_) => format!("{size} 个百分点"),
        }
    }
}

/// Returns a number with these decimals.
pub fn printed(value: f64, decimals: u8) -> String {
    format!("{value:.*}", usize::from(decimals))
}

/// A period with its figure, as it is printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    pub period: Period,
    pub value: f64,
    pub decimals: u8,
    /// 同比.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_year: Option<FigureChange>,
    /// 环比.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_previous: Option<FigureChange>,
}

impl FigureRow {
    pub fn printed(&self) -> String {
        printed(self.value, self.decimals)
    }
}

/// Rows of the table in an issue.
const TABLE_ROWS: usize = 7;

/// The last figures of a series, as an issue prints them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub name: String,
    /// Empty: none.
    pub unit: String,
    pub cumulative: bool,
    /// Who publishes them.
    pub publisher: String,
    /// Oldest first.
    pub rows: Vec<FigureRow>,
}

impl Figures {
    /// Returns the word for a change against the period before.
    pub fn previous_word(frequency: Frequency) -> &'static str {
        if frequency == Frequency::Day { "较上期" } else { "环比" }
    }

    /// Returns the caption: 发制品出口额（亿元）.
    pub fn caption(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{}（{}）", self.name, self.unit) }
    }

    /// Returns the table that an issue prints: the newest rows, because the chart shows the others.
    pub fn short_table(&self) -> Vec<Vec<String>> {
        let rows = self.rows.iter().skip(self.rows.len().saturating_sub(TABLE_ROWS)).cloned().collect();
        Self { rows, ..self.clone() }.table()
    }

    /// Returns the heads and rows of a table, newest first. Columns without any entry are left out.
    pub fn table(&self) -> Vec<Vec<String>> {
        let has_year = self.rows.iter().any(|r| r.on_year.is_some());
        let has_previous = self.rows.iter().any(|r| r.on_previous.is_some());
        let cells = |first: String, value: String, year: String, previous: String| {
            let more = [has_year.then_some(year), has_previous.then_some(previous)];
            [first, value].into_iter().chain(more.into_iter().flatten()).collect::<Vec<String>>()
        };
        let head = if self.unit.is_empty() { "数值".to_owned() } else { self.unit.clone() };
        let words = |c: Option<FigureChange>| c.map_or_else(|| "—".to_owned(), FigureChange::cell);
        let rows = self.rows.iter().rev().map(|r| cells(r.period.chinese(self.cumulative), r.printed(), words(r.on_year), words(r.on_previous)));
        let previous = self.rows.first().map_or("环比", |r| Self::previous_word(r.period.frequency()));
        std::iter::once(cells("时间".to_owned(), head, "同比".to_owned(), previous.to_owned())).chain(rows).collect()
    }

    /// Returns the text alternative of the chart.
    pub fn alt(&self) -> String {
        let Some((first, last)) = self.rows.first().zip(self.rows.last()) else { return self.caption() };
        let by_value = |a: &&FigureRow, b: &&FigureRow| a.value.total_cmp(&b.value);
        let told = |r: &FigureRow| format!("{} {}", r.period.chinese(self.cumulative), r.printed());
        let extremes = self.rows.iter().max_by(by_value).zip(self.rows.iter().min_by(by_value));
        let extremes = extremes.map(|(high, low)| format!("，最高 {}，最低 {}", told(high), told(low))).unwrap_or_default();
        format!("{}走势图：从 {} 到 {}{extremes}", self.caption(), told(first), told(last))
    }

    /// Returns the line below the chart.
    pub fn source_line(&self) -> String {
        if self.publisher.is_empty() { String::new() } else { format!("数据来源：{}", self.publisher) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_the_right_words() {
        use FigureChange::{Percent, Points};
        let table = [
            (Percent(4.52), "增长 4.5%", "4.5%"),
            (Percent(-1.2), "下降 1.2%", "-1.2%"),
            (Percent(-0.04), "持平", "0.0%"),
            (Points(0.31), "上升 0.3 个百分点", "0.3 个百分点"),
            (Points(-2.0), "下降 2.0 个百分点", "-2.0 个百分点"),
        ];
        for (change, words, cell) in table {
            assert_eq!((change.chinese().as_str(), change.cell().as_str()), (words, cell));
        }
    }
}
