//! A new or revised figure → title and text in Chinese, by templates.

use crate::model::{FigureRow, Figures, Period, printed};
use crate::series::compare::Scale;
use crate::series::judge::{Judged, Revision};

/// Revised periods that are named.
const MAX_REVISIONS: usize = 6;

/// What an entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    New(Period),
    Revised(Period),
}

/// An entry that tells a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureEntry {
    pub told: Told,
    pub title: String,
    /// A paragraph per line.
    pub text: String,
    /// The last figures, for table and chart.
    pub figures: Figures,
    /// Why an editor must look at it first (待核).
    pub is_doubtful: bool,
}

/// What is known of a series besides its figures.
#[derive(Debug, Clone, Copy)]
pub struct SeriesName<'a> {
    pub name: &'a str,
    pub publisher: &'a str,
    pub is_cumulative: bool,
}

/// Returns the entries of a reading: one for each new period, oldest first, and one for all revisions.
pub fn entries(judged: &Judged, series: SeriesName<'_>) -> Vec<FigureEntry> {
    let unit = judged.unit.as_deref().unwrap_or_default();
    let revised = (!judged.revised.is_empty()).then(|| revision(judged, series, unit));
    let new = judged.new.iter().map(|(row, doubt)| new_figure(judged, series, unit, row, doubt.as_deref()));
    revised.into_iter().chain(new).collect()
}

/// Returns the last figures up to a period.
pub fn figures(judged: &Judged, series: SeriesName<'_>, until: Period) -> Figures {
    let scale = Scale::of(judged.unit.as_deref(), series.is_cumulative);
    let shown = until.frequency().shown_periods();
    let mut rows: Vec<FigureRow> = judged.figures.range(..=until).rev().take(shown).map(|(_, f)| scale.row(&judged.figures, *f)).collect();
    rows.reverse();
    Figures {
        name: series.name.to_owned(),
        unit: judged.unit.clone().unwrap_or_default(),
        cumulative: series.is_cumulative,
        publisher: series.publisher.to_owned(),
        rows,
    }
}

fn new_figure(judged: &Judged, series: SeriesName<'_>, unit: &str, row: &FigureRow, doubt: Option<&str>) -> FigureEntry {
    let period = row.period.chinese(series.is_cumulative);
    let value = amount(row.value, row.decimals, unit);
    let changes = changes(row);
    let mut text = format!("{period}，{}：{value}{changes}。", series.name);
    if let Some(doubt) = doubt {
        text.push_str(&format!("\n【待核】{doubt}，请对照原始数据核对。"));
    }
    text.push_str(&sources(series));
    FigureEntry {
        told: Told::New(row.period),
        title: format!("{}{period}{}：{value}{changes}", mark(doubt), series.name),
        text,
        figures: figures(judged, series, row.period),
        is_doubtful: doubt.is_some(),
    }
}

fn revision(judged: &Judged, series: SeriesName<'_>, unit: &str) -> FigureEntry {
    let newest = judged.revised.first().map_or(Period::Year(0), |r| r.new.period);
    let one = |r: &Revision| {
        let (old, new) = (amount(r.old.value, r.old.decimals, unit), amount(r.new.value, r.new.decimals, unit));
        (r.new.period.chinese(series.is_cumulative), old, new)
    };
    let doubt = judged.revision_doubt.as_deref();
    let mut lines: Vec<String> = judged
        .revised
        .iter()
        .take(MAX_REVISIONS)
        .map(|r| {
            let (period, old, new) = one(r);
            let changes = changes(&r.new);
            let changes = changes.strip_prefix('，').map(|c| format!("，修订后{c}")).unwrap_or_default();
            format!("{period}，{}由 {old}修订为 {new}{changes}。", series.name)
        })
        .collect();
    let more = judged.revised.len().saturating_sub(MAX_REVISIONS);
    if more > 0 {
        lines.push(format!("另有 {more} 期也作了修订。"));
    }
    if let Some(doubt) = doubt {
        lines.push(format!("【待核】{doubt}，请对照原始数据核对。"));
    }
    let title = judged.revised.first().map(one).map(|(period, old, new)| {
        let others = if judged.revised.len() > 1 { format!("等 {} 期数据", judged.revised.len()) } else { String::new() };
        format!("{}{period}{}{others}修订为 {new}（原 {old}）", mark(doubt), series.name)
    });
    FigureEntry {
        told: Told::Revised(newest),
        title: title.unwrap_or_default(),
        text: lines.join("\n") + &sources(series),
        figures: figures(judged, series, judged.figures.last_key_value().map_or(newest, |(p, _)| *p)),
        is_doubtful: doubt.is_some(),
    }
}

fn mark(doubt: Option<&str>) -> &'static str {
    if doubt.is_some() { "【待核】" } else { "" }
}

fn sources(series: SeriesName<'_>) -> String {
    if series.publisher.is_empty() || series.publisher == series.name { String::new() } else { format!("\n数据来源：{}。", series.publisher) }
}

/// Returns 12.3 亿元, 5.2% or 101.3.
fn amount(value: f64, decimals: u8, unit: &str) -> String {
    let value = printed(value, decimals);
    match unit {
        "" => value,
        "%" => format!("{value}%"),
        unit => format!("{value} {unit}"),
    }
}

/// Returns ，同比增长 4.5%，环比下降 1.2%.
fn changes(row: &FigureRow) -> String {
    let previous = Figures::previous_word(row.period.frequency());
    let all = [("同比", row.on_year), (previous, row.on_previous)];
    all.into_iter().filter_map(|(word, c)| Some(format!("，{word}{}", c?.chinese()))).collect()
}

/// Returns a text as HTML, with the table of its figures.
pub fn html(entry: &FigureEntry) -> String {
    let escape = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs: String = entry.text.lines().map(|l| format!("<p>{}</p>", escape(l))).collect();
    let rows: String = entry
        .figures
        .table()
        .iter()
        .map(|r| format!("<tr>{}</tr>", r.iter().map(|c| format!("<td>{}</td>", escape(c))).collect::<String>()))
        .collect();
    format!("{paragraphs}<table>{rows}</table>")
}
